// The interpreter as a tier: threads with their slots and frames, what the driver of activations asks of them, and single steps. The loop itself is run.ts.

import { BugError } from "../base/bug.ts";
import { BytecodeReader } from "../bytecode/reader.ts";
import type { FunctionCounters } from "../runtime/counters.ts";
import type { WasmException } from "../runtime/exception.ts";
import type { WasmFunc } from "../runtime/func.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import type { Store } from "../runtime/store.ts";
import {
  type FramePlan,
  type FrameView,
  type HotSpot,
  type InterpThread,
  type InterpTier,
  RunStatus,
  type Stop,
  type ThreadImage,
} from "../runtime/tier.ts";
import { stackMap } from "../validate/stack_map.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import { deadlinePassed } from "../platform/deadline.ts";
import type { Meter } from "../runtime/meter.ts";
import { MAX_FRAMES, type WasmFrame } from "../wasm/errors.ts";
import { functionName } from "../wasm/module.ts";
import { Imm } from "../wasm/opcodes.ts";
import { TrapCode } from "../wasm/traps.ts";
import {
  checkAccesses,
  type FunctionCode,
  functionCode,
  isCounted,
  moduleCode,
  setStop,
  STOP,
  wantsRegisters,
} from "./code.ts";
import { clauseFor, enterClause } from "./exceptions.ts";
import type { RegisterTier } from "./registers.ts";
import { runLoop, SLICE, STOPPED, SWITCH } from "./run.ts";
import {
  BASE,
  CODES,
  forgetCodes,
  FP,
  FRAME_WORDS,
  FRAMES,
  highestFrame,
  LAST_FRAME,
  MAX_FRAMES as STACK_FRAMES,
  PC,
  RETURN_DONE,
  RETURN_SWITCHES,
  SLOTS_I32,
  STACK,
  STACK_WORDS,
  STP,
} from "./stack.ts";

/** Calls and passes of loop heads after which the loop is left and entered again: V8 replaces a running function by an optimised one only there, and interruptions are seen there. */
const SLICE_FUEL = 20_000;

/** Frames below the top one that a shuffle moves. */
const SHUFFLED = 3;

/** Runs interpreted functions of a store. */
export class InterpreterTier implements InterpTier {
  /** How often functions ceased to run as register code: frames that they had before are to go on in the interpreter. */
  withdrawals = 0;

  /** `registers` runs functions of tier `fast`, if there is one. */
  constructor(readonly store: Store, readonly registers?: RegisterTier) {}
  newThread(): Thread {
    return new Thread(this.store, this);
  }
  checkAccesses(instance: WasmInstance, check: boolean): void {
    checkAccesses(instance, check);
    for (const func of instance.funcs) if (func.instance === instance) this.moved(func);
  }
  moved(func: WasmFunc): void {
    if (this.registers?.moved(func)) this.withdrawals++;
    const code = func.interp as FunctionCode | undefined;
    if (code === undefined) return;
    const wants = wantsRegisters(func);
    if (wants === code.wantsRegisters) return;
    code.wantsRegisters = wants;
    this.registers?.forget(func);
    if (!wants) this.withdrawals++;
  }
  isCounted(func: WasmFunc): boolean {
    return isCounted(func);
  }
  count(valid: ValidModule, index: number, counters: FunctionCounters | undefined): void {
    moduleCode(valid, this.store.policy !== undefined).count(index - valid.module.importedFuncs, counters);
    for (const instance of this.store.instances) if (instance.valid === valid) this.moved(instance.funcs[index]);
  }
  setStop(instance: WasmInstance, offset: number, on: boolean): void {
    setStop(instance, offset, on);
  }
}

/** Where a parked thread has copies of its slots, frames and functions, as if it were alone on the stack. */
interface ParkedFrames {
  i32: Int32Array;
  frames: Int32Array;
  readonly codes: FunctionCode[];
}

/** Words of copies that a thread keeps for the next time. */
const KEPT_WORDS = 1 << 12;

