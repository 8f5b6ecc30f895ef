// Every file in examples/ works: modules are valid, sessions run to their end, and scripts end without an error.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Engine } from "../../mod.ts";
import { canRunNative } from "../../src/platform/permissions.ts";

const FOLDER = "examples";

function* files(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* files(path);
    else yield path;
  }
}
const all = [...files(FOLDER)].sort();

async function run(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", ...args],
    stdin: "null",
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await command.output();
  return { code, out: new TextDecoder().decode(stdout), error: new TextDecoder().decode(stderr) };
}

for (const path of all.filter((p) => /\.(wat|wasm)$/.test(p))) {
  Deno.test(`${path} is a valid module`, () => {
    const source = path.endsWith(".wat") ? Deno.readTextFileSync(path) : Deno.readFileSync(path);
    assert(new Engine({ tier: "interp" }).compile(source).exports.length > 0);
  });
}

for (const path of all.filter((p) => p.endsWith(".ts") && !p.endsWith("_test.ts"))) {
  Deno.test(`${path} runs without an error`, async () => {
    const { code, error } = await run(path);
    assertEquals(code, 0, error);
  });
}

for (const path of all.filter((p) => p.endsWith(".strata"))) {
  Deno.test(`${path} runs to its end`, async () => {
    const { code, error } = await run("cli.ts", "-x", path);
    assertEquals(code, 0, error);
  });
}

Deno.test({
  name: "the tour shows a call, a trap, memory, a collection, two tiers and machine code",
  ignore: !canRunNative(),
  fn: async () => {
    const { out, error } = await run("cli.ts", "-x", `${FOLDER}/tour.strata`);
    assertStringIncludes(out, "strata> fib 20\n=> 6765:i32\n");
    assertStringIncludes(out, "strata> divide 17 5\n=> 3:i32 2:i32\n");
    assertMatch(error, /^error: trap: integer divide by zero\n {2}at divide .*\n {2}at mean .*\n$/);
    assertMatch(out, /^strata> :mem read 16 32\n {2}0x0010 {2}48 65 6c 6c 6f .*\|Hello from linea\|$/m);
    assertStringIncludes(out, "|HOWDY FROM LINEA|");
    assertStringIncludes(out, "grew from 1 to 3 pages");
    assertMatch(out, /host references +2 +0$[^]*host references +1 +1$/m);
    assertMatch(out, /=> 46368:i32 {2}in .* \(tier interp\)$/m);
    assertMatch(out, /=> 46368:i32 {2}3 runs: .* \(tier jit\)$/m);
    assertMatch(out, /^0x[0-9a-f]{4} \+0f {5}call \$fib$/m);
    assertMatch(out, /^ +[0-9a-f]{4} {2}call qword ptr \[r10 \+ record\.entry\]$/m);
    assert(out.split("\n").length < 130, "the tour is short");
  },
});
