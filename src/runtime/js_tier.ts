// What the tier `js` is to the runtime: the interfaces between the driver of activations and functions of JavaScript, which js/ makes, and between these and the
// interpreter's functions for single instructions.

import type { WasmFrame } from "../wasm/errors.ts";
import type { TrapCode } from "../wasm/traps.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import type { WasmException } from "./exception.ts";
import type { WasmFunc } from "./func.ts";
import type { WasmInstance } from "./instance.ts";
import type { WasmMemory } from "./memory.ts";
import type { Outcome } from "./outcome.ts";

/** The driver as code in tier `js` sees it: that of the activation it runs in. */
export interface JsCaller {
  /** What may park it; all but `plain` calls leave frames rather than start an activation of their own. */
  readonly kind: string;
  /** Slot index behind the topmost slot of its part of the interpreter's stack. */
  stackTop: number;
  /** Called at a safepoint: whether the frames are to be left there. Throws Trap where the call ends. */
  serves(): boolean;
  /** Calls a host function that suspends: the promise that is waited for; undefined if this call cannot wait. */
  suspends(callee: WasmFunc, words: Int32Array, at: number): Promise<unknown> | undefined;
  /** The host function that it calls now. */
  host: WasmFunc | undefined;
}

/** A frame that was left: where the interpreter goes on, and the first of its words. */
export interface LeftFrame {
  readonly func: WasmFunc;
  readonly source: number;
  /** In slots. */
  readonly height: number;
  /** The place is still to be paid for. */
  readonly owes: boolean;
  readonly at: number;
}

/** What the frames that were left wait for: nothing, results of a call, a call, or a promise. */
export type Awaited =
  | { readonly what: "nothing" }
  | { readonly what: "results"; readonly words: Int32Array; readonly slots: number }
  | { readonly what: "call"; readonly callee: WasmFunc; readonly words: Int32Array }
  | { readonly what: "promise"; readonly callee: WasmFunc; readonly promise: Promise<unknown> };

/** How a run of JavaScript frames ended. */
export type JsOutcome =
  /** Its results begin at a slot of the interpreter's stack. */
  | { readonly what: "done"; readonly at: number }
  /** `callee` takes its place. */
  | { readonly what: "tail"; readonly callee: WasmFunc; readonly words: Int32Array }
  /** Its frames are to go on in the interpreter; innermost first, their words in `words`. */
  | {
    readonly what: "left";
    readonly frames: readonly LeftFrame[];
    readonly words: Int32Array;
    readonly awaits: Awaited;
  }
  /** It cannot begin with these arguments: they are for the interpreter. */
  | { readonly what: "refused" }
  /** An exception left it; `thrown` is what a host function threw, if it was one. Its frames where it was thrown are found when asked for. */
  | {
    readonly what: "exception";
    readonly frames: () => readonly (() => WasmFrame)[];
    readonly exception: WasmException;
    readonly thrown: { readonly error: unknown } | undefined;
  }
  /** JavaScript's stack is exhausted, or an access was out of bounds: the trap's code and the frames above. */
  | { readonly what: "trap"; readonly code: TrapCode; readonly frames: readonly (() => WasmFrame)[] };

/** How functions of one type, of numbers alone, are called with JavaScript values. */
export interface JsEntry {
  /** Whether these are the arguments, without any conversion that could run JavaScript. */
  fits(args: ArrayLike<unknown>): boolean;
  /** Calls a function with them, and gives what JavaScript gets. */
  enter(f: (...args: never[]) => unknown, args: ArrayLike<unknown>): unknown;
}

/** What makes and runs functions of JavaScript. */
export interface JsTier {
  /** Why a function cannot run in this tier; undefined if it can. */
  refusal(func: WasmFunc): string | undefined;
  /** Called when the tier of a function has changed. */
  changed(func: WasmFunc): void;
  /** Called when a range of functions is freed. */
  forget(first: number, count: number): void;
  /** Runs a function with the arguments in slots, which are copied at once. */
  run(caller: JsCaller, func: WasmFunc, words: Int32Array, at: number): JsOutcome;
  /** The entry of a function, if it can run in this tier and has one. Compiles it if need be. */
  entryOf(func: WasmFunc): JsEntry | undefined;
  /** Calls a function by its entry, with arguments that fit; undefined if it came back done, and `value` is what it gave. */
  enter(caller: JsCaller, func: WasmFunc, entry: JsEntry, args: ArrayLike<unknown>): JsOutcome | undefined;
  readonly value: unknown;
  /** Whether a frame of the interpreter, whose slots begin with word `at`, can go on in the function behind the head of the loop at `source`. Compiles it if need be. */
  canEnterLoop(func: WasmFunc, source: number, words: Int32Array, at: number): boolean;
  /** Goes on with such a frame. */
  enterLoop(caller: JsCaller, func: WasmFunc, source: number, words: Int32Array, at: number): JsOutcome;
  /** Takes note of the frames that run now, for `frames()`. */
  notePositions(): void;
  /** What makes the noted frames of an activation's caller, innermost first. */
  frames(caller: JsCaller): () => readonly WasmFrame[];
  /** Words of the interpreter's stack between which the shadow frames of `caller` lie, whose code runs. */
  baseOf(caller: JsCaller): number;
  topOf(caller: JsCaller): number;
  /** Whether it has a source for a function: compiled at first call otherwise. */
  peek(valid: ValidModule, index: number): unknown;
}

/** Single instructions with a prefix, run on the interpreter's stack, where operands end at word `sp` and results take their place. */
export interface SingleSteps {
  /** The stack's words. */
  readonly words: Int32Array;
  /** Instructions with the prefixes fb, fc, fe; `pc` is behind the sub-opcode for the first two, at it for the last. */
  gc(instance: WasmInstance, sub: number, pc: number, sp: number): Outcome;
  prefixed(instance: WasmInstance, sub: number, pc: number, sp: number): Outcome;
  atomic(instance: WasmInstance, sub: number, pc: number, sp: number): Outcome;
  /** Those with prefix fd; `memory` is the first. */
  simd(instance: WasmInstance, sub: number, pc: number, sp: number, memory: WasmMemory | null): Outcome;
}
