// The edge runtime: thresholds, pins, holds, room for code, and what the monitor records.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Engine, type MetricAttributes, type MetricObserver, type MetricsMeter, type TierEvent } from "../../mod.ts";
import { runDeno } from "../run_deno.ts";
import { testNative } from "../skip.ts";

const SOURCE = `(module
  (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "loop") (param $n i32) (result i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (local.get $s) (local.get $n)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s)))`;

function causes(events: readonly TierEvent[]): string[] {
  return events.map(({ name, from, to, why }) => `${name} ${from}-${to} ${why}`);
}

testNative("thresholds can be given and changed, tier by tier", () => {
  const engine = new Engine({ thresholds: { jit: { calls: 4, passes: 50 } } });
  assertEquals(engine.edge.ladder.map((r) => `${r.tier} ${r.calls} ${r.passes}`), ["interp 0 0", "jit 4 50"]);
  const { exports, func } = load(engine);
  for (let i = 0; i < 3; i++) exports.add(i);
  assertEquals(func("add").tier, "interp");
  exports.add(3);
  assertEquals(func("add").tier, "jit");
  engine.edge.setThresholds("jit", { passes: 20 });
  const later = load(engine);
  assertEquals([later.exports.loop(19), later.func("loop").tier], [190, "interp"]);
  assertEquals([later.exports.loop(2), later.func("loop").tier], [3, "jit"]);
  assertThrows(() => engine.edge.setThresholds("interp", { calls: 1 }), TypeError, "thresholds are for jit");
  assertThrows(() => engine.edge.setThresholds("jit", { calls: 0 }), TypeError, "from 1");
  assertThrows(() => new Engine({ thresholds: { interp: { calls: 1 } } }), TypeError, 'not for "interp"');
  assertThrows(() => new Engine({ tier: "interp" }).edge.setThresholds("jit", {}), TypeError, "stay in tier interp");
});

function load(engine: Engine, source = SOURCE) {
  const instance = engine.load(source);
  return { exports: instance.exports, func: (name: string) => instance.func(name) };
}

testNative("a pinned function stays where it is, until it is freed", () => {
  const engine = new Engine({ thresholds: { jit: { calls: 2, passes: 10 } } });
  const { exports, func } = load(engine);
  engine.edge.pin(func("add"), "interp");
  engine.edge.pin(func("loop"), "jit");
  for (let i = 0; i < 100; i++) exports.add(i);
  assertEquals([func("add").tier, func("loop").tier], ["interp", "jit"]);
  assertEquals(engine.edge.pins.map((p) => `${p.func.name} ${p.tier}`), ["add interp", "loop jit"]);
  assertEquals([engine.edge.unpin(func("add")), engine.edge.unpin(func("add"))], [true, false]);
  for (let i = 0; i < 20_100; i++) exports.add(i);
  assertEquals(func("add").tier, "jit");
  func("loop").tier = "interp";
  assertEquals(engine.edge.pins, []);
  assertEquals(causes(engine.edge.decisions), [
    "loop interp-jit pinned",
    "add interp-jit calls",
    "loop jit-interp set",
  ]);
});

testNative("a function that somebody holds is interpreted meanwhile, and then goes on where it was", () => {
  const engine = new Engine({ thresholds: { jit: { calls: 1, passes: 1 } } });
  const { exports, func } = load(engine);
  exports.add(1);
  assertEquals(func("add").tier, "jit");
  const first = engine.edge.hold(func("add"), "breakpoint");
  const second = engine.edge.hold(func("add"), "probe");
  for (let i = 0; i < 10; i++) assertEquals(exports.add(i), i + 1);
  first();
  first();
  assertEquals(func("add").tier, "interp");
  second();
  assertEquals(func("add").tier, "jit");
  assertEquals(causes(engine.edge.decisions), [
    "add interp-jit calls",
    "add jit-interp breakpoint",
    "add interp-jit released",
  ]);
});

testNative("a hot function that stays is noted once, with the reason", () => {
  const engine = new Engine({ maxBodyBytes: 10, thresholds: { jit: { calls: 2, passes: 10 } } });
  const { exports, func } = load(engine);
  assertEquals([exports.loop(100_000), func("loop").tier], [705082704, "interp"]);
  exports.loop(100_000);
  const [event, ...rest] = engine.edge.decisions;
  assertEquals([event.why, event.name, rest.length], ["refused", "loop", 0]);
  assert(/its body of \d+ bytes is larger than 10 \(maxBodyBytes\)/.test(event.reason), event.reason);
});

