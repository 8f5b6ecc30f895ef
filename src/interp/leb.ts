// LEB128 numbers of more than one byte, for the interpreter's loop. Takes validated bytes and the offset of the first; gives the value and, in `out`, what a
// return value has no place for.

/** Word of `out` where the offset behind the number stands; the words after it take the halves of an i64. */
export const END = 0;
export const LOW = 1;
export const HIGH = 2;

/** An unsigned 32-bit number, as a signed one. */
export function readU32(bytes: Uint8Array, at: number, out: Int32Array): number {
  let value = 0;
  for (let shift = 0;; shift += 7) {
    const b = bytes[at++];
    value |= (b & 127) << shift;
    if (b < 128) {
      out[END] = at;
      return value;
    }
  }
}

/** A signed 32-bit number. */
export function readS32(bytes: Uint8Array, at: number, out: Int32Array): number {
  let value = 0;
  for (let shift = 0;;) {
    const b = bytes[at++];
    value |= (b & 127) << shift;
    shift += 7;
    if (b >= 128) continue;
    if (shift < 32 && (b & 64) !== 0) value |= -1 << shift;
    out[END] = at;
    return value;
  }
}

/** A signed 64-bit number, into LOW and HIGH. */
export function readS64(bytes: Uint8Array, at: number, out: Int32Array): void {
  let low = 0, high = 0;
  for (let shift = 0;;) {
    const b = bytes[at++];
    const v = b & 127;
    if (shift < 28) low |= v << shift;
    else if (shift === 28) {
      low |= v << 28;
      high = v >>> 4;
    } else high |= v << (shift - 32);
    shift += 7;
    if (b >= 128) continue;
    if (shift < 64 && (b & 64) !== 0) {
      if (shift < 32) {
        low |= -1 << shift;
        high = -1;
      } else high |= -1 << (shift - 32);
    }
    out[END] = at;
    out[LOW] = low;
    out[HIGH] = high;
    return;
  }
}

/**
 * The offset of a memory access whose flags and offset are not one byte each, as a signed 32-bit number. `at` is where its flags begin.
 * An index of memory 0 may be written out.
 */
export function readMemarg(bytes: Uint8Array, at: number, out: Int32Array): number {
  const flags = readU32(bytes, at, out);
  if ((flags & 64) !== 0) readU32(bytes, out[END], out);
  return readU32(bytes, out[END], out);
}

/** The constant offset of a memory access, which may have 64 bits; exact below 2^53. */
export function readOffset(bytes: Uint8Array, at: number, out: Int32Array): number {
  let value = 0;
  for (let unit = 1;; unit *= 128) {
    const b = bytes[at++];
    value += (b & 127) * unit;
    if (b < 128) {
      out[END] = at;
      return value;
    }
  }
}

/** The offset behind a number whose last byte is at `at` or after. */
export function skipLeb(bytes: Uint8Array, at: number): number {
  while (bytes[at++] > 127);
  return at;
}

/** The offset behind a block type whose first byte is before `at`. */
export function skipBlockType(bytes: Uint8Array, at: number): number {
  const first = bytes[at - 1];
  // Only (ref ht) and (ref null ht) are followed by a heap type.
  return first > 127 || first === 0x63 || first === 0x64 ? skipLeb(bytes, at) : at;
}

/** The offset behind the types of a typed select, which begin at `at`. */
export function skipSelectTypes(bytes: Uint8Array, at: number): number {
  const out = new Int32Array(1);
  const count = readU32(bytes, at, out);
  for (let i = 0; i < count; i++) {
    const type = bytes[out[END]];
    // Only (ref ht) and (ref null ht) are followed by a heap type.
    out[END]++;
    if (type === 0x63 || type === 0x64) out[END] = skipLeb(bytes, out[END]);
  }
  return out[END];
}
