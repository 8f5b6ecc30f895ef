// Activations: one call from JavaScript into Wasm is a list of segments, interpreter frames or a range of a native stack. The driver runs the topmost segment until it
// is done or wants something of another kind, so that calls between tiers and host calls never recurse in JavaScript (unless a host function calls back in).

import { Exit } from "../abi/exits.ts";
import { type Native, readAddress, startNative, writeAddress } from "../abi/native.ts";
import { STACK, STACK_ARG_SLOTS } from "../abi/vmctx.ts";
import { BugError } from "../base/bug.ts";
import type { NativeStack } from "../platform/stacks.ts";
import { Trap, type WasmFrame } from "../wasm/errors.ts";
import { functionName } from "../wasm/module.ts";
import { TrapCode } from "../wasm/traps.ts";
import { Mode, type WasmFunc } from "./func.ts";
import { runHelper } from "./helpers.ts";
import type { Store } from "./store.ts";
import { type InterpThread, RunStatus } from "./tier.ts";
import { readSlot, writeSlot } from "./values.ts";

const IDLE_THREADS = 8;

/** Slot of a stack block where arguments and results stand. */
const ARGS_SLOT = STACK.args >> 3;

/** A run of frames of one kind. */
interface Segment {
  readonly func: WasmFunc;
  readonly native: boolean;
  /** Machine code: whether it is parked and is to be resumed, not entered. */
  parked: boolean;
  /** Machine code: where its stack stood when it was entered. */
  readonly enteredAt: number;
  /** Machine code: its parked registers, while another segment runs on the same stack. */
  sp: number;
  fp: number;
  resumeIp: number;
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
    if (this.#running.length >= this.maxNesting) throw new Trap(TrapCode.CALL_STACK_EXHAUSTED);
    this.#running.push(activation);
  }
  /** Called when it ends, in whatever way. */
  end(activation: Activation): void {
    if (this.#running.pop() !== activation) throw new BugError("activations ended out of order");
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
      this.store.activations.end(this);
      this.#release();
    }
  }

