// Names for printing: takes the name section of a module, gives `$ids` that are unique in their index space and quoted where they have to be.
// What has no name is called by its index.

import type { Module } from "../wasm/module.ts";
import { isIdChar } from "./lexer.ts";

/** A text as string literal: quotes, backslashes and what is not visible are escaped. */
export function quoteText(text: string): string {
  const escaped = text.replace(/["\\]|[^\P{C}]|[^\P{Z} ]/gu, (c) => {
    const code = c.codePointAt(0)!;
    if (c === '"' || c === "\\") return "\\" + c;
    return code < 0x80 ? "\\" + code.toString(16).padStart(2, "0") : `\\u{${code.toString(16)}}`;
  });
  return `"${escaped}"`;
}

const BYTES: string[] = Array.from({ length: 256 }, (_, b) => {
  const c = String.fromCharCode(b);
  return c === '"' || c === "\\" ? "\\" + c : b >= 0x20 && b < 0x7f ? c : "\\" + b.toString(16).padStart(2, "0");
});
/** Bytes as string literal: what is not printable ASCII is escaped. */
export function quoteBytes(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (const b of bytes) parts.push(BYTES[b]);
  return `"${parts.join("")}"`;
}

/** A name as `$id`. */
export function idText(name: string): string {
  for (let i = 0; i < name.length; i++) {
    if (!isIdChar(name.charCodeAt(i))) return "$" + quoteText(name);
  }
  return "$" + name;
}

/** The `$ids` of one index space. */
export class SpaceNames {
  readonly #ids = new Map<number, string>();
  /** The names that are no `$ids`, as annotations. */
  readonly #annotations = new Map<number, string>();

  constructor(names: ReadonlyMap<number, string> | undefined) {
    if (names === undefined) return;
    const taken = new Set<string>(names.values());
    const used = new Set<string>();
    for (const [index, name] of [...names].sort((a, b) => a[0] - b[0])) {
      if (name === "" || used.has(name)) this.#annotations.set(index, ` (@name ${quoteText(name)})`);
      if (name === "") continue;
      let unique = name;
      if (used.has(name)) {
        for (let n = 1; taken.has(unique) || used.has(unique); n++) unique = `${name}#${n}`;
      }
      used.add(unique);
      this.#ids.set(index, idText(unique));
    }
  }
  /** The `$id` of an index; undefined if it has no name. */
  id(index: number): string | undefined {
    return this.#ids.get(index);
  }
  /** How to refer to an index: its `$id`, or the number. */
  ref(index: number): string {
    return this.#ids.get(index) ?? String(index);
  }
  /** What stands where the index is bound: ` $id`, with ` (@name "…")` if the name is another, or nothing. */
  bind(index: number): string {
    const id = this.#ids.get(index);
    return (id === undefined ? "" : " " + id) + (this.#annotations.get(index) ?? "");
  }
}

/** The `$ids` of all index spaces of a module. */
export class ModuleNames {
  readonly funcs: SpaceNames;
  readonly types: SpaceNames;
  readonly tables: SpaceNames;
  readonly memories: SpaceNames;
  readonly globals: SpaceNames;
  readonly elems: SpaceNames;
  readonly datas: SpaceNames;
  readonly tags: SpaceNames;
  readonly #module: Module;

  constructor(module: Module) {
    const n = module.names;
    this.#module = module;
    this.funcs = new SpaceNames(n.funcs);
    this.types = new SpaceNames(n.types);
    this.tables = new SpaceNames(n.tables);
    this.memories = new SpaceNames(n.memories);
    this.globals = new SpaceNames(n.globals);
    this.elems = new SpaceNames(n.elems);
    this.datas = new SpaceNames(n.datas);
    this.tags = new SpaceNames(n.tags);
  }
  /** The `$ids` of a function's parameters and locals. */
  locals(func: number): SpaceNames {
    return new SpaceNames(this.#module.names.locals.get(func));
  }
  /** The `$ids` of a structure type's fields. */
  fields(type: number): SpaceNames {
    return new SpaceNames(this.#module.names.fields.get(type));
  }
  /** A reference to a type, as the functions of wasm/types.ts want it. */
  readonly typeRef = (index: number): string => this.types.ref(index);
}

const CACHE = new WeakMap<Module, ModuleNames>();
/** The names of a module, made once. */
export function moduleNames(module: Module): ModuleNames {
  let names = CACHE.get(module);
  if (names === undefined) CACHE.set(module, names = new ModuleNames(module));
  return names;
}
