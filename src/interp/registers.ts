// What the interpreter's threads know of frames of register code: the interface that tier `fast` implements. Such a frame has the same slots as one of the interpreter; its cursor word is negative
// and holds the function, its pc is a place in register code.

import type { WasmFunc } from "../runtime/func.ts";
import type { RunStatus } from "../runtime/tier.ts";
import type { FunctionCode } from "./code.ts";
import type { SLICE, SWITCH } from "./run.ts";
import type { Thread } from "./thread.ts";

/** Register code of one function. */
export interface RegisterCode {
  /** The place where a frame goes on that the interpreter has at `pc`; -1 if there is none. */
  placeAt(pc: number): number;
  /** The interpreter's pc at a place where frames stop. */
  pcAt(place: number): number;
  /** The interpreter's pc where the instruction before a place trapped. */
  trapAt(place: number): number;
}

/** What translates and runs register code. */
export interface RegisterTier {
  /** Runs the top frame of a thread, which is one of register code; see `runLoop()`. */
  run(thread: Thread, fuel: number): RunStatus | typeof SLICE | typeof SWITCH;
  /** The code of a function, translated now unless it was; undefined if there is no room for it. */
  prepare(code: FunctionCode): RegisterCode | undefined;
  /** A function is to run as register code from now on, or not any more. */
  moved(func: WasmFunc): void;
}
