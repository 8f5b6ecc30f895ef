import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runAfter, runShell } from "./shell.ts";
import { runDeno } from "../../run_deno.ts";
import { testNative } from "../../skip.ts";

const FIB = ":load examples/fib.wat";
const MEMORY = ":load examples/memory.wat";

/** Runs `use` with the path of a file that does not exist yet. */
async function withFile(name: string, use: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(`${folder}/${name}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test(":save writes a script that does the same again, by :source, :load and -x", () =>
  withFile("session.strata", async (path) => {
    const typed =
      `${MEMORY}\n:help\n:mem write 16 "Howdy"\n:try upper 16 25\n:try :nope\n:mem read 16 16\n:wat (module $m
  (func (export "f") (result i32) (i32.const 7)))\nf`;
    const { text } = await runShell(`${typed}\n:save ${path}`);
    assertStringIncludes(text, `saved 7 commands to ${path}`);
    const saved = await Deno.readTextFile(path);
    assertMatch(saved, /^# A session of Strata's shell\. To run it again:\n# {3}strata repl --tier interp -x /);
    assert(!saved.includes(":help") && !saved.includes(":save"));
    for (const command of [":source", ":load"]) {
      const again = await runShell(`${command} ${path}`);
      assertEquals(again.stopped, undefined, again.text);
      assertStringIncludes(again.text, "HOWDY");
      assertStringIncludes(again.text, "=> 7:i32");
      // What is loaded by it is one command of the session.
      assertEquals(again.session.recorder.typed.map((t) => t.source), [`${command} ${path}`]);
    }
    const { code, out } = await runDeno(["run", "-A", "--no-check", "cli.ts", "--no-echo", "-x", path]);
    assertEquals(code, 0);
    assertStringIncludes(out, "=> 7:i32");
  }));

Deno.test(":save writes what failed behind :try, and nothing of what was no command", () =>
  withFile("session.strata", async (path) => {
    const { session } = await runShell(`${FIB}\ndivide 1 0`);
    const { runScript } = await import("../../../src/cli/repl/commands.ts");
    await runScript(session, `:tier nobody interp`, "", false).catch(() => {});
    await runScript(session, `:nope`, "", false).catch(() => {});
    await runScript(session, `:save ${path}`, "", false);
    const lines = (await Deno.readTextFile(path)).trim().split("\n").filter((l) => !l.startsWith("#"));
    assertEquals(lines, [FIB, ":try divide 1 0", ":try :tier nobody interp"]);
  }));

Deno.test(":json switches between objects and text", async () => {
  const { text } = await runShell(`${FIB}\n:json on\nfib 10\n:json off\nfib 10`);
  const [, , switched, object, back, result] = text.split("\n");
  assertEquals(switched, "commands give objects from now on");
  assertEquals(JSON.parse(object).results, [{ type: "i32", value: "55" }]);
  assertEquals(JSON.parse(back), { command: ":json off", ok: true, json: false });
  assertEquals(result, "=> 55:i32");
  assertStringIncludes(await runAfter("", ":json maybe"), "error: objects are switched on or off, not maybe");
});

Deno.test(":js evaluates with the instance in scope, waits for promises, and says what was thrown", async () => {
  const { text } = await runShell(`${MEMORY}
:js exports.size()
:js new TextDecoder().decode(memory.read(16, 5))
:js memory.grow(1); return exports.size()
size
:js [_ + 1, engine.tier, Object.keys(instances)]
:js await new Promise((resolve) => setTimeout(resolve, 1, 42n))
:js console.log("printed", 1)`);
  const lines = text.split("\n").slice(2);
  assertEquals(lines, [
    "=> 1",
    '=> "Hello"',
    "=> 2",
    "=> 2:i32",
    '=> [ 3, "interp", [ "memory" ] ]',
    "=> 42n",
    "printed 1",
    "=> undefined",
  ]);
  const cases: [string, RegExp][] = [
    [":js", /^error: an expression is missing\nusage: :js <expression>$/],
    [":js nobody.x", /^error: ReferenceError: nobody is not defined$/],
    [":js 1 +", /^error: that is no JavaScript: /],
    [":js throw 7", /^error: thrown: 7$/],
    [":js exports.divide(1, 0)", /^error: trap: integer divide by zero\n {2}at divide /],
  ];
  for (const [command, expected] of cases) assertMatch(await runAfter(FIB, command), expected);
  const { text: json } = await runShell(`${FIB}\n:js exports.divide(17, 5)\n:js console.log(1)`, { json: true });
  const [, divide, log] = json.split("\n").map((line) => JSON.parse(line));
  assertEquals([divide.type, divide.value], ["object", [3, 2]]);
  assertEquals(log.printed, ["1"]);
});

Deno.test(":bench measures calls side by side and keeps to the limits of calls", async () => {
  const { text } = await runShell(`${FIB}\n:bench --ms 5 fib 12; divide 17 5`);
  const [head, fib, divide] = text.split("\n").slice(2);
  assertMatch(head, /^ {2}benchmark {2,}time\/iter \(avg\) +iter\/s +\(min … max\) +p75 +p99 +p995 +×$/);
  assertMatch(fib, /^ {2}fib 12 +[\d.]+ .?s +[\d,.]+ +\([\d.]+ .?s … [\d.]+ .?s\)/);
  assertMatch(divide, /^ {2}divide 17 5 .* 1\.00$/);
  const cases: [string, RegExp][] = [
    [":bench", /^error: a call is missing\n/],
    [":bench fib", /^error: fib takes 1 argument, not 0/],
    [":bench --tiers turbo fib 1", /^error: there is no tier turbo; there are interp/],
    [":bench --ms 0 fib 1", /^error: --ms needs a number above 0/],
    [":bench divide 1 0", /^error: trap: integer divide by zero/],
  ];
  for (const [command, expected] of cases) assertMatch(await runAfter(FIB, command), expected);
  assertMatch(await runAfter(`${FIB}\n:set timeout 20`, ":bench spin"), /^error: trap: deadline exceeded/);
});

testNative(":bench moves all functions to each tier and back", async () => {
  const { text, session } = await runShell(
    `${FIB}\n:bench --ms 5 --tiers interp,jit mean 10 2\n:json\n:bench --ms 5 --tiers jit mean 10 2`,
  );
  assertMatch(text, /mean 10 2 \(interp\).*\n.*mean 10 2 \(jit\)/);
  assertEquals(session.current.instance.functions.map((f) => f.tier), ["interp", "interp", "interp", "interp"]);
  const [{ tier, call, perSample }] = JSON.parse(text.split("\n").at(-1)!).benchmarks;
  assertEquals([call, tier], ["mean 10 2", "jit"]);
  assert(perSample > 1);
});

Deno.test("--init runs a file before all else, and nothing is read that was not asked for", () =>
  withFile("init.strata", async (path) => {
    await Deno.writeTextFile(path, `${FIB}\n:set timeout 1000\n`);
    const run = (...args: string[]) => runDeno(["run", "-A", "--no-check", "cli.ts", "repl", ...args]);
    const { code, out } = await run("--init", path, "-e", "fib 10");
    assertEquals(code, 0);
    assertMatch(out, /^loaded fib: .*\n.*\n.*\n.*\n=> 55:i32\n$/);
    const wrong = await run("--init", `${path}.nowhere`, "-e", "fib 10");
    assertEquals([wrong.code, wrong.out], [1, ""]);
    assertMatch(wrong.err, /^error: there is no file /);
  }));

Deno.test(":plot draws what the shell saw, as SVG or as a page, and says when there is nothing to draw", () =>
  withFile("x", async (path) => {
    const folder = path.slice(0, -2);
    const { text, stopped } = await runShell(`:load examples/binary_trees.wat
keep 6
:plot memory ${folder}/memory.svg
:plot heap ${folder}/heap.html
:plot time ${folder}/time.svg`);
    assertEquals(stopped, undefined, text);
    assertMatch(text, /^drew memory over time \(\d+ samples\) to /m);
    assertMatch(text, /^drew composition of the heap \(1 type\) to /m);
    assertMatch(await Deno.readTextFile(`${folder}/memory.svg`), /^<svg /);
    assertStringIncludes(await Deno.readTextFile(`${folder}/heap.html`), "$node");
    assertStringIncludes(await Deno.readTextFile(`${folder}/time.svg`), "keep (interp)");
    const cases: [string, string, RegExp][] = [
      ["", ":plot", /^error: what to draw is missing/],
      ["", ":plot t", /^error: t is none of memory, heap, tiers, time/],
      ["", `:plot memory ${path}.png`, /^error: a picture is an \.svg or \.html file, not /],
      ["", ":plot time", /^error: there is nothing to draw: nothing was called yet$/],
      [FIB, ":plot tiers", /^error: there is nothing to draw: no function has moved/],
    ];
    for (const [prepare, command, expected] of cases) assertMatch(await runAfter(prepare, command), expected);
  }));

Deno.test("a collection in the past of a recorded call that has ended leads back to the present, and the next call is recorded", async () => {
  const { text, stopped } = await runShell(
    `${FIB}\n:record\nfib 4\n:back\n:gc\n:record\n:try :who 0\n:try :back\nfib 3\n:back\n:back end\n:record`,
  );
  assertEquals(stopped, undefined);
  assertMatch(text, /error: nothing is recorded yet/);
  assertMatch(text, /this is the present: the call has ended/);
  assertEquals(text.includes("a bug in Strata"), false);
});
