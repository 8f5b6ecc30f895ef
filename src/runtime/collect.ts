// The collection of what Wasm cannot reach any more: objects of the heap, host references, and disposed instances with their functions, tables and memories.
// Traces from the instances in use, activations, parked ones too, and the host's roots. Interpreter stacks are read by the types of their slots; native ones are scanned
// conservatively: nothing moves, so a false root only keeps something longer.

import { ensureStack } from "../base/js_stack.ts";
import { Marker } from "../gc/collector.ts";
import { type GcHeap, RECENT_PAUSES, type TypeCount } from "../gc/heap.ts";
import type { GcReport, HeapReport, RootCounts } from "../gc/report.ts";
import { WasmException } from "./exception.ts";
import { WasmFunc } from "./func.ts";
import { WasmGlobal } from "./global.ts";
import type { Extern, WasmInstance } from "./instance.ts";
import { WasmMemory } from "./memory.ts";
import type { Store } from "./store.ts";
import { WasmTable } from "./table.ts";
import { makeHolders, referencesOf, unmarked } from "./holders.ts";
import { TypeNames } from "./type_names.ts";
import { isFuncType } from "./values.ts";
import { verifyHeap } from "./verify.ts";

const NO_HEAP: HeapReport = { bytesBefore: 0, bytesAfter: 0, objectsKept: 0, objectsFreed: 0, types: [] };

/** Collects; gives the report after the finalizers ran. A finalizer that throws does not stop the others; the first error is thrown at the end. */
export function collect(store: Store): GcReport {
  ensureStack();
  return collectFrom(store, false);
}

/**
 * Likewise, but what only JavaScript's values of objects keep holds host values no longer by itself: these values do. V8 then finds what is reachable from neither heap's roots,
 * and a later such collection frees it.
 */
export function collectAcross(store: Store): GcReport {
  ensureStack();
  return collectFrom(store, true);
}

function collectFrom(store: Store, across: boolean): GcReport {
  const began = performance.now();
  const trace = new Trace(store, true);
  trace.run(across);
  const heap = trace.heapReport();
  const { instancesFreed, functionsFreed } = trace.free();
  const { freed, finalizers } = store.handles.sweep(trace.handles);
  const ms = performance.now() - began;
  if (store.heapOptions.verify) verifyHeap(store);
  count(store, began, ms, heap.bytesBefore);
  const report: GcReport = {
    ms,
    roots: trace.roots,
    kept: trace.handles.size,
    freed,
    heap,
    instancesFreed,
    functionsFreed,
    instances: store.instances.size,
    functions: store.functionCount,
    finalizers: finalizers.length,
  };
  runAll(finalizers);
  return report;
}

/** Collects because an allocation wants room. Finalizers run later, when no Wasm code does. */
export function collectUnasked(store: Store): void {
  const began = performance.now();
  const trace = new Trace(store, false);
  trace.run();
  trace.free();
  const { finalizers } = store.handles.sweep(trace.handles);
  if (store.heapOptions.verify) verifyHeap(store);
  if (finalizers.length > 0) queueMicrotask(() => runAll(finalizers));
  count(store, began, performance.now() - began, trace.bytesBefore);
}

function count(store: Store, at: number, ms: number, bytesBefore: number): void {
  const { heapInUse: heap } = store;
  store.collected?.({ at, ms, bytesBefore, bytesAfter: heap?.occupiedBytes ?? 0 });
  if (heap === undefined) return;
  const { figures } = heap;
  figures.collections++;
  figures.ms += ms;
  figures.longestMs = Math.max(figures.longestMs, ms);
  figures.pauses.push({ at, ms, bytesBefore, bytesAfter: heap.occupiedBytes });
  if (figures.pauses.length > RECENT_PAUSES) figures.pauses.shift();
}

function runAll(finalizers: readonly (() => void)[]): void {
  const errors: unknown[] = [];
  for (const f of finalizers) {
    try {
      f();
    } catch (e) {
      errors.push(e);
    }
  }
  if (errors.length > 0) throw errors[0];
}

