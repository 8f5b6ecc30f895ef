// The exception example against V8: values, where texts are wrong, what reaches JavaScript, and the cleanup on the way.

import { assertEquals, assertThrows } from "@std/assert";
import { Engine, Exception } from "../../mod.ts";
import { assembleText } from "../../src/text/parser.ts";

const bytes = assembleText(Deno.readTextFileSync(new URL("../../examples/exceptions.wat", import.meta.url)));
const TEXTS = ["7", "1+(2+30)", "((((1))))+10", "", "1+", "1+(2+", "(1", "1)", "2x", "1+((2+(3+))+4)"];

Deno.test("the exception example gives what V8 gives, and leaves no bracket open", () => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  // deno-lint-ignore no-explicit-any
  const v8 = exports as any;
  const instance = new Engine().load(bytes);
  for (const text of TEXTS) {
    const zero = new TextEncoder().encode(text + "\0");
    new Uint8Array(v8.memory.buffer).set(zero);
    instance.memory().write(0, zero);
    const wrong = instance.exports.check(0);
    assertEquals(wrong, v8.check(0), text);
    assertEquals(instance.global("open").value, 0);
    if (wrong < 0) assertEquals(instance.exports.value(0), v8.value(0), text);
    else {
      const error = assertThrows(() => instance.exports.value(0), Exception);
      assertEquals([error.is(instance.tag("wrong")), error.payload], [true, [wrong]]);
    }
  }
  instance.dispose();
});
