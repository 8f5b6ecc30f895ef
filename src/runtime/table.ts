// A table: 32-bit references in the arena, with the record that machine code reads.

import { ensureStack } from "../base/js_stack.ts";
import { ELEMENT_BYTES, TABLE, TABLE_BYTES } from "../abi/vmctx.ts";
import { ResourceError } from "../wasm/errors.ts";
import { LIMITS } from "../wasm/limits.ts";
import type { TableType } from "../wasm/types.ts";
import type { Arena, Blocks } from "./arena.ts";

/** A table instance. Its type's references are canonical. */
export class WasmTable {
  readonly #arena: Arena;
  /** Offset of the table record in the arena. */
  readonly record: number;
  /** Offset of element 0; changes when the table grows. */
  elements: number;
  #capacity: number;
  #length: number;
  #disposed = false;
  readonly #blocks: { at: number; bytes: number }[];

  /** Allocates the minimum, filled with `init`. Throws ResourceError where that is more than `limit`. */
  constructor(arena: Arena, readonly type: TableType, init: number, readonly limit: number = LIMITS.tableEntries) {
    if (type.min > BigInt(limit)) {
      throw new ResourceError(`a table of ${type.min} entries; the limit is ${limit} (maxTableEntries)`);
    }
    this.#arena = arena;
    this.record = arena.allocate(TABLE_BYTES);
    this.#length = Number(type.min);
    this.#capacity = Math.max(8, this.#length);
    this.elements = arena.allocate(this.#capacity * ELEMENT_BYTES);
    this.#blocks = [
      { at: this.record, bytes: TABLE_BYTES },
      { at: this.elements, bytes: this.#capacity * ELEMENT_BYTES },
    ];
    if (init !== 0) arena.i32.fill(init, this.elements >> 2, (this.elements >> 2) + this.#length);
    this.#refresh();
  }

  #refresh(): void {
    this.#arena.setAddress(this.record + TABLE.base, this.#arena.base + this.elements);
    this.#arena.setAddress(this.record + TABLE.length, this.#length);
  }

  get length(): number {
    return this.#length;
  }
  get disposed(): boolean {
    return this.#disposed;
  }
  /** The arena that holds it: that of its store. */
  get arena(): Arena {
    return this.#arena;
  }
  /** The blocks of the arena that it takes, for when it is forgotten instead of disposed of; stays right. */
  get blocks(): Blocks {
    return this.#blocks;
  }
  /** The most entries it may have. */
  get maxLength(): number {
    const { limit } = this;
    return this.type.max === undefined ? limit : Math.min(limit, Number(this.type.max));
  }

  /** The reference at `index`, which must be below the length. */
  get(index: number): number {
    return this.#arena.i32[(this.elements >> 2) + index];
  }
  /** Sets the reference at `index`, which must be below the length. */
  set(index: number, ref: number): void {
    this.#arena.i32[(this.elements >> 2) + index] = ref;
  }
  /** The references from `start` to `end`, which must lie within; a view that is valid until the arena grows. */
  slice(start: number, end: number): Int32Array {
    return this.#arena.i32.subarray((this.elements >> 2) + start, (this.elements >> 2) + end);
  }

  /** Grows by `delta` entries of `init`; gives the old length, or -1 with nothing changed (`table.grow`, specification 4.6.10). */
  grow(delta: number, init: number): number {
    ensureStack();
    const old = this.#length;
    if (this.#disposed || old + delta > this.maxLength) return -1;
    if (old + delta > this.#capacity && !this.#move(Math.max(old + delta, this.#capacity * 2))) return -1;
    this.#length = old + delta;
    this.slice(old, this.#length).fill(init);
    this.#refresh();
    return old;
  }

  #move(capacity: number): boolean {
    try {
      const at = this.#arena.allocate(capacity * ELEMENT_BYTES);
      this.#arena.i32.copyWithin(at >> 2, this.elements >> 2, (this.elements >> 2) + this.#length);
      this.#arena.free(this.elements, this.#capacity * ELEMENT_BYTES);
      this.elements = at;
      this.#capacity = capacity;
      this.#blocks[1] = { at, bytes: capacity * ELEMENT_BYTES };
      return true;
    } catch (e) {
      if (e instanceof ResourceError) return false;
      throw e;
    }
  }

  /** Makes it what it was at some earlier moment, when it had no more entries than it has room for. */
  restore(refs: Int32Array): void {
    this.#length = refs.length;
    this.slice(0, refs.length).set(refs);
    this.#refresh();
  }

  /** Gives the memory back; there are no entries any more. No instance that uses it may run any more. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#length = 0;
    for (const { at, bytes } of this.#blocks) this.#arena.free(at, bytes);
  }
}
