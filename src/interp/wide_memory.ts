// Accesses to other memories than the first, to memories and tables with 64-bit addresses, and those whose rights are checked, for which code.ts puts an opcode of the interpreter's own.
// Take the operands from the thread's slots and put results there; give OK or the code of a trap.

import { OK, type Outcome } from "../runtime/bulk.ts";
import type { WasmMemory } from "../runtime/memory.ts";
import type { WasmTable } from "../runtime/table.ts";
import { I32_LOAD, I64_STORE32, INSTRUCTIONS, MEMORY_GROW, MEMORY_SIZE, STORES, TABLE_SET } from "../wasm/opcodes.ts";
import { Right } from "../wasm/rights.ts";
import { TrapCode } from "../wasm/traps.ts";
import { runAtomic } from "./atomics.ts";
import type { InstanceCode } from "./code.ts";
import { END, readOffset, readU32 } from "./leb.ts";
import { runPrefixed } from "./prefixed.ts";
import { wordsAsPlace } from "./places.ts";
import { runVectorAccess } from "./simd.ts";
import { SLOTS_I32, SLOTS_I64 } from "./stack.ts";
import type { Thread } from "./thread.ts";

const OUT = new Int32Array(4);
const FIRST_PREFIX = 0xfb, VECTOR_PREFIX = 0xfd, ATOMIC_PREFIX = 0xfe;
const FIRST_ACCESS = I32_LOAD, LAST_ACCESS = I64_STORE32;
/** Bytes that a load or store accesses, by opcode; negative for stores. */
const ACCESS_BYTES = new Int8Array(256);
for (const { code, properties, accessLog2 } of INSTRUCTIONS) {
  if (code >= FIRST_ACCESS && code <= LAST_ACCESS) {
    ACCESS_BYTES[code] = (1 << accessLog2) * (properties & STORES ? -1 : 1);
  }
}

/** Runs the instruction at `pc`. `thread.sp` must be right, and is after it; `thread.pc` is set to the next instruction. */
export function runElsewhere(thread: Thread, view: InstanceCode, pc: number): Outcome {
  const bytes = view.code.original;
  const opcode = bytes[pc];
  if (opcode >= FIRST_ACCESS && opcode <= LAST_ACCESS) return access(thread, view, bytes, pc);
  if (opcode >= FIRST_PREFIX) return runPrefix(thread, view, bytes, pc);
  const index = readU32(bytes, pc + 1, OUT);
  thread.pc = OUT[END];
  if (opcode === MEMORY_SIZE || opcode === MEMORY_GROW) {
    return memorySize(thread, view.instance.memories[index], opcode);
  }
  return tableAccess(thread, view.instance.tables[index], opcode);
}

/** An instruction with a prefix that accesses memory. */
function runPrefix(thread: Thread, view: InstanceCode, bytes: Uint8Array, pc: number): Outcome {
  if (bytes[pc] === ATOMIC_PREFIX) return runAtomic(thread, view, pc + 1);
  const sub = readU32(bytes, pc + 1, OUT);
  const after = OUT[END];
  return bytes[pc] === VECTOR_PREFIX
    ? runVectorAccess(thread, view, bytes, sub, after)
    : runPrefixed(thread, view, sub, after);
}

function memorySize(thread: Thread, memory: WasmMemory, opcode: number): Outcome {
  if (opcode === MEMORY_SIZE) SLOTS_I64[thread.sp++] = BigInt(memory.pages);
  else SLOTS_I64[thread.sp - 1] = BigInt(memory.grow(wordsAsPlace(memory.type, (thread.sp - 1) << 1)));
  return OK;
}

