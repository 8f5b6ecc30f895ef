// What the interpreter's threads know of frames of register code: the interface that tier `fast` implements. Such a frame has the same slots as one of the interpreter; its cursor word is negative
// and holds the function, its pc is a place in register code.

import type { WasmFunc } from "../runtime/func.ts";
import type { RunStatus } from "../runtime/tier.ts";
import type { FunctionCode } from "./code.ts";
import type { SLICE, SWITCH } from "./run.ts";
import type { Thread } from "./thread.ts";

/** Register code of one function. */
export interface RegisterCode {
  /** How many frames of parked threads have it: it must stay as long as there are any. */
  parked: number;
  /** The place where a call begins, before what counts it. */
  readonly entry: number;
  /** The place where a frame goes on that the interpreter has at `pc`, behind what counts there; -1 if there is none. */
  placeAt(pc: number): number;
  /** The interpreter's pc at a place where frames stop. */
  pcAt(place: number): number;
  /** The interpreter's pc where the instruction before a place trapped. */
  trapAt(place: number): number;
  /** Where in a body that stands in place of a call the instruction before a place trapped; undefined if it was in none. */
  inlinedTrapAt(place: number): InlinedTrap | undefined;
}

/** A trap in a body that stands in place of a call. */
export interface InlinedTrap {
  /** Index of the callee in the module. */
  readonly callee: number;
  /** The interpreter's pc in it. */
  readonly pc: number;
  /** The pc behind the call. */
  readonly end: number;
}

/** What translates and runs register code. */
export interface RegisterTier {
  /** Runs the top frame of a thread, which is one of register code; see `runLoop()`. */
  run(thread: Thread, fuel: number): RunStatus | typeof SLICE | typeof SWITCH;
  /** The code of a function, translated now unless it was; undefined if there is no room for it. */
  prepare(code: FunctionCode): RegisterCode | undefined;
  /** The code that a frame of a function has with this place. */
  codeAt(code: FunctionCode, place: number): RegisterCode;
  /** Whether that is what its calls run by now. */
  isCurrent(code: FunctionCode, place: number): boolean;
  /** Lets calls of a function ask for its code again. */
  forget(func: WasmFunc): void;
  /** A function is to run as register code from now on, or not any more, or somebody has chosen its tier. Gives whether frames that others have are to go on in other code by that. */
  moved(func: WasmFunc): boolean;
}
