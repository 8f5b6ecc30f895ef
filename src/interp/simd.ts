// SIMD instructions with immediates: loads and stores in memories of any index and address width, constants, shuffles, lanes.
// Take the word behind the topmost slot and work on the slots in place; all others are simd_integer.ts's and simd_float.ts's.

import { BugError } from "../base/bug.ts";
import type { WasmMemory } from "../runtime/memory.ts";
import type { Outcome } from "../runtime/outcome.ts";
import { Imm, INSTRUCTIONS } from "../wasm/opcodes.ts";
import { rightsOf } from "../wasm/rights.ts";
import { TrapCode } from "../wasm/traps.ts";
import type { InstanceCode } from "./code.ts";
import { END, readOffset, readU32 } from "./leb.ts";
import { runLanes } from "./simd_integer.ts";
import * as stack from "./stack.ts";
import type { Thread } from "./thread.ts";

/** What is given for an access outside of memory. */
const OUTSIDE = -1;

// Constants of this module: see run.ts.
const I8 = stack.SLOTS_I8, U8 = stack.SLOTS_U8, I16 = stack.SLOTS_I16, U16 = stack.SLOTS_U16, I32 = stack.SLOTS_I32;
const OUT = new Int32Array(1);
const SHUFFLED = new Int32Array(4), SHUFFLED_U8 = new Uint8Array(SHUFFLED.buffer);

/** Bytes that each sub-opcode accesses; 0 for those that access no memory. */
const ACCESS_BYTES = new Uint8Array(0x60);
/** The rights that they need. */
const RIGHTS = new Uint8Array(0x60);
/** 1 where a vector stands above the address. */
const HAS_VECTOR = new Uint8Array(0x60);
for (const info of INSTRUCTIONS) {
  const { code, imm, accessLog2, signature } = info;
  if (code >>> 12 !== 0xfd || (imm !== Imm.MEMORY_ACCESS && imm !== Imm.MEMORY_LANE)) continue;
  ACCESS_BYTES[code & 0xfff] = 1 << accessLog2;
  RIGHTS[code & 0xfff] = rightsOf(info);
  HAS_VECTOR[code & 0xfff] = signature.startsWith("av") ? 1 : 0;
}

function copy(from: number, to: number): void {
  I32[to] = I32[from];
  I32[to + 1] = I32[from + 1];
  I32[to + 2] = I32[from + 2];
  I32[to + 3] = I32[from + 3];
}

/**
 * Runs the instruction `fd sub`, whose immediates begin at `pc` and whose operands end at word `sp`; `memory` is the first, perhaps as it was before it grew. Gives where its result ends, or a negative number if it is outside of memory;
 * sets `thread.pc` to the next instruction.
 */
export function runSimd(
  thread: Thread,
  view: InstanceCode,
  bytes: Uint8Array,
  sub: number,
  pc: number,
  sp: number,
  memory: DataView,
): number {
  if (sub < 0x60 && ACCESS_BYTES[sub] !== 0) {
    const offset = bytes[pc + 1];
    if (bytes[pc] < 64 && offset < 128 && !view.wide) {
      const at = (I32[sp - (HAS_VECTOR[sub] !== 0 ? 6 : 2)] >>> 0) + offset;
      // Otherwise a shared memory may be longer by now.
      if (at + ACCESS_BYTES[sub] <= memory.byteLength) return access(thread, bytes, sub, pc + 2, sp, memory, at);
    }
    return locate(thread, view, bytes, sub, pc, sp);
  }
  const i8 = I8, u8 = U8, i16 = I16, u16 = U16, i32 = I32;
  const lane = bytes[pc];
  let from = 0;
  thread.pc = pc + 1;
  switch (sub) {
    case 0x0c: // v128.const
      from = sp << 2;
      for (let i = 0; i < 16; i++) u8[from + i] = bytes[pc + i];
      thread.pc = pc + 16;
      return sp + 4;
    case 0x0d: // i8x16.shuffle
      from = (sp - 8) << 2;
      for (let i = 0; i < 16; i++) SHUFFLED_U8[i] = u8[from + bytes[pc + i]];
      for (let i = 0; i < 4; i++) i32[sp - 8 + i] = SHUFFLED[i];
      thread.pc = pc + 16;
      return sp - 4;
    case 0x15: // i8x16.extract_lane_s
      i32[sp - 4] = i8[((sp - 4) << 2) + lane];
      return sp - 2;
    case 0x16: // i8x16.extract_lane_u
      i32[sp - 4] = u8[((sp - 4) << 2) + lane];
      return sp - 2;
    case 0x18: // i16x8.extract_lane_s
      i32[sp - 4] = i16[((sp - 4) << 1) + lane];
      return sp - 2;
    case 0x19: // i16x8.extract_lane_u
      i32[sp - 4] = u16[((sp - 4) << 1) + lane];
      return sp - 2;
    case 0x1b: // i32x4.extract_lane
    case 0x1f: // f32x4.extract_lane
      i32[sp - 4] = i32[sp - 4 + lane];
      return sp - 2;
    case 0x1d: // i64x2.extract_lane
    case 0x21: // f64x2.extract_lane
      i32[sp - 4] = i32[sp - 4 + 2 * lane];
      i32[sp - 3] = i32[sp - 3 + 2 * lane];
      return sp - 2;
    case 0x17: // i8x16.replace_lane
      u8[((sp - 6) << 2) + lane] = i32[sp - 2];
      return sp - 2;
    case 0x1a: // i16x8.replace_lane
      u16[((sp - 6) << 1) + lane] = i32[sp - 2];
      return sp - 2;
    case 0x1c: // i32x4.replace_lane
    case 0x20: // f32x4.replace_lane
      i32[sp - 6 + lane] = i32[sp - 2];
      return sp - 2;
    case 0x1e: // i64x2.replace_lane
    case 0x22: // f64x2.replace_lane
      i32[sp - 6 + 2 * lane] = i32[sp - 2];
      i32[sp - 5 + 2 * lane] = i32[sp - 1];
      return sp - 2;
    default:
      thread.pc = pc;
      return runSplat(sub, sp);
  }
}

