// Bytes → Module: the sections of the binary format (specification 5.5), with a byte offset in every error.
// Bodies of functions stay ranges of bytes; validate/ reads them. Names are decoded by decode_names.ts, types by decode_types.ts.

import { BytecodeReader, constantEnd } from "../bytecode/reader.ts";
import { type FeatureSet, featureSet } from "../wasm/features.ts";
import { LIMITS } from "../wasm/limits.ts";
import { INVALID, MALFORMED } from "../wasm/messages.ts";
import {
  type ConstExpr,
  type CustomSection,
  DataSegments,
  type ElemSegment,
  emptyNames,
  type Export,
  type ExternKind,
  type FuncBody,
  type FuncDecl,
  type GlobalDecl,
  type Import,
  type MemoryDecl,
  type Module,
  type TableDecl,
  type TagDecl,
} from "../wasm/module.ts";
import { FUNCREF, Heap, refType, type TypeDef, type ValType } from "../wasm/types.ts";
import { CompileError } from "../wasm/errors.ts";
import { decodeGlobalType, decodeMemoryType, decodeTableType, decodeTypes } from "./decode_types.ts";
import { decodeNames } from "./decode_names.ts";
import { DELEGATE, END, opensBlock } from "../wasm/opcodes.ts";

/** Ids of the sections in the order in which they must stand. */
const ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
/** Ids of sections by name. */
export const SECTION = {
  CUSTOM: 0,
  TYPE: 1,
  IMPORT: 2,
  FUNCTION: 3,
  TABLE: 4,
  MEMORY: 5,
  GLOBAL: 6,
  EXPORT: 7,
  START: 8,
  ELEMENT: 9,
  CODE: 10,
  DATA: 11,
  DATA_COUNT: 12,
  TAG: 13,
} as const;
/** Names of the sections by id, for reports. */
export const SECTION_NAMES: readonly string[] = [
  "custom",
  "type",
  "import",
  "function",
  "table",
  "memory",
  "global",
  "export",
  "start",
  "element",
  "code",
  "data",
  "data count",
  "tag",
];

/** What was read of a module so far. */
export class Draft {
  constructor(readonly features: FeatureSet) {}

  types: TypeDef[] = [];
  canonical: number[] = [];
  typeOffsets: number[] = [];
  imports: Import[] = [];
  importedFuncs = 0;
  importedTables = 0;
  importedMemories = 0;
  importedGlobals = 0;
  importedTags = 0;
  funcs: FuncDecl[] = [];
  /** Type indices of the function section. */
  declared: number[] = [];
  tables: TableDecl[] = [];
  memories: MemoryDecl[] = [];
  globals: GlobalDecl[] = [];
  tags: TagDecl[] = [];
  exports: Export[] = [];
  start: number | undefined = undefined;
  startOffset = -1;
  elems: ElemSegment[] = [];
  dataCount: number | undefined = undefined;
  datas = new DataSegments();
  customs: CustomSection[] = [];
  /** Bodies that were read. */
  bodies = 0;
  sawData = false;
  /** The place in `ORDER` of the last section that was begun, and its id. */
  place = -1;
  last = 0;
}

/**
 * Decodes a module. Takes its bytes, which must not change afterwards; gives a Module whose bodies are not yet validated.
 * Throws a CompileError (`malformed`) with the offset of the fault.
 */
export function decodeModule(bytes: Uint8Array, features: FeatureSet = featureSet()): Module {
  if (bytes.length > LIMITS.moduleBytes) throw new CompileError(`module larger than ${LIMITS.moduleBytes} bytes`, 0);
  const r = new BytecodeReader(bytes);
  header(r);
  const d = new Draft(features);
  try {
    sections(r, d);
  } catch (error) {
    // The fault that comes first in the bytes is the one to report, and bodies were passed over.
    if (error instanceof CompileError && error.malformed) d.funcs.forEach((f) => scanBody(bytes, f.body));
    throw error;
  }
  checkWhole(r, d);
  const module = moduleOf(d, bytes);
  decodeNames(module);
  return module;
}

/** Throws CompileError when sections are missing that others announce, all sections having been read. */
export function checkWhole(r: BytecodeReader, d: Draft): void {
  if (d.bodies < d.declared.length) r.malformed(MALFORMED.funcCodeMismatch);
  if (!d.sawData && d.dataCount !== undefined && d.dataCount > 0) r.malformed(MALFORMED.dataCountMismatch);
}

