import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { type AsmOptions, showAsm } from "../../src/cli/asm.ts";
import { CommandError, UsageError } from "../../src/cli/exit.ts";

const NEEDS_IMPORT = "data:text/plain," + encodeURIComponent(`(module
  (import "env" "f" (func $f))
  (func $g (export "go") (call $f) (unreachable))
  (func $h (result i32) (i32.const 7)))`);

/** What the command prints. */
async function asm(func: string | undefined, options: AsmOptions = {}): Promise<string> {
  const lines: string[] = [];
  assertEquals(await showAsm(NEEDS_IMPORT, func, options, (text) => lines.push(text)), 0);
  return lines.join("\n");
}

Deno.test("asm lists all functions of a module whose imports nobody gives", async () => {
  const text = await asm(undefined);
  assertMatch(text, /^g\nfunction 1: .* bytes of machine code \(tier jit\)$/m);
  assertMatch(text, /^h \(result i32\)\nfunction 2: /m);
  assertMatch(text, /call .*trapThunk\] +; trap unreachable/);
});

Deno.test("asm finds a function by export, name or index", async () => {
  for (const name of ["go", "g", "$g", "1"]) {
    const text = await asm(name);
    assert(text.startsWith("g\n") && !text.includes("function 2:"), name);
  }
});

Deno.test("asm with tier interp shows the Wasm alone, and with bytes those of the machine code", async () => {
  assertEquals((await asm("h", { tier: "interp" })).split("\n").map((l) => l.replace(/^0x\w+ /, "")), [
    "h (result i32)",
    "function 2: 4 bytes of Wasm",
    "+00   i32.const 7",
    "+02   end",
  ]);
  assertStringIncludes(await asm("h", { bytes: true }), "  0000  55 ");
});

Deno.test("asm says what is wrong with a function's name", async () => {
  await assertRejects(() => asm("nope"), CommandError, "there is no function nope; some are g, h");
  await assertRejects(() => asm("9"), CommandError, "there is no function 9");
  await assertRejects(() => asm("0"), UsageError, "imported");
});