function runSplat(sub: number, sp: number): number {
  const u8 = U8, u16 = U16, i32 = I32;
  let from = 0;
  switch (sub) {
    case 0x0f: // i8x16.splat
      from = (sp - 2) << 2;
      for (let i = 1, v = u8[from]; i < 16; i++) u8[from + i] = v;
      return sp + 2;
    case 0x10: // i16x8.splat
      from = (sp - 2) << 1;
      for (let i = 1, v = u16[from]; i < 8; i++) u16[from + i] = v;
      return sp + 2;
    case 0x11: // i32x4.splat
    case 0x13: // f32x4.splat
      i32[sp - 1] = i32[sp] = i32[sp + 1] = i32[sp - 2];
      return sp + 2;
    case 0x12: // i64x2.splat
    case 0x14: // f64x2.splat
      i32[sp] = i32[sp - 2];
      i32[sp + 1] = i32[sp - 1];
      return sp + 2;
    default:
      return runLanes(sub, sp);
  }
}

/** The memory of the memarg at `pc`, which then ends at OUT[END]; the address, with what a double cannot hold far outside of every memory, is in `located`. */
function memoryAt(view: InstanceCode, bytes: Uint8Array, sub: number, pc: number, sp: number): WasmMemory {
  const flags = readU32(bytes, pc, OUT);
  const index = (flags & 64) !== 0 ? readU32(bytes, OUT[END], OUT) : 0;
  const offset = readOffset(bytes, OUT[END], OUT);
  const memory = view.instance.memories[index];
  const word = HAS_VECTOR[sub] !== 0 ? sp - 6 : sp - 2;
  located = (I32[word] >>> 0) + (memory.type.is64 ? (I32[word + 1] >>> 0) * 4294967296 : 0) + offset;
  return memory;
}
let located = 0;

/** An access to any memory. */
function locate(thread: Thread, view: InstanceCode, bytes: Uint8Array, sub: number, pc: number, sp: number): number {
  const memory = memoryAt(view, bytes, sub, pc, sp), at = located;
  thread.pc = OUT[END];
  if (at + ACCESS_BYTES[sub] > memory.byteLength) return OUTSIDE;
  return access(thread, bytes, sub, OUT[END], sp, memory.view, at);
}

/** The same with the operands' end in `thread.sp`, which is after it, and with rights checked. */
export function runVectorAccess(
  thread: Thread,
  view: InstanceCode,
  bytes: Uint8Array,
  sub: number,
  pc: number,
): Outcome {
  const sp = thread.sp << 1;
  const memory = memoryAt(view, bytes, sub, pc, sp), at = located, end = OUT[END];
  if (at + ACCESS_BYTES[sub] > memory.byteLength) return TrapCode.MEMORY_OUT_OF_BOUNDS;
  memory.observer?.(at, ACCESS_BYTES[sub], RIGHTS[sub]);
  return memory.access(at, ACCESS_BYTES[sub], RIGHTS[sub], (views) => {
    thread.sp = access(thread, bytes, sub, end, sp, views.view, at) >> 1;
  });
}

