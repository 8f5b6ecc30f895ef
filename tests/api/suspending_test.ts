// Asynchronous imports and promising calls, as the JS Promise Integration standard has them, in every tier.

import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  Engine,
  Exception,
  type Instance,
  promising,
  ResourceError,
  SuspendError,
  Suspending,
  Trap,
} from "../../mod.ts";
import { testInTiers } from "../security/tiers.ts";

type Calls = Record<string, (...args: any[]) => any>;
const calls = (instance: Instance) => instance.exports as unknown as Calls;
/** A promise that is settled later than those of other microtasks. */
const later = <T>(value: T, ms = 0) => new Promise<T>((resolve) => setTimeout(() => resolve(value), ms));

// Callers of every kind around one asynchronous import, with values of all types alive across it.
const CALLER = `(module
  (import "m" "wait" (func $wait (param i32) (result i32)))
  (import "m" "plain" (func $plain (param i32) (result i32)))
  (import "m" "js" (tag $js (param externref)))
  (type $f (func (param i32) (result i32)))
  (memory (export "memory") 1 4)
  (table funcref (elem $wait $direct))
  (func $direct (export "direct") (param i32) (result i32) (call $wait (local.get 0)))
  (func $deep (export "deep") (param i32) (result i32) (local i64 f64 v128)
    (local.set 1 (i64.const 0x1122334455667788)) (local.set 2 (f64.const 2.5)) (local.set 3 (v128.const i32x4 1 2 3 4))
    (if (result i32) (local.get 0)
      (then (i32.add (call $deep2 (i32.sub (local.get 0) (i32.const 1)))
        (i32.add (i32.wrap_i64 (i64.shr_u (local.get 1) (i64.const 56)))
          (i32.add (i32.trunc_f64_s (local.get 2)) (i32x4.extract_lane 3 (local.get 3))))))
      (else (call $wait (i32.const 5)))))
  (func $deep2 (param i32) (result i32) (call $deep (local.get 0)))
  (func (export "tail") (param i32) (result i32) (return_call $wait (local.get 0)))
  (func $tail2 (param i32) (result i32) (return_call $wait (local.get 0)))
  (func (export "tailBelow") (param i32) (result i32) (i32.add (i32.const 100) (call $tail2 (local.get 0))))
  (func (export "indirect") (param i32 i32) (result i32) (call_indirect (type $f) (local.get 0) (local.get 1)))
  (func (export "plain") (param i32) (result i32) (call $plain (local.get 0)))
  (func (export "catch") (param i32) (result externref)
    (block $h (result externref) (try_table (catch $js $h) (drop (call $direct (local.get 0)))) (ref.null extern)))
  (func (export "trap") (param i32) (result i32) (i32.div_u (i32.const 1) (call $wait (local.get 0))))
  (func (export "grow") (param i32) (result i32)
    (i32.store8 (i32.const 7) (i32.const 9))
    (drop (call $wait (local.get 0)))
    (i32.store (i32.const 131000) (i32.const 33))
    (i32.add (i32.load8_u (i32.const 7)) (i32.add (memory.size) (i32.load (i32.const 131000)))))
  (func (export "sum") (param i32) (result i32) (local i32)
    (loop $l
      (local.set 1 (i32.add (local.get 1) (call $wait (local.get 0))))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1)))`;

interface Hosts {
  wait: (x: number) => unknown;
  plain?: (x: number) => unknown;
}
function caller(machine: Parameters<Parameters<typeof testInTiers>[1]>[0], hosts: Hosts): Instance {
  const { engine, load } = machine;
  return load(CALLER, {
    m: { wait: new Suspending(hosts.wait), plain: hosts.plain ?? ((x: number) => x), js: engine.jsTag },
  });
}

testInTiers("a promising call waits for an asynchronous import, wherever that is called", async (machine) => {
  const exports = calls(caller(machine, { wait: (x) => later(x * 2) }));
  assertEquals(await promising(exports.direct)(21), 42);
  assertEquals(await promising(exports.deep)(10), 10 + 10 * (0x11 + 2 + 4));
  assertEquals(await promising(exports.tail)(3), 6);
  assertEquals(await promising(exports.tailBelow)(3), 106);
  assertEquals(await promising(exports.indirect)(3, 0), 6);
  assertEquals(await promising(exports.indirect)(3, 1), 6);
  assertEquals(await promising(exports.sum)(100), 100 * 101);
});

