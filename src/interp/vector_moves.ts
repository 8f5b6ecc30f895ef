// Moves of vectors between operands, locals and globals, for which code.ts puts opcodes of the interpreter's own, since the loop knows no types; and of locals
// whose slot does not fit where their index is written. Takes words of the stack, gives the word behind the topmost slot.

import { BugError } from "../base/bug.ts";
import { DROP, GLOBAL_GET, GLOBAL_SET, LOCAL_GET, LOCAL_SET, LOCAL_TEE, SELECT, SELECT_T } from "../wasm/opcodes.ts";
import type { FunctionCode } from "./code.ts";
import { END, readU32, skipSelectTypes } from "./leb.ts";
import * as stack from "./stack.ts";
import type { Thread } from "./thread.ts";

/** Opcodes that no instruction has. The first four are the loop's own, with slots where locals have indices. */
export const MOVES = {
  V128_LOCAL_GET: 0xf0,
  V128_LOCAL_SET: 0xf1,
  V128_LOCAL_TEE: 0xf2,
  V128_DROP: 0xf3,
  V128_SELECT: 0xf4,
  V128_SELECT_T: 0xf5,
  V128_GLOBAL_GET: 0xf6,
  V128_GLOBAL_SET: 0xf7,
  FAR_LOCAL_GET: 0xf8,
  FAR_LOCAL_SET: 0xf9,
  FAR_LOCAL_TEE: 0xfa,
  V128_FAR_LOCAL_GET: 0xe8,
  V128_FAR_LOCAL_SET: 0xe9,
  V128_FAR_LOCAL_TEE: 0xea,
} as const;

/** What stands for an instruction that moves a vector. */
export const VECTOR_FORM: ReadonlyMap<number, number> = new Map([
  [LOCAL_GET, MOVES.V128_LOCAL_GET],
  [LOCAL_SET, MOVES.V128_LOCAL_SET],
  [LOCAL_TEE, MOVES.V128_LOCAL_TEE],
  [GLOBAL_GET, MOVES.V128_GLOBAL_GET],
  [GLOBAL_SET, MOVES.V128_GLOBAL_SET],
  [DROP, MOVES.V128_DROP],
  [SELECT, MOVES.V128_SELECT],
  [SELECT_T, MOVES.V128_SELECT_T],
]);
/** What stands for an access to a local whose slot does not fit where its index is, by what would stand there otherwise. */
export const FAR_FORM: ReadonlyMap<number, number> = new Map([
  [LOCAL_GET, MOVES.FAR_LOCAL_GET],
  [LOCAL_SET, MOVES.FAR_LOCAL_SET],
  [LOCAL_TEE, MOVES.FAR_LOCAL_TEE],
  [MOVES.V128_LOCAL_GET, MOVES.V128_FAR_LOCAL_GET],
  [MOVES.V128_LOCAL_SET, MOVES.V128_FAR_LOCAL_SET],
  [MOVES.V128_LOCAL_TEE, MOVES.V128_FAR_LOCAL_TEE],
]);

// A constant of this module: see run.ts.
const I32 = stack.SLOTS_I32;
const OUT = new Int32Array(1);

function copyWords(from: Int32Array, at: number, to: Int32Array, toAt: number, words: number): void {
  for (let i = 0; i < words; i++) to[toAt + i] = from[at + i];
}

/** Runs the move with opcode `move`, whose immediates begin at `pc`, in the frame at word `fp`; sets `thread.pc` to the next instruction. */
export function runMove(
  thread: Thread,
  code: FunctionCode,
  bytes: Uint8Array,
  move: number,
  pc: number,
  sp: number,
  fp: number,
): number {
  const i32 = I32;
  if (move === MOVES.V128_SELECT || move === MOVES.V128_SELECT_T) {
    thread.pc = move === MOVES.V128_SELECT ? pc : skipSelectTypes(bytes, pc);
    if (i32[sp - 2] === 0) copyWords(i32, sp - 6, i32, sp - 10, 4);
    return sp - 6;
  }
  const index = readU32(bytes, pc, OUT);
  thread.pc = OUT[END];
  const { view, localSlot } = code;
  switch (move) {
    case MOVES.V128_GLOBAL_GET:
      copyWords(view.instance.store.arena.i32, view.globals[index], i32, sp, 4);
      return sp + 4;
    case MOVES.V128_GLOBAL_SET:
      copyWords(i32, sp - 4, view.instance.store.arena.i32, view.globals[index], 4);
      return sp - 4;
  }
  const local = fp + 2 * localSlot![index];
  switch (move) {
    case MOVES.FAR_LOCAL_GET:
      copyWords(i32, local, i32, sp, 2);
      return sp + 2;
    case MOVES.FAR_LOCAL_SET:
      copyWords(i32, sp - 2, i32, local, 2);
      return sp - 2;
    case MOVES.FAR_LOCAL_TEE:
      copyWords(i32, sp - 2, i32, local, 2);
      return sp;
    case MOVES.V128_FAR_LOCAL_GET:
      copyWords(i32, local, i32, sp, 4);
      return sp + 4;
    case MOVES.V128_FAR_LOCAL_SET:
      copyWords(i32, sp - 4, i32, local, 4);
      return sp - 4;
    case MOVES.V128_FAR_LOCAL_TEE:
      copyWords(i32, sp - 4, i32, local, 4);
      return sp;
    default:
      throw new BugError(`no move has opcode ${move}`);
  }
}
