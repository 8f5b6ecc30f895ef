// Types of objects for tests of the heap.

import { type CompositeType, type FieldType, type TypeDef, TYPES, type ValType } from "../../src/wasm/types.ts";

function define(type: CompositeType): number {
  const def: TypeDef = { final: true, supers: [], type, groupStart: 0, groupSize: 1, explicitGroup: false };
  return TYPES.addGroup([def], Infinity, TYPES.canonical);
}
function field(type: ValType): FieldType {
  return { type, mutable: true };
}

/** The canonical id of a structure type with mutable fields. */
export function struct(...fields: ValType[]): number {
  return define({ kind: "struct", fields: fields.map(field) });
}
/** The canonical id of an array type. */
export function array(element: ValType): number {
  return define({ kind: "array", field: field(element) });
}
