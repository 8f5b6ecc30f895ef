// The interpreter's rarer instructions, in functions of their own so that the loop stays small: those with prefix fc, and accesses to other memories than the first.
// Take the operands from the thread's slots and put results there; give NO_TRAP or the code of a trap.

import { BugError } from "../base/bug.ts";
import { BytecodeReader } from "../bytecode/reader.ts";
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
import { TrapCode } from "../wasm/traps.ts";
import type { InstanceCode } from "./code.ts";
import { END, readU32 } from "./leb.ts";
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
  }
  const index = immediate(thread, view);
  /** The operands below the top as unsigned numbers, the topmost with 1. */
  const operand = (k: number) => i32[sp - 2 * k] >>> 0;
  switch (sub) {
    case 0x08: { // memory.init
      const memory = immediate(thread, view);
      thread.sp -= 3;
      return memoryInit(instance, index, memory, operand(3), operand(2), operand(1));
    }
    case 0x09: // data.drop
      instance.dropData(index);
      return OK;
    case 0x0a: { // memory.copy
      const from = immediate(thread, view);
      thread.sp -= 3;
      return memoryCopy(instance.memories[index], instance.memories[from], operand(3), operand(2), operand(1));
    }
    case 0x0b: // memory.fill
      thread.sp -= 3;
      return memoryFill(instance.memories[index], operand(3), operand(2), operand(1));
    case 0x0c: { // table.init
      const table = immediate(thread, view);
      thread.sp -= 3;
      return tableInit(instance, index, table, operand(3), operand(2), operand(1));
    }
    case 0x0d: // elem.drop
      instance.dropElem(index);
      return OK;
    case 0x0e: { // table.copy
      const from = immediate(thread, view);
      thread.sp -= 3;
      return tableCopy(instance.tables[index], instance.tables[from], operand(3), operand(2), operand(1));
    }
    case 0x0f: // table.grow
      thread.sp -= 1;
      i32[sp - 4] = instance.tables[index].grow(operand(1), i32[sp - 4]);
      i32[sp - 3] = 0;
      return OK;
    case 0x10: // table.size
      thread.sp += 1;
      i32[sp] = instance.tables[index].length;
      i32[sp + 1] = 0;
      return OK;
    case 0x11: // table.fill
      thread.sp -= 3;
      return tableFill(instance.tables[index], operand(3), i32[sp - 4], operand(1));
    default:
      throw new BugError(`no handler for opcode fc ${sub.toString(16)}`);
  }
}

/** Reads an index at `thread.pc` and moves behind it. */
function immediate(thread: Thread, view: InstanceCode): number {
  const value = readU32(view.code.valid.module.bytes, thread.pc, OUT);
  thread.pc = OUT[END];
  return value;
}

/** Runs the load or store at `pc`, whose memory is not the first. `thread.sp` and `thread.pc` as with `runPrefixed()`. */
export function otherMemory(thread: Thread, view: InstanceCode, pc: number): Outcome {
  const r = new BytecodeReader(view.code.valid.module.bytes, pc);
  r.next();
  thread.pc = r.pos;
  const { i32 } = thread;
  const { view: memory } = view.instance.memories[r.index];
  const stores = r.info.signature.endsWith(":");
  const address = (thread.sp - (stores ? 2 : 1)) << 1;
  const value = (thread.sp - 1) << 1;
  const at = (i32[address] >>> 0) + r.offset;
  const bits = 8 << r.info.accessLog2;
  if (at + (bits >> 3) > memory.byteLength) return TrapCode.MEMORY_OUT_OF_BOUNDS;
  if (stores) {
    thread.sp -= 2;
    if (bits === 8) memory.setInt8(at, i32[value]);
    else if (bits === 16) memory.setInt16(at, i32[value], true);
    else memory.setInt32(at, i32[value], true);
    if (bits === 64) memory.setInt32(at + 4, i32[value | 1], true);
    return OK;
  }
  const signed = r.info.name.endsWith("_s");
  const low = bits === 8 ? memory.getInt8(at) : bits === 16 ? memory.getInt16(at, true) : memory.getInt32(at, true);
  i32[value] = signed || bits >= 32 ? low : low & ((1 << bits) - 1);
  i32[value | 1] = bits === 64 ? memory.getInt32(at + 4, true) : signed ? low >> 31 : 0;
  return OK;
}
