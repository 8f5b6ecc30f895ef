// The interpreter as a tier: threads with their slots and frames, what the driver of activations asks of them, and single steps. The loop itself is run.ts.

import { BugError } from "../base/bug.ts";
import { BytecodeReader } from "../bytecode/reader.ts";
import type { WasmException } from "../runtime/exception.ts";
import type { WasmFunc } from "../runtime/func.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import type { Store } from "../runtime/store.ts";
import { type InterpThread, type InterpTier, RunStatus } from "../runtime/tier.ts";
import { stackMap } from "../validate/stack_map.ts";
import type { WasmFrame } from "../wasm/errors.ts";
import { Imm } from "../wasm/opcodes.ts";
import { TrapCode } from "../wasm/traps.ts";
import { checkAccesses, type FunctionCode, functionCode } from "./code.ts";
import { clauseFor, enterClause } from "./exceptions.ts";
import { runLoop, SLICE, STOPPED } from "./run.ts";
import {
  BASE,
  CODES,
  forgetCodes,
  FP,
  FRAME_WORDS,
  FRAMES,
  highestFrame,
  LAST_FRAME,
  MAX_FRAMES,
  PC,
  SLOTS_I32,
  STACK,
  STACK_WORDS,
  STP,
} from "./stack.ts";

/** Frames that a stack trace lists at most. */
const MAX_TRACE = 10_000;
/** Calls and branches after which the loop is left and entered again: V8 replaces a running function by an optimised one only there, and interruptions are seen there. */
const SLICE_FUEL = 20_000;
const UNLIMITED_FUEL = 0x7fffffff;

/** Runs interpreted functions of a store. */
export class InterpreterTier implements InterpTier {
  constructor(readonly store: Store) {}
  newThread(): Thread {
    return new Thread(this.store);
  }
  checkAccesses(instance: WasmInstance, check: boolean): void {
    checkAccesses(instance, check);
  }
}

/** Threads that have something on the shared stack, outermost first. */
const ACTIVE: Thread[] = [];

/** Use of the interpreter's stack, which all engines of a thread share. */
export interface InterpreterStackFigures {
  /** Slots of 8 bytes that it holds. */
  readonly slots: number;
  /** Frames that it holds. */
  readonly frames: number;
  /** Slots in use. */
  readonly usedSlots: number;
  /** Frames in use: how deep calls are. */
  readonly usedFrames: number;
  /** The most slots that were in use so far, as far as what was left there is not zero. */
  readonly highWaterSlots: number;
  /** The most frames that were in use so far. */
  readonly highWaterFrames: number;
}

/** The figures of this isolate's interpreter stack. */
export function interpreterStackFigures(): InterpreterStackFigures {
  const thread = ACTIVE.at(-1);
  return {
    slots: STACK.capacity,
    frames: MAX_FRAMES - 1,
    usedSlots: thread?.sp ?? 0,
    usedFrames: thread === undefined ? 0 : thread.top / FRAME_WORDS,
    highWaterSlots: STACK.highWater,
    highWaterFrames: highestFrame(),
  };
}

/** A run of frames on the shared stack: those of one activation. */
export class Thread implements InterpThread {
  readonly i32: Int32Array = SLOTS_I32;
  callee: WasmFunc | undefined = undefined;
  trapCode: TrapCode = TrapCode.UNREACHABLE;
  exception: WasmException | undefined = undefined;
  level = 0;
  /** Slot where its part of the stack begins; -1 while it has none. */
  #first = -1;
  #sp = 0;
  /** Word where its lowest frame begins. */
  #bottom = 0;
  /** Word in FRAMES where the top frame begins; below `#bottom` if there is none. */
  top = -FRAME_WORDS;
  /** Whether bytes are read that stop before every instruction. */
  stepping = false;
  /** Where rarer instructions leave the pc. */
  pc = 0;
  /** Whether the top frame's pc stands before the instruction to come, not behind or in the one that was the last to run. */
  #before = false;

