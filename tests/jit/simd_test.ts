// SIMD in machine code: every instruction against V8 with operands in all places, borders of memories, merges, calls of every kind, random programs.

import { assert, assertEquals } from "@std/assert";
import { Engine } from "../../mod.ts";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { refusal } from "../../src/jit/compilable.ts";
import { BASELINE_CPU } from "../../src/platform/cpu.ts";
import { assembleText } from "../../src/text/parser.ts";
import { validateModule } from "../../src/validate/validate_module.ts";
import { compareAccesses, compareNumeric, type Form, MOVES, MOVING, numericVariants } from "../interp/simd_oracle.ts";
import { vectorProgram } from "./generate_vectors.ts";

const engine = new Engine({ tier: "jit" });

/** Instantiates a module whose functions are all machine code. */
function compiled(bytes: Uint8Array<ArrayBuffer>) {
  const instance = engine.instantiate(engine.compile(bytes));
  for (const func of instance.functions) assertEquals(func.refusal("jit"), undefined, func.name);
  const { exports } = instance;
  return {
    memory: new DataView(instance.memory(0).buffer as ArrayBuffer),
    call: (name: string, ...args: number[]) => void (exports[name] as (...args: unknown[]) => void)(...args),
  };
}

for (const form of ["fresh", "kept", "same", "spilled", "constants"] as Form[]) {
  Deno.test(`machine code gives what V8 gives for every SIMD instruction, operands ${form}`, () => {
    compareNumeric(numericVariants(), form === "constants" ? 8 : 40, compiled, form);
  });
}

Deno.test("compiled loads and stores of vectors and lanes are those of V8 up to the last byte, in every kind of memory", () => {
  compareAccesses(compiled);
});

type Exports = Record<string, (...args: unknown[]) => unknown>;

Deno.test("compiled functions move vectors as V8 does, in one tier and in both", () => {
  const bytes = assembleText(`(module ${MOVES})`);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  for (let tiers = 0; tiers < 16; tiers++) {
    const subject = engine.instantiate(engine.compile(bytes));
    subject.functions.forEach((func, i) => func.tier = (tiers * (i + 1) & 3) === 1 ? "interp" : "jit");
    const theirs = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
    for (const name of MOVING) {
      for (const x of [0, 1, 2, 3, 50].slice(name === "loop" ? 1 : 0)) {
        const args = [x, 1234567890123n].slice(0, (exports[name] as Exports[string]).length);
        assertEquals((subject.exports as Exports)[name](...args), (theirs as Exports)[name](...args), name);
      }
    }
  }
});

Deno.test("vectors are passed in registers and on the stack, between all pairs of tiers", () => {
  // Vectors in registers and slots, odd numbers of slots before them, several results.
  const many = Array.from({ length: 11 }, (_, i) => i % 3 === 1 ? "i64 v128" : "v128 f32").join(" ");
  const types = many.split(" ");
  const results = ["v128", "i32", "v128", "i64", "v128", "f64", "v128"];
  const fold = types.map((t, i) =>
    t === "v128"
      ? `(local.get ${i})`
      : t === "i64"
      ? `(i64x2.splat (local.get ${i}))`
      : `(f32x4.splat (local.get ${i}))`
  ).map((x, i) => `(local.set $s (i32x4.add (i32x4.mul (local.get $s) (i32x4.splat (i32.const ${2 * i + 3}))) ${x}))`);
  const args = types.map((t, i) =>
    t === "v128" ? `(i32x4.add (local.get $v) (v128.const i32x4 ${i} ${7 * i} ${i * i} -${i}))` : `(${t}.const ${i})`
  );
  const bytes = assembleText(`(module
    (type $t (func (param ${many}) (result ${results.join(" ")})))
    (table funcref (elem $inner $outer $tail))
    (func $inner (type $t) (local $s v128)
      ${fold.join(" ")}
      (local.get $s) (i32.const 5) (i32x4.neg (local.get $s)) (i64.const 6) (local.get 0) (f64.const 7)
      (i32x4.shl (local.get $s) (i32.const 3)))
    (func $outer (type $t) ${types.map((_, i) => `(local.get ${i})`).join(" ")} (call_indirect (type $t) (i32.const 0)))
    (func $tail (type $t) ${
    types.map((_, i) => `(local.get ${i})`).join(" ")
  } (return_call_indirect (type $t) (i32.const 1)))
    (func $sum (param $v v128) (param $which i32) (result v128) (local $s v128)
      ${args.join(" ")} (call_indirect (type $t) (local.get $which))
      (local.set $s) f64x2.splat (local.set $s (i32x4.add (local.get $s)))
      (local.set $s (i32x4.add (local.get $s)))
      i64x2.splat (local.set $s (i32x4.add (local.get $s)))
      (local.set $s (i32x4.sub (local.get $s)))
      i32x4.splat (local.set $s (i32x4.mul (local.get $s)))
      (local.get $s) i32x4.sub)
    (func (export "run") (param i32 i32) (result i64) (local $v v128)
      (local.set $v (call $sum (i32x4.splat (local.get 0)) (local.get 1)))
      (i64.xor (i64x2.extract_lane 0 (local.get $v)) (i64x2.extract_lane 1 (local.get $v)))))`);
  const theirs = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports;
  for (let tiers = 0; tiers < 32; tiers++) {
    const subject = engine.instantiate(engine.compile(bytes));
    subject.functions.forEach((func, i) => func.tier = (tiers >> i & 1) === 1 ? "interp" : "jit");
    for (const [x, which] of [[1, 0], [-77, 1], [123456, 2], [2 ** 31 - 1, 2]]) {
      assertEquals((subject.exports as Exports).run(x, which), theirs.run(x, which), `tiers ${tiers}`);
    }
  }
});