testInTiers("an import suspends whatever it gives, and passes on what thenables give", async (machine) => {
  let gives: unknown = 4;
  const instance = caller(machine, { wait: () => gives });
  const func = instance.func("direct");
  let settled = false;
  const promise = func.callAsync(1).then((x) => {
    settled = true;
    return x;
  });
  assertEquals(settled, false);
  assertEquals(await promise, 4);
  gives = { then: (resolve: (x: number) => void) => resolve(7) };
  assertEquals(await func.callAsync(1), 7);
  gives = Promise.resolve("12");
  assertEquals(await func.callAsync(1), 12);
});

testInTiers("rejections and synchronous errors are exceptions that Wasm may catch", async (machine) => {
  const error = new Error("no");
  let wait: (x: number) => unknown = () => Promise.reject(error);
  const instance = caller(machine, { wait: (x) => wait(x) });
  const run = (name: string) => instance.func(name).callAsync(1);
  assertEquals(await run("catch"), error);
  assertEquals(await assertRejects(() => run("direct")), error);
  assertEquals(await assertRejects(() => run("deep")), error);
  wait = () => {
    throw error;
  };
  assertEquals(await run("catch"), error);
  assertEquals(await assertRejects(() => run("direct")), error);
  wait = () => later(Symbol("no number"));
  assertInstanceOf(await run("catch"), TypeError);
  await assertRejects(() => run("direct"), TypeError);
});

testInTiers("traps and exceptions after the waiting reject the promise", async (machine) => {
  const instance = caller(machine, { wait: () => later(0) });
  const trap = await assertRejects(() => instance.func("trap").callAsync(1), Trap, "integer divide by zero") as Trap;
  assertEquals(trap.frames.map((f) => f.name), ["trap"]);
  const { engine, load } = machine;
  const tag = engine.tag({ parameters: ["i32"] });
  const thrower = load(
    `(module (import "m" "wait" (func $wait (result i32))) (import "m" "t" (tag $t (param i32)))
      (func $throw (throw $t (call $wait)))
      (func (export "f") (call $throw)))`,
    { m: { wait: new Suspending(() => later(5)), t: tag } },
  );
  const error = await assertRejects(() => thrower.func("f").callAsync(), Exception) as Exception;
  assertEquals(error.payload, [5]);
});

testInTiers("arguments are converted at once, also for promising", async (machine) => {
  const instance = caller(machine, { wait: (x) => x });
  assertThrows(() => promising(calls(instance).direct)(1n), TypeError);
  await assertRejects(() => instance.func("direct").callAsync(1n), TypeError);
  assertThrows(() => promising(() => 1), TypeError);
  assertThrows(() => new Suspending(1 as any), TypeError);
  assertEquals(promising(calls(instance).direct).length, 1);
});

testInTiers("what cannot suspend is a SuspendError, which Wasm may catch, and calls nothing", async (machine) => {
  let called = 0;
  let exports: Calls = {};
  const instance = caller(machine, { wait: () => called++, plain: (x) => exports.direct(x) });
  exports = calls(instance);
  assertStringIncludes(assertThrows(() => exports.direct(1), SuspendError).message, "m.wait cannot suspend");
  assertThrows(() => exports.tail(1), SuspendError);
  assertInstanceOf(exports.catch(1), SuspendError);
  const error = await assertRejects(() => instance.func("plain").callAsync(1), SuspendError);
  assertStringIncludes(error.message, "JavaScript lies between");
  assertEquals(called, 0);
});

testInTiers("a host function may start further promising calls, while it runs and while it waits", async (machine) => {
  const instance = caller(machine, {
    wait: async (x) => x === 0 ? 1 : 2 * (await instance.func("direct").callAsync(x - 1) as number),
    plain: (x) => {
      inner = instance.func("direct").callAsync(x);
      return x;
    },
  });
  let inner: Promise<unknown> | undefined;
  assertEquals(await instance.func("direct").callAsync(12), 4096);
  assertEquals(await instance.func("plain").callAsync(3), 3);
  assertEquals(await inner, 8);
});

