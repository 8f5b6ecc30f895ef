// What host functions gave and changed, so that a call can be run once more without them. Takes a call of one, gives an entry; puts an entry's changes and results back.

import type { WasmFunc } from "../runtime/func.ts";
import type { SlotRange } from "../runtime/host_call.ts";
import type { WasmGlobal } from "../runtime/global.ts";
import type { WasmMemory } from "../runtime/memory.ts";
import type { Store } from "../runtime/store.ts";
import type { WasmTable } from "../runtime/table.ts";
import { capturePages, type PagedBytes, partsOf, withBytes, type World } from "./world.ts";

/** Changed bytes of a memory, and its length behind. */
interface MemoryChange {
  readonly memory: WasmMemory;
  readonly length: number;
  readonly runs: readonly { readonly at: number; readonly bytes: Uint8Array }[];
}

/** A call of a host function. */
export interface HostEntry {
  readonly callee: WasmFunc;
  /** The words of its results; undefined if it threw. */
  readonly results: Int32Array | undefined;
  readonly error: unknown;
  readonly memories: readonly MemoryChange[];
  readonly globals: readonly (readonly [WasmGlobal, low: bigint, high: bigint])[];
  readonly tables: readonly (readonly [WasmTable, Int32Array])[];
  readonly heap: World["heap"];
  /** What it takes, about. */
  readonly bytes: number;
}

/** Bytes that an entry takes that changed nothing. */
const ENTRY_BYTES = 200;

/** Copies of memories before a call, kept for the next one. */
export class HostLog {
  readonly entries: HostEntry[] = [];
  bytes = 0;
  readonly #copies = new WeakMap<WasmMemory, Uint8Array>();
  #heap: PagedBytes | undefined;

  constructor(readonly store: Store) {}

  /** Runs a call of a host function and notes what came of it. Throws what it throws. */
  record(callee: WasmFunc, args: SlotRange, call: () => void): void {
    const { store } = this;
    const { memories, globals, tables } = partsOf(store);
    const lengths = new Map([...memories].map((m) => [m, this.#copy(m)]));
    const cells = new Map([...globals].map((g) => [g, [g.bits, g.high]]));
    const elements = new Map([...tables].map((t) => [t, t.slice(0, t.length).slice()]));
    const heap = store.heapInUse;
    const objects = heap === undefined ? undefined : capturePages(heap.u8, heap.image().end, this.#heap);
    this.#heap = objects;
    let error: unknown, threw = true;
    try {
      call();
      threw = false;
    } catch (e) {
      error = e;
      throw e;
    } finally {
      const changes: MemoryChange[] = [];
      for (const [memory, length] of lengths) {
        const change = memory.disposed ? undefined : this.#changeOf(memory, length);
        if (change !== undefined) changes.push(change);
      }
      const entry = {
        callee,
        results: threw ? undefined : args.words.slice(2 * args.at, 2 * (args.at + callee.resultSlots)),
        error,
        memories: changes,
        globals: [...cells].filter(([g, [low, high]]) => g.bits !== low || g.high !== high)
          .map(([g]) => [g, g.bits, g.high] as const),
        tables: [...elements].filter(([t, refs]) =>
          t.length !== refs.length || t.slice(0, t.length).some((ref, i) => ref !== refs[i])
        ).map(([t]) => [t, t.slice(0, t.length).slice()] as const),
        heap: this.#heapChange(objects),
      };
      const bytes = ENTRY_BYTES + changes.reduce((n, { runs }) => n + runs.reduce((k, r) => k + r.bytes.length, 0), 0) +
        entry.tables.reduce((n, [, refs]) => n + refs.byteLength, 0);
      this.entries.push({ ...entry, bytes });
      this.bytes += bytes;
    }
  }

  #copy(memory: WasmMemory): number {
    const { byteLength } = memory;
    let copy = this.#copies.get(memory);
    if (copy === undefined || copy.length < byteLength) this.#copies.set(memory, copy = new Uint8Array(byteLength));
    withBytes(memory, (u8) => copy!.set(u8));
    return byteLength;
  }

  #changeOf(memory: WasmMemory, before: number): MemoryChange | undefined {
    const copy = this.#copies.get(memory)!, runs: { at: number; bytes: Uint8Array }[] = [];
    const { byteLength: length } = memory;
    withBytes(memory, (u8) => {
      const common = Math.min(before, length), words = common >> 2;
      const a = new Int32Array(u8.buffer, u8.byteOffset, words), b = new Int32Array(copy.buffer, 0, words);
      for (let i = 0; i < words; i++) {
        if (a[i] === b[i]) continue;
        const first = i;
        // Runs that are near one another are one.
        for (let equal = 0; i < words && equal < 8; i++) equal = a[i] === b[i] ? equal + 1 : 0;
        runs.push({ at: 4 * first, bytes: u8.slice(4 * first, 4 * i) });
      }
      for (let at = 4 * words; at < common; at++) {
        if (u8[at] !== copy[at]) runs.push({ at, bytes: u8.slice(at, at + 1) });
      }
      if (length > before) runs.push({ at: before, bytes: u8.slice(before, length) });
    });
    return runs.length === 0 && length === before ? undefined : { memory, length, runs };
  }

  #heapChange(before: PagedBytes | undefined): World["heap"] {
    const heap = this.store.heapInUse;
    if (heap === undefined) return undefined;
    const image = heap.image(), bytes = capturePages(heap.u8, image.end, before);
    const same = before !== undefined && before.length === bytes.length &&
      bytes.pages.every((page, i) => page === before.pages[i]);
    return same ? undefined : { image, bytes };
  }

  /** Changes what an entry's call changed. */
  apply(entry: HostEntry): void {
    for (const { memory, length, runs } of entry.memories) {
      memory.setLength(length);
      withBytes(memory, (u8) => {
        for (const { at, bytes } of runs) u8.set(bytes, at);
      });
    }
    for (const [global, low, high] of entry.globals) {
      global.bits = low;
      global.high = high;
    }
    for (const [table, refs] of entry.tables) table.restore(refs);
    if (entry.heap === undefined) return;
    const { heap } = this.store;
    let at = 0;
    for (const page of entry.heap.bytes.pages) {
      heap.u8.set(page, at);
      at += page.length;
    }
    heap.restore(entry.heap.image);
  }

  /** Forgets the first `count` entries. */
  cutBefore(count: number): void {
    for (const { bytes } of this.entries.splice(0, count)) this.bytes -= bytes;
  }
  /** Forgets all entries from `length` on. */
  cut(length: number): void {
    for (const { bytes } of this.entries.splice(length)) this.bytes -= bytes;
  }
}