/** The module of a draft, with its lists, but without names. */
export function moduleOf(d: Draft, bytes: Uint8Array): Module {
  const { declared: _, bodies: _bodies, sawData: _data, place: _place, last: _last, ...module } = d;
  return { bytes, ...module, names: emptyNames() };
}

/** Reads a body's instructions. Throws CompileError when they are malformed. */
function scanBody(bytes: Uint8Array, body: FuncBody | undefined): void {
  if (body === undefined) return;
  const r = new BytecodeReader(bytes, body.codeStart, body.end);
  while (r.pos < body.end) r.next();
}

function sections(r: BytecodeReader, d: Draft): void {
  while (r.pos < r.bytes.length) {
    const id = beginSection(r, d, r.bytes.length), { end } = r;
    section(id, r, d);
    endSection(id, r, end, r.bytes.length);
  }
}

/** Reads the head of a section, and lets the reader end with it; gives its id. `limit` is where the bytes end. */
export function beginSection(r: BytecodeReader, d: Draft, limit: number): number {
  const at = r.pos;
  const id = r.u8();
  if (id >= SECTION_NAMES.length) r.malformed(MALFORMED.sectionId, at);
  const sizeAt = r.pos;
  const size = r.u32();
  if (size > limit - r.pos) r.malformed(MALFORMED.lengthOutOfBounds, sizeAt);
  r.end = r.pos + size;
  if (id === SECTION.CUSTOM) return id;
  const place = ORDER.indexOf(id);
  if (place <= d.place) r.malformed(`${MALFORMED.sectionOrder} (${SECTION_NAMES[id]} section)`, at);
  d.place = place;
  d.last = id;
  return id;
}
/** Checks that a section that was read ends at `end`, and lets the reader go on. */
export function endSection(id: number, r: BytecodeReader, end: number, limit: number): void {
  if (r.pos !== end) r.malformed(`${MALFORMED.sectionSize} (${SECTION_NAMES[id]} section)`, r.pos);
  r.end = limit;
}

/** Reads the first eight bytes. */
export function header(r: BytecodeReader): void {
  const b = r.bytes;
  const magic = [0x00, 0x61, 0x73, 0x6d], version = [1, 0, 0, 0];
  for (let i = 0; i < 4; i++) {
    if (i >= b.length) r.malformed(MALFORMED.unexpectedEnd, i);
    if (b[i] !== magic[i] && b.length >= 4) r.malformed(MALFORMED.magic, 0);
  }
  for (let i = 0; i < 4; i++) if (4 + i >= b.length) r.malformed(MALFORMED.unexpectedEnd, 4 + i);
  for (let i = 0; i < 4; i++) if (b[4 + i] !== version[i]) r.malformed(MALFORMED.version, 4);
  r.pos = 8;
}

/** Reads the content of a section, at whose end the reader ends. */
export function section(id: number, r: BytecodeReader, d: Draft): void {
  switch (id) {
    case SECTION.CUSTOM: {
      const name = r.name();
      d.customs.push({ name, start: r.pos, end: r.end, after: d.last });
      r.pos = r.end;
      return;
    }
    case SECTION.TYPE:
      return decodeTypes(r, d.types, d.canonical, d.typeOffsets);
    case SECTION.IMPORT:
      return each(r, LIMITS.imports, "imports", () => importEntry(r, d));
    case SECTION.FUNCTION:
      return each(r, LIMITS.functions, "functions", () => void d.declared.push(r.u32()));
    case SECTION.TABLE:
      return each(r, LIMITS.tables, "tables", () => tableEntry(r, d));
    case SECTION.MEMORY:
      return each(r, LIMITS.memories, "memories", () => {
        const offset = r.pos;
        d.memories.push({ type: decodeMemoryType(r, d.features), offset });
      });
    case SECTION.GLOBAL:
      return each(r, LIMITS.globals, "globals", () => {
        const offset = r.pos;
        d.globals.push({ type: decodeGlobalType(r), init: constExpr(r), offset });
      });
    case SECTION.TAG:
      return each(r, LIMITS.tags, "tags", () => tagEntry(r, d));
    case SECTION.EXPORT:
      return each(r, LIMITS.exports, "exports", () => {
        const offset = r.pos;
        const name = r.name();
        const kindAt = r.pos;
        const kind = r.u8();
        if (kind > 4) r.malformed(MALFORMED.exportKind, kindAt);
        d.exports.push({ name, kind: kind as ExternKind, index: r.u32(), offset });
      });
    case SECTION.START:
      d.startOffset = r.pos;
      d.start = r.u32();
      return;
    case SECTION.ELEMENT:
      return each(r, LIMITS.elementSegments, "element segments", () => void d.elems.push(elemSegment(r)));
    case SECTION.DATA_COUNT:
      d.dataCount = r.u32();
      return;
    case SECTION.CODE:
      return codeSection(r, d);
    case SECTION.DATA:
      return dataSection(r, d);
  }
}

