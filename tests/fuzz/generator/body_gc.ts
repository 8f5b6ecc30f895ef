// Structures, arrays, i31, casts and the branches on references. Takes a body, writes instructions.

import * as op from "../../../src/wasm/opcodes.ts";
import {
  Heap,
  heapOf,
  type HeapType,
  I32,
  isNullable,
  isPacked,
  isRef,
  refType,
  type ValType,
} from "../../../src/wasm/types.ts";
import type { Body } from "./body.ts";
import { leave } from "./body_control.ts";
import { unpacked } from "./types.ts";

const ANY = refType(Heap.ANY, true), EXTERN = refType(Heap.EXTERN, true), EQ = refType(Heap.EQ, true);
const STRUCTS = refType(Heap.STRUCT, true), ARRAYS = refType(Heap.ARRAY, true);
const I31 = refType(Heap.I31, true);

/** A reference to an object of type `index`, which is seldom null. */
function object(body: Body, index: number, depth: number): void {
  body.expression(refType(index, body.c.oneIn(16)), depth - 1);
}
function indexIn(body: Body, depth: number): void {
  if (body.c.oneIn(10)) body.expression(I32, depth - 1);
  else body.i32(body.c.below(4));
}
function isArray(body: Body, x: number): boolean {
  return body.b.types.defs[x].type.kind === "array";
}
function objectTypes(body: Body): number[] {
  return body.b.types.concrete(Heap.EQ);
}

/** A value that instructions on objects give: any type. False if none does. */
export function gcExpression(body: Body, t: ValType, depth: number): void | boolean {
  const { c, b } = body, { types } = b;
  if (!isRef(t)) return t === I32 && c.oneIn(2) ? question(body, depth) : fieldValue(body, t, depth);
  const heap = heapOf(t), top = types.top(heap);
  const kinds: [number, () => void | boolean][] = [
    [3, () => construct(body, heap, depth)],
    [2, () => fieldValue(body, t, depth)],
    [2, () => cast(body, t, depth)],
    [heap === Heap.EXTERN && isNullable(t) ? 3 : 0, () => {
      body.expression(ANY, depth - 1);
      body.op(op.EXTERN_CONVERT_ANY);
    }],
    [heap === Heap.ANY && isNullable(t) ? 3 : 0, () => {
      body.expression(EXTERN, depth - 1);
      body.op(op.ANY_CONVERT_EXTERN);
    }],
    [top === Heap.ANY || top === Heap.FUNC ? 1 : 0, () => {
      body.expression(refType(heap, !types.inhabited(heap) || c.oneIn(4)), depth - 1);
      body.op(op.REF_AS_NON_NULL);
    }],
  ];
  return c.weighted(kinds)();
}

/** An i32 about references. */
function question(body: Body, depth: number): void {
  const { c, b } = body;
  switch (c.below(6)) {
    case 0:
      body.expression(EQ, depth - 1);
      body.expression(EQ, depth - 1);
      return body.op(op.REF_EQ);
    case 1: {
      const [from, to] = castTypes(body);
      body.expression(from, depth - 1);
      body.op(isNullable(to) ? op.REF_TEST_NULL : op.REF_TEST);
      return body.w.heapType(heapOf(to));
    }
    case 2:
      body.expression(refType(Heap.I31, c.oneIn(8)), depth - 1);
      return body.op(c.pick([op.I31_GET_S, op.I31_GET_U]));
    case 3: {
      const arrays = objectTypes(body).filter((x) => isArray(body, x));
      if (arrays.length === 0) body.expression(c.pick([ARRAYS, refType(Heap.NONE, true)]), depth - 1);
      else object(body, c.pick(arrays), depth);
      return body.op(op.ARRAY_LEN);
    }
    case 4: {
      body.expression(c.pick([STRUCTS, I31, b.types.reference()]), depth - 1);
      return body.op(op.REF_IS_NULL);
    }
    default:
      body.expression(c.pick([refType(Heap.FUNC, true), EXTERN]), depth - 1);
      return body.op(op.REF_IS_NULL);
  }
}

