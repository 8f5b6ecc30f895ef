// Oracle for SIMD instructions: the same operands in the same memory, once for a tier and once for V8.
// Relaxed instructions are compared with what the deterministic profile makes of them, written with strict ones.

import { assert, assertEquals } from "@std/assert";
import { assembleText } from "../../src/text/parser.ts";
import { Imm, INSTRUCTIONS, type OpInfo } from "../../src/wasm/opcodes.ts";
import { Trap } from "../../src/wasm/errors.ts";
import { Interpreted } from "./interpreted.ts";

/** Rows with prefix fd. */
export const SIMD: readonly OpInfo[] = INSTRUCTIONS.filter((i) => i.code >>> 12 === 0xfd);

/** Where the result stands, and operands that a function stores again. */
const RESULT_AT = 64;
const KEPT_AT = 80;

/** What runs a module's functions, which may take numbers. */
export interface Subject {
  /** The bytes of its first memory. */
  readonly memory: DataView;
  /** Calls an export; throws Trap. */
  call(name: string, ...args: number[]): void;
}
/** Instantiates a module that imports nothing. */
export type Instantiate = (bytes: Uint8Array<ArrayBuffer>) => Subject;

/** A {@link Subject} of the interpreter. */
export function interpreted(bytes: Uint8Array<ArrayBuffer>): Subject {
  const subject = new Interpreted(bytes);
  return { memory: subject.instance.memories[0].view, call: (name, ...args) => void subject.call(name, ...args) };
}

/**
 * How a function gets operands: from memory; from locals that stay alive, and are stored again; all vectors the same local; from locals that a call and many
 * others made leave their registers; as constants.
 */
export type Form = "fresh" | "kept" | "same" | "spilled" | "constants";
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

const LETTERS = "abc";
/** Vectors that are alive around the instruction in the form `spilled`. */
const CROWD = Array.from({ length: 18 }, (_, i) => `$x${i}`);

/** A module with a function for each variant that puts the result into memory. */
function numericModule(
  variants: readonly Variant[],
  strict: boolean,
  form: Form,
  constants: DataView,
): Uint8Array<ArrayBuffer> {
  const funcs = variants.map(({ info, name, immediates }) => {
    const [operands, result] = info.signature.split(":");
    const load = (c: string, i: number) =>
      form === "constants" ? literal(c, constants, 16 * i) : `(${TYPES[c]}.load (i32.const ${16 * i}))`;
    const shared = (c: string, i: number) => form === "same" && c === "v" ? operands.indexOf("v") : i;
    const values = [...operands].map((c, i) =>
      form === "fresh" || form === "constants" ? load(c, i) : `(local.get $${LETTERS[shared(c, i)]})`
    );
    const value = (strict ? STRICT[info.name]?.(...values) : undefined) ??
      `(${info.name} ${immediates} ${values.join(" ")})`;
    const store = `(${TYPES[result]}.store (i32.const ${RESULT_AT}) ${value})`;
    if (form === "fresh" || form === "constants") return `(func (export "${name}") ${store})`;
    const each = (f: (c: string, i: number) => string) => [...operands].map(f).join(" ");
    const crowd = form === "spilled" ? CROWD : [];
    return `(func (export "${name}") ${each((c, i) => `(local $${LETTERS[i]} ${TYPES[c]})`)}
      ${crowd.map((x) => `(local ${x} v128)`).join(" ")}
      ${each((c, i) => `(local.set $${LETTERS[i]} ${load(c, i)})`)}
      ${crowd.map((x, i) => `(local.set ${x} (v128.load offset=${i} (i32.const 0)))`).join(" ")}
      ${form === "spilled" ? "(call $nothing)" : ""}
      ${
      crowd.map((x, i) => `(local.set ${x} (v128.xor (local.get ${x}) (v128.load offset=${i} (i32.const 8))))`).join(
        " ",
      )
    }
      ${store}
      ${each((c, i) => `(${TYPES[c]}.store (i32.const ${KEPT_AT + 16 * i}) (local.get $${LETTERS[i]}))`)}
      ${crowd.map((x, i) => `(v128.store (i32.const ${KEPT_AT + 48 + 16 * i}) (local.get ${x}))`).join(" ")})`;
  });
  return assembleText(`(module (memory (export "memory") 1) (func $nothing) ${funcs.join("\n")})`);
}

