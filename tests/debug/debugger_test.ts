// The debugger in the library, in every tier: what scripted sessions do not show, such as callbacks, collections and calls of others while one waits.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { DebugCall, Engine, type EngineOptions, Suspending, Trap } from "../../mod.ts";
import { nativeUnavailable } from "../../src/platform/permissions.ts";
import { TIERS } from "../../src/runtime/tier.ts";
import { testUnless } from "../skip.ts";

type Tier = EngineOptions["tier"];

function inTiers(name: string, test: (tier: Tier) => void | Promise<void>): void {
  for (const tier of [...TIERS, "auto"] as const) {
    testUnless(tier === "interp" ? undefined : nativeUnavailable(), `${name} (${tier})`, () => test(tier));
  }
}

const FIB = `(module (func $fib (export "fib") (param $n i32) (result i32)
  (if (result i32) (i32.lt_s (local.get $n) (i32.const 2)) (then (local.get $n))
    (else (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1))) (call $fib (i32.sub (local.get $n) (i32.const 2))))))))`;

/** Names of the frames, innermost first. */
function names(call: DebugCall): string[] {
  return call.frames.map((f) => f.name);
}

inTiers("a function goes back to its tier when the last breakpoint in it is gone", (tier) => {
  const engine = new Engine({ tier });
  const instance = engine.load(FIB), fib = instance.func("fib");
  for (let i = 0; i < 3; i++) instance.exports.fib(15);
  const before = fib.tier;
  const a = engine.debugger.break(fib), b = engine.debugger.break(fib, { offset: 2 });
  assertEquals(fib.tier, "interp");
  a.remove();
  assertEquals(fib.tier, "interp");
  b.remove();
  b.remove();
  assertEquals(fib.tier, before);
  assertEquals(instance.exports.fib(15), 610);
});

inTiers("conditions may be functions that look at the frame, and hits are counted", (tier) => {
  const engine = new Engine({ tier });
  const fib = engine.load(FIB).func("fib");
  const point = engine.debugger.break(fib, { condition: (frame) => frame.local("n")?.value === 1 });
  const call = engine.debugger.run(fib, 5);
  assertEquals(call.stop?.reason, "breakpoint");
  assertEquals(call.stop?.point, point);
  assertEquals(names(call), ["fib", "fib", "fib", "fib", "fib"]);
  let stops = 1;
  while (call.continue() !== undefined) stops++;
  assertEquals([call.value, stops, point.hits], [5, 5, 5]);
  assertThrows(() => call.continue(), TypeError, "ended");
});

inTiers("a stopped call waits while others run, are stopped, and garbage is collected", (tier) => {
  const engine = new Engine({ tier });
  const instance = engine.load(`(module
    (type $box (struct (field (mut i32))))
    (func $value (param $b (ref null $box)) (result i32) (struct.get $box 0 (local.get $b)))
    (func $make (param $n i32) (result (ref $box)) (struct.new $box (local.get $n)))
    (func (export "sum") (param $a i32) (param $b i32) (result i32)
      (call $make (local.get $a)) (call $value (call $make (local.get $b))) (drop) (call $value)))`);
  const { debugger: dbg } = engine;
  dbg.break(instance.func("value"));
  const outer = dbg.run(instance.func("sum"), 7, 8);
  const inner = dbg.run(instance.func("sum"), 70, 80);
  assertEquals([outer.stop?.reason, inner.stop?.reason], ["breakpoint", "breakpoint"]);
  for (let i = 0; i < 3; i++) {
    engine.gc();
    for (let n = 0; n < 50; n++) dbg.start(instance.func("make"), n).cancel();
  }
  assertEquals(inner.continue()?.reason, "breakpoint");
  engine.gc();
  assertEquals(outer.continue()?.reason, "breakpoint");
  engine.gc();
  assertEquals([inner.continue(), outer.continue()], [undefined, undefined]);
  assertEquals([outer.value, inner.value], [7, 70]);
});

