// Activations: the life of one call from JavaScript into Wasm. It begins, runs (driver.ts), may be parked as a whole and go on later, while others run, and ends.
// Holds its segments and the stacks that they are on; the frames are shown to others by segment_frames.ts and segment_roots.ts.

import { Exit } from "../abi/exits.ts";
import { type Native, readAddress, startNative, writeAddress } from "../abi/native.ts";
import { ensureStack } from "../base/js_stack.ts";
import type { NativeStack } from "../platform/stacks.ts";
import type { Trap, WasmFrame } from "../wasm/errors.ts";
import { TrapCode } from "../wasm/traps.ts";
import { enterHostError } from "./catching.ts";
import type { WaitingFrame } from "./debugging.ts";
import { drive, give, goOnAfterJs, isParked, leave, nativeTrap, serve, start } from "./driver.ts";
import type { WasmFunc } from "./func.ts";
import { type SlotRange, writeHostResults } from "./host_call.ts";
import type { WasmInstance } from "./instance.ts";
import { callerOf } from "./js_caller.ts";
import type { JsCaller, JsEntry } from "./js_tier.ts";
import {
  type ActivationImage,
  type ActivationKind,
  FP,
  IP,
  NO_WORDS,
  PARKED,
  type Pause,
  type Segment,
  SP,
  type Trace,
} from "./segment.ts";
import { depthOf, topFrame, traceSegments, trap, waitingFrames, waitsBelow } from "./segment_frames.ts";
import { scanSegments } from "./segment_roots.ts";
import type { Store } from "./store.ts";
import type { InterpThread } from "./tier.ts";
import { takeBackTop } from "./tier_changes.ts";

/** One call from JavaScript into Wasm, with all that it has on stacks. */
export class Activation {
  readonly segments: Segment[] = [];
  /** It returned or threw, and may only be waiting for its release. */
  ended = false;
  /** Why it is parked. */
  pause: Pause | undefined = undefined;
  /** The host function that it called last; that runs now, if an activation above was started by it. */
  host: WasmFunc | undefined = undefined;
  /** Its native stack, and what runs there; made when machine code is first to run. */
  stack: NativeStack | undefined = undefined;
  native: Native | undefined = undefined;
  /** Its frames in the interpreter. */
  thread: InterpThread | undefined = undefined;
  /** How functions of JavaScript see it, once they run in it: callerOf() makes it. */
  jsCaller: JsCaller | undefined = undefined;

  constructor(readonly store: Store, readonly kind: ActivationKind = "plain") {}

