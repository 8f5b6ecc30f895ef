// Changes of the tier: frames on top of an activation go from the interpreter into loops of compiled code, and come back from machine code and from JavaScript.
// How the frames themselves are read and written is told in frames.ts.

import { Exit } from "../abi/exits.ts";
import { readAddress, writeAddress } from "../abi/native.ts";
import { TrapCode } from "../wasm/traps.ts";
import type { Activation } from "./activation.ts";
import { enterLoop, takeBack } from "./frames.ts";
import { Mode } from "./func.ts";
import type { JsOutcome } from "./js_tier.ts";
import { copySlots, type Segment, SP } from "./segment.ts";
import { trap } from "./segment_frames.ts";
import type { HotSpot } from "./tier.ts";

/** Has the interpreter's top frame go on behind the head of a hot loop in compiled code; nothing changes where that has no way in. */
export function enterHotLoop(activation: Activation, hot: HotSpot): void {
  const { store } = activation, thread = activation.thread!, { func } = hot;
  if (func.mode === Mode.JS) {
    const word = 2 * thread.topSlot;
    if (!store.js!.canEnterLoop(func, hot.loop, thread.i32, word)) return;
    if (thread.takeTop().base) activation.segments.pop();
    activation.push(func, false, 0, { words: thread.i32, at: word, loop: hot.loop, runs: false });
    return store.frameMoved(func, "js", hot.loop, hot);
  }
  store.compile(func);
  const place = store.native!.loopEntry(func, hot.loop);
  if (place === undefined) return;
  const stack = activation.freeStack();
  const enteredAt = readAddress(stack.i32, SP);
  const frame = enterLoop(store, stack, thread, func, place);
  if (frame === undefined) return;
  if (frame.base) activation.segments.pop();
  activation.push(func, true, enteredAt).exit = Exit.HELPER;
  store.frameMoved(func, "jit", hot.loop, hot);
}

/**
 * Takes frames of the topmost segment, parked by a call or at a safepoint, back to the interpreter, if any is not to run as machine code any more; false if there is none.
 */
export function takeBackTop(activation: Activation, segment: Segment | undefined): boolean {
  const { store } = activation, { demotions } = store;
  if (segment?.exit === undefined || segment.exit === Exit.HELPER || segment.exit === Exit.TRAP) return false;
  const all = store.policy?.takesBack() ?? false;
  if (!all && segment.demotions === demotions) return false;
  const thread = activation.thread ??= store.activations.takeThread();
  const { sp, fp, resumeIp } = activation.parkedRegisters();
  const taken = takeBack(store, activation.stack!, thread, { exit: segment.exit, sp, fp, resumeIp }, all);
  if (taken === "later") return false;
  segment.demotions = demotions;
  if (taken === undefined) return false;
  if (taken === "exhausted") trap(activation, TrapCode.CALL_STACK_EXHAUSTED);
  if (taken.rest) segment.exit = Exit.CALL;
  else {
    activation.segments.pop();
    writeAddress(activation.stack!.i32, SP, segment.enteredAt);
  }
  activation.push(taken.func, false, 0);
  return true;
}

/** Makes the frames that JavaScript left frames of the interpreter; what they wait for is to come next. */
export function takeBackLeft(activation: Activation, { frames, words }: JsOutcome & { what: "left" }): void {
  const thread = activation.thread!, { level } = thread;
  for (let i = frames.length - 1; i >= 0; i--) {
    const { func, source, height, owes, at } = frames[i];
    const slot = thread.push({ func, source, height, owes }, i === frames.length - 1);
    if (slot < 0) {
      thread.drop(level);
      trap(activation, TrapCode.CALL_STACK_EXHAUSTED);
    }
    copySlots(words, at >> 1, thread.i32, slot, height);
    activation.store.frameMoved(func, "interp", source, undefined, "js");
  }
  if (frames.length > 0) activation.push(frames[frames.length - 1].func, false, 0);
}