Deno.test("exceptions carry vectors through machine code and the interpreter", () => {
  const bytes = assembleText(`(module
    (tag $t (param i32 v128 i64 v128 v128))
    (func $throw (param $v v128) (param $i i32)
      (if (i32.and (local.get $i) (i32.const 1)) (then
        (throw $t (local.get $i) (local.get $v) (i64.const -7) (i32x4.neg (local.get $v)) (v128.const i32x4 1 2 3 4)))))
    (func (export "run") (param i32 i32) (result i32) (local $v v128) (local $kept v128) (local $x exnref)
      (local.set $kept (i16x8.splat (local.get 0)))
      (block $caught (result i32 v128 i64 v128 v128 exnref)
        (v128.const i64x2 9 8)
        (try_table (catch_ref $t $caught) (call $throw (i32x4.splat (local.get 0)) (local.get 1)))
        drop
        (return (i32.const -1)))
      local.set $x
      (i32x4.add (i32x4.mul (v128.const i32x4 5 6 7 8)))
      (local.set $v)
      i64x2.splat
      (i32x4.add (local.get $v))
      (local.set $v)
      (i32x4.mul (i32x4.add (local.get $v) (v128.const i32x4 3 5 7 9)))
      (local.set $v)
      (i32x4.add (i32x4.splat) (local.get $v))
      (i32x4.add (local.get $kept))
      (local.set $v)
      (i32.add (i32x4.extract_lane 1 (local.get $v)) (i32x4.extract_lane 2 (local.get $v)))))`);
  const theirs = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports;
  for (let tiers = 0; tiers < 4; tiers++) {
    const subject = engine.instantiate(engine.compile(bytes));
    subject.functions.forEach((func, i) => assertEquals(func.refusal("jit"), undefined, String(i)));
    subject.functions.forEach((func, i) => func.tier = (tiers >> i & 1) === 1 ? "interp" : "jit");
    for (const args of [[1, 1], [-5, 3], [7, 2], [2 ** 30, 1]]) {
      assertEquals((subject.exports as Exports).run(...args), theirs.run(...args), `tiers ${tiers}`);
    }
  }
});

Deno.test("structures and arrays hold vectors", () => {
  const bytes = assembleText(`(module
    (type $s (struct (field i32) (field (mut v128)) (field v128) (field i64)))
    (type $a (array (mut v128)))
    (func (export "run") (param i32 i32) (result i32) (local $v v128) (local $s (ref null $s)) (local $a (ref null $a)) (local $n i32)
      (local.set $n (i32.const 3000))
      (local.set $v (i32x4.splat (local.get 0)))
      (local.set $a (array.new_default $a (i32.and (local.get 1) (i32.const 7))))
      (loop $l
        (local.set $s (struct.new $s (local.get 0) (local.get $v) (v128.const i32x4 1 2 3 4) (i64.const 7)))
        (struct.set $s 1 (local.get $s) (i32x4.add (struct.get $s 1 (local.get $s)) (struct.get $s 2 (local.get $s))))
        (local.set $a (array.new_fixed $a 3 (local.get $v) (struct.get $s 1 (local.get $s)) (v128.const i64x2 5 -6)))
        (array.set $a (local.get $a) (i32.const 0) (array.get $a (local.get $a) (i32.const 2)))
        (array.set $a (local.get $a) (i32.const 2) (v128.const i64x2 1 3))
        (local.set $v (i32x4.mul
          (i32x4.add (array.get $a (local.get $a) (i32.const 0)) (array.get $a (local.get $a) (i32.const 1)))
          (array.get $a (local.get $a) (i32.const 2))))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (i32.add (i32x4.extract_lane 1 (local.get $v)) (i32x4.extract_lane 2 (local.get $v)))))`);
  const theirs = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports;
  const subject = engine.instantiate(engine.compile(bytes));
  assertEquals(subject.functions[0].refusal("jit"), undefined);
  for (const args of [[1, 1], [-5, 3], [7, 2], [2 ** 30, 1]]) {
    assertEquals((subject.exports as Exports).run(...args), theirs.run(...args));
  }
});

Deno.test("random programs on vectors give what they give in V8, with tiers mixed", () => {
  for (let seed = 1; seed <= 150; seed++) {
    const bytes = assembleText(vectorProgram(seed));
    const theirs = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports;
    const subject = engine.instantiate(engine.compile(bytes));
    if (seed % 3 === 0) subject.functions.forEach((func, i) => func.tier = (seed >> i & 1) === 1 ? "interp" : "jit");
    for (let round = 0; round < 4; round++) {
      const args = [round * 3 - 2, BigInt(seed) * 0x123456789abn, round];
      assertEquals((subject.exports as Exports).run(...args), theirs.run(...args), `seed ${seed}, ${args}`);
    }
  }
});

Deno.test("a function with instructions on vectors is refused where the processor lacks SSE4.1", () => {
  const valid = validateModule(decodeModule(assembleText(`(module
    (func (param v128) (result v128) (local.get 0))
    (func (param v128) (result v128) (v128.not (local.get 0))))`)));
  assertEquals(refusal(valid, 0, BASELINE_CPU), undefined);
  assertEquals(refusal(valid, 1, BASELINE_CPU), "v128.not needs a processor with SSE4.1");
  assert(refusal(valid, 1, { ...BASELINE_CPU, sse41: true }) === undefined);
});
