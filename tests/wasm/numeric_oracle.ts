// Oracle for numeric instructions: a module with one function per instruction, which takes and gives bits, so that no NaN is touched by JavaScript.

import { assert, assertEquals } from "@std/assert";
import { assembleText } from "../../src/text/parser.ts";
import { NUMERIC } from "../../src/wasm/numeric.ts";
import { opInfo } from "../../src/wasm/opcodes.ts";

const BITS: Record<string, string> = { i: "i32", l: "i64", f: "i32", d: "i64" };
const FROM_BITS: Record<string, string> = { i: "", l: "", f: "f32.reinterpret_i32", d: "f64.reinterpret_i64" };
const TO_BITS: Record<string, string> = { i: "", l: "", f: "i32.reinterpret_f32", d: "i64.reinterpret_f64" };

/** A module that exports a function of bits for each numeric instruction, under its name. */
export function numericModule(): Uint8Array<ArrayBuffer> {
  const funcs = [...NUMERIC.keys()].map((code) => {
    const { name, signature } = opInfo(code)!;
    const [operands, results] = signature.split(":");
    const params = [...operands].map((c) => `(param ${BITS[c]})`).join(" ");
    const gets = [...operands].map((c, i) => `local.get ${i} ${FROM_BITS[c]}`).join("\n");
    return `(func (export "${name}") ${params} (result ${BITS[results]})\n${gets}\n${name}\n${TO_BITS[results]})`;
  });
  return assembleText(`(module ${funcs.join("\n")})`);
}

type BitFunction = (...bits: (number | bigint)[]) => number | bigint;

/** V8's functions by name. */
export function numericOracle(): Record<string, BitFunction> {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(numericModule()));
  return instance.exports as Record<string, BitFunction>;
}

const I32S = [
  0,
  1,
  2,
  -1,
  -2,
  31,
  32,
  33,
  63,
  64,
  0x7fffffff,
  -0x80000000,
  -0x7fffffff,
  0x80,
  0x8000,
  0xff,
  0xffff,
  0x12345678,
];
const I64S = [
  0n,
  1n,
  2n,
  -1n,
  -2n,
  31n,
  32n,
  33n,
  63n,
  64n,
  0x7fffffffn,
  -0x80000000n,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  -(2n ** 63n) + 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 60n + 2n ** 36n + 1n,
  2n ** 60n + 2n ** 36n,
  -(2n ** 60n) - 2n ** 36n - 1n,
  0x80n,
  0x8000n,
  0x7fffff4000000001n,
  -0x7fffff4000000001n,
  16777217n,
  0x7fffffbfffffffffn,
];
const FLOATS = [
  0,
  -0,
  0.5,
  -0.5,
  0.49999999999999994,
  1,
  -1,
  1.5,
  2.5,
  -2.5,
  3.5,
  0.7,
  -0.7,
  1e-310,
  1.4e-45,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  3.5e38,
  1.7976931348623157e308,
  Infinity,
  -Infinity,
  2147483647,
  2147483647.9,
  2147483648,
  -2147483648,
  -2147483648.9,
  -2147483649,
  4294967295,
  4294967295.5,
  4294967296,
  -0.9999999,
  9223372036854774784,
  9223372036854775808,
  -9223372036854775808,
  -9223372036854777856,
  18446744073709549568,
  18446744073709551616,
  4503599627370495.5,
  4503599627370496,
  8388607.5,
  8388608.5,
  16777216,
];
const NANS32 = [0x7fc00000, 0xffc00000, 0x7fa00000, 0xffa00001, 0x7fffffff, 0x7f800001];
const NANS64 = [
  0x7ff8000000000000n,
  0xfff8000000000000n,
  0x7ff4000000000000n,
  0xfff0000000000001n,
  0x7fffffffffffffffn,
];
const SCRATCH = new DataView(new ArrayBuffer(8));

function floatBits(x: number, letter: string): bigint {
  SCRATCH.setBigUint64(0, 0n);
  if (letter === "f") SCRATCH.setFloat32(0, x, true);
  else SCRATCH.setFloat64(0, x, true);
  return SCRATCH.getBigUint64(0, true);
}

function operandsOf(letter: string, random: () => number): bigint[] {
  const bits32 = () => BigInt(Math.floor(random() * 2 ** 32));
  const bits64 = () => (bits32() << 32n) | bits32();
  switch (letter) {
    case "i":
      return [...I32S.map((v) => BigInt(v >>> 0)), ...Array.from({ length: 12 }, bits32)];
    case "l":
      return [...I64S.map((v) => BigInt.asUintN(64, v)), ...Array.from({ length: 12 }, bits64)];
    case "f":
      return [...FLOATS.map((v) => floatBits(v, "f")), ...NANS32.map(BigInt), ...Array.from({ length: 12 }, bits32)];
    default:
      return [...FLOATS.map((v) => floatBits(v, "d")), ...NANS64, ...Array.from({ length: 12 }, bits64)];
  }
}

function isNan(letter: string, bits: bigint): boolean {
  if (letter === "f") return (bits & 0x7fffffffn) > 0x7f800000n;
  return letter === "d" && (bits & 0x7fffffffffffffffn) > 0x7ff0000000000000n;
}
function quietBit(letter: string): bigint {
  return letter === "f" ? 0x400000n : 0x8000000000000n;
}
function isCanonical(letter: string, bits: bigint): boolean {
  return (letter === "f" ? bits & 0x7fffffn : bits & 0xfffffffffffffn) === quietBit(letter);
}

const EXACT = /\.(neg|abs|copysign|reinterpret_\w+)$/;

/** Compares `run` (bits to bits, or "trap") with the oracle. NaN results of arithmetic must be what the specification allows (4.3.3). */
export function compareWithOracle(
  oracle: Record<string, BitFunction>,
  code: number,
  run: (a: bigint, b: bigint) => bigint | "trap",
): void {
  const { name, signature } = opInfo(code)!;
  const [operands, results] = signature.split(":");
  let seed = code;
  const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32;
  const js = (letter: string, bits: bigint) =>
    letter === "i" || letter === "f" ? Number(BigInt.asIntN(32, bits)) : BigInt.asIntN(64, bits);
  const second = operands.length > 1 ? operandsOf(operands[1], random) : [0n];
  for (const a of operandsOf(operands[0], random)) {
    for (const b of second) {
      let expected: bigint | "trap";
      try {
        const v = operands.length > 1
          ? oracle[name](js(operands[0], a), js(operands[1], b))
          : oracle[name](js(operands[0], a));
        expected = typeof v === "bigint" ? BigInt.asUintN(64, v) : BigInt(v >>> 0);
      } catch {
        expected = "trap";
      }
      const actual = run(a, b);
      const where = `${name} of 0x${a.toString(16)}, 0x${b.toString(16)}`;
      if (actual !== "trap" && expected !== "trap" && isNan(results, expected) && !EXACT.test(name)) {
        assert(isNan(results, actual) && (actual & quietBit(results)) !== 0n, `${where} gave 0x${actual.toString(16)}`);
        const inputs = operands.length > 1 ? [a, b] : [a];
        if (inputs.every((x, i) => !isNan(operands[i], x) || isCanonical(operands[i], x))) {
          assert(isCanonical(results, actual), where);
        }
      } else assertEquals(actual, expected, where);
    }
  }
}
