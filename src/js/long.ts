// Integers of 64 bits in two halves: what takes more than an expression. Gives the low half, and leaves the high half in RH[0].

import { popcnt32 } from "../wasm/numeric.ts";

/** The high half of the last result of 64 bits. */
export const RH: Int32Array = new Int32Array(1);

const { imul, clz32 } = Math;
const SCALE = 1 / 4294967296;

/** The high half of the product of two unsigned numbers of 32 bits. */
export function mulHigh(a: number, b: number): number {
  // The double is off by less than 2^11 of 2^64, the low half is exact: their difference tells the high half.
  return ((a >>> 0) * (b >>> 0) - (imul(a, b) >>> 0)) * SCALE + 0.5 | 0;
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

const EXACT = 2 ** 21;

/** The number as a double, exact where the high half is below 2^21. */
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
  return (BigInt(hi) << 32n) | BigInt(lo >>> 0);
}

/** The quotient of a division by an unsigned number of 32 bits: at once if its rest and 32 bits are exact in a double, or 16 bits at a time. */
function smallQuotient(lo: number, hi: number, by: number): number {
  by >>>= 0;
  const qh = (hi >>> 0) / by | 0, rest = (hi - imul(qh, by)) >>> 0;
  RH[0] = qh;
  if (by < EXACT) return (rest * 4294967296 + (lo >>> 0)) / by | 0;
  const x = rest * 65536 + (lo >>> 16), q1 = Math.floor(x / by);
  const y = (x - q1 * by) * 65536 + (lo & 65535);
  return (q1 << 16) | Math.floor(y / by);
}
/** The rest of such a division. */
function smallRest(lo: number, hi: number, by: number): number {
  const q = smallQuotient(lo, hi, by);
  RH[0] = 0;
  return lo - imul(q, by) | 0;
}
/** Divides a signed number by a positive one below 2^21. */
export function quotientBySmall(lo: number, hi: number, by: number): number {
  const sign = hi >> 31;
  if (sign !== 0) {
    hi = lo === 0 ? -hi | 0 : ~hi;
    lo = -lo | 0;
  }
  const qh = (hi >>> 0) / by | 0, q = ((hi - imul(qh, by) | 0) * 4294967296 + (lo >>> 0)) / by | 0;
  if (sign === 0) {
    RH[0] = qh;
    return q;
  }
  RH[0] = q === 0 ? -qh : ~qh;
  return -q | 0;
}
/** The rest of such a division. */
export function restBySmall(lo: number, hi: number, by: number): number {
  const sign = hi >> 31;
  if (sign !== 0) {
    hi = lo === 0 ? -hi | 0 : ~hi;
    lo = -lo | 0;
  }
  const qh = (hi >>> 0) / by | 0, q = ((hi - imul(qh, by) | 0) * 4294967296 + (lo >>> 0)) / by | 0;
  const rest = ((lo - imul(q, by)) ^ sign) - sign | 0;
  RH[0] = rest >> 31;
  return rest;
}

/** Divides; the divisor is not 0. */
export function quotientUnsigned(lo: number, hi: number, lo2: number, hi2: number): number {
  if (hi === 0 && hi2 === 0) {
    RH[0] = 0;
    return (lo >>> 0) / (lo2 >>> 0) | 0;
  }
  if (hi2 === 0) return smallQuotient(lo, hi, lo2);
  if (hi >>> 0 < EXACT && hi2 >>> 0 < EXACT) return give(Math.floor(unsigned(lo, hi) / unsigned(lo2, hi2)));
  return giveBig(BigInt.asUintN(64, big(lo, hi)) / BigInt.asUintN(64, big(lo2, hi2)));
}
/** The rest of a division; the divisor is not 0. */
export function restUnsigned(lo: number, hi: number, lo2: number, hi2: number): number {
  if (hi === 0 && hi2 === 0) {
    RH[0] = 0;
    return (lo >>> 0) % (lo2 >>> 0) | 0;
  }
  if (hi2 === 0) return smallRest(lo, hi, lo2);
  if (hi >>> 0 < EXACT && hi2 >>> 0 < EXACT) return give(unsigned(lo, hi) % unsigned(lo2, hi2));
  return giveBig(BigInt.asUintN(64, big(lo, hi)) % BigInt.asUintN(64, big(lo2, hi2)));
}
/** Changes the sign of what has `lo` as its low half and RH[0] as the other. */
function negated(lo: number): number {
  RH[0] = lo === 0 ? -RH[0] : ~RH[0];
  return -lo | 0;
}
/** Divides; the divisor is not 0, and the quotient is one. */
export function quotientSigned(lo: number, hi: number, lo2: number, hi2: number): number {
  if (lo >> 31 === hi && lo2 >> 31 === hi2) return give(Math.trunc(lo / lo2));
  const sign = hi ^ hi2;
  if (hi < 0) {
    hi = lo === 0 ? -hi | 0 : ~hi;
    lo = -lo | 0;
  }
  if (hi2 < 0) {
    hi2 = lo2 === 0 ? -hi2 | 0 : ~hi2;
    lo2 = -lo2 | 0;
  }
  const q = quotientUnsigned(lo, hi, lo2, hi2);
  return sign < 0 ? negated(q) : q;
}
/** The rest of a division; the divisor is not 0. */
export function restSigned(lo: number, hi: number, lo2: number, hi2: number): number {
  const sign = hi;
  if (hi < 0) {
    hi = lo === 0 ? -hi | 0 : ~hi;
    lo = -lo | 0;
  }
  if (hi2 < 0) {
    hi2 = lo2 === 0 ? -hi2 | 0 : ~hi2;
    lo2 = -lo2 | 0;
  }
  const r = restUnsigned(lo, hi, lo2, hi2);
  return sign < 0 ? negated(r) : r;
}
/** A whole number that fits, signed or not. */
export function fromNumber(value: number): number {
  return give(value);
}
