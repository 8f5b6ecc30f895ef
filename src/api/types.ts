// Types of the library as plain objects: what modules import and export, written as in the text format.

import { ExternKind, type Module as WasmModule } from "../wasm/module.ts";
import {
  type FuncType,
  type GlobalType,
  type Limits,
  type MemoryType,
  type TableType,
  typeName,
} from "../wasm/types.ts";

/** A function type: names of value types, e.g. `{ params: ["i32"], results: ["i64"] }`. */
export interface FuncDescriptor {
  /** Tells it from other descriptors. */
  readonly kind: "func";
  /** Types of the parameters. */
  readonly params: readonly string[];
  /** Types of the results. */
  readonly results: readonly string[];
}
/** A memory type, in pages. */
export interface MemoryDescriptor {
  /** Tells it from other descriptors. */
  readonly kind: "memory";
  /** Pages at first. */
  readonly minimum: number;
  /** The most pages it may have. */
  readonly maximum: number | undefined;
  /** `i64` for a memory with 64-bit addresses; not there otherwise, as the two below. */
  readonly address?: "i64";
  /** There for a memory that Workers can share. */
  readonly shared?: true;
  /** Bytes of a page that is not 64 KiB. */
  readonly pageSize?: number;
}
/** A table type, in entries. */
export interface TableDescriptor {
  /** Tells it from other descriptors. */
  readonly kind: "table";
  /** Type of the entries. */
  readonly element: string;
  /** Entries at first. */
  readonly minimum: number;
  /** The most entries it may have. */
  readonly maximum: number | undefined;
  /** `i64` for a table with 64-bit indices; otherwise not there. */
  readonly address?: "i64";
}
/** A global's type. */
export interface GlobalDescriptor {
  /** Tells it from other descriptors. */
  readonly kind: "global";
  /** Type of the value. */
  readonly type: string;
  /** Whether it can be set. */
  readonly mutable: boolean;
}
/** A tag's type: the types of what an exception carries. */
export interface TagDescriptor {
  /** Tells it from other descriptors. */
  readonly kind: "tag";
  /** Types of what an exception with the tag carries. */
  readonly parameters: readonly string[];
}
/** What can be imported and exported. */
export type ExternDescriptor =
  | FuncDescriptor
  | MemoryDescriptor
  | TableDescriptor
  | GlobalDescriptor
  | TagDescriptor;

/** The descriptor of a function type. */
export function describeFunc(t: FuncType): FuncDescriptor {
  return { kind: "func", params: t.params.map((x) => typeName(x)), results: t.results.map((x) => typeName(x)) };
}
function limits(l: Limits) {
  return { minimum: Number(l.min), maximum: l.max === undefined ? undefined : Number(l.max) };
}
/** The descriptor of a memory type. */
export function describeMemory(t: MemoryType): MemoryDescriptor {
  return {
    kind: "memory",
    ...limits(t),
    ...(t.is64 ? { address: "i64" } : {}),
    ...(t.shared ? { shared: true } : {}),
    ...(t.pageSizeLog2 === 16 ? {} : { pageSize: 2 ** t.pageSizeLog2 }),
  };
}
/** The descriptor of a table type. */
export function describeTable(t: TableType): TableDescriptor {
  return { kind: "table", element: typeName(t.element), ...limits(t), ...(t.is64 ? { address: "i64" } : {}) };
}
/** The descriptor of a global type. */
export function describeGlobal(t: GlobalType): GlobalDescriptor {
  return { kind: "global", type: typeName(t.type), mutable: t.mutable };
}

/** The descriptor of a tag type. */
export function describeTag(t: FuncType): TagDescriptor {
  return { kind: "tag", parameters: t.params.map((x) => typeName(x)) };
}

/** The descriptor of item `index` of an index space of a module. */
export function describeExtern(m: WasmModule, kind: ExternKind, index: number): ExternDescriptor {
  switch (kind) {
    case ExternKind.FUNC:
      return describeFunc(m.funcs[index].type);
    case ExternKind.TABLE:
      return describeTable(m.tables[index].type);
    case ExternKind.MEMORY:
      return describeMemory(m.memories[index].type);
    case ExternKind.GLOBAL:
      return describeGlobal(m.globals[index].type);
    case ExternKind.TAG:
      return describeTag(m.types[m.tags[index].typeIndex].type as FuncType);
  }
}
