// Vector instructions on integer lanes and on all bits, for x86-64 with SSE4.1. Destination and operands may coincide in any way; scratch registers
// are X and Y of vector_constants.ts. Gives false for an opcode that is another file's.

import { Assembler } from "../../asm/x64/assembler.ts";
import { Cond } from "../../asm/x64/registers.ts";
import * as op from "../../wasm/opcodes.ts";
import { copy, invert, overwrite, type Pair, repeated, vector, X, Y } from "./vector_constants.ts";

const A = Assembler.prototype;

const ONES8 = repeated(1);
const ONES16 = repeated(1, 0);
const LOW16 = repeated(0xff, 0xff, 0, 0);
const SIGN16 = repeated(0, 0x80);
const NIBBLES = repeated(0x0f);
const NIBBLE_COUNTS = Uint8Array.of(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
/** Added with saturation, it takes every index above 15 to one that pshufb answers with 0. */
const SWIZZLE_BIAS = repeated(0x70);
/** pshufd: the upper half twice; each 64-bit lane's upper word twice; words 0 and 1, or 2 and 3, each twice. */
const UPPER_HALF = 0xee, UPPER_WORDS = 0xf5, LOW_WORDS = 0x50, HIGH_WORDS = 0xfa;

/** Instructions that one machine instruction does, which overwrites its left operand. */
const DIRECT = new Map<number, Pair>([
  [op.V128_AND, A.pand],
  [op.V128_OR, A.por],
  [op.V128_XOR, A.pxor],
  [op.I8X16_ADD, A.paddb],
  [op.I16X8_ADD, A.paddw],
  [op.I32X4_ADD, A.paddd],
  [op.I64X2_ADD, A.paddq],
  [op.I8X16_SUB, A.psubb],
  [op.I16X8_SUB, A.psubw],
  [op.I32X4_SUB, A.psubd],
  [op.I64X2_SUB, A.psubq],
  [op.I8X16_ADD_SAT_S, A.paddsb],
  [op.I8X16_ADD_SAT_U, A.paddusb],
  [op.I16X8_ADD_SAT_S, A.paddsw],
  [op.I16X8_ADD_SAT_U, A.paddusw],
  [op.I8X16_SUB_SAT_S, A.psubsb],
  [op.I8X16_SUB_SAT_U, A.psubusb],
  [op.I16X8_SUB_SAT_S, A.psubsw],
  [op.I16X8_SUB_SAT_U, A.psubusw],
  [op.I8X16_MIN_S, A.pminsb],
  [op.I8X16_MIN_U, A.pminub],
  [op.I8X16_MAX_S, A.pmaxsb],
  [op.I8X16_MAX_U, A.pmaxub],
  [op.I16X8_MIN_S, A.pminsw],
  [op.I16X8_MIN_U, A.pminuw],
  [op.I16X8_MAX_S, A.pmaxsw],
  [op.I16X8_MAX_U, A.pmaxuw],
  [op.I32X4_MIN_S, A.pminsd],
  [op.I32X4_MIN_U, A.pminud],
  [op.I32X4_MAX_S, A.pmaxsd],
  [op.I32X4_MAX_U, A.pmaxud],
  [op.I8X16_AVGR_U, A.pavgb],
  [op.I16X8_AVGR_U, A.pavgw],
  [op.I16X8_MUL, A.pmullw],
  [op.I32X4_MUL, A.pmulld],
  [op.I32X4_DOT_I16X8_S, A.pmaddwd],
  [op.I8X16_NARROW_I16X8_S, A.packsswb],
  [op.I8X16_NARROW_I16X8_U, A.packuswb],
  [op.I16X8_NARROW_I32X4_S, A.packssdw],
  [op.I16X8_NARROW_I32X4_U, A.packusdw],
  [op.I8X16_EQ, A.pcmpeqb],
  [op.I16X8_EQ, A.pcmpeqw],
  [op.I32X4_EQ, A.pcmpeqd],
  [op.I64X2_EQ, A.pcmpeqq],
  [op.I8X16_GT_S, A.pcmpgtb],
  [op.I16X8_GT_S, A.pcmpgtw],
  [op.I32X4_GT_S, A.pcmpgtd],
]);
/** The same with operands exchanged. */
const EXCHANGED = new Map<number, Pair>([
  [op.V128_ANDNOT, A.pandn],
  [op.I8X16_LT_S, A.pcmpgtb],
  [op.I16X8_LT_S, A.pcmpgtw],
  [op.I32X4_LT_S, A.pcmpgtd],
]);
/** Those of DIRECT whose operands may be exchanged. */
const COMMUTATIVE = new Set<Pair>([
  A.pand,
  A.por,
  A.pxor,
  A.paddb,
  A.paddw,
  A.paddd,
  A.paddq,
  A.paddsb,
  A.paddusb,
  A.paddsw,
  A.paddusw,
  A.pminsb,
  A.pminub,
  A.pmaxsb,
  A.pmaxub,
  A.pminsw,
  A.pminuw,
  A.pmaxsw,
  A.pmaxuw,
  A.pminsd,
  A.pminud,
  A.pmaxsd,
  A.pmaxud,
  A.pavgb,
  A.pavgw,
  A.pmullw,
  A.pmulld,
  A.pmaddwd,
  A.pcmpeqb,
  A.pcmpeqw,
  A.pcmpeqd,
  A.pcmpeqq,
]);
/** Comparisons that hold where an operation on the operands gives (or, inverted, does not give) the left one. */
const BY_EQUALITY = new Map<number, { readonly first: Pair; readonly equal: Pair; readonly inverted: boolean }>();
function byEquality(lanes: [le: number, ge: number, lt: number, gt: number], min: Pair, max: Pair, equal: Pair): void {
  const [le, ge, lt, gt] = lanes;
  if (le !== 0) BY_EQUALITY.set(le, { first: min, equal, inverted: false });
  if (ge !== 0) BY_EQUALITY.set(ge, { first: max, equal, inverted: false });
  if (lt !== 0) BY_EQUALITY.set(lt, { first: max, equal, inverted: true });
  if (gt !== 0) BY_EQUALITY.set(gt, { first: min, equal, inverted: true });
}
byEquality([op.I8X16_LE_S, op.I8X16_GE_S, 0, 0], A.pminsb, A.pmaxsb, A.pcmpeqb);
byEquality([op.I16X8_LE_S, op.I16X8_GE_S, 0, 0], A.pminsw, A.pmaxsw, A.pcmpeqw);
byEquality([op.I32X4_LE_S, op.I32X4_GE_S, 0, 0], A.pminsd, A.pmaxsd, A.pcmpeqd);
byEquality([op.I8X16_LE_U, op.I8X16_GE_U, op.I8X16_LT_U, op.I8X16_GT_U], A.pminub, A.pmaxub, A.pcmpeqb);
byEquality([op.I16X8_LE_U, op.I16X8_GE_U, op.I16X8_LT_U, op.I16X8_GT_U], A.pminuw, A.pmaxuw, A.pcmpeqw);
byEquality([op.I32X4_LE_U, op.I32X4_GE_U, op.I32X4_LT_U, op.I32X4_GT_U], A.pminud, A.pmaxud, A.pcmpeqd);

const NOT_EQUAL = new Map<number, Pair>([
  [op.I8X16_NE, A.pcmpeqb],
  [op.I16X8_NE, A.pcmpeqw],
  [op.I32X4_NE, A.pcmpeqd],
  [op.I64X2_NE, A.pcmpeqq],
]);

interface Widening {
  readonly extend: Pair;
  readonly high: boolean;
}
const EXTENSIONS = new Map<number, Widening>([
  [op.I16X8_EXTEND_LOW_I8X16_S, { extend: A.pmovsxbw, high: false }],
  [op.I16X8_EXTEND_HIGH_I8X16_S, { extend: A.pmovsxbw, high: true }],
  [op.I16X8_EXTEND_LOW_I8X16_U, { extend: A.pmovzxbw, high: false }],
  [op.I16X8_EXTEND_HIGH_I8X16_U, { extend: A.pmovzxbw, high: true }],
  [op.I32X4_EXTEND_LOW_I16X8_S, { extend: A.pmovsxwd, high: false }],
  [op.I32X4_EXTEND_HIGH_I16X8_S, { extend: A.pmovsxwd, high: true }],
  [op.I32X4_EXTEND_LOW_I16X8_U, { extend: A.pmovzxwd, high: false }],
  [op.I32X4_EXTEND_HIGH_I16X8_U, { extend: A.pmovzxwd, high: true }],
  [op.I64X2_EXTEND_LOW_I32X4_S, { extend: A.pmovsxdq, high: false }],
  [op.I64X2_EXTEND_HIGH_I32X4_S, { extend: A.pmovsxdq, high: true }],
  [op.I64X2_EXTEND_LOW_I32X4_U, { extend: A.pmovzxdq, high: false }],
  [op.I64X2_EXTEND_HIGH_I32X4_U, { extend: A.pmovzxdq, high: true }],
]);

/** Whether the operands of the instruction may be exchanged. */
export function isCommutative(opcode: number): boolean {
  const direct = DIRECT.get(opcode);
  return direct !== undefined && COMMUTATIVE.has(direct);
}

/** dst = lhs op rhs. */
export function emitIntegerBinary(a: Assembler, opcode: number, dst: number, lhs: number, rhs: number): boolean {
  const direct = DIRECT.get(opcode);
  if (direct !== undefined) {
    if (dst === rhs && COMMUTATIVE.has(direct)) overwrite(a, direct, dst, rhs, lhs);
    else overwrite(a, direct, dst, lhs, rhs);
    return true;
  }
  const exchanged = EXCHANGED.get(opcode);
  if (exchanged !== undefined) {
    overwrite(a, exchanged, dst, rhs, lhs);
    return true;
  }
  const comparison = BY_EQUALITY.get(opcode);
  if (comparison !== undefined) {
    a.movaps(X, lhs);
    comparison.first.call(a, X, rhs);
    comparison.equal.call(a, X, lhs);
    if (comparison.inverted) invert(a, X, X);
    a.movaps(dst, X);
    return true;
  }
  const unequal = NOT_EQUAL.get(opcode);
  if (unequal !== undefined) {
    overwrite(a, unequal, dst, lhs, rhs);
    invert(a, dst, dst);
    return true;
  }
  return emitProduct(a, opcode, dst, lhs, rhs);
}

function emitProduct(a: Assembler, opcode: number, dst: number, lhs: number, rhs: number): boolean {
  switch (opcode) {
    case op.I64X2_GT_S:
      emitGreater64(a, dst, lhs, rhs);
      return true;
    case op.I64X2_LT_S:
      emitGreater64(a, dst, rhs, lhs);
      return true;
    case op.I64X2_LE_S:
      emitGreater64(a, dst, lhs, rhs);
      invert(a, dst, dst);
      return true;
    case op.I64X2_GE_S:
      emitGreater64(a, dst, rhs, lhs);
      invert(a, dst, dst);
      return true;
    case op.I64X2_MUL:
      // Upper words times lower words, both ways, above the product of the lower words.
      a.movaps(X, lhs);
      a.psrlq_ri(X, 32);
      a.pmuludq(X, rhs);
      a.movaps(Y, rhs);
      a.psrlq_ri(Y, 32);
      a.pmuludq(Y, lhs);
      a.paddq(X, Y);
      a.psllq_ri(X, 32);
      a.movaps(Y, lhs);
      a.pmuludq(Y, rhs);
      a.paddq(X, Y);
      a.movaps(dst, X);
      return true;
    case op.I16X8_Q15MULR_SAT_S:
    case op.I16X8_RELAXED_Q15MULR_S:
      // Only -1 times -1 overflows, to -1.
      overwrite(a, A.pmulhrsw, dst, lhs, rhs);
      a.movaps_rl(X, vector(a, SIGN16));
      a.pcmpeqw(X, dst);
      a.pxor(dst, X);
      return true;
    case op.I16X8_RELAXED_DOT_I8X16_I7X16_S:
      emitDot8(a, dst, lhs, rhs);
      return true;
    case op.I8X16_SWIZZLE:
    case op.I8X16_RELAXED_SWIZZLE:
      a.movaps(X, rhs);
      a.paddusb_rl(X, vector(a, SWIZZLE_BIAS));
      copy(a, dst, lhs);
      a.pshufb(dst, X);
      return true;
  }
  return emitExtendedProduct(a, opcode, dst, lhs, rhs);
}

/** Where the upper words are equal, the difference tells, otherwise they do; the upper half of each lane has the answer. */
function emitGreater64(a: Assembler, dst: number, lhs: number, rhs: number): void {
  a.movaps(Y, lhs);
  a.pcmpeqd(Y, rhs);
  a.movaps(X, rhs);
  a.psubq(X, lhs);
  a.pand(X, Y);
  a.movaps(Y, lhs);
  a.pcmpgtd(Y, rhs);
  a.por(X, Y);
  a.pshufd_rri(dst, X, UPPER_WORDS);
}

/** Sums of the products of neighbours, each wrapped to 16 bits. */
function emitDot8(a: Assembler, dst: number, lhs: number, rhs: number): void {
  a.movaps(X, lhs);
  a.psllw_ri(X, 8);
  a.psraw_ri(X, 8);
  a.movaps(Y, rhs);
  a.psllw_ri(Y, 8);
  a.psraw_ri(Y, 8);
  a.pmullw(X, Y);
  a.movaps(Y, lhs);
  a.psraw_ri(Y, 8);
  copy(a, dst, rhs);
  a.psraw_ri(dst, 8);
  a.pmullw(dst, Y);
  a.paddw(dst, X);
}

/** dst = products of neighbours in four bytes, summed in pairs with wrapping, plus `sum`. `temporary` is none of the others. */
export function emitDot8Add(a: Assembler, dst: number, lhs: number, rhs: number, sum: number, temporary: number): void {
  emitDot8(a, temporary, lhs, rhs);
  a.pmaddwd_rl(temporary, vector(a, ONES16));
  a.paddd(temporary, sum);
  a.movaps(dst, temporary);
}

function emitExtendedProduct(a: Assembler, opcode: number, dst: number, lhs: number, rhs: number): boolean {
  switch (opcode) {
    case op.I16X8_EXTMUL_LOW_I8X16_S:
      return multiplyExtended(a, A.pmovsxbw, false, dst, lhs, rhs);
    case op.I16X8_EXTMUL_HIGH_I8X16_S:
      return multiplyExtended(a, A.pmovsxbw, true, dst, lhs, rhs);
    case op.I16X8_EXTMUL_LOW_I8X16_U:
      return multiplyExtended(a, A.pmovzxbw, false, dst, lhs, rhs);
    case op.I16X8_EXTMUL_HIGH_I8X16_U:
      return multiplyExtended(a, A.pmovzxbw, true, dst, lhs, rhs);
    case op.I32X4_EXTMUL_LOW_I16X8_S:
      return joinHalves(a, A.pmulhw, A.punpcklwd, dst, lhs, rhs);
    case op.I32X4_EXTMUL_HIGH_I16X8_S:
      return joinHalves(a, A.pmulhw, A.punpckhwd, dst, lhs, rhs);
    case op.I32X4_EXTMUL_LOW_I16X8_U:
      return joinHalves(a, A.pmulhuw, A.punpcklwd, dst, lhs, rhs);
    case op.I32X4_EXTMUL_HIGH_I16X8_U:
      return joinHalves(a, A.pmulhuw, A.punpckhwd, dst, lhs, rhs);
    case op.I64X2_EXTMUL_LOW_I32X4_S:
      return multiplyWords(a, A.pmuldq, LOW_WORDS, dst, lhs, rhs);
    case op.I64X2_EXTMUL_HIGH_I32X4_S:
      return multiplyWords(a, A.pmuldq, HIGH_WORDS, dst, lhs, rhs);
    case op.I64X2_EXTMUL_LOW_I32X4_U:
      return multiplyWords(a, A.pmuludq, LOW_WORDS, dst, lhs, rhs);
    case op.I64X2_EXTMUL_HIGH_I32X4_U:
      return multiplyWords(a, A.pmuludq, HIGH_WORDS, dst, lhs, rhs);
  }
  return false;
}

function emitExtend(a: Assembler, extend: Pair, high: boolean, dst: number, src: number): void {
  if (high) {
    a.pshufd_rri(dst, src, UPPER_HALF);
    src = dst;
  }
  extend.call(a, dst, src);
}

function multiplyExtended(a: Assembler, extend: Pair, high: boolean, dst: number, lhs: number, rhs: number): boolean {
  emitExtend(a, extend, high, X, lhs);
  emitExtend(a, extend, high, Y, rhs);
  a.pmullw(X, Y);
  a.movaps(dst, X);
  return true;
}

/** The lower and upper halves of 16-bit products, woven together. */
function joinHalves(a: Assembler, upper: Pair, join: Pair, dst: number, lhs: number, rhs: number): boolean {
  a.movaps(X, lhs);
  a.pmullw(X, rhs);
  a.movaps(Y, lhs);
  upper.call(a, Y, rhs);
  join.call(a, X, Y);
  a.movaps(dst, X);
  return true;
}

function multiplyWords(a: Assembler, multiply: Pair, words: number, dst: number, lhs: number, rhs: number): boolean {
  a.pshufd_rri(X, lhs, words);
  a.pshufd_rri(Y, rhs, words);
  multiply.call(a, X, Y);
  a.movaps(dst, X);
  return true;
}

/** dst = op src. For tests and bit masks `dst` is a general register. */
export function emitIntegerUnary(a: Assembler, opcode: number, dst: number, src: number): boolean {
  const extension = EXTENSIONS.get(opcode);
  if (extension !== undefined) {
    emitExtend(a, extension.extend, extension.high, dst, src);
    return true;
  }
  switch (opcode) {
    case op.V128_NOT:
      invert(a, dst, src);
      return true;
    case op.I8X16_ABS:
      a.pabsb(dst, src);
      return true;
    case op.I16X8_ABS:
      a.pabsw(dst, src);
      return true;
    case op.I32X4_ABS:
      a.pabsd(dst, src);
      return true;
    case op.I64X2_ABS:
      a.pshufd_rri(X, src, UPPER_WORDS);
      a.psrad_ri(X, 31);
      copy(a, dst, src);
      a.pxor(dst, X);
      a.psubq(dst, X);
      return true;
    case op.I8X16_NEG:
      return negate(a, A.psubb, dst, src);
    case op.I16X8_NEG:
      return negate(a, A.psubw, dst, src);
    case op.I32X4_NEG:
      return negate(a, A.psubd, dst, src);
    case op.I64X2_NEG:
      return negate(a, A.psubq, dst, src);
    case op.I8X16_POPCNT:
      emitPopcnt(a, dst, src);
      return true;
    case op.I16X8_EXTADD_PAIRWISE_I8X16_S:
      a.movaps_rl(X, vector(a, ONES8));
      a.pmaddubsw(X, src);
      a.movaps(dst, X);
      return true;
    case op.I16X8_EXTADD_PAIRWISE_I8X16_U:
      copy(a, dst, src);
      a.pmaddubsw_rl(dst, vector(a, ONES8));
      return true;
    case op.I32X4_EXTADD_PAIRWISE_I16X8_S:
      copy(a, dst, src);
      a.pmaddwd_rl(dst, vector(a, ONES16));
      return true;
    case op.I32X4_EXTADD_PAIRWISE_I16X8_U:
      a.movaps(X, src);
      a.psrld_ri(X, 16);
      copy(a, dst, src);
      a.pand_rl(dst, vector(a, LOW16));
      a.paddd(dst, X);
      return true;
    default:
      return emitTest(a, opcode, dst, src);
  }
}

function negate(a: Assembler, subtract: Pair, dst: number, src: number): boolean {
  const to = dst === src ? X : dst;
  a.pxor(to, to);
  subtract.call(a, to, src);
  copy(a, dst, to);
  return true;
}

/** The counts of both nibbles of each byte, looked up. */
function emitPopcnt(a: Assembler, dst: number, src: number): void {
  const table = vector(a, NIBBLE_COUNTS), nibbles = vector(a, NIBBLES);
  a.movaps(X, src);
  a.pand_rl(X, nibbles);
  a.movaps_rl(Y, table);
  a.pshufb(Y, X);
  a.movaps(X, src);
  a.psrlw_ri(X, 4);
  a.pand_rl(X, nibbles);
  a.movaps_rl(dst, table);
  a.pshufb(dst, X);
  a.paddb(dst, Y);
}

function emitTest(a: Assembler, opcode: number, dst: number, src: number): boolean {
  switch (opcode) {
    case op.V128_ANY_TRUE:
      a.ptest(src, src);
      a.setcc(Cond.NE, dst);
      a.movzx8to32(dst, dst);
      return true;
    case op.I8X16_ALL_TRUE:
      return testAll(a, A.pcmpeqb, dst, src);
    case op.I16X8_ALL_TRUE:
      return testAll(a, A.pcmpeqw, dst, src);
    case op.I32X4_ALL_TRUE:
      return testAll(a, A.pcmpeqd, dst, src);
    case op.I64X2_ALL_TRUE:
      return testAll(a, A.pcmpeqq, dst, src);
    case op.I8X16_BITMASK:
      a.pmovmskb(dst, src);
      return true;
    case op.I16X8_BITMASK:
      a.movaps(X, src);
      a.packsswb(X, X);
      a.pmovmskb(dst, X);
      a.movzx8to32(dst, dst);
      return true;
    case op.I32X4_BITMASK:
      a.movmskps(dst, src);
      return true;
    case op.I64X2_BITMASK:
      a.movmskpd(dst, src);
      return true;
  }
  return false;
}

function testAll(a: Assembler, equal: Pair, dst: number, src: number): boolean {
  a.pxor(X, X);
  equal.call(a, X, src);
  a.ptest(X, X);
  a.setcc(Cond.E, dst);
  a.movzx8to32(dst, dst);
  return true;
}

/** dst = bits of `lhs` where `mask` has ones, of `rhs` elsewhere. */
export function emitBitselect(a: Assembler, dst: number, lhs: number, rhs: number, mask: number): void {
  a.movaps(X, mask);
  a.pandn(X, rhs);
  a.movaps(Y, lhs);
  a.pand(Y, mask);
  a.por(X, Y);
  a.movaps(dst, X);
}
