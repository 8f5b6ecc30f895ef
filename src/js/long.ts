// Integers of 64 bits in two halves: what takes more than an expression. Gives the low half, and leaves the high half in RH[0].

import { popcnt32 } from "../wasm/numeric.ts";

/** The high half of the last result of 64 bits. */
export const RH: Int32Array = new Int32Array(1);

/** Where halves become a bigint and the other way round: written and read at once. */
export const I64_WORDS: Int32Array<ArrayBuffer> = new Int32Array(2);
export const I64_VALUE: BigInt64Array<ArrayBuffer> = new BigInt64Array(I64_WORDS.buffer);

const { imul, clz32 } = Math;
const SCALE = 1 / 4294967296;

/** The high half of the product of two unsigned numbers of 32 bits, by pieces of 16: integers throughout take two thirds of the time of doubles. */
export function mulHigh(a: number, b: number): number {
  const al = a & 0xffff, ah = a >>> 16, bl = b & 0xffff, bh = b >>> 16;
  const middle = imul(ah, bl) + (imul(al, bl) >>> 16) | 0, low = imul(al, bh) + (middle & 0xffff) | 0;
  return imul(ah, bh) + (middle >>> 16) + (low >>> 16) | 0;
}

/** The high half of the product of two signed numbers of 32 bits. */
export function mulHighSigned(a: number, b: number): number {
  // Positive, so that it is cut like one that is rounded.
  return (a * b - (imul(a, b) >>> 0)) * SCALE + 4294967296.5 | 0;
}

function ctz32(a: number): number {
  return a === 0 ? 32 : 31 - clz32(a & -a);
}
export function clz64(lo: number, hi: number): number {
  return hi === 0 ? 32 + clz32(lo) : clz32(hi);
}
export function ctz64(lo: number, hi: number): number {
  return lo === 0 ? 32 + ctz32(hi) : ctz32(lo);
}
export function popcnt64(lo: number, hi: number): number {
  return popcnt32(lo) + popcnt32(hi);
}

/**
 * From this divisor on a double tells a quotient to within one: it is below 2^51, and three roundings put it off by less than 0.75. The rest, which integers tell modulo 2^64,
 * then says which it is.
 */
export const TOLD_BY_DOUBLES = 2 ** 13;
/** High halves from here on: such a divisor's rest would not tell. */
const MOST_HIGH = 2 ** 29;

/** The nearest double. */
function unsigned(lo: number, hi: number): number {
  return (hi >>> 0) * 4294967296 + (lo >>> 0);
}
function give(value: number): number {
  const high = Math.floor(value / 4294967296);
  RH[0] = high;
  return value - high * 4294967296 | 0;
}
function giveBig(value: bigint): number {
  RH[0] = Number(BigInt.asIntN(32, value >> 32n));
  return Number(BigInt.asIntN(32, value));
}
function big(lo: number, hi: number): bigint {
  return BigInt.asUintN(64, (BigInt(hi) << 32n) | BigInt(lo >>> 0));
}

/** The quotient of an unsigned number and one below 2^21: what is left of the high half, and 32 bits more, are exact in a double. */
function quotientBySmall(lo: number, hi: number, by: number): number {
  const qh = (hi >>> 0) / by | 0;
  RH[0] = qh;
  return ((hi - imul(qh, by) | 0) * 4294967296 + (lo >>> 0)) / by | 0;
}

/** Divides; the divisor is not 0. */
export function quotientUnsigned(lo: number, hi: number, lo2: number, hi2: number): number {
  if (hi === 0 && hi2 === 0) {
    RH[0] = 0;
    return (lo >>> 0) / (lo2 >>> 0) | 0;
  }
  if (hi2 === 0 && lo2 >>> 0 < TOLD_BY_DOUBLES) return quotientBySmall(lo, hi, lo2);
  if (hi2 >>> 0 >= MOST_HIGH) return giveBig(big(lo, hi) / big(lo2, hi2));
  const quotient = unsigned(lo, hi) / unsigned(lo2, hi2);
  let q = quotient | 0, qh = quotient * SCALE | 0;
  const pl = imul(q, lo2), rl = lo - pl | 0;
  const rh = hi - (mulHigh(q, lo2) + imul(q, hi2) + imul(qh, lo2)) - (lo >>> 0 < pl >>> 0 ? 1 : 0) | 0;
  if (rh < 0) {
    if (q === 0) qh = qh - 1 | 0;
    q = q - 1 | 0;
  } else if (rh > hi2 || (rh === hi2 && rl >>> 0 >= lo2 >>> 0)) {
    q = q + 1 | 0;
    if (q === 0) qh = qh + 1 | 0;
  }
  RH[0] = qh;
  return q;
}
/** The rest of a division; the divisor is not 0. */
export function restUnsigned(lo: number, hi: number, lo2: number, hi2: number): number {
  if (hi === 0 && hi2 === 0) {
    RH[0] = 0;
    return (lo >>> 0) % (lo2 >>> 0) | 0;
  }
  const q = quotientUnsigned(lo, hi, lo2, hi2), pl = imul(q, lo2);
  RH[0] = hi - (mulHigh(q, lo2) + imul(q, hi2) + imul(RH[0], lo2)) - (lo >>> 0 < pl >>> 0 ? 1 : 0);
  return lo - pl | 0;
}

