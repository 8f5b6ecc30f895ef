import { assert, assertEquals } from "@std/assert";
import { codeFromBytes, codeToBytes, movedCode } from "../../src/asm/code_bytes.ts";
import type { Code } from "../../src/asm/code.ts";
import { BASELINE_CPU } from "../../src/platform/cpu.ts";
import { assemble, compiler, decode, validate } from "../../src/engine/pipeline.ts";

const SOURCE = `(module
  (tag $t (param i32))
  (memory 1)
  (table 2 funcref)
  (func $callee (param externref i64) (result i64) (throw $t (i32.const 1)))
  (func (export "f") (param $n i32) (param $r externref) (result i64) (local $s i64)
    (block $caught (result i32)
      (try_table (catch $t $caught)
        (loop $l
          (local.set $s (i64.add (local.get $s) (i64.load (local.get $n))))
          (local.set $s (call $callee (local.get $r) (local.get $s)))
          (br_if $l (local.tee $n (i32.div_u (local.get $n) (i32.const 3))))))
      (i32.const 7))
    (i64.add (i64.extend_i32_u) (local.get $s))))`;

/** All of a Code, whatever it is an object of. */
function plain(code: Code) {
  const { name, bytes, instructionLength, alignment, entry, frameSize, relocations } = code;
  const { trapSites, sourceMap, landingPads, loopEntries, frameMaps } = code;
  const own = { name, bytes, instructionLength, alignment, entry, frameSize, relocations };
  return { ...own, trapSites, sourceMap, landingPads, loopEntries, frameMaps };
}

function compiled(source: string, index: number) {
  const valid = validate(decode(assemble(source)));
  const code = compiler(valid, BASELINE_CPU, { entersLoops: true }).compile(index);
  return { code, base: valid.module.funcs[index].body!.start };
}

Deno.test("codeFromBytes() gives what codeToBytes() was given", () => {
  const { code, base } = compiled(SOURCE, 1);
  assert(code.loopEntries.length > 0 && code.frameMaps.length > 0 && code.landingPads.length > 0);
  // A part that is new to Code must be kept, too.
  assertEquals(Object.keys(plain(code)).sort(), Object.keys(code).sort());
  const bytes = codeToBytes(code, base);
  assertEquals(bytes.length % 4, 0);
  assertEquals(plain(codeFromBytes(bytes, code.name, base)), code);
  const relocated = { ...code, relocations: [{ kind: "call" as const, offset: 3, target: "stub", addend: -4 }] };
  assertEquals(plain(codeFromBytes(codeToBytes(relocated, base), code.name, base)), relocated);
});

Deno.test("code that is kept fits an equal function elsewhere in another module", () => {
  const here = compiled(SOURCE, 1);
  const there = compiled(SOURCE.replace("(i32.const 1)))", "(i32.const 123456)))"), 1);
  assert(here.base !== there.base);
  const bytes = codeToBytes(here.code, here.base);
  assertEquals(plain(codeFromBytes(bytes, there.code.name, there.base)), there.code);
  assertEquals(movedCode(here.code, there.code.name, there.base - here.base), there.code);
});