/** Reads a count and calls `entry` that often. */
function each(r: BytecodeReader, limit: number, what: string, entry: (i: number) => void): void {
  const at = r.pos;
  const count = r.u32();
  if (count > limit) r.malformed(`too many ${what}: ${count}, the limit is ${limit}`, at);
  for (let i = 0; i < count; i++) entry(i);
}

function importEntry(r: BytecodeReader, d: Draft): void {
  const offset = r.pos;
  const module = r.name(), name = r.name();
  const kindAt = r.pos;
  const kind = r.u8();
  let index: number;
  switch (kind) {
    case 0:
      index = d.importedFuncs++;
      d.funcs.push(funcDecl(r, d, r.u32()));
      break;
    case 1:
      index = d.importedTables++;
      d.tables.push({ type: decodeTableType(r), init: undefined, offset });
      break;
    case 2:
      index = d.importedMemories++;
      d.memories.push({ type: decodeMemoryType(r, d.features), offset });
      break;
    case 3:
      index = d.importedGlobals++;
      d.globals.push({ type: decodeGlobalType(r), init: undefined, offset });
      break;
    case 4:
      index = d.importedTags++;
      tagEntry(r, d);
      break;
    default:
      r.malformed(MALFORMED.importKind, kindAt);
  }
  d.imports.push({ module, name, kind: kind as ExternKind, index, offset });
}

/** A function with the type of this index, without a body. */
export function funcDecl(r: BytecodeReader, d: Draft, typeIndex: number): FuncDecl {
  const at = r.pos;
  const def = d.types[typeIndex];
  if (def === undefined) throw new CompileError(`${INVALID.unknownType} ${typeIndex}`, at);
  if (def.type.kind !== "func") throw new CompileError(`${INVALID.notFunctionType}: type ${typeIndex}`, at);
  return { typeIndex, type: def.type, body: undefined };
}

function tableEntry(r: BytecodeReader, d: Draft): void {
  const offset = r.pos;
  let init: ConstExpr | undefined;
  let type;
  if (r.bytes[r.pos] === 0x40 && r.pos < r.end) {
    r.u8();
    if (r.u8() !== 0) r.malformed(MALFORMED.zeroByte, r.pos - 1);
    type = decodeTableType(r);
    init = constExpr(r);
  } else {
    type = decodeTableType(r);
  }
  d.tables.push({ type, init, offset });
}

function tagEntry(r: BytecodeReader, d: Draft): void {
  const offset = r.pos;
  if (r.u8() !== 0) r.malformed(MALFORMED.tagAttribute, offset);
  d.tags.push({ typeIndex: r.u32(), offset });
}

/** A constant expression: everything to the `end` that closes it. */
function constExpr(r: BytecodeReader): ConstExpr {
  const start = r.pos;
  passConstExpr(r);
  return { start, end: r.pos };
}
function passConstExpr(r: BytecodeReader): void {
  const short = constantEnd(r.bytes, r.pos, r.end);
  if (short >= 0) {
    r.pos = short;
    return;
  }
  for (let depth = 0;;) {
    const op = r.next();
    if (opensBlock(r.info)) depth++;
    else if (op === END && depth-- === 0) return;
    else if (op === DELEGATE) depth--;
  }
}

function indices(r: BytecodeReader): number[] {
  const list: number[] = [];
  each(r, LIMITS.segmentEntries, "segment entries", () => void list.push(r.u32()));
  return list;
}