  constructor(readonly store: Store) {}

  get sp(): number {
    if (this.#first < 0) this.#begin();
    return this.#sp;
  }
  set sp(value: number) {
    this.#sp = value;
  }

  #begin(): void {
    const below = ACTIVE[ACTIVE.length - 1];
    const first = below === undefined ? 0 : below.sp;
    ACTIVE.push(this);
    this.#first = this.#sp = first;
    // The frame below the lowest is not used, so that the loop may treat a base frame's caller like any other.
    this.#bottom = (below === undefined ? 0 : below.top) + FRAME_WORDS;
    this.top = this.#bottom - FRAME_WORDS;
  }

  reserve(slots: number): boolean {
    return STACK.hasRoom(this.sp, slots);
  }

  enter(func: WasmFunc): boolean {
    const code = functionCode(func);
    const fp = (this.sp << 1) - code.paramWords;
    if (this.top >= LAST_FRAME || fp + code.frameWords > STACK_WORDS) return false;
    const top = this.top += FRAME_WORDS;
    FRAMES[top + PC] = code.start;
    FRAMES[top + STP] = code.stp;
    FRAMES[top + FP] = fp;
    FRAMES[top + BASE] = 1;
    CODES[top / FRAME_WORDS] = code;
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
      if (status === RunStatus.TRAP && this.#rewindAfterGrow()) continue;
      if (status === RunStatus.THROW && this.catches(this.exception!, this.level)) continue;
      if (status !== SLICE) return this.#left(status);
      if (Atomics.load(interrupt, 0) !== 0) {
        this.trapCode = TrapCode.INTERRUPTED;
        return this.#left(RunStatus.TRAP);
      }
    }
  }

  /** Runs one instruction, also one where a stop is set. STOPPED if it was no reason to leave. */
  step(): RunStatus | typeof STOPPED {
    const pc = FRAMES[this.top + PC];
    const { code } = CODES[this.top / FRAME_WORDS].view;
    const end = code.allow(pc);
    this.stepping = true;
    try {
      for (;;) {
        const status = runLoop(this, UNLIMITED_FUEL) as RunStatus | typeof STOPPED;
        if (status === RunStatus.THROW && this.catches(this.exception!, this.level)) return this.#left(STOPPED);
        if (status !== RunStatus.TRAP || !this.#rewindAfterGrow()) return this.#left(status);
      }
    } finally {
      this.stepping = false;
      code.forbid(pc, end);
    }
  }

  /**
   * After a trap: whether it was a load or store that the first memory has room for by now, since another Worker has made it grow; the loop goes by the length
   * that it found. If so, everything is as before the instruction.
   */
  #rewindAfterGrow(): boolean {
    if (this.trapCode !== TrapCode.MEMORY_OUT_OF_BOUNDS) return false;
    const { view, start } = CODES[this.top / FRAME_WORDS];
    const memory = view.instance.memories[0];
    // Accesses with 64-bit addresses look at the length themselves.
    if (memory === undefined || !memory.type.shared || memory.type.is64) return false;
    const { bytes } = view.instance.module;
    const r = new BytecodeReader(bytes, instructionBefore(bytes, start, FRAMES[this.top + PC]));
    const code = r.next();
    if (r.info.imm !== Imm.MEMORY_ACCESS || r.index !== 0 || code >= 0x1000) return false;
    // A store has taken its operands already; they still stand above the top.
    const stores = r.info.signature.endsWith(":");
    const slot = (stores ? this.#sp : this.#sp - 1) << 1;
    const address = (this.i32[slot] >>> 0) + r.offset;
    if (address + (1 << r.info.accessLog2) > memory.byteLength) return false;
    if (stores) this.#sp += 2;
    FRAMES[this.top + PC] = r.at;
    return true;
  }

  #left<T extends RunStatus | typeof STOPPED>(status: T): T {
    this.#before = status === STOPPED;
    if (status === RunStatus.DONE || status === RunStatus.TAIL_CALL) {
      this.top -= FRAME_WORDS;
      this.level--;
    }
    return status;
  }

