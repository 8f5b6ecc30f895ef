// Tier fast from outside: what its translation makes of programs, that every optimisation can be switched off, and that frames change the loop they run in.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Engine, type EngineOptions, Trap } from "../../mod.ts";

const SOURCE = `(module
  (import "h" "tick" (func $tick (param i32)))
  (memory (export "m") 1)
  (global $g (mut i64) (i64.const 3))
  (data (i32.const 16) "\\01\\02\\03\\04\\05\\06\\07\\08")
  (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "mix") (param $a i32) (param $b i32) (result i32) (local $t i32)
    (local.set $t (i32.xor (i32.shl (local.get $a) (i32.const 13)) (local.get $b)))
    (i32.store offset=4 (i32.add (local.get $a) (i32.const 16)) (i32.add (local.get $t) (i32.const -7)))
    (i32.add (i32.load (i32.add (i32.shl (local.get $a) (i32.const 2)) (i32.const 16)))
      (call $add (i32.mul (local.get $t) (i32.const 3)) (i32.load8_u offset=16 (local.get $a)))))
  (func (export "swap") (param $a i32) (param $b i32) (result i32 i32)
    (local.get $b) (local.get $a) (local.set $a (i32.const 9)) (local.set $b (local.get $a)))
  (func (export "sum") (param $n i32) (result i64) (local $i i32) (local $s i64)
    (loop $l
      (local.set $s (i64.add (local.get $s) (i64.mul (i64.extend_i32_u (local.get $i)) (global.get $g))))
      (call $tick (local.get $i))
      (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $s))
  (func (export "constant") (result i32)
    (if (result i32) (i32.eq (i32.add (i32.const 2) (i32.const 2)) (i32.const 4)) (then (i32.const 1)) (else (i32.const 0))))
  (func $deep (param i32 f64) (result f64)
    (f64.add (f64.mul (local.get 1) (f64.const 2)) (f64.load (i32.add (local.get 0) (i32.const 65520)))))
  (func (export "trap") (param i32) (result f64) (call $deep (local.get 0) (f64.const 1)))
  (func (export "divide") (param i32 i32) (result i32)
    (i32.add (i32.const 1) (i32.div_s (local.get 0) (local.get 1)))))`;

function load(options: EngineOptions, tick: (i: number) => void = () => {}) {
  return new Engine(options).load(SOURCE, { h: { tick } });
}
/** What the functions give for a few arguments. */
function results(options: EngineOptions): unknown[] {
  const { mix, swap, sum, constant } = load(options).exports;
  return [mix(3, 5), mix(8, 77), mix(0, -1), swap(1, 2), sum(10), constant()];
}

Deno.test("each optimisation of tier fast can be switched off, and results stay", () => {
  const expected = results({ tier: "interp" });
  const names = ["fold", "constants", "fuse", "inline"] as const;
  for (let bits = 0; bits < 2 ** names.length; bits++) {
    const fast = Object.fromEntries(names.map((name, i) => [name, (bits & (1 << i)) !== 0]));
    assertEquals(results({ tier: "fast", fast }), expected, JSON.stringify(fast));
  }
});

Deno.test("an optimisation that does not exist is refused", () => {
  assertThrows(() => new Engine({ fast: { magic: true } as EngineOptions["fast"] }), TypeError, "fast has no magic");
  assertThrows(() => new Engine({ fast: { fold: 1 as unknown as boolean } }), TypeError, "true or false");
});

Deno.test("translation() tells what became of each instruction", async () => {
  const whole = await load({ tier: "fast" }).func("mix").translation();
  const plain = await load({ tier: "fast", fast: { fold: false, fuse: false } }).func("mix").translation();
  assert(whole.instructions.length < plain.instructions.length / 2);
  assert(whole.codeBytes < plain.codeBytes);
  const roles = (listing: typeof whole) =>
    new Set([...listing.instructions.flatMap((i) => i.parts), ...listing.unused].map((p) => p.role));
  for (const role of ["direct", "folded", "fused"] as const) assert(roles(whole).has(role), role);
  assert(!roles(plain).has("folded"));
  const parts = [...whole.instructions.flatMap((i) => i.parts), ...whole.unused]
    .filter((p) => p.callee === undefined).map((p) => p.wasmOffset);
  assertEquals(new Set(parts).size, parts.length);
  assertEquals(parts.length, (await load({}).func("mix").disassemble("interp")).rows.length);
  assert(whole.toString().includes("i32.load"));
  await assertRejects(() => load({}).functions[0].translation(), TypeError, "host function");
});

Deno.test("traps of joined instructions name the offsets that they have in interp", () => {
  const trapOf = (options: EngineOptions, name: string, ...args: number[]) => {
    const { exports } = load(options);
    const { kind, frames } = assertThrows(() => exports[name](...args), Trap);
    return { kind, frames: frames.map(({ index, offset }) => ({ index, offset })) };
  };
  for (
    const [name, ...args] of [["trap", 9], ["divide", 1, 0], ["divide", -0x80000000, -1], ["mix", 65536, 0]] as const
  ) {
    const expected = trapOf({ tier: "interp" }, name, ...args);
    assertEquals(trapOf({ tier: "fast" }, name, ...args), expected);
    assertEquals(trapOf({ tier: "fast", fuel: 1000 }, name, ...args), expected);
  }
});

Deno.test("a running frame goes to register code and back when its function's tier is set", () => {
  const instance = load({ tier: "interp" }, (i) => {
    if (i % 100 === 0) instance.func("sum").tier = i % 200 === 0 ? "fast" : "interp";
  });
  assertEquals(instance.exports.sum(1000), 3n * 499500n);
});

Deno.test("fuel is the same in fast and interp", () => {
  const used = (tier: "fast" | "interp", fast = {}) => {
    const engine = new Engine({ tier, fast, fuel: 1_000_000 });
    engine.load(SOURCE, { h: { tick: () => {} } }).exports.sum(1234);
    return engine.fuel;
  };
  assertEquals(used("fast"), used("interp"));
  assertEquals(used("fast", { fuse: false }), used("interp"));
});
