import { assertEquals } from "@std/assert";
import * as long from "../../src/js/long.ts";
import { RH } from "../../src/js/long.ts";
import { randomNumbers } from "../security/tiers.ts";

const EDGES = [
  0n,
  1n,
  2n,
  3n,
  7n,
  10n,
  0xffffn,
  0x10000n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  2n ** 53n,
]
  .flatMap((n) => [n, -n, n + 1n, n - 1n, 2n ** 63n - n, 2n ** 52n + n]).map((n) => BigInt.asUintN(64, n));
const low = (n: bigint) => Number(BigInt.asIntN(32, n)), high = (n: bigint) => Number(BigInt.asIntN(32, n >> 32n));
const joined = (lo: number) => (BigInt(RH[0] >>> 0) << 32n) | BigInt(lo >>> 0);

function* pairs(): Iterable<[bigint, bigint]> {
  for (const a of EDGES) for (const b of EDGES) yield [a, b];
  const random = randomNumbers(7);
  const number = () => {
    let n = 0n;
    for (let i = 0; i < 4; i++) n = (n << 16n) | BigInt(random());
    return n >> BigInt(random() % 64);
  };
  for (let i = 0; i < 3000; i++) yield [number(), number()];
}

Deno.test("divisions of halves give what BigInt gives", () => {
  const signed = (n: bigint) => BigInt.asIntN(64, n);
  for (const [a, b] of pairs()) {
    if (b === 0n) continue;
    const of = [low(a), high(a), low(b), high(b)] as const, what = `${a} and ${b}`;
    assertEquals(joined(long.quotientUnsigned(...of)), a / b, what);
    assertEquals(joined(long.restUnsigned(...of)), a % b, what);
    assertEquals(joined(long.restSigned(...of)), BigInt.asUintN(64, signed(a) % signed(b)), what);
    if (signed(a) === -(2n ** 63n) && signed(b) === -1n) continue;
    assertEquals(joined(long.quotientSigned(...of)), BigInt.asUintN(64, signed(a) / signed(b)), what);
  }
});

Deno.test("the high half of a product of 32 bits is exact", () => {
  for (const [a, b] of pairs()) {
    const x = a & 0xffffffffn, y = b & 0xffffffffn;
    assertEquals(long.mulHigh(low(x), low(y)), low((x * y) >> 32n), `${x} and ${y}`);
    const s = BigInt.asIntN(32, x), t = BigInt.asIntN(32, y);
    assertEquals(long.mulHighSigned(Number(s), Number(t)), low((s * t) >> 32n), `${s} and ${t}`);
  }
});
