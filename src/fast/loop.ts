// Written by scripts/make_fast_loop.ts: do not edit.
// The loop of tier `fast`: register code, whose registers are the slots of the frame. Takes a thread with a frame of register code on top, gives why it stopped.
// Frames, slots and what happens before and after a run are those of the interpreter (interp/thread.ts); rarer instructions are run by others.ts.

import { BugError } from "../base/bug.ts";
import { type FunctionCode, functionCode } from "../interp/code.ts";
import { startThrow } from "../interp/exceptions.ts";
import { TAKEN as CAST_TAKEN } from "../interp/gc.ts";
import { runSimd } from "../interp/simd.ts";
import { runLanes } from "../interp/simd_integer.ts";
import { SLICE, SWITCH } from "../interp/run.ts";
import * as stack from "../interp/stack.ts";
import type { Thread } from "../interp/thread.ts";
import { Mode, type WasmFunc } from "../runtime/func.ts";
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
import * as arena from "./arena.ts";
import type { InstanceRegisters } from "./code.ts";
import { runOther } from "./others.ts";

// Constants of this module, neither imported nor exported: only these are constants to V8's compiler.
const I32 = stack.SLOTS_I32,
  I64 = stack.SLOTS_I64,
  F32 = stack.SLOTS_F32,
  F64 = stack.SLOTS_F64,
  FRAMES = stack.FRAMES,
  WORDS = arena.WORDS,
  WORDS_I64 = arena.WORDS_I64,
  WORDS_F64 = arena.WORDS_F64;
const STACK_WORDS = stack.STACK_WORDS, LAST_FRAME = stack.LAST_FRAME;
const PC = 0, STP = 1, FP = 2, BASE = 3;

const NO_MEMORY = new DataView(new ArrayBuffer(0));
const NO_TRAP = -1;
const TAKEN = CAST_TAKEN;
const UNREACHABLE = TrapCode.UNREACHABLE, OUT_OF_BOUNDS = TrapCode.MEMORY_OUT_OF_BOUNDS;
const DIVIDE_BY_ZERO = TrapCode.INTEGER_DIVIDE_BY_ZERO,
  OVERFLOW = TrapCode.INTEGER_OVERFLOW,
  EXHAUSTED = TrapCode.CALL_STACK_EXHAUSTED;
const UNDEFINED_ELEMENT = TrapCode.UNDEFINED_ELEMENT,
  UNINITIALIZED_ELEMENT = TrapCode.UNINITIALIZED_ELEMENT,
  TYPE_MISMATCH = TrapCode.INDIRECT_CALL_TYPE_MISMATCH,
  NULL_FUNCTION = TrapCode.NULL_FUNCTION;

/**
 * Runs the top frame of `thread`, one of register code of the instance that `registers` belongs to, for at most `fuel` calls of functions and passes of loop heads. Gives a RunStatus,
 * SLICE when the fuel is used up, or SWITCH when the top frame is none of these any more. `thread.rest` is what is left of it, negative with SLICE.
 */
