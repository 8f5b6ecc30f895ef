// Frames of one activation on the interpreter's stack: where they lie, how they are pushed and dropped, what is seen of them, and how they leave the stack and come back.
// Frames of register code lie there, too. What runs in them is thread.ts's affair.

import { BugError } from "../base/bug.ts";
import { BytecodeReader } from "../bytecode/reader.ts";
import type { WasmFunc } from "../runtime/func.ts";
import type { Store } from "../runtime/store.ts";
import type { FramePlan, FrameView, Stop, ThreadImage } from "../runtime/tier.ts";
import { stackMap } from "../validate/stack_map.ts";
import { MAX_FRAMES, type WasmFrame } from "../wasm/errors.ts";
import { functionName } from "../wasm/module.ts";
import { type FunctionCode, functionCode, STOP } from "./code.ts";
import type { RegisterCode } from "./registers.ts";
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
  SLOTS_I32,
  STACK,
  STACK_WORDS,
  STP,
} from "./stack.ts";
import type { InterpreterTier } from "./thread.ts";

/** Where a parked thread has copies of its slots, frames and functions, as if it were alone on the stack. */
interface ParkedFrames {
  i32: Int32Array;
  frames: Int32Array;
  readonly codes: FunctionCode[];
  /** Register code of its frames, which stays for them. */
  readonly registers: RegisterCode[];
}

/** Calls `visit` with each function that has a frame of register code on the shared stack. */
export function visitRegisterFrames(visit: (func: WasmFunc) => void): void {
  for (const thread of ACTIVE) thread.visitRegisterFrames(visit);
}

/** Words of copies that a thread keeps for the next time. */
const KEPT_WORDS = 1 << 12;

/** Copies `count` words; without making views, which takes longer than copying where they are few. */
function copyWords(from: Int32Array, at: number, to: Int32Array, toAt: number, count: number): void {
  for (let i = 0; i < count; i++) to[toAt + i] = from[at + i];
}

/** Words from which on `fill()` takes no longer than a loop. */
const MANY_WORDS = 64;
/** Writes zeros. */
function clearWords(words: Int32Array, at: number, end: number): void {
  if (end - at > MANY_WORDS) words.fill(0, at, end);
  else for (; at < end; at++) words[at] = 0;
}

/** Bits of `ThreadImage.standing`. */
const BEFORE = 1, AT_SAFEPOINT = 2, OWES = 4;

const SHARED = { i32: SLOTS_I32, frames: FRAMES, codes: CODES, registers: [] };

/** Threads that have something on the shared stack, outermost first. */
const ACTIVE: ThreadFrames[] = [];

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
export abstract class ThreadFrames {
  readonly i32: Int32Array = SLOTS_I32;
  level = 0;
  /** Slot where its part of the stack begins; -1 while it has none. */
  #first = -1;
  /** Slot behind its topmost one; 0 while it has no part of the stack. */
  protected height = 0;
  /** Word where its lowest frame begins. */
  protected bottom = 0;
  /** Word in FRAMES where the top frame begins; below `bottom` if there is none. */
  top = -FRAME_WORDS;
  /** Whether the top frame's pc stands before the instruction to come, not behind or in the one that was the last to run. */
  protected before = false;
  /** Whether it stands at a loop head or at a function's first instruction, which is still to come. */
  protected atSafepoint = false;
  /** Loop heads passed and functions entered; register code that is not metered counts loop heads only where it branches back to them. */
  ticks = 0;
  /** Whether it stands at a loop head or function entry at which it has not looked for interruptions; where code is metered, that is still to be paid for, too. */
  protected owes = false;
  /** What it had on the shared stack, while it is parked. */
  #parked: ParkedFrames | undefined;
  /** The same when it is not, for the next time. */
  #room: ParkedFrames | undefined;
  /** Whether the top frame trapped. */
  protected trapped = false;
  /** Whether the top frame and the one below were one of register code when it trapped. */
  protected inlined = false;

  constructor(readonly store: Store, readonly tier: InterpreterTier) {}

  /** The same, for whoever is about to run or push something: its part begins then, if it has none. */
  get sp(): number {
    if (this.#first < 0) this.#begin();
    return this.height;
  }

  set sp(value: number) {
    this.height = value;
  }

  #begin(): void {
    const below = ACTIVE[ACTIVE.length - 1];
    const first = below === undefined ? 0 : below.sp;
    ACTIVE.push(this);
    this.#first = this.height = first;
    // The frame below the lowest is not used, so that the loop may treat a base frame's caller like any other.
    this.bottom = (below === undefined ? 0 : below.top) + FRAME_WORDS;
    this.top = this.bottom - FRAME_WORDS;
  }

