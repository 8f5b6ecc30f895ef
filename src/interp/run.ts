// The loop of the interpreter: in place over the bytes, with the side table for branches and explicit frames. Takes a thread with a frame on top, gives why it stopped.
// What can happen before and after a run is thread.ts's affair; prefixed instructions are run by prefixed.ts.

import type { WasmFunc } from "../runtime/func.ts";
import { RunStatus } from "../runtime/tier.ts";
import {
  ceil,
  ctz32,
  floor,
  i64ForF32,
  maximum,
  minimum,
  nearest,
  popcnt32,
  truncate,
  truncTrap,
} from "../wasm/numeric.ts";
import { TrapCode } from "../wasm/traps.ts";
import { TYPES } from "../wasm/types.ts";
import { BugError } from "../base/bug.ts";
import { runAtomic } from "./atomics.ts";
import { type FunctionCode, functionCode, joinBlocks } from "./code.ts";
import * as counted from "./counted.ts";
import * as gc from "./gc.ts";
import { skipTryTable, startThrow } from "./exceptions.ts";
import {
  END,
  HIGH,
  LOW,
  readMemarg,
  readS32,
  readS64,
  readU32,
  skipBlockType,
  skipLeb,
  skipSelectTypes,
} from "./leb.ts";
import { runPrefixed } from "./prefixed.ts";
import { runSimd } from "./simd.ts";
import { runLanes } from "./simd_integer.ts";
import * as stack from "./stack.ts";
import { BASE, FP, FRAME_WORDS, LAST_FRAME, PC, STACK_WORDS, STP } from "./stack.ts";
import type { Thread } from "./thread.ts";
import { runElsewhere } from "./wide_memory.ts";
import { runMove } from "./vector_moves.ts";

/** The loop used its fuel up. */
export const SLICE = -1;
/** The loop came to an instruction with a stop. */
export const STOPPED = RunStatus.STOPPED;
/** The top frame is one that the loop does not run: of register code, or about to be; or `thread.callee` is to be called, of another instance, which another loop runs. */
export const SWITCH = -3;

// Constants of this module, neither imported nor exported: only these are constants to V8's compiler.
const I32 = stack.SLOTS_I32,
  I64 = stack.SLOTS_I64,
  F32 = stack.SLOTS_F32,
  F64 = stack.SLOTS_F64,
  FRAMES = stack.FRAMES,
  CODES = stack.CODES;

const NO_MEMORY = new DataView(new ArrayBuffer(0));
/** Results of LEB128 readers. */
const OUT = new Int32Array(4);
const NO_TRAP = -1;
const TAKEN = gc.TAKEN, NOT_TAKEN = gc.NOT_TAKEN;
const OPENED = counted.OPENED, CALL = counted.CALL, runCounted = counted.runCounted;
/** The values of LEB128 numbers of one byte, as i64. */
const SMALL = BigInt64Array.from({ length: 128 }, (_, byte) => BigInt.asIntN(64, BigInt((byte << 25) >> 25)));
const UNREACHABLE = TrapCode.UNREACHABLE,
  OUT_OF_BOUNDS = TrapCode.MEMORY_OUT_OF_BOUNDS,
  TABLE_BOUNDS = TrapCode.TABLE_OUT_OF_BOUNDS;
const DIVIDE_BY_ZERO = TrapCode.INTEGER_DIVIDE_BY_ZERO,
  OVERFLOW = TrapCode.INTEGER_OVERFLOW,
  EXHAUSTED = TrapCode.CALL_STACK_EXHAUSTED;
const UNDEFINED_ELEMENT = TrapCode.UNDEFINED_ELEMENT,
  UNINITIALIZED_ELEMENT = TrapCode.UNINITIALIZED_ELEMENT,
  TYPE_MISMATCH = TrapCode.INDIRECT_CALL_TYPE_MISMATCH,
  NULL_REFERENCE = TrapCode.NULL_REFERENCE,
  NULL_FUNCTION = TrapCode.NULL_FUNCTION;

/**
 * Runs the top frame of `thread` for at most `fuel` calls of functions of this tier and passes of loop heads. Gives a RunStatus, STOPPED before an instruction where a stop is set, or SLICE when the fuel is used up.
 * `thread.rest` is what is left of it, -1 with SLICE. `thread.sp` and the top frame's pc and cursor are then right: the pc is behind the instruction that called or somewhere in the one that trapped.
 */
