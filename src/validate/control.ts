// Validation of structured control, branches and calls (specification 3.4.11 and 3.4.12), with the entries of the side table that belong to them.

import { type BytecodeReader, NO_TYPE_INDEX } from "../bytecode/reader.ts";
import { INVALID, MALFORMED } from "../wasm/messages.ts";
import * as op from "../wasm/opcodes.ts";
import { FUNCREF, type FuncType, I32, isRef, matches, refType, V128, type ValType } from "../wasm/types.ts";
import { labelTypes, NONE, SINGLE } from "./blocks.ts";
import type { BodyValidator, Step } from "./body.ts";

/** The type of a block, as parameters and results. */
export function blockType(v: BodyValidator, r: BytecodeReader): Pick<FuncType, "params" | "results"> {
  if (r.blockIndex !== NO_TYPE_INDEX) return v.funcType(r.blockIndex);
  if (r.blockResult !== 0) v.c.checkType(r.blockResult, r.at);
  if (r.blockResult === V128) v.extension = r.op;
  return { params: NONE, results: SINGLE[r.blockResult] ?? [r.blockResult] };
}

function open(v: BodyValidator, r: BytecodeReader): void {
  const { params, results } = blockType(v, r);
  if (r.op === op.IF) v.pop(I32);
  v.popAll(params);
  const control = v.pushControl(r.op, params, results);
  if (r.op === op.LOOP) v.beginLoop(control, r.at, r.pos);
  else if (r.op === op.IF) v.beginIf(control);
}

function elseArm(v: BodyValidator, r: BytecodeReader): void {
  if (v.top.opcode !== op.IF) r.malformed(`${MALFORMED.illegalOpcode}: else without if`, r.at);
  const { params, results, fixup, ifEntry } = v.popControl();
  const control = v.pushControl(op.ELSE, params, results);
  control.fixup = fixup;
  v.edge(control);
  v.patch(ifEntry, r.pos);
}

function end(v: BodyValidator, r: BytecodeReader): void {
  const control = v.popControl();
  const outermost = v.controls.length === 0;
  const pc = outermost ? r.at : r.pos;
  if (control.opcode === op.IF) {
    if (control.params.length !== control.results.length) {
      v.invalid(`${INVALID.typeMismatch}: an if without else must give what it takes`);
    }
    for (let i = 0; i < control.params.length; i++) v.subtype(control.params[i], control.results[i]);
    v.patch(control.ifEntry, pc);
  }
  v.closeHandler(control, r.at);
  v.patchAll(control, pc);
  if (!outermost) v.pushAll(control.results);
}

function branch(v: BodyValidator, r: BytecodeReader): void {
  const target = v.label(r.index);
  v.popAll(labelTypes(target));
  v.edge(target);
  v.setUnreachable();
}

function branchIf(v: BodyValidator, r: BytecodeReader): void {
  v.pop(I32);
  const target = v.label(r.index);
  const types = labelTypes(target);
  v.popAll(types);
  v.pushAll(types);
  v.edge(target);
}

function branchTable(v: BodyValidator, r: BytecodeReader): void {
  const labels = r.labels;
  v.pop(I32);
  const last = labelTypes(v.label(labels[labels.length - 1]));
  for (let i = 0; i < labels.length; i++) {
    const target = v.label(labels[i]);
    const types = labelTypes(target);
    if (types.length !== last.length) {
      v.invalid(`${INVALID.typeMismatch}: the labels of br_table take different numbers of values`);
    }
    if (target.checkedAt !== r.at) v.peekAll(types);
    target.checkedAt = r.at;
    v.edge(target);
  }
  v.popAll(last);
  v.setUnreachable();
}

function call(v: BodyValidator, type: FuncType): void {
  v.popAll(type.params);
  v.pushAll(type.results);
}

/** A call whose results are the function's own (specification 3.4.12.9). */
function tailCall(v: BodyValidator, type: FuncType): void {
  v.popAll(type.params);
  const same = type.results.length === v.results.length &&
    type.results.every((t, i) => matches(t, v.results[i], v.m));
  if (!same) v.invalid(`${INVALID.typeMismatch}: ${v.r.info.name} of a function with other results`);
  v.setUnreachable();
}

function calledFunction(v: BodyValidator, r: BytecodeReader): FuncType {
  const f = v.m.funcs[r.index];
  if (f === undefined) v.invalid(`${INVALID.unknownFunction} ${r.index}`);
  return f.type;
}

function calledThroughTable(v: BodyValidator, r: BytecodeReader): FuncType {
  const table = v.tableType(r.index2);
  if (!matches(table.element, FUNCREF, v.m)) {
    v.invalid(`${INVALID.typeMismatch}: ${r.info.name} needs a table of functions`);
  }
  const type = v.funcType(r.index);
  v.pop(table.address);
  return type;
}

function calledReference(v: BodyValidator, r: BytecodeReader): FuncType {
  const type = v.funcType(r.index);
  v.pop(refType(r.index, true));
  return type;
}

/** `br_on_null`: the reference is carried on only where it is not null. */
function branchOnNull(v: BodyValidator, r: BytecodeReader): void {
  const target = v.label(r.index);
  const heap = v.popRefHeap();
  const types = labelTypes(target);
  v.popAll(types);
  v.pushAll(types);
  v.edge(target);
  v.push(refType(heap, false));
}

/** `br_on_non_null`: the reference is carried to the label. */
function branchOnNonNull(v: BodyValidator, r: BytecodeReader): void {
  const target = v.label(r.index);
  const types = labelTypes(target);
  const last = types[types.length - 1];
  if (last === undefined || !isRef(last)) {
    v.invalid(`${INVALID.typeMismatch}: the label of ${r.info.name} takes no reference`);
  }
  const heap = v.popRefHeap();
  v.subtype(refType(heap, false), last);
  const others: readonly ValType[] = types.slice(0, -1);
  v.popAll(others);
  v.pushAll(others);
  v.edge(target);
}

/** Steps of control instructions. */
export const controlSteps: readonly (readonly [number, Step])[] = [
  [op.UNREACHABLE, (v) => v.setUnreachable()],
  [op.BLOCK, open],
  [op.LOOP, open],
  [op.IF, open],
  [op.ELSE, elseArm],
  [op.END, end],
  [op.BR, branch],
  [op.BR_IF, branchIf],
  [op.BR_TABLE, branchTable],
  [op.BR_ON_NULL, branchOnNull],
  [op.BR_ON_NON_NULL, branchOnNonNull],
  [op.RETURN, (v) => {
    v.popAll(v.results);
    v.setUnreachable();
  }],
  [op.CALL, (v, r) => call(v, calledFunction(v, r))],
  [op.CALL_INDIRECT, (v, r) => call(v, calledThroughTable(v, r))],
  [op.CALL_REF, (v, r) => call(v, calledReference(v, r))],
  [op.RETURN_CALL, (v, r) => {
    if (r.index < v.c.module.importedFuncs) v.leaves = true;
    tailCall(v, calledFunction(v, r));
  }],
  [op.RETURN_CALL_INDIRECT, (v, r) => {
    v.leaves = true;
    tailCall(v, calledThroughTable(v, r));
  }],
  [op.RETURN_CALL_REF, (v, r) => {
    v.leaves = true;
    tailCall(v, calledReference(v, r));
  }],
];
