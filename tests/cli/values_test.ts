import { assertEquals, assertThrows } from "@std/assert";
import { Engine } from "../../mod.ts";
import { innerFunc } from "../../src/api/func.ts";
import { innerInstance } from "../../src/api/instance.ts";
import { UsageError } from "../../src/cli/exit.ts";
import { parseFreeValue, parseValue, printValue, valueOf } from "../../src/cli/values.ts";
import { EXTERNREF, F32, F64, FUNCREF, Heap, I32, I64, refType, V128, type ValType } from "../../src/wasm/types.ts";

const instance = new Engine({ tier: "interp" }).load(
  `(module (func $seven (export "seven") (result i32) (i32.const 7)))`,
);
const { store } = innerInstance(instance);
const context = {
  store,
  func: (name: string) => name === "$seven" ? innerFunc(instance.func("seven")).ref : undefined,
};

Deno.test("parseValue() reads what printValue() writes, with NaN payloads", () => {
  const cases: [string, ValType][] = [
    ["-5:i32", I32],
    ["9223372036854775807:i64", I64],
    ["-0:f32", F32],
    ["nan:0x200000:f32", F32],
    ["-nan:f64", F64],
    ["nan:0x4000000000001:f64", F64],
    ["-inf:f32", F32],
    ["0.1:f64", F64],
    ["null:externref", EXTERNREF],
    ["extern:7:externref", EXTERNREF],
    [`"a b":externref`, EXTERNREF],
    ["null:funcref", FUNCREF],
    ["$seven:funcref", FUNCREF],
  ];
  for (const [text, type] of cases) {
    const bits = parseValue(text.slice(0, text.lastIndexOf(":")), type, context);
    assertEquals(printValue({ type, bits }, store), text);
  }
});

Deno.test("parseValue() takes the spellings of the text format, and a type before the value", () => {
  assertEquals(parseValue("0x2a", I32, context), 42n);
  assertEquals(parseValue("4294967295", I32, context), 0xffffffffn);
  assertEquals(parseValue("i64:-1", I64, context), 0xffffffffffffffffn);
  assertEquals(parseValue("f32:1.5", F32, context), 0x3fc00000n);
  assertEquals(parseValue("1_000", I32, context), 1000n);
  assertEquals(parseValue("0x1p-149", F32, context), 1n);
});

Deno.test("parseValue() reads vectors, also in the quotes that make them one word of the shell", () => {
  const bits = parseValue("i32x4 1 2 3 4", V128, context);
  assertEquals(bits, 4n << 96n | 3n << 64n | 2n << 32n | 1n);
  assertEquals(parseValue('"i32x4 1 2 3 4"', V128, context), bits);
});

Deno.test("parseValue() says what does not fit", () => {
  const fails = (text: string, type: ValType, message: string) =>
    assertThrows(() => parseValue(text, type, context), UsageError, message);
  fails("1.5", I32, "1.5 is not a value of type i32");
  fails("4294967296", I32, "4294967296 is out of range for i32");
  fails("i64:5", I32, "i64:5 is not a value of type i32");
  fails("", F64, "is not a value of type f64");
  fails("$nobody", FUNCREF, "write null, $name or func:index");
  fails("maybe", EXTERNREF, "write null, an integer");
  fails("null", refType(Heap.ANY, false), "null is not a value of type (ref any)");
  fails('"text"', refType(Heap.STRUCT, true), "is not a value of type structref");
  fails("5", refType(Heap.EXN, true), "5 is not a value of type exnref: write null");
  fails("$seven", refType(Heap.NOFUNC, true), "$seven is not a value of type nullfuncref");
});

Deno.test("parseFreeValue() finds the type of a number", () => {
  assertEquals(parseFreeValue("5"), { type: I32, bits: 5n });
  assertEquals(parseFreeValue("5000000000"), { type: I64, bits: 5000000000n });
  assertEquals(parseFreeValue("0.5").type, F64);
  assertEquals(parseFreeValue("f32:nan:0x1"), { type: F32, bits: 0x7f800001n });
  assertThrows(() => parseFreeValue("five"), UsageError, "five is not a number");
});

Deno.test("valueOf() drops the upper half of a slot of 32 bits", () => {
  assertEquals(valueOf(-1n, I32).bits, 0xffffffffn);
  assertEquals(valueOf(-1n, I64).bits, 0xffffffffffffffffn);
});
