// A growing buffer that writes the primitive forms of the binary format (specification 5.2). Takes numbers and types, gives bytes.
// All LEB128 numbers get their minimal length. What goes where is left to module_writer.ts and the text parser.

import {
  heapOf,
  type HeapType,
  I16,
  I8,
  isNullable,
  isRef,
  type Limits,
  type MemoryType,
  type ValType,
} from "../wasm/types.ts";

const UTF8 = new TextEncoder();

/** Writes bytes, LEB128 numbers, names and types at the end of a growing buffer. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  /** How many bytes were written. */
  pos = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  #room(n: number): void {
    if (this.pos + n <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.pos + n));
    grown.set(this.#bytes.subarray(0, this.pos));
    this.#bytes = grown;
  }

  /** A copy of what was written from `start` on. */
  slice(start = 0): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(start, this.pos);
  }
  /** Takes back everything from `pos` on and gives it. */
  cut(pos: number): Uint8Array {
    const tail = this.#bytes.slice(pos, this.pos);
    this.pos = pos;
    return tail;
  }

  u8(byte: number): void {
    if (this.pos === this.#bytes.length) this.#room(1);
    this.#bytes[this.pos++] = byte;
  }
  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.pos);
    this.pos += bytes.length;
  }

  /** Unsigned LEB128 of a number below 2^32. */
  u32(n: number): void {
    while (n >= 0x80) {
      this.u8((n & 0x7f) | 0x80);
      n >>>= 7;
    }
    this.u8(n);
  }
  /** Unsigned LEB128 of a bigint below 2^64. */
  u64(n: bigint): void {
    while (n >= 0x80n) {
      this.u8(Number(n & 0x7fn) | 0x80);
      n >>= 7n;
    }
    this.u8(Number(n));
  }
  /** Signed LEB128 of a number in [-2^31, 2^31). */
  s32(n: number): void {
    while (n < -64 || n > 63) {
      this.u8((n & 0x7f) | 0x80);
      n >>= 7;
    }
    this.u8(n & 0x7f);
  }
  /** Signed LEB128 of a number in [-2^32, 2^32), as block types and heap types have. */
  s33(n: number): void {
    while (n < -64 || n > 63) {
      this.u8((n & 0x7f) | 0x80);
      n = Math.floor(n / 128);
    }
    this.u8(n & 0x7f);
  }
  /** Signed LEB128 of a bigint in [-2^63, 2^63). */
  s64(n: bigint): void {
    while (n < -64n || n > 63n) {
      this.u8(Number(n & 0x7fn) | 0x80);
      n >>= 7n;
    }
    this.u8(Number(n & 0x7fn));
  }
  /** 4 raw bytes, little endian. */
  bits32(n: number): void {
    this.u8(n & 0xff);
    this.u8((n >>> 8) & 0xff);
    this.u8((n >>> 16) & 0xff);
    this.u8(n >>> 24);
  }
  /** 8 raw bytes, little endian. */
  bits64(n: bigint): void {
    this.bits32(Number(n & 0xffffffffn));
    this.bits32(Number((n >> 32n) & 0xffffffffn));
  }

  /** A length and UTF-8. */
  name(text: string): void {
    const bytes = UTF8.encode(text);
    this.u32(bytes.length);
    this.raw(bytes);
  }
  /** An opcode, with its prefix if it has one. */
  opcode(code: number): void {
    if (code < 0x1000) return this.u8(code);
    this.u8(code >>> 12);
    this.u32(code & 0xfff);
  }

  heapType(heap: HeapType): void {
    this.s33(heap);
  }
  /** A value type, or the packed type of a field. */
  valType(t: ValType): void {
    if (!isRef(t)) return this.u8(t === I8 ? 0x78 : t === I16 ? 0x77 : 0x80 - t);
    const heap = heapOf(t);
    if (heap >= 0 || !isNullable(t)) this.u8(isNullable(t) ? 0x63 : 0x64);
    this.heapType(heap);
  }
  /** The limits of a table, or of a memory with its page size where that is not the usual one. */
  limits(limits: Limits | MemoryType): void {
    const page = "pageSizeLog2" in limits ? limits.pageSizeLog2 : 16;
    this.u8(
      (limits.max !== undefined ? 1 : 0) | (limits.shared ? 2 : 0) | (limits.is64 ? 4 : 0) | (page !== 16 ? 8 : 0),
    );
    this.u64(limits.min);
    if (limits.max !== undefined) this.u64(limits.max);
    if (page !== 16) this.u32(page);
  }

  /** What `write` writes, with its length in front. Gives where the content starts. */
  sized(write: () => void): number {
    const start = this.pos;
    write();
    const length = this.pos - start;
    let n = 1;
    for (let rest = length >>> 7; rest !== 0; rest >>>= 7) n++;
    this.#room(n);
    this.#bytes.copyWithin(start + n, start, this.pos);
    this.pos = start;
    this.u32(length);
    this.pos += length;
    return start + n;
  }
  /** A section: its id, its length and what `write` writes. Gives where the content starts. */
  section(id: number, write: () => void): number {
    this.u8(id);
    return this.sized(write);
  }
}
