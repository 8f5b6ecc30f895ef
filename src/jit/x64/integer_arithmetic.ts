// Two-operand integer arithmetic and shifts on x86-64: destination and operands may coincide in any way, and whatever shorter instruction there is serves a constant.
// Results of 32 bits clear the upper half. Functions that give a boolean say whether the zero flag tells of the result.

import type { Assembler } from "../../asm/x64/assembler.ts";
import { NO_BASE, R11, RCX } from "../../asm/x64/registers.ts";
import { Arithmetic, Shift } from "../macro_assembler.ts";
import { rorx32, rorx64, SARX, shiftX32, shiftX64, SHLX, SHRX } from "./vex.ts";

/** dst = lhs op rhs. */
export function emitArithmetic32(a: Assembler, op: Arithmetic, dst: number, lhs: number, rhs: number): boolean {
  if (dst !== lhs) {
    if (op === Arithmetic.ADD && dst !== rhs) {
      a.lea32_rx(dst, lhs, rhs, 1, 0);
      return false;
    }
    if (dst !== rhs) a.mov32(dst, lhs);
    else if (op === Arithmetic.SUB) {
      a.neg32(dst);
      a.add32(dst, lhs);
      return true;
    } else rhs = lhs;
  }
  switch (op) {
    case Arithmetic.ADD:
      a.add32(dst, rhs);
      return true;
    case Arithmetic.SUB:
      a.sub32(dst, rhs);
      return true;
    case Arithmetic.MUL:
      a.imul32(dst, rhs);
      return false;
    case Arithmetic.AND:
      a.and32(dst, rhs);
      return true;
    case Arithmetic.OR:
      a.or32(dst, rhs);
      return true;
    default:
      a.xor32(dst, rhs);
      return true;
  }
}

/** dst = lhs op rhs. */
export function emitArithmetic64(a: Assembler, op: Arithmetic, dst: number, lhs: number, rhs: number): boolean {
  if (dst !== lhs) {
    if (op === Arithmetic.ADD && dst !== rhs) {
      a.lea64_rx(dst, lhs, rhs, 1, 0);
      return false;
    }
    if (dst !== rhs) a.mov64(dst, lhs);
    else if (op === Arithmetic.SUB) {
      a.neg64(dst);
      a.add64(dst, lhs);
      return true;
    } else rhs = lhs;
  }
  switch (op) {
    case Arithmetic.ADD:
      a.add64(dst, rhs);
      return true;
    case Arithmetic.SUB:
      a.sub64(dst, rhs);
      return true;
    case Arithmetic.MUL:
      a.imul64(dst, rhs);
      return false;
    case Arithmetic.AND:
      a.and64(dst, rhs);
      return true;
    case Arithmetic.OR:
      a.or64(dst, rhs);
      return true;
    default:
      a.xor64(dst, rhs);
      return true;
  }
}

/** Whether a constant is a power of two above zero. */
function isPowerOfTwo(n: number): boolean {
  return n > 0 && (n & (n - 1)) === 0;
}
/** Whether `lea` can multiply by it. */
function isLeaFactor(n: number): boolean {
  return n === 3 || n === 5 || n === 9;
}

/** dst = lhs op constant. */
export function emitArithmetic32Constant(a: Assembler, op: Arithmetic, dst: number, lhs: number, rhs: number): boolean {
  if (op === Arithmetic.SUB) {
    op = Arithmetic.ADD;
    rhs = -rhs | 0;
  }
  switch (op) {
    case Arithmetic.ADD:
      if (dst !== lhs) {
        a.lea32_rm(dst, lhs, rhs);
        return false;
      }
      a.add32_ri(dst, rhs);
      return true;
    case Arithmetic.MUL:
      if (isPowerOfTwo(rhs)) emitShift32Constant(a, false, Shift.SHL, dst, lhs, 31 - Math.clz32(rhs));
      else if (isLeaFactor(rhs)) a.lea32_rx(dst, lhs, lhs, rhs - 1, 0);
      else a.imul32_rri(dst, lhs, rhs);
      return false;
    case Arithmetic.AND:
      if (rhs === 0xff) {
        a.movzx8to32(dst, lhs);
        return false;
      }
      if (rhs === 0xffff) {
        a.movzx16to32(dst, lhs);
        return false;
      }
      if (dst !== lhs) a.mov32(dst, lhs);
      a.and32_ri(dst, rhs);
      return true;
    case Arithmetic.OR:
      if (dst !== lhs) a.mov32(dst, lhs);
      a.or32_ri(dst, rhs);
      return true;
    default:
      if (dst !== lhs) a.mov32(dst, lhs);
      if (rhs === -1) a.not32(dst);
      else a.xor32_ri(dst, rhs);
      return rhs !== -1;
  }
}

