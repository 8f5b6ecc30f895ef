// Numeric instructions: with constants as operands, computed where all are constants, and joined with the one before.

import { evaluate } from "../wasm/numeric.ts";
import * as w from "../wasm/opcodes.ts";
import { op } from "./emitter.ts";
import { formByName, type NumericForm, testForm } from "./numeric_forms.ts";
import { Kind } from "./operands.ts";
import type { State } from "./state.ts";
import { constant } from "./variables.ts";
import { Width } from "./widths.ts";

export function numeric(s: State, form: NumericForm): void {
  if (form.operands === 1) return unary(s, form);
  const { e } = s, i = s.h - 2;
  const first = s.kind[i] === Kind.CONSTANT, second = s.kind[i + 1] === Kind.CONSTANT;
  if (first && second && evaluated(s, form, i)) return;
  if (first !== second && putOff(s, form.code, i, first)) return;
  if (s.options.fold && form.constant >= 0) {
    if (second) return withConstant(s, form, form.constant, i, i + 1, form.result);
    if (first && form.commutes) return withConstant(s, form, form.constant, i + 1, i, form.result);
    if (first && form.mirrored !== undefined) {
      return withConstant(s, form, formByName(form.mirrored).constant, i + 1, i, form.result);
    }
  }
  if (second && s.options.fold && form.code === w.I32_SUB) {
    s.value[i + 1] = -s.value[i + 1] | 0;
    return withConstant(s, form, op_add_k, i, i + 1, form.result);
  }
  if (second && s.options.fold && form.code === w.I64_SUB) {
    const lo = -s.value[i + 1] | 0;
    s.high[i + 1] = (~s.high[i + 1] + (lo === 0 ? 1 : 0)) | 0;
    s.value[i + 1] = lo;
    return withConstant(s, form, op_add64_k, i, i + 1, form.result);
  }
  if (second && s.options.fold && form.code === w.I64_ROTR) {
    s.value[i + 1] = -s.value[i + 1] & 63;
    return withConstant(s, form, op_rotl64_k, i, i + 1, form.result);
  }
  if (first && s.options.fold && form.constantFirst >= 0) {
    return withConstant(s, form, form.constantFirst, i + 1, i, form.result);
  }
  const a = s.read(i), b = s.read(i + 1);
  s.popMany(2);
  if (s.options.fuse && fused(s, form, a, b)) return;
  e.emit(form.registers, s.pushRegister(form.result), a, b);
  if (form.traps) s.traps();
}

/** An addition of a constant, which is put off: loads and stores do it themselves. */
function putOff(s: State, code: number, i: number, first: boolean): boolean {
  if ((code !== w.I32_ADD && (code !== w.I32_SUB || first)) || !s.options.fold || !s.options.fuse) return false;
  const other = first ? i + 1 : i, kind = s.kind[other], value = s.value[other];
  // What stands above the sum is not kept.
  if (value >= s.localEnd && value !== s.place[i]) return false;
  const k = s.value[first ? i : i + 1];
  const sum = ((kind === Kind.SUM ? s.high[other] : 0) + (code === w.I32_ADD ? k : -k)) | 0;
  s.popMany(2);
  s.push(Kind.SUM, value, sum, Width.NARROW);
  return true;
}

/** Emits a form with operand `i` in a register and the constant `k`. */
function withConstant(s: State, form: NumericForm, number: number, i: number, k: number, result: Width): void {
  const { e } = s;
  const a = s.read(i), lo = s.value[k], hi = s.high[k];
  s.popMany(2);
  if (s.options.fuse && form.immediate && fusedConstant(s, number, a, lo)) return;
  const register = s.pushRegister(result);
  if (form.immediate) {
    e.emit(number, register, a, /* Shifts take what is left of 64. */ form.operand === Width.FULL ? lo & 63 : lo);
  } else {
    e.emit(number, register, a, e.constant(lo, hi));
    e.poolWord(3);
  }
  if (form.traps) s.traps();
}

/** Folds a constant expression. */
function evaluated(s: State, form: NumericForm, i: number): boolean {
  if (!s.options.constants || form.traps || !/^i(32|64)\./.test(w.opInfo(form.code)?.name ?? "")) return false;
  const bits = (k: number) =>
    BigInt(s.value[k] >>> 0) | BigInt(form.operand === Width.FULL ? s.high[k] >>> 0 : 0) << 32n;
  const result = form.operands === 2 ? evaluate(form.code, bits(i), bits(i + 1)) : evaluate(form.code, bits(i));
  s.popMany(form.operands);
  constant(s, Number(BigInt.asIntN(32, result)), Number(BigInt.asIntN(32, result >> 32n)), form.result);
  return true;
}

function unary(s: State, form: NumericForm): void {
  const { e } = s, i = s.h - 1;
  if (form.nothing) return reinterpret(s, form, i);
  if (s.kind[i] === Kind.CONSTANT && evaluated(s, form, i)) return;
  const a = s.read(i);
  if (form.code === w.I32_EQZ && s.options.fuse) {
    const test = testForm(e.lastWriting(a));
    if (s.kind[i] === Kind.REGISTER && test !== undefined && test.opposite >= 0) {
      e.words[e.last] = test.opposite;
      s.pop();
      s.pushRegister(Width.NARROW);
      return;
    }
  }
  s.pop();
  if (form.code === w.I32_EQZ) e.emit(op_eq_k, s.pushRegister(Width.NARROW), a, 0);
  else e.emit(form.registers, s.pushRegister(form.result), a);
  if (form.traps) s.traps();
}

