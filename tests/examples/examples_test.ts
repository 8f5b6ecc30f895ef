// Every file in examples/ works: modules are valid, sessions run to their end, and scripts end without an error.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Engine } from "../../mod.ts";
import { canRunNative } from "../../src/platform/permissions.ts";
import { runDeno } from "../run_deno.ts";
import { testNative } from "../skip.ts";

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
  const { code, out, err } = await runDeno(["run", "-A", "--no-check", ...args]);
  return { code, out, error: err };
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

testNative("the tour shows a call, a trap, memory, a collection, two tiers and machine code", async () => {
  const { out, error } = await run("cli.ts", "-x", `${FOLDER}/tour.strata`);
  assertStringIncludes(out, "strata> fib 20\n=> 6765:i32\n");
  assertStringIncludes(out, "strata> divide 17 5\n=> 3:i32 2:i32\n");
  assertMatch(error, /^error: trap: integer divide by zero\n {2}at divide .*\n {2}at mean .*\n/);
  assertMatch(out, /^strata> :mem read 16 32\n {2}0x0010 {2}48 65 6c 6c 6f .*\|Hello from linea\|$/m);
  assertStringIncludes(out, "|HOWDY FROM LINEA|");
  assertStringIncludes(out, "grew from 1 to 3 pages");
  assertMatch(out, /host references +1 +1$[^]*objects +2047 +51100$/m);
  assertMatch(out, /=> 46368:i32 {2}in .* \(tier interp\)$/m);
  assertMatch(out, /=> 46368:i32 {2}3 runs: .* \(tier jit\)$/m);
  assertMatch(out, /^0x[0-9a-f]{4} \+0f {5}call \$fib$/m);
  assertMatch(out, /^ +[0-9a-f]{4} {2}call qword ptr \[r10 \+ record\.entry\]$/m);
  assertMatch(error, /forbidden memory access: write of 1 byte at 0x10, .* for read only\n {2}at upper /);
  assertMatch(out, /^fib\+05 at 0x0051: if \(result i32\)$/m);
  assertMatch(out, /^strata> :wasi you\nhello, you\n=> exit code 0$/m);
  assertMatch(out, /callAsync\(item\)\)\)\n=> \[ 60, 20, 40 \]$/m);
  assertMatch(out, /exports\.fib\(20\)\n=> 6765$/m);
  assert(out.split("\n").length < 220, "the tour is short");
});

Deno.test("switch_tiers.ts runs without permissions too, and shows frames of both tiers with --allow-ffi", async () => {
  const path = `${FOLDER}/switch_tiers.ts`;
  const portable = await runDeno(["run", "--no-check", "--no-prompt", path]);
  assertEquals([portable.code, portable.err], [0, ""]);
  assertMatch(portable.out, /^only tier interp: native code needs --allow-ffi\nfib\(20\) = 6765 in tier interp /);
  if (!canRunNative()) return;
  const { out } = await run(path);
  assertMatch(out, /^fib\(20\) = 6765 in tier jit +[\d.]+ ms, \d+ bytes of machine code$/m);
  assertEquals([...out.matchAll(/at descend .*, (\w+)\)/g)].map((m) => m[1]), [
    ...Array(3).fill("jit"),
    ...Array(4).fill("interp"),
  ]);
});

Deno.test("watch_collections.ts sees things go one after the other, without any permission", async () => {
  const { code, out, err } = await runDeno(["run", "--no-check", "--no-prompt", `${FOLDER}/watch_collections.ts`]);
  assertEquals([code, err], [0, ""]);
  assertEquals(out.match(/\d kept, \d freed/g), [
    "3 kept, 0 freed",
    "2 kept, 1 freed",
    "2 kept, 0 freed",
    "1 kept, 1 freed",
    "0 kept, 1 freed",
  ]);
  assertEquals(out.match(/(?<=the )\w+(?= is gone)/g), ["vase", "book", "clock"]);
});

Deno.test("machine_code.ts prints the code of the function it is given, or says what is wrong with it", async () => {
  const path = `${FOLDER}/machine_code.ts`;
  const program = (text: string) => runDeno(["run", "--no-check", "--no-prompt", "--allow-read", path, text]);
  const { code, out } = await program("(param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0))");
  assertEquals(code, 0);
  assertMatch(out, /^i32\.div_u .*$/m);
  assertMatch(out, /; trap integer-divide-by-zero$/m);
  assertMatch(out, /\d+ bytes of Wasm, \d+ bytes of machine code\n$/);
  const wrong = await program("(result i32)");
  assertEquals(wrong.code, 1);
  assertMatch(wrong.err, /^that is no valid function: type mismatch/);
});
