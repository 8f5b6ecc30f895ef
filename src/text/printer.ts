// From a decoded module to text that assembles to the same bytes. Takes a Module, gives indented text with the names of its name section.
// Bodies are printed by print_body.ts, names made by print_names.ts.

import { type ElemSegment, EXTERN_NAMES, ExternKind, type Module } from "../wasm/module.ts";
import { type FieldType, type FuncType, type Limits, type MemoryType, type TypeDef, typeName } from "../wasm/types.ts";
import { BRANCH_HINT, type BranchHints, hintsOf } from "./branch_hints.ts";
import { SECTION_WORDS } from "./custom.ts";
import { constExprText, flatBody, foldedBody } from "./print_body.ts";
import { typesText } from "./print_instruction.ts";
import { idText, type ModuleNames, moduleNames, quoteBytes, quoteText, type SpaceNames } from "./print_names.ts";

/** How to print. */
export interface PrintOptions {
  /** Operands inside their instructions' parentheses. Default: false. */
  readonly folded?: boolean;
  /** Comments with the indices of what is defined: `(;0;)`. Default: false. */
  readonly indices?: boolean;
}

/** Prints the module. Throws a CompileError if a body is malformed. */
export function printModule(module: Module, options: PrintOptions = {}): string {
  return new Printer(module, options).run();
}

/** A module's text by parts, as {@link printModule} writes it without options. */
export class TextParts {
  readonly #printer: Printer;

  /** Takes the module. */
  constructor(readonly module: Module) {
    this.#printer = new Printer(module, {});
  }

  /** The lines before the first function. */
  head(): string[] {
    return this.#printer.part(() => this.#printer.head());
  }
  /** The lines of a function that the module defines; the byte offset of each instruction in `offsets`, -1 for lines that are none. */
  func(index: number): { readonly lines: string[]; readonly offsets: number[] } {
    const offsets: number[] = [];
    const lines = this.#printer.part(() => this.#printer.func(index, offsets));
    return { lines, offsets: [...new Array<number>(lines.length - offsets.length).fill(-1), ...offsets] };
  }
}

class Printer {
  readonly #module: Module;
  readonly #options: PrintOptions;
  readonly #names: ModuleNames;
  readonly #hints: BranchHints | undefined;
  #lines: string[] = [];

  constructor(module: Module, options: PrintOptions) {
    this.#module = module;
    this.#options = options;
    this.#names = moduleNames(module);
    this.#hints = hintsOf(module);
  }

  /** The lines that a step writes, alone. */
  part(write: () => void): string[] {
    this.#lines = [];
    write();
    return this.#lines;
  }

  head(): void {
    const m = this.#module;
    const name = m.names.module;
    this.#lines.push("(module" + (name === undefined ? "" : name === "" ? ` (@name "")` : " " + idText(name)));
    this.#types();
    for (const i of m.imports) {
      this.#field(`import ${quoteText(i.module)} ${quoteText(i.name)} (${this.#entity(i.kind, i.index)})`);
    }
  }

