// Floats between their bits and numbers. A double of JavaScript keeps the payload of a quiet NaN wherever it goes, but not the mark of a signalling one.

import { RH } from "./long.ts";

const F64 = new Float64Array(1), F32 = new Float32Array(F64.buffer), I32 = new Int32Array(F64.buffer);

/** The number of the bits of an f32. */
export function f32Value(bits: number): number {
  I32[0] = bits;
  return F32[0];
}
/** The number of the bits of an f64. */
export function f64Value(low: number, high: number): number {
  I32[0] = low;
  I32[1] = high;
  return F64[0];
}
/** The bits of a number that is an f32. */
export function bitsF32(x: number): number {
  F32[0] = x;
  return I32[0];
}
/** The low half of the bits of a number; the high half is in RH[0]. */
export function bitsF64(x: number): number {
  F64[0] = x;
  RH[0] = I32[1];
  return I32[0];
}
export function getF32(words: Int32Array, at: number): number {
  I32[0] = words[at];
  return F32[0];
}
export function getF64(words: Int32Array, at: number): number {
  I32[0] = words[at];
  I32[1] = words[at + 1];
  return F64[0];
}
export function putF32(words: Int32Array, at: number, x: number): void {
  F32[0] = x;
  words[at] = I32[0];
}
export function putF64(words: Int32Array, at: number, x: number): void {
  F64[0] = x;
  words[at] = I32[0];
  words[at + 1] = I32[1];
}
/** Whether the bits of a NaN are those of a signalling one. */
export function signalsF32(words: Int32Array, at: number): boolean {
  return (words[at] & 0x7f800000) === 0x7f800000 && (words[at] & 0x400000) === 0 && (words[at] & 0x3fffff) !== 0;
}
export function signalsF64(words: Int32Array, at: number): boolean {
  const high = words[at + 1];
  return (high & 0x7ff00000) === 0x7ff00000 && (high & 0x80000) === 0 && ((high & 0x7ffff) !== 0 || words[at] !== 0);
}
/** Changes the sign, also of a NaN. */
export function neg(x: number): number {
  if (x === x) return -x;
  F64[0] = x;
  I32[1] ^= 0x80000000;
  return F64[0];
}
/** Clears the sign, also of a NaN. */
export function abs(x: number): number {
  if (x === x) return Math.abs(x);
  F64[0] = x;
  I32[1] &= 0x7fffffff;
  return F64[0];
}
/** `x` with the sign of `y`. */
export function copysign(x: number, y: number): number {
  F64[0] = y;
  const sign = I32[1] & 0x80000000;
  F64[0] = x;
  I32[1] = (I32[1] & 0x7fffffff) | sign;
  return F64[0];
}