inTiers("values of every type are read and set", (tier) => {
  const engine = new Engine({ tier });
  const instance = engine.load(`(module
    (func $leaf (param i32 i64 f32 f64 externref v128) (result i32 i64 f32 f64 externref)
      (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (nop))
    (func (export "run") (param i32 i64 f32 f64 externref) (result i32 i64 f32 f64 externref)
      (call $leaf (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (v128.const i64x2 1 2))))`);
  const leaf = instance.functions[0];
  engine.debugger.break(leaf);
  const thing = { a: 1 };
  const call = engine.debugger.run(instance.func("run"), -5, -(2n ** 40n), 1.5, -0.25, thing);
  const [frame] = call.frames;
  assertEquals(frame.locals.map((l) => l.value), [-5, -(2n ** 40n), 1.5, -0.25, thing, (2n << 64n) | 1n]);
  assertEquals(frame.locals.map((l) => l.type), ["i32", "i64", "f32", "f64", "externref", "v128"]);
  frame.set(0, 6);
  frame.set(1, 2n ** 41n);
  frame.set(2, -1.5);
  frame.set(3, Infinity);
  frame.set(4, "text");
  frame.set(5, 3n);
  assertEquals(frame.locals[5].value, 3n);
  assertThrows(() => frame.set(1, 5), TypeError);
  assertThrows(() => frame.set(9, 5), RangeError);
  assertThrows(() => frame.evaluate("local[0] +"), SyntaxError, "column 11");
  assertEquals(frame.evaluate("local[0] * 2 + 1"), 13);
  assertEquals(frame.evaluate("local[1] >> 1 == 0x10000000000"), 1);
  call.step(5);
  assertThrows(() => frame.locals, TypeError, "gone on");
  assertEquals(call.frames[0].operands.map((o) => o.value), ["text", Infinity, -1.5, 2n ** 41n, 6]);
  call.frames[0].setOperand(4, 7);
  call.continue();
  assertEquals(call.value, [7, 2n ** 41n, -1.5, Infinity, "text"]);
});

inTiers("a call that a host function makes stops in a callback, and in no other way", (tier) => {
  const engine = new Engine({ tier });
  const log: string[] = [];
  const instance = engine.load(
    `(module (import "env" "back" (func $back (param i32) (result i32)))
    (func $inner (export "inner") (param $n i32) (result i32) (i32.add (local.get $n) (i32.const 1)))
    (func (export "outer") (param $n i32) (result i32) (i32.mul (call $back (local.get $n)) (i32.const 10))))`,
    { env: { back: (n: number) => instance.exports.inner(n) } },
  );
  const point = engine.debugger.break(instance.func("inner"));
  // Nobody listens.
  assertEquals(instance.exports.outer(1), 20);
  engine.debugger.onStop = (stop, frames) => {
    log.push(`${stop.reason} ${frames.map((f) => f.place).join(" ")}`);
    if (stop.reason !== "breakpoint") return "continue";
    frames[0].set("n", 41);
    // Others may run meanwhile.
    engine.gc();
    return "step";
  };
  assertEquals(instance.exports.outer(1), 420);
  assertEquals(log, ["breakpoint inner", "step inner+0x2"]);
  log.length = 0;
  // The outer call could wait, the inner one cannot.
  const call = engine.debugger.run(instance.func("outer"), 5);
  assertEquals([call.value, log], [420, ["breakpoint inner", "step inner+0x2"]]);
  point.remove();
});

inTiers("exceptions that lead past what is waited for stop at their handler", (tier) => {
  const engine = new Engine({ tier });
  const instance = engine.load(`(module (tag $t (param i32))
    (func $throws (param i32) (throw $t (local.get 0)))
    (func $middle (param i32) (call $throws (local.get 0)))
    (func (export "run") (param i32) (result i32)
      (block $h (result i32)
        (try_table (catch $t $h) (call $middle (local.get 0)))
        (i32.const -1))))`);
  engine.debugger.break(instance.func("middle"));
  const call = engine.debugger.run(instance.func("run"), 9);
  assertEquals(names(call), ["middle", "run"]);
  call.step();
  const stop = call.next();
  assertEquals([stop?.reason, names(call)], ["step", ["run"]]);
  call.continue();
  assertEquals(call.value, 9);
});

inTiers("steps lead into functions of other tiers, instances and tables, and out again", (tier) => {
  const engine = new Engine({ tier });
  const library = engine.load(
    `(module (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))`,
  );
  const instance = engine.load(
    `(module (import "m" "twice" (func $twice (param i32) (result i32))) (table funcref (elem $twice $inc))
    (func $inc (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func (export "run") (param i32) (result i32)
      (call $twice (local.get 0)) (call_indirect (param i32) (result i32) (i32.const 1))
      (return_call $inc)))`,
    { m: library.exports },
  );
  for (let i = 0; i < 30; i++) instance.exports.run(i);
  engine.debugger.break(instance.func("run"), { once: true });
  const call = engine.debugger.run(instance.func("run"), 10);
  const places: string[] = [];
  for (let stop = call.stop; stop !== undefined; stop = call.step()) places.push(stop.frame.place);
  assertEquals(call.value, 22);
  assertEquals(places, [
    "run",
    "run+0x2",
    "twice",
    "twice+0x2",
    "twice+0x4",
    "twice+0x5",
    "run+0x4",
    "run+0x6",
    "inc",
    "inc+0x2",
    "inc+0x4",
    "inc+0x5",
    "run+0x9",
    "inc",
    "inc+0x2",
    "inc+0x4",
    "inc+0x5",
  ]);
});

