// What numeric instructions compute (specification 4.3): exact, pure, once. Takes and gives numbers for i32, f32, f64 and signed bigints for i64;
// `evaluate()` does the same on the bits of slots, for constant folding and tests. Interpreters write the hot cases out and take the rest from here.

import { BugError } from "../base/bug.ts";
import { INSTRUCTIONS, type OpInfo, opInfo, PURE } from "./opcodes.ts";
import { TrapCode } from "./traps.ts";

/** Thrown by `evaluate()` where the instruction traps. */
export class NumericTrap {
  /** Takes the code of the trap. */
  constructor(readonly code: TrapCode) {}
}

// i32

/** Trailing zeros. */
export function ctz32(a: number): number {
  return a === 0 ? 32 : 31 - Math.clz32(a & -a);
}
/** Bits that are one. */
export function popcnt32(a: number): number {
  a = (a - ((a >>> 1) & 0x55555555)) | 0;
  a = ((a & 0x33333333) + ((a >>> 2) & 0x33333333)) | 0;
  a = (a + (a >>> 4)) & 0x0f0f0f0f;
  return Math.imul(a, 0x01010101) >>> 24;
}

// Floats

const TWO_52 = 2 ** 52;

/** `result`, or where it is a NaN, one made from `operand` that is quiet: V8's rounding functions hand signalling NaNs through. */
function quiet(result: number, operand: number): number {
  return result !== result ? operand + operand : result;
}
/** The least integer not below. */
export function ceil(x: number): number {
  return quiet(Math.ceil(x), x);
}
/** The greatest integer not above. */
export function floor(x: number): number {
  return quiet(Math.floor(x), x);
}
/** The integer part. */
export function truncate(x: number): number {
  return quiet(Math.trunc(x), x);
}
/** The nearest integer, ties to even; keeps the sign of zero. */
export function nearest(x: number): number {
  if (!(Math.abs(x) < TWO_52)) return quiet(x, x);
  const r = x < 0 ? (x - TWO_52) + TWO_52 : (x + TWO_52) - TWO_52;
  return r === 0 ? x * 0 : r;
}

/** The lesser; a NaN if one is. (V8's Math.min may give a NaN that the specification does not allow.) */
export function minimum(x: number, y: number): number {
  return x !== x || y !== y ? x + y : Math.min(x, y);
}
/** The greater; a NaN if one is. */
export function maximum(x: number, y: number): number {
  return x !== x || y !== y ? x + y : Math.max(x, y);
}

/**
 * The number that rounds to the same f32 as the i64 with these halves (`high` signed or unsigned, `low` either). Where a double cannot hold the i64, the bits below the
 * double's last place are gathered in a sticky bit, so that the second rounding cannot see a tie that was none.
 */
export function i64ForF32(low: number, high: number): number {
  if (high >= 0x200000 || high < -0x200000) low = (low & ~0x7ff) | ((low & 0x7ff) === 0 ? 0 : 0x800);
  return high * 4294967296 + (low >>> 0);
}

/** Exclusive bounds of what truncates to an integer type, as pairs of least and greatest. */
const BOUNDS = {
  i32_s: [-2147483649, 2147483648],
  i32_u: [-1, 4294967296],
  // The doubles next to -2^63 - 1: the bound itself is included.
  i64_s: [-9223372036854777856, 9223372036854775808],
  i64_u: [-1, 18446744073709551616],
} as const;
/** A kind of truncation: the integer type and its signedness. */
export type Truncation = keyof typeof BOUNDS;

