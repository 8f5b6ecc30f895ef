// Two-operand float arithmetic on x86-64: destination and operands may coincide in any way. minss and minsd do not know of NaN and signed zeros as Wasm wants
// them (specification 4.3.3, fmin and fmax), hence the branches there; copysign works on raw bits.

import type { Assembler } from "../../asm/x64/assembler.ts";
import { Cond } from "../../asm/x64/registers.ts";
import { SCRATCH2_XMM, SCRATCH_XMM } from "../../abi/x64/registers.ts";
import { FloatArithmetic } from "../macro_assembler.ts";
import { F32_ABS_MASK, F32_SIGN_MASK, F64_ABS_MASK, F64_SIGN_MASK } from "./emit_context.ts";

/** dst = lhs op rhs. */
export function emitFloatArithmetic32(a: Assembler, op: FloatArithmetic, dst: number, lhs: number, rhs: number): void {
  if (op === FloatArithmetic.COPYSIGN) return emitCopysign(a, F32_ABS_MASK, F32_SIGN_MASK, dst, lhs, rhs);
  rhs = emitPlace(a, dst, lhs, rhs);
  switch (op) {
    case FloatArithmetic.ADD:
      return a.addss(dst, rhs);
    case FloatArithmetic.SUB:
      return a.subss(dst, rhs);
    case FloatArithmetic.MUL:
      return a.mulss(dst, rhs);
    case FloatArithmetic.DIV:
      return a.divss(dst, rhs);
    case FloatArithmetic.MIN:
      return emitMinMax(a, a.ucomiss, a.addss, a.minss, a.orps, dst, rhs);
    default:
      return emitMinMax(a, a.ucomiss, a.addss, a.maxss, a.andps, dst, rhs);
  }
}

/** dst = lhs op rhs. */
export function emitFloatArithmetic64(a: Assembler, op: FloatArithmetic, dst: number, lhs: number, rhs: number): void {
  if (op === FloatArithmetic.COPYSIGN) return emitCopysign(a, F64_ABS_MASK, F64_SIGN_MASK, dst, lhs, rhs);
  rhs = emitPlace(a, dst, lhs, rhs);
  switch (op) {
    case FloatArithmetic.ADD:
      return a.addsd(dst, rhs);
    case FloatArithmetic.SUB:
      return a.subsd(dst, rhs);
    case FloatArithmetic.MUL:
      return a.mulsd(dst, rhs);
    case FloatArithmetic.DIV:
      return a.divsd(dst, rhs);
    case FloatArithmetic.MIN:
      return emitMinMax(a, a.ucomisd, a.addsd, a.minsd, a.orps, dst, rhs);
    default:
      return emitMinMax(a, a.ucomisd, a.addsd, a.maxsd, a.andps, dst, rhs);
  }
}

/** Brings the left operand into `dst` and gives where the right one is then. */
function emitPlace(a: Assembler, dst: number, lhs: number, rhs: number): number {
  if (dst === lhs) return rhs;
  if (dst === rhs) {
    a.movaps(SCRATCH_XMM, rhs);
    rhs = SCRATCH_XMM;
  }
  a.movaps(dst, lhs);
  return rhs;
}

type Pair = (dst: number, src: number) => void;

/** Equal operands differ in the sign of zero at most, which `combine` decides; the sum of a NaN and anything is a quiet NaN. */
function emitMinMax(a: Assembler, compare: Pair, add: Pair, choose: Pair, combine: Pair, dst: number, rhs: number) {
  const [different, nan, done] = [a.newLabel(), a.newLabel(), a.newLabel()];
  compare.call(a, dst, rhs);
  a.jccNear(Cond.NE, different);
  a.jccNear(Cond.P, nan);
  combine.call(a, dst, rhs);
  a.jmpNear(done);
  a.bind(nan);
  add.call(a, dst, rhs);
  a.jmpNear(done);
  a.bind(different);
  choose.call(a, dst, rhs);
  a.bind(done);
}

function emitCopysign(a: Assembler, abs: Uint8Array, sign: Uint8Array, dst: number, lhs: number, rhs: number): void {
  a.movaps(SCRATCH_XMM, rhs);
  a.andps_rl(SCRATCH_XMM, a.constant(sign, 16));
  a.movaps(SCRATCH2_XMM, lhs);
  a.andps_rl(SCRATCH2_XMM, a.constant(abs, 16));
  a.orps(SCRATCH2_XMM, SCRATCH_XMM);
  a.movaps(dst, SCRATCH2_XMM);
}
