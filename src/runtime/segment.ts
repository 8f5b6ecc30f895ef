// A segment: the part of a call's frames that one kind of code has, and what the driver of activations and its parts agree on about segments and stacks.

import type { Exit } from "../abi/exits.ts";
import { STACK } from "../abi/vmctx.ts";
import type { WasmFrame } from "../wasm/errors.ts";
import type { WasmFunc } from "./func.ts";
import type { SlotRange } from "./host_call.ts";
import type { ParkedExit, ThreadImage } from "./tier.ts";

/** A run of frames of one kind. */
export interface Segment {
  readonly func: WasmFunc;
  readonly native: boolean;
  /** Machine code: why it is parked; it is then to be resumed, not entered. TRAP: at a fault that was served, where it is to proceed. */
  exit: ParkedExit | typeof Exit.TRAP | undefined;
  /** Machine code: where its stack stood when it was entered. */
  readonly enteredAt: number;
  /** The nearest segment of machine code below. */
  readonly below: Segment | undefined;
  /** Machine code: `Store.demotions` when it was last looked for frames that are to be taken back. */
  demotions: number;
  /** JavaScript, which is always the topmost segment: what it begins with, the head of a loop (-1 for a call), and whether it has begun. */
  readonly js: { readonly words: Int32Array; readonly at: number; readonly loop: number; runs: boolean } | undefined;
  /** Machine code: its parked registers, while another segment runs on the same stack. */
  saved: { readonly sp: number; readonly fp: number; readonly resumeIp: number } | undefined;
}

/** No slots at all. */
export const NO_WORDS = new Int32Array(0);

/** Frames that are noted, innermost first: each makes one when asked, or several. */
export type Trace = (() => WasmFrame | readonly WasmFrame[])[];

/** What a call gives that was parked instead of ending. */
export const PARKED: SlotRange = { words: NO_WORDS, at: -1 };

/** Why an activation is parked. */
export type Pause =
  /** It has not begun. */
  | { readonly reason: "start" }
  /** At a safepoint. */
  | { readonly reason: "interrupt" | "deadline" | "fuel" }
  /** Whoever debugs wants it to wait; `failure` is what ends it when it goes on. */
  | { readonly reason: "stop"; readonly failure?: { readonly error: unknown } }
  /** In a call of a suspending host function. */
  | { readonly reason: "promise"; readonly callee: WasmFunc; readonly promise: Promise<unknown> };

/** What may park it: nothing; a suspending host function; what otherwise would be a trap at a safepoint; a debugger, and an interruption. */
export type ActivationKind = "plain" | "promising" | "sliced" | "debugged";

/** All that an activation has whose frames are the interpreter's, as it was at some moment. */
export interface ActivationImage {
  readonly segments: readonly Segment[];
  readonly thread: ThreadImage;
  readonly pause: Pause | undefined;
}

/** Byte offsets in a stack block: where what is parked stands, its frame pointer, and where it goes on. */
export const SP = STACK.sp, FP = STACK.fp, IP = STACK.resumeIp;

/** Slot of a stack block where arguments and results stand. */
export const ARGS_SLOT = STACK.args >> 3;

/** Copies slots, given by their indices, from some words to others. */
export function copySlots(from: Int32Array, at: number, to: Int32Array, toAt: number, slots: number): void {
  for (let i = at << 1, k = toAt << 1, end = i + (slots << 1); i < end; i++, k++) to[k] = from[i];
}