export function runRegisters(
  thread: Thread,
  registers: InstanceRegisters,
  fuel: number,
): RunStatus | typeof SLICE | typeof SWITCH {
  const i32 = I32, i64 = I64, f32 = F32, f64 = F64, frames = FRAMES, code = WORDS, k64 = WORDS_I64, kf64 = WORDS_F64;
  const store = thread.store, view = registers.view, cells = registers.cells, functions = registers.count;
  const memories = view.instance.memories, bytes = view.code.original;
  let globals = store.arena.i32;
  let memory = memories.length > 0 ? memories[0].view : NO_MEMORY, end = memory.byteLength;
  code[1] = thread.top;
  code[2] = fuel;
  code[3] = registers.firstRef;
  code[4] = registers.defined;
  code[5] = registers.imported;
  let pc = frames[thread.top], fp = frames[thread.top + FP];
  code[6] = fp;

  // One set of temporaries for all cases keeps V8's bytecode small. In case labels, only literals give a jump table.
  let a = 0, b = 0, c = 0, x = 0, y = 0, z = 0;
  let t = 0, u = 0, v = 0, t2 = 0, at = 0, p = 0, q = 0;
  let sp = -1, tail = 0;
  let callee: WasmFunc, next: FunctionCode;
  let status: RunStatus | typeof SLICE | typeof SWITCH = SLICE, trap: number = NO_TRAP;
  run: for (;;) {
    leaving: {
      calls: {
        invoke: {
          outside: {
            t = code[pc];
            a = code[(pc + 1) | 0];
            b = code[(pc + 2) | 0];
            c = code[(pc + 3) | 0];
            pc = (pc + 4) | 0;
            // In memory, since V8 would keep it there anyway, and write it at each turn.
            fp = code[6];
            x = (fp + a) | 0;
            y = (fp + b) | 0;
            z = (fp + c) | 0;
            switch (t) {
              case 0: // mov32
                i32[x] = i32[y];
                continue;
              case 1: // mov64
                i64[x >> 1] = i64[y >> 1];
                continue;
              case 2: // mov128
                i64[x >> 1] = i64[y >> 1];
                i64[(x >> 1) + 1] = i64[(y >> 1) + 1];
                continue;
              case 3: // const32
                i32[x] = b;
                continue;
              case 4: // const64
                i64[x >> 1] = k64[b];
                continue;
              case 5: // mov32x2
                i32[x] = i32[y];
                i32[z] = i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 6: // mov32x4
                i32[x] = i32[y];
                i32[z] = i32[(fp + code[pc]) | 0];
                i32[(fp + code[(pc + 1) | 0]) | 0] = i32[(fp + code[(pc + 2) | 0]) | 0];
                i32[(fp + code[(pc + 3) | 0]) | 0] = i32[(fp + code[(pc + 4) | 0]) | 0];
                pc = (pc + 5) | 0;
                continue;
              case 7: // select32
                if (i32[(fp + code[pc]) | 0] === 0) y = z;
                pc = (pc + 1) | 0;
                i32[x] = i32[y];
                continue;
              case 8: // global.get32
                t = code[cells + b];
                i32[x] = globals[t];
                continue;
              case 9: // global.set32
                t = code[cells + a];
                globals[t] = i32[y];
                continue;
              case 10: // select64
                if (i32[(fp + code[pc]) | 0] === 0) y = z;
                pc = (pc + 1) | 0;
                i64[x >> 1] = i64[y >> 1];
                continue;
              case 11: // global.get64
                t = code[cells + b];
                i32[x] = globals[t];
                i32[(x + 1) | 0] = globals[t + 1];
                continue;
              case 12: // global.set64
                t = code[cells + a];
                globals[t] = i32[y];
                globals[t + 1] = i32[(y + 1) | 0];
                continue;
              case 13: // select128
                if (i32[(fp + code[pc]) | 0] === 0) y = z;
                pc = (pc + 1) | 0;
                i64[x >> 1] = i64[y >> 1];
                i64[(x >> 1) + 1] = i64[(y >> 1) + 1];
                continue;
              case 14: // ref.func
                i32[x] = view.funcs[b].ref;
                i32[(x + 1) | 0] = 0;
                continue;
              case 15: // br
                pc = (pc + a) | 0;
                continue;
              case 16: // br back
                pc = (pc + a) | 0;
                if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                continue;
              case 17: // br_table
                t = i32[x];
                if ((t >>> 0) > (b >>> 0)) t = b;
                pc = (pc + code[(pc + t) | 0]) | 0;
                continue;
              case 18: // unreachable
              {
                trap = UNREACHABLE;
                break run;
              }
              case 19: // pass
                if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                continue;
              case 20: // count
                next = functionCode(store.func(~frames[code[1] + STP]));
                t = (next.left[a] - 1) | 0;
                next.left[a] = t;
                if (t > 0) continue;
                status = RunStatus.HOT;
                break run;
              case 21: // trap_if_null
                if (i32[y] === 0) {
                  trap = a;
                  break run;
                }
                continue;
              case 22: // br_nz
                if (i32[x] !== 0) pc = (pc + b) | 0;
                continue;
              case 23: // br_z
                if (i32[x] === 0) pc = (pc + b) | 0;
                continue;
              case 24: // br i32.eq
                if (i32[x] === i32[y]) pc = (pc + c) | 0;
                continue;
              case 25: // br i32.eq k
                if (i32[x] === b) pc = (pc + c) | 0;
                continue;
              case 26: // br i32.ne
                if (i32[x] !== i32[y]) pc = (pc + c) | 0;
                continue;
              case 27: // br i32.ne k
                if (i32[x] !== b) pc = (pc + c) | 0;
                continue;
              case 28: // br i32.lt_s
                if (i32[x] < i32[y]) pc = (pc + c) | 0;
                continue;
              case 29: // br i32.lt_s k
                if (i32[x] < b) pc = (pc + c) | 0;
                continue;
              case 30: // br i32.lt_u
                if ((i32[x] >>> 0) < (i32[y] >>> 0)) pc = (pc + c) | 0;
                continue;
              case 31: // br i32.lt_u k
                if ((i32[x] >>> 0) < (b >>> 0)) pc = (pc + c) | 0;
                continue;
              case 32: // br i32.gt_s
                if (i32[x] > i32[y]) pc = (pc + c) | 0;
                continue;
              case 33: // br i32.gt_s k
                if (i32[x] > b) pc = (pc + c) | 0;
                continue;
              case 34: // br i32.gt_u
                if ((i32[x] >>> 0) > (i32[y] >>> 0)) pc = (pc + c) | 0;
                continue;
              case 35: // br i32.gt_u k
                if ((i32[x] >>> 0) > (b >>> 0)) pc = (pc + c) | 0;
                continue;
              case 36: // br i32.le_s
                if (i32[x] <= i32[y]) pc = (pc + c) | 0;
                continue;
              case 37: // br i32.le_s k
                if (i32[x] <= b) pc = (pc + c) | 0;
                continue;
              case 38: // br i32.le_u
                if ((i32[x] >>> 0) <= (i32[y] >>> 0)) pc = (pc + c) | 0;
                continue;
              case 39: // br i32.le_u k
                if ((i32[x] >>> 0) <= (b >>> 0)) pc = (pc + c) | 0;
                continue;
              case 40: // br i32.ge_s
                if (i32[x] >= i32[y]) pc = (pc + c) | 0;
                continue;
              case 41: // br i32.ge_s k
                if (i32[x] >= b) pc = (pc + c) | 0;
                continue;
              case 42: // br i32.ge_u
                if ((i32[x] >>> 0) >= (i32[y] >>> 0)) pc = (pc + c) | 0;
                continue;
              case 43: // br i32.ge_u k
                if ((i32[x] >>> 0) >= (b >>> 0)) pc = (pc + c) | 0;
                continue;
              case 44: // br_nz back
                if (i32[x] !== 0) {
                  pc = (pc + b) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 45: // br_z back
                if (i32[x] === 0) {
                  pc = (pc + b) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 46: // br i32.eq back
                if (i32[x] === i32[y]) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 47: // br i32.eq k back
                if (i32[x] === b) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 48: // br i32.ne back
                if (i32[x] !== i32[y]) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 49: // br i32.ne k back
                if (i32[x] !== b) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 50: // br i32.lt_s back
                if (i32[x] < i32[y]) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 51: // br i32.lt_s k back
                if (i32[x] < b) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 52: // br i32.lt_u back
                if ((i32[x] >>> 0) < (i32[y] >>> 0)) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 53: // br i32.lt_u k back
                if ((i32[x] >>> 0) < (b >>> 0)) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 54: // br i32.gt_s back
                if (i32[x] > i32[y]) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 55: // br i32.gt_s k back
                if (i32[x] > b) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 56: // br i32.gt_u back
                if ((i32[x] >>> 0) > (i32[y] >>> 0)) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 57: // br i32.gt_u k back
                if ((i32[x] >>> 0) > (b >>> 0)) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 58: // br i32.le_s back
                if (i32[x] <= i32[y]) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 59: // br i32.le_s k back
                if (i32[x] <= b) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 60: // br i32.le_u back
                if ((i32[x] >>> 0) <= (i32[y] >>> 0)) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 61: // br i32.le_u k back
                if ((i32[x] >>> 0) <= (b >>> 0)) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 62: // br i32.ge_s back
                if (i32[x] >= i32[y]) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 63: // br i32.ge_s k back
                if (i32[x] >= b) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 64: // br i32.ge_u back
                if ((i32[x] >>> 0) >= (i32[y] >>> 0)) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 65: // br i32.ge_u k back
                if ((i32[x] >>> 0) >= (b >>> 0)) {
                  pc = (pc + c) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                }
                continue;
              case 66: // mov32 br back
                i32[x] = i32[y];
                pc = (pc + c) | 0;
                if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                continue;
              case 67: // br_and_nz
                if ((i32[x] & b) !== 0) pc = (pc + c) | 0;
                continue;
              case 68: // br_and_z
                if ((i32[x] & b) === 0) pc = (pc + c) | 0;
                continue;
              case 69: // add br i32.ne back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = i32[fp + code[pc]];
                if (t !== u) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 70: // add br i32.ne k back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = code[pc];
                if (t !== u) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 71: // add br i32.lt_s back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = i32[fp + code[pc]];
                if (t < u) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 72: // add br i32.lt_s k back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = code[pc];
                if (t < u) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 73: // add br i32.lt_u back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = i32[fp + code[pc]];
                if ((t >>> 0) < (u >>> 0)) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 74: // add br i32.lt_u k back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = code[pc];
                if ((t >>> 0) < (u >>> 0)) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 75: // add br i32.gt_s back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = i32[fp + code[pc]];
                if (t > u) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 76: // add br i32.gt_s k back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = code[pc];
                if (t > u) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 77: // add br i32.gt_u back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = i32[fp + code[pc]];
                if ((t >>> 0) > (u >>> 0)) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 78: // add br i32.gt_u k back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = code[pc];
                if ((t >>> 0) > (u >>> 0)) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 79: // add br i32.eq back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = i32[fp + code[pc]];
                if (t === u) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 80: // add br i32.eq k back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = code[pc];
                if (t === u) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 81: // add br i32.le_s back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = i32[fp + code[pc]];
                if (t <= u) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 82: // add br i32.le_s k back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = code[pc];
                if (t <= u) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 83: // add br i32.le_u back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = i32[fp + code[pc]];
                if ((t >>> 0) <= (u >>> 0)) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 84: // add br i32.le_u k back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = code[pc];
                if ((t >>> 0) <= (u >>> 0)) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 85: // add br i32.ge_s back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = i32[fp + code[pc]];
                if (t >= u) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 86: // add br i32.ge_s k back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = code[pc];
                if (t >= u) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 87: // add br i32.ge_u back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = i32[fp + code[pc]];
                if ((t >>> 0) >= (u >>> 0)) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 88: // add br i32.ge_u k back
                t = (i32[y] + c) | 0;
                i32[x] = t;
                u = code[pc];
                if ((t >>> 0) >= (u >>> 0)) {
                  pc = (pc + code[(pc + 1) | 0] + 2) | 0;
                  if ((code[2] = (code[2] - 1) | 0) < 0) break run;
                } else pc = (pc + 2) | 0 | 0;
                continue;
              case 89: // br i64.eq
                if (((i32[x] ^ i32[y]) | (i32[(x + 1) | 0] ^ i32[(y + 1) | 0])) === 0) pc = (pc + c) | 0;
                continue;
              case 90: // br i64.ne
                if (((i32[x] ^ i32[y]) | (i32[(x + 1) | 0] ^ i32[(y + 1) | 0])) !== 0) pc = (pc + c) | 0;
                continue;
              case 91: // br i64.lt_s
                if (
                  (i32[(x + 1) | 0] === i32[(y + 1) | 0]
                    ? (i32[x] >>> 0) < (i32[y] >>> 0)
                    : i32[(x + 1) | 0] < i32[(y + 1) | 0])
                ) pc = (pc + c) | 0;
                continue;
              case 92: // br i64.lt_u
                if (
                  (i32[(x + 1) | 0] === i32[(y + 1) | 0]
                    ? (i32[x] >>> 0) < (i32[y] >>> 0)
                    : (i32[(x + 1) | 0] >>> 0) < (i32[(y + 1) | 0] >>> 0))
                ) pc = (pc + c) | 0;
                continue;
              case 93: // br i64.gt_s
                if (
                  (i32[(x + 1) | 0] === i32[(y + 1) | 0]
                    ? (i32[x] >>> 0) > (i32[y] >>> 0)
                    : i32[(x + 1) | 0] > i32[(y + 1) | 0])
                ) pc = (pc + c) | 0;
                continue;
              case 94: // br i64.gt_u
                if (
                  (i32[(x + 1) | 0] === i32[(y + 1) | 0]
                    ? (i32[x] >>> 0) > (i32[y] >>> 0)
                    : (i32[(x + 1) | 0] >>> 0) > (i32[(y + 1) | 0] >>> 0))
                ) pc = (pc + c) | 0;
                continue;
              case 95: // br i64.le_s
                if (
                  (i32[(x + 1) | 0] === i32[(y + 1) | 0]
                    ? (i32[x] >>> 0) <= (i32[y] >>> 0)
                    : i32[(x + 1) | 0] <= i32[(y + 1) | 0])
                ) pc = (pc + c) | 0;
                continue;
              case 96: // br i64.le_u
                if (
                  (i32[(x + 1) | 0] === i32[(y + 1) | 0]
                    ? (i32[x] >>> 0) <= (i32[y] >>> 0)
                    : (i32[(x + 1) | 0] >>> 0) <= (i32[(y + 1) | 0] >>> 0))
                ) pc = (pc + c) | 0;
                continue;
              case 97: // br i64.ge_s
                if (
                  (i32[(x + 1) | 0] === i32[(y + 1) | 0]
                    ? (i32[x] >>> 0) >= (i32[y] >>> 0)
                    : i32[(x + 1) | 0] >= i32[(y + 1) | 0])
                ) pc = (pc + c) | 0;
                continue;
              case 98: // br i64.ge_u
                if (
                  (i32[(x + 1) | 0] === i32[(y + 1) | 0]
                    ? (i32[x] >>> 0) >= (i32[y] >>> 0)
                    : (i32[(x + 1) | 0] >>> 0) >= (i32[(y + 1) | 0] >>> 0))
                ) pc = (pc + c) | 0;
                continue;
              case 99: // br f64.eq
                if (f64[x >> 1] === f64[y >> 1]) pc = (pc + c) | 0;
                continue;
              case 100: // br_unless f64.eq
                if (!(f64[x >> 1] === f64[y >> 1])) pc = (pc + c) | 0;
                continue;
              case 101: // br f64.ne
                if (f64[x >> 1] !== f64[y >> 1]) pc = (pc + c) | 0;
                continue;
              case 102: // br_unless f64.ne
                if (!(f64[x >> 1] !== f64[y >> 1])) pc = (pc + c) | 0;
                continue;
              case 103: // br f64.lt
                if (f64[x >> 1] < f64[y >> 1]) pc = (pc + c) | 0;
                continue;
              case 104: // br_unless f64.lt
                if (!(f64[x >> 1] < f64[y >> 1])) pc = (pc + c) | 0;
                continue;
              case 105: // br f64.gt
                if (f64[x >> 1] > f64[y >> 1]) pc = (pc + c) | 0;
                continue;
              case 106: // br_unless f64.gt
                if (!(f64[x >> 1] > f64[y >> 1])) pc = (pc + c) | 0;
                continue;
              case 107: // br f64.le
                if (f64[x >> 1] <= f64[y >> 1]) pc = (pc + c) | 0;
                continue;
              case 108: // br_unless f64.le
                if (!(f64[x >> 1] <= f64[y >> 1])) pc = (pc + c) | 0;
                continue;
              case 109: // br f64.ge
                if (f64[x >> 1] >= f64[y >> 1]) pc = (pc + c) | 0;
                continue;
              case 110: // br_unless f64.ge
                if (!(f64[x >> 1] >= f64[y >> 1])) pc = (pc + c) | 0;
                continue;
              case 111: // call
                t = code[cells + b];
                if (t === 0) {
                  callee = view.funcs[b];
                  tail = 0;
                  break calls;
                }
                break invoke;
              case 112: // call_import
                callee = view.funcs[b];
                tail = 0;
                break calls;
              case 113: // return_call
                callee = view.funcs[b];
                tail = 1;
                break calls;
              case 114: // call_indirect
                t = i32[y];
                if ((t >>> 0) >= view.instance.tables[c].length) {
                  trap = UNDEFINED_ELEMENT;
                  break run;
                }
                t = globals[((view.instance.tables[c].elements >> 2) + t) | 0];
                if (t === 0) {
                  trap = UNINITIALIZED_ELEMENT;
                  break run;
                }
                u = (t - code[3]) | 0;
                if ((u >>> 0) < (code[4] >>> 0)) {
                  u = (cells + u + code[5]) | 0;
                  if (code[u + functions] === code[pc]) {
                    t2 = code[u];
                    if (t2 !== 0) {
                      t = t2;
                      pc = (pc + 1) | 0;
                      break invoke;
                    }
                  }
                }
                callee = store.func(t);
                u = callee.signature.typeId;
                t = code[pc];
                if (u !== t && !TYPES.isSubtype(u, t)) {
                  trap = TYPE_MISMATCH;
                  break run;
                }
                pc = (pc + 1) | 0;
                tail = 0;
                break calls;
              case 115: // return_call_indirect
                t = i32[y];
                if ((t >>> 0) >= view.instance.tables[c].length) {
                  trap = UNDEFINED_ELEMENT;
                  break run;
                }
                t = globals[((view.instance.tables[c].elements >> 2) + t) | 0];
                if (t === 0) {
                  trap = UNINITIALIZED_ELEMENT;
                  break run;
                }
                callee = store.func(t);
                u = callee.signature.typeId;
                t = code[pc];
                if (u !== t && !TYPES.isSubtype(u, t)) {
                  trap = TYPE_MISMATCH;
                  break run;
                }
                pc = (pc + 1) | 0;
                tail = 1;
                break calls;
              case 116: // index64
                i32[x] = i32[(y + 1) | 0] !== 0 ? -1 : i32[y];
                continue;
              case 117: // call_ref
                if (i32[y] === 0) {
                  trap = NULL_FUNCTION;
                  break run;
                }
                callee = store.func(i32[y]);
                tail = 0;
                break calls;
              case 118: // return_call_ref
                if (i32[y] === 0) {
                  trap = NULL_FUNCTION;
                  break run;
                }
                callee = store.func(i32[y]);
                tail = 1;
                break calls;
              case 119: // enter
                throw new BugError("a function's first instruction was run");
              case 120: // return
                u = code[1];
                if (frames[(u + BASE) | 0] !== 0) {
                  sp = (fp + 0) | 0;
                  break leaving;
                }
                u = (u - 4) | 0;
                code[1] = u;
                pc = frames[u];
                code[6] = frames[(u + FP) | 0];
                continue;
              case 121: // return32
                i32[fp] = i32[x];
                u = code[1];
                if (frames[(u + BASE) | 0] !== 0) {
                  sp = (fp + 2) | 0;
                  break leaving;
                }
                u = (u - 4) | 0;
                code[1] = u;
                pc = frames[u];
                code[6] = frames[(u + FP) | 0];
                continue;
              case 122: // return64
                i64[fp >> 1] = i64[x >> 1];
                u = code[1];
                if (frames[(u + BASE) | 0] !== 0) {
                  sp = (fp + 2) | 0;
                  break leaving;
                }
                u = (u - 4) | 0;
                code[1] = u;
                pc = frames[u];
                code[6] = frames[(u + FP) | 0];
                continue;
              case 123: // return_n
                i32.copyWithin(fp, x, x + b);
                u = code[1];
                if (frames[(u + BASE) | 0] !== 0) {
                  sp = (fp + b) | 0;
                  break leaving;
                }
                u = (u - 4) | 0;
                code[1] = u;
                pc = frames[u];
                code[6] = frames[(u + FP) | 0];
                continue;
              case 124: // i32.add
                i32[x] = (i32[y] + i32[z]) | 0;
                continue;
              case 125: // i32.add k
                i32[x] = (i32[y] + c) | 0;
                continue;
              case 126: // i32.sub
                i32[x] = (i32[y] - i32[z]) | 0;
                continue;
              case 127: // i32.mul
                i32[x] = Math.imul(i32[y], i32[z]);
                continue;
              case 128: // i32.mul k
                i32[x] = Math.imul(i32[y], c);
                continue;
              case 129: // i32.and
                i32[x] = i32[y] & i32[z];
                continue;
              case 130: // i32.and k
                i32[x] = i32[y] & c;
                continue;
              case 131: // i32.or
                i32[x] = i32[y] | i32[z];
                continue;
              case 132: // i32.or k
                i32[x] = i32[y] | c;
                continue;
              case 133: // i32.xor
                i32[x] = i32[y] ^ i32[z];
                continue;
              case 134: // i32.xor k
                i32[x] = i32[y] ^ c;
                continue;
              case 135: // i32.shl
                i32[x] = i32[y] << i32[z];
                continue;
              case 136: // i32.shl k
                i32[x] = i32[y] << c;
                continue;
              case 137: // i32.shr_s
                i32[x] = i32[y] >> i32[z];
                continue;
              case 138: // i32.shr_s k
                i32[x] = i32[y] >> c;
                continue;
              case 139: // i32.shr_u
                i32[x] = i32[y] >>> i32[z];
                continue;
              case 140: // i32.shr_u k
                i32[x] = i32[y] >>> c;
                continue;
              case 141: // i32.rotl
                i32[x] = (i32[y] << i32[z]) | ((i32[y] >>> 1) >>> (31 - (i32[z] & 31)));
                continue;
              case 142: // i32.rotl k
                i32[x] = (i32[y] << c) | ((i32[y] >>> 1) >>> (31 - (c & 31)));
                continue;
              case 143: // i32.rotr
                i32[x] = (i32[y] >>> i32[z]) | ((i32[y] << 1) << (31 - (i32[z] & 31)));
                continue;
              case 144: // i32.rotr k
                i32[x] = (i32[y] >>> c) | ((i32[y] << 1) << (31 - (c & 31)));
                continue;
              case 145: // i32.sub kr
                i32[x] = (c - i32[y]) | 0;
                continue;
              case 146: // i32.shl kr
                i32[x] = c << i32[y];
                continue;
              case 147: // i32.eq
                i32[x] = i32[y] === i32[z] ? 1 : 0;
                continue;
              case 148: // i32.eq k
                i32[x] = i32[y] === c ? 1 : 0;
                continue;
              case 149: // i32.ne
                i32[x] = i32[y] !== i32[z] ? 1 : 0;
                continue;
              case 150: // i32.ne k
                i32[x] = i32[y] !== c ? 1 : 0;
                continue;
              case 151: // i32.lt_s
                i32[x] = i32[y] < i32[z] ? 1 : 0;
                continue;
              case 152: // i32.lt_s k
                i32[x] = i32[y] < c ? 1 : 0;
                continue;
              case 153: // i32.lt_u
                i32[x] = (i32[y] >>> 0) < (i32[z] >>> 0) ? 1 : 0;
                continue;
              case 154: // i32.lt_u k
                i32[x] = (i32[y] >>> 0) < (c >>> 0) ? 1 : 0;
                continue;
              case 155: // i32.gt_s
                i32[x] = i32[y] > i32[z] ? 1 : 0;
                continue;
              case 156: // i32.gt_s k
                i32[x] = i32[y] > c ? 1 : 0;
                continue;
              case 157: // i32.gt_u
                i32[x] = (i32[y] >>> 0) > (i32[z] >>> 0) ? 1 : 0;
                continue;
              case 158: // i32.gt_u k
                i32[x] = (i32[y] >>> 0) > (c >>> 0) ? 1 : 0;
                continue;
              case 159: // i32.le_s
                i32[x] = i32[y] <= i32[z] ? 1 : 0;
                continue;
              case 160: // i32.le_s k
                i32[x] = i32[y] <= c ? 1 : 0;
                continue;
              case 161: // i32.le_u
                i32[x] = (i32[y] >>> 0) <= (i32[z] >>> 0) ? 1 : 0;
                continue;
              case 162: // i32.le_u k
                i32[x] = (i32[y] >>> 0) <= (c >>> 0) ? 1 : 0;
                continue;
              case 163: // i32.ge_s
                i32[x] = i32[y] >= i32[z] ? 1 : 0;
                continue;
              case 164: // i32.ge_s k
                i32[x] = i32[y] >= c ? 1 : 0;
                continue;
              case 165: // i32.ge_u
                i32[x] = (i32[y] >>> 0) >= (i32[z] >>> 0) ? 1 : 0;
                continue;
              case 166: // i32.ge_u k
                i32[x] = (i32[y] >>> 0) >= (c >>> 0) ? 1 : 0;
                continue;
              case 167: // i32.div_s
                t = i32[y];
                u = i32[z];
                if (u === 0) {
                  trap = DIVIDE_BY_ZERO;
                  break run;
                }
                if (u === -1 && t === -0x80000000) {
                  trap = OVERFLOW;
                  break run;
                }
                i32[x] = (t / u) | 0;
                continue;
              case 168: // i32.div_u
                u = i32[z];
                if (u === 0) {
                  trap = DIVIDE_BY_ZERO;
                  break run;
                }
                i32[x] = ((i32[y] >>> 0) / (u >>> 0)) | 0;
                continue;
              case 169: // i32.rem_s
                u = i32[z];
                if (u === 0) {
                  trap = DIVIDE_BY_ZERO;
                  break run;
                }
                i32[x] = (i32[y] % u) | 0;
                continue;
              case 170: // i32.rem_u
                u = i32[z];
                if (u === 0) {
                  trap = DIVIDE_BY_ZERO;
                  break run;
                }
                i32[x] = ((i32[y] >>> 0) % (u >>> 0)) | 0;
                continue;
              case 171: // i32.clz
                i32[x] = Math.clz32(i32[y]);
                continue;
              case 172: // i32.ctz
                i32[x] = ctz32(i32[y]);
                continue;
              case 173: // i32.popcnt
                i32[x] = popcnt32(i32[y]);
                continue;
              case 174: // i32.extend8_s
                i32[x] = (i32[y] << 24) >> 24;
                continue;
              case 175: // i32.extend16_s
                i32[x] = (i32[y] << 16) >> 16;
                continue;
              case 176: // i32.and_shl k
                i32[x] = (i32[y] & c) << code[pc];
                pc = (pc + 1) | 0;
                continue;
              case 177: // i32.shr_u_and k
                i32[x] = (i32[y] >>> c) & code[pc];
                pc = (pc + 1) | 0;
                continue;
              case 178: // i32.add3 k
                i32[x] = (i32[y] + i32[z] + code[pc]) | 0;
                pc = (pc + 1) | 0;
                continue;
              case 179: // i32.xor_rotl k
                t = i32[y] ^ i32[z];
                u = code[pc];
                i32[x] = (t << u) | (t >>> (32 - u));
                pc = (pc + 1) | 0;
                continue;
              case 180: // i32.shl k > add
                t = i32[y] << c;
                i32[x] = (t + i32[(fp + code[pc]) | 0]) | 0;
                pc = (pc + 1) | 0;
                continue;
              case 181: // i32.shl k > xor
                t = i32[y] << c;
                i32[x] = t ^ i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 182: // i32.shl k > or
                t = i32[y] << c;
                i32[x] = t | i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 183: // i32.shl k > and
                t = i32[y] << c;
                i32[x] = t & i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 184: // i32.shr_u k > add
                t = i32[y] >>> c;
                i32[x] = (t + i32[(fp + code[pc]) | 0]) | 0;
                pc = (pc + 1) | 0;
                continue;
              case 185: // i32.shr_u k > xor
                t = i32[y] >>> c;
                i32[x] = t ^ i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 186: // i32.shr_u k > or
                t = i32[y] >>> c;
                i32[x] = t | i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 187: // i32.shr_u k > and
                t = i32[y] >>> c;
                i32[x] = t & i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 188: // i32.shr_s k > add
                t = i32[y] >> c;
                i32[x] = (t + i32[(fp + code[pc]) | 0]) | 0;
                pc = (pc + 1) | 0;
                continue;
              case 189: // i32.shr_s k > xor
                t = i32[y] >> c;
                i32[x] = t ^ i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 190: // i32.shr_s k > or
                t = i32[y] >> c;
                i32[x] = t | i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 191: // i32.shr_s k > and
                t = i32[y] >> c;
                i32[x] = t & i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 192: // i32.rotl k > add
                t = (i32[y] << c) | ((i32[y] >>> 1) >>> (31 - (c & 31)));
                i32[x] = (t + i32[(fp + code[pc]) | 0]) | 0;
                pc = (pc + 1) | 0;
                continue;
              case 193: // i32.rotl k > xor
                t = (i32[y] << c) | ((i32[y] >>> 1) >>> (31 - (c & 31)));
                i32[x] = t ^ i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 194: // i32.rotl k > or
                t = (i32[y] << c) | ((i32[y] >>> 1) >>> (31 - (c & 31)));
                i32[x] = t | i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 195: // i32.rotl k > and
                t = (i32[y] << c) | ((i32[y] >>> 1) >>> (31 - (c & 31)));
                i32[x] = t & i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 196: // i32.and k > add
                t = i32[y] & c;
                i32[x] = (t + i32[(fp + code[pc]) | 0]) | 0;
                pc = (pc + 1) | 0;
                continue;
              case 197: // i32.and k > xor
                t = i32[y] & c;
                i32[x] = t ^ i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 198: // i32.and k > or
                t = i32[y] & c;
                i32[x] = t | i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 199: // i32.and k > and
                t = i32[y] & c;
                i32[x] = t & i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 200: // i32.and > add
                t = i32[y] & i32[z];
                i32[x] = (t + i32[(fp + code[pc]) | 0]) | 0;
                pc = (pc + 1) | 0;
                continue;
              case 201: // i32.and > xor
                t = i32[y] & i32[z];
                i32[x] = t ^ i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 202: // i32.and > or
                t = i32[y] & i32[z];
                i32[x] = t | i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 203: // i32.and > and
                t = i32[y] & i32[z];
                i32[x] = t & i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 204: // i32.xor > add
                t = i32[y] ^ i32[z];
                i32[x] = (t + i32[(fp + code[pc]) | 0]) | 0;
                pc = (pc + 1) | 0;
                continue;
              case 205: // i32.xor > xor
                t = i32[y] ^ i32[z];
                i32[x] = t ^ i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 206: // i32.xor > or
                t = i32[y] ^ i32[z];
                i32[x] = t | i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 207: // i32.xor > and
                t = i32[y] ^ i32[z];
                i32[x] = t & i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 208: // i32.or > add
                t = i32[y] | i32[z];
                i32[x] = (t + i32[(fp + code[pc]) | 0]) | 0;
                pc = (pc + 1) | 0;
                continue;
              case 209: // i32.or > xor
                t = i32[y] | i32[z];
                i32[x] = t ^ i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 210: // i32.or > or
                t = i32[y] | i32[z];
                i32[x] = t | i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 211: // i32.or > and
                t = i32[y] | i32[z];
                i32[x] = t & i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 212: // i32.mul > add
                t = Math.imul(i32[y], i32[z]);
                i32[x] = (t + i32[(fp + code[pc]) | 0]) | 0;
                pc = (pc + 1) | 0;
                continue;
              case 213: // i32.mul > xor
                t = Math.imul(i32[y], i32[z]);
                i32[x] = t ^ i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 214: // i32.mul > or
                t = Math.imul(i32[y], i32[z]);
                i32[x] = t | i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 215: // i32.mul > and
                t = Math.imul(i32[y], i32[z]);
                i32[x] = t & i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 216: // i32.mul k > add
                t = Math.imul(i32[y], c);
                i32[x] = (t + i32[(fp + code[pc]) | 0]) | 0;
                pc = (pc + 1) | 0;
                continue;
              case 217: // i32.mul k > xor
                t = Math.imul(i32[y], c);
                i32[x] = t ^ i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 218: // i32.mul k > or
                t = Math.imul(i32[y], c);
                i32[x] = t | i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 219: // i32.mul k > and
                t = Math.imul(i32[y], c);
                i32[x] = t & i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 220: // i32.add > add
                t = i32[y] + i32[z];
                i32[x] = (t + i32[(fp + code[pc]) | 0]) | 0;
                pc = (pc + 1) | 0;
                continue;
              case 221: // i32.add > xor
                t = i32[y] + i32[z];
                i32[x] = t ^ i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 222: // i32.add > or
                t = i32[y] + i32[z];
                i32[x] = t | i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 223: // i32.add > and
                t = i32[y] + i32[z];
                i32[x] = t & i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 224: // i64.add
                i64[x >> 1] = BigInt.asIntN(64, i64[y >> 1] + i64[z >> 1]);
                continue;
              case 225: // i64.add k
                i64[x >> 1] = BigInt.asIntN(64, i64[y >> 1] + k64[c]);
                continue;
              case 226: // i64.sub
                i64[x >> 1] = BigInt.asIntN(64, i64[y >> 1] - i64[z >> 1]);
                continue;
              case 227: // i64.mul
                i64[x >> 1] = BigInt.asIntN(64, i64[y >> 1] * i64[z >> 1]);
                continue;
              case 228: // i64.mul k
                i64[x >> 1] = BigInt.asIntN(64, i64[y >> 1] * k64[c]);
                continue;
              case 229: // i64.and
                i64[x >> 1] = BigInt.asIntN(64, i64[y >> 1] & i64[z >> 1]);
                continue;
              case 230: // i64.and k
                i64[x >> 1] = BigInt.asIntN(64, i64[y >> 1] & k64[c]);
                continue;
              case 231: // i64.or
                i64[x >> 1] = BigInt.asIntN(64, i64[y >> 1] | i64[z >> 1]);
                continue;
              case 232: // i64.or k
                i64[x >> 1] = BigInt.asIntN(64, i64[y >> 1] | k64[c]);
                continue;
              case 233: // i64.xor
                i64[x >> 1] = BigInt.asIntN(64, i64[y >> 1] ^ i64[z >> 1]);
                continue;
              case 234: // i64.xor k
                i64[x >> 1] = BigInt.asIntN(64, i64[y >> 1] ^ k64[c]);
                continue;
              case 235: // i64.div_s
                if ((i32[z] | i32[(z + 1) | 0]) === 0) {
                  trap = DIVIDE_BY_ZERO;
                  break run;
                }
                if ((i32[z] & i32[(z + 1) | 0]) === -1 && i32[y] === 0 && i32[(y + 1) | 0] === -0x80000000) {
                  trap = OVERFLOW;
                  break run;
                }
                i64[x >> 1] = BigInt.asIntN(64, i64[y >> 1] / i64[z >> 1]);
                continue;
              case 236: // i64.div_u
                if ((i32[z] | i32[(z + 1) | 0]) === 0) {
                  trap = DIVIDE_BY_ZERO;
                  break run;
                }
                i64[x >> 1] = BigInt.asIntN(64, BigInt.asUintN(64, i64[y >> 1]) / BigInt.asUintN(64, i64[z >> 1]));
                continue;
              case 237: // i64.rem_s
                if ((i32[z] | i32[(z + 1) | 0]) === 0) {
                  trap = DIVIDE_BY_ZERO;
                  break run;
                }
                i64[x >> 1] = BigInt.asIntN(64, i64[y >> 1] % i64[z >> 1]);
                continue;
              case 238: // i64.rem_u
                if ((i32[z] | i32[(z + 1) | 0]) === 0) {
                  trap = DIVIDE_BY_ZERO;
                  break run;
                }
                i64[x >> 1] = BigInt.asIntN(64, BigInt.asUintN(64, i64[y >> 1]) % BigInt.asUintN(64, i64[z >> 1]));
                continue;
              case 239: // i64.shl
                u = i32[y];
                v = i32[(y + 1) | 0];
                t = i32[z] & 63;
                if (t > 31) {
                  v = u << t;
                  u = 0;
                } else if (t !== 0) {
                  v = (v << t) | (u >>> (32 - t));
                  u = u << t;
                }
                i64[x >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(v) << 32n) | BigInt(u >>> 0));
                continue;
              case 240: // i64.shl k
                u = i32[y];
                v = i32[(y + 1) | 0];
                t = c;
                if (t > 31) {
                  v = u << t;
                  u = 0;
                } else if (t !== 0) {
                  v = (v << t) | (u >>> (32 - t));
                  u = u << t;
                }
                i64[x >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(v) << 32n) | BigInt(u >>> 0));
                continue;
              case 241: // i64.shr_s
                u = i32[y];
                v = i32[(y + 1) | 0];
                t = i32[z] & 63;
                if (t > 31) {
                  u = v >> t;
                  v = v >> 31;
                } else if (t !== 0) {
                  u = (u >>> t) | (v << (32 - t));
                  v = v >> t;
                }
                i64[x >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(v) << 32n) | BigInt(u >>> 0));
                continue;
              case 242: // i64.shr_s k
                u = i32[y];
                v = i32[(y + 1) | 0];
                t = c;
                if (t > 31) {
                  u = v >> t;
                  v = v >> 31;
                } else if (t !== 0) {
                  u = (u >>> t) | (v << (32 - t));
                  v = v >> t;
                }
                i64[x >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(v) << 32n) | BigInt(u >>> 0));
                continue;
              case 243: // i64.shr_u
                u = i32[y];
                v = i32[(y + 1) | 0];
                t = i32[z] & 63;
                if (t > 31) {
                  u = (v >>> t) | 0;
                  v = 0;
                } else if (t !== 0) {
                  u = (u >>> t) | (v << (32 - t));
                  v = (v >>> t) | 0;
                }
                i64[x >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(v) << 32n) | BigInt(u >>> 0));
                continue;
              case 244: // i64.shr_u k
                u = i32[y];
                v = i32[(y + 1) | 0];
                t = c;
                if (t > 31) {
                  u = (v >>> t) | 0;
                  v = 0;
                } else if (t !== 0) {
                  u = (u >>> t) | (v << (32 - t));
                  v = (v >>> t) | 0;
                }
                i64[x >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(v) << 32n) | BigInt(u >>> 0));
                continue;
              case 245: // i64.rotl
                u = i32[y];
                v = i32[(y + 1) | 0];
                t = i32[z] & 63;
                if (t > 31) {
                  t2 = u;
                  u = v;
                  v = t2;
                }
                t = t & 31;
                t2 = u;
                u = (u << t) | ((v >>> 1) >>> (31 - t));
                v = (v << t) | ((t2 >>> 1) >>> (31 - t));
                i64[x >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(v) << 32n) | BigInt(u >>> 0));
                continue;
              case 246: // i64.rotl k
                u = i32[y];
                v = i32[(y + 1) | 0];
                t = c;
                if (t > 31) {
                  t2 = u;
                  u = v;
                  v = t2;
                }
                t = t & 31;
                t2 = u;
                u = (u << t) | ((v >>> 1) >>> (31 - t));
                v = (v << t) | ((t2 >>> 1) >>> (31 - t));
                i64[x >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(v) << 32n) | BigInt(u >>> 0));
                continue;
              case 247: // i64.rotr
                u = i32[y];
                v = i32[(y + 1) | 0];
                t = i32[z] & 63;
                if (t > 31) {
                  t2 = u;
                  u = v;
                  v = t2;
                }
                t = t & 31;
                t2 = u;
                u = (u >>> t) | ((v << 1) << (31 - t));
                v = (v >>> t) | ((t2 << 1) << (31 - t));
                i64[x >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(v) << 32n) | BigInt(u >>> 0));
                continue;
              case 248: // i64.eq
                i32[x] = ((i32[y] ^ i32[z]) | (i32[(y + 1) | 0] ^ i32[(z + 1) | 0])) === 0 ? 1 : 0;
                continue;
              case 249: // i64.ne
                i32[x] = ((i32[y] ^ i32[z]) | (i32[(y + 1) | 0] ^ i32[(z + 1) | 0])) !== 0 ? 1 : 0;
                continue;
              case 250: // i64.lt_s
                i32[x] = (i32[(y + 1) | 0] === i32[(z + 1) | 0]
                    ? (i32[y] >>> 0) < (i32[z] >>> 0)
                    : i32[(y + 1) | 0] < i32[(z + 1) | 0])
                  ? 1
                  : 0;
                continue;
              case 251: // i64.lt_u
                i32[x] = (i32[(y + 1) | 0] === i32[(z + 1) | 0]
                    ? (i32[y] >>> 0) < (i32[z] >>> 0)
                    : (i32[(y + 1) | 0] >>> 0) < (i32[(z + 1) | 0] >>> 0))
                  ? 1
                  : 0;
                continue;
              case 252: // i64.gt_s
                i32[x] = (i32[(y + 1) | 0] === i32[(z + 1) | 0]
                    ? (i32[y] >>> 0) > (i32[z] >>> 0)
                    : i32[(y + 1) | 0] > i32[(z + 1) | 0])
                  ? 1
                  : 0;
                continue;
              case 253: // i64.gt_u
                i32[x] = (i32[(y + 1) | 0] === i32[(z + 1) | 0]
                    ? (i32[y] >>> 0) > (i32[z] >>> 0)
                    : (i32[(y + 1) | 0] >>> 0) > (i32[(z + 1) | 0] >>> 0))
                  ? 1
                  : 0;
                continue;
              case 254: // i64.le_s
                i32[x] = (i32[(y + 1) | 0] === i32[(z + 1) | 0]
                    ? (i32[y] >>> 0) <= (i32[z] >>> 0)
                    : i32[(y + 1) | 0] <= i32[(z + 1) | 0])
                  ? 1
                  : 0;
                continue;
              case 255: // i64.le_u
                i32[x] = (i32[(y + 1) | 0] === i32[(z + 1) | 0]
                    ? (i32[y] >>> 0) <= (i32[z] >>> 0)
                    : (i32[(y + 1) | 0] >>> 0) <= (i32[(z + 1) | 0] >>> 0))
                  ? 1
                  : 0;
                continue;
              case 256: // i64.ge_s
                i32[x] = (i32[(y + 1) | 0] === i32[(z + 1) | 0]
                    ? (i32[y] >>> 0) >= (i32[z] >>> 0)
                    : i32[(y + 1) | 0] >= i32[(z + 1) | 0])
                  ? 1
                  : 0;
                continue;
              case 257: // i64.ge_u
                i32[x] = (i32[(y + 1) | 0] === i32[(z + 1) | 0]
                    ? (i32[y] >>> 0) >= (i32[z] >>> 0)
                    : (i32[(y + 1) | 0] >>> 0) >= (i32[(z + 1) | 0] >>> 0))
                  ? 1
                  : 0;
                continue;
              case 258: // i64.eqz
                i32[x] = (i32[y] | i32[(y + 1) | 0]) === 0 ? 1 : 0;
                continue;
              case 259: // br i64.eqz
                if ((i32[x] | i32[(x + 1) | 0]) === 0) {
                  pc = (pc + b) | 0;
                }
                continue;
              case 260: // br i64.nez
                if ((i32[x] | i32[(x + 1) | 0]) !== 0) {
                  pc = (pc + b) | 0;
                }
                continue;
              case 261: // i64.clz
                t = i32[(y + 1) | 0];
                i32[x] = t === 0 ? 32 + Math.clz32(i32[y]) : Math.clz32(t);
                i32[(x + 1) | 0] = 0;
                continue;
              case 262: // i64.ctz
                t = i32[y];
                i32[x] = t === 0 ? 32 + ctz32(i32[(y + 1) | 0]) : ctz32(t);
                i32[(x + 1) | 0] = 0;
                continue;
              case 263: // i64.popcnt
                i32[x] = popcnt32(i32[y]) + popcnt32(i32[(y + 1) | 0]);
                i32[(x + 1) | 0] = 0;
                continue;
              case 264: // i64.extend8_s
                t = (i32[y] << 24) >> 24;
                i64[x >> 1] = BigInt.asIntN(64, BigInt(t));
                continue;
              case 265: // i64.extend16_s
                t = (i32[y] << 16) >> 16;
                i64[x >> 1] = BigInt.asIntN(64, BigInt(t));
                continue;
              case 266: // i64.extend_i32_s
                i64[x >> 1] = BigInt.asIntN(64, BigInt(i32[y]));
                continue;
              case 267: // i64.extend_i32_u
                i64[x >> 1] = BigInt.asIntN(64, BigInt(i32[y] >>> 0));
                continue;
              case 268: // f32.add
                f32[x] = f32[y] + f32[z];
                continue;
              case 269: // f32.sub
                f32[x] = f32[y] - f32[z];
                continue;
              case 270: // f32.mul
                f32[x] = f32[y] * f32[z];
                continue;
              case 271: // f32.div
                f32[x] = f32[y] / f32[z];
                continue;
              case 272: // f32.min
                f32[x] = minimum(f32[y], f32[z]);
                continue;
              case 273: // f32.max
                f32[x] = maximum(f32[y], f32[z]);
                continue;
              case 274: // f32.ceil
                f32[x] = ceil(f32[y]);
                continue;
              case 275: // f32.floor
                f32[x] = floor(f32[y]);
                continue;
              case 276: // f32.trunc
                f32[x] = truncate(f32[y]);
                continue;
              case 277: // f32.nearest
                f32[x] = nearest(f32[y]);
                continue;
              case 278: // f32.sqrt
                f32[x] = Math.sqrt(f32[y]);
                continue;
              case 279: // f32.eq
                i32[x] = f32[y] === f32[z] ? 1 : 0;
                continue;
              case 280: // f32.ne
                i32[x] = f32[y] !== f32[z] ? 1 : 0;
                continue;
              case 281: // f32.lt
                i32[x] = f32[y] < f32[z] ? 1 : 0;
                continue;
              case 282: // f32.gt
                i32[x] = f32[y] > f32[z] ? 1 : 0;
                continue;
              case 283: // f32.le
                i32[x] = f32[y] <= f32[z] ? 1 : 0;
                continue;
              case 284: // f32.ge
                i32[x] = f32[y] >= f32[z] ? 1 : 0;
                continue;
              case 285: // f64.add
                f64[x >> 1] = f64[y >> 1] + f64[z >> 1];
                continue;
              case 286: // f64.add k
                f64[x >> 1] = f64[y >> 1] + kf64[c];
                continue;
              case 287: // f64.sub
                f64[x >> 1] = f64[y >> 1] - f64[z >> 1];
                continue;
              case 288: // f64.sub k
                f64[x >> 1] = f64[y >> 1] - kf64[c];
                continue;
              case 289: // f64.mul
                f64[x >> 1] = f64[y >> 1] * f64[z >> 1];
                continue;
              case 290: // f64.mul k
                f64[x >> 1] = f64[y >> 1] * kf64[c];
                continue;
              case 291: // f64.div
                f64[x >> 1] = f64[y >> 1] / f64[z >> 1];
                continue;
              case 292: // f64.div k
                f64[x >> 1] = f64[y >> 1] / kf64[c];
                continue;
              case 293: // f64.sub kr
                f64[x >> 1] = kf64[c] - f64[y >> 1];
                continue;
              case 294: // f64.div kr
                f64[x >> 1] = kf64[c] / f64[y >> 1];
                continue;
              case 295: // f64.mul_add
                f64[x >> 1] = f64[((fp + code[pc]) | 0) >> 1] + (f64[y >> 1] * f64[z >> 1]);
                pc = (pc + 1) | 0;
                continue;
              case 296: // f64.mul3
                f64[x >> 1] = f64[y >> 1] * f64[z >> 1] * f64[((fp + code[pc]) | 0) >> 1];
                pc = (pc + 1) | 0;
                continue;
              case 297: // f64.mul_sub
                f64[x >> 1] = f64[((fp + code[pc]) | 0) >> 1] - (f64[y >> 1] * f64[z >> 1]);
                pc = (pc + 1) | 0;
                continue;
              case 298: // f64.min
                f64[x >> 1] = minimum(f64[y >> 1], f64[z >> 1]);
                continue;
              case 299: // f64.max
                f64[x >> 1] = maximum(f64[y >> 1], f64[z >> 1]);
                continue;
              case 300: // f64.ceil
                f64[x >> 1] = ceil(f64[y >> 1]);
                continue;
              case 301: // f64.floor
                f64[x >> 1] = floor(f64[y >> 1]);
                continue;
              case 302: // f64.trunc
                f64[x >> 1] = truncate(f64[y >> 1]);
                continue;
              case 303: // f64.nearest
                f64[x >> 1] = nearest(f64[y >> 1]);
                continue;
              case 304: // f64.sqrt
                f64[x >> 1] = Math.sqrt(f64[y >> 1]);
                continue;
              case 305: // f64.eq
                i32[x] = f64[y >> 1] === f64[z >> 1] ? 1 : 0;
                continue;
              case 306: // f64.ne
                i32[x] = f64[y >> 1] !== f64[z >> 1] ? 1 : 0;
                continue;
              case 307: // f64.lt
                i32[x] = f64[y >> 1] < f64[z >> 1] ? 1 : 0;
                continue;
              case 308: // f64.gt
                i32[x] = f64[y >> 1] > f64[z >> 1] ? 1 : 0;
                continue;
              case 309: // f64.le
                i32[x] = f64[y >> 1] <= f64[z >> 1] ? 1 : 0;
                continue;
              case 310: // f64.ge
                i32[x] = f64[y >> 1] >= f64[z >> 1] ? 1 : 0;
                continue;
              case 311: // f32.abs
                i32[x] = i32[y] & 0x7fffffff;
                continue;
              case 312: // f32.neg
                i32[x] = i32[y] ^ 0x80000000;
                continue;
              case 313: // f32.copysign
                i32[x] = (i32[y] & 0x7fffffff) | (i32[z] & 0x80000000);
                continue;
              case 314: // f64.abs
                u = i32[y];
                v = i32[(y + 1) | 0] & 0x7fffffff;
                i64[x >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(v) << 32n) | BigInt(u >>> 0));
                continue;
              case 315: // f64.neg
                u = i32[y];
                v = i32[(y + 1) | 0] ^ 0x80000000;
                i64[x >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(v) << 32n) | BigInt(u >>> 0));
                continue;
              case 316: // f64.copysign
                u = i32[y];
                v = (i32[(y + 1) | 0] & 0x7fffffff) | (i32[(z + 1) | 0] & 0x80000000);
                i64[x >> 1] = BigInt.asIntN(64, BigInt.asIntN(64, BigInt(v) << 32n) | BigInt(u >>> 0));
                continue;
              case 317: // i32.trunc_f32_s
                p = f32[y];
                if (!(p > -2147483649 && p < 2147483648)) {
                  trap = truncTrap(p, "i32_s");
                  break run;
                }
                i32[x] = p;
                continue;
              case 318: // i32.trunc_f32_u
                p = f32[y];
                if (!(p > -1 && p < 4294967296)) {
                  trap = truncTrap(p, "i32_u");
                  break run;
                }
                i32[x] = p;
                continue;
              case 319: // i64.trunc_f32_s
                p = f32[y];
                if (!(p >= -9223372036854775808 && p < 9223372036854775808)) {
                  trap = truncTrap(p, "i64_s");
                  break run;
                }
                p = Math.trunc(p);
                q = Math.floor(p / 4294967296);
                i32[(x + 1) | 0] = q;
                i32[x] = p - q * 4294967296;
                continue;
              case 320: // i64.trunc_f32_u
                p = f32[y];
                if (!(p > -1 && p < 18446744073709551616)) {
                  trap = truncTrap(p, "i64_u");
                  break run;
                }
                p = Math.trunc(p);
                q = Math.floor(p / 4294967296);
                i32[(x + 1) | 0] = q;
                i32[x] = p - q * 4294967296;
                continue;
              case 321: // i32.trunc_f64_s
                p = f64[y >> 1];
                if (!(p > -2147483649 && p < 2147483648)) {
                  trap = truncTrap(p, "i32_s");
                  break run;
                }
                i32[x] = p;
                continue;
              case 322: // i32.trunc_f64_u
                p = f64[y >> 1];
                if (!(p > -1 && p < 4294967296)) {
                  trap = truncTrap(p, "i32_u");
                  break run;
                }
                i32[x] = p;
                continue;
              case 323: // i64.trunc_f64_s
                p = f64[y >> 1];
                if (!(p >= -9223372036854775808 && p < 9223372036854775808)) {
                  trap = truncTrap(p, "i64_s");
                  break run;
                }
                p = Math.trunc(p);
                q = Math.floor(p / 4294967296);
                i32[(x + 1) | 0] = q;
                i32[x] = p - q * 4294967296;
                continue;
              case 324: // i64.trunc_f64_u
                p = f64[y >> 1];
                if (!(p > -1 && p < 18446744073709551616)) {
                  trap = truncTrap(p, "i64_u");
                  break run;
                }
                p = Math.trunc(p);
                q = Math.floor(p / 4294967296);
                i32[(x + 1) | 0] = q;
                i32[x] = p - q * 4294967296;
                continue;
              case 325: // f32.convert_i32_s
                f32[x] = i32[y];
                continue;
              case 326: // f32.convert_i32_u
                f32[x] = i32[y] >>> 0;
                continue;
              case 327: // f32.convert_i64_s
                f32[x] = i64ForF32(i32[y], i32[(y + 1) | 0]);
                continue;
              case 328: // f32.convert_i64_u
                f32[x] = i64ForF32(i32[y], i32[(y + 1) | 0] >>> 0);
                continue;
              case 329: // f32.demote_f64
                f32[x] = f64[y >> 1];
                continue;
              case 330: // f64.convert_i32_s
                f64[x >> 1] = i32[y];
                continue;
              case 331: // f64.convert_i32_u
                f64[x >> 1] = i32[y] >>> 0;
                continue;
              case 332: // f64.convert_i64_s
                f64[x >> 1] = i32[(y + 1) | 0] * 4294967296 + (i32[y] >>> 0);
                continue;
              case 333: // f64.convert_i64_u
                f64[x >> 1] = (i32[(y + 1) | 0] >>> 0) * 4294967296 + (i32[y] >>> 0);
                continue;
              case 334: // f64.promote_f32
                f64[x >> 1] = f32[y];
                continue;
              case 335: // i32.load
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 4 > end) {
                  t = 4;
                  u = 4;
                  break outside;
                }
                i32[x] = memory.getInt32(at, true);
                continue;
              case 336: // i32.load add
                at = ((i32[y] + i32[z]) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 1) | 0;
                if (at + 4 > end) {
                  t = 4;
                  u = 5;
                  break outside;
                }
                i32[x] = memory.getInt32(at, true);
                continue;
              case 337: // i32.load shl_add
                at = (((i32[y] << code[(pc + 1) | 0]) + i32[z]) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 2) | 0;
                if (at + 4 > end) {
                  t = 4;
                  u = 6;
                  break outside;
                }
                i32[x] = memory.getInt32(at, true);
                continue;
              case 338: // i64.load
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 8 > end) {
                  t = 8;
                  u = 4;
                  break outside;
                }
                i64[x >> 1] = memory.getBigInt64(at, true);
                continue;
              case 339: // i64.load add
                at = ((i32[y] + i32[z]) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 1) | 0;
                if (at + 8 > end) {
                  t = 8;
                  u = 5;
                  break outside;
                }
                i64[x >> 1] = memory.getBigInt64(at, true);
                continue;
              case 340: // i64.load shl_add
                at = (((i32[y] << code[(pc + 1) | 0]) + i32[z]) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 2) | 0;
                if (at + 8 > end) {
                  t = 8;
                  u = 6;
                  break outside;
                }
                i64[x >> 1] = memory.getBigInt64(at, true);
                continue;
              case 341: // i32.load8_s
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 1 > end) {
                  t = 1;
                  u = 4;
                  break outside;
                }
                i32[x] = memory.getInt8(at);
                continue;
              case 342: // i32.load8_u
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 1 > end) {
                  t = 1;
                  u = 4;
                  break outside;
                }
                i32[x] = memory.getUint8(at);
                continue;
              case 343: // i32.load8_u add
                at = ((i32[y] + i32[z]) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 1) | 0;
                if (at + 1 > end) {
                  t = 1;
                  u = 5;
                  break outside;
                }
                i32[x] = memory.getUint8(at);
                continue;
              case 344: // i32.load16_s
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 2 > end) {
                  t = 2;
                  u = 4;
                  break outside;
                }
                i32[x] = memory.getInt16(at, true);
                continue;
              case 345: // i32.load16_u
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 2 > end) {
                  t = 2;
                  u = 4;
                  break outside;
                }
                i32[x] = memory.getUint16(at, true);
                continue;
              case 346: // i32.load16_u add
                at = ((i32[y] + i32[z]) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 1) | 0;
                if (at + 2 > end) {
                  t = 2;
                  u = 5;
                  break outside;
                }
                i32[x] = memory.getUint16(at, true);
                continue;
              case 347: // i64.load8_s
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 1 > end) {
                  t = 1;
                  u = 4;
                  break outside;
                }
                t = memory.getInt8(at);
                i64[x >> 1] = BigInt.asIntN(64, BigInt(t));
                continue;
              case 348: // i64.load8_u
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 1 > end) {
                  t = 1;
                  u = 4;
                  break outside;
                }
                t = memory.getUint8(at);
                i64[x >> 1] = BigInt.asIntN(64, BigInt(t >>> 0));
                continue;
              case 349: // i64.load8_u add
                at = ((i32[y] + i32[z]) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 1) | 0;
                if (at + 1 > end) {
                  t = 1;
                  u = 5;
                  break outside;
                }
                t = memory.getUint8(at);
                i64[x >> 1] = BigInt.asIntN(64, BigInt(t >>> 0));
                continue;
              case 350: // i64.load16_s
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 2 > end) {
                  t = 2;
                  u = 4;
                  break outside;
                }
                t = memory.getInt16(at, true);
                i64[x >> 1] = BigInt.asIntN(64, BigInt(t));
                continue;
              case 351: // i64.load16_u
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 2 > end) {
                  t = 2;
                  u = 4;
                  break outside;
                }
                t = memory.getUint16(at, true);
                i64[x >> 1] = BigInt.asIntN(64, BigInt(t >>> 0));
                continue;
              case 352: // i64.load32_s
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 4 > end) {
                  t = 4;
                  u = 4;
                  break outside;
                }
                t = memory.getInt32(at, true);
                i64[x >> 1] = BigInt.asIntN(64, BigInt(t));
                continue;
              case 353: // i64.load32_u
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 4 > end) {
                  t = 4;
                  u = 4;
                  break outside;
                }
                t = memory.getInt32(at, true);
                i64[x >> 1] = BigInt.asIntN(64, BigInt(t >>> 0));
                continue;
              case 354: // i32.load sum
                at = ((i32[y] + c) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 1) | 0;
                if (at + 4 > end) {
                  t = 4;
                  u = 5;
                  break outside;
                }
                i32[x] = memory.getInt32(at, true);
                continue;
              case 355: // i32.load at
                at = b;
                if (at + 4 > end) {
                  t = 4;
                  u = 4;
                  break outside;
                }
                i32[x] = memory.getInt32(at, true);
                continue;
              case 356: // i32.load add_sum
                at = ((i32[y] + i32[z] + code[pc]) >>> 0) + (code[(pc + 1) | 0] >>> 0);
                pc = (pc + 2) | 0;
                if (at + 4 > end) {
                  t = 4;
                  u = 6;
                  break outside;
                }
                i32[x] = memory.getInt32(at, true);
                continue;
              case 357: // i32.load shl_sum
                at = (((i32[y] << c) + code[pc]) >>> 0) + (code[(pc + 1) | 0] >>> 0);
                pc = (pc + 2) | 0;
                if (at + 4 > end) {
                  t = 4;
                  u = 6;
                  break outside;
                }
                i32[x] = memory.getInt32(at, true);
                continue;
              case 358: // i64.load sum
                at = ((i32[y] + c) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 1) | 0;
                if (at + 8 > end) {
                  t = 8;
                  u = 5;
                  break outside;
                }
                i64[x >> 1] = memory.getBigInt64(at, true);
                continue;
              case 359: // i64.load at
                at = b;
                if (at + 8 > end) {
                  t = 8;
                  u = 4;
                  break outside;
                }
                i64[x >> 1] = memory.getBigInt64(at, true);
                continue;
              case 360: // i64.load add_sum
                at = ((i32[y] + i32[z] + code[pc]) >>> 0) + (code[(pc + 1) | 0] >>> 0);
                pc = (pc + 2) | 0;
                if (at + 8 > end) {
                  t = 8;
                  u = 6;
                  break outside;
                }
                i64[x >> 1] = memory.getBigInt64(at, true);
                continue;
              case 361: // i64.load shl_sum
                at = (((i32[y] << c) + code[pc]) >>> 0) + (code[(pc + 1) | 0] >>> 0);
                pc = (pc + 2) | 0;
                if (at + 8 > end) {
                  t = 8;
                  u = 6;
                  break outside;
                }
                i64[x >> 1] = memory.getBigInt64(at, true);
                continue;
              case 362: // i32.load8_u sum
                at = ((i32[y] + c) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 1) | 0;
                if (at + 1 > end) {
                  t = 1;
                  u = 5;
                  break outside;
                }
                i32[x] = memory.getUint8(at);
                continue;
              case 363: // i32.load8_u at
                at = b;
                if (at + 1 > end) {
                  t = 1;
                  u = 4;
                  break outside;
                }
                i32[x] = memory.getUint8(at);
                continue;
              case 364: // i32.load16_u sum
                at = ((i32[y] + c) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 1) | 0;
                if (at + 2 > end) {
                  t = 2;
                  u = 5;
                  break outside;
                }
                i32[x] = memory.getUint16(at, true);
                continue;
              case 365: // i32.load16_u at
                at = b;
                if (at + 2 > end) {
                  t = 2;
                  u = 4;
                  break outside;
                }
                i32[x] = memory.getUint16(at, true);
                continue;
              case 366: // i64.load8_u sum
                at = ((i32[y] + c) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 1) | 0;
                if (at + 1 > end) {
                  t = 1;
                  u = 5;
                  break outside;
                }
                t = memory.getUint8(at);
                i64[x >> 1] = BigInt.asIntN(64, BigInt(t >>> 0));
                continue;
              case 367: // i64.load8_u at
                at = b;
                if (at + 1 > end) {
                  t = 1;
                  u = 4;
                  break outside;
                }
                t = memory.getUint8(at);
                i64[x >> 1] = BigInt.asIntN(64, BigInt(t >>> 0));
                continue;
              case 368: // i32.load > add
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 4 > end) {
                  t = 4;
                  u = 4;
                  break outside;
                }
                i32[x] = (memory.getInt32(at, true) + i32[(fp + code[pc]) | 0]) | 0;
                pc = (pc + 1) | 0;
                continue;
              case 369: // i32.load > xor
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 4 > end) {
                  t = 4;
                  u = 4;
                  break outside;
                }
                i32[x] = memory.getInt32(at, true) ^ i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 370: // i32.load > or
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 4 > end) {
                  t = 4;
                  u = 4;
                  break outside;
                }
                i32[x] = memory.getInt32(at, true) | i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 371: // i32.load > and
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 4 > end) {
                  t = 4;
                  u = 4;
                  break outside;
                }
                i32[x] = memory.getInt32(at, true) & i32[(fp + code[pc]) | 0];
                pc = (pc + 1) | 0;
                continue;
              case 372: // f64.load > add
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 8 > end) {
                  t = 8;
                  u = 4;
                  break outside;
                }
                f64[x >> 1] = f64[((fp + code[pc]) | 0) >> 1] + memory.getFloat64(at, true);
                pc = (pc + 1) | 0;
                continue;
              case 373: // f64.load > mul
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 8 > end) {
                  t = 8;
                  u = 4;
                  break outside;
                }
                f64[x >> 1] = f64[((fp + code[pc]) | 0) >> 1] * memory.getFloat64(at, true);
                pc = (pc + 1) | 0;
                continue;
              case 374: // f64.load > sub
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 8 > end) {
                  t = 8;
                  u = 4;
                  break outside;
                }
                f64[x >> 1] = memory.getFloat64(at, true) - f64[((fp + code[pc]) | 0) >> 1];
                pc = (pc + 1) | 0;
                continue;
              case 375: // f64.load > sub_from
                at = (i32[y] >>> 0) + (c >>> 0);
                if (at + 8 > end) {
                  t = 8;
                  u = 4;
                  break outside;
                }
                f64[x >> 1] = f64[((fp + code[pc]) | 0) >> 1] - memory.getFloat64(at, true);
                pc = (pc + 1) | 0;
                continue;
              case 376: // f64.load sum > add
                at = ((i32[y] + c) >>> 0) + (code[pc] >>> 0);
                if (at + 8 > end) {
                  t = 8;
                  u = 4;
                  break outside;
                }
                f64[x >> 1] = f64[((fp + code[(pc + 1) | 0]) | 0) >> 1] + memory.getFloat64(at, true);
                pc = (pc + 2) | 0;
                continue;
              case 377: // f64.load sum > mul
                at = ((i32[y] + c) >>> 0) + (code[pc] >>> 0);
                if (at + 8 > end) {
                  t = 8;
                  u = 4;
                  break outside;
                }
                f64[x >> 1] = f64[((fp + code[(pc + 1) | 0]) | 0) >> 1] * memory.getFloat64(at, true);
                pc = (pc + 2) | 0;
                continue;
              case 378: // f64.load sum > sub
                at = ((i32[y] + c) >>> 0) + (code[pc] >>> 0);
                if (at + 8 > end) {
                  t = 8;
                  u = 4;
                  break outside;
                }
                f64[x >> 1] = memory.getFloat64(at, true) - f64[((fp + code[(pc + 1) | 0]) | 0) >> 1];
                pc = (pc + 2) | 0;
                continue;
              case 379: // f64.load sum > sub_from
                at = ((i32[y] + c) >>> 0) + (code[pc] >>> 0);
                if (at + 8 > end) {
                  t = 8;
                  u = 4;
                  break outside;
                }
                f64[x >> 1] = f64[((fp + code[(pc + 1) | 0]) | 0) >> 1] - memory.getFloat64(at, true);
                pc = (pc + 2) | 0;
                continue;
              case 380: // i32.store sum
                at = ((i32[x] + c) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 1) | 0;
                if (at + 4 > end) {
                  t = 4;
                  u = 5;
                  break outside;
                }
                memory.setInt32(at, i32[y], true);
                continue;
              case 381: // i32.store at
                at = a;
                if (at + 4 > end) {
                  t = 4;
                  u = 4;
                  break outside;
                }
                memory.setInt32(at, i32[y], true);
                continue;
              case 382: // i32.store
                at = (i32[x] >>> 0) + (c >>> 0);
                if (at + 4 > end) {
                  t = 4;
                  u = 4;
                  break outside;
                }
                memory.setInt32(at, i32[y], true);
                continue;
              case 383: // i32.store k
                at = (i32[x] >>> 0) + (c >>> 0);
                if (at + 4 > end) {
                  t = 4;
                  u = 4;
                  break outside;
                }
                memory.setInt32(at, b, true);
                continue;
              case 384: // i32.store add
                at = ((i32[x] + i32[z]) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 1) | 0;
                if (at + 4 > end) {
                  t = 4;
                  u = 5;
                  break outside;
                }
                memory.setInt32(at, i32[y], true);
                continue;
              case 385: // i64.store sum
                at = ((i32[x] + c) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 1) | 0;
                if (at + 8 > end) {
                  t = 8;
                  u = 5;
                  break outside;
                }
                memory.setBigInt64(at, i64[y >> 1], true);
                continue;
              case 386: // i64.store at
                at = a;
                if (at + 8 > end) {
                  t = 8;
                  u = 4;
                  break outside;
                }
                memory.setBigInt64(at, i64[y >> 1], true);
                continue;
              case 387: // i64.store
                at = (i32[x] >>> 0) + (c >>> 0);
                if (at + 8 > end) {
                  t = 8;
                  u = 4;
                  break outside;
                }
                memory.setBigInt64(at, i64[y >> 1], true);
                continue;
              case 388: // i64.store add
                at = ((i32[x] + i32[z]) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 1) | 0;
                if (at + 8 > end) {
                  t = 8;
                  u = 5;
                  break outside;
                }
                memory.setBigInt64(at, i64[y >> 1], true);
                continue;
              case 389: // i32.store8 sum
                at = ((i32[x] + c) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 1) | 0;
                if (at + 1 > end) {
                  t = 1;
                  u = 5;
                  break outside;
                }
                memory.setInt8(at, i32[y]);
                continue;
              case 390: // i32.store8 at
                at = a;
                if (at + 1 > end) {
                  t = 1;
                  u = 4;
                  break outside;
                }
                memory.setInt8(at, i32[y]);
                continue;
              case 391: // i32.store8
                at = (i32[x] >>> 0) + (c >>> 0);
                if (at + 1 > end) {
                  t = 1;
                  u = 4;
                  break outside;
                }
                memory.setInt8(at, i32[y]);
                continue;
              case 392: // i32.store8 k
                at = (i32[x] >>> 0) + (c >>> 0);
                if (at + 1 > end) {
                  t = 1;
                  u = 4;
                  break outside;
                }
                memory.setInt8(at, b);
                continue;
              case 393: // i32.store8 add
                at = ((i32[x] + i32[z]) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 1) | 0;
                if (at + 1 > end) {
                  t = 1;
                  u = 5;
                  break outside;
                }
                memory.setInt8(at, i32[y]);
                continue;
              case 394: // i32.store16 sum
                at = ((i32[x] + c) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 1) | 0;
                if (at + 2 > end) {
                  t = 2;
                  u = 5;
                  break outside;
                }
                memory.setInt16(at, i32[y], true);
                continue;
              case 395: // i32.store16 at
                at = a;
                if (at + 2 > end) {
                  t = 2;
                  u = 4;
                  break outside;
                }
                memory.setInt16(at, i32[y], true);
                continue;
              case 396: // i32.store16
                at = (i32[x] >>> 0) + (c >>> 0);
                if (at + 2 > end) {
                  t = 2;
                  u = 4;
                  break outside;
                }
                memory.setInt16(at, i32[y], true);
                continue;
              case 397: // i32.store16 k
                at = (i32[x] >>> 0) + (c >>> 0);
                if (at + 2 > end) {
                  t = 2;
                  u = 4;
                  break outside;
                }
                memory.setInt16(at, b, true);
                continue;
              case 398: // i32.store16 add
                at = ((i32[x] + i32[z]) >>> 0) + (code[pc] >>> 0);
                pc = (pc + 1) | 0;
                if (at + 2 > end) {
                  t = 2;
                  u = 5;
                  break outside;
                }
                memory.setInt16(at, i32[y], true);
                continue;
              case 399: // vector
                runLanes(b, x);
                continue;
              case 400: // vector_access
                t2 = runSimd(thread, view, bytes, c, b, x, memory);
                if (t2 < 0) {
                  trap = OUT_OF_BOUNDS;
                  break run;
                }
                continue;
              case 401: // other
                thread.sp = x >> 1;
                thread.top = code[1];
                frames[code[1]] = pc;
                t = runOther(thread, view, b);
                globals = store.arena.i32;
                memory = memories.length > 0 ? memories[0].view : NO_MEMORY;
                end = memory.byteLength;
                if (t >= 0) {
                  trap = t;
                  break run;
                }
                continue;
              case 402: // other br
                thread.sp = x >> 1;
                thread.top = code[1];
                frames[code[1]] = pc;
                t = runOther(thread, view, b);
                if (t >= 0) {
                  trap = t;
                  break run;
                }
                if (t === TAKEN) {
                  pc = (pc + c) | 0;
                }
                continue;
              case 403: // throw
                thread.sp = x >> 1;
                t = startThrow(thread, view, bytes[b], (b + 1) | 0, z);
                sp = x;
                if (t === NO_TRAP) {
                  status = RunStatus.THROW;
                } else trap = t;
                break run;

              default:
                throw new BugError(`no handler for register instruction ${t}`);
            }
          }
          // Accesses beyond the end that was known come here: t is their size, u the words of the instruction.
          if (memories.length > 0) {
            end = memories[0].byteLength;
            memory = memories[0].view;
            if (at + t <= end) {
              pc = (pc - u) | 0;
              continue;
            }
          }
          trap = OUT_OF_BOUNDS;
          break run;
        }
        // Calls of register code come here: t is where it begins, x where the arguments do.
        u = code[1];
        if (u >= LAST_FRAME || ((x + code[t + 1]) | 0) > STACK_WORDS) {
          trap = EXHAUSTED;
          break run;
        }
        frames[u] = pc;
        u = (u + 4) | 0;
        code[1] = u;
        frames[(u + STP) | 0] = ~((code[3] + code[t + 3]) | 0);
        frames[(u + FP) | 0] = x;
        frames[(u + BASE) | 0] = 0;
        code[6] = x;
        y = (x + code[t + 2]) | 0;
        for (z = (x + code[t + 4]) | 0; z < y; z = (z + 2) | 0) {
          i64[z >> 1] = 0n;
        }
        pc = (t + 5) | 0;
        if ((code[2] = (code[2] - 1) | 0) < 0) {
          break run;
        }
        continue;
      }
      // Calls of what has no register code yet, or is of another instance or kind, come here; x is where the arguments begin.
      t = callee.paramSlots << 1;
      sp = (x + t) | 0;
      u = code[1];
      if (tail === 0) {
        thread.callee = callee;
        status = callee.mode === Mode.INTERP ? SWITCH : RunStatus.CALL;
        break run;
      }
      // The arguments take the place of the frame, as if the frame below had called.
      fp = code[6];
      i32.copyWithin(fp, x, sp);
      sp = (fp + t) | 0;
      if (callee.mode === Mode.INTERP && callee.instance === view.instance) {
        // Whoever makes room asks which functions have frames.
        thread.top = u;
        t = registers.entry(callee);
        if (t !== 0 && ((fp + code[t + 1]) | 0) <= STACK_WORDS) {
          frames[(u + STP) | 0] = ~((code[3] + code[t + 3]) | 0);
          y = (fp + code[t + 2]) | 0;
          for (z = (fp + code[t + 4]) | 0; z < y; z = (z + 2) | 0) {
            i64[z >> 1] = 0n;
          }
          pc = (t + 5) | 0;
          sp = -1;
          if ((code[2] = (code[2] - 1) | 0) < 0) {
            break run;
          }
          continue;
        }
      }
      thread.callee = callee;
      if (callee.mode === Mode.INTERP) {
        // Whose frame it is then is for the thread to say.
        status = SWITCH;
        thread.replaces = true;
      } else if ((frames[(u + BASE) | 0] & 1) !== 0) {
        status = RunStatus.TAIL_CALL;
      } else {
        u = (u - 4) | 0;
        code[1] = u;
        pc = frames[u];
        status = RunStatus.CALL;
      }
      break run;
    }
    // Returns to whom this loop does not run come here; sp is behind the results.
    if ((frames[(u + BASE) | 0] & 1) !== 0) {
      status = RunStatus.DONE;
    } else {
      code[1] = (u - 4) | 0;
      pc = frames[(u - 4) | 0];
      status = SWITCH;
    }
    break;
  }
  if (trap !== NO_TRAP) {
    status = RunStatus.TRAP;
    thread.trapCode = trap as TrapCode;
  }
  u = code[1];
  frames[(u + PC) | 0] = pc;
  thread.top = u;
  thread.rest = code[2];
  // Where it stands at a loop head or an entry, the number of operands says it.
  thread.sp = (sp >= 0 ? sp : (frames[(u + FP) | 0] + registers.heightAt(u)) | 0) >> 1;
  return status;
}
