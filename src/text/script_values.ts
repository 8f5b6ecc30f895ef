// Values and result patterns of .wast scripts. Takes a cursor, gives plain data; numbers are raw bits.

import { F32, F64, Heap, type HeapType, I32, I64, type ValType } from "../wasm/types.ts";
import type { Cursor } from "./cursor.ts";
import { Tok } from "./lexer.ts";
import { heapTypeOfWord } from "./types.ts";
import { parseBits, parseShape, type Shape, SHAPES } from "./vectors.ts";

/** Which NaNs a pattern takes: those whose payload is the quiet bit alone, or all that have it. */
export type NanClass = "canonical" | "arithmetic";

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
    return { kind: "number", type, bits: c.number(parseBits(bits, float), "a number") };
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
  const shape = parseShape(c);
  const { lanes: count, bits, float } = SHAPES[shape];
  const lanes: (bigint | NanClass)[] = [];
  while (!c.isClose()) {
    lanes.push((float ? nanClass(c) : undefined) ?? c.number(parseBits(bits, float), "a lane"));
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
