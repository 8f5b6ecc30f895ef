// Numeric instructions: constants become immediates, what is known at compile time is computed there, comparisons wait for the branch that follows.

import * as op from "../wasm/opcodes.ts";
import { Compared, type Context } from "./context.ts";
import {
  Arithmetic,
  Condition,
  Division,
  FIRST_FLOAT,
  FloatArithmetic,
  Kind,
  type Register,
  Shift,
} from "./macro_assembler.ts";
import { CONSTANT, isFloat, REGISTER, SLOT } from "./state.ts";

/** Compiles one instruction. */
export type Handler = (c: Context) => void;

const KINDS: Record<string, Kind> = { i: Kind.I32, l: Kind.I64, f: Kind.F32, d: Kind.F64 };

/** Instructions with two operands that one function compiles. Each family has arrows of its own, so that V8 knows what they call. */
interface Family {
  readonly names: readonly string[];
  /** `operation` is the index of the name. */
  readonly handler: (wide: boolean, operation: number) => Handler;
}

const INTEGERS: readonly Family[] = [
  { names: ["add", "sub", "mul", "and", "or", "xor"], handler: (wide, i) => (c) => binary(c, wide, i) },
  { names: ["shl", "shr_s", "shr_u", "rotl", "rotr"], handler: (wide, i) => (c) => shift(c, wide, i) },
  { names: ["div_s", "div_u", "rem_s", "rem_u"], handler: (wide, i) => (c) => divide(c, wide, i) },
  {
    names: ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"],
    handler: (wide, i) => (c) => c.compare(wide ? Compared.I64 : Compared.I32, i),
  },
];
const FLOATS: readonly Family[] = [
  {
    names: ["add", "sub", "mul", "div", "min", "max", "copysign"],
    handler: (wide, i) => (c) => floatBinary(c, wide, i),
  },
  {
    names: ["eq", "ne", "lt", "gt", "le", "ge"],
    handler: (wide, i) => (c) => c.compare(wide ? Compared.F64 : Compared.F32, Condition.FLOAT_EQ + i),
  },
];
const WIDTHS: Record<string, boolean> = { i32: false, i64: true, f32: false, f64: true };

/** Handlers of the numeric instructions, by opcode. */
export function numericHandlers(): Map<number, Handler> {
  const handlers = new Map<number, Handler>();
  for (const info of op.INSTRUCTIONS) {
    const [type, name] = info.name.split(".");
    const [operands, results] = info.signature.split(":");
    if (info.imm !== op.Imm.NONE || info.feature !== undefined || !(type in WIDTHS) || operands === undefined) continue;
    const wide = WIDTHS[type];
    if (operands.length === 2) {
      const family = (type[0] === "i" ? INTEGERS : FLOATS).find(({ names }) => names.includes(name));
      if (family !== undefined) handlers.set(info.code, family.handler(wide, family.names.indexOf(name)));
    } else if (name === "eqz") handlers.set(info.code, (c) => eqz(c, wide));
    else handlers.set(info.code, unaryHandler(info.code, KINDS[results]));
  }
  return handlers;
}

function foldable(operation: Arithmetic, a: number, b: number): number {
  switch (operation) {
    case Arithmetic.ADD:
      return a + b | 0;
    case Arithmetic.SUB:
      return a - b | 0;
    case Arithmetic.MUL:
      return Math.imul(a, b);
    case Arithmetic.AND:
      return a & b;
    case Arithmetic.OR:
      return a | b;
    default:
      return a ^ b;
  }
}

function binary(c: Context, wide: boolean, operation: Arithmetic): void {
  const { s, m } = c;
  const kind = wide ? Kind.I64 : Kind.I32;
  if (operation === Arithmetic.AND && testsBits(c, wide)) {
    return c.compare(wide ? Compared.BITS64 : Compared.BITS32, Condition.NE);
  }
  if (s.isConstant(0) && (!wide || s.isShortConstant())) {
    const value = s.lowAt(0);
    if (!wide && s.isConstant(1)) {
      const result = foldable(operation, s.lowAt(1), value);
      s.drop();
      s.drop();
      return s.pushConstant(kind, result, result >> 31);
    }
    s.drop();
    return withConstant(c, wide, operation, value);
  }
  if (operation !== Arithmetic.SUB && s.isConstant(1) && (!wide || s.highAt(1) === s.lowAt(1) >> 31)) {
    const value = s.lowAt(1);
    const r = s.pop();
    s.drop();
    s.push(kind, r);
    return withConstant(c, wide, operation, value);
  }
  if (s.where[s.height - 1] === SLOT) {
    const slot = --s.height;
    const lhs = s.pop();
    const dst = c.resultOver(kind, lhs);
    m.move(kind, dst, lhs);
    if (wide) m.arithmetic64Slot(operation, dst, slot);
    else m.arithmetic32Slot(operation, dst, slot);
    return s.push(kind, dst);
  }
  const rhs = s.pop();
  const lhs = s.pop();
  const dst = c.resultOver(kind, lhs, operation === Arithmetic.SUB ? -1 : rhs);
  if (wide) m.arithmetic64(operation, dst, lhs, rhs);
  else m.arithmetic32(operation, dst, lhs, rhs);
  s.push(kind, dst);
}

/** Whether an `and` serves but for a branch on its bits. */
function testsBits(c: Context, wide: boolean): boolean {
  const next = c.r.bytes[c.r.pos];
  if (wide) return false;
  return next === op.BR_IF || next === op.IF || (next === op.I32_EQZ && c.fuses());
}