/** dst = lhs op constant, which is sign-extended. */
export function emitArithmetic64Constant(a: Assembler, op: Arithmetic, dst: number, lhs: number, rhs: number): boolean {
  if (op === Arithmetic.SUB && rhs !== -0x80000000) {
    op = Arithmetic.ADD;
    rhs = -rhs;
  }
  switch (op) {
    case Arithmetic.ADD:
      if (dst !== lhs) {
        a.lea64_rm(dst, lhs, rhs);
        return false;
      }
      a.add64_ri(dst, rhs);
      return true;
    case Arithmetic.SUB:
      if (dst !== lhs) a.mov64(dst, lhs);
      a.sub64_ri(dst, rhs);
      return true;
    case Arithmetic.MUL:
      if (isPowerOfTwo(rhs)) emitShift64Constant(a, false, Shift.SHL, dst, lhs, 31 - Math.clz32(rhs));
      else if (isLeaFactor(rhs)) a.lea64_rx(dst, lhs, lhs, rhs - 1, 0);
      else a.imul64_rri(dst, lhs, rhs);
      return false;
    case Arithmetic.AND:
      if (rhs >= 0) {
        // The upper half comes out zero.
        emitArithmetic32Constant(a, op, dst, lhs, rhs);
        return false;
      }
      if (dst !== lhs) a.mov64(dst, lhs);
      a.and64_ri(dst, rhs);
      return true;
    case Arithmetic.OR:
      if (dst !== lhs) a.mov64(dst, lhs);
      a.or64_ri(dst, rhs);
      return true;
    default:
      if (dst !== lhs) a.mov64(dst, lhs);
      if (rhs === -1) a.not64(dst);
      else a.xor64_ri(dst, rhs);
      return rhs !== -1;
  }
}

/** dst = dst op [base + disp]. */
export function emitArithmetic32Memory(a: Assembler, op: Arithmetic, dst: number, base: number, disp: number): void {
  switch (op) {
    case Arithmetic.ADD:
      return a.add32_rm(dst, base, disp);
    case Arithmetic.SUB:
      return a.sub32_rm(dst, base, disp);
    case Arithmetic.MUL:
      return a.imul32_rm(dst, base, disp);
    case Arithmetic.AND:
      return a.and32_rm(dst, base, disp);
    case Arithmetic.OR:
      return a.or32_rm(dst, base, disp);
    default:
      return a.xor32_rm(dst, base, disp);
  }
}

/** dst = dst op [base + disp]. */
export function emitArithmetic64Memory(a: Assembler, op: Arithmetic, dst: number, base: number, disp: number): void {
  switch (op) {
    case Arithmetic.ADD:
      return a.add64_rm(dst, base, disp);
    case Arithmetic.SUB:
      return a.sub64_rm(dst, base, disp);
    case Arithmetic.MUL:
      return a.imul64_rm(dst, base, disp);
    case Arithmetic.AND:
      return a.and64_rm(dst, base, disp);
    case Arithmetic.OR:
      return a.or64_rm(dst, base, disp);
    default:
      return a.xor64_rm(dst, base, disp);
  }
}

const VEX_SHIFTS = [SHLX, SARX, SHRX];

/** Whether a shift takes its count from any register; otherwise it does from cl. */
export function countsAnywhere(bmi2: boolean, op: Shift): boolean {
  return bmi2 && op <= Shift.SHR_U;
}

