// Shell sessions in the comments of examples: `> ` stands before commands, and below them is what they print, perhaps not all of it.

import { assert, assertEquals } from "@std/assert";
import { TIERS } from "../../src/runtime/tier.ts";
import { nativeUnavailable } from "../../src/platform/permissions.ts";
import { runShell } from "../cli/repl/shell.ts";
import { testUnless } from "../skip.ts";

const FOLDER = new URL("../../examples/", import.meta.url);
const MARGIN = ";;   ";

/** The sessions, by the names of their files. */
function sessions(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { name } of Deno.readDirSync(FOLDER)) {
    if (!name.endsWith(".wat")) continue;
    const lines = Deno.readTextFileSync(new URL(name, FOLDER)).split("\n").filter((line) => line.startsWith(MARGIN));
    const session = lines.map((line) => line.slice(MARGIN.length));
    if (session.some((line) => line.startsWith("> "))) found.set(name, session);
  }
  return found;
}

Deno.test("the GC, exception and SIMD examples have sessions", () => {
  const names = [...sessions().keys()];
  for (const name of ["binary_trees.wat", "exceptions.wat", "simd.wat"]) assert(names.includes(name), name);
});

for (const [name, session] of sessions()) {
  for (const tier of TIERS) {
    testUnless(
      tier === "jit" ? nativeUnavailable() : undefined,
      `the session in ${name} gives what it says in tier ${tier}`,
      async () => {
        const script = session.filter((line) => line.startsWith("> ")).map((line) => line.slice(2));
        const { text } = await runShell(script.join("\n"), { tier });
        const printed = text.split("\n");
        let at = 0;
        for (const expected of session.filter((line) => !line.startsWith("> "))) {
          const found = printed.indexOf(expected, at);
          assertEquals(printed[found], expected, `after line ${at} of\n${text}`);
          at = found + 1;
        }
      },
    );
  }
}
