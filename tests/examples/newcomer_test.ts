// The examples that a newcomer begins with print what their comments promise, without any permission.

import { assertEquals, assertMatch } from "@std/assert";
import { draw, measure } from "../../examples/tier_figure.ts";
import { canRunNative } from "../../src/platform/permissions.ts";
import { runDeno } from "../run_deno.ts";

async function output(name: string): Promise<string> {
  const { code, out, err } = await runDeno(["run", "--no-check", "--no-prompt", `examples/${name}.ts`]);
  assertEquals([code, err], [0, ""]);
  return out;
}

Deno.test("examples/first_steps.ts shows instances, their state, a trap and a place", async () => {
  const out = await output("first_steps");
  assertMatch(out, /^module counter\(\d+ bytes, 2 functions; memory memory, global count, func add, func share\)$/m);
  assertMatch(out, /^one has 42 the other 7$/m);
  assertMatch(out, /^in memory: Uint8Array\(4\) \[ 42, 0, 0, 0 \] the global: 42$/m);
  assertMatch(out, /^integer-divide-by-zero, in share at byte \d+ of the module$/m);
  assertMatch(out, /^add begins at byte \d+ with global\.get \$count, line 5 of the text$/m);
});

Deno.test("examples/host_functions.ts shows plain and typed functions, references, calls back, and errors", async () => {
  const out = await output("host_functions");
  assertMatch(out, /^ {2}Wasm says 39\n3 to the power of 39 is 4052555153018976267n$/m);
  assertMatch(out, /^words: 2\n {2}Wasm says 5\n {2}Wasm says 9$/m);
  assertMatch(out, /^power\(-1\): RangeError$/m);
});

Deno.test("examples/gc_laboratory.ts finds what keeps a cache alive", async () => {
  const out = await output("gc_laboratory");
  for (const type of ["$entry", "$page", "$text"]) {
    assertEquals(out.includes(`${type}: +99 objects`) && out.includes(`99 of ${type}`), true, out);
  }
  assertMatch(out, /global \$cache of instance 0 → \$entry, field \$page → \$page/);
  assertMatch(out, /^collected 300 objects, 0 are left/m);
});

Deno.test("examples/tier_figure.ts measures each tier and auto, and says where auto moved", () => {
  const result = measure(30);
  const runs = new Set(result.calls.map((c) => c.run));
  assertEquals([...runs], canRunNative() ? ["interp", "jit", "auto"] : ["interp", "auto"]);
  assertEquals(result.calls.length, 30 * runs.size);
  assertEquals(result.moves.some((m) => m.to === "jit"), canRunNative());
  const svg = draw(result);
  assertMatch(svg, /^<svg [^]*<\/svg>$/);
  assertEquals(/NaN|undefined/.test(svg), false);
});
