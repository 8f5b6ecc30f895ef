// What a tier is to the runtime: the interfaces by which the driver of activations runs code it knows nothing about.
// interp/ implements InterpThread; engine/ puts jit and link behind NativeTier.

import type { Exit } from "../abi/exits.ts";
import type { Code } from "../asm/code.ts";
import type { NativeStack } from "../platform/stacks.ts";
import type { TrapCode } from "../wasm/traps.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import type { WasmFrame } from "../wasm/errors.ts";
import type { WasmException } from "./exception.ts";
import type { WasmFunc } from "./func.ts";
import type { WasmInstance } from "./instance.ts";

/** The tiers there are, by name. */
export const TIERS: readonly TierName[] = ["interp", "jit"];
/** A tier's name. */
export type TierName = "interp" | "jit";

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
} as const;
export type RunStatus = (typeof RunStatus)[keyof typeof RunStatus];

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
  /** Makes room for `slots` more above `sp`. False if the stack is exhausted. */
  reserve(slots: number): boolean;
  /** Runs until the innermost base frame returns, something else is to be called, or a trap. */
  run(): RunStatus;
  /**
   * Looks for a frame that catches `exception`, from the top frame below `level` base frames down to the innermost base frame there. If there is one, it becomes
   * the top frame, going on at its clause, and `level` base frames are left; if not, nothing changes.
   */
  catches(exception: WasmException, level: number): boolean;
  /** Drops all frames above `level` base frames, with what is above them. */
  drop(level: number): void;
  /** Frames from the innermost to the innermost base frame below `level` base frames. */
  frames(level: number): WasmFrame[];
  /** Base frames on the stack. */
  readonly level: number;
  /** References in slots in use, null too, for the collector. */
  scan(visit: (ref: number, isFunc: boolean) => void): void;
  /** Instances with a frame, for the collector. */
  functions(): Iterable<WasmFunc>;
  /** Drops everything. */
  reset(): void;
}

/** What runs interpreted functions. */
export interface InterpTier {
  newThread(): InterpThread;
  /** Rights of a memory of the instance must be checked from now on, or need not be any more. */
  checkAccesses(instance: WasmInstance, check: boolean): void;
}

/** What makes machine code. */
export interface NativeTier {
  readonly name: TierName;
  /** Why a function cannot be compiled, and stays interpreted; undefined if it can. */
  refusal(func: WasmFunc): string | undefined;
  /** Compiles and installs a function unless that was done; gives the address at which callers enter. */
  entryOf(func: WasmFunc): number;
  /** Address of the exit thunk for the function's signature: what callers enter when it does not run as machine code. */
  exitThunk(func: WasmFunc): number;
  /** Address of the entry thunk for the function's signature. */
  entryThunk(func: WasmFunc): number;
  /** What the exit TRAP in the stack block was. Throws BugError for a fault that no compiler declared. */
  trapOf(stack: NativeStack): TrapCode;
  /** The access to linear memory that an exit TRAP was, from the registers in the stack block; undefined if it was something else. */
  faultOf(stack: NativeStack): NativeFault | undefined;
  /** Address of code that runs the instruction of a fault alone; kept as long as the module's code. */
  stepOf(valid: ValidModule, fault: NativeFault): number;
  /** Frames of machine code, innermost first: after an exit TRAP, or below what is parked on the stack with `parked`. */
  framesAtTrap(stack: NativeStack): Iterable<NativeLocation>;
  framesAt(stack: NativeStack, parked: Parked): Iterable<NativeLocation>;
}

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

/** What is parked on a native stack after an exit CALL or HELPER. */
export interface Parked {
  readonly exit: typeof Exit.CALL | typeof Exit.HELPER;
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
}
