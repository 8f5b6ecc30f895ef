// Names of the text format and the index spaces they stand for. Takes names where they are bound and used, gives indices.
// A Context is what every family of the parser shares while one module is read.

import { emptyNames, type Names } from "../wasm/module.ts";
import type { CompositeType, TypeDef, ValType } from "../wasm/types.ts";
import type { Cursor } from "./cursor.ts";
import { Tok } from "./lexer.ts";

/** An index space: counts its entries and knows those with names. */
export class Space {
  readonly #ids = new Map<string, number>();
  count = 0;

  /** Takes the word for "duplicate …" and "unknown …", and the map of the name section that gets the names. */
  constructor(readonly bindWord: string, readonly useWord: string, readonly names: Map<number, string> = new Map()) {}

  /** Makes the next entry, with the name that stands at the cursor, if any. Gives its index. */
  bind(c: Cursor): number {
    const at = c.pos;
    const id = c.id();
    const index = this.count++;
    if (id !== undefined) {
      if (this.#ids.has(id)) c.fail(`duplicate ${this.bindWord} $${id}`, at);
      this.#ids.set(id, index);
    }
    const name = parseName(c) ?? id;
    if (name !== undefined) this.names.set(index, name);
    return index;
  }
  /** The index that a number or a bound name at the cursor means. */
  use(c: Cursor): number {
    const at = c.pos;
    const id = c.id();
    if (id === undefined) return c.u32(`an index of a ${this.useWord}`);
    const index = this.#ids.get(id);
    if (index === undefined) c.fail(`unknown ${this.useWord} $${id}`, at);
    return index;
  }
  /** {@link use} if a number or name comes next, else `otherwise`. */
  useOr(c: Cursor, otherwise: number): number {
    return c.isIndex() ? this.use(c) : otherwise;
  }
}

/** The text of an annotation `(@name "…")` at the cursor, which replaces a `$id` in the name section; undefined if there is none. */
export function parseName(c: Cursor): string | undefined {
  const inside = c.annotation("name");
  if (inside === undefined) return undefined;
  const name = inside.name();
  if (inside.kind() !== Tok.EOF) inside.fail("@name annotation: unexpected token");
  return name;
}

/** The types of a module: those that are written, then those that type uses make (specification 6.6.4). */
export class TypeSection {
  readonly defs: TypeDef[] = [];
  readonly #functions = new Map<string, number>();

  #key(params: readonly ValType[], results: readonly ValType[]): string {
    return `${params.join()}>${results.join()}`;
  }
  add(def: TypeDef): void {
    const { type, final, supers, groupSize } = def;
    if (type.kind === "func" && final && supers.length === 0 && groupSize === 1) {
      const key = this.#key(type.params, type.results);
      if (!this.#functions.has(key)) this.#functions.set(key, this.defs.length);
    }
    this.defs.push(def);
  }
  /** The index of a function type, which is made if there is none. */
  functionType(params: readonly ValType[], results: readonly ValType[]): number {
    const known = this.#functions.get(this.#key(params, results));
    if (known !== undefined) return known;
    const groupStart = this.defs.length;
    const type: CompositeType = { kind: "func", params, results };
    this.add({ final: true, supers: [], type, groupStart, groupSize: 1, explicitGroup: false });
    return groupStart;
  }
}

/** What the parsers of one module share. */
export class Context {
  readonly names: Names = emptyNames();
  readonly types: Space = new Space("type", "type", this.names.types);
  readonly funcs: Space = new Space("func", "function", this.names.funcs);
  readonly tables: Space = new Space("table", "table", this.names.tables);
  readonly memories: Space = new Space("memory", "memory", this.names.memories);
  readonly globals: Space = new Space("global", "global", this.names.globals);
  readonly tags: Space = new Space("tag", "tag", this.names.tags);
  readonly elems: Space = new Space("elem segment", "elem segment", this.names.elems);
  readonly datas: Space = new Space("data segment", "data segment", this.names.datas);
  readonly fields: Map<number, Space> = new Map();
  readonly typeSection: TypeSection = new TypeSection();
  /** Whether an instruction named a data segment. */
  usesData = false;
}
