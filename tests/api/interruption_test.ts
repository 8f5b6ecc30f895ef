// Fuel, deadlines and interruptions: each ends in its own trap, or pauses an Execution, in every tier.

import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import {
  Engine,
  type EngineOptions,
  type Execution,
  type Instance,
  SuspendError,
  Suspending,
  Trap,
} from "../../mod.ts";
import { testInTiers } from "../security/tiers.ts";

type Machine = Parameters<Parameters<typeof testInTiers>[1]>[0];
type Calls = Record<string, (...args: any[]) => any>;
const calls = (instance: Instance) => instance.exports as unknown as Calls;

/** The same machine with an engine that has options. */
function machineWith(machine: Machine, options: EngineOptions): Machine {
  const engine = machine.another(options);
  return {
    ...machine,
    engine,
    load(source, imports = {}) {
      const instance = engine.load(source as string, imports);
      const model = machine.load(`(module (func) (func))`);
      const mixed = model.functions[0].tier !== model.functions[1].tier;
      if (mixed) { for (const f of instance.functions) if (!f.isHost && f.index % 2 === 1) f.tier = "interp"; }
      return instance;
    },
  };
}

const PROGRAM = `(module
  (import "h" "call" (func $host (param i32) (result i32)))
  (tag $e (param i32))
  (type $unary (func (param i32) (result i32)))
  (memory 1)
  (table funcref (elem $fib $twice))
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fob (i32.sub (local.get 0) (i32.const 2)))))))
  (func $fob (param i32) (result i32) (return_call $fib (local.get 0)))
  (func $twice (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func $odd (param i32) (result i32) (local i32)
    (block $out
      (loop $l
        (br_if $out (i32.eqz (local.get 0)))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (block $skip (br_if $skip (i32.and (local.get 0) (i32.const 1))) (local.set 1 (i32.add (local.get 1) (i32.const 3))))
        (br_if $l (i32.and (local.get 0) (i32.const 3)))
        (block $a (block $b (br_table $l $a $b $l (i32.and (i32.shr_u (local.get 0) (i32.const 2)) (i32.const 7)))) (nop))
        (br $l)))
    (local.get 1))
  (func $throws (param i32) (throw $e (local.get 0)))
  (func $catches (param i32) (result i32)
    (loop $again (result i32)
      (block $h (result i32)
        (try_table (catch $e $h) (call $throws (local.get 0)))
        (i32.const 0))
      (drop)
      (if (result i32) (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (then (br $again)) (else (i32.const 9)))))
  (func $backwards (param i32) (result i32) (local $n i32)
    (loop $head
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if 0 (i32.const 0))
      (if (i32.lt_u (local.get $n) (local.get 0))
        (then (try_table (catch_all $head) (call $throws (i32.const 1))))))
    (local.get $n))
  (func (export "all") (param i32) (result i32)
    (i32.add (call $fib (i32.const 12))
      (i32.add (call $odd (local.get 0))
        (i32.add (call $catches (i32.const 7))
          (i32.add (call $backwards (i32.const 5))
            (i32.add (call $host (local.get 0))
              (i32.add (call_indirect (type $unary) (i32.const 6) (i32.const 0))
                (call_indirect (type $unary) (i32.const 6) (i32.const 1)))))))))
  (func (export "spin") (loop (br 0)))
  (func $count (export "count") (param i32) (result i32) (local i32)
    (loop $l (local.set 1 (i32.add (local.get 1) (i32.const 2))) (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func (export "hosted") (param i32) (result i32) (i32.add (call $host (local.get 0)) (call $count (local.get 0))))
  (func $r (export "recurse") (param i32) (result i32)
    (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $r (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0)))))`;

const same = { h: { call: (x: number) => x } };

// Fuel