/** The code of the trap that truncating `x` raises; -1 if none. */
export function truncTrap(x: number, to: Truncation): TrapCode | -1 {
  if (x !== x) return TrapCode.INVALID_CONVERSION_TO_INTEGER;
  return x > BOUNDS[to][0] && x < BOUNDS[to][1] ? -1 : TrapCode.INTEGER_OVERFLOW;
}
/** `x` truncated as a number, or the nearest value that the type has; 0 for NaN. The greatest values of 64-bit types come out as the powers of two above them. */
function saturated(x: number, to: Truncation): number {
  const [low, high] = BOUNDS[to];
  if (x !== x) return 0;
  if (x <= low) return to === "i64_s" ? -9223372036854775808 : to === "i32_s" ? -2147483648 : 0;
  return x >= high ? high : Math.trunc(x);
}
/** Saturating truncation to i32. */
export function truncSat32(x: number, to: "i32_s" | "i32_u"): number {
  const t = saturated(x, to);
  return (t === BOUNDS[to][1] ? t - 1 : t) | 0;
}
/** Saturating truncation to i64. */
export function truncSat64(x: number, to: "i64_s" | "i64_u"): bigint {
  const t = saturated(x, to);
  return BigInt.asIntN(64, t === BOUNDS[to][1] ? BigInt(t) - 1n : BigInt(t));
}

// i64

const unsigned = (a: bigint): bigint => BigInt.asUintN(64, a);
const signed = (a: bigint): bigint => BigInt.asIntN(64, a);
const low = (a: bigint): number => Number(BigInt.asIntN(32, a));
const high = (a: bigint): number => Number(BigInt.asIntN(32, a >> 32n));

/** Leading zeros. */
function clz64(a: bigint): bigint {
  const h = high(a);
  return BigInt(h === 0 ? 32 + Math.clz32(low(a)) : Math.clz32(h));
}
/** Trailing zeros. */
function ctz64(a: bigint): bigint {
  const l = low(a);
  return BigInt(l === 0 ? 32 + ctz32(high(a)) : ctz32(l));
}
function rotl64(a: bigint, by: bigint): bigint {
  const n = by & 63n;
  return signed((a << n) | (unsigned(a) >> ((64n - n) & 63n)) * (n === 0n ? 0n : 1n));
}

// The table

/** Throws the trap of `code` if `fails`. */
function trapIf(fails: boolean, code: TrapCode): void {
  if (fails) throw new NumericTrap(code);
}
function checkTruncation(x: number, to: Truncation): number {
  const code = truncTrap(x, to);
  if (code !== -1) throw new NumericTrap(code);
  return Math.trunc(x);
}
const BY_ZERO = TrapCode.INTEGER_DIVIDE_BY_ZERO, OVERFLOW = TrapCode.INTEGER_OVERFLOW;

type Numbers = (a: number, b: number) => number | boolean;
type Bigints = (a: bigint, b: bigint) => bigint | boolean;

const I32: Record<string, Numbers> = {
  eqz: (a) => a === 0,
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt_s: (a, b) => a < b,
  lt_u: (a, b) => a >>> 0 < b >>> 0,
  gt_s: (a, b) => a > b,
  gt_u: (a, b) => a >>> 0 > b >>> 0,
  le_s: (a, b) => a <= b,
  le_u: (a, b) => a >>> 0 <= b >>> 0,
  ge_s: (a, b) => a >= b,
  ge_u: (a, b) => a >>> 0 >= b >>> 0,
  clz: (a) => Math.clz32(a),
  ctz: ctz32,
  popcnt: popcnt32,
  add: (a, b) => (a + b) | 0,
  sub: (a, b) => (a - b) | 0,
  mul: (a, b) => Math.imul(a, b),
  div_s: (a, b) => {
    trapIf(b === 0, BY_ZERO);
    trapIf(a === -0x80000000 && b === -1, OVERFLOW);
    return (a / b) | 0;
  },
  div_u: (a, b) => {
    trapIf(b === 0, BY_ZERO);
    return ((a >>> 0) / (b >>> 0)) | 0;
  },
  rem_s: (a, b) => {
    trapIf(b === 0, BY_ZERO);
    return (a % b) | 0;
  },
  rem_u: (a, b) => {
    trapIf(b === 0, BY_ZERO);
    return ((a >>> 0) % (b >>> 0)) | 0;
  },
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b) => a << b,
  shr_s: (a, b) => a >> b,
  shr_u: (a, b) => a >>> b,
  rotl: (a, b) => (a << b) | ((a >>> 1) >>> (31 - (b & 31))),
  rotr: (a, b) => (a >>> b) | ((a << 1) << (31 - (b & 31))),
  extend8_s: (a) => (a << 24) >> 24,
  extend16_s: (a) => (a << 16) >> 16,
};

