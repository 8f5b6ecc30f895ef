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

/** What a memory has shown to others. */
interface Shown {
  readonly reservation: ArrayBuffer;
  readonly byteLength: number;
  readonly buffer: ArrayBuffer;
}
/** Reservations whose bytes a stranger holds: he transferred the buffer that he was given, perhaps to another thread, so they must stay for ever. */
const taken = new Set<ArrayBuffer>();
function noteTaken({ buffer, byteLength, reservation }: Shown): boolean {
  if (byteLength === 0 || !buffer.detached) return false;
  taken.add(reservation);
  return true;
}
/** Memories that nobody disposed of: V8 frees their reservations. */
const forgotten = new FinalizationRegistry<Shown>(noteTaken);

/** The bytes of one linear memory. */
export class LinearMemory {
  /** The whole memory, for the runtime alone: nobody else can detach it. Another takes its place each time the memory grows or is disposed of. */
  bytes: ArrayBuffer;
  #shown: Shown | undefined;
  /** Address of byte 0, which never changes; 0 where native code cannot run. */
  readonly address: number;
  #reservation: ArrayBuffer | undefined;

  /**
   * Allocates `byteLength` zeroed bytes, in a reservation of `reservedBytes` where native code can run. Throws ResourceError when there is no room.
   */
  constructor(byteLength: number, reservedBytes = RESERVATION_BYTES) {
    if (!canRunNative()) {
      this.address = 0;
      this.bytes = allocate(() => new ArrayBuffer(byteLength), byteLength);
      return;
    }
    // The address of an empty buffer cannot be asked for, hence one byte for a moment.
    const reservation = allocate(() => new ArrayBuffer(1, { maxByteLength: reservedBytes }), byteLength);
    this.address = addressOfBuffer(reservation);
    allocate(() => reservation.resize(byteLength), byteLength);
    this.#reservation = reservation;
    this.bytes = this.#alias(byteLength);
  }

  /** The whole memory; detached, and replaced by another, each time the memory grows or is disposed of. */
  get buffer(): ArrayBuffer {
    if (this.address === 0) return this.bytes;
    if (this.#shown !== undefined && noteTaken(this.#shown)) this.#shown = undefined;
    if (this.#shown === undefined) {
      const byteLength = this.byteLength, reservation = this.#reservation;
      if (reservation === undefined) return this.bytes;
      this.#shown = { reservation, byteLength, buffer: this.#alias(byteLength) };
      forgotten.unregister(this);
      forgotten.register(this, this.#shown, this);
    }
    return this.#shown.buffer;
  }

  /** Current length in bytes. */
  get byteLength(): number {
    return this.bytes.byteLength;
  }

  /** Whether out-of-bounds accesses through `address` fault, so that machine code need not check. */
  get guarded(): boolean {
    return this.address !== 0;
  }

  /** Grows to `newByteLength`; new bytes are zero. Detaches the old `buffer`, also when the length stays. False, with nothing changed, when there is no room. */
  grow(newByteLength: number): boolean {
    try {
      if (this.address === 0) {
        this.bytes = this.bytes.transfer(newByteLength);
        return true;
      }
      this.#reservation!.resize(newByteLength);
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
    this.#detach();
    this.bytes = this.#alias(newByteLength);
    return true;
  }

  #detach(): void {
    this.bytes.transfer(0);
    const shown = this.#shown;
    this.#shown = undefined;
    if (shown === undefined) return;
    forgotten.unregister(this);
    if (!noteTaken(shown)) shown.buffer.transfer(0);
  }

  /** Detaches the buffer and gives memory and address space back. No native code may use the memory any more. */
  dispose(): void {
    const reservation = this.#reservation;
    if (this.address !== 0) this.#detach();
    else if (!this.bytes.detached) this.bytes.transfer(0);
    this.bytes = new ArrayBuffer(0);
    this.#reservation = undefined;
    // Not `resize(0)`: shrinking writes zeros, and so touches every page.
    if (reservation !== undefined && !taken.has(reservation)) reservation.transferToFixedLength(0);
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
