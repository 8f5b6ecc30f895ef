// Memory for what interpreters and machine code share: vmctx blocks, records, globals' cells, table elements. Addressed by offset; where native code can run, also by address.
// Takes sizes, gives zeroed blocks. The views are replaced when the arena grows, so nobody keeps them across an allocation.

import { BugError } from "../base/bug.ts";
import { NativeRegion } from "../platform/native_memory.ts";
import { canRunNative } from "../platform/permissions.ts";
import { ResourceError } from "../wasm/errors.ts";

/** Offsets fit into signed 32-bit numbers, with which indices of words are computed. */
const RESERVED_BYTES = 2 ** 31;
const FIRST_BYTES = 1 << 20;
/** Blocks are powers of two from here on, which bounds waste and makes freeing trivial. */
const SMALLEST_LOG2 = 5;

/** Blocks in use, with their sizes as given to allocate(). */
export type Blocks = readonly { readonly at: number; readonly bytes: number }[];

/** An allocator over one region that never moves (native) or one growing buffer. */
export class Arena {
  /** Address of offset 0; 0 where native code cannot run. */
  readonly base: number;
  readonly #region: NativeRegion | undefined;
  #used = 1 << SMALLEST_LOG2;
  readonly #free: number[][] = [];
  i32!: Int32Array;
  i64!: BigInt64Array;
  f32!: Float32Array;
  f64!: Float64Array;
  u8!: Uint8Array;

  constructor() {
    if (canRunNative()) {
      this.#region = new NativeRegion(RESERVED_BYTES, FIRST_BYTES);
      this.base = this.#region.address;
      this.#setViews(this.#region.buffer);
    } else {
      this.base = 0;
      this.#setViews(new ArrayBuffer(FIRST_BYTES));
    }
  }

  #setViews(b: ArrayBuffer): void {
    this.i32 = new Int32Array(b);
    this.i64 = new BigInt64Array(b);
    this.f32 = new Float32Array(b);
    this.f64 = new Float64Array(b);
    this.u8 = new Uint8Array(b);
  }

  /** Bytes in use or kept for reuse. */
  get used(): number {
    return this.#used;
  }

  /** A zeroed block of at least `bytes`, aligned to 32 bytes; gives its offset, never 0. Throws ResourceError when full. */
  allocate(bytes: number): number {
    const cls = sizeClass(bytes);
    const reused = this.#free[cls]?.pop();
    if (reused !== undefined) {
      this.u8.fill(0, reused, reused + 2 ** cls);
      return reused;
    }
    const at = this.#used;
    const end = at + 2 ** cls;
    if (end > this.u8.length) this.#grow(end);
    this.#used = end;
    return at;
  }

  /** Takes back a block; `bytes` as given to allocate(). */
  free(offset: number, bytes: number): void {
    if (offset <= 0 || offset >= this.#used) throw new BugError(`free of ${offset}, which is no block`);
    (this.#free[sizeClass(bytes)] ??= []).push(offset);
  }

  #grow(needed: number): void {
    let size = this.u8.length;
    while (size < needed) size *= 2;
    if (size > RESERVED_BYTES) throw new ResourceError("the store's arena is full");
    if (this.#region !== undefined) {
      this.#region.commit(size);
      this.#setViews(this.#region.buffer);
    } else {
      const grown = new Uint8Array(size);
      grown.set(this.u8);
      this.#setViews(grown.buffer);
    }
  }

  /** Writes an address as 8 bytes at `offset`. */
  setAddress(offset: number, address: number): void {
    this.i32[offset >> 2] = address | 0;
    this.i32[(offset >> 2) + 1] = (address / 2 ** 32) | 0;
  }

  /** Gives the memory back. Nothing may run on it any more. */
  release(): void {
    this.#region?.release();
  }
}

function sizeClass(bytes: number): number {
  return Math.max(SMALLEST_LOG2, Math.ceil(Math.log2(Math.max(1, bytes))));
}
