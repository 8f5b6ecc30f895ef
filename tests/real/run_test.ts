// Real work by modules of npm packages: in every tier, and with the functions in different tiers by turns, Strata's results are V8's.

import { assertEquals } from "@std/assert";
import { Engine, type Instance } from "../../mod.ts";
import { type Exports, type ImportObject, load, MODULES, nameOf, perform } from "./modules.ts";

/** Ways to run, by name: the engine's tier, and what to do with an instance before it works. */
const WAYS = {
  "interp": { tier: "interp" },
  "jit": { tier: "jit" },
  "jit and interp by turns": { tier: "jit", prepare: (instance: Instance) => mix(instance) },
} as const;

/** Puts every other function into the other tier. */
function mix(instance: Instance): void {
  const imported = instance.module.imports.filter((i) => i.type.kind === "func").length;
  instance.functions.forEach((f, i) => {
    if (i >= imported && i % 2 === 1) f.tier = "interp";
  });
}

for (const [name, way] of Object.entries(WAYS)) {
  for (const m of MODULES) {
    const { work } = m;
    if (work === undefined) continue;
    Deno.test(`${nameOf(m)} gives V8's results in ${name}`, async () => {
      const bytes = await load(m);
      if (bytes === undefined) return;
      const inV8 = (imports: ImportObject) =>
        new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports as Exports;
      const engine = new Engine({ tier: way.tier });
      const inStrata = (imports: ImportObject) => {
        const instance = engine.instantiate(engine.compile(bytes), imports);
        if ("prepare" in way) way.prepare(instance);
        return instance.exports;
      };
      assertEquals(perform(work, inStrata), perform(work, inV8));
    });
  }
}
