// A linear memory: its bytes, its type, and the record that machine code reads. Pages and maximum are known here; the mapping itself is platform's.

import { MEMORY, MEMORY_BYTES } from "../abi/vmctx.ts";
import { ensureStack } from "../base/js_stack.ts";
import { LinearMemory } from "../platform/linear_memory.ts";
import { LIMITS, PAGE_BYTES } from "../wasm/limits.ts";
import type { MemoryType } from "../wasm/types.ts";
import type { Arena, Blocks } from "./arena.ts";

/** A memory instance. */
export class WasmMemory {
  readonly #linear: LinearMemory;
  readonly #arena: Arena;
  /** Offset of the memory record in the arena. */
  readonly record: number;
  /** The whole memory; replaced when it grows. */
  view!: DataView;
  u8!: Uint8Array;
  #disposed = false;
  /** Successful grows so far. */
  grows = 0;

  /** Allocates the minimum, zeroed. Throws ResourceError when there is no room. */
  constructor(arena: Arena, readonly type: MemoryType) {
    this.#linear = new LinearMemory(Number(type.min) * PAGE_BYTES);
    this.#arena = arena;
    this.record = arena.allocate(MEMORY_BYTES);
    arena.setAddress(this.record + MEMORY.base, this.#linear.address);
    this.#refresh();
  }

  #refresh(): void {
    this.view = new DataView(this.#linear.bytes);
    this.u8 = new Uint8Array(this.#linear.bytes);
    this.#arena.setAddress(this.record + MEMORY.byteLength, this.byteLength);
    this.#arena.setAddress(this.record + MEMORY.pages, this.pages);
  }

  /** Address of byte 0; 0 where native code cannot run. */
  get address(): number {
    return this.#linear.address;
  }
  get buffer(): ArrayBuffer {
    return this.#linear.buffer;
  }
  get byteLength(): number {
    return this.#linear.byteLength;
  }
  get pages(): number {
    return this.#linear.byteLength / PAGE_BYTES;
  }
  /** The most pages it may have. */
  get maxPages(): number {
    const limit = LIMITS.memory32Pages;
    return this.type.max === undefined ? limit : Math.min(limit, Number(this.type.max));
  }
  get disposed(): boolean {
    return this.#disposed;
  }
  /** The arena that holds its record: that of its store. */
  get arena(): Arena {
    return this.#arena;
  }
  /** The blocks of the arena that it takes, for when it is forgotten instead of disposed of. */
  get blocks(): Blocks {
    return [{ at: this.record, bytes: MEMORY_BYTES }];
  }

  /** Grows by `delta` pages; gives the old number of pages, or -1 with nothing changed (`memory.grow`, specification 4.6.11). */
  grow(delta: number): number {
    ensureStack();
    const old = this.pages;
    if (this.#disposed || !(delta >= 0) || old + delta > this.maxPages) return -1;
    if (!this.#linear.grow((old + delta) * PAGE_BYTES)) return -1;
    this.grows++;
    this.#refresh();
    return old;
  }

  /** Gives the memory back; views are detached. No instance that uses it may run any more. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#linear.dispose();
    this.#refresh();
    this.#arena.free(this.record, MEMORY_BYTES);
  }
}
