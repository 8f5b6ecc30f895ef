// The bytes of a linear memory. With FFI: a reservation whose base never moves, seen through a fixed-length alias. Without: a plain ArrayBuffer that moves when it grows.
// Takes and gives byte lengths; pages, maximum and sharing are runtime/'s affair.

import { ResourceError } from "../wasm/errors.ts";
import { addressOfBuffer, bufferAt } from "./ffi.ts";
import { canRunNative } from "./permissions.ts";

/**
 * Bytes reserved for a memory with 32-bit addresses: 4 GiB for the address, 4 GiB for the static offset, and a guard for the widest access.
 * Any 32-bit address plus any 32-bit offset faults or lies within, so machine code needs no check.
 */
export const RESERVATION_BYTES = 8.5 * 2 ** 30;

/** Keeps a reservation alive for as long as somebody holds an alias of it. */
const reservationOfAlias = new WeakMap<ArrayBuffer, ArrayBuffer>();

/** The bytes of one linear memory. */
export class LinearMemory {
  /** The whole memory; detached, and replaced by another, each time the memory grows or is disposed of. */
  buffer: ArrayBuffer;
  /** Address of byte 0, which never changes; 0 where native code cannot run. */
  readonly address: number;
  #reservation: ArrayBuffer | undefined;

  /**
   * Allocates `byteLength` zeroed bytes, in a reservation of `reservedBytes` where native code can run. Throws ResourceError when there is no room.
   */
  constructor(byteLength: number, reservedBytes = RESERVATION_BYTES) {
    if (!canRunNative()) {
      this.address = 0;
      this.buffer = allocate(() => new ArrayBuffer(byteLength), byteLength);
      return;
    }
    // The address of an empty buffer cannot be asked for, hence one byte for a moment.
    const reservation = allocate(() => new ArrayBuffer(1, { maxByteLength: reservedBytes }), byteLength);
    this.address = addressOfBuffer(reservation);
    allocate(() => reservation.resize(byteLength), byteLength);
    this.#reservation = reservation;
    this.buffer = this.#alias(byteLength);
  }

  /** Current length in bytes. */
  get byteLength(): number {
    return this.buffer.byteLength;
  }

  /** Whether out-of-bounds accesses through `address` fault, so that machine code need not check. */
  get guarded(): boolean {
    return this.address !== 0;
  }

  /** Grows to `newByteLength`; new bytes are zero. Detaches the old `buffer`, also when the length stays. False, with nothing changed, when there is no room. */
  grow(newByteLength: number): boolean {
    try {
      if (this.address === 0) {
        this.buffer = this.buffer.transfer(newByteLength);
      } else {
        this.#reservation!.resize(newByteLength);
        this.buffer.transfer(0);
        this.buffer = this.#alias(newByteLength);
      }
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  }

  /** Detaches the buffer and gives memory and address space back. No native code may use the memory any more. */
  dispose(): void {
    this.buffer.transfer(0);
    this.buffer = new ArrayBuffer(0);
    // Not `resize(0)`: shrinking writes zeros, and so touches every page.
    this.#reservation?.transferToFixedLength(0);
    this.#reservation = undefined;
  }

  #alias(byteLength: number): ArrayBuffer {
    if (byteLength === 0) return new ArrayBuffer(0);
    const alias = bufferAt(this.address, byteLength);
    reservationOfAlias.set(alias, this.#reservation!);
    return alias;
  }
}

function allocate<T>(make: () => T, byteLength: number): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) throw new ResourceError(`cannot allocate a memory of ${byteLength} bytes`);
    throw error;
  }
}
