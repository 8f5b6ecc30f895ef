// The binary format of a whole module (specification 5.5). Takes plain declarations with finished bodies and expressions, gives bytes.
// Each part gets the shortest form that expresses it. Nothing is checked: that is the decoder's and the validator's work.

import { ExternKind, type Names, type SegmentMode } from "../wasm/module.ts";
import type { FieldType, GlobalType, MemoryType, TableType, TypeDef, ValType } from "../wasm/types.ts";
import { FUNCREF } from "../wasm/types.ts";
import { ByteWriter } from "./writer.ts";

/** An imported entity: `type` is a type index for functions and tags. */
export type ImportDecl =
  & { readonly module: string; readonly name: string }
  & (
    | { readonly kind: typeof ExternKind.FUNC | typeof ExternKind.TAG; readonly type: number }
    | { readonly kind: typeof ExternKind.TABLE; readonly type: TableType }
    | { readonly kind: typeof ExternKind.MEMORY; readonly type: MemoryType }
    | { readonly kind: typeof ExternKind.GLOBAL; readonly type: GlobalType }
  );
/** A defined function: its type index, local groups, and instructions with the last `end`. */
export interface FuncBodyDecl {
  readonly type: number;
  readonly groups: readonly { readonly count: number; readonly type: ValType }[];
  readonly code: Uint8Array;
}
/** An element segment: either function indices or expressions, each with its `end`. */
export interface ElemDecl {
  readonly mode: SegmentMode;
  readonly table: number;
  readonly offset: Uint8Array | undefined;
  readonly type: ValType;
  readonly funcs: readonly number[] | undefined;
  readonly exprs: readonly Uint8Array[] | undefined;
}
/** A data segment; `offset` is there when it is active. */
export interface DataDecl {
  readonly memory: number;
  readonly offset: Uint8Array | undefined;
  readonly bytes: Uint8Array;
}
/** Ids of the sections in the order in which they stand. */
export const SECTION_ORDER: readonly number[] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
/** A custom section. Its place is 0 before all, 2i + 1 before the section SECTION_ORDER[i], 2i + 2 after it, Infinity after all. */
export interface CustomDecl {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly place: number;
}
/** A module as lists of declarations. Index spaces list imports first; expressions are bytes with their `end`. */
export interface ModuleDecl {
  readonly types: readonly TypeDef[];
  readonly imports: readonly ImportDecl[];
  readonly funcs: readonly FuncBodyDecl[];
  readonly tables: readonly { readonly type: TableType; readonly init: Uint8Array | undefined }[];
  readonly memories: readonly MemoryType[];
  readonly tags: readonly number[];
  readonly globals: readonly { readonly type: GlobalType; readonly init: Uint8Array }[];
  readonly exports: readonly { readonly name: string; readonly kind: ExternKind; readonly index: number }[];
  readonly start: number | undefined;
  readonly elems: readonly ElemDecl[];
  readonly datas: readonly DataDecl[];
  /** Whether an instruction names a data segment, which requires the data count section. */
  readonly needsDataCount: boolean;
  /** Custom sections without that of the names, which stands last. */
  readonly customs: readonly CustomDecl[];
  readonly names: Names | undefined;
}
/** A written module: its bytes, and where its parts are. */
export interface WrittenModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** For each defined function the offset of its first instruction. */
  readonly codeOffsets: readonly number[];
  /**
   * For each section with contents, in the order in which they stand, its id and the offsets of its entries: types (not groups of them), imports, and so on; bodies
   * behind their size.
   */
  readonly entries: readonly { readonly section: number; readonly offsets: readonly number[] }[];
}

/** A module without content, to be filled. */
export function emptyModuleDecl(): {
  -readonly [K in keyof ModuleDecl]: ModuleDecl[K] extends readonly (infer T)[] ? T[] : ModuleDecl[K];
} {
  return {
    types: [],
    imports: [],
    funcs: [],
    tables: [],
    memories: [],
    tags: [],
    globals: [],
    exports: [],
    start: undefined,
    elems: [],
    datas: [],
    needsDataCount: false,
    customs: [],
    names: undefined,
  };
}

