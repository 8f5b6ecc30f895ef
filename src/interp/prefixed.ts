// The interpreter's rarer instructions, in functions of their own so that the loop stays small: those with prefix fc.
// Take the operands from the thread's slots and put results there; give NO_TRAP or the code of a trap.

import { BugError } from "../base/bug.ts";
import {
  memoryCopy,
  memoryFill,
  memoryInit,
  OK,
  type Outcome,
  tableCopy,
  tableFill,
  tableInit,
} from "../runtime/bulk.ts";
import { truncSat32, truncSat64 } from "../wasm/numeric.ts";
import type { Limits } from "../wasm/types.ts";
import type { InstanceCode } from "./code.ts";
import { END, readU32 } from "./leb.ts";
import { wordsAsPlace } from "./places.ts";
import { SLOTS_F32, SLOTS_F64, SLOTS_I32, SLOTS_I64 } from "./stack.ts";
import type { Thread } from "./thread.ts";

const OUT = new Int32Array(1);

/**
 * Runs the instruction `fc sub` whose immediates begin at `pc`. `thread.sp` must be right, and is after it; `thread.pc` is set to the next instruction.
 */
export function runPrefixed(thread: Thread, view: InstanceCode, sub: number, pc: number): Outcome {
  const i32 = SLOTS_I32, i64 = SLOTS_I64, f32 = SLOTS_F32, f64 = SLOTS_F64;
  const { instance } = view;
  /** Word behind the topmost slot. */
  const sp = thread.sp << 1;
  const top = sp - 2;
  thread.pc = pc;
  switch (sub) {
    case 0x00: // i32.trunc_sat_f32_s
      i32[top] = truncSat32(f32[top], "i32_s");
      return OK;
    case 0x01: // i32.trunc_sat_f32_u
      i32[top] = truncSat32(f32[top], "i32_u");
      return OK;
    case 0x02: // i32.trunc_sat_f64_s
      i32[top] = truncSat32(f64[top >> 1], "i32_s");
      return OK;
    case 0x03: // i32.trunc_sat_f64_u
      i32[top] = truncSat32(f64[top >> 1], "i32_u");
      return OK;
    case 0x04: // i64.trunc_sat_f32_s
      i64[top >> 1] = truncSat64(f32[top], "i64_s");
      return OK;
    case 0x05: // i64.trunc_sat_f32_u
      i64[top >> 1] = truncSat64(f32[top], "i64_u");
      return OK;
    case 0x06: // i64.trunc_sat_f64_s
      i64[top >> 1] = truncSat64(f64[top >> 1], "i64_s");
      return OK;
    case 0x07: // i64.trunc_sat_f64_u
      i64[top >> 1] = truncSat64(f64[top >> 1], "i64_u");
      return OK;
    case 0x13: // i64.add128
      addWide(thread, 1n);
      return OK;
    case 0x14: // i64.sub128
      addWide(thread, -1n);
      return OK;
    case 0x15: // i64.mul_wide_s
      putWide(thread, i64[(top >> 1) - 1] * i64[top >> 1]);
      return OK;
    case 0x16: // i64.mul_wide_u
      putWide(thread, BigInt.asUintN(64, i64[(top >> 1) - 1]) * BigInt.asUintN(64, i64[top >> 1]));
      return OK;
  }
  const index = immediate(thread, view);
  const { memories, tables } = instance;
  /** The operands below the top as unsigned numbers, the topmost with 1. */
  const operand = (k: number) => i32[sp - 2 * k] >>> 0;
  /** An operand that is an address, index or count in what has `limits`: not exact beyond 2^53, and out of bounds there. */
  const place = (k: number, limits: Limits) => wordsAsPlace(limits, sp - 2 * k);
  switch (sub) {
    case 0x08: { // memory.init
      const memory = immediate(thread, view);
      thread.sp -= 3;
      return memoryInit(instance, index, memory, place(3, memories[memory].type), operand(2), operand(1));
    }
    case 0x09: // data.drop
      instance.dropData(index);
      return OK;
    case 0x0a: { // memory.copy
      const to = memories[index], from = memories[immediate(thread, view)];
      thread.sp -= 3;
      const count = place(1, to.type.is64 ? from.type : to.type);
      return memoryCopy(to, from, place(3, to.type), place(2, from.type), count);
    }
    case 0x0b: { // memory.fill
      const memory = memories[index];
      thread.sp -= 3;
      return memoryFill(memory, place(3, memory.type), operand(2), place(1, memory.type));
    }
    case 0x0c: { // table.init
      const table = immediate(thread, view);
      thread.sp -= 3;
      return tableInit(instance, index, table, place(3, tables[table].type), operand(2), operand(1));
    }
    case 0x0d: // elem.drop
      instance.dropElem(index);
      return OK;
    case 0x0e: { // table.copy
      const to = tables[index], from = tables[immediate(thread, view)];
      thread.sp -= 3;
      const count = place(1, to.type.is64 ? from.type : to.type);
      return tableCopy(to, from, place(3, to.type), place(2, from.type), count);
    }
    case 0x0f: { // table.grow
      const table = tables[index];
      thread.sp -= 1;
      i64[(sp - 4) >> 1] = BigInt(table.grow(place(1, table.type), i32[sp - 4]));
      return OK;
    }
    case 0x10: // table.size
      thread.sp += 1;
      i32[sp] = tables[index].length;
      i32[sp + 1] = 0;
      return OK;
    case 0x11: { // table.fill
      const table = tables[index];
      thread.sp -= 3;
      return tableFill(table, place(3, table.type), i32[sp - 4], place(1, table.type));
    }
    default:
      throw new BugError(`no handler for opcode fc ${sub.toString(16)}`);
  }
}

/** Adds `sign` times the upper pair of slots to the pair below it, as integers of 128 bits, low halves first; the sum takes their place. */
function addWide(thread: Thread, sign: bigint): void {
  const at = thread.sp - 4;
  thread.sp -= 2;
  const low = BigInt.asUintN(64, SLOTS_I64[at]) + sign * BigInt.asUintN(64, SLOTS_I64[at + 2]);
  SLOTS_I64[at] = low;
  SLOTS_I64[at + 1] += sign * SLOTS_I64[at + 3] + (low >> 64n);
}

/** Puts a product of 128 bits over the two topmost slots, its low half first. */
function putWide(thread: Thread, product: bigint): void {
  SLOTS_I64[thread.sp - 2] = product;
  SLOTS_I64[thread.sp - 1] = product >> 64n;
}

/** Reads an index at `thread.pc` and moves behind it. */
function immediate(thread: Thread, view: InstanceCode): number {
  const value = readU32(view.code.valid.module.bytes, thread.pc, OUT);
  thread.pc = OUT[END];
  return value;
}
