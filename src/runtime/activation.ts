// Activations: one call from JavaScript into Wasm is a list of segments, interpreter frames or a range of a native stack. The driver runs the topmost segment until it
// is done or wants something of another kind, so that calls between tiers and host calls never recurse in JavaScript (unless a host function calls back in).
// One that nobody waits for in JavaScript can be parked as a whole, and go on later, while others run.

import { Exit } from "../abi/exits.ts";
import { type Native, readAddress, startNative, writeAddress } from "../abi/native.ts";
import { FRAME_VMCTX, STACK, STACK_ARG_SLOTS } from "../abi/vmctx.ts";
import { BugError } from "../base/bug.ts";
import { ensureStack } from "../base/js_stack.ts";
import { deadlinePassed, setAlarm } from "../platform/deadline.ts";
import type { NativePointer } from "../platform/ffi.ts";
import { InterruptBit } from "../platform/interrupt.ts";
import { NOTED, NOTES } from "../platform/notes.ts";
import type { NativeStack } from "../platform/stacks.ts";
import { CatchKind } from "../validate/side_table.ts";
import { MAX_FRAMES, ResourceError, Trap, type WasmFrame } from "../wasm/errors.ts";
import { functionName } from "../wasm/module.ts";
import { TrapCode } from "../wasm/traps.ts";
import { boundArguments } from "./bind.ts";
import { clauseFrom, type WasmException } from "./exception.ts";
import { savedWords, serveFault } from "./fault.ts";
import { Mode, type WasmFunc } from "./func.ts";
import type { WaitingFrame } from "./debugging.ts";
import { enterLoop, lookAt, takeBack } from "./frames.ts";
import { askHost, callHost, type SlotRange, writeHostResults } from "./host_call.ts";
import { OK } from "./outcome.ts";
import { trapDetail } from "./protection.ts";
import { CALL_WORDS, nativeCall } from "./native_call.ts";
import { runHelper } from "./helpers.ts";
import type { WasmInstance } from "./instance.ts";
import type { JsCaller, JsOutcome } from "./js_tier.ts";
import type { Store } from "./store.ts";
import {
  type CallSite,
  type InterpThread,
  type NativeLocation,
  type ParkedExit,
  RunStatus,
  type ThreadImage,
} from "./tier.ts";

/** Instead of an exit: it is served. */
const SERVED = -1;

/** What functions of JavaScript wait for, so that their frames are left, when the call may not be parked. */
const NO_ROOM: Promise<unknown> = Promise.resolve();

const NO_WORDS = new Int32Array(0);

/** Slot of a stack block where arguments and results stand. */
const ARGS_SLOT = STACK.args >> 3;

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

const STOPS = {
  interrupt: TrapCode.INTERRUPTED,
  deadline: TrapCode.DEADLINE_EXCEEDED,
  fuel: TrapCode.FUEL_EXHAUSTED,
} as const;

const SP = STACK.sp, FP = STACK.fp, IP = STACK.resumeIp;

/** One call from JavaScript into Wasm, with all that it has on stacks. */
export class Activation implements JsCaller {
  readonly segments: Segment[] = [];
  /** It returned or threw, and may only be waiting for its release. */
  ended = false;
  /** Why it is parked. */
  pause: Pause | undefined;
  /** The host function that it called last; that runs now, if an activation above was started by it. */
  host: WasmFunc | undefined = undefined;
  #stack: NativeStack | undefined;
  #thread: InterpThread | undefined;
  #native: Native | undefined;

  constructor(readonly store: Store, readonly kind: ActivationKind = "plain") {}