let expected: unknown;
testInTiers("fuel is counted alike in every tier", (machine) => {
  const { engine, load } = machineWith(machine, { fuel: Infinity });
  const { all, count, recurse, fib } = calls(load(PROGRAM, same));
  const taken = (call: () => unknown) => {
    const before = engine.fuelConsumed;
    const value = call();
    return [value, engine.fuelConsumed - before];
  };
  // One for the entry, one for each pass.
  assertEquals(taken(() => count(10)), [20, 11]);
  assertEquals(taken(() => recurse(10)), [10, 11]);
  assertEquals(taken(() => fib(1)), [1, 1]);
  const found = [taken(() => all(100)), taken(() => all(100)), taken(() => fib(15)), taken(() => count(100_000))];
  expected ??= found;
  assertEquals(found, expected);
  assertEquals(found[0], found[1]);
});

testInTiers("without fuel code traps exactly where it ends", (machine) => {
  const { engine, load } = machineWith(machine, { fuel: 1_000_000 });
  const { all, count } = calls(load(PROGRAM, same));
  all(50);
  const need = engine.fuelConsumed;
  assertEquals(engine.fuel, 1_000_000 - need);
  engine.fuel = need - 1;
  assertThrows(() => all(50), Trap, "fuel exhausted");
  assertEquals([engine.fuel, engine.fuelConsumed], [0, 2 * need - 1]);
  engine.fuel = need;
  all(50);
  assertEquals(engine.fuel, 0);
  const trap = assertThrows(() => count(1), Trap) as Trap;
  assertEquals([trap.kind, trap.frames.map((f) => f.name)], ["fuel-exhausted", ["count"]]);
  engine.fuel += 2;
  assertEquals(count(1), 2);
  assertEquals(engine.fuel, 0);
});

testInTiers("fuel is shared with calls from host functions", (machine) => {
  const { engine, load } = machineWith(machine, { fuel: 1000 });
  let exports: Calls = {};
  const instance = load(PROGRAM, { h: { call: (x: number) => exports.count(x) } });
  exports = calls(instance);
  assertEquals(exports.hosted(10), 40);
  assertEquals(engine.fuelConsumed, 1 + 11 + 11);
  engine.fuel = 8;
  assertThrows(() => exports.hosted(10), Trap, "fuel exhausted");
  assertEquals(engine.fuel, 0);
});

Deno.test("amounts of fuel are checked", () => {
  assertThrows(() => new Engine({ fuel: -1 }), RangeError, "fuel is a whole number");
  assertThrows(() => new Engine({ fuel: 1.5 }), RangeError);
  const engine = new Engine();
  assertEquals([engine.fuel, engine.fuelConsumed], [Infinity, 0]);
  assertThrows(() => engine.fuel = 5, TypeError, "does not count fuel");
});

// Deadlines

testInTiers("a deadline ends loops and recursion in its trap", ({ engine, load }) => {
  const { spin, count } = calls(load(PROGRAM, same));
  const trap = assertThrows(() => engine.withDeadline(20, spin), Trap) as Trap;
  assertEquals([trap.kind, trap.message, trap.frames.map((f) => f.name)], ["deadline-exceeded", "deadline exceeded", [
    "spin",
  ]]);
  assertEquals(count(1000), 2000);
  assertEquals(engine.withDeadline(60_000, () => count(1000)), 2000);
  assertThrows(() => engine.withDeadline(0, spin), Trap, "deadline exceeded");
  assertThrows(() => engine.withDeadline(-1, spin), RangeError);
  assertEquals(engine.interruptWord[0] & 1, 0);
});

testInTiers("the earlier of two deadlines counts, and the outer one goes on", ({ engine, load }) => {
  const { spin } = calls(load(PROGRAM, same));
  let inner = 0;
  const began = performance.now();
  assertThrows(
    () =>
      engine.withDeadline(60, () => {
        for (let i = 0; i < 2; i++) {
          assertThrows(() => engine.withDeadline(10, spin), Trap, "deadline exceeded");
          inner++;
        }
        engine.withDeadline(60_000, spin);
      }),
    Trap,
    "deadline exceeded",
  );
  assertEquals(inner, 2);
  assert(performance.now() - began >= 60);
});

