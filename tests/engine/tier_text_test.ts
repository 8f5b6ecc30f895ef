import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Engine } from "../../mod.ts";
import { innerModule } from "../../src/api/module.ts";
import { fastText, jsText, type TierText } from "../../src/engine/tier_text.ts";

const read = (path: string) => Deno.readTextFileSync(new URL(`../../examples/${path}`, import.meta.url));
const PROGRAMS = [
  ...["fib.wat", "memory.wat", "binary_trees.wat", "exceptions.wat", "simd.wat"],
  ...["ackermann", "collatz", "mandelbrot", "permute"].map((name) => `kernels/${name}.wat`),
];

for (const path of PROGRAMS) {
  Deno.test(`the code of tiers fast and js for ${path} is taken apart to its end, with ascending places`, () => {
    const valid = innerModule(new Engine().compile(read(path))), { module } = valid;
    for (let index = module.importedFuncs; index < module.funcs.length; index++) {
      const { codeStart, end } = module.funcs[index].body!;
      const js = jsText(valid, index);
      for (const text of [fastText(valid, index), ...(typeof js === "string" ? [] : [js])] as TierText[]) {
        const places = text.instructions.map((i) => i.offset);
        assertEquals(places, places.toSorted((a, b) => a - b));
        for (let k = 0; k < text.map.length; k += 2) {
          assert(places.includes(text.map[k]) && (k === 0 || text.map[k] > text.map[k - 2]));
          assert(text.map[k + 1] >= codeStart && text.map[k + 1] < end);
        }
        // All jumps lead to an instruction.
        const labels = new Set(text.instructions.map((i) => i.label));
        for (const { target } of text.instructions) assert(target === undefined || labels.has(target), target);
      }
      const { instructions, end: words } = fastText(valid, index);
      assert(instructions.every((i) => !/undefined|NaN/.test(i.text)));
      const last = instructions[instructions.length - 1];
      assertEquals(last.offset + last.bytes.length / 4, words);
    }
  });
}

Deno.test("Func.disassemble() lists register code and JavaScript beside the Wasm they came from", async () => {
  const fib = new Engine({ tier: "interp" }).load(read("fib.wat")).func("fib");
  const fast = await fib.disassemble("fast"), js = await fib.disassemble("js");
  const made = (listing: typeof fast, text: string) =>
    listing.rows.filter((r) => r.text === text).map((r) => r.machine.map((m) => m.text));
  assertEquals([fast.tier, js.tier], ["fast", "js"]);
  assertEquals(made(fast, "call $fib").map((code) => code.at(-1)?.replace(/ .*/, "")), ["call", "call"]);
  // A small function that calls itself is there twice.
  assertEquals(made(js, "call $fib").map((code) => code.length), [1, 1, 1, 1]);
  assertMatch(String(js), /characters of JavaScript \(tier js\)$/m);
  assertMatch(String(fast), /^ +0000 {2}enter /m);
  const locals = "i64 ".repeat(5000);
  const refused = new Engine({ tier: "interp" }).load(`(module (func (export "f") (local ${locals})))`).func("f");
  await assertRejects(() => Promise.resolve().then(() => refused.disassemble("js")), TypeError, "cannot be compiled");
});
