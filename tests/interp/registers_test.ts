// Frames of register code among those of the interpreter: who returns to whom, what a collection sees, and that both count the same.

import { assert, assertEquals } from "@std/assert";
import { Engine } from "../../mod.ts";
import { RegisterZeal } from "../../src/engine/zeal.ts";
import { FAST_DEFAULTS } from "../../src/fast/options.ts";
import { FastTier } from "../../src/fast/tier.ts";
import { InterpreterTier, type Thread } from "../../src/interp/thread.ts";
import { RunStatus, TIERS } from "../../src/runtime/tier.ts";
import { Meter } from "../../src/runtime/meter.ts";
import { Store } from "../../src/runtime/store.ts";
import { Interpreted } from "./interpreted.ts";

const HERE = TIERS.filter((tier) => tier !== "jit" || Engine.nativeUnavailable === undefined);

Deno.test("a function that was called last returns once, whatever tiers run it, the one before and their caller", () => {
  const engine = new Engine();
  const instance = engine.load(`(module
    (type $unary (func (param i32) (result i32)))
    (table funcref (elem $last))
    (elem declare func $last)
    (func $last (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func $direct (param i32) (result i32) (return_call $last (local.get 0)))
    (func $indirect (param i32) (result i32) (return_call_indirect (type $unary) (local.get 0) (i32.const 0)))
    (func $ref (param i32) (result i32) (return_call_ref $unary (local.get 0) (ref.func $last)))
    (func (export "run") (param i32) (result i32)
      (i32.add (i32.mul (call $direct (local.get 0)) (i32.const 10000))
        (i32.add (i32.mul (call $indirect (local.get 0)) (i32.const 100)) (call $ref (local.get 0))))))`);
  const run = instance.exports.run as (x: number) => number;
  const [last, direct, indirect, ref, caller] = instance.functions;
  for (const first of HERE) {
    for (const second of HERE) {
      for (const third of HERE) {
        caller.tier = first;
        direct.tier = indirect.tier = ref.tier = second;
        last.tier = third;
        for (const n of [2, 6]) assertEquals(run(n), (n + 1) * 10101, `${first} ${second} ${third}`);
      }
    }
  }
});

Deno.test("a collection sees a frame of any tier as it is, whatever frame stood in its place before", () => {
  const engine = new Engine({ gcZeal: true });
  const source = `(module
    (type $box (struct (field i32)))
    (func $before (param i32) (result i32) (local i32 i32) (local.get 0))
    (func $holds (param i32) (result i32) (local $a (ref null $box)) (local $b (ref null $box))
      (local.set $a (struct.new $box (local.get 0)))
      (local.set $b (struct.new $box (i32.const 7)))
      (i32.add (struct.get $box 0 (local.get $a)) (struct.get $box 0 (local.get $b))))
    (func (export "run") (param i32) (result i32) (drop (call $before (local.get 0))) (call $holds (local.get 0))))`;
  const keeps = engine.load(source);
  const [before, holds, run] = keeps.functions;
  for (const first of HERE) {
    for (const second of HERE) {
      for (const third of HERE) {
        run.tier = first;
        before.tier = second;
        holds.tier = third;
        const text = `${first} ${second} ${third}`;
        for (const n of [30, 40]) assertEquals((keeps.exports.run as (x: number) => number)(n), n + 7, text);
        // The one that stood there may even be gone.
        const gone = engine.load(source);
        for (const f of gone.functions) f.tier = second;
        assertEquals((gone.exports.run as (x: number) => number)(1), 8, text);
        gone.dispose();
        engine.gc();
        before.tier = "interp";
        assertEquals((keeps.exports.run as (x: number) => number)(50), 57, text);
      }
    }
  }
});

const COUNTING = `(module
  (tag $e (param i32))
  (func $fib (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fob (i32.sub (local.get 0) (i32.const 2)))))))
  (func $fob (param i32) (result i32) (return_call $fib (local.get 0)))
  (func $odd (param i32) (if (i32.and (local.get 0) (i32.const 1)) (then (throw $e (local.get 0)))))
  (func (export "run") (param i32) (result i32) (local i32)
    (local.set 1 (i32.const 1000000))
    (loop $again
      (loop $head (param)
        (local.set 1 (i32.add (local.get 1) (call $fib (local.get 0))))
        (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (try_table (catch_all $head) (call $odd (local.get 0)))
        (local.set 1 (i32.add (local.get 1) (i32.const 1000)))
        (br_if $again (local.get 0))
        (br $head)))
    (unreachable)))`;

/** Ways to run COUNTING: some functions as register code, others not, moved or not. */
function* countingThreads(): Iterable<{ name: string; thread: () => Thread }> {
  for (const seed of [undefined, -1, 0, 1, 2, 3]) {
    for (const fast of [0, 0b1111, 0b1001, 0b0110, 0b0101, 0b1010]) {
      if (seed !== undefined && fast === 0) continue;
      const store = new Store(100, undefined, undefined, new Meter(Infinity));
      if (seed !== undefined) store.policy = new RegisterZeal(seed < 0 ? undefined : seed);
      store.interp = new InterpreterTier(store, new FastTier(store, FAST_DEFAULTS));
      const subject = new Interpreted(COUNTING, undefined, store);
      subject.instance.funcs.forEach((func, i) => {
        if (fast >> i & 1) func.tier = "fast";
      });
      const thread = () => {
        const thread = subject.thread();
        thread.sp += 1;
        thread.i32[2 * (thread.sp - 1)] = 5;
        assert(thread.enter(subject.func("run")));
        return thread;
      };
      yield { name: `seed ${seed} register code ${fast}`, thread };
    }
  }
}

/** What a thread gives in the end, the fuel that it took since `before`, and its ticks. */
function endOf(thread: Thread, before: number): unknown {
  assertEquals(thread.run(), RunStatus.DONE);
  const fuel = thread.store.meter!.consumed - before;
  const end = { result: thread.i32[2 * (thread.sp - 1)], fuel, ticks: thread.ticks };
  thread.reset();
  return end;
}

Deno.test("calls, tail calls, loops and clauses take the same fuel and come to the same places in both kinds of frames, in slices and steps", () => {
  let places: string[] | undefined, end: unknown;
  for (const { name, thread: begin } of countingThreads()) {
    const found = endOf(begin(), 0);
    end ??= found;
    assertEquals(found, end, name);
    const stood: string[] = [];
    for (let until = 1; until < (end as { ticks: number }).ticks; until++) {
      const thread = begin(), before = thread.store.meter!.consumed;
      assertEquals(thread.runToStop(until), RunStatus.STOPPED, name);
      stood.push(`${thread.ticks} ${thread.running.index} ${thread.offset}`);
      // From there in steps, then in the loop again.
      for (let steps = until % 7; steps > 0; steps--) assertEquals(thread.step(), RunStatus.STOPPED, name);
      assertEquals(endOf(thread, before), end, `${name} until ${until}`);
    }
    places ??= stood;
    assertEquals(stood, places, name);
  }
});
