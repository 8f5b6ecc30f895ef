// Vector instructions on float lanes and conversions, for x86-64 with SSE4.1, with the conventions of vector_integer.ts. Minima, maxima and conversions
// need more than the machine's own, which know nothing of NaN and saturation as Wasm wants them (specification 4.3.3).

import { Assembler } from "../../asm/x64/assembler.ts";
import * as op from "../../wasm/opcodes.ts";
import { F32_ABS_MASK, F32_SIGN_MASK, F64_ABS_MASK, F64_SIGN_MASK, f64Bytes } from "./emit_context.ts";
import { copy, overwrite, type Pair, repeated, vector, X, Y } from "./vector_constants.ts";

const A = Assembler.prototype;

/** Comparisons of cmpps and cmppd. */
const EQ = 0, LT = 1, LE = 2, UNORDERED = 3, NE = 4;
/** SSE4.1's rounding modes; 8 keeps the inexact flag out of it. */
const NEAREST = 8, FLOOR = 9, CEIL = 10, TRUNC = 11;

const f64 = (value: number) => repeated(...f64Bytes(value));
const MAX_S32 = f64(2147483647), MAX_U32 = f64(4294967295), TWO_52 = f64(2 ** 52);
/** Upper word of 2^52: an f64 with it and a 32-bit number below is 2^52 plus that. */
const TWO_52_UPPER = repeated(0, 0, 0x30, 0x43);
const LOW16 = repeated(0xff, 0xff, 0, 0);

const DIRECT = new Map<number, Pair>([
  [op.F32X4_ADD, A.addps],
  [op.F32X4_SUB, A.subps],
  [op.F32X4_MUL, A.mulps],
  [op.F32X4_DIV, A.divps],
  [op.F64X2_ADD, A.addpd],
  [op.F64X2_SUB, A.subpd],
  [op.F64X2_MUL, A.mulpd],
  [op.F64X2_DIV, A.divpd],
]);
/** minps and maxps give their second operand when in doubt. */
const EXCHANGED = new Map<number, Pair>([
  [op.F32X4_PMIN, A.minps],
  [op.F32X4_PMAX, A.maxps],
  [op.F64X2_PMIN, A.minpd],
  [op.F64X2_PMAX, A.maxpd],
]);
interface Comparison {
  readonly wide: boolean;
  readonly predicate: number;
  readonly exchanged: boolean;
}
const COMPARISONS = new Map<number, Comparison>();
for (
  const [narrow, wide, predicate, exchanged] of [
    [op.F32X4_EQ, op.F64X2_EQ, EQ, false],
    [op.F32X4_NE, op.F64X2_NE, NE, false],
    [op.F32X4_LT, op.F64X2_LT, LT, false],
    [op.F32X4_LE, op.F64X2_LE, LE, false],
    [op.F32X4_GT, op.F64X2_GT, LT, true],
    [op.F32X4_GE, op.F64X2_GE, LE, true],
  ] as const
) {
  COMPARISONS.set(narrow, { wide: false, predicate, exchanged });
  COMPARISONS.set(wide, { wide: true, predicate, exchanged });
}

