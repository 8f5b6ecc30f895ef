// Running code leaves at safepoints, many times and wherever it is, and goes on as if nothing had been: registers, operands, callers.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Engine, Trap } from "../../mod.ts";
import { innerFunc } from "../../src/api/func.ts";
import { InterruptBit } from "../../src/platform/interrupt.ts";
import { testInTiers } from "../security/tiers.ts";

/** A Worker that asks for attention again and again, until disposed of. */
async function pester(word: Int32Array<SharedArrayBuffer>) {
  const source = `onmessage = ({ data: { word, state } }) => {
    postMessage("begun");
    while (state[0] === 0) { Atomics.or(word, 0, ${InterruptBit.ATTENTION}); Atomics.wait(state, 0, 0, 0.01); }
    Atomics.store(state, 1, 1);
    Atomics.notify(state, 1);
  }`;
  const worker = new Worker("data:text/javascript," + encodeURIComponent(source), { type: "module" });
  const { promise, resolve } = Promise.withResolvers<void>();
  worker.onmessage = () => resolve();
  const state = new Int32Array(new SharedArrayBuffer(8));
  worker.postMessage({ word, state });
  await promise;
  return {
    [Symbol.dispose]() {
      Atomics.store(state, 0, 1);
      Atomics.wait(state, 1, 0);
      worker.terminate();
      Atomics.and(word, 0, ~InterruptBit.ATTENTION);
    },
  };
}

// Loops that keep integers, floats and vectors in registers, with constants, calls and recursion around them.
const BUSY = `(module
  (func $mix (param $n i32) (result i64 f64 i32)
    (local $a i64) (local $b i64) (local $c i32) (local $d i32) (local $e i32) (local $x f64) (local $y f64) (local $z f32)
    (local $v v128) (local $w v128)
    (local.set $v (v128.const i32x4 1 2 3 4)) (local.set $w (v128.const i32x4 5 7 11 13))
    (local.set $x (f64.const 1.5)) (local.set $z (f32.const 0.25)) (local.set $e (i32.const 77))
    (loop $l
      (local.set $a (i64.add (i64.mul (local.get $a) (i64.const 6364136223846793005)) (i64.extend_i32_u (local.get $n))))
      (local.set $b (i64.xor (local.get $b) (i64.shr_u (local.get $a) (i64.const 7))))
      (local.set $c (i32.add (local.get $c) (i32.wrap_i64 (local.get $b))))
      (local.set $d (i32.rotl (i32.xor (local.get $d) (local.get $c)) (i32.const 5)))
      (local.set $x (f64.add (local.get $x) (f64.convert_i32_u (i32.and (local.get $d) (i32.const 255)))))
      (local.set $y (f64.sub (local.get $y) (local.get $x)))
      (local.set $z (f32.mul (local.get $z) (f32.const 1.0000001)))
      (local.set $v (i32x4.add (local.get $v) (local.get $w)))
      (local.set $w (v128.xor (local.get $w) (i32x4.splat (local.get $d))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.xor (local.get $a) (i64.xor (local.get $b) (i64x2.extract_lane 1 (local.get $v))))
    (f64.add (local.get $y) (f64.promote_f32 (local.get $z)))
    (i32.add (local.get $e) (i32.add (local.get $c) (i32x4.extract_lane 2 (local.get $w)))))
  (func $fib (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $other (i32.sub (local.get 0) (i32.const 2)))))))
  (func $other (param i32) (result i32) (return_call $fib (local.get 0)))
  (func (export "run") (param i32 i32) (result i64 f64 i32 i32)
    (call $mix (local.get 0)) (call $fib (local.get 1)))
  (func (export "spin") (param i32) (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`;

testInTiers("code that leaves at safepoints goes on where it was", async ({ engine, load }) => {
  const instance = load(BUSY);
  const { run } = instance.exports as Record<string, (...args: number[]) => unknown>;
  const expected = run(300_000, 20);
  const { store } = innerFunc(instance.functions.at(-1)!).instance!;
  let left = 0;
  store.atSafepoint = () => void left++;
  {
    using _worker = await pester(engine.interruptWord);
    for (let i = 0; i < 20 && (left < 50 || i < 3); i++) assertEquals(run(300_000, 20), expected);
  }
  store.atSafepoint = undefined;
  assert(left > 0);
});