testInTiers("a deadline holds in calls from host functions, and no catch clause sees it", ({ engine, load }) => {
  let spin: () => void = () => {};
  const instance = load(
    `(module (import "h" "call" (func $call))
      (func (export "f") (block $h (try_table (catch_all $h) (call $call))))
      (func (export "spin") (loop (br 0))))`,
    { h: { call: () => spin() } },
  );
  spin = calls(instance).spin;
  assertThrows(() => engine.withDeadline(20, () => calls(instance).f()), Trap, "deadline exceeded");
});

testInTiers("waiting for another thread ends with a deadline, and by an interruption", (machine) => {
  const { engine, load } = machineWith(machine, { features: { threads: true } });
  const { wait } = calls(load(`(module (memory 1 1 shared)
    (func (export "wait") (param i64) (result i32) (memory.atomic.wait32 (i32.const 0) (i32.const 0) (local.get 0))))`));
  assertEquals(wait(1_000_000n), 2);
  assertThrows(() => engine.withDeadline(20, () => wait(-1n)), Trap, "deadline exceeded");
  assertEquals(engine.withDeadline(60_000, () => wait(1_000_000n)), 2);
  engine.interruptWord[0] = 1;
  assertThrows(() => wait(-1n), Trap, "interrupted");
  engine.interruptWord[0] = 0;
});

// Executions

function finish(execution: Execution, options: { fuel?: number; deadlineMs?: number }) {
  const reasons: string[] = [];
  for (;;) {
    const step = execution.resume(options);
    if (step.done) return { value: step.value, reasons };
    reasons.push(step.reason);
  }
}

testInTiers("an execution goes on after slices of fuel, others running in between", (machine) => {
  const { engine, load } = machineWith(machine, { fuel: Infinity });
  const instance = load(PROGRAM, same);
  const whole = calls(instance).all(80);
  const need = engine.fuelConsumed;
  for (const fuel of [1, 7, 50, need - 1, need]) {
    const before = engine.fuelConsumed;
    const { value, reasons } = finish(instance.func("all").start(80), { fuel });
    assertEquals([value, reasons.length], [whole, Math.ceil(need / fuel) - 1]);
    assertEquals(engine.fuelConsumed - before, need);
  }
  const many = [5, 9, 14].map((n) => ({ execution: instance.func("fib").start(n), value: undefined as unknown }));
  while (many.some((m) => m.value === undefined)) {
    for (const m of many) {
      if (m.execution.ended) continue;
      const step = m.execution.resume({ fuel: 13 });
      if (step.done) m.value = step.value;
      assertEquals(calls(instance).count(3), 6);
    }
  }
  assertEquals(many.map((m) => m.value), [5, 34, 377]);
});

testInTiers("an execution is paused by a deadline and by an interruption, and shows its frames", ({ engine, load }) => {
  const instance = load(PROGRAM, same);
  const spinning = instance.func("spin").start();
  assertEquals(
    spinning.frames().map((f) => f.name),
    ["interp", "fast"].includes(instance.func("spin").tier) ? ["spin"] : [],
  );
  for (let i = 0; i < 3; i++) {
    assertEquals(spinning.resume({ deadlineMs: 5 }), { done: false, reason: "deadline" });
    assertEquals(spinning.frames().map((f) => f.name), ["spin"]);
    engine.gc();
  }
  engine.interruptWord[0] = 1;
  assertEquals(spinning.resume(), { done: false, reason: "interrupt" });
  engine.interruptWord[0] = 0;
  assertEquals(engine.withDeadline(5, () => spinning.resume()), { done: false, reason: "deadline" });
  spinning.cancel();
  assertEquals([spinning.ended, spinning.frames()], [true, []]);
  assertThrows(() => spinning.resume(), TypeError, "has ended");
  spinning.cancel();
  const counting = instance.func("count").start(3_000_000);
  assertEquals(finish(counting, { deadlineMs: 1 }).value, 6_000_000);
  assertThrows(() => counting.resume({ fuel: 1 }), TypeError);
});