function elemSegment(r: BytecodeReader): ElemSegment {
  const offset = r.pos;
  const flags = r.u32();
  if (flags > 7) r.malformed(MALFORMED.elementFlags, offset);
  const mode = flags & 1 ? (flags & 2 ? "declarative" : "passive") : "active";
  const table = mode === "active" && flags & 2 ? r.u32() : 0;
  const offsetExpr = mode === "active" ? constExpr(r) : undefined;
  const usesExprs = (flags & 4) !== 0;
  let type: ValType = usesExprs ? FUNCREF : refType(Heap.FUNC, false);
  if (flags & 3) {
    if (usesExprs) {
      type = r.refType();
    } else {
      const at = r.pos;
      if (r.u8() !== 0) r.malformed(MALFORMED.elementKind, at);
    }
  }
  if (!usesExprs) return { mode, table, offsetExpr, type, funcs: indices(r), exprs: undefined, flags, offset };
  const exprs: ConstExpr[] = [];
  each(r, LIMITS.segmentEntries, "segment entries", () => void exprs.push(constExpr(r)));
  return { mode, table, offsetExpr, type, funcs: undefined, exprs, flags, offset };
}

function codeSection(r: BytecodeReader, d: Draft): void {
  const count = bodyCount(r, d), sectionEnd = r.end;
  for (let i = 0; i < count; i++) d.funcs.push(funcBody(r, d, sectionEnd));
}
/** The number of bodies, with which the code section begins. */
export function bodyCount(r: BytecodeReader, d: Draft): number {
  const at = r.pos;
  const count = r.u32();
  if (count > d.declared.length) r.malformed(MALFORMED.funcCodeMismatch, at);
  return count;
}
/** The next function of the code section, whose instructions are passed over. */
export function funcBody(r: BytecodeReader, d: Draft, sectionEnd: number): FuncDecl {
  const sizeAt = r.pos;
  const size = r.u32();
  if (size > sectionEnd - r.pos) r.malformed(MALFORMED.unexpectedEndOfSection, sizeAt);
  if (size > LIMITS.functionBytes) r.malformed(`function body larger than ${LIMITS.functionBytes} bytes`, sizeAt);
  const start = r.pos, end = start + size;
  r.end = end;
  const { typeIndex, type } = funcDecl(r, d, d.declared[d.bodies]);
  const groups = decodeLocals(r, type.params.length);
  const body = new Body(start, r.pos, end, type.params, groups);
  r.end = sectionEnd;
  r.pos = end;
  d.bodies++;
  return { typeIndex, type, body };
}

/** The body of a function, whose list of locals is made when asked for. */
class Body implements FuncBody {
  readonly localCount: number;
  constructor(
    readonly start: number,
    readonly codeStart: number,
    readonly end: number,
    readonly params: readonly ValType[],
    readonly groups: FuncBody["groups"],
  ) {
    this.localCount = groups.reduce((n, g) => n + g.count, params.length);
  }
  get locals(): readonly ValType[] {
    const list = this.params.slice();
    for (const { count, type } of this.groups) for (let i = 0; i < count; i++) list.push(type);
    return list;
  }
}

/** The groups of locals of a body; `params` is the number of locals that stand before them. */
function decodeLocals(r: BytecodeReader, params: number): FuncBody["groups"] {
  const groups: { count: number; type: ValType }[] = [];
  const at = r.pos;
  let total = params;
  for (let n = r.u32(); n > 0; n--) {
    const count = r.u32();
    total += count;
    groups.push({ count, type: r.valType() });
    if (total > 0xffffffff) r.malformed(MALFORMED.tooManyLocals, at);
  }
  if (total > LIMITS.functionLocals) {
    r.malformed(`${MALFORMED.tooManyLocals}: ${total}, the limit is ${LIMITS.functionLocals}`, at);
  }
  return groups;
}

function dataSection(r: BytecodeReader, d: Draft): void {
  d.sawData = true;
  const at = r.pos;
  const count = r.u32();
  if (d.dataCount !== undefined && count !== d.dataCount) r.malformed(MALFORMED.dataCountMismatch, at);
  if (count > LIMITS.dataSegments) r.malformed(`too many data segments: ${count}`, at);
  for (let i = 0; i < count; i++) {
    const offset = r.pos;
    const flags = r.u32();
    if (flags > 2) r.malformed(MALFORMED.dataFlags, offset);
    const memory = flags === 2 ? r.u32() : 0;
    const exprStart = r.pos;
    if (flags !== 1) passConstExpr(r);
    const exprEnd = r.pos;
    const sizeAt = r.pos;
    const size = r.u32();
    if (size > r.end - r.pos) r.malformed(MALFORMED.unexpectedEndOfSection, sizeAt);
    const start = r.skip(size);
    d.datas.add(flags, memory, exprStart, exprEnd, start, r.pos, offset);
  }
}
