// Traces, as text and as events, the same in every tier; and the commands that write them.

import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { Engine, type Imports, type TraceEvent, type TraceOptions, traceText, Wasi } from "../../mod.ts";
import { runDeno } from "../run_deno.ts";
import { ENGINES } from "./tiers.ts";

/** The lines of a trace while `run` of the module is called, which must be the same in all tiers; and the events. */
function trace(text: string, options: TraceOptions, imports: Imports = {}, args: unknown[] = []) {
  let lines: string[] | undefined, events: TraceEvent[] = [];
  for (const [tier, engineOptions] of Object.entries(ENGINES)) {
    const instance = new Engine(engineOptions).load(text, imports);
    const mine: TraceEvent[] = [];
    const tracing = instance.trace(options, (e) => mine.push(e));
    try {
      instance.exports.run(...args);
    } catch (e) {
      mine.push({ what: "host", name: (e as Error).message });
    }
    tracing.stop();
    assertEquals(tracing.events, mine.filter((e) => e.args !== undefined || e.what !== "host").length);
    const count = mine.length;
    try {
      instance.exports.run(...args);
    } catch { /* As before. */ }
    assertEquals(mine.length, count, "it has stopped");
    lines ??= mine.map(traceText);
    assertEquals(mine.map(traceText), lines, tier);
    events = mine;
  }
  return { lines: lines!, events };
}

const CALLS = `(module (import "env" "log" (func $log (param i32) (result i64)))
  (func $add (param i32 f64) (result i32 f64) (local.get 0) (local.get 1))
  (func $tail (param i32) (result i32) (return_call $last (local.get 0)))
  (func $last (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $fails (unreachable))
  (func (export "run") (param i32)
    (drop (drop (call $add (call $tail (local.get 0)) (f64.const -0))))
    (drop (call $log (i32.const 5)))
    (call $fails)))`;

Deno.test("calls are traced with arguments, results, tail calls and the host's functions", () => {
  const { lines } = trace(CALLS, { what: ["calls"] }, { env: { log: (n: number) => BigInt(n) * -7n } }, [3]);
  assertEquals(lines, [
    "run(3)",
    "  tail(3)",
    "  tail => return_call $last(3)",
    "  last(3)",
    "  last => 4",
    "  add(4, -0)",
    "  add => 4, -0",
    "  host env.log(5) => -35",
    "  fails()",
    "host unreachable() => nothing",
  ]);
});

Deno.test("functions that an exception leaves have a line for that, whether it is caught or ends the call", () => {
  const text = `(module (tag $e (param i32))
    (func $deep (param i32) (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))))
      (throw $e (local.get 0)))
    (func $quiet (param i32) (block $h (result i32) (try_table (catch $e $h) (throw $e (i32.const 1))) (i32.const 0)) (drop))
    (func (export "run") (param i32)
      (block $h (result i32) (try_table (catch $e $h) (call $deep (local.get 0))) (i32.const 0))
      (call $quiet)
      (call $deep (i32.const 0))))`;
  const { lines, events } = trace(text, { what: ["calls"] }, {}, [1]);
  assertEquals(lines.slice(0, -1), [
    "run(1)",
    "  deep(1)",
    "    deep(0)",
    "    deep is left by an exception",
    "  deep is left by an exception",
    "  quiet(0)",
    "  quiet => nothing",
    "  deep(0)",
    "host Wasm exception with tag (i32)() => nothing",
    "  deep is left by an exception",
  ]);
  assertEquals(events.at(-1), { what: "left", depth: 0, name: "run", index: 2 });
});

Deno.test("a trace tells of the functions that are meant, and of what the host throws", () => {
  const log = () => {
    throw new RangeError("no");
  };
  const { events } = trace(CALLS, { what: ["calls"], functions: ["a*", "env.log"] }, { env: { log } }, [3]);
  assertEquals(events.slice(0, 3), [
    { what: "call", depth: 0, name: "add", index: 1, args: [4, "-0"] },
    { what: "return", depth: 0, name: "add", index: 1, results: [4, "-0"] },
    { what: "host", name: "env.log", index: 0, depth: 0, args: [5], error: "RangeError" },
  ]);
});

const STATE = `(module (memory 1) (global $g (mut i64) (i64.const 9)) (data (i32.const 8) "\\ff\\fe\\fd\\fc")
  (type $s (struct (field i32)))
  (func (export "run") (local $i i32)
    (i32.store16 offset=2 (i32.const 16) (i32.load8_s (i32.const 8)))
    (global.set $g (i64.mul (global.get $g) (i64.const 5)))
    (v128.store (i32.const 32) (v128.const i64x2 1 -1))
    (memory.copy (i32.const 0) (i32.const 8) (i32.const 2))))`;

