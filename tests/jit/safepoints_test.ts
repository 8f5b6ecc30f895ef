// What the compiler says about safepoints and entries into loops, compared with what the validator knows of the same places.

import { assert, assertEquals } from "@std/assert";
import { moduleLayout } from "../../src/abi/vmctx.ts";
import { type Code, type Safepoint, SAFEPOINT_INTS, ValuePlace } from "../../src/asm/code.ts";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { BytecodeReader } from "../../src/bytecode/reader.ts";
import { refusal } from "../../src/jit/compilable.ts";
import { JitCompiler } from "../../src/jit/compile_function.ts";
import { assembleText } from "../../src/text/parser.ts";
import { BodyValidator } from "../../src/validate/body.ts";
import { validateModule, type ValidModule } from "../../src/validate/validate_module.ts";
import * as op from "../../src/wasm/opcodes.ts";
import { featureSet } from "../../src/wasm/features.ts";
import { slotCount } from "../../src/wasm/types.ts";
import { builtInSeeds } from "../fuzz/seeds.ts";
import { generateModule } from "./generate.ts";
import { vectorProgram } from "./generate_vectors.ts";

const CPU = { sse41: true, popcnt: true, lzcnt: true, bmi1: true, bmi2: true };
const FEATURES = featureSet({ threads: true, "wide-arithmetic": true, "custom-page-sizes": true });

interface Compiled {
  readonly valid: ValidModule;
  readonly index: number;
  readonly code: Code;
  readonly safepoints: readonly Safepoint[];
}

function* compiled(bytes: Uint8Array): Iterable<Compiled> {
  const valid = validateModule(decodeModule(bytes, FEATURES));
  const { module } = valid;
  const jit = new JitCompiler(valid, { cpu: CPU, layout: moduleLayout(module), entersLoops: true });
  for (let index = module.importedFuncs; index < module.funcs.length; index++) {
    if (refusal(valid, index) !== undefined) continue;
    const code = jit.compile(index);
    const { list, isComplete } = jit.safepoints(index);
    assert(isComplete);
    yield { valid, index, code, safepoints: list };
  }
}

/** The instruction that ends at `pc`, or `undefined` at the start of the body. */
function before({ valid, index }: Compiled, pc: number): BytecodeReader | undefined {
  const body = valid.module.funcs[index].body!;
  if (pc === body.codeStart) return undefined;
  const r = new BytecodeReader(valid.module.bytes, body.codeStart, body.end);
  while (r.pos < pc) r.next();
  assertEquals(r.pos, pc, "an instruction ends there");
  return r;
}

function resultSlots({ valid: { module } }: Compiled, r: BytecodeReader): number {
  const type = r.op === op.CALL ? module.funcs[r.index].type : module.types[r.index].type;
  assert(type.kind === "func");
  return slotCount(type.results);
}

/** Checks all that holds for every function; gives how many places it saw. */
function check(c: Compiled): number {
  const { valid, index, code, safepoints } = c;
  const func = valid.module.funcs[index], facts = valid.bodies[index - valid.module.importedFuncs];
  const operandSlots = (pc: number) =>
    slotCount(new BodyValidator(valid.context).typesBefore(func, func.body!, pc + 1).operands);
  for (const { offset, source, height, values } of safepoints) {
    const r = before(c, source);
    const isCall = r !== undefined && [op.CALL, op.CALL_INDIRECT, op.CALL_REF].includes(r.op);
    const results = isCall ? resultSlots(c, r) : 0;
    assertEquals(height, facts.localSlots + operandSlots(source) - results, `${code.name} at ${source}`);
    assert(offset > 0 && offset <= code.instructionLength);
    const seen = new Set<number>();
    for (let i = 0; i < values.length; i += SAFEPOINT_INTS) {
      const [slot, place, a, , words] = values.subarray(i, i + SAFEPOINT_INTS);
      for (let n = 0; n < Math.max(1, words / 2); n++) {
        assert(slot + n < height && !seen.has(slot + n), "each slot once");
        seen.add(slot + n);
      }
      // At calls nothing is in registers.
      assert(!isCall || place !== ValuePlace.SAVED);
      assert(place !== ValuePlace.FRAME || a < 0);
    }
    const kept = facts.localSlots - slotCount(func.body!.locals);
    assert(seen.size >= height - kept, "all but slots of exceptions that are not caught at present");
  }
  for (const { source, offset, moves } of code.loopEntries) {
    assertEquals(before(c, source)?.op, op.LOOP);
    assert(offset > 0 && offset < code.instructionLength);
    for (let i = 0; i < moves.length; i += 3) {
      assert(
        moves[i] < facts.localSlots + operandSlots(source) && moves[i + 1] < 0 && [1, 2, 4].includes(moves[i + 2]),
      );
    }
    assert(safepoints.some((s) => s.source === source));
  }
  return safepoints.length + code.loopEntries.length;
}

