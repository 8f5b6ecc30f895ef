// Counts of what lives in a heap, by type: the census, differences of two, and retained sizes. Takes a store right after a collection, or the graph of one.

import type { HeapGraph } from "./heap_graph.ts";
import type { Store } from "./store.ts";
import { TypeNames } from "./type_names.ts";

/** Objects of one type. */
export interface TypeCensus {
  /** The type's `$name` in a module, else what it looks like in the text format. */
  readonly type: string;
  /** How many there are. */
  readonly objects: number;
  /** Their bytes. */
  readonly bytes: number;
}

/** What lives in a heap. */
export interface Census {
  /** All objects. */
  readonly objects: number;
  /** Their bytes. */
  readonly bytes: number;
  /** By type, those with most bytes first. */
  readonly types: readonly TypeCensus[];
}

/** How the objects of a type became more or fewer. */
export interface CensusDifference {
  /** The type, as a census has it. */
  readonly type: string;
  /** How many more; negative for fewer. */
  readonly objects: number;
  /** How many bytes more. */
  readonly bytes: number;
}

/** Counts the objects of a store's heap, right after a collection. */
export function censusOf(store: Store): Census {
  const names = new TypeNames(store);
  const types = new Map<string, { type: string; objects: number; bytes: number }>();
  let objects = 0, bytes = 0;
  for (const { typeId, kept, keptBytes, freed, freedBytes } of store.heapInUse?.countTypes() ?? []) {
    const n = kept + freed, b = keptBytes + freedBytes, type = names.type(typeId);
    objects += n;
    bytes += b;
    const sum = types.get(type) ?? { type, objects: 0, bytes: 0 };
    sum.objects += n;
    sum.bytes += b;
    types.set(type, sum);
  }
  return { objects, bytes, types: [...types.values()].sort((a, b) => b.bytes - a.bytes) };
}

/** What changed from one census to another; types that grew most first. */
export function difference(before: Census, after: Census): CensusDifference[] {
  const old = new Map(before.types.map((t) => [t.type, t]));
  const now = new Map(after.types.map((t) => [t.type, t]));
  return [...new Set([...now.keys(), ...old.keys()])].map((type) => ({
    type,
    objects: (now.get(type)?.objects ?? 0) - (old.get(type)?.objects ?? 0),
    bytes: (now.get(type)?.bytes ?? 0) - (old.get(type)?.bytes ?? 0),
  })).filter((t) => t.objects !== 0 || t.bytes !== 0).sort((a, b) => b.bytes - a.bytes);
}

/** What goes with what. */
export interface RetainedReport {
  /** By type: the bytes of its objects, and of all that would go with them were they all gone one by one. Objects below others of the same type count once. */
  readonly types: readonly {
    readonly type: string;
    readonly objects: number;
    readonly bytes: number;
    readonly retainedBytes: number;
  }[];
  /** The objects that retain most, the first most of all, each with a shortest path to it. */
  readonly objects: readonly {
    readonly type: string;
    readonly bytes: number;
    readonly retainedBytes: number;
    readonly path: readonly string[];
  }[];
}

/** Retained sizes of a graph; the `limit` objects that retain most are listed. */
export function retainedOf(of: HeapGraph, limit: number): RetainedReport {
  const { graph, names } = of;
  const dominators = graph.dominators(), sizes = of.sizes(), retained = graph.retained(sizes, dominators);
  const types = new Map<string, { type: string; objects: number; bytes: number; retainedBytes: number }>();
  // Types of the objects that dominate a node, without repetition: a list per node that shares its tail.
  const within: (Types | undefined)[] = [];
  const typesWithin = (node: number): Types | undefined => {
    const way: number[] = [];
    for (let n = node; n !== 0 && within[n] === undefined; n = dominators[n]) way.push(n);
    for (let n = way.pop(); n !== undefined; n = way.pop()) {
      const above = within[dominators[n]], type = of.typeOf(n);
      within[n] = type < 0 || has(above, type) ? above ?? NO_TYPES : { type, above };
    }
    return within[node];
  };
  const top: number[] = [];
  for (let node = 0; node < graph.size; node++) {
    const id = of.typeOf(node);
    if (id < 0) continue;
    const type = names.type(id);
    let sum = types.get(type);
    if (sum === undefined) types.set(type, sum = { type, objects: 0, bytes: 0, retainedBytes: 0 });
    sum.objects++;
    sum.bytes += sizes[node];
    if (!has(typesWithin(dominators[node]), id)) sum.retainedBytes += retained[node];
    if (top.length < limit || retained[node] > retained[top[top.length - 1]]) {
      top.push(node);
      top.sort((a, b) => retained[b] - retained[a]);
      if (top.length > limit) top.length = limit;
    }
  }
  return {
    types: [...types.values()].sort((a, b) => b.retainedBytes - a.retainedBytes),
    objects: top.map((node) => ({
      type: names.type(of.typeOf(node)),
      bytes: sizes[node],
      retainedBytes: retained[node],
      path: of.path(node).map((step) => step.by),
    })),
  };
}

interface Types {
  readonly type: number;
  readonly above: Types | undefined;
}
const NO_TYPES: Types = { type: -1, above: undefined };

function has(types: Types | undefined, type: number): boolean {
  for (let t = types; t !== undefined; t = t.above) if (t.type === type) return true;
  return false;
}
