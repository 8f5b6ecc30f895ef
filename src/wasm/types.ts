// Types of WebAssembly 3.0: value types as small integers, recursive type definitions, canonical identity across modules, subtyping.
// Takes what a decoder read; gives ids that machine code can compare. Printing and reading belong to text/ and binary/.

/**
 * A value type (specification 2.3): numbers and vectors are the constants below; a reference type is made by {@link refType}.
 * `BOT` is the type of operands in unreachable code; `I8` and `I16` occur in fields only.
 */
export type ValType = number;
export const BOT: ValType = 0;
export const I32: ValType = 1;
export const I64: ValType = 2;
export const F32: ValType = 3;
export const F64: ValType = 4;
export const V128: ValType = 5;
export const I8: ValType = 6;
export const I16: ValType = 7;
const FIRST_REF = 16;

/** A heap type: an abstract one (negative, the binary format's s33 code) or a type index (0 and above). */
export type HeapType = number;
export const Heap = {
  NOEXN: -0x0c,
  NOFUNC: -0x0d,
  NOEXTERN: -0x0e,
  NONE: -0x0f,
  FUNC: -0x10,
  EXTERN: -0x11,
  ANY: -0x12,
  EQ: -0x13,
  I31: -0x14,
  STRUCT: -0x15,
  ARRAY: -0x16,
  EXN: -0x17,
} as const;

/** The heap type below all others, of references that unreachable code would give. It has no name and no code. */
export const BOTTOM_HEAP: HeapType = -32;

/** The reference type to `heap`. */
export function refType(heap: HeapType, nullable: boolean): ValType {
  return FIRST_REF + (heap + 64) * 2 + (nullable ? 1 : 0);
}
/** Whether `t` is a reference type. */
export function isRef(t: ValType): boolean {
  return t >= FIRST_REF;
}
/** The heap type of the reference type `t`. */
export function heapOf(t: ValType): HeapType {
  return ((t - FIRST_REF) >> 1) - 64;
}
/** Whether the reference type `t` includes null. */
export function isNullable(t: ValType): boolean {
  return (t & 1) === 1;
}
/** Whether `t` is a storage type that is no value type. */
export function isPacked(t: ValType): boolean {
  return t === I8 || t === I16;
}
/** Whether a local of type `t` has a default value. */
export function isDefaultable(t: ValType): boolean {
  return t < FIRST_REF || isNullable(t);
}
export const FUNCREF: ValType = refType(Heap.FUNC, true);
export const EXTERNREF: ValType = refType(Heap.EXTERN, true);

/** How many 8-byte slots a value of type `t` takes. */
export function slotsOf(t: ValType): number {
  return t === V128 ? 2 : 1;
}
/** The slots of a list of value types. */
export function slotCount(types: readonly ValType[]): number {
  let n = types.length;
  for (let i = 0; i < types.length; i++) if (types[i] === V128) n++;
  return n;
}

/** A field of a struct or the element of an array. */
export interface FieldType {
  readonly type: ValType;
  readonly mutable: boolean;
}
export interface FuncType {
  readonly kind: "func";
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
}
export interface StructType {
  readonly kind: "struct";
  readonly fields: readonly FieldType[];
}
export interface ArrayType {
  readonly kind: "array";
  readonly field: FieldType;
}
export type CompositeType = FuncType | StructType | ArrayType;

/** One type definition. Type indices inside refer to the module's type index space. */
export interface TypeDef {
  readonly final: boolean;
  /** Declared supertypes (at most one, specification 3.2.12). */
  readonly supers: readonly number[];
  readonly type: CompositeType;
  /** Index of the first type of its recursion group, and the group's size. */
  readonly groupStart: number;
  readonly groupSize: number;
  /** Whether it was written as a group with `rec`, which the printer keeps. */
  readonly explicitGroup: boolean;
}

/** A limit pair of a memory (in pages) or table (in entries). */
export interface Limits {
  readonly min: bigint;
  readonly max: bigint | undefined;
  /** 64-bit addresses. */
  readonly is64: boolean;
  readonly shared: boolean;
}
export interface MemoryType extends Limits {
  readonly pageSizeLog2: number;
}
export interface TableType extends Limits {
  readonly element: ValType;
}
export interface GlobalType {
  readonly type: ValType;
  readonly mutable: boolean;
}

/** Something that knows the types of an index space: a module while it is validated. */
export interface TypeSpace {
  readonly types: readonly TypeDef[];
  /** Canonical id of each type: equal ids mean equal types, in any module. */
  readonly canonical: ArrayLike<number>;
}

