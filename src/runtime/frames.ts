// Frames that change the tier: one of the interpreter goes on in a loop of machine code, or those of machine code are taken back to the interpreter.
// Takes what is on the stacks and says what is there now; who runs then is the driver's affair (driver.ts).

import { readAddress, writeAddress } from "../abi/native.ts";
import { FRAME_VMCTX, STACK } from "../abi/vmctx.ts";
import { SAFEPOINT_INTS, ValuePlace } from "../asm/code.ts";
import { BugError } from "../base/bug.ts";
import type { NativeStack } from "../platform/stacks.ts";
import type { WaitingFrame } from "./debugging.ts";
import { Mode, type WasmFunc } from "./func.ts";
import type { Store } from "./store.ts";
import type { InterpThread, LoopPlace, NativeLocation, Parked } from "./tier.ts";

/** What a call pushes, and a function's prologue. */
const RETURN_ADDRESS = 8;
const SAVED_FP = 8;

function copyWords(from: Int32Array, at: number, to: Int32Array, toAt: number, count: number): void {
  for (let i = 0; i < count; i++) to[toAt + i] = from[at + i];
  // Values of one word have a slot of two.
  if (count === 1) to[toAt + 1] = 0;
}

/**
 * Makes the top frame of `thread`, which belongs to `func`, a frame of machine code in the loop that `place` leads into: above what is parked on the stack, with an
 * entry thunk below it. It is to be resumed. Says whether it was a base frame; undefined, with nothing changed, when there is no room for it.
 */
export function enterLoop(
  store: Store,
  stack: NativeStack,
  thread: InterpThread,
  func: WasmFunc,
  place: LoopPlace,
): { readonly base: boolean } | undefined {
  const { i32, words, limit } = stack;
  const thunk = store.native!.entryThunk(func);
  const thunkFp = readAddress(i32, STACK.sp) - SAVED_FP;
  const returnAt = thunkFp - thunk.frameSize - RETURN_ADDRESS;
  const fp = returnAt - SAVED_FP;
  const sp = fp - place.frameSize;
  if (sp < limit) return undefined;
  const taken = thread.takeTop();
  const vmctx = func.instance!.vmctxAddress;
  const put = (address: number, value: number) => writeAddress(words, address - limit, value);
  put(thunkFp, 0);
  put(thunkFp + FRAME_VMCTX, vmctx);
  put(returnAt, thunk.back);
  put(fp, thunkFp);
  put(fp + FRAME_VMCTX, vmctx);
  const { moves } = place;
  for (let i = 0; i < moves.length; i += 3) {
    // The frame ends above slots that the code never uses.
    if (moves[i + 1] < -place.frameSize) continue;
    copyWords(thread.i32, (taken.at + moves[i]) << 1, words, (fp + moves[i + 1] - limit) >> 2, moves[i + 2]);
  }
  writeAddress(i32, STACK.sp, sp);
  writeAddress(i32, STACK.fp, fp);
  writeAddress(i32, STACK.resumeIp, place.address);
  return { base: taken.base };
}

/**
 * What is in frames of machine code that wait, innermost first. Where one waits for a call or at a safepoint, its values are copied; `known` says whether the innermost does,
 * or is where it trapped, with its values in registers that nobody knows.
 */
export function* lookAt(
  store: Store,
  stack: NativeStack,
  found: Iterable<NativeLocation>,
  known: boolean,
): Iterable<WaitingFrame> {
  for (const at of found) {
    const func = store.instanceAt(stack.readAddress(at.fp + FRAME_VMCTX))!.funcs[at.index];
    const point = known ? store.native!.safepoint(func, at.code, at.offset) : undefined;
    known = true;
    const frame = { func, tier: at.tier, at: 0, writable: false };
    if (point === undefined) {
      // The prologue, where the stack is found to be full, belongs to what stands before the first instruction.
      const { codeStart } = func.instance!.module.funcs[func.index].body!;
      const offset = at.wasmOffset < 0 ? at.wasmOffset : Math.max(at.wasmOffset, codeStart);
      yield { ...frame, offset, pc: offset + 1, words: undefined, slots: 0 };
      continue;
    }
    const words = new Int32Array(2 * point.height);
    readValues(stack, at, point.values, words, 0);
    const doubtful = new Set<number>();
    for (let i = 0; i < point.values.length; i += SAFEPOINT_INTS) {
      const [slot, place, a, b] = point.values.subarray(i, i + 4);
      const unused = place === ValuePlace.FRAME && (b === 1 || a < -at.code.frameSize);
      if (unused || (place === ValuePlace.CONSTANT && a === 0 && b === 0)) doubtful.add(slot);
    }
    // At a safepoint the instruction is still to come; a call ends where the frame goes on.
    const before = at.wasmOffset < 0 || point.source <= at.wasmOffset;
    const offset = before ? point.source : at.wasmOffset;
    yield { ...frame, offset, pc: before ? offset + 1 : point.source, words, slots: point.height, doubtful };
  }
}