const I64: Record<string, Bigints> = {
  eqz: (a) => a === 0n,
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt_s: (a, b) => a < b,
  lt_u: (a, b) => unsigned(a) < unsigned(b),
  gt_s: (a, b) => a > b,
  gt_u: (a, b) => unsigned(a) > unsigned(b),
  le_s: (a, b) => a <= b,
  le_u: (a, b) => unsigned(a) <= unsigned(b),
  ge_s: (a, b) => a >= b,
  ge_u: (a, b) => unsigned(a) >= unsigned(b),
  clz: clz64,
  ctz: ctz64,
  popcnt: (a) => BigInt(popcnt32(low(a)) + popcnt32(high(a))),
  add: (a, b) => signed(a + b),
  sub: (a, b) => signed(a - b),
  mul: (a, b) => signed(a * b),
  div_s: (a, b) => {
    trapIf(b === 0n, BY_ZERO);
    trapIf(a === -(2n ** 63n) && b === -1n, OVERFLOW);
    return a / b;
  },
  div_u: (a, b) => {
    trapIf(b === 0n, BY_ZERO);
    return signed(unsigned(a) / unsigned(b));
  },
  rem_s: (a, b) => {
    trapIf(b === 0n, BY_ZERO);
    return a % b;
  },
  rem_u: (a, b) => {
    trapIf(b === 0n, BY_ZERO);
    return signed(unsigned(a) % unsigned(b));
  },
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b) => signed(a << (b & 63n)),
  shr_s: (a, b) => a >> (b & 63n),
  shr_u: (a, b) => signed(unsigned(a) >> (b & 63n)),
  rotl: rotl64,
  rotr: (a, b) => rotl64(a, -b),
  extend8_s: (a) => BigInt.asIntN(8, a),
  extend16_s: (a) => BigInt.asIntN(16, a),
  extend32_s: (a) => BigInt.asIntN(32, a),
};

/** f32 too: rounding the double result of these to f32 gives what one rounding would give. */
const FLOATS: Record<string, Numbers> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  gt: (a, b) => a > b,
  le: (a, b) => a <= b,
  ge: (a, b) => a >= b,
  ceil,
  floor,
  trunc: truncate,
  nearest,
  sqrt: Math.sqrt,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: minimum,
  max: maximum,
};

const CONVERSIONS: Record<string, unknown> = {
  "i32.wrap_i64": (a: bigint) => low(a),
  "i64.extend_i32_s": (a: number) => BigInt(a),
  "i64.extend_i32_u": (a: number) => BigInt(a >>> 0),
  "f32.convert_i32_s": (a: number) => a,
  "f32.convert_i32_u": (a: number) => a >>> 0,
  "f32.convert_i64_s": (a: bigint) => i64ForF32(low(a), high(a)),
  "f32.convert_i64_u": (a: bigint) => i64ForF32(low(a), high(a) >>> 0),
  "f64.convert_i32_s": (a: number) => a,
  "f64.convert_i32_u": (a: number) => a >>> 0,
  "f64.convert_i64_s": (a: bigint) => Number(a),
  "f64.convert_i64_u": (a: bigint) => Number(unsigned(a)),
  "f32.demote_f64": (a: number) => a,
  "f64.promote_f32": (a: number) => a,
};
for (const from of ["f32", "f64"]) {
  for (const sign of ["s", "u"] as const) {
    CONVERSIONS[`i32.trunc_${from}_${sign}`] = (a: number) => checkTruncation(a, `i32_${sign}`) | 0;
    CONVERSIONS[`i64.trunc_${from}_${sign}`] = (a: number) => signed(BigInt(checkTruncation(a, `i64_${sign}`)));
    CONVERSIONS[`i32.trunc_sat_${from}_${sign}`] = (a: number) => truncSat32(a, `i32_${sign}`);
    CONVERSIONS[`i64.trunc_sat_${from}_${sign}`] = (a: number) => truncSat64(a, `i64_${sign}`);
  }
}

