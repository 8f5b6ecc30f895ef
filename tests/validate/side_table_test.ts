import { assert, assertEquals } from "@std/assert";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { BytecodeReader } from "../../src/bytecode/reader.ts";
import { type BodyFacts, entriesOf, ENTRY_INTS, TARGET_PC, TARGET_STP } from "../../src/validate/side_table.ts";
import { validateModule } from "../../src/validate/validate_module.ts";
import { assembleText } from "../../src/text/parser.ts";
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

function bodiesOf(text: string): readonly BodyFacts[] {
  return validateModule(decodeModule(assembleText(text))).bodies;
}

Deno.test("what one body has of handlers, vectors and loops, those before and after it do not have", () => {
  const bodies = bodiesOf(`(module (tag $t)
    (func) (func (block (try_table (catch $t 0)))) (func) (func (loop (drop (v128.const i64x2 0 0)))) (func))`);
  assertEquals(bodies.map((b) => b.handlers.length), [0, 1, 0, 0, 0]);
  assertEquals(bodies.map((b) => b.vectorMoves.length), [0, 0, 0, 1, 0]);
  assertEquals(bodies.map((b) => b.loops.length), [0, 0, 0, 1, 0]);
});

Deno.test("slots are counted behind blocks that end unreachable, of every type", () => {
  const slots = (type: string) =>
    bodiesOf(`(module (func
      (drop (block (result ${type}) (unreachable))) (drop (i32.const 1)) (nop) (nop) (nop) (nop) (nop) (nop) (nop)))`)[
      0
    ]
      .maxOperandSlots;
  assertEquals([slots("i32"), slots("f64"), slots("v128"), slots("externref")], [1, 1, 2, 1]);
});
