import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { assemble, compiler, decode, validate } from "../../src/engine/pipeline.ts";
import { listFunction } from "../../src/engine/listing.ts";
import { BASELINE_CPU } from "../../src/platform/cpu.ts";

const TEXT = `(module
  (import "env" "f" (func $f (param i32)))
  (memory 1)
  (global $g (mut i64) (i64.const 0))
  (func $work (param $p i32) (result i32)
    (block $out
      (br_if $out (i32.eqz (local.get $p)))
      (call $f (local.get $p))
      (global.set $g (i64.const 5)))
    (i32.div_u (i32.load offset=8 (local.get $p)) (local.get $p)))
  (func $nothing))`;

async function list(index: number, native = true) {
  const valid = validate(decode(assemble(TEXT)));
  const code = native ? compiler(valid, BASELINE_CPU).compile(index) : undefined;
  return { valid, code, listing: await listFunction(valid.module, index, code, native ? 0x1000 : undefined) };
}

Deno.test("listFunction() gives a row per Wasm instruction, in order, with offsets and depth", async () => {
  const { valid, listing } = await list(1, false);
  const body = valid.module.funcs[1].body!;
  assertEquals(listing.rows.map((r) => r.text), [
    "block",
    "local.get $p",
    "i32.eqz",
    "br_if 0",
    "local.get $p",
    "call $f",
    "i64.const 5",
    "global.set $g",
    "end",
    "local.get $p",
    "i32.load offset=8",
    "local.get $p",
    "i32.div_u",
    "end",
  ]);
  assertEquals(listing.rows.map((r) => r.depth), [0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
  assert(listing.rows.every((r) => r.bodyOffset === r.wasmOffset - body.codeStart && r.machine.length === 0));
  assertEquals([listing.name, listing.type, listing.tier, listing.codeBytes], [
    "work",
    "(param i32) (result i32)",
    "interp",
    0,
  ]);
});

Deno.test("listFunction() deals out every byte of the machine code once, in order of its offsets", async () => {
  for (const index of [1, 2]) {
    const { code, listing } = await list(index);
    let at = 0;
    for (const m of listing.rows.flatMap((r) => r.machine)) {
      assertEquals(m.offset, at);
      assertEquals([...m.bytes], [...code!.bytes.subarray(at, at + m.bytes.length)]);
      at += m.bytes.length;
    }
    assertEquals(at, code!.instructionLength);
    assertEquals(listing.rows.filter((r) => r.kind === "instruction").length, index === 1 ? 14 : 1);
  }
});

Deno.test("listFunction() draws every trap site in, at its instruction and under the Wasm it comes from", async () => {
  const { code, listing } = await list(1);
  const { offsets, sourceOffsets } = code!.trapSites;
  for (const [i, offset] of offsets.entries()) {
    const row = listing.rows.find((r) => r.machine.some((m) => m.offset === offset))!;
    assert(row.machine.find((m) => m.offset === offset)!.trap !== undefined);
    assertEquals(row.wasmOffset, sourceOffsets[i]);
  }
  const load = listing.rows.find((r) => r.text === "i32.load offset=8")!;
  assert(load.machine.some((m) => m.trap === "memory-out-of-bounds"));
  const traps = listing.rows.flatMap((r) => r.machine).map((m) => m.trap);
  assert(traps.includes("integer-divide-by-zero"));
});

Deno.test("listFunction() names fields, locals and the targets of jumps", async () => {
  const { listing } = await list(1);
  const text = listing.toString({ bytes: true });
  const all = listing.rows.flatMap((r) => r.machine);
  assertMatch(text, /vmctx\.import \$f\]/);
  assertMatch(text, /vmctx\.global \$g\]/);
  assertMatch(text, /\[rbp: local \$p\]/);
  assertMatch(text, / at 0x1000$/m);
  for (const m of all) if (m.target !== undefined) assert(all.some((other) => other.label === m.target), m.text);
});

Deno.test("a listing's text can be painted, part by part", async () => {
  const { listing } = await list(2);
  const parts = new Set<string>();
  const text = listing.toString({ paint: (part, t) => (parts.add(part), t) });
  assertEquals(text, listing.toString());
  assert(parts.has("head") && parts.has("machine") && parts.has("wasm") && parts.has("offset"));
});

Deno.test("listFunction() refuses an imported function", async () => {
  const valid = validate(decode(assemble(TEXT)));
  await assertRejects(() => listFunction(valid.module, 0, undefined), TypeError, "imported");
});