/** The bits at `at` as a constant of the type with this letter. */
function literal(letter: string, view: DataView, at: number): string {
  const word = (i: number) => view.getInt32(at + 4 * i, true);
  switch (letter) {
    case "i":
      return `(i32.const ${word(0)})`;
    case "l":
      return `(i64.const ${view.getBigInt64(at, true)})`;
    case "f":
      return `(f32.reinterpret_i32 (i32.const ${word(0)}))`;
    case "d":
      return `(f64.reinterpret_i64 (i64.const ${view.getBigInt64(at, true)}))`;
    default:
      return `(v128.const i32x4 ${word(0)} ${word(1)} ${word(2)} ${word(3)})`;
  }
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

/** Runs each variant on `rounds` sets of operands, in a subject and in V8, and compares. Of constants there is one set per variant. */
export function compareNumeric(
  variants: readonly Variant[],
  rounds: number,
  make: Instantiate = interpreted,
  form: Form = "fresh",
): void {
  const random = randomWords(2);
  if (form === "constants") {
    for (let round = 0; round < rounds; round++) compareOnce(variants, 1, make, form, random);
  } else compareOnce(variants, rounds, make, form, random);
}

function compareOnce(
  variants: readonly Variant[],
  rounds: number,
  make: Instantiate,
  form: Form,
  random: () => number,
): void {
  const constants = new DataView(new ArrayBuffer(48));
  fillOperands(constants, random);
  const subject = make(numericModule(variants, false, form, constants));
  const exports =
    new WebAssembly.Instance(new WebAssembly.Module(numericModule(variants, true, form, constants))).exports;
  const theirs = new DataView((exports.memory as WebAssembly.Memory).buffer);
  const ours = subject.memory;
  for (const { info, name } of variants) {
    for (let round = 0; round < rounds; round++) {
      fillOperands(ours, random);
      if (form === "constants") { for (let i = 0; i < 48; i += 4) ours.setInt32(i, constants.getInt32(i)); }
      if (form === "same") { for (let i = 16; i < 48; i += 4) ours.setInt32(i, ours.getInt32(i & 15)); }
      for (let i = 0; i < 512; i += 4) theirs.setInt32(i, ours.getInt32(i));
      subject.call(name);
      (exports[name] as () => void)();
      compare(info, ours, theirs);
      for (let i = KEPT_AT; i < 512; i += 4) {
        if (ours.getInt32(i) !== theirs.getInt32(i)) throw new Error(`${name} (${form}) changes what is at ${i}`);
      }
    }
  }
}

/** Runs every access at the borders of memories of several kinds, in a subject and in V8, and compares. */
export function compareAccesses(make: Instantiate): void {
  const kinds = {
    first: ['(memory (export "m") 1 1)', "", "(local.get 0)"],
    second: ['(memory (export "m") 1 1) (memory $n 1 1)', "$n", "(local.get 0)"],
    wide: ['(memory (export "m") i64 1 1)', "", "(i64.extend_i32_u (local.get 0))"],
    constant: ['(memory (export "m") 1 1)', "", ""],
  };
  const accesses = SIMD.filter((i) => i.imm === Imm.MEMORY_ACCESS || i.imm === Imm.MEMORY_LANE);
  const places = (n: number) => [...new Set([0, 1000, 65536 - n, 65537 - n, 65536, -1])];
  for (const [kind, [memory, index, address]] of Object.entries(kinds)) {
    const at = kind === "wide" ? "(i64.const 0)" : "(i32.const 0)";
    const names: { name: string; bytes: number; places: number[] }[] = [];
    const funcs = accesses.flatMap((info) => {
      const lanes = info.imm === Imm.MEMORY_LANE ? [0, (16 >> info.accessLog2) - 1] : [-1];
      return lanes.flatMap((lane) =>
        [0, 7, 300].flatMap((offset) => {
          const bytes = (1 << info.accessLog2) + offset;
          return (address === "" ? places(bytes) : [NaN]).map((fixed) => {
            const name = `${info.name} ${lane} ${offset} ${fixed}`;
            names.push({ name, bytes, places: address === "" ? [fixed] : places(bytes) });
            const vector = info.signature.startsWith("av") ? `(v128.load ${index} ${at})` : "";
            const where = address === "" ? `(i32.const ${fixed})` : address;
            const run = `(${info.name} ${index} offset=${offset} align=1 ${lane < 0 ? "" : lane} ${where} ${vector})`;
            const body = info.signature.endsWith(":v") ? `(v128.store ${index} offset=16 ${at} ${run})` : run;
            return `(func (export "${name}") (param i32) ${body})`;
          });
        })
      );
    });
    // Of several memories the first is what is filled and looked at: the second gets its bytes from there, and gives them back.
    const moves = index === ""
      ? ""
      : `(func (export "in") (memory.copy $n 0 (i32.const 0) (i32.const 0) (i32.const 65536)))
      (func (export "out") (memory.copy 0 $n (i32.const 0) (i32.const 0) (i32.const 65536)))`;
    const bytes = assembleText(`(module ${memory} ${funcs.join("\n")} ${moves})`);
    const subject = make(bytes);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    const theirs = new Uint8Array((exports.m as WebAssembly.Memory).buffer);
    const ours = new Uint8Array(subject.memory.buffer, subject.memory.byteOffset, subject.memory.byteLength);
    const random = randomWords(3);
    const both = (name: string) => {
      subject.call(name);
      (exports[name] as () => void)();
    };
    for (const { name, places } of names) {
      for (const from of places) {
        for (const start of [0, 990, 65480]) {
          for (let i = start; i < start + 56; i++) ours[i] = theirs[i] = random();
        }
        if (index !== "") both("in");
        let expected = "done", actual = "done";
        try {
          (exports[name] as (at: number) => void)(from);
        } catch {
          expected = "trap";
        }
        try {
          subject.call(name, from);
        } catch (e) {
          if (!(e instanceof Trap)) throw e;
          actual = "trap";
        }
        assertEquals(actual, expected, `${kind}: ${name} at ${from}`);
        if (index !== "") both("out");
        for (const start of [0, 960, 65440]) {
          for (let i = start; i < start + 96; i++) {
            if (ours[i] !== theirs[i]) throw new Error(`${kind}: ${name} at ${from} changes byte ${i}`);
          }
        }
      }
    }
  }
}

/** Sixty-five vectors as locals, so that slots need two bytes where indices need one. */
const MANY = Array.from({ length: 65 }, () => "v128").join(" ");
/** Functions that move vectors about. */
export const MOVES = `
  (global $g (mut v128) (v128.const i32x4 1 2 3 4))
  (global $h (export "h") v128 (v128.const i64x2 -1 5))
  (global $copy v128 (global.get $h))
  (type $pair (func (param v128 i32) (result i32 v128 i64)))
  (table funcref (elem $swap))
  (func $swap (type $pair) (local.get 1) (i32x4.add (local.get 0) (i32x4.splat (local.get 1))) (i64.const 7))
  (func $sum (param v128) (result i32)
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get 0)) (i32.mul (i32.const 3) (i32x4.extract_lane 1 (local.get 0))))
      (i32.add (i32.mul (i32.const 5) (i32x4.extract_lane 2 (local.get 0))) (i32.mul (i32.const 7) (i32x4.extract_lane 3 (local.get 0))))))
  (func (export "locals") (param i32 i64) (result i64) (local i32 v128 i32 v128 i64)
    (local.set 2 (i32.add (local.get 0) (i32.const 3)))
    (local.set 3 (i32x4.splat (local.get 2)))
    (local.set 6 (i64.add (local.get 1) (i64.const 1)))
    (local.set 4 (call $sum (local.tee 5 (i32x4.add (local.get 3) (v128.const i32x4 1 2 3 4)))))
    (drop (local.get 3))
    (i64.add (i64.extend_i32_s (i32.add (local.get 4) (local.get 2)))
      (i64.add (local.get 6) (i64.extend_i32_s (call $sum (local.get 5))))))
  (func (export "far") (param i32) (result i32) (local ${MANY} i32 i32 f64)
    (local.set 66 (i32.add (local.get 0) (i32.const 5)))
    (local.set 65 (i32x4.splat (local.tee 67 (local.get 66))))
    (local.set 68 (f64.const 2.5))
    (local.set 1 (local.get 65))
    (local.set 64 (local.tee 65 (i32x4.add (local.get 65) (local.get 65))))
    (local.set 1 (i32x4.add (local.get 64) (local.get 1)))
    (loop
      (local.set 67 (i32.add (local.get 67) (i32.const 3)))
      (br_if 0 (i32.lt_s (local.get 67) (i32.const 100))))
    (i32.add (i32.trunc_f64_s (f64.mul (local.get 68) (f64.const 4)))
      (i32.add (call $sum (local.get 1)) (i32.add (local.get 66) (local.get 67)))))
  (func (export "select") (param i32) (result i32)
    (i32.const 77)
    (select (v128.const i32x4 1 2 3 4) (v128.const i32x4 50 60 70 80) (local.get 0))
    (select (result v128) (v128.const i32x4 5 6 7 8) (v128.const i32x4 9 9 9 9) (i32.eqz (local.get 0)))
    i32x4.add
    (v128.const i32x4 0 0 0 0)
    drop
    call $sum
    i32.add)
  (func (export "globals") (param i32) (result i32)
    (global.set $g (i32x4.add (global.get $g) (i32x4.splat (local.get 0))))
    (i32.add (call $sum (global.get $g)) (call $sum (i32x4.add (global.get $copy) (global.get $h)))))
  (func (export "calls") (param i32) (result i32) (local v128)
    (call_indirect (type $pair) (v128.const i32x4 1 10 100 1000) (local.get 0) (i32.const 0))
    drop
    local.set 1
    (i32.add (call $sum (local.get 1))))
  (func (export "branches") (param i32) (result i32) (local v128)
    (call $sum
      (block $b (result v128)
        (i32.const 5)
        (block $a (result v128)
          (i32.const 9)
          (i64.const 4)
          (i32.const 11)
          (v128.const i32x4 1 2 3 4)
          (br_if $b (i32.eq (local.get 0) (i32.const 1)))
          (br_table $a $b $b $a (local.get 0)))
        (local.set 1)
        (i32x4.add (i32x4.splat) (local.get 1))
        (if (param v128) (result v128) (i32.eqz (local.get 0))
          (then (i32x4.neg))
          (else (v128.not)))
        (br $b))))
  (func (export "loop") (param i32) (result i32) (local v128)
    (call $sum
      (loop (result v128)
        (local.set 1 (i32x4.add (local.get 1) (v128.const i32x4 1 2 3 4)))
        (local.get 1)
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
  (func $deep (param v128 i32) (result v128)
    (if (result v128) (i32.eqz (local.get 1))
      (then (local.get 0))
      (else (i32x4.add (local.get 0) (call $deep (local.get 0) (i32.sub (local.get 1) (i32.const 1)))))))
  (func (export "deep") (param i32) (result i32)
    (call $sum (call $deep (v128.const i32x4 1 2 3 4) (local.get 0))))
  (func (export "unreachable") (result i32)
    (block (result i32) (br 0 (i32.const 3)) drop select drop (v128.const i64x2 0 0) drop (i32.const 4)))`;
/** Those of them to call, with an i32 and an i64. */
export const MOVING: readonly string[] = [
  "locals",
  "far",
  "select",
  "globals",
  "calls",
  "branches",
  "loop",
  "deep",
  "unreachable",
];
