// The interpreter's numeric instructions against V8's, on bits.

import { Interpreted } from "./interpreted.ts";
import { Trap } from "../../src/wasm/errors.ts";
import { NUMERIC } from "../../src/wasm/numeric.ts";
import { opInfo } from "../../src/wasm/opcodes.ts";
import { compareWithOracle, numericModule, numericOracle } from "../wasm/numeric_oracle.ts";

Deno.test("the interpreter gives what V8 gives for every numeric instruction", () => {
  const oracle = numericOracle();
  const subject = new Interpreted(numericModule());
  for (const code of NUMERIC.keys()) {
    const { name, signature } = opInfo(code)!;
    const wide = /:[ld]$/.test(signature);
    const operands = signature.indexOf(":");
    compareWithOracle(oracle, code, (a, b) => {
      try {
        const bits = subject.callBits(name, operands > 1 ? [a, b] : [a]);
        return wide ? bits : bits & 0xffff_ffffn;
      } catch (e) {
        if (e instanceof Trap) return "trap";
        throw e;
      }
    });
  }
});
