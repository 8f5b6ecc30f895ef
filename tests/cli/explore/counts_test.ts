import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Engine, writeProfile } from "../../../mod.ts";
import { innerModule } from "../../../src/api/module.ts";
import { countsOf, readCounts, runCounts } from "../../../src/cli/explore/counts.ts";
import { explore } from "../../../src/cli/explore/explore.ts";
import { CommandError, UsageError } from "../../../src/cli/exit.ts";
import { runDeno } from "../../run_deno.ts";

const SOURCE = `(module (func (export "sum") (param $n i32) (result i32) (local $s i32)
  (loop $l
    (local.set $s (i32.add (local.get $s) (local.get $n)))
    (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
  (local.get $s)))`;

Deno.test("countsOf() has how often each instruction ran, by its offset", () => {
  const instance = new Engine().load(SOURCE), { module } = innerModule(instance.module);
  const profiling = instance.profile({ exact: true });
  instance.exports.sum(10);
  const { unit, at } = countsOf(profiling.end(), module);
  const { codeStart } = module.funcs[0].body!;
  assertEquals([unit, at.get(codeStart), at.get(codeStart + 2)], ["runs", 1, 10]);
});

Deno.test("readCounts() takes what a profile was written to, and says what is none", async () => {
  const engine = new Engine(), instance = engine.load(SOURCE), { module } = innerModule(instance.module);
  const profiling = instance.profile({ exact: true });
  instance.exports.sum(10);
  const profile = profiling.end();
  const folder = await Deno.makeTempDir(), path = `${folder}/p.json`;
  try {
    await Deno.writeTextFile(path, writeProfile(profile, "json", instance.module, "sum"));
    assertEquals(readCounts(path, module), countsOf(profile, module));
    const other = innerModule(engine.compile("(module (func))")).module;
    const fails = (message: string, of = module) =>
      assertRejects(async () => void readCounts(path, await of), CommandError, message);
    await fails("tells nothing of this module's functions", other);
    await Deno.writeTextFile(path, "{}");
    await fails("is no profile, such as strata profile -o profile.json writes: it has no counts and no samples");
    await Deno.writeTextFile(path, "no JSON");
    await fails("is no profile");
    await Deno.remove(path);
    await fails("there is no file");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("explore tells a trap of what it runs, and shows what ran until then", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const args = ["run", "-A", "--no-check", "cli.ts", "explore", "examples/fib.wat", "-o", `${folder}/x.html`];
    const { code, out, err } = await runDeno([...args, "--invoke", "mean", "1", "0"]);
    assertEquals(code, 0);
    assertStringIncludes(err, "error: trap: integer divide by zero");
    assertStringIncludes(out, "4 functions");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("explore says which options do not go together, and what cannot run", async () => {
  const fib = "examples/fib.wat", { module } = innerModule(new Engine().compile(SOURCE));
  await assertRejects(() => explore(fib, ["5"], { output: "-" }), UsageError, "5 is an argument of what runs");
  await assertRejects(
    () => explore(fib, [], { run: true, profile: "x", output: "-" }),
    UsageError,
    "goes with neither",
  );
  await assertRejects(() => runCounts("-", [], {}, module), UsageError, "a module from standard input");
  await assertRejects(() => runCounts(fib, [], { invoke: "nobody" }, module), CommandError, 'no function "nobody"');
});
