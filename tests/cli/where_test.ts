import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { showWhere } from "../../src/cli/where.ts";
import { CommandError } from "../../src/cli/exit.ts";

const FIB = "examples/fib.wat";

async function where(what: readonly string[], json = false): Promise<string[]> {
  const lines: string[] = [];
  await showWhere(FIB, what, { json }, (line) => lines.push(line));
  return lines;
}

Deno.test("where shows an instruction by offset, text, source and machine code", async () => {
  const [one, other] = await where(["fib+5", ":5:21"]);
  assertEquals(one, other);
  assertMatch(
    one,
    new RegExp(
      [
        /fib\+0x5 at 0x0051: if \(result i32\)/,
        / {2}wasm {5}04 7f/,
        / {2}printed {2}line 10 {2}if \(result i32\)/,
        / {2}source {3}examples\/fib\.wat:5:6 {2}\(if \(result i32\) \(i32\.lt_s \(local\.get \$n\) \(i32\.const 2\)\)/,
        / {2}fast {5}.*(?:\n {11}.*)*/,
        / {2}js {7}line \d+(?:, line \d+)*/,
        / +\d+ {2}L1:if\(\(l0<2\)\)\{(?:\n +\d+ {2}L1:if\(\(l0<2\)\)\{)*/,
        / {2}jit {6}\+[0-9a-f]+ to \+[0-9a-f]+, \d+ bytes/,
        /( {11}[0-9a-f]{4} {2}\w.*\n?)+/,
      ].map((r) => r.source).join("\n") + "$",
    ),
  );
});

Deno.test("where --json gives an object per place, and code offsets lead back", async () => {
  const [line] = await where(["0x51"], true);
  const { what, name, offset, bytes, tiers } = JSON.parse(line);
  const { tier, ranges: [{ start, end }] } = tiers.find((t: { tier: string }) => t.tier === "jit");
  assertEquals([what, name, offset, bytes], ["0x51", "fib", 0x51, "047f"]);
  const back = await where([`fib@${tier}+${start.toString(16)}`, `fib@${tier}+${(end - 1).toString(16)}`], true);
  assertEquals(back.map((l) => JSON.parse(l).offset), [0x51, 0x51]);
});

Deno.test("where says why there is no such place", async () => {
  await assertRejects(() => where(["nobody+3"]), CommandError, "the module has no function nobody");
  await assertRejects(() => where(["fib", "main.c:3"]), CommandError, "no line of main.c is known");
  await assertRejects(() => where(["fib@jit"]), CommandError, "belongs to fib as a whole");
});