  /**
   * Calls `func` with the arguments in `args`; gives where its results stand, valid until the next call in this store.
   * PARKED, if its kind allows for that, when it is to go on later. Throws Trap, or what a host function threw.
   */
  call(func: WasmFunc, args: SlotRange): SlotRange {
    return this.#run(() => {
      this.store.activations.begin(this);
      this.#start(func, args);
      return this.#drive();
    });
  }

  /** As call(), but parks it before it runs. */
  prepare(func: WasmFunc, args: SlotRange): void {
    this.#run(() => {
      this.store.activations.begin(this);
      this.#start(func, args);
      this.pause = { reason: "start" };
      return PARKED;
    });
  }

  /** What it has, to be taken up by `restore()` later; undefined while it has frames of machine code. */
  image(): ActivationImage | undefined {
    if (this.#thread === undefined || this.segments.some((s) => s.native || s.js !== undefined)) return undefined;
    return { segments: [...this.segments], thread: this.#thread.image(), pause: this.pause };
  }
  /** Takes up what another one of its store had, and is parked there; for one that has not begun. */
  restore({ segments, thread, pause }: ActivationImage): void {
    this.#thread = this.store.activations.takeThread();
    this.#thread.restore(thread);
    this.segments.push(...segments);
    this.pause = pause ?? { reason: "stop" };
    this.store.activations.add(this);
  }

  /** Goes on with what is parked and waits for no result. Gives and throws as call() does; stays parked if it throws since calls are nested too deeply. */
  goOn(): SlotRange {
    const failure = this.pause?.reason === "stop" ? this.pause.failure : undefined;
    return this.#resume(() => {
      if (failure !== undefined) throw failure.error;
      this.#takeBack(this.segments[this.segments.length - 1]);
      return this.#drive();
    });
  }

  /** Likewise with what the suspending host function gives that it waits for. */
  goOnWith(value: unknown): SlotRange {
    const { callee } = this.pause as Pause & { reason: "promise" };
    return this.#resume(() => {
      const words = callee.resultSlots === 0 ? NO_WORDS : new Int32Array(callee.resultSlots * 2);
      try {
        writeHostResults(this.store, callee, value, { words, at: 0 });
      } catch (error) {
        this.#enterHostError(error);
        return this.#drive();
      }
      return this.#give(callee.resultSlots, { words, at: 0 }) ?? this.#drive();
    });
  }

  /** Likewise when it throws. */
  goOnThrowing(error: unknown): SlotRange {
    return this.#resume(() => {
      this.#enterHostError(error);
      return this.#drive();
    });
  }

  #resume(proceed: () => SlotRange): SlotRange {
    // What is parked must not be half taken up.
    ensureStack();
    this.store.activations.unpark(this);
    this.pause = undefined;
    return this.#run(() => {
      if (this.#thread?.unpark() === false) this.#trap(TrapCode.CALL_STACK_EXHAUSTED);
      return proceed();
    });
  }

  /** Runs what is, or becomes, the top of the nest, until it ends or is parked. */
  #run(proceed: () => SlotRange): SlotRange {
    let parked = false;
    try {
      const results = proceed();
      if (results === PARKED) {
        ensureStack();
        this.#thread?.park();
        this.store.activations.park(this);
        parked = true;
      }
      return results;
    } finally {
      if (!parked) this.ended = true;
      this.store.activations.dropEnded();
    }
  }

  /** Drops what is parked for good. */
  abandon(): void {
    this.ended = true;
    this.store.activations.forget(this);
    this.release();
  }

  /**
   * Goes on with a call that was entered without an activation and wants something first: `func` runs on `stack`, and gave `status`.
   * Gives and throws like call(); the stack belongs to the activation now.
   */
  adopt(func: WasmFunc, native: Native, stack: NativeStack, status: number): SlotRange {
    this.#native = native;
    this.#stack = stack;
    const segment = this.#pushSegment(func, true, stack.top);
    try {
      this.store.activations.begin(this);
    } catch (error) {
      this.release();
      throw error;
    }
    // Thrown outside of the `try`: throwing once more costs.
    let trap: Trap | undefined;
    try {
      if (status === Exit.TRAP) trap = this.#nativeTrap(segment);
      else if (isParked(status)) this.#serve(segment, status);
      else return this.#leave(segment, status)!;
      if (trap === undefined) return this.#drive();
    } finally {
      this.ended = true;
      this.store.activations.dropEnded();
    }
    throw trap;
  }

  /** Gives back what it runs on; does the rest if that was interrupted. */
  release(): void {
    const thread = this.#thread, stack = this.#stack;
    if (thread !== undefined) {
      thread.reset();
      this.#thread = undefined;
      this.store.activations.giveBack(thread);
    }
    if (stack !== undefined) {
      this.#stack = undefined;
      this.#native!.stacks.giveBack(stack);
    }
  }

  /**
   * For the collector: the references on this activation's stacks, with the function and the slot of its frame, words of machine code's that may be some, and the
   * functions and instances that run.
   */
  scan(
    visit: (ref: number, isFunc: boolean, func: WasmFunc, slot: number) => void,
    guess: (word: number) => void,
    use: (func: WasmFunc) => void,
    useInstance: (instance: WasmInstance) => void,
  ): void {
    for (const segment of this.segments) {
      use(segment.func);
      if (segment.js !== undefined) this.#scanJs(segment.js, guess);
    }
    if (this.#thread !== undefined) {
      const last = this.segments[this.segments.length - 1];
      if (last?.js?.runs) this.#scanBelowJs(visit);
      else this.#thread.scan(visit);
      for (const func of this.#thread.functions()) use(func);
    }
    if (this.#stack === undefined) return;
    const { i32 } = this.#stack;
    const top = this.segments[this.segments.length - 1];
    if (top?.exit === Exit.SAFEPOINT) {
      for (let at = STACK.savedInts >> 2; at < STACK.savedVectors >> 2; at += 2) guess(i32[at]);
    } else if (top?.exit === Exit.TRAP) {
      savedWords(this.#stack).forEach(guess);
    } else if (top?.native && top.exit === undefined) {
      for (let n = 0; n < top.func.paramSlots; n++) guess(i32[2 * (ARGS_SLOT + n)]);
    }
    this.#stack.scan(readAddress(i32, SP), (low, high) => {
      guess(low);
      // Every frame holds its vmctx. Only functions that were called from JavaScript or the interpreter are known otherwise.
      const instance = high === 0 ? undefined : this.store.instanceAt((low >>> 0) + high * 2 ** 32);
      if (instance !== undefined) useInstance(instance);
    });
  }

  // Starting functions

  #start(func: WasmFunc, args: SlotRange): void {
    if (func.mode === Mode.NATIVE) this.#startNative(func, args);
    else if (func.mode === Mode.INTERP) this.#startInterp(func, args);
    else if (func.mode === Mode.JS) this.#startJs(func, args);
    else if (func.mode === Mode.BOUND) this.#start(func.bound!.target, boundArguments(func, args));
    else throw new BugError("host functions are called, not started");
  }

  #startInterp(func: WasmFunc, args: SlotRange): void {
    const thread = this.#thread ??= this.store.activations.takeThread();
    this.#noteInterpreted(func);
    const n = func.paramSlots;
    if (!thread.reserve(n)) this.#trap(TrapCode.CALL_STACK_EXHAUSTED);
    copySlots(args.words, args.at, thread.i32, thread.sp, n);
    thread.sp += n;
    if (!thread.enter(func)) this.#trap(TrapCode.CALL_STACK_EXHAUSTED);
    this.#pushSegment(func, false, 0);
  }

  #pushSegment(func: WasmFunc, native: boolean, enteredAt: number, js: Segment["js"] = undefined): Segment {
    const { demotions } = this.store;
    const last = this.segments[this.segments.length - 1], below = last?.native ? last : last?.below;
    const segment: Segment = { func, native, exit: undefined, enteredAt, below, demotions, js, saved: undefined };
    this.segments.push(segment);
    return segment;
  }

  #noteInterpreted(func: WasmFunc): void {
    NOTED[NOTES.interpreted >> 2] = func.note ??= this.store.native?.nameInterpreted(func) ?? 0;
  }

  #startNative(func: WasmFunc, args: SlotRange): void {
    const { store } = this;
    store.compile(func);
    const { i32 } = this.#freeStack();
    const n = func.paramSlots;
    if (n > STACK_ARG_SLOTS) throw new BugError("more parameters than a stack block holds");
    copySlots(args.words, args.at, i32, ARGS_SLOT, n);
    i32.set(func.nativeCall ??= nativeCall(store, func), CALL_WORDS);
    this.#pushSegment(func, true, readAddress(i32, SP));
  }

  /** The native stack, what is parked on it kept elsewhere. */
  #freeStack(): NativeStack {
    this.#native ??= startNative();
    if (this.#stack === undefined) return this.#stack = this.#native.stacks.take();
    const last = this.segments[this.segments.length - 1], below = last?.native ? last : last?.below;
    if (below !== undefined) below.saved ??= this.#parkedRegisters();
    return this.#stack;
  }

  #parkedRegisters() {
    const { i32 } = this.#stack!;
    return { sp: readAddress(i32, SP), fp: readAddress(i32, FP), resumeIp: readAddress(i32, IP) };
  }

  /** Makes what was parked by a segment of machine code the top of the native stack again. */
  #restore(segment: Segment): void {
    const { i32 } = this.#stack!, { saved } = segment;
    if (saved === undefined) return;
    writeAddress(i32, SP, saved.sp);
    writeAddress(i32, FP, saved.fp);
    writeAddress(i32, IP, saved.resumeIp);
    segment.saved = undefined;
  }

  // The loop

  #drive(): SlotRange {
    if (this.kind === "debugged") return this.#driveDebugged();
    for (;;) {
      if (this.pause !== undefined) return PARKED;
      const done = this.#runTop(this.segments[this.segments.length - 1]);
      if (done !== undefined) return done;
    }
  }

  #runTop(segment: Segment): SlotRange | undefined {
    if (segment.native) return this.#runNative(segment);
    return segment.js !== undefined ? this.#runJs(segment) : this.#runInterp(segment);
  }

  /** The same for a call that may wait where an error ends it. */
  #driveDebugged(): SlotRange {
    while (this.pause === undefined) {
      try {
        const done = this.#runTop(this.segments[this.segments.length - 1]);
        if (done !== undefined) return done;
      } catch (error) {
        if (!this.store.debug?.stopsAt(this, error)) throw error;
        this.pause = { reason: "stop", failure: { error } };
      }
    }
    return PARKED;
  }

  #runInterp(segment: Segment): SlotRange | undefined {
    const thread = this.#thread!, { debug } = this.store;
    const status = debug === undefined ? thread.run() : debug.run(this, thread);
    if (status === RunStatus.STOPPED) {
      this.pause = { reason: "stop" };
      return undefined;
    }
    if (status === RunStatus.DONE) {
      const n = segment.func.resultSlots;
      thread.sp -= n;
      return this.#finish(n, { words: thread.i32, at: thread.sp });
    }
    if (status === RunStatus.TRAP) this.#trap(thread.trapCode);
    if (status === RunStatus.SAFEPOINT) {
      this.#serveSafepoint();
      return undefined;
    }
    if (status === RunStatus.HOT) {
      // It stands where a slice of the interpreter could have ended, and begins a new one.
      if (this.#serveSafepoint()) this.#enterMachineCode();
      return undefined;
    }
    if (status === RunStatus.THROW) {
      this.#throw(thread.exception!);
      return undefined;
    }
    const callee = thread.callee!;
    thread.sp -= callee.paramSlots;
    const args = { words: thread.i32, at: thread.sp };
    if (status === RunStatus.TAIL_CALL) this.segments.pop();
    if (callee.mode !== Mode.HOST) {
      this.#start(callee, args);
      return undefined;
    }
    if (status === RunStatus.CALL) this.#noteInterpreted(thread.running);
    if (!thread.reserve(callee.resultSlots)) this.#trap(TrapCode.CALL_STACK_EXHAUSTED);
    if (!this.#callHost(callee, args)) return undefined;
    if (status === RunStatus.TAIL_CALL) return this.#give(callee.resultSlots, args);
    thread.sp += callee.resultSlots;
    return undefined;
  }

  /** Calls a host function; false if it threw and a frame caught that, or if it is waited for. */
  #callHost(callee: WasmFunc, args: SlotRange): boolean {
    const waits = callee.suspending && this.kind === "promising";
    if (waits) this.#checkRoomToPark();
    this.host = callee;
    try {
      if (waits) {
        this.pause = { reason: "promise", callee, promise: Promise.resolve(askHost(this.store, callee, args)) };
        return false;
      }
      if (this.store.debug === undefined) callHost(this.store, callee, args);
      else this.store.debug.callHost(this, callee, args);
      return true;
    } catch (error) {
      this.#enterHostError(error);
      return false;
    }
  }

  /** Wasm cannot catch this: it would go on at the limit. */
  #checkRoomToPark(): void {
    const { maxParked } = this.store.activations;
    if (!this.#hasRoomToPark) throw new ResourceError(`more than ${maxParked} calls wait for promises`);
  }
  get #hasRoomToPark(): boolean {
    const { parked, maxParked } = this.store.activations;
    return parked < maxParked;
  }

  /** What a host function threw becomes an exception of Wasm. Throws it again if no frame catches it. */
  #enterHostError(error: unknown): void {
    const exception = this.store.exceptions.enter(error);
    if (exception === undefined) throw error;
    const top = this.segments[this.segments.length - 1];
    if (top?.native) {
      this.#restore(top);
      this.#takeBack(top);
    }
    if (!this.#catch(exception)) throw error;
  }

  // Changes of the tier

  /** A counter of the interpreter's top frame ran out: it may go on as machine code. */
  #enterMachineCode(): void {
    const { store } = this, thread = this.#thread!, { hot } = thread, { func } = hot;
    const policy = store.policy!;
    if (!policy.isToEnter(hot)) return hot.stays();
    if (hot.loop < 0) {
      const { at, base } = thread.takeTop();
      if (base) this.segments.pop();
      // The code that is called takes the call's fuel again.
      store.meter?.take(-1);
      return this.#start(func, { words: thread.i32, at });
    }
    if (func.mode === Mode.JS) {
      const word = 2 * thread.topSlot;
      if (!store.js!.canEnterLoop(func, hot.loop, thread.i32, word)) return;
      if (thread.takeTop().base) this.segments.pop();
      this.#pushSegment(func, false, 0, { words: thread.i32, at: word, loop: hot.loop, runs: false });
      return store.frameMoved(func, "js", hot.loop, hot);
    }
    store.compile(func);
    const place = store.native!.loopEntry(func, hot.loop);
    if (place === undefined) return;
    const stack = this.#freeStack();
    const enteredAt = readAddress(stack.i32, SP);
    const frame = enterLoop(store, stack, thread, func, place);
    if (frame === undefined) return;
    if (frame.base) this.segments.pop();
    this.#pushSegment(func, true, enteredAt).exit = Exit.HELPER;
    store.frameMoved(func, "jit", hot.loop, hot);
  }

  /**
   * Takes frames of the topmost segment, parked by a call or at a safepoint, back to the interpreter, if any is not to run as machine code any more; false if there is none.
   */
  #takeBack(segment: Segment | undefined): boolean {
    const { store } = this, { demotions } = store;
    if (segment?.exit === undefined || segment.exit === Exit.HELPER || segment.exit === Exit.TRAP) return false;
    const all = store.policy?.takesBack() ?? false;
    if (!all && segment.demotions === demotions) return false;
    const thread = this.#thread ??= store.activations.takeThread();
    const { sp, fp, resumeIp } = this.#parkedRegisters();
    const taken = takeBack(store, this.#stack!, thread, { exit: segment.exit, sp, fp, resumeIp }, all);
    if (taken === "later") return false;
    segment.demotions = demotions;
    if (taken === undefined) return false;
    if (taken === "exhausted") this.#trap(TrapCode.CALL_STACK_EXHAUSTED);
    if (taken.rest) segment.exit = Exit.CALL;
    else {
      this.segments.pop();
      writeAddress(this.#stack!.i32, SP, segment.enteredAt);
    }
    this.#pushSegment(taken.func, false, 0);
    return true;
  }

  // Functions of JavaScript

  #startJs(func: WasmFunc, { words, at }: SlotRange): void {
    const copy = words.slice(2 * at, 2 * (at + func.paramSlots));
    this.#pushSegment(func, false, 0, { words: copy, at: 0, loop: -1, runs: false });
  }

  // What such functions see of this activation (js_tier.ts, JsCaller).

  get stackTop(): number {
    return this.#thread!.sp;
  }
  set stackTop(slot: number) {
    this.#thread!.sp = slot;
  }
  serves(): boolean {
    return this.#serveSafepoint();
  }
  suspends(callee: WasmFunc, words: Int32Array, at: number): Promise<unknown> | undefined {
    if (this.kind !== "promising") return undefined;
    if (!this.#hasRoomToPark) return NO_ROOM;
    this.host = callee;
    return Promise.resolve(askHost(this.store, callee, { words, at }));
  }

  #runJs(segment: Segment): SlotRange | undefined {
    const { func } = segment, { words, at, loop } = segment.js!, js = this.store.js!;
    this.#thread ??= this.store.activations.takeThread();
    segment.js!.runs = true;
    const outcome = loop < 0 ? js.run(this, func, words, at) : js.enterLoop(this, func, loop, words, at);
    this.segments.pop();
    switch (outcome.what) {
      case "done":
        return this.#give(func.resultSlots, { words: this.#thread!.i32, at: outcome.at });
      case "refused":
        this.#startInterp(func, { words, at: at >> 1 });
        return undefined;
      case "tail":
        return this.#startInstead(outcome.callee, outcome.words);
      case "left":
        return this.#goOnLeft(outcome);
      case "exception":
        if (this.#catch(outcome.exception)) return undefined;
        if (outcome.thrown !== undefined) throw outcome.thrown.error;
        throw this.store.exceptions.leave(outcome.exception, () => {
          const below = this.store.activations.trace(false), frames = outcome.frames();
          return () => [...frames.map((make) => make()), ...below()];
        });
      case "trap": {
        const below = this.store.activations.trace(false), { frames } = outcome;
        throw new Trap(outcome.code, () => [...frames.map((make) => make()), ...below()], trapDetail(outcome.code));
      }
    }
  }

  /** Starts what a tail call of JavaScript leads to. */
  #startInstead(callee: WasmFunc, words: Int32Array): SlotRange | undefined {
    if (callee.mode !== Mode.HOST) {
      this.#start(callee, { words, at: 0 });
      return undefined;
    }
    const args = { words: new Int32Array(2 * Math.max(callee.paramSlots, callee.resultSlots)), at: 0 };
    args.words.set(words);
    return this.#callHost(callee, args) ? this.#give(callee.resultSlots, args) : undefined;
  }

  /** Makes the frames that JavaScript left frames of the interpreter; what they wait for comes next. */
  #goOnLeft({ frames, words, awaits }: JsOutcome & { what: "left" }): SlotRange | undefined {
    const thread = this.#thread!, { level } = thread;
    for (let i = frames.length - 1; i >= 0; i--) {
      const { func, source, height, owes, at } = frames[i];
      const slot = thread.push({ func, source, height, owes }, i === frames.length - 1);
      if (slot < 0) {
        thread.drop(level);
        this.#trap(TrapCode.CALL_STACK_EXHAUSTED);
      }
      copySlots(words, at >> 1, thread.i32, slot, height);
      this.store.frameMoved(func, "interp", source, undefined, "js");
    }
    if (frames.length > 0) this.#pushSegment(frames[frames.length - 1].func, false, 0);
    switch (awaits.what) {
      case "results":
        return this.#give(awaits.slots, { words: awaits.words, at: 0 });
      case "call":
        this.#start(awaits.callee, { words: awaits.words, at: 0 });
        break;
      case "promise":
        if (awaits.promise === NO_ROOM) this.#checkRoomToPark();
        this.pause = { reason: "promise", callee: awaits.callee, promise: awaits.promise };
    }
    return undefined;
  }

  /** Shadow frames of JavaScript are no operands of the frame that called: there the thread ends, for the time. */
  #scanBelowJs(visit: Parameters<InterpThread["scan"]>[0]): void {
    const thread = this.#thread!, { sp } = thread;
    thread.sp = this.store.js!.baseOf(this) >> 1;
    thread.scan(visit);
    thread.sp = sp;
  }

  #scanJs(js: NonNullable<Segment["js"]>, guess: (word: number) => void): void {
    if (!js.runs) return js.words.forEach(guess);
    const tier = this.store.js!, { i32 } = this.#thread!;
    for (let at = tier.baseOf(this), end = tier.topOf(this); at < end; at++) guess(i32[at]);
  }

  #runNative(segment: Segment): SlotRange | undefined {
    const { pointer, i32 } = this.#stack!;
    const native = this.#native!;
    const { store } = this, { interrupt, meter } = store;
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
        status = this.#callHosts(segment, native, pointer, i32);
        if (status === SERVED) return undefined;
      }
      if (!isParked(status)) return this.#leave(segment, status);
      const atPlace = status === Exit.SAFEPOINT && !meter?.exhausted;
      if (!this.#serve(segment, status)) return undefined;
      // A helper may have told somebody of a watched access, who changed the tiers.
      leaves = !atPlace && (always || segment.demotions !== store.demotions);
    }
  }

  /**
   * Calls host functions, of which machine code often calls one after the other, until it leaves for something else; gives that exit, which is to be served.
   * SERVED if another segment is to run now. For code that is neither metered nor to leave at its next safepoint.
   */
  #callHosts(segment: Segment, native: Native, pointer: NativePointer, i32: Int32Array): number {
    const { store } = this, args = { words: i32, at: ARGS_SLOT };
    segment.exit = Exit.CALL;
    for (;;) {
      const callee = store.func(i32[STACK.callee >> 2]);
      if (callee.mode !== Mode.HOST || callee.suspending || segment.demotions !== store.demotions) return Exit.CALL;
      this.host = callee;
      try {
        callHost(store, callee, args);
      } catch (error) {
        this.#enterHostError(error);
        return SERVED;
      }
      if (segment.demotions !== store.demotions) {
        if (this.#takeBack(segment)) {
          this.#give(callee.resultSlots, args);
          return SERVED;
        }
        Atomics.or(store.interrupt, 0, InterruptBit.ATTENTION);
      }
      const status = native.resume(pointer);
      if (status !== Exit.CALL) return status;
    }
  }

  /** Serves an exit of machine code; false if another segment is to run now. */
  #serve(segment: Segment, status: ParkedExit): boolean {
    const { i32 } = this.#stack!;
    segment.exit = status;
    if (status === Exit.SAFEPOINT) {
      // Fuel is taken before the place where frames can change the tier.
      const atPlace = !this.store.meter?.exhausted;
      return this.#serveSafepoint() && !(atPlace && this.#takeBack(segment));
    }
    if (status === Exit.HELPER) {
      const thrown = runHelper(this.store, i32, (code) => this.#trap(code));
      if (thrown === undefined) return true;
      this.#throw(thrown);
      return false;
    }
    const callee = this.store.func(i32[STACK.callee >> 2]);
    const args = { words: i32, at: ARGS_SLOT };
    if (callee.mode === Mode.HOST) {
      if (!this.#callHost(callee, args)) return false;
      if (!this.#takeBack(segment)) return true;
      this.#give(callee.resultSlots, args);
      return false;
    }
    if (this.#isTailCall()) {
      this.segments.pop();
      writeAddress(i32, SP, segment.enteredAt);
    }
    this.#start(callee, args);
    return false;
  }

  /** At a safepoint of the topmost segment. Whether that is to go on at once. */
  #serveSafepoint(): boolean {
    const { interrupt, meter } = this.store;
    const passing = InterruptBit.ATTENTION | InterruptBit.DEADLINE;
    const bits = Atomics.and(interrupt, 0, ~InterruptBit.ATTENTION);
    const exhausted = meter?.claim() ?? false;
    if (bits & InterruptBit.ATTENTION) this.store.atSafepoint?.(this);
    if (bits & ~passing) return this.#stop("interrupt");
    // The bit stays then, since what is called next under the same deadline is to end, too.
    if (deadlinePassed()) return this.#stop("deadline");
    if (bits & InterruptBit.DEADLINE) {
      Atomics.and(interrupt, 0, ~InterruptBit.DEADLINE);
      setAlarm();
    }
    return !exhausted || this.#stop("fuel");
  }

  #stop(reason: keyof typeof STOPS): false {
    const waits = this.kind === "sliced" || (this.kind === "debugged" && reason === "interrupt");
    if (!waits) this.#trap(STOPS[reason]);
    this.pause = { reason };
    return false;
  }

  /** Whether nothing but the entry thunk waits for the parked call: a function that it entered made a tail call. The frame pointer before it is 0. */
  #isTailCall(): boolean {
    return this.#stack!.readAddress(readAddress(this.#stack!.i32, FP)) === 0;
  }

  /** Machine code returned for good: its results, or its trap. */
  #leave(segment: Segment, status: number): SlotRange | undefined {
    if (status === Exit.DONE) {
      return this.#finish(segment.func.resultSlots, { words: this.#stack!.i32, at: ARGS_SLOT });
    }
    if (status !== Exit.TRAP) throw new BugError(`machine code gave status ${status}`);
    const trap = this.#nativeTrap(segment);
    if (trap !== undefined) throw trap;
    return undefined;
  }

  /** Serves the exit TRAP of the topmost segment, which goes on if it was a fault that is none of the program's; gives the trap that it is otherwise. */
  #nativeTrap(segment: Segment): Trap | undefined {
    const served = serveFault(this.store, this.#native!, this.#stack!, () => segment.exit = Exit.TRAP);
    if (served === OK) return undefined;
    const code = served ?? this.store.native!.trapOf(this.#stack!);
    this.#tellTrapped(code, true);
    return new Trap(code, this.store.activations.trace(true), trapDetail(code));
  }

  /** The topmost segment is done: its results go to the segment below, or to JavaScript. */
  #finish(resultSlots: number, results: SlotRange): SlotRange | undefined {
    this.segments.pop();
    return this.#give(resultSlots, results);
  }

  /** Gives results to the topmost segment, or to JavaScript. */
  #give(resultSlots: number, results: SlotRange): SlotRange | undefined {
    const below = this.segments[this.segments.length - 1];
    if (below === undefined) return results;
    if (below.native) {
      const { i32 } = this.#stack!;
      if (results.words !== i32) copySlots(results.words, results.at, i32, ARGS_SLOT, resultSlots);
      this.#restore(below);
      if (this.#takeBack(below)) return this.#give(resultSlots, { words: i32, at: ARGS_SLOT });
    } else {
      const thread = this.#thread!;
      if (!thread.reserve(resultSlots)) this.#trap(TrapCode.CALL_STACK_EXHAUSTED);
      if (results.words !== thread.i32) copySlots(results.words, results.at, thread.i32, thread.sp, resultSlots);
      thread.sp += resultSlots;
    }
    return undefined;
  }

  // Exceptions

  /** An exception was thrown by Wasm. Throws to JavaScript what stands for it if no frame catches it. */
  #throw(exception: WasmException): void {
    if (!this.#catch(exception)) {
      throw this.store.exceptions.leave(exception, () => this.store.activations.trace(false));
    }
  }

  /**
   * Looks for a frame that catches; if there is one, everything above it is dropped, and its segment is to run now.
   */
  #catch(exception: WasmException): boolean {
    this.store.exceptions.thrown(exception);
    return this.#findCatcher(exception);
  }
  #findCatcher(exception: WasmException): boolean {
    const thread = this.#thread;
    let level = thread?.level ?? 0;
    for (let i = this.segments.length - 1; i >= 0; i--) {
      const segment = this.segments[i];
      if (segment.js !== undefined) continue;
      if (segment.native) {
        if (i + 1 < this.segments.length && segment.demotions !== this.store.demotions) {
          // What catches may be a frame that is to be interpreted by now, as after a return.
          if (!this.#catchesNative(segment, exception, false)) continue;
          this.segments.splice(i + 1);
          if (thread !== undefined && thread.level > level) thread.drop(level);
          this.#restore(segment);
          if (this.#takeBack(segment)) return this.#findCatcher(exception);
        }
        if (!this.#catchesNative(segment, exception)) continue;
        if (i + 1 < this.segments.length) this.segments.splice(i + 1);
        if (thread !== undefined && thread.level > level) thread.drop(level);
        return true;
      }
      if (!thread!.catches(exception, level--)) continue;
      for (const dropped of this.segments.splice(i + 1).reverse()) {
        if (dropped.native) writeAddress(this.#stack!.i32, SP, dropped.enteredAt);
      }
      return true;
    }
    return false;
  }

  /** Looks for a frame of machine code that catches; if there is one, and `enters`, what is parked becomes that frame at its landing pad. */
  #catchesNative(segment: Segment, exception: WasmException, enters = true): boolean {
    const { exit, saved } = segment, stack = this.#stack!, { i32 } = stack;
    if (exit === undefined || exit === Exit.TRAP) return false;
    const native = this.store.native!;
    let fp = saved === undefined ? readAddress(i32, FP) : saved.fp;
    // A call's exit thunk has parked below its return address.
    let pc = saved === undefined
      ? readAddress(i32, exit === Exit.HELPER ? IP : SP)
      : saved[exit === Exit.HELPER ? "resumeIp" : "sp"];
    if (exit !== Exit.HELPER) pc = stack.readAddress(pc);
    while (fp !== 0) {
      const site = native.siteOf(pc);
      if (site === undefined) return false;
      if (site.handler !== -1 && this.#enterHandler(segment, site, fp, exception, enters)) return true;
      pc = stack.readAddress(fp + 8);
      fp = stack.readAddress(fp);
    }
    return false;
  }

  /** Parks a frame of machine code at the landing pad of the handler that catches, if it `enters`; false if the function has none that does there. */
  #enterHandler(segment: Segment, site: CallSite, fp: number, exception: WasmException, enters: boolean): boolean {
    const stack = this.#stack!, { i32 } = stack;
    const instance = this.store.instanceAt(stack.readAddress(fp + FRAME_VMCTX))!;
    const { handlers } = instance.valid.bodies[site.index - instance.module.importedFuncs];
    const inner = site.handler ??= handlers.findLastIndex((h) => h.start <= site.wasmOffset && site.wasmOffset < h.end);
    const clause = clauseFrom(handlers, inner, instance.tags, exception);
    if (clause === undefined) return false;
    if (!enters) return true;
    const { landingPads: pads, frameSize, name } = site.code;
    let pad = 0;
    while (pad < pads.length && pads[pad] !== clause.entry) pad += 2;
    if (pad === pads.length) throw new BugError(`${name} has no landing pad for entry ${clause.entry}`);
    const words = clause.tag >= 0 ? exception.copyPayload(i32, 2 * ARGS_SLOT) : 0;
    if (clause.kind === CatchKind.CATCH_REF || clause.kind === CatchKind.CATCH_ALL_REF || clause.slot >= 0) {
      i32[2 * ARGS_SLOT + words] = this.store.exceptions.toRef(exception);
      i32[2 * ARGS_SLOT + words + 1] = 0;
    }
    writeAddress(i32, SP, fp - frameSize);
    writeAddress(i32, FP, fp);
    writeAddress(i32, IP, site.start + pads[pad + 1]);
    segment.exit = Exit.HELPER;
    segment.saved = undefined;
    return true;
  }

  // Traps

  #trap(code: TrapCode): never {
    this.#tellTrapped(code, false);
    throw new Trap(code, this.store.activations.trace(false), trapDetail(code));
  }

  /** Tells those who count where the topmost frame trapped. */
  #tellTrapped(code: TrapCode, byFault: boolean): void {
    const { trapped } = this.store, segment = this.segments[this.segments.length - 1];
    if (trapped === undefined || segment === undefined) return;
    if (!segment.native) {
      const frame = this.topFrame();
      if (frame !== undefined) trapped(code, this.#thread!.running, frame.offset);
      return;
    }
    if (!byFault && segment.exit === undefined) return;
    const native = this.store.native!, stack = this.#stack!, { exit } = segment;
    const found = byFault || exit === Exit.TRAP
      ? native.framesAtTrap(stack)
      : native.framesAt(stack, { exit: exit!, ...(segment.saved ?? this.#parkedRegisters()) });
    for (const { index, wasmOffset, fp } of found) {
      const instance = this.store.instanceAt(stack.readAddress(fp + FRAME_VMCTX));
      if (instance !== undefined) trapped(code, instance.funcs[index], wasmOffset);
      return;
    }
  }

  /** Its Wasm frames, innermost first. */
  frames(): WasmFrame[] {
    this.store.js?.notePositions();
    const trace: (() => WasmFrame)[] = [];
    this.trace(trace, false);
    return trace.map((make) => make());
  }

  /** The frames of one that is parked by a debugger, innermost first, with what is in them. */
  waitingFrames(): WaitingFrame[] {
    const frames: WaitingFrame[] = [];
    const failed = this.pause?.reason === "stop" && this.pause.failure !== undefined;
    let level = this.#thread?.level ?? 0;
    for (let i = this.segments.length - 1; i >= 0; i--) {
      const segment = this.segments[i];
      if (segment.js !== undefined) continue;
      if (!segment.native) {
        for (const view of this.#thread!.views(level--)) frames.push({ ...view, writable: true });
        continue;
      }
      const stack = this.#stack!, { exit } = segment;
      if (exit === undefined || exit === Exit.TRAP || exit === Exit.HELPER) {
        if (exit === undefined && !failed) continue;
        const found = this.store.native!.framesAtTrap(stack);
        frames.push(...lookAt(this.store, stack, found, false));
      } else {
        frames.push(...lookAt(this.store, stack, this.#nativeFrames(segment), true));
      }
    }
    return frames;
  }

  /** How many frames it has. */
  get depth(): number {
    let depth = this.#thread?.depth ?? 0;
    for (const segment of this.segments) {
      if (segment.native) { for (const _ of this.#nativeFrames(segment)) depth++; }
    }
    return depth;
  }
  /** The function of machine code that waits for the topmost segment; undefined if it is the interpreter that does, or JavaScript. */
  get waitsBelow(): WasmFunc | undefined {
    const segment = this.segments.at(-2);
    const [frame] = segment?.native ? this.#nativeFrames(segment) : [];
    return frame && this.store.instanceAt(this.#stack!.readAddress(frame.fp + FRAME_VMCTX))?.funcs[frame.index];
  }
  #nativeFrames({ exit, saved }: Segment): Iterable<NativeLocation> {
    if (exit === undefined || exit === Exit.TRAP) return [];
    return this.store.native!.framesAt(this.#stack!, { exit, ...(saved ?? this.#parkedRegisters()) });
  }

  /** The innermost of them. */
  topFrame(): WasmFrame | undefined {
    const segment = this.segments[this.segments.length - 1];
    if (segment === undefined) return undefined;
    if (segment.js !== undefined) return this.frames()[0];
    if (!segment.native) return this.#thread!.trace(this.#thread!.level, 1)[0]?.();
    const trace: (() => WasmFrame)[] = [];
    this.#traceNative(segment, false, trace, 1);
    return trace[0]?.();
  }

  /** Takes note of this activation's frames, innermost first, behind what is in `trace` already. */
  trace(trace: (() => WasmFrame)[], trapped: boolean): void {
    let level = this.#thread?.level ?? 0;
    for (let i = this.segments.length - 1; i >= 0 && trace.length < MAX_FRAMES; i--) {
      const segment = this.segments[i];
      if (segment.native) this.#traceNative(segment, trapped && i === this.segments.length - 1, trace);
      else if (segment.js !== undefined) {
        if (segment.js.runs) trace.push(...this.store.js!.frames(this));
      } else for (const make of this.#thread!.trace(level--, MAX_FRAMES - trace.length)) trace.push(make);
    }
  }

  #traceNative(segment: Segment, trapped: boolean, trace: (() => WasmFrame)[], limit = MAX_FRAMES): void {
    const native = this.store.native!, stack = this.#stack!;
    if (!trapped && segment.exit === undefined) return;
    const { exit } = segment;
    const found = trapped || exit === Exit.TRAP
      ? native.framesAtTrap(stack)
      : native.framesAt(stack, { exit: exit!, ...(segment.saved ?? this.#parkedRegisters()) });
    for (const { index, wasmOffset: offset, tier, fp } of found) {
      if (trace.length >= limit) return;
      const module = this.store.instanceAt(stack.readAddress(fp + FRAME_VMCTX))?.module;
      trace.push(() => {
        const name = module === undefined ? `func[${index}]` : functionName(module, index);
        return { name, index, offset, tier };
      });
    }
  }
}

function isParked(status: number): status is ParkedExit {
  return status !== Exit.DONE && status !== Exit.TRAP;
}

function copySlots(from: Int32Array, at: number, to: Int32Array, toAt: number, slots: number): void {
  for (let i = at << 1, k = toAt << 1, end = i + (slots << 1); i < end; i++, k++) to[k] = from[i];
}
