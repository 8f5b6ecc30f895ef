// Conditions on x86-64: which flags tell them after a comparison, and what depends on them. Floats are compared by ucomis, which says "unordered" by the parity flag.

import type { Label } from "../../asm/buffer.ts";
import type { Assembler } from "../../asm/x64/assembler.ts";
import { Cond, R11 } from "../../asm/x64/registers.ts";
import { BugError } from "../../base/bug.ts";
import { Condition, FIRST_FLOAT, inverse, Kind, type Register } from "../macro_assembler.ts";
import { emitMove } from "./kinds.ts";

/** Condition codes of the integer conditions, in their order. */
const CONDS = [Cond.E, Cond.NE, Cond.L, Cond.B, Cond.G, Cond.A, Cond.LE, Cond.BE, Cond.GE, Cond.AE];
/** Likewise of float conditions without parity: from FLOAT_LT on. The operands of LT and LE are exchanged when compared. */
const FLOAT_CONDS = [Cond.A, Cond.A, Cond.AE, Cond.AE, Cond.BE, Cond.BE, Cond.B, Cond.B];

function condOf(condition: Condition): Cond {
  if (condition < Condition.FLOAT_EQ) return CONDS[condition];
  if (condition < Condition.FLOAT_LT) throw new BugError("equality of floats takes two condition codes");
  return FLOAT_CONDS[condition - Condition.FLOAT_LT];
}

/** "Below" is also set for NaN, "above" is not: so less-than is asked with the operands exchanged. */
export function isExchanged(condition: Condition): boolean {
  return condition === Condition.FLOAT_LT || condition === Condition.FLOAT_LE ||
    condition === Condition.FLOAT_NOT_LT || condition === Condition.FLOAT_NOT_LE;
}

/** Jumps to `label` if a condition holds. */
export function emitJumpIf(a: Assembler, condition: Condition, label: Label): void {
  if (condition === Condition.FLOAT_EQ) {
    const not = a.newLabel();
    a.jccNear(Cond.P, not);
    a.jcc(Cond.E, label);
    a.bind(not);
  } else if (condition === Condition.FLOAT_NE) {
    a.jcc(Cond.P, label);
    a.jcc(Cond.NE, label);
  } else {
    a.jcc(condOf(condition), label);
  }
}

/** dst = 1 if a condition holds, 0 otherwise. */
export function emitSetIf(a: Assembler, condition: Condition, dst: Register): void {
  if (condition === Condition.FLOAT_EQ) {
    a.setcc(Cond.NP, R11);
    a.setcc(Cond.E, dst);
    a.and32(dst, R11);
  } else if (condition === Condition.FLOAT_NE) {
    a.setcc(Cond.P, R11);
    a.setcc(Cond.NE, dst);
    a.or32(dst, R11);
  } else {
    a.setcc(condOf(condition), dst);
  }
  a.movzx8to32(dst, dst);
}

/** dst = lhs if a condition holds, rhs otherwise. */
export function emitSelectIf(
  a: Assembler,
  kind: Kind,
  condition: Condition,
  dst: Register,
  lhs: Register,
  rhs: Register,
): void {
  if (dst >= FIRST_FLOAT) {
    const done = a.newLabel();
    if (dst === rhs) {
      emitJumpIf(a, inverse(condition), done);
      emitMove(a, kind, dst, lhs);
    } else {
      emitMove(a, kind, dst, lhs);
      emitJumpIf(a, condition, done);
      emitMove(a, kind, dst, rhs);
    }
    return a.bind(done);
  }
  if (condition === Condition.FLOAT_NE) return emitSelectIf(a, kind, Condition.FLOAT_EQ, dst, rhs, lhs);
  if (condition === Condition.FLOAT_EQ) {
    const at = dst === rhs ? R11 : dst;
    emitMove(a, Kind.I64, at, lhs);
    a.cmovcc64(Cond.NE, at, rhs);
    a.cmovcc64(Cond.P, at, rhs);
    return emitMove(a, Kind.I64, dst, at);
  }
  const cond = condOf(condition);
  const cmov = kind === Kind.I64 ? a.cmovcc64 : a.cmovcc32;
  if (dst === rhs) return cmov.call(a, cond, dst, lhs);
  emitMove(a, kind, dst, lhs);
  cmov.call(a, cond ^ 1, dst, rhs);
}
