// The walk through a bug in README.md is what the shell gives.

import { assertEquals } from "@std/assert";
import { runShell } from "../cli/repl/shell.ts";
import { testNative } from "../skip.ts";

const README = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));

testNative("the walk through a memory overwrite in README.md gives what is shown, in five commands", async () => {
  const block = [...README.matchAll(/^```\n(strata> :load examples\/overwrite\.wat\n[^]*?)^```$/gm)][0][1];
  const commands = [...block.matchAll(/^strata> (.*)$/gm)].map((m) => m[1]);
  assertEquals(commands.length, 5);
  const { text } = await runShell(commands.join("\n"), { tier: "auto" });
  assertEquals(text.trimEnd(), block.split("\n").filter((line) => !line.startsWith("strata> ")).join("\n").trimEnd());
});
