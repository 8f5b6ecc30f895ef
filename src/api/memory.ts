// The public Memory.

import type { WasmMemory } from "../runtime/memory.ts";
import { describeMemory, type MemoryDescriptor } from "./types.ts";
import { wrapper } from "./wrappers.ts";

/** The runtime's object in a memory. */
export let innerMemory: (of: Memory) => WasmMemory;
/** The memory that stands for the runtime's object; always the same. */
export let publicMemory: (inner: WasmMemory) => Memory;

/** A shared memory as it travels to another Worker with `postMessage`, to be given to `engine.memoryFrom()` there. */
export interface SharedMemory {
  /** Its bytes. */
  readonly buffer: SharedArrayBuffer;
  /** Orders the grows of all Workers; without it the memory cannot be grown from there. */
  readonly lock?: SharedArrayBuffer;
  /** Bytes of a page; default 65536. */
  readonly pageSize?: number;
}

/** A linear memory (specification 4.2.8): pages that Wasm and JavaScript share. */
export class Memory {
  readonly #inner: WasmMemory;

  /** Made by `engine.memory()` or an instance. */
  private constructor(inner: WasmMemory) {
    this.#inner = inner;
  }

  static {
    innerMemory = (of) => of.#inner;
    publicMemory = wrapper((inner: WasmMemory) => new Memory(inner));
  }

  /**
   * All bytes. The buffer is detached, and another takes its place, when the memory grows; that of a shared memory is a SharedArrayBuffer, which stays and is longer.
   */
  get buffer(): ArrayBuffer | SharedArrayBuffer {
    return this.#inner.buffer;
  }
  /** Whether Workers can share it. */
  get shared(): boolean {
    return this.#inner.type.shared;
  }
  /** What to post to another Worker, for `engine.memoryFrom()`. Throws TypeError for a memory that is not shared. */
  share(): SharedMemory {
    const { shared, pageBytes } = this.#inner;
    if (shared === undefined) throw new TypeError("the memory is not shared: make it with `shared: true`");
    return { ...shared, pageSize: pageBytes };
  }
  /** Size in bytes. */
  get byteLength(): number {
    return this.#inner.byteLength;
  }
  /** Size in pages. */
  get pages(): number {
    return this.#inner.pages;
  }
  /** Bytes of a page: 65536, or 1 where the module says so. */
  get pageSize(): number {
    return this.#inner.pageBytes;
  }
  /** The most pages it may have. */
  get maximum(): number {
    return this.#inner.maxPages;
  }
  /** How often it grew. */
  get grows(): number {
    return this.#inner.grows;
  }
  /** Its type. */
  get type(): MemoryDescriptor {
    return describeMemory(this.#inner.type);
  }

  /** Grows by `delta` pages and gives the old number of pages. Throws RangeError when the maximum or the system does not allow it. */
  grow(delta: number): number {
    const old = Number.isInteger(delta) ? this.#inner.grow(delta) : -1;
    if (old < 0) throw new RangeError(`cannot grow by ${delta} pages from ${this.pages} (maximum ${this.maximum})`);
    return old;
  }

  /** A copy of `length` bytes from `address` on. Throws RangeError beyond the end. */
  read(address: number, length: number): Uint8Array<ArrayBuffer> {
    this.#check(address, length);
    return this.#inner.u8.slice(address, address + length) as Uint8Array<ArrayBuffer>;
  }

  /** Writes bytes from `address` on. Throws RangeError beyond the end, with nothing written. */
  write(address: number, bytes: ArrayLike<number>): void {
    this.#check(address, bytes.length);
    this.#inner.u8.set(bytes, address);
  }

  #check(address: number, length: number): void {
    if (!Number.isInteger(address) || address < 0 || length < 0 || address + length > this.byteLength) {
      throw new RangeError(
        `bytes ${address} to ${address + length} are not within the memory's ${this.byteLength} bytes`,
      );
    }
  }
}
