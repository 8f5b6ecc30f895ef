// Where objects are allocated, while somebody wants to know: counts by function, offset and type. The heap then sends every allocation of every tier through its slow path,
// so that nothing has to be compiled anew, and whoever does not ask pays nothing.

import type { Store } from "./store.ts";
import { TypeNames } from "./type_names.ts";

/** What was allocated by one instruction. */
export interface AllocationSite {
  /** The function's name; "(instantiation)" for initial values of globals, tables and segments. */
  readonly function: string;
  /** Byte offset of the instruction in the module; -1 at instantiation. */
  readonly offset: number;
  /** The type of its objects, as a census has it. */
  readonly type: string;
  /** How many. */
  readonly objects: number;
  /** Their bytes. */
  readonly bytes: number;
}

/** The sites of one store. */
export class AllocationSites {
  readonly #sites = new Map<string, { name: string; offset: number; typeId: number; objects: number; bytes: number }>();

  /** Begins to count. */
  constructor(readonly store: Store) {
    store.heap.trace((typeId, bytes) => this.#count(typeId, bytes));
  }

  #count(typeId: number, bytes: number): void {
    const frame = this.store.activations.innermost?.topFrame();
    const name = frame?.name ?? "(instantiation)", offset = frame?.offset ?? -1;
    const key = `${typeId} ${offset} ${name}`;
    let site = this.#sites.get(key);
    if (site === undefined) this.#sites.set(key, site = { name, offset, typeId, objects: 0, bytes: 0 });
    site.objects++;
    site.bytes += bytes;
  }

  /** Ends counting; what was counted stays. */
  stop(): void {
    this.store.heap.trace(undefined);
  }

  /** What was counted; the sites with most bytes first. */
  list(): AllocationSite[] {
    const names = new TypeNames(this.store);
    return [...this.#sites.values()].sort((a, b) => b.bytes - a.bytes).map((
      { name, offset, typeId, objects, bytes },
    ) => ({ function: name, offset, type: names.type(typeId), objects, bytes }));
  }
}