/** The quotient of an unsigned number and one from TOLD_BY_DOUBLES on, below 2^30, whose inverse is the third number. */
export function quotientByInverse(lo: number, hi: number, by: number, inverse: number): number {
  const quotient = unsigned(lo, hi) * inverse;
  let q = quotient | 0, qh = quotient * SCALE | 0;
  const rest = lo - imul(q, by) | 0;
  if (rest < 0) {
    if (q === 0) qh = qh - 1 | 0;
    q = q - 1 | 0;
  } else if (rest >= by) {
    q = q + 1 | 0;
    if (q === 0) qh = qh + 1 | 0;
  }
  RH[0] = qh;
  return q;
}
/** The rest of such a division. */
export function restByInverse(lo: number, hi: number, by: number, inverse: number): number {
  const rest = lo - imul(unsigned(lo, hi) * inverse | 0, by) | 0;
  return rest < 0 ? rest + by | 0 : rest >= by ? rest - by | 0 : rest;
}
/** The high half of a number whose sign is changed; the low half then is `-lo | 0`. */
function negatedHigh(lo: number, hi: number): number {
  return lo === 0 ? -hi | 0 : ~hi;
}
/** Changes the sign of what has `lo` as its low half and RH[0] as the other. */
function negated(lo: number): number {
  RH[0] = negatedHigh(lo, RH[0]);
  return -lo | 0;
}
/** Divides; the divisor is not 0, and the quotient is one. */
export function quotientSigned(lo: number, hi: number, lo2: number, hi2: number): number {
  if (lo >> 31 === hi && lo2 >> 31 === hi2) return give(Math.trunc(lo / lo2));
  const sign = hi ^ hi2;
  if (hi < 0) {
    hi = negatedHigh(lo, hi);
    lo = -lo | 0;
  }
  if (hi2 < 0) {
    hi2 = negatedHigh(lo2, hi2);
    lo2 = -lo2 | 0;
  }
  const q = quotientUnsigned(lo, hi, lo2, hi2);
  return sign < 0 ? negated(q) : q;
}
/** The rest of a division; the divisor is not 0. */
export function restSigned(lo: number, hi: number, lo2: number, hi2: number): number {
  const sign = hi;
  if (hi < 0) {
    hi = negatedHigh(lo, hi);
    lo = -lo | 0;
  }
  if (hi2 < 0) {
    hi2 = negatedHigh(lo2, hi2);
    lo2 = -lo2 | 0;
  }
  const r = restUnsigned(lo, hi, lo2, hi2);
  return sign < 0 ? negated(r) : r;
}
/** The quotient of a signed number and a positive constant: below TOLD_BY_DOUBLES if `inverse` is 0, otherwise as in `quotientByInverse`. */
export function quotientByConstant(lo: number, hi: number, by: number, inverse: number): number {
  const sign = hi >> 31;
  if (sign !== 0) {
    hi = negatedHigh(lo, hi);
    lo = -lo | 0;
  }
  const q = inverse === 0 ? quotientBySmall(lo, hi, by) : quotientByInverse(lo, hi, by, inverse);
  return sign === 0 ? q : negated(q);
}
/** The rest of such a division. */
export function restByConstant(lo: number, hi: number, by: number, inverse: number): number {
  const sign = hi >> 31;
  if (sign !== 0) {
    hi = negatedHigh(lo, hi);
    lo = -lo | 0;
  }
  const rest = inverse === 0 ? lo - imul(quotientBySmall(lo, hi, by), by) | 0 : restByInverse(lo, hi, by, inverse);
  const signed = (rest ^ sign) - sign | 0;
  RH[0] = signed >> 31;
  return signed;
}
/** A whole number that fits, signed or not. */
export function fromNumber(value: number): number {
  return give(value);
}
