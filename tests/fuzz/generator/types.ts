// Random type sections: recursion groups, subtypes, structures, arrays and functions, and what the generator asks of types. Takes decisions, gives definitions.
// Subtyping is by what was declared: what is equal by structure only is not used, so that nothing depends on canonical types.

import {
  type CompositeType,
  F32,
  F64,
  type FieldType,
  type FuncType,
  Heap,
  heapOf,
  type HeapType,
  I16,
  I32,
  I64,
  I8,
  isDefaultable,
  isNullable,
  isRef,
  refType,
  type TypeDef,
  V128,
  type ValType,
} from "../../../src/wasm/types.ts";
import type { Choices } from "./choices.ts";

/** What a program may use. */
export interface Profile {
  /** Vectors. */
  readonly simd: boolean;
  /** Structures, arrays, i31, all reference types. */
  readonly gc: boolean;
  /** The old exceptions, the new ones, or none. */
  readonly exceptions: "none" | "old" | "new";
  /** Atomic accesses and shared memories. */
  readonly atomics: boolean;
  /** What V8 has not: wide arithmetic, pages of one byte. */
  readonly proposals: boolean;
  /** Immediates longer than they need: one of so many; 0 for none. */
  readonly overlong: number;
  /** Whether it has functions that show what JavaScript cannot see. */
  readonly observed: boolean;
}

/** The types of a program. */
export class Types {
  readonly defs: TypeDef[] = [];
  /** How many of them value types may name: those that blocks add come later. */
  named = Infinity;

