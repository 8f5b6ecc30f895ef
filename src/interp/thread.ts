import { FRAMES, I32, I64 } from "./sing.ts";
// The interpreter as a tier: threads with their slots and frames, what the driver of activations asks of them, and single steps. The loop itself is run.ts.

import { BugError } from "../base/bug.ts";
import { BytecodeReader } from "../bytecode/reader.ts";
import type { WasmFunc } from "../runtime/func.ts";
import type { Store } from "../runtime/store.ts";
import { type InterpThread, type InterpTier, RunStatus } from "../runtime/tier.ts";
import type { WasmFrame } from "../wasm/errors.ts";
import { TrapCode } from "../wasm/traps.ts";
import { type FunctionCode, functionCode } from "./code.ts";
import { runLoop } from "./run.ts";

/** Bytes of a thread's slots. */
const STACK_BYTES = 8 * 2 ** 20;
/** Words of a thread's slots. */
export const STACK_WORDS: number = STACK_BYTES / 4;
/** Frames of a thread. */
const MAX_FRAMES = 1 << 16;
/** Words of a frame: where it goes on, its side table cursor, the word where its locals begin, and 1 if it is a base frame. */
export const FRAME_WORDS = 4;
export const PC = 0;
export const STP = 1;
export const FP = 2;
export const BASE = 3;
/** Word where the last frame that there is room for begins. */
export const LAST_FRAME: number = (MAX_FRAMES - 1) * FRAME_WORDS;
/** Frames that a stack trace lists at most. */
const MAX_TRACE = 10_000;
/** Entries of `codes` that a thread keeps for its next activation. */
const KEPT_CODES = 64;

/** The loop used its fuel up. */
export const SLICE = -1;
/** The loop came to an instruction with a stop. */
export const STOPPED = -2;
/** Calls and branches after which the loop is left and entered again: V8 replaces a running function by an optimised one only there, and interruptions are seen there. */
const SLICE_FUEL = 20_000;
const UNLIMITED_FUEL = 0x7fffffff;

/** Runs interpreted functions of a store. */
export class InterpreterTier implements InterpTier {
  constructor(readonly store: Store) {}
  newThread(): Thread {
    return new Thread(this.store);
  }
}

/** A stack of interpreter frames. */
export class Thread implements InterpThread {
  readonly i32: Int32Array;
  readonly i64: BigInt64Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  sp = 0;
  callee: WasmFunc | undefined = undefined;
  trapCode: TrapCode = TrapCode.UNREACHABLE;
  level = 0;
  /** FRAME_WORDS for each frame. */
  readonly frameWords: Int32Array = FRAMES;
  /** The function of each frame; stale entries above the top. */
  readonly codes: FunctionCode[] = [];
  /** Word where the top frame begins; negative if there is none. */
  top = -FRAME_WORDS;
  /** Whether bytes are read that stop before every instruction. */
  stepping = false;
  /** Where rarer instructions leave the pc. */
  pc = 0;
  /** Whether the top frame's pc stands before the instruction to come, not behind or in the one that was the last to run. */
  #before = false;

  constructor(readonly store: Store) {
    const buffer = new ArrayBuffer(STACK_BYTES);
    this.i32 = I32;
    this.i64 = I64;
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }

  reserve(slots: number): boolean {
    return (this.sp + slots) << 1 <= STACK_WORDS;
  }

  enter(func: WasmFunc): boolean {
    const code = functionCode(func);
    const fp = (this.sp << 1) - code.paramWords;
    if (this.top >= LAST_FRAME || fp + code.frameWords > STACK_WORDS) return false;
    const top = this.top += FRAME_WORDS;
    this.frameWords[top + PC] = code.start;
    this.frameWords[top + STP] = code.stp;
    this.frameWords[top + FP] = fp;
    this.frameWords[top + BASE] = 1;
    this.codes[top / FRAME_WORDS] = code;
    this.i32.fill(0, fp + code.paramWords, fp + code.localWords);
    this.sp = (fp + code.localWords) >> 1;
    this.level++;
    return true;
  }

  run(): RunStatus {
    const status = this.runToStop();
    if (status === STOPPED) throw new BugError("the interpreter met a stop that nobody waits for");
    return status;
  }

  /** As `run()`, and gives STOPPED before an instruction where a stop is set; after it, `step()` goes on. */
  runToStop(): RunStatus | typeof STOPPED {
    const { interrupt } = this.store;
    for (;;) {
      const status = runLoop(this, SLICE_FUEL);
      if (status !== SLICE) return this.#left(status);
      if (Atomics.load(interrupt, 0) !== 0) {
        this.trapCode = TrapCode.INTERRUPTED;
        return this.#left(RunStatus.TRAP);
      }
    }
  }

  /** Runs one instruction, also one where a stop is set. STOPPED if it was no reason to leave. */
  step(): RunStatus | typeof STOPPED {
    const pc = this.frameWords[this.top + PC];
    const { code } = this.codes[this.top / FRAME_WORDS].view;
    const end = code.allow(pc);
    this.stepping = true;
    try {
      return this.#left(runLoop(this, UNLIMITED_FUEL) as RunStatus | typeof STOPPED);
    } finally {
      this.stepping = false;
      code.forbid(pc, end);
    }
  }

  #left<T extends RunStatus | typeof STOPPED>(status: T): T {
    this.#before = status === STOPPED;
    if (status === RunStatus.DONE) {
      this.top -= FRAME_WORDS;
      this.level--;
    }
    return status;
  }

  /** Byte offset of the instruction that the top frame is to run next, after STOPPED. */
  get offset(): number {
    return this.frameWords[this.top + PC];
  }

  frames(level: number): WasmFrame[] {
    const { frameWords } = this;
    const list: WasmFrame[] = [];
    const known = new Map<FunctionCode, Map<number, number>>();
    let at = this.top;
    for (let above = this.level - level; above > 0; at -= FRAME_WORDS) above -= frameWords[at + BASE];
    for (; at >= 0; at -= FRAME_WORDS) {
      const code = this.codes[at / FRAME_WORDS];
      const { func } = code;
      const pc = frameWords[at + PC];
      let offset = pc;
      if (at !== this.top || !this.#before) {
        let offsets = known.get(code);
        if (offsets === undefined) known.set(code, offsets = new Map());
        offset = offsets.get(pc) ?? instructionBefore(func.instance!.module.bytes, code.start, pc);
        offsets.set(pc, offset);
      }
      if (list.length < MAX_TRACE) list.push({ name: func.name, index: func.index, offset, tier: "interp" });
      if (frameWords[at + BASE] !== 0) break;
    }
    return list;
  }

  scan(visit: (low: number) => void): void {
    for (let i = 0; i < this.sp; i++) visit(this.i32[i << 1]);
  }

  *functions(): Iterable<WasmFunc> {
    for (let i = 0; i <= this.top / FRAME_WORDS; i++) yield this.codes[i].func;
  }

  reset(): void {
    this.sp = 0;
    this.top = -FRAME_WORDS;
    this.level = 0;
    this.callee = undefined;
    this.#before = false;
    if (this.codes.length > KEPT_CODES) this.codes.length = 0;
    else this.codes.fill(undefined as unknown as FunctionCode);
  }
}

/** The offset of the last instruction before `pc` in the body that begins at `start`; `start` if there is none. */
function instructionBefore(bytes: Uint8Array, start: number, pc: number): number {
  const r = new BytecodeReader(bytes, start);
  let at = start;
  while (r.pos < pc) {
    r.next();
    at = r.at;
  }
  return at;
}
