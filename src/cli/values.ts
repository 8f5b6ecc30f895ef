// Values as people write and read them: numbers and references in the text format ↔ the bits of a slot, so that NaN payloads survive.

import { callBits, type Func, innerFunc } from "../api/func.ts";
import { refMatches } from "../runtime/cast.ts";
import type { WasmGlobal } from "../runtime/global.ts";
import type { Store } from "../runtime/store.ts";
import { isFuncType } from "../runtime/values.ts";
import { parseF32, parseF64, parseI32, parseI64, printF32, printF64 } from "../text/numbers.ts";
import { Cursor } from "../text/cursor.ts";
import { Tok, tokenize } from "../text/lexer.ts";
import { parseV128, v128Text } from "../text/vectors.ts";
import { TextError } from "../wasm/errors.ts";
import {
  F32,
  F64,
  Heap,
  heapOf,
  type HeapType,
  I32,
  I64,
  isNullable,
  isRef,
  topOf,
  typeName,
  TYPES,
  V128,
  type ValType,
} from "../wasm/types.ts";
import { UsageError } from "./exit.ts";
import { count } from "./repl/print.ts";
import { funcTypeText } from "../api/type_text.ts";

/** A value with its type. `bits` are those of its slot, or of both slots of a v128, unsigned. */
export interface Value {
  readonly type: ValType;
  readonly bits: bigint;
}

/** Where references that are written come from. */
export interface RefContext {
  readonly store: Store;
  /** The reference of the function `$name` or of an index; undefined if there is none. */
  func?(name: string): number | undefined;
}

const PREFIX = /^(i32|i64|f32|f64|null|extern|func):(.*)$/s;
const NUMBERS: Readonly<Record<string, ValType>> = { i32: I32, i64: I64, f32: F32, f64: F64 };

/**
 * Reads a value of type `type`: `-5`, `0x2a`, `1.5`, `nan:0x200000`, `inf`, `i32x4 1 2 3 4`, also in quotes; with the type before it, `i64:5`; for references `null`, for an externref also
 * an integer or a "string" of the host, for a funcref a function's `$name` or `func:index`. Throws UsageError.
 */
export function parseValue(text: string, type: ValType, context: RefContext): bigint {
  const match = PREFIX.exec(text);
  const prefix = match?.[1];
  if (prefix !== undefined && Object.hasOwn(NUMBERS, prefix)) {
    if (NUMBERS[prefix] !== type) throw new UsageError(`${text} is not a value of type ${typeName(type)}`);
    return parseNumber(match![2], type, text);
  }
  if (type === V128) return parseVector(text);
  return isRef(type) ? parseReference(text, type, context) : parseNumber(text, type, text);
}

/** Reads a value whose type nobody knows: a prefix says it, otherwise an integer is an i32 or, if too large, an i64, and another number an f64. Throws UsageError. */
export function parseFreeValue(text: string): Value {
  const prefix = PREFIX.exec(text)?.[1];
  if (prefix !== undefined && Object.hasOwn(NUMBERS, prefix)) {
    const type = NUMBERS[prefix];
    return { type, bits: parseNumber(text.slice(4), type, text) };
  }
  for (const type of [I32, I64, F64]) {
    const bits = numberBits(text, type);
    if (typeof bits === "bigint") return { type, bits };
  }
  throw new UsageError(`${text} is not a number`);
}

/** The value of a slot, whose upper half means nothing where a value has 32 bits; a v128 has a second slot. */
export function valueOf(slot: bigint, type: ValType, second = 0n): Value {
  if (type === V128) return { type, bits: BigInt.asUintN(64, slot) | (BigInt.asUintN(64, second) << 64n) };
  return { type, bits: BigInt.asUintN(type === I64 || type === F64 ? 64 : 32, slot) };
}

/** Throws UsageError, with `hint` at its end, unless a function takes that many arguments. */
export function checkArgumentCount(func: Func, given: number, hint = ""): void {
  const { params } = func.type;
  if (given === params.length) return;
  const takes = params.length === 0 ? "no arguments" : count(params.length, "argument");
  const type = funcTypeText(func.type);
  throw new UsageError(`${func.name} takes ${takes}, not ${given}${type === "" ? "" : `: ${type}`}${hint}`);
}

/** Calls a function with values. Throws Trap, and what host functions throw. */
export function callWithValues(func: Func, args: readonly Value[]): Value[] {
  const slots = callBits(
    func,
    args.flatMap(({ type, bits }) => type === V128 ? [BigInt.asUintN(64, bits), bits >> 64n] : [bits]),
  );
  let at = 0;
  return innerFunc(func).type.results.map((type) => valueOf(slots[at++], type, type === V128 ? slots[at++] : 0n));
}

/** The value of a global. */
export function globalValue(global: WasmGlobal): Value {
  const { type } = global.type;
  return valueOf(global.bits, type, type === V128 ? global.high : 0n);
}

