// Locals, globals, constants, parametric instructions and references.

import * as op from "../wasm/opcodes.ts";
import { type Context, kindOf } from "./context.ts";
import { Compared } from "./context.ts";
import { Condition, Kind } from "./macro_assembler.ts";
import { CONSTANT, DIRTY, REGISTER } from "./state.ts";

/** Moves on to the next event of a local: also in dead code. */
export function passLocal(c: Context, sets: boolean): void {
  const x = c.r.index, e = c.event++;
  c.s.nextUse[x] = c.uses.nextUse[e];
  c.merges.nextSet[x] = c.uses.nextSet[e];
  if (sets) c.merges.lastSet[x] = c.r.at;
}

/** local.get: the operand shares the local's register, or takes it over when the local is not used any more. */
export function localGet(c: Context): void {
  const s = c.s, x = c.r.index, kind = s.kind[x];
  const last = c.uses.dead[c.event] === 1;
  passLocal(c, false);
  if (s.where[x] === CONSTANT) return s.pushConstant(kind, s.low[x], s.high[x]);
  if (s.where[x] === REGISTER) {
    const r = s.register[x];
    s.push(kind, r);
    if (last) s.detach(x);
    return;
  }
  const r = s.take(kind);
  c.m.loadSlot(kind, r, x);
  s.push(kind, r);
  if (!last) s.attach(x, r, Math.min(s.clean[x], s.at));
}

/** local.set and local.tee: the local takes the operand's register or constant; nothing is stored. */
export function localSet(c: Context, tee: boolean): void {
  const s = c.s, x = c.r.index;
  const unused = c.uses.dead[c.event] === 1;
  passLocal(c, true);
  s.detach(x);
  const top = s.height - 1;
  if (unused) {
    if (!tee) s.drop();
    return;
  }
  if (s.where[top] === CONSTANT && (c.guarded > 0 || !s.takesConstant())) {
    // In a try block no local becomes a constant: see exceptions.ts.
    c.m.storeSlotConstant(s.kind[x], x, s.low[top], s.high[top]);
    s.clean[x] = s.at;
    if (!tee) s.drop();
    return;
  }
  if (s.where[top] === CONSTANT) {
    s.attachConstant(x, s.low[top], s.high[top]);
    if (!tee) s.drop();
    return;
  }
  const kind = s.kind[top];
  const r = s.pop();
  s.attach(x, r, DIRTY);
  if (tee) s.push(kind, r);
}

/** global.get. */
export function globalGet(c: Context): void {
  const kind = kindOf(c.module.globals[c.r.index].type.type);
  const dst = c.result(kind);
  c.m.loadGlobal(kind, dst, c.r.index);
  if (kind === Kind.REF) c.hasReferences = true;
  c.s.push(kind, dst);
}

/** global.set. */
export function globalSet(c: Context): void {
  const kind = kindOf(c.module.globals[c.r.index].type.type);
  c.m.storeGlobal(kind, c.r.index, c.s.pop());
}

/** The const instructions: nothing is emitted. */
export function constant(c: Context): void {
  const r = c.r;
  switch (r.op) {
    case op.I32_CONST:
      return c.s.pushConstant(Kind.I32, r.lo, r.lo >> 31);
    case op.I64_CONST:
      return c.s.pushConstant(Kind.I64, r.lo, r.hi);
    case op.F32_CONST:
      return c.s.pushConstant(Kind.F32, r.lo, 0);
    default:
      return c.s.pushConstant(Kind.F64, r.lo, r.hi);
  }
}

/** select: by conditional moves where the kind has them. */
export function select(c: Context): void {
  const s = c.s;
  const condition = c.takeCondition();
  const kind = s.kindAt(0);
  const rhs = s.pop();
  const lhs = s.pop();
  const dst = s.isFree(lhs) ? lhs : s.isFree(rhs) ? rhs : s.takeResult(kind, -1);
  c.m.selectIf(kind, condition, dst, lhs, rhs);
  s.push(kind, dst);
}

/** ref.null: the constant 0. */
export function refNull(c: Context): void {
  c.s.pushConstant(Kind.REF, 0, 0);
}

/** ref.is_null: a comparison like i32.eqz. */
export function refIsNull(c: Context): void {
  c.compare(Compared.ZERO32, Condition.EQ);
}

/** ref.func: the index of the function's record. */
export function refFunc(c: Context): void {
  const dst = c.result(Kind.REF);
  c.m.functionReference(dst, c.r.index);
  c.hasReferences = true;
  c.s.push(Kind.REF, dst);
}
