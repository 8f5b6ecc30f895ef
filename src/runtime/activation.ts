// Activations: one call from JavaScript into Wasm is a list of segments, interpreter frames or a range of a native stack. The driver runs the topmost segment until it
// is done or wants something of another kind, so that calls between tiers and host calls never recurse in JavaScript (unless a host function calls back in).
// One that nobody waits for in JavaScript can be parked as a whole, and go on later, while others run.

import { Exit } from "../abi/exits.ts";
import { type Native, readAddress, startNative, writeAddress } from "../abi/native.ts";
import { STACK, STACK_ARG_SLOTS } from "../abi/vmctx.ts";
import { BugError } from "../base/bug.ts";
import { deadlinePassed, setAlarm } from "../platform/deadline.ts";
import { InterruptBit } from "../platform/interrupt.ts";
import type { NativeStack } from "../platform/stacks.ts";
import { CatchKind } from "../validate/side_table.ts";
import { ResourceError, SuspendError, Trap, type WasmFrame } from "../wasm/errors.ts";
import { functionName } from "../wasm/module.ts";
import { TrapCode } from "../wasm/traps.ts";
import { clauseFrom, type WasmException } from "./exception.ts";
import { Mode, type WasmFunc } from "./func.ts";
import { CALL_WORDS, nativeCall } from "./native_call.ts";
import { runHelper } from "./helpers.ts";
import type { WasmInstance } from "./instance.ts";
import type { Meter } from "./meter.ts";
import type { Store } from "./store.ts";
import { type InterpThread, type ParkedExit, RunStatus } from "./tier.ts";
import { readSlot, writeSlot, writeSlots } from "./values.ts";

const IDLE_THREADS = 8;

const NO_PAYLOAD = new Int32Array(0);

/** Slot of a stack block where arguments and results stand. */
const ARGS_SLOT = STACK.args >> 3;

/** A run of frames of one kind. */
interface Segment {
  readonly func: WasmFunc;
  readonly native: boolean;
  /** Machine code: why it is parked; it is then to be resumed, not entered. */
  exit: ParkedExit | undefined;
  /** Machine code: where its stack stood when it was entered. */
  readonly enteredAt: number;
  /** Machine code: its parked registers, while another segment runs on the same stack. */
  saved: { readonly sp: number; readonly fp: number; readonly resumeIp: number } | undefined;
}

/** The activations of a store that have not ended, and interpreter stacks for further ones. */
export class Activations {
  /** Outermost first. */
  readonly #running: Activation[] = [];
  readonly #parked = new Set<Activation>();
  readonly #idle: InterpThread[] = [];

  constructor(readonly store: Store, readonly maxNesting: number, readonly maxParked: number) {}

