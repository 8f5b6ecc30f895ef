import { assertEquals, assertThrows } from "@std/assert";
import { Cursor } from "../../src/text/cursor.ts";
import { tokenize } from "../../src/text/lexer.ts";
import { parseShuffle, parseV128, v128Text } from "../../src/text/vectors.ts";
import { TextError } from "../../src/wasm/errors.ts";

const cursor = (text: string) => new Cursor(tokenize(text));

Deno.test("parseV128() reads every shape, signed and unsigned, low lanes first", () => {
  const reads = (text: string, hex: string) => assertEquals(parseV128(cursor(text)).toHex(), hex, text);
  reads("i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 -1 255 -128", "000102030405060708090a0b0cffff80");
  reads("i16x8 1 2 3 4 5 6 -1 0x1234", "010002000300040005000600ffff3412");
  reads("i32x4 1 -1 0x89abcdef 0", "01000000ffffffffefcdab8900000000");
  reads("i64x2 1 -2", "0100000000000000feffffffffffffff");
  reads("f32x4 1 -0 inf nan:0x200000", "0000803f000000800000807f0000a07f");
  reads("f64x2 1 -inf", "000000000000f03f000000000000f0ff");
});

Deno.test("parseV128() wants as many lanes as the shape has, in their range", () => {
  const fails = (text: string, message: string) => {
    const { message: found } = assertThrows(() => parseV128(cursor(text)), TextError);
    assertEquals(found.replace(/ \(at .*/, ""), message);
  };
  fails("i64x2 1", "wrong number of lane literals");
  fails("i64x2 1 2 3", "wrong number of lane literals");
  fails("i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 256", "constant out of range");
  fails("i64x2 1 0x", "unknown operator 0x, expected a lane");
  fails("i128 1", "unknown operator i128, expected a vector shape");
});

Deno.test("v128Text() is read back", () => {
  const bytes = Uint8Array.from({ length: 16 }, (_, i) => i * 17);
  assertEquals(parseV128(cursor(v128Text(bytes))), bytes);
});

Deno.test("parseShuffle() wants sixteen numbers below 256", () => {
  const sixteen = Array.from({ length: 16 }, (_, i) => 2 * i);
  assertEquals([...parseShuffle(cursor(sixteen.join(" ")))], sixteen);
  assertThrows(() => parseShuffle(cursor("0 1 2")), TextError, "invalid lane length");
  assertThrows(() => parseShuffle(cursor([...sixteen.slice(1), 256].join(" "))), TextError, "i8 constant out of range");
});
