// The public Heap: what lives in an engine's heap of structures and arrays, and why. Everything it tells is a plain object, after a collection of its own.

import type { Context } from "../engine/context.ts";
import type { HeapFill } from "../gc/heap.ts";
import { type AllocationSite, AllocationSites } from "../runtime/allocation_sites.ts";
import {
  type Census,
  type CensusDifference,
  censusOf,
  difference,
  retainedOf,
  type RetainedReport,
} from "../runtime/census.ts";
import { HeapGraph, type PathStep } from "../runtime/heap_graph.ts";
import { verifyHeap } from "../runtime/verify.ts";

/** How a value is kept alive. */
export interface RetainingPath {
  /** What is asked about. */
  readonly target: string;
  /** From a root to it: each step says by what it is held, and what that is. The shortest there is; from what the host holds (roots that it added, values of objects) only if there is no other. */
  readonly steps: readonly PathStep[];
  /** Bytes of the objects that would go with it. */
  readonly retainedBytes: number;
}

/**
 * The heap of an engine, made by {@link Engine.heap}.
 *
 * ```ts
 * import { Engine } from "../../mod.ts";
 *
 * const engine = new Engine(), { heap } = engine;
 * using instance = engine.load(`(module
 *   (type $node (struct (field $next (ref null $node))))
 *   (global $list (mut (ref null $node)) (ref.null $node))
 *   (func (export "push") (global.set $list (struct.new $node (global.get $list)))))`);
 * const before = heap.census();
 * instance.exports.push();
 * instance.exports.push();
 * console.log(heap.diff(before, heap.census())); // [ { type: "$node", objects: 2, bytes: 32 } ]
 * console.log(heap.retainingPath("$node")?.steps.map((s) => s.by)); // why one of them is alive
 * ```
 */
export class Heap {
  readonly #context: Context;

  /** Takes the engine's inner side: `engine.heap` is the way to one. */
  constructor(context: Context) {
    this.#context = context;
  }

  /** Bytes of objects that survived the last collection, and what was handed out for objects since. */
  get occupiedBytes(): number {
    return this.#context.store.heapInUse?.occupiedBytes ?? 0;
  }
  /** Where memory is: see {@link HeapSpaces}. */
  get spaces(): HeapSpaces {
    const { heapInUse: heap, handles } = this.#context.store;
    const { maxBytes } = this.#context.config.heap;
    return { ...(heap?.spaces() ?? NO_SPACES), maxBytes, hostReferences: handles.size };
  }

  /** Counts objects and their bytes by type. Collects first. */
  census(): Census {
    this.#context.collect();
    return censusOf(this.#context.store);
  }

  /** What changed from one census to another, of this or another heap: the types whose counts differ, those that grew most first. */
  static diff(before: Census, after: Census): CensusDifference[] {
    return difference(before, after);
  }
  /** As {@link Heap.diff}. */
  diff(before: Census, after: Census): CensusDifference[] {
    return difference(before, after);
  }

  /**
   * Why a value is alive: an object of the heap, a host value that Wasm has, or a function of this engine. A string that is the name of a type (as a census has it, `$node`) means one
   * of its objects. Collects first. Undefined when nothing but perhaps the given value itself keeps it. Throws TypeError for a value that Wasm does not have.
   */
  retainingPath(value: unknown): RetainingPath | undefined {
    const { store } = this.#context;
    this.#context.collect();
    const graph = new HeapGraph(store);
    const node = this.#nodeOf(graph, value);
    if (node === undefined) return undefined;
    const dominators = graph.graph.dominators();
    const retainedBytes = graph.graph.retained(graph.sizes(), dominators)[node];
    return { target: graph.describe(node), steps: graph.path(node), retainedBytes };
  }

  #nodeOf(graph: HeapGraph, value: unknown): number | undefined {
    const { store } = this.#context;
    const func = store.funcOf(value);
    if (func !== undefined) return graph.node(func);
    const ref = store.objects.refOf(value) ?? store.handles.known(value);
    if (ref !== undefined) return graph.node(ref);
    if (typeof value === "string") {
      for (let node = 0; node < graph.graph.size; node++) {
        const type = graph.typeOf(node);
        if (type >= 0 && graph.names.type(type) === value) return node;
      }
      throw new TypeError(`there is no object of a type "${value}", nor does Wasm have that string`);
    }
    throw new TypeError("Wasm of this engine does not have that value");
  }

  /**
   * How much memory goes with what: the bytes that each type's objects dominate, and the `limit` objects (default 20) that retain most. Collects first.
   */
  retained(limit = 20): RetainedReport {
    this.#context.collect();
    return retainedOf(new HeapGraph(this.#context.store), limit);
  }

  /** Bytes that would go with a value, its own included. Collects first. Throws TypeError as retainingPath() does; 0 for what is not alive. */
  retainedBytes(value: unknown): number {
    return this.retainingPath(value)?.retainedBytes ?? 0;
  }

  /** Switches counting of allocations by function, offset and type on or off, for what is allocated from now on. Allocations take longer meanwhile; switched on anew, it begins with nothing. */
  traceAllocations(on: boolean): void {
    this.#sites?.stop();
    if (on) this.#sites = new AllocationSites(this.#context.store);
  }
  #sites: AllocationSites | undefined;

  /** What was allocated where since counting was switched on; empty if it never was. Sites with most bytes first. */
  get allocationSites(): AllocationSite[] {
    return this.#sites?.list() ?? [];
  }

  /**
   * Checks the whole heap: each object's header, type and size, each reference, the maps of free room. Collects first. Gives how many objects there are. Throws BugError for
   * the first thing that is wrong, which is a fault of Strata.
   */
  verify(): number {
    this.#context.collect();
    return verifyHeap(this.#context.store);
  }
}

/** Where the memory of a heap is. */
export interface HeapSpaces extends HeapFill {
  /** What objects may take together. */
  readonly maxBytes: number;
  /** Host values that Wasm may have. */
  readonly hostReferences: number;
}

const NO_SPACES: HeapFill = {
  committedBytes: 0,
  smallBytes: 0,
  lineBytes: 0,
  largeObjects: 0,
  largeBytes: 0,
  freeBytes: 0,
  budgetBytes: 0,
};