const PAGE_OF_CODE = (n: number) =>
  `(module (import "e" "f" (func $f (param i32)))
  (func (export "f") (param i32) (result i32)
    (call $f (local.get 0))
    ${`(local.set 0 (i32.rotl (i32.mul (local.get 0) (i32.const ${n + 3})) (i32.const 3)))`.repeat(20)}
    (local.get 0)))`;

testNative(
  "where there is no room for code, the module asked for longest ago makes some, and is compiled anew when called",
  () => {
    const engine = new Engine({ tier: "jit", maxCodeBytes: 2 * 65536, functionCacheBytes: 0 });
    const expected = (n: number, x: number) => {
      for (let i = 0; i < 20; i++) {
        const product = Math.imul(x, n + 3);
        x = (product << 3) | (product >>> 29);
      }
      return x;
    };
    const instances = [0, 1, 2, 3].map((n) => engine.load(PAGE_OF_CODE(n), { e: { f: () => {} } }));
    for (const round of [1, 2, 3]) {
      instances.forEach((instance, n) => assertEquals(instance.exports.f(round), expected(n, round)));
    }
    const { entries, bytes, limit, evictions } = engine.caches.code!;
    assertEquals([entries, bytes, limit, evictions], [2, 2 * 65536, 2 * 65536, 10]);
  },
);

testNative("code in which a frame stands is not evicted", () => {
  const engine = new Engine({ tier: "jit", maxCodeBytes: 2 * 65536, functionCacheBytes: 0 });
  const others = [1, 2, 3].map((n) => engine.load(PAGE_OF_CODE(n), { e: { f: () => {} } }));
  const calls = (x: number) => others.forEach((other) => other.exports.f(x));
  const outer = engine.load(PAGE_OF_CODE(0), { e: { f: calls } });
  const before = new Engine({ tier: "interp" }).load(PAGE_OF_CODE(0), { e: { f: () => {} } }).exports.f(5);
  assertEquals([outer.exports.f(5), outer.exports.f(5)], [before, before]);
  // One instance within the other: none of the three can go.
  const deepest = engine.load(PAGE_OF_CODE(7), { e: { f: () => {} } });
  const inner = engine.load(PAGE_OF_CODE(8), { e: { f: (x: number) => void deepest.exports.f(x) } });
  const all = engine.load(PAGE_OF_CODE(9), { e: { f: (x: number) => void inner.exports.f(x) } });
  assertThrows(() => all.exports.f(1), Error, "maxCodeBytes");
  assertEquals(typeof deepest.exports.f(1), "number");
});

testNative("the monitor times calls in every tier, counts instructions, looks at memory, and is free when off", () => {
  const engine = new Engine({ fuel: 1_000_000, thresholds: { jit: { calls: 5, passes: 100 } } });
  const { exports } = load(engine, SOURCE.replace("(module", "(module (memory 2)"));
  const { monitor } = engine.edge;
  exports.add(1);
  assertEquals([monitor.running, monitor.report().functions.length], [false, 0]);
  monitor.start({ instructions: true });
  for (let i = 0; i < 10; i++) exports.add(i);
  assertEquals(exports.loop(200), 20100);
  assertThrows(() => exports.add(Symbol() as unknown as number), TypeError);
  const { functions, instructions, memory, fuelConsumed, decisions, running } = monitor.report();
  assertEquals(running, true);
  const add = functions.find((f) => f.name === "add")!, loop = functions.find((f) => f.name === "loop")!;
  assertEquals([add.calls, loop.calls, add.tier], [11, 1, "jit"]);
  // local.get, i32.const, i32.add, end.
  assertEquals(add.instructions, 10 * 4);
  // loop, then eight and br_if 200 times, local.get, end.
  assertEquals([loop.instructions! > 200 * 8, instructions], [true, add.instructions! + loop.instructions!]);
  assert(
    add.p50Ms <= add.p90Ms && add.p90Ms <= add.p99Ms && add.p99Ms <= add.longestMs && add.totalMs >= add.longestMs,
  );
  assertEquals([memory[0].linearBytes, fuelConsumed > 200], [2 * 65536, true]);
  assertEquals(causes(decisions).includes("add interp-jit calls"), true);
  assertEquals(JSON.parse(JSON.stringify(monitor)).functions.length, 2);
  monitor.stop();
  exports.add(1);
  assertEquals(monitor.report().functions.find((f) => f.name === "add")!.calls, 11);
});

