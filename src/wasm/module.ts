// The immutable Module: what the decoder read, before and after validation. Holds types and ranges of bytes, never state.

import type { FeatureSet } from "./features.ts";
import type { FuncType, GlobalType, MemoryType, TableType, TypeDef, TypeSpace, ValType } from "./types.ts";

/** Kinds of imports and exports, by their byte in the binary format. */
export const ExternKind = { FUNC: 0, TABLE: 1, MEMORY: 2, GLOBAL: 3, TAG: 4 } as const;
export type ExternKind = (typeof ExternKind)[keyof typeof ExternKind];
/** The text format's words for the kinds. */
export const EXTERN_NAMES: readonly string[] = ["func", "table", "memory", "global", "tag"];

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternKind;
  /** Index in the index space of its kind. */
  readonly index: number;
  readonly offset: number;
}
export interface Export {
  readonly name: string;
  readonly kind: ExternKind;
  readonly index: number;
  readonly offset: number;
}
/** A constant expression: a range of the module's bytes, with its `end`. */
export interface ConstExpr {
  readonly start: number;
  readonly end: number;
}
/** A function, imported (`body` undefined) or defined. */
export interface FuncDecl {
  readonly typeIndex: number;
  readonly type: FuncType;
  readonly body: FuncBody | undefined;
}
export interface FuncBody {
  /** Where the entry begins (the size field is before it), where the first instruction is, and the end (after `end`). */
  readonly start: number;
  readonly codeStart: number;
  readonly end: number;
  /** How many parameters and declared locals there are. */
  readonly localCount: number;
  /** Types of the parameters, then of the declared locals. A new list at each use: kept, those of a small module could fill all memory. */
  readonly locals: readonly ValType[];
  /** The declared local groups, as the binary format has them. */
  readonly groups: readonly { readonly count: number; readonly type: ValType }[];
}
export interface TableDecl {
  readonly type: TableType;
  readonly init: ConstExpr | undefined;
  readonly offset: number;
}
export interface MemoryDecl {
  readonly type: MemoryType;
  readonly offset: number;
}
export interface GlobalDecl {
  readonly type: GlobalType;
  readonly init: ConstExpr | undefined;
  readonly offset: number;
}
export interface TagDecl {
  readonly typeIndex: number;
  readonly offset: number;
}
export type SegmentMode = "active" | "passive" | "declarative";
export interface ElemSegment {
  readonly mode: SegmentMode;
  /** Table of an active segment. */
  readonly table: number;
  readonly offsetExpr: ConstExpr | undefined;
  readonly type: ValType;
  /** Function indices, where the segment is written with them; otherwise expressions. */
  readonly funcs: readonly number[] | undefined;
  readonly exprs: readonly ConstExpr[] | undefined;
  readonly flags: number;
  readonly offset: number;
}
export interface DataSegment {
  readonly mode: "active" | "passive";
  readonly memory: number;
  readonly offsetExpr: ConstExpr | undefined;
  readonly start: number;
  readonly end: number;
  readonly flags: number;
  readonly offset: number;
}
/** Data segments, of which some compilers make 100,000 per module: in numbers, from which the objects are made when asked for. */
export class DataSegments implements Iterable<DataSegment> {
  #numbers: Uint32Array = new Uint32Array(0);
  /** How many there are. */
  length = 0;

