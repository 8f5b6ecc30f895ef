// Regions of address space outside V8's heap: reserve, give access, view as a buffer, release.
// Takes sizes in bytes, gives addresses as numbers. Linear memories, stacks and machine code have files of their own.

import { ResourceError } from "../wasm/errors.ts";
import { BugError } from "../base/bug.ts";
import { bufferAt, cString, libc } from "./ffi.ts";
import { Ledger } from "./ledger.ts";

/** Access rights of pages (`PROT_*`). */
export const Access = { NONE: 0, READ: 1, READ_WRITE: 3, READ_EXECUTE: 5 } as const;
/** Access rights of pages. */
export type Access = (typeof Access)[keyof typeof Access];

const MAP = { SHARED: 1, PRIVATE: 2, FIXED: 0x10, ANONYMOUS: 0x20, NORESERVE: 0x4000 } as const;
const MREMAP = { MAYMOVE: 1, FIXED: 2 } as const;
const MFD_CLOEXEC = 1;
const MADV_DONTNEED = 4;
/** What mmap returns on failure. */
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/** Sizes and places of regions are rounded to this: the largest page size of the supported machines. */
export const REGION_ALIGN = 65536;

/** `bytes` rounded up to whole regions' alignment. */
export function roundToPages(bytes: number): number {
  return Math.ceil(bytes / REGION_ALIGN) * REGION_ALIGN;
}

function map(address: number, bytes: number, access: Access, flags: number, fd: number): number {
  const result = libc().mmap(BigInt(address), BigInt(bytes), access, flags, fd, 0n);
  if (result === MAP_FAILED) throw new ResourceError(`cannot map ${bytes} bytes of memory`);
  return Number(result);
}

/** What this isolate has of native memory. */
export const LEDGER: Ledger = new Ledger((bytes) => mapForProcess(bytes, Access.READ_WRITE));

/** Maps zeroed private memory. Pages cost nothing until touched. Given back when the isolate's thread has ended. Throws ResourceError when there is no room. */
export function mapMemory(bytes: number, access: Access): number {
  const address = mapForProcess(bytes, access);
  LEDGER.add(address, bytes);
  return address;
}

/** The same, but it belongs to the process: it outlives the isolate. */
export function mapForProcess(bytes: number, access: Access): number {
  return map(0, bytes, access, MAP.PRIVATE | MAP.ANONYMOUS | MAP.NORESERVE, -1);
}

/** Replaces `bytes` at `address`, which must be mapped, by fresh memory without access rights. */
export function unmapToReserve(address: number, bytes: number): void {
  map(address, bytes, Access.NONE, MAP.PRIVATE | MAP.ANONYMOUS | MAP.NORESERVE | MAP.FIXED, -1);
}

/** Gives memory back to the system that was mapped as one. No buffer may view it any more. */
export function unmapMemory(address: number, bytes: number): void {
  LEDGER.remove(address);
  unmapForProcess(address, bytes);
}

/** Gives memory back that is the process's, or was an isolate's that has ended. */
export function unmapForProcess(address: number, bytes: number): void {
  if (libc().munmap(BigInt(address), BigInt(bytes)) !== 0) {
    throw new BugError(`munmap of ${bytes} bytes at ${address} failed`);
  }
}

/** Changes access rights of whole pages. Throws ResourceError when the system refuses. */
export function protectMemory(address: number, bytes: number, access: Access): void {
  if (libc().mprotect(BigInt(address), BigInt(bytes), access) !== 0) {
    throw new ResourceError(`cannot change access rights of ${bytes} bytes`);
  }
}

/** Makes pages of a private mapping zero and gives their memory back. */
export function clearMemory(address: number, bytes: number): void {
  if (libc().madvise(BigInt(address), BigInt(bytes), MADV_DONTNEED) !== 0) {
    throw new BugError(`madvise at ${address} failed`);
  }
}

let pageBytes = 0;
/** Bytes of the pages by which the system gives rights and memory. */
export function hostPageBytes(): number {
  return pageBytes ||= libc().getpagesize();
}

/** Pages that are asked about at once. */
const RESIDENT_CHUNK = 65536;

/** Visits the pages of a mapping that take memory, from `address`, which begins a page, on; a page is given by its offset. */
export function forEachResident(address: number, bytes: number, visit: (offset: number) => void): void {
  const page = hostPageBytes();
  const pages = Math.ceil(bytes / page);
  const map = new Uint8Array(Math.min(RESIDENT_CHUNK, pages));
  for (let first = 0; first < pages; first += RESIDENT_CHUNK) {
    const n = Math.min(RESIDENT_CHUNK, pages - first);
    if (libc().mincore(BigInt(address + first * page), BigInt(n * page), map) !== 0) {
      throw new BugError(`mincore at ${address} failed`);
    }
    for (let i = 0; i < n; i++) if ((map[i] & 1) !== 0) visit((first + i) * page);
  }
}

