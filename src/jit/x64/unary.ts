// Instructions with one operand on x86-64: bit counts, extensions, signs, rounding. Takes an opcode and two registers, writes into the context's assembler.
// Conversions are in conversions.ts. Rounding without SSE4.1 goes through 2^52, from where on the spacing of floats is 1.

import type { Label } from "../../asm/buffer.ts";
import type { Assembler } from "../../asm/x64/assembler.ts";
import { Cond } from "../../asm/x64/registers.ts";
import { SCRATCH2_XMM, SCRATCH_REG, SCRATCH_XMM } from "../../abi/x64/registers.ts";
import * as op from "../../wasm/opcodes.ts";
import { emitConversion } from "./conversions.ts";
import {
  type EmitContext,
  F32_ABS_MASK,
  F32_SIGN_MASK,
  F64_ABS_MASK,
  F64_SIGN_MASK,
  f64Bytes,
} from "./emit_context.ts";

const F64_INTEGRAL_FROM = 2 ** 52;

const R = SCRATCH_REG;
const X = SCRATCH_XMM;
const Y = SCRATCH2_XMM;

/** SSE4.1's rounding modes; 8 keeps the inexact flag out of it. */
const NEAREST = 8, FLOOR = 9, CEIL = 10, TRUNC = 11;

/** Writes the instruction `opcode`; register numbers are those of the encoding. */
export function emitUnary(c: EmitContext, opcode: number, dst: number, src: number): void {
  const a = c.a;
  switch (opcode) {
    case op.I32_CLZ:
      return emitClz32(c, dst, src);
    case op.I64_CLZ:
      return emitClz64(c, dst, src);
    case op.I32_CTZ:
      return emitCtz32(c, dst, src);
    case op.I64_CTZ:
      return emitCtz64(c, dst, src);
    case op.I32_POPCNT:
      return emitPopcnt32(c, dst, src);
    case op.I64_POPCNT:
      return emitPopcnt64(c, dst, src);
    case op.I32_WRAP_I64:
    case op.I64_EXTEND_I32_U:
      return a.mov32(dst, src);
    case op.I64_EXTEND_I32_S:
    case op.I64_EXTEND32_S:
      return a.movsxd(dst, src);
    case op.I32_EXTEND8_S:
      return a.movsx8to32(dst, src);
    case op.I32_EXTEND16_S:
      return a.movsx16to32(dst, src);
    case op.I64_EXTEND8_S:
      return a.movsx8to64(dst, src);
    case op.I64_EXTEND16_S:
      return a.movsx16to64(dst, src);
    case op.I32_REINTERPRET_F32:
      return a.movdToGpr(dst, src);
    case op.I64_REINTERPRET_F64:
      return a.movqToGpr(dst, src);
    case op.F32_REINTERPRET_I32:
      return a.movdToXmm(dst, src);
    case op.F64_REINTERPRET_I64:
      return a.movqToXmm(dst, src);
    case op.F32_ABS:
      return masked(c, dst, src, F32_ABS_MASK, a.andps_rl);
    case op.F32_NEG:
      return masked(c, dst, src, F32_SIGN_MASK, a.xorps_rl);
    case op.F64_ABS:
      return masked(c, dst, src, F64_ABS_MASK, a.andps_rl);
    case op.F64_NEG:
      return masked(c, dst, src, F64_SIGN_MASK, a.xorps_rl);
    case op.F32_SQRT:
      return a.sqrtss(dst, src);
    case op.F64_SQRT:
      return a.sqrtsd(dst, src);
    case op.F32_CEIL:
      return emitRound32(c, CEIL, dst, src);
    case op.F32_FLOOR:
      return emitRound32(c, FLOOR, dst, src);
    case op.F32_TRUNC:
      return emitRound32(c, TRUNC, dst, src);
    case op.F32_NEAREST:
      return emitRound32(c, NEAREST, dst, src);
    case op.F64_CEIL:
      return emitRound64(c, CEIL, dst, src);
    case op.F64_FLOOR:
      return emitRound64(c, FLOOR, dst, src);
    case op.F64_TRUNC:
      return emitRound64(c, TRUNC, dst, src);
    case op.F64_NEAREST:
      return emitRound64(c, NEAREST, dst, src);
    case op.F32_DEMOTE_F64:
      return a.cvtsd2ss(dst, src);
    case op.F64_PROMOTE_F32:
      return a.cvtss2sd(dst, src);
    default:
      return emitConversion(c, opcode, dst, src);
  }
}

function masked(
  c: EmitContext,
  dst: number,
  src: number,
  mask: Uint8Array,
  operation: (dst: number, label: Label) => void,
): void {
  if (dst !== src) c.a.movaps(dst, src);
  operation.call(c.a, dst, c.a.constant(mask, 16));
}

// Bits