/** dst = lhs op rhs. */
export function emitFloatBinary(a: Assembler, opcode: number, dst: number, lhs: number, rhs: number): boolean {
  const direct = DIRECT.get(opcode);
  if (direct !== undefined) {
    overwrite(a, direct, dst, lhs, rhs);
    return true;
  }
  const exchanged = EXCHANGED.get(opcode);
  if (exchanged !== undefined) {
    overwrite(a, exchanged, dst, rhs, lhs);
    return true;
  }
  const comparison = COMPARISONS.get(opcode);
  if (comparison !== undefined) {
    const { predicate } = comparison;
    const compare: Pair = comparison.wide
      ? (d, s) => a.cmppd_rri(d, s, predicate)
      : (d, s) => a.cmpps_rri(d, s, predicate);
    if (comparison.exchanged) overwrite(a, compare, dst, rhs, lhs);
    else overwrite(a, compare, dst, lhs, rhs);
    return true;
  }
  switch (opcode) {
    case op.F32X4_MIN:
    case op.F32X4_RELAXED_MIN:
      a.movaps(X, lhs);
      a.minps(X, rhs);
      a.movaps(Y, rhs);
      a.minps(Y, lhs);
      // Both have what is less; of zeros the sign, of NaN the bits.
      a.orps(X, Y);
      a.movaps(Y, X);
      a.cmpps_rri(Y, X, UNORDERED);
      a.orps(X, Y);
      a.psrld_ri(Y, 10);
      break;
    case op.F64X2_MIN:
    case op.F64X2_RELAXED_MIN:
      a.movaps(X, lhs);
      a.minpd(X, rhs);
      a.movaps(Y, rhs);
      a.minpd(Y, lhs);
      a.orps(X, Y);
      a.movaps(Y, X);
      a.cmppd_rri(Y, X, UNORDERED);
      a.orps(X, Y);
      a.psrlq_ri(Y, 13);
      break;
    case op.F32X4_MAX:
    case op.F32X4_RELAXED_MAX:
      a.movaps(Y, lhs);
      a.maxps(Y, rhs);
      a.movaps(X, rhs);
      a.maxps(X, lhs);
      // Y = where they differ: the sign of zeros, which subtracting clears, or NaN, which it quiets.
      a.xorps(Y, X);
      a.orps(X, Y);
      a.subps(X, Y);
      a.cmpps_rri(Y, X, UNORDERED);
      a.psrld_ri(Y, 10);
      break;
    case op.F64X2_MAX:
    case op.F64X2_RELAXED_MAX:
      a.movaps(Y, lhs);
      a.maxpd(Y, rhs);
      a.movaps(X, rhs);
      a.maxpd(X, lhs);
      a.xorps(Y, X);
      a.orps(X, Y);
      a.subpd(X, Y);
      a.cmppd_rri(Y, X, UNORDERED);
      a.psrlq_ri(Y, 13);
      break;
    default:
      return false;
  }
  // Y = the payload's bits of NaNs, except the quiet one.
  a.pandn(Y, X);
  a.movaps(dst, Y);
  return true;
}

/** dst = op src. */
export function emitFloatUnary(a: Assembler, opcode: number, dst: number, src: number): boolean {
  switch (opcode) {
    case op.F32X4_ABS:
      return masked(a, A.andps_rl, F32_ABS_MASK, dst, src);
    case op.F32X4_NEG:
      return masked(a, A.xorps_rl, F32_SIGN_MASK, dst, src);
    case op.F64X2_ABS:
      return masked(a, A.andps_rl, F64_ABS_MASK, dst, src);
    case op.F64X2_NEG:
      return masked(a, A.xorps_rl, F64_SIGN_MASK, dst, src);
    case op.F32X4_SQRT:
      a.sqrtps(dst, src);
      return true;
    case op.F64X2_SQRT:
      a.sqrtpd(dst, src);
      return true;
    case op.F32X4_CEIL:
      a.roundps_rri(dst, src, CEIL);
      return true;
    case op.F32X4_FLOOR:
      a.roundps_rri(dst, src, FLOOR);
      return true;
    case op.F32X4_TRUNC:
      a.roundps_rri(dst, src, TRUNC);
      return true;
    case op.F32X4_NEAREST:
      a.roundps_rri(dst, src, NEAREST);
      return true;
    case op.F64X2_CEIL:
      a.roundpd_rri(dst, src, CEIL);
      return true;
    case op.F64X2_FLOOR:
      a.roundpd_rri(dst, src, FLOOR);
      return true;
    case op.F64X2_TRUNC:
      a.roundpd_rri(dst, src, TRUNC);
      return true;
    case op.F64X2_NEAREST:
      a.roundpd_rri(dst, src, NEAREST);
      return true;
    default:
      return emitConversion(a, opcode, dst, src);
  }
}

function masked(
  a: Assembler,
  operation: (this: Assembler, dst: number, label: number) => void,
  mask: Uint8Array,
  dst: number,
  src: number,
): boolean {
  copy(a, dst, src);
  operation.call(a, dst, vector(a, mask));
  return true;
}

