// What a debugger is to the runtime: who is asked where calls stop, and answers for host functions while a call is run once more; what is seen of calls that wait.
// Nothing of this is called while a store has no debugger.

import type { Activation } from "./activation.ts";
import type { WasmFunc } from "./func.ts";
import type { SlotRange } from "./host_call.ts";
import type { WasmInstance } from "./instance.ts";
import type { InterpThread, RunStatus, TierName } from "./tier.ts";

/** The debugger of a store. */
export interface StoreDebugger {
  /**
   * Runs the topmost frame of the interpreter, which may wait. Gives what the thread's `run()` gives; with STOPPED, an activation of kind "debugged" is parked, others must
   * not get it.
   */
  run(activation: Activation, thread: InterpThread): RunStatus;
  /** Calls a host function: arguments and results are in `args`. Throws what it throws. */
  callHost(activation: Activation, callee: WasmFunc, args: SlotRange): void;
  /** Whether a "debugged" activation is to be parked where `error` ends it, its frames still there. */
  stopsAt(activation: Activation, error: unknown): boolean;
  /** An instance is to be made. Throws where that cannot be: while the past of a call is looked at. */
  instantiates(): void;
  /** An instance was made, of which nothing has run. */
  instantiated(instance: WasmInstance): void;
  /** A collection begins that somebody asked for. */
  collects(): void;
}

/** A frame of a call that waits. */
export interface WaitingFrame {
  readonly func: WasmFunc;
  readonly tier: TierName;
  /** Byte offset of the instruction that is to run next, that waits for the frame above, or that trapped; -1 if not known. */
  readonly offset: number;
  /** Where types of operands are looked up: see FrameView. */
  readonly pc: number;
  /** Its slots, locals first, from word `at` on; undefined where they cannot be told: where machine code trapped. */
  readonly words: Int32Array | undefined;
  readonly at: number;
  /** Slots in use. */
  readonly slots: number;
  /** Slots whose values machine code may not keep any more, since nothing reads them. */
  readonly doubtful?: ReadonlySet<number>;
  /** Whether writing the words changes the frame. */
  readonly writable: boolean;
}