  reserve(slots: number): boolean {
    return STACK.hasRoom(this.sp, slots);
  }

  /** Pushes a frame for `func`, whose arguments are the topmost slots; `base` as in a frame. */
  protected pushCall(func: WasmFunc, base: number): boolean {
    const code = functionCode(func);
    const fp = (this.sp << 1) - code.paramWords;
    if (this.top >= LAST_FRAME || fp + code.frameWords > STACK_WORDS) return false;
    const top = this.top += FRAME_WORDS;
    FRAMES[top + PC] = code.start;
    FRAMES[top + STP] = code.stp;
    FRAMES[top + FP] = fp;
    FRAMES[top + BASE] = base;
    CODES[top / FRAME_WORDS] = code;
    clearWords(this.i32, fp + code.paramWords, fp + code.localWords);
    this.sp = (fp + code.localWords) >> 1;
    this.owes = this.atSafepoint = true;
    return true;
  }

  get atStop(): boolean {
    const { top } = this;
    return FRAMES[top + STP] >= 0 && this.codeAt(top).view.code.bytes[FRAMES[top + PC]] === STOP;
  }

  /** Where it stands, after STOPPED. */
  get stop(): Stop {
    const { top } = this, { func } = CODES[top / FRAME_WORDS];
    const { i32, sp } = this;
    return { func, offset: FRAMES[top + PC], words: i32, locals: FRAMES[top + FP] >> 1, top: sp, frame: top };
  }

  /** The function of the frame at word `at`, as the interpreter knows it. */
  protected codeAt(at: number, { frames, codes } = this.#parked ?? SHARED): FunctionCode {
    const cursor = frames[at + STP];
    return cursor < 0 ? functionCode(this.store.func(~cursor)) : codes[at / FRAME_WORDS];
  }

  /** Where the interpreter would be in the frame at word `at`. */
  protected pcAt(at: number, code: FunctionCode, { frames } = this.#parked ?? SHARED): number {
    const pc = frames[at + PC];
    if (frames[at + STP] >= 0) return pc;
    const registers = this.tier.registers!.codeAt(code, pc);
    return at === this.top && this.trapped ? registers.trapAt(pc) : registers.pcAt(pc);
  }

  wait(): void {
    this.before = true;
  }

  /** Byte offset of the instruction that the top frame is to run next, after STOPPED. */
  get offset(): number {
    const of = this.codeAt(this.top), { view: { code }, heads, body } = of;
    const pc = this.pcAt(this.top, of);
    return pc >= code.entry ? heads[(pc - code.entry) >> 1] ?? body : pc;
  }

  /** Word where the topmost frame below all but `level` base frames begins. */
  protected topBelow(level: number): number {
    const frames = this.#parked?.frames ?? FRAMES;
    let at = this.top;
    for (let above = this.level - level; above > 0; at -= FRAME_WORDS) above -= frames[at + BASE] & RETURN_DONE;
    return at;
  }

  get topSlot(): number {
    return FRAMES[this.top + FP] >> 1;
  }

  takeTop(): { at: number; base: boolean } {
    const { top } = this, base = (FRAMES[top + BASE] & RETURN_DONE) !== 0;
    this.height = FRAMES[top + FP] >> 1;
    this.top -= FRAME_WORDS;
    if (base) this.level--;
    return { at: this.height, base };
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
    this.before = false;
    this.owes = owes;
    return at;
  }