function emitConversion(a: Assembler, opcode: number, dst: number, src: number): boolean {
  switch (opcode) {
    case op.F32X4_DEMOTE_F64X2_ZERO:
      a.cvtpd2ps(dst, src);
      return true;
    case op.F64X2_PROMOTE_LOW_F32X4:
      a.cvtps2pd(dst, src);
      return true;
    case op.F32X4_CONVERT_I32X4_S:
      a.cvtdq2ps(dst, src);
      return true;
    case op.F64X2_CONVERT_LOW_I32X4_S:
      a.cvtdq2pd(dst, src);
      return true;
    case op.F32X4_CONVERT_I32X4_U:
      // Lower and upper 16 bits are exact as floats (the upper ones halved, to be positive); their sum rounds once.
      a.movaps(X, src);
      a.pand_rl(X, vector(a, LOW16));
      copy(a, dst, src);
      a.psubd(dst, X);
      a.cvtdq2ps(X, X);
      a.psrld_ri(dst, 1);
      a.cvtdq2ps(dst, dst);
      a.addps(dst, dst);
      a.addps(dst, X);
      return true;
    case op.F64X2_CONVERT_LOW_I32X4_U:
      copy(a, dst, src);
      a.punpckldq_rl(dst, vector(a, TWO_52_UPPER));
      a.subpd_rl(dst, vector(a, TWO_52));
      return true;
    case op.I32X4_TRUNC_SAT_F32X4_S:
    case op.I32X4_RELAXED_TRUNC_F32X4_S:
      truncate32Signed(a, dst, src);
      return true;
    case op.I32X4_TRUNC_SAT_F32X4_U:
    case op.I32X4_RELAXED_TRUNC_F32X4_U:
      truncate32Unsigned(a, dst, src);
      return true;
    case op.I32X4_TRUNC_SAT_F64X2_S_ZERO:
    case op.I32X4_RELAXED_TRUNC_F64X2_S_ZERO:
      // NaN is less than the limit 0 that it gets; what is too small converts to the least number by itself.
      a.movaps(X, src);
      a.cmppd_rri(X, src, EQ);
      a.andps_rl(X, vector(a, MAX_S32));
      copy(a, dst, src);
      a.minpd(dst, X);
      a.cvttpd2dq(dst, dst);
      return true;
    case op.I32X4_TRUNC_SAT_F64X2_U_ZERO:
    case op.I32X4_RELAXED_TRUNC_F64X2_U_ZERO:
      // Added to 2^52, the number stands in the lower word.
      a.xorps(X, X);
      copy(a, dst, src);
      a.maxpd(dst, X);
      a.minpd_rl(dst, vector(a, MAX_U32));
      a.roundpd_rri(dst, dst, TRUNC);
      a.addpd_rl(dst, vector(a, TWO_52));
      a.shufps_rri(dst, X, 0x88);
      return true;
  }
  return false;
}

/** NaN becomes 0 first. The machine gives the least number for what it cannot convert: where the float was positive, it is inverted to the greatest. */
function truncate32Signed(a: Assembler, dst: number, src: number): void {
  a.movaps(X, src);
  a.cmpps_rri(X, src, EQ);
  a.movaps(Y, src);
  a.andps(Y, X);
  a.pxor(X, Y);
  a.cvttps2dq(Y, Y);
  a.pand(X, Y);
  a.psrad_ri(X, 31);
  a.pxor(Y, X);
  a.movaps(dst, Y);
}

/** Below 2^31 the machine's conversion serves; above, it gives 2^31, to which the rest is added, which saturates below 2^31. */
function truncate32Unsigned(a: Assembler, dst: number, src: number): void {
  a.xorps(X, X);
  copy(a, dst, src);
  a.maxps(dst, X);
  a.pcmpeqd(X, X);
  a.psrld_ri(X, 1);
  a.cvtdq2ps(X, X);
  a.movaps(Y, dst);
  a.subps(Y, X);
  a.cmpps_rri(X, Y, LE);
  a.cvttps2dq(Y, Y);
  a.pxor(Y, X);
  a.pxor(X, X);
  a.pmaxsd(Y, X);
  a.cvttps2dq(dst, dst);
  a.paddd(dst, Y);
}

/** dst = addend + lhs * rhs, or minus, each rounded. */
export function emitMultiplyAdd(
  a: Assembler,
  opcode: number,
  dst: number,
  lhs: number,
  rhs: number,
  addend: number,
): boolean {
  a.movaps(X, lhs);
  switch (opcode) {
    case op.F32X4_RELAXED_MADD:
      a.mulps(X, rhs);
      a.addps(X, addend);
      break;
    case op.F64X2_RELAXED_MADD:
      a.mulpd(X, rhs);
      a.addpd(X, addend);
      break;
    case op.F32X4_RELAXED_NMADD:
      a.mulps(X, rhs);
      a.movaps(Y, addend);
      a.subps(Y, X);
      a.movaps(dst, Y);
      return true;
    case op.F64X2_RELAXED_NMADD:
      a.mulpd(X, rhs);
      a.movaps(Y, addend);
      a.subpd(Y, X);
      a.movaps(dst, Y);
      return true;
    default:
      return false;
  }
  a.movaps(dst, X);
  return true;
}
