// Validation of instructions on references of any kind: null, tests, casts, conversions, i31 (specification 3.4.4).

import type { BytecodeReader } from "../bytecode/reader.ts";
import { INVALID } from "../wasm/messages.ts";
import * as op from "../wasm/opcodes.ts";
import { Heap, type HeapType, I32, isNullable, refType, topOf, type ValType } from "../wasm/types.ts";
import { labelTypes } from "./blocks.ts";
import type { BodyValidator, Step } from "./body.ts";

const EQREF: ValType = refType(Heap.EQ, true);
const I31REF: ValType = refType(Heap.I31, true);

function refFunc(v: BodyValidator, r: BytecodeReader): void {
  const f = v.m.funcs[r.index];
  if (f === undefined) v.invalid(`${INVALID.unknownFunction} ${r.index}`);
  if (v.constant) v.c.declaredRefs.add(r.index);
  else if (!v.c.declaredRefs.has(r.index)) {
    v.invalid(`${INVALID.undeclaredFunctionReference} to function ${r.index}`);
  }
  v.push(refType(f.typeIndex, false));
}

/** The nullable top of the hierarchy that `heap` belongs to, once it is known to exist. */
function top(v: BodyValidator, heap: HeapType): ValType {
  v.c.checkType(refType(heap, true), v.r.at);
  return refType(topOf(heap, v.m), true);
}

function cast(nullable: boolean, test: boolean): Step {
  return (v, r) => {
    v.pop(top(v, r.heap));
    v.push(test ? I32 : refType(r.heap, nullable));
  };
}

/** `br_on_cast` and `br_on_cast_fail` (specification 3.4.11.8): what is not carried to the label stays, with what is known of it. */
function branchOnCast(v: BodyValidator, r: BytecodeReader): void {
  const from = refType(r.heap, (r.flags & 1) !== 0), to = refType(r.heap2, (r.flags & 2) !== 0);
  v.c.checkType(from, r.at);
  v.c.checkType(to, r.at);
  v.subtype(to, from);
  const rest = isNullable(to) ? refType(r.heap, false) : from;
  const [carried, stays] = r.op === op.BR_ON_CAST ? [to, rest] : [rest, to];
  const target = v.label(r.index);
  const types = labelTypes(target);
  if (types.length === 0) v.invalid(`${INVALID.typeMismatch}: the label of ${r.info.name} takes no reference`);
  v.subtype(carried, types[types.length - 1]);
  v.pop(from);
  const others = types.slice(0, -1);
  v.popAll(others);
  v.pushAll(others);
  v.edge(target);
  v.push(stays);
}

/** Converts between the hierarchies of `any` and `extern`, keeping whether null is possible. */
function convert(from: HeapType, to: HeapType): Step {
  return (v) => {
    const t = v.pop(refType(from, true));
    v.push(refType(to, t === 0 ? false : isNullable(t)));
  };
}

/** Steps of these instructions. */
export const referenceSteps: readonly (readonly [number, Step])[] = [
  [op.REF_NULL, (v, r) => {
    v.c.checkType(r.nullType, r.at);
    v.push(r.nullType);
  }],
  [op.REF_IS_NULL, (v) => {
    v.popRefHeap();
    v.push(I32);
  }],
  [op.REF_FUNC, refFunc],
  [op.REF_AS_NON_NULL, (v) => v.push(refType(v.popRefHeap(), false))],
  [op.REF_EQ, (v) => {
    v.pop(EQREF);
    v.pop(EQREF);
    v.push(I32);
  }],
  [op.REF_TEST, cast(false, true)],
  [op.REF_TEST_NULL, cast(true, true)],
  [op.REF_CAST, cast(false, false)],
  [op.REF_CAST_NULL, cast(true, false)],
  [op.BR_ON_CAST, branchOnCast],
  [op.BR_ON_CAST_FAIL, branchOnCast],
  [op.ANY_CONVERT_EXTERN, convert(Heap.EXTERN, Heap.ANY)],
  [op.EXTERN_CONVERT_ANY, convert(Heap.ANY, Heap.EXTERN)],
  [op.REF_I31, (v) => {
    v.pop(I32);
    v.push(refType(Heap.I31, false));
  }],
  [op.I31_GET_S, (v) => {
    v.pop(I31REF);
    v.push(I32);
  }],
  [op.I31_GET_U, (v) => {
    v.pop(I31REF);
    v.push(I32);
  }],
];
