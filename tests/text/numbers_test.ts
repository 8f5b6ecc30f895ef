import { assertEquals } from "@std/assert";
import {
  isNumber,
  parseF32,
  parseF64,
  parseI32,
  parseI64,
  parseU32,
  printF32,
  printF64,
} from "../../src/text/numbers.ts";

const VIEW = new DataView(new ArrayBuffer(8));
function f64Bits(x: number): bigint {
  VIEW.setFloat64(0, x);
  return VIEW.getBigUint64(0);
}
function f32Bits(x: number): number {
  VIEW.setFloat32(0, x);
  return VIEW.getInt32(0);
}
/** A reproducible sequence of 32-bit numbers. */
function* random(seed: number): Generator<number, never> {
  for (;;) {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
    yield seed ^ (seed >>> 15);
  }
}

Deno.test("integers are read signed and unsigned, with underscores, up to their limits", () => {
  assertEquals(parseI32("-5"), -5);
  assertEquals(parseI32("0x2a"), 42);
  assertEquals(parseI32("0xffff_ffff"), -1);
  assertEquals(parseI32("4294967295"), -1);
  assertEquals(parseI32("+1_000"), 1000);
  assertEquals(parseI32("-0x8000_0000"), -(2 ** 31));
  assertEquals(parseI32("4294967296"), "range");
  assertEquals(parseI32("-2147483649"), "range");
  assertEquals(parseI64("0xffffffffffffffff"), -1n);
  assertEquals(parseI64("-9223372036854775808"), -(2n ** 63n));
  assertEquals(parseI64("18446744073709551616"), "range");
  for (const bad of ["", "x", "1_", "_1", "1__0", "0x", "0x_1", "1.0", "- 1", "--1", "nan"]) {
    assertEquals(parseI32(bad), "syntax");
  }
  assertEquals(parseU32("4294967295"), 2 ** 32 - 1);
  assertEquals(parseU32("4294967296"), "range");
  assertEquals(parseU32("+1"), "syntax");
});

Deno.test("decimal floats are rounded as JavaScript rounds them", () => {
  for (
    const text of [
      "0",
      "-0",
      "1",
      "1.",
      "0.1",
      "1e10",
      "1E-5",
      "5e-324",
      "2.4703282292062328e-324",
      "1.7976931348623157e308",
      "1_0.0_1e1_0",
    ]
  ) {
    assertEquals(parseF64(text), f64Bits(Number(text.replaceAll("_", ""))), text);
  }
  assertEquals(parseF64("1e309"), "range");
  assertEquals(parseF64("1e-999999999"), 0n);
  for (const bad of [".5", "1e", "1e+", "_1.0", "1._0", "1.0_", "e5", "0x.1", "0x1p"]) {
    assertEquals(parseF64(bad), "syntax", bad);
  }
});

Deno.test("an f32 is rounded once, not by way of f64", () => {
  // Half a unit above 1, a little more, a little less: all three are the same f64.
  const half = "1.000000059604644775390625";
  assertEquals(parseF32(half), f32Bits(1));
  assertEquals(parseF32(half + "000000000000000000000001"), f32Bits(1) + 1);
  assertEquals(parseF32("1.00000005960464477539062499999999999999999"), f32Bits(1));
  assertEquals(parseF32("1.000000178813934326171875"), f32Bits(1) + 2);
  assertEquals(parseF32("1.00000017881393432617187499999999999999999"), f32Bits(1) + 1);
  assertEquals(parseF32("-" + half + "1"), (f32Bits(1) + 1) | 0x80000000);
  assertEquals(parseF32("340282356779733661637539395458142568447.9999999"), 0x7f7fffff);
  assertEquals(parseF32("340282356779733661637539395458142568448"), "range");
  assertEquals(parseF32("7.0064923216240853546186479164495e-46"), 0);
  assertEquals(parseF32("7.0064923216240853546186479164496e-46"), 1);
  assertEquals(parseF32("0x1.000001p0"), f32Bits(1));
  assertEquals(parseF32("0x1.00000100000000000000000001p0"), f32Bits(1) + 1);
});