  /**
   * Calls `func` with the arguments in `args`; gives where its results stand, valid until the next call in this store.
   * PARKED, if its kind allows for that, when it is to go on later. Throws Trap, or what a host function threw.
   */
  call(func: WasmFunc, args: SlotRange): SlotRange {
    return this.#run(() => {
      this.store.activations.begin(this);
      start(this, func, args);
      return drive(this);
    });
  }

  /** Calls a function of tier `js` by its entry, with arguments that fit; undefined if that gave a value to the tier; else as call(). */
  callJs(func: WasmFunc, entry: JsEntry, args: ArrayLike<unknown>): SlotRange | undefined {
    const { store } = this;
    try {
      store.activations.begin(this);
      const segment = this.push(func, false, 0, { words: NO_WORDS, at: 0, loop: -1, runs: true });
      const outcome = store.js!.enter(callerOf(this), func, entry, args);
      return outcome && goOnAfterJs(this, segment, outcome);
    } finally {
      this.ended = true;
      store.activations.dropEnded();
    }
  }

  /** As call(), but parks it before it runs. */
  prepare(func: WasmFunc, args: SlotRange): void {
    this.#run(() => {
      this.store.activations.begin(this);
      start(this, func, args);
      this.pause = { reason: "start" };
      return PARKED;
    });
  }

  /** What it has, to be taken up by `restore()` later; undefined while it has frames of machine code. */
  image(): ActivationImage | undefined {
    if (this.thread === undefined || this.segments.some((s) => s.native || s.js !== undefined)) return undefined;
    return { segments: [...this.segments], thread: this.thread.image(), pause: this.pause };
  }
  /** Takes up what another one of its store had, and is parked there; for one that has not begun. */
  restore({ segments, thread, pause }: ActivationImage): void {
    this.thread = this.store.activations.takeThread();
    this.thread.restore(thread);
    this.segments.push(...segments);
    this.pause = pause ?? { reason: "stop" };
    this.store.activations.add(this);
  }

  /** Goes on with what is parked and waits for no result. Gives and throws as call() does; stays parked if it throws since calls are nested too deeply. */
  goOn(): SlotRange {
    const failure = this.pause?.reason === "stop" ? this.pause.failure : undefined;
    return this.#resume(() => {
      if (failure !== undefined) throw failure.error;
      takeBackTop(this, this.segments[this.segments.length - 1]);
      return drive(this);
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
        enterHostError(this, error);
        return drive(this);
      }
      return give(this, callee.resultSlots, { words, at: 0 }) ?? drive(this);
    });
  }

  /** Likewise when it throws. */
  goOnThrowing(error: unknown): SlotRange {
    return this.#resume(() => {
      enterHostError(this, error);
      return drive(this);
    });
  }

  #resume(proceed: () => SlotRange): SlotRange {
    // What is parked must not be half taken up.
    ensureStack();
    this.store.activations.unpark(this);
    this.pause = undefined;
    return this.#run(() => {
      if (this.thread?.unpark() === false) trap(this, TrapCode.CALL_STACK_EXHAUSTED);
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
        this.thread?.park();
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
    this.native = native;
    this.stack = stack;
    const segment = this.push(func, true, stack.top);
    try {
      this.store.activations.begin(this);
    } catch (error) {
      this.release();
      throw error;
    }
    // Thrown outside of the `try`: throwing once more costs.
    let thrown: Trap | undefined;
    try {
      if (status === Exit.TRAP) thrown = nativeTrap(this, segment);
      else if (isParked(status)) serve(this, segment, status);
      else return leave(this, segment, status)!;
      if (thrown === undefined) return drive(this);
    } finally {
      this.ended = true;
      this.store.activations.dropEnded();
    }
    throw thrown;
  }

  /** Gives back what it runs on; does the rest if that was interrupted. */
  release(): void {
    const thread = this.thread, stack = this.stack;
    if (thread !== undefined) {
      thread.reset();
      this.thread = undefined;
      this.store.activations.giveBack(thread);
    }
    if (stack !== undefined) {
      this.stack = undefined;
      this.native!.stacks.giveBack(stack);
    }
  }

  // Its stacks

  /** Puts a segment on top. */
  push(func: WasmFunc, native: boolean, enteredAt: number, js: Segment["js"] = undefined): Segment {
    const { demotions } = this.store;
    const last = this.segments[this.segments.length - 1], below = last?.native ? last : last?.below;
    const segment: Segment = { func, native, exit: undefined, enteredAt, below, demotions, js, saved: undefined };
    this.segments.push(segment);
    return segment;
  }

  /** The native stack, what is parked on it kept elsewhere. */
  freeStack(): NativeStack {
    this.native ??= startNative();
    if (this.stack === undefined) return this.stack = this.native.stacks.take();
    const last = this.segments[this.segments.length - 1], below = last?.native ? last : last?.below;
    if (below !== undefined) below.saved ??= this.parkedRegisters();
    return this.stack;
  }

  /** Where what is parked on it on top stands, and goes on. */
  parkedRegisters() {
    const { i32 } = this.stack!;
    return { sp: readAddress(i32, SP), fp: readAddress(i32, FP), resumeIp: readAddress(i32, IP) };
  }

  /** Makes what was parked by a segment of machine code the top of the native stack again. */
  restoreRegisters(segment: Segment): void {
    const { i32 } = this.stack!, { saved } = segment;
    if (saved === undefined) return;
    writeAddress(i32, SP, saved.sp);
    writeAddress(i32, FP, saved.fp);
    writeAddress(i32, IP, saved.resumeIp);
    segment.saved = undefined;
  }

  // Its frames

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
    scanSegments(this, visit, guess, use, useInstance);
  }

  /** Its Wasm frames, innermost first. */
  frames(): WasmFrame[] {
    this.store.js?.notePositions();
    const trace: Trace = [];
    traceSegments(this, trace, false);
    return trace.flatMap((make) => make());
  }
  /** The innermost of them. */
  topFrame(): WasmFrame | undefined {
    return topFrame(this);
  }
  /** Takes note of them, innermost first, behind what is in `trace` already. */
  trace(trace: Trace, trapped: boolean): void {
    traceSegments(this, trace, trapped);
  }
  /** The frames of one that is parked by a debugger, innermost first, with what is in them. */
  waitingFrames(): WaitingFrame[] {
    return waitingFrames(this);
  }
  /** How many frames it has. */
  get depth(): number {
    return depthOf(this);
  }
  /** The function of machine code that waits for the topmost segment; undefined if it is the interpreter that does, or JavaScript. */
  get waitsBelow(): WasmFunc | undefined {
    return waitsBelow(this);
  }
}