  run(): string {
    const m = this.#module, names = this.#names;
    this.head();
    for (let i = m.importedFuncs; i < m.funcs.length; i++) this.func(i);
    m.tables.slice(m.importedTables).forEach((t, i) => {
      const init = t.init === undefined ? "" : " " + constExprText(m, t.init).text;
      this.#field(this.#entity(ExternKind.TABLE, i + m.importedTables) + init);
    });
    for (let i = m.importedMemories; i < m.memories.length; i++) this.#field(this.#entity(ExternKind.MEMORY, i));
    for (let i = m.importedTags; i < m.tags.length; i++) this.#field(this.#entity(ExternKind.TAG, i));
    m.globals.slice(m.importedGlobals).forEach((g, i) => {
      this.#field(`${this.#entity(ExternKind.GLOBAL, i + m.importedGlobals)} ${constExprText(m, g.init!).text}`);
    });
    for (const e of m.exports) {
      this.#field(`export ${quoteText(e.name)} (${EXTERN_NAMES[e.kind]} ${this.#space(e.kind).ref(e.index)})`);
    }
    if (m.start !== undefined) this.#field(`start ${names.funcs.ref(m.start)}`);
    m.elems.forEach((e, i) => this.#elem(e, i));
    [...m.datas].forEach((d, i) => {
      const memory = d.mode === "passive" || d.memory === 0 ? "" : ` (memory ${names.memories.ref(d.memory)})`;
      const bytes = quoteBytes(m.bytes.subarray(d.start, d.end));
      this.#field(`data${this.#bind(names.datas, i)}${memory}${this.#offset(d.offsetExpr)} ${bytes}`);
    });
    for (const s of m.customs) {
      if (s.name === "name" || (s.name === BRANCH_HINT && this.#hints !== undefined)) continue;
      const place = s.after === 0 ? "before first" : `after ${SECTION_WORDS.get(s.after)}`;
      this.#field(`@custom ${quoteText(s.name)} (${place}) ${quoteBytes(m.bytes.subarray(s.start, s.end))}`);
    }
    this.#lines[this.#lines.length - 1] += ")";
    return this.#lines.join("\n") + "\n";
  }

  #field(text: string, indent = "  "): void {
    this.#lines.push(`${indent}(${text})`);
  }
  #bind(space: SpaceNames, index: number): string {
    return space.bind(index) + (this.#options.indices ? ` (;${index};)` : "");
  }
  #space(kind: ExternKind): SpaceNames {
    const n = this.#names;
    return [n.funcs, n.tables, n.memories, n.globals, n.tags][kind];
  }

  #types(): void {
    const types = this.#module.types;
    for (let i = 0; i < types.length;) {
      const { groupStart, groupSize, explicitGroup } = types[i];
      const group = groupStart === i && (explicitGroup || groupSize !== 1);
      const end = i + Math.max(1, groupSize);
      if (group) this.#lines.push("  (rec");
      for (; i < end; i++) {
        this.#field(`type${this.#bind(this.#names.types, i)} ${this.#typeDef(types[i], i)}`, group ? "    " : "  ");
      }
      if (group) this.#lines[this.#lines.length - 1] += ")";
    }
  }
  #typeDef(t: TypeDef, index: number): string {
    const names = this.#names;
    const field = (f: FieldType) => {
      const type = typeName(f.type, names.typeRef);
      return f.mutable ? `(mut ${type})` : type;
    };
    const c = t.type;
    const body = c.kind === "func"
      ? `(func${this.#signature(c, undefined)})`
      : c.kind === "array"
      ? `(array ${field(c.field)})`
      : `(struct${c.fields.map((f, i) => ` (field${names.fields(index).bind(i)} ${field(f)})`).join("")})`;
    if (t.final && t.supers.length === 0) return body;
    return `(sub${t.final ? " final" : ""}${t.supers.map((s) => " " + names.types.ref(s)).join("")} ${body})`;
  }
  /** ` (param …) (result …)`; a parameter with a name stands alone. */
  #signature(type: FuncType, locals: SpaceNames | undefined): string {
    let text = "";
    for (let i = 0; i < type.params.length;) {
      let end = i + 1;
      const id = locals?.id(i);
      if (id === undefined) { while (end < type.params.length && locals?.id(end) === undefined) end++; }
      text += ` (param${id === undefined ? "" : " " + id}${typesText(type.params.slice(i, end), this.#names)})`;
      i = end;
    }
    return text + (type.results.length === 0 ? "" : ` (result${typesText(type.results, this.#names)})`);
  }
  #limits(l: Limits): string {
    return `${l.is64 ? "i64 " : ""}${l.min}${l.max === undefined ? "" : " " + l.max}${l.shared ? " shared" : ""}`;
  }
  #memoryType(t: MemoryType): string {
    return this.#limits(t) + (t.pageSizeLog2 === 16 ? "" : ` (pagesize ${2 ** t.pageSizeLog2})`);
  }
  /** The word of a kind, its name and its type. */
  #entity(kind: ExternKind, index: number): string {
    const m = this.#module, names = this.#names;
    const head = EXTERN_NAMES[kind] + this.#bind(this.#space(kind), index) + " ";
    switch (kind) {
      case ExternKind.FUNC: {
        const { typeIndex, type } = m.funcs[index];
        return `${head}(type ${names.types.ref(typeIndex)})${this.#signature(type, names.locals(index))}`;
      }
      case ExternKind.TABLE: {
        const type = m.tables[index].type;
        return `${head}${this.#limits(type)} ${typeName(type.element, names.typeRef)}`;
      }
      case ExternKind.MEMORY:
        return head + this.#memoryType(m.memories[index].type);
      case ExternKind.GLOBAL: {
        const type = m.globals[index].type;
        const text = typeName(type.type, names.typeRef);
        return head + (type.mutable ? `(mut ${text})` : text);
      }
      case ExternKind.TAG:
        return `${head}(type ${names.types.ref(m.tags[index].typeIndex)})`;
    }
  }

  func(index: number, offsets?: number[]): void {
    const m = this.#module;
    const body = m.funcs[index].body!;
    this.#lines.push(`  (${this.#entity(ExternKind.FUNC, index)}`);
    const locals = this.#names.locals(index);
    let local = m.funcs[index].type.params.length;
    let unnamed = "";
    const flush = () => {
      if (unnamed !== "") this.#field(`local${unnamed}`, "    ");
      unnamed = "";
    };
    for (const t of body.locals.slice(local)) {
      const id = locals.id(local++);
      const type = typeName(t, this.#names.typeRef);
      if (id === undefined) unnamed += " " + type;
      else {
        flush();
        this.#field(`local ${id} ${type}`, "    ");
      }
    }
    flush();
    const hints = this.#hints?.get(index);
    const lines = this.#options.folded
      ? foldedBody(m, index, body, "    ", hints)
      : flatBody(m, index, body, "    ", hints, offsets);
    for (const line of lines) this.#lines.push(line);
    this.#lines[this.#lines.length - 1] += ")";
  }

  #offset(expr: ElemSegment["offsetExpr"]): string {
    if (expr === undefined) return "";
    const { text, single } = constExprText(this.#module, expr);
    return single ? " " + text : ` (offset ${text})`;
  }
  #elem(e: ElemSegment, index: number): void {
    const m = this.#module, names = this.#names;
    const mode = e.mode === "declarative"
      ? " declare"
      : e.mode === "active" && e.table !== 0
      ? ` (table ${names.tables.ref(e.table)})`
      : "";
    const items = e.funcs !== undefined
      ? ["func", ...e.funcs.map((f) => names.funcs.ref(f))]
      : [typeName(e.type, names.typeRef), ...(e.exprs ?? []).map((x) => this.#item(constExprText(m, x)))];
    this.#field(`elem${this.#bind(names.elems, index)}${mode}${this.#offset(e.offsetExpr)} ${items.join(" ")}`);
  }
  #item(expr: { text: string; single: boolean }): string {
    return expr.single ? expr.text : `(item ${expr.text})`;
  }
}
