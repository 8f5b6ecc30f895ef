// Small functions in place of their calls in tier fast: results, traps and what is watched are as with calls.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Engine, type EngineOptions, type Instance, Trap } from "../../mod.ts";

const SOURCE = `(module
  (import "h" "tick" (func $tick (param i32)))
  (memory 1)
  (global $g (mut i32) (i32.const 5))
  (func $max (param i32 i32) (result i32)
    (select (local.get 0) (local.get 1) (i32.gt_s (local.get 0) (local.get 1))))
  (func $get (param $p i32) (result i32) (i32.load offset=4 (i32.add (local.get $p) (i32.const 8))))
  (func $put (param $p i32) (param $v i64) (i64.store (local.get $p) (local.get $v)))
  (func $clamp (param $x i32) (result i32)
    (if (i32.lt_s (local.get $x) (i32.const 0)) (then (return (i32.const 0)))) (local.get $x))
  (func $pick (param $x i32) (result i64)
    (block $b (result i64) (i64.const 7) (br_if $b (local.get $x)) (drop) (i64.const 9)))
  (func $swap (param $x i32) (param $y i32) (result i32) (local $t i32)
    (local.set $t (local.get $x)) (local.set $x (local.get $y)) (local.set $y (local.get $t))
    (i32.sub (local.get $x) (local.get $y)))
  (func $zero (param $x i32) (result i32) (local $a i32) (local $b i32)
    (local.set $a (local.get $b)) (i32.add (local.tee $b (local.get $x)) (local.get $a)))
  (func $same (param i64) (result i64) (local.get 0))
  (func $bump (global.set $g (i32.add (global.get $g) (i32.const 1))))
  (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $stop (unreachable))
  (func (export "all") (param $n i32) (result i64) (local $s i32) (local $l i64)
    (loop $again
      (local.set $s (i32.add (local.get $s) (call $max (local.get $n) (i32.const 17))))
      (local.set $s (i32.xor (local.get $s) (call $get (i32.and (local.get $n) (i32.const 0xff)))))
      (call $put (i32.and (local.get $s) (i32.const 0xff)) (call $same (i64.extend_i32_u (local.get $n))))
      (local.set $s (i32.add (local.get $s) (call $clamp (i32.sub (local.get $n) (i32.const 10)))))
      (local.set $l (i64.add (local.get $l) (call $pick (i32.and (local.get $n) (i32.const 1)))))
      (local.set $s (i32.add (call $swap (i32.mul (local.get $s) (i32.const 3)) (local.get $n)) (call $zero (local.get $s))))
      (call $bump)
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.add (i64.add (local.get $l) (call $same (i64.const 3))) (i64.extend_i32_s (i32.add (local.get $s) (global.get $g)))))
  (func (export "load") (param i32) (result i32)
    (i32.add (i32.const 1) (call $max (i32.const 3) (call $get (local.get 0)))))
  (func (export "quotient") (param i32 i32) (result i32)
    (i32.add (local.get 0) (call $divide (local.get 0) (local.get 1))))
  (func (export "stop") (param i32) (if (local.get 0) (then (call $stop))))
  (func (export "ticks") (param $n i32) (result i32) (local $s i32)
    (loop $again
      (local.set $s (i32.add (local.get $s) (call $max (local.get $n) (i32.const 3))))
      (call $tick (local.get $n))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s)))`;

function load(options: EngineOptions, tick: (i: number) => void = () => {}): Instance {
  return new Engine(options).load(SOURCE, { h: { tick } });
}

Deno.test("bodies in place of calls give what calls give, whatever else is switched off", () => {
  const expected = load({ tier: "interp" }).exports.all(100);
  for (const fast of [{}, { inline: false }, { fold: false }, { fuse: false }, { constants: false }]) {
    assertEquals(load({ tier: "fast", fast }).exports.all(100), expected, JSON.stringify(fast));
  }
});

Deno.test("translation() shows the bodies that stand in place of calls", async () => {
  const parts = async (fast: EngineOptions["fast"]) => {
    const { instructions, unused } = await load({ tier: "fast", fast }).func("all").translation();
    assert(!instructions.some((i) => i.name === "call") === (fast?.inline ?? true));
    return [...instructions.flatMap((i) => i.parts), ...unused];
  };
  const inlined = (await parts({})).filter((p) => p.role === "inlined");
  assertEquals(inlined.filter((p) => p.callee === undefined).length, 10);
  assert(inlined.some((p) => p.callee === "get" && p.text.startsWith("i32.load")));
  assertEquals((await parts({ inline: false })).filter((p) => p.role === "inlined").length, 0);
});

