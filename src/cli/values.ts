// Values as people write and read them: numbers and references in the text format ↔ the bits of a slot, so that NaN payloads survive.

import type { Store } from "../runtime/store.ts";
import { isFuncType } from "../runtime/values.ts";
import { parseF32, parseF64, parseI32, parseI64, printF32, printF64 } from "../text/numbers.ts";
import { F32, F64, I32, I64, isNullable, isRef, typeName, type ValType } from "../wasm/types.ts";
import { UsageError } from "./exit.ts";

/** A value with its type. `bits` are those of its slot, unsigned. */
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
 * Reads a value of type `type`: `-5`, `0x2a`, `1.5`, `nan:0x200000`, `inf`; with the type before it, `i64:5`; for references `null`, for an externref also
 * an integer or a "string" of the host, for a funcref a function's `$name` or `func:index`. Throws UsageError.
 */
export function parseValue(text: string, type: ValType, context: RefContext): bigint {
  const match = PREFIX.exec(text);
  const prefix = match?.[1];
  if (prefix !== undefined && Object.hasOwn(NUMBERS, prefix)) {
    if (NUMBERS[prefix] !== type) throw new UsageError(`${text} is not a value of type ${typeName(type)}`);
    return parseNumber(match![2], type, text);
  }
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

/** The value of a slot, whose upper half means nothing where a value has 32 bits. */
export function valueOf(slot: bigint, type: ValType): Value {
  return { type, bits: BigInt.asUintN(type === I64 || type === F64 ? 64 : 32, slot) };
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

function parseReference(text: string, type: ValType, { store, func }: RefContext): bigint {
  if (text === "null" || text === `null:${typeName(type)}`) {
    if (!isNullable(type)) throw new UsageError(`null is not a value of type ${typeName(type)}`);
    return 0n;
  }
  if (isFuncType(type)) {
    const ref = func?.(text.startsWith("func:") ? text.slice(5) : text);
    if (ref === undefined) {
      throw new UsageError(`${text} is not a value of type ${typeName(type)}: write null, $name or func:index`);
    }
    return BigInt(ref >>> 0);
  }
  const value = hostValue(text.startsWith("extern:") ? text.slice(7) : text);
  if (value === undefined) {
    throw new UsageError(`${text} is not a value of type ${typeName(type)}: write null, an integer or a "string"`);
  }
  return BigInt(store.handles.toRef(value) >>> 0);
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
  }
  const ref = Number(BigInt.asUintN(32, bits));
  if (ref === 0) return "null";
  if (isFuncType(type)) return `$${store.func(ref).name}`;
  const value = store.handles.fromRef(ref);
  if (typeof value === "number") return `extern:${value}`;
  return typeof value === "string" ? JSON.stringify(value) : Deno.inspect(value, { depth: 1, colors: false });
}

/** A value with its type as results are shown: `832040:i32`. */
export function printValue({ bits, type }: Value, store: Store): string {
  return `${printBits(bits, type, store)}:${typeName(type)}`;
}
