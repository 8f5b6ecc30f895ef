// Wide arithmetic: sums, differences and products of 128 bits. A value is two operands, the low half first.

import type { Context } from "./context.ts";
import { Kind, type Register } from "./macro_assembler.ts";
import { popOutside } from "./numeric.ts";

/** i64.add128 and i64.sub128. */
export function sum128(c: Context, subtract: boolean): void {
  const { s, m } = c;
  const rhsHigh = s.pop(), rhsLow = s.pop(), lhsHigh = s.pop(), lhsLow = s.pop();
  const over = (r: Register, other: Register) => s.isFree(r) && r !== other ? r : s.take(Kind.I64);
  const low = over(lhsLow, -1);
  s.pin(low);
  const high = over(lhsHigh, low);
  m.sum128(subtract, [low, high], [lhsLow, lhsHigh], [rhsLow, rhsHigh]);
  s.push(Kind.I64, low);
  s.push(Kind.I64, high);
}

/** i64.mul_wide_s and i64.mul_wide_u. */
export function product128(c: Context, signed: boolean): void {
  const { s, m } = c, fixed = m.fixedProduct128();
  const rhs = popOutside(c, fixed.clobbered);
  s.popTo(fixed.lhs);
  for (const r of fixed.clobbered) s.vacate(r);
  m.product128(signed, rhs);
  s.push(Kind.I64, fixed.result);
  s.push(Kind.I64, fixed.high);
}
