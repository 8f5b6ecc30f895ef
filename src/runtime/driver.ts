// The driver: runs the topmost segment of an activation until it is done or wants something of another kind, so that calls between tiers and host calls never recurse
// in JavaScript (unless a host function calls back in). Takes an activation with a segment; gives results, PARKED, or throws. Its life before and after: activation.ts.

import { Exit } from "../abi/exits.ts";
import { type Native, readAddress, writeAddress } from "../abi/native.ts";
import { STACK, STACK_ARG_SLOTS } from "../abi/vmctx.ts";
import { BugError } from "../base/bug.ts";
import type { NativePointer } from "../platform/ffi.ts";
import { InterruptBit } from "../platform/interrupt.ts";
import { NOTED, NOTES } from "../platform/notes.ts";
import { Trap } from "../wasm/errors.ts";
import { TrapCode } from "../wasm/traps.ts";
import type { Activation } from "./activation.ts";
import { boundArguments } from "./bind.ts";
import { catchException, enterHostError, throwException } from "./catching.ts";
import { serveFault } from "./fault.ts";
import { Mode, type WasmFunc } from "./func.ts";
import { runHelper } from "./helpers.ts";
import { askHost, callHost, type SlotRange } from "./host_call.ts";
import { callerOf, NO_ROOM } from "./js_caller.ts";
import type { JsOutcome } from "./js_tier.ts";
import { CALL_WORDS, nativeCall } from "./native_call.ts";
import { OK } from "./outcome.ts";
import { trapDetail } from "./protection.ts";
import { serveSafepoint } from "./safepoint.ts";
import { ARGS_SLOT, copySlots, FP, PARKED, type Segment, SP } from "./segment.ts";
import { tellTrapped, trap } from "./segment_frames.ts";
import { type ParkedExit, RunStatus } from "./tier.ts";
import { enterHotLoop, takeBackLeft, takeBackTop } from "./tier_changes.ts";

/** Instead of an exit: it is served. */
const SERVED = -1;

// Starting functions

export function start(activation: Activation, func: WasmFunc, args: SlotRange): void {
  if (func.mode === Mode.NATIVE) startNative(activation, func, args);
  else if (func.mode === Mode.INTERP) startInterp(activation, func, args);
  else if (func.mode === Mode.JS) startJs(activation, func, args);
  else if (func.mode === Mode.BOUND) start(activation, func.bound!.target, boundArguments(func, args));
  else throw new BugError("host functions are called, not started");
}

function startInterp(activation: Activation, func: WasmFunc, args: SlotRange): void {
  const thread = activation.thread ??= activation.store.activations.takeThread();
  noteInterpreted(activation, func);
  const n = func.paramSlots;
  if (!thread.reserve(n)) trap(activation, TrapCode.CALL_STACK_EXHAUSTED);
  copySlots(args.words, args.at, thread.i32, thread.sp, n);
  thread.sp += n;
  if (!thread.enter(func)) trap(activation, TrapCode.CALL_STACK_EXHAUSTED);
  activation.push(func, false, 0);
}

function noteInterpreted(activation: Activation, func: WasmFunc): void {
  NOTED[NOTES.interpreted >> 2] = func.note ??= activation.store.native?.nameInterpreted(func) ?? 0;
}

function startNative(activation: Activation, func: WasmFunc, args: SlotRange): void {
  const { store } = activation;
  store.compile(func);
  const { i32 } = activation.freeStack();
  const n = func.paramSlots;
  if (n > STACK_ARG_SLOTS) throw new BugError("more parameters than a stack block holds");
  copySlots(args.words, args.at, i32, ARGS_SLOT, n);
  i32.set(func.nativeCall ??= nativeCall(store, func), CALL_WORDS);
  activation.push(func, true, readAddress(i32, SP));
}

function startJs(activation: Activation, func: WasmFunc, { words, at }: SlotRange): void {
  const copy = words.slice(2 * at, 2 * (at + func.paramSlots));
  activation.push(func, false, 0, { words: copy, at: 0, loop: -1, runs: false });
}

// The loop

export function drive(activation: Activation): SlotRange {
  if (activation.kind === "debugged") return driveDebugged(activation);
  for (;;) {
    if (activation.pause !== undefined) return PARKED;
    const done = runTop(activation, activation.segments[activation.segments.length - 1]);
    if (done !== undefined) return done;
  }
}