/** The operand is taken for another type: its bits stay. */
function reinterpret(s: State, form: NumericForm, i: number): void {
  if (s.kind[i] === Kind.SUM) s.flush(i);
  s.width[i] = form.result;
  if (form.result === Width.NARROW && s.kind[i] === Kind.CONSTANT) s.high[i] = 0;
}

/** Joins an operation of two registers with the one before. */
function fused(s: State, form: NumericForm, a: number, b: number): boolean {
  const { e } = s, { words, last } = e;
  if (last < 0) return false;
  const place = s.top;
  const join = (number: number, first: number, second: number, third: number) => {
    e.retract();
    e.emit(number, s.pushRegister(form.result), first, second);
    e.extend(third);
    return true;
  };
  // The result of the last instruction must be one of the operands, and nobody else's: it then stands above what is left.
  const isB = b >= place && e.lastWriting(b) >= 0, isA = !isB && a >= place && a !== b && e.lastWriting(a) >= 0;
  if ((!isA && !isB) || a === b) return false;
  const number = words[last], other = isB ? a : b;
  switch (number) {
    case op_mul64f:
      if (form.code === w.F64_ADD) return join(op_mul_add64f, words[last + 2], words[last + 3], other);
      if (form.code === w.F64_MUL) return join(op_mul3_64f, words[last + 2], words[last + 3], other);
      if (form.code === w.F64_SUB && isB) return join(op_mul_sub64f, words[last + 2], words[last + 3], other);
      return false;
    case op_load64:
    case op_load64_sum: {
      const joined = LOAD64_JOINS.get(form.code === w.F64_SUB && isB ? -1 : form.code);
      if (joined === undefined) return false;
      if (number === op_load64) return join(joined[0], words[last + 2], words[last + 3], other);
      const offset = words[last + 4];
      if (!join(joined[1], words[last + 2], words[last + 3], offset)) return false;
      e.extend(other);
      return true;
    }
  }
  const joined = JOINS.get(number * 256 + form.code);
  return joined !== undefined && join(joined, words[last + 2], words[last + 3], other);
}

/** The same with a constant. */
function fusedConstant(s: State, number: number, a: number, k: number): boolean {
  const { e } = s, { words, last } = e;
  if (last < 0 || a < s.top) return false;
  const before = e.lastWriting(a);
  if (before < 0) return false;
  const join = (joined: number, third: number) => {
    const first = words[last + 2], second = words[last + 3];
    e.retract();
    e.emit(joined, s.pushRegister(Width.NARROW), first, second);
    e.extend(third);
    return true;
  };
  if (number === op_shl_k && before === op_and_k) return join(op_and_shl, k);
  if (number === op_and_k && before === op_shr_u_k) return join(op_shr_u_and, k);
  if (number === op_add_k && before === op_add) return join(op_add3_k, k);
  if (number === op_rotl_k && before === op_xor && (k & 31) !== 0) return join(op_xor_rotl, k & 31);
  if (number === op_add_k && before === op_add_k) {
    const first = words[last + 2], sum = (words[last + 3] + k) | 0;
    e.retract();
    e.emit(op_add_k, s.pushRegister(Width.NARROW), first, sum);
    return true;
  }
  return false;
}

const op_add = op("i32.add"), op_add_k = op("i32.add k"), op_add64_k = op("i64.add k");
const op_rotl64_k = op("i64.rotl k");
const op_eq_k = op("i32.eq k");
const op_and_k = op("i32.and k"),
  op_shl_k = op("i32.shl k"),
  op_shr_u_k = op("i32.shr_u k"),
  op_rotl_k = op("i32.rotl k");
const op_xor = op("i32.xor"), op_xor_rotl = op("i32.xor_rotl k");
const op_and_shl = op("i32.and_shl k"), op_shr_u_and = op("i32.shr_u_and k");
const op_add3_k = op("i32.add3 k");
const op_load64 = op("i64.load"), op_load64_sum = op("i64.load sum");
/** By number of the first and opcode of the second instruction: what does both. */
const JOINS = new Map<number, number>();
for (
  const first of ["shl k", "shr_u k", "shr_s k", "rotl k", "and k", "and", "xor", "or", "mul", "mul k", "add", "load"]
) {
  for (const second of ["add", "xor", "or", "and"]) {
    JOINS.set(op(`i32.${first}`) * 256 + w.opByName(`i32.${second}`)!.code, op(`i32.${first} > ${second}`));
  }
}
/** Likewise of a load and an operation of f64, without and with a sum; -1: the load's result is subtracted. */
const LOAD64_JOINS = new Map(
  ([[w.F64_ADD, "add"], [w.F64_MUL, "mul"], [w.F64_SUB, "sub"], [-1, "sub_from"]] as const).map((
    [code, name],
  ) => [code as number, [op(`f64.load > ${name}`), op(`f64.load sum > ${name}`)] as const]),
);
const op_mul3_64f = op("f64.mul3");
const op_mul64f = op("f64.mul"), op_mul_add64f = op("f64.mul_add"), op_mul_sub64f = op("f64.mul_sub");
