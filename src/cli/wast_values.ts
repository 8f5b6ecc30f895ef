// Arguments and result patterns of scripts ↔ bits of slots. Takes script values and results, says whether they match.

import { refMatches } from "../runtime/cast.ts";
import { isFuncType } from "../runtime/values.ts";
import type { Store } from "../runtime/store.ts";
import type { ScriptPattern, ScriptValue } from "../text/script_values.ts";
import { SHAPES, v128Bytes } from "../text/vectors.ts";
import {
  F32,
  Heap,
  heapOf,
  type HeapType,
  isNullable,
  isRef,
  topOf,
  typeName,
  TYPES,
  V128,
  type ValType,
} from "../wasm/types.ts";
import { bitsOfV128, printValue, type Value } from "./values.ts";

/** A script needs something that Strata does not do yet. */
export class Unsupported extends Error {
  override name = "Unsupported";
}

/** What a script does, or what came of it, is not what the script expects. */
export class Mismatch extends Error {
  override name = "Mismatch";
}

/** A value of the host that scripts write as a number: no integer, which `any.convert_extern` would turn into an i31. */
class HostValue {
  constructor(readonly number: number) {}
}
const HOST_VALUES = new Map<number, HostValue>();
function hostValue(number: number): HostValue {
  let value = HOST_VALUES.get(number);
  if (value === undefined) HOST_VALUES.set(number, value = new HostValue(number));
  return value;
}

/** The bits of an argument for a parameter of type `type`. Throws Mismatch if it does not fit. */
export function argumentBits(v: ScriptValue, type: ValType, store: Store): bigint {
  const misfit = (what: string) => new Mismatch(`the argument is ${what}, the parameter an ${typeName(type)}`);
  switch (v.kind) {
    case "number":
      if (v.type !== type) throw misfit(`an ${typeName(v.type)}`);
      return v.bits;
    case "v128":
      if (type !== V128) throw misfit("a v128");
      return bitsOfV128(v128Bytes(v.shape, v.lanes.map((lane) => typeof lane === "bigint" ? lane : 0n)));
    case "null":
      if (!isRef(type) || !isNullable(type)) throw misfit("null");
      return 0n;
    case "extern":
    case "host": {
      const top = v.kind === "extern" ? Heap.EXTERN : Heap.ANY;
      if (!isRef(type) || heapOf(type) !== top) throw misfit("a host reference");
      return BigInt(store.handles.toRef(hostValue(v.value)) >>> 0);
    }
  }
}

/** Whether a result is what a pattern asks for. NaNs are compared by their bits. */
export function matchesPattern(p: ScriptPattern, { type, bits }: Value, store: Store): boolean {
  const ref = Number(BigInt.asUintN(32, bits));
  switch (p.kind) {
    case "number":
      return p.type === type && p.bits === bits;
    case "nan":
      return p.type === type && isNan(bits, type === F32, p.nan === "canonical");
    case "v128":
      return type === V128 && lanesMatch(p, bits);
    case "null":
      return isRef(type) && ref === 0 && (p.heap === undefined || sameHierarchy(p.heap, type));
    case "extern":
    case "host":
      return isRef(type) && sameHierarchy(p.kind === "extern" ? Heap.EXTERN : Heap.ANY, type) &&
        store.handles.isLive(ref) && store.handles.fromRef(ref) === hostValue(p.value);
    case "ref":
      if (!isRef(type) || ref === 0 || !sameHierarchy(p.heap, type)) return false;
      if (p.index !== undefined) return isFuncType(type) && store.func(ref).index === p.index;
      return refMatches(store, ref, p.heap);
    case "either":
      return p.patterns.some((x) => matchesPattern(x, { type, bits }, store));
  }
}

function lanesMatch(p: Extract<ScriptPattern, { kind: "v128" }>, bits: bigint): boolean {
  const { bits: width } = SHAPES[p.shape];
  return p.lanes.every((lane, i) => {
    const found = BigInt.asUintN(width, bits >> BigInt(i * width));
    return typeof lane === "bigint" ? lane === found : isNan(found, width === 32, lane === "canonical");
  });
}

function sameHierarchy(heap: HeapType, type: ValType): boolean {
  return topOf(heap, TYPES) === topOf(heapOf(type), TYPES);
}

/** The quiet bit alone (canonical), or with any payload below it (arithmetic), of either sign (specification, appendix of the script language). */
function isNan(bits: bigint, single: boolean, canonical: boolean): boolean {
  const quiet = single ? 0x7fc00000n : 0x7ff8000000000000n;
  const magnitude = bits & (single ? 0x7fffffffn : 0x7fffffffffffffffn);
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
      return `v128 ${p.shape} ${
        p.lanes.map((x) => typeof x === "bigint" ? "0x" + x.toString(16) : `nan:${x}`).join(" ")
      }`;
    default:
      return `${p.kind}:${p.value}`;
  }
}
