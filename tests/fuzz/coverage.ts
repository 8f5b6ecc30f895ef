// Counts instructions in the bodies of modules. Takes modules, gives how often each code was there.

import { decodeModule } from "../../src/binary/decode_module.ts";
import { BytecodeReader } from "../../src/bytecode/reader.ts";
import { FEATURES } from "../../src/wasm/features.ts";

/** How many of the modules' bodies have each instruction, by its code. */
export function instructionCounts(modules: Iterable<Uint8Array>): Map<number, number> {
  const counts = new Map<number, number>();
  for (const bytes of modules) {
    for (const { body } of decodeModule(bytes, new Set(FEATURES)).funcs) {
      if (body === undefined) continue;
      const seen = new Set<number>();
      const r = new BytecodeReader(bytes, body.codeStart, body.end);
      while (r.pos < body.end) seen.add(r.next());
      for (const code of seen) counts.set(code, (counts.get(code) ?? 0) + 1);
    }
  }
  return counts;
}
