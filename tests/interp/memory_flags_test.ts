// Memory accesses whose immediates are written with more bytes than they need, as linkers may leave them.

import { assertEquals, assertThrows } from "@std/assert";
import { assembleText } from "../../src/text/parser.ts";
import { testInTiers } from "../security/tiers.ts";
import { Trap } from "../../mod.ts";

/** The bytes of a module with a load, whose flags of alignment `02` become two bytes: `82 00` if none are given. */
function padded(memories: string, address: string, load: string, instead?: readonly number[]): Uint8Array {
  const bytes = [...assembleText(`(module ${memories}
    (data (i32.const 9) "\\2a") (func (export "f") (param ${address}) (result i32) (${load} offset=5 (local.get 0))))`
    .replace("i32.const 9", address === "i64" ? "i64.const 9" : "i32.const 9"))];
  const flags = bytes.findLastIndex((b, i) => b === 0x28 && (bytes[i + 1] & 0x3f) === 2) + 1;
  bytes.splice(flags, 1, ...(instead ?? [bytes[flags] | 0x80, 0x00]));
  // The sizes of the body and of the code section, each one byte, grow by one.
  const code = bytes.findLastIndex((b, i) => b === 10 && bytes[i + 2] === 1);
  bytes[code + 1]++;
  bytes[code + 3]++;
  return Uint8Array.from(bytes);
}

testInTiers("flags of a memory access may be longer than they need", ({ engine, load }) => {
  for (const [memories, address] of [["(memory 1)", "i32"], ["(memory i64 1)", "i64"]]) {
    const { exports } = load(engine.compile(padded(memories, address, "i32.load")));
    const at = (n: number) => address === "i64" ? BigInt(n) : n;
    assertEquals(exports.f(at(4)), 42);
    assertThrows(() => exports.f(at(65536)), Trap, "out of bounds memory access");
  }
});

testInTiers("the index of the only memory may stand in an access to it", ({ engine, load }) => {
  for (const [memories, address] of [["(memory 1)", "i32"], ["(memory i64 1)", "i64"]]) {
    const { exports } = load(engine.compile(padded(memories, address, "i32.load", [0x42, 0x00])));
    const at = (n: number) => address === "i64" ? BigInt(n) : n;
    assertEquals(exports.f(at(4)), 42);
    assertThrows(() => exports.f(at(65536)), Trap, "out of bounds memory access");
  }
});
