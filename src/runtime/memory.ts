// A linear memory: its bytes, its type, and the record that machine code reads. Pages and maximum are known here; the mapping itself is platform's.

import { MEMORY, MEMORY_BYTES } from "../abi/vmctx.ts";
import { ensureStack } from "../base/js_stack.ts";
import { LinearMemory } from "../platform/linear_memory.ts";
import { type SharedBytes, SharedLinearMemory } from "../platform/shared_memory.ts";
import { LIMITS, PAGE_BYTES } from "../wasm/limits.ts";
import type { MemoryType } from "../wasm/types.ts";
import type { Arena, Blocks } from "./arena.ts";

/** Aligned elements of a memory for atomic accesses, by width. */
export interface AtomicViews {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly i64: BigInt64Array;
}

/** A memory instance. A shared one may have grown without being told: `byteLength` and `pages` look, and renew the views. */
export class WasmMemory {
  readonly #linear: LinearMemory | SharedLinearMemory;
  readonly #arena: Arena;
  /** Offset of the memory record in the arena. */
  readonly record: number;
  /** Bytes of a page: 64 KiB, or 1. */
  readonly pageBytes: number;
  /** The whole memory; replaced when it grows. */
  view!: DataView;
  u8!: Uint8Array;
  #atomics: AtomicViews | undefined;
  #disposed = false;
  /** Successful grows so far. */
  grows = 0;

  /** Allocates the minimum, zeroed, or takes shared bytes that exist. Throws ResourceError when there is no room. */
  constructor(arena: Arena, readonly type: MemoryType, shared?: SharedBytes) {
    this.pageBytes = 2 ** type.pageSizeLog2;
    const byteLength = Number(type.min) * this.pageBytes;
    if (shared !== undefined) this.#linear = new SharedLinearMemory(shared);
    else if (type.shared) this.#linear = SharedLinearMemory.allocate(byteLength, this.maxPages * this.pageBytes);
    else if (type.is64) this.#linear = new LinearMemory(byteLength, Math.max(1, this.maxPages * this.pageBytes));
    else this.#linear = new LinearMemory(byteLength);
    this.#arena = arena;
    this.record = arena.allocate(MEMORY_BYTES);
    this.#refresh();
  }

  #refresh(): void {
    const { byteLength } = this.#linear;
    const buffer = this.#linear instanceof LinearMemory ? this.#linear.bytes : this.#linear.buffer;
    // Of fixed length, also over a growable buffer: views that follow its length are many times slower.
    this.view = new DataView(buffer, 0, byteLength);
    this.u8 = new Uint8Array(buffer, 0, byteLength);
    this.#atomics = undefined;
    this.#arena.setAddress(this.record + MEMORY.base, this.address);
    this.#arena.setAddress(this.record + MEMORY.byteLength, byteLength);
    this.#arena.setAddress(this.record + MEMORY.pages, byteLength / this.pageBytes);
  }

  /** Address of byte 0; 0 where native code cannot run. That of a shared memory without bytes may not be known yet. */
  get address(): number {
    return this.#linear.address;
  }
  get buffer(): ArrayBuffer | SharedArrayBuffer {
    return this.#linear.buffer;
  }
  /** What another Worker needs to share the memory; undefined if it is not shared. */
  get shared(): SharedBytes | undefined {
    return this.#linear instanceof SharedLinearMemory ? this.#linear.bytes : undefined;
  }
  get byteLength(): number {
    const n = this.#linear.byteLength;
    if (n !== this.view.byteLength && !this.#disposed) this.#refresh();
    return n;
  }
  get pages(): number {
    return this.byteLength / this.pageBytes;
  }
  /** The most pages it may have. */
  get maxPages(): number {
    const bytes = (this.type.is64 ? LIMITS.memory64Pages : LIMITS.memory32Pages) * PAGE_BYTES;
    // A 32-bit memory of 2^32 pages of 1 byte could not tell its size.
    const limit = Math.min(bytes / this.pageBytes, this.type.is64 ? Infinity : 2 ** 32 - 1);
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

  /** Views for atomic accesses, as long as the memory is now. */
  get atomics(): AtomicViews {
    const { byteLength: n, buffer } = this;
    return this.#atomics ??= {
      u8: this.u8,
      u16: new Uint16Array(buffer, 0, Math.floor(n / 2)),
      i32: new Int32Array(buffer, 0, Math.floor(n / 4)),
      i64: new BigInt64Array(buffer, 0, Math.floor(n / 8)),
    };
  }

  /** Grows by `delta` pages; gives the old number of pages, or -1 with nothing changed (`memory.grow`, specification 4.6.11). */
  grow(delta: number): number {
    ensureStack();
    const old = this.pages;
    if (this.#disposed || !(delta >= 0) || old + delta > this.maxPages) return -1;
    const bytes = delta * this.pageBytes;
    let before = old * this.pageBytes;
    if (this.#linear instanceof SharedLinearMemory) {
      before = this.#linear.grow(bytes, this.maxPages * this.pageBytes);
      if (before < 0) return -1;
    } else if (!this.#linear.grow(before + bytes)) return -1;
    this.grows++;
    this.#refresh();
    return before / this.pageBytes;
  }

  /** Gives the memory back; views are detached, unless it is shared. No instance that uses it may run any more. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#linear instanceof LinearMemory) {
      this.#linear.dispose();
      this.#refresh();
    }
    this.#arena.free(this.record, MEMORY_BYTES);
  }
}
