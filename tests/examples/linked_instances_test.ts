import { assertEquals } from "@std/assert";
import { runDeno } from "../run_deno.ts";

Deno.test("examples/linked_instances.ts links three modules and traces what is missing", async () => {
  const { code, out, err } = await runDeno(["run", "--no-prompt", "--no-check", "examples/linked_instances.ts"]);
  assertEquals([code, out, err], [0, "nobody gives host.progress(5)\nthe program says 1000n\n", ""]);
});
