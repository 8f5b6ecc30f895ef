import { assertEquals } from "@std/assert";
import { Engine } from "../../mod.ts";
import { canRunNative } from "../../src/platform/permissions.ts";

const FOUR = "(local.get 0) (local.get 1) (local.get 2) (local.get 3)";
const TEXT = `(module
  (func (export "add") (param i64 i64 i64 i64) (result i64 i64) (i64.add128 ${FOUR}))
  (func (export "sub") (param i64 i64 i64 i64) (result i64 i64) (i64.sub128 ${FOUR}))
  (func (export "mulS") (param i64 i64) (result i64 i64) (i64.mul_wide_s (local.get 0) (local.get 1)))
  (func (export "mulU") (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1)))
  ;; Values below the operands must stay.
  (func (export "kept") (param i64 i64) (result i64)
    (i64.const 1000) (i64.mul_wide_u (local.get 0) (local.get 1)) (drop) (i64.add)))`;

const EDGES = [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 0x1_0000_0000n, 0xffff_ffffn, 0x123456789abcdef0n];
const low = (x: bigint) => BigInt.asIntN(64, x);
const halves = (x: bigint) => [low(x), low(x >> 64n)];
const join = (l: bigint, h: bigint) => BigInt.asUintN(64, l) | h << 64n;
const unsigned = (x: bigint) => BigInt.asUintN(64, x);

for (const tier of canRunNative() ? ["interp", "jit"] as const : ["interp"] as const) {
  Deno.test(`wide arithmetic gives in tier ${tier} what integers of any length give`, () => {
    const engine = new Engine({ tier, features: { "wide-arithmetic": true } });
    const { exports } = engine.load(TEXT);
    for (const a of EDGES) {
      for (const b of EDGES) {
        assertEquals(exports.mulS(a, b), halves(a * b), `${a} * ${b}`);
        assertEquals(exports.mulU(a, b), halves(unsigned(a) * unsigned(b)), `${a} * ${b} unsigned`);
        assertEquals(exports.kept(a, b), low(1000n + a * b));
        for (const c of EDGES) {
          for (const d of EDGES) {
            assertEquals(exports.add(a, b, c, d), halves(join(a, b) + join(c, d)), `${a} ${b} + ${c} ${d}`);
            assertEquals(exports.sub(a, b, c, d), halves(join(a, b) - join(c, d)), `${a} ${b} - ${c} ${d}`);
          }
        }
      }
    }
  });
}
