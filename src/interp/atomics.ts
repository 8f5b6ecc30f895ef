// The interpreter's atomic instructions (threads proposal, prefix fe), for shared memories and others, of any index. Take the operands from the thread's slots and put results there.
// Give NO_TRAP or the code of a trap. Everything goes through JavaScript's Atomics, which do the same to unshared memories.

import { BugError } from "../base/bug.ts";
import { BytecodeReader } from "../bytecode/reader.ts";
import { OK, type Outcome } from "../runtime/bulk.ts";
import type { AtomicViews } from "../runtime/memory.ts";
import { notify, wait } from "../runtime/waiting.ts";
import { Imm, INSTRUCTIONS } from "../wasm/opcodes.ts";
import { rightsOf } from "../wasm/rights.ts";
import { TrapCode } from "../wasm/traps.ts";
import type { InstanceCode } from "./code.ts";
import { END, readU32 } from "./leb.ts";
import { SLOTS_I32, SLOTS_I64 } from "./stack.ts";
import type { Thread } from "./thread.ts";

const OUT = new Int32Array(1);
const FENCE = 0x03;
/** By sub-opcode: log2 of the bytes accessed, operands, and rights that are needed. */
const LOG2 = new Uint8Array(128);
const OPERANDS = new Uint8Array(128);
const RIGHTS = new Uint8Array(128);
for (const info of INSTRUCTIONS) {
  const { code, accessLog2, imm, signature } = info;
  if (code >>> 12 !== 0xfe || imm !== Imm.MEMORY_ACCESS) continue;
  LOG2[code & 127] = accessLog2;
  OPERANDS[code & 127] = signature.indexOf(":");
  RIGHTS[code & 127] = rightsOf(info);
}

/** An operation that Atomics has for elements of every width. */
interface Modification {
  (view: Uint8Array | Uint16Array | Int32Array, index: number, value: number): number;
  (view: BigInt64Array, index: number, value: bigint): bigint;
}
const ADD = Atomics.add as Modification,
  SUB = Atomics.sub as Modification,
  AND = Atomics.and as Modification,
  OR = Atomics.or as Modification,
  XOR = Atomics.xor as Modification,
  EXCHANGE = Atomics.exchange as Modification;

/**
 * Runs the instruction whose sub-opcode is at `pc`, behind its prefix. `thread.sp` must be right, and is after it; `thread.pc` is set to the next instruction.
 */
export function runAtomic(thread: Thread, view: InstanceCode, pc: number): Outcome {
  const { bytes } = view.code.valid.module;
  let sub = bytes[pc], memory = 0, offset: number, offsetLow: number;
  if (sub < 128 && sub !== FENCE && bytes[pc + 1] < 64 && bytes[pc + 2] < 128) {
    offset = offsetLow = bytes[pc + 2];
    thread.pc = pc + 3;
  } else {
    sub = readU32(bytes, pc, OUT);
    switch (sub) {
      case 0x03: // atomic.fence
        // Each access is sequentially consistent already.
        thread.pc = OUT[END] + 1;
        return OK;
    }
    const r = new BytecodeReader(bytes, pc - 1);
    r.next();
    memory = r.index;
    offset = r.offset;
    offsetLow = r.offsetLow;
    thread.pc = r.pos;
  }
  const log2 = LOG2[sub];
  const accessed = view.instance.memories[memory];
  const { type, byteLength, shared } = accessed;
  const first = (thread.sp - OPERANDS[sub]) << 1;
  const low = SLOTS_I32[first] >>> 0;
  // Only the lowest bits decide the alignment, so that the rounding of huge sums does no harm.
  if (((low + offsetLow) & ((1 << log2) - 1)) !== 0) return TrapCode.UNALIGNED_ATOMIC;
  const at = low + (type.is64 ? (SLOTS_I32[first + 1] >>> 0) * 2 ** 32 : 0) + offset;
  if (at + (1 << log2) > byteLength) return TrapCode.MEMORY_OUT_OF_BOUNDS;
  accessed.observer?.(at, 1 << log2, RIGHTS[sub]);
  if (accessed.protection === undefined) return operate(thread, sub, accessed.atomics, at, first, shared !== undefined);
  let outcome: Outcome = OK;
  const checked = accessed.access(at, 1 << log2, RIGHTS[sub], ({ atomics }) => {
    outcome = operate(thread, sub, atomics, at, first, shared !== undefined);
  });
  return checked !== OK ? checked : outcome;
}