  drop(level: number): void {
    for (; this.level > level; this.top -= FRAME_WORDS) {
      this.level -= FRAMES[this.top + BASE] & RETURN_DONE;
      this.height = FRAMES[this.top + FP] >> 1;
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
    for (let at = this.topBelow(level); at >= this.bottom && list.length < limit; at -= FRAME_WORDS) {
      const code = this.codeAt(at, shared), { func, body } = code;
      const { index } = func, { module } = func.instance!, place = frames[at + PC];
      const before = at === this.top && this.before;
      const isRegister = frames[at + STP] < 0, trapped = at === this.top && this.trapped;
      const tier = isRegister || (this.inlined && at >= this.top - FRAME_WORDS) ? "fast" : "interp";
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
    return (this.top - this.bottom) / FRAME_WORDS + 1;
  }

  views(level: number, limit = Infinity): FrameView[] {
    const views: FrameView[] = [];
    const on = this.#parked ?? SHARED, { i32, frames } = on;
    for (let at = this.topBelow(level); at >= this.bottom; at -= FRAME_WORDS) {
      const of = this.codeAt(at, on), { func, body, heads, view: { code } } = of;
      const fp = frames[at + FP], isRegister = frames[at + STP] < 0, trapped = at === this.top && this.trapped;
      const tier = isRegister ? "fast" : "interp";
      const next = this.pcAt(at, of, on);
      // Where register code trapped, operands are nowhere.
      const slots = isRegister && trapped
        ? of.localWords >> 1
        : ((at < this.top ? frames[at + FRAME_WORDS + FP] : this.height << 1) - fp) >> 1;
      const pc = next >= code.entry ? heads[(next - code.entry) >> 1] ?? body : next;
      const before = at === this.top && (this.before || this.atSafepoint);
      const offset = before ? pc : instructionBefore(code.original, body, pc);
      views.push({ func, tier, offset, pc: before ? pc + 1 : pc, words: i32, at: fp, slots });
      if ((frames[at + BASE] & RETURN_DONE) !== 0 || views.length >= limit) break;
    }
    return views;
  }

  image(): ThreadImage {
    const shared = this.#parked ?? SHARED, { i32, frames } = shared;
    const first = this.#parked === undefined ? this.#first << 1 : 0,
      bottom = this.bottom,
      end = this.top + FRAME_WORDS;
    const image = {
      words: i32.slice(first, this.height << 1),
      frames: frames.slice(bottom, end),
      codes: [] as FunctionCode[],
      level: this.level,
      ticks: this.ticks,
      standing: (this.before ? BEFORE : 0) | (this.atSafepoint ? AT_SAFEPOINT : 0) | (this.owes ? OWES : 0),
    };
    for (let at = 0; at < image.frames.length; at += FRAME_WORDS) {
      image.frames[at + FP] -= first;
      image.codes.push(this.codeAt(bottom + at, shared));
    }
    return image;
  }

  restore({ words, frames, codes, level, ticks, standing }: ThreadImage): void {
    release(this.#parked?.registers ?? []);
    this.#parked = {
      i32: words.slice(),
      frames: frames.slice(),
      codes: codes.slice() as FunctionCode[],
      registers: [],
    };
    this.#keepCode(this.#parked);
    this.#first = -1;
    this.height = words.length >> 1;
    this.bottom = 0;
    this.top = frames.length - FRAME_WORDS;
    this.level = level;
    this.ticks = ticks;
    this.before = (standing & BEFORE) !== 0;
    this.atSafepoint = (standing & AT_SAFEPOINT) !== 0;
    this.owes = (standing & OWES) !== 0;
  }

  get running(): WasmFunc {
    return this.codeAt(this.top).func;
  }

  scan(visit: (ref: number, isFunc: boolean, func: WasmFunc, slot: number) => void): void {
    const shared = this.#parked ?? SHARED, { i32, frames } = shared;
    for (let at = this.bottom; at <= this.top; at += FRAME_WORDS) {
      const own = this.codeAt(at, shared), { func, body, heads, view: { code } } = own;
      const fp = frames[at + FP];
      // What an instruction took from the stack, such as a call's arguments, belongs to the next frame, or is gone.
      const slots = ((at < this.top ? frames[at + FRAME_WORDS + FP] : this.height << 1) - fp) >> 1;
      // Before an instruction with a stop, and at safepoints, the pc is where the next one begins.
      const next = this.pcAt(at, own, shared);
      const pc = next >= code.entry
        ? (heads[(next - code.entry) >> 1] ?? body) + 1
        : next + (at === this.top && (this.before || this.atSafepoint) ? 1 : 0);
      const { refs, funcs } = stackMap(func.instance!.valid, func.index, pc);
      for (const slot of refs) if (slot < slots) visit(i32[fp + 2 * slot], false, func, slot);
      for (const slot of funcs) if (slot < slots) visit(i32[fp + 2 * slot], true, func, slot);
    }
  }

  /** Calls `visit` with each function of a frame of register code. */
  visitRegisterFrames(visit: (func: WasmFunc) => void): void {
    for (let at = this.bottom; at <= this.top; at += FRAME_WORDS) {
      if (FRAMES[at + STP] < 0) visit(this.store.func(~FRAMES[at + STP]));
    }
  }

  *functions(): Iterable<WasmFunc> {
    const shared = this.#parked ?? SHARED;
    for (let at = this.bottom; at <= this.top; at += FRAME_WORDS) yield this.codeAt(at, shared).func;
  }

  /** Takes its part off the shared stack, so that others can run there. It must be the one that runs: what lies above has ended. */
  park(): void {
    if (this.#first < 0) return;
    const at = ACTIVE.lastIndexOf(this);
    if (at < 0) throw new BugError("a thread was parked that does not run");
    const first = this.#first << 1, bottom = this.bottom;
    const words = (this.height << 1) - first, frameWords = this.top + FRAME_WORDS - bottom;
    const parked = this.#room ??= {
      i32: new Int32Array(64),
      frames: new Int32Array(64),
      codes: [],
      registers: [],
    };
    if (parked.i32.length < words) parked.i32 = new Int32Array(words);
    if (parked.frames.length < frameWords) parked.frames = new Int32Array(frameWords);
    copyWords(this.i32, first, parked.i32, 0, words);
    copyWords(FRAMES, bottom, parked.frames, 0, frameWords);
    parked.codes.length = frameWords / FRAME_WORDS;
    for (let at = 0, k = 0; at < frameWords; at += FRAME_WORDS) {
      parked.frames[at + FP] -= first;
      parked.codes[k++] = this.codeAt(bottom + at, SHARED);
    }
    this.#keepCode(parked);
    this.#parked = parked;
    ACTIVE.length = at;
    this.#first = -1;
    this.height = words >> 1;
    this.bottom = 0;
    this.top = frameWords - FRAME_WORDS;
    if (ACTIVE.length === 0) forgetCodes();
  }

  /** Has register code of parked frames stay. */
  #keepCode({ frames, codes, registers }: ParkedFrames): void {
    for (let at = 0, k = 0; k < codes.length; at += FRAME_WORDS, k++) {
      if (frames[at + STP] >= 0) continue;
      const code = this.tier.registers!.codeAt(codes[k], frames[at + PC]);
      code.parked++;
      registers.push(code);
    }
  }

  /** Puts it back on top. False, and it stays parked, if there is no room. */
  unpark(): boolean {
    const parked = this.#parked;
    if (parked === undefined) return true;
    const { i32, frames, codes } = parked;
    const below = ACTIVE[ACTIVE.length - 1];
    const first = (below === undefined ? 0 : below.sp) << 1;
    const bottom = (below === undefined ? 0 : below.top) + FRAME_WORDS;
    const words = this.height << 1, frameWords = this.top + FRAME_WORDS;
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
    release(parked.registers);
    if (i32.length + frames.length > KEPT_WORDS) this.#room = undefined;
    this.#first = first >> 1;
    this.height = this.#first + (words >> 1);
    this.bottom = bottom;
    this.top = bottom + frameWords - FRAME_WORDS;
    return true;
  }

  /** Drops everything. */
  reset(): void {
    // On top, unless one above could not be reset yet for lack of JavaScript stack: see Activations.dropEnded().
    if (ACTIVE[ACTIVE.length - 1] === this) ACTIVE.length--;
    else if (ACTIVE.includes(this)) ACTIVE.splice(ACTIVE.indexOf(this), 1);
    this.#first = -1;
    this.height = 0;
    this.bottom = 0;
    this.top = -FRAME_WORDS;
    this.level = 0;
    this.before =
      this.atSafepoint =
      this.owes =
      this.trapped =
      this.inlined =
        false;
    this.ticks = 0;
    if (this.#parked !== undefined) {
      release(this.#parked.registers);
      this.#parked = this.#room = undefined;
    }
    if (ACTIVE.length === 0) forgetCodes();
  }
}

/** Lets register code go that parked frames had. */
function release(codes: RegisterCode[]): void {
  for (const code of codes) code.parked--;
  codes.length = 0;
}

/** The offset of the last instruction before `pc` in the body that begins at `start`; `start` if there is none. */
export function instructionBefore(bytes: Uint8Array, start: number, pc: number): number {
  const r = new BytecodeReader(bytes, start);
  let at = start;
  // Behind the module's end a call begins that is counted.
  while (r.pos < pc && pc < bytes.length) {
    r.next();
    at = r.at;
  }
  return at;
}