  /** Appends one: its flags and memory, the bytes of its offset expression (none for a passive one) and its content, and where it begins. */
  add(
    flags: number,
    memory: number,
    exprStart: number,
    exprEnd: number,
    start: number,
    end: number,
    offset: number,
  ): void {
    const at = this.length++ * SEGMENT_NUMBERS;
    if (at === this.#numbers.length) {
      const grown = new Uint32Array(Math.max(2 * at, 8 * SEGMENT_NUMBERS));
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    const numbers = this.#numbers;
    numbers[at] = flags;
    numbers[at + 1] = memory;
    numbers[at + 2] = exprStart;
    numbers[at + 3] = exprEnd;
    numbers[at + 4] = start;
    numbers[at + 5] = end;
    numbers[at + 6] = offset;
  }

  /** What was added, {@link SEGMENT_NUMBERS} numbers for each: for loops over all of them. */
  get numbers(): Uint32Array {
    return this.#numbers;
  }

  /** The segment with this index; undefined if there is none. */
  at(index: number): DataSegment | undefined {
    if (index >= this.length) return undefined;
    const n = this.#numbers, at = index * SEGMENT_NUMBERS, flags = n[at], passive = flags === 1;
    return {
      mode: passive ? "passive" : "active",
      memory: n[at + 1],
      offsetExpr: passive ? undefined : { start: n[at + 2], end: n[at + 3] },
      start: n[at + 4],
      end: n[at + 5],
      flags,
      offset: n[at + 6],
    };
  }
  *[Symbol.iterator](): Iterator<DataSegment> {
    for (let i = 0; i < this.length; i++) yield this.at(i)!;
  }
}
/** Numbers of a data segment, as they are given to `add()`. */
export const SEGMENT_NUMBERS = 7;

export interface CustomSection {
  readonly name: string;
  /** Content after the name. */
  readonly start: number;
  readonly end: number;
  /** Id of the known section it stands after; 0 before all. */
  readonly after: number;
}
/** Names of the name section (appendix "Custom Sections"); each map goes from an index to a name. */
export interface Names {
  module?: string;
  readonly funcs: Map<number, string>;
  readonly locals: Map<number, Map<number, string>>;
  readonly labels: Map<number, Map<number, string>>;
  readonly types: Map<number, string>;
  readonly tables: Map<number, string>;
  readonly memories: Map<number, string>;
  readonly globals: Map<number, string>;
  readonly elems: Map<number, string>;
  readonly datas: Map<number, string>;
  readonly fields: Map<number, Map<number, string>>;
  readonly tags: Map<number, string>;
}

/** A decoded module. Index spaces list imports first. */
export interface Module extends TypeSpace {
  readonly bytes: Uint8Array;
  /** What the module was allowed to use when it was read. */
  readonly features: FeatureSet;
  readonly types: readonly TypeDef[];
  readonly canonical: readonly number[];
  /** Byte offset of each type. */
  readonly typeOffsets: readonly number[];
  readonly imports: readonly Import[];
  readonly importedFuncs: number;
  readonly importedTables: number;
  readonly importedMemories: number;
  readonly importedGlobals: number;
  readonly importedTags: number;
  readonly funcs: readonly FuncDecl[];
  readonly tables: readonly TableDecl[];
  readonly memories: readonly MemoryDecl[];
  readonly globals: readonly GlobalDecl[];
  readonly tags: readonly TagDecl[];
  readonly exports: readonly Export[];
  readonly start: number | undefined;
  /** Byte offset of the start section's index. */
  readonly startOffset: number;
  readonly elems: readonly ElemSegment[];
  readonly dataCount: number | undefined;
  readonly datas: DataSegments;
  readonly customs: readonly CustomSection[];
  readonly names: Names;
}

/** An empty name section. */
export function emptyNames(): Names {
  const map = () => new Map();
  return {
    funcs: map(),
    locals: map(),
    labels: map(),
    types: map(),
    tables: map(),
    memories: map(),
    globals: map(),
    elems: map(),
    datas: map(),
    fields: map(),
    tags: map(),
  };
}

const exportNames = new WeakMap<Module, Map<number, string>>();
/** The first export of each function that has one. */
function exportedNames(module: Module): Map<number, string> {
  let names = exportNames.get(module);
  if (names === undefined) {
    exportNames.set(module, names = new Map());
    for (const { kind, index, name } of module.exports) {
      if (kind === ExternKind.FUNC && !names.has(index)) names.set(index, name);
    }
  }
  return names;
}

/** What to call a function: its name, else its first export, else `func[N]`. */
export function functionName(module: Module, index: number): string {
  const name = module.names.funcs.get(index);
  if (name !== undefined) return name;
  const exported = exportedNames(module).get(index);
  if (exported !== undefined) return exported;
  const imported = index < module.importedFuncs
    ? module.imports.find((i) => i.kind === ExternKind.FUNC && i.index === index)
    : undefined;
  return imported !== undefined ? `${imported.module}.${imported.name}` : `func[${index}]`;
}

/** Whether the module declares types of structures or arrays. */
export function hasObjectTypes(m: Module): boolean {
  return m.types.some(({ type }) => type.kind !== "func");
}
