import { assert, assertEquals } from "@std/assert";
import { disassemble } from "../../src/engine/disassemble.ts";
import { assemble, compiler, decode, validate } from "../../src/engine/pipeline.ts";
import { BASELINE_CPU } from "../../src/platform/cpu.ts";

Deno.test("disassemble() takes very large functions apart, without a gap and without a byte unknown", async () => {
  const statement = "(i64.store (local.get 0) (i64.mul (i64.load (local.get 0)) (i64.const 0x123456789abc)))";
  const text = `(module (memory 1) (func (param i32) ${statement.repeat(8000)}))`;
  const code = compiler(validate(decode(assemble(text))), BASELINE_CPU).compile(0);
  assert(code.instructionLength > 150_000, String(code.instructionLength));
  let at = 0;
  for (const { offset, bytes, text } of await disassemble(code)) {
    assertEquals(offset, at);
    assert(!text.startsWith(".byte"), `${text} at ${offset}`);
    at += bytes.length;
  }
  assertEquals(at, code.instructionLength);
});