testInTiers("calls complete in any order", async (machine) => {
  const pending: ((x: number) => void)[] = [];
  const instance = caller(machine, { wait: () => new Promise<number>((resolve) => pending.push(resolve)) });
  const results = Array.from({ length: 60 }, (_, i) => instance.func("deep").callAsync(i % 7));
  const plain = calls(instance).plain;
  for (const i of [...pending.keys()].sort((a, b) => (a * 37 % 60) - (b * 37 % 60))) {
    assertEquals(plain(i), i);
    pending[i](i * 1000);
    if (i % 5 === 0) await later(0);
  }
  assertEquals(await Promise.all(results), results.map((_, i) => i * 1000 + (i % 7) * (0x11 + 2 + 4)));
});

testInTiers("memory may grow and memories be read while a call waits", async (machine) => {
  const instance = caller(machine, {
    wait: (x) => {
      instance.memory("memory").grow(2);
      return later(x);
    },
  });
  assertEquals(await instance.func("grow").callAsync(1), 9 + 3 + 33);
});

testInTiers("a collection keeps what parked calls refer to", async ({ engine, load }) => {
  let resume: (x: unknown) => void = () => {};
  const instance = load(
    `(module
      (type $box (struct (field i32) (field externref)))
      (import "m" "wait" (func $wait (param externref) (result externref)))
      (func $inner (param $b (ref $box)) (result i32)
        (drop (call $wait (struct.get $box 1 (local.get $b))))
        (struct.get $box 0 (local.get $b)))
      (func (export "f") (param i32 externref) (result i32 externref)
        (local $b (ref $box))
        (local.set $b (struct.new $box (local.get 0) (local.get 1)))
        (local.set 1 (ref.null extern))
        (call $inner (struct.new $box (i32.add (local.get 0) (i32.const 1)) (ref.null extern)))
        (struct.get $box 1 (local.get $b))))`,
    { m: { wait: new Suspending(() => new Promise((resolve) => resume = resolve)) } },
  );
  const value = { kept: true };
  const promise = instance.func("f").callAsync(41, value);
  for (let i = 0; i < 3; i++) {
    engine.gc();
    await later(0);
  }
  resume(null);
  assertEquals(await promise, [42, value]);
});

testInTiers("a disposed instance stays until the call that waits in it has ended", async (machine) => {
  const { engine } = machine;
  const instance = caller(machine, { wait: (x) => later(x, 5) });
  const promise = instance.func("deep").callAsync(3);
  instance.dispose();
  assertEquals(engine.gc().instancesFreed, 0);
  assertEquals(await promise, 5 + 3 * (0x11 + 2 + 4));
  assertEquals(engine.gc().instancesFreed, 1);
});

testInTiers("too many waiting calls are a ResourceError that Wasm cannot catch", async (machine) => {
  const engine = machine.another({ maxParkedCalls: 3 });
  const instance = caller({ ...machine, engine, load: (s, i) => engine.load(s as string, i) }, {
    wait: (x) => later(x, 5),
  });
  const waiting = [1, 2, 3].map((x) => instance.func("direct").callAsync(x));
  await assertRejects(() => instance.func("catch").callAsync(1), ResourceError, "more than 3 calls wait for promises");
  assertEquals(await Promise.all(waiting), [1, 2, 3]);
  assertEquals(await instance.func("direct").callAsync(4), 4);
});

testInTiers("an exported import can be promising, too", async ({ load }) => {
  const instance = load(`(module (import "m" "a" (func $a (param i32) (result i32))) (export "a" (func $a)))`, {
    m: { a: new Suspending((x: number) => later(x + 1)) },
  });
  assertEquals(await promising(instance.exports.a)(1), 2);
  assertThrows(() => calls(instance).a(1), SuspendError);
});

testInTiers("a deadline holds for an asynchronous call also after it waited", async (machine) => {
  const { engine } = machine;
  const instance = machine.load(
    `(module (import "m" "wait" (func $wait)) (func (export "f") (call $wait) (loop (br 0))))`,
    { m: { wait: new Suspending(() => later(0)) } },
  );
  await assertRejects(() => engine.withDeadline(30, () => instance.func("f").callAsync()), Trap, "deadline exceeded");
});

Deno.test("start functions cannot suspend", () => {
  for (const tier of Engine.nativeUnavailable === undefined ? ["interp", "jit"] as const : ["interp"] as const) {
    const engine = new Engine({ tier });
    const source = `(module (import "m" "wait" (func $wait)) (func $s (call $wait)) (start $s))`;
    assertThrows(() => engine.load(source, { m: { wait: new Suspending(() => later(0)) } }), SuspendError);
    assert(engine.gc().instances >= 0);
  }
});
