import { assertEquals } from "@std/assert";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { BytecodeReader } from "../../src/bytecode/reader.ts";
import { assembleText } from "../../src/text/parser.ts";
import { stackMap } from "../../src/validate/stack_map.ts";
import { validateModule } from "../../src/validate/validate_module.ts";
import { CALL } from "../../src/wasm/opcodes.ts";

/** The maps at the calls of the last function, at each in turn. */
function mapsAtCalls(source: string): { refs: number[]; funcs: number[] }[] {
  const valid = validateModule(decodeModule(assembleText(source)));
  const index = valid.module.funcs.length - 1;
  const body = valid.module.funcs[index].body!;
  const r = new BytecodeReader(valid.module.bytes, body.codeStart, body.end);
  const maps: { refs: number[]; funcs: number[] }[] = [];
  while (r.pos < r.end) {
    if (r.next() !== CALL) continue;
    // Behind the instruction, and in the middle of it.
    for (const pc of [r.pos, r.at + 1]) {
      const { refs, funcs } = stackMap(valid, index, pc);
      maps.push({ refs: [...refs], funcs: [...funcs] });
    }
  }
  return maps;
}

Deno.test("stackMap() tells references among locals and operands, where vectors take two slots", () => {
  const maps = mapsAtCalls(`(module
    (func $nothing)
    (func $take (param externref i32))
    (func (param i32 anyref v128 funcref) (local eqref i64)
      (call $nothing)
      (v128.const i64x2 0 0) (local.get 1) (i64.const 0) (ref.null extern) (i32.const 1)
      (call $take) (drop) (drop) (drop)
      (block (result i31ref) (ref.null i31) (br 0))
      (call $nothing) (drop)))`);
  // Slots: 0 i32, 1 anyref, 2 and 3 v128, 4 funcref, 5 eqref, 6 i64.
  const locals = { refs: [1, 5], funcs: [4] };
  const atTake = { refs: [1, 5, 9, 11], funcs: [4] };
  const last = { refs: [1, 5, 7], funcs: [4] };
  assertEquals(maps, [locals, locals, atTake, atTake, last, last]);
});

Deno.test("stackMap() knows the slots in which legacy catch blocks keep exceptions", () => {
  const [map] = mapsAtCalls(`(module
    (func $nothing)
    (func (param i32) (try (do (i32.const 0) (ref.null extern) (call $nothing) (drop) (drop)) (catch_all (rethrow 0)))))`);
  assertEquals(map, { refs: [1, 3], funcs: [] });
});