Deno.test("a trap in a body in place of a call has the frames of the call", () => {
  const trapOf = (options: EngineOptions, name: string, ...args: number[]) => {
    const { exports } = load(options);
    const { kind, frames } = assertThrows(() => exports[name](...args), Trap);
    return { kind, frames: frames.map(({ name, index, offset }) => ({ name, index, offset })) };
  };
  for (
    const [name, ...args] of [
      ["load", 65536],
      ["load", -12],
      ["quotient", 1, 0],
      ["quotient", -0x80000000, -1],
      ["stop", 1],
    ] as const
  ) {
    const expected = trapOf({ tier: "interp" }, name, ...args);
    assertEquals(expected.frames.length, 2);
    for (const options of [{}, { fuel: 1000 }, { fast: { fuse: false } }, { tierZeal: true }]) {
      assertEquals(trapOf({ tier: "fast", ...options }, name, ...args), expected);
    }
  }
});

Deno.test("after such a trap the instance goes on", () => {
  const { exports } = load({ tier: "fast" });
  for (let i = 0; i < 100; i++) assertThrows(() => exports.load(65536 + i), Trap, "out of bounds");
  assertEquals(exports.quotient(9, 3), 12);
});

Deno.test("a probe on a function that stands in place of calls is told of each, from then on", () => {
  const seen: unknown[] = [];
  let probe: Disposable | undefined;
  const instance = load({ tier: "fast" }, (n) => {
    if (n === 7) probe = instance.probe({ at: "enter", functions: "max" }, (e) => seen.push(e.args[0]));
    if (n === 4) probe![Symbol.dispose]();
  });
  assertEquals(instance.exports.ticks(10), 58);
  assertEquals(seen, [6, 5, 4]);
  assertEquals(instance.func("max").tier, "fast");
  assertEquals(instance.exports.ticks(10), 58);
  assertEquals(seen.length, 6);
});

Deno.test("a function whose tier is set is called there, and stands in place of calls again afterwards", () => {
  const engine = new Engine({ tier: "fast" });
  let tier: string | undefined;
  const instance = engine.load(SOURCE, {
    h: {
      tick: (n: number) => {
        if (n === 8) instance.func("clamp").tier = instance.func("max").tier = "interp";
        if (n === 5) instance.func("max").tier = "fast";
        if (n === 3) instance.func("clamp").tier = "fast";
        tier = instance.func("max").tier;
      },
    },
  });
  assertEquals(instance.exports.ticks(10), 58);
  assertEquals(tier, "fast");
  assertEquals(instance.exports.all(100), load({ tier: "interp" }).exports.all(100));
});

Deno.test("what counts instructions counts those of bodies in place of calls", () => {
  const count = (tier: "fast" | "interp") => {
    const instance = load({ tier });
    const probe = instance.probe({ at: "instruction", functions: "max" });
    instance.exports.ticks(10);
    return probe.hits;
  };
  assertEquals(count("fast"), count("interp"));
});

Deno.test("whatever functions are moved while frames of their callers run, results stay", () => {
  const source = SOURCE.replace(/\)$/, "") + `
    (func $walk (export "walk") (param $n i32) (param $d i32) (result i32) (local $s i32)
      (loop $again
        (local.set $s (i32.add (local.get $s) (call $max (local.get $n) (i32.const 3))))
        (if (local.get $d)
          (then (local.set $s (i32.xor (local.get $s) (call $walk (i32.const 3) (i32.sub (local.get $d) (i32.const 1)))))))
        (call $tick (call $swap (local.get $s) (call $clamp (i32.sub (local.get $n) (i32.const 2)))))
        (local.set $s (i32.add (call $swap (local.get $s) (local.get $d)) (call $zero (local.get $s))))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $s)))`;
  const run = (tick: (instance: Instance) => void, options: EngineOptions) => {
    const instance: Instance = new Engine(options).load(source, { h: { tick: () => tick(instance) } });
    return instance.exports.walk(4, 5);
  };
  const expected = run(() => {}, { tier: "interp" });
  for (let seed = 1; seed <= 6; seed++) {
    let state = seed;
    const random = (n: number) => (state = Math.imul(state, 1103515245) + 12345 >>> 0) % 65536 % n;
    const move = (instance: Instance) => {
      if (random(3) > 0) return;
      const name = ["max", "swap", "clamp", "zero", "walk"][random(5)];
      instance.func(name).tier = random(2) === 0 ? "interp" : "fast";
    };
    assertEquals(run(move, { tier: "fast" }), expected, `seed ${seed}`);
    assertEquals(run(move, { tier: "fast", tierZeal: seed }), expected, `seed ${seed} with zeal`);
    assertEquals(run(move, { tier: "fast", fuel: 1e6 }), expected, `seed ${seed} with fuel`);
  }
});