/** Bytes of a mapping that take memory: those of its pages that were touched. */
export function residentBytes(address: number, bytes: number): number {
  let pages = 0;
  forEachResident(address, bytes, () => pages++);
  return pages * hostPageBytes();
}

/** Makes an anonymous file in memory and gives its descriptor, which V8 and Deno know nothing of. Throws ResourceError. */
export function createMemoryFile(name: string): number {
  const fd = libc().memfd_create(cString(name), MFD_CLOEXEC);
  if (fd < 0) throw new ResourceError("cannot create a file in memory");
  return fd;
}

/**
 * Maps the same fresh memory twice: writable anywhere, executable at `executableAddress`, which must lie in a reservation.
 * Gives the address of the writable view. It belongs to no file, since profilers look for names of files where there is one.
 */
export function mapTwice(executableAddress: number, bytes: number): number {
  const writable = map(0, bytes, Access.READ_WRITE, MAP.SHARED | MAP.ANONYMOUS, -1);
  LEDGER.add(writable, bytes);
  try {
    // From no bytes: a second view of the same memory.
    const second = libc().mremap(
      BigInt(writable),
      0n,
      BigInt(bytes),
      MREMAP.MAYMOVE | MREMAP.FIXED,
      BigInt(executableAddress),
    );
    if (second === MAP_FAILED) throw new ResourceError(`cannot map ${bytes} bytes of code a second time`);
    protectMemory(executableAddress, bytes, Access.READ_EXECUTE);
    return writable;
  } catch (error) {
    unmapMemory(writable, bytes);
    throw error;
  }
}

/**
 * The same, but what a debugger writes at `executableAddress` (breakpoints: the system writes for it where nobody may) changes that view alone.
 * A page that it has written to shows nothing any more of what is written through the other view afterwards.
 */
export function mapTwiceForDebugger(executableAddress: number, bytes: number): number {
  const fd = createMemoryFile("strata-code");
  try {
    if (libc().ftruncate(fd, BigInt(bytes)) !== 0) throw new ResourceError(`cannot allocate ${bytes} bytes for code`);
    const writable = map(0, bytes, Access.READ_WRITE, MAP.SHARED, fd);
    LEDGER.add(writable, bytes);
    map(executableAddress, bytes, Access.READ_EXECUTE, MAP.PRIVATE | MAP.FIXED, fd);
    return writable;
  } finally {
    libc().close(fd);
  }
}

/** Gives regions back that were forgotten without `release()`. */
const FORGOTTEN = new FinalizationRegistry<{ readonly address: number; readonly bytes: number }>(({ address, bytes }) =>
  unmapMemory(address, bytes)
);

/** Has memory given back once nobody holds `owner` any more, unless that is called off by {@link keepMemory}. */
export function unmapWhenForgotten(owner: object, address: number, bytes: number): void {
  FORGOTTEN.register(owner, { address, bytes }, owner);
}
/** Calls off what {@link unmapWhenForgotten} asked for. */
export function keepMemory(owner: object): void {
  FORGOTTEN.unregister(owner);
}

/** A region of memory that never moves, reserved whole and made accessible from its start on. Given back when released, or when nobody holds it any more. */
export class NativeRegion {
  /** Address of the first byte. */
  readonly address: number;
  /** Bytes of address space. */
  readonly reserved: number;
  #committed = 0;
  #buffer: ArrayBuffer = new ArrayBuffer(0);

  /** Reserves address space and makes the first `committedBytes` readable and writable. Throws ResourceError when there is no room. */
  constructor(reservedBytes: number, committedBytes: number) {
    this.reserved = roundToPages(reservedBytes);
    this.address = mapMemory(this.reserved, Access.NONE);
    unmapWhenForgotten(this, this.address, this.reserved);
    this.commit(committedBytes);
  }

  /** Bytes that are accessible. */
  get committed(): number {
    return this.#committed;
  }

  /** A view of the accessible bytes; another one, and the old one detached, after each `commit` that grows. */
  get buffer(): ArrayBuffer {
    return this.#buffer;
  }

  /** Makes at least the first `bytes` accessible. Gives whether that grew the region. Throws ResourceError beyond the reservation. */
  commit(bytes: number): boolean {
    const wanted = roundToPages(bytes);
    if (wanted <= this.#committed) return false;
    if (wanted > this.reserved) throw new ResourceError(`a region of ${this.reserved} bytes is full`);
    protectMemory(this.address, wanted, Access.READ_WRITE);
    this.#committed = wanted;
    this.#buffer.transfer(0);
    this.#buffer = bufferAt(this.address, wanted);
    return true;
  }

  /** Detaches the buffer and gives the memory back. Nothing may use the region any more. */
  release(): void {
    this.#buffer.transfer(0);
    this.#buffer = new ArrayBuffer(0);
    keepMemory(this);
    unmapMemory(this.address, this.reserved);
  }
}
