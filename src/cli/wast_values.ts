// Arguments and result patterns of scripts ↔ bits of slots. Takes script values and results, says whether they match.

import { isFuncType } from "../runtime/values.ts";
import type { Store } from "../runtime/store.ts";
import type { ScriptPattern, ScriptValue } from "../text/script_values.ts";
import { F32, Heap, heapOf, type HeapType, isRef, topOf, typeName, TYPES, type ValType } from "../wasm/types.ts";
import { printValue, type Value } from "./values.ts";

/** A script needs something that Strata does not do yet. */
export class Unsupported extends Error {
  override name = "Unsupported";
}

/** What a script does, or what came of it, is not what the script expects. */
export class Mismatch extends Error {
  override name = "Mismatch";
}

/** The slot of an argument for a parameter of type `type`. Throws Unsupported, or Mismatch if it does not fit. */
export function argumentBits(v: ScriptValue, type: ValType, store: Store): bigint {
  switch (v.kind) {
    case "number":
      if (v.type !== type) {
        throw new Mismatch(`the argument is an ${typeName(v.type)}, the parameter an ${typeName(type)}`);
      }
      return v.bits;
    case "null":
      if (!isRef(type)) throw new Mismatch(`the argument is null, the parameter an ${typeName(type)}`);
      return 0n;
    case "extern":
      if (!isRef(type) || isFuncType(type)) {
        throw new Mismatch(`the argument is a host reference, the parameter an ${typeName(type)}`);
      }
      return BigInt(store.handles.toRef(v.value) >>> 0);
    case "host":
    case "v128":
      throw new Unsupported(`${v.kind} values are not supported yet`);
  }
}

/** Whether a result is what a pattern asks for. NaNs are compared by their bits. */
export function matchesPattern(p: ScriptPattern, { type, bits }: Value, store: Store): boolean {
  const ref = Number(BigInt.asUintN(32, bits));
  switch (p.kind) {
    case "number":
      return p.type === type && p.bits === bits;
    case "nan":
      return p.type === type && isNan(bits, type, p.nan === "canonical");
    case "null":
      return isRef(type) && ref === 0 && (p.heap === undefined || sameHierarchy(p.heap, type));
    case "extern":
      return isRef(type) && !isFuncType(type) && ref !== 0 && store.handles.fromRef(ref) === p.value;
    case "ref":
      if (!isRef(type) || ref === 0 || !sameHierarchy(p.heap, type)) return false;
      return p.index === undefined || (isFuncType(type) && store.func(ref).index === p.index);
    case "either":
      return p.patterns.some((x) => matchesPattern(x, { type, bits }, store));
    case "host":
    case "v128":
      throw new Unsupported(`${p.kind} values are not supported yet`);
  }
}

function sameHierarchy(heap: HeapType, type: ValType): boolean {
  return topOf(heap, TYPES) === topOf(heapOf(type), TYPES);
}

/** The quiet bit alone (canonical), or with any payload below it (arithmetic), of either sign (specification, appendix of the script language). */
function isNan(bits: bigint, type: ValType, canonical: boolean): boolean {
  const quiet = type === F32 ? 0x7fc00000n : 0x7ff8000000000000n;
  const magnitude = bits & (type === F32 ? 0x7fffffffn : 0x7fffffffffffffffn);
  return canonical ? magnitude === quiet : (magnitude & quiet) === quiet;
}

/** A pattern for people. */
export function printPattern(p: ScriptPattern, store: Store): string {
  switch (p.kind) {
    case "number":
      return printValue(p, store);
    case "nan":
      return `nan:${p.nan}:${typeName(p.type)}`;
    case "null":
      return "null";
    case "ref":
      return `a reference (${Object.entries(Heap).find(([, h]) => h === p.heap)?.[0].toLowerCase()}${
        p.index === undefined ? "" : ` ${p.index}`
      })`;
    case "either":
      return p.patterns.map((x) => printPattern(x, store)).join(" or ");
    case "v128":
      return `v128 ${p.shape} ${p.lanes.join(" ")}`;
    default:
      return `${p.kind}:${p.value}`;
  }
}
