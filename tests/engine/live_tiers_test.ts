// The policy of live tiers: exact counts, what is hot when, who compiles and when, and what the log says.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Engine, type EngineOptions, type TierEvent } from "../../mod.ts";
import { innerFunc } from "../../src/api/func.ts";
import { MAX_TIER_EVENTS } from "../../src/engine/tier_log.ts";
import { functionCode } from "../../src/interp/code.ts";
import { runDeno } from "../run_deno.ts";
import { testNative } from "../skip.ts";

const SOURCE = `(module
  (func $add (export "add") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "calls") (param $n i32) (result i32) (local $s i32)
    (loop $l
      (local.set $s (call $add (local.get $s)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))
  (func (export "nest") (param $n i32) (result i32) (local $i i32) (local $s i32)
    (loop $outer
      (local.set $i (i32.const 3))
      (loop $inner (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (br_if $inner (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (br_if $outer (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s)))`;
const NEVER = 0x7fffffff;

function brief(events: readonly TierEvent[]) {
  return events.map(({ what, name, from, to, why, calls, passes }) =>
    `${what} ${name} ${from}-${to} ${why} ${calls}/${passes}`
  );
}

testNative("calls and passes of each loop are counted exactly", () => {
  const engine = new Engine({ tier: "auto", callThreshold: NEVER, loopThreshold: NEVER });
  const instance = engine.load(SOURCE);
  const counts = (name: string) => {
    const { counters, heads } = functionCode(innerFunc(instance.func(name)));
    return Array.from(heads, (_, i) => counters!.count(i));
  };
  const { calls, nest } = instance.exports;
  for (const n of [1, 10, 100_000]) calls(n);
  assertEquals(counts("calls"), [3, 100_011]);
  assertEquals(counts("add"), [100_011]);
  for (const n of [5, 7]) nest(n);
  assertEquals(counts("nest"), [2, 12, 36]);
  assertEquals(engine.tierEventCount, 0);
});

testNative("a function is hot at the call that the threshold names, a loop at the pass", () => {
  const engine = new Engine({ tier: "auto", callThreshold: 5, loopThreshold: 100 });
  const instance = engine.load(SOURCE);
  for (let i = 0; i < 4; i++) instance.exports.add(1);
  assertEquals([instance.func("add").tier, engine.tierEventCount], ["interp", 0]);
  assertEquals(instance.exports.add(1), 2);
  assertEquals(instance.func("add").tier, "jit");
  assertEquals(instance.exports.nest(99), 297);
  assertEquals(brief(engine.tierEvents), [
    "function add interp-jit calls 5/0",
    "function nest interp-jit loop 1/100",
    "frame nest interp-jit loop 1/100",
  ]);
  const [add, nest, frame] = engine.tierEvents;
  assert(add.codeBytes > 0 && add.compileMs > 0 && !add.worker && add.offset === -1);
  assert(nest.offset > 0 && nest.time >= add.time && frame.codeBytes === 0);
});

testNative("a function with a large body has to be hotter, in proportion", () => {
  const engine = new Engine({ tier: "auto", callThreshold: 5, loopThreshold: 100 });
  // 7 bytes each: three times as large as what has to be as hot as usual.
  const additions = "(local.set 0 (i32.add (local.get 0) (i32.const 1)))".repeat(2990);
  const instance = engine.load(`(module (func (export "large") (param i32) (result i32) ${additions} (local.get 0)))`);
  for (let i = 0; i < 14; i++) assertEquals(instance.exports.large(i), i + 2990);
  assertEquals([instance.func("large").tier, engine.tierEventCount], ["interp", 0]);
  assertEquals(instance.exports.large(1), 2991);
  assertEquals(brief(engine.tierEvents), ["function large interp-jit calls 15/0"]);
});

testNative("what somebody has moved stays there, until it is the engine's again", () => {
  const engine = new Engine({ tier: "auto", callThreshold: 1, loopThreshold: 1 });
  const instance = engine.load(SOURCE);
  instance.setTier("interp");
  instance.exports.calls(100);
  assertEquals([instance.func("add").tier, instance.func("calls").tier], ["interp", "interp"]);
  instance.func("add").tier = "auto";
  instance.exports.calls(100_000);
  assertEquals([instance.func("add").tier, instance.func("calls").tier], ["jit", "interp"]);
});