/** What was taken back. */
export interface TakenBack {
  /** The function of the lowest frame; its results go to what is below. */
  readonly func: WasmFunc;
  /** Whether machine code of the segment is left below, parked as by a call of that function. */
  readonly rest: boolean;
}

/**
 * Makes frames of a segment of machine code, parked by a call of a function or at a safepoint, frames of the interpreter: from the topmost one down to the lowest
 * whose function does not run as machine code any more, or runs other code, or down to the lowest if `all` are to go. Undefined if there are none; "later" if they can go at the next safepoint only;
 * "exhausted" if there is no room. Nothing has changed then.
 */
export function takeBack(
  store: Store,
  stack: NativeStack,
  thread: InterpThread,
  parked: Parked,
  all: boolean,
): TakenBack | "exhausted" | "later" | undefined {
  const frames: { readonly at: NativeLocation; readonly func: WasmFunc }[] = [];
  let count = 0;
  for (const at of store.native!.framesAt(stack, parked)) {
    const instance = store.instanceAt(stack.readAddress(at.fp + FRAME_VMCTX))!;
    const func = instance.funcs[at.index];
    frames.push({ at, func });
    if (all || func.mode !== Mode.NATIVE || store.native!.isReplaced(at.start)) count = frames.length;
  }
  if (count === 0) return undefined;
  const points = frames.slice(0, count).map(({ at, func }) => store.native!.safepoint(func, at.code, at.offset));
  // Where fuel ran out, the place is still to be paid for: the check behind that comes soon.
  if (points[0] === undefined) return "later";
  const { level } = thread;
  for (let i = count - 1; i >= 0; i--) {
    const { at, func } = frames[i];
    const point = points[i];
    if (point === undefined) throw new BugError(`${func.name} has no safepoint at 0x${at.offset.toString(16)}`);
    const slot = thread.push({ func, source: point.source, height: point.height }, i === count - 1);
    if (slot < 0) {
      thread.drop(level);
      return "exhausted";
    }
    readValues(stack, at, point.values, thread.i32, slot << 1);
    store.frameMoved(func, "interp", point.source);
  }
  const { at: { fp }, func } = frames[count - 1];
  const callerFp = stack.readAddress(fp);
  writeAddress(stack.i32, STACK.sp, fp + SAVED_FP);
  writeAddress(stack.i32, STACK.fp, callerFp);
  writeAddress(stack.i32, STACK.resumeIp, store.native!.exitThunk(func).back);
  // The frame pointer before that of an entry thunk is 0.
  return { func, rest: stack.readAddress(callerFp) !== 0 };
}

function readValues(stack: NativeStack, at: NativeLocation, values: Int32Array, to: Int32Array, first: number): void {
  const { i32, words, limit } = stack;
  for (let i = 0; i < values.length; i += SAFEPOINT_INTS) {
    const toAt = first + 2 * values[i], a = values[i + 2], count = values[i + 4];
    switch (values[i + 1]) {
      case ValuePlace.FRAME:
        // The frame ends above slots that the code never uses: whatever is there, nobody reads it.
        if (a >= -at.code.frameSize) copyWords(words, (at.fp + a - limit) >> 2, to, toAt, count);
        break;
      case ValuePlace.SAVED:
        copyWords(i32, a >> 2, to, toAt, count);
        break;
      default:
        to[toAt] = a;
        to[toAt + 1] = values[i + 3];
    }
  }
}