class Trace {
  readonly roots: RootCounts = { globals: 0, tables: 0, elements: 0, operandStacks: 0, nativeStacks: 0, host: 0 };
  /** Numbers of the handles that were reached. */
  readonly handles = new Set<number>();
  readonly #instances = new Set<WasmInstance>();
  readonly #funcs = new Set<WasmFunc>();
  readonly #tables = new Set<WasmTable>();
  readonly #memories = new Set<WasmMemory>();
  readonly #pending: WasmInstance[] = [];
  /** Bound functions whose values were not looked at yet. */
  readonly #bound: WasmFunc[] = [];
  readonly #heap: GcHeap | undefined;
  readonly #marker: Marker | undefined;
  readonly bytesBefore: number;
  #types: TypeCount[] = [];
  /** Of exceptions with an exnref. */
  #exceptionBytes = 0;

  /** `detailed`: objects are counted by type. */
  constructor(readonly store: Store, readonly detailed: boolean) {
    const heap = this.#heap = store.heapInUse;
    this.bytesBefore = heap?.occupiedBytes ?? 0;
    if (heap === undefined) return;
    this.#marker = new Marker(heap, (ref) => this.#handle(ref), (ref) => this.#func(store.func(ref)));
    heap.beginCollection();
    if (detailed) heap.findObjects();
  }

  run(across = false): void {
    const { store } = this;
    for (const i of store.instances) if (store.isInUse(i)) this.#instance(i);
    for (const f of store.boundObjects.held()) this.#func(f);
    for (const reference of store.hostExterns) this.#extern(reference.deref());
    for (const externs of store.linking) for (const x of externs) this.#extern(x);
    for (const ref of store.hostRoots.keys()) this.roots.host += this.#ref(ref, false);
    if (!across) { for (const ref of store.objects.refs()) this.roots.host += this.#ref(ref, false); }
    for (const exception of store.exceptions.shown()) this.#exception(exception);
    for (const a of store.activations.all) {
      a.scan(
        (ref, isFunc) => void (this.roots.operandStacks += this.#ref(ref, isFunc)),
        (word) => this.#word(word),
        (func) => this.#func(func),
        (instance) => this.#instance(instance),
      );
    }
    this.#drain();
    if (across) this.#holdAcross();
  }

  #drain(): void {
    do {
      for (let i = this.#pending.pop(); i !== undefined; i = this.#pending.pop()) this.#contents(i);
      for (let f = this.#bound.pop(); f !== undefined; f = this.#bound.pop()) {
        this.#func(f.bound!.target);
        f.captures((ref, isFunc) => void this.#ref(ref, isFunc));
      }
    } while (this.#marker?.drain() || this.#pending.length > 0 || this.#bound.length > 0);
  }

  /** Goes on from JavaScript's values of objects. What no other root reaches is left to them to hold. */
  #holdAcross(): void {
    const { store } = this, { handles, objects } = store, heap = this.#heap;
    if (heap === undefined) return;
    const live = objects.live();
    // Functions and exceptions lead out of the heap, so they are roots, and what they reach stays held.
    for (let before = -1; before !== this.#marker!.objects;) {
      before = this.#marker!.objects;
      for (const ref of [...unmarked(heap, live.keys())]) {
        referencesOf(heap, ref, {
          object() {},
          handle: (r) => {
            if (handles.isLive(r) && handles.fromRef(r) instanceof WasmException) this.#handle(r);
          },
          func: (r) => this.#func(store.func(r)),
        });
      }
      this.#drain();
    }
    for (const number of this.handles) {
      const value = handles.isLive(number << 2 | 2) ? handles.fromRef(number << 2 | 2) : undefined;
      if (value !== undefined) handles.strengthen(number, value);
    }
    const holderOf = makeHolders(heap, live.keys(), (n) => this.handles.has(n) ? undefined : handles.weaken(n));
    for (const [ref, value] of live) objects.hold(value, holderOf(ref));
    for (const ref of live.keys()) this.roots.host += this.#ref(ref, false);
    this.#drain();
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
      for (const ref of i.elem(k)) this.roots.elements += this.#ref(ref, isFuncType(e.type, i.module));
    });
  }

  #extern(x: Extern | undefined): void {
    if (x === undefined) return;
    if (x instanceof WasmTable) this.#table(x);
    else if (x instanceof WasmFunc) this.#func(x);
    else if (x instanceof WasmGlobal) this.#global(x);
    else if (x instanceof WasmMemory) this.#memories.add(x);
  }

