// The shell as a person meets it. All of this takes a minute; without TERMINAL_TESTS=long only the first test runs.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { canRunNative } from "../../src/platform/permissions.ts";
import { testUnless } from "../skip.ts";
import { noTerminal, Terminal } from "./terminal.ts";

const missing = await noTerminal();
const long = Deno.env.get("TERMINAL_TESTS") === "long";
const tiers = canRunNative() ? ["interp", "jit"] : ["interp"];

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function test(name: string, fn: (history: string) => Promise<void>, only = true): void {
  const short = only ? undefined : "it takes long; `deno task test:terminal` runs it";
  testUnless(missing ?? short, name, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await fn(`${folder}/state/history`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

test("in a terminal: prompt, completion, history, a trap, Ctrl-C in an endless loop of each tier, :quit", async (history) => {
  await using t = await Terminal.open(history);
  // Tab completes a command, then a file in a folder.
  await t.complete(":loa", ":load");
  await t.complete("examples/fib", ":load examples/fib.wat");
  await t.press("Enter");
  await t.waitFor(/strata> :load examples\/fib\.wat\nloaded fib: 4 functions[^]*\nstrata> $/);
  // Tab completes a function; its space is there, and the argument follows.
  await t.complete("fi", "fib");
  await t.press("10", "Enter");
  await t.waitFor(/strata> fib 10\n=> 55:i32\nstrata> $/);
  await t.press("Up", "Enter");
  await t.waitFor(/(strata> fib 10\n=> 55:i32\n){2}strata> $/);
  await t.type("divide 1 0");
  await t.waitFor(/error: trap: integer divide by zero\n {2}at divide .*\nstrata> $/);
  for (const tier of tiers) {
    await t.type(`:tier spin ${tier}`);
    await t.waitFor(new RegExp(`spin now runs in tier ${tier}\nstrata> $`));
    await t.type("spin");
    await t.waitFor(/strata> spin$/);
    await pause(300);
    await t.press("C-c");
    await t.waitFor(new RegExp(`\\^C\nerror: trap: interrupted\n {2}at spin \\(.*${tier}\\)\nstrata> $`));
    // The shell lives on, and so does what it called.
    await t.type("fib 7");
    await t.waitFor(/=> 13:i32\nstrata> $/);
  }
  await t.type(":quit");
  await t.waitFor(/exit code 0$/);
  const lines = (await Deno.readTextFile(history)).trimEnd().split("\n");
  assertEquals(lines.slice(0, 2), [":load examples/fib.wat", "fib 10"]);
  assertEquals(lines.at(-1), ":quit");
});

test("in a terminal: Ctrl-C lets a debugged call wait, which is looked at and goes on", async (history) => {
  await using t = await Terminal.open(history);
  await t.type(":load examples/fib.wat");
  await t.type(":break divide");
  await t.waitFor(/point 1: divide\nstrata> $/);
  await t.type("spin");
  await t.waitFor(/strata> spin$/);
  await pause(300);
  await t.press("C-c");
  await t.waitFor(/stopped by Ctrl-C\n#0 {2}spin.*\n.*\nstrata> $/);
  await t.type(":bt");
  await t.waitFor(/\* #0 {2}spin.*\nstrata> $/);
  await t.type("fib 7");
  await t.waitFor(/=> 13:i32\nstrata> $/);
  await t.type(":kill");
  await t.waitFor(/dropped the call of spin\nstrata> $/);
});

test("the history of one shell is there in the next", async (history) => {
  {
    await using t = await Terminal.open(history);
    await t.type(":help quit");
    await t.waitFor(/leave the shell[^]*strata> $/);
    await t.press("C-d");
    await t.waitFor(/exit code 0$/);
  }
  await using t = await Terminal.open(history);
  await t.press("Up");
  await t.waitFor(/strata> :help quit$/);
}, long);

test("a module may be typed over several lines, and Ctrl-C gives it up", async (history) => {
  await using t = await Terminal.open(history);
  await t.type(":wat (module");
  await t.waitFor(/ {3}\.\.\.>$/);
  await t.type('(func (export "f") (result i32)');
  await t.type("(i32.const 42)))");
  await t.waitFor(/loaded module: 1 function[^]*strata> $/);
  await t.type("f");
  await t.waitFor(/=> 42:i32\nstrata> $/);
  await t.type(":wat (module");
  await t.waitFor(/ {3}\.\.\.>$/);
  await t.press("C-c");
  await t.waitFor(/\^C\nstrata> $/);
  await t.type("f");
  await t.waitFor(/(=> 42:i32\nstrata> [^]*){2}$/);
}, long);

test("Ctrl-C clears a line that was typed, and twice on an empty line leaves", async (history) => {
  await using t = await Terminal.open(history);
  await t.press("half a line", "C-c");
  await t.waitFor(/half a line\^C\nstrata> $/);
  await t.press("C-c");
  await t.waitFor(/once more to leave.*\nstrata> $/);
  await t.press("C-c");
  await t.waitFor(/exit code 0$/);
}, long);

test("Ctrl-C ends a command that waits for the network", async (history) => {
  // Answers when the test is over.
  const { promise: over, resolve: end } = Promise.withResolvers<Response>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => over);
  await using t = await Terminal.open(history);
  await t.type(`:load http://127.0.0.1:${server.addr.port}/a.wasm`);
  await pause(500);
  await t.press("C-c");
  await t.waitFor(/\^C\nerror: .*interrupted\nstrata> $/);
  await t.type(":quit");
  await t.waitFor(/exit code 0$/);
  end(new Response());
  await server.shutdown();
}, long);

test("there are colours in a terminal, and none with NO_COLOR or TERM=dumb", async (history) => {
  const envs: Record<string, string>[] = [{}, { NO_COLOR: "1" }, { TERM: "dumb" }];
  for (const env of envs) {
    await using t = await Terminal.open(history, [], env);
    await t.type(":load examples/fib.wat");
    await t.type("fib 3");
    await t.waitFor(/=> 2:i32\nstrata> $/);
    const screen = await t.screen(true);
    assertEquals(screen.includes("\x1b["), Object.keys(env).length === 0, screen);
  }
}, long);

test("Deno's permission prompt can be answered, and the answer counts", async (history) => {
  await using t = await Terminal.open(history, ["--allow-env"]);
  await t.type(":load examples/fib.wat");
  await t.waitFor(/Allow\?/);
  // Deno drops what is typed too soon.
  await pause(500);
  await t.press("y", "Enter");
  await t.waitFor(/loaded fib[^]*strata> $/);
  await t.type("fib 8");
  await t.waitFor(/=> 21:i32\nstrata> $/);
}, long);

test("a program that traps without end in sight leaves the shell alive", async (history) => {
  await using t = await Terminal.open(history);
  await t.type(":load examples/fib.wat");
  for (const tier of tiers) {
    await t.type(`:tier * ${tier}`);
    await t.type("fib 2000000000");
    const screen = await t.waitFor(/call stack exhausted[^]*more frames[^]*strata> $/);
    assert(!screen.includes("bug in Strata"));
    await t.type("fib 9");
    assertMatch(await t.waitFor(/=> 34:i32\nstrata> $/), new RegExp(tier));
  }
}, long);
