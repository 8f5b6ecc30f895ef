// What a tier is to the runtime: the interfaces by which the driver of activations runs code it knows nothing about.
// interp/ implements InterpThread; engine/ puts jit and link behind NativeTier.

import type { Exit } from "../abi/exits.ts";
import type { Code, Safepoint } from "../asm/code.ts";
import type { NativeStack } from "../platform/stacks.ts";
import type { TrapCode } from "../wasm/traps.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import type { WasmFrame } from "../wasm/errors.ts";
import type { FunctionCounters } from "./counters.ts";
import type { WasmException } from "./exception.ts";
import type { WasmFunc } from "./func.ts";
import type { WasmInstance } from "./instance.ts";

/** The tiers there are, by name. */
export const TIERS: readonly TierName[] = ["interp", "fast", "js", "jit"];
/** A tier's name. */
export type TierName = "interp" | "fast" | "js" | "jit";

/** Why `InterpThread.run()` returned. */
export const RunStatus = {
  /** The function of the innermost base frame returned; its results are the topmost slots. */
  DONE: 0,
  /** `callee` is to be called and does not run in this tier; its arguments are the topmost slots. */
  CALL: 1,
  /** The program trapped with `trapCode` at the top frame. */
  TRAP: 2,
  /** `callee` takes the place of the function of the innermost base frame, which is gone, and does not run in this tier; its arguments are the topmost slots. */
  TAIL_CALL: 3,
  /** `exception` was thrown at the top frame, and no frame down to the innermost base frame catches it. */
  THROW: 4,
  /** The interrupt word is set, and the top frame is at a loop head or its first instruction; `run()` goes on. */
  SAFEPOINT: 5,
  /** A counter of the top frame's function ran out: see `hot`. The frame stands at its first instruction, or behind the head of a loop. */
  HOT: 6,
  /** The top frame stands before an instruction where a stop is set, or where whoever debugs wants it to wait. */
  STOPPED: -2,
} as const;
export type RunStatus = (typeof RunStatus)[keyof typeof RunStatus];

/** After how many calls of a function, and passes of a loop's head, the interpreter stops with HOT; at least 1. */
export interface HotLimits {
  /** Calls of a function. */
  readonly calls: number;
  /** Passes of one of its loops. */
  readonly passes: number;
}

/** What decides about tiers while code runs. */
export interface TierPolicy {
  readonly limits: HotLimits;
  /** Whether the frame at a spot is to go on as machine code; its function is to run so then. Must rearm the counter. */
  isToEnter(spot: HotSpot): boolean;
  /** Whether machine code that runs now is to leave at its next safepoint. */
  readonly leaves: boolean;
  /** Whether frames of machine code are to be taken back at a safepoint even if their functions are to run so. */
  takesBack(): boolean;
  /**
   * Where frames are to go to and fro between the interpreter and register code: whether one is to be of register code, asked of each whose function may run so whenever a thread is about
   * to run, for `slice` calls and passes.
   */
  readonly shuffle?: { readonly slice: number; isRegister(): boolean };
  /** Called when an activation begins: lets functions run as machine code whose code has come from elsewhere. */
  poll(): void;
}

/** What the interpreter counted when it stopped with HOT. */
export interface HotSpot {
  readonly func: WasmFunc;
  /** Byte offset behind the head of the loop; -1 for a call. */
  readonly loop: number;
  /** Calls of the function, and passes of the loop, so far. */
  readonly calls: number;
  readonly passes: number;
  /** Lets the counter run out again after `more`, at least 1. */
  rearm(more: number): void;
  /** Told that the function goes on in the interpreter, which may then do what pays for functions that run often. */
  stays(): void;
}

/** What a frame of the interpreter is made from: the function, the offset where it goes on, and how many slots it has in use, which are filled by whoever asked. */
export interface FramePlan {
  readonly func: WasmFunc;
  readonly source: number;
  readonly height: number;
  /** Whether the place, a safepoint, is still to be paid for; default no. */
  readonly owes?: boolean;
}

/** A frame of the interpreter before an instruction where a stop is set. */
export interface Stop {
  readonly func: WasmFunc;
  /** Byte offset of the instruction in the module. */
  readonly offset: number;
  /** Slots, two words each. */
  readonly words: Int32Array;
  /** Slot of the first local; slot behind the topmost operand. */
  readonly locals: number;
  readonly top: number;
  /** Tells frames apart that exist at one time; grows towards the callee. */
  readonly frame: number;
}

/** A frame of the interpreter, for whoever looks at a call that waits. */
export interface FrameView {
  readonly func: WasmFunc;
  /** `interp`, or the tier that shares its stack. */
  readonly tier: TierName;
  /** Byte offset of the instruction that is to run next, that waits for the frame above, or that trapped. */
  readonly offset: number;
  /** Where types of operands are looked up: the end of an instruction, or within one, before which the operands stood as they do, but for those that were taken. */
  readonly pc: number;
  /** The words of its slots, locals first, which begin at `at`; undefined where there are none. */
  readonly words: Int32Array | undefined;
  readonly at: number;
  /** Slots in use. */
  readonly slots: number;
}