/** Copies `count` words; without making views, which takes longer than copying where they are few. */
function copyWords(from: Int32Array, at: number, to: Int32Array, toAt: number, count: number): void {
  for (let i = 0; i < count; i++) to[toAt + i] = from[at + i];
}

/** Bits of `ThreadImage.standing`. */
const BEFORE = 1, AT_SAFEPOINT = 2, OWES = 4;

const SHARED = { i32: SLOTS_I32, frames: FRAMES, codes: CODES };

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
    frames: STACK_FRAMES - 1,
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
  /** With a callee after SWITCH: whether it takes the place of the top frame. */
  replaces = false;
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
  /** Where rarer instructions leave the pc, and those that are counted the cursor. */
  pc = 0;
  stp = 0;
  /** Whether the top frame's pc stands before the instruction to come, not behind or in the one that was the last to run. */
  #before = false;
  /** Whether it stands at a loop head or at a function's first instruction, which is still to come. */
  #atSafepoint = false;

  /** Loop heads passed and functions entered; register code that is not metered counts loop heads only where it branches back to them. */
  ticks = 0;
  /** Fuel that the loop had left. */
  rest = 0;
  /** What the loop was given. */
  #given = 0;
  /** Whether it stands at a loop head or function entry at which it has not looked for interruptions; where code is metered, that is still to be paid for, too. */
  #owes = false;
  /** What it had on the shared stack, while it is parked. */
  #parked: ParkedFrames | undefined;
  /** The same when it is not, for the next time. */
  #room: ParkedFrames | undefined;

  /** `InterpreterTier.withdrawals` when its frames were last looked through. */
  #withdrawals = 0;
  /** Whether the top frame trapped. */
  #trapped = false;
  /** Whether the top frame and the one below were one of register code when it trapped. */
  #inlined = false;

  constructor(readonly store: Store, readonly tier: InterpreterTier) {}

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
    if (!this.#call(func, RETURN_DONE)) return false;
    this.level++;
    return true;
  }

  /** Pushes a frame for `func`, whose arguments are the topmost slots; `base` as in a frame. */
  #call(func: WasmFunc, base: number): boolean {
    const code = functionCode(func);
    const fp = (this.sp << 1) - code.paramWords;
    if (this.top >= LAST_FRAME || fp + code.frameWords > STACK_WORDS) return false;
    const top = this.top += FRAME_WORDS;
    FRAMES[top + PC] = code.start;
    FRAMES[top + STP] = code.stp;
    FRAMES[top + FP] = fp;
    FRAMES[top + BASE] = base;
    CODES[top / FRAME_WORDS] = code;
    this.i32.fill(0, fp + code.paramWords, fp + code.localWords);
    this.sp = (fp + code.localWords) >> 1;
    this.#owes = this.#atSafepoint = true;
    return true;
  }

  run(): RunStatus {
    for (;;) {
      const status = this.runToStop();
      if (status !== STOPPED) return status;
      // Stops that another engine has set, with the same module, are passed.
      this.store.stopped?.(this.stop);
      const stepped = this.step();
      if (stepped !== STOPPED) return stepped;
    }
  }

  get atStop(): boolean {
    const { top } = this;
    return FRAMES[top + STP] >= 0 && this.#codeAt(top).view.code.bytes[FRAMES[top + PC]] === STOP;
  }

  /** Where it stands, after STOPPED. */
  get stop(): Stop {
    const { top } = this, { func } = CODES[top / FRAME_WORDS];
    const { i32, sp } = this;
    return { func, offset: FRAMES[top + PC], words: i32, locals: FRAMES[top + FP] >> 1, top: sp, frame: top };
  }

  /** As `run()`, and gives STOPPED before an instruction where a stop is set, after which `step()` goes on, and at the safepoint where `ticks` comes to `until`. */
  runToStop(until = Infinity): RunStatus {
    const { interrupt, meter } = this.store;
    for (;;) {
      if (this.ticks >= until) return this.#left(STOPPED);
      // Asked here, too, and answered at the next safepoint: a loop that calls or throws at each pass leaves before it has used up a slice.
      const stops = Atomics.load(interrupt, 0) !== 0 || deadlinePassed();
      if (stops && this.#owes) return this.#left(RunStatus.SAFEPOINT);
      const most = Math.min(
        meter === undefined ? SLICE_FUEL : this.#pay(meter),
        this.store.policy?.shuffle?.slice ?? SLICE_FUEL,
      );
      if (most < 0) return this.#left(RunStatus.SAFEPOINT);
      const slice = this.#given = stops ? 0 : Math.min(most, until - this.ticks - 1);
      this.#chooseLoop();
      this.#before =
        this.#atSafepoint =
        this.#trapped =
        this.#inlined =
          false;
      this.callee = undefined;
      const status = FRAMES[this.top + STP] < 0 ? this.tier.registers!.run(this, slice) : runLoop(this, slice);
      this.#owes = status === SLICE;
      // The place where a slice ends is past what it was given.
      this.ticks += this.#given - this.rest;
      meter?.take(this.#given - Math.max(this.rest, 0));
      if (status === SWITCH) {
        if (this.callee === undefined || this.#callInterpreted(this.callee)) continue;
        return this.#left(RunStatus.TRAP);
      }
      if (status === RunStatus.TRAP) {
        if (this.#rewindAfterGrow()) continue;
        this.#frameOfInlined();
      }
      if (status === RunStatus.THROW) {
        this.store.exceptions.thrown(this.exception!);
        if (this.catches(this.exception!, this.level)) continue;
      }
      if (status === SLICE && this.ticks >= until) return this.#left(STOPPED);
      if (status !== SLICE) return this.#left(status);
      if (Atomics.load(interrupt, 0) !== 0 || deadlinePassed()) return this.#left(RunStatus.SAFEPOINT);
    }
  }

  // Frames of register code

  /** The function of the frame at word `at`, as the interpreter knows it. */
  #codeAt(at: number, { frames, codes } = this.#parked ?? SHARED): FunctionCode {
    const cursor = frames[at + STP];
    return cursor < 0 ? functionCode(this.store.func(~cursor)) : codes[at / FRAME_WORDS];
  }
  /** Where the interpreter would be in the frame at word `at`. */
  #pcAt(at: number, code: FunctionCode, { frames } = this.#parked ?? SHARED): number {
    const pc = frames[at + PC];
    if (frames[at + STP] >= 0) return pc;
    const registers = this.tier.registers!.codeAt(code, pc);
    return at === this.top && this.#trapped ? registers.trapAt(pc) : registers.pcAt(pc);
  }

  /** Has the top frame go on in the loop that its function is to run in, if it stands where that is possible. */
  #chooseLoop(): void {
    const { top, tier } = this;
    if (tier.registers === undefined) return;
    if (this.#withdrawals !== tier.withdrawals) {
      this.#withdrawals = tier.withdrawals;
      for (let at = this.#bottom + FRAME_WORDS; at <= top; at += FRAME_WORDS) {
        if (FRAMES[at + BASE] === 0 && FRAMES[at - FRAME_WORDS + STP] < 0) FRAMES[at + BASE] = RETURN_SWITCHES;
      }
    }
    const shuffle = this.stepping ? undefined : this.store.policy?.shuffle;
    if (shuffle === undefined) this.#choose(top, true);
    else {
      // Those below had their turn.
      const lowest = Math.max(this.#bottom, top - SHUFFLED * FRAME_WORDS);
      for (let at = lowest; at <= top; at += FRAME_WORDS) this.#choose(at, shuffle.isRegister());
    }
  }

  /** Makes a frame one of register code, if it is to be and can go on there, or one of the interpreter. */
  #choose(at: number, isToBeRegister: boolean): void {
    const code = this.#codeAt(at), isRegister = FRAMES[at + STP] < 0;
    if (code.wantsRegisters && isToBeRegister && !this.stepping) {
      if (isRegister) {
        if (this.tier.registers!.isCurrent(code, FRAMES[at + PC])) return;
        this.#toInterpreter(at, code);
      }
      this.#toRegisters(at, code);
    } else if (isRegister) this.#toInterpreter(at, code);
  }

  #toRegisters(at: number, code: FunctionCode): void {
    const fp = FRAMES[at + FP], pc = FRAMES[at + PC];
    const registers = this.tier.registers!.prepare(code);
    if (registers === undefined || fp + code.frameWords > STACK_WORDS) return;
    // A loop head whose pass is still to be counted is no place to go on.
    const place = pc === code.start ? registers.entry : registers.placeAt(pc);
    if (place < 0) return;
    FRAMES[at + PC] = place;
    FRAMES[at + STP] = ~code.func.ref;
    this.#link(at);
  }

  #toInterpreter(at: number, code: FunctionCode): void {
    const pc = this.#pcAt(at, code);
    FRAMES[at + PC] = pc;
    FRAMES[at + STP] = code.cursorAt(pc);
    CODES[at / FRAME_WORDS] = code;
    this.#link(at);
  }

  /** Notes in a frame, and in the one above, whether the one below is run by another loop. */
  #link(at: number): void {
    this.#linkToBelow(at);
    if (at < this.top) this.#linkToBelow(at + FRAME_WORDS);
  }
  #linkToBelow(at: number): void {
    const below = at - FRAME_WORDS;
    if (FRAMES[at + BASE] & RETURN_DONE || below < this.#bottom) return;
    const isRegister = FRAMES[at + STP] < 0;
    const same = isRegister === FRAMES[below + STP] < 0 &&
      (!isRegister || this.#codeAt(at).func.instance === this.#codeAt(below).func.instance);
    FRAMES[at + BASE] = same ? 0 : RETURN_SWITCHES;
  }

  /** Calls a function, or lets it take the place of the top frame, as the loop asked for that could not run it, and counts that as the loop counts calls. False if there is no room, which is then a trap. */
  #callInterpreted(func: WasmFunc): boolean {
    const base = this.replaces ? FRAMES[this.top + BASE] & RETURN_DONE : 0;
    if (this.replaces) this.top -= FRAME_WORDS;
    if (!this.#call(func, base)) {
      if (base !== 0) this.top += FRAME_WORDS;
      this.replaces = false;
      this.trapCode = TrapCode.CALL_STACK_EXHAUSTED;
      return false;
    }
    this.replaces = false;
    this.ticks++;
    this.#link(this.top);
    return true;
  }

  /** Pays for the place where the thread stands; gives how much it may run then, or a negative number if it cannot pay. */
  #pay(meter: Meter): number {
    if (this.#owes) {
      if (meter.left < 1) {
        meter.exhausted = true;
        return -1;
      }
      meter.take(1);
      this.#owes = false;
    }
    return Math.min(SLICE_FUEL, meter.left);
  }

  /** Takes the fuel that the loop has used, of which `rest` is left, before others run in the middle of an instruction; asked again afterwards, gives what it may go on with. */
  settle(rest: number): number {
    const { meter } = this.store, taken = this.#given - rest;
    this.ticks += taken;
    if (meter === undefined) return this.#given = rest;
    meter.take(taken);
    return this.#given = this.stepping ? rest : Math.min(rest, meter.left);
  }

  /** Runs one instruction, also one where a stop is set. STOPPED if it was no reason to leave. */
  step(): RunStatus {
    const { meter } = this.store;
    const stepped = this.#codeAt(this.top), { view: { code }, body } = stepped;
    if (FRAMES[this.top + STP] < 0) this.#toInterpreter(this.top, stepped);
    this.#passHead(this.top, stepped, true);
    if (this.#owes) meter?.take(1);
    this.#owes = false;
    if (FRAMES[this.top + PC] >= code.entry) FRAMES[this.top + PC] = body;
    const pc = FRAMES[this.top + PC];
    const end = code.allow(pc);
    this.stepping = true;
    this.#before = this.#atSafepoint = false;
    try {
      for (;;) {
        this.#given = 0;
        let status = runLoop(this, 0);
        this.ticks += this.#given - this.rest;
        meter?.take(this.#given - Math.max(this.rest, 0));
        if (status === SLICE) {
          // It leads to a loop's head or into a function, where runToStop() is still to ask; the instruction there may be this one.
          this.#owes = true;
          status = STOPPED;
        }
        if (status === RunStatus.THROW) {
          this.store.exceptions.thrown(this.exception!);
          if (this.catches(this.exception!, this.level)) return this.#left(STOPPED);
        }
        // Whoever steps through a function wants it as it is.
        if (status === RunStatus.HOT) continue;
        if (status === SWITCH) {
          // It called a function of another tier, or returned to one: it stands before its next instruction.
          if (FRAMES[this.top + STP] < 0) this.#toInterpreter(this.top, this.#codeAt(this.top));
          continue;
        }
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
    // Register code looks at the length again itself.
    if (FRAMES[this.top + STP] < 0) return false;
    const { view, body: start } = CODES[this.top / FRAME_WORDS];
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

  /** After a trap in a body that stands in place of a call: makes the frame that the call would have made, with locals that are 0. */
  #frameOfInlined(): void {
    const { top } = this;
    if (FRAMES[top + STP] >= 0) return;
    const code = this.#codeAt(top), { instance } = code.func;
    const trap = this.tier.registers!.codeAt(code, FRAMES[top + PC]).inlinedTrapAt(FRAMES[top + PC]);
    if (trap === undefined) return;
    const callee = functionCode(instance!.funcs[trap.callee]), fp = FRAMES[top + FP] + code.localWords;
    FRAMES[top + PC] = trap.end;
    FRAMES[top + STP] = code.cursorAt(trap.end);
    CODES[top / FRAME_WORDS] = code;
    this.#link(top);
    this.#inlined = true;
    // Operands of the caller are nowhere.
    this.#sp = fp >> 1;
    if (top >= LAST_FRAME || fp + callee.frameWords > STACK_WORDS) {
      this.trapCode = TrapCode.CALL_STACK_EXHAUSTED;
      return;
    }
    const above = this.top += FRAME_WORDS;
    FRAMES[above + PC] = trap.pc;
    FRAMES[above + STP] = callee.cursorAt(trap.pc);
    FRAMES[above + FP] = fp;
    FRAMES[above + BASE] = 0;
    CODES[above / FRAME_WORDS] = callee;
    this.i32.fill(0, fp, fp + callee.localWords);
    this.#sp = (fp + callee.localWords) >> 1;
  }

  wait(): void {
    this.#before = true;
  }

  #left<T extends RunStatus>(status: T): T {
    this.#before = status === STOPPED;
    this.#trapped = status === RunStatus.TRAP;
    this.#atSafepoint = status === RunStatus.SAFEPOINT || status === RunStatus.HOT;
    if (status === RunStatus.DONE || status === RunStatus.TAIL_CALL) {
      this.top -= FRAME_WORDS;
      this.level--;
    }
    return status;
  }

  /** Byte offset of the instruction that the top frame is to run next, after STOPPED. */
  get offset(): number {
    const of = this.#codeAt(this.top), { view: { code }, heads, body } = of;
    const pc = this.#pcAt(this.top, of);
    return pc >= code.entry ? heads[(pc - code.entry) >> 1] ?? body : pc;
  }

  /** Word where the topmost frame below all but `level` base frames begins. */
  #topBelow(level: number): number {
    const frames = this.#parked?.frames ?? FRAMES;
    let at = this.top;
    for (let above = this.level - level; above > 0; at -= FRAME_WORDS) above -= frames[at + BASE] & RETURN_DONE;
    return at;
  }

  get hot(): HotSpot {
    const at = this.top;
    const code = this.#codeAt(at), { func, heads, counters } = code;
    const pc = this.#pcAt(at, code), counter = heads.indexOf(pc);
    return {
      func,
      loop: counter === 0 ? -1 : pc,
      calls: counters!.count(0),
      passes: counter === 0 ? 0 : counters!.count(counter),
      rearm: (more) => counters!.rearm(counter, more),
      stays: () => code.view.code.fuse(code.own),
    };
  }

  get topSlot(): number {
    return FRAMES[this.top + FP] >> 1;
  }

  takeTop(): { at: number; base: boolean } {
    const { top } = this, base = (FRAMES[top + BASE] & RETURN_DONE) !== 0;
    this.#sp = FRAMES[top + FP] >> 1;
    this.top -= FRAME_WORDS;
    if (base) this.level--;
    return { at: this.#sp, base };
  }

  push({ func, source, height, owes = false }: FramePlan, base: boolean): number {
    const code = functionCode(func), at = this.sp, fp = at << 1;
    if (this.top >= LAST_FRAME || fp + code.frameWords > STACK_WORDS) return -1;
    const top = this.top += FRAME_WORDS;
    FRAMES[top + PC] = source;
    FRAMES[top + STP] = code.cursorAt(source);
    FRAMES[top + FP] = fp;
    FRAMES[top + BASE] = base ? RETURN_DONE : 0;
    CODES[top / FRAME_WORDS] = code;
    this.i32.fill(0, fp, fp + 2 * height);
    this.sp = at + height;
    if (base) this.level++;
    this.#before = false;
    this.#owes = owes;
    return at;
  }

  catches(exception: WasmException, level: number): boolean {
    for (let at = this.#topBelow(level); at >= this.#bottom; at -= FRAME_WORDS) {
      const code = this.#codeAt(at);
      if (code.handlers.length > 0) {
        const pc = this.#pcAt(at, code);
        const clause = clauseFor(code, pc, exception);
        if (clause !== undefined) {
          enterClause(this, at, code, clause, exception);
          CODES[at / FRAME_WORDS] = code;
          this.#link(this.top);
          // Backwards: to the head of a loop.
          this.#owes = FRAMES[at + PC] <= pc;
          if (this.#owes) this.ticks++;
          this.#passHead(at, code, false);
          this.level = level;
          this.exception = undefined;
          return true;
        }
      }
      if (FRAMES[at + BASE] & RETURN_DONE) break;
    }
    return false;
  }

  /** Takes a frame that a clause led to where passes of a loop head are counted behind that, and counts the pass as the loop does. If that makes it hot, it is left to the loop unless `always`. */
  #passHead(at: number, { view: { code }, heads, left }: FunctionCode, always: boolean): void {
    const counter = (FRAMES[at + PC] - code.entry) >> 1;
    if (counter <= 0 || (left[counter] <= 1 && !always)) return;
    left[counter]--;
    FRAMES[at + PC] = heads[counter];
    this.#owes = true;
    this.ticks++;
  }

  drop(level: number): void {
    for (; this.level > level; this.top -= FRAME_WORDS) {
      this.level -= FRAMES[this.top + BASE] & RETURN_DONE;
      this.#sp = FRAMES[this.top + FP] >> 1;
    }
  }

  /** The frames that trace() takes note of, made at once. */
  frames(level: number): WasmFrame[] {
    return this.trace(level, MAX_FRAMES).map((make) => make());
  }

  trace(level: number, limit: number): (() => WasmFrame)[] {
    const list: (() => WasmFrame)[] = [];
    const shared = this.#parked ?? SHARED, { frames } = shared;
    /** Offsets by pc, which tells functions of one module apart. */
    const known = new Map<Uint8Array, Map<number, number>>();
    for (let at = this.#topBelow(level); at >= this.#bottom && list.length < limit; at -= FRAME_WORDS) {
      const code = this.#codeAt(at, shared), { func, body } = code;
      const { index } = func, { module } = func.instance!, place = frames[at + PC];
      const before = at === this.top && this.#before;
      const isRegister = frames[at + STP] < 0, trapped = at === this.top && this.#trapped;
      const tier = isRegister || (this.#inlined && at >= this.top - FRAME_WORDS) ? "fast" : "interp";
      const registers = isRegister ? this.tier.registers!.codeAt(code, place) : undefined;
      list.push(() => {
        const pc = registers === undefined ? place : trapped ? registers.trapAt(place) : registers.pcAt(place);
        let offset = pc;
        if (!before) {
          let offsets = known.get(module.bytes);
          if (offsets === undefined) known.set(module.bytes, offsets = new Map());
          offset = offsets.get(pc) ?? instructionBefore(module.bytes, body, pc);
          offsets.set(pc, offset);
        }
        return { name: functionName(module, index), index, offset, tier };
      });
      if (frames[at + BASE] & RETURN_DONE) break;
    }
    return list;
  }

  get depth(): number {
    return (this.top - this.#bottom) / FRAME_WORDS + 1;
  }

  views(level: number, limit = Infinity): FrameView[] {
    const views: FrameView[] = [];
    const on = this.#parked ?? SHARED, { i32, frames } = on;
    for (let at = this.#topBelow(level); at >= this.#bottom; at -= FRAME_WORDS) {
      const of = this.#codeAt(at, on), { func, body, heads, view: { code } } = of;
      const fp = frames[at + FP], isRegister = frames[at + STP] < 0, trapped = at === this.top && this.#trapped;
      const tier = isRegister ? "fast" : "interp";
      const next = this.#pcAt(at, of, on);
      // Where register code trapped, operands are nowhere.
      const slots = isRegister && trapped
        ? of.localWords >> 1
        : ((at < this.top ? frames[at + FRAME_WORDS + FP] : this.#sp << 1) - fp) >> 1;
      const pc = next >= code.entry ? heads[(next - code.entry) >> 1] ?? body : next;
      const before = at === this.top && (this.#before || this.#atSafepoint);
      const offset = before ? pc : instructionBefore(code.original, body, pc);
      views.push({ func, tier, offset, pc: before ? pc + 1 : pc, words: i32, at: fp, slots });
      if ((frames[at + BASE] & RETURN_DONE) !== 0 || views.length >= limit) break;
    }
    return views;
  }

  image(): ThreadImage {
    const shared = this.#parked ?? SHARED, { i32, frames } = shared;
    const first = this.#parked === undefined ? this.#first << 1 : 0,
      bottom = this.#bottom,
      end = this.top + FRAME_WORDS;
    const image = {
      words: i32.slice(first, this.#sp << 1),
      frames: frames.slice(bottom, end),
      codes: [] as FunctionCode[],
      level: this.level,
      ticks: this.ticks,
      standing: (this.#before ? BEFORE : 0) | (this.#atSafepoint ? AT_SAFEPOINT : 0) | (this.#owes ? OWES : 0),
    };
    for (let at = 0; at < image.frames.length; at += FRAME_WORDS) {
      image.frames[at + FP] -= first;
      image.codes.push(this.#codeAt(bottom + at, shared));
    }
    return image;
  }

  restore({ words, frames, codes, level, ticks, standing }: ThreadImage): void {
    this.#parked = { i32: words.slice(), frames: frames.slice(), codes: codes.slice() as FunctionCode[] };
    this.#first = -1;
    this.#sp = words.length >> 1;
    this.#bottom = 0;
    this.top = frames.length - FRAME_WORDS;
    this.level = level;
    this.ticks = ticks;
    this.#before = (standing & BEFORE) !== 0;
    this.#atSafepoint = (standing & AT_SAFEPOINT) !== 0;
    this.#owes = (standing & OWES) !== 0;
  }

  get running(): WasmFunc {
    return this.#codeAt(this.top).func;
  }

  scan(visit: (ref: number, isFunc: boolean, func: WasmFunc, slot: number) => void): void {
    const shared = this.#parked ?? SHARED, { i32, frames } = shared;
    for (let at = this.#bottom; at <= this.top; at += FRAME_WORDS) {
      const own = this.#codeAt(at, shared), { func, body, heads, view: { code } } = own;
      const fp = frames[at + FP];
      // What an instruction took from the stack, such as a call's arguments, belongs to the next frame, or is gone.
      const slots = ((at < this.top ? frames[at + FRAME_WORDS + FP] : this.#sp << 1) - fp) >> 1;
      // Before an instruction with a stop, and at safepoints, the pc is where the next one begins.
      const next = this.#pcAt(at, own, shared);
      const pc = next >= code.entry
        ? (heads[(next - code.entry) >> 1] ?? body) + 1
        : next + (at === this.top && (this.#before || this.#atSafepoint) ? 1 : 0);
      const { refs, funcs } = stackMap(func.instance!.valid, func.index, pc);
      for (const slot of refs) if (slot < slots) visit(i32[fp + 2 * slot], false, func, slot);
      for (const slot of funcs) if (slot < slots) visit(i32[fp + 2 * slot], true, func, slot);
    }
  }

  *functions(): Iterable<WasmFunc> {
    const shared = this.#parked ?? SHARED;
    for (let at = this.#bottom; at <= this.top; at += FRAME_WORDS) yield this.#codeAt(at, shared).func;
  }

  /** Takes its part off the shared stack, so that others can run there. It must be the one that runs: what lies above has ended. */
  park(): void {
    if (this.#first < 0) return;
    const at = ACTIVE.lastIndexOf(this);
    if (at < 0) throw new BugError("a thread was parked that does not run");
    const first = this.#first << 1, bottom = this.#bottom;
    const words = (this.#sp << 1) - first, frameWords = this.top + FRAME_WORDS - bottom;
    const parked = this.#room ??= { i32: new Int32Array(64), frames: new Int32Array(64), codes: [] };
    if (parked.i32.length < words) parked.i32 = new Int32Array(words);
    if (parked.frames.length < frameWords) parked.frames = new Int32Array(frameWords);
    copyWords(this.i32, first, parked.i32, 0, words);
    copyWords(FRAMES, bottom, parked.frames, 0, frameWords);
    parked.codes.length = frameWords / FRAME_WORDS;
    for (let at = 0, k = 0; at < frameWords; at += FRAME_WORDS) {
      parked.frames[at + FP] -= first;
      parked.codes[k++] = this.#codeAt(bottom + at, SHARED);
    }
    this.#parked = parked;
    ACTIVE.length = at;
    this.#first = -1;
    this.#sp = words >> 1;
    this.#bottom = 0;
    this.top = frameWords - FRAME_WORDS;
    if (ACTIVE.length === 0) forgetCodes();
  }

  /** Puts it back on top. False, and it stays parked, if there is no room. */
  unpark(): boolean {
    const parked = this.#parked;
    if (parked === undefined) return true;
    const { i32, frames, codes } = parked;
    const below = ACTIVE[ACTIVE.length - 1];
    const first = (below === undefined ? 0 : below.sp) << 1;
    const bottom = (below === undefined ? 0 : below.top) + FRAME_WORDS;
    const words = this.#sp << 1, frameWords = this.top + FRAME_WORDS;
    if (bottom + frameWords > LAST_FRAME + FRAME_WORDS || first + words > STACK_WORDS) return false;
    for (let k = 0; k < codes.length; k++) {
      if (first + frames[k * FRAME_WORDS + FP] + codes[k].frameWords > STACK_WORDS) return false;
    }
    this.#parked = undefined;
    ACTIVE.push(this);
    copyWords(i32, 0, this.i32, first, words);
    copyWords(frames, 0, FRAMES, bottom, frameWords);
    for (let at = bottom, k = 0; k < codes.length; at += FRAME_WORDS) {
      FRAMES[at + FP] += first;
      CODES[at / FRAME_WORDS] = codes[k++];
    }
    codes.length = 0;
    if (i32.length + frames.length > KEPT_WORDS) this.#room = undefined;
    this.#first = first >> 1;
    this.#sp = this.#first + (words >> 1);
    this.#bottom = bottom;
    this.top = bottom + frameWords - FRAME_WORDS;
    return true;
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
    this.#before =
      this.#atSafepoint =
      this.#owes =
      this.#trapped =
      this.#inlined =
      this.replaces =
        false;
    this.ticks = 0;
    if (this.#parked !== undefined) this.#parked = this.#room = undefined;
    if (ACTIVE.length === 0) forgetCodes();
  }
}

/** The offset of the last instruction before `pc` in the body that begins at `start`; `start` if there is none. */
function instructionBefore(bytes: Uint8Array, start: number, pc: number): number {
  const r = new BytecodeReader(bytes, start);
  let at = start;
  // Behind the module's end a call begins that is counted.
  while (r.pos < pc && pc < bytes.length) {
    r.next();
    at = r.at;
  }
  return at;
}
