// Conversions between integers and floats on x86-64. What is out of range traps, or saturates: specification 4.3.3, trunc and trunc_sat.
// The processor's conversions give a value with only the top bit set for all that does not fit, so the usual way is one instruction and one check.

import { BugError } from "../../base/bug.ts";
import type { Label } from "../../asm/buffer.ts";
import type { Assembler } from "../../asm/x64/assembler.ts";
import { Cond } from "../../asm/x64/registers.ts";
import { SCRATCH_REG, SCRATCH_XMM } from "../../abi/x64/registers.ts";
import * as op from "../../wasm/opcodes.ts";
import { TrapCode } from "../../wasm/traps.ts";
import { type EmitContext, f32Bytes, f64Bytes } from "./emit_context.ts";

const R = SCRATCH_REG;
const X = SCRATCH_XMM;

/** Writes the conversion `opcode`; register numbers are those of the encoding. */
export function emitConversion(c: EmitContext, opcode: number, dst: number, src: number): void {
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