Deno.test("hexadecimal floats are rounded to nearest, ties to even, down to subnormals", () => {
  assertEquals(parseF64("0x1.8p1"), f64Bits(3));
  assertEquals(parseF64("-0x0p-99999999999"), 1n << 63n);
  assertEquals(parseF64("0x1p-1074"), 1n);
  assertEquals(parseF64("0x1p-1075"), 0n);
  assertEquals(parseF64("0x1.00000000000001p-1075"), 1n);
  assertEquals(parseF64("0x1p-99999999999"), 0n);
  assertEquals(parseF64("0x1p99999999999"), "range");
  assertEquals(parseF64("0x1.fffffffffffff7p1023"), f64Bits(Number.MAX_VALUE));
  assertEquals(parseF64("0x1.fffffffffffff8p1023"), "range");
  assertEquals(parseF64("0x.1"), "syntax");
  assertEquals(parseF64("0xA.bP+1_0"), f64Bits((10 + 11 / 16) * 1024));
  assertEquals(parseF32("0x1p-149"), 1);
  assertEquals(parseF32("0x1.fffffep-127"), 0x00800000);
});

Deno.test("NaNs keep sign and payload", () => {
  assertEquals(parseF32("nan"), 0x7fc00000);
  assertEquals(parseF32("-nan:0x20_0000"), 0xffa00000 | 0);
  assertEquals(parseF64("nan:0x1"), 0x7ff0000000000001n);
  assertEquals(parseF32("nan:0x0"), "range");
  assertEquals(parseF32("nan:0x800000"), "range");
  assertEquals(parseF32("nan:1"), "syntax");
  assertEquals(parseF32("-inf"), 0xff800000 | 0);
  assertEquals(printF32(0xffa00000 | 0), "-nan:0x200000");
  assertEquals(printF64(0x7ff8000000000000n), "nan");
  assertEquals(printF64(0xfff0000000000000n), "-inf");
});

Deno.test("printF32() gives the shortest text that parseF32() reads back, for random bits", () => {
  const next = random(1);
  for (let i = 0; i < 20000; i++) {
    const bits = i < 4000 ? (next.next().value & 0x807fffff) | ((i & 7) << 23) : next.next().value;
    assertEquals(parseF32(printF32(bits)), bits);
  }
  assertEquals([0, 0x3dcccccd, 0x80000000 | 0, 1, 0x7f7fffff].map(printF32), [
    "0",
    "0.1",
    "-0",
    "1e-45",
    "3.4028235e+38",
  ]);
});

Deno.test("printF64() gives text that parseF64() and JavaScript read back, for random bits", () => {
  const next = random(2);
  for (let i = 0; i < 20000; i++) {
    const bits = (BigInt(next.next().value >>> 0) << 32n) | BigInt(next.next().value >>> 0);
    const text = printF64(bits);
    assertEquals(parseF64(text), bits);
    if (!/nan|inf/.test(text)) assertEquals(f64Bits(Number(text)), bits);
  }
});

Deno.test("parseF32() agrees with exact arithmetic on random decimal and hexadecimal texts", () => {
  const next = random(3);
  for (let i = 0; i < 5000; i++) {
    // A number between two neighbours, written exactly in hexadecimal; its decimal form may be long.
    const bits = next.next().value & 0x7fffffff;
    if ((bits & 0x7f800000) === 0x7f800000) continue;
    const mantissa = (bits & 0x7fffff) | (bits < 0x800000 ? 0 : 0x800000);
    const exponent = Math.max(1, bits >>> 23) - 150;
    const part = next.next().value & 0xff;
    const text = `0x${mantissa.toString(16)}.${part.toString(16).padStart(2, "0")}p${exponent}`;
    const up = part > 128 || (part === 128 && (bits & 1) === 1);
    const expected = bits + (up ? 1 : 0);
    assertEquals(parseF32(text), expected === 0x7f800000 ? "range" : expected, text);
    // Few digits are exact in f64 and away from the middle, so that rounding twice does no harm.
    const decimal = `${next.next().value >>> 8}e${(next.next().value % 30) | 0}`;
    assertEquals(parseF32(decimal), f32Bits(Number(decimal)), decimal);
  }
});

Deno.test("isNumber() takes numbers of the lexical grammar alone", () => {
  for (const text of ["0", "-1_0", "0x1f", "1.5e3", "0x1.8p-3", "inf", "-nan:0x1"]) {
    assertEquals(isNumber(text), true, text);
  }
  for (const text of ["", "1x", "0x", "nan:canonical", "infinity", "_1", "1_"]) {
    assertEquals(isNumber(text), false, text);
  }
});