function emitClz32({ a, cpu }: EmitContext, dst: number, src: number): void {
  if (cpu.lzcnt) return a.lzcnt32(dst, src);
  // bsr gives 31 - clz; -1 for zero comes out as 32.
  a.mov32_ri(R, -1);
  a.bsr32(dst, src);
  a.cmovcc32(Cond.E, dst, R);
  a.neg32(dst);
  a.add32_ri(dst, 31);
}
function emitClz64({ a, cpu }: EmitContext, dst: number, src: number): void {
  if (cpu.lzcnt) return a.lzcnt64(dst, src);
  a.mov64_ri(R, -1);
  a.bsr64(dst, src);
  a.cmovcc64(Cond.E, dst, R);
  a.neg64(dst);
  a.add64_ri(dst, 63);
}
function emitCtz32({ a, cpu }: EmitContext, dst: number, src: number): void {
  if (cpu.bmi1) return a.tzcnt32(dst, src);
  a.mov32_ri(R, 32);
  a.bsf32(dst, src);
  a.cmovcc32(Cond.E, dst, R);
}
function emitCtz64({ a, cpu }: EmitContext, dst: number, src: number): void {
  if (cpu.bmi1) return a.tzcnt64(dst, src);
  a.mov32_ri(R, 64);
  a.bsf64(dst, src);
  a.cmovcc64(Cond.E, dst, R);
}
/** Sums of bits in pairs, nibbles, bytes, and all bytes by one multiplication. */
function emitPopcnt32({ a, cpu }: EmitContext, dst: number, src: number): void {
  if (cpu.popcnt) return a.popcnt32(dst, src);
  if (dst !== src) a.mov32(dst, src);
  a.mov32(R, dst);
  a.shr32_ri(R, 1);
  a.and32_ri(R, 0x55555555);
  a.sub32(dst, R);
  a.mov32(R, dst);
  a.shr32_ri(R, 2);
  a.and32_ri(R, 0x33333333);
  a.and32_ri(dst, 0x33333333);
  a.add32(dst, R);
  a.mov32(R, dst);
  a.shr32_ri(R, 4);
  a.add32(dst, R);
  a.and32_ri(dst, 0x0f0f0f0f);
  a.imul32_rri(dst, dst, 0x01010101);
  a.shr32_ri(dst, 24);
}
/** The two halves, added. */
function emitPopcnt64(c: EmitContext, dst: number, src: number): void {
  const { a, cpu } = c;
  if (cpu.popcnt) return a.popcnt64(dst, src);
  if (dst !== src) a.mov64(dst, src);
  a.movqToXmm(X, dst);
  a.mov32(dst, dst);
  emitPopcnt32(c, dst, dst);
  a.movqToXmm(Y, dst);
  a.movqToGpr(dst, X);
  a.shr64_ri(dst, 32);
  emitPopcnt32(c, dst, dst);
  a.movqToGpr(R, Y);
  a.add32(dst, R);
}

// Rounding

function emitRound64(c: EmitContext, mode: number, dst: number, src: number): void {
  const a = c.a;
  if (c.cpu.sse41) return a.roundsd_rri(dst, src, mode);
  const [small, nan, done] = [a.newLabel(), a.newLabel(), a.newLabel()];
  // Y = |x|; from 2^52 on, and for NaN, x + 0 is the result.
  a.movaps(X, src);
  a.movaps(Y, src);
  a.andps_rl(Y, a.constant(F64_ABS_MASK, 16));
  a.ucomisd_rl(Y, a.constant(f64Bytes(F64_INTEGRAL_FROM)));
  a.jcc(Cond.B, small);
  a.bind(nan);
  if (dst !== src) a.movaps(dst, src);
  a.xorps(X, X);
  a.addsd(dst, X);
  a.jmp(done);
  a.bind(small);
  a.jcc(Cond.P, nan);
  a.addsd_rl(Y, a.constant(f64Bytes(F64_INTEGRAL_FROM)));
  a.subsd_rl(Y, a.constant(f64Bytes(F64_INTEGRAL_FROM)));
  // Y = nearest |x|, corrected for trunc; then it gets the sign of x and is corrected by one where the mode wants.
  if (mode === TRUNC) {
    a.movaps(dst, X);
    a.andps_rl(dst, a.constant(F64_ABS_MASK, 16));
    correct64(a, dst);
  }
  a.movaps(dst, X);
  a.andps_rl(dst, a.constant(F64_SIGN_MASK, 16));
  a.orps(Y, dst);
  if (mode === FLOOR) {
    a.movaps(dst, X);
    correct64(a, dst);
  } else if (mode === CEIL) {
    const enough = a.newLabel();
    a.ucomisd(X, Y);
    a.jcc(Cond.BE, enough);
    a.addsd_rl(Y, a.constant(f64Bytes(1)));
    a.bind(enough);
    // -0.5 + 1 is 0.5's ceiling with the wrong sign: the sign of x stays.
    a.andps_rl(X, a.constant(F64_SIGN_MASK, 16));
    a.orps(Y, X);
  }
  a.movaps(dst, Y);
  a.bind(done);
}

/** Y -= 1 when Y > x. */
function correct64(a: Assembler, x: number): void {
  const enough = a.newLabel();
  a.ucomisd(Y, x);
  a.jcc(Cond.BE, enough);
  a.subsd_rl(Y, a.constant(f64Bytes(1)));
  a.bind(enough);
}

/** Every f32 rounds alike as f64, and the result is an f32 again. NaN and infinities pass through the conversions. */
function emitRound32(c: EmitContext, mode: number, dst: number, src: number): void {
  const a = c.a;
  if (c.cpu.sse41) return a.roundss_rri(dst, src, mode);
  a.cvtss2sd(dst, src);
  emitRound64(c, mode, dst, dst);
  a.cvtsd2ss(dst, dst);
}