const SIGN32 = 0x8000_0000n, SIGN64 = 0x8000_0000_0000_0000n;

/** What is done on bits, so that no NaN is touched. */
const ON_BITS: Record<string, (a: bigint, b: bigint) => bigint> = {
  "f32.abs": (a) => a & ~SIGN32,
  "f32.neg": (a) => a ^ SIGN32,
  "f32.copysign": (a, b) => (a & ~SIGN32) | (b & SIGN32),
  "f64.abs": (a) => a & ~SIGN64,
  "f64.neg": (a) => a ^ SIGN64,
  "f64.copysign": (a, b) => (a & ~SIGN64) | (b & SIGN64),
  "i32.reinterpret_f32": (a) => a,
  "i64.reinterpret_f64": (a) => a,
  "f32.reinterpret_i32": (a) => a,
  "f64.reinterpret_i64": (a) => a,
};

const SCRATCH = new DataView(new ArrayBuffer(8));

function fromBits(letter: string, bits: bigint): number | bigint {
  if (letter === "l") return signed(bits);
  if (letter === "i") return low(bits);
  SCRATCH.setBigUint64(0, bits, true);
  return letter === "f" ? SCRATCH.getFloat32(0, true) : SCRATCH.getFloat64(0, true);
}
function toBits(letter: string, value: number | bigint | boolean): bigint {
  if (typeof value === "bigint") return unsigned(value);
  if (letter === "i") return BigInt(Number(value) >>> 0);
  SCRATCH.setBigUint64(0, 0n);
  if (letter === "f") SCRATCH.setFloat32(0, value as number, true);
  else SCRATCH.setFloat64(0, value as number, true);
  return SCRATCH.getBigUint64(0, true);
}

type Semantics = (a: number | bigint, b: number | bigint) => number | bigint | boolean;
type OnBits = (a: bigint, b: bigint) => bigint;

function onBits(info: OpInfo): OnBits | undefined {
  const direct = ON_BITS[info.name];
  if (direct !== undefined) return direct;
  const [type, operation] = info.name.split(".");
  const families: Record<string, Record<string, unknown>> = { i32: I32, i64: I64, f32: FLOATS, f64: FLOATS };
  const f = (CONVERSIONS[info.name] ?? families[type][operation]) as Semantics | undefined;
  if (f === undefined) return undefined;
  const [operands, results] = info.signature.split(":");
  const last = operands[operands.length - 1];
  return (a, b) => toBits(results, f(fromBits(operands[0], a), fromBits(last, b)));
}

/** Numeric instructions by their code, as functions on the bits of slots (unsigned, 32-bit values in the low half). */
export const NUMERIC: ReadonlyMap<number, OnBits> = new Map(
  INSTRUCTIONS.filter((i) => (i.properties & PURE) !== 0 && /^[ilfd]+:[ilfd]$/.test(i.signature)).map((i) => {
    const f = onBits(i);
    if (f === undefined) throw new BugError(`${i.name} has no semantics`);
    return [i.code, f];
  }),
);

/**
 * The result of a numeric instruction on the bits of its operands. Throws NumericTrap where it traps, TypeError if `code` is no numeric instruction.
 */
export function evaluate(code: number, a: bigint, b = 0n): bigint {
  const f = NUMERIC.get(code);
  if (f === undefined) throw new TypeError(`${opInfo(code)?.name ?? code} is no numeric instruction`);
  return f(a, b);
}
