// Feature flags: what a module may use. What is off turns its instructions and types into errors that name the flag.

import { EXTERNREF, FUNCREF, heapOf, isRef, V128, type ValType } from "./types.ts";

/** The features that modules can be refused for, by the names other engines use. */
export type Feature = "multi-memory" | "memory64" | "threads" | "simd" | "gc" | "exceptions" | "function-references";

/** The features that every tier implements. */
export const SUPPORTED: ReadonlySet<Feature> = new Set<Feature>(["multi-memory"]);

/** The feature that a value type belongs to; undefined for those of WebAssembly 2.0 without SIMD. */
export function featureOfType(t: ValType): Feature | undefined {
  if (t === V128) return "simd";
  if (!isRef(t) || t === FUNCREF || t === EXTERNREF) return undefined;
  return heapOf(t) >= 0 || heapOf(t) === heapOf(FUNCREF) || heapOf(t) === heapOf(EXTERNREF)
    ? "function-references"
    : "gc";
}
