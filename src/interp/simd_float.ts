// SIMD instructions on float lanes, with the conventions of simd_integer.ts. NaNs: arithmetic gives quiet ones as the scalar instructions do, moves keep all bits.
// Relaxed instructions follow the deterministic profile: multiply-add rounds twice, truncation saturates, minimum and maximum are the strict ones.

import { BugError } from "../base/bug.ts";
import { ceil, floor, maximum, minimum, nearest, truncate } from "../wasm/numeric.ts";
import * as stack from "./stack.ts";

// Constants of this module: see run.ts.
const I32 = stack.SLOTS_I32, F32 = stack.SLOTS_F32, F64 = stack.SLOTS_F64;

// A NaN becomes 0 when it is stored as an integer.
function saturateS32(v: number): number {
  return v < -2147483648 ? -2147483648 : v > 2147483647 ? 2147483647 : v;
}
function saturateU32(v: number): number {
  return v < 0 ? 0 : v > 4294967295 ? 4294967295 : v;
}

/** Runs the instruction `fd sub`, whose operands end at word `sp`; gives where its result ends. */
export function runFloatLanes(sub: number, sp: number): number {
  const i32 = I32, f32 = F32, f64 = F64;
  // Where the two topmost vectors begin, the topmost with t: in words, then in lanes of 64 bits.
  const p = sp - 8, t = sp - 4;
  const p64 = p >> 1, t64 = t >> 1;
  switch (sub) {
    case 0x41: // f32x4.eq
      for (let i = p; i < p + 4; i++) i32[i] = f32[i] === f32[i + 4] ? -1 : 0;
      return t;
    case 0x42: // f32x4.ne
      for (let i = p; i < p + 4; i++) i32[i] = f32[i] !== f32[i + 4] ? -1 : 0;
      return t;
    case 0x43: // f32x4.lt
      for (let i = p; i < p + 4; i++) i32[i] = f32[i] < f32[i + 4] ? -1 : 0;
      return t;
    case 0x44: // f32x4.gt
      for (let i = p; i < p + 4; i++) i32[i] = f32[i] > f32[i + 4] ? -1 : 0;
      return t;
    case 0x45: // f32x4.le
      for (let i = p; i < p + 4; i++) i32[i] = f32[i] <= f32[i + 4] ? -1 : 0;
      return t;
    case 0x46: // f32x4.ge
      for (let i = p; i < p + 4; i++) i32[i] = f32[i] >= f32[i + 4] ? -1 : 0;
      return t;
    case 0x47: // f64x2.eq
      for (let i = p; i < p + 4; i += 2) i32[i] = i32[i + 1] = f64[i >> 1] === f64[(i >> 1) + 2] ? -1 : 0;
      return t;
    case 0x48: // f64x2.ne
      for (let i = p; i < p + 4; i += 2) i32[i] = i32[i + 1] = f64[i >> 1] !== f64[(i >> 1) + 2] ? -1 : 0;
      return t;
    case 0x49: // f64x2.lt
      for (let i = p; i < p + 4; i += 2) i32[i] = i32[i + 1] = f64[i >> 1] < f64[(i >> 1) + 2] ? -1 : 0;
      return t;
    case 0x4a: // f64x2.gt
      for (let i = p; i < p + 4; i += 2) i32[i] = i32[i + 1] = f64[i >> 1] > f64[(i >> 1) + 2] ? -1 : 0;
      return t;
    case 0x4b: // f64x2.le
      for (let i = p; i < p + 4; i += 2) i32[i] = i32[i + 1] = f64[i >> 1] <= f64[(i >> 1) + 2] ? -1 : 0;
      return t;
    case 0x4c: // f64x2.ge
      for (let i = p; i < p + 4; i += 2) i32[i] = i32[i + 1] = f64[i >> 1] >= f64[(i >> 1) + 2] ? -1 : 0;
      return t;
    case 0x5e: // f32x4.demote_f64x2_zero
      f32[t] = f64[t64];
      f32[t + 1] = f64[t64 + 1];
      i32[t + 2] = i32[t + 3] = 0;
      return sp;
    case 0x5f: // f64x2.promote_low_f32x4
      f64[t64 + 1] = f32[t + 1];
      f64[t64] = f32[t];
      return sp;
    case 0x67: // f32x4.ceil
      for (let i = t; i < t + 4; i++) f32[i] = ceil(f32[i]);
      return sp;
    case 0x68: // f32x4.floor
      for (let i = t; i < t + 4; i++) f32[i] = floor(f32[i]);
      return sp;
    case 0x69: // f32x4.trunc
      for (let i = t; i < t + 4; i++) f32[i] = truncate(f32[i]);
      return sp;
    case 0x6a: // f32x4.nearest
      for (let i = t; i < t + 4; i++) f32[i] = nearest(f32[i]);
      return sp;
    case 0x74: // f64x2.ceil
      for (let i = t64; i < t64 + 2; i++) f64[i] = ceil(f64[i]);
      return sp;
    case 0x75: // f64x2.floor
      for (let i = t64; i < t64 + 2; i++) f64[i] = floor(f64[i]);
      return sp;
    case 0x7a: // f64x2.trunc
      for (let i = t64; i < t64 + 2; i++) f64[i] = truncate(f64[i]);
      return sp;
    case 0x94: // f64x2.nearest
      for (let i = t64; i < t64 + 2; i++) f64[i] = nearest(f64[i]);
      return sp;
    case 0xe0: // f32x4.abs
      for (let i = t; i < sp; i++) i32[i] = i32[i] & 0x7fffffff;
      return sp;
    case 0xe1: // f32x4.neg
      for (let i = t; i < sp; i++) i32[i] = i32[i] ^ 0x80000000;
      return sp;
    case 0xe3: // f32x4.sqrt
      for (let i = t; i < t + 4; i++) f32[i] = Math.sqrt(f32[i]);
      return sp;
    case 0xe4: // f32x4.add
      for (let i = p; i < p + 4; i++) f32[i] = f32[i] + f32[i + 4];
      return t;
    case 0xe5: // f32x4.sub
      for (let i = p; i < p + 4; i++) f32[i] = f32[i] - f32[i + 4];
      return t;
    case 0xe6: // f32x4.mul
      for (let i = p; i < p + 4; i++) f32[i] = f32[i] * f32[i + 4];
      return t;
    case 0xe7: // f32x4.div
      for (let i = p; i < p + 4; i++) f32[i] = f32[i] / f32[i + 4];
      return t;
    case 0xe8: // f32x4.min
    case 0x10d: // f32x4.relaxed_min
      for (let i = p; i < p + 4; i++) f32[i] = minimum(f32[i], f32[i + 4]);
      return t;
    case 0xe9: // f32x4.max
    case 0x10e: // f32x4.relaxed_max
      for (let i = p; i < p + 4; i++) f32[i] = maximum(f32[i], f32[i + 4]);
      return t;
    case 0xea: // f32x4.pmin
      for (let i = p; i < t; i++) if (f32[i + 4] < f32[i]) i32[i] = i32[i + 4];
      return t;
    case 0xeb: // f32x4.pmax
      for (let i = p; i < t; i++) if (f32[i + 4] > f32[i]) i32[i] = i32[i + 4];
      return t;
    case 0xec: // f64x2.abs
      for (let i = t + 1; i < sp; i += 2) i32[i] = i32[i] & 0x7fffffff;
      return sp;
    case 0xed: // f64x2.neg
      for (let i = t + 1; i < sp; i += 2) i32[i] = i32[i] ^ 0x80000000;
      return sp;
    case 0xef: // f64x2.sqrt
      for (let i = t64; i < t64 + 2; i++) f64[i] = Math.sqrt(f64[i]);
      return sp;
    case 0xf0: // f64x2.add
      for (let i = p64; i < p64 + 2; i++) f64[i] = f64[i] + f64[i + 2];
      return t;
    case 0xf1: // f64x2.sub
      for (let i = p64; i < p64 + 2; i++) f64[i] = f64[i] - f64[i + 2];
      return t;
    case 0xf2: // f64x2.mul
      for (let i = p64; i < p64 + 2; i++) f64[i] = f64[i] * f64[i + 2];
      return t;
    case 0xf3: // f64x2.div
      for (let i = p64; i < p64 + 2; i++) f64[i] = f64[i] / f64[i + 2];
      return t;
    case 0xf4: // f64x2.min
    case 0x10f: // f64x2.relaxed_min
      for (let i = p64; i < p64 + 2; i++) f64[i] = minimum(f64[i], f64[i + 2]);
      return t;
    case 0xf5: // f64x2.max
    case 0x110: // f64x2.relaxed_max
      for (let i = p64; i < p64 + 2; i++) f64[i] = maximum(f64[i], f64[i + 2]);
      return t;
    case 0xf6: // f64x2.pmin
      for (let i = p; i < t; i += 2) {
        if (f64[(i >> 1) + 2] < f64[i >> 1]) {
          i32[i] = i32[i + 4];
          i32[i + 1] = i32[i + 5];
        }
      }
      return t;
    case 0xf7: // f64x2.pmax
      for (let i = p; i < t; i += 2) {
        if (f64[(i >> 1) + 2] > f64[i >> 1]) {
          i32[i] = i32[i + 4];
          i32[i + 1] = i32[i + 5];
        }
      }
      return t;
    case 0xf8: // i32x4.trunc_sat_f32x4_s
    case 0x101: // i32x4.relaxed_trunc_f32x4_s
      for (let i = t; i < sp; i++) i32[i] = saturateS32(f32[i]);
      return sp;
    case 0xf9: // i32x4.trunc_sat_f32x4_u
    case 0x102: // i32x4.relaxed_trunc_f32x4_u
      for (let i = t; i < sp; i++) i32[i] = saturateU32(f32[i]);
      return sp;
    case 0xfa: // f32x4.convert_i32x4_s
      for (let i = t; i < sp; i++) f32[i] = i32[i];
      return sp;
    case 0xfb: // f32x4.convert_i32x4_u
      for (let i = t; i < sp; i++) f32[i] = i32[i] >>> 0;
      return sp;
    case 0xfc: // i32x4.trunc_sat_f64x2_s_zero
    case 0x103: // i32x4.relaxed_trunc_f64x2_s_zero
      i32[t] = saturateS32(f64[t64]);
      i32[t + 1] = saturateS32(f64[t64 + 1]);
      i32[t + 2] = i32[t + 3] = 0;
      return sp;
    case 0xfd: // i32x4.trunc_sat_f64x2_u_zero
    case 0x104: // i32x4.relaxed_trunc_f64x2_u_zero
      i32[t] = saturateU32(f64[t64]);
      i32[t + 1] = saturateU32(f64[t64 + 1]);
      i32[t + 2] = i32[t + 3] = 0;
      return sp;
    case 0xfe: // f64x2.convert_low_i32x4_s
      f64[t64 + 1] = i32[t + 1];
      f64[t64] = i32[t];
      return sp;
    case 0xff: // f64x2.convert_low_i32x4_u
      f64[t64 + 1] = i32[t + 1] >>> 0;
      f64[t64] = i32[t] >>> 0;
      return sp;
    case 0x105: // f32x4.relaxed_madd
      for (let i = p - 4; i < p; i++) f32[i] = Math.fround(f32[i] * f32[i + 4]) + f32[i + 8];
      return p;
    case 0x106: // f32x4.relaxed_nmadd
      for (let i = p - 4; i < p; i++) f32[i] = f32[i + 8] - Math.fround(f32[i] * f32[i + 4]);
      return p;
    case 0x107: // f64x2.relaxed_madd
      for (let i = p64 - 2; i < p64; i++) f64[i] = f64[i] * f64[i + 2] + f64[i + 4];
      return p;
    case 0x108: // f64x2.relaxed_nmadd
      for (let i = p64 - 2; i < p64; i++) f64[i] = f64[i + 4] - f64[i] * f64[i + 2];
      return p;
    default:
      throw new BugError(`no handler for opcode fd ${sub.toString(16)}`);
  }
}
