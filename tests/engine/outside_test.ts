// What perf and gdb see of machine code: in processes of their own, with the real tools where they are installed.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { nativeUnavailable } from "../../src/platform/permissions.ts";
import { runDeno } from "../run_deno.ts";
import { testNative, testUnless } from "../skip.ts";

const child = new URL("outside_child.ts", import.meta.url).pathname;
const DENO = ["run", "--no-check", "-A", child];

/** What a tool printed, both outputs together; undefined if it is not installed. */
async function tool(name: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await new Deno.Command(name, { args, stdin: "null", env: { NO_COLOR: "1" } }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Why a tool cannot be used here. */
async function missing(name: string, ...args: string[]): Promise<string | undefined> {
  if (nativeUnavailable() !== undefined) return nativeUnavailable();
  const printed = await tool(name, ...args);
  if (printed === undefined) return `${name} is not installed`;
  return printed.includes("works") ? undefined : `${name} cannot be used here`;
}

testNative(
  "with perfMap, the map of the process names its functions, those too that were compiled before",
  async () => {
    const { out } = await runDeno([...DENO, "late"]);
    const pid = out.trim().split("\n").at(-1);
    const map = `/tmp/perf-${pid}.map`;
    const lines = Deno.readTextFileSync(map).trim().split("\n");
    Deno.removeSync(map);
    for (const line of lines) assertMatch(line, /^[0-9a-f]+ [0-9a-f]+ \S.*$/);
    assertEquals(lines.filter((l) => l.endsWith(" fib_of_wasm")).length, 2);
  },
);

testNative("run and repl take --perf-map and --gdb", async () => {
  const cli = new URL("../../cli.ts", import.meta.url).pathname;
  const fib = new URL("../../examples/fib.wat", import.meta.url).pathname;
  for (
    const args of [["run", "--perf-map", "--gdb", "--invoke", "fib", fib, "10"], ["--perf-map", "-e", "fib 10", fib]]
  ) {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "-A", cli, ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    });
    const process = command.spawn();
    const { stdout } = await process.output();
    assertMatch(new TextDecoder().decode(stdout), /=> 55:i32/);
    const map = `/tmp/perf-${process.pid}.map`;
    assertMatch(Deno.readTextFileSync(map), / fib$/m);
    Deno.removeSync(map);
  }
});

const noPerf = await missing("sh", "-c", "perf record -q -o /dev/null true 2>/dev/null && echo works");
testUnless(noPerf === undefined ? undefined : "perf cannot be used here", "perf names compiled functions", async () => {
  const data = Deno.makeTempFileSync();
  const recorded = await tool("perf", "record", "-q", "-o", data, Deno.execPath(), ...DENO, "perf");
  const report = await tool("perf", "report", "-i", data, "--stdio", "-F", "symbol");
  Deno.removeSync(data);
  Deno.removeSync(`/tmp/perf-${recorded!.trim().split("\n").find((l) => /^\d+$/.test(l) && l !== "2178309")}.map`);
  assertMatch(report!, /\[\.\] fib_of_wasm/);
});

const noGdb = await missing("gdb", "-batch", "-ex", "run", "--args", "echo", "works");
const GDB = ["-batch", "-ex", "set confirm off", "-ex", "set breakpoint pending on"];
const PASS = ["-ex", "handle SIGSEGV SIGILL SIGFPE SIGBUS nostop noprint pass"];

testUnless(noGdb, "gdb breaks in a Wasm function by its name, and shows its callers", async () => {
  const commands = ["break fib_of_wasm", "run", "continue", "bt", "delete", "continue"].flatMap((c) => ["-ex", c]);
  const printed = (await tool("gdb", ...GDB, ...PASS, ...commands, "--args", Deno.execPath(), ...DENO, "gdb"))!;
  assertMatch(printed, /#0 .* in fib_of_wasm \(\)\n#1 .* in fib_of_wasm \(\)\n#2 .* in entry /);
  // The program goes on as if nothing had been.
  assertMatch(printed, /^55\n(.*\n)*89\n/m);
  assert(printed.includes("exited normally"), printed);
});
