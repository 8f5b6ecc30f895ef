// How wide values are in slots: what a move has to know. Takes types of a module, gives lists of widths.

import { Storage } from "../gc/layout.ts";
import { F32, type FuncType, I32, V128, type ValType } from "../wasm/types.ts";

/** 32 bits, of which the upper half of the slot means nothing; 64 bits; a vector in two slots. */
export const Width = { NARROW: 1, FULL: 2, VECTOR: 4 } as const;
export type Width = (typeof Width)[keyof typeof Width];

/** The width of a type. References fill their slot. */
export function widthOf(t: ValType): Width {
  return t === I32 || t === F32 ? Width.NARROW : t === V128 ? Width.VECTOR : Width.FULL;
}
/** The width of what is read from storage. */
export function widthOfStorage(kind: Storage): Width {
  return kind === Storage.V128 ? Width.VECTOR : kind <= Storage.I32 ? Width.NARROW : Width.FULL;
}
/** Words of the slots of a value. */
export function wordsOf(width: Width): number {
  return width === Width.VECTOR ? 4 : 2;
}

/** Widths of parameters and results. */
export interface Shape {
  readonly params: readonly Width[];
  readonly results: readonly Width[];
}
const SHAPES = new WeakMap<FuncType, Shape>();
/** The shape of a function type. */
export function shapeOf(type: FuncType): Shape {
  let shape = SHAPES.get(type);
  if (shape === undefined) {
    SHAPES.set(type, shape = { params: type.params.map(widthOf), results: type.results.map(widthOf) });
  }
  return shape;
}
/** By letter of the instruction table's signatures. */
export const LETTER_WIDTH: Readonly<Record<string, Width>> = {
  i: Width.NARROW,
  l: Width.FULL,
  f: Width.NARROW,
  d: Width.FULL,
  v: Width.VECTOR,
};