  constructor(readonly c: Choices, readonly profile: Profile) {
    const groups = profile.gc ? c.between(0, 4) : 0;
    for (let g = 0; g < groups; g++) this.#group();
    for (let n = c.between(1, 4); n > 0; n--) this.func(this.values(this.#arity()), this.values(this.#arity()));
    this.named = this.defs.length;
  }

  /** How many parameters or results: mostly few, now and then more than registers. */
  #arity(): number {
    const { c } = this;
    return c.weighted([[8, 0], [2, 1], [1, 2]]) === 0 ? c.below(4) : c.oneIn(12) ? c.between(8, 60) : c.below(12);
  }
  #group(): void {
    const { c, defs } = this;
    const start = defs.length, size = c.between(1, 3);
    for (let i = 0; i < size; i++) {
      const index = start + i;
      const shapes = ["struct", "array", "func"] as const;
      const supers = defs.flatMap((d, x) => !d.final && depthOf(d, defs) < 6 ? [x] : []);
      const sup = supers.length > 0 && c.oneIn(2) ? c.pick(supers) : -1;
      const type = sup >= 0
        ? this.#extend(defs[sup].type, start + size)
        : this.#fresh(c.pick(shapes), start + size, index);
      defs.push({
        final: c.oneIn(3),
        supers: sup >= 0 ? [sup] : [],
        type,
        groupStart: start,
        groupSize: size,
        explicitGroup: size > 1 || c.oneIn(2),
      });
    }
  }
  #fresh(kind: CompositeType["kind"], limit: number, index: number): CompositeType {
    const { c } = this;
    switch (kind) {
      case "struct":
        return {
          kind,
          fields: Array.from({ length: c.oneIn(10) ? c.between(5, 20) : c.below(5) }, () => this.#field(limit)),
        };
      case "array":
        return { kind, field: this.#field(limit) };
      case "func":
        return { kind, params: this.values(c.below(4), index), results: this.values(c.below(3), index) };
    }
  }
  #extend(type: CompositeType, limit: number): CompositeType {
    if (type.kind !== "struct") return type;
    return {
      kind: "struct",
      fields: [...type.fields, ...Array.from({ length: this.c.below(3) }, () => this.#field(limit))],
    };
  }
  /** A field; references to types from the own group on are nullable, so that every type has values. */
  #field(limit: number): FieldType {
    const { c } = this;
    const mutable = !c.oneIn(3);
    const packed = c.below(8);
    if (packed === 6) return { type: I8, mutable };
    if (packed === 7) return { type: I16, mutable };
    if (c.oneIn(4)) return { type: refType(c.below(limit), true), mutable };
    return { type: this.value(this.defs.length), mutable };
  }

  /** A value type that names no type from `limit` on. */
  value(limit = Math.min(this.named, this.defs.length)): ValType {
    const { c, profile } = this;
    const numbers: [number, ValType][] = [[6, I32], [4, I64], [3, F32], [3, F64], [profile.simd ? 4 : 0, V128]];
    const ref = -1;
    const t = c.weighted([...numbers, [profile.gc ? 8 : 1, ref]]);
    return t === ref ? this.reference(limit) : t;
  }
  values(count: number, limit?: number): ValType[] {
    return Array.from({ length: count }, () => this.value(limit));
  }
  /** A reference type that has a value. */
  reference(limit = Math.min(this.named, this.defs.length)): ValType {
    const { c, profile } = this;
    const heaps: HeapType[] = [Heap.FUNC, Heap.EXTERN];
    if (profile.gc) {
      heaps.push(Heap.ANY, Heap.EQ, Heap.I31, Heap.STRUCT, Heap.ARRAY, Heap.NONE, Heap.NOFUNC, Heap.NOEXTERN);
    }
    if (profile.exceptions === "new") heaps.push(Heap.EXN);
    const heap = limit > 0 && c.oneIn(2) && profile.gc ? c.below(limit) : c.pick(heaps);
    return refType(heap, !(profile.gc && this.inhabited(heap) && c.oneIn(3)));
  }
  /** Whether there are references to `heap` that are not null and easily made. */
  inhabited(heap: HeapType): boolean {
    if (heap >= 0) return true;
    if (heap === Heap.STRUCT || heap === Heap.ARRAY) return this.concrete(heap).length > 0;
    return heap === Heap.ANY || heap === Heap.EQ || heap === Heap.I31 || heap === Heap.FUNC || heap === Heap.EXTERN;
  }
  /** Whether the generator can make a value of the type. */
  makeable(t: ValType): boolean {
    return !isRef(t) || isNullable(t) || this.inhabited(heapOf(t));
  }
  /** The defined types below an abstract heap type, or below a defined one. */
  concrete(heap: HeapType): number[] {
    return this.defs.flatMap((_, x) => x < this.named && this.heapBelow(x, heap) ? [x] : []);
  }

  /** The index of a function type, which is added if need be. */
  func(params: readonly ValType[], results: readonly ValType[]): number {
    const { defs } = this;
    const key = `${params}>${results}`;
    const found = defs.findIndex((d) =>
      d.type.kind === "func" && d.final && d.supers.length === 0 && d.groupSize === 1 &&
      `${d.type.params}>${d.type.results}` === key
    );
    if (found >= 0) return found;
    return defs.push({
      final: true,
      supers: [],
      type: { kind: "func", params, results },
      groupStart: defs.length,
      groupSize: 1,
      explicitGroup: false,
    }) - 1;
  }
  /** The function type with an index. */
  signature(index: number): FuncType {
    return this.defs[index].type as FuncType;
  }
  /** Indices of the function types. */
  funcs(): number[] {
    return this.defs.flatMap((d, x) => d.type.kind === "func" ? [x] : []);
  }
  /** The fields of a structure or array type. */
  fields(index: number): readonly FieldType[] {
    const { type } = this.defs[index];
    return type.kind === "struct" ? type.fields : type.kind === "array" ? [type.field] : [];
  }

  /** Whether heap type `a` is declared below `b`, or is the same. */
  heapBelow(a: HeapType, b: HeapType): boolean {
    if (a === b) return true;
    if (a >= 0) {
      const { type, supers } = this.defs[a];
      if (b >= 0) return supers.some((s) => this.heapBelow(s, b));
      if (type.kind === "func") return b === Heap.FUNC;
      return b === (type.kind === "struct" ? Heap.STRUCT : Heap.ARRAY) || b === Heap.EQ || b === Heap.ANY;
    }
    const bottom = a === Heap.NONE
      ? Heap.ANY
      : a === Heap.NOFUNC
      ? Heap.FUNC
      : a === Heap.NOEXTERN
      ? Heap.EXTERN
      : undefined;
    if (bottom !== undefined) return this.top(b) === bottom;
    if (a === Heap.I31 || a === Heap.STRUCT || a === Heap.ARRAY) return b === Heap.EQ || b === Heap.ANY;
    return a === Heap.EQ && b === Heap.ANY || a === Heap.NOEXN && b === Heap.EXN;
  }
  /** Whether a value of type `a` can stand where `b` is expected. */
  below(a: ValType, b: ValType): boolean {
    if (a === b) return true;
    if (!isRef(a) || !isRef(b) || isNullable(a) && !isNullable(b)) return false;
    return this.heapBelow(heapOf(a), heapOf(b));
  }
  /** The top of a heap type's hierarchy. */
  top(heap: HeapType): HeapType {
    if (heap >= 0) return this.defs[heap].type.kind === "func" ? Heap.FUNC : Heap.ANY;
    if (heap === Heap.FUNC || heap === Heap.NOFUNC) return Heap.FUNC;
    if (heap === Heap.EXTERN || heap === Heap.NOEXTERN) return Heap.EXTERN;
    return heap === Heap.EXN || heap === Heap.NOEXN ? Heap.EXN : Heap.ANY;
  }
  /** Whether a structure or array can be made without giving values. */
  defaultable(index: number): boolean {
    return this.fields(index).every((f) => isDefaultable(f.type));
  }
}

/** The type on the stack of a field's value. */
export function unpacked(t: ValType): ValType {
  return t === I8 || t === I16 ? I32 : t;
}
function depthOf(d: TypeDef, defs: readonly TypeDef[]): number {
  return d.supers.length === 0 ? 0 : 1 + depthOf(defs[d.supers[0]], defs);
}