/** An access within memory; its memarg ends at `pc`. */
function access(
  thread: Thread,
  bytes: Uint8Array,
  sub: number,
  pc: number,
  sp: number,
  memory: DataView,
  at: number,
): number {
  const u8 = U8, i16 = I16, u16 = U16, i32 = I32;
  let from = 0, lane = 0;
  thread.pc = pc;
  if (sub >= 0x54 && sub < 0x5c) {
    lane = bytes[pc];
    thread.pc = pc + 1;
  }
  switch (sub) {
    case 0x00: // v128.load
      i32[sp - 2] = memory.getInt32(at, true);
      i32[sp - 1] = memory.getInt32(at + 4, true);
      i32[sp] = memory.getInt32(at + 8, true);
      i32[sp + 1] = memory.getInt32(at + 12, true);
      return sp + 2;
    case 0x0b: // v128.store
      memory.setInt32(at, i32[sp - 4], true);
      memory.setInt32(at + 4, i32[sp - 3], true);
      memory.setInt32(at + 8, i32[sp - 2], true);
      memory.setInt32(at + 12, i32[sp - 1], true);
      return sp - 6;
    case 0x01: // v128.load8x8_s
      from = (sp - 2) << 1;
      for (let i = 0; i < 8; i++) i16[from + i] = memory.getInt8(at + i);
      return sp + 2;
    case 0x02: // v128.load8x8_u
      from = (sp - 2) << 1;
      for (let i = 0; i < 8; i++) i16[from + i] = memory.getUint8(at + i);
      return sp + 2;
    case 0x03: // v128.load16x4_s
      from = sp - 2;
      for (let i = 0; i < 4; i++) i32[from + i] = memory.getInt16(at + 2 * i, true);
      return sp + 2;
    case 0x04: // v128.load16x4_u
      from = sp - 2;
      for (let i = 0; i < 4; i++) i32[from + i] = memory.getUint16(at + 2 * i, true);
      return sp + 2;
    case 0x05: // v128.load32x2_s
      for (let i = 0; i < 2; i++) {
        const low = memory.getInt32(at + 4 * i, true);
        i32[sp - 2 + 2 * i] = low;
        i32[sp - 1 + 2 * i] = low >> 31;
      }
      return sp + 2;
    case 0x06: // v128.load32x2_u
      for (let i = 0; i < 2; i++) {
        const low = memory.getInt32(at + 4 * i, true);
        i32[sp - 2 + 2 * i] = low;
        i32[sp - 1 + 2 * i] = 0;
      }
      return sp + 2;
    case 0x07: // v128.load8_splat
      from = (sp - 2) << 2;
      u8.fill(memory.getUint8(at), from, from + 16);
      return sp + 2;
    case 0x08: // v128.load16_splat
      from = (sp - 2) << 1;
      u16.fill(memory.getUint16(at, true), from, from + 8);
      return sp + 2;
    case 0x09: // v128.load32_splat
      from = sp - 2;
      i32.fill(memory.getInt32(at, true), from, from + 4);
      return sp + 2;
    case 0x0a: // v128.load64_splat
      i32[sp - 2] = i32[sp] = memory.getInt32(at, true);
      i32[sp - 1] = i32[sp + 1] = memory.getInt32(at + 4, true);
      return sp + 2;
    case 0x54: // v128.load8_lane
      u8[((sp - 4) << 2) + lane] = memory.getUint8(at);
      copy(sp - 4, sp - 6);
      return sp - 2;
    case 0x55: // v128.load16_lane
      u16[((sp - 4) << 1) + lane] = memory.getUint16(at, true);
      copy(sp - 4, sp - 6);
      return sp - 2;
    case 0x56: // v128.load32_lane
      i32[sp - 4 + lane] = memory.getInt32(at, true);
      copy(sp - 4, sp - 6);
      return sp - 2;
    case 0x57: // v128.load64_lane
      from = sp - 4 + 2 * lane;
      i32[from] = memory.getInt32(at, true);
      i32[from + 1] = memory.getInt32(at + 4, true);
      copy(sp - 4, sp - 6);
      return sp - 2;
    case 0x58: // v128.store8_lane
      memory.setUint8(at, u8[((sp - 4) << 2) + lane]);
      return sp - 6;
    case 0x59: // v128.store16_lane
      memory.setUint16(at, u16[((sp - 4) << 1) + lane], true);
      return sp - 6;
    case 0x5a: // v128.store32_lane
      memory.setInt32(at, i32[sp - 4 + lane], true);
      return sp - 6;
    case 0x5b: // v128.store64_lane
      from = sp - 4 + 2 * lane;
      memory.setInt32(at, i32[from], true);
      memory.setInt32(at + 4, i32[from + 1], true);
      return sp - 6;
    case 0x5c: // v128.load32_zero
      i32[sp - 2] = memory.getInt32(at, true);
      i32[sp - 1] = i32[sp] = i32[sp + 1] = 0;
      return sp + 2;
    case 0x5d: // v128.load64_zero
      i32[sp - 2] = memory.getInt32(at, true);
      i32[sp - 1] = memory.getInt32(at + 4, true);
      i32[sp] = i32[sp + 1] = 0;
      return sp + 2;
    default:
      throw new BugError(`no access fd ${sub.toString(16)}`);
  }
}
