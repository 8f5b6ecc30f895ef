// How addresses and values of memories are written in the shell. Takes words, gives numbers and bytes; what is wrong with them is a UsageError.

import { parseF32, parseF64, parseInteger } from "../../text/numbers.ts";
import { UsageError } from "../exit.ts";
import { count } from "./print.ts";
import type { Session } from "./session.ts";
import { type Args, isString, parseCount, stringBytes } from "./words.ts";

const WIDTHS: Readonly<Record<string, number>> = { i8: 1, i16: 2, i32: 4, i64: 8, f32: 4, f64: 8 };

/** The bytes that a word of `:mem write` means. Throws UsageError. */
export function bytesOf(word: string): Uint8Array {
  if (isString(word)) return stringBytes(word);
  const colon = word.indexOf(":");
  const type = colon < 0 ? "i8" : word.slice(0, colon);
  const digits = word.slice(colon + 1);
  const width = Object.hasOwn(WIDTHS, type) ? WIDTHS[type] : 0;
  const value = width === 0
    ? "syntax"
    : type === "f32"
    ? parseF32(digits)
    : type === "f64"
    ? parseF64(digits)
    : parseInteger(digits, width * 8);
  if (value === "range") throw new UsageError(`${word} does not fit into ${count(width, "byte")}`);
  if (value === "syntax") {
    throw new UsageError(`${word} is no byte (0 to 255), "text", or number with its type (i32:5, f64:1.5)`);
  }
  const bytes = new Uint8Array(width);
  for (let i = 0, rest = BigInt(value); i < width; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

/** An address: a number, or a result. */
export function address(session: Session, args: Args): number {
  const word = args.need("the address");
  return /^_\d*$/.test(word) ? Number(session.result(word).bits) : parseCount(word, "an address");
}