/**
 * Canonical identity of types (iso-recursive, specification 3.1.3): two types are equal when their recursion groups are equal after unrolling. One registry serves the
 * whole process, so that ids can be compared between modules and engines; it grows with the number of distinct types only.
 */
export class TypeRegistry implements TypeSpace {
  readonly #groups = new Map<string, number>();
  readonly #supers: number[][] = [[]];
  /** The canonical definitions; type indices inside are canonical ids. Id 0 is not used. */
  readonly types: TypeDef[] = [{
    final: true,
    supers: [],
    type: { kind: "struct", fields: [] },
    groupStart: 0,
    groupSize: 1,
    explicitGroup: false,
  }];
  readonly canonical: number[] = [0];

  /**
   * Gives ids to a recursion group. `defs` are its definitions, whose type indices below `start` are resolved by `canonical`, and those from `start` on mean the
   * group itself. Returns the id of the first; the others follow.
   */
  addGroup(defs: readonly TypeDef[], start: number, canonical: ArrayLike<number>): number {
    const inner = (x: number) => x >= start ? -1 - (x - start) : canonical[x];
    const key = defs.map((d) => keyOf(d, inner)).join("|");
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const base = this.types.length;
    this.#groups.set(key, base);
    const outer = (x: number) => x >= start ? base + (x - start) : canonical[x];
    for (const d of defs) {
      const def: TypeDef = {
        final: d.final,
        supers: d.supers.map(outer),
        type: mapComposite(d.type, (t) => mapHeap(t, outer)),
        groupStart: base,
        groupSize: defs.length,
        explicitGroup: d.explicitGroup,
      };
      const id = this.types.length;
      this.canonical.push(id);
      this.types.push(def);
      const parent = def.supers[0];
      this.#supers.push(parent === undefined || parent >= id ? [id] : [...this.#supers[parent], id]);
    }
    return base;
  }

  /** The id of a function type whose references are canonical already. */
  funcType(params: readonly ValType[], results: readonly ValType[]): number {
    const def: TypeDef = {
      final: true,
      supers: [],
      type: { kind: "func", params, results },
      groupStart: 0,
      groupSize: 1,
      explicitGroup: false,
    };
    return this.addGroup([def], Infinity, this.canonical);
  }

  /** Whether canonical type `sub` is `sup` or declared below it; constant time by the supertype display. */
  isSubtype(sub: number, sup: number): boolean {
    if (sub === sup) return true;
    const depth = this.#supers[sup].length - 1;
    const display = this.#supers[sub];
    return depth < display.length && display[depth] === sup;
  }

  /** The supertypes of a canonical type by their depth, itself last. */
  supertypes(id: number): readonly number[] {
    return this.#supers[id];
  }

  /** The function type of a canonical id; undefined if it is not one. */
  func(id: number): FuncType | undefined {
    const t = this.types[id].type;
    return t.kind === "func" ? t : undefined;
  }
}
/** The registry of this process. */
export const TYPES: TypeRegistry = new TypeRegistry();

function mapHeap(t: ValType, f: (index: number) => number): ValType {
  if (t < FIRST_REF) return t;
  const h = heapOf(t);
  return h < 0 ? t : refType(f(h), isNullable(t));
}
function mapComposite(c: CompositeType, f: (t: ValType) => ValType): CompositeType {
  switch (c.kind) {
    case "func":
      return { kind: "func", params: c.params.map(f), results: c.results.map(f) };
    case "struct":
      return { kind: "struct", fields: c.fields.map((x) => ({ type: f(x.type), mutable: x.mutable })) };
    case "array":
      return { kind: "array", field: { type: f(c.field.type), mutable: c.field.mutable } };
  }
}
function keyOf(d: TypeDef, resolve: (index: number) => number): string {
  const val = (t: ValType) => {
    if (t < FIRST_REF) return String(t);
    const h = heapOf(t);
    return h < 0 ? `a${t}` : `${isNullable(t) ? "n" : "r"}${resolve(h)}`;
  };
  const field = (f: FieldType) => (f.mutable ? "m" : "c") + val(f.type);
  const c = d.type;
  const body = c.kind === "func"
    ? `f${c.params.map(val).join()}>${c.results.map(val).join()}`
    : c.kind === "struct"
    ? `s${c.fields.map(field).join()}`
    : `y${field(c.field)}`;
  return `${d.final ? "" : "o"}${d.supers.map((s) => resolve(s)).join()}:${body}`;
}

