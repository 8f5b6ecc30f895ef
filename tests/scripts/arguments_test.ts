import { assertEquals, assertMatch } from "@std/assert";
import { runDeno } from "../run_deno.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("scripts tell their usage, and refuse options that they do not know, before any work", async () => {
  for (const name of ["bench", "fuzz", "stress"]) {
    const script = ["run", "-A", "--no-check", `scripts/${name}.ts`];
    const help = await runDeno([...script, "--help"], { cwd: ROOT });
    assertEquals([help.code, help.err], [0, ""]);
    assertMatch(help.out, new RegExp(`^usage: deno task ${name} \\[`));
    const wrong = await runDeno([...script, "--nonsense"], { cwd: ROOT });
    assertEquals([wrong.code, wrong.out], [2, ""]);
    assertMatch(wrong.err, /^error: there is no option --nonsense\nusage: /);
  }
});

Deno.test("the stress cases refuse tiers that there are none of", async () => {
  const { code, out, err } = await runDeno(["run", "-A", "--no-check", "scripts/stress.ts", "nosuch"], { cwd: ROOT });
  assertEquals([code, out], [2, ""]);
  assertMatch(err, /^error: there is no tier nosuch; there are interp, fast, js, jit\n$/);
});
