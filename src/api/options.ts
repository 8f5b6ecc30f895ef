// What memories, tables, globals and tags are made from by JavaScript: the options, and the checks that turn them into types.

import { PAGE_BYTES } from "../wasm/limits.ts";
import { EXTERNREF, F32, F64, FUNCREF, Heap, I32, I64, refType, type ValType } from "../wasm/types.ts";

const TYPES_BY_NAME: Record<string, ValType> = {
  i32: I32,
  i64: I64,
  f32: F32,
  f64: F64,
  funcref: FUNCREF,
  externref: EXTERNREF,
  anyref: refType(Heap.ANY, true),
  eqref: refType(Heap.EQ, true),
  i31ref: refType(Heap.I31, true),
  structref: refType(Heap.STRUCT, true),
  arrayref: refType(Heap.ARRAY, true),
};
/** Types of references that tables made here can hold. */
export type ElementType = "funcref" | "externref" | "anyref" | "eqref" | "i31ref" | "structref" | "arrayref";

/** What `engine.memory()` takes. Sizes in pages. */
export interface MemoryOptions {
  /** Pages at first. */
  readonly minimum: number;
  /** The most pages it may grow to; default: what its addresses reach. */
  readonly maximum?: number;
  /** Whether Workers can share it; default no. */
  readonly shared?: boolean;
  /** Bytes of a page: 65536, or 1; default 65536. */
  readonly pageSize?: 1 | 65536;
  /** The type of its addresses; default `i32`. */
  readonly address?: "i32" | "i64";
}

/** What `engine.table()` takes. Sizes in entries. */
export interface TableOptions {
  /** A type of references, such as `funcref`. */
  readonly element: ElementType;
  /** Entries at first. */
  readonly minimum: number;
  /** The most entries it may grow to; default: none. */
  readonly maximum?: number;
  /** The type of its indices; default `i32`. */
  readonly address?: "i32" | "i64";
}

/** The value type of a name of the text format. Throws TypeError for one that is none, or whose values JavaScript cannot see. */
export function valueType(name: string): ValType {
  if (!Object.hasOwn(TYPES_BY_NAME, name)) {
    throw new TypeError(`there is no value type ${name}; known are ${Object.keys(TYPES_BY_NAME).join(", ")}`);
  }
  return TYPES_BY_NAME[name];
}

/** Whether addresses have 64 bits. Throws TypeError for a type that addresses cannot have. */
export function checkAddress(type = "i32"): boolean {
  if (type !== "i32" && type !== "i64") throw new TypeError(`addresses are i32 or i64, not ${type}`);
  return type === "i64";
}

/** log2 of a page size. Throws RangeError for one that no memory can have. */
export function checkPageSize(bytes: number): number {
  if (bytes !== 1 && bytes !== PAGE_BYTES) throw new RangeError(`pages are of 1 or ${PAGE_BYTES} bytes, not ${bytes}`);
  return Math.log2(bytes);
}

/** Limits for a type, from sizes as they were given. Throws RangeError unless both are from 0 to `limit`, the minimum not above the maximum. */
export function checkLimits(
  l: { readonly minimum: number; readonly maximum?: number },
  limit: number,
): { minimum: bigint; maximum: bigint | undefined } {
  const valid = (n: number) => Number.isInteger(n) && n >= 0 && n <= limit;
  if (!valid(l.minimum) || (l.maximum !== undefined && (!valid(l.maximum) || l.maximum < l.minimum))) {
    throw new RangeError(`limits ${l.minimum}, ${l.maximum} are not within 0 to ${limit}, minimum first`);
  }
  return { minimum: BigInt(l.minimum), maximum: l.maximum === undefined ? undefined : BigInt(l.maximum) };
}

/** A span of time. Throws RangeError for one that is no number from 0 on. */
export function checkMilliseconds(ms: number): number {
  if (typeof ms !== "number" || !(ms >= 0)) throw new RangeError(`milliseconds are a number from 0 on, not ${ms}`);
  return ms;
}
