// Reservations of address space for linear memories, and the pool in which those that were given back wait, zeroed, for the next memory.
// Takes byte lengths, gives reservations whose base never moves. What is seen of their bytes is linear_memory.ts's affair.

import { ResourceError } from "../wasm/errors.ts";
import { addressOfBuffer, bufferAt } from "./ffi.ts";
import { Access, clearMemory, forEachResident, hostPageBytes, protectMemory } from "./native_memory.ts";

/**
 * Bytes reserved for a memory with 32-bit addresses: 4 GiB for the address, 4 GiB for the static offset, and a guard for the widest access.
 * Any 32-bit address plus any 32-bit offset faults or lies within, so machine code needs no check.
 */
export const RESERVATION_BYTES = 8.5 * 2 ** 30;

/** Reservations that are kept for reuse at most. */
const KEPT = 256;
/**
 * Up to so many bytes, the pages of a reservation that is given back are overwritten with zeros and stay resident: 64 KiB take 2 µs, while giving the pages
 * back takes 8 µs and touching them again 24 µs. Larger ones are given back, so that the pool holds at most 16 MiB.
 */
const OVERWRITTEN_BYTES = 64 * 1024;

/** Address space for one linear memory. */
export interface Reservation {
  /** Keeps it alive: V8 frees it with this buffer. */
  readonly buffer: ArrayBuffer;
  readonly address: number;
  /** Bytes of address space. */
  readonly reserved: number;
  /** Bytes that V8 has made accessible, which only grow. */
  committed: number;
  /** Bytes from the base on that are accessible; the rest of what is committed is closed by us. */
  open: number;
}

/** What the pool did in this isolate so far. */
export interface PoolFigures {
  /** Memories that took a reservation from the pool. */
  readonly hits: number;
  /** Memories for which a new one was made. */
  readonly misses: number;
  /** Reservations that wait for reuse now. */
  readonly idle: number;
  /** Bytes that were accessible in these; their contents are zero. */
  readonly idleBytes: number;
}

const idle: Reservation[] = [];
let hits = 0, misses = 0;

/** The figures of this isolate's pool. */
export function poolFigures(): PoolFigures {
  return { hits, misses, idle: idle.length, idleBytes: idle.reduce((n, r) => n + r.open, 0) };
}

/** Gives all idle reservations back to the system. */
export function emptyPool(): void {
  for (const { buffer } of idle.splice(0)) buffer.transferToFixedLength(0);
}

/** A reservation whose first `byteLength` bytes are accessible and zero. Throws RangeError when there is no room, also after the pool was emptied. */
export function takeReservation(byteLength: number, reserved: number): Reservation {
  if (reserved === RESERVATION_BYTES && idle.length > 0) {
    let at = idle.length - 1;
    for (let i = at; i >= 0; i--) {
      if (idle[i].open === byteLength) {
        at = i;
        break;
      }
    }
    const [reservation] = idle.splice(at, 1);
    try {
      setOpen(reservation, byteLength);
      hits++;
      return reservation;
    } catch (error) {
      reservation.buffer.transferToFixedLength(0);
      throw error;
    }
  }
  misses++;
  try {
    return reserve(byteLength, reserved);
  } catch (error) {
    if (!(error instanceof RangeError) || idle.length === 0) throw error;
    emptyPool();
    return reserve(byteLength, reserved);
  }
}

function reserve(byteLength: number, reserved: number): Reservation {
  // The address of an empty buffer cannot be asked for, hence one byte for a moment.
  const buffer = new ArrayBuffer(1, { maxByteLength: reserved });
  const address = addressOfBuffer(buffer);
  buffer.resize(byteLength);
  return { buffer, address, reserved, committed: byteLength, open: byteLength };
}

const upToPage = (bytes: number) => Math.ceil(bytes / hostPageBytes()) * hostPageBytes();

/**
 * Makes exactly the first `byteLength` bytes accessible, to whole pages of the system. What comes to it is zero; rights that were given within may be lost.
 * Throws RangeError, with nothing changed, when there is no room.
 */
export function setOpen(r: Reservation, byteLength: number): void {
  const from = upToPage(r.open), to = upToPage(byteLength);
  // What is left of a page that stays accessible must be zero when it comes back.
  const rest = Math.min(r.open, to) - byteLength;
  if (rest > 0) new Uint8Array(bufferAt(r.address + byteLength, rest)).fill(0);
  if (byteLength > r.committed) {
    // V8 gives full rights to everything up to the new length.
    r.buffer.resize(byteLength);
    r.committed = byteLength;
  } else if (to > from) grant(r.address + from, to - from, Access.READ_WRITE);
  else if (to < from) {
    clearMemory(r.address + to, from - to);
    grant(r.address + to, from - to, Access.NONE);
  }
  r.open = byteLength;
}

function grant(address: number, bytes: number, access: Access): void {
  try {
    protectMemory(address, bytes, access);
  } catch (error) {
    if (error instanceof ResourceError) throw new RangeError(error.message);
    throw error;
  }
}

/** Takes a reservation back, whose open bytes `bytes` views and may be written. Nothing may use it any more. */
export function giveReservationBack(r: Reservation, bytes: Uint8Array): void {
  if (r.reserved !== RESERVATION_BYTES || idle.length >= KEPT) {
    r.buffer.transferToFixedLength(0);
    return;
  }
  const page = hostPageBytes();
  if (r.open > OVERWRITTEN_BYTES) clearMemory(r.address, upToPage(r.open));
  else forEachResident(r.address, r.open, (at) => bytes.fill(0, at, at + page));
  idle.push(r);
}
