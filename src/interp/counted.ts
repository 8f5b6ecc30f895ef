// Instructions that are counted: takes the one at a pc where the loop reads COUNTED, counts it, and runs it if it is one that goes elsewhere or has two ways.
// All others the loop runs itself, from bytes in which nothing else is open (see ModuleCode.open).

import * as op from "../wasm/opcodes.ts";
import type { FunctionCode, InstanceCode } from "./code.ts";
import { NOT_TAKEN, runGc, TAKEN } from "./gc.ts";
import { END, readU32, skipBlockType, skipLeb } from "./leb.ts";
import { SLOTS_I32 } from "./stack.ts";
import type { Thread } from "./thread.ts";

/** The instruction is done. */
export const DONE = -4;
/** It is open, and to be run from the bytes `view.code.opened`. */
export const OPENED = -5;
/** `thread.callee` is to be called, or to take the frame's place. */
export const CALL = -6;
export const TAIL_CALL = -7;

const GC_PREFIX = op.BR_ON_CAST >> 12;
const I32 = SLOTS_I32;
const OUT = new Int32Array(4);

/**
 * Counts the instruction at `pc` of the top frame. Gives DONE, OPENED, CALL, TAIL_CALL, TAKEN for a branch that is to be taken, or a trap's code. `thread.pc`, `thread.sp` and
 * `thread.stp` are right then.
 */
export function runCounted(
  thread: Thread,
  view: InstanceCode,
  code: FunctionCode,
  pc: number,
  stp: number,
  words: number,
): number {
  const { plain } = view.code, counts = view.code.countsOf(code.own);
  const { values } = counts, k = pc - counts.start;
  const at = counts.at[k], edge = counts.edges[k];
  if (at >= 0) values[at]++;
  let sp = words;
  thread.sp = sp >> 1;
  thread.pc = (pc + 1) | 0;
  thread.stp = stp;
  switch (plain[pc]) {
    case op.END:
      return DONE;
    case op.BR:
    case op.ELSE:
    case op.CATCH:
    case op.CATCH_ALL:
      return TAKEN;
    case op.BR_IF:
      sp = (sp - 2) | 0;
      thread.sp = sp >> 1;
      if (I32[sp] !== 0) {
        if (edge >= 0) values[edge]++;
        return TAKEN;
      }
      if (edge >= 0) values[edge + 1]++;
      thread.stp = (stp + 4) | 0;
      thread.pc = skipLeb(plain, pc + 1);
      return DONE;
    case op.IF:
      sp = (sp - 2) | 0;
      thread.sp = sp >> 1;
      thread.pc = (pc + 2) | 0;
      if (plain[pc + 1] > 98) thread.pc = skipBlockType(plain, pc + 2);
      if (I32[sp] === 0) {
        if (edge >= 0) values[edge + 1]++;
        return TAKEN;
      }
      if (edge >= 0) values[edge]++;
      thread.stp = (stp + 4) | 0;
      return DONE;
    case op.BR_TABLE: {
      const last = readU32(plain, pc + 1, OUT);
      sp = (sp - 2) | 0;
      thread.sp = sp >> 1;
      const index = Math.min(I32[sp] >>> 0, last >>> 0);
      if (edge >= 0) values[edge + index]++;
      thread.stp = (stp + (index << 2)) | 0;
      return TAKEN;
    }
    case op.BR_ON_NULL:
    case op.BR_ON_NON_NULL: {
      const isNull = I32[sp - 2] === 0;
      const taken = isNull === (plain[pc] === op.BR_ON_NULL);
      // Null is carried nowhere.
      if (isNull) thread.sp = (sp - 2) >> 1;
      return branch(thread, plain, values, edge, taken, pc + 1);
    }
    case op.CALL:
    case op.RETURN_CALL:
      thread.callee = view.funcs[readU32(plain, pc + 1, OUT)];
      thread.pc = OUT[END];
      return plain[pc] === op.CALL ? CALL : TAIL_CALL;
    case GC_PREFIX: {
      const sub = readU32(plain, pc + 1, OUT), end = OUT[END];
      if ((GC_PREFIX << 12) + sub !== op.BR_ON_CAST && (GC_PREFIX << 12) + sub !== op.BR_ON_CAST_FAIL) break;
      const step = runGc(thread, view, sub, end, sp);
      if (step === TAKEN && edge >= 0) values[edge]++;
      if (step !== NOT_TAKEN) return step;
      if (edge >= 0) values[edge + 1]++;
      thread.stp = (stp + 4) | 0;
      return DONE;
    }
  }
  view.code.open(pc, counts.ends[k]);
  thread.pc = pc;
  return OPENED;
}

function branch(
  thread: Thread,
  bytes: Uint8Array,
  values: Float64Array,
  edge: number,
  taken: boolean,
  label: number,
): number {
  if (edge >= 0) values[taken ? edge : edge + 1]++;
  if (taken) return TAKEN;
  thread.stp = (thread.stp + 4) | 0;
  thread.pc = skipLeb(bytes, label);
  return DONE;
}