function withConstant(c: Context, wide: boolean, operation: Arithmetic, value: number): void {
  const { s, m } = c;
  const kind = wide ? Kind.I64 : Kind.I32;
  if (value === 0 && operation !== Arithmetic.MUL && operation !== Arithmetic.AND) return;
  const lhs = s.pop();
  const dst = c.resultOver(kind, lhs);
  if (wide) m.arithmetic64Constant(operation, dst, lhs, value);
  else m.arithmetic32Constant(operation, dst, lhs, value);
  s.push(kind, dst);
}

function shift(c: Context, wide: boolean, operation: Shift): void {
  const { s, m } = c;
  const kind = wide ? Kind.I64 : Kind.I32;
  if (s.isConstant(0)) {
    const count = s.lowAt(0);
    s.drop();
    const lhs = s.pop();
    const dst = c.resultOver(kind, lhs);
    if (wide) m.shift64Constant(operation, dst, lhs, count);
    else m.shift32Constant(operation, dst, lhs, count);
    return s.push(kind, dst);
  }
  const fixed = m.fixedShift(operation);
  let count = fixed.rhs;
  if (count >= 0) {
    const top = s.height - 1;
    if (s.where[top] === REGISTER && s.register[top] === count) s.pop();
    else s.popTo(count);
  } else count = s.pop();
  const lhs = s.pop();
  const dst = c.resultOver(kind, lhs);
  if (wide) m.shift64(operation, dst, lhs, count);
  else m.shift32(operation, dst, lhs, count);
  s.push(kind, dst);
}

function divide(c: Context, wide: boolean, operation: Division): void {
  const { s, m } = c;
  const kind = wide ? Kind.I64 : Kind.I32;
  const known = s.isConstant(0) && (!wide || s.isShortConstant()) ? s.lowAt(0) : undefined;
  if (known !== undefined && !wide && divideByPower(c, operation, known)) return;
  if (known !== undefined && !wide) {
    const fixed = m.fixedDivisionConstant(known);
    if (fixed !== undefined) {
      s.drop();
      const lhs = popOutside(c, fixed.clobbered);
      for (const r of fixed.clobbered) s.vacate(r);
      const dst = fixed.result >= 0 ? fixed.result : c.result(kind);
      m.divide32Constant(operation, dst, lhs, known);
      return s.push(kind, dst);
    }
  }
  const fixed = m.fixedDivision(operation);
  const rhs = popOutside(c, fixed.clobbered);
  if (fixed.lhs >= 0) s.popTo(fixed.lhs);
  const lhs = fixed.lhs >= 0 ? fixed.lhs : s.pop();
  for (const r of fixed.clobbered) s.vacate(r);
  const dst = fixed.result >= 0 ? fixed.result : c.result(kind);
  if (wide) m.divide64(operation, dst, lhs, rhs, known);
  else m.divide32(operation, dst, lhs, rhs, known);
  s.push(kind, dst);
}

/** Pops an operand to a register that the instruction does not change; those it changes are pinned. */
export function popOutside(c: Context, clobbered: readonly Register[]): Register {
  const { s, m } = c;
  for (const r of clobbered) s.pin(r);
  const top = s.height - 1;
  if (s.where[top] !== REGISTER || !clobbered.includes(s.register[top])) return s.pop();
  const to = s.take(s.kind[top]);
  m.move(s.kind[top], to, s.register[top]);
  s.drop();
  s.pin(to);
  return to;
}

/** Unsigned division by a power of two; false when it is none. */
function divideByPower(c: Context, operation: Division, divisor: number): boolean {
  if (divisor <= 0 || (divisor & (divisor - 1)) !== 0) return false;
  if (operation !== Division.DIV_U && operation !== Division.REM_U) return false;
  const { s, m } = c;
  s.drop();
  const lhs = s.pop();
  const dst = c.resultOver(Kind.I32, lhs);
  if (operation === Division.REM_U) m.arithmetic32Constant(Arithmetic.AND, dst, lhs, divisor - 1);
  else m.shift32Constant(Shift.SHR_U, dst, lhs, 31 - Math.clz32(divisor));
  s.push(Kind.I32, dst);
  return true;
}

function eqz(c: Context, wide: boolean): void {
  if (c.invertPending()) return;
  c.compare(wide ? Compared.ZERO64 : Compared.ZERO32, Condition.EQ);
}

function floatBinary(c: Context, wide: boolean, operation: FloatArithmetic): void {
  const { s, m } = c;
  const kind = wide ? Kind.F64 : Kind.F32;
  const rhs = s.pop();
  const lhs = s.pop();
  const dst = c.resultOver(kind, lhs);
  if (wide) m.floatArithmetic64(operation, dst, lhs, rhs);
  else m.floatArithmetic32(operation, dst, lhs, rhs);
  s.push(kind, dst);
}

function unaryHandler(opcode: number, kind: Kind): Handler {
  return (c) => {
    const s = c.s;
    if (opcode === op.I32_WRAP_I64 && s.where[s.height - 1] === CONSTANT) {
      const low = s.lowAt(0);
      s.drop();
      return s.pushConstant(Kind.I32, low, low >> 31);
    }
    if (opcode === op.I64_EXTEND_I32_U && s.where[s.height - 1] !== CONSTANT) {
      // The upper half is zero already: the same register is the i64, too.
      const same = s.pop();
      return s.push(kind, same);
    }
    const src = s.pop();
    const dst = s.isFree(src) && (src >= FIRST_FLOAT) === isFloat(kind) ? c.resultOver(kind, src) : c.result(kind);
    c.m.unary(opcode, dst, src);
    s.push(kind, dst);
  };
}
