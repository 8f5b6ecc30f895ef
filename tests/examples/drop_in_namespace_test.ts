import { assert, assertEquals } from "@std/assert";
import { runDeno } from "../run_deno.ts";

Deno.test("examples/drop_in_namespace.ts prints the same for V8 and every tier", async () => {
  for (const permissions of [[], ["--allow-ffi"]]) {
    const { code, out, err } = await runDeno(["run", "--no-check", ...permissions, "examples/drop_in_namespace.ts"]);
    assertEquals(code, 0, err);
    const lines = out.trimEnd().split("\n");
    assertEquals(lines.pop(), "memory memory, function sieve");
    assert(lines.length >= 2);
    assertEquals(new Set(lines.map((line) => line.slice(8))).size, 1, out);
  }
});
