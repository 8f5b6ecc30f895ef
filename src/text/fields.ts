// Fields of a module in the text format (specification 6.6), in two passes: the first binds all names, the second reads contents.
// Takes a cursor at the fields, gives the declarations that bytecode/module_writer.ts writes.

import {
  emptyModuleDecl,
  type ImportDecl,
  SECTION_ORDER,
  writeLocals,
  type WrittenModule,
} from "../bytecode/module_writer.ts";
import { ByteWriter } from "../bytecode/writer.ts";
import { ExternKind } from "../wasm/module.ts";
import { END, I32_CONST, I64_CONST, REF_FUNC } from "../wasm/opcodes.ts";
import { FUNCREF, Heap, refType, type ValType } from "../wasm/types.ts";
import { BRANCH_HINT, type BranchHints, CODE_SECTION, writeBranchHints } from "./branch_hints.ts";
import type { Cursor } from "./cursor.ts";
import { Body, parseConstExpr, parseInstructions } from "./instructions.ts";
import { Tok } from "./lexer.ts";
import { parseCustom } from "./custom.ts";
import { Context, parseName, Space } from "./spaces.ts";
import {
  isRefType,
  parseAddressType,
  parseGlobalType,
  parseIndexedTypeUse,
  parseMemoryType,
  parsePageSize,
  parseRefType,
  parseTableType,
  parseTypeBody,
  parseValType,
} from "./types.ts";

const FUNC_TYPE = refType(Heap.FUNC, false);
const NO_LOCALS = new Space("local", "local");
const KINDS: ReadonlyMap<string, ExternKind> = new Map<string, ExternKind>([
  ["func", ExternKind.FUNC],
  ["table", ExternKind.TABLE],
  ["memory", ExternKind.MEMORY],
  ["global", ExternKind.GLOBAL],
  ["tag", ExternKind.TAG],
]);

/** A field as the first pass leaves it: its word, where its contents begin, and its index if its kind has indices. */
interface Field {
  readonly word: string;
  readonly at: number;
  readonly index: number;
}

/** Reads the fields of one module up to the end of the cursor's range or a `)`. */
export class FieldParser {
  readonly decl: ReturnType<typeof emptyModuleDecl> = emptyModuleDecl();
  readonly ctx: Context = new Context();
  /** For each defined function, pairs of an offset in its code and an offset in the source. */
  readonly #positions: number[][] = [];
  /** By section, for each entry the offset in the source of the field that it came from. */
  readonly #places: ReadonlyMap<number, number[]> = new Map(SECTION_ORDER.map((id) => [id, []]));
  readonly #c: Cursor;
  readonly #fields: Field[] = [];
  readonly #hints: BranchHints = new Map();

  constructor(c: Cursor) {
    this.#c = c;
  }

  /** Reads all fields. The cursor is left at the `)` or the end. */
  parse(): void {
    const c = this.#c, start = c.pos;
    this.#moduleName();
    this.#scan();
    const end = c.pos;
    for (const f of this.#fields) {
      c.pos = f.at;
      if (f.word === "type") this.#type(f.index);
      else if (f.word === "rec") this.#rec(f.index);
      this.#placeEntries(f.at);
    }
    for (const f of this.#fields) {
      c.pos = f.at;
      this.#field(f);
      this.#placeEntries(f.at);
    }
    c.pos = end;
    c.checkAnnotations(start);
    this.decl.types.push(...this.ctx.typeSection.defs);
    this.decl.needsDataCount = this.ctx.usesData;
    this.decl.names = this.ctx.names;
    if (this.#hints.size > 0) {
      const place = 2 * SECTION_ORDER.indexOf(CODE_SECTION) + 1;
      this.decl.customs.push({ name: BRANCH_HINT, bytes: writeBranchHints(this.#hints), place });
    }
  }

  /** Pairs of a byte offset in the written module and an offset in the source, ascending, for all fields and instructions. */
  pairs(written: WrittenModule): number[] {
    const pairs: number[] = [];
    for (const { section, offsets } of written.entries) {
      const places = this.#places.get(section)!;
      offsets.forEach((offset, i) => {
        pairs.push(offset, places[i]);
        if (section !== CODE_SECTION) return;
        const code = written.codeOffsets[i], list = this.#positions[i];
        for (let k = 0; k < list.length; k += 2) pairs.push(list[k] + code, list[k + 1]);
      });
    }
    return pairs;
  }

  /** Says that the entries made since the last time came from the field whose word stands before token `at`. */
  #placeEntries(at: number): void {
    const { decl } = this, source = this.#c.tokens.starts[at - 1];
    const fill = (section: number, count: number) => {
      const places = this.#places.get(section)!;
      while (places.length < count) places.push(source);
    };
    fill(1, this.ctx.typeSection.defs.length);
    fill(2, decl.imports.length);
    fill(3, decl.funcs.length);
    fill(4, decl.tables.length);
    fill(5, decl.memories.length);
    fill(6, decl.globals.length);
    fill(7, decl.exports.length);
    fill(8, decl.start === undefined ? 0 : 1);
    fill(9, decl.elems.length);
    fill(CODE_SECTION, decl.funcs.length);
    fill(11, decl.datas.length);
    fill(13, decl.tags.length);
  }

  #space(kind: ExternKind): Space {
    const { funcs, tables, memories, globals, tags } = this.ctx;
    return [funcs, tables, memories, globals, tags][kind];
  }

  /** The kind whose word stands at the cursor. */
  #kind(): ExternKind {
    const c = this.#c;
    const kind = c.kind() === Tok.ATOM ? KINDS.get(c.text()) : undefined;
    if (kind === undefined) return c.unexpected("func, table, memory, global or tag");
    c.pos++;
    return kind;
  }

