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
import { type ProbeListener, type ProbePlaces, probesOf } from "../debug/probes.ts";
import { Profiler } from "../debug/profile.ts";
import type { ProfileOptions } from "../debug/profile_report.ts";
import { type TraceEvent, type TraceOptions, Tracer } from "../debug/trace.ts";
import { errnoName } from "../wasi/errno.ts";
import { type Probe, publicProbe } from "./probe.ts";
import { type Profiling, publicProfiling } from "./profiling.ts";
import { publicTrace, type Trace } from "./trace.ts";
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
   * Watches its own functions while they run: `listener` is called before each instruction that `places` means, with what can be read there. Functions that it is called for run in `interp`
   * meanwhile, also those that are running; all others stay where they are. Without a listener the instructions are counted, in the tiers where they run. What a listener throws ends the call of
   * Wasm with a {@link ProbeError}, which no handler of Wasm catches. Throws TypeError for places that cannot be, RangeError where they mean no instruction.
   */
  probe(places: ProbePlaces, listener?: ProbeListener): Probe {
    return publicProbe(probesOf(this.#context).attach(this.#inner, places, listener));
  }

  /**
   * Tells `listener` what the instance does, while it does it: calls, instructions with their operands, accesses to memory and globals, collections, moves between tiers, calls of WASI.
   * Functions that are traced run in `interp` meanwhile. Throws TypeError for options that cannot be, RangeError where they mean nothing. {@link traceText} makes a line of an event.
   */
  trace(options: TraceOptions, listener: (event: TraceEvent) => void): Trace {
    return publicTrace(new Tracer(this.#context, this.#inner, options, listener, errnoName));
  }

  /**
   * Begins a profile: samples of what runs, one each `interval` milliseconds, or with `exact` counters of every instruction. Samples are taken by a Worker's clock at safepoints: the next loop
   * or call that the program comes to; those of calls of other instances are among them. Throws RangeError for an interval that cannot be.
   *
   * @example
   * ```ts
   * import { Engine } from "../../mod.ts";
   *
   * const instance = new Engine().load(`(module (func (export "f") (param i32) (loop $l
   *   (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`);
   * const profiling = instance.profile({ exact: true });
   * instance.exports.f(1000);
   * console.log(profiling.end().loops[0].passes); // prints: 1000
   * ```
   */
  profile(options: ProfileOptions = {}): Profiling {
    return publicProfiling(new Profiler(this.#context, this.#inner, options));
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
