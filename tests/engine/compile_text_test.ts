// What is wrong with a module that was given as text is said in terms of the text.

import { assertEquals, assertThrows } from "@std/assert";
import { CompileError, Engine } from "../../mod.ts";

const engine = new Engine({ tier: "interp" });
const error = (text: string) => assertThrows(() => engine.compile(text), CompileError);

Deno.test("an invalid instruction of a text module is named by line, column and function", () => {
  const wrong = error(`(module
  (func $good (result i32) (i32.const 1))
  (func $bad (result i32)
    (i32.add (i32.const 1)
             (i64.const 2))))`);
  assertEquals(wrong.place, { line: 4, column: 6, func: "bad" });
  assertEquals(wrong.message, "type mismatch: i32.add expects i32, found i64 (at 4:6 in bad, byte offset 0x22)");
  assertEquals(wrong.offset, 0x22);
});

Deno.test("functions without a name are told by their export or number", () => {
  assertEquals(error(`(func) (func\n drop)`).place, { line: 2, column: 2, func: "func[1]" });
  assertEquals(error(`(func (export "f")\n\n drop)`).place, { line: 3, column: 2, func: "f" });
});

Deno.test("what is wrong outside of functions, or in bytes, has its byte offset alone", () => {
  const memory = error(`(module (memory 2 1) (func $f))`);
  assertEquals([memory.place, / \(at byte offset 0x[0-9a-f]+\)$/.test(memory.message)], [undefined, true]);
  const binary = error(
    `(module binary "\\00asm\\01\\00\\00\\00\\01\\04\\01\\60\\00\\00\\03\\02\\01\\00\\0a\\05\\01\\03\\00\\1a\\0b")`,
  );
  assertEquals(binary.place, undefined);
});

Deno.test("an option that an engine does not have is a TypeError, with the one that may be meant", () => {
  const options = (given: object) => assertThrows(() => new Engine(given), TypeError).message;
  assertEquals(options({ teir: "jit" }), `an engine has no option "teir"; did you mean "tier"?`);
  assertEquals(options({ colour: "red" }), `an engine has no option "colour"`);
});
