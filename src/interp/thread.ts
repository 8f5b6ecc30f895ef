// The interpreter as a tier: threads that run an activation's frames, in slices, in the loop that each frame's function wants, or step by step. The loop itself is run.ts.

import { ensureStack } from "../base/js_stack.ts";
import { BytecodeReader } from "../bytecode/reader.ts";
import type { FunctionCounters } from "../runtime/counters.ts";
import type { WasmException } from "../runtime/exception.ts";
import type { WasmFunc } from "../runtime/func.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import type { Store } from "../runtime/store.ts";
import { type HotSpot, type InterpThread, type InterpTier, RunStatus } from "../runtime/tier.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import { deadlinePassed } from "../platform/deadline.ts";
import type { Meter } from "../runtime/meter.ts";
import { Imm } from "../wasm/opcodes.ts";
import { TrapCode } from "../wasm/traps.ts";
import {
  checkAccesses,
  type FunctionCode,
  functionCode,
  isCounted,
  moduleCode,
  setStop,
  wantsRegisters,
} from "./code.ts";
import { clauseFor, enterClause } from "./exceptions.ts";
import type { RegisterTier } from "./registers.ts";
import { runLoop, SLICE, STOPPED, SWITCH } from "./run.ts";
import {
  BASE,
  CODES,
  FP,
  FRAME_WORDS,
  FRAMES,
  LAST_FRAME,
  PC,
  RETURN_DONE,
  RETURN_SWITCHES,
  STACK_WORDS,
  STP,
} from "./stack.ts";
import { instructionBefore, ThreadFrames } from "./frames.ts";

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

/** Runs the frames of one activation. */
export class Thread extends ThreadFrames implements InterpThread {
  callee: WasmFunc | undefined = undefined;
  /** With a callee after SWITCH: whether it takes the place of the top frame. */
  replaces = false;
  trapCode: TrapCode = TrapCode.UNREACHABLE;
  exception: WasmException | undefined = undefined;
  /** Whether bytes are read that stop before every instruction. */
  stepping = false;
  /** Where rarer instructions leave the pc, and those that are counted the cursor. */
  pc = 0;
  stp = 0;
  /** Fuel that the loop had left. */
  rest = 0;
  /** What the loop was given. */
  #given = 0;
  /** `InterpreterTier.withdrawals` when its frames were last looked through. */
  #withdrawals = 0;