testNative("the monitor gives its figures to OpenTelemetry by the names that it documents", async () => {
  const values: string[] = [];
  const asked = new Map<string, Set<(o: MetricObserver) => void>>();
  const attributes = (a?: MetricAttributes) => JSON.stringify(a);
  const observable = (name: string) => {
    const callbacks = new Set<(o: MetricObserver) => void>();
    asked.set(name, callbacks);
    return {
      addCallback: (c: (o: MetricObserver) => void) => void callbacks.add(c),
      removeCallback: (c: (o: MetricObserver) => void) => void callbacks.delete(c),
    };
  };
  const meter: MetricsMeter = {
    createHistogram: (name, { unit }) => ({
      record: (value, a) => values.push(`${name} ${unit} ${value < 1} ${attributes(a)}`),
    }),
    createCounter: (name, { unit }) => ({
      add: (value, a) => values.push(`${name} ${unit} ${value} ${attributes(a)}`),
    }),
    createObservableUpDownCounter: observable,
    createObservableCounter: observable,
  };
  const engine = new Engine({ fuel: 1000, thresholds: { jit: { calls: 2, passes: 10 } } });
  const { exports } = load(engine);
  const end = await engine.edge.monitor.exportTo(meter);
  engine.edge.monitor.start({ instructions: true });
  for (let i = 0; i < 2; i++) exports.add(i);
  assertEquals(values, [
    'strata.function.duration s true {"strata.function.name":"add","strata.tier":"interp"}',
    'strata.tier.moves {move} 1 {"strata.tier.from":"interp","strata.tier.to":"jit","reason":"calls","what":"function"}',
    'strata.function.duration s true {"strata.function.name":"add","strata.tier":"jit"}',
  ]);
  const observed: [string, number][] = [];
  for (const [name, callbacks] of asked) {
    const observe = (value: number) => observed.push([name, value]);
    for (const callback of callbacks) callback({ observe });
  }
  assertEquals(observed.map(([name]) => name), [
    "strata.memory.usage",
    "strata.memory.usage",
    "strata.memory.usage",
    "strata.instructions",
    "strata.fuel.consumed",
  ]);
  assertEquals([observed[3][1], observed[4][1]], [8, 2]);
  end();
  exports.add(1);
  assertEquals([values.length, [...asked.values()].reduce((n, c) => n + c.size, 0)], [3, 0]);
  engine.edge.monitor.stop();
});

Deno.test("exportTo() without a meter takes that of npm's OpenTelemetry, or says why it cannot", async () => {
  const engine = new Engine({ tier: "interp" });
  try {
    (await engine.edge.monitor.exportTo())();
  } catch (error) {
    // Where the package is neither in the cache nor to be had.
    await assertRejects(() => Promise.reject(error), Error, "@opentelemetry/api");
  }
});

Deno.test("without the permission to run machine code, functions climb to the best tier that they are hot enough for", async () => {
  const child = new URL("edge_child.ts", import.meta.url).pathname;
  const { out, err } = await runDeno(["run", "--no-check", "--allow-read", child]);
  const { loop, calls, lowLoop, lowCalls, refused } = JSON.parse(out || err);
  assertEquals(loop, {
    ladder: ["interp", "fast", "js"],
    result: 1250025000,
    moves: ["function loop interp-js loop 1", "frame loop interp-js loop 1"],
  });
  assertEquals(calls.moves, ["function add interp-js calls 10"]);
  assertEquals(lowLoop.result, 1250025000);
  assertEquals(lowLoop.moves, [
    "function loop interp-fast loop 1",
    "function loop fast-js loop 1",
    "frame loop interp-js loop 1",
  ]);
  // Called by JavaScript alone, in register code too.
  assertEquals(lowCalls.moves, ["function add interp-fast calls 2", "function add fast-js calls 8"]);
  // Tried once, not at each call.
  assertEquals(refused.moves.map((m: string) => m.replace(/ \d+$/, "")), [
    "function long interp-interp refused",
    "function long interp-fast calls",
  ]);
});
