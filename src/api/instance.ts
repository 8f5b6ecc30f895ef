// The public Instance.

import type { TierChoice } from "../engine/config.ts";
import { Mode, WasmFunc } from "../runtime/func.ts";
import { WasmGlobal } from "../runtime/global.ts";
import type { Extern, WasmInstance } from "../runtime/instance.ts";
import { WasmMemory } from "../runtime/memory.ts";
import { WasmTable } from "../runtime/table.ts";
import { WasmTag } from "../runtime/tag.ts";
import { type Context, resolveTier } from "../engine/context.ts";
import { type Func, publicFunc } from "./func.ts";
import { type Global, publicGlobal } from "./global.ts";
import { keep } from "./keepers.ts";
import { type Memory, publicMemory } from "./memory.ts";
import type { Module } from "./module.ts";
import { publicTable, type Table } from "./table.ts";
import { publicTag, type Tag } from "./tag.ts";

/** The exports of an instance by name: JavaScript functions, and Memory, Table, Global and Tag objects. */
// deno-lint-ignore no-explicit-any
export type Exports = Readonly<Record<string, any>>;

/** The runtime's object in an instance. */
export let innerInstance: (of: Instance) => WasmInstance;
/** A public instance around one that was made and started. */
export let publicInstance: (inner: WasmInstance, module: Module, context: Context) => Instance;

/** An instance of a module (specification 4.2.5). `using` disposes of it. */
export class Instance implements Disposable {
  /** The module it was made from. */
  readonly module: Module;
  /** What it exports. Frozen, without a prototype, as in the JS API. */
  readonly exports: Exports;
  readonly #inner: WasmInstance;
  readonly #context: Context;

  private constructor(inner: WasmInstance, module: Module, context: Context) {
    this.#context = context;
    this.module = module;
    this.#inner = inner;
    const exports = Object.create(null);
    for (const [name, x] of inner.exports) exports[name] = publicExtern(context, x);
    this.exports = Object.freeze(exports);
  }
  static {
    innerInstance = (of) => of.#inner;
    publicInstance = (inner, module, context) => {
      const instance = new Instance(inner, module, context);
      keep(instance, inner);
      keep(instance.exports, inner);
      return instance;
    };
  }

  /** A function by export name, name in the name section, or index. Throws RangeError if there is none. */
  func(name: string | number): Func {
    return publicFunc(
      this.#find(name, "function", this.#inner.funcs, this.#inner.module.names.funcs, WasmFunc),
      this.#context,
    );
  }
  /** A memory by export name, name, or index. Throws RangeError if there is none. */
  memory(name: string | number = 0): Memory {
    return publicMemory(
      this.#find(name, "memory", this.#inner.memories, this.#inner.module.names.memories, WasmMemory),
    );
  }
  /** A table by export name, name, or index. Throws RangeError if there is none. */
  table(name: string | number = 0): Table {
    return publicTable(
      this.#find(name, "table", this.#inner.tables, this.#inner.module.names.tables, WasmTable),
      this.#context,
    );
  }
  /** A global by export name, name, or index. Throws RangeError if there is none. */
  global(name: string | number): Global {
    return publicGlobal(
      this.#find(name, "global", this.#inner.globals, this.#inner.module.names.globals, WasmGlobal),
      this.#context,
    );
  }

  /** A tag by export name, name, or index. Throws RangeError if there is none. */
  tag(name: string | number): Tag {
    return publicTag(
      this.#find(name, "tag", this.#inner.tags, this.#inner.module.names.tags, WasmTag),
      this.#context,
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
    if (this.#inner.disposed) throw new RangeError("the instance was disposed of");
    if (typeof name === "number") {
      if (space[name] !== undefined) return space[name];
    } else {
      const exported = this.#inner.exports.get(name);
      if (exported instanceof kind) return exported;
      for (const [index, n] of names) if (n === name && space[index] !== undefined) return space[index];
    }
    throw new RangeError(`there is no ${what} ${typeof name === "number" ? name : `"${name}"`}`);
  }

  /** All functions, imported ones first. */
  get functions(): Func[] {
    return this.#inner.funcs.map((f) => publicFunc(f, this.#context));
  }

  /** Moves all own functions to a tier, for their next calls; those that it cannot compile stay in `interp`. Throws as `Engine.resolveTier()`. */
  setTier(choice: TierChoice): void {
    const tier = resolveTier(choice);
    for (const f of this.#inner.funcs) {
      if (f.mode !== Mode.HOST && f.instance === this.#inner) this.#context.setTier(f, tier);
    }
  }

  /**
   * Gives its memory, tables and functions back at the next collection, unless something still in use can reach them. Calls of its functions from JavaScript throw a
   * TypeError from now on; those that are running go on, and Wasm that has them in its tables can still call them.
   */
  dispose(): void {
    if (this.#inner.disposed) return;
    this.#inner.disposed = true;
    for (const f of this.#inner.funcs) if (f.instance === this.#inner) f.closed = true;
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
  if (x instanceof WasmMemory) return publicMemory(x);
  if (x instanceof WasmTag) return publicTag(x, context);
  return x instanceof WasmTable ? publicTable(x, context) : publicGlobal(x, context);
}