Deno.test("safepoints of random programs have the slots that the validator counts, each value once", () => {
  let places = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const more = { is64: false, shared: false, pageSizeLog2: 16, more: seed % 2 === 0 };
    for (const c of compiled(generateModule(seed, 1, more))) places += check(c);
  }
  assert(places > 500, String(places));
});

Deno.test("safepoints of programs with vectors and of modules of all kinds do, too", () => {
  let places = 0;
  for (let seed = 1; seed <= 20; seed++) {
    for (const c of compiled(assembleText(vectorProgram(seed)))) places += check(c);
  }
  for (const { bytes } of builtInSeeds()) for (const c of compiled(bytes)) places += check(c);
  assert(places > 100, String(places));
});

Deno.test("caught exceptions, vectors and constants are described as the interpreter keeps them", () => {
  const [, f] = [...compiled(assembleText(`(module
    (tag $e (param i64))
    (func $g)
    (func (param v128 i32) (result i64) (local f32 i64)
      (local.set 3 (i64.const 0x1122334455667788))
      (i32.const 9)
      (try (result i64)
        (do (i64.const 1))
        (catch $e (call $g)))
      (local.set 3) (drop) (local.get 3)))`))];
  const call = f.safepoints.find(({ source }) => before(f, source)?.op === op.CALL)!;
  // Two slots of the vector, three locals, the exception, then 9 and what was caught.
  assertEquals(call.height, 2 + 3 + 1 + 2);
  const slots = Array.from({ length: call.values.length / SAFEPOINT_INTS }, (_, i) => call.values[i * SAFEPOINT_INTS]);
  assertEquals(slots.toSorted((a, b) => a - b), [0, 2, 3, 4, 5, 6, 7]);
});

Deno.test("entries into loops are made only where they are asked for", () => {
  const valid = validateModule(decodeModule(assembleText(
    `(module (func (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`,
  )));
  const [plain, entered] = [false, true].map((entersLoops) =>
    new JitCompiler(valid, { cpu: CPU, layout: moduleLayout(valid.module), entersLoops }).compile(0)
  );
  assertEquals(plain.loopEntries, []);
  assertEquals(entered.loopEntries.length, 1);
  assert(entered.bytes.length > plain.bytes.length);
});

Deno.test("of a function with too much to describe, a single safepoint is described as among all", () => {
  const valid = validateModule(decodeModule(
    assembleText(`(module (import "h" "f" (func $h (param i32) (result i32)))
    (func (param i32) (result i64) (local i64 f64 i32)
      (loop $l (local.set 3 (call $h (local.get 0)))
        (local.set 1 (i64.add (local.get 1) (i64.extend_i32_u (call $h (local.get 3)))))
        (loop $k (br_if $k (call $h (i32.const 7))))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get 1)))`),
    FEATURES,
  ));
  const jit = new JitCompiler(valid, { cpu: CPU, layout: moduleLayout(valid.module) });
  const all = jit.safepoints(1), some = jit.safepoints(1, undefined, 10);
  assertEquals([all.list.length, all.isComplete, some.isComplete], [6, true, false]);
  assert(some.list.length > 0 && some.list.length < all.list.length);
  for (const point of all.list) assertEquals(jit.safepointAt(1, point.offset), point);
  assertEquals(jit.safepointAt(1, 1), undefined);
});
