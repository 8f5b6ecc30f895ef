// Vector constants of the text format (specification 6.5.9): the shapes, their lanes, and the sixteen bytes that those are.

import type { Cursor } from "./cursor.ts";
import { Tok } from "./lexer.ts";
import { isNumber, type NumberFault, parseF32, parseF64, parseInteger, parseUnsigned } from "./numbers.ts";

/** The shapes of a vector. */
export type Shape = "i8x16" | "i16x8" | "i32x4" | "i64x2" | "f32x4" | "f64x2";

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

/** What reads a number of so many bits, as unsigned bits. */
export function parseBits(bits: number, float: boolean): (text: string) => bigint | NumberFault {
  return (text) => {
    const n = !float ? parseInteger(text, bits) : bits === 64 ? parseF64(text) : parseF32(text);
    return typeof n === "string" ? n : BigInt.asUintN(bits, BigInt(n));
  };
}

/** The shape at the cursor, which is taken. */
export function parseShape(c: Cursor): Shape {
  const word = c.kind() === Tok.ATOM ? c.text() : "";
  if (!Object.hasOwn(SHAPES, word)) c.unexpected("a vector shape");
  c.pos++;
  return word as Shape;
}

/** A shape and its lanes, as sixteen bytes. */
export function parseV128(c: Cursor): Uint8Array {
  const shape = parseShape(c);
  const { lanes: count, bits, float } = SHAPES[shape];
  const given = countNumbers(c);
  if (given !== count) {
    c.pos += given;
    if (given < count && (c.kind() === Tok.ATOM || c.kind() === Tok.RESERVED)) c.unexpected("a lane");
    c.fail("wrong number of lane literals");
  }
  const parse = parseBits(bits, float);
  const lanes = Array.from({ length: count }, () => c.number(parse, "a lane"));
  return v128Bytes(shape, lanes);
}

/** How many numbers follow. */
function countNumbers(c: Cursor): number {
  const start = c.pos;
  while (c.kind() === Tok.ATOM && isNumber(c.text())) c.pos++;
  const count = c.pos - start;
  c.pos = start;
  return count;
}

/** The sixteen lane indices of a shuffle. */
export function parseShuffle(c: Cursor): Uint8Array {
  if (countNumbers(c) !== 16) c.fail("invalid lane length");
  return Uint8Array.from({ length: 16 }, () => {
    if (parseUnsigned(c.text(), 8) === "syntax") c.fail(LANE_RANGE);
    return parseLane(c);
  });
}

const LANE_RANGE = "i8 constant out of range";
/** The index of a lane, below 256. */
export function parseLane(c: Cursor): number {
  return Number(c.number((text) => parseUnsigned(text, 8), "a lane index", LANE_RANGE));
}

/** The sixteen bytes of lanes given as unsigned bits. */
export function v128Bytes(shape: Shape, lanes: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(16), size = SHAPES[shape].bits / 8;
  lanes.forEach((lane, i) => {
    for (let k = 0; k < size; k++, lane >>= 8n) bytes[i * size + k] = Number(lane & 0xffn);
  });
  return bytes;
}

/** Sixteen bytes as `i32x4` and four hexadecimal lanes. */
export function v128Text(bytes: Uint8Array): string {
  let text = "i32x4";
  for (let i = 0; i < 16; i += 4) {
    const lane = (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24)) >>> 0;
    text += " 0x" + lane.toString(16).padStart(8, "0");
  }
  return text;
}
