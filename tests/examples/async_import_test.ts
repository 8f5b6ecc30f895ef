import { assertEquals } from "@std/assert";
import { runDeno } from "../run_deno.ts";

Deno.test("examples/async_import.ts goes on with each call when its answer comes", async () => {
  // No permission: in the portable tier.
  const { code, out, err } = await runDeno(["run", "--no-check", "examples/async_import.ts"]);
  assertEquals(code, 0, err);
  assertEquals(out.split("\n").slice(0, 3).toSorted(), ["item 0: 180", "item 1: 60", "item 2: sold out"]);
});
