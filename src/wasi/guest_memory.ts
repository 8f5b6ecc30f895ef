// The guest's memory as calls see it: numbers, text and lists of buffers at addresses that the guest made up. An address outside ends the call with EFAULT.
// Records need no alignment.

import { Errno, fail } from "./errno.ts";

/** What has the memory: its buffer is asked for at each call, since it changes when the memory grows. */
export interface MemorySource {
  /** All bytes. */
  readonly buffer: ArrayBufferLike;
}

/** Buffers of a list that one call looks at: as many as Linux takes. More is a short transfer. */
const MAX_BUFFERS = 1024;
/** Bytes that one call transfers at most, as on Linux. */
const MAX_TRANSFER = 0x7fff_f000;
/** Bytes of the longest path that is looked at. */
const MAX_PATH = 65536;

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The memory of the instance that a `Wasi` serves. */
export class GuestMemory {
  #source: MemorySource | undefined;
  #u8 = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));

  /** Takes the memory to be used from now on. */
  bind(source: MemorySource): void {
    this.#source = source;
    this.renew();
  }

  /** Looks for the bytes again: before each call, since the memory may have grown. Throws Error if there is no memory yet. */
  renew(): void {
    if (this.#source === undefined) {
      throw new Error("a WASI function was called before Wasi.start() or Wasi.initialize() had the instance's memory");
    }
    const { buffer } = this.#source;
    if (buffer === this.#u8.buffer && buffer.byteLength === this.#u8.byteLength) return;
    this.#u8 = new Uint8Array(buffer, 0, buffer.byteLength) as Uint8Array<ArrayBuffer>;
    this.#view = new DataView(buffer, 0, buffer.byteLength);
  }

  /** Whether other threads see it: then the host's functions get copies. */
  get shared(): boolean {
    return !(this.#u8.buffer instanceof ArrayBuffer);
  }

  /** Ends the call with EFAULT unless the bytes are all within. */
  check(address: number, length: number): void {
    if (address + length > this.#u8.length) fail(Errno.FAULT);
  }
  /** The bytes themselves, not a copy. */
  range(address: number, length: number): Uint8Array<ArrayBuffer> {
    this.check(address, length);
    return this.#u8.subarray(address, address + length);
  }
  /** Copies bytes in. */
  write(address: number, bytes: Uint8Array): void {
    this.check(address, bytes.length);
    this.#u8.set(bytes, address);
  }

  u8(address: number): number {
    this.check(address, 1);
    return this.#u8[address];
  }
  u16(address: number): number {
    this.check(address, 2);
    return this.#view.getUint16(address, true);
  }
  u32(address: number): number {
    this.check(address, 4);
    return this.#view.getUint32(address, true);
  }
  u64(address: number): bigint {
    this.check(address, 8);
    return this.#view.getBigUint64(address, true);
  }
  setU8(address: number, value: number): void {
    this.check(address, 1);
    this.#u8[address] = value;
  }
  setU16(address: number, value: number): void {
    this.check(address, 2);
    this.#view.setUint16(address, value, true);
  }
  setU32(address: number, value: number): void {
    this.check(address, 4);
    this.#view.setUint32(address, value, true);
  }
  setU64(address: number, value: bigint): void {
    this.check(address, 8);
    this.#view.setBigUint64(address, value, true);
  }

  /** Text that has to be UTF-8 (EILSEQ). */
  text(address: number, length: number): string {
    const bytes = this.range(address, length);
    try {
      return UTF8.decode(this.shared ? bytes.slice() : bytes);
    } catch {
      return fail(Errno.ILSEQ);
    }
  }

  /** A path: text without a zero (EINVAL), and not endless (ENAMETOOLONG). */
  path(address: number, length: number): string {
    this.check(address, length);
    if (length > MAX_PATH) fail(Errno.NAMETOOLONG);
    const path = this.text(address, length);
    return path.includes("\0") ? fail(Errno.INVAL) : path;
  }

  /** The buffers of a list of `iovec` or `ciovec`, without empty ones, cut to what one call transfers. */
  buffers(address: number, count: number): Uint8Array<ArrayBuffer>[] {
    this.check(address, 8 * count);
    const list: Uint8Array<ArrayBuffer>[] = [];
    let total = 0;
    for (let at = address; at < address + 8 * count && list.length < MAX_BUFFERS && total < MAX_TRANSFER; at += 8) {
      const length = this.u32(at + 4);
      this.check(this.u32(at), length);
      if (length === 0) continue;
      list.push(this.range(this.u32(at), Math.min(length, MAX_TRANSFER - total)));
      total += length;
    }
    return list;
  }
}
