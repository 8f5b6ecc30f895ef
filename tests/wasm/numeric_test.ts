// Every numeric instruction against V8's WebAssembly, on bits, for hard operands and random ones.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { evaluate, NUMERIC, NumericTrap } from "../../src/wasm/numeric.ts";
import { F32_ADD, F32_CONVERT_I64_S, I32_ADD, I32_DIV_S, LOCAL_GET, opInfo } from "../../src/wasm/opcodes.ts";
import { TrapCode } from "../../src/wasm/traps.ts";
import { compareWithOracle, numericOracle } from "./numeric_oracle.ts";

Deno.test("evaluate() gives what V8 gives for every numeric instruction", () => {
  const oracle = numericOracle();
  for (const code of NUMERIC.keys()) {
    compareWithOracle(oracle, code, (a, b) => {
      try {
        return evaluate(code, a, b);
      } catch (e) {
        if (e instanceof NumericTrap) return "trap";
        throw e;
      }
    });
  }
});

Deno.test("NUMERIC covers the numeric part of the instruction table", () => {
  assertEquals(NUMERIC.size, 136);
  assert(!NUMERIC.has(LOCAL_GET));
  assertEquals(evaluate(I32_ADD, 0xffff_ffffn, 2n), 1n);
});

Deno.test("evaluate() names the trap", () => {
  const trapOf = (f: () => void) => {
    try {
      f();
    } catch (e) {
      if (e instanceof NumericTrap) return e.code;
      throw e;
    }
    return undefined;
  };
  assertEquals(trapOf(() => evaluate(I32_DIV_S, 1n, 0n)), TrapCode.INTEGER_DIVIDE_BY_ZERO);
  assertEquals(trapOf(() => evaluate(I32_DIV_S, 0x8000_0000n, 0xffff_ffffn)), TrapCode.INTEGER_OVERFLOW);
  const truncate = [...NUMERIC.keys()].find((c) => opInfo(c)!.name === "i32.trunc_f32_s")!;
  assertEquals(trapOf(() => evaluate(truncate, 0x7fc0_0000n)), TrapCode.INVALID_CONVERSION_TO_INTEGER);
  assertThrows(() => evaluate(LOCAL_GET, 0n), TypeError);
});

Deno.test("f32.convert_i64_s rounds once", () => {
  // 2^53 + 2^29 + 1 is just above a tie between two f32; rounded to a double first it would become the tie.
  const v = 2n ** 60n + 2n ** 36n + 1n;
  assertEquals(evaluate(F32_CONVERT_I64_S, v), 0x5d80_0001n);
  assertEquals(evaluate(F32_ADD, 0x7fa0_0000n, 0n) & 0x0040_0000n, 0x0040_0000n);
});
