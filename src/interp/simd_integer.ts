// SIMD instructions on integer lanes and on whole vectors, without immediates. Take the word behind the topmost slot, work on the slots in place, give the new top.
// No BigInt and no object is made. Relaxed instructions do what the deterministic profile of the specification (appendix "Profiles") says.

import { popcnt32 } from "../wasm/numeric.ts";
import { runFloatLanes } from "./simd_float.ts";
import * as stack from "./stack.ts";

// Constants of this module: see run.ts.
const I8 = stack.SLOTS_I8, U8 = stack.SLOTS_U8, I16 = stack.SLOTS_I16, U16 = stack.SLOTS_U16;
const I32 = stack.SLOTS_I32, U32 = stack.SLOTS_U32;

function saturateS8(v: number): number {
  return v < -0x80 ? -0x80 : v > 0x7f ? 0x7f : v;
}
function saturateU8(v: number): number {
  return v < 0 ? 0 : v > 0xff ? 0xff : v;
}
function saturateS16(v: number): number {
  return v < -0x8000 ? -0x8000 : v > 0x7fff ? 0x7fff : v;
}
function saturateU16(v: number): number {
  return v < 0 ? 0 : v > 0xffff ? 0xffff : v;
}

// 64-bit lanes, as their words.

function negate(at: number): void {
  const low = I32[at];
  I32[at] = -low;
  I32[at + 1] = low === 0 ? -I32[at + 1] : ~I32[at + 1];
}
function shiftLeft(at: number, by: number): void {
  const low = I32[at];
  if ((by & 32) !== 0) {
    I32[at + 1] = low << by;
    I32[at] = 0;
  } else {
    I32[at + 1] = (I32[at + 1] << by) | ((low >>> 1) >>> (31 - (by & 31)));
    I32[at] = low << by;
  }
}
/** `fill` is the word that moves in. */
function shiftRight(at: number, by: number, fill: number): void {
  const high = I32[at + 1];
  const shifted = fill < 0 ? high >> by : high >>> by;
  if ((by & 32) !== 0) {
    I32[at] = shifted;
    I32[at + 1] = fill;
  } else {
    I32[at] = (I32[at] >>> by) | ((high << 1) << (31 - (by & 31)));
    I32[at + 1] = shifted;
  }
}
function less(a: number, b: number): boolean {
  const x = I32[a + 1], y = I32[b + 1];
  return x < y || (x === y && U32[a] < U32[b]);
}
/** The upper word of a 64-bit product, of which the double nearest to it and the lower word are known: the double is off by less than 2^12. */
function highHalf(product: number, low: number): number {
  return Math.round((product - (low >>> 0)) / 4294967296);
}
function product(a: number, b: number, at: number): void {
  const low = Math.imul(a, b);
  I32[at + 1] = highHalf(a * b, low);
  I32[at] = low;
}

