// Modules of npm packages: Strata accepts what V8 accepts. Sizes and times are printed, not judged.

import { assertEquals } from "@std/assert";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { validateModule } from "../../src/validate/validate_module.ts";
import { V8_FEATURES, v8Error } from "../fuzz/verdict.ts";
import { load, MODULES, nameOf } from "./modules.ts";

Deno.test("real modules are accepted as by V8", async () => {
  let bytes = 0, time = 0;
  for (const m of MODULES) {
    const module = await load(m);
    if (module === undefined) continue;
    assertEquals(v8Error(module), undefined, nameOf(m));
    const start = performance.now();
    const { bodies } = validateModule(decodeModule(module, V8_FEATURES));
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