export function runLoop(thread: Thread, fuel: number): RunStatus | typeof SLICE | typeof SWITCH {
  const i32 = I32, i64 = I64, f32 = F32, f64 = F64, frames = FRAMES, codes = CODES;
  const out = OUT, stepping = thread.stepping, store = thread.store;
  let top = thread.top, sp = thread.sp << 1;
  let pc = frames[top], stp = frames[top + STP], fp = frames[top + FP];
  let view = codes[top >> 2].view, bytes = stepping ? view.code.allStops : view.code.bytes, table = view.code.table;
  let memory = view.instance.memories.length > 0 ? view.instance.memories[0].view : NO_MEMORY;

  // Temporaries: one set for all cases keeps V8's bytecode small. In case labels, only literals give a jump table.
  let a = 0, b = 0, c = 0, d = 0, e = 0, x = 0, y = 0;
  /** Whether a call is to replace the frame; whether it is then to be a base frame. */
  let tail = 0, base = 0;
  let end = memory.byteLength;
  let callee: WasmFunc, next: FunctionCode;
  let status: RunStatus | typeof SLICE | typeof SWITCH = SLICE, trap: number = NO_TRAP;
  run: for (;;) {
    calls: {
      taken: {
        narrow: {
          wide: {
            a = bytes[pc];
            pc = (pc + 1) | 0;
            switch (a) {
              // Frequent ones first; comparisons of i32 run a br_if that follows them, unless a stop is set there.
              case 0x20: // local.get
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                a = (fp + (a << 1)) | 0;
                i64[sp >> 1] = i64[a >> 1];
                sp = (sp + 2) | 0;
                continue;
              case 0x21: // local.set
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                sp = (sp - 2) | 0;
                a = (fp + (a << 1)) | 0;
                i64[a >> 1] = i64[sp >> 1];
                continue;
              case 0x22: // local.tee
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                a = (fp + (a << 1)) | 0;
                i64[a >> 1] = i64[(sp - 2) >> 1];
                continue;
              case 0x41: // i32.const
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readS32(bytes, pc - 1, out);
                  pc = out[END];
                } else a = (a << 25) >> 25;
                i32[sp] = a;
                sp = (sp + 2) | 0;
                continue;
              case 0x6a: // i32.add
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = i32[a] + i32[sp];
                continue;
              // Fused forms: see fuse.ts. Operands of i32 are taken to b and c, those of other types where b and c say.
              case 0xc5: // LOCAL_LOCAL_I32
                b = i32[(fp + (bytes[pc] << 1)) | 0];
                c = i32[(fp + (bytes[pc + 2] << 1)) | 0];
                a = bytes[pc + 3];
                pc = (pc + 4) | 0;
                break narrow;
              case 0xc6: // LOCAL_CONST_I32
                b = i32[(fp + (bytes[pc] << 1)) | 0];
                c = (bytes[pc + 2] << 25) >> 25;
                a = bytes[pc + 3];
                pc = (pc + 4) | 0;
                break narrow;
              case 0xc8: // LOCAL_I32
                c = i32[(fp + (bytes[pc] << 1)) | 0];
                sp = (sp - 2) | 0;
                b = i32[sp];
                a = bytes[pc + 1];
                pc = (pc + 2) | 0;
                break narrow;
              case 0xc9: // CONST_I32
                c = (bytes[pc] << 25) >> 25;
                sp = (sp - 2) | 0;
                b = i32[sp];
                a = bytes[pc + 1];
                pc = (pc + 2) | 0;
                break narrow;
              case 0xc7: // LOCAL_LONG_I32
                // It is put on the stack, and taken from there below.
                i32[sp] = i32[(fp + (bytes[pc] << 1)) | 0];
                sp = (sp + 2) | 0;
                pc = (pc + 2) | 0;
                // falls through
              case 0xca: // LONG_I32
                sp = (sp - 2) | 0;
                b = i32[sp];
                // Addresses often have three bytes.
                c = (bytes[pc] & 127) | ((bytes[pc + 1] & 127) << 7);
                if (bytes[pc + 1] < 128) {
                  c = (c << 18) >> 18;
                  pc = (pc + 2) | 0;
                } else if (bytes[pc + 2] < 128) {
                  c = ((c | (bytes[pc + 2] << 14)) << 11) >> 11;
                  pc = (pc + 3) | 0;
                } else {
                  c = readS32(bytes, pc, out);
                  pc = out[END];
                }
                a = bytes[pc];
                pc = (pc + 1) | 0;
                break narrow;
              case 0xcb: // LOCAL_LOCAL_WIDE
                b = (fp + (bytes[pc] << 1)) | 0;
                c = (fp + (bytes[pc + 2] << 1)) | 0;
                a = bytes[pc + 3];
                pc = (pc + 4) | 0;
                d = sp;
                sp = (sp + 2) | 0;
                break wide;
              case 0xcc: // LOCAL_CONST_WIDE
                b = (fp + (bytes[pc] << 1)) | 0;
                i64[sp >> 1] = SMALL[bytes[pc + 2]];
                c = sp;
                a = bytes[pc + 3];
                pc = (pc + 4) | 0;
                d = sp;
                sp = (sp + 2) | 0;
                break wide;
              case 0xcd: // LOCAL_WIDE
                d = (sp - 2) | 0;
                b = d;
                c = (fp + (bytes[pc] << 1)) | 0;
                a = bytes[pc + 1];
                pc = (pc + 2) | 0;
                break wide;
              case 0xce: // CONST_WIDE
                i64[sp >> 1] = SMALL[bytes[pc]];
                d = (sp - 2) | 0;
                b = d;
                c = sp;
                a = bytes[pc + 1];
                pc = (pc + 2) | 0;
                break wide;
              // Trapping, these leave pc and stack as if the load had been alone.
              case 0xcf: // LOCAL_LOAD
                b = i32[(fp + (bytes[pc] << 1)) | 0];
                a = (b >>> 0) + bytes[pc + 3];
                pc = (pc + 4) | 0;
                d = sp;
                sp = (sp + 2) | 0;
                if (a + 4 > end) {
                  i32[d] = b;
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                i32[d] = memory.getInt32(a, true);
                continue;
              case 0xd7: // LOCAL_LOAD8_U
                b = i32[(fp + (bytes[pc] << 1)) | 0];
                a = (b >>> 0) + bytes[pc + 3];
                pc = (pc + 4) | 0;
                d = sp;
                sp = (sp + 2) | 0;
                if (a + 1 > end) {
                  i32[d] = b;
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                i32[d] = memory.getUint8(a);
                continue;
              case 0xd8: // LOCAL_LOAD_WIDE
                b = i32[(fp + (bytes[pc] << 1)) | 0];
                a = (b >>> 0) + bytes[pc + 3];
                pc = (pc + 4) | 0;
                d = sp;
                sp = (sp + 2) | 0;
                if (a + 8 > end) {
                  i32[d] = b;
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                i64[d >> 1] = memory.getBigInt64(a, true);
                continue;
              case 0xd9: // LOCAL_MOVE
                a = (fp + (bytes[pc] << 1)) | 0;
                b = (fp + (bytes[pc + 2] << 1)) | 0;
                i64[b >> 1] = i64[a >> 1];
                pc = (pc + 3) | 0;
                continue;
              case 0xda: // LOCAL_LOCAL
                a = (fp + (bytes[pc] << 1)) | 0;
                b = (fp + (bytes[pc + 2] << 1)) | 0;
                i64[sp >> 1] = i64[a >> 1];
                i64[(sp + 2) >> 1] = i64[b >> 1];
                pc = (pc + 3) | 0;
                sp = (sp + 4) | 0;
                continue;
              case 0xdb: // LOCAL_CONST
                a = (fp + (bytes[pc] << 1)) | 0;
                i64[sp >> 1] = i64[a >> 1];
                i32[sp + 2] = (bytes[pc + 2] << 25) >> 25;
                pc = (pc + 3) | 0;
                sp = (sp + 4) | 0;
                continue;
              case 0x0d: // br_if
                sp = (sp - 2) | 0;
                if (i32[sp] !== 0) break;
                stp = (stp + 4) | 0;
                pc = (pc + 1) | 0;
                if (bytes[pc - 1] > 127) pc = skipLeb(bytes, pc);
                continue;
              case 0x28: // i32.load
              case 0x2a: // f32.load
                a = bytes[pc + 1];
                if (((bytes[pc] << 1) | a) > 127) {
                  a = readMemarg(bytes, pc, out) >>> 0;
                  pc = out[END];
                } else pc = (pc + 2) | 0;
                b = (sp - 2) | 0;
                a = (i32[b] >>> 0) + a;
                if (a + 4 > end) {
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                i32[b] = memory.getInt32(a, true);
                continue;
              case 0x36: // i32.store
              case 0x38: // f32.store
              case 0x3e: // i64.store32
                a = bytes[pc + 1];
                if (((bytes[pc] << 1) | a) > 127) {
                  a = readMemarg(bytes, pc, out) >>> 0;
                  pc = out[END];
                } else pc = (pc + 2) | 0;
                b = (sp - 2) | 0;
                sp = (sp - 4) | 0;
                a = (i32[sp] >>> 0) + a;
                if (a + 4 > end) {
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                memory.setInt32(a, i32[b], true);
                continue;
              case 0x2c: // i32.load8_s
                a = bytes[pc + 1];
                if (((bytes[pc] << 1) | a) > 127) {
                  a = readMemarg(bytes, pc, out) >>> 0;
                  pc = out[END];
                } else pc = (pc + 2) | 0;
                b = (sp - 2) | 0;
                a = (i32[b] >>> 0) + a;
                if (a + 1 > end) {
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                i32[b] = memory.getInt8(a);
                continue;
              case 0x2d: // i32.load8_u
                a = bytes[pc + 1];
                if (((bytes[pc] << 1) | a) > 127) {
                  a = readMemarg(bytes, pc, out) >>> 0;
                  pc = out[END];
                } else pc = (pc + 2) | 0;
                b = (sp - 2) | 0;
                a = (i32[b] >>> 0) + a;
                if (a + 1 > end) {
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                i32[b] = memory.getUint8(a);
                continue;
              case 0x3a: // i32.store8
              case 0x3c: // i64.store8
                a = bytes[pc + 1];
                if (((bytes[pc] << 1) | a) > 127) {
                  a = readMemarg(bytes, pc, out) >>> 0;
                  pc = out[END];
                } else pc = (pc + 2) | 0;
                b = (sp - 2) | 0;
                sp = (sp - 4) | 0;
                a = (i32[sp] >>> 0) + a;
                if (a + 1 > end) {
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                memory.setInt8(a, i32[b]);
                continue;
              case 0x29: // i64.load
              case 0x2b: // f64.load
                a = bytes[pc + 1];
                if (((bytes[pc] << 1) | a) > 127) {
                  a = readMemarg(bytes, pc, out) >>> 0;
                  pc = out[END];
                } else pc = (pc + 2) | 0;
                b = (sp - 2) | 0;
                a = (i32[b] >>> 0) + a;
                if (a + 8 > end) {
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                i64[b >> 1] = memory.getBigInt64(a, true);
                continue;
              case 0x37: // i64.store
              case 0x39: // f64.store
                a = bytes[pc + 1];
                if (((bytes[pc] << 1) | a) > 127) {
                  a = readMemarg(bytes, pc, out) >>> 0;
                  pc = out[END];
                } else pc = (pc + 2) | 0;
                b = (sp - 2) | 0;
                sp = (sp - 4) | 0;
                a = (i32[sp] >>> 0) + a;
                if (a + 8 > end) {
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                memory.setBigInt64(a, i64[b >> 1], true);
                continue;
              case 0x2e: // i32.load16_s
                a = bytes[pc + 1];
                if (((bytes[pc] << 1) | a) > 127) {
                  a = readMemarg(bytes, pc, out) >>> 0;
                  pc = out[END];
                } else pc = (pc + 2) | 0;
                b = (sp - 2) | 0;
                a = (i32[b] >>> 0) + a;
                if (a + 2 > end) {
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                i32[b] = memory.getInt16(a, true);
                continue;
              case 0x2f: // i32.load16_u
                a = bytes[pc + 1];
                if (((bytes[pc] << 1) | a) > 127) {
                  a = readMemarg(bytes, pc, out) >>> 0;
                  pc = out[END];
                } else pc = (pc + 2) | 0;
                b = (sp - 2) | 0;
                a = (i32[b] >>> 0) + a;
                if (a + 2 > end) {
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                i32[b] = memory.getUint16(a, true);
                continue;
              case 0x3b: // i32.store16
              case 0x3d: // i64.store16
                a = bytes[pc + 1];
                if (((bytes[pc] << 1) | a) > 127) {
                  a = readMemarg(bytes, pc, out) >>> 0;
                  pc = out[END];
                } else pc = (pc + 2) | 0;
                b = (sp - 2) | 0;
                sp = (sp - 4) | 0;
                a = (i32[sp] >>> 0) + a;
                if (a + 2 > end) {
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                memory.setInt16(a, i32[b], true);
                continue;
              case 0x30: // i64.load8_s
                a = bytes[pc + 1];
                if (((bytes[pc] << 1) | a) > 127) {
                  a = readMemarg(bytes, pc, out) >>> 0;
                  pc = out[END];
                } else pc = (pc + 2) | 0;
                b = (sp - 2) | 0;
                a = (i32[b] >>> 0) + a;
                if (a + 1 > end) {
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                c = memory.getInt8(a);
                i64[b >> 1] = BigInt.asIntN(64, BigInt(c));
                continue;
              case 0x31: // i64.load8_u
                a = bytes[pc + 1];
                if (((bytes[pc] << 1) | a) > 127) {
                  a = readMemarg(bytes, pc, out) >>> 0;
                  pc = out[END];
                } else pc = (pc + 2) | 0;
                b = (sp - 2) | 0;
                a = (i32[b] >>> 0) + a;
                if (a + 1 > end) {
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                c = memory.getUint8(a);
                i64[b >> 1] = BigInt.asIntN(64, BigInt(c >>> 0));
                continue;
              case 0x32: // i64.load16_s
                a = bytes[pc + 1];
                if (((bytes[pc] << 1) | a) > 127) {
                  a = readMemarg(bytes, pc, out) >>> 0;
                  pc = out[END];
                } else pc = (pc + 2) | 0;
                b = (sp - 2) | 0;
                a = (i32[b] >>> 0) + a;
                if (a + 2 > end) {
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                c = memory.getInt16(a, true);
                i64[b >> 1] = BigInt.asIntN(64, BigInt(c));
                continue;
              case 0x33: // i64.load16_u
                a = bytes[pc + 1];
                if (((bytes[pc] << 1) | a) > 127) {
                  a = readMemarg(bytes, pc, out) >>> 0;
                  pc = out[END];
                } else pc = (pc + 2) | 0;
                b = (sp - 2) | 0;
                a = (i32[b] >>> 0) + a;
                if (a + 2 > end) {
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                c = memory.getUint16(a, true);
                i64[b >> 1] = BigInt.asIntN(64, BigInt(c >>> 0));
                continue;
              case 0x34: // i64.load32_s
                a = bytes[pc + 1];
                if (((bytes[pc] << 1) | a) > 127) {
                  a = readMemarg(bytes, pc, out) >>> 0;
                  pc = out[END];
                } else pc = (pc + 2) | 0;
                b = (sp - 2) | 0;
                a = (i32[b] >>> 0) + a;
                if (a + 4 > end) {
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                c = memory.getInt32(a, true);
                i64[b >> 1] = BigInt.asIntN(64, BigInt(c));
                continue;
              case 0x35: // i64.load32_u
                a = bytes[pc + 1];
                if (((bytes[pc] << 1) | a) > 127) {
                  a = readMemarg(bytes, pc, out) >>> 0;
                  pc = out[END];
                } else pc = (pc + 2) | 0;
                b = (sp - 2) | 0;
                a = (i32[b] >>> 0) + a;
                if (a + 4 > end) {
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                c = memory.getInt32(a, true);
                i64[b >> 1] = BigInt.asIntN(64, BigInt(c >>> 0));
                continue;
              case 0x01: // nop
                continue;
              case 0x02: // block
                if (bytes[pc + 1] === 0x02 && bytes[pc] < 99) {
                  pc = joinBlocks(bytes, (pc - 1) | 0);
                  continue;
                }
                pc = (pc + 1) | 0;
                if (bytes[pc - 1] > 98) pc = skipBlockType(bytes, pc);
                continue;
              case 0x03: // loop
                pc = (pc + 1) | 0;
                if (bytes[pc - 1] > 98) pc = skipBlockType(bytes, pc);
                if ((fuel = (fuel - 1) | 0) < 0) break run;
                continue;
              case 0x06: // try
                pc = (pc + 1) | 0;
                if (bytes[pc - 1] > 98) pc = skipBlockType(bytes, pc);
                continue;
              case 0x1f: // try_table
                pc = skipTryTable(bytes, pc, out);
                stp = (stp + (out[1] << 2)) | 0;
                continue;
              case 0x18: // delegate
                pc = skipLeb(bytes, pc);
                continue;
              case 0x08: // throw
              case 0x09: // rethrow
              case 0x0a: // throw_ref
                thread.sp = sp >> 1;
                a = startThrow(thread, view, a, pc, (fp + (table[stp + 3] << 1)) | 0);
                if (a === NO_TRAP) status = RunStatus.THROW;
                else trap = a;
                break run;
              case 0xe4: // COUNT
                next = codes[top >> 2];
                a = bytes[pc];
                pc = next.heads[a];
                b = (next.left[a] - 1) | 0;
                next.left[a] = b;
                // A call was paid for.
                if (a !== 0) fuel = (fuel - 1) | 0;
                if (fuel >= 0) {
                  if (b > 0) continue;
                  status = RunStatus.HOT;
                }
                break run;
              case 0xe5: // COUNTED
                thread.top = top;
                frames[top] = pc;
                frames[top + STP] = stp;
                a = runCounted(thread, view, codes[top >> 2], (pc - 1) | 0, stp, sp);
                if (a >= 0) {
                  trap = a;
                  break run;
                }
                pc = thread.pc;
                stp = thread.stp;
                sp = thread.sp << 1;
                if (a === TAKEN) break;
                if (a === OPENED) bytes = view.code.opened!;
                if (a > CALL) continue;
                callee = thread.callee!;
                if (a !== CALL) tail = 1;
                break calls;
              case 0xe0: // BLOCKS
                pc = (pc + bytes[pc]) | 0;
                continue;
              case 0x0b: // end
                continue;
              case 0x04: // if
                pc = (pc + 1) | 0;
                if (bytes[pc - 1] > 98) pc = skipBlockType(bytes, pc);
                sp = (sp - 2) | 0;
                if (i32[sp] !== 0) {
                  stp = (stp + 4) | 0;
                  continue;
                }
                break;
              case 0x05: // else
              case 0x07: // catch
              case 0x19: // catch_all
              case 0x0c: // br
                break;
              case 0x0e: // br_table
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                sp = (sp - 2) | 0;
                b = i32[sp];
                if ((b >>> 0) > (a >>> 0)) b = a;
                stp = (stp + (b << 2)) | 0;
                break;
              case 0x0f: // return
                a = codes[top >> 2].resultWords;
                if (a === 2) i64[fp >> 1] = i64[(sp - 2) >> 1];
                else if (a !== 0) i32.copyWithin(fp, sp - a, sp);
                sp = (fp + a) | 0;
                if (frames[top + BASE] !== 0) {
                  if ((frames[top + BASE] & 1) === 0) {
                    status = SWITCH;
                    top = (top - FRAME_WORDS) | 0;
                    pc = frames[top];
                    stp = frames[top + STP];
                  } else status = RunStatus.DONE;
                  break run;
                }
                top = (top - FRAME_WORDS) | 0;
                next = codes[top >> 2];
                pc = frames[top];
                stp = frames[top + STP];
                fp = frames[top + FP];
                if (next.view !== view) {
                  view = next.view;
                  bytes = stepping ? view.code.allStops : view.code.bytes;
                  table = view.code.table;
                  memory = view.instance.memories.length > 0 ? view.instance.memories[0].view : NO_MEMORY;
                  end = memory.byteLength;
                }
                continue;
              case 0x12: // return_call
                tail = 1;
                // falls through
              case 0x10: // call
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                callee = view.funcs[a];
                break calls;
              case 0xe2: // CALL_WIDE
              case 0xe3: // RETURN_CALL_WIDE
                // Tables have fewer than 2^32 entries, so any index beyond is as good as the highest.
                if (i32[sp - 1] !== 0) i32[sp - 2] = -1;
                // falls through
              case 0x13: // return_call_indirect
                if (a !== 0xe2) tail = 1;
                // falls through
              case 0x11: // call_indirect
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                d = a;
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                sp = (sp - 2) | 0;
                b = i32[sp];
                if ((b >>> 0) >= view.instance.tables[a].length) {
                  trap = UNDEFINED_ELEMENT;
                  break run;
                }
                a = store.arena.i32[((view.instance.tables[a].elements >> 2) + b) | 0];
                if (a === 0) {
                  trap = UNINITIALIZED_ELEMENT;
                  break run;
                }
                callee = store.func(a);
                a = callee.signature.typeId;
                d = view.instance.module.canonical[d];
                if (a !== d && !TYPES.isSubtype(a, d)) {
                  trap = TYPE_MISMATCH;
                  break run;
                }
                break calls;
              case 0x15: // return_call_ref
                tail = 1;
                // falls through
              case 0x14: // call_ref
                pc = skipLeb(bytes, pc);
                sp = (sp - 2) | 0;
                if (i32[sp] === 0) {
                  trap = NULL_FUNCTION;
                  break run;
                }
                callee = store.func(i32[sp]);
                break calls;
              case 0xd4: // ref.as_non_null
                if (i32[sp - 2] === 0) {
                  trap = NULL_REFERENCE;
                  break run;
                }
                continue;
              case 0xd5: // br_on_null
                if (i32[sp - 2] === 0) {
                  sp = (sp - 2) | 0;
                  break;
                }
                stp = (stp + 4) | 0;
                pc = skipLeb(bytes, pc);
                continue;
              case 0xd6: // br_on_non_null
                if (i32[sp - 2] !== 0) break;
                sp = (sp - 2) | 0;
                stp = (stp + 4) | 0;
                pc = skipLeb(bytes, pc);
                continue;
              case 0x00: // unreachable
                trap = UNREACHABLE;
                break run;
              case 0x1a: // drop
                sp = (sp - 2) | 0;
                continue;
              case 0x1b: // select
                sp = (sp - 4) | 0;
                if (i32[sp + 2] === 0) i64[(sp - 2) >> 1] = i64[sp >> 1];
                continue;
              case 0x1c: // select
                pc = skipSelectTypes(bytes, pc);
                sp = (sp - 4) | 0;
                if (i32[sp + 2] === 0) i64[(sp - 2) >> 1] = i64[sp >> 1];
                continue;
              case 0x23: // global.get
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                a = view.globals[a];
                i32[sp] = store.arena.i32[a];
                i32[sp | 1] = store.arena.i32[a | 1];
                sp = (sp + 2) | 0;
                continue;
              case 0x24: // global.set
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                a = view.globals[a];
                sp = (sp - 2) | 0;
                store.arena.i32[a] = i32[sp];
                store.arena.i32[a | 1] = i32[sp | 1];
                continue;
              case 0x42: // i64.const
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  readS64(bytes, pc - 1, out);
                  pc = out[END];
                  i32[sp] = out[LOW];
                  i32[sp | 1] = out[HIGH];
                } else i64[sp >> 1] = SMALL[a];
                sp = (sp + 2) | 0;
                continue;
              case 0x43: // f32.const
                i32[sp] = bytes[pc + 0] | (bytes[pc + 1] << 8) | (bytes[pc + 2] << 16) | (bytes[pc + 3] << 24);
                pc = (pc + 4) | 0;
                sp = (sp + 2) | 0;
                continue;
              case 0x44: // f64.const
                i64[sp >> 1] = view.code.data.getBigInt64(pc, true);
                pc = (pc + 8) | 0;
                sp = (sp + 2) | 0;
                continue;
              case 0x45: // i32.eqz
                a = (sp - 2) | 0;
                if (bytes[pc] === 0x0d) {
                  pc = (pc + 1) | 0;
                  if (i32[a] === 0) {
                    sp = a;
                    break;
                  }
                  sp = a;
                  stp = (stp + 4) | 0;
                  pc = (pc + 1) | 0;
                  if (bytes[pc - 1] > 127) pc = skipLeb(bytes, pc);
                  continue;
                }
                i32[a] = (i32[a] === 0) ? 1 : 0;
                continue;
              case 0x46: // i32.eq
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                if (bytes[pc] === 0x0d) {
                  pc = (pc + 1) | 0;
                  if (i32[a] === i32[sp]) {
                    sp = a;
                    break;
                  }
                  sp = a;
                  stp = (stp + 4) | 0;
                  pc = (pc + 1) | 0;
                  if (bytes[pc - 1] > 127) pc = skipLeb(bytes, pc);
                  continue;
                }
                i32[a] = (i32[a] === i32[sp]) ? 1 : 0;
                continue;
              case 0x47: // i32.ne
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                if (bytes[pc] === 0x0d) {
                  pc = (pc + 1) | 0;
                  if (i32[a] !== i32[sp]) {
                    sp = a;
                    break;
                  }
                  sp = a;
                  stp = (stp + 4) | 0;
                  pc = (pc + 1) | 0;
                  if (bytes[pc - 1] > 127) pc = skipLeb(bytes, pc);
                  continue;
                }
                i32[a] = (i32[a] !== i32[sp]) ? 1 : 0;
                continue;
              case 0x48: // i32.lt_s
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                if (bytes[pc] === 0x0d) {
                  pc = (pc + 1) | 0;
                  if (i32[a] < i32[sp]) {
                    sp = a;
                    break;
                  }
                  sp = a;
                  stp = (stp + 4) | 0;
                  pc = (pc + 1) | 0;
                  if (bytes[pc - 1] > 127) pc = skipLeb(bytes, pc);
                  continue;
                }
                i32[a] = (i32[a] < i32[sp]) ? 1 : 0;
                continue;
              case 0x4a: // i32.gt_s
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                if (bytes[pc] === 0x0d) {
                  pc = (pc + 1) | 0;
                  if (i32[a] > i32[sp]) {
                    sp = a;
                    break;
                  }
                  sp = a;
                  stp = (stp + 4) | 0;
                  pc = (pc + 1) | 0;
                  if (bytes[pc - 1] > 127) pc = skipLeb(bytes, pc);
                  continue;
                }
                i32[a] = (i32[a] > i32[sp]) ? 1 : 0;
                continue;
              case 0x4c: // i32.le_s
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                if (bytes[pc] === 0x0d) {
                  pc = (pc + 1) | 0;
                  if (i32[a] <= i32[sp]) {
                    sp = a;
                    break;
                  }
                  sp = a;
                  stp = (stp + 4) | 0;
                  pc = (pc + 1) | 0;
                  if (bytes[pc - 1] > 127) pc = skipLeb(bytes, pc);
                  continue;
                }
                i32[a] = (i32[a] <= i32[sp]) ? 1 : 0;
                continue;
              case 0x4e: // i32.ge_s
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                if (bytes[pc] === 0x0d) {
                  pc = (pc + 1) | 0;
                  if (i32[a] >= i32[sp]) {
                    sp = a;
                    break;
                  }
                  sp = a;
                  stp = (stp + 4) | 0;
                  pc = (pc + 1) | 0;
                  if (bytes[pc - 1] > 127) pc = skipLeb(bytes, pc);
                  continue;
                }
                i32[a] = (i32[a] >= i32[sp]) ? 1 : 0;
                continue;
              case 0x49: // i32.lt_u
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                if (bytes[pc] === 0x0d) {
                  pc = (pc + 1) | 0;
                  if ((i32[a] >>> 0) < (i32[sp] >>> 0)) {
                    sp = a;
                    break;
                  }
                  sp = a;
                  stp = (stp + 4) | 0;
                  pc = (pc + 1) | 0;
                  if (bytes[pc - 1] > 127) pc = skipLeb(bytes, pc);
                  continue;
                }
                i32[a] = ((i32[a] >>> 0) < (i32[sp] >>> 0)) ? 1 : 0;
                continue;
              case 0x4b: // i32.gt_u
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                if (bytes[pc] === 0x0d) {
                  pc = (pc + 1) | 0;
                  if ((i32[a] >>> 0) > (i32[sp] >>> 0)) {
                    sp = a;
                    break;
                  }
                  sp = a;
                  stp = (stp + 4) | 0;
                  pc = (pc + 1) | 0;
                  if (bytes[pc - 1] > 127) pc = skipLeb(bytes, pc);
                  continue;
                }
                i32[a] = ((i32[a] >>> 0) > (i32[sp] >>> 0)) ? 1 : 0;
                continue;
              case 0x4d: // i32.le_u
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                if (bytes[pc] === 0x0d) {
                  pc = (pc + 1) | 0;
                  if ((i32[a] >>> 0) <= (i32[sp] >>> 0)) {
                    sp = a;
                    break;
                  }
                  sp = a;
                  stp = (stp + 4) | 0;
                  pc = (pc + 1) | 0;
                  if (bytes[pc - 1] > 127) pc = skipLeb(bytes, pc);
                  continue;
                }
                i32[a] = ((i32[a] >>> 0) <= (i32[sp] >>> 0)) ? 1 : 0;
                continue;
              case 0x4f: // i32.ge_u
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                if (bytes[pc] === 0x0d) {
                  pc = (pc + 1) | 0;
                  if ((i32[a] >>> 0) >= (i32[sp] >>> 0)) {
                    sp = a;
                    break;
                  }
                  sp = a;
                  stp = (stp + 4) | 0;
                  pc = (pc + 1) | 0;
                  if (bytes[pc - 1] > 127) pc = skipLeb(bytes, pc);
                  continue;
                }
                i32[a] = ((i32[a] >>> 0) >= (i32[sp] >>> 0)) ? 1 : 0;
                continue;
              case 0x50: // i64.eqz
                a = (sp - 2) | 0;
                i32[a] = (i32[a] | i32[a | 1]) === 0 ? 1 : 0;
                continue;
              case 0x51: // i64.eq
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = ((i32[a] ^ i32[sp]) | (i32[a | 1] ^ i32[sp | 1])) === 0 ? 1 : 0;
                continue;
              case 0x52: // i64.ne
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = ((i32[a] ^ i32[sp]) | (i32[a | 1] ^ i32[sp | 1])) === 0 ? 0 : 1;
                continue;
              case 0x53: // i64.lt_s
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                c = i32[a | 1];
                d = i32[sp | 1];
                i32[a] = (c === d ? (i32[a] >>> 0) < (i32[sp] >>> 0) : c < d) ? 1 : 0;
                continue;
              case 0x54: // i64.lt_u
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                c = i32[a | 1];
                d = i32[sp | 1];
                i32[a] = (c === d ? (i32[a] >>> 0) < (i32[sp] >>> 0) : (c >>> 0) < (d >>> 0)) ? 1 : 0;
                continue;
              case 0x55: // i64.gt_s
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                c = i32[a | 1];
                d = i32[sp | 1];
                i32[a] = (c === d ? (i32[a] >>> 0) > (i32[sp] >>> 0) : c > d) ? 1 : 0;
                continue;
              case 0x56: // i64.gt_u
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                c = i32[a | 1];
                d = i32[sp | 1];
                i32[a] = (c === d ? (i32[a] >>> 0) > (i32[sp] >>> 0) : (c >>> 0) > (d >>> 0)) ? 1 : 0;
                continue;
              case 0x57: // i64.le_s
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                c = i32[a | 1];
                d = i32[sp | 1];
                i32[a] = (c === d ? (i32[a] >>> 0) <= (i32[sp] >>> 0) : c < d) ? 1 : 0;
                continue;
              case 0x58: // i64.le_u
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                c = i32[a | 1];
                d = i32[sp | 1];
                i32[a] = (c === d ? (i32[a] >>> 0) <= (i32[sp] >>> 0) : (c >>> 0) < (d >>> 0)) ? 1 : 0;
                continue;
              case 0x59: // i64.ge_s
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                c = i32[a | 1];
                d = i32[sp | 1];
                i32[a] = (c === d ? (i32[a] >>> 0) >= (i32[sp] >>> 0) : c > d) ? 1 : 0;
                continue;
              case 0x5a: // i64.ge_u
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                c = i32[a | 1];
                d = i32[sp | 1];
                i32[a] = (c === d ? (i32[a] >>> 0) >= (i32[sp] >>> 0) : (c >>> 0) > (d >>> 0)) ? 1 : 0;
                continue;
              case 0x5b: // f32.eq
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = f32[a] === f32[sp] ? 1 : 0;
                continue;
              case 0x5c: // f32.ne
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = f32[a] !== f32[sp] ? 1 : 0;
                continue;
              case 0x5d: // f32.lt
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = f32[a] < f32[sp] ? 1 : 0;
                continue;
              case 0x5e: // f32.gt
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = f32[a] > f32[sp] ? 1 : 0;
                continue;
              case 0x5f: // f32.le
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = f32[a] <= f32[sp] ? 1 : 0;
                continue;
              case 0x60: // f32.ge
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = f32[a] >= f32[sp] ? 1 : 0;
                continue;
              case 0x61: // f64.eq
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = f64[a >> 1] === f64[sp >> 1] ? 1 : 0;
                continue;
              case 0x62: // f64.ne
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = f64[a >> 1] !== f64[sp >> 1] ? 1 : 0;
                continue;
              case 0x63: // f64.lt
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = f64[a >> 1] < f64[sp >> 1] ? 1 : 0;
                continue;
              case 0x64: // f64.gt
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = f64[a >> 1] > f64[sp >> 1] ? 1 : 0;
                continue;
              case 0x65: // f64.le
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = f64[a >> 1] <= f64[sp >> 1] ? 1 : 0;
                continue;
              case 0x66: // f64.ge
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = f64[a >> 1] >= f64[sp >> 1] ? 1 : 0;
                continue;
              case 0x67: // i32.clz
                a = (sp - 2) | 0;
                i32[a] = Math.clz32(i32[a]);
                continue;
              case 0x68: // i32.ctz
                a = (sp - 2) | 0;
                i32[a] = ctz32(i32[a]);
                continue;
              case 0x69: // i32.popcnt
                a = (sp - 2) | 0;
                i32[a] = popcnt32(i32[a]);
                continue;
              case 0x6b: // i32.sub
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = i32[a] - i32[sp];
                continue;
              case 0x6c: // i32.mul
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = Math.imul(i32[a], i32[sp]);
                continue;
              case 0x6d: // i32.div_s
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                b = i32[a];
                c = i32[sp];
                if (c === 0) {
                  trap = DIVIDE_BY_ZERO;
                  break run;
                }
                if (c === -1 && b === -0x80000000) {
                  trap = OVERFLOW;
                  break run;
                }
                i32[a] = (b / c) | 0;
                continue;
              case 0x6e: // i32.div_u
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                c = i32[sp];
                if (c === 0) {
                  trap = DIVIDE_BY_ZERO;
                  break run;
                }
                i32[a] = ((i32[a] >>> 0) / (c >>> 0)) | 0;
                continue;
              case 0x6f: // i32.rem_s
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                c = i32[sp];
                if (c === 0) {
                  trap = DIVIDE_BY_ZERO;
                  break run;
                }
                i32[a] = (i32[a] % c) | 0;
                continue;
              case 0x70: // i32.rem_u
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                c = i32[sp];
                if (c === 0) {
                  trap = DIVIDE_BY_ZERO;
                  break run;
                }
                i32[a] = ((i32[a] >>> 0) % (c >>> 0)) | 0;
                continue;
              case 0x71: // i32.and
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = i32[a] & i32[sp];
                continue;
              case 0x72: // i32.or
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = i32[a] | i32[sp];
                continue;
              case 0x73: // i32.xor
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = i32[a] ^ i32[sp];
                continue;
              case 0x74: // i32.shl
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = i32[a] << i32[sp];
                continue;
              case 0x75: // i32.shr_s
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = i32[a] >> i32[sp];
                continue;
              case 0x76: // i32.shr_u
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = i32[a] >>> i32[sp];
                continue;
              case 0x77: // i32.rotl
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                b = i32[a];
                c = i32[sp];
                i32[a] = (b << c) | ((b >>> 1) >>> (31 - (c & 31)));
                continue;
              case 0x78: // i32.rotr
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                b = i32[a];
                c = i32[sp];
                i32[a] = (b >>> c) | ((b << 1) << (31 - (c & 31)));
                continue;
              case 0x79: // i64.clz
                a = (sp - 2) | 0;
                b = i32[a | 1];
                i32[a] = b === 0 ? 32 + Math.clz32(i32[a]) : Math.clz32(b);
                i32[a | 1] = 0;
                continue;
              case 0x7a: // i64.ctz
                a = (sp - 2) | 0;
                b = i32[a];
                i32[a] = b === 0 ? 32 + ctz32(i32[a | 1]) : ctz32(b);
                i32[a | 1] = 0;
                continue;
              case 0x7b: // i64.popcnt
                a = (sp - 2) | 0;
                i32[a] = popcnt32(i32[a]) + popcnt32(i32[a | 1]);
                i32[a | 1] = 0;
                continue;
              case 0x7c: // i64.add
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i64[a >> 1] = BigInt.asIntN(64, i64[a >> 1] + i64[sp >> 1]);
                continue;
              case 0x7d: // i64.sub
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i64[a >> 1] = BigInt.asIntN(64, i64[a >> 1] - i64[sp >> 1]);
                continue;
              case 0x7e: // i64.mul
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i64[a >> 1] = BigInt.asIntN(64, i64[a >> 1] * i64[sp >> 1]);
                continue;
              case 0x83: // i64.and
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i64[a >> 1] = BigInt.asIntN(64, i64[a >> 1] & i64[sp >> 1]);
                continue;
              case 0x84: // i64.or
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i64[a >> 1] = BigInt.asIntN(64, i64[a >> 1] | i64[sp >> 1]);
                continue;
              case 0x85: // i64.xor
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i64[a >> 1] = BigInt.asIntN(64, i64[a >> 1] ^ i64[sp >> 1]);
                continue;
              case 0x7f: // i64.div_s
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                if ((i32[sp] | i32[sp | 1]) === 0) {
                  trap = DIVIDE_BY_ZERO;
                  break run;
                }
                if ((i32[sp] & i32[sp | 1]) === -1 && i32[a] === 0 && i32[a | 1] === -0x80000000) {
                  trap = OVERFLOW;
                  break run;
                }
                i64[a >> 1] = BigInt.asIntN(64, i64[a >> 1] / i64[sp >> 1]);
                continue;
              case 0x80: // i64.div_u
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                if ((i32[sp] | i32[sp | 1]) === 0) {
                  trap = DIVIDE_BY_ZERO;
                  break run;
                }
                i64[a >> 1] = BigInt.asIntN(64, BigInt.asUintN(64, i64[a >> 1]) / BigInt.asUintN(64, i64[sp >> 1]));
                continue;
              case 0x81: // i64.rem_s
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                if ((i32[sp] | i32[sp | 1]) === 0) {
                  trap = DIVIDE_BY_ZERO;
                  break run;
                }
                i64[a >> 1] = BigInt.asIntN(64, i64[a >> 1] % i64[sp >> 1]);
                continue;
              case 0x82: // i64.rem_u
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                if ((i32[sp] | i32[sp | 1]) === 0) {
                  trap = DIVIDE_BY_ZERO;
                  break run;
                }
                i64[a >> 1] = BigInt.asIntN(64, BigInt.asUintN(64, i64[a >> 1]) % BigInt.asUintN(64, i64[sp >> 1]));
                continue;
              case 0x86: // i64.shl
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                b = i32[a];
                c = i32[a | 1];
                d = i32[sp] & 63;
                if (d > 31) {
                  c = b << d;
                  b = 0;
                } else if (d !== 0) {
                  c = (c << d) | (b >>> (32 - d));
                  b = b << d;
                }
                i64[a >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(c) << 32n) | BigInt(b >>> 0));
                continue;
              case 0x87: // i64.shr_s
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                b = i32[a];
                c = i32[a | 1];
                d = i32[sp] & 63;
                if (d > 31) {
                  b = c >> d;
                  c = c >> 31;
                } else if (d !== 0) {
                  b = (b >>> d) | (c << (32 - d));
                  c = c >> d;
                }
                i64[a >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(c) << 32n) | BigInt(b >>> 0));
                continue;
              case 0x88: // i64.shr_u
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                b = i32[a];
                c = i32[a | 1];
                d = i32[sp] & 63;
                if (d > 31) {
                  b = (c >>> d) | 0;
                  c = 0;
                } else if (d !== 0) {
                  b = (b >>> d) | (c << (32 - d));
                  c = (c >>> d) | 0;
                }
                i64[a >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(c) << 32n) | BigInt(b >>> 0));
                continue;
              case 0x89: // i64.rotl
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                b = i32[a];
                c = i32[a | 1];
                d = i32[sp] & 63;
                if (d > 31) {
                  e = b;
                  b = c;
                  c = e;
                }
                d = d & 31;
                e = b;
                b = (b << d) | ((c >>> 1) >>> (31 - d));
                c = (c << d) | ((e >>> 1) >>> (31 - d));
                i64[a >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(c) << 32n) | BigInt(b >>> 0));
                continue;
              case 0x8a: // i64.rotr
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                b = i32[a];
                c = i32[a | 1];
                d = i32[sp] & 63;
                if (d > 31) {
                  e = b;
                  b = c;
                  c = e;
                }
                d = d & 31;
                e = b;
                b = (b >>> d) | ((c << 1) << (31 - d));
                c = (c >>> d) | ((e << 1) << (31 - d));
                i64[a >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(c) << 32n) | BigInt(b >>> 0));
                continue;
              case 0x8b: // f32.abs
                a = (sp - 2) | 0;
                i32[a] = i32[a] & 0x7fffffff;
                continue;
              case 0x8c: // f32.neg
                a = (sp - 2) | 0;
                i32[a] = i32[a] ^ 0x80000000;
                continue;
              case 0x8d: // f32.ceil
                a = (sp - 2) | 0;
                f32[a] = ceil(f32[a]);
                continue;
              case 0x8e: // f32.floor
                a = (sp - 2) | 0;
                f32[a] = floor(f32[a]);
                continue;
              case 0x8f: // f32.trunc
                a = (sp - 2) | 0;
                f32[a] = truncate(f32[a]);
                continue;
              case 0x90: // f32.nearest
                a = (sp - 2) | 0;
                f32[a] = nearest(f32[a]);
                continue;
              case 0x91: // f32.sqrt
                a = (sp - 2) | 0;
                f32[a] = Math.sqrt(f32[a]);
                continue;
              case 0x92: // f32.add
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                f32[a] = f32[a] + f32[sp];
                continue;
              case 0x93: // f32.sub
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                f32[a] = f32[a] - f32[sp];
                continue;
              case 0x94: // f32.mul
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                f32[a] = f32[a] * f32[sp];
                continue;
              case 0x95: // f32.div
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                f32[a] = f32[a] / f32[sp];
                continue;
              case 0x96: // f32.min
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                f32[a] = minimum(f32[a], f32[sp]);
                continue;
              case 0x97: // f32.max
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                f32[a] = maximum(f32[a], f32[sp]);
                continue;
              case 0x98: // f32.copysign
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = (i32[a] & 0x7fffffff) | (i32[sp] & 0x80000000);
                continue;
              case 0x99: // f64.abs
                a = (sp - 2) | 0;
                i32[a | 1] = i32[a | 1] & 0x7fffffff;
                continue;
              case 0x9a: // f64.neg
                a = (sp - 2) | 0;
                i32[a | 1] = i32[a | 1] ^ 0x80000000;
                continue;
              case 0x9b: // f64.ceil
                a = (sp - 2) | 0;
                f64[a >> 1] = ceil(f64[a >> 1]);
                continue;
              case 0x9c: // f64.floor
                a = (sp - 2) | 0;
                f64[a >> 1] = floor(f64[a >> 1]);
                continue;
              case 0x9d: // f64.trunc
                a = (sp - 2) | 0;
                f64[a >> 1] = truncate(f64[a >> 1]);
                continue;
              case 0x9e: // f64.nearest
                a = (sp - 2) | 0;
                f64[a >> 1] = nearest(f64[a >> 1]);
                continue;
              case 0x9f: // f64.sqrt
                a = (sp - 2) | 0;
                f64[a >> 1] = Math.sqrt(f64[a >> 1]);
                continue;
              case 0xa0: // f64.add
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                f64[a >> 1] = f64[a >> 1] + f64[sp >> 1];
                continue;
              case 0xa1: // f64.sub
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                f64[a >> 1] = f64[a >> 1] - f64[sp >> 1];
                continue;
              case 0xa2: // f64.mul
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                f64[a >> 1] = f64[a >> 1] * f64[sp >> 1];
                continue;
              case 0xa3: // f64.div
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                f64[a >> 1] = f64[a >> 1] / f64[sp >> 1];
                continue;
              case 0xa4: // f64.min
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                f64[a >> 1] = minimum(f64[a >> 1], f64[sp >> 1]);
                continue;
              case 0xa5: // f64.max
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                f64[a >> 1] = maximum(f64[a >> 1], f64[sp >> 1]);
                continue;
              case 0xa6: // f64.copysign
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a | 1] = (i32[a | 1] & 0x7fffffff) | (i32[sp | 1] & 0x80000000);
                continue;
              case 0xa7: // i32.wrap_i64
              case 0xbc: // i32.reinterpret_f32
              case 0xbd: // i64.reinterpret_f64
              case 0xbe: // f32.reinterpret_i32
              case 0xbf: // f64.reinterpret_i64
                continue;
              case 0xa8: // i32.trunc_f32_s
                a = (sp - 2) | 0;
                x = f32[a];
                if (!(x > -2147483649 && x < 2147483648)) {
                  trap = truncTrap(x, "i32_s");
                  break run;
                }
                i32[a] = x;
                continue;
              case 0xa9: // i32.trunc_f32_u
                a = (sp - 2) | 0;
                x = f32[a];
                if (!(x > -1 && x < 4294967296)) {
                  trap = truncTrap(x, "i32_u");
                  break run;
                }
                i32[a] = x;
                continue;
              case 0xae: // i64.trunc_f32_s
                a = (sp - 2) | 0;
                x = f32[a];
                if (!(x >= -9223372036854775808 && x < 9223372036854775808)) {
                  trap = truncTrap(x, "i64_s");
                  break run;
                }
                x = Math.trunc(x);
                y = Math.floor(x / 4294967296);
                i32[a | 1] = y;
                i32[a] = x - y * 4294967296;
                continue;
              case 0xaf: // i64.trunc_f32_u
                a = (sp - 2) | 0;
                x = f32[a];
                if (!(x > -1 && x < 18446744073709551616)) {
                  trap = truncTrap(x, "i64_u");
                  break run;
                }
                x = Math.trunc(x);
                y = Math.floor(x / 4294967296);
                i32[a | 1] = y;
                i32[a] = x - y * 4294967296;
                continue;
              case 0xaa: // i32.trunc_f64_s
                a = (sp - 2) | 0;
                x = f64[a >> 1];
                if (!(x > -2147483649 && x < 2147483648)) {
                  trap = truncTrap(x, "i32_s");
                  break run;
                }
                i32[a] = x;
                continue;
              case 0xab: // i32.trunc_f64_u
                a = (sp - 2) | 0;
                x = f64[a >> 1];
                if (!(x > -1 && x < 4294967296)) {
                  trap = truncTrap(x, "i32_u");
                  break run;
                }
                i32[a] = x;
                continue;
              case 0xb0: // i64.trunc_f64_s
                a = (sp - 2) | 0;
                x = f64[a >> 1];
                if (!(x >= -9223372036854775808 && x < 9223372036854775808)) {
                  trap = truncTrap(x, "i64_s");
                  break run;
                }
                x = Math.trunc(x);
                y = Math.floor(x / 4294967296);
                i32[a | 1] = y;
                i32[a] = x - y * 4294967296;
                continue;
              case 0xb1: // i64.trunc_f64_u
                a = (sp - 2) | 0;
                x = f64[a >> 1];
                if (!(x > -1 && x < 18446744073709551616)) {
                  trap = truncTrap(x, "i64_u");
                  break run;
                }
                x = Math.trunc(x);
                y = Math.floor(x / 4294967296);
                i32[a | 1] = y;
                i32[a] = x - y * 4294967296;
                continue;
              case 0xac: // i64.extend_i32_s
                a = (sp - 2) | 0;
                i64[a >> 1] = BigInt.asIntN(64, BigInt(i32[a]));
                continue;
              case 0xad: // i64.extend_i32_u
                a = (sp - 2) | 0;
                i64[a >> 1] = BigInt.asIntN(64, BigInt(i32[a] >>> 0));
                continue;
              case 0xb2: // f32.convert_i32_s
                a = (sp - 2) | 0;
                f32[a] = i32[a];
                continue;
              case 0xb3: // f32.convert_i32_u
                a = (sp - 2) | 0;
                f32[a] = i32[a] >>> 0;
                continue;
              case 0xb4: // f32.convert_i64_s
                a = (sp - 2) | 0;
                f32[a] = i64ForF32(i32[a], i32[a | 1]);
                continue;
              case 0xb5: // f32.convert_i64_u
                a = (sp - 2) | 0;
                f32[a] = i64ForF32(i32[a], i32[a | 1] >>> 0);
                continue;
              case 0xb6: // f32.demote_f64
                a = (sp - 2) | 0;
                f32[a] = f64[a >> 1];
                continue;
              case 0xb7: // f64.convert_i32_s
                a = (sp - 2) | 0;
                f64[a >> 1] = i32[a];
                continue;
              case 0xb8: // f64.convert_i32_u
                a = (sp - 2) | 0;
                f64[a >> 1] = i32[a] >>> 0;
                continue;
              case 0xb9: // f64.convert_i64_s
                a = (sp - 2) | 0;
                f64[a >> 1] = i32[a | 1] * 4294967296 + (i32[a] >>> 0);
                continue;
              case 0xba: // f64.convert_i64_u
                a = (sp - 2) | 0;
                f64[a >> 1] = (i32[a | 1] >>> 0) * 4294967296 + (i32[a] >>> 0);
                continue;
              case 0xbb: // f64.promote_f32
                a = (sp - 2) | 0;
                f64[a >> 1] = f32[a];
                continue;
              case 0xc0: // i32.extend8_s
                a = (sp - 2) | 0;
                i32[a] = (i32[a] << 24) >> 24;
                continue;
              case 0xc1: // i32.extend16_s
                a = (sp - 2) | 0;
                i32[a] = (i32[a] << 16) >> 16;
                continue;
              case 0xc2: // i64.extend8_s
                a = (sp - 2) | 0;
                b = (i32[a] << 24) >> 24;
                i32[a] = b;
                i32[a | 1] = b >> 31;
                continue;
              case 0xc3: // i64.extend16_s
                a = (sp - 2) | 0;
                b = (i32[a] << 16) >> 16;
                i32[a] = b;
                i32[a | 1] = b >> 31;
                continue;
              case 0xc4: // i64.extend32_s
                a = (sp - 2) | 0;
                i32[a | 1] = i32[a] >> 31;
                continue;
              case 0x25: // table.get
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                b = (sp - 2) | 0;
                c = i32[b] >>> 0;
                if (c >= view.instance.tables[a].length) {
                  trap = TABLE_BOUNDS;
                  break run;
                }
                i32[b] = view.instance.tables[a].get(c);
                i32[b | 1] = 0;
                continue;
              case 0x26: // table.set
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                sp = (sp - 4) | 0;
                c = i32[sp] >>> 0;
                if (c >= view.instance.tables[a].length) {
                  trap = TABLE_BOUNDS;
                  break run;
                }
                view.instance.tables[a].set(c, i32[sp + 2]);
                continue;
              case 0x3f: // memory.size
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                i32[sp] = view.instance.memories[a].pages;
                sp = (sp + 2) | 0;
                continue;
              case 0x40: // memory.grow
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                b = (sp - 2) | 0;
                i32[b] = view.instance.memories[a].grow(i32[b] >>> 0);
                memory = view.instance.memories[0].view;
                end = memory.byteLength;
                continue;
              case 0xd0: // ref.null
                pc = (pc + 1) | 0;
                if (bytes[pc - 1] > 127) pc = skipLeb(bytes, pc);
                i32[sp] = 0;
                i32[sp | 1] = 0;
                sp = (sp + 2) | 0;
                continue;
              case 0xd1: // ref.is_null
                a = (sp - 2) | 0;
                i32[a] = i32[a] === 0 ? 1 : 0;
                i32[a | 1] = 0;
                continue;
              case 0xd2: // ref.func
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                i32[sp] = view.funcs[a].ref;
                i32[sp | 1] = 0;
                sp = (sp + 2) | 0;
                continue;
              case 0xd3: // ref.eq
                sp = (sp - 2) | 0;
                a = (sp - 2) | 0;
                i32[a] = i32[a] === i32[sp] ? 1 : 0;
                i32[a | 1] = 0;
                continue;
              case 0xfb: // prefix
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                // A collection wants to know where the thread is.
                thread.sp = sp >> 1;
                thread.top = top;
                frames[top] = pc;
                // What was left there by another frame may be that of register code.
                frames[top + STP] = stp;
                a = gc.runGc(thread, view, a, pc, sp);
                if (a >= 0) {
                  trap = a;
                  break run;
                }
                sp = thread.sp << 1;
                pc = thread.pc;
                if (a === TAKEN) break;
                if (a === NOT_TAKEN) stp = (stp + 4) | 0;
                continue;
              case 0xfc: // prefix
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                thread.sp = sp >> 1;
                a = runPrefixed(thread, view, a, pc);
                if (a !== NO_TRAP) {
                  trap = a;
                  break run;
                }
                sp = thread.sp << 1;
                pc = thread.pc;
                continue;
              case 0xfe: // prefix
                thread.sp = sp >> 1;
                a = runAtomic(thread, view, pc);
                if (a !== NO_TRAP) {
                  trap = a;
                  break run;
                }
                sp = thread.sp << 1;
                pc = thread.pc;
                continue;
              case 0xe1: // OTHER_MEMORY
                thread.sp = sp >> 1;
                // Watched accesses are reported, and whoever hears of them may look at the frames.
                frames[top] = pc;
                frames[top + STP] = stp;
                thread.top = top;
                thread.settle(fuel);
                a = runElsewhere(thread, view, (pc - 1) | 0);
                fuel = thread.settle(fuel);
                if (a !== NO_TRAP) {
                  trap = a;
                  break run;
                }
                sp = thread.sp << 1;
                pc = thread.pc;
                // It may have grown.
                memory = view.instance.memories.length > 0 ? view.instance.memories[0].view : NO_MEMORY;
                end = memory.byteLength;
                continue;
              case 0xfd: // prefix
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                if (a > 0x5d || (a > 0x22 && a < 0x54)) {
                  sp = runLanes(a, sp);
                  continue;
                }
                a = runSimd(thread, view, bytes, a, pc, sp, memory);
                if (a < 0) {
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                sp = a;
                pc = thread.pc;
                continue;
              case 0xf0: // V128_LOCAL_GET
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                a = (fp + (a << 1)) | 0;
                i64[sp >> 1] = i64[a >> 1];
                i64[(sp + 2) >> 1] = i64[(a + 2) >> 1];
                sp = (sp + 4) | 0;
                continue;
              case 0xf1: // V128_LOCAL_SET
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                a = (fp + (a << 1)) | 0;
                sp = (sp - 4) | 0;
                i64[a >> 1] = i64[sp >> 1];
                i64[(a + 2) >> 1] = i64[(sp + 2) >> 1];
                continue;
              case 0xf2: // V128_LOCAL_TEE
                a = bytes[pc];
                pc = (pc + 1) | 0;
                if (a > 127) {
                  a = readU32(bytes, pc - 1, out);
                  pc = out[END];
                }
                a = (fp + (a << 1)) | 0;
                i64[a >> 1] = i64[(sp - 4) >> 1];
                i64[(a + 2) >> 1] = i64[(sp - 2) >> 1];
                continue;
              case 0xf3: // V128_DROP
                sp = (sp - 4) | 0;
                continue;
              case 0xf4: // V128_SELECT
              case 0xf5: // V128_SELECT_T
              case 0xf6: // V128_GLOBAL_GET
              case 0xf7: // V128_GLOBAL_SET
              case 0xf8: // FAR_LOCAL_GET
              case 0xf9: // FAR_LOCAL_SET
              case 0xfa: // FAR_LOCAL_TEE
              case 0xe8: // V128_FAR_LOCAL_GET
              case 0xe9: // V128_FAR_LOCAL_SET
              case 0xea: // V128_FAR_LOCAL_TEE
                sp = runMove(thread, codes[top >> 2], bytes, a, pc, sp, fp);
                pc = thread.pc;
                continue;
              case 0xff: // STOP
                pc = (pc - 1) | 0;
                if (bytes === view.code.opened) {
                  // Behind an instruction that was counted.
                  bytes = stepping ? view.code.allStops : view.code.bytes;
                  continue;
                }
                status = STOPPED;
                break run;
              default:
                throw new BugError(`no handler for opcode ${a}`);
            }
            break taken;
          }
          // Fused operations of other types than i32, with results where d says, or in the local that the next instruction sets.
          if (bytes[pc] === 0x21 && bytes[pc + 1] < 128) {
            d = (fp + (bytes[pc + 1] << 1)) | 0;
            sp = (sp - 2) | 0;
            pc = (pc + 2) | 0;
          }
          switch (a) {
            case 0x7c: // i64.add (fused)
              i64[d >> 1] = BigInt.asIntN(64, i64[b >> 1] + i64[c >> 1]);
              continue;
            case 0x7d: // i64.sub (fused)
              i64[d >> 1] = BigInt.asIntN(64, i64[b >> 1] - i64[c >> 1]);
              continue;
            case 0x7e: // i64.mul (fused)
              i64[d >> 1] = BigInt.asIntN(64, i64[b >> 1] * i64[c >> 1]);
              continue;
            case 0x83: // i64.and (fused)
              i64[d >> 1] = BigInt.asIntN(64, i64[b >> 1] & i64[c >> 1]);
              continue;
            case 0x84: // i64.or (fused)
              i64[d >> 1] = BigInt.asIntN(64, i64[b >> 1] | i64[c >> 1]);
              continue;
            case 0x85: // i64.xor (fused)
              i64[d >> 1] = BigInt.asIntN(64, i64[b >> 1] ^ i64[c >> 1]);
              continue;
            case 0x51: // i64.eq (fused)
              i32[d] = ((i32[b] ^ i32[c]) | (i32[b | 1] ^ i32[c | 1])) === 0 ? 1 : 0;
              continue;
            case 0x52: // i64.ne (fused)
              i32[d] = ((i32[b] ^ i32[c]) | (i32[b | 1] ^ i32[c | 1])) === 0 ? 0 : 1;
              continue;
            case 0x86: // i64.shl (fused)
              a = i32[c] & 63;
              c = i32[b | 1];
              b = i32[b];
              if (a > 31) {
                c = b << a;
                b = 0;
              } else if (a !== 0) {
                c = (c << a) | (b >>> (32 - a));
                b = b << a;
              }
              i64[d >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(c) << 32n) | BigInt(b >>> 0));
              continue;
            case 0x88: // i64.shr_u (fused)
              a = i32[c] & 63;
              c = i32[b | 1];
              b = i32[b];
              if (a > 31) {
                b = (c >>> a) | 0;
                c = 0;
              } else if (a !== 0) {
                b = (b >>> a) | (c << (32 - a));
                c = (c >>> a) | 0;
              }
              i64[d >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(c) << 32n) | BigInt(b >>> 0));
              continue;
            case 0x89: // i64.rotl (fused)
              a = i32[c];
              c = (a & 32) === 0 ? b | 1 : b;
              e = i32[b | 1] ^ i32[b] ^ i32[c];
              c = i32[c];
              a = a & 31;
              b = (e << a) | ((c >>> 1) >>> (31 - a));
              c = (c << a) | ((e >>> 1) >>> (31 - a));
              i64[d >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(c) << 32n) | BigInt(b >>> 0));
              continue;
            case 0xa0: // f64.add (fused)
              f64[d >> 1] = f64[b >> 1] + f64[c >> 1];
              continue;
            case 0xa1: // f64.sub (fused)
              f64[d >> 1] = f64[b >> 1] - f64[c >> 1];
              continue;
            case 0xa2: // f64.mul (fused)
              f64[d >> 1] = f64[b >> 1] * f64[c >> 1];
              continue;
            case 0xa3: // f64.div (fused)
              f64[d >> 1] = f64[b >> 1] / f64[c >> 1];
              continue;
            case 0x63: // f64.lt (fused)
              i32[d] = f64[b >> 1] < f64[c >> 1] ? 1 : 0;
              continue;
            case 0x64: // f64.gt (fused)
              i32[d] = f64[b >> 1] > f64[c >> 1] ? 1 : 0;
              continue;
            case 0x65: // f64.le (fused)
              i32[d] = f64[b >> 1] <= f64[c >> 1] ? 1 : 0;
              continue;
            case 0x66: // f64.ge (fused)
              i32[d] = f64[b >> 1] >= f64[c >> 1] ? 1 : 0;
              continue;
            case 0x92: // f32.add (fused)
              f32[d] = f32[b] + f32[c];
              continue;
            case 0x93: // f32.sub (fused)
              f32[d] = f32[b] - f32[c];
              continue;
            case 0x94: // f32.mul (fused)
              f32[d] = f32[b] * f32[c];
              continue;
            case 0x95: // f32.div (fused)
              f32[d] = f32[b] / f32[c];
              continue;
            default:
              throw new BugError(`no fused handler for opcode ${a}`);
          }
        }
        // Fused operations of i32. What takes the result is done too, if it can be.
        switch (a) {
          case 0x6a: // i32.add (fused)
            c = (b + c) | 0;
            break;
          case 0x6b: // i32.sub (fused)
            c = (b - c) | 0;
            break;
          case 0x6c: // i32.mul (fused)
            c = Math.imul(b, c);
            break;
          case 0x71: // i32.and (fused)
            c = b & c;
            break;
          case 0x72: // i32.or (fused)
            c = b | c;
            break;
          case 0x73: // i32.xor (fused)
            c = b ^ c;
            break;
          case 0x74: // i32.shl (fused)
            c = b << c;
            break;
          case 0x75: // i32.shr_s (fused)
            c = b >> c;
            break;
          case 0x76: // i32.shr_u (fused)
            c = (b >>> c) | 0;
            break;
          case 0x77: // i32.rotl (fused)
            c = (b << c) | ((b >>> 1) >>> (31 - (c & 31)));
            break;
          case 0x78: // i32.rotr (fused)
            c = (b >>> c) | ((b << 1) << (31 - (c & 31)));
            break;
          case 0x46: // i32.eq (fused)
            c = b === c ? 1 : 0;
            break;
          case 0x47: // i32.ne (fused)
            c = b !== c ? 1 : 0;
            break;
          case 0x48: // i32.lt_s (fused)
            c = b < c ? 1 : 0;
            break;
          case 0x4a: // i32.gt_s (fused)
            c = b > c ? 1 : 0;
            break;
          case 0x4c: // i32.le_s (fused)
            c = b <= c ? 1 : 0;
            break;
          case 0x4e: // i32.ge_s (fused)
            c = b >= c ? 1 : 0;
            break;
          case 0x49: // i32.lt_u (fused)
            c = (b >>> 0) < (c >>> 0) ? 1 : 0;
            break;
          case 0x4b: // i32.gt_u (fused)
            c = (b >>> 0) > (c >>> 0) ? 1 : 0;
            break;
          case 0x4d: // i32.le_u (fused)
            c = (b >>> 0) <= (c >>> 0) ? 1 : 0;
            break;
          case 0x4f: // i32.ge_u (fused)
            c = (b >>> 0) >= (c >>> 0) ? 1 : 0;
            break;
          default:
            throw new BugError(`no fused handler for opcode ${a}`);
        }
        a = bytes[pc];
        if (a === 0x22 && bytes[pc + 1] < 128) {
          i32[sp] = c;
          sp = (sp + 2) | 0;
          a = (fp + (bytes[pc + 1] << 1)) | 0;
          i32[a] = c;
          pc = (pc + 2) | 0;
          continue;
        }
        if (a === 0x21 && bytes[pc + 1] < 128) {
          a = (fp + (bytes[pc + 1] << 1)) | 0;
          i32[a] = c;
          pc = (pc + 2) | 0;
          continue;
        }
        if (a !== 0x0d) {
          i32[sp] = c;
          sp = (sp + 2) | 0;
          continue;
        }
        pc = (pc + 1) | 0;
        if (c === 0) {
          stp = (stp + 4) | 0;
          pc = (pc + 1) | 0;
          if (bytes[pc - 1] > 127) pc = skipLeb(bytes, pc);
          continue;
        }
      }
      // Taken branches come here.
      a = table[stp + 2] << 1;
      b = (fp + (table[stp + 3] << 1)) | 0;
      if (a === 2) i64[b >> 1] = i64[(sp - 2) >> 1];
      else if (a !== 0) i32.copyWithin(b, sp - a, sp);
      sp = (b + a) | 0;
      a = pc;
      pc = table[stp];
      stp = table[stp + 1];
      // Branches back are those to loop heads.
      if (pc <= a && (fuel = (fuel - 1) | 0) < 0) break run;
      continue;
    }
    // Calls come here.
    if (tail !== 0) {
      // The arguments take the place of the frame, as if the frame below had called.
      tail = 0;
      a = callee.paramSlots << 1;
      i32.copyWithin(fp, sp - a, sp);
      sp = (fp + a) | 0;
      base = frames[top + BASE];
      if ((base & 1) !== 0 && callee.mode !== 0) {
        status = RunStatus.TAIL_CALL;
        thread.callee = callee;
        break run;
      }
      top = (top - FRAME_WORDS) | 0;
      pc = frames[top];
      stp = frames[top + STP];
    }
    if (callee.mode !== 0) {
      status = RunStatus.CALL;
      thread.callee = callee;
      break run;
    }
    next = callee.interp === undefined ? functionCode(callee) : callee.interp as FunctionCode;
    b = (sp - next.paramWords) | 0;
    if (top >= LAST_FRAME || b + next.frameWords > STACK_WORDS) {
      trap = EXHAUSTED;
      if ((base & 1) !== 0) {
        top = (top + FRAME_WORDS) | 0;
        pc = frames[top];
      }
      break run;
    }
    frames[top] = pc;
    frames[top + STP] = stp;
    top = (top + FRAME_WORDS) | 0;
    fp = b;
    frames[top + FP] = b;
    frames[top + BASE] = base;
    base = 0;
    codes[top >> 2] = next;
    b = (b + next.localWords) | 0;
    while (sp < b) {
      i64[sp >> 1] = 0n;
      sp = (sp + 2) | 0;
    }
    pc = next.start;
    stp = next.stp;
    if (next.view !== view) {
      view = next.view;
      bytes = stepping ? view.code.allStops : view.code.bytes;
      table = view.code.table;
      memory = view.instance.memories.length > 0 ? view.instance.memories[0].view : NO_MEMORY;
      end = memory.byteLength;
    }
    if ((fuel = (fuel - 1) | 0) < 0) break run;
    if (next.wantsRegisters) {
      status = SWITCH;
      break run;
    }
  }
  if (trap !== NO_TRAP) {
    status = RunStatus.TRAP;
    thread.trapCode = trap as TrapCode;
  }
  frames[top + PC] = pc;
  frames[top + STP] = stp;
  thread.sp = sp >> 1;
  thread.top = top;
  thread.rest = fuel;
  return status;
}
