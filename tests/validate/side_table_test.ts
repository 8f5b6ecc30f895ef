import { assert, assertEquals } from "@std/assert";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { BytecodeReader } from "../../src/bytecode/reader.ts";
import { entriesOf, ENTRY_INTS, TARGET_PC, TARGET_STP } from "../../src/validate/side_table.ts";
import { validateModule } from "../../src/validate/validate_module.ts";
import { featureSet } from "../../src/wasm/features.ts";
import { RETHROW } from "../../src/wasm/opcodes.ts";
import { builtInSeeds } from "../fuzz/seeds.ts";
import { generateModule } from "../jit/generate.ts";

const FEATURES = featureSet({ threads: true, "wide-arithmetic": true, "custom-page-sizes": true });

/** Checks that counting entries up to the target of each gives the cursor that stands in it; gives how many there were. */
function check(bytes: Uint8Array): number {
  const { module, bodies } = validateModule(decodeModule(bytes, FEATURES));
  let checked = 0;
  bodies.forEach(({ sideTable }, i) => {
    const body = module.funcs[module.importedFuncs + i].body!;
    const r = new BytecodeReader(module.bytes, body.codeStart, body.end);
    const cursors = new Map<number, number>([[r.pos, 0]]);
    const rethrows = new Set<number>();
    let cursor = 0;
    while (r.pos < r.end) {
      r.next();
      if (r.op === RETHROW) rethrows.add(cursor);
      cursor += ENTRY_INTS * entriesOf(r);
      cursors.set(r.pos, cursor);
    }
    assertEquals(cursor, sideTable.length);
    for (let k = 0; k < sideTable.length; k += ENTRY_INTS) {
      // Those of rethrow lead nowhere.
      if (rethrows.has(k)) continue;
      // A branch out of the function leads before its last `end`.
      const pc = sideTable[k + TARGET_PC], known = cursors.get(pc);
      assert(known !== undefined, `an instruction begins at ${pc}`);
      assertEquals(sideTable[k + TARGET_STP], known);
      checked++;
    }
  });
  return checked;
}

Deno.test("entriesOf() counts the entries of the side table as the validator makes them", () => {
  let checked = 0;
  for (const { bytes } of builtInSeeds()) checked += check(bytes);
  for (let seed = 1; seed <= 60; seed++) {
    checked += check(generateModule(seed, 1, { is64: false, shared: false, pageSizeLog2: 16, more: true }));
  }
  assert(checked > 1000, String(checked));
});