// Zeal asks for attention itself, all the time.
testInTiers("a collection at a safepoint keeps what frames and registers refer to", ({ engine, load }) => {
  const instance = load(
    `(module
    (type $box (struct (field (mut i32)) (field (ref null $box))))
    (import "h" "ask" (func $ask))
    (func $list (param $n i32) (result (ref null $box)) (local $l (ref null $box))
      (loop $more
        (local.set $l (struct.new $box (local.get $n) (local.get $l)))
        (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $l))
    (func (export "run") (param $n i32) (result i32) (local $l (ref null $box)) (local $sum i32)
      (local.set $l (call $list (local.get $n)))
      (call $ask)
      (struct.new $box (i32.const 1000) (ref.null $box))
      (loop $walk
        (local.set $sum (i32.add (local.get $sum) (struct.get $box 0 (local.get $l))))
        (br_if $walk (i32.eqz (ref.is_null (local.tee $l (struct.get $box 1 (local.get $l)))))))
      (i32.add (struct.get $box 0) (local.get $sum))))`,
    {
      h: { ask: () => void Atomics.or(engine.interruptWord, 0, InterruptBit.ATTENTION) },
    },
  );
  const { store } = innerFunc(instance.functions.at(-1)!).instance!;
  let collections = 0;
  store.atSafepoint = () => {
    engine.gc();
    collections++;
  };
  assertEquals((instance.exports.run as (n: number) => number)(30_000), 450_016_000);
  // Functions that were moved before ask for attention, too.
  assert(collections >= 1);
}, ["zeal"]);

testInTiers("attention alone traps nothing; an interruption beside it does", ({ engine, load }) => {
  const { exports, functions } = load(BUSY);
  const spin = exports.spin as (n: number) => void;
  Atomics.or(engine.interruptWord, 0, InterruptBit.ATTENTION);
  spin(100_000);
  assertEquals(engine.interruptWord[0], 0);
  Atomics.or(engine.interruptWord, 0, InterruptBit.ATTENTION | InterruptBit.INTERRUPT);
  const trap = assertThrows(() => spin(100_000), Trap, "interrupted");
  assertEquals(trap.frames.map((f) => f.name), [functions.at(-1)!.name]);
  assertEquals(engine.interruptWord[0], InterruptBit.INTERRUPT);
  engine.interruptWord[0] = 0;
  spin(100_000);
}, ["zeal"]);

Deno.test("a loop is interrupted at the same place in every tier", () => {
  for (const tier of ["interp", "jit"] as const) {
    if (tier === "jit" && Engine.nativeUnavailable !== undefined) continue;
    const engine = new Engine({ tier });
    const { exports } = engine.load(
      `(module
      (import "h" "ask" (func $ask))
      (func (export "f") (nop) (call $g))
      (func $g (call $ask) (nop) (loop $l (nop) (br $l))))`,
      {
        h: { ask: () => void Atomics.or(engine.interruptWord, 0, InterruptBit.INTERRUPT) },
      },
    );
    const trap = assertThrows(exports.f as () => void, Trap, "interrupted");
    engine.interruptWord[0] = 0;
    const [top, caller] = trap.frames.map((f) => f.offset);
    assertEquals([top - caller, trap.frames.length], [8, 2], tier);
  }
});

testInTiers("a loop right behind a call whose result is dropped is not taken for the call", ({ load }) => {
  // Frames behind the call have an operand that those at the loop's head have no more.
  const { run, steps } = load(
    `(module (import "h" "id" (func $id (param i32) (result i32))) (global $steps (export "steps") (mut i32) (i32.const 0))
      (func $own (param i32) (result i32) (local.get 0))
      (func (export "run") (param $n i32) (result i32) (local $sum i32)
        (i32.const 40)
        (drop (call $id (i32.const 1)))
        (loop $l (param i32) (result i32)
          (drop (call $own (i32.const 2)))
          (loop $m (param i32) (result i32)
            (drop)
            (loop $n
              (global.set $steps (i32.add (global.get $steps) (i32.const 1)))
              (br_if $n (i32.rem_u (global.get $steps) (i32.const 3))))
            (i32.add (local.tee $sum (i32.add (local.get $sum) (i32.const 1))) (i32.const 1000))
            (br_if $m (i32.rem_u (local.get $sum) (i32.const 4))))
          (br_if $l (i32.lt_u (local.get $sum) (local.get $n)))))) `,
    { h: { id: (x: number) => x } },
  ).exports;
  // deno-lint-ignore no-explicit-any
  for (let i = 1; i < 4; i++) assertEquals([(run as any)(100), (steps as any).value], [1100, 300 * i]);
});
