// JavaScript values ↔ slots, as the JS API converts them (WebAssembly JavaScript Interface, ToWebAssemblyValue and ToJSValue).
// Floats of slots are handled as bits wherever they are only moved.

import {
  F32,
  F64,
  Heap,
  heapOf,
  I32,
  I64,
  isNullable,
  isRef,
  topOf,
  typeName,
  TYPES,
  type TypeSpace,
  V128,
  type ValType,
} from "../wasm/types.ts";
import { refMatches } from "./cast.ts";
import type { Store } from "./store.ts";

const SCRATCH = new ArrayBuffer(8);
const S32 = new Int32Array(SCRATCH), SF32 = new Float32Array(SCRATCH);
const SF64 = new Float64Array(SCRATCH), S64 = new BigInt64Array(SCRATCH);
/** In the high half of a float64: what makes a NaN a quiet one. */
const QUIET_HIGH = 0x80000;

/** Bits of a float32, rounded from a number. */
export function f32Bits(v: number): number {
  SF32[0] = v;
  return S32[0];
}
/** The number of float32 bits. */
export function f32FromBits(bits: number): number {
  S32[0] = bits;
  return SF32[0];
}
/** Bits of a float64. */
export function f64Bits(v: number): bigint {
  SF64[0] = v;
  return S64[0];
}
/** The number of float64 bits. */
export function f64FromBits(bits: bigint): number {
  S64[0] = bits;
  return SF64[0];
}

/** Writes a JavaScript value of type `t` to slot `at`. Throws TypeError when there is no conversion. */
export function writeSlot(store: Store, words: Int32Array, at: number, t: ValType, value: unknown): void {
  const w = at << 1;
  switch (t) {
    case I32:
      words[w] = typeof value === "number" ? value : +(value as number) | 0;
      words[w + 1] = 0;
      return;
    case I64: {
      if (typeof value === "number") throw new TypeError(`an i64 needs a bigint, not ${describe(value)}`);
      // The assignment converts what is no bigint yet, as ToBigInt does.
      S64[0] = value as bigint;
      words[w] = S32[0];
      words[w + 1] = S32[1];
      return;
    }
    case F32:
      SF32[0] = +(value as number);
      words[w] = S32[0];
      words[w + 1] = 0;
      return;
    case F64: {
      const number = +(value as number);
      SF64[0] = number;
      words[w] = S32[0];
      // No NaN of JavaScript is a signalling one of Wasm (ToWebAssemblyValue), but V8 writes `undefined` so.
      words[w + 1] = number === number ? S32[1] : S32[1] | QUIET_HIGH;
      return;
    }
    case V128:
      throw new TypeError("a v128 has no value in JavaScript");
    default:
      words[w] = toRef(store, t, value);
      words[w + 1] = 0;
  }
}

/**
 * Writes JavaScript values of the given types to neighbouring slots. Throws TypeError when there is no conversion.
 * Conversions that can run JavaScript come first: it must find neither references that nobody holds nor slots half filled.
 */
export function writeSlots(
  store: Store,
  words: Int32Array,
  at: number,
  types: readonly ValType[],
  values: ArrayLike<unknown>,
): void {
  for (let i = 0; i < types.length; i++) {
    const value = values[i];
    if (runsJavaScript(types[i], value)) {
      const numbers = types.map((t, k) => primitive(store, t, values[k]));
      return writeSlots(store, words, at, types, numbers);
    }
    writeSlot(store, words, at + i, types[i], value);
  }
}

/** Whether the conversion of a value calls its `valueOf` or the like. */
function runsJavaScript(t: ValType, value: unknown): boolean {
  return (typeof value === "object" || typeof value === "function") && value !== null &&
    (t === I32 || t === F32 || t === F64 || t === I64);
}

/** What a value is converted to before it becomes bits. Throws TypeError when there is no conversion. */
function primitive(store: Store, t: ValType, value: unknown): unknown {
  if (t === I64) return BigInt.asIntN(64, value as bigint);
  if (t === I32 || t === F32 || t === F64) return +(value as number);
  toRef(store, t, value);
  return value;
}

/** The JavaScript value of type `t` in slot `at`. */
export function readSlot(store: Store, words: Int32Array, at: number, t: ValType): unknown {
  const w = at << 1;
  switch (t) {
    case I32:
      return words[w];
    case I64:
      S32[0] = words[w];
      S32[1] = words[w + 1];
      return S64[0];
    case F32:
      S32[0] = words[w];
      return SF32[0];
    case F64:
      S32[0] = words[w];
      S32[1] = words[w + 1];
      return SF64[0];
    case V128:
      throw new TypeError("a v128 has no value in JavaScript");
    default:
      return fromRef(store, t, words[w]);
  }
}

/** The reference of type `t` that stands for a JavaScript value. Throws TypeError when there is none. */
export function toRef(store: Store, t: ValType, value: unknown): number {
  if (!isRef(t) || isExnType(t)) throw new TypeError(`no conversion to ${typeName(t)}`);
  if (value === null) {
    if (!isNullable(t)) throw new TypeError(`null is not a ${typeName(t)}`);
    return 0;
  }
  const heap = heapOf(t);
  switch (topOf(heap, TYPES)) {
    case Heap.EXTERN:
    case Heap.ANY: {
      const ref = store.objects.refOf(value) ?? store.handles.toRef(value);
      if (!refMatches(store, ref, heap)) throw new TypeError(`${describe(value)} is not a ${typeName(t)}`);
      return ref;
    }
    case Heap.FUNC: {
      const func = store.funcOf(value);
      if (func === undefined) throw new TypeError(`${describe(value)} is not a WebAssembly function of this engine`);
      if (func.freed) throw new TypeError(`${func.name} belongs to an instance that was disposed of`);
      if (heap === Heap.NOFUNC || (heap >= 0 && !TYPES.isSubtype(func.typeId, heap))) {
        throw new TypeError(`the function is not a ${typeName(t)}`);
      }
      return func.ref;
    }
  }
  throw new TypeError(`no conversion to ${typeName(t)}`);
}

/** The JavaScript value of a reference of type `t`. */
export function fromRef(store: Store, t: ValType, ref: number): unknown {
  if (isExnType(t)) throw new TypeError("an exnref has no value in JavaScript");
  if (ref === 0) return null;
  if (topOf(heapOf(t), TYPES) === Heap.FUNC) return store.exportFunc(store.func(ref));
  return (ref & 7) === 0 ? store.objects.valueOf(ref) : store.handles.fromRef(ref);
}

/** Whether references of type `t` are those of exceptions. */
export function isExnType(t: ValType): boolean {
  return isRef(t) && topOf(heapOf(t), TYPES) === Heap.EXN;
}

/** Whether references of type `t`, a type of `space`, are function references. */
export function isFuncType(t: ValType, space: TypeSpace = TYPES): boolean {
  return isRef(t) && topOf(heapOf(t), space) === Heap.FUNC;
}

function describe(value: unknown): string {
  if (typeof value === "function") return "a function";
  return value === null ? "null" : typeof value === "object" ? "an object" : `the ${typeof value} ${String(value)}`;
}