/** Runs the instruction at an address that is within memory and aligned; operands begin at word `first`. */
function operate(
  thread: Thread,
  sub: number,
  m: AtomicViews,
  at: number,
  first: number,
  shared: boolean,
): Outcome {
  switch (sub) {
    case 0x00: // memory.atomic.notify
      thread.sp -= 1;
      SLOTS_I32[first] = !shared ? 0 : notify(m, at, SLOTS_I32[first + 2] >>> 0);
      return OK;
    case 0x01: // memory.atomic.wait32
      if (!shared) return TrapCode.EXPECTED_SHARED_MEMORY;
      thread.sp -= 2;
      return giveWait(m, at, 4, first);
    case 0x02: // memory.atomic.wait64
      if (!shared) return TrapCode.EXPECTED_SHARED_MEMORY;
      thread.sp -= 2;
      return giveWait(m, at, 8, first);
    case 0x10: // i32.atomic.load
    case 0x11: // i64.atomic.load
    case 0x12: // i32.atomic.load8_u
    case 0x13: // i32.atomic.load16_u
    case 0x14: // i64.atomic.load8_u
    case 0x15: // i64.atomic.load16_u
    case 0x16: // i64.atomic.load32_u
      return load(thread, m, at, sub);
    case 0x17: // i32.atomic.store
    case 0x18: // i64.atomic.store
    case 0x19: // i32.atomic.store8
    case 0x1a: // i32.atomic.store16
    case 0x1b: // i64.atomic.store8
    case 0x1c: // i64.atomic.store16
    case 0x1d: // i64.atomic.store32
      return store(thread, m, at, sub);
    case 0x1e: // i32.atomic.rmw.add
    case 0x1f: // i64.atomic.rmw.add
    case 0x20: // i32.atomic.rmw8.add_u
    case 0x21: // i32.atomic.rmw16.add_u
    case 0x22: // i64.atomic.rmw8.add_u
    case 0x23: // i64.atomic.rmw16.add_u
    case 0x24: // i64.atomic.rmw32.add_u
      return modify(thread, m, at, sub, ADD);
    case 0x25: // i32.atomic.rmw.sub
    case 0x26: // i64.atomic.rmw.sub
    case 0x27: // i32.atomic.rmw8.sub_u
    case 0x28: // i32.atomic.rmw16.sub_u
    case 0x29: // i64.atomic.rmw8.sub_u
    case 0x2a: // i64.atomic.rmw16.sub_u
    case 0x2b: // i64.atomic.rmw32.sub_u
      return modify(thread, m, at, sub, SUB);
    case 0x2c: // i32.atomic.rmw.and
    case 0x2d: // i64.atomic.rmw.and
    case 0x2e: // i32.atomic.rmw8.and_u
    case 0x2f: // i32.atomic.rmw16.and_u
    case 0x30: // i64.atomic.rmw8.and_u
    case 0x31: // i64.atomic.rmw16.and_u
    case 0x32: // i64.atomic.rmw32.and_u
      return modify(thread, m, at, sub, AND);
    case 0x33: // i32.atomic.rmw.or
    case 0x34: // i64.atomic.rmw.or
    case 0x35: // i32.atomic.rmw8.or_u
    case 0x36: // i32.atomic.rmw16.or_u
    case 0x37: // i64.atomic.rmw8.or_u
    case 0x38: // i64.atomic.rmw16.or_u
    case 0x39: // i64.atomic.rmw32.or_u
      return modify(thread, m, at, sub, OR);
    case 0x3a: // i32.atomic.rmw.xor
    case 0x3b: // i64.atomic.rmw.xor
    case 0x3c: // i32.atomic.rmw8.xor_u
    case 0x3d: // i32.atomic.rmw16.xor_u
    case 0x3e: // i64.atomic.rmw8.xor_u
    case 0x3f: // i64.atomic.rmw16.xor_u
    case 0x40: // i64.atomic.rmw32.xor_u
      return modify(thread, m, at, sub, XOR);
    case 0x41: // i32.atomic.rmw.xchg
    case 0x42: // i64.atomic.rmw.xchg
    case 0x43: // i32.atomic.rmw8.xchg_u
    case 0x44: // i32.atomic.rmw16.xchg_u
    case 0x45: // i64.atomic.rmw8.xchg_u
    case 0x46: // i64.atomic.rmw16.xchg_u
    case 0x47: // i64.atomic.rmw32.xchg_u
      return modify(thread, m, at, sub, EXCHANGE);
    case 0x48: // i32.atomic.rmw.cmpxchg
    case 0x49: // i64.atomic.rmw.cmpxchg
    case 0x4a: // i32.atomic.rmw8.cmpxchg_u
    case 0x4b: // i32.atomic.rmw16.cmpxchg_u
    case 0x4c: // i64.atomic.rmw8.cmpxchg_u
    case 0x4d: // i64.atomic.rmw16.cmpxchg_u
    case 0x4e: // i64.atomic.rmw32.cmpxchg_u
      return compareExchange(thread, m, at, sub);
    default:
      throw new BugError(`no handler for opcode fe ${sub.toString(16)}`);
  }
}

