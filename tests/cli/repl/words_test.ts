import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../src/cli/exit.ts";
import { needsMore, splitWords, stringBytes, unquote } from "../../../src/cli/repl/words.ts";

Deno.test("splitWords() keeps strings whole, with their quotes", () => {
  assertEquals(splitWords('  a  "b c" d"e f"g "\\"" '), ["a", '"b c"', 'd"e f"g', '"\\""']);
  assertEquals(splitWords(""), []);
  assertThrows(() => splitWords('a "b'), UsageError, "does not end");
});

Deno.test("stringBytes() reads the escapes of the text format", () => {
  assertEquals([...stringBytes('"a\\00\\ff\\n\\u{e9}\\\\"')], [0x61, 0, 0xff, 10, 0xc3, 0xa9, 0x5c]);
  assertThrows(() => stringBytes('"\\q"'), UsageError);
  assertEquals(unquote('"a b"'), "a b");
});

Deno.test("needsMore() waits for the parentheses of :wat to be closed, but not for those in strings and comments", () => {
  assertEquals(needsMore(":wat"), true);
  assertEquals(needsMore(":wat (module"), true);
  assertEquals(needsMore(':wat (module (data ")"'), true);
  assertEquals(needsMore(":wat (module ;; )"), true);
  assertEquals(needsMore(":wat (module (; ) ;)"), true);
  assertEquals(needsMore(':w (module (data "(") (; ( ;) ;; (\n)'), false);
  assertEquals(needsMore(":wat (module))"), false);
  assertEquals(needsMore("fib ("), false);
  assertEquals(needsMore(":try :wat"), true);
  assertEquals(needsMore(":try :wat (module\n"), true);
  assertEquals(needsMore(":try fib ("), false);
});
