// Instructions with one operand on x86-64: bit counts, extensions, rounding, conversions. Takes an opcode and two registers, writes into the context's assembler.
// Trap rules: specification 4.3.2 (trunc, trunc_sat); rounding without SSE4.1 goes through 2^52 (2^23), where the spacing of floats is 1.

import { BugError } from "../../base/bug.ts";
import type { Label } from "../../asm/buffer.ts";
import type { Assembler } from "../../asm/x64/assembler.ts";
import { Cond } from "../../asm/x64/registers.ts";
import { SCRATCH2_XMM, SCRATCH_REG, SCRATCH_XMM } from "../../abi/x64/registers.ts";
import * as op from "../../wasm/opcodes.ts";
import { TrapCode } from "../../wasm/traps.ts";

/** What the compiler may use beyond the baseline. */
export interface X64Features {
  readonly sse41: boolean;
  readonly popcnt: boolean;
  readonly lzcnt: boolean;
  readonly bmi1: boolean;
  readonly bmi2: boolean;
}

/** What the emitters below need of the macro assembler. */
export interface EmitContext {
  readonly a: Assembler;
  readonly cpu: X64Features;
  /** Label of an out-of-line trap at the present source offset. */
  trapLabel(code: TrapCode): Label;
  /** Emits code behind the function. */
  outOfLine(emit: () => void): void;
}

const F64_INTEGRAL_FROM = 2 ** 52;

