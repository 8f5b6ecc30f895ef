// Numbers that break things: borders of ranges, powers of two, NaNs of all kinds. Takes decisions, gives numbers and bits.

import type { Choices } from "./choices.ts";

const INTEGERS = [
  0,
  1,
  -1,
  2,
  3,
  7,
  8,
  15,
  16,
  31,
  32,
  33,
  63,
  64,
  65,
  127,
  128,
  129,
  255,
  256,
  -2,
  -8,
  -127,
  -128,
  -129,
]
  .concat([32767, 32768, 65535, 65536, -32768, -32769, 0x7fffffff, 0x7ffffffe, -0x80000000, -0x7fffffff, 0x55555555]);
const WIDE = [0x7fffffffffffffffn, -0x8000000000000000n, -0x7fffffffffffffffn, 0x80000000n, 0xffffffffn, 0x100000000n]
  .concat([-0x80000001n, 0x20000000000001n, 0x7ff0000000000000n, 0x5555555555555555n, -0x100000000n]);
const SINGLES = [0, 0x3f800000, 0x80000000, 0xbf800000, 0x7fc00000, 0xffc00000, 0x7f800000, 0xff800000, 0x7fa00000]
  .concat([0xff800001, 0x7fffffff, 1, 0x80000001, 0x007fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x3f000000])
  .concat([0x3fc00000, 0x40200000, 0xbf000000, 0x4b000000, 0x4affffff, 0x4f000000, 0x4effffff, 0x4f800000, 0xcf000000])
  .concat([0xcf000001, 0x5f000000, 0x5effffff, 0xdf000000, 0x5f800000, 0x3f7fffff, 0x33800000]);
const DOUBLES = [0n, 0x3ff0000000000000n, 0x8000000000000000n, 0xbff0000000000000n, 0x7ff8000000000000n]
  .concat([0xfff8000000000000n, 0x7ff0000000000000n, 0xfff0000000000000n, 0x7ff4000000000000n, 0xfff0000000000001n])
  .concat([1n, 0x000fffffffffffffn, 0x0010000000000000n, 0x7fefffffffffffffn, 0x3fe0000000000000n, 0xbfe0000000000000n])
  .concat([0x3ff8000000000000n, 0x4004000000000000n, 0x41dfffffffc00000n, 0x41e0000000000000n, 0x41efffffffe00000n])
  .concat([0x41f0000000000000n, 0xc1e0000000000000n, 0xc1e0000000200000n, 0x43e0000000000000n, 0x43dfffffffffffffn])
  .concat([0xc3e0000000000000n, 0x43f0000000000000n, 0x4330000000000000n, 0x47efffffe0000000n, 0x47effffff0000000n])
  .concat([0x36a0000000000000n, 0x3690000000000000n, 0x3fefffffffffffffn]);

/** An i32. */
export function i32Value(c: Choices): number {
  switch (c.below(4)) {
    case 0:
      return c.pick(INTEGERS);
    case 1:
      return c.between(0, 100);
    case 2:
      return (1 << c.below(32)) + c.between(0, 2) - 1 | 0;
    default:
      return c.bits();
  }
}
/** An i64. */
export function i64Value(c: Choices): bigint {
  switch (c.below(5)) {
    case 0:
      return BigInt(c.pick(INTEGERS));
    case 1:
      return c.pick(WIDE);
    case 2:
      return BigInt.asIntN(64, (1n << BigInt(c.below(64))) + BigInt(c.between(0, 2) - 1));
    case 3:
      return BigInt(c.bits());
    default:
      return BigInt.asIntN(64, BigInt(c.bits()) << 32n ^ BigInt(c.bits()));
  }
}
/** The bits of an f32. */
export function f32Value(c: Choices): number {
  return c.oneIn(4) ? c.bits() >>> 0 : c.pick(SINGLES);
}
/** The bits of an f64. */
export function f64Value(c: Choices): bigint {
  return c.oneIn(4) ? BigInt.asUintN(64, i64Value(c)) : c.pick(DOUBLES);
}
/** The bytes of a v128. */
export function v128Value(c: Choices): Uint8Array {
  const bytes = new Uint8Array(16), view = new DataView(bytes.buffer);
  switch (c.below(4)) {
    case 0:
      bytes.fill(c.below(256));
      break;
    case 1:
      for (let i = 0; i < 16; i += 4) view.setUint32(i, f32Value(c), true);
      break;
    case 2:
      for (let i = 0; i < 16; i += 8) view.setBigUint64(i, f64Value(c), true);
      break;
    default:
      for (let i = 0; i < 16; i += 4) view.setInt32(i, i32Value(c), true);
  }
  return bytes;
}