/** The type `t` of `space`, with canonical ids in place of type indices. */
export function canonicalType(t: ValType, space: TypeSpace): ValType {
  return mapHeap(t, (x) => space.canonical[x]);
}
/** The function type `f` of `space`, with canonical ids in place of type indices. */
export function canonicalFuncType(f: FuncType, space: TypeSpace): FuncType {
  return mapComposite(f, (t) => canonicalType(t, space)) as FuncType;
}

/** The top of the hierarchy that `h` belongs to: FUNC, EXTERN, ANY or EXN. */
export function topOf(h: HeapType, space: TypeSpace): HeapType {
  if (h >= 0) return space.types[h].type.kind === "func" ? Heap.FUNC : Heap.ANY;
  switch (h) {
    case Heap.FUNC:
    case Heap.NOFUNC:
      return Heap.FUNC;
    case Heap.EXTERN:
    case Heap.NOEXTERN:
      return Heap.EXTERN;
    case Heap.EXN:
    case Heap.NOEXN:
      return Heap.EXN;
    default:
      return Heap.ANY;
  }
}

/** Whether heap type `a` is a subtype of `b` (specification 3.3.3), both in the same index space. */
export function heapMatches(a: HeapType, b: HeapType, space: TypeSpace): boolean {
  if (a === b || a === BOTTOM_HEAP) return true;
  if (a >= 0) {
    if (b >= 0) return TYPES.isSubtype(space.canonical[a], space.canonical[b]);
    const kind = space.types[a].type.kind;
    if (kind === "func") return b === Heap.FUNC;
    return b === (kind === "struct" ? Heap.STRUCT : Heap.ARRAY) || b === Heap.EQ || b === Heap.ANY;
  }
  switch (a) {
    case Heap.NONE:
      return b >= 0
        ? space.types[b].type.kind !== "func"
        : b === Heap.I31 || b === Heap.STRUCT || b === Heap.ARRAY || b === Heap.EQ || b === Heap.ANY;
    case Heap.NOFUNC:
      return b >= 0 ? space.types[b].type.kind === "func" : b === Heap.FUNC;
    case Heap.NOEXTERN:
      return b === Heap.EXTERN;
    case Heap.NOEXN:
      return b === Heap.EXN;
    case Heap.I31:
    case Heap.STRUCT:
    case Heap.ARRAY:
      return b === Heap.EQ || b === Heap.ANY;
    case Heap.EQ:
      return b === Heap.ANY;
    default:
      return false;
  }
}

/** Whether value type `a` is a subtype of `b`, both in the same index space. `BOT` is below all. */
export function matches(a: ValType, b: ValType, space: TypeSpace): boolean {
  if (a === b || a === BOT) return true;
  if (a < FIRST_REF || b < FIRST_REF) return false;
  if (isNullable(a) && !isNullable(b)) return false;
  return heapMatches(heapOf(a), heapOf(b), space);
}

/** Whether the two value types are equal, both in the same index space. */
export function sameType(a: ValType, b: ValType, space: TypeSpace): boolean {
  return a === b || canonicalType(a, space) === canonicalType(b, space);
}

const NUMBER_NAMES = ["bot", "i32", "i64", "f32", "f64", "v128", "i8", "i16"];
/** Names of abstract heap types in the text format, by code. */
export const HEAP_NAMES: ReadonlyMap<HeapType, string> = new Map<HeapType, string>(
  Object.entries(Heap).map(([k, v]) => [v, k.toLowerCase()]),
);
/** A heap type in the text format; type indices are printed as `name(index)` or the number. */
export function heapName(h: HeapType, name: (index: number) => string = String): string {
  return h < 0 ? HEAP_NAMES.get(h) ?? "bot" : name(h);
}
/** A value type in the text format, e.g. `i32`, `funcref`, `(ref null 3)`. */
export function typeName(t: ValType, name: (index: number) => string = String): string {
  if (t < FIRST_REF) return NUMBER_NAMES[t];
  const h = heapOf(t);
  if (h < 0 && isNullable(t)) {
    const bottom = h === Heap.NONE || h === Heap.NOFUNC || h === Heap.NOEXTERN || h === Heap.NOEXN;
    if (bottom) return `null${h === Heap.NONE ? "" : heapName(h).slice(2)}ref`;
    return `${heapName(h)}ref`;
  }
  return `(ref ${isNullable(t) ? "null " : ""}${heapName(h, name)})`;
}
/** A function type as `[i32 i32] -> [i64]`. */
export function signatureName(f: FuncType, name?: (index: number) => string): string {
  return `[${f.params.map((t) => typeName(t, name)).join(" ")}] -> [${
    f.results.map((t) => typeName(t, name)).join(" ")
  }]`;
}