Deno.test("instructions, accesses to memory and globals are traced", () => {
  const { lines } = trace(STATE, { what: ["mem", "globals"] });
  const bodies = lines.map((l) => l.slice(8));
  assertEquals(
    bodies,
    [
      "load 1 at 0x8: -1",
      "store 2 at 0x12: -1",
      "get $g: 9",
      "set $g: 45",
      "store 16 at 0x20: 0x0100000000000000ffffffffffffffff",
      "load 2 at 0x8: 0xfffe",
      "store 2 at 0x0",
    ].map((l) => l.replace("$g", "g")),
  );
  const { lines: few } = trace(STATE, { what: ["mem"], addresses: [0, 4] });
  assertEquals(few.map((l) => l.slice(8)), ["store 2 at 0x0"]);
  const ops = trace(STATE, { what: ["ops"] }).lines.map((l) => l.slice(8));
  assertEquals(ops.slice(0, 4), ["i32.const 16", "i32.const 8", "i32.load8_s  [8]", "i32.store16 offset=2  [16, -1]"]);
});

Deno.test("collections and moves between tiers are traced", () => {
  const engine = new Engine({ tier: "interp" });
  const instance = engine.load(STATE), events: TraceEvent[] = [];
  using _tracing = instance.trace({ what: ["gc", "tier"] }, (e) => events.push(e));
  engine.gc();
  if (Engine.nativeUnavailable === undefined) instance.func("run").tier = "jit";
  assertEquals(events.map((e) => e.what), Engine.nativeUnavailable === undefined ? ["gc", "tier"] : ["gc"]);
  assertMatch(traceText(events[0]), /^gc \d+\.\d\d ms, 0 bytes before, 0 after$/);
});

Deno.test("calls of WASI are traced with the names of errors", () => {
  for (const options of Object.values(ENGINES)) {
    using wasi = new Wasi();
    const instance = new Engine(options).load(
      `(module (import "wasi_snapshot_preview1" "fd_close" (func $c (param i32) (result i32)))
        (memory (export "memory") 1) (func (export "run") (drop (call $c (i32.const 77)))))`,
      wasi.imports(),
    );
    wasi.initialize(instance);
    const lines: string[] = [];
    using _tracing = instance.trace({ what: ["wasi"] }, (e) => lines.push(traceText(e)));
    instance.exports.run();
    assertEquals(lines, ["wasi fd_close(77) => badf"]);
  }
});

Deno.test("what cannot be traced is told, and nothing stays", () => {
  const instance = new Engine().load(STATE);
  assertThrows(
    () => instance.trace({ what: ["all" as never] }, () => {}),
    TypeError,
    "nothing called all can be traced",
  );
  assertThrows(() => instance.trace({ what: ["calls"], functions: "x*" }, () => {}), RangeError, "no function");
  assertThrows(() => instance.trace({ what: ["mem"], offsets: [[0, 5]] }, () => {}), RangeError, "no instruction");
});

Deno.test("strata trace writes text to standard error, and objects to a file", async () => {
  const file = await Deno.makeTempFile({ suffix: ".jsonl" });
  try {
    const text = await runDeno(["run", "-A", "cli.ts", "trace", "--invoke", "fib", "examples/fib.wat", "2"]);
    assertEquals(text.code, 0);
    assertStringIncludes(text.out, "=> 1:i32");
    assertEquals(text.err, "fib(2)\n  fib(1)\n  fib => 1\n  fib(0)\n  fib => 0\nfib => 1\n");
    const args = ["--what", "calls,ops", "--func", "f*", "-o", file, "--invoke", "fib", "examples/fib.wat", "1"];
    assertEquals((await runDeno(["run", "-A", "cli.ts", "trace", ...args])).code, 0);
    const events = (await Deno.readTextFile(file)).trim().split("\n").map((line) => JSON.parse(line) as TraceEvent);
    assertEquals(events[0], { what: "call", depth: 0, name: "fib", index: 0, args: [1] });
    assert(events.some((e) => e.op === "i32.lt_s" && e.operands?.join() === "1,2"));
    const wrong = await runDeno(["run", "-A", "cli.ts", "trace", "--what", "everything", "examples/fib.wat"]);
    assertEquals(wrong.code, 2);
    assertStringIncludes(wrong.err, "nothing called everything can be traced; there is calls, ops,");
  } finally {
    await Deno.remove(file);
  }
});
