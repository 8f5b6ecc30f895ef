// Integer division on x86-64: by constants of 32 bits a multiplication; otherwise dividend in rax, quotient in rax, remainder in rdx. The processor faults where Wasm traps, but with one signal for both reasons,
// and for the remainder of INT_MIN by -1, which is 0 (specification 4.3.2): so both are asked for, unless the divisor is a constant that excludes them.

import type { Assembler } from "../../asm/x64/assembler.ts";
import { Cond, R11, RAX, RDX } from "../../asm/x64/registers.ts";
import { TrapCode } from "../../wasm/traps.ts";
import { Division } from "../macro_assembler.ts";
import type { EmitContext } from "./emit_context.ts";

/** rax and rdx by the register `rhs`, whose value is `divisor` if that is known. */
export function emitDivide32(c: EmitContext, op: Division, rhs: number, divisor: number | undefined): void {
  const a = c.a;
  if (divisor === undefined || divisor === 0) {
    a.test32(rhs, rhs);
    a.jcc(Cond.E, c.trapLabel(TrapCode.INTEGER_DIVIDE_BY_ZERO));
  }
  if (op === Division.DIV_U || op === Division.REM_U) {
    a.zero(RDX);
    return a.div32(rhs);
  }
  if (divisor !== undefined && divisor !== -1) {
    a.cdq();
    return a.idiv32(rhs);
  }
  const [minusOne, done] = [a.newLabel(), a.newLabel()];
  a.cmp32_ri(rhs, -1);
  a.jcc(Cond.E, minusOne);
  a.cdq();
  a.idiv32(rhs);
  a.bind(done);
  const overflow = op === Division.DIV_S ? c.trapLabel(TrapCode.INTEGER_OVERFLOW) : -1;
  c.outOfLine(() => {
    a.bind(minusOne);
    if (op === Division.DIV_S) {
      a.neg32(RAX);
      a.jcc(Cond.O, overflow);
    } else a.zero(RDX);
    a.jmp(done);
  });
}

/** The same for 64 bits. */
export function emitDivide64(c: EmitContext, op: Division, rhs: number, divisor: number | undefined): void {
  const a = c.a;
  if (divisor === undefined || divisor === 0) {
    a.test64(rhs, rhs);
    a.jcc(Cond.E, c.trapLabel(TrapCode.INTEGER_DIVIDE_BY_ZERO));
  }
  if (op === Division.DIV_U || op === Division.REM_U) {
    a.zero(RDX);
    return a.div64(rhs);
  }
  if (divisor !== undefined && divisor !== -1) {
    a.cqo();
    return a.idiv64(rhs);
  }
  const [minusOne, done] = [a.newLabel(), a.newLabel()];
  a.cmp64_ri(rhs, -1);
  a.jcc(Cond.E, minusOne);
  a.cqo();
  a.idiv64(rhs);
  a.bind(done);
  const overflow = op === Division.DIV_S ? c.trapLabel(TrapCode.INTEGER_OVERFLOW) : -1;
  c.outOfLine(() => {
    a.bind(minusOne);
    if (op === Division.DIV_S) {
      a.neg64(RAX);
      a.jcc(Cond.O, overflow);
    } else a.zero(RDX);
    a.jmp(done);
  });
}

/** Whether `emitDivide32Constant` serves for this divisor, given as a signed number. */
export function canMultiply(divisor: number): boolean {
  return divisor > 2 || divisor < -2;
}

/**
 * rdx = lhs divided by a constant, or the remainder, without a division; rax is lost, and lhs is neither.
 *
 * With m = floor(2^64 / d) + 1 the high half of n * m is n / d plus less than n / 2^64 for 32-bit n >= 0, which never reaches the next integer: the floor is exact.
 * For n < 0 it is less than n / d by as little, so that its floor is one below the quotient rounded to zero.
 */
export function emitDivide32Constant(a: Assembler, op: Division, lhs: number, divisor: number): void {
  const signed = op === Division.DIV_S || op === Division.REM_S;
  const d = signed ? Math.abs(divisor) : divisor >>> 0;
  const multiplier = (1n << 64n) / BigInt(d) + 1n;
  a.mov64_ri(RAX, multiplier);
  if (signed) {
    a.movsxd(R11, lhs);
    a.imulWide64(R11);
    a.mov32(RAX, lhs);
    a.shr32_ri(RAX, 31);
    a.add32(RDX, RAX);
  } else {
    a.mul64(lhs);
  }
  if (op === Division.REM_S || op === Division.REM_U) {
    a.imul32_rri(RDX, RDX, d | 0);
    a.neg32(RDX);
    a.add32(RDX, lhs);
  } else if (signed && divisor < 0) {
    a.neg32(RDX);
  }
}