/** Puts an unsigned result of at most 32 bits into the slot that begins at word `at`. */
function put(at: number, value: number): void {
  SLOTS_I32[at] = value;
  SLOTS_I32[at + 1] = 0;
}

function load(thread: Thread, m: AtomicViews, at: number, sub: number): Outcome {
  const slot = (thread.sp - 1) << 1;
  const log2 = LOG2[sub];
  if (log2 === 3) SLOTS_I64[slot >> 1] = Atomics.load(m.i64, at / 8);
  else if (log2 === 2) put(slot, Atomics.load(m.i32, at / 4));
  else put(slot, log2 === 1 ? Atomics.load(m.u16, at / 2) : Atomics.load(m.u8, at));
  return OK;
}

function store(thread: Thread, m: AtomicViews, at: number, sub: number): Outcome {
  const slot = (thread.sp - 1) << 1;
  const log2 = LOG2[sub];
  thread.sp -= 2;
  if (log2 === 3) Atomics.store(m.i64, at / 8, SLOTS_I64[slot >> 1]);
  else if (log2 === 2) Atomics.store(m.i32, at / 4, SLOTS_I32[slot]);
  else if (log2 === 1) Atomics.store(m.u16, at / 2, SLOTS_I32[slot]);
  else Atomics.store(m.u8, at, SLOTS_I32[slot]);
  return OK;
}

function modify(thread: Thread, m: AtomicViews, at: number, sub: number, operation: Modification): Outcome {
  const value = (thread.sp - 1) << 1;
  const slot = value - 2;
  const log2 = LOG2[sub];
  thread.sp -= 1;
  if (log2 === 3) SLOTS_I64[slot >> 1] = operation(m.i64, at / 8, SLOTS_I64[value >> 1]);
  else if (log2 === 2) put(slot, operation(m.i32, at / 4, SLOTS_I32[value]));
  else if (log2 === 1) put(slot, operation(m.u16, at / 2, SLOTS_I32[value]));
  else put(slot, operation(m.u8, at, SLOTS_I32[value]));
  return OK;
}

/** The operands of a narrow one are cut to its width, as V8 does. */
function compareExchange(thread: Thread, m: AtomicViews, at: number, sub: number): Outcome {
  const value = (thread.sp - 1) << 1;
  const wanted = value - 2, slot = value - 4;
  const log2 = LOG2[sub];
  thread.sp -= 2;
  if (log2 === 3) {
    SLOTS_I64[slot >> 1] = Atomics.compareExchange(m.i64, at / 8, SLOTS_I64[wanted >> 1], SLOTS_I64[value >> 1]);
  } else if (log2 === 2) put(slot, Atomics.compareExchange(m.i32, at / 4, SLOTS_I32[wanted], SLOTS_I32[value]));
  else if (log2 === 1) put(slot, Atomics.compareExchange(m.u16, at / 2, SLOTS_I32[wanted], SLOTS_I32[value]));
  else put(slot, Atomics.compareExchange(m.u8, at, SLOTS_I32[wanted], SLOTS_I32[value]));
  return OK;
}

/** Waits as long as the third operand says, of which the first is at word `first`, where the result goes. */
function giveWait(m: AtomicViews, at: number, bytes: 4 | 8, first: number): Outcome {
  const slot = first >> 1, outcome = wait(m, at, bytes, SLOTS_I64[slot + 1], SLOTS_I64[slot + 2]);
  if ("trap" in outcome) return outcome.trap;
  SLOTS_I32[first] = outcome.result;
  return OK;
}
