// The bytes of a shared linear memory: a growable SharedArrayBuffer, and the lock that orders the grows of all Workers that have it. Never detached and never moved.
// Takes and gives byte lengths; pages and maximum are runtime/'s affair.

import { ResourceError } from "../wasm/errors.ts";
import { addressOfBuffer } from "./ffi.ts";
import { hostPageBytes, residentBytes } from "./native_memory.ts";
import { canRunNative } from "./permissions.ts";
import { Waiters, WAITERS_BYTES } from "./waiters.ts";

/** Offset of the waiters behind the lock, and bytes of both. */
const WAITERS_AT = 16, LOCK_BYTES = WAITERS_AT + WAITERS_BYTES;

/** A shared memory as it travels to another Worker with `postMessage`. */
export interface SharedBytes {
  /** All bytes; its `maxByteLength` is the maximum of the memory. */
  readonly buffer: SharedArrayBuffer;
  /** What its Workers go by: a word that is not 0 while somebody grows the memory, then who waits. Without it the memory cannot be grown from here. */
  readonly lock?: SharedArrayBuffer;
}

/** The bytes of one shared memory, of which any number of Workers may have one each. */
export class SharedLinearMemory {
  readonly buffer: SharedArrayBuffer;
  readonly #lock: Int32Array | undefined;
  /** Who waits in it; undefined where that is not known. */
  readonly waiters: Waiters | undefined;
  #address = 0;

  /** Takes what another Worker has already. */
  constructor(readonly bytes: SharedBytes) {
    this.buffer = bytes.buffer;
    const { lock } = bytes;
    this.#lock = lock === undefined ? undefined : new Int32Array(lock);
    if (lock !== undefined && lock.byteLength >= LOCK_BYTES) this.waiters = new Waiters(lock, WAITERS_AT);
  }

  /** Allocates `byteLength` zeroed bytes and address space for `maxByteLength`. Throws ResourceError when there is no room. */
  static allocate(byteLength: number, maxByteLength: number): SharedLinearMemory {
    try {
      // One that can never grow is of fixed length: views of it are faster.
      const buffer = new SharedArrayBuffer(byteLength, maxByteLength > byteLength ? { maxByteLength } : undefined);
      return new SharedLinearMemory({ buffer, lock: new SharedArrayBuffer(LOCK_BYTES) });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new ResourceError(`cannot allocate a shared memory of ${byteLength} to ${maxByteLength} bytes`);
    }
  }

  /** Current length in bytes, whoever grew it. */
  get byteLength(): number {
    return this.buffer.byteLength;
  }

  /** Bytes of address space. */
  get reservedBytes(): number {
    return this.buffer.growable ? this.buffer.maxByteLength : this.byteLength;
  }

  /** Bytes of the pages from `start` up to `end` that take memory, since they were touched; undefined where that cannot be told. */
  residentBytes(start = 0, end: number = this.byteLength): number | undefined {
    if (this.byteLength === 0 || this.address === 0) return undefined;
    const page = hostPageBytes(), from = Math.floor(start / page) * page;
    return end > from ? residentBytes(this.address + from, end - from) : 0;
  }

  /** Address of byte 0, which never changes once there is a byte; 0 where native code cannot run. */
  get address(): number {
    return this.#address ||= canRunNative() ? addressOfBuffer(this.buffer) : 0;
  }

  /** Grows by `bytes`, which are zero; gives the old length, or -1 with nothing changed. `limit` is the most bytes it may have. */
  grow(bytes: number, limit: number): number {
    if (bytes === 0) return this.byteLength;
    const lock = this.#lock;
    if (lock === undefined) return -1;
    // Held for microseconds, so spinning is cheaper than waiting, which the main thread may not be allowed.
    while (Atomics.compareExchange(lock, 0, 0, 1) !== 0);
    try {
      const old = this.buffer.byteLength;
      if (!this.buffer.growable || old + bytes > Math.min(limit, this.buffer.maxByteLength)) return -1;
      this.buffer.grow(old + bytes);
      return old;
    } catch (error) {
      if (error instanceof RangeError) return -1;
      throw error;
    } finally {
      Atomics.store(lock, 0, 0);
    }
  }
}