  enter(func: WasmFunc): boolean {
    if (!this.pushCall(func, RETURN_DONE)) return false;
    this.level++;
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

  /** As `run()`, and gives STOPPED before an instruction where a stop is set, after which `step()` goes on, and at the safepoint where `ticks` comes to `until`. */
  runToStop(until = Infinity): RunStatus {
    const { interrupt, meter } = this.store;
    for (;;) {
      if (this.ticks >= until) return this.#left(STOPPED);
      // Asked here, too, and answered at the next safepoint: a loop that calls or throws at each pass leaves before it has used up a slice.
      const stops = Atomics.load(interrupt, 0) !== 0 || deadlinePassed();
      if (stops && this.owes) return this.#left(RunStatus.SAFEPOINT);
      const most = Math.min(
        meter === undefined ? SLICE_FUEL : this.#pay(meter),
        this.store.policy?.shuffle?.slice ?? SLICE_FUEL,
      );
      if (most < 0) return this.#left(RunStatus.SAFEPOINT);
      const slice = this.#given = stops ? 0 : Math.min(most, until - this.ticks - 1);
      this.#chooseLoop();
      this.before =
        this.atSafepoint =
        this.trapped =
        this.inlined =
          false;
      this.callee = undefined;
      const status = FRAMES[this.top + STP] < 0 ? this.tier.registers!.run(this, slice) : runLoop(this, slice);
      this.owes = status === SLICE;
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

  /** Has the top frame go on in the loop that its function is to run in, if it stands where that is possible. */
  #chooseLoop(): void {
    const { top, tier } = this;
    if (tier.registers === undefined) return;
    if (this.#withdrawals !== tier.withdrawals) {
      this.#withdrawals = tier.withdrawals;
      for (let at = this.bottom + FRAME_WORDS; at <= top; at += FRAME_WORDS) {
        if (FRAMES[at + BASE] === 0 && FRAMES[at - FRAME_WORDS + STP] < 0) FRAMES[at + BASE] = RETURN_SWITCHES;
      }
    }
    const shuffle = this.stepping ? undefined : this.store.policy?.shuffle;
    if (shuffle === undefined) this.#choose(top, true);
    else {
      // Those below had their turn.
      const lowest = Math.max(this.bottom, top - SHUFFLED * FRAME_WORDS);
      for (let at = lowest; at <= top; at += FRAME_WORDS) this.#choose(at, shuffle.isRegister());
    }
  }

  /** Makes a frame one of register code, if it is to be and can go on there, or one of the interpreter. */
  #choose(at: number, isToBeRegister: boolean): void {
    const code = this.codeAt(at), isRegister = FRAMES[at + STP] < 0;
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
    const pc = this.pcAt(at, code);
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
    if (FRAMES[at + BASE] & RETURN_DONE || below < this.bottom) return;
    const isRegister = FRAMES[at + STP] < 0;
    const same = isRegister === FRAMES[below + STP] < 0 &&
      (!isRegister || this.codeAt(at).func.instance === this.codeAt(below).func.instance);
    FRAMES[at + BASE] = same ? 0 : RETURN_SWITCHES;
  }

  /** Calls a function, or lets it take the place of the top frame, as the loop asked for that could not run it, and counts that as the loop counts calls. False if there is no room, which is then a trap. */
  #callInterpreted(func: WasmFunc): boolean {
    const base = this.replaces ? FRAMES[this.top + BASE] & RETURN_DONE : 0;
    if (this.replaces) this.top -= FRAME_WORDS;
    if (!this.pushCall(func, base)) {
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
    if (this.owes) {
      if (meter.left < 1) {
        meter.exhausted = true;
        return -1;
      }
      meter.take(1);
      this.owes = false;
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
    const stepped = this.codeAt(this.top), { view: { code }, body } = stepped;
    if (FRAMES[this.top + STP] < 0) this.#toInterpreter(this.top, stepped);
    this.#passHead(this.top, stepped, true);
    if (this.owes) meter?.take(1);
    this.owes = false;
    if (FRAMES[this.top + PC] >= code.entry) FRAMES[this.top + PC] = body;
    const pc = FRAMES[this.top + PC];
    const end = code.allow(pc);
    this.stepping = true;
    this.before = this.atSafepoint = false;
    try {
      for (;;) {
        this.#given = 0;
        let status = runLoop(this, 0);
        this.ticks += this.#given - this.rest;
        meter?.take(this.#given - Math.max(this.rest, 0));
        if (status === SLICE) {
          // It leads to a loop's head or into a function, where runToStop() is still to ask; the instruction there may be this one.
          this.owes = true;
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
          if (FRAMES[this.top + STP] < 0) this.#toInterpreter(this.top, this.codeAt(this.top));
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
    const slot = (stores ? this.height : this.height - 1) << 1;
    const address = (this.i32[slot] >>> 0) + r.offset;
    if (address + (1 << r.info.accessLog2) > memory.byteLength) return false;
    if (stores) this.height += 2;
    FRAMES[this.top + PC] = r.at;
    return true;
  }

  /** After a trap in a body that stands in place of a call: makes the frame that the call would have made, with locals that are 0. */
  #frameOfInlined(): void {
    const { top } = this;
    if (FRAMES[top + STP] >= 0) return;
    const code = this.codeAt(top), { instance } = code.func;
    const trap = this.tier.registers!.codeAt(code, FRAMES[top + PC]).inlinedTrapAt(FRAMES[top + PC]);
    if (trap === undefined) return;
    ensureStack();
    const callee = functionCode(instance!.funcs[trap.callee]), fp = FRAMES[top + FP] + code.localWords;
    FRAMES[top + PC] = trap.end;
    FRAMES[top + STP] = code.cursorAt(trap.end);
    CODES[top / FRAME_WORDS] = code;
    this.#link(top);
    this.inlined = true;
    // Operands of the caller are nowhere.
    this.height = fp >> 1;
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
    this.height = (fp + callee.localWords) >> 1;
  }

  #left<T extends RunStatus>(status: T): T {
    this.before = status === STOPPED;
    this.trapped = status === RunStatus.TRAP;
    this.atSafepoint = status === RunStatus.SAFEPOINT || status === RunStatus.HOT;
    if (status === RunStatus.DONE || status === RunStatus.TAIL_CALL) {
      this.top -= FRAME_WORDS;
      this.level--;
    }
    return status;
  }

  get hot(): HotSpot {
    const at = this.top;
    const code = this.codeAt(at), { func, heads, counters } = code;
    const pc = this.pcAt(at, code), counter = heads.indexOf(pc);
    return {
      func,
      loop: counter === 0 ? -1 : pc,
      calls: counters!.count(0),
      passes: counter === 0 ? 0 : counters!.count(counter),
      rearm: (more) => counters!.rearm(counter, more),
      stays: () => code.view.code.fuse(code.own),
    };
  }

  catches(exception: WasmException, level: number): boolean {
    for (let at = this.topBelow(level); at >= this.bottom; at -= FRAME_WORDS) {
      const code = this.codeAt(at);
      if (code.handlers.length > 0) {
        const pc = this.pcAt(at, code);
        const clause = clauseFor(code, pc, exception);
        if (clause !== undefined) {
          enterClause(this, at, code, clause, exception);
          CODES[at / FRAME_WORDS] = code;
          this.#link(this.top);
          // Backwards: to the head of a loop.
          this.owes = FRAMES[at + PC] <= pc;
          if (this.owes) this.ticks++;
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
    this.owes = true;
    this.ticks++;
  }

  override reset(): void {
    super.reset();
    this.callee = undefined;
    this.exception = undefined;
    this.replaces = false;
  }
}
