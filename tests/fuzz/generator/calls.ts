// What JavaScript gives to a program and sees of it: the calls to make, with their arguments. Takes the program so far.

import {
  EXTERNREF,
  FUNCREF,
  Heap,
  heapOf,
  I32,
  I64,
  isNullable,
  isRef,
  refType,
  V128,
  type ValType,
} from "../../../src/wasm/types.ts";
import type { Builder } from "./builder.ts";
import { i32Value, i64Value } from "./constants.ts";

/** A value that a host gives: by kind, so that every engine can have its own. `ref` is an index into a list of host values. */
export type HostValue =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "bigint"; readonly value: bigint }
  | { readonly kind: "ref"; readonly index: number }
  | { readonly kind: "func"; readonly index: number }
  | { readonly kind: "null" };

/** A call of an export. */
export interface Call {
  readonly func: number;
  readonly args: readonly HostValue[];
}
/** How many values the host has to give. */
export const HOST_VALUES = 8;

/** Whether JavaScript can see values of the type. */
export function seenByJs(t: ValType): boolean {
  return t !== V128 && !(isRef(t) && (heapOf(t) === Heap.EXN || heapOf(t) === Heap.NOEXN));
}
/** Whether JavaScript can give a value of the type, made from nothing. */
export function givenByJs(t: ValType): boolean {
  return seenByJs(t) && (!isRef(t) || isNullable(t));
}

/** The calls to make, of what JavaScript can call. */
export function planCalls(b: Builder): Call[] {
  const { c, types } = b;
  const calls: Call[] = [];
  b.funcs.forEach((f, func) => {
    if (func < b.importedFuncs || func >= b.last) return;
    const { params, results } = types.signature(f.type);
    if (!params.every(givenByJs) || !results.every(seenByJs)) return;
    for (let n = c.between(1, 2); n > 0; n--) calls.push({ func, args: params.map((t) => argument(b, t)) });
  });
  return calls;
}
function argument(b: Builder, t: ValType): HostValue {
  const { c } = b;
  switch (t) {
    case I32:
      return { kind: "number", value: i32Value(c) };
    case I64:
      return { kind: "bigint", value: i64Value(c) };
    case EXTERNREF:
    case refType(Heap.ANY, true):
      return c.oneIn(2) ? { kind: "ref", index: c.below(HOST_VALUES) } : { kind: "null" };
    case FUNCREF: {
      const own = b.last - b.importedFuncs;
      return c.oneIn(2) ? { kind: "func", index: b.importedFuncs + c.below(own) } : { kind: "null" };
    }
  }
  if (!isRef(t)) return { kind: "number", value: c.pick([0, 1, -1, 0.5, -0, NaN, Infinity, 1e10, -1e40, 3e9]) };
  const small = heapOf(t) === Heap.EQ || heapOf(t) === Heap.I31;
  return small && c.oneIn(2)
    ? { kind: "number", value: c.pick([0, -1, 5, 0x3fffffff, -0x40000000]) }
    : { kind: "null" };
}