  // First pass.

  #scan(): void {
    const c = this.#c;
    let defined = "";
    for (;;) {
      this.#customs();
      if (c.kind() !== Tok.LPAREN) break;
      const start = c.pos;
      c.pos++;
      const wordAt = c.pos;
      const word = c.kind() === Tok.ATOM ? c.atom("a module field") : c.unexpected("a module field");
      const at = c.pos;
      let index = 0;
      const kind = KINDS.get(word);
      if (kind !== undefined) {
        index = this.#space(kind).bind(c);
        while (c.form("export")) c.skipRest();
        if (c.isForm("import")) {
          if (defined !== "") c.fail(`import after ${defined}`, start);
        } else {
          defined ||= word === "func" ? "function" : word;
          this.#scanInlineSegment(kind);
        }
      } else if (word === "import") {
        if (defined !== "") c.fail(`import after ${defined}`, start);
        c.name();
        c.name();
        c.open();
        index = this.#space(this.#kind()).bind(c);
      } else if (word === "type") {
        index = this.ctx.types.bind(c);
      } else if (word === "rec") {
        index = this.ctx.types.count;
        for (c.pos = at; c.form("type"); c.skipRest()) this.ctx.types.bind(c);
      } else if (word === "elem") {
        index = this.ctx.elems.bind(c);
      } else if (word === "data") {
        index = this.ctx.datas.bind(c);
      } else if (word !== "export" && word !== "start") {
        c.pos = wordAt;
        c.unexpected("a module field");
      }
      this.#fields.push({ word, at, index });
      c.pos = at;
      c.skipRest();
    }
  }
  #moduleName(): void {
    const c = this.#c;
    const name = parseName(c);
    if (name === undefined) return;
    this.ctx.names.module = name;
    if (parseName(c) !== undefined) c.fail("@name annotation: multiple module names");
  }
  /** Annotations `(@custom "name" place? "…"*)` before the current token. */
  #customs(): void {
    for (let inside: Cursor | undefined; (inside = this.#c.annotation("custom")) !== undefined;) {
      this.decl.customs.push(parseCustom(inside));
    }
  }
  /** `(table reftype (elem …))` and `(memory (data …))` make a segment. */
  #scanInlineSegment(kind: ExternKind): void {
    const c = this.#c;
    if (kind === ExternKind.TABLE) {
      parseAddressType(c);
      if (isRefType(c)) this.ctx.elems.count++;
    } else if (kind === ExternKind.MEMORY) {
      parseAddressType(c);
      if (c.isForm("pagesize")) {
        c.pos++;
        c.skipRest();
      }
      if (c.isForm("data")) this.ctx.datas.count++;
    }
  }

  // Second pass.

  #type(index: number): void {
    this.#c.id();
    parseTypeBody(this.#c, this.ctx, index, { groupStart: index, groupSize: 1, explicitGroup: false });
    this.#c.close();
  }
  #rec(first: number): void {
    const c = this.#c, start = c.pos;
    let groupSize = 0;
    for (; c.form("type"); c.skipRest()) groupSize++;
    c.pos = start;
    for (let i = 0; c.form("type"); i++) {
      const word = c.pos;
      c.id();
      parseTypeBody(c, this.ctx, first + i, { groupStart: first, groupSize, explicitGroup: true });
      this.#placeEntries(word);
      c.close();
    }
    c.close();
  }

  #field(f: Field): void {
    const c = this.#c;
    switch (f.word) {
      case "type":
      case "rec":
        return;
      case "import": {
        const module = c.name(), name = c.name();
        c.open();
        const kind = this.#kind();
        c.id();
        this.#import(kind, f.index, module, name);
        c.close();
        break;
      }
      case "export": {
        const name = c.name();
        c.open();
        const kind = this.#kind();
        this.decl.exports.push({ name, kind, index: this.#space(kind).use(c) });
        c.close();
        break;
      }
      case "start":
        if (this.decl.start !== undefined) c.fail("multiple start sections", f.at - 1);
        this.decl.start = this.ctx.funcs.use(c);
        break;
      case "elem":
        this.#elem();
        break;
      case "data":
        this.#data();
        break;
      default:
        this.#entity(KINDS.get(f.word)!, f.index);
    }
    c.close();
  }

  /** A func, table, memory, global or tag, with its inline exports and import. */
  #entity(kind: ExternKind, index: number): void {
    const c = this.#c;
    c.id();
    while (c.form("export")) {
      this.decl.exports.push({ name: c.name(), kind, index });
      c.close();
    }
    if (c.form("import")) {
      const module = c.name(), name = c.name();
      c.close();
      return this.#import(kind, index, module, name);
    }
    switch (kind) {
      case ExternKind.FUNC:
        return this.#func(index);
      case ExternKind.TABLE:
        return this.#table(index);
      case ExternKind.MEMORY:
        return this.#memory(index);
      case ExternKind.GLOBAL: {
        const type = parseGlobalType(c, this.ctx);
        this.decl.globals.push({ type, init: parseConstExpr(c, this.ctx, NO_LOCALS) });
        return;
      }
      case ExternKind.TAG:
        this.decl.tags.push(parseIndexedTypeUse(c, this.ctx, true).index);
    }
  }

  #import(kind: ExternKind, index: number, module: string, name: string): void {
    const c = this.#c, ctx = this.ctx;
    const type = (): ImportDecl => {
      switch (kind) {
        case ExternKind.FUNC:
        case ExternKind.TAG: {
          const { index: type, signature } = parseIndexedTypeUse(c, ctx, true);
          const names = new Space("local", "local");
          signature.names.forEach((id, i) => id !== undefined && names.names.set(i, id));
          if (kind === ExternKind.FUNC && names.names.size > 0) ctx.names.locals.set(index, names.names);
          return { module, name, kind, type };
        }
        case ExternKind.TABLE:
          return { module, name, kind, type: parseTableType(c, ctx) };
        case ExternKind.MEMORY:
          return { module, name, kind, type: parseMemoryType(c) };
        case ExternKind.GLOBAL:
          return { module, name, kind, type: parseGlobalType(c, ctx) };
      }
    };
    this.decl.imports.push(type());
  }

  #func(index: number): void {
    const c = this.#c, ctx = this.ctx;
    const { type, locals } = this.#funcType();
    const groups: { count: number; type: ValType }[] = [];
    const add = (t: ValType) => {
      const last = groups[groups.length - 1];
      if (last !== undefined && last.type === t) last.count++;
      else groups.push({ count: 1, type: t });
    };
    while (c.form("local")) {
      if (c.kind() === Tok.ID) {
        locals.bind(c);
        add(parseValType(c, ctx));
      } else {
        while (!c.isClose()) {
          locals.count++;
          add(parseValType(c, ctx));
        }
      }
      c.close();
    }
    const body = new Body(locals);
    parseInstructions(c, ctx, body);
    body.positions.push(body.code.pos, c.offset());
    body.code.u8(END);
    this.decl.funcs.push({ type, groups, code: body.code.slice() });
    this.#positions.push(body.positions);
    if (body.hints.length > 0) {
      const w = new ByteWriter(16);
      writeLocals(w, groups);
      const hints = new Map<number, number>();
      for (let i = 0; i < body.hints.length; i += 2) hints.set(w.pos + body.hints[i], body.hints[i + 1]);
      this.#hints.set(index, hints);
    }
    if (locals.names.size > 0) ctx.names.locals.set(index, locals.names);
    if (body.labelNames.size > 0) ctx.names.labels.set(index, body.labelNames);
  }
  /** The type use of a function, and the locals that its parameters are. */
  #funcType(): { type: number; locals: Space } {
    const c = this.#c, start = c.pos;
    const { index, signature } = parseIndexedTypeUse(c, this.ctx, true);
    const locals = new Space("local", "local");
    const after = c.pos;
    if (signature.names.length > 0) {
      // The names are bound where they stand, so that an error has its place.
      c.pos = start;
      if (c.form("type")) c.skipRest();
      while (c.form("param")) {
        if (c.kind() === Tok.ID) locals.bind(c);
        else for (; !c.isClose(); locals.count++) parseValType(c, this.ctx);
        c.skipRest();
      }
      c.pos = after;
    } else locals.count = signature.params.length;
    return { type: index, locals };
  }

  #table(index: number): void {
    const c = this.#c, ctx = this.ctx, start = c.pos;
    const is64 = parseAddressType(c);
    if (!isRefType(c)) {
      c.pos = start;
      const type = parseTableType(c, ctx);
      const init = c.isClose() ? undefined : parseConstExpr(c, ctx, NO_LOCALS);
      this.decl.tables.push({ type, init });
      return;
    }
    const element = parseRefType(c, ctx);
    if (!c.form("elem")) c.unexpected(`"(elem"`);
    let funcs: number[] | undefined, exprs: Uint8Array[] | undefined;
    if (c.isIndex()) {
      funcs = this.#funcList();
      if (element !== FUNCREF && element !== FUNC_TYPE) {
        exprs = funcs.map(refFunc);
        funcs = undefined;
      }
    } else exprs = this.#elemExprs();
    c.close();
    const n = BigInt((funcs ?? exprs)!.length);
    this.decl.tables.push({ type: { min: n, max: n, is64, shared: false, element }, init: undefined });
    this.decl.elems.push({ mode: "active", table: index, offset: zero(is64), type: element, funcs, exprs });
  }

  #memory(index: number): void {
    const c = this.#c, start = c.pos;
    const is64 = parseAddressType(c);
    const pageSizeLog2 = parsePageSize(c);
    if (!c.form("data")) {
      c.pos = start;
      this.decl.memories.push(parseMemoryType(c));
      return;
    }
    const bytes = c.allBytes();
    c.close();
    const pages = BigInt(Math.ceil(bytes.length / 2 ** pageSizeLog2));
    this.decl.memories.push({ min: pages, max: pages, is64, shared: false, pageSizeLog2 });
    this.decl.datas.push({ memory: index, offset: zero(is64), bytes });
  }

  /** `(offset …)` or one folded instruction; undefined if neither comes next. */
  #offset(): Uint8Array | undefined {
    const c = this.#c;
    if (c.form("offset")) {
      const expr = parseConstExpr(c, this.ctx, NO_LOCALS);
      c.close();
      return expr;
    }
    if (c.kind() !== Tok.LPAREN || c.isForm("item") || c.isForm("ref")) return undefined;
    return parseConstExpr(c, this.ctx, NO_LOCALS, true);
  }
  #funcList(): number[] {
    const funcs: number[] = [];
    while (this.#c.isIndex()) funcs.push(this.ctx.funcs.use(this.#c));
    return funcs;
  }
  #elemExprs(): Uint8Array[] {
    const c = this.#c;
    const exprs: Uint8Array[] = [];
    while (c.kind() === Tok.LPAREN) {
      if (c.form("item")) {
        exprs.push(parseConstExpr(c, this.ctx, NO_LOCALS));
        c.close();
      } else exprs.push(parseConstExpr(c, this.ctx, NO_LOCALS, true));
    }
    return exprs;
  }

  #elem(): void {
    const c = this.#c, ctx = this.ctx;
    c.id();
    const declarative = c.word("declare");
    let table = 0, explicit = false;
    if (!declarative) {
      if (c.form("table")) {
        table = ctx.tables.use(c);
        explicit = true;
        c.close();
      } else if (c.isIndex()) table = ctx.tables.use(c);
    }
    const offset = declarative ? undefined : this.#offset();
    if (explicit && offset === undefined) c.unexpected("an offset");
    const mode = declarative ? "declarative" : offset === undefined ? "passive" : "active";
    if (isRefType(c)) {
      const type = parseRefType(c, ctx);
      this.decl.elems.push({ mode, table, offset, type, funcs: undefined, exprs: this.#elemExprs() });
    } else {
      // The word may be left out where the segment is active and names no table.
      if (!c.word("func") && (offset === undefined || explicit)) c.unexpected("func or a reference type");
      this.decl.elems.push({ mode, table, offset, type: FUNC_TYPE, funcs: this.#funcList(), exprs: undefined });
    }
  }

  #data(): void {
    const c = this.#c;
    c.id();
    let memory = 0, explicit = false;
    if (c.form("memory")) {
      memory = this.ctx.memories.use(c);
      explicit = true;
      c.close();
    } else if (c.isIndex()) memory = this.ctx.memories.use(c);
    const offset = this.#offset();
    if (explicit && offset === undefined) c.unexpected("an offset");
    this.decl.datas.push({ memory, offset, bytes: c.allBytes() });
  }
}

function zero(is64: boolean): Uint8Array {
  return Uint8Array.of(is64 ? I64_CONST : I32_CONST, 0, END);
}
function refFunc(index: number): Uint8Array {
  const w = new ByteWriter(8);
  w.opcode(REF_FUNC);
  w.u32(index);
  w.u8(END);
  return w.slice();
}
