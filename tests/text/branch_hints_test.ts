import { assertEquals, assertThrows } from "@std/assert";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { hintsOf, readBranchHints, writeBranchHints } from "../../src/text/branch_hints.ts";
import { assembleText } from "../../src/text/parser.ts";
import { printModule } from "../../src/text/printer.ts";
import { TextError } from "../../src/wasm/errors.ts";

const SOURCE = `(module
  (func (import "m" "f"))
  (func (param i32) (local i64)
    (@metadata.code.branch_hint "\\00") (if (local.get 0) (then nop))
    (block (br_if 0 (local.get 0)) (local.get 0) (@metadata.code.branch_hint "\\01") br_if 0)))`;

Deno.test("hints stand in their custom section by function and by offset behind the size of its body", () => {
  const module = decodeModule(assembleText(SOURCE));
  const hints = hintsOf(module)!;
  assertEquals([...hints].map(([func, map]) => [func, [...map]]), [[1, [[5, 0], [17, 1]]]]);
  const { body } = module.funcs[1];
  assertEquals([...hints.get(1)!.keys()].map((offset) => module.bytes[body!.start + offset]), [0x04, 0x0d]);
});

Deno.test("hints are printed as annotations, and as they are where no annotation can say them", () => {
  const bytes = assembleText(SOURCE);
  for (const folded of [false, true]) {
    const text = printModule(decodeModule(bytes), { folded });
    assertEquals(text.split("(@metadata.code.branch_hint").length, 3);
    assertEquals(assembleText(text), bytes);
  }
  const custom = `(module (@custom "metadata.code.branch_hint" (before code) "\\01\\00\\01\\02\\01\\00") (func nop))`;
  const printed = printModule(decodeModule(assembleText(custom)));
  assertEquals(printed.includes(`(@custom "metadata.code.branch_hint"`), true);
  assertEquals(assembleText(printed), assembleText(custom));
});

Deno.test("readBranchHints() takes what writeBranchHints() gives, and nothing that is cut", () => {
  const hints = new Map([[0, new Map([[3, 1]])], [300, new Map([[5, 0], [1000, 1]])]]);
  const bytes = writeBranchHints(hints);
  assertEquals(readBranchHints(bytes, 0, bytes.length), hints);
  for (let end = 0; end < bytes.length; end++) assertEquals(readBranchHints(bytes, 0, end), undefined);
});

Deno.test("a hint has to stand once, before a branch, in a function", () => {
  const fails = (source: string, message: string) => {
    const { message: found } = assertThrows(() => assembleText(source), TextError);
    assertEquals(found.replace(/ \(at .*/, ""), `@metadata.code.branch_hint annotation: ${message}`);
  };
  const hint = `(@metadata.code.branch_hint "\\01")`;
  fails(`(func (block ${hint} ${hint} (br_if 0 (i32.const 1))))`, "duplicate annotation");
  fails(`(func ${hint} nop)`, "invalid target");
  fails(`(func (drop ${hint} (i32.const 1)))`, "invalid target");
  fails(`(module ${hint} (func))`, "not in a function");
  fails(`(func (block (@metadata.code.branch_hint "\\02") (br_if 0 (i32.const 1))))`, "invalid hint");
});
