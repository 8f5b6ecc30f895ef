import { assertEquals } from "@std/assert";
import { Imm, INSTRUCTIONS, opByName } from "../../src/wasm/opcodes.ts";
import { BASELINE_CPU, type CpuFeatures } from "../../src/platform/cpu.ts";
import { assembleText } from "../../src/text/parser.ts";
import { Instance, native, TrapError } from "./machine.ts";

const TYPES: Record<string, string> = { i: "i32", l: "i64", f: "f32", d: "f64" };
const view = new DataView(new ArrayBuffer(8));
function f64Bits(x: number): bigint {
  view.setFloat64(0, x);
  return view.getBigUint64(0);
}
function f32Bits(x: number): bigint {
  view.setFloat32(0, x);
  return BigInt(view.getUint32(0));
}

const INTS = [0n, 1n, 2n, 5n, 7n, 31n, 32n, 33n, 63n, 64n, 255n, 256n, 0x7fffn, 0x8000n, 65535n];
const I32S = [...INTS, 0x7fffffffn, 0x80000000n, 0xffffffffn, 0xfffffff9n, 0x12345678n, 0x80n, 0xdeadbeefn];
const I64S = [
  ...I32S,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0xffffffffffffffffn,
  0xffffffff80000000n,
  0x100000000n,
  0x123456789abcdef0n,
  0xfffffffffffffff9n,
  0x8000000000000401n,
  0x7ffffffffffffdffn,
  0x20000000000001n,
  0xfffffffffffffbffn,
];
const REALS = [
  ...[0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 0.49999999999999994, 3.7, -3.7, 1e300, -1e300, 1e-310, 5e-324, Infinity],
  ...[-Infinity, 2147483647, 2147483648, -2147483648, -2147483649, 2147483647.9, -2147483648.9, 4294967295, 4294967296],
  ...[
    4294967295.9,
    9223372036854775807,
    -9223372036854775808,
    -9223372036854777856,
    18446744073709551615,
    4503599627370497.5,
  ],
  ...[18446744073709549568, 9223372036854774784, -0.99999, 4503599627370495.5, 8388607.5, -8388608.5, 123456.789],
];
const F32S = [...REALS.map((x) => f32Bits(x)), 0x7fc00000n, 0xffc00000n, 0x7fa00000n, 0xff800001n, 0x7f7fffffn, 1n];
const F64S = [
  ...REALS.map((x) => f64Bits(x)),
  0x7ff8000000000000n,
  0xfff8000000000000n,
  0x7ff4000000000000n,
  0xfff0000000000001n,
  1n,
];
const VALUES: Record<string, readonly bigint[]> = { i: I32S, l: I64S, f: F32S, d: F64S };
/** Fewer, for the constants of generated functions. */
const CONSTANTS: Record<string, readonly bigint[]> = {
  i: [
    0n,
    1n,
    2n,
    3n,
    7n,
    8n,
    10n,
    641n,
    1000000007n,
    0x7fffffffn,
    0xfffffff9n,
    0xfffffffen,
    31n,
    33n,
    255n,
    65535n,
    0x80000000n,
    0xffffffffn,
    0x12345678n,
  ],
  l: [0n, 1n, 8n, 33n, 65n, 255n, 0xffffffffn, 0xffffffff80000000n, 0xffffffffffffffffn, 0x123456789abcdef0n, 3n],
  f: [0n, f32Bits(-0), f32Bits(1.5), 0x7fa00000n, f32Bits(-Infinity)],
  d: [0n, f64Bits(-0), f64Bits(1.5), 0x7ff4000000000000n, f64Bits(-Infinity)],
};

/** From an i64 parameter to the operand, and from the result to an i64, without touching bits. */
const IN: Record<string, (x: string) => string> = {
  i: (x) => `(i32.wrap_i64 ${x})`,
  l: (x) => x,
  f: (x) => `(f32.reinterpret_i32 (i32.wrap_i64 ${x}))`,
  d: (x) => `(f64.reinterpret_i64 ${x})`,
};
const OUT: Record<string, (x: string) => string> = {
  i: (x) => `(i64.extend_i32_u ${x})`,
  l: (x) => x,
  f: (x) => `(i64.extend_i32_u (i32.reinterpret_f32 ${x}))`,
  d: (x) => `(i64.reinterpret_f64 ${x})`,
};
const constant = (letter: string, bits: bigint) =>
  letter === "f" || letter === "d"
    ? IN[letter](`(i64.const ${bits})`).replace(/\(i32.wrap_i64 \(i64.const (\d+)\)\)/, "(i32.const $1)")
    : `(${TYPES[letter]}.const ${bits})`;

interface Case {
  readonly name: string;
  readonly operands: string;
  readonly result: string;
  readonly exact: boolean;
}

/** Instructions whose NaN results are specified to the bit. */
const EXACT = /abs|neg|copysign|reinterpret/;

function isNaNOf(letter: string, bits: bigint): boolean {
  return letter === "f"
    ? (bits & 0x7fffffffn) > 0x7f800000n
    : letter === "d" && (bits & 0x7fffffffffffffffn) > 0x7ff0000000000000n;
}