/** A reference type and one below it, in any hierarchy that has some. */
function castTypes(body: Body): [from: ValType, to: ValType] {
  const { c, b } = body, { types } = b;
  let from: HeapType = c.pick([Heap.ANY, Heap.EQ, Heap.FUNC, Heap.STRUCT, Heap.ARRAY, Heap.EXTERN, Heap.I31]);
  if (c.oneIn(4) && types.named > 0) from = c.below(types.named);
  const abstract = [Heap.EQ, Heap.I31, Heap.STRUCT, Heap.ARRAY, Heap.NONE, Heap.NOFUNC, Heap.NOEXTERN];
  const below: HeapType[] = [from, ...types.concrete(from), ...abstract.filter((h) => types.heapBelow(h, from))];
  const nullable = c.oneIn(2);
  return [refType(from, nullable || !types.inhabited(from)), refType(c.pick(below), nullable && c.oneIn(2))];
}
/** A cast to `t`, from itself or from above. */
function cast(body: Body, t: ValType, depth: number): void {
  const { c, b } = body, heap = heapOf(t), top = b.types.top(heap);
  const from = c.oneIn(4) && top !== Heap.EXN ? refType(top, true) : t;
  body.expression(from, depth - 1);
  if (top === Heap.EXN) return;
  body.op(isNullable(t) ? op.REF_CAST_NULL : op.REF_CAST);
  body.w.heapType(heap);
}

/** A new object below `heap`. False if there is none. */
function construct(body: Body, heap: HeapType, depth: number): boolean {
  const { c, b, w } = body, { types } = b;
  if (types.top(heap) !== Heap.ANY || heap === Heap.NONE) return false;
  const concrete = types.concrete(heap).filter((x) => heap >= 0 || types.heapBelow(x, heap));
  if (concrete.length === 0 || heap < 0 && heap !== Heap.STRUCT && heap !== Heap.ARRAY && c.oneIn(3)) {
    if (heap === Heap.STRUCT || heap === Heap.ARRAY) return false;
    body.expression(I32, depth - 1);
    body.op(op.REF_I31);
    return true;
  }
  const index = c.pick(concrete), { type } = types.defs[index];
  const defaultable = types.defaultable(index);
  if (type.kind === "struct") {
    if (defaultable && c.oneIn(3)) body.indexed(op.STRUCT_NEW_DEFAULT, index);
    else {
      body.expressions(type.fields.map((f) => unpacked(f.type)), depth - 1);
      body.indexed(op.STRUCT_NEW, index);
    }
    return true;
  }
  if (type.kind !== "array") return false;
  const element = type.field.type;
  const elems = b.elems.flatMap((e, i) => types.below(e.type, element) ? [i] : []);
  const kinds: [number, () => void][] = [
    [2, () => {
      const count = c.oneIn(20) ? c.between(10, 40) : c.below(5);
      for (let i = 0; i < count; i++) body.expression(unpacked(element), i < 4 ? depth - 1 : 0);
      body.indexed(op.ARRAY_NEW_FIXED, index);
      w.u32(count);
    }],
    [2, () => {
      body.expression(unpacked(element), depth - 1);
      length(body, depth);
      body.indexed(op.ARRAY_NEW, index);
    }],
    [defaultable ? 2 : 0, () => {
      length(body, depth);
      body.indexed(op.ARRAY_NEW_DEFAULT, index);
    }],
    [!isRef(element) && b.datas.length > 0 ? 3 : 0, () => {
      const data = c.below(b.datas.length);
      part(body, b.datas[data], 4);
      body.indexed(op.ARRAY_NEW_DATA, index);
      w.u32(data);
    }],
    [elems.length > 0 ? 3 : 0, () => {
      const elem = c.pick(elems);
      part(body, b.elems[elem].length, 1);
      body.indexed(op.ARRAY_NEW_ELEM, index);
      w.u32(elem);
    }],
  ];
  c.weighted(kinds)();
  return true;
}
/** The length of a new array, which is small. */
function length(body: Body, depth: number): void {
  if (!body.c.oneIn(4)) return body.i32(body.c.below(12));
  body.expression(I32, depth - 1);
  body.i32(31);
  body.op(op.I32_AND);
}
/** Where in a segment a part begins, and how long it is. */
function part(body: Body, available: number, bytes: number): void {
  const { c } = body;
  body.i32(c.below(3));
  body.i32(c.oneIn(20) ? c.below(12) : c.below(Math.max(0, Math.floor((available - 2) / bytes)) + 1));
}

