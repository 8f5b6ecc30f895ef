// Everything that a collection reaches, as a graph with named edges: instances, their globals, tables and segments, functions, host references, objects. For reports,
// so it is made when one is asked for, after a collection. Traces as collect.ts does, whose root set it must share.

import { Graph } from "../gc/graph.ts";
import type { GcHeap } from "../gc/heap.ts";
import { HEADER_BYTES, layoutOf, Storage } from "../gc/layout.ts";
import { functionName } from "../wasm/module.ts";
import { slotsOf, typeName } from "../wasm/types.ts";
import { WasmException } from "./exception.ts";
import { WasmFunc } from "./func.ts";
import { WasmGlobal } from "./global.ts";
import { WasmInstance } from "./instance.ts";
import type { Store } from "./store.ts";
import { WasmTable } from "./table.ts";
import { TypeNames } from "./type_names.ts";
import { isFuncType } from "./values.ts";

/** What is a node beside objects of the heap and host references. */
type Thing = WasmInstance | WasmFunc | WasmTable | WasmGlobal | WasmException;

/** The root, and the node of what the host holds, which counts as a root only for what no other reaches. */
const ROOT = 0, HOST = 1;

/** Told of an edge, and what to call it. */
type Visit = (to: Thing | number, name: () => string) => void;

/** The graph of a store at the moment, which must not have allocated since its last collection. */
export class HeapGraph {
  readonly graph: Graph = new Graph();
  readonly names: TypeNames;
  readonly #heap: GcHeap | undefined;
  /** By node: the reference of an object or a host value, or 0. */
  #refs: Int32Array<ArrayBuffer> = new Int32Array(1024);
  readonly #things: (Thing | undefined)[] = [];
  /** Nodes of objects, by their offset divided by 8. */
  readonly #objects: Int32Array;
  readonly #others = new Map<Thing | number, number>();

  constructor(readonly store: Store) {
    this.names = new TypeNames(store);
    const heap = this.#heap = store.heapInUse;
    this.#objects = new Int32Array(heap === undefined ? 0 : heap.u8.length >> 3);
    this.graph.add(ROOT);
    this.#expand(ROOT, 0);
    this.#expandAll(2);
    const held = this.graph.size;
    this.#expand(HOST, held);
    this.#expandAll(held);
  }

