// Modules of npm packages: Strata accepts what V8 accepts, except for features it does not have. Sizes and times are printed, not judged.

import { assert, assertEquals } from "@std/assert";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { validateModule } from "../../src/validate/validate_module.ts";
import { strataError, v8Error, wrongVerdict } from "../fuzz/verdict.ts";
import { load, MODULES, nameOf } from "./modules.ts";

const SIGNS = { simd: /feature simd|illegal opcode fd/, threads: /feature threads|illegal opcode fe/ };

Deno.test("real modules are accepted as by V8, or refused for the feature they use", async () => {
  let bytes = 0, time = 0;
  for (const m of MODULES) {
    const module = await load(m);
    if (module === undefined) continue;
    assertEquals(v8Error(module), undefined, nameOf(m));
    if (m.refused !== undefined) {
      const error = strataError(module);
      assert(error !== undefined, `${nameOf(m)} is accepted now: it needs no mark`);
      assert(SIGNS[m.refused].test(String(error)), `${nameOf(m)}: ${error}`);
      assertEquals(wrongVerdict(module), undefined, nameOf(m));
      console.log(`  ${nameOf(m)}: refused for ${m.refused}, as expected`);
      continue;
    }
    const start = performance.now();
    const { bodies } = validateModule(decodeModule(module));
    const took = performance.now() - start;
    bytes += module.length;
    time += took;
    console.log(
      `  ${nameOf(m)} (${m.toolchain}): ${module.length} bytes, ${bodies.length} functions, ${took.toFixed(1)} ms`,
    );
  }
  if (time > 0) {
    console.log(`  together ${bytes} bytes in ${time.toFixed(0)} ms: ${(bytes / time / 1e3).toFixed(1)} MB/s`);
  }
});