/** A field of a structure or an element of an array that is a `t`. False if there is none. */
function fieldValue(body: Body, t: ValType, depth: number): boolean {
  const { c, b } = body, { types } = b;
  const found = objectTypes(body).flatMap((x) =>
    types.fields(x).flatMap((f, field) => types.below(unpacked(f.type), t) ? [{ x, field, f }] : [])
  );
  if (found.length === 0) return false;
  const { x, field, f } = c.pick(found);
  const array = isArray(body, x);
  object(body, x, depth);
  if (array) indexIn(body, depth);
  const struct = [op.STRUCT_GET, op.STRUCT_GET_S, op.STRUCT_GET_U],
    element = [op.ARRAY_GET, op.ARRAY_GET_S, op.ARRAY_GET_U];
  body.indexed((array ? element : struct)[isPacked(f.type) ? c.between(1, 2) : 0], x);
  if (!array) body.w.u32(field);
  return true;
}

/** A change of a structure or an array. */
export function gcStatement(body: Body, depth: number): void {
  const { c, b, w } = body, { types } = b;
  const found = objectTypes(body).flatMap((x) =>
    types.fields(x).flatMap((f, field) => f.mutable ? [{ x, field, t: f.type }] : [])
  );
  if (found.length === 0) return;
  const { x, field, t } = c.pick(found);
  object(body, x, depth);
  if (!isArray(body, x)) {
    body.expression(unpacked(t), depth - 1);
    body.indexed(op.STRUCT_SET, x);
    return w.u32(field);
  }
  indexIn(body, depth);
  const elems = b.elems.flatMap((e, i) => types.below(e.type, t) ? [i] : []);
  const kinds: [number, () => void][] = [
    [3, () => {
      body.expression(unpacked(t), depth - 1);
      body.indexed(op.ARRAY_SET, x);
    }],
    [2, () => {
      body.expression(unpacked(t), depth - 1);
      body.i32(c.below(5));
      body.indexed(op.ARRAY_FILL, x);
    }],
    [2, () => {
      const from = c.pick(
        objectTypes(body).filter((y) => {
          const other = isArray(body, y) ? types.fields(y)[0].type : undefined;
          return other === t || other !== undefined && isRef(t) && types.below(other, t);
        }),
      );
      object(body, from, depth);
      indexIn(body, depth);
      body.i32(c.below(4));
      body.indexed(op.ARRAY_COPY, x);
      w.u32(from);
    }],
    [!isRef(t) && b.datas.length > 0 ? 2 : 0, () => {
      const data = c.below(b.datas.length);
      part(body, b.datas[data], 4);
      body.indexed(op.ARRAY_INIT_DATA, x);
      w.u32(data);
    }],
    [elems.length > 0 ? 2 : 0, () => {
      const elem = c.pick(elems);
      part(body, b.elems[elem].length, 1);
      body.indexed(op.ARRAY_INIT_ELEM, x);
      w.u32(elem);
    }],
  ];
  c.weighted(kinds)();
}

/** A branch that depends on a reference. */
export function referenceBranch(body: Body, depth: number): void {
  const { c, b, w } = body, { types } = b;
  if (depth <= 0) return;
  const kind = c.below(4);
  const [from, to] = castTypes(body);
  // What remains of `from` when it is no `to`: null only if `to` does not take it.
  const rest = isNullable(to) ? refType(heapOf(from), false) : from;
  const inner = kind === 1 ? refType(heapOf(from), false) : kind === 2 ? to : rest;
  if (kind === 0) {
    const at = body.target(), carried = body.labels[at].types;
    body.expressions(carried, depth - 1);
    body.expression(refType(heapOf(from), true), depth - 1);
    body.indexed(op.BR_ON_NULL, body.labels.length - 1 - at);
    body.consume(refType(heapOf(from), false));
    for (let i = carried.length - 1; i >= 0; i--) body.consume(carried[i]);
    return;
  }
  const below = c.oneIn(4) ? types.values(c.between(1, 2)) : [];
  const results = [...below, inner];
  body.block(op.BLOCK, [], results, () => {
    body.expressions(below, depth - 1);
    body.expression(kind === 1 ? refType(heapOf(from), true) : from, depth - 1);
    if (kind === 1) body.indexed(op.BR_ON_NON_NULL, 0);
    else {
      body.op(kind === 2 ? op.BR_ON_CAST : op.BR_ON_CAST_FAIL);
      w.u8((isNullable(from) ? 1 : 0) | (isNullable(to) ? 2 : 0));
      w.u32(0);
      w.heapType(heapOf(from));
      w.heapType(heapOf(to));
      body.consume(kind === 2 ? rest : to);
    }
    // The branch was not taken: out of here with something else.
    if (isNullable(inner) || types.inhabited(heapOf(inner))) body.expression(inner, depth - 1);
    else leave(body, depth - 1);
  });
  for (let i = results.length - 1; i >= 0; i--) body.consume(results[i]);
}