testNative("eagerly, everything is machine code when the instance is there", () => {
  for (const tier of ["auto", "jit"] as const) {
    const engine = new Engine({ tier, compile: "eager" });
    const instance = engine.load(SOURCE);
    assertEquals(instance.functions.map((f) => [f.tier, f.codeBytes > 0]), Array(3).fill(["jit", true]));
    assertEquals(engine.compileFigures.functions, 3);
    assertEquals(new Set(engine.tierEvents.map((e) => e.why)), new Set(["eager"]));
  }
});

testNative("a Worker compiles while the interpreter runs on, and the frame goes on in its code", () => {
  for (const tier of ["auto", "jit"] as const) {
    const engine = new Engine({ tier, compile: "worker" });
    assertEquals([engine.compileMode, engine.compileReason], ["worker", undefined]);
    const instance = engine.load(SOURCE);
    // As long as it takes, in one call: nothing is asked of this thread's event loop.
    assertEquals(instance.exports.calls(0x7fffffff), 0x7fffffff);
    const events = engine.tierEvents;
    const moved = events.find((e) => e.what === "function" && e.name === "calls")!;
    assert(moved.worker && moved.compileMs > 0 && moved.codeBytes > 0);
    const frame = events.find((e) => e.what === "frame" && e.name === "calls")!;
    assert(frame.passes > 1 && frame.passes < 0x7fffffff);
    assert(events.some((e) => e.name === "add" && e.worker));
  }
});

testNative("the log is bounded, and listeners are told until they leave", () => {
  const engine = new Engine({ tier: "jit" });
  const { functions } = engine.load(SOURCE);
  const seen: string[] = [];
  const leave = engine.onTierEvent((e) => seen.push(`${e.name} ${e.to}`));
  functions[0].tier = "interp";
  functions[0].tier = "interp";
  functions[0].tier = "jit";
  leave();
  assertEquals(seen, ["add interp", "add jit"]);
  for (let i = 0; i < 3000; i++) functions[0].tier = i % 2 === 0 ? "interp" : "jit";
  assertEquals([engine.tierEvents.length, engine.tierEventCount], [MAX_TIER_EVENTS, 3002]);
  assertEquals(engine.tierEvents.at(-1)!.to, "jit");
});

Deno.test("options that make no sense are refused", () => {
  const refused = (options: EngineOptions, message: string) =>
    assertThrows(() => new Engine(options), TypeError, message);
  refused({ compile: "later" as "lazy" }, 'compile is one of lazy, eager, worker, not "later"');
  refused({ callThreshold: 0 }, "callThreshold is a whole number from 1 to 2147483647, not 0");
  refused({ loopThreshold: 1.5 }, "loopThreshold is a whole number from 1 to 2147483647, not 1.5");
  refused({ tier: "interp", tierZeal: true }, "tierZeal needs tier fast, js or jit");
});

const MODULE = new URL("../../mod.ts", import.meta.url).href;

/** Runs a program in a process of its own; gives what it printed. */
async function program(source: string, ...permissions: string[]) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/program.js`, `import { Engine } from ${JSON.stringify(MODULE)};\n${source}`);
    return await runDeno(["run", "--no-prompt", "--no-config", "--no-check", ...permissions, `${folder}/program.js`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

testNative(
  "a Worker that compiles does not keep the process, and without the permission that it needs the engine says so",
  async () => {
    const source = `
    const engine = new Engine({ compile: "worker", loopThreshold: 10 });
    const { sum } = engine.load(\`(module (func (export "sum") (param i32) (result i32) (local i32)
      (loop (local.set 1 (i32.add (local.get 1) (local.get 0)))
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1)))\`).exports;
    console.log(sum(20_000_000), engine.compileMode, engine.compileReason ?? "as asked");`;
    const expected = Math.imul(20_000_000 / 2, 20_000_001);
    assertEquals(await program(source, "--allow-ffi", "--allow-read"), {
      code: 0,
      out: `${expected} worker as asked\n`,
      err: "",
    });
    const { code, out, err } = await program(source, "--allow-ffi");
    assertEquals([code, err], [0, ""]);
    assert(out.startsWith(`${expected} lazy a Worker needs --allow-read=/`), out);
  },
);
