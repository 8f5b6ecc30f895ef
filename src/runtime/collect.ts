// The collection of what Wasm cannot reach any more: host references, and disposed instances with their functions, tables and memories.
// Traces from the instances in use, running activations and the host's roots. Stacks are scanned conservatively: nothing moves, so a false root only keeps something longer.

import { ensureStack } from "../base/js_stack.ts";
import type { GcReport, RootCounts } from "../gc/report.ts";
import { WasmFunc } from "./func.ts";
import { WasmGlobal } from "./global.ts";
import type { Extern, WasmInstance } from "./instance.ts";
import type { WasmMemory } from "./memory.ts";
import type { Store } from "./store.ts";
import { WasmTable } from "./table.ts";
import { isFuncType } from "./values.ts";

/** Collects; gives the report after the finalizers ran. A finalizer that throws does not stop the others; the first error is thrown at the end. */
export function collect(store: Store): GcReport {
  ensureStack();
  const began = performance.now();
  const trace = new Trace(store);
  trace.run();
  const { instancesFreed, functionsFreed } = trace.free();
  const { freed, finalizers } = store.handles.sweep(trace.handles);
  const ms = performance.now() - began;
  const errors: unknown[] = [];
  for (const f of finalizers) {
    try {
      f();
    } catch (e) {
      errors.push(e);
    }
  }
  if (errors.length > 0) throw errors[0];
  return {
    ms,
    roots: trace.roots,
    kept: trace.handles.size,
    freed,
    instancesFreed,
    functionsFreed,
    instances: store.instances.size,
    functions: store.functionCount,
    finalizers: finalizers.length,
  };
}

class Trace {
  readonly roots: RootCounts = { globals: 0, tables: 0, elements: 0, stacks: 0, host: 0 };
  /** Numbers of the handles that were reached. */
  readonly handles = new Set<number>();
  readonly #instances = new Set<WasmInstance>();
  readonly #funcs = new Set<WasmFunc>();
  readonly #tables = new Set<WasmTable>();
  readonly #memories = new Set<WasmMemory>();
  readonly #pending: WasmInstance[] = [];

  constructor(readonly store: Store) {}

  run(): void {
    const { store } = this;
    for (const i of store.instances) if (!i.disposed) this.#instance(i);
    for (const reference of store.hostExterns) this.#extern(reference.deref());
    for (const externs of store.linking) for (const x of externs) this.#extern(x);
    for (const ref of store.hostRoots.keys()) {
      this.roots.host++;
      this.#handle(ref);
    }
    for (const a of store.activations.running) {
      a.scan((word) => this.#word(word), (func) => this.#func(func), (instance) => this.#instance(instance));
    }
    for (let i = this.#pending.pop(); i !== undefined; i = this.#pending.pop()) this.#contents(i);
  }

  #instance(i: WasmInstance): void {
    if (this.#instances.has(i)) return;
    this.#instances.add(i);
    this.#pending.push(i);
  }

  #contents(i: WasmInstance): void {
    for (const f of i.funcs) this.#func(f);
    for (const m of i.memories) this.#memories.add(m);
    for (const t of i.tables) this.#table(t);
    for (const g of i.globals) this.#global(g);
    i.module.elems.forEach((e, k) => {
      for (const ref of i.elem(k)) this.roots.elements += this.#ref(ref, isFuncType(e.type));
    });
  }

  #extern(x: Extern | undefined): void {
    if (x === undefined) return;
    if (x instanceof WasmTable) this.#table(x);
    else if (x instanceof WasmFunc) this.#func(x);
    else if (x instanceof WasmGlobal) this.#global(x);
    else this.#memories.add(x);
  }

  #func(f: WasmFunc): void {
    this.#funcs.add(f);
    if (f.instance !== undefined) this.#instance(f.instance);
  }

  #table(t: WasmTable): void {
    if (this.#tables.has(t)) return;
    this.#tables.add(t);
    const funcs = isFuncType(t.type.element);
    for (const ref of t.slice(0, t.length)) this.roots.tables += this.#ref(ref, funcs);
  }

  #global(g: WasmGlobal): void {
    // The cell of a global lies in its owner's vmctx.
    if (g.owner !== undefined) this.#instance(g.owner);
    if (g.type.type < 16) return;
    const ref = Number(BigInt.asUintN(32, g.bits));
    this.roots.globals += this.#ref(ref, isFuncType(g.type.type));
  }

  /** Marks what a reference refers to; gives 1 unless it is null or an i31. */
  #ref(ref: number, isFunc: boolean): number {
    if (ref === 0) return 0;
    if (isFunc) {
      this.#func(this.store.func(ref));
      return 1;
    }
    return this.#handle(ref);
  }

  #handle(ref: number): number {
    if ((ref & 3) !== 2) return 0;
    this.handles.add(ref >>> 2);
    return 1;
  }

  #word(word: number): void {
    if (word === 0) return;
    if (this.store.handles.isLive(word)) this.roots.stacks += this.#handle(word);
    if (this.store.isFunc(word)) {
      this.roots.stacks++;
      this.#func(this.store.func(word));
    }
  }

  /** Frees the disposed instances that were not reached, and what only they had. */
  free(): { instancesFreed: number; functionsFreed: number } {
    const { store } = this;
    const before = store.functionCount;
    let instancesFreed = 0;
    for (const i of [...store.instances]) {
      if (this.#instances.has(i)) continue;
      for (const t of i.tables) if (!this.#tables.has(t)) t.dispose();
      for (const m of i.memories) if (!this.#memories.has(m)) m.dispose();
      const own = i.funcs.slice(i.module.importedFuncs);
      for (const f of own) f.freed = true;
      if (own.length > 0) store.freeFuncs(own[0].ref, own.length);
      store.removeInstance(i);
      instancesFreed++;
    }
    for (const f of [...store.functions()]) {
      if (f.instance !== undefined || this.#funcs.has(f)) continue;
      f.freed = true;
      store.freeFuncs(f.ref, 1);
    }
    return { instancesFreed, functionsFreed: before - store.functionCount };
  }
}
