// What README.md and src/README.md say is so: the shell's session, the library's examples, commands, tasks, and names of files.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { CompileError, Engine, type Feature } from "../../mod.ts";
import { COMMANDS } from "../../src/cli/repl/commands.ts";
import { FEATURES, STANDARD_FEATURES } from "../../src/wasm/features.ts";
import { runShell } from "../cli/repl/shell.ts";
import { runDeno } from "../run_deno.ts";
import { testNative } from "../skip.ts";

const ROOT = new URL("../../", import.meta.url);
const README = Deno.readTextFileSync(new URL("README.md", ROOT));
const MAP = Deno.readTextFileSync(new URL("src/README.md", ROOT));
const TASKS: Record<string, unknown> = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT))).tasks;

/** The blocks of code of a page, without their fences. */
function blocks(page: string): string[] {
  return [...page.matchAll(/^```[a-z]*\n([^]*?)^```$/gm)].map((m) => m[1]);
}

/** Times and addresses differ from run to run. */
function masked(text: string): string {
  return text.replace(/\d+(?:\.\d+)? (?:µs|ms|s)\b/g, "TIME").replace(/0x[0-9a-f]{9,}\b/g, "ADDRESS").trimEnd();
}

function exists(path: string): boolean {
  try {
    Deno.statSync(new URL(path, ROOT));
    return true;
  } catch {
    return false;
  }
}

testNative("the shell's session in README.md is what the shell gives", async () => {
  const session = blocks(README).find((b) => b.startsWith("strata> "))!;
  const steps = session.split(/^strata> /m).slice(1).map((step) => {
    const [command, ...output] = step.trimEnd().split("\n");
    return { command, output };
  });
  assert(steps.length > 8);
  let script = "", before = "";
  for (const { command, output } of steps) {
    script += `:try ${command}\n`;
    const { text, stopped } = await runShell(script, { tier: "auto" });
    assertEquals(stopped, undefined);
    const given = masked(text);
    let got = given.slice(before.length).trim().split("\n");
    const expected = masked(output.join("\n")).trim().split("\n");
    // What stands for the rest of a long answer.
    if (expected.at(-1) === "...") {
      expected.pop();
      assert(got.length > expected.length, command);
      got = got.slice(0, expected.length);
    }
    assertEquals(got, expected, command);
    before = given;
  }
});

testNative("examples in README.md and in the documentation of the library run, and their types are right", async () => {
  const files = ["mod.ts", "README.md", "src/api/engine.ts", "src/api/linker.ts", "src/wasi/wasi.ts"];
  const { code, out, err } = await runDeno(["test", "-A", "--doc", ...files], { cwd: ROOT });
  assertEquals(code, 0, out + err);
  const examples = files.map((file) => Deno.readTextFileSync(new URL(file, ROOT)).match(/```ts$/gm)!.length);
  const passed = Number(/ok \| (\d+) passed/.exec(out)?.[1]);
  assertEquals(passed, examples.reduce((a, b) => a + b), out);
});

Deno.test("subcommands in README.md are those of the command line", async () => {
  const block = blocks(README).find((b) => b.startsWith("deno run -A cli.ts run "))!;
  const named = [...block.matchAll(/cli\.ts (.+?)(?: <| \[|$)/gm)].flatMap((m) => m[1].split(" | "));
  const { out } = await runDeno(["run", "-A", "cli.ts", "--help"], { cwd: ROOT });
  const known = [...out.matchAll(/^ {2}(\w+) .*(?:<|\[|show)/gm)].map((m) => m[1]);
  assertEquals([...named, "repl", "help"].toSorted(), known.toSorted());
});

Deno.test("README.md names every command of the shell", () => {
  for (const { name } of COMMANDS) assert(README.includes(`\`:${name}`), `:${name}`);
});

Deno.test("tasks in README.md exist, and every task has a description", () => {
  const named = [...README.matchAll(/(?:deno|deno@[\d.]+) task ([a-z:]+)/g)].map((m) => m[1]);
  for (const name of named) assert(Object.hasOwn(TASKS, name), name);
  for (const [name, task] of Object.entries(TASKS)) assert((task as { description?: string }).description, name);
});

