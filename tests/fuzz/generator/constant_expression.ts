// Constant expressions of any type, the extended ones too (specification 3.4.15). Takes the program so far, writes instructions without the `end`.

import * as op from "../../../src/wasm/opcodes.ts";
import {
  F32,
  F64,
  Heap,
  heapOf,
  type HeapType,
  I32,
  I64,
  isNullable,
  isRef,
  refType,
  V128,
  type ValType,
} from "../../../src/wasm/types.ts";
import { f32Value, f64Value, i32Value, i64Value, v128Value } from "./constants.ts";
import type { PaddedWriter } from "./padded_writer.ts";
import type { Builder } from "./builder.ts";
import { unpacked } from "./types.ts";

/** Writes a constant expression of type `t`; `globals`: whether it may name globals that were defined before. */
export function constantExpression(b: Builder, w: PaddedWriter, t: ValType, depth: number, globals: boolean): void {
  const { c, types } = b;
  if (globals && c.oneIn(4)) {
    const found = b.globals.flatMap((g, i) => !g.type.mutable && types.below(g.type.type, t) ? [i] : []);
    if (found.length > 0) return indexed(w, op.GLOBAL_GET, c.pick(found));
  }
  if ((t === I32 || t === I64) && depth > 0 && c.oneIn(4)) {
    constantExpression(b, w, t, depth - 1, globals);
    constantExpression(b, w, t, depth - 1, globals);
    const wide = [op.I64_ADD, op.I64_SUB, op.I64_MUL], narrow = [op.I32_ADD, op.I32_SUB, op.I32_MUL];
    return w.opcode(c.pick(t === I32 ? narrow : wide));
  }
  if (isRef(t)) referenceConstant(b, w, t, depth, globals);
  else numberConstant(b, w, t);
}

/** Writes a constant of a number or vector type. */
export function numberConstant({ c }: Builder, w: PaddedWriter, t: ValType): void {
  switch (t) {
    case I32:
      w.opcode(op.I32_CONST);
      return w.s32(i32Value(c));
    case I64:
      w.opcode(op.I64_CONST);
      return w.s64(i64Value(c));
    case F32:
      w.opcode(op.F32_CONST);
      return w.bits32(f32Value(c));
    case F64:
      w.opcode(op.F64_CONST);
      return w.bits64(f64Value(c));
    case V128:
      w.opcode(op.V128_CONST);
      return w.raw(v128Value(c));
  }
  throw new RangeError(`no number has type ${t}`);
}

/** Writes a constant reference: null where it may be and nothing else is near. */
export function referenceConstant(b: Builder, w: PaddedWriter, t: ValType, depth: number, globals: boolean): void {
  const { c, types } = b;
  const heap = heapOf(t);
  if (isNullable(t) && (depth <= 0 || !b.profile.gc && heap !== Heap.FUNC || !types.inhabited(heap) || !c.oneIn(2))) {
    w.opcode(op.REF_NULL);
    // Below a type of the hierarchy any null will do.
    return w.heapType(b.profile.gc && heap !== Heap.EXN && c.oneIn(4) ? bottomOf(types.top(heap)) : heap);
  }
  const value = (x: ValType) => constantExpression(b, w, x, depth - 1, globals);
  switch (types.top(heap)) {
    case Heap.FUNC:
      return indexed(w, op.REF_FUNC, c.pick(b.functionsOf(heap)));
    case Heap.EXTERN:
      referenceConstant(b, w, refType(Heap.ANY, isNullable(t)), depth - 1, globals);
      return w.opcode(op.EXTERN_CONVERT_ANY);
  }
  const concrete = heap === Heap.I31 || depth <= 0 && heap !== Heap.STRUCT && heap !== Heap.ARRAY && heap < 0
    ? []
    : types.concrete(heap);
  if (concrete.length === 0 || (heap === Heap.ANY || heap === Heap.EQ) && c.oneIn(2)) {
    numberConstant(b, w, I32);
    return w.opcode(op.REF_I31);
  }
  // At the end of the depth the lowest index, whose fields name nothing above.
  const index = depth <= 0 ? concrete[0] : c.pick(concrete);
  const { type } = types.defs[index];
  if (types.defaultable(index) && (depth <= 0 || c.oneIn(3))) {
    if (type.kind === "array") {
      w.opcode(op.I32_CONST);
      w.s32(c.below(10));
    }
    return indexed(w, type.kind === "struct" ? op.STRUCT_NEW_DEFAULT : op.ARRAY_NEW_DEFAULT, index);
  }
  if (type.kind === "struct") {
    for (const f of type.fields) value(unpacked(f.type));
    return indexed(w, op.STRUCT_NEW, index);
  }
  if (type.kind !== "array") throw new RangeError(`type ${index} has no constants`);
  const element = unpacked(type.field.type);
  if (c.oneIn(3)) {
    value(element);
    w.opcode(op.I32_CONST);
    w.s32(c.below(10));
    return indexed(w, op.ARRAY_NEW, index);
  }
  const count = depth <= 0 ? 0 : c.below(5);
  for (let i = 0; i < count; i++) value(element);
  indexed(w, op.ARRAY_NEW_FIXED, index);
  w.u32(count);
}

/** The type below all of a hierarchy. */
export function bottomOf(top: HeapType): HeapType {
  return top === Heap.FUNC
    ? Heap.NOFUNC
    : top === Heap.EXTERN
    ? Heap.NOEXTERN
    : top === Heap.EXN
    ? Heap.NOEXN
    : Heap.NONE;
}

/** Writes an instruction with an index. */
export function indexed(w: PaddedWriter, code: number, index: number): void {
  w.opcode(code);
  w.u32(index);
}