testInTiers("an execution can be resumed by a host function, but not while it runs", (machine) => {
  const { load } = machineWith(machine, { fuel: Infinity });
  let inner: Execution | undefined;
  const instance = load(PROGRAM, {
    h: {
      call: (x: number) => {
        if (inner === undefined || inner.ended) return x;
        const step = inner.resume({ fuel: 5 });
        return step.done ? step.value : x;
      },
    },
  });
  const first = instance.func("fib").start(9);
  inner = first;
  while (!first.ended) assertEquals(typeof calls(instance).hosted(3), "number");
  const self = instance.func("hosted").start(3);
  inner = self;
  assertThrows(() => self.resume(), TypeError, "running");
  assertEquals(self.ended, true);
});

testInTiers("an execution ends with a trap, and cannot suspend", ({ load }) => {
  const instance = load(
    `(module (import "m" "wait" (func $wait))
    (func (export "trap") (unreachable))
    (func (export "wait") (call $wait)))`,
    { m: { wait: new Suspending(() => Promise.resolve()) } },
  );
  const execution = instance.func("trap").start();
  assertThrows(() => execution.resume(), Trap, "unreachable");
  assertEquals(execution.ended, true);
  const error = assertThrows(() => instance.func("wait").start().resume());
  assertInstanceOf(error, SuspendError);
  assertThrows(() => execution.resume({ deadlineMs: NaN }), TypeError);
  assertThrows(() => instance.func("trap").start().resume({ deadlineMs: NaN }), RangeError);
  assertThrows(() => instance.func("trap").start().resume({ fuel: 3 }), TypeError, "does not count");
});

testInTiers("a collection keeps what paused executions refer to, arguments before they begin too", (machine) => {
  const { engine, load } = machineWith(machine, { fuel: Infinity });
  const instance = load(`(module
    (type $box (struct (field i32) (field (ref null $box)) (field externref)))
    (func (export "f") (param i32 externref) (result i32 externref) (local $l (ref null $box)) (local $sum i32)
      (loop $more
        (local.set $l (struct.new $box (local.get 0) (local.get $l) (local.get 1)))
        (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.set 1 (ref.null extern))
      (loop $walk
        (local.set $sum (i32.add (local.get $sum) (struct.get $box 0 (local.get $l))))
        (local.set 1 (struct.get $box 2 (local.get $l)))
        (br_if $walk (i32.eqz (ref.is_null (local.tee $l (struct.get $box 1 (local.get $l)))))))
      (local.get $sum) (local.get 1)))`);
  const value = { kept: true };
  const execution = instance.func("f").start(40, value);
  engine.gc();
  for (;;) {
    const step = execution.resume({ fuel: 3 });
    engine.gc();
    if (!step.done) continue;
    assertEquals(step.value, [820, value]);
    break;
  }
});

testInTiers("the last pass that fuel allows is made, whatever else wants attention meanwhile", (machine) => {
  const { engine, load } = machineWith(machine, { fuel: Infinity });
  const func = load(PROGRAM, same).func("count");
  // Paused by an interruption where there is no fuel either: then it asks again.
  const execution = func.start(10);
  engine.interruptWord[0] = 1;
  assertEquals(execution.resume({ fuel: 0 }).done, false);
  engine.interruptWord[0] = 0;
  assertEquals(execution.resume({ fuel: 0 }), { done: false, reason: "fuel" });
  assertEquals(execution.resume({ fuel: 10 }), { done: false, reason: "fuel" });
  assertEquals(execution.resume({ fuel: 1 }), { done: true, value: 20 });
});

testInTiers("once a deadline has passed, every further call under it ends", ({ engine, load }) => {
  const { spin, count } = calls(load(PROGRAM, same));
  engine.withDeadline(5, () => {
    for (let i = 0; i < 5; i++) {
      assertThrows(spin, Trap, "deadline exceeded");
      assertThrows(() => engine.withDeadline(1000, spin), Trap, "deadline exceeded");
      assertThrows(() => engine.withDeadline(0, spin), Trap, "deadline exceeded");
    }
  });
  assertEquals(engine.interruptWord[0] & 1, 0);
  assertEquals(count(100_000), 200_000);
});
