// How objects of the GC heap are laid out: header, fields, elements. Takes canonical type ids, gives offsets and sizes that every tier and the collector share.

import { BugError } from "../base/bug.ts";
import { LIMITS } from "../wasm/limits.ts";
import {
  F32,
  F64,
  type FieldType,
  Heap,
  heapOf,
  I16,
  I32,
  I64,
  I8,
  isRef,
  topOf,
  TYPES,
  V128,
  type ValType,
} from "../wasm/types.ts";

/** Bytes of the header: the canonical type id (u32), then an array's length (u32), which is 0 in structures. */
export const HEADER_BYTES = 8;
/** Byte offsets in the header. */
export const HEADER_TYPE = 0;
export const HEADER_LENGTH = 4;
/** Objects begin and end at multiples of this. */
export const OBJECT_ALIGN = 8;
/** Bytes of a reference. */
export const REF_BYTES = 4;

/** Words at the start of the heap, where machine code finds them: the offset that the next object gets, and the end of the run. */
export const CURSOR_WORD = 2;
export const LIMIT_WORD = 3;

/** log2 of the bytes of a row of type_rows.ts: a type of the greatest depth has itself in the last word. */
export const ROW_LOG2: number = Math.log2(4 * (LIMITS.subtypingDepth + 1));

/** What a storage type is to those who access it. */
export const Storage = { I8: 0, I16: 1, I32: 2, I64: 3, V128: 4, REF: 5, FUNC: 6 } as const;
export type Storage = (typeof Storage)[keyof typeof Storage];
/** Bytes of each kind of storage; all but vectors are aligned to as much, vectors to 8. */
export const STORAGE_BYTES: readonly number[] = [1, 2, 4, 8, 16, REF_BYTES, REF_BYTES];

/** How the fields or elements of a type lie in its objects. */
export interface ObjectLayout {
  readonly typeId: number;
  readonly isArray: boolean;
  /** Bytes of a structure, header included; 0 for arrays. */
  readonly bytes: number;
  /** Byte offset in the object, and kind of storage, of each field; of an array's element 0 only. */
  readonly offsets: Int32Array;
  readonly storage: Uint8Array;
  /** Bytes from one element of an array to the next; 0 for structures. */
  readonly stride: number;
  /** Offsets in words of a structure's fields that hold references whose bits tell what they are, and of those that hold function references. */
  readonly refs: Int32Array;
  readonly funcs: Int32Array;
}

const LAYOUTS: ObjectLayout[] = [];

/** The layout of a canonical type, which must be of structures or arrays; always the same object. */
export function layoutOf(typeId: number): ObjectLayout {
  return LAYOUTS[typeId] ??= makeLayout(typeId);
}

/** The kind of storage of a field of type `t`, whose references are canonical. */
export function storageOf(t: ValType): Storage {
  switch (t) {
    case I8:
      return Storage.I8;
    case I16:
      return Storage.I16;
    case I32:
    case F32:
      return Storage.I32;
    case I64:
    case F64:
      return Storage.I64;
    case V128:
      return Storage.V128;
  }
  if (!isRef(t)) throw new BugError(`no storage for type ${t}`);
  return topOf(heapOf(t), TYPES) === Heap.FUNC ? Storage.FUNC : Storage.REF;
}

/** Bytes of an array with `length` elements, header included, rounded to whole alignments. */
export function arrayBytes(layout: ObjectLayout, length: number): number {
  return roundUp(HEADER_BYTES + length * layout.stride, OBJECT_ALIGN);
}

function roundUp(n: number, to: number): number {
  return Math.ceil(n / to) * to;
}

function makeLayout(typeId: number): ObjectLayout {
  const { type } = TYPES.types[typeId];
  if (type.kind === "func") throw new BugError(`type ${typeId} has no objects`);
  if (type.kind === "struct") return structLayout(typeId, type.fields);
  const storage = storageOf(type.field.type);
  return {
    typeId,
    isArray: true,
    bytes: 0,
    offsets: Int32Array.of(HEADER_BYTES),
    storage: Uint8Array.of(storage),
    stride: STORAGE_BYTES[storage],
    refs: new Int32Array(0),
    funcs: new Int32Array(0),
  };
}

/**
 * Each field goes into the first gap that alignment left before it, else to the end. So a field's place depends on those before it only, and a
 * subtype's objects begin as those of its supertype.
 */
function structLayout(typeId: number, fields: readonly FieldType[]): ObjectLayout {
  const storage = Uint8Array.from(fields, (f) => storageOf(f.type));
  const gaps: { at: number; end: number }[] = [];
  let end = HEADER_BYTES;
  const place = (bytes: number): number => {
    const align = Math.min(bytes, OBJECT_ALIGN);
    for (const [i, gap] of gaps.entries()) {
      const at = roundUp(gap.at, align);
      if (at + bytes > gap.end) continue;
      const rest = [{ at: gap.at, end: at }, { at: at + bytes, end: gap.end }].filter((g) => g.at < g.end);
      gaps.splice(i, 1, ...rest);
      return at;
    }
    const at = roundUp(end, align);
    if (at > end) gaps.push({ at: end, end: at });
    end = at + bytes;
    return at;
  };
  const offsets = Int32Array.from(storage, (s) => place(STORAGE_BYTES[s]));
  const words = (wanted: Storage) => offsets.filter((_, i) => storage[i] === wanted).map((at) => at >> 2);
  return {
    typeId,
    isArray: false,
    bytes: roundUp(end, OBJECT_ALIGN),
    offsets,
    storage,
    stride: 0,
    refs: words(Storage.REF),
    funcs: words(Storage.FUNC),
  };
}