function runTop(activation: Activation, segment: Segment): SlotRange | undefined {
  if (segment.native) return runNative(activation, segment);
  return segment.js !== undefined ? runJs(activation, segment) : runInterp(activation, segment);
}

/** The same for a call that may wait where an error ends it. */
function driveDebugged(activation: Activation): SlotRange {
  while (activation.pause === undefined) {
    try {
      const done = runTop(activation, activation.segments[activation.segments.length - 1]);
      if (done !== undefined) return done;
    } catch (error) {
      if (!activation.store.debug?.stopsAt(activation, error)) throw error;
      activation.pause = { reason: "stop", failure: { error } };
    }
  }
  return PARKED;
}

// Results

/** The topmost segment is done: its results go to the segment below, or to JavaScript. */
function finish(activation: Activation, resultSlots: number, results: SlotRange): SlotRange | undefined {
  activation.segments.pop();
  return give(activation, resultSlots, results);
}

/** Gives results to the topmost segment, or to JavaScript. */
export function give(activation: Activation, resultSlots: number, results: SlotRange): SlotRange | undefined {
  const below = activation.segments[activation.segments.length - 1];
  if (below === undefined) return results;
  if (below.native) {
    const { i32 } = activation.stack!;
    if (results.words !== i32) copySlots(results.words, results.at, i32, ARGS_SLOT, resultSlots);
    activation.restoreRegisters(below);
    if (takeBackTop(activation, below)) return give(activation, resultSlots, { words: i32, at: ARGS_SLOT });
  } else {
    const thread = activation.thread!;
    if (!thread.reserve(resultSlots)) trap(activation, TrapCode.CALL_STACK_EXHAUSTED);
    if (results.words !== thread.i32) copySlots(results.words, results.at, thread.i32, thread.sp, resultSlots);
    thread.sp += resultSlots;
  }
  return undefined;
}

// Host functions

/** Calls a host function; false if it threw and a frame caught that, or if it is waited for. */
function callHostOf(activation: Activation, callee: WasmFunc, args: SlotRange): boolean {
  const waits = callee.suspending && activation.kind === "promising";
  if (waits) activation.store.activations.checkRoomToPark();
  activation.host = callee;
  try {
    if (waits) {
      activation.pause = {
        reason: "promise",
        callee,
        promise: Promise.resolve(askHost(activation.store, callee, args)),
      };
      return false;
    }
    if (activation.store.debug === undefined) callHost(activation.store, callee, args);
    else activation.store.debug.callHost(activation, callee, args);
    return true;
  } catch (error) {
    enterHostError(activation, error);
    return false;
  }
}

// Frames of the interpreter

function runInterp(activation: Activation, segment: Segment): SlotRange | undefined {
  const thread = activation.thread!, { debug } = activation.store;
  const status = debug === undefined ? thread.run() : debug.run(activation, thread);
  if (status === RunStatus.STOPPED) {
    activation.pause = { reason: "stop" };
    return undefined;
  }
  if (status === RunStatus.DONE) {
    const n = segment.func.resultSlots;
    thread.sp -= n;
    return finish(activation, n, { words: thread.i32, at: thread.sp });
  }
  if (status === RunStatus.TRAP) trap(activation, thread.trapCode);
  if (status === RunStatus.SAFEPOINT) {
    serveSafepoint(activation);
    return undefined;
  }
  if (status === RunStatus.HOT) {
    // It stands where a slice of the interpreter could have ended, and begins a new one.
    if (serveSafepoint(activation)) enterMachineCode(activation);
    return undefined;
  }
  if (status === RunStatus.THROW) {
    throwException(activation, thread.exception!);
    return undefined;
  }
  const callee = thread.callee!;
  thread.sp -= callee.paramSlots;
  const args = { words: thread.i32, at: thread.sp };
  if (status === RunStatus.TAIL_CALL) activation.segments.pop();
  if (callee.mode !== Mode.HOST) {
    start(activation, callee, args);
    return undefined;
  }
  if (status === RunStatus.CALL) noteInterpreted(activation, thread.running);
  if (!thread.reserve(callee.resultSlots)) trap(activation, TrapCode.CALL_STACK_EXHAUSTED);
  if (!callHostOf(activation, callee, args)) return undefined;
  if (status === RunStatus.TAIL_CALL) return give(activation, callee.resultSlots, args);
  thread.sp += callee.resultSlots;
  return undefined;
}

