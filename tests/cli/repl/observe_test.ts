// Sessions with :trace and :profile, as text and as JSON, which are the same in every tier but for times.

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { nativeUnavailable } from "../../../src/platform/permissions.ts";
import { TIERS } from "../../../src/runtime/tier.ts";
import { runAfter, runShell } from "./shell.ts";

const CHOICES = [...TIERS.filter((tier) => tier !== "jit" || nativeUnavailable() === undefined), "auto"] as const;

const SESSION = `:wat (module (memory 1) (global $n (mut i32) (i32.const 0))
  (func $step (param i32) (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (i32.store (i32.const 8) (local.get 0)) (i32.mul (local.get 0) (i32.const 3)))
  (func (export "run") (param i32) (result i32) (loop $l (result i32)
    (drop (call $step (local.get 0)))
    (br_if $l (i32.const 0) (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))) )))
:trace calls,mem,globals --func st* run 2
:trace calls
run 1
:trace
:trace off
:profile --exact run 3
:trace off
`;

const TEXT = `step(2)
000030    get n: 0
000035    set n: 1
00003b    store 4 at 0x8: 2
step => 6
step(1)
000030    get n: 1
000035    set n: 2
00003b    store 4 at 0x8: 1
step => 3
=> 0:i32
traces calls of module
run(1)
  step(1)
  step => 3
run => 0
=> 0:i32
calls of module: 4 events so far
traced 4 events of module
=> 0:i32

63 instructions ran

functions
    self  instructions  calls  function
  52.4 %            33      3  step
  47.6 %            30      1  run

loops
    self  instructions  passes  loop
  44.4 %            28       3  run at 0x46

instructions
  23.8 %  15  i32.const
  19.0 %  12  local.get
   7.9 %   5  end
   4.8 %   3  global.get
   4.8 %   3  i32.add
   4.8 %   3  global.set
   4.8 %   3  i32.store
   4.8 %   3  i32.mul
   4.8 %   3  call
   4.8 %   3  drop
   4.8 %   3  i32.sub
   4.8 %   3  local.tee

covered
  functions       2 of 2  100.0 %
  instructions  23 of 23  100.0 %
nothing is traced`;

Deno.test("a session with :trace and :profile shows the same in every tier", async () => {
  for (const tier of CHOICES) {
    const { text, stopped } = await runShell(SESSION, { tier });
    assertEquals(stopped, undefined);
    assertEquals(text.slice(text.indexOf("step(2)")), TEXT, tier);
  }
});

Deno.test("the same session as JSON has an object per command", async () => {
  for (const tier of CHOICES) {
    const { text } = await runShell(SESSION, { tier, json: true });
    const [, trace, begun, call, shown, off, profile] = text.split("\n").map((line) => JSON.parse(line));
    assertEquals(trace.printed.length, 10, tier);
    assertEquals([begun.tracing, begun.what, shown.events, off.events], [true, "calls", 4, 4]);
    assertEquals(call.printed, ["run(1)", "  step(1)", "  step => 3", "run => 0"]);
    assertEquals([profile.mode, profile.sum, profile.loops[0].passes], ["counts", 63, 3], tier);
    assertEquals(profile.branches.map((b: { counts: number[] }) => b.counts), [[2, 1]]);
    assertEquals(profile.call.results, [{ type: "i32", value: "0" }]);
  }
});

Deno.test("samples are taken in the shell, and a profile is written to a file", async () => {
  const file = await Deno.makeTempFile({ suffix: ".speedscope.json" });
  try {
    const { text, stopped } = await runShell(
      `:load examples/fib.wat\n:profile -o ${file} fib 22\n:profile --interval 0.5\nfib 20\n:profile off`,
    );
    assertEquals(stopped, undefined);
    assertStringIncludes(text, `wrote ${file}`);
    assertMatch(text, /\d+ samples? of [\d.]+ ms in Wasm, taken at loops and calls/);
    assertEquals(JSON.parse(await Deno.readTextFile(file)).exporter, "strata");
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("wrong words to :trace and :profile are told", async () => {
  for (
    const [command, message] of [
      [":trace everything", "error: nothing called everything can be traced; there is calls, ops,"],
      [":trace calls --func nobody*", "error: no function and no instruction is meant by the trace"],
      [":trace mem --addresses 5 fib 1", "error: addresses are a range such as 0x40..0x80, not 5"],
      [":trace calls -o /nowhere/x fib 1", "error: cannot write /nowhere/x: "],
      [":profile off", "error: no profile goes on"],
      [":profile --interval 0 fib 1", "error: an interval of 0 ms; 0.1 to 10000 can be"],
      [":profile -o x.lcov fib 1", "error: lcov is told counts: --exact"],
      [":profile nobody 1", "error: there is no function nobody in fib"],
      [":profile --exact\n:profile --exact", "error: a profile goes on already: :profile off"],
      [":trace ops\n:trace ops", "error: something is traced already: :trace off"],
    ]
  ) {
    const { text } = await runShell(`:load examples/fib.wat\n${command}`);
    assertStringIncludes(text, message);
  }
});

Deno.test(":trace -o says what was written and where, also where the call fails", async () => {
  const folder = await Deno.makeTempDir(), path = `${folder}/trace.jsonl`;
  try {
    const load = ":load examples/fib.wat";
    assertEquals(
      await runAfter(load, `:trace calls -o ${path} fib 1`),
      `=> 1:i32\ntraced 2 events of fib, written to ${path}`,
    );
    assertEquals((await Deno.readTextFile(path)).trim().split("\n").length, 2);
    const failed = await runAfter(load, `:trace calls -o ${path} divide 1 0`);
    assertMatch(failed, /^traced 1 event of fib, written to .*trace\.jsonl\nerror: trap: integer divide by zero/);
    const { text } = await runShell(`${load}\n:trace ops -o ${path}\n:trace\nfib 1\n:trace off`);
    assertStringIncludes(text, `traces ops of fib into ${path}\nops of fib into ${path}: 0 events so far`);
    assertMatch(text, /traced \d+ events of fib, written to /);
    const json = await runShell(`${load}\n:trace calls -o ${path} fib 1`, { json: true });
    assertEquals(JSON.parse(json.text.split("\n").at(-1)!).traced, { events: 2, file: path });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