  #func(f: WasmFunc): void {
    if (f.instance !== undefined) this.#instance(f.instance);
    if (f.bound !== undefined && !this.#funcs.has(f)) this.#bound.push(f);
    this.#funcs.add(f);
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
    const ref = g.reference;
    if (ref !== undefined) this.roots.globals += this.#ref(ref, isFuncType(g.type.type));
  }

  /** Marks what a reference refers to; gives 1 unless it is null or an i31. */
  #ref(ref: number, isFunc: boolean): number {
    if (ref === 0) return 0;
    if (isFunc) this.#func(this.store.func(ref));
    else if ((ref & 7) === 0) this.#marker!.mark(ref);
    else if ((ref & 3) === 2) this.#handle(ref);
    else return 0;
    return 1;
  }

  #handle(ref: number): void {
    const number = ref >>> 2;
    if (this.handles.has(number) || !this.store.handles.isLive(ref)) return;
    this.handles.add(number);
    const value = this.store.handles.fromRef(ref);
    if (value instanceof WasmException) {
      this.#exceptionBytes += value.bytes;
      this.#exception(value);
    }
  }

  #exception(exception: WasmException): void {
    exception.references((ref, type) => void this.#ref(ref, isFuncType(type)));
  }

  #word(word: number): void {
    if (word === 0) return;
    const isFunc = this.store.isFunc(word);
    if (isFunc) this.#func(this.store.func(word));
    const isRef = this.store.handles.isLive(word) || this.#heap?.isObject(word);
    if (isRef) this.#ref(word, false);
    if (isFunc || isRef) this.roots.nativeStacks++;
  }

  /** What is to be said of the heap. Between `run()` and `free()` only. */
  heapReport(): HeapReport {
    if (this.#heap === undefined || this.#marker === undefined) return NO_HEAP;
    if (this.detailed) this.#types = this.#heap.countTypes();
    const names = new TypeNames(this.store);
    return {
      bytesBefore: this.bytesBefore,
      bytesAfter: this.#marker.bytes,
      objectsKept: this.#marker.objects,
      objectsFreed: this.#types.reduce((n, t) => n + t.freed, 0),
      types: this.#types.map(({ typeId, ...counts }) => ({ type: names.type(typeId), ...counts })),
    };
  }

  /** Frees what was not reached: objects, the disposed instances, and what only they had. */
  free(): { instancesFreed: number; functionsFreed: number } {
    const { store } = this;
    this.#heap?.sweep(this.#marker!.bytes);
    store.exceptions.kept(this.#exceptionBytes);
    const before = store.functionCount;
    let instancesFreed = 0;
    for (const i of [...store.instances]) {
      if (this.#instances.has(i)) continue;
      for (const t of i.tables) if (!this.#tables.has(t)) t.dispose();
      for (const m of i.memories) if (!this.#memories.has(m)) m.dispose();
      const own = i.funcs.slice(i.module.importedFuncs);
      for (const f of own) f.freed = f.closed = true;
      if (own.length > 0) store.freeFuncs(own[0].ref, own.length);
      store.removeInstance(i);
      instancesFreed++;
    }
    for (const f of [...store.functions()]) {
      if (f.instance !== undefined || this.#funcs.has(f)) continue;
      f.freed = f.closed = true;
      store.freeFuncs(f.ref, 1);
    }
    return { instancesFreed, functionsFreed: before - store.functionCount };
  }
}
