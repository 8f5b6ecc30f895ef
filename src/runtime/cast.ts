// What a reference refers to, at run time (specification 4.2.3 and 4.6.5): tests and casts, in constant time.

import { Heap, type HeapType, topOf, TYPES } from "../wasm/types.ts";
import type { Store } from "./store.ts";

/** Whether a reference that is not null is of heap type `type`, whose index is canonical. The reference must be of the same hierarchy. */
export function refMatches(store: Store, ref: number, type: HeapType): boolean {
  if (type >= 0) {
    if (TYPES.types[type].type.kind === "func") return TYPES.isSubtype(store.func(ref).typeId, type);
    return (ref & 7) === 0 && TYPES.isSubtype(store.heap.i32[ref >> 2], type);
  }
  switch (type) {
    case Heap.I31:
      return (ref & 1) !== 0;
    case Heap.EQ:
      return (ref & 3) !== 2;
    case Heap.STRUCT:
    case Heap.ARRAY:
      return (ref & 7) === 0 && kindOf(store, ref) === (type === Heap.STRUCT ? "struct" : "array");
    default:
      return topOf(type, TYPES) === type;
  }
}

function kindOf(store: Store, ref: number): string {
  return TYPES.types[store.heap.i32[ref >> 2]].type.kind;
}
