// The bytes of a linear memory. With FFI: a reservation whose base never moves, seen through a fixed-length alias. Without: a plain ArrayBuffer that moves when it grows.
// Takes and gives byte lengths; pages, maximum and sharing are runtime/'s affair.

import { ResourceError } from "../wasm/errors.ts";
import { bufferAt } from "./ffi.ts";
import { type Access, hostPageBytes, protectMemory, residentBytes } from "./native_memory.ts";
import { canRunNative } from "./permissions.ts";
import { giveReservationBack, type Reservation, RESERVATION_BYTES, setOpen, takeReservation } from "./reservations.ts";

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

const EMPTY = new ArrayBuffer(0);

/** The bytes of one linear memory. */
export class LinearMemory {
  /** The whole memory, for the runtime alone: nobody else can detach it. Another takes its place each time the memory grows or is disposed of. */
  bytes: ArrayBuffer;
  #shown: Shown | undefined;
  /** Address of byte 0, which never changes; 0 where native code cannot run. */
  readonly address: number;
  #reservation: Reservation | undefined;

  /**
   * Allocates `byteLength` zeroed bytes, in a reservation of `reservedBytes` where native code can run. Throws ResourceError when there is no room.
   */
  constructor(byteLength: number, reservedBytes = RESERVATION_BYTES) {
    if (!canRunNative()) {
      this.address = 0;
      this.bytes = allocate(() => new ArrayBuffer(byteLength), byteLength);
      return;
    }
    this.#reservation = allocate(() => takeReservation(byteLength, reservedBytes), byteLength);
    this.address = this.#reservation.address;
    this.bytes = this.#alias(byteLength);
  }

  /** The whole memory; detached, and replaced by another, each time the memory grows or is disposed of. */
  get buffer(): ArrayBuffer {
    if (this.address === 0) return this.bytes;
    if (this.#shown !== undefined && noteTaken(this.#shown)) this.#shown = undefined;
    if (this.#shown === undefined) {
      const byteLength = this.byteLength, reservation = this.#reservation?.buffer;
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

  /** Bytes of address space; without native code, those in use. */
  get reservedBytes(): number {
    return this.#reservation?.reserved ?? this.byteLength;
  }

  /** Bytes of the pages from `start` up to `end` that take memory, since they were touched; undefined where that cannot be told. */
  residentBytes(start = 0, end: number = this.byteLength): number | undefined {
    if (this.#reservation === undefined) return undefined;
    const page = hostPageBytes(), from = Math.floor(start / page) * page;
    return end > from ? residentBytes(this.address + from, end - from) : 0;
  }

  /**
   * Makes it longer, by bytes that are zero, or shorter. Detaches the old `buffer`, also when the length stays; rights that `protect()` gave are lost.
   * False, with nothing changed, when there is no room.
   */
  resize(newByteLength: number): boolean {
    try {
      if (this.#reservation === undefined) {
        this.bytes = this.bytes.transfer(newByteLength);
        return true;
      }
      setOpen(this.#reservation, newByteLength);
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
    this.renew();
    return true;
  }

  /** Detaches the buffer, so that others have no way to the bytes any more; they are in another one. */
  renew(): void {
    const { byteLength } = this;
    if (this.#reservation === undefined) {
      this.bytes = this.bytes.transfer(byteLength);
      return;
    }
    this.#detach();
    this.bytes = this.#alias(this.#reservation.open);
  }

  /** Whether rights can be given to pages of it. */
  get protectable(): boolean {
    return this.#reservation !== undefined;
  }

  /** Gives whole pages of the system, in which the bytes from `start` to `end` lie, other rights. JavaScript must not touch what it is denied: the process would end. */
  protect(start: number, end: number, access: Access): void {
    const page = hostPageBytes();
    const from = Math.floor(start / page) * page, to = Math.ceil(end / page) * page;
    if (to > from) protectMemory(this.address + from, to - from, access);
  }

  /** Whether a stranger may touch its bytes at any time, since he transferred the buffer: then none of them may be denied or taken away. */
  get taken(): boolean {
    if (this.#shown !== undefined && noteTaken(this.#shown)) this.#shown = undefined;
    return this.#reservation !== undefined && taken.has(this.#reservation.buffer);
  }

  #detach(): void {
    this.bytes.transfer(0);
    this.#detachShown();
  }

  #detachShown(): void {
    const shown = this.#shown;
    this.#shown = undefined;
    if (shown === undefined) return;
    forgotten.unregister(this);
    if (!noteTaken(shown)) shown.buffer.transfer(0);
  }

  /** Detaches the buffer and gives memory and address space back. No native code may use the memory any more, and all of it must be accessible. */
  dispose(): void {
    const reservation = this.#reservation;
    this.#reservation = undefined;
    if (reservation === undefined) {
      if (!this.bytes.detached) this.bytes.transfer(0);
    } else {
      const own = this.bytes;
      this.bytes = EMPTY;
      this.#detachShown();
      // Bytes that a stranger holds must stay for ever, and not become another memory's.
      if (!taken.has(reservation.buffer)) giveReservationBack(reservation, new Uint8Array(own));
      own.transfer(0);
    }
    this.bytes = new ArrayBuffer(0);
  }

  #alias(byteLength: number): ArrayBuffer {
    if (byteLength === 0) return new ArrayBuffer(0);
    const alias = bufferAt(this.address, byteLength);
    reservationOfAlias.set(alias, this.#reservation!.buffer);
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