function tableAccess(thread: Thread, table: WasmTable, opcode: number): Outcome {
  const word = (thread.sp - (opcode === TABLE_SET ? 2 : 1)) << 1;
  const at = wordsAsPlace(table.type, word);
  if (opcode === TABLE_SET) thread.sp -= 2;
  if (at >= table.length) return TrapCode.TABLE_OUT_OF_BOUNDS;
  if (opcode === TABLE_SET) table.set(at, SLOTS_I32[word + 2]);
  else SLOTS_I64[word >> 1] = BigInt(table.get(at) >>> 0);
  return OK;
}

function access(thread: Thread, view: InstanceCode, bytes: Uint8Array, pc: number): Outcome {
  const i32 = SLOTS_I32;
  const opcode = bytes[pc], flags = readU32(bytes, pc + 1, OUT);
  const index = (flags & 64) !== 0 ? readU32(bytes, OUT[END], OUT) : 0;
  const offset = readOffset(bytes, OUT[END], OUT);
  thread.pc = OUT[END];
  const memory = view.instance.memories[index];
  const size = ACCESS_BYTES[opcode];
  /** Words of the topmost slot and of the address. */
  const top = (thread.sp - 1) << 1, low = size < 0 ? top - 2 : top;
  let address = i32[low] >>> 0;
  if (memory.type.is64) address += (i32[low + 1] >>> 0) * 2 ** 32;
  address += offset;
  if (address + (size < 0 ? -size : size) > memory.byteLength) {
    if (size < 0) thread.sp -= 2;
    return TrapCode.MEMORY_OUT_OF_BOUNDS;
  }
  memory.observer?.(address, Math.abs(size), size < 0 ? Right.WRITE : Right.READ);
  if (memory.protection === undefined) return perform(thread, opcode, memory.view, address, top);
  const rights = size < 0 ? Right.WRITE : Right.READ;
  return memory.access(address, Math.abs(size), rights, ({ view }) => perform(thread, opcode, view, address, top));
}

/** Makes an access within memory; the topmost slot is at word `top`. */
function perform(thread: Thread, opcode: number, data: DataView, address: number, top: number): Outcome {
  const i32 = SLOTS_I32;
  if (ACCESS_BYTES[opcode] < 0) thread.sp -= 2;
  switch (opcode) {
    case 0x28: // i32.load
    case 0x2a: // f32.load
    case 0x35: // i64.load32_u
      i32[top] = data.getInt32(address, true);
      i32[top + 1] = 0;
      return OK;
    case 0x29: // i64.load
    case 0x2b: // f64.load
      i32[top] = data.getInt32(address, true);
      i32[top + 1] = data.getInt32(address + 4, true);
      return OK;
    case 0x2c: // i32.load8_s
    case 0x30: // i64.load8_s
      i32[top] = data.getInt8(address);
      i32[top + 1] = i32[top] >> 31;
      return OK;
    case 0x2d: // i32.load8_u
    case 0x31: // i64.load8_u
      i32[top] = data.getUint8(address);
      i32[top + 1] = 0;
      return OK;
    case 0x2e: // i32.load16_s
    case 0x32: // i64.load16_s
      i32[top] = data.getInt16(address, true);
      i32[top + 1] = i32[top] >> 31;
      return OK;
    case 0x2f: // i32.load16_u
    case 0x33: // i64.load16_u
      i32[top] = data.getUint16(address, true);
      i32[top + 1] = 0;
      return OK;
    case 0x34: // i64.load32_s
      i32[top] = data.getInt32(address, true);
      i32[top + 1] = i32[top] >> 31;
      return OK;
    case 0x36: // i32.store
    case 0x38: // f32.store
    case 0x3e: // i64.store32
      data.setInt32(address, i32[top], true);
      return OK;
    case 0x37: // i64.store
    case 0x39: // f64.store
      data.setInt32(address, i32[top], true);
      data.setInt32(address + 4, i32[top + 1], true);
      return OK;
    case 0x3a: // i32.store8
    case 0x3c: // i64.store8
      data.setInt8(address, i32[top]);
      return OK;
    default: // i32.store16, i64.store16
      data.setInt16(address, i32[top], true);
      return OK;
  }
}