inTiers("watched places: every kind of access, hosts, and a memory that grows", (tier) => {
  const engine = new Engine({ tier, features: { threads: true } });
  const memory = engine.memory({ minimum: 1, maximum: 4 });
  const instance = engine.load(
    `(module (import "env" "m" (memory 1 4)) (import "env" "host" (func $host))
    (data $d "abcdefgh")
    (func (export "run")
      (i64.store (i32.const 4) (i64.const -1))
      (memory.fill (i32.const 0) (i32.const 7) (i32.const 16))
      (memory.copy (i32.const 8) (i32.const 0) (i32.const 8))
      (memory.init $d (i32.const 5) (i32.const 0) (i32.const 8))
      (v128.store (i32.const 0) (v128.const i64x2 0 0))
      (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1)))
      (drop (memory.grow (i32.const 1)))
      (call $host)
      (drop (i32.load8_u (i32.const 9)))))`,
    { env: { m: memory, host: () => memory.write(10, [1, 2, 3]) } },
  );
  const point = engine.debugger.watch(memory, 8, 12, { read: true, write: true });
  const call = engine.debugger.run(instance.func("run"));
  const seen: string[] = [];
  for (let stop = call.stop; stop !== undefined; stop = call.continue()) {
    for (const c of stop.changes) seen.push(`${c.write ? "w" : "r"} ${c.by} ${[...c.before]} ${[...c.after]}`);
  }
  assertEquals(seen, [
    "w run 0,0,0,0 255,255,255,255",
    "w run 255,255,255,255 7,7,7,7",
    "w run 7,7,7,7 7,7,7,7",
    "w run 7,7,7,7 100,101,102,103",
    "w run 100,101,102,103 0,0,0,0",
    "w run 0,0,0,0 1,0,0,0",
    "w env.host 1,0,0,0 1,0,1,2",
    "r run 1,0,1,2 1,0,1,2",
  ]);
  assertEquals(point.hits, 8);
  point.remove();
  instance.exports.run();
});

inTiers("points hold in instances that are made later", (tier) => {
  const engine = new Engine({ tier });
  const module = engine.compile(FIB);
  const first = engine.instantiate(module);
  engine.debugger.break(first.func("fib"));
  const second = engine.instantiate(module);
  const call = engine.debugger.run(second.func("fib"), 1);
  assertEquals(call.stop?.reason, "breakpoint");
  call.cancel();
  call.cancel();
  assert(call.ended);
  // Another engine knows nothing of it.
  assertEquals(new Engine({ tier }).instantiate(module).exports.fib(10), 55);
});

inTiers("an interruption lets a debugged call wait", (tier) => {
  const engine = new Engine({ tier });
  const instance = engine.load(
    `(module (import "env" "stop" (func $stop))
    (func (export "run") (param $n i32) (result i32) (call $stop)
      (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (i32.const 5)))`,
    {
      env: { stop: () => Atomics.or(engine.interruptWord, 0, 1) },
    },
  );
  engine.debugger.break(instance.func("run"), { once: true });
  const call = engine.debugger.run(instance.func("run"), 100_000);
  assertEquals(call.continue()?.reason, "interrupt");
  Atomics.and(engine.interruptWord, 0, ~1);
  assertEquals(call.next()?.reason, "step");
  assertEquals(call.frames[0].name, "run");
  call.continue();
  assertEquals(call.value, 5);
});

inTiers("traps: the call waits where they happen, and throws them when it goes on", (tier) => {
  const engine = new Engine({ tier });
  const instance = engine.load(`(module (func $bad (param $n i32) (result i32) (i32.div_u (i32.const 1) (local.get $n)))
    (func (export "run") (param $n i32) (result i32) (call $bad (local.get $n))))`);
  instance.exports.run(1);
  const point = engine.debugger.breakOn("trap");
  const call = engine.debugger.run(instance.func("run"), 0);
  assertEquals([call.stop?.reason, names(call)], ["trap", ["bad", "run"]]);
  assert(call.stop?.error instanceof Trap);
  engine.gc();
  assertThrows(() => call.continue(), Trap, "divide by zero");
  assert(call.ended);
  point.remove();
});

inTiers("calls that wait for promises stop in the callback only", async (tier) => {
  const engine = new Engine({ tier });
  const instance = engine.load(
    `(module (import "env" "later" (func $later (result i32)))
    (func $leaf (export "leaf") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func (export "run") (result i32) (call $leaf (call $later))))`,
    {
      env: { later: new Suspending(() => Promise.resolve(41)) },
    },
  );
  let stops = 0;
  engine.debugger.onStop = () => (stops++, "finish");
  engine.debugger.break(instance.func("leaf"));
  assertEquals(await instance.func("run").callAsync(), 42);
  assert(stops >= 1);
  const call = engine.debugger.start(instance.func("run"));
  assertThrows(() => call.continue(), Error, "cannot suspend");
});

Deno.test("an engine that nobody debugs any more is as before", () => {
  const engine = new Engine({ tier: "interp" });
  const instance = engine.load(FIB);
  const point = engine.debugger.break(instance.func("fib"));
  const call = engine.debugger.run(instance.func("fib"), 3);
  point.remove();
  call.continue();
  assertEquals(call.value, 2);
  assertEquals(engine.debugger.points, []);
});
