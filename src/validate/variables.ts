// Validation of instructions on operands, locals, globals, tables and memories whose types their declarations tell (specification 3.4.3 to 3.4.9).

import type { BytecodeReader } from "../bytecode/reader.ts";
import { INVALID } from "../wasm/messages.ts";
import * as op from "../wasm/opcodes.ts";
import { BOT, I32, I64, isRef, type ValType } from "../wasm/types.ts";
import type { BodyValidator, Step } from "./body.ts";

function select(v: BodyValidator): void {
  v.pop(I32);
  const b = v.popAny(), a = v.popAny();
  if (isRef(a) || isRef(b)) v.invalid(`${INVALID.typeMismatch}: select of references needs a type`);
  if (a !== b && a !== BOT && b !== BOT) {
    v.invalid(`${INVALID.typeMismatch}: select between ${v.name(a)} and ${v.name(b)}`);
  }
  v.moves(a === BOT ? b : a);
  v.push(a === BOT ? b : a);
}

function selectTyped(v: BodyValidator, r: BytecodeReader): void {
  if (r.types.length !== 1) v.invalid(INVALID.selectArity);
  const t = r.types[0];
  v.c.checkType(t, r.at);
  v.pop(I32);
  v.pop(t);
  v.pop(t);
  v.moves(t);
  v.push(t);
}

function localGet(v: BodyValidator, r: BytecodeReader): void {
  const t = v.local();
  if (v.initialized !== undefined && v.initialized[r.index] === 0) {
    v.invalid(`${INVALID.uninitializedLocal} ${r.index}`);
  }
  v.moves(t);
  v.push(t);
}

function localSet(v: BodyValidator, r: BytecodeReader): void {
  const t = v.local();
  v.pop(t);
  v.moves(t);
  v.initLocal(r.index);
  if (r.op === op.LOCAL_TEE) v.push(t);
}

function globalGet(v: BodyValidator, r: BytecodeReader): void {
  const g = v.m.globals[r.index];
  if (g === undefined || (v.constant && r.index >= v.globalsInScope)) v.invalid(`${INVALID.unknownGlobal} ${r.index}`);
  if (v.constant && g.type.mutable) v.invalid(`${INVALID.constantExpression}: global.get of a mutable global`);
  v.moves(g.type.type);
  v.push(g.type.type);
}

function globalSet(v: BodyValidator, r: BytecodeReader): void {
  const g = v.m.globals[r.index];
  if (g === undefined) v.invalid(`${INVALID.unknownGlobal} ${r.index}`);
  if (!g.type.mutable) v.invalid(`${INVALID.globalImmutable} ${r.index}`);
  v.pop(g.type.type);
  v.moves(g.type.type);
}

/** Steps that pop and push types of the table with the first index: `t` an address, `e` an element. */
function table(code: number, operands: string, results: string): readonly [number, Step] {
  return [code, (v, r) => {
    const t = v.tableType(r.index);
    const type = (c: string): ValType => c === "t" ? t.address : t.element;
    for (const c of [...operands].reverse()) v.pop(type(c));
    for (const c of results) v.push(type(c));
  }];
}

function tableCopy(v: BodyValidator, r: BytecodeReader): void {
  const to = v.tableType(r.index), from = v.tableType(r.index2);
  v.subtype(from.element, to.element);
  v.pop(to.address === I64 && from.address === I64 ? I64 : I32);
  v.pop(from.address);
  v.pop(to.address);
}

function tableInit(v: BodyValidator, r: BytecodeReader): void {
  const t = v.tableType(r.index2);
  v.subtype(v.elemType(r.index), t.element);
  v.pop(I32);
  v.pop(I32);
  v.pop(t.address);
}

function memoryGrow(v: BodyValidator, r: BytecodeReader): void {
  const address = v.memoryAddress(r.index);
  v.pop(address);
  v.push(address);
}

function memoryFill(v: BodyValidator, r: BytecodeReader): void {
  const address = v.memoryAddress(r.index);
  v.pop(address);
  v.pop(I32);
  v.pop(address);
}

function memoryCopy(v: BodyValidator, r: BytecodeReader): void {
  const to = v.memoryAddress(r.index), from = v.memoryAddress(r.index2);
  v.pop(to === I64 && from === I64 ? I64 : I32);
  v.pop(from);
  v.pop(to);
}

function memoryInit(v: BodyValidator, r: BytecodeReader): void {
  const address = v.memoryAddress(r.index2);
  v.dataIndex(r.index);
  v.pop(I32);
  v.pop(I32);
  v.pop(address);
}

/** Steps of these instructions. */
export const variableSteps: readonly (readonly [number, Step])[] = [
  [op.DROP, (v) => v.moves(v.popAny())],
  [op.SELECT, select],
  [op.SELECT_T, selectTyped],
  [op.LOCAL_GET, localGet],
  [op.LOCAL_SET, localSet],
  [op.LOCAL_TEE, localSet],
  [op.GLOBAL_GET, globalGet],
  [op.GLOBAL_SET, globalSet],
  table(op.TABLE_GET, "t", "e"),
  table(op.TABLE_SET, "te", ""),
  table(op.TABLE_SIZE, "", "t"),
  table(op.TABLE_GROW, "et", "t"),
  table(op.TABLE_FILL, "tet", ""),
  [op.TABLE_COPY, tableCopy],
  [op.TABLE_INIT, tableInit],
  [op.MEMORY_SIZE, (v, r) => v.push(v.memoryAddress(r.index))],
  [op.MEMORY_GROW, memoryGrow],
  [op.MEMORY_FILL, memoryFill],
  [op.MEMORY_COPY, memoryCopy],
  [op.MEMORY_INIT, memoryInit],
];
