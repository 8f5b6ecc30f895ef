// Sessions of the debugger in the shell, as text and as JSON, the same in every tier. `deno test -A tests/debug/golden_test.ts -- --update` rewrites what is expected.

import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { runScript } from "../../src/cli/repl/commands.ts";
import { Session } from "../../src/cli/repl/session.ts";
import { nativeUnavailable } from "../../src/platform/permissions.ts";
import { TIERS } from "../../src/runtime/tier.ts";
import { testUnless } from "../skip.ts";

const FOLDER = fromFileUrl(new URL("../golden/debug/", import.meta.url));
const update = Deno.args.includes("--update");
const MARK = "----\n";

async function run(script: string, tier: (typeof TIERS)[number] | "auto", json: boolean): Promise<string> {
  const lines: string[] = [];
  const session = new Session({ json, colours: false, tier, write: (line) => lines.push(line) });
  try {
    await runScript(session, script, "session", true);
  } catch (error) {
    lines.push(`STOPPED: ${(error as Error).message}`);
  }
  // The tiers are what may differ.
  return lines.join("\n").replace(/ {2}(?:interp|jit|fast|js)$/gm, "  <tier>").replace(
    /, (?:interp|jit|fast|js)\)/g,
    ", <tier>)",
  ).replace(/\(tier \w+\)/g, "(tier <tier>)").replace(/"tier":"\w+"/g, '"tier":"<tier>"').replace(
    /"ms":[\d.e-]+/g,
    '"ms":0',
  ) + "\n";
}

for (const { name } of [...Deno.readDirSync(FOLDER)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  const path = FOLDER + name;
  const [script, text, json] = Deno.readTextFileSync(path).split(MARK);
  if (update) {
    const [newText, newJson] = [await run(script, "interp", false), await run(script, "interp", true)];
    Deno.writeTextFileSync(path, [script, newText, newJson].join(MARK));
    continue;
  }
  for (const tier of [...TIERS, "auto"] as const) {
    const missing = tier === "interp" ? undefined : nativeUnavailable();
    testUnless(missing, `the session ${name} gives what is expected in tier ${tier}`, async () => {
      assertEquals(await run(script, tier, false), text);
    });
    testUnless(missing, `the session ${name} gives the expected JSON in tier ${tier}`, async () => {
      assertEquals(await run(script, tier, true), json);
    });
  }
}