  /** All that have not ended. */
  get all(): readonly Activation[] {
    return [...this.#running, ...this.#parked];
  }
  /** How many are parked. */
  get parked(): number {
    return this.#parked.size;
  }
  /** Whether one that a suspending host function could park is under way. */
  get hasPromising(): boolean {
    return this.#running.some((a) => !a.ended && a.kind === "promising");
  }

  /** Takes the innermost off, which is to go on later. */
  park(activation: Activation): void {
    this.dropEnded();
    if (this.#running[this.#running.length - 1] !== activation) {
      throw new BugError("only the innermost call can be parked");
    }
    this.#running.length--;
    this.#parked.add(activation);
  }
  /** Makes a parked one the innermost. Throws Trap as begin() does; it stays parked then. */
  unpark(activation: Activation): void {
    this.begin(activation);
    this.#parked.delete(activation);
  }
  /** Forgets a parked one for good. */
  forget(activation: Activation): void {
    this.#parked.delete(activation);
  }

  /** Called when an activation starts. Throws Trap when host functions have called back in too often. */
  begin(activation: Activation): void {
    this.dropEnded();
    if (this.#running.length >= this.maxNesting) throw new Trap(TrapCode.CALL_STACK_EXHAUSTED);
    this.#running.push(activation);
  }
  /**
   * Called when one ended, in whatever way. When JavaScript's stack is exhausted, that may throw at any point, or may not even begin:
   * then what is missing is done when the next activation begins or ends.
   */
  dropEnded(): void {
    const running = this.#running;
    while (running.length > 0 && running[running.length - 1].ended) {
      running[running.length - 1].release();
      running.length--;
    }
  }

  takeThread(): InterpThread {
    return this.#idle.pop() ?? this.store.interp.newThread();
  }
  giveBack(thread: InterpThread): void {
    if (this.#idle.length < IDLE_THREADS) this.#idle.push(thread);
  }
}

/** Where results or arguments stand: slots of some memory. */
export interface SlotRange {
  words: Int32Array;
  /** Slot index of the first. */
  at: number;
}

/** What a call gives that was parked instead of ending. */
export const PARKED: SlotRange = { words: NO_PAYLOAD, at: -1 };

/** Why an activation is parked. */
export type Pause =
  /** It has not begun. */
  | { readonly reason: "start" }
  /** At a safepoint. */
  | { readonly reason: "interrupt" | "deadline" | "fuel" }
  /** In a call of a suspending host function. */
  | { readonly reason: "promise"; readonly callee: WasmFunc; readonly promise: Promise<unknown> };

/** What may park it: nothing; a suspending host function; what otherwise would be a trap at a safepoint. */
export type ActivationKind = "plain" | "promising" | "sliced";

const STOPS = {
  interrupt: TrapCode.INTERRUPTED,
  deadline: TrapCode.DEADLINE_EXCEEDED,
  fuel: TrapCode.FUEL_EXHAUSTED,
} as const;

const SP = STACK.sp, FP = STACK.fp, IP = STACK.resumeIp;

/** One call from JavaScript into Wasm, with all that it has on stacks. */
export class Activation {
  readonly segments: Segment[] = [];
  /** It returned or threw, and may only be waiting for its release. */
  ended = false;
  /** Why it is parked. */
  pause: Pause | undefined;
  #stack: NativeStack | undefined;
  #thread: InterpThread | undefined;
  #native: Native | undefined;

  constructor(readonly store: Store, readonly kind: ActivationKind = "plain") {}

  /**
   * Calls `func` with the arguments in `args`; gives where its results stand, valid until the next call in this store.
   * PARKED, if its kind allows for that, when it is to go on later. Throws Trap, or what a host function threw.
   */
  call(func: WasmFunc, args: SlotRange): SlotRange {
    this.store.activations.begin(this);
    return this.#run(() => {
      this.#start(func, args);
      return this.#drive();
    });
  }

  /** As call(), but parks it before it runs. */
  prepare(func: WasmFunc, args: SlotRange): void {
    this.store.activations.begin(this);
    this.#run(() => {
      this.#start(func, args);
      this.pause = { reason: "start" };
      return PARKED;
    });
  }

  /** Goes on with what is parked and waits for no result. Gives and throws as call() does; stays parked if it throws since calls are nested too deeply. */
  goOn(): SlotRange {
    return this.#resume(() => this.#drive());
  }

  /** Likewise with what the suspending host function gives that it waits for. */
  goOnWith(value: unknown): SlotRange {
    const { callee } = this.pause as Pause & { reason: "promise" };
    return this.#resume(() => {
      const words = callee.resultSlots === 0 ? NO_PAYLOAD : new Int32Array(callee.resultSlots * 2);
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
    this.store.activations.unpark(this);
    this.pause = undefined;
    return this.#run(() => {
      if (this.#thread?.unpark() === false) this.#trap(TrapCode.CALL_STACK_EXHAUSTED);
      return proceed();
    });
  }

  /** Runs what is on top of the nest, until it ends or is parked. */
  #run(proceed: () => SlotRange): SlotRange {
    let parked = false;
    try {
      const results = proceed();
      if (results === PARKED) {
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
    const segment: Segment = { func, native: true, exit: undefined, enteredAt: stack.top, saved: undefined };
    this.segments.push(segment);
    try {
      this.store.activations.begin(this);
    } catch (error) {
      this.release();
      throw error;
    }
    try {
      if (!isParked(status)) return this.#leave(segment, status)!;
      this.#serve(segment, status);
      return this.#drive();
    } finally {
      this.ended = true;
      this.store.activations.dropEnded();
    }
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
   * For the collector: the references on this activation's stacks, words of machine code's that may be some, and the functions and instances that run.
   */
  scan(
    visit: (ref: number, isFunc: boolean) => void,
    guess: (word: number) => void,
    use: (func: WasmFunc) => void,
    useInstance: (instance: WasmInstance) => void,
  ): void {
    for (const segment of this.segments) use(segment.func);
    if (this.#thread !== undefined) {
      this.#thread.scan(visit);
      for (const func of this.#thread.functions()) use(func);
    }
    if (this.#stack === undefined) return;
    const { i32 } = this.#stack;
    const top = this.segments[this.segments.length - 1];
    if (top?.exit === Exit.SAFEPOINT) {
      for (let at = STACK.savedInts >> 2; at < STACK.savedVectors >> 2; at += 2) guess(i32[at]);
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

  /** Whether it has something on a native stack. */
  get hasNative(): boolean {
    return this.#stack !== undefined;
  }

  // Starting functions

  #start(func: WasmFunc, args: SlotRange): void {
    if (func.mode === Mode.NATIVE) this.#startNative(func, args);
    else if (func.mode === Mode.INTERP) this.#startInterp(func, args);
    else throw new BugError("host functions are called, not started");
  }

  #startInterp(func: WasmFunc, args: SlotRange): void {
    const thread = this.#thread ??= this.store.activations.takeThread();
    const n = func.paramSlots;
    if (!thread.reserve(n)) this.#trap(TrapCode.CALL_STACK_EXHAUSTED);
    copySlots(args.words, args.at, thread.i32, thread.sp, n);
    thread.sp += n;
    if (!thread.enter(func)) this.#trap(TrapCode.CALL_STACK_EXHAUSTED);
    this.segments.push({ func, native: false, exit: undefined, enteredAt: 0, saved: undefined });
  }

  #startNative(func: WasmFunc, args: SlotRange): void {
    const { store } = this;
    store.compile(func);
    this.#native ??= startNative();
    if (this.#stack === undefined) {
      this.#stack = this.#native.stacks.take();
    } else {
      const below = this.segments.findLast((s) => s.native);
      if (below !== undefined) below.saved ??= this.#parkedRegisters();
    }
    const { i32 } = this.#stack;
    const n = func.paramSlots;
    if (n > STACK_ARG_SLOTS) throw new BugError("more parameters than a stack block holds");
    copySlots(args.words, args.at, i32, ARGS_SLOT, n);
    i32.set(func.nativeCall ??= nativeCall(store, func), CALL_WORDS);
    this.#pushNative(func);
  }

  #pushNative(func: WasmFunc): void {
    const enteredAt = readAddress(this.#stack!.i32, SP);
    this.segments.push({ func, native: true, exit: undefined, enteredAt, saved: undefined });
  }

  #parkedRegisters() {
    const { i32 } = this.#stack!;
    return { sp: readAddress(i32, SP), fp: readAddress(i32, FP), resumeIp: readAddress(i32, IP) };
  }

  // The loop

  #drive(): SlotRange {
    for (;;) {
      if (this.pause !== undefined) return PARKED;
      const segment = this.segments[this.segments.length - 1];
      const done = segment.native ? this.#runNative(segment) : this.#runInterp(segment);
      if (done !== undefined) return done;
    }
  }

  #runInterp(segment: Segment): SlotRange | undefined {
    const thread = this.#thread!;
    const status = thread.run();
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
    try {
      if (waits) {
        this.pause = { reason: "promise", callee, promise: Promise.resolve(askHost(this.store, callee, args)) };
        return false;
      }
      callHost(this.store, callee, args);
      return true;
    } catch (error) {
      this.#enterHostError(error);
      return false;
    }
  }

  /** Wasm cannot catch this: it would go on at the limit. */
  #checkRoomToPark(): void {
    const { parked, maxParked } = this.store.activations;
    if (parked >= maxParked) throw new ResourceError(`more than ${maxParked} calls wait for promises`);
  }

  /** What a host function threw becomes an exception of Wasm. Throws it again if no frame catches it. */
  #enterHostError(error: unknown): void {
    const exception = this.store.exceptions.enter(error);
    if (exception === undefined || !this.#catch(exception)) throw error;
  }

  #runNative(segment: Segment): SlotRange | undefined {
    const { pointer } = this.#stack!;
    const native = this.#native!;
    if (this.store.meter !== undefined) return this.#runMetered(segment, native, this.store.meter);
    let status = segment.exit !== undefined ? native.resume(pointer) : native.enter(pointer);
    while (isParked(status)) {
      if (!this.#serve(segment, status)) return undefined;
      status = native.resume(pointer);
    }
    return this.#leave(segment, status);
  }

  #runMetered(segment: Segment, native: Native, meter: Meter): SlotRange | undefined {
    const { pointer, i32 } = this.#stack!;
    for (;;) {
      meter.load(i32);
      const status = segment.exit !== undefined ? native.resume(pointer) : native.enter(pointer);
      meter.unload(i32);
      if (!isParked(status)) return this.#leave(segment, status);
      if (!this.#serve(segment, status)) return undefined;
    }
  }

  /** Serves an exit of machine code; false if another segment is to run now. */
  #serve(segment: Segment, status: ParkedExit): boolean {
    const { i32 } = this.#stack!;
    segment.exit = status;
    if (status === Exit.SAFEPOINT) return this.#serveSafepoint();
    if (status === Exit.HELPER) {
      const thrown = runHelper(this.store, i32, (code) => this.#trap(code));
      if (thrown === undefined) return true;
      this.#throw(thrown);
      return false;
    }
    const callee = this.store.func(i32[STACK.callee >> 2]);
    const args = { words: i32, at: ARGS_SLOT };
    if (callee.mode === Mode.HOST) return this.#callHost(callee, args);
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
    if (this.kind !== "sliced") this.#trap(STOPS[reason]);
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
    const code = this.store.native!.trapOf(this.#stack!);
    throw new Trap(code, this.#frames(true));
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
      if (below.saved !== undefined) {
        writeAddress(i32, SP, below.saved.sp);
        writeAddress(i32, FP, below.saved.fp);
        writeAddress(i32, IP, below.saved.resumeIp);
        below.saved = undefined;
      }
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
    if (!this.#catch(exception)) throw this.store.exceptions.leave(exception, this.frames());
  }

  /**
   * Looks for a frame that catches; if there is one, everything above it is dropped, and its segment is to run now.
   */
  #catch(exception: WasmException): boolean {
    const thread = this.#thread;
    let level = thread?.level ?? 0;
    for (let i = this.segments.length - 1; i >= 0; i--) {
      const segment = this.segments[i];
      if (segment.native) {
        if (!this.#catchesNative(segment, exception)) continue;
        this.segments.splice(i + 1);
        thread?.drop(level);
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

  /** Looks for a frame of machine code that catches; if there is one, what is parked becomes that frame at its landing pad. */
  #catchesNative(segment: Segment, exception: WasmException): boolean {
    const { exit } = segment, stack = this.#stack!, { i32 } = stack;
    if (exit === undefined) return false;
    const parked = { exit, ...(segment.saved ?? this.#parkedRegisters()) };
    for (const at of this.store.native!.framesAt(stack, parked)) {
      if (at.code.landingPads.length === 0) continue;
      const instance = this.store.instanceAt(stack.readAddress(at.fp - 8))!;
      const { handlers } = instance.valid.bodies[at.index - instance.module.importedFuncs];
      const inner = handlers.findLastIndex((h) => h.start <= at.wasmOffset && at.wasmOffset < h.end);
      const clause = clauseFrom(handlers, inner, instance.tags, exception);
      if (clause === undefined) continue;
      const { landingPads: pads, frameSize } = at.code;
      let pad = 0;
      while (pad < pads.length && pads[pad] !== clause.entry) pad += 2;
      if (pad === pads.length) throw new BugError(`${at.code.name} has no landing pad for entry ${clause.entry}`);
      const payload = clause.tag >= 0 ? exception.payload : NO_PAYLOAD;
      i32.set(payload, 2 * ARGS_SLOT);
      if (clause.kind === CatchKind.CATCH_REF || clause.kind === CatchKind.CATCH_ALL_REF || clause.slot >= 0) {
        i32[2 * ARGS_SLOT + payload.length] = this.store.handles.toRef(exception);
        i32[2 * ARGS_SLOT + payload.length + 1] = 0;
      }
      writeAddress(i32, SP, at.fp - frameSize);
      writeAddress(i32, FP, at.fp);
      writeAddress(i32, IP, at.start + pads[pad + 1]);
      segment.exit = Exit.HELPER;
      segment.saved = undefined;
      return true;
    }
    return false;
  }

  // Traps

  #trap(code: TrapCode): never {
    throw new Trap(code, this.frames());
  }

  /** The Wasm frames of this activation, innermost first. */
  frames(): WasmFrame[] {
    return this.#frames(false);
  }

  #frames(trapped: boolean): WasmFrame[] {
    const frames: WasmFrame[] = [];
    let level = this.#thread?.level ?? 0;
    for (let i = this.segments.length - 1; i >= 0 && frames.length < MAX_FRAMES; i--) {
      const segment = this.segments[i];
      if (!segment.native) frames.push(...this.#thread!.frames(level--));
      else this.#nativeFrames(segment, trapped && i === this.segments.length - 1, frames);
    }
    return frames;
  }

  #nativeFrames(segment: Segment, trapped: boolean, frames: WasmFrame[]): void {
    const native = this.store.native!, stack = this.#stack!;
    if (!trapped && segment.exit === undefined) return;
    const found = trapped
      ? native.framesAtTrap(stack)
      : native.framesAt(stack, { exit: segment.exit!, ...(segment.saved ?? this.#parkedRegisters()) });
    for (const at of found) {
      if (frames.length >= MAX_FRAMES) return;
      const instance = this.store.instanceAt(stack.readAddress(at.fp - 8));
      const name = instance === undefined ? `func[${at.index}]` : functionName(instance.module, at.index);
      frames.push({ name, index: at.index, offset: at.wasmOffset, tier: at.tier });
    }
  }
}

/** Frames that a stack trace lists at most. */
const MAX_FRAMES = 10_000;

function isParked(status: number): status is ParkedExit {
  return status !== Exit.DONE && status !== Exit.TRAP;
}

function copySlots(from: Int32Array, at: number, to: Int32Array, toAt: number, slots: number): void {
  for (let i = at << 1, k = toAt << 1, end = i + (slots << 1); i < end; i++, k++) to[k] = from[i];
}

/** Calls a host function with the arguments in `args`, and puts its results there. Throws SuspendError for one that suspends. */
export function callHost(store: Store, func: WasmFunc, args: SlotRange): void {
  if (func.suspending) {
    throw new SuspendError(
      store.activations.hasPromising
        ? `${func.name} cannot suspend: JavaScript lies between it and the promising call`
        : `${func.name} cannot suspend: it was not reached by a promising call`,
    );
  }
  writeHostResults(store, func, askHost(store, func, args), args);
}

/** Calls a host function; gives what it gives. */
export function askHost(store: Store, func: WasmFunc, { words, at }: SlotRange): unknown {
  const { params } = func.signature.type;
  if (func.signature.vectors) throw new TypeError(`${func.name} has a v128 in its type, so it cannot be called`);
  const host = func.host!;
  if (params.length === 0) return host();
  if (params.length === 1) return host(readSlot(store, words, at, params[0]));
  if (params.length === 2) {
    return host(readSlot(store, words, at, params[0]), readSlot(store, words, at + 1, params[1]));
  }
  return host(...params.map((t, i) => readSlot(store, words, at + i, t)));
}

/** Puts what a host function gave into slots. Throws TypeError if it does not fit. */
export function writeHostResults(store: Store, func: WasmFunc, value: unknown, { words, at }: SlotRange): void {
  const { results } = func.signature.type;
  if (results.length === 0) return;
  if (results.length === 1) return writeSlot(store, words, at, results[0], value);
  const values = [...value as Iterable<unknown>];
  if (values.length !== results.length) {
    throw new TypeError(`${func.name} gave ${values.length} results instead of ${results.length}`);
  }
  writeSlots(store, words, at, results, values);
}
