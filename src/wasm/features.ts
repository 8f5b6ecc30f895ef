// Feature flags: what a module may use. What is off turns its instructions and types into errors that name the flag.

import { EXTERNREF, FUNCREF, Heap, heapOf, isRef, V128, type ValType } from "./types.ts";

/** A part of the language that a module can be refused for, by the names other engines use. */
export type Feature =
  | "multi-memory"
  | "memory64"
  | "threads"
  | "simd"
  | "relaxed-simd"
  | "tail-calls"
  | "function-references"
  | "gc"
  | "exceptions"
  | "legacy-exceptions"
  | "wide-arithmetic"
  | "custom-page-sizes";

/** The features of WebAssembly 3.0, and the legacy exceptions that toolchains still emit: on unless switched off. */
export const STANDARD_FEATURES: readonly Feature[] = [
  "multi-memory",
  "memory64",
  "simd",
  "relaxed-simd",
  "tail-calls",
  "function-references",
  "gc",
  "exceptions",
  "legacy-exceptions",
];
/** Proposals: off unless switched on. */
export const PROPOSED_FEATURES: readonly Feature[] = ["threads", "wide-arithmetic", "custom-page-sizes"];
/** All features. */
export const FEATURES: readonly Feature[] = [...STANDARD_FEATURES, ...PROPOSED_FEATURES];

/** The features that are on. */
export type FeatureSet = ReadonlySet<Feature>;

/** The set of the standard's features, with some more or fewer. Throws TypeError for a name that is none. */
export function featureSet(change: Readonly<Partial<Record<Feature, boolean>>> = {}): FeatureSet {
  const set = new Set(STANDARD_FEATURES);
  for (const [name, on] of Object.entries(change)) {
    if (!FEATURES.includes(name as Feature)) {
      throw new TypeError(`there is no feature "${name}"; features are ${FEATURES.join(", ")}`);
    }
    if (on) set.add(name as Feature);
    else set.delete(name as Feature);
  }
  return set;
}

/** The feature that a value type belongs to; undefined for those that every module may use. */
export function featureOfType(t: ValType): Feature | undefined {
  if (t === V128) return "simd";
  if (!isRef(t) || t === FUNCREF || t === EXTERNREF) return undefined;
  const h = heapOf(t);
  if (h >= 0 || h === Heap.FUNC || h === Heap.EXTERN) return "function-references";
  return h === Heap.EXN || h === Heap.NOEXN ? "exceptions" : "gc";
}
