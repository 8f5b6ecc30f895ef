import { assert, assertEquals } from "@std/assert";
import { complete } from "../../../src/cli/repl/complete.ts";
import { runShell } from "./shell.ts";

Deno.test("complete() offers commands, functions, files, tiers and names where they belong", async () => {
  const { session } = await runShell(":load examples/fib.wat\n:load examples/memory.wat");
  const offered = (line: string) => complete(session, line)[0];
  assertEquals(offered(":lo"), [":load ", ":locals "]);
  assertEquals(offered(":t"), [":table ", ":tier ", ":trace ", ":time ", ":try "]);
  assertEquals(offered("up"), ["upper "]);
  assertEquals(offered("fib.d"), ["fib.divide "]);
  assertEquals(offered(":load examples/fib"), ["examples/fib.wat "]);
  assertEquals(offered(":load exam"), ["examples/"]);
  assertEquals(offered(":tier upper j"), ["js ", "jit "]);
  assertEquals(offered(":asm ke"), ["keep "]);
  assertEquals(offered(":time ke"), ["keep "]);
  assertEquals(offered(":mem r"), ["read "]);
  assertEquals(offered(":global c"), ["count "]);
  assertEquals(offered(":table n"), ["names "]);
  assertEquals(offered(":use f"), ["fib "]);
  assertEquals(offered(":help ti"), ["tier ", "time "]);
  assertEquals(offered(":nope x"), []);
  assert(offered("").includes(":load ") && offered("").includes("size "));
  assertEquals(complete(session, ":load examples/fi")[1], "examples/fi");
});

Deno.test("complete() works in a shell in which nothing is loaded", async () => {
  const { session } = await runShell("");
  assertEquals(complete(session, "f")[0], []);
  assertEquals(complete(session, ":asm f")[0], []);
  assertEquals(complete(session, ":mem me")[0], []);
});