function check(names: RegExp, cpu: CpuFeatures): void {
  const cases: Case[] = [];
  const functions: string[] = [];
  const args: (readonly bigint[])[][] = [];
  const add = (c: Case, body: string, values: (readonly bigint[])[]) => {
    functions.push(`(func (export "${cases.length}") (param i64 i64) (result i64) ${OUT[c.result](body)})`);
    cases.push(c);
    args.push(values);
  };
  for (const info of INSTRUCTIONS) {
    const [operands, result] = info.signature.split(":");
    if (info.imm !== Imm.NONE || info.feature !== undefined || !operands || !result || !names.test(info.name)) continue;
    const c = { name: info.name, operands, result, exact: EXACT.test(info.name) };
    const [x, y] = [...operands];
    const both = [VALUES[x], y ? VALUES[y] : [0n]];
    const first = IN[x]("(local.get 0)");
    add(c, `(${info.name} ${first} ${y ? IN[y]("(local.get 1)") : ""})`, both);
    if (y === undefined) continue;
    // The operands in the other order in registers, one and the same, and constants on either side.
    add(c, `(${info.name} ${IN[y]("(local.get 1)")} ${first})`, both);
    add(c, `(${info.name} ${first} ${first})`, [VALUES[x], [0n]]);
    for (const k of CONSTANTS[y]) add(c, `(${info.name} ${first} ${constant(y, k)})`, [VALUES[x], [0n]]);
    for (const k of CONSTANTS[x]) {
      add(c, `(${info.name} ${constant(x, k)} ${IN[y]("(local.get 1)")})`, [[0n], VALUES[y]]);
    }
    if (result !== "i") continue;
    // As a condition, inverted and not, and for select.
    const operation = `(${info.name} ${first} ${IN[y]("(local.get 1)")})`;
    add(c, `(if (result i32) ${operation} (then (i32.const 3)) (else (i32.const 4)))`, both);
    add(c, `(if (result i32) (i32.eqz ${operation}) (then (i32.const 3)) (else (i32.const 4)))`, both);
    add(c, `(i32.eqz (i32.eqz ${operation}))`, both);
    add(c, `(i32.wrap_i64 (select (local.get 0) (local.get 1) ${operation}))`, both);
    add(c, `(block (result i32) (br_if 0 (i32.const 9) ${operation}) (drop) (i32.const 8))`, both);
    add(
      c,
      `(i32.reinterpret_f32 (select (f32.const 1) (f32.const 2) (i32.eqz ${operation})))`,
      both,
    );
  }
  const bytes = assembleText(`(module ${functions.join("\n")})`);
  const instance = new Instance(bytes, [], { cpu });
  const oracle = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Record<
    string,
    (a: bigint, b: bigint) => bigint
  >;
  const outcome = (f: () => bigint): bigint | string => {
    try {
      return BigInt.asUintN(64, f());
    } catch (e) {
      return e instanceof TrapError ? e.trap : e instanceof WebAssembly.RuntimeError ? e.message : `${e}`;
    }
  };
  cases.forEach((c, i) => {
    const index = instance.func(String(i));
    for (const a of args[i][0]) {
      for (const b of args[i][1]) {
        const expected = outcome(() => oracle[i](a, b));
        const actual = outcome(() => instance.callIndex(index, [a, b])[0]);
        if (typeof expected === "string" && typeof actual === "string") {
          const words = V8_TRAPS[expected];
          if (words === undefined || words.includes(actual)) continue;
        }
        if (expected === actual) continue;
        if (!c.exact && typeof expected === "bigint" && typeof actual === "bigint") {
          if (isNaNOf(c.result, expected) && isNaNOf(c.result, actual)) continue;
        }
        assertEquals(actual, expected, `${c.name} of ${a.toString(16)}, ${b.toString(16)}: ${functions[i]}`);
      }
    }
  });
  instance.free();
}

const V8_TRAPS: Record<string, string[]> = {
  "divide by zero": ["integer divide by zero"],
  "remainder by zero": ["integer divide by zero"],
  "divide result unrepresentable": ["integer overflow"],
  "float unrepresentable in integer range": ["integer overflow", "invalid conversion to integer"],
};

for (const [what, cpu] of [["this processor", native.cpu], ["the baseline", BASELINE_CPU]] as const) {
  for (const type of ["i32", "i64", "f32", "f64"]) {
    Deno.test(`every ${type} instruction gives V8's results on edge values, with code for ${what}`, () => {
      check(new RegExp(`^${type}\\.`), cpu);
    });
  }
}

Deno.test("NaN traps differently from what is merely too large", () => {
  const bytes = assembleText(`(module
    (func (export "a") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
    (func (export "b") (param f32) (result i64) (i64.trunc_f32_u (local.get 0))))`);
  const instance = new Instance(bytes);
  const trap = (f: () => unknown) => {
    try {
      return f();
    } catch (e) {
      return (e as TrapError).trap;
    }
  };
  assertEquals(trap(() => instance.call("a", f64Bits(NaN))), "invalid conversion to integer");
  assertEquals(trap(() => instance.call("a", f64Bits(1e10))), "integer overflow");
  assertEquals(trap(() => instance.call("b", f32Bits(NaN))), "invalid conversion to integer");
  assertEquals(trap(() => instance.call("b", f32Bits(-1))), "integer overflow");
  assertEquals(opByName("i32.trunc_f64_s") !== undefined, true);
  instance.free();
});
