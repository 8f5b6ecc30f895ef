// The public Instance.

import type { TierChoice } from "../engine/config.ts";
import { Mode, WasmFunc } from "../runtime/func.ts";
import { WasmGlobal } from "../runtime/global.ts";
import type { Extern, WasmInstance } from "../runtime/instance.ts";
import { WasmMemory } from "../runtime/memory.ts";
import { WasmTable } from "../runtime/table.ts";
import { WasmTag } from "../runtime/tag.ts";
import { type Context, resolveTier } from "./context.ts";
import { Func } from "./func.ts";
import { Global } from "./global.ts";
import { Memory } from "./memory.ts";
import type { Module } from "./module.ts";
import { Table } from "./table.ts";
import { Tag } from "./tag.ts";

/** The exports of an instance by name: JavaScript functions, and Memory, Table, Global and Tag objects. */
// deno-lint-ignore no-explicit-any
export type Exports = Readonly<Record<string, any>>;

/** An instance of a module. `using` disposes of it. */
export class Instance implements Disposable {
  /** The module it was made from. */
  readonly module: Module;
  /** The runtime's object. Not for users. @internal */
  readonly inner: WasmInstance;
  /** What it exports. Frozen, without a prototype, as in the JS API. */
  readonly exports: Exports;
  readonly #context: Context;

  /** Made by `engine.instantiate()`. */
  constructor(context: Context, module: Module, inner: WasmInstance) {
    this.#context = context;
    this.module = module;
    this.inner = inner;
    const exports = Object.create(null);
    for (const [name, x] of inner.exports) exports[name] = publicExtern(context, x);
    this.exports = Object.freeze(exports);
  }

  /** A function by export name, name in the name section, or index. Throws RangeError if there is none. */
  func(name: string | number): Func {
    return Func.of(
      this.#context,
      this.#find(name, "function", this.inner.funcs, this.module.inner.module.names.funcs, WasmFunc),
    );
  }
  /** A memory by export name, name, or index. Throws RangeError if there is none. */
  memory(name: string | number = 0): Memory {
    return Memory.of(
      this.#find(name, "memory", this.inner.memories, this.module.inner.module.names.memories, WasmMemory),
    );
  }
  /** A table by export name, name, or index. Throws RangeError if there is none. */
  table(name: string | number = 0): Table {
    return Table.of(
      this.#context,
      this.#find(name, "table", this.inner.tables, this.module.inner.module.names.tables, WasmTable),
    );
  }
  /** A global by export name, name, or index. Throws RangeError if there is none. */
  global(name: string | number): Global {
    return Global.of(
      this.#context,
      this.#find(name, "global", this.inner.globals, this.module.inner.module.names.globals, WasmGlobal),
    );
  }

  /** A tag by export name, name, or index. Throws RangeError if there is none. */
  tag(name: string | number): Tag {
    return Tag.of(
      this.#context,
      this.#find(name, "tag", this.inner.tags, this.module.inner.module.names.tags, WasmTag),
    );
  }

  #find<T extends Extern>(
    name: string | number,
    what: string,
    space: readonly T[],
    names: ReadonlyMap<number, string>,
    // deno-lint-ignore no-explicit-any
    kind: new (...args: any[]) => T,
  ): T {
    if (this.inner.disposed) throw new RangeError("the instance was disposed of");
    if (typeof name === "number") {
      if (space[name] !== undefined) return space[name];
    } else {
      const exported = this.inner.exports.get(name);
      if (exported instanceof kind) return exported;
      for (const [index, n] of names) if (n === name && space[index] !== undefined) return space[index];
    }
    throw new RangeError(`there is no ${what} ${typeof name === "number" ? name : `"${name}"`}`);
  }

  /** All functions, imported ones first. */
  get functions(): Func[] {
    return this.inner.funcs.map((f) => Func.of(this.#context, f));
  }

  /** Moves all own functions to a tier, for their next calls. */
  setTier(choice: TierChoice): void {
    const tier = resolveTier(choice);
    for (const f of this.inner.funcs) {
      if (f.mode !== Mode.HOST && f.instance === this.inner) this.#context.store.setTier(f, tier);
    }
  }

  /** Gives its memory, tables and functions back at the next collection, unless something still in use can reach them. Calls afterwards throw. */
  dispose(): void {
    if (this.inner.disposed) return;
    this.inner.disposed = true;
    this.#context.disposed();
  }
  /** As dispose(). */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** The public object for something a module exports. */
export function publicExtern(context: Context, x: Extern): unknown {
  if (x instanceof WasmFunc) return context.store.exportFunc(x);
  if (x instanceof WasmMemory) return Memory.of(x);
  if (x instanceof WasmTag) return Tag.of(context, x);
  return x instanceof WasmTable ? Table.of(context, x) : Global.of(context, x);
}