/** Runs the instruction `fd sub`, whose operands end at word `sp`; gives where its result ends. */
export function runLanes(sub: number, sp: number): number {
  const i8 = I8, u8 = U8, i16 = I16, u16 = U16, i32 = I32, u32 = U32;
  // Where the two topmost vectors begin, the topmost with t: in words, then in lanes of 16 and of 8 bits.
  const p = sp - 8, t = sp - 4;
  const p16 = p << 1, t16 = t << 1, p8 = p << 2, t8 = t << 2;
  let by = 0, from = 0, all = 0, mask = 0;
  switch (sub) {
    case 0x0e: // i8x16.swizzle
    case 0x100: // i8x16.relaxed_swizzle
      for (let i = t8; i < t8 + 16; i++) u8[i] = u8[i] < 16 ? u8[p8 + u8[i]] : 0;
      for (let i = p; i < t; i++) i32[i] = i32[i + 4];
      return t;
    case 0x23: // i8x16.eq
      for (let i = p8; i < p8 + 16; i++) i8[i] = i8[i] === i8[i + 16] ? -1 : 0;
      return t;
    case 0x24: // i8x16.ne
      for (let i = p8; i < p8 + 16; i++) i8[i] = i8[i] !== i8[i + 16] ? -1 : 0;
      return t;
    case 0x25: // i8x16.lt_s
      for (let i = p8; i < p8 + 16; i++) i8[i] = i8[i] < i8[i + 16] ? -1 : 0;
      return t;
    case 0x26: // i8x16.lt_u
      for (let i = p8; i < p8 + 16; i++) i8[i] = u8[i] < u8[i + 16] ? -1 : 0;
      return t;
    case 0x27: // i8x16.gt_s
      for (let i = p8; i < p8 + 16; i++) i8[i] = i8[i] > i8[i + 16] ? -1 : 0;
      return t;
    case 0x28: // i8x16.gt_u
      for (let i = p8; i < p8 + 16; i++) i8[i] = u8[i] > u8[i + 16] ? -1 : 0;
      return t;
    case 0x29: // i8x16.le_s
      for (let i = p8; i < p8 + 16; i++) i8[i] = i8[i] <= i8[i + 16] ? -1 : 0;
      return t;
    case 0x2a: // i8x16.le_u
      for (let i = p8; i < p8 + 16; i++) i8[i] = u8[i] <= u8[i + 16] ? -1 : 0;
      return t;
    case 0x2b: // i8x16.ge_s
      for (let i = p8; i < p8 + 16; i++) i8[i] = i8[i] >= i8[i + 16] ? -1 : 0;
      return t;
    case 0x2c: // i8x16.ge_u
      for (let i = p8; i < p8 + 16; i++) i8[i] = u8[i] >= u8[i + 16] ? -1 : 0;
      return t;
    case 0x2d: // i16x8.eq
      for (let i = p16; i < p16 + 8; i++) i16[i] = i16[i] === i16[i + 8] ? -1 : 0;
      return t;
    case 0x2e: // i16x8.ne
      for (let i = p16; i < p16 + 8; i++) i16[i] = i16[i] !== i16[i + 8] ? -1 : 0;
      return t;
    case 0x2f: // i16x8.lt_s
      for (let i = p16; i < p16 + 8; i++) i16[i] = i16[i] < i16[i + 8] ? -1 : 0;
      return t;
    case 0x30: // i16x8.lt_u
      for (let i = p16; i < p16 + 8; i++) i16[i] = u16[i] < u16[i + 8] ? -1 : 0;
      return t;
    case 0x31: // i16x8.gt_s
      for (let i = p16; i < p16 + 8; i++) i16[i] = i16[i] > i16[i + 8] ? -1 : 0;
      return t;
    case 0x32: // i16x8.gt_u
      for (let i = p16; i < p16 + 8; i++) i16[i] = u16[i] > u16[i + 8] ? -1 : 0;
      return t;
    case 0x33: // i16x8.le_s
      for (let i = p16; i < p16 + 8; i++) i16[i] = i16[i] <= i16[i + 8] ? -1 : 0;
      return t;
    case 0x34: // i16x8.le_u
      for (let i = p16; i < p16 + 8; i++) i16[i] = u16[i] <= u16[i + 8] ? -1 : 0;
      return t;
    case 0x35: // i16x8.ge_s
      for (let i = p16; i < p16 + 8; i++) i16[i] = i16[i] >= i16[i + 8] ? -1 : 0;
      return t;
    case 0x36: // i16x8.ge_u
      for (let i = p16; i < p16 + 8; i++) i16[i] = u16[i] >= u16[i + 8] ? -1 : 0;
      return t;
    case 0x37: // i32x4.eq
      for (let i = p; i < p + 4; i++) i32[i] = i32[i] === i32[i + 4] ? -1 : 0;
      return t;
    case 0x38: // i32x4.ne
      for (let i = p; i < p + 4; i++) i32[i] = i32[i] !== i32[i + 4] ? -1 : 0;
      return t;
    case 0x39: // i32x4.lt_s
      for (let i = p; i < p + 4; i++) i32[i] = i32[i] < i32[i + 4] ? -1 : 0;
      return t;
    case 0x3a: // i32x4.lt_u
      for (let i = p; i < p + 4; i++) i32[i] = u32[i] < u32[i + 4] ? -1 : 0;
      return t;
    case 0x3b: // i32x4.gt_s
      for (let i = p; i < p + 4; i++) i32[i] = i32[i] > i32[i + 4] ? -1 : 0;
      return t;
    case 0x3c: // i32x4.gt_u
      for (let i = p; i < p + 4; i++) i32[i] = u32[i] > u32[i + 4] ? -1 : 0;
      return t;
    case 0x3d: // i32x4.le_s
      for (let i = p; i < p + 4; i++) i32[i] = i32[i] <= i32[i + 4] ? -1 : 0;
      return t;
    case 0x3e: // i32x4.le_u
      for (let i = p; i < p + 4; i++) i32[i] = u32[i] <= u32[i + 4] ? -1 : 0;
      return t;
    case 0x3f: // i32x4.ge_s
      for (let i = p; i < p + 4; i++) i32[i] = i32[i] >= i32[i + 4] ? -1 : 0;
      return t;
    case 0x40: // i32x4.ge_u
      for (let i = p; i < p + 4; i++) i32[i] = u32[i] >= u32[i + 4] ? -1 : 0;
      return t;
    case 0x4d: // v128.not
      for (let i = t; i < t + 4; i++) i32[i] = ~i32[i];
      return sp;
    case 0x4e: // v128.and
      for (let i = p; i < p + 4; i++) i32[i] = i32[i] & i32[i + 4];
      return t;
    case 0x4f: // v128.andnot
      for (let i = p; i < p + 4; i++) i32[i] = i32[i] & ~i32[i + 4];
      return t;
    case 0x50: // v128.or
      for (let i = p; i < p + 4; i++) i32[i] = i32[i] | i32[i + 4];
      return t;
    case 0x51: // v128.xor
      for (let i = p; i < p + 4; i++) i32[i] = i32[i] ^ i32[i + 4];
      return t;
    case 0x52: // v128.bitselect
    case 0x109: // i8x16.relaxed_laneselect
    case 0x10a: // i16x8.relaxed_laneselect
    case 0x10b: // i32x4.relaxed_laneselect
    case 0x10c: // i64x2.relaxed_laneselect
      for (let i = sp - 12; i < p; i++) i32[i] = (i32[i] & i32[i + 8]) | (i32[i + 4] & ~i32[i + 8]);
      return p;
    case 0x53: // v128.any_true
      i32[t] = (i32[t] | i32[t + 1] | i32[t + 2] | i32[t + 3]) !== 0 ? 1 : 0;
      return sp - 2;
    case 0x60: // i8x16.abs
      for (let i = t8; i < t8 + 16; i++) i8[i] = i8[i] < 0 ? -i8[i] : i8[i];
      return sp;
    case 0x61: // i8x16.neg
      for (let i = t8; i < t8 + 16; i++) i8[i] = -i8[i];
      return sp;
    case 0x62: // i8x16.popcnt
      for (let i = t8; i < t8 + 16; i++) i8[i] = popcnt32(u8[i]);
      return sp;
    case 0x63: // i8x16.all_true
      all = 1;
      for (let i = t8; i < t8 + 16; i++) if (i8[i] === 0) all = 0;
      i32[t] = all;
      return sp - 2;
    case 0x64: // i8x16.bitmask
      mask = 0;
      for (let i = 0; i < 16; i++) mask |= (i8[t8 + i] >>> 31) << i;
      i32[t] = mask;
      return sp - 2;
    case 0x65: // i8x16.narrow_i16x8_s
      for (let i = 0; i < 16; i++) i8[p8 + i] = saturateS8(i16[p16 + i]);
      return t;
    case 0x66: // i8x16.narrow_i16x8_u
      for (let i = 0; i < 16; i++) i8[p8 + i] = saturateU8(i16[p16 + i]);
      return t;
    case 0x6b: // i8x16.shl
      by = i32[sp - 2] & 7;
      from = (sp - 6) << 2;
      for (let i = from; i < from + 16; i++) i8[i] = i8[i] << by;
      return sp - 2;
    case 0x6c: // i8x16.shr_s
      by = i32[sp - 2] & 7;
      from = (sp - 6) << 2;
      for (let i = from; i < from + 16; i++) i8[i] = i8[i] >> by;
      return sp - 2;
    case 0x6d: // i8x16.shr_u
      by = i32[sp - 2] & 7;
      from = (sp - 6) << 2;
      for (let i = from; i < from + 16; i++) i8[i] = u8[i] >>> by;
      return sp - 2;
    case 0x6e: // i8x16.add
      for (let i = p8; i < p8 + 16; i++) i8[i] = i8[i] + i8[i + 16];
      return t;
    case 0x6f: // i8x16.add_sat_s
      for (let i = p8; i < p8 + 16; i++) i8[i] = saturateS8(i8[i] + i8[i + 16]);
      return t;
    case 0x70: // i8x16.add_sat_u
      for (let i = p8; i < p8 + 16; i++) i8[i] = saturateU8(u8[i] + u8[i + 16]);
      return t;
    case 0x71: // i8x16.sub
      for (let i = p8; i < p8 + 16; i++) i8[i] = i8[i] - i8[i + 16];
      return t;
    case 0x72: // i8x16.sub_sat_s
      for (let i = p8; i < p8 + 16; i++) i8[i] = saturateS8(i8[i] - i8[i + 16]);
      return t;
    case 0x73: // i8x16.sub_sat_u
      for (let i = p8; i < p8 + 16; i++) i8[i] = saturateU8(u8[i] - u8[i + 16]);
      return t;
    case 0x76: // i8x16.min_s
      for (let i = p8; i < p8 + 16; i++) i8[i] = i8[i] < i8[i + 16] ? i8[i] : i8[i + 16];
      return t;
    case 0x77: // i8x16.min_u
      for (let i = p8; i < p8 + 16; i++) i8[i] = u8[i] < u8[i + 16] ? u8[i] : u8[i + 16];
      return t;
    case 0x78: // i8x16.max_s
      for (let i = p8; i < p8 + 16; i++) i8[i] = i8[i] > i8[i + 16] ? i8[i] : i8[i + 16];
      return t;
    case 0x79: // i8x16.max_u
      for (let i = p8; i < p8 + 16; i++) i8[i] = u8[i] > u8[i + 16] ? u8[i] : u8[i + 16];
      return t;
    case 0x7b: // i8x16.avgr_u
      for (let i = p8; i < p8 + 16; i++) i8[i] = (u8[i] + u8[i + 16] + 1) >> 1;
      return t;
    case 0x7c: // i16x8.extadd_pairwise_i8x16_s
      for (let i = 0; i < 8; i++) i16[t16 + i] = i8[t8 + 2 * i] + i8[t8 + 2 * i + 1];
      return sp;
    case 0x7d: // i16x8.extadd_pairwise_i8x16_u
      for (let i = 0; i < 8; i++) i16[t16 + i] = u8[t8 + 2 * i] + u8[t8 + 2 * i + 1];
      return sp;
    case 0x7e: // i32x4.extadd_pairwise_i16x8_s
      for (let i = 0; i < 4; i++) i32[t + i] = i16[t16 + 2 * i] + i16[t16 + 2 * i + 1];
      return sp;
    case 0x7f: // i32x4.extadd_pairwise_i16x8_u
      for (let i = 0; i < 4; i++) i32[t + i] = u16[t16 + 2 * i] + u16[t16 + 2 * i + 1];
      return sp;
    case 0x80: // i16x8.abs
      for (let i = t16; i < t16 + 8; i++) i16[i] = i16[i] < 0 ? -i16[i] : i16[i];
      return sp;
    case 0x81: // i16x8.neg
      for (let i = t16; i < t16 + 8; i++) i16[i] = -i16[i];
      return sp;
    case 0x82: // i16x8.q15mulr_sat_s
    case 0x111: // i16x8.relaxed_q15mulr_s
      for (let i = p16; i < p16 + 8; i++) i16[i] = saturateS16((i16[i] * i16[i + 8] + 0x4000) >> 15);
      return t;
    case 0x83: // i16x8.all_true
      all = 1;
      for (let i = t16; i < t16 + 8; i++) if (i16[i] === 0) all = 0;
      i32[t] = all;
      return sp - 2;
    case 0x84: // i16x8.bitmask
      mask = 0;
      for (let i = 0; i < 8; i++) mask |= (i16[t16 + i] >>> 31) << i;
      i32[t] = mask;
      return sp - 2;
    case 0x85: // i16x8.narrow_i32x4_s
      for (let i = 0; i < 8; i++) i16[p16 + i] = saturateS16(i32[p + i]);
      return t;
    case 0x86: // i16x8.narrow_i32x4_u
      for (let i = 0; i < 8; i++) i16[p16 + i] = saturateU16(i32[p + i]);
      return t;
    case 0x87: // i16x8.extend_low_i8x16_s
      for (let i = 7; i >= 0; i--) i16[t16 + i] = i8[t8 + i];
      return sp;
    case 0x88: // i16x8.extend_high_i8x16_s
      for (let i = 0; i < 8; i++) i16[t16 + i] = i8[t8 + 8 + i];
      return sp;
    case 0x89: // i16x8.extend_low_i8x16_u
      for (let i = 7; i >= 0; i--) i16[t16 + i] = u8[t8 + i];
      return sp;
    case 0x8a: // i16x8.extend_high_i8x16_u
      for (let i = 0; i < 8; i++) i16[t16 + i] = u8[t8 + 8 + i];
      return sp;
    case 0x8b: // i16x8.shl
      by = i32[sp - 2] & 15;
      from = (sp - 6) << 1;
      for (let i = from; i < from + 8; i++) i16[i] = i16[i] << by;
      return sp - 2;
    case 0x8c: // i16x8.shr_s
      by = i32[sp - 2] & 15;
      from = (sp - 6) << 1;
      for (let i = from; i < from + 8; i++) i16[i] = i16[i] >> by;
      return sp - 2;
    case 0x8d: // i16x8.shr_u
      by = i32[sp - 2] & 15;
      from = (sp - 6) << 1;
      for (let i = from; i < from + 8; i++) i16[i] = u16[i] >>> by;
      return sp - 2;
    case 0x8e: // i16x8.add
      for (let i = p16; i < p16 + 8; i++) i16[i] = i16[i] + i16[i + 8];
      return t;
    case 0x8f: // i16x8.add_sat_s
      for (let i = p16; i < p16 + 8; i++) i16[i] = saturateS16(i16[i] + i16[i + 8]);
      return t;
    case 0x90: // i16x8.add_sat_u
      for (let i = p16; i < p16 + 8; i++) i16[i] = saturateU16(u16[i] + u16[i + 8]);
      return t;
    case 0x91: // i16x8.sub
      for (let i = p16; i < p16 + 8; i++) i16[i] = i16[i] - i16[i + 8];
      return t;
    case 0x92: // i16x8.sub_sat_s
      for (let i = p16; i < p16 + 8; i++) i16[i] = saturateS16(i16[i] - i16[i + 8]);
      return t;
    case 0x93: // i16x8.sub_sat_u
      for (let i = p16; i < p16 + 8; i++) i16[i] = saturateU16(u16[i] - u16[i + 8]);
      return t;
    case 0x95: // i16x8.mul
      for (let i = p16; i < p16 + 8; i++) i16[i] = i16[i] * i16[i + 8];
      return t;
    case 0x96: // i16x8.min_s
      for (let i = p16; i < p16 + 8; i++) i16[i] = i16[i] < i16[i + 8] ? i16[i] : i16[i + 8];
      return t;
    case 0x97: // i16x8.min_u
      for (let i = p16; i < p16 + 8; i++) i16[i] = u16[i] < u16[i + 8] ? u16[i] : u16[i + 8];
      return t;
    case 0x98: // i16x8.max_s
      for (let i = p16; i < p16 + 8; i++) i16[i] = i16[i] > i16[i + 8] ? i16[i] : i16[i + 8];
      return t;
    case 0x99: // i16x8.max_u
      for (let i = p16; i < p16 + 8; i++) i16[i] = u16[i] > u16[i + 8] ? u16[i] : u16[i + 8];
      return t;
    case 0x9b: // i16x8.avgr_u
      for (let i = p16; i < p16 + 8; i++) i16[i] = (u16[i] + u16[i + 8] + 1) >> 1;
      return t;
    case 0x9c: // i16x8.extmul_low_i8x16_s
      for (let i = 7; i >= 0; i--) i16[p16 + i] = i8[p8 + i] * i8[t8 + i];
      return t;
    case 0x9d: // i16x8.extmul_high_i8x16_s
      for (let i = 0; i < 8; i++) i16[p16 + i] = i8[p8 + 8 + i] * i8[t8 + 8 + i];
      return t;
    case 0x9e: // i16x8.extmul_low_i8x16_u
      for (let i = 7; i >= 0; i--) i16[p16 + i] = u8[p8 + i] * u8[t8 + i];
      return t;
    case 0x9f: // i16x8.extmul_high_i8x16_u
      for (let i = 0; i < 8; i++) i16[p16 + i] = u8[p8 + 8 + i] * u8[t8 + 8 + i];
      return t;
    case 0xa0: // i32x4.abs
      for (let i = t; i < t + 4; i++) i32[i] = i32[i] < 0 ? -i32[i] : i32[i];
      return sp;
    case 0xa1: // i32x4.neg
      for (let i = t; i < t + 4; i++) i32[i] = -i32[i];
      return sp;
    case 0xa3: // i32x4.all_true
      all = 1;
      for (let i = t; i < t + 4; i++) if (i32[i] === 0) all = 0;
      i32[t] = all;
      return sp - 2;
    case 0xa4: // i32x4.bitmask
      mask = 0;
      for (let i = 0; i < 4; i++) mask |= (i32[t + i] >>> 31) << i;
      i32[t] = mask;
      return sp - 2;
    case 0xa7: // i32x4.extend_low_i16x8_s
      for (let i = 3; i >= 0; i--) i32[t + i] = i16[t16 + i];
      return sp;
    case 0xa8: // i32x4.extend_high_i16x8_s
      for (let i = 0; i < 4; i++) i32[t + i] = i16[t16 + 4 + i];
      return sp;
    case 0xa9: // i32x4.extend_low_i16x8_u
      for (let i = 3; i >= 0; i--) i32[t + i] = u16[t16 + i];
      return sp;
    case 0xaa: // i32x4.extend_high_i16x8_u
      for (let i = 0; i < 4; i++) i32[t + i] = u16[t16 + 4 + i];
      return sp;
    case 0xab: // i32x4.shl
      by = i32[sp - 2] & 31;
      from = sp - 6;
      for (let i = from; i < from + 4; i++) i32[i] = i32[i] << by;
      return sp - 2;
    case 0xac: // i32x4.shr_s
      by = i32[sp - 2] & 31;
      from = sp - 6;
      for (let i = from; i < from + 4; i++) i32[i] = i32[i] >> by;
      return sp - 2;
    case 0xad: // i32x4.shr_u
      by = i32[sp - 2] & 31;
      from = sp - 6;
      for (let i = from; i < from + 4; i++) i32[i] = u32[i] >>> by;
      return sp - 2;
    case 0xae: // i32x4.add
      for (let i = p; i < p + 4; i++) i32[i] = i32[i] + i32[i + 4];
      return t;
    case 0xb1: // i32x4.sub
      for (let i = p; i < p + 4; i++) i32[i] = i32[i] - i32[i + 4];
      return t;
    case 0xb5: // i32x4.mul
      for (let i = p; i < p + 4; i++) i32[i] = Math.imul(i32[i], i32[i + 4]);
      return t;
    case 0xb6: // i32x4.min_s
      for (let i = p; i < p + 4; i++) i32[i] = i32[i] < i32[i + 4] ? i32[i] : i32[i + 4];
      return t;
    case 0xb7: // i32x4.min_u
      for (let i = p; i < p + 4; i++) i32[i] = u32[i] < u32[i + 4] ? u32[i] : u32[i + 4];
      return t;
    case 0xb8: // i32x4.max_s
      for (let i = p; i < p + 4; i++) i32[i] = i32[i] > i32[i + 4] ? i32[i] : i32[i + 4];
      return t;
    case 0xb9: // i32x4.max_u
      for (let i = p; i < p + 4; i++) i32[i] = u32[i] > u32[i + 4] ? u32[i] : u32[i + 4];
      return t;
    case 0xba: // i32x4.dot_i16x8_s
      for (let i = 0, k = p16; i < 4; i++, k += 2) {
        i32[p + i] = i16[k] * i16[k + 8] + i16[k + 1] * i16[k + 9];
      }
      return t;
    case 0xbc: // i32x4.extmul_low_i16x8_s
      for (let i = 3; i >= 0; i--) i32[p + i] = i16[p16 + i] * i16[t16 + i];
      return t;
    case 0xbd: // i32x4.extmul_high_i16x8_s
      for (let i = 0; i < 4; i++) i32[p + i] = i16[p16 + 4 + i] * i16[t16 + 4 + i];
      return t;
    case 0xbe: // i32x4.extmul_low_i16x8_u
      for (let i = 3; i >= 0; i--) i32[p + i] = u16[p16 + i] * u16[t16 + i];
      return t;
    case 0xbf: // i32x4.extmul_high_i16x8_u
      for (let i = 0; i < 4; i++) i32[p + i] = u16[p16 + 4 + i] * u16[t16 + 4 + i];
      return t;
    case 0xc0: // i64x2.abs
      for (let i = t; i < t + 4; i += 2) {
        if (i32[i + 1] < 0) negate(i);
      }
      return sp;
    case 0xc1: // i64x2.neg
      for (let i = t; i < t + 4; i += 2) {
        negate(i);
      }
      return sp;
    case 0xc3: // i64x2.all_true
      i32[t] = (i32[t] | i32[t + 1]) !== 0 && (i32[t + 2] | i32[t + 3]) !== 0 ? 1 : 0;
      return sp - 2;
    case 0xc4: // i64x2.bitmask
      i32[t] = (i32[t + 1] >>> 31) | ((i32[t + 3] >>> 31) << 1);
      return sp - 2;
    case 0xc7: // i64x2.extend_low_i32x4_s
      i32[t + 2] = i32[t + 1];
      i32[t + 3] = i32[t + 2] >> 31;
      i32[t + 1] = i32[t] >> 31;
      return sp;
    case 0xc8: // i64x2.extend_high_i32x4_s
      i32[t] = i32[t + 2];
      i32[t + 1] = i32[t] >> 31;
      i32[t + 2] = i32[t + 3];
      i32[t + 3] = i32[t + 2] >> 31;
      return sp;
    case 0xc9: // i64x2.extend_low_i32x4_u
      i32[t + 2] = i32[t + 1];
      i32[t + 3] = 0;
      i32[t + 1] = 0;
      return sp;
    case 0xca: // i64x2.extend_high_i32x4_u
      i32[t] = i32[t + 2];
      i32[t + 1] = 0;
      i32[t + 2] = i32[t + 3];
      i32[t + 3] = 0;
      return sp;
    case 0xcb: // i64x2.shl
      by = i32[sp - 2];
      shiftLeft(sp - 6, by);
      shiftLeft(sp - 4, by);
      return sp - 2;
    case 0xcc: // i64x2.shr_s
      by = i32[sp - 2];
      shiftRight(sp - 6, by, i32[sp - 5] >> 31);
      shiftRight(sp - 4, by, i32[sp - 3] >> 31);
      return sp - 2;
    case 0xcd: // i64x2.shr_u
      by = i32[sp - 2];
      shiftRight(sp - 6, by, 0);
      shiftRight(sp - 4, by, 0);
      return sp - 2;
    case 0xce: // i64x2.add
      for (let i = p; i < p + 4; i += 2) {
        const low = u32[i] + u32[i + 4];
        i32[i + 1] = i32[i + 1] + i32[i + 5] + (low > 0xffffffff ? 1 : 0);
        i32[i] = low;
      }
      return t;
    case 0xd1: // i64x2.sub
      for (let i = p; i < p + 4; i += 2) {
        const low = u32[i] - u32[i + 4];
        i32[i + 1] = i32[i + 1] - i32[i + 5] - (low < 0 ? 1 : 0);
        i32[i] = low;
      }
      return t;
    case 0xd5: // i64x2.mul
      for (let i = p; i < p + 4; i += 2) {
        const a = u32[i], b = u32[i + 4], low = Math.imul(a, b);
        i32[i + 1] = highHalf(a * b, low) + Math.imul(i32[i + 1], b) + Math.imul(a, i32[i + 5]);
        i32[i] = low;
      }
      return t;
    case 0xd6: // i64x2.eq
      for (let i = p; i < p + 4; i += 2) {
        i32[i] = i32[i + 1] = i32[i] === i32[i + 4] && i32[i + 1] === i32[i + 5] ? -1 : 0;
      }
      return t;
    case 0xd7: // i64x2.ne
      for (let i = p; i < p + 4; i += 2) {
        i32[i] = i32[i + 1] = i32[i] !== i32[i + 4] || i32[i + 1] !== i32[i + 5] ? -1 : 0;
      }
      return t;
    case 0xd8: // i64x2.lt_s
      for (let i = p; i < p + 4; i += 2) {
        i32[i] = i32[i + 1] = less(i, i + 4) ? -1 : 0;
      }
      return t;
    case 0xd9: // i64x2.gt_s
      for (let i = p; i < p + 4; i += 2) {
        i32[i] = i32[i + 1] = less(i + 4, i) ? -1 : 0;
      }
      return t;
    case 0xda: // i64x2.le_s
      for (let i = p; i < p + 4; i += 2) {
        i32[i] = i32[i + 1] = !less(i + 4, i) ? -1 : 0;
      }
      return t;
    case 0xdb: // i64x2.ge_s
      for (let i = p; i < p + 4; i += 2) {
        i32[i] = i32[i + 1] = !less(i, i + 4) ? -1 : 0;
      }
      return t;
    case 0xdc: // i64x2.extmul_low_i32x4_s
      product(i32[p + 1], i32[t + 1], p + 2);
      product(i32[p], i32[t], p);
      return t;
    case 0xdd: // i64x2.extmul_high_i32x4_s
      product(i32[p + 2], i32[t + 2], p);
      product(i32[p + 3], i32[t + 3], p + 2);
      return t;
    case 0xde: // i64x2.extmul_low_i32x4_u
      product(u32[p + 1], u32[t + 1], p + 2);
      product(u32[p], u32[t], p);
      return t;
    case 0xdf: // i64x2.extmul_high_i32x4_u
      product(u32[p + 2], u32[t + 2], p);
      product(u32[p + 3], u32[t + 3], p + 2);
      return t;
    case 0x112: // i16x8.relaxed_dot_i8x16_i7x16_s
      for (let i = 0, k = p8; i < 8; i++, k += 2) {
        i16[p16 + i] = i8[k] * i8[k + 16] + i8[k + 1] * i8[k + 17];
      }
      return t;
    case 0x113: // i32x4.relaxed_dot_i8x16_i7x16_add_s
      for (let i = p - 4, k = p8 - 16; i < p; i++, k += 4) {
        const low = ((i8[k] * i8[k + 16] + i8[k + 1] * i8[k + 17]) << 16) >> 16;
        const high = ((i8[k + 2] * i8[k + 18] + i8[k + 3] * i8[k + 19]) << 16) >> 16;
        i32[i] = low + high + i32[i + 8];
      }
      return p;
    default:
      return runFloatLanes(sub, sp);
  }
}
