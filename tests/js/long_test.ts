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
  // Where quotients change.
  for (let i = 0; i < 3000; i++) {
    const b = number(), multiple = b === 0n ? 0n : (2n ** 64n - 1n) / b * b >> BigInt(i % 3);
    for (const a of [multiple - 1n, multiple, multiple + 1n]) yield [BigInt.asUintN(64, a), b];
  }
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

Deno.test("divisions by constants give what BigInt gives", () => {
  for (const by of [3, 10, 8191, 8192, 8193, 65537, 1000003, 2 ** 21 + 1, 2 ** 29 + 7, 2 ** 30 - 1]) {
    const b = BigInt(by), inverse = by < long.TOLD_BY_DOUBLES ? 0 : 1 / by, last = (2n ** 64n - 1n) / b * b;
    const around = [last, last / 2n, b * (2n ** 32n), b * (2n ** 52n)].flatMap((
      n,
    ) => [n - 1n, n, n + 1n, n - b, n + b]);
    for (const n of [...around, ...[...pairs()].slice(0, 4000).map(([n]) => n)]) {
      const a = BigInt.asUintN(64, n), s = BigInt.asIntN(64, n), of = [low(a), high(a), by, inverse] as const;
      assertEquals(joined(long.quotientByConstant(...of)), BigInt.asUintN(64, s / b), `${s} by ${by}`);
      assertEquals(joined(long.restByConstant(...of)), BigInt.asUintN(64, s % b), `${s} by ${by}`);
      if (inverse === 0) continue;
      assertEquals(joined(long.quotientByInverse(...of)), a / b, `${a} by ${by}`);
      assertEquals(BigInt(long.restByInverse(...of)), a % b, `${a} by ${by}`);
    }
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