/** A counter of the interpreter's top frame ran out: it may go on as machine code. */
function enterMachineCode(activation: Activation): void {
  const { store } = activation, thread = activation.thread!, { hot } = thread, { func } = hot;
  const policy = store.policy!;
  if (!policy.isToEnter(hot)) return hot.stays();
  if (hot.loop < 0) {
    const { at, base } = thread.takeTop();
    if (base) activation.segments.pop();
    // The code that is called takes the call's fuel again.
    store.meter?.take(-1);
    return start(activation, func, { words: thread.i32, at });
  }
  enterHotLoop(activation, hot);
}

// Functions of JavaScript

function runJs(activation: Activation, segment: Segment): SlotRange | undefined {
  const { func } = segment, { words, at, loop } = segment.js!, js = activation.store.js!, caller = callerOf(activation);
  segment.js!.runs = true;
  return afterJs(
    activation,
    segment,
    loop < 0 ? js.run(caller, func, words, at) : js.enterLoop(caller, func, loop, words, at),
  );
}

/** Goes on after a run of functions of JavaScript in the topmost segment; gives the results of the activation. */
export function goOnAfterJs(activation: Activation, segment: Segment, outcome: JsOutcome): SlotRange {
  return afterJs(activation, segment, outcome) ?? drive(activation);
}

function afterJs(activation: Activation, segment: Segment, outcome: JsOutcome): SlotRange | undefined {
  const { func } = segment, { words, at } = segment.js!;
  activation.segments.pop();
  switch (outcome.what) {
    case "done":
      return give(activation, func.resultSlots, { words: activation.thread!.i32, at: outcome.at });
    case "refused":
      startInterp(activation, func, { words, at: at >> 1 });
      return undefined;
    case "tail":
      return startInstead(activation, outcome.callee, outcome.words);
    case "left":
      return goOnLeft(activation, outcome);
    case "exception":
      if (catchException(activation, outcome.exception)) return undefined;
      if (outcome.thrown !== undefined) throw outcome.thrown.error;
      throw activation.store.exceptions.leave(outcome.exception, () => {
        const below = activation.store.activations.trace(false), frames = outcome.frames();
        return () => [...frames.map((make) => make()), ...below()];
      });
    case "trap": {
      const below = activation.store.activations.trace(false), { frames } = outcome;
      throw new Trap(outcome.code, () => [...frames.map((make) => make()), ...below()], trapDetail(outcome.code));
    }
  }
}

/** Starts what a tail call of JavaScript leads to. */
function startInstead(activation: Activation, callee: WasmFunc, words: Int32Array): SlotRange | undefined {
  if (callee.mode !== Mode.HOST) {
    start(activation, callee, { words, at: 0 });
    return undefined;
  }
  const args = { words: new Int32Array(2 * Math.max(callee.paramSlots, callee.resultSlots)), at: 0 };
  args.words.set(words);
  return callHostOf(activation, callee, args) ? give(activation, callee.resultSlots, args) : undefined;
}

/** Makes the frames that JavaScript left frames of the interpreter; what they wait for comes next. */
function goOnLeft(activation: Activation, left: JsOutcome & { what: "left" }): SlotRange | undefined {
  takeBackLeft(activation, left);
  const { awaits } = left;
  switch (awaits.what) {
    case "results":
      return give(activation, awaits.slots, { words: awaits.words, at: 0 });
    case "call":
      start(activation, awaits.callee, { words: awaits.words, at: 0 });
      break;
    case "promise":
      if (awaits.promise === NO_ROOM) activation.store.activations.checkRoomToPark();
      activation.pause = { reason: "promise", callee: awaits.callee, promise: awaits.promise };
  }
  return undefined;
}

// Machine code

function runNative(activation: Activation, segment: Segment): SlotRange | undefined {
  const { pointer, i32 } = activation.stack!;
  const native = activation.native!;
  const { store } = activation, { interrupt, meter } = store;
  const always = store.policy?.leaves ?? false;
  const quick = meter === undefined && !always && store.debug === undefined;
  let leaves = always || segment.demotions !== store.demotions;
  for (;;) {
    if (leaves) Atomics.or(interrupt, 0, InterruptBit.ATTENTION);
    meter?.load(i32);
    const { exit } = segment;
    let status = exit === undefined
      ? native.enter(pointer)
      : exit === Exit.TRAP
      ? native.proceed(pointer)
      : native.resume(pointer);
    meter?.unload(i32);
    if (quick && status === Exit.CALL) {
      status = callHosts(activation, segment, native, pointer, i32);
      if (status === SERVED) return undefined;
    }
    if (!isParked(status)) return leave(activation, segment, status);
    const atPlace = status === Exit.SAFEPOINT && !meter?.exhausted;
    if (!serve(activation, segment, status)) return undefined;
    // A helper may have told somebody of a watched access, who changed the tiers.
    leaves = !atPlace && (always || segment.demotions !== store.demotions);
  }
}