/** dst = lhs shifted by a register: see `countsAnywhere`. */
export function emitShift32(a: Assembler, bmi2: boolean, op: Shift, dst: number, lhs: number, count: number): void {
  if (countsAnywhere(bmi2, op)) return shiftX32(a, VEX_SHIFTS[op], dst, lhs, count);
  // When the count's register is the destination, too, the value goes through the scratch register.
  const at = dst === RCX && lhs !== RCX ? R11 : dst;
  if (at !== lhs) a.mov32(at, lhs);
  switch (op) {
    case Shift.SHL:
      a.shl32_cl(at);
      break;
    case Shift.SHR_S:
      a.sar32_cl(at);
      break;
    case Shift.SHR_U:
      a.shr32_cl(at);
      break;
    case Shift.ROTL:
      a.rol32_cl(at);
      break;
    default:
      a.ror32_cl(at);
  }
  if (at !== dst) a.mov32(dst, at);
}

/** dst = lhs shifted by a register: see `countsAnywhere`. */
export function emitShift64(a: Assembler, bmi2: boolean, op: Shift, dst: number, lhs: number, count: number): void {
  if (countsAnywhere(bmi2, op)) return shiftX64(a, VEX_SHIFTS[op], dst, lhs, count);
  const at = dst === RCX && lhs !== RCX ? R11 : dst;
  if (at !== lhs) a.mov64(at, lhs);
  switch (op) {
    case Shift.SHL:
      a.shl64_cl(at);
      break;
    case Shift.SHR_S:
      a.sar64_cl(at);
      break;
    case Shift.SHR_U:
      a.shr64_cl(at);
      break;
    case Shift.ROTL:
      a.rol64_cl(at);
      break;
    default:
      a.ror64_cl(at);
  }
  if (at !== dst) a.mov64(dst, at);
}

/** dst = lhs shifted by a constant. */
export function emitShift32Constant(
  a: Assembler,
  bmi2: boolean,
  op: Shift,
  dst: number,
  lhs: number,
  count: number,
): void {
  count &= 31;
  if (dst !== lhs) {
    if (count !== 0 && op >= Shift.ROTL && bmi2) return rorx32(a, dst, lhs, op === Shift.ROTR ? count : 32 - count);
    if (op === Shift.SHL && count === 1) return a.lea32_rx(dst, lhs, lhs, 1, 0);
    if (op === Shift.SHL && (count === 2 || count === 3)) return a.lea32_rx(dst, NO_BASE, lhs, 1 << count, 0);
    a.mov32(dst, lhs);
  }
  if (count === 0) return;
  switch (op) {
    case Shift.SHL:
      return a.shl32_ri(dst, count);
    case Shift.SHR_S:
      return a.sar32_ri(dst, count);
    case Shift.SHR_U:
      return a.shr32_ri(dst, count);
    case Shift.ROTL:
      return a.rol32_ri(dst, count);
    default:
      return a.ror32_ri(dst, count);
  }
}

/** dst = lhs shifted by a constant. */
export function emitShift64Constant(
  a: Assembler,
  bmi2: boolean,
  op: Shift,
  dst: number,
  lhs: number,
  count: number,
): void {
  count &= 63;
  if (dst !== lhs) {
    if (count !== 0 && op >= Shift.ROTL && bmi2) return rorx64(a, dst, lhs, op === Shift.ROTR ? count : 64 - count);
    if (op === Shift.SHL && count === 1) return a.lea64_rx(dst, lhs, lhs, 1, 0);
    if (op === Shift.SHL && (count === 2 || count === 3)) return a.lea64_rx(dst, NO_BASE, lhs, 1 << count, 0);
    a.mov64(dst, lhs);
  }
  if (count === 0) return;
  switch (op) {
    case Shift.SHL:
      return a.shl64_ri(dst, count);
    case Shift.SHR_S:
      return a.sar64_ri(dst, count);
    case Shift.SHR_U:
      return a.shr64_ri(dst, count);
    case Shift.ROTL:
      return a.rol64_ri(dst, count);
    default:
      return a.ror64_ri(dst, count);
  }
}
