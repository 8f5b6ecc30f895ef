// A cursor over bytes: LEB128 numbers, names, value types. Takes a Uint8Array and a range; every error is a CompileError with the byte offset.
// Sections, instructions and their meaning are left to binary/ and reader.ts.

import { CompileError } from "../wasm/errors.ts";
import { LIMITS } from "../wasm/limits.ts";
import { INVALID, MALFORMED } from "../wasm/messages.ts";
import { F32, F64, HEAP_NAMES, type HeapType, I16, I32, I64, I8, refType, V128, type ValType } from "../wasm/types.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads the primitive forms of the binary format (specification 5.2). */
export class ByteReader {
  readonly bytes: Uint8Array;
  /** Offset of the next byte. */
  pos: number;
  /** Reading stops here. */
  end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.pos = start;
    this.end = end;
  }

  /** Throws a CompileError for a malformed module. */
  malformed(message: string, at = this.pos): never {
    throw new CompileError(message, at, true);
  }

  /** One byte. */
  u8(): number {
    if (this.pos >= this.end) this.malformed(MALFORMED.unexpectedEndOfSection);
    return this.bytes[this.pos++];
  }

  /**
   * A byte of a LEB128 number that began at `at`. Of one that leaves its section it is said first that it has more than `most` bytes
   * or, in the last, bits of `unused`, if so.
   */
  #lebByte(at: number, most: number, unused = 0): number {
    if (this.pos >= this.end && this.pos < this.bytes.length) {
      let last = this.pos;
      while (last < at + most - 1 && this.bytes[last] >= 0x80) last++;
      if (last === at + most - 1 && this.bytes[last] >= 0x80) this.malformed(MALFORMED.intTooLong, at);
      if (last === at + most - 1 && this.bytes[last] & unused) this.malformed(MALFORMED.intTooLarge, at);
    }
    return this.u8();
  }

  /** Moves over `n` bytes and gives their start. */
  skip(n: number): number {
    if (n > this.end - this.pos) this.malformed(MALFORMED.unexpectedEndOfSection);
    const at = this.pos;
    this.pos += n;
    return at;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(): number {
    const b = this.bytes[this.pos];
    if (b < 0x80 && this.pos < this.end) {
      this.pos++;
      return b;
    }
    return this.#u32Long();
  }
  #u32Long(): number {
    const { bytes, pos, end } = this;
    let result = 0;
    for (let i = 0; i < 5 && pos + i < end; i++) {
      const b = bytes[pos + i];
      result |= (b & 0x7f) << (7 * i);
      if (b >= 0x80) continue;
      if (i === 4 && b > 0x0f) break;
      this.pos = pos + i + 1;
      return result >>> 0;
    }
    return this.#u32Checked();
  }
  /** The same, saying what is wrong. */
  #u32Checked(): number {
    const at = this.pos;
    let result = 0;
    for (let shift = 0;; shift += 7) {
      const b = this.#lebByte(at, 5, 0x70);
      if (shift === 28) {
        if (b >= 0x80) this.malformed(MALFORMED.intTooLong, at);
        if (b > 0x0f) this.malformed(MALFORMED.intTooLarge, at);
        return (result | (b << 28)) >>> 0;
      }
      result |= (b & 0x7f) << shift;
      if (b < 0x80) return result >>> 0;
    }
  }

  /** Unsigned LEB128 of at most 64 bits. */
  u64(): bigint {
    const at = this.pos;
    let result = 0n;
    for (let shift = 0n;; shift += 7n) {
      const b = this.#lebByte(at, 10, 0x7e);
      if (shift === 63n) {
        if (b >= 0x80) this.malformed(MALFORMED.intTooLong, at);
        if (b > 1) this.malformed(MALFORMED.intTooLarge, at);
      }
      result |= BigInt(b & 0x7f) << shift;
      if (b < 0x80) return result;
    }
  }

  /** The same as a number, which is exact below 2^53. */
  u64Number(): number {
    const { bytes, pos, end } = this;
    let result = 0;
    // Without bigints up to 35 bits.
    for (let i = 0; i < 5 && pos + i < end; i++) {
      const b = bytes[pos + i];
      result += i < 4 ? (b & 0x7f) << (7 * i) : (b & 0x7f) * 2 ** 28;
      if (b >= 0x80) continue;
      this.pos = pos + i + 1;
      return result;
    }
    return Number(this.u64());
  }

  /** Signed LEB128 of at most 32 bits. */
  s32(): number {
    const { bytes, pos, end } = this;
    let result = 0;
    for (let i = 0; i < 4 && pos + i < end; i++) {
      const b = bytes[pos + i];
      result |= (b & 0x7f) << (7 * i);
      if (b >= 0x80) continue;
      this.pos = pos + i + 1;
      return (result << (25 - 7 * i)) >> (25 - 7 * i);
    }
    return this.#s32Checked();
  }
  /** The same, also with five bytes, saying what is wrong. */
  #s32Checked(): number {
    const at = this.pos;
    let result = 0;
    for (let shift = 0;; shift += 7) {
      const b = this.#lebByte(at, 5);
      if (shift === 28) {
        if (b >= 0x80) this.malformed(MALFORMED.intTooLong, at);
        const sign = b & 0x78;
        if (sign !== 0 && sign !== 0x78) this.malformed(MALFORMED.intTooLarge, at);
        return result | (b << 28);
      }
      result |= (b & 0x7f) << shift;
      if (b < 0x80) return (result << (25 - shift)) >> (25 - shift);
    }
  }

  /** Signed LEB128 of at most 33 bits, as block types and heap types have. */
  s33(): number {
    const at = this.pos;
    let result = 0;
    for (let shift = 0;; shift += 7) {
      const b = this.#lebByte(at, 5);
      if (shift === 28) {
        if (b >= 0x80) this.malformed(MALFORMED.intTooLong, at);
        const sign = b & 0x70;
        if (sign !== 0 && sign !== 0x70) this.malformed(MALFORMED.intTooLarge, at);
        return result + ((b << 27) >> 27) * 0x10000000;
      }
      result |= (b & 0x7f) << shift;
      if (b < 0x80) return (result << (25 - shift)) >> (25 - shift);
    }
  }

  /** Signed LEB128 of at most 64 bits. */
  s64(): bigint {
    const at = this.pos;
    let result = 0n;
    for (let shift = 0n;; shift += 7n) {
      const b = this.#lebByte(at, 10);
      if (shift === 63n) {
        if (b >= 0x80) this.malformed(MALFORMED.intTooLong, at);
        if (b !== 0 && b !== 0x7f) this.malformed(MALFORMED.intTooLarge, at);
      }
      result |= BigInt(b & 0x7f) << shift;
      if (b < 0x80) return BigInt.asIntN(64, b & 0x40 ? result | (-1n << (shift + 7n)) : result);
    }
  }

  /** The raw bits of 4 bytes, little endian. */
  bits32(): number {
    const at = this.skip(4), b = this.bytes;
    return b[at] | (b[at + 1] << 8) | (b[at + 2] << 16) | (b[at + 3] << 24);
  }

  /** A name: a length and UTF-8. */
  name(): string {
    const at = this.pos;
    // A length that does not fit into the module is reported as such, even where it stands behind the section's end.
    if (this.bytes[at] < 0x80 && this.bytes[at] >= this.bytes.length - at) {
      this.malformed(MALFORMED.lengthOutOfBounds, at);
    }
    const length = this.u32();
    if (length > this.end - this.pos) this.malformed(MALFORMED.unexpectedEndOfSection, at);
    const start = this.skip(length);
    try {
      return UTF8.decode(this.bytes.subarray(start, start + length));
    } catch {
      this.malformed(MALFORMED.utf8, start);
    }
  }

  /** A heap type: a type index or an abstract type. */
  heapType(): HeapType {
    const at = this.pos;
    const h = this.s33();
    if (h < 0 && !HEAP_NAMES.has(h)) this.malformed(MALFORMED.heapType, at);
    // Larger indices do not fit into a ValType.
    if (h >= LIMITS.types) throw new CompileError(`${INVALID.unknownType} ${h}`, at);
    return h;
  }

  /** A reference type. */
  refType(): ValType {
    const at = this.pos;
    const t = this.#refTypeAfter(this.u8());
    if (t === undefined) this.malformed(MALFORMED.refType, at);
    return t;
  }
  #refTypeAfter(byte: number): ValType | undefined {
    if (byte === 0x63) return refType(this.heapType(), true);
    if (byte === 0x64) return refType(this.heapType(), false);
    const h = byte - 0x80;
    return byte < 0x80 && HEAP_NAMES.has(h) ? refType(h, true) : undefined;
  }

  /** A value type. */
  valType(): ValType {
    const at = this.pos;
    const t = this.valTypeAfter(this.u8());
    if (t === undefined) this.malformed(MALFORMED.valueType, at);
    return t;
  }
  /** The value type that begins with `byte`, which was read; undefined if there is none. */
  valTypeAfter(byte: number): ValType | undefined {
    switch (byte) {
      case 0x7f:
        return I32;
      case 0x7e:
        return I64;
      case 0x7d:
        return F32;
      case 0x7c:
        return F64;
      case 0x7b:
        return V128;
      default:
        return this.#refTypeAfter(byte);
    }
  }

  /** The type of a field: a value type or a packed one. */
  storageType(): ValType {
    const at = this.pos;
    const byte = this.u8();
    if (byte === 0x78) return I8;
    if (byte === 0x77) return I16;
    const t = this.valTypeAfter(byte);
    if (t === undefined) this.malformed(MALFORMED.valueType, at);
    return t;
  }
}