Deno.test("the version of Deno in README.md is the one that .ci/run takes", () => {
  const versions = new Set(`${README}${Deno.readTextFileSync(new URL(".ci/run", ROOT))}`.match(/deno@[\d.]*\d/g));
  assertEquals(versions.size, 1, [...versions].join(", "));
});

/** For each feature a module whose function `f` needs it. */
const MODULES: Readonly<Record<Feature, string>> = {
  "multi-memory": `(memory 1) (memory 1) (func $f (drop (memory.size 1)))`,
  memory64: `(memory i64 1) (func $f (drop (memory.size)))`,
  threads: `(memory 1 1 shared) (func $f (drop (i32.atomic.load (i32.const 0))))`,
  simd: `(func $f (drop (v128.const i32x4 0 0 0 0)))`,
  "relaxed-simd": `(func $f (param v128) (drop (f32x4.relaxed_min (local.get 0) (local.get 0))))`,
  "tail-calls": `(func $f (return_call $f))`,
  "function-references": `(type $t (func)) (func $f (param (ref $t)) (call_ref $t (local.get 0)))`,
  gc: `(type $s (struct)) (func $f (drop (struct.new $s)))`,
  exceptions: `(tag $t) (func $f (throw $t))`,
  "legacy-exceptions": `(func $f (try (do) (catch_all)))`,
  "wide-arithmetic": `(func $f (result i64 i64) (i64.mul_wide_s (i64.const 1) (i64.const 1)))`,
  "custom-page-sizes": `(memory 1 (pagesize 1)) (func $f (drop (memory.size)))`,
};

Deno.test("README.md says of each feature whether it is on, and whether tier jit has code for it", () => {
  const rows = [...README.matchAll(/^\| `([\w-]+)` +\| .* \| (on|off) +\| (yes|no) +\|$/gm)].map((m) => m.slice(1));
  const on = (feature: Feature) => STANDARD_FEATURES.includes(feature);
  const expected = FEATURES.map((feature) => {
    const others = Object.fromEntries(FEATURES.map((f) => [f, f !== feature]));
    const text = `(module ${MODULES[feature]})`;
    assertThrows(() => new Engine({ tier: "interp", features: others }).compile(text), CompileError, feature);
    const engine = new Engine({ tier: "interp", features: { [feature]: true } });
    const refusal = engine.load(text).func("f").refusal("jit");
    return [feature, on(feature) ? "on" : "off", refusal === undefined ? "yes" : "no"];
  });
  assertEquals(rows.toSorted(), expected.toSorted());
});

Deno.test("README.md lists the programs in examples/", () => {
  const programs = [...Deno.readDirSync(new URL("examples/", ROOT))].map((e) => e.name);
  for (const name of programs.filter((n) => /\.(ts|strata)$/.test(n))) assert(README.includes(`\`${name}\``), name);
});

Deno.test("files that README.md and src/README.md name exist", () => {
  const names = [README, MAP].flatMap((page) => [...page.replace(/```[^]*?```/g, "").matchAll(/`([^`\n]+)`/g)])
    .map((m) => m[1]).filter((name) => /^[\w./]*\w\.(ts|wat|strata|json|md)$/.test(name));
  assert(names.length > 15);
  const folders = ["", "src/", "examples/", ...[...foldersOfMap().keys()].map((f) => `src/${f}/`)];
  for (const name of names) assert(folders.some((folder) => exists(`${folder}${name}`)), `there is no ${name}`);
});

/** The folders in the table of src/README.md. */
function foldersOfMap(): Map<string, string> {
  return new Map([...MAP.matchAll(/^\| `(\w+)\/` +\|.*\| `(\S+)` +\|$/gm)].map((m) => [m[1], m[2]]));
}

Deno.test("src/README.md lists every folder of src, each with a file to begin with", () => {
  const folders = [...Deno.readDirSync(new URL("src/", ROOT))].filter((e) => e.isDirectory).map((e) => e.name);
  const listed = foldersOfMap();
  assertEquals([...listed.keys()].toSorted(), folders.toSorted());
  for (const [folder, file] of listed) assert(exists(`src/${folder}/${file}`), `there is no src/${folder}/${file}`);
});
