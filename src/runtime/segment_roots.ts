// The roots on an activation's stacks, for the collector: precise where frames are the interpreter's, guessed where they are machine code's or JavaScript's.

import { Exit } from "../abi/exits.ts";
import { readAddress } from "../abi/native.ts";
import { STACK } from "../abi/vmctx.ts";
import type { Activation } from "./activation.ts";
import { savedWords } from "./fault.ts";
import type { WasmFunc } from "./func.ts";
import type { WasmInstance } from "./instance.ts";
import { ARGS_SLOT, type Segment, SP } from "./segment.ts";
import type { InterpThread } from "./tier.ts";

/**
 * For the collector: the references on an activation's stacks, with the function and the slot of its frame, words of machine code's that may be some, and the
 * functions and instances that run.
 */
export function scanSegments(
  activation: Activation,
  visit: (ref: number, isFunc: boolean, func: WasmFunc, slot: number) => void,
  guess: (word: number) => void,
  use: (func: WasmFunc) => void,
  useInstance: (instance: WasmInstance) => void,
): void {
  for (const segment of activation.segments) {
    use(segment.func);
    if (segment.js !== undefined) scanJs(activation, segment.js, guess);
  }
  if (activation.thread !== undefined) {
    const last = activation.segments[activation.segments.length - 1];
    if (last?.js?.runs) scanBelowJs(activation, visit);
    else activation.thread.scan(visit);
    for (const func of activation.thread.functions()) use(func);
  }
  if (activation.stack === undefined) return;
  const { i32 } = activation.stack;
  const top = activation.segments[activation.segments.length - 1];
  if (top?.exit === Exit.SAFEPOINT) {
    for (let at = STACK.savedInts >> 2; at < STACK.savedVectors >> 2; at += 2) guess(i32[at]);
  } else if (top?.exit === Exit.TRAP) {
    savedWords(activation.stack).forEach(guess);
  } else if (top?.native && top.exit === undefined) {
    for (let n = 0; n < top.func.paramSlots; n++) guess(i32[2 * (ARGS_SLOT + n)]);
  }
  activation.stack.scan(readAddress(i32, SP), (low, high) => {
    guess(low);
    // Every frame holds its vmctx. Only functions that were called from JavaScript or the interpreter are known otherwise.
    const instance = high === 0 ? undefined : activation.store.instanceAt((low >>> 0) + high * 2 ** 32);
    if (instance !== undefined) useInstance(instance);
  });
}

/** Shadow frames of JavaScript are no operands of the frame that called: there the thread ends, for the time. */
function scanBelowJs(activation: Activation, visit: Parameters<InterpThread["scan"]>[0]): void {
  const thread = activation.thread!, { sp } = thread;
  thread.sp = activation.store.js!.baseOf(activation.jsCaller!) >> 1;
  thread.scan(visit);
  thread.sp = sp;
}

function scanJs(activation: Activation, js: NonNullable<Segment["js"]>, guess: (word: number) => void): void {
  if (!js.runs) return js.words.forEach(guess);
  const tier = activation.store.js!, caller = activation.jsCaller!, { i32 } = activation.thread!;
  for (let at = tier.baseOf(caller), end = tier.topOf(caller); at < end; at++) guess(i32[at]);
}