  /** Byte offset of the instruction that the top frame is to run next, after STOPPED. */
  get offset(): number {
    return FRAMES[this.top + PC];
  }

  /** Word where the topmost frame below all but `level` base frames begins. */
  #topBelow(level: number): number {
    let at = this.top;
    for (let above = this.level - level; above > 0; at -= FRAME_WORDS) above -= FRAMES[at + BASE];
    return at;
  }

  catches(exception: WasmException, level: number): boolean {
    for (let at = this.#topBelow(level); at >= this.#bottom; at -= FRAME_WORDS) {
      const code = CODES[at / FRAME_WORDS];
      if (code.handlers.length > 0) {
        const clause = clauseFor(code, FRAMES[at + PC], exception);
        if (clause !== undefined) {
          enterClause(this, at, code, clause, exception);
          this.level = level;
          this.exception = undefined;
          return true;
        }
      }
      if (FRAMES[at + BASE] !== 0) break;
    }
    return false;
  }

  drop(level: number): void {
    for (; this.level > level; this.top -= FRAME_WORDS) {
      this.level -= FRAMES[this.top + BASE];
      this.#sp = FRAMES[this.top + FP] >> 1;
    }
  }

  frames(level: number): WasmFrame[] {
    const list: WasmFrame[] = [];
    const known = new Map<FunctionCode, Map<number, number>>();
    let at = this.#topBelow(level);
    for (; at >= this.#bottom; at -= FRAME_WORDS) {
      const code = CODES[at / FRAME_WORDS];
      const { func } = code;
      const pc = FRAMES[at + PC];
      let offset = pc;
      if (at !== this.top || !this.#before) {
        let offsets = known.get(code);
        if (offsets === undefined) known.set(code, offsets = new Map());
        offset = offsets.get(pc) ?? instructionBefore(func.instance!.module.bytes, code.start, pc);
        offsets.set(pc, offset);
      }
      if (list.length < MAX_TRACE) list.push({ name: func.name, index: func.index, offset, tier: "interp" });
      if (FRAMES[at + BASE] !== 0) break;
    }
    return list;
  }

  scan(visit: (ref: number, isFunc: boolean) => void): void {
    const { i32 } = this;
    for (let at = this.#bottom; at <= this.top; at += FRAME_WORDS) {
      const { func } = CODES[at / FRAME_WORDS];
      const fp = FRAMES[at + FP];
      // What an instruction took from the stack, such as a call's arguments, belongs to the next frame, or is gone.
      const slots = ((at < this.top ? FRAMES[at + FRAME_WORDS + FP] : this.#sp << 1) - fp) >> 1;
      // Before an instruction with a stop, the pc is where that begins.
      const pc = FRAMES[at + PC] + (at === this.top && this.#before ? 1 : 0);
      const { refs, funcs } = stackMap(func.instance!.valid, func.index, pc);
      for (const slot of refs) if (slot < slots) visit(i32[fp + 2 * slot], false);
      for (const slot of funcs) if (slot < slots) visit(i32[fp + 2 * slot], true);
    }
  }

  *functions(): Iterable<WasmFunc> {
    for (let at = this.#bottom; at <= this.top; at += FRAME_WORDS) yield CODES[at / FRAME_WORDS].func;
  }

  reset(): void {
    // On top, unless one above could not be reset yet for lack of JavaScript stack: see Activations.dropEnded().
    if (ACTIVE[ACTIVE.length - 1] === this) ACTIVE.length--;
    else if (ACTIVE.includes(this)) ACTIVE.splice(ACTIVE.indexOf(this), 1);
    this.#first = -1;
    this.#sp = 0;
    this.#bottom = 0;
    this.top = -FRAME_WORDS;
    this.level = 0;
    this.callee = undefined;
    this.exception = undefined;
    this.#before = false;
    if (ACTIVE.length === 0) forgetCodes();
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