/** All that a thread has, as it was at some moment. */
export interface ThreadImage {
  readonly words: Int32Array;
  readonly frames: Int32Array;
  readonly codes: readonly unknown[];
  readonly level: number;
  readonly ticks: number;
  /** How it stands at its next instruction. */
  readonly standing: number;
}

/** A stack of interpreter frames, on which one activation runs. */
export interface InterpThread {
  /** The operand and local slots, two words each. */
  i32: Int32Array;
  /** Slot index behind the topmost slot. */
  sp: number;
  readonly callee: WasmFunc | undefined;
  readonly trapCode: TrapCode;
  readonly exception: WasmException | undefined;
  /** Pushes a base frame for `func`, whose arguments are the topmost slots. False if the stack is exhausted. */
  enter(func: WasmFunc): boolean;
  /** After STOPPED: whether a stop is set at the instruction that the top frame is to run next. */
  readonly atStop: boolean;
  /** Makes room for `slots` more above `sp`. False if the stack is exhausted. */
  reserve(slots: number): boolean;
  /** Runs until the innermost base frame returns, something else is to be called, or a trap. */
  run(): RunStatus;
  /** As `run()`, but leaves with STOPPED where a stop is set, and at the loop head or function entry where `ticks` comes to `until`. */
  runToStop(until?: number): RunStatus;
  /** Runs one instruction, also one where a stop is set. STOPPED if it was no reason to leave. */
  step(): RunStatus;
  /** Takes note that the top frame waits before its next instruction; to be called before the activation is parked there. */
  wait(): void;
  /** Loop heads passed and functions entered so far: the same whenever the same is run again. */
  ticks: number;
  /** Frames on it. */
  readonly depth: number;
  /** Byte offset of the instruction that the top frame is to run next. */
  readonly offset: number;
  /** Where it stands, after STOPPED. */
  readonly stop: Stop;
  /** The frames from the innermost to the innermost base frame below `level` base frames, `limit` at most. */
  views(level: number, limit?: number): FrameView[];
  /** What it has now; a thread that has nothing takes it by `restore()`, and is parked then. */
  image(): ThreadImage;
  restore(image: ThreadImage): void;
  /**
   * Looks for a frame that catches `exception`, from the top frame below `level` base frames down to the innermost base frame there. If there is one, it becomes
   * the top frame, going on at its clause, and `level` base frames are left; if not, nothing changes.
   */
  catches(exception: WasmException, level: number): boolean;
  /** Drops all frames above `level` base frames, with what is above them. */
  drop(level: number): void;
  /** Takes note of the frames from the innermost to the innermost base frame below `level` base frames, of `limit` at most; they are made when asked for. */
  trace(level: number, limit: number): (() => WasmFrame)[];
  /** Base frames on the stack. */
  readonly level: number;
  /** After HOT. */
  readonly hot: HotSpot;
  /** Slot where the top frame begins. */
  readonly topSlot: number;
  /** Drops the top frame, for another tier to go on with; gives the slot where it began, which is the new `sp`, and whether it was a base frame. */
  takeTop(): { readonly at: number; readonly base: boolean };
  /**
   * Pushes a frame that goes on at some offset, its slots zero; `sp` is then behind them. Gives the slot where it begins, which is the present `sp`; -1 if the stack is exhausted.
   */
  push(plan: FramePlan, base: boolean): number;
  /** The function of the top frame; there must be one. */
  readonly running: WasmFunc;
  /** References in slots in use, null too, for the collector, each with the function and the slot of its frame. */
  scan(visit: (ref: number, isFunc: boolean, func: WasmFunc, slot: number) => void): void;
  /** Instances with a frame, for the collector. */
  functions(): Iterable<WasmFunc>;
  /** Takes its part off the stack that all threads share, of which it must be the topmost that has not ended; only `frames`, `scan`, `functions` and `reset` may then be called. */
  park(): void;
  /** Puts it back on top. False, and it stays parked, if there is no room. */
  unpark(): boolean;
  /** Drops everything. */
  reset(): void;
}

/** What runs interpreted functions. */
export interface InterpTier {
  newThread(): InterpThread;
  /** Rights of a memory of the instance must be checked from now on, or need not be any more. */
  checkAccesses(instance: WasmInstance, check: boolean): void;
  /** Sets a stop before the instruction at a byte offset of the module, for all its instances, or takes it away. */
  setStop(instance: WasmInstance, offset: number, on: boolean): void;
  /** Counts a function of a module from now on as its counters want, or, without them, not any more. Frames of it may be running. */
  count(valid: ValidModule, index: number, counters: FunctionCounters | undefined): void;
  /** Whether a function is counted. */
  isCounted(func: WasmFunc): boolean;
  /** The tier of a function was set. */
  moved(func: WasmFunc): void;
}

