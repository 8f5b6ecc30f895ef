// Validation of instructions on structures and arrays (specification 3.4.6 and 3.4.7).

import type { BytecodeReader } from "../bytecode/reader.ts";
import { LIMITS } from "../wasm/limits.ts";
import { INVALID } from "../wasm/messages.ts";
import * as op from "../wasm/opcodes.ts";
import {
  type ArrayType,
  type FieldType,
  Heap,
  I32,
  isDefaultable,
  isPacked,
  isRef,
  matches,
  refType,
  type StructType,
  type ValType,
} from "../wasm/types.ts";
import type { BodyValidator, Step } from "./body.ts";

const ARRAYREF: ValType = refType(Heap.ARRAY, true);

/** The type of the operand that stands for a value of a field. */
function unpacked(t: ValType): ValType {
  return isPacked(t) ? I32 : t;
}

function structType(v: BodyValidator, index: number): StructType {
  const def = v.m.types[index];
  if (def === undefined) v.invalid(`${INVALID.unknownType} ${index}`);
  if (def.type.kind !== "struct") v.invalid(`${INVALID.notStructType}: type ${index}`);
  return def.type;
}
function arrayField(v: BodyValidator, index: number): FieldType {
  const def = v.m.types[index];
  if (def === undefined) v.invalid(`${INVALID.unknownType} ${index}`);
  if (def.type.kind !== "array") v.invalid(`${INVALID.notArrayType}: type ${index}`);
  return (def.type as ArrayType).field;
}
function mutableArray(v: BodyValidator, index: number): FieldType {
  const field = arrayField(v, index);
  if (!field.mutable) v.invalid(`${INVALID.immutableArray}: type ${index}`);
  return field;
}

function structField(v: BodyValidator, r: BytecodeReader): FieldType {
  const field = structType(v, r.index).fields[r.index2];
  if (field === undefined) v.invalid(`${INVALID.unknownField} ${r.index2}`);
  return field;
}

/** Packed fields are read with a sign, others without. */
function checkSign(v: BodyValidator, t: ValType, signed: boolean, packed: string, plain: string): void {
  if (signed !== isPacked(t)) v.invalid(signed ? plain : packed);
}

function structNew(v: BodyValidator, r: BytecodeReader): void {
  const { fields } = structType(v, r.index);
  if (r.op === op.STRUCT_NEW_DEFAULT) {
    if (!fields.every((f) => isDefaultable(f.type))) v.invalid(`${INVALID.notDefaultable}: type ${r.index}`);
  } else {
    for (let i = fields.length - 1; i >= 0; i--) v.pop(unpacked(fields[i].type));
  }
  v.push(refType(r.index, false));
}

function structGet(v: BodyValidator, r: BytecodeReader): void {
  const { type } = structField(v, r);
  checkSign(v, type, r.op !== op.STRUCT_GET, INVALID.packedField, INVALID.unpackedField);
  v.pop(refType(r.index, true));
  v.push(unpacked(type));
}

function structSet(v: BodyValidator, r: BytecodeReader): void {
  const field = structField(v, r);
  if (!field.mutable) v.invalid(`${INVALID.immutableField} ${r.index2}`);
  v.pop(unpacked(field.type));
  v.pop(refType(r.index, true));
}

function arrayNew(v: BodyValidator, r: BytecodeReader): void {
  const { type } = arrayField(v, r.index);
  v.pop(I32);
  if (r.op === op.ARRAY_NEW) v.pop(unpacked(type));
  else if (!isDefaultable(type)) v.invalid(`${INVALID.notDefaultable}: type ${r.index}`);
  v.push(refType(r.index, false));
}

function arrayNewFixed(v: BodyValidator, r: BytecodeReader): void {
  const type = unpacked(arrayField(v, r.index).type);
  if (r.index2 > LIMITS.arrayNewFixedOperands) {
    v.invalid(`array.new_fixed of ${r.index2} operands, the limit is ${LIMITS.arrayNewFixedOperands}`);
  }
  for (let i = 0; i < r.index2; i++) v.pop(type);
  v.push(refType(r.index, false));
}

function checkData(v: BodyValidator, r: BytecodeReader, type: ValType): void {
  if (isRef(type)) v.invalid(`${INVALID.arrayNotNumeric}: type ${r.index}`);
  v.dataIndex(r.index2);
}
function checkElem(v: BodyValidator, r: BytecodeReader, type: ValType): void {
  v.subtype(v.elemType(r.index2), type);
}

function arrayNewSegment(check: typeof checkData): Step {
  return (v, r) => {
    check(v, r, arrayField(v, r.index).type);
    v.pop(I32);
    v.pop(I32);
    v.push(refType(r.index, false));
  };
}

function arrayInitSegment(check: typeof checkData): Step {
  return (v, r) => {
    check(v, r, mutableArray(v, r.index).type);
    v.pop(I32);
    v.pop(I32);
    v.pop(I32);
    v.pop(refType(r.index, true));
  };
}

function arrayGet(v: BodyValidator, r: BytecodeReader): void {
  const { type } = arrayField(v, r.index);
  checkSign(v, type, r.op !== op.ARRAY_GET, INVALID.packedArray, INVALID.unpackedArray);
  v.pop(I32);
  v.pop(refType(r.index, true));
  v.push(unpacked(type));
}

function arraySet(v: BodyValidator, r: BytecodeReader): void {
  const { type } = mutableArray(v, r.index);
  v.pop(unpacked(type));
  v.pop(I32);
  v.pop(refType(r.index, true));
}

function arrayFill(v: BodyValidator, r: BytecodeReader): void {
  const { type } = mutableArray(v, r.index);
  v.pop(I32);
  v.pop(unpacked(type));
  v.pop(I32);
  v.pop(refType(r.index, true));
}

function arrayCopy(v: BodyValidator, r: BytecodeReader): void {
  const to = mutableArray(v, r.index).type, from = arrayField(v, r.index2).type;
  const fits = isPacked(to) || isPacked(from) ? to === from : matches(from, to, v.m);
  if (!fits) v.invalid(`${INVALID.arrayTypesMismatch}: types ${r.index} and ${r.index2}`);
  v.pop(I32);
  v.pop(I32);
  v.pop(refType(r.index2, true));
  v.pop(I32);
  v.pop(refType(r.index, true));
}

/** Steps of these instructions. */
export const gcSteps: readonly (readonly [number, Step])[] = [
  [op.STRUCT_NEW, structNew],
  [op.STRUCT_NEW_DEFAULT, structNew],
  [op.STRUCT_GET, structGet],
  [op.STRUCT_GET_S, structGet],
  [op.STRUCT_GET_U, structGet],
  [op.STRUCT_SET, structSet],
  [op.ARRAY_NEW, arrayNew],
  [op.ARRAY_NEW_DEFAULT, arrayNew],
  [op.ARRAY_NEW_FIXED, arrayNewFixed],
  [op.ARRAY_NEW_DATA, arrayNewSegment(checkData)],
  [op.ARRAY_NEW_ELEM, arrayNewSegment(checkElem)],
  [op.ARRAY_GET, arrayGet],
  [op.ARRAY_GET_S, arrayGet],
  [op.ARRAY_GET_U, arrayGet],
  [op.ARRAY_SET, arraySet],
  [op.ARRAY_LEN, (v) => {
    v.pop(ARRAYREF);
    v.push(I32);
  }],
  [op.ARRAY_FILL, arrayFill],
  [op.ARRAY_COPY, arrayCopy],
  [op.ARRAY_INIT_DATA, arrayInitSegment(checkData)],
  [op.ARRAY_INIT_ELEM, arrayInitSegment(checkElem)],
];