/**
 * Calls host functions, of which machine code often calls one after the other, until it leaves for something else; gives that exit, which is to be served.
 * SERVED if another segment is to run now. For code that is neither metered nor to leave at its next safepoint.
 */
function callHosts(
  activation: Activation,
  segment: Segment,
  native: Native,
  pointer: NativePointer,
  i32: Int32Array,
): number {
  const { store } = activation, args = { words: i32, at: ARGS_SLOT };
  segment.exit = Exit.CALL;
  for (;;) {
    const callee = store.func(i32[STACK.callee >> 2]);
    if (callee.mode !== Mode.HOST || callee.suspending || segment.demotions !== store.demotions) return Exit.CALL;
    activation.host = callee;
    try {
      callHost(store, callee, args);
    } catch (error) {
      enterHostError(activation, error);
      return SERVED;
    }
    if (segment.demotions !== store.demotions) {
      if (takeBackTop(activation, segment)) {
        give(activation, callee.resultSlots, args);
        return SERVED;
      }
      Atomics.or(store.interrupt, 0, InterruptBit.ATTENTION);
    }
    const status = native.resume(pointer);
    if (status !== Exit.CALL) return status;
  }
}

/** Serves an exit of machine code; false if another segment is to run now. */
export function serve(activation: Activation, segment: Segment, status: ParkedExit): boolean {
  const { i32 } = activation.stack!;
  segment.exit = status;
  if (status === Exit.SAFEPOINT) {
    // Fuel is taken before the place where frames can change the tier.
    const atPlace = !activation.store.meter?.exhausted;
    return serveSafepoint(activation) && !(atPlace && takeBackTop(activation, segment));
  }
  if (status === Exit.HELPER) {
    const thrown = runHelper(activation.store, i32, (code) => trap(activation, code));
    if (thrown === undefined) return true;
    throwException(activation, thrown);
    return false;
  }
  const callee = activation.store.func(i32[STACK.callee >> 2]);
  const args = { words: i32, at: ARGS_SLOT };
  if (callee.mode === Mode.HOST) {
    if (!callHostOf(activation, callee, args)) return false;
    if (!takeBackTop(activation, segment)) return true;
    give(activation, callee.resultSlots, args);
    return false;
  }
  if (isTailCall(activation)) {
    activation.segments.pop();
    writeAddress(i32, SP, segment.enteredAt);
  }
  start(activation, callee, args);
  return false;
}

/** Whether nothing but the entry thunk waits for the parked call: a function that it entered made a tail call. The frame pointer before it is 0. */
function isTailCall(activation: Activation): boolean {
  return activation.stack!.readAddress(readAddress(activation.stack!.i32, FP)) === 0;
}

/** Machine code returned for good: its results, or its trap. */
export function leave(activation: Activation, segment: Segment, status: number): SlotRange | undefined {
  if (status === Exit.DONE) {
    return finish(activation, segment.func.resultSlots, { words: activation.stack!.i32, at: ARGS_SLOT });
  }
  if (status !== Exit.TRAP) throw new BugError(`machine code gave status ${status}`);
  const ended = nativeTrap(activation, segment);
  if (ended !== undefined) throw ended;
  return undefined;
}

/** Serves the exit TRAP of the topmost segment, which goes on if it was a fault that is none of the program's; gives the trap that it is otherwise. */
export function nativeTrap(activation: Activation, segment: Segment): Trap | undefined {
  const served = serveFault(activation.store, activation.native!, activation.stack!, () => segment.exit = Exit.TRAP);
  if (served === OK) return undefined;
  const code = served ?? activation.store.native!.trapOf(activation.stack!);
  tellTrapped(activation, code, true);
  return new Trap(code, activation.store.activations.trace(true), trapDetail(code));
}

/** Whether machine code that came back with this status is to go on. */
export function isParked(status: number): status is ParkedExit {
  return status !== Exit.DONE && status !== Exit.TRAP;
}
