// Oracle for SIMD instructions: the same operands in the same memory, once for the interpreter and once for V8.
// Relaxed instructions are compared with what the deterministic profile makes of them, written with strict ones.

import { assert, assertEquals } from "@std/assert";
import { assembleText } from "../../src/text/parser.ts";
import { Imm, INSTRUCTIONS, type OpInfo } from "../../src/wasm/opcodes.ts";
import { Interpreted } from "./interpreted.ts";

/** Rows with prefix fd. */
export const SIMD: readonly OpInfo[] = INSTRUCTIONS.filter((i) => i.code >>> 12 === 0xfd);

/** Where operands and the result stand. */
const RESULT_AT = 64;
const TYPES: Record<string, string> = { i: "i32", l: "i64", f: "f32", d: "f64", v: "v128" };

/** Numbers from 0 to 2^32 - 1 that are the same in every run. */
export function randomWords(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/** What V8 is to run instead of a relaxed instruction. */
const STRICT: Record<string, (...operands: string[]) => string> = {
  "i8x16.relaxed_swizzle": (a, b) => `(i8x16.swizzle ${a} ${b})`,
  "i32x4.relaxed_trunc_f32x4_s": (a) => `(i32x4.trunc_sat_f32x4_s ${a})`,
  "i32x4.relaxed_trunc_f32x4_u": (a) => `(i32x4.trunc_sat_f32x4_u ${a})`,
  "i32x4.relaxed_trunc_f64x2_s_zero": (a) => `(i32x4.trunc_sat_f64x2_s_zero ${a})`,
  "i32x4.relaxed_trunc_f64x2_u_zero": (a) => `(i32x4.trunc_sat_f64x2_u_zero ${a})`,
  "i16x8.relaxed_q15mulr_s": (a, b) => `(i16x8.q15mulr_sat_s ${a} ${b})`,
  "i16x8.relaxed_dot_i8x16_i7x16_s": (a, b) => dot(a, b),
  "i32x4.relaxed_dot_i8x16_i7x16_add_s": (a, b, c) => `(i32x4.add (i32x4.extadd_pairwise_i16x8_s ${dot(a, b)}) ${c})`,
};
/** Sums of neighbouring products, which wrap: each product fits 16 bits. */
function dot(a: string, b: string): string {
  const low = `(i16x8.extmul_low_i8x16_s ${a} ${b})`, high = `(i16x8.extmul_high_i8x16_s ${a} ${b})`;
  const pick = (first: number) =>
    `(i8x16.shuffle ${Array.from({ length: 16 }, (_, i) => first + 4 * (i >> 1) + (i & 1)).join(" ")} ${low} ${high})`;
  return `(i16x8.add ${pick(0)} ${pick(2)})`;
}
for (const shape of ["i8x16", "i16x8", "i32x4", "i64x2"]) {
  STRICT[`${shape}.relaxed_laneselect`] = (a, b, c) => `(v128.bitselect ${a} ${b} ${c})`;
}
for (const shape of ["f32x4", "f64x2"]) {
  STRICT[`${shape}.relaxed_min`] = (a, b) => `(${shape}.min ${a} ${b})`;
  STRICT[`${shape}.relaxed_max`] = (a, b) => `(${shape}.max ${a} ${b})`;
  STRICT[`${shape}.relaxed_madd`] = (a, b, c) => `(${shape}.add (${shape}.mul ${a} ${b}) ${c})`;
  STRICT[`${shape}.relaxed_nmadd`] = (a, b, c) => `(${shape}.sub ${c} (${shape}.mul ${a} ${b}))`;
}

/** An instruction with immediates, as text. */
interface Variant {
  readonly info: OpInfo;
  /** Name of the export. */
  readonly name: string;
  readonly immediates: string;
}

/** All instructions that access no memory, with each lane, and some constants and shuffles. */
export function numericVariants(): Variant[] {
  const random = randomWords(1);
  return SIMD.filter((i) => i.imm !== Imm.MEMORY_ACCESS && i.imm !== Imm.MEMORY_LANE).flatMap((info) => {
    let immediates = [""];
    if (info.imm === Imm.LANE) {
      immediates = Array.from({ length: Number(/x(\d+)/.exec(info.name)![1]) }, (_, i) => String(i));
    } else if (info.imm === Imm.SHUFFLE) {
      immediates = Array.from({ length: 8 }, () => Array.from({ length: 16 }, () => random() & 31).join(" "));
    } else if (info.imm === Imm.V128) {
      immediates = Array.from({ length: 4 }, () => `i32x4 ${random()} ${random()} ${random()} ${random()}`);
    }
    return immediates.map((x) => ({ info, name: `${info.name} ${x}`, immediates: x }));
  });
}

/** A module with a function for each variant that takes operands from memory and puts the result there. */
function numericModule(variants: readonly Variant[], strict: boolean): Uint8Array<ArrayBuffer> {
  const funcs = variants.map(({ info, name, immediates }) => {
    const [operands, result] = info.signature.split(":");
    const loads = [...operands].map((c, i) => `(${TYPES[c]}.load (i32.const ${16 * i}))`);
    const replaced = strict ? STRICT[info.name]?.(...loads) : undefined;
    const value = replaced ?? `(${info.name} ${immediates} ${loads.join(" ")})`;
    return `(func (export "${name}") (${TYPES[result]}.store (i32.const ${RESULT_AT}) ${value}))`;
  });
  return assembleText(`(module (memory (export "memory") 1) ${funcs.join("\n")})`);
}

const HARD64 = [
  0n,
  1n,
  -1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  0xffffffffn,
  0x100000000n,
  -0x80000000n,
  0x7fffffff80000000n,
];
const HARD32 = [0, 1, -1, 0x7fffffff, -0x80000000, 0xffff, 0x10000, -0x8000, 0x7fff, 31, 32, 33, 0x80008000];
const HARD8 = [0, 1, 0xff, 0x7f, 0x80, 0x81, 0xfe, 7, 8, 15, 16, 17, 31, 0x40];
const HARD_FLOATS = [0, -0, 0.5, -0.5, 1, -1, 1.5, 2.5, -2.5, 1e-310, 1.4e-45, -1e-40, 3.4028234663852886e38];
HARD_FLOATS.push(2147483647, 2147483648, -2147483649, 4294967295, 4294967296, -0.9, 8388607.5, 4503599627370495.5);
HARD_FLOATS.push(Infinity, -Infinity, NaN, 1 + 2 ** -23, 1 + 2 ** -52, 16777217, 1.7976931348623157e308, 1e300);
const NANS32 = [0x7fc00000, 0xffc00000, 0x7fa00000, 0xffa00001, 0x7fffffff];
const NANS64 = [0x7ff8000000000000n, 0xfff8000000000000n, 0x7ff4000000000000n, 0xfff0000000000001n];

/** Fills 48 bytes with vectors whose lanes are hard cases or random, of a width that chance decides. */
function fillOperands(view: DataView, random: () => number): void {
  for (let at = 0; at < 48; at += 16) {
    const kind = random() % 6;
    for (let i = 0; i < 16; i += 4) view.setUint32(at + i, random(), true);
    if (random() % 8 === 0) continue;
    const pick = <T>(list: readonly T[]) => list[random() % list.length];
    if (kind === 0) { for (let i = 0; i < 16; i++) view.setUint8(at + i, pick(HARD8)); }
    else if (kind <= 2) { for (let i = 0; i < 16; i += 4) view.setInt32(at + i, pick(HARD32), true); }
    else if (kind === 3) { for (let i = 0; i < 16; i += 8) view.setBigInt64(at + i, pick(HARD64), true); }
    else if (kind === 4) {
      for (let i = 0; i < 16; i += 4) {
        if (random() % 6 === 0) view.setUint32(at + i, pick(NANS32), true);
        else view.setFloat32(at + i, pick(HARD_FLOATS), true);
      }
    } else {
      for (let i = 0; i < 16; i += 8) {
        if (random() % 6 === 0) view.setBigUint64(at + i, pick(NANS64), true);
        else view.setFloat64(at + i, pick(HARD_FLOATS), true);
      }
    }
  }
}

/** Instructions whose NaN results may have any sign and, where an operand is a NaN, any payload (specification 4.3.3). */
const ANY_NAN =
  /^f..x.\.(ceil|floor|trunc|nearest|sqrt|add|sub|mul|div|(relaxed_)?(min|max)|(demote|promote)_.*|relaxed_n?madd)$/;

/** Compares two results; NaNs of arithmetic must be quiet, and canonical where all NaNs among the operands are. */
function compare(info: OpInfo, actual: DataView, expected: DataView): void {
  const where = () =>
    `${info.name} of ${hex(actual, 0, 48)} gave ${hex(actual, RESULT_AT, 16)}, not ${hex(expected, RESULT_AT, 16)}`;
  if (!ANY_NAN.test(info.name)) {
    for (let i = 0; i < 16; i += 4) {
      if (actual.getInt32(RESULT_AT + i) !== expected.getInt32(RESULT_AT + i)) assertEquals(0, 1, where());
    }
    return;
  }
  const bits = info.name.startsWith("f32") ? 32 : 64;
  const lane = (v: DataView, at: number) => bits === 32 ? BigInt(v.getUint32(at, true)) : v.getBigUint64(at, true);
  const magnitude = (x: bigint) => BigInt.asUintN(bits - 1, x);
  const infinity = bits === 32 ? 0x7f800000n : 0x7ff0000000000000n;
  const quiet = bits === 32 ? 0x7fc00000n : 0x7ff8000000000000n;
  const operands = info.signature.indexOf(":");
  for (let i = 0; i < 16; i += bits / 8) {
    const a = lane(actual, RESULT_AT + i), e = lane(expected, RESULT_AT + i);
    if (magnitude(e) <= infinity) {
      assert(a === e, where());
      continue;
    }
    assert(magnitude(a) >= quiet, where());
    if (/_/.test(info.name.replace("relaxed_", ""))) continue;
    const inputs = Array.from({ length: operands }, (_, k) => magnitude(lane(actual, 16 * k + i)));
    if (inputs.every((x) => x <= infinity || x === quiet)) assert(magnitude(a) === quiet, where());
  }
}

function hex(v: DataView, at: number, n: number): string {
  return Array.from({ length: n }, (_, i) => v.getUint8(at + i).toString(16).padStart(2, "0")).join("");
}

/** Runs each variant on `rounds` sets of operands, in the interpreter and in V8, and compares. */
export function compareNumeric(variants: readonly Variant[], rounds: number): void {
  const subject = new Interpreted(numericModule(variants, false));
  const exports = new WebAssembly.Instance(new WebAssembly.Module(numericModule(variants, true))).exports;
  const theirs = new DataView((exports.memory as WebAssembly.Memory).buffer);
  const ours = subject.instance.memories[0].view;
  const random = randomWords(2);
  for (const { info, name } of variants) {
    for (let round = 0; round < rounds; round++) {
      fillOperands(ours, random);
      for (let i = 0; i < RESULT_AT + 16; i += 4) theirs.setInt32(i, ours.getInt32(i));
      subject.call(name);
      (exports[name] as () => void)();
      compare(info, ours, theirs);
    }
  }
}