const view = new DataView(new ArrayBuffer(8));
/** Bytes of an f64. */
export function f64Bytes(value: number): Uint8Array {
  view.setFloat64(0, value, true);
  return new Uint8Array(view.buffer.slice(0));
}
/** Bytes of an f32. */
export function f32Bytes(value: number): Uint8Array {
  view.setFloat32(0, value, true);
  return new Uint8Array(view.buffer.slice(0, 4));
}
function repeated(bytes: number[]): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, i) => bytes[i % bytes.length]);
}
/** 16-byte constants that keep, or select, the sign bit. */
export const F32_ABS_MASK = repeated([0xff, 0xff, 0xff, 0x7f]);
export const F32_SIGN_MASK = repeated([0, 0, 0, 0x80]);
export const F64_ABS_MASK = repeated([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
export const F64_SIGN_MASK = repeated([0, 0, 0, 0, 0, 0, 0, 0x80]);

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

// Conversions

function emitConversion(c: EmitContext, opcode: number, dst: number, src: number): void {
  const a = c.a;
  switch (opcode) {
    case op.F32_CONVERT_I32_S:
      a.xorps(dst, dst);
      return a.cvtsi2ss32(dst, src);
    case op.F32_CONVERT_I32_U:
      a.xorps(dst, dst);
      return a.cvtsi2ss64(dst, src);
    case op.F32_CONVERT_I64_S:
      a.xorps(dst, dst);
      return a.cvtsi2ss64(dst, src);
    case op.F32_CONVERT_I64_U:
      return emitFromU64(c, dst, src, a.cvtsi2ss64, a.addss);
    case op.F64_CONVERT_I32_S:
      a.xorps(dst, dst);
      return a.cvtsi2sd32(dst, src);
    case op.F64_CONVERT_I32_U:
      a.xorps(dst, dst);
      return a.cvtsi2sd64(dst, src);
    case op.F64_CONVERT_I64_S:
      a.xorps(dst, dst);
      return a.cvtsi2sd64(dst, src);
    case op.F64_CONVERT_I64_U:
      return emitFromU64(c, dst, src, a.cvtsi2sd64, a.addsd);
    case op.I32_TRUNC_F32_S:
    case op.I32_TRUNC_F64_S:
    case op.I32_TRUNC_SAT_F32_S:
    case op.I32_TRUNC_SAT_F64_S:
      return emitToI32(c, opcode, dst, src);
    case op.I32_TRUNC_F32_U:
    case op.I32_TRUNC_F64_U:
    case op.I32_TRUNC_SAT_F32_U:
    case op.I32_TRUNC_SAT_F64_U:
      return emitToU32(c, opcode, dst, src);
    case op.I64_TRUNC_F32_S:
    case op.I64_TRUNC_F64_S:
    case op.I64_TRUNC_SAT_F32_S:
    case op.I64_TRUNC_SAT_F64_S:
      return emitToI64(c, opcode, dst, src);
    case op.I64_TRUNC_F32_U:
    case op.I64_TRUNC_F64_U:
    case op.I64_TRUNC_SAT_F32_U:
    case op.I64_TRUNC_SAT_F64_U:
      return emitToU64(c, opcode, dst, src);
    default:
      throw new BugError(`no unary instruction ${opcode.toString(16)}`);
  }
}

/** From 2^63 on: half of it, the lowest bit kept sticky so that rounding comes out the same, and doubled again. */
function emitFromU64(
  c: EmitContext,
  dst: number,
  src: number,
  convert: (dst: number, src: number) => void,
  add: (dst: number, src: number) => void,
): void {
  const a = c.a;
  const [large, done] = [a.newLabel(), a.newLabel()];
  a.xorps(dst, dst);
  a.test64(src, src);
  a.jcc(Cond.S, large);
  convert.call(a, dst, src);
  a.bind(done);
  c.outOfLine(() => {
    a.bind(large);
    a.mov64(R, src);
    a.shr64_ri(R, 1);
    const even = a.newLabel();
    a.jcc(Cond.AE, even);
    a.or64_ri(R, 1);
    a.bind(even);
    convert.call(a, dst, R);
    add.call(a, dst, dst);
    a.jmp(done);
  });
}

function isF32(opcode: number): boolean {
  switch (opcode) {
    case op.I32_TRUNC_F32_S:
    case op.I32_TRUNC_F32_U:
    case op.I64_TRUNC_F32_S:
    case op.I64_TRUNC_F32_U:
    case op.I32_TRUNC_SAT_F32_S:
    case op.I32_TRUNC_SAT_F32_U:
    case op.I64_TRUNC_SAT_F32_S:
    case op.I64_TRUNC_SAT_F32_U:
      return true;
  }
  return false;
}
function isSaturating(opcode: number): boolean {
  return opcode >= op.I32_TRUNC_SAT_F32_S;
}
function truncate64(a: Assembler, f32: boolean, dst: number, src: number): void {
  if (f32) a.cvttss2si64(dst, src);
  else a.cvttsd2si64(dst, src);
}
function compareWithItself(a: Assembler, f32: boolean, x: number): void {
  if (f32) a.ucomiss(x, x);
  else a.ucomisd(x, x);
}
/** Flags of x compared with a constant that both widths hold exactly. */
function compareWith(a: Assembler, f32: boolean, x: number, value: number): void {
  if (f32) a.ucomiss_rl(x, a.constant(f32Bytes(value)));
  else a.ucomisd_rl(x, a.constant(f64Bytes(value)));
}

/** What out of range leads to: a trap, or for saturating ones the lowest, highest value, or 0 for NaN. */
function emitOutOfRange(
  c: EmitContext,
  opcode: number,
  dst: number,
  src: number,
  slow: Label,
  done: Label,
  saturate: { low: () => void; high: () => void },
): void {
  const a = c.a, f32 = isF32(opcode);
  if (!isSaturating(opcode)) {
    const [nan, overflow] = [
      c.trapLabel(TrapCode.INVALID_CONVERSION_TO_INTEGER),
      c.trapLabel(TrapCode.INTEGER_OVERFLOW),
    ];
    c.outOfLine(() => {
      a.bind(slow);
      compareWithItself(a, f32, src);
      a.jcc(Cond.P, nan);
      a.jmp(overflow);
    });
    return;
  }
  c.outOfLine(() => {
    const [high, low] = [a.newLabel(), a.newLabel()];
    a.bind(slow);
    compareWith(a, f32, src, 0);
    a.mov32_ri(dst, 0);
    a.jcc(Cond.P, done);
    a.jcc(Cond.A, high);
    a.bind(low);
    saturate.low();
    a.jmp(done);
    a.bind(high);
    saturate.high();
    a.jmp(done);
  });
}

function emitToI32(c: EmitContext, opcode: number, dst: number, src: number): void {
  const a = c.a;
  const [slow, done] = [a.newLabel(), a.newLabel()];
  truncate64(a, isF32(opcode), dst, src);
  a.movsxd(R, dst);
  a.cmp64(R, dst);
  a.jcc(Cond.NE, slow);
  a.mov32(dst, dst);
  a.bind(done);
  emitOutOfRange(c, opcode, dst, src, slow, done, {
    low: () => a.mov32_ri(dst, 0x80000000 | 0),
    high: () => a.mov32_ri(dst, 0x7fffffff),
  });
}

function emitToU32(c: EmitContext, opcode: number, dst: number, src: number): void {
  const a = c.a;
  const [slow, done] = [a.newLabel(), a.newLabel()];
  truncate64(a, isF32(opcode), dst, src);
  a.mov32(R, dst);
  a.cmp64(R, dst);
  a.jcc(Cond.NE, slow);
  a.bind(done);
  emitOutOfRange(c, opcode, dst, src, slow, done, {
    low: () => a.mov32_ri(dst, 0),
    high: () => a.mov32_ri(dst, -1),
  });
}

/** The instruction gives -2^63 for all that is out of range, and for -2^63 itself. */
function emitToI64(c: EmitContext, opcode: number, dst: number, src: number): void {
  const a = c.a, f32 = isF32(opcode);
  const [indefinite, slow, done] = [a.newLabel(), a.newLabel(), a.newLabel()];
  truncate64(a, f32, dst, src);
  a.cmp64_ri(dst, 1);
  a.jcc(Cond.O, indefinite);
  a.bind(done);
  c.outOfLine(() => {
    a.bind(indefinite);
    compareWith(a, f32, src, -(2 ** 63));
    const notEqual = a.newLabel();
    a.jcc(Cond.P, notEqual);
    a.jcc(Cond.E, done);
    a.bind(notEqual);
    a.jmp(slow);
  });
  emitOutOfRange(c, opcode, dst, src, slow, done, {
    low: () => a.mov64Halves(dst, 0, 0x80000000 | 0),
    high: () => a.mov64Halves(dst, -1, 0x7fffffff),
  });
}

/** Below 2^63 as a signed one that must not be negative; above, less 2^63. */
function emitToU64(c: EmitContext, opcode: number, dst: number, src: number): void {
  const a = c.a, f32 = isF32(opcode);
  const [large, slow, done] = [a.newLabel(), a.newLabel(), a.newLabel()];
  compareWith(a, f32, src, 2 ** 63);
  a.jcc(Cond.AE, large);
  truncate64(a, f32, dst, src);
  a.test64(dst, dst);
  a.jcc(Cond.S, slow);
  a.bind(done);
  c.outOfLine(() => {
    a.bind(large);
    // NaN compares as below, never as above or equal.
    a.movaps(X, src);
    if (f32) a.subss_rl(X, a.constant(f32Bytes(2 ** 63)));
    else a.subsd_rl(X, a.constant(f64Bytes(2 ** 63)));
    truncate64(a, f32, dst, X);
    a.test64(dst, dst);
    a.jcc(Cond.S, slow);
    a.bts64_ri(dst, 63);
    a.jmp(done);
  });
  emitOutOfRange(c, opcode, dst, src, slow, done, {
    low: () => a.mov32_ri(dst, 0),
    high: () => a.movSigned64_ri(dst, -1),
  });
}
