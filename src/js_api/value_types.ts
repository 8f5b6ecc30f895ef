// Names of value types in the JS API ↔ types of Wasm, and the values that stand for what an argument leaves out.

import {
  EXTERNREF,
  F32,
  F64,
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
} from "../wasm/types.ts";
import { text } from "./webidl.ts";

/** ValueType of the JS API, and the abstract reference types that V8 takes as well. */
const TYPES_BY_NAME: ReadonlyMap<string, ValType> = new Map([
  ["i32", I32],
  ["i64", I64],
  ["f32", F32],
  ["f64", F64],
  ["v128", V128],
  ["externref", EXTERNREF],
  ["anyfunc", FUNCREF],
  ["anyref", refType(Heap.ANY, true)],
  ["eqref", refType(Heap.EQ, true)],
  ["i31ref", refType(Heap.I31, true)],
  ["structref", refType(Heap.STRUCT, true)],
  ["arrayref", refType(Heap.ARRAY, true)],
  ["exnref", refType(Heap.EXN, true)],
]);

/** The type that a value names. Throws TypeError if it names none. */
export function toValueType(value: unknown, what: string): ValType {
  const name = text(value);
  const type = TYPES_BY_NAME.get(name);
  if (type === undefined) throw new TypeError(`${what}: "${name}" is not a value type`);
  return type;
}

/** The JavaScript value that stands for the default of a type (DefaultValue); TypeError for a type without one. */
export function defaultValue(type: ValType, what: string): unknown {
  if (type === I64) return 0n;
  if (type <= F64) return 0;
  if (isRef(type) && isNullable(type)) return heapOf(type) === Heap.EXTERN ? undefined : null;
  throw new TypeError(`${what}: the type has no default value`);
}
