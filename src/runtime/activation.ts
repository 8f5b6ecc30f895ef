// Activations: one call from JavaScript into Wasm is a list of segments, interpreter frames or a range of a native stack. The driver runs the topmost segment until it
// is done or wants something of another kind, so that calls between tiers and host calls never recurse in JavaScript (unless a host function calls back in).

import { Exit } from "../abi/exits.ts";
import { type Native, readAddress, startNative, writeAddress } from "../abi/native.ts";
import { STACK, STACK_ARG_SLOTS } from "../abi/vmctx.ts";
import { BugError } from "../base/bug.ts";
import type { NativeStack } from "../platform/stacks.ts";
import { CatchKind } from "../validate/side_table.ts";
import { Trap, type WasmFrame } from "../wasm/errors.ts";
import { functionName } from "../wasm/module.ts";
import { TrapCode } from "../wasm/traps.ts";
import { clauseFrom, type WasmException } from "./exception.ts";
import { savedWords, serveFault } from "./fault.ts";
import { Mode, type WasmFunc } from "./func.ts";
import { OK } from "./outcome.ts";
import { trapDetail } from "./protection.ts";
import { CALL_WORDS, nativeCall } from "./native_call.ts";
import { runHelper } from "./helpers.ts";
import type { WasmInstance } from "./instance.ts";
import type { Store } from "./store.ts";
import { type InterpThread, RunStatus } from "./tier.ts";
import { readSlot, writeSlot, writeSlots } from "./values.ts";

const IDLE_THREADS = 8;

const NO_PAYLOAD = new Int32Array(0);

/** Slot of a stack block where arguments and results stand. */
const ARGS_SLOT = STACK.args >> 3;

/** A run of frames of one kind. */
interface Segment {
  readonly func: WasmFunc;
  readonly native: boolean;
  /** Machine code: why it is parked; it is then to be resumed, not entered. TRAP: at a fault that was served. */
  exit: typeof Exit.CALL | typeof Exit.HELPER | typeof Exit.TRAP | undefined;
  /** Machine code: where its stack stood when it was entered. */
  readonly enteredAt: number;
  /** Machine code: its parked registers, while another segment runs on the same stack. */
  saved: { readonly sp: number; readonly fp: number; readonly resumeIp: number } | undefined;
}

/** The activations of a store that have not ended, outermost first, and interpreter stacks for further ones. */
export class Activations {
  readonly #running: Activation[] = [];
  readonly #idle: InterpThread[] = [];

  constructor(readonly store: Store, readonly maxNesting: number) {}

  /** All that have not ended. */
  get running(): readonly Activation[] {
    return this.#running;
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

const SP = STACK.sp, FP = STACK.fp, IP = STACK.resumeIp;

/** One call from JavaScript into Wasm, with all that it has on stacks. */
export class Activation {
  readonly segments: Segment[] = [];
  /** It returned or threw, and may only be waiting for its release. */
  ended = false;
  #stack: NativeStack | undefined;
  #thread: InterpThread | undefined;
  #native: Native | undefined;

  constructor(readonly store: Store) {}

  /**
   * Calls `func` with the arguments in `args`; gives where its results stand, valid until the next call in this store.
   * Throws Trap, or what a host function threw.
   */
  call(func: WasmFunc, args: SlotRange): SlotRange {
    this.store.activations.begin(this);
    try {
      this.#start(func, args);
      return this.#drive();
    } finally {
      this.ended = true;
      this.store.activations.dropEnded();
    }
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
      if (status === Exit.CALL || status === Exit.HELPER) this.#serve(segment, status);
      else {
        const done = this.#leave(segment, status);
        if (done !== undefined) return done;
      }
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
    if (this.segments.at(-1)?.exit === Exit.TRAP) savedWords(this.#stack).forEach(guess);
    this.#stack.scan(readAddress(this.#stack.i32, SP), (low, high) => {
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
      this.#stack = this.#native.stacks.take(store.stackBytes);
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

  /** Calls a host function; false if it threw and a frame caught that. */
  #callHost(callee: WasmFunc, args: SlotRange): boolean {
    try {
      callHost(this.store, callee, args);
      return true;
    } catch (error) {
      const exception = this.store.exceptions.enter(error);
      if (exception === undefined || !this.#catch(exception)) throw error;
      return false;
    }
  }

  #runNative(segment: Segment): SlotRange | undefined {
    const { pointer } = this.#stack!;
    const native = this.#native!;
    const { exit } = segment;
    let status = exit === undefined
      ? native.enter(pointer)
      : exit === Exit.TRAP
      ? native.proceed(pointer)
      : native.resume(pointer);
    while (status === Exit.CALL || status === Exit.HELPER) {
      if (!this.#serve(segment, status)) return undefined;
      status = native.resume(pointer);
    }
    return this.#leave(segment, status);
  }

  /** Serves an exit of machine code; false if another segment is to run now. */
  #serve(segment: Segment, status: typeof Exit.CALL | typeof Exit.HELPER): boolean {
    const { i32 } = this.#stack!;
    segment.exit = status;
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
    const served = serveFault(this.store, this.#native!, this.#stack!, () => segment.exit = Exit.TRAP);
    if (served === OK) return undefined;
    const code = served ?? this.store.native!.trapOf(this.#stack!);
    throw new Trap(code, this.#frames(true), trapDetail(code));
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
    if (exit === undefined || exit === Exit.TRAP) return false;
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
    throw new Trap(code, this.frames(), trapDetail(code));
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
    const { exit } = segment;
    const found = trapped || exit === Exit.TRAP
      ? native.framesAtTrap(stack)
      : native.framesAt(stack, { exit: exit!, ...(segment.saved ?? this.#parkedRegisters()) });
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

function copySlots(from: Int32Array, at: number, to: Int32Array, toAt: number, slots: number): void {
  for (let i = at << 1, k = toAt << 1, end = i + (slots << 1); i < end; i++, k++) to[k] = from[i];
}

/** Calls a host function with the arguments in `args`, and puts its results there. */
export function callHost(store: Store, func: WasmFunc, args: SlotRange): void {
  const { params, results } = func.signature.type;
  const { words, at } = args;
  if (func.signature.vectors) throw new TypeError(`${func.name} has a v128 in its type, so it cannot be called`);
  const host = func.host!;
  let value: unknown;
  if (params.length === 0) value = host();
  else if (params.length === 1) value = host(readSlot(store, words, at, params[0]));
  else if (params.length === 2) {
    value = host(readSlot(store, words, at, params[0]), readSlot(store, words, at + 1, params[1]));
  } else value = host(...params.map((t, i) => readSlot(store, words, at + i, t)));
  if (results.length === 0) return;
  if (results.length === 1) return writeSlot(store, words, at, results[0], value);
  const values = [...value as Iterable<unknown>];
  if (values.length !== results.length) {
    throw new TypeError(`${func.name} gave ${values.length} results instead of ${results.length}`);
  }
  writeSlots(store, words, at, results, values);
}