  #release(): void {
    if (this.#thread !== undefined) {
      this.#thread.reset();
      this.store.activations.giveBack(this.#thread);
    }
    if (this.#stack !== undefined) this.#native!.stacks.giveBack(this.#stack);
  }

  /** Words on this activation's stacks that may be references, and the functions that run, for the collector. */
  scan(visit: (word: number) => void, use: (func: WasmFunc) => void): void {
    for (const segment of this.segments) use(segment.func);
    if (this.#thread !== undefined) {
      this.#thread.scan(visit);
      for (const func of this.#thread.functions()) use(func);
    }
    if (this.#stack !== undefined) this.#stack.scan(readAddress(this.#stack.i32, SP), visit);
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
    this.segments.push({ func, native: false, parked: false, enteredAt: 0, sp: 0, fp: 0, resumeIp: 0 });
  }

  #startNative(func: WasmFunc, args: SlotRange): void {
    const { store } = this;
    store.compile(func);
    this.#native ??= startNative();
    if (this.#stack === undefined) {
      this.#stack = this.#native.stacks.take();
    } else {
      const below = this.segments.findLast((s) => s.native);
      if (below !== undefined && below.sp === 0) {
        below.sp = readAddress(this.#stack.i32, SP);
        below.fp = readAddress(this.#stack.i32, FP);
        below.resumeIp = readAddress(this.#stack.i32, IP);
      }
    }
    const { i32 } = this.#stack;
    const n = func.paramSlots;
    if (n > STACK_ARG_SLOTS) throw new BugError("more parameters than a stack block holds");
    copySlots(args.words, args.at, i32, ARGS_SLOT, n);
    writeAddress(i32, STACK.thunk, store.native!.entryThunk(func));
    writeAddress(i32, STACK.record, store.recordAddress(func));
    writeAddress(i32, STACK.vmctx, func.instance!.vmctxAddress);
    const enteredAt = readAddress(i32, SP);
    this.segments.push({ func, native: true, parked: false, enteredAt, sp: 0, fp: 0, resumeIp: 0 });
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
    const callee = thread.callee!;
    thread.sp -= callee.paramSlots;
    const args = { words: thread.i32, at: thread.sp };
    if (callee.mode === Mode.HOST) {
      if (!thread.reserve(callee.resultSlots)) this.#trap(TrapCode.CALL_STACK_EXHAUSTED);
      callHost(this.store, callee, args);
      thread.sp += callee.resultSlots;
    } else {
      this.#start(callee, args);
    }
    return undefined;
  }

  #runNative(segment: Segment): SlotRange | undefined {
    const { i32, pointer } = this.#stack!;
    const native = this.#native!;
    let status = segment.parked ? native.resume(pointer) : native.enter(pointer);
    segment.parked = true;
    for (;;) {
      switch (status) {
        case Exit.DONE:
          writeAddress(i32, SP, segment.enteredAt);
          return this.#finish(segment.func.resultSlots, { words: i32, at: ARGS_SLOT });
        case Exit.CALL: {
          const callee = this.store.func(i32[STACK.callee >> 2]);
          const args = { words: i32, at: ARGS_SLOT };
          if (callee.mode !== Mode.HOST) return this.#start(callee, args), undefined;
          callHost(this.store, callee, args);
          break;
        }
        case Exit.HELPER:
          runHelper(this.store, i32, (code) => this.#trap(code));
          break;
        case Exit.TRAP:
          this.#nativeTrap();
          break;
        default:
          throw new BugError(`machine code gave status ${status}`);
      }
      status = native.resume(pointer);
    }
  }

  /** The topmost segment is done: its results go to the segment below, or to JavaScript. */
  #finish(resultSlots: number, results: SlotRange): SlotRange | undefined {
    this.segments.pop();
    const below = this.segments[this.segments.length - 1];
    if (below === undefined) return results;
    if (below.native) {
      const { i32 } = this.#stack!;
      if (results.words !== i32) copySlots(results.words, results.at, i32, ARGS_SLOT, resultSlots);
      if (below.sp !== 0) {
        writeAddress(i32, SP, below.sp);
        writeAddress(i32, FP, below.fp);
        writeAddress(i32, IP, below.resumeIp);
        below.sp = 0;
      }
    } else {
      const thread = this.#thread!;
      if (!thread.reserve(resultSlots)) this.#trap(TrapCode.CALL_STACK_EXHAUSTED);
      if (results.words !== thread.i32) copySlots(results.words, results.at, thread.i32, thread.sp, resultSlots);
      thread.sp += resultSlots;
    }
    return undefined;
  }

  // Traps

  #trap(code: TrapCode): never {
    throw new Trap(code, this.frames());
  }

  #nativeTrap(): never {
    const stack = this.#stack!;
    const pc = readAddress(stack.i32, STACK.trapPc);
    const address = readAddress(stack.i32, STACK.trapAddress);
    const fp = readAddress(stack.i32, STACK.trapFp);
    const exhausted = stack.isGuard(address);
    const at = this.store.native!.locate(pc);
    if (!exhausted && at?.trapCode === undefined) {
      throw new BugError(`machine code faulted at 0x${pc.toString(16)} (address 0x${address.toString(16)})`);
    }
    const code = exhausted ? TrapCode.CALL_STACK_EXHAUSTED : at!.trapCode!;
    throw new Trap(code, this.#frames(pc, fp));
  }

  /** The Wasm frames of this activation, innermost first. The topmost segment must be parked or interpreted. */
  frames(): WasmFrame[] {
    return this.#frames(0, 0);
  }

  #frames(topPc: number, topFp: number): WasmFrame[] {
    const frames: WasmFrame[] = [];
    let level = this.#thread?.level ?? 0;
    for (let i = this.segments.length - 1; i >= 0; i--) {
      const segment = this.segments[i];
      if (!segment.native) {
        frames.push(...this.#thread!.frames(level--));
        continue;
      }
      const { i32 } = this.#stack!;
      const trapped = topPc !== 0 && i === this.segments.length - 1;
      if (!trapped && !segment.parked) continue;
      const pc = trapped ? topPc : segment.sp !== 0 ? segment.resumeIp : readAddress(i32, IP);
      const fp = trapped ? topFp : segment.sp !== 0 ? segment.fp : readAddress(i32, FP);
      this.#nativeFrames(trapped ? pc : pc - 1, fp, segment.enteredAt, frames);
    }
    return frames;
  }

  /** Walks frame pointers up to where the segment was entered. */
  #nativeFrames(pc: number, fp: number, end: number, frames: WasmFrame[]): void {
    const stack = this.#stack!;
    for (let n = 0; n < MAX_FRAMES && fp !== 0 && fp < end; n++) {
      const at = this.store.native!.locate(pc);
      if (at !== undefined) {
        const vmctx = stack.readAddress(fp - 8);
        const instance = this.store.instanceAt(vmctx);
        const name = instance === undefined ? `func[${at.index}]` : functionName(instance.module, at.index);
        frames.push({ name, index: at.index, offset: at.wasmOffset, tier: at.tier });
      }
      pc = stack.readAddress(fp + 8) - 1;
      fp = stack.readAddress(fp);
    }
  }
}

/** Frames of a native segment that a stack trace lists at most. */
const MAX_FRAMES = 10_000;

function copySlots(from: Int32Array, at: number, to: Int32Array, toAt: number, slots: number): void {
  for (let i = at << 1, k = toAt << 1, end = i + (slots << 1); i < end; i++, k++) to[k] = from[i];
}

/** Calls a host function with the arguments in `args`, and puts its results there. */
export function callHost(store: Store, func: WasmFunc, args: SlotRange): void {
  const { params, results } = func.signature.type;
  const { words, at } = args;
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
  results.forEach((t, i) => writeSlot(store, words, at + i, t, values[i]));
}