/** Sets a global to the bits of a value of its type. */
export function setGlobal(global: WasmGlobal, bits: bigint): void {
  global.bits = BigInt.asIntN(64, bits);
  if (global.type.type === V128) global.high = BigInt.asIntN(64, bits >> 64n);
}

/** The sixteen bytes of a v128, from its bits. */
export function v128OfBits(bits: bigint): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, i) => Number((bits >> BigInt(8 * i)) & 0xffn));
}
/** The bits of a v128, from its sixteen bytes. */
export function bitsOfV128(bytes: Uint8Array): bigint {
  return bytes.reduceRight((bits, b) => (bits << 8n) | BigInt(b), 0n);
}

/** Bits, unsigned; or why there are none. */
function numberBits(text: string, type: ValType): bigint | "syntax" | "range" {
  const n = type === I32
    ? parseI32(text)
    : type === I64
    ? parseI64(text)
    : type === F32
    ? parseF32(text)
    : parseF64(text);
  if (typeof n === "string") return n;
  return BigInt.asUintN(type === I32 || type === F32 ? 32 : 64, BigInt(n));
}

function parseNumber(text: string, type: ValType, whole: string): bigint {
  const bits = numberBits(text, type);
  if (bits === "range") throw new UsageError(`${whole} is out of range for ${typeName(type)}`);
  if (bits === "syntax") throw new UsageError(`${whole} is not a value of type ${typeName(type)}`);
  return bits;
}

function parseVector(text: string): bigint {
  try {
    // The shell's words keep their quotes.
    const c = new Cursor(tokenize(text.replace(/^"(.*)"$/s, "$1")));
    const bytes = parseV128(c);
    if (c.kind() === Tok.EOF) return bitsOfV128(bytes);
  } catch (e) {
    if (!(e instanceof TextError)) throw e;
  }
  throw new UsageError(`${text} is not a value of type v128: write a shape and its lanes, like "i32x4 1 2 3 4"`);
}

function parseReference(text: string, type: ValType, { store, func }: RefContext): bigint {
  if (text === "null" || text === `null:${typeName(type)}`) {
    if (!isNullable(type)) throw new UsageError(`null is not a value of type ${typeName(type)}`);
    return 0n;
  }
  let ref: number | undefined, write: string;
  const top = topOf(heapOf(type), TYPES);
  if (top === Heap.FUNC) {
    ref = func?.(text.startsWith("func:") ? text.slice(5) : text);
    write = "null, $name or func:index";
  } else if (top === Heap.EXN) write = "null";
  else {
    const value = hostValue(text.startsWith("extern:") ? text.slice(7) : text);
    if (value !== undefined) ref = store.handles.toRef(value);
    write = 'null, an integer or a "string"';
  }
  const what = `${text} is not a value of type ${typeName(type)}`;
  if (ref === undefined) throw new UsageError(`${what}: write ${write}`);
  if (!refMatches(store, ref, heapOf(type))) throw new UsageError(what);
  return BigInt(ref >>> 0);
}

/** Whether a reference of type `from` is one of type `to` also: types of values are all that keeps memory safe from who writes them. */
export function referenceFits(bits: bigint, from: ValType, to: ValType, store: Store): boolean {
  if (bits === 0n) return isNullable(to);
  return hierarchy(from) === hierarchy(to) && refMatches(store, Number(BigInt.asIntN(32, bits)), heapOf(to));
}

/** The kind of references that a type's are; those of `any` and `extern` are the same. */
function hierarchy(type: ValType): HeapType {
  const top = topOf(heapOf(type), TYPES);
  return top === Heap.EXTERN ? Heap.ANY : top;
}

function hostValue(text: string): unknown {
  const n = parseI32(text);
  if (typeof n === "number") return n;
  if (!/^".*"$/s.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A value as text without its type, e.g. `-5`, `nan:0x200000`, `null`, `$fib`, `extern:7`. */
export function printBits(bits: bigint, type: ValType, store: Store): string {
  switch (type) {
    case I32:
      return String(BigInt.asIntN(32, bits));
    case I64:
      return String(BigInt.asIntN(64, bits));
    case F32:
      return printF32(Number(BigInt.asIntN(32, bits)));
    case F64:
      return printF64(bits);
    case V128:
      return v128Text(v128OfBits(bits));
  }
  const ref = Number(BigInt.asUintN(32, bits));
  if (ref === 0) return "null";
  if (isFuncType(type)) return `$${store.func(ref).name}`;
  const top = topOf(heapOf(type), TYPES);
  if (top === Heap.EXN) return "exception";
  if (!(ref & 1) && !store.handles.isLive(ref)) return `object:0x${ref.toString(16)}`;
  const value = store.handles.fromRef(ref);
  if (typeof value === "number") return `${top === Heap.ANY ? "i31" : "extern"}:${value}`;
  return typeof value === "string" ? JSON.stringify(value) : Deno.inspect(value, { depth: 1, colors: false });
}

/** A value with its type as results are shown: `832040:i32`. */
export function printValue({ bits, type }: Value, store: Store): string {
  return `${printBits(bits, type, store)}:${typeName(type)}`;
}