/** Whether functions of a tier run as machine code. */
export function isNative(tier: TierName): boolean {
  return tier === "jit";
}

/** What makes machine code. */
export interface NativeTier {
  readonly name: TierName;
  /** Why a function cannot be compiled, and stays interpreted; undefined if it can. */
  refusal(func: WasmFunc): string | undefined;
  /** Compiles and installs a function unless that was done; gives the address at which callers enter. */
  entryOf(func: WasmFunc): number;
  /** The exit thunk for the function's signature: what callers enter when it does not run as machine code. */
  exitThunk(func: WasmFunc): ThunkPlace;
  /** The entry thunk for the function's signature. */
  entryThunk(func: WasmFunc): ThunkPlace;
  /** Where a frame of the interpreter goes on in the function's code behind the head of the loop at `source`; undefined if nowhere. Compiles it if need be. */
  loopEntry(func: WasmFunc, source: number): LoopPlace | undefined;
  /** The safepoint with this offset of a code of the function; undefined if none is there. */
  safepoint(func: WasmFunc, code: Code, offset: number): Safepoint | undefined;
  /** Has a function of a module counted from now on by the code that `entryOf` gives, or not any more. */
  count(valid: ValidModule, index: number, counters: FunctionCounters | undefined): void;
  /** Whether code at this address is not what its function runs any more: frames in it are to leave. */
  isReplaced(start: number): boolean;
  /** Keeps the name of an interpreted function for the report of a fault; gives what NOTES.interpreted takes when it ran. */
  nameInterpreted(func: WasmFunc): number;
  /** What the exit TRAP in the stack block was. Throws BugError for a fault that no compiler declared. */
  trapOf(stack: NativeStack): TrapCode;
  /** The access to linear memory that an exit TRAP was, from the registers in the stack block; undefined if it was something else. */
  faultOf(stack: NativeStack): NativeFault | undefined;
  /** Address of code that runs the instruction of a fault alone; kept as long as the module's code. */
  stepOf(valid: ValidModule, fault: NativeFault): number;
  /** Frames of machine code, innermost first: after an exit TRAP, or below what is parked on the stack with `parked`. */
  framesAtTrap(stack: NativeStack): Iterable<NativeLocation>;
  framesAt(stack: NativeStack, parked: Parked): Iterable<NativeLocation>;
  /** What a return address belongs to, remembered for the next time; undefined if it is not in a Wasm function. */
  siteOf(returnAddress: number): CallSite | undefined;
}

/** Where a frame of machine code waits for a call. */
export interface CallSite {
  /** The function's index in its module. */
  readonly index: number;
  /** Byte offset of the call in the module. */
  readonly wasmOffset: number;
  readonly code: Code;
  readonly start: number;
  /** Index of the innermost exception handler around it, -1 if there is none; undefined while nobody has looked. */
  handler: number | undefined;
}

/** Exits after which something is parked. */
export type ParkedExit = typeof Exit.CALL | typeof Exit.HELPER | typeof Exit.SAFEPOINT;

/** An instruction of machine code that faulted while it accessed linear memory. */
export interface NativeFault {
  /** Address of the instruction, and its length in bytes. */
  readonly pc: number;
  readonly length: number;
  /** The first byte that it accesses. */
  readonly address: number;
  /** Whether it only loads. */
  readonly loads: boolean;
  /** Byte offset of the Wasm instruction. */
  readonly wasmOffset: number;
  /** Frame pointer. */
  readonly fp: number;
  readonly bytes: Uint8Array;
}

/** What is parked on a native stack. */
export interface Parked {
  readonly exit: ParkedExit;
  readonly sp: number;
  readonly fp: number;
  readonly resumeIp: number;
}

/** A frame of machine code. */
export interface NativeLocation {
  /** The function's index in its module. */
  readonly index: number;
  readonly tier: TierName;
  /** Byte offset of the Wasm instruction; -1 if not known. */
  readonly wasmOffset: number;
  /** Frame pointer. */
  readonly fp: number;
  /** Its code, and where that is. */
  readonly code: Code;
  readonly start: number;
  /** Offset in the code where it goes on: for all but the innermost, the return address of a call. */
  readonly offset: number;
}

/** A thunk that is in place. */
export interface ThunkPlace {
  readonly entry: number;
  /** Where what it called returns, or where it goes on when resumed. */
  readonly back: number;
  /** Bytes of its frame below the saved frame pointer. */
  readonly frameSize: number;
}

/** A way into a loop of code that is in place. */
export interface LoopPlace {
  readonly address: number;
  readonly moves: Int32Array;
  /** Bytes of the function's frame below the saved frame pointer. */
  readonly frameSize: number;
}