/** Writes the module, with a writer that is still empty. */
export function writeModule(m: ModuleDecl, w: ByteWriter = new ByteWriter(1024)): WrittenModule {
  w.bits32(0x6d736100);
  w.bits32(1);
  const customs = [...m.customs].sort((a, b) => a.place - b.place);
  let custom = 0;
  const placeCustoms = (last: number) => {
    for (let c; (c = customs[custom]) !== undefined && c.place <= last; custom++) writeCustom(w, c);
  };
  const before = (id: number) => placeCustoms(2 * SECTION_ORDER.indexOf(id) + 1);
  const entries: { section: number; offsets: number[] }[] = [];
  const section = (id: number, write: (entry: (at?: number) => void) => void) => {
    const offsets: number[] = [], content = w.pos + 1;
    const start = w.section(id, () => write((at = w.pos) => offsets.push(at - content)));
    entries.push({ section: id, offsets: offsets.map((o) => o + start) });
    return start;
  };
  /** `write` gives where the entry begins, if that is not where it was written. */
  const list = <T>(id: number, items: readonly T[], write: (item: T) => number | void) => {
    before(id);
    if (items.length === 0) return 0;
    return section(id, (entry) => {
      w.u32(items.length);
      for (const item of items) {
        const at = w.pos;
        entry(write(item) ?? at);
      }
    });
  };
  before(1);
  if (m.types.length > 0) section(1, (entry) => writeTypes(w, m.types, entry));
  list(2, m.imports, (i) => {
    w.name(i.module);
    w.name(i.name);
    writeImportType(w, i);
  });
  list(3, m.funcs, (f) => w.u32(f.type));
  list(4, m.tables, (t) => {
    if (t.init !== undefined) {
      w.u8(0x40);
      w.u8(0);
    }
    writeTableType(w, t.type);
    if (t.init !== undefined) w.raw(t.init);
  });
  list(5, m.memories, (t) => w.limits(t));
  list(13, m.tags, (t) => {
    w.u8(0);
    w.u32(t);
  });
  list(6, m.globals, (g) => {
    writeGlobalType(w, g.type);
    w.raw(g.init);
  });
  list(7, m.exports, (e) => {
    w.name(e.name);
    w.u8(e.kind);
    w.u32(e.index);
  });
  before(8);
  if (m.start !== undefined) {
    section(8, (entry) => {
      entry();
      w.u32(m.start!);
    });
  }
  list(9, m.elems, (e) => writeElem(w, e));
  before(12);
  if (m.needsDataCount) w.section(12, () => w.u32(m.datas.length));
  const codeOffsets: number[] = [];
  before(10);
  const content = w.pos + 1;
  const codeStart = list(10, m.funcs, (f) => {
    const start = w.sized(() => {
      writeLocals(w, f.groups);
      w.raw(f.code);
    });
    codeOffsets.push(w.pos - f.code.length - content);
    return start;
  });
  list(11, m.datas, (d) => writeData(w, d));
  placeCustoms(Infinity);
  if (m.names !== undefined) writeNames(w, m.names);
  return { bytes: w.slice(), codeOffsets: codeOffsets.map((o) => o + codeStart), entries };
}

