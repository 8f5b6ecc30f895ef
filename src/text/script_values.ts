// Values and result patterns of .wast scripts. Takes a cursor, gives plain data; numbers are raw bits.

import { F32, F64, Heap, type HeapType, I32, I64, type ValType } from "../wasm/types.ts";
import type { Cursor } from "./cursor.ts";
import { Tok } from "./lexer.ts";
import { type NumberFault, parseF32, parseF64, parseInteger } from "./numbers.ts";
import { heapTypeOfWord } from "./types.ts";

/** Which NaNs a pattern takes: those whose payload is the quiet bit alone, or all that have it. */
export type NanClass = "canonical" | "arithmetic";
/** The shapes of a v128 in a script. */
export type Shape = "i8x16" | "i16x8" | "i32x4" | "i64x2" | "f32x4" | "f64x2";

/** An argument, or a result pattern that takes one value only. `bits` are unsigned. */
export type ScriptValue =
  | { readonly kind: "number"; readonly type: ValType; readonly bits: bigint }
  | { readonly kind: "v128"; readonly shape: Shape; readonly lanes: readonly (bigint | NanClass)[] }
  /** `heap` is undefined where the script names none, or a type of a module. */
  | { readonly kind: "null"; readonly heap: HeapType | undefined }
  | { readonly kind: "extern" | "host"; readonly value: number };
/** What a result has to match. */
export type ScriptPattern =
  | ScriptValue
  | { readonly kind: "nan"; readonly type: ValType; readonly nan: NanClass }
  /** A reference that is not null, of the heap type; `index` is given by `(ref.func n)`. */
  | { readonly kind: "ref"; readonly heap: HeapType; readonly index: number | undefined }
  | { readonly kind: "either"; readonly patterns: readonly ScriptPattern[] };

/** Lanes, bits per lane, and whether they are floats. */
export const SHAPES: Readonly<
  Record<Shape, { readonly lanes: number; readonly bits: number; readonly float: boolean }>
> = {
  i8x16: { lanes: 16, bits: 8, float: false },
  i16x8: { lanes: 8, bits: 16, float: false },
  i32x4: { lanes: 4, bits: 32, float: false },
  i64x2: { lanes: 2, bits: 64, float: false },
  f32x4: { lanes: 4, bits: 32, float: true },
  f64x2: { lanes: 2, bits: 64, float: true },
};

/** The 16 bytes of a v128 without NaN patterns. */
export function v128Bytes(shape: Shape, lanes: readonly (bigint | NanClass)[]): Uint8Array {
  const bytes = new Uint8Array(16), size = SHAPES[shape].bits / 8;
  lanes.forEach((lane, i) => {
    let rest = typeof lane === "bigint" ? lane : 0n;
    for (let k = 0; k < size; k++, rest >>= 8n) bytes[i * size + k] = Number(rest & 0xffn);
  });
  return bytes;
}

function unsigned(bits: number, float: boolean): (text: string) => bigint | NumberFault {
  return (text) => {
    const n = !float ? parseInteger(text, bits) : bits === 64 ? parseF64(text) : parseF32(text);
    return typeof n === "string" ? n : BigInt.asUintN(bits, BigInt(n));
  };
}
function nanClass(c: Cursor): NanClass | undefined {
  return c.word("nan:canonical") ? "canonical" : c.word("nan:arithmetic") ? "arithmetic" : undefined;
}

const NUMBERS: Readonly<Record<string, readonly [ValType, number, boolean]>> = {
  "i32.const": [I32, 32, false],
  "i64.const": [I64, 64, false],
  "f32.const": [F32, 32, true],
  "f64.const": [F64, 64, true],
};
const REFS: Readonly<Record<string, HeapType>> = {
  "ref.func": Heap.FUNC,
  "ref.extern": Heap.EXTERN,
  "ref.host": Heap.ANY,
  "ref.any": Heap.ANY,
  "ref.eq": Heap.EQ,
  "ref.i31": Heap.I31,
  "ref.struct": Heap.STRUCT,
  "ref.array": Heap.ARRAY,
  "ref.exn": Heap.EXN,
};

/** One result pattern in parentheses. */
export function parsePattern(c: Cursor): ScriptPattern {
  c.open("a value");
  const pattern = parseInside(c);
  c.close();
  return pattern;
}
function parseInside(c: Cursor): ScriptPattern {
  if (c.word("either")) {
    const patterns: ScriptPattern[] = [];
    while (!c.isClose()) patterns.push(parsePattern(c));
    return { kind: "either", patterns };
  }
  if (c.word("v128.const")) return parseV128(c);
  if (c.word("ref.null")) {
    if (c.isClose()) return { kind: "null", heap: undefined };
    const heap = c.kind() === Tok.ATOM ? heapTypeOfWord(c.text()) : undefined;
    if (heap === undefined && !c.isIndex()) c.skipForm();
    else c.pos++;
    return { kind: "null", heap };
  }
  const word = c.kind() === Tok.ATOM ? c.text() : "";
  if (Object.hasOwn(NUMBERS, word)) {
    c.pos++;
    const [type, bits, float] = NUMBERS[word];
    const nan = float ? nanClass(c) : undefined;
    if (nan !== undefined) return { kind: "nan", type, nan };
    return { kind: "number", type, bits: c.number(unsigned(bits, float), "a number") };
  }
  if (!Object.hasOwn(REFS, word)) c.unexpected("a value");
  c.pos++;
  const heap = REFS[word];
  if (c.isClose()) return { kind: "ref", heap, index: undefined };
  if (c.kind() === Tok.ID) {
    c.pos++;
    return { kind: "ref", heap, index: undefined };
  }
  const index = c.u32("a number");
  if (heap === Heap.EXTERN || heap === Heap.ANY) {
    return { kind: heap === Heap.EXTERN ? "extern" : "host", value: index };
  }
  return { kind: "ref", heap, index };
}

function parseV128(c: Cursor): ScriptPattern {
  const word = c.kind() === Tok.ATOM ? c.text() : "";
  if (!Object.hasOwn(SHAPES, word)) c.unexpected("a vector shape");
  c.pos++;
  const shape = word as Shape;
  const { lanes: count, bits, float } = SHAPES[shape];
  const lanes: (bigint | NanClass)[] = [];
  while (!c.isClose()) {
    lanes.push((float ? nanClass(c) : undefined) ?? c.number(unsigned(bits, float), "a lane"));
  }
  if (lanes.length !== count) c.fail("wrong number of lane literals");
  return { kind: "v128", shape, lanes };
}

/** One argument in parentheses: a pattern that stands for one value. */
export function parseValue(c: Cursor): ScriptValue {
  const at = c.pos;
  const p = parsePattern(c);
  if (p.kind === "nan" || p.kind === "ref" || p.kind === "either") {
    c.fail("unexpected token: a pattern is no argument", at);
  }
  return p;
}