  #expandAll(from: number): void {
    for (let node = from; node < this.graph.size; node++) this.#expand(node, node);
  }

  #expand(node: number, parent: number): void {
    const { graph } = this;
    graph.begin(node);
    if (node === ROOT) graph.connect(ROOT, HOST);
    const ref = this.#refs[node];
    if (ref !== 0 && (ref & 7) === 0) {
      // Names would cost most of the time here.
      this.#fields(ref, (to, isFunc) => this.#connect(node, isFunc ? this.store.func(to) : to));
    } else this.#edges(node, (to) => this.#connect(node === HOST ? HOST : parent, to));
  }

  #connect(parent: number, to: Thing | number): void {
    this.graph.connect(parent, this.#nodeOf(parent, to));
  }

  #nodeOf(parent: number, to: Thing | number): number {
    const known = this.#find(to);
    if (known !== 0) return known;
    const node = this.graph.add(parent);
    if (typeof to === "number") {
      if (node >= this.#refs.length) {
        const more = new Int32Array(2 * node);
        more.set(this.#refs);
        this.#refs = more;
      }
      this.#refs[node] = to;
      if ((to & 7) === 0) {
        this.#objects[to >> 3] = node;
        return node;
      }
    } else this.#things[node] = to;
    this.#others.set(to, node);
    return node;
  }

  #find(to: Thing | number): number {
    if (typeof to === "number" && (to & 7) === 0) return this.#objects[to >> 3];
    return this.#others.get(to) ?? 0;
  }

  /** The reference that a node stands for; 0 if it is none of an object or a host value. */
  ref(node: number): number {
    return this.#refs[node] ?? 0;
  }

  /** The node of an object or host value, by its reference, or of a function; undefined if nothing reaches it. */
  node(of: number | WasmFunc): number | undefined {
    return this.#find(of) || undefined;
  }

  /** The bytes of each node: those of objects, nothing for others. */
  sizes(): Float64Array {
    return Float64Array.from({ length: this.graph.size }, (_, node) => {
      const ref = this.#refs[node] ?? 0;
      return ref !== 0 && (ref & 7) === 0 ? this.#heap!.sizeOf(ref) : 0;
    });
  }

  /** What an object refers to. */
  #fields(ref: number, visit: (to: number, isFunc: boolean, index: number) => void): void {
    const { i32 } = this.#heap!;
    const at = ref >> 2;
    const { isArray, storage, offsets } = layoutOf(i32[at]);
    const edge = (to: number, kind: number, index: number) => {
      if (to === 0) return;
      if (kind === Storage.FUNC) visit(to, true, index);
      else if ((to & 1) === 0 && ((to & 3) !== 2 || this.store.handles.isLive(to))) visit(to, false, index);
    };
    if (!isArray) {
      for (let i = 0; i < storage.length; i++) {
        if (storage[i] >= Storage.REF) edge(i32[at + (offsets[i] >> 2)], storage[i], i);
      }
    } else if (storage[0] >= Storage.REF) {
      const first = at + (HEADER_BYTES >> 2);
      for (let i = 0, length = i32[at + 1] >>> 0; i < length; i++) edge(i32[first + i], storage[0], i);
    }
  }

  /** The edges of a node, by name. */
  #edges(node: number, visit: Visit): void {
    const { store } = this;
    const reference = (ref: number, isFunc: boolean, name: () => string) => {
      if (ref === 0) return;
      if (isFunc) visit(store.func(ref), name);
      else if ((ref & 7) === 0 || ((ref & 3) === 2 && store.handles.isLive(ref))) visit(ref, name);
    };
    if (node === ROOT) return this.#roots(visit, reference);
    if (node === HOST) {
      for (const ref of store.hostRoots.keys()) reference(ref, false, () => "a root that the host added");
      for (const ref of store.objects.refs()) reference(ref, false, () => "a value that JavaScript has");
      return;
    }
    const ref = this.#refs[node];
    if (ref !== 0 && (ref & 7) === 0) {
      const typeId = this.#heap!.i32[ref >> 2], { isArray } = layoutOf(typeId);
      return this.#fields(
        ref,
        (to, isFunc, i) => reference(to, isFunc, () => isArray ? `element ${i}` : this.names.field(typeId, i)),
      );
    }
    const thing = ref === 0 ? this.#things[node] : store.handles.fromRef(ref);
    if (thing instanceof WasmInstance) this.#instance(thing, visit, reference);
    else if (thing instanceof WasmFunc) {
      if (thing.instance !== undefined) visit(thing.instance, () => "its instance");
      if (thing.bound !== undefined) visit(thing.bound.target, () => "what it is bound to");
      let i = 0;
      thing.captures((to, isFunc) => reference(to, isFunc, () => `captured value ${i++}`));
    } else if (thing instanceof WasmTable) {
      const funcs = isFuncType(thing.type.element);
      thing.slice(0, thing.length).forEach((to, i) => reference(to, funcs, () => `entry ${i}`));
    } else if (thing instanceof WasmGlobal) {
      if (thing.owner !== undefined) visit(thing.owner, () => "its instance");
      const to = thing.reference;
      if (to !== undefined) reference(to, isFuncType(thing.type.type), () => "its value");
    } else if (thing instanceof WasmException) {
      thing.references((to, type) => reference(to, isFuncType(type), () => "its payload"));
    }
  }

  #roots(visit: Visit, reference: (ref: number, isFunc: boolean, name: () => string) => void): void {
    const { store } = this, heap = this.#heap;
    for (const a of store.activations.all) {
      a.scan(
        (ref, isFunc, func, slot) => reference(ref, isFunc, () => frameSlot(func, slot)),
        (word) => {
          const name = () => `a word on the native stack of a call of ${a.segments[0]?.func.name ?? "nothing"}`;
          if (word === 0) return;
          if (store.isFunc(word)) visit(store.func(word), name);
          if (store.handles.isLive(word) || heap?.isObject(word)) reference(word, false, name);
        },
        (func) => visit(func, () => "a running call"),
        (instance) => visit(instance, () => "a running call"),
      );
    }
    for (const i of store.instances) if (store.isInUse(i)) visit(i, () => "an instance in use");
    for (const weak of store.hostExterns) {
      const x = weak.deref();
      if (x instanceof WasmTable || x instanceof WasmGlobal) visit(x, () => "made by the host");
    }
    for (const externs of store.linking) {
      for (const x of externs) {
        if (x instanceof WasmTable || x instanceof WasmGlobal || x instanceof WasmFunc) {
          visit(x, () => "an import of an instance that is being made");
        }
      }
    }
    for (const f of store.boundObjects.held()) visit(f, () => "a function that JavaScript has");
    for (const e of store.exceptions.shown()) visit(e, () => "an exception that JavaScript has");
  }

  #instance(
    i: WasmInstance,
    visit: Visit,
    reference: (ref: number, isFunc: boolean, name: () => string) => void,
  ): void {
    const { names, exports, canonical: _, elems } = { ...i.module, exports: i.exports };
    const named = (what: string, index: number, names: ReadonlyMap<number, string>, x: unknown) => {
      let name = names.get(index);
      for (const [exported, y] of exports) if (y === x) name ??= exported;
      return `${what} ${name === undefined ? index : `$${name}`}`;
    };
    i.globals.forEach((g, n) => {
      // Without a step in between for what is the instance's own alone.
      const to = g.reference;
      const name = () => `${named("global", n, names.globals, g)} of instance ${i.id}`;
      if (to !== undefined) reference(to, isFuncType(g.type.type), name);
      visit(g, name);
    });
    i.tables.forEach((t, n) => visit(t, () => `${named("table", n, names.tables, t)} of instance ${i.id}`));
    elems.forEach((e, n) => {
      const funcs = isFuncType(e.type, i.module);
      i.elem(n).forEach((to, k) =>
        reference(
          to,
          funcs,
          () => `${named("element segment", n, names.elems, undefined)} of instance ${i.id}, item ${k}`,
        )
      );
    });
    for (const f of i.funcs) visit(f, () => `function ${f.name} of instance ${i.id}`);
  }

  /** What a node is called. */
  describe(node: number): string {
    if (node === ROOT) return "root";
    if (node === HOST) return "the host";
    const ref = this.#refs[node];
    if (ref !== 0 && (ref & 7) === 0) {
      const typeId = this.#heap!.i32[ref >> 2];
      const length = layoutOf(typeId).isArray ? ` of length ${this.#heap!.i32[(ref >> 2) + 1] >>> 0}` : "";
      return `${this.names.type(typeId)}${length}`;
    }
    const thing = ref === 0 ? this.#things[node] : this.store.handles.fromRef(ref);
    if (thing instanceof WasmInstance) return `instance ${thing.id}`;
    if (thing instanceof WasmFunc) {
      return `function ${
        thing.instance === undefined ? thing.hostName : functionName(thing.instance.module, thing.index)
      }`;
    }
    if (thing instanceof WasmTable) return `table of ${typeName(thing.type.element)}`;
    if (thing instanceof WasmGlobal) return `global of ${typeName(thing.type.type)}`;
    if (thing instanceof WasmException) return "exception";
    return `host value (${thing === null ? "null" : typeof thing})`;
  }

  /** Offset of a type in the heap's terms: the canonical type id of an object's node. -1 for other nodes. */
  typeOf(node: number): number {
    const ref = this.#refs[node] ?? 0;
    return ref !== 0 && (ref & 7) === 0 ? this.#heap!.i32[ref >> 2] : -1;
  }

  /** The nodes on a shortest path from the root to a node, and by what each holds the next. */
  path(node: number): PathStep[] {
    const steps: PathStep[] = [];
    for (let to = node; to !== ROOT;) {
      const from = this.graph.parent(to);
      if (from === ROOT && to === HOST) break;
      let by = "";
      this.#edges(from, (x, name) => {
        if (by === "" && this.#find(x) === to) by = name();
      });
      steps.unshift({ by, to: this.describe(to) });
      to = from;
    }
    return steps;
  }
}

/** A step of a path: what is held, and by what of the one before. */
export interface PathStep {
  /** The name of the root, global, field, element, entry, local… */
  readonly by: string;
  /** What it refers to: a type of objects, or what else it is. */
  readonly to: string;
}

/** A slot of an interpreter's frame as a local, by its name, or an operand. */
function frameSlot(func: WasmFunc, slot: number): string {
  const { instance, index } = func;
  if (instance === undefined) return `a slot of ${func.name}`;
  const { module } = instance, f = module.funcs[index];
  const groups = [...func.type.params.map((type) => ({ count: 1, type })), ...f.body?.groups ?? []];
  let at = 0, first = 0;
  for (const { count, type } of groups) {
    const n = (slot - at) / slotsOf(type);
    if (n < count) return `local ${name(module.names.locals.get(index)?.get(first + n), first + n)} of ${func.name}`;
    at += count * slotsOf(type);
    first += count;
  }
  return `an operand of ${func.name}`;
}
function name(known: string | undefined, index: number): string {
  return known === undefined ? String(index) : `$${known}`;
}