/** Writes the groups of a function's locals. */
export function writeLocals(w: ByteWriter, groups: FuncBodyDecl["groups"]): void {
  w.u32(groups.length);
  for (const g of groups) {
    w.u32(g.count);
    w.valType(g.type);
  }
}
function writeCustom(w: ByteWriter, c: CustomDecl): void {
  w.section(0, () => {
    w.name(c.name);
    w.raw(c.bytes);
  });
}
function writeTypes(w: ByteWriter, types: readonly TypeDef[], entry: () => void): void {
  w.u32(types.reduce((n, t, i) => t.groupStart === i ? n + 1 : n, 0));
  types.forEach((t, i) => {
    entry();
    if (t.groupStart === i && (t.explicitGroup || t.groupSize !== 1)) {
      w.u8(0x4e);
      w.u32(t.groupSize);
    }
    if (!t.final || t.supers.length > 0) {
      w.u8(t.final ? 0x4f : 0x50);
      w.u32(t.supers.length);
      for (const s of t.supers) w.u32(s);
    }
    writeComposite(w, t.type);
  });
}
function writeComposite(w: ByteWriter, t: TypeDef["type"]): void {
  const types = (list: readonly ValType[]) => {
    w.u32(list.length);
    for (const x of list) w.valType(x);
  };
  const field = (f: FieldType) => {
    w.valType(f.type);
    w.u8(f.mutable ? 1 : 0);
  };
  switch (t.kind) {
    case "func":
      w.u8(0x60);
      types(t.params);
      types(t.results);
      return;
    case "struct":
      w.u8(0x5f);
      w.u32(t.fields.length);
      t.fields.forEach(field);
      return;
    case "array":
      w.u8(0x5e);
      field(t.field);
  }
}
function writeTableType(w: ByteWriter, t: TableType): void {
  w.valType(t.element);
  w.limits(t);
}
function writeGlobalType(w: ByteWriter, t: GlobalType): void {
  w.valType(t.type);
  w.u8(t.mutable ? 1 : 0);
}
function writeImportType(w: ByteWriter, i: ImportDecl): void {
  w.u8(i.kind);
  switch (i.kind) {
    case ExternKind.FUNC:
      return w.u32(i.type);
    case ExternKind.TABLE:
      return writeTableType(w, i.type);
    case ExternKind.MEMORY:
      return w.limits(i.type);
    case ExternKind.GLOBAL:
      return writeGlobalType(w, i.type);
    case ExternKind.TAG:
      w.u8(0);
      w.u32(i.type);
  }
}

/** Bits of the flags (specification 5.5.12): 1 not active, 2 a table index or declarative, 4 expressions. */
function writeElem(w: ByteWriter, e: ElemDecl): void {
  const implicit = e.table === 0 && (e.exprs === undefined || e.type === FUNCREF);
  const mode = e.mode === "passive" ? 1 : e.mode === "declarative" ? 3 : implicit ? 0 : 2;
  w.u8(mode | (e.exprs !== undefined ? 4 : 0));
  if (mode === 2) w.u32(e.table);
  if (e.offset !== undefined) w.raw(e.offset);
  if (e.exprs !== undefined) {
    if (mode !== 0) w.valType(e.type);
    w.u32(e.exprs.length);
    for (const x of e.exprs) w.raw(x);
  } else {
    const funcs = e.funcs ?? [];
    if (mode !== 0) w.u8(0);
    w.u32(funcs.length);
    for (const f of funcs) w.u32(f);
  }
}
function writeData(w: ByteWriter, d: DataDecl): void {
  w.u8(d.offset === undefined ? 1 : d.memory === 0 ? 0 : 2);
  if (d.offset !== undefined) {
    if (d.memory !== 0) w.u32(d.memory);
    w.raw(d.offset);
  }
  w.u32(d.bytes.length);
  w.raw(d.bytes);
}

/** The name section (appendix "Custom Sections"); nothing if there are no names. */
function writeNames(w: ByteWriter, names: Names): void {
  const sorted = <T>(map: Map<number, T>) => [...map].sort((a, b) => a[0] - b[0]);
  const one = (map: Map<number, string>) => {
    w.u32(map.size);
    for (const [index, name] of sorted(map)) {
      w.u32(index);
      w.name(name);
    }
  };
  const flat = (id: number, map: Map<number, string>) => {
    if (map.size > 0) w.section(id, () => one(map));
  };
  const nested = (id: number, map: Map<number, Map<number, string>>) => {
    const full = sorted(map).filter(([, inner]) => inner.size > 0);
    if (full.length === 0) return;
    w.section(id, () => {
      w.u32(full.length);
      for (const [index, inner] of full) {
        w.u32(index);
        one(inner);
      }
    });
  };
  const start = w.pos;
  let empty = true;
  w.section(0, () => {
    w.name("name");
    const content = w.pos;
    if (names.module !== undefined) w.section(0, () => w.name(names.module!));
    flat(1, names.funcs);
    nested(2, names.locals);
    nested(3, names.labels);
    flat(4, names.types);
    flat(5, names.tables);
    flat(6, names.memories);
    flat(7, names.globals);
    flat(8, names.elems);
    flat(9, names.datas);
    nested(10, names.fields);
    flat(11, names.tags);
    empty = w.pos === content;
  });
  if (empty) w.pos = start;
}
