// The SIMD example against V8 and against plain arithmetic.

import { assertEquals } from "@std/assert";
import { Engine } from "../../mod.ts";
import { assembleText } from "../../src/text/parser.ts";

const TEXT = Deno.readTextFileSync(new URL("../../examples/simd.wat", import.meta.url));

Deno.test("the SIMD example computes what V8 computes, and blurs as plain arithmetic does", () => {
  const bytes = assembleText(TEXT);
  const engine = new Engine({ tier: "interp" });
  const instance = engine.instantiate(engine.compile(bytes));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const v8 = exports as unknown as Record<string, (...args: number[]) => unknown>;
  for (const run of [["fill", 0, 500], ["fill", 4000, 500], ["dot", 0, 4000, 500], ["dot", 16, 4000, 0]] as const) {
    const [name, ...args] = run;
    assertEquals(instance.func(name).call(...args), v8[name](...args));
  }
  const memory = new Uint8Array(instance.memory("memory").buffer);
  for (let i = 1000; i < 1100; i++) memory[i] = i * i * 7;
  instance.func("blur").call(1001, 2000, 64);
  const mean = (a: number, b: number) => (a + b + 1) >> 1;
  for (let i = 0; i < 64; i++) {
    const at = 1001 + i;
    assertEquals(memory[2000 + i], mean(mean(memory[at - 1], memory[at + 1]), memory[at]));
  }
  instance.dispose();
});
