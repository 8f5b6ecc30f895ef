// What is read without the parser of main.ts is read as that parser reads it.

import { assert, assertEquals } from "@std/assert";
import { makeProgram } from "../../src/cli/main.ts";
import { plainRun } from "../../src/cli/plain_run.ts";

/** What the parser gives to the subcommand `run`. */
async function parsed(commandLine: readonly string[]): Promise<unknown> {
  let found: unknown;
  const program = makeProgram(() => {});
  program.configureOutput({ writeErr: () => {}, writeOut: () => {} });
  const run = program.commands.find((c: { name(): string }) => c.name() === "run")!;
  run.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  run.action((module: string, args: string[], options: object) => void (found = { module, args, options }));
  await program.parseAsync([...commandLine], { from: "user" });
  return found;
}

/** What runModule() takes for granted where an option is not given. */
const DEFAULTS = { tier: "auto", compile: "lazy", files: "auto", missing: "error" };

const PLAIN = [
  "run m.wasm",
  "run m.wasm a b c",
  "run m.wasm -x --tier jit --help -h",
  "run --tier jit m.wasm",
  "run -t interp -t auto m.wasm --dir x",
  "run --invoke f m.wat 1 -2",
  "run -i --tier m.wasm",
  "run --dir a::b --dir c:ro --env A=1 --env B m.wasm --dir z",
  "run --dir -x m.wasm",
  "run m.wasm -",
];
/** Read by main.ts: what is wrong, and what is rare. */
const OTHER = [
  "",
  "run",
  "run --tier",
  "run --tier jit",
  "run --tier quick m.wasm",
  "run --tier=jit m.wasm",
  "run -tjit m.wasm",
  "run --help",
  "run -h m.wasm",
  "run - a",
  "run --nothing m.wasm",
  "run -- m.wasm",
  "run m.wasm -- a",
  "run --fuel 5 m.wasm",
  "print m.wasm",
  "m.wasm",
  "--version",
];

Deno.test("plainRun() reads ordinary runs as the parser does", async () => {
  for (const line of PLAIN) {
    const run = plainRun(line.split(" "));
    assert(run !== undefined, line);
    assertEquals({ ...run, options: { ...DEFAULTS, ...run.options } }, await parsed(line.split(" ")), line);
  }
});

Deno.test("plainRun() leaves everything else to the parser", () => {
  for (const line of OTHER) assertEquals(plainRun(line === "" ? [] : line.split(" ")), undefined, line);
  assertEquals(plainRun(["run", ""]), undefined);
  assertEquals(plainRun(["run", "--invoke", "", "m.wasm"]), undefined);
});
