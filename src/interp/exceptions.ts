// Exceptions in the interpreter: what the throwing instructions throw, and where a frame catches it. Frames are looked through from thread.ts.

import type { Outcome } from "../runtime/bulk.ts";
import { OK } from "../runtime/bulk.ts";
import { clauseFrom, payloadAt, WasmException } from "../runtime/exception.ts";
import { type Catch, CatchKind, TARGET_HEIGHT, TARGET_PC, TARGET_STP } from "../validate/side_table.ts";
import { RETHROW, THROW } from "../wasm/opcodes.ts";
import { TrapCode } from "../wasm/traps.ts";
import type { FunctionCode, InstanceCode } from "./code.ts";
import { END, readU32, skipBlockType, skipLeb } from "./leb.ts";
import { FP, FRAMES, PC, SLOTS_I32, STP } from "./stack.ts";
import type { Thread } from "./thread.ts";

const OUT = new Int32Array(1);

/**
 * Finds what an instruction that throws does throw, and puts it into `thread.exception`. `pc` is behind the opcode; `kept` is the word where `rethrow`
 * finds the exception. Operands are the topmost slots of the thread. Gives OK, or the trap of a null reference.
 */
export function startThrow(thread: Thread, view: InstanceCode, opcode: number, pc: number, kept: number): Outcome {
  const { exceptions } = thread.store;
  if (opcode === THROW) {
    const tag = view.instance.tags[readU32(view.code.valid.module.bytes, pc, OUT)];
    const words = 2 * tag.payloadSlots;
    thread.exception = new WasmException(tag, payloadAt(SLOTS_I32, (thread.sp << 1) - words, words));
    return OK;
  }
  const ref = SLOTS_I32[opcode === RETHROW ? kept : (thread.sp << 1) - 2];
  if (ref === 0) return TrapCode.NULL_EXCEPTION;
  thread.exception = exceptions.ofRef(ref);
  return OK;
}

/** The clause that catches `exception` when it is thrown at `pc`, which is behind the instruction or in it; undefined if none does. */
export function clauseFor(code: FunctionCode, pc: number, exception: WasmException): Catch | undefined {
  const { handlers } = code;
  const { tags } = code.view.instance;
  let i = handlers.length - 1;
  while (i >= 0 && (pc <= handlers[i].start || pc > handlers[i].end)) i--;
  return clauseFrom(handlers, i, tags, exception);
}

/** Makes the frame at `top` the thread's top frame, which goes on at the clause. */
export function enterClause(thread: Thread, top: number, code: FunctionCode, clause: Catch, e: WasmException): void {
  const { table } = code.view.code;
  const i32 = SLOTS_I32;
  const entry = code.stp + clause.entry;
  const fp = FRAMES[top + FP];
  let sp = fp + 2 * table[entry + TARGET_HEIGHT];
  if (clause.tag >= 0) {
    sp += e.copyPayload(i32, sp);
  }
  const gives = clause.kind === CatchKind.CATCH_REF || clause.kind === CatchKind.CATCH_ALL_REF;
  if (gives || clause.slot >= 0) {
    const at = gives ? sp : fp + 2 * clause.slot;
    i32[at] = thread.store.exceptions.toRef(e);
    i32[at + 1] = 0;
    if (gives) sp += 2;
  }
  FRAMES[top + PC] = table[entry + TARGET_PC];
  FRAMES[top + STP] = table[entry + TARGET_STP];
  thread.top = top;
  thread.sp = sp >> 1;
}

/** The offset behind a `try_table` whose immediates begin at `pc`; `out[1]` takes the number of its clauses. */
export function skipTryTable(bytes: Uint8Array, pc: number, out: Int32Array): number {
  let at = skipBlockType(bytes, pc + 1);
  const count = readU32(bytes, at, out);
  at = out[END];
  for (let i = 0; i < count; i++) {
    const tagged = bytes[at++] < 2;
    if (tagged) at = skipLeb(bytes, at);
    at = skipLeb(bytes, at);
  }
  out[1] = count;
  return at;
}
