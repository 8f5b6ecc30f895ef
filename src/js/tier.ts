// Tier `js` as the runtime sees it: makes functions of JavaScript when they are first called, runs them, calls out of them to functions of other tiers and to hosts, and
// says where their frames stand. What becomes of frames that are left is the driver's affair (runtime/driver.ts).

import { BugError } from "../base/bug.ts";
import { ensureStack, makeRoomCheck } from "../base/js_stack.ts";
import { deadlinePassed, requestAlarm } from "../platform/deadline.ts";
import { INTERRUPT, InterruptBit } from "../platform/interrupt.ts";
import { Activation } from "../runtime/activation.ts";
import { WasmException } from "../runtime/exception.ts";
import { Mode, type WasmFunc } from "../runtime/func.ts";
import { callHost } from "../runtime/host_call.ts";
import type { JsCaller, JsEntry, JsOutcome, JsTier, SingleSteps } from "../runtime/js_tier.ts";
import type { Store } from "../runtime/store.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import type { WasmFrame } from "../wasm/errors.ts";
import { TrapCode } from "../wasm/traps.ts";
import { type Callable, Cell } from "./cell.ts";
import { type JsSource, refusal, writeFunction } from "./compile_function.ts";
import { entryOf } from "./entries.ts";
import { getF32, getF64, putF32, putF64, signalsF32, signalsF64 } from "./floats.ts";
import { AGAIN, FUEL, instanceName, type Scope, SP, storeScope, TAIL } from "./library.ts";
import { RH } from "./long.ts";
import {
  limitTraces,
  makeEntry,
  nameSource,
  noteRuns,
  type Origin,
  resetTraces,
  type Runs,
  runsOf,
} from "./positions.ts";
import { holdSource, keepSource, useSource } from "./source_cache.ts";
import { type Kind, kindSlots, kindsOf, Unsuitable } from "./state.ts";
import { type Surroundings, WaysOut } from "./ways_out.ts";
import { type Leaver, type LoopFunction, type Pace, U } from "./unwinding.ts";

/** Activations that calls out of JavaScript may begin within one another; a frame beyond is left, so that the call takes no more of JavaScript's stack. */
const MOST_NESTED = 40;
/** Words above all frames that arguments and results may take. */
const RESERVE = 8192;
/** What passes of loops may count until a function is left, at first and at most. Before, the outermost ones do not look for interruptions. */
const LEAST_PASSES = 1000, MOST_PASSES = 1 << 17;
/** Milliseconds after which a function that runs long is to be left. */
const SLICE_MS = 4;
/** The most fuel that is given at once. */
const CHUNK = 2 ** 30;

/** What was made so far. */
export interface JsFigures {
  functions: number;
  /** Milliseconds it took to write and to hand to V8, which compiles when they are called. */
  ms: number;
  /** Bytes of Wasm read, and characters of JavaScript written. */
  wasmBytes: number;
  sourceBytes: number;
}

/** A source with the function that makes functions of it. */
interface Made extends Origin {
  readonly source: JsSource;
  readonly factory: (...scope: unknown[]) => Callable[];
}

/** Sources by module, shared by all stores of this isolate; by index, entry and whether fuel is counted. An error is the reason why there is none. */
const MADE = new WeakMap<ValidModule, Map<string, Made | Unsuitable>>();

/** By module and index, like the code that V8 makes of sources. */
const PACES = new WeakMap<ValidModule, Map<number, Pace>>();

/** Callers whose code runs, outermost first, with what they began with. */
interface Running {
  readonly caller: JsCaller;
  /** Word where their shadow frames begin. */
  readonly base: number;
  demotions: number;
  /** How much of stacks errors kept before. */
  readonly limit: number;
}
const RUNNING: Running[] = [];

let entry: ReturnType<typeof makeEntry> | undefined;
let checkRoom: () => void = ensureStack;
let unavailable: string | undefined | null = null;

/** Why tier `js` cannot run here; undefined if it can. */
export function jsUnavailable(): string | undefined {
  if (unavailable !== null) return unavailable;
  try {
    entry = makeEntry();
    checkRoom = makeRoomCheck();
    return unavailable = undefined;
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    return unavailable = `code may not be made of text here (${error.message})`;
  }
}

function keyOf(index: number, at: number, metered: boolean, exact: boolean): string {
  return `${index} ${at} ${metered} ${exact}`;
}

/** The tier of one store. */
export class JavaScriptTier implements JsTier {
  readonly figures: JsFigures = { functions: 0, ms: 0, wasmBytes: 0, sourceBytes: 0 };
  readonly #cells: (Cell | undefined)[] = [];
  readonly #scope: Scope;
  readonly #metered: boolean;
  /** Whether the policy wants frames at each safepoint. */
  readonly #exact: boolean;
  /** Fuel that was handed out. */
  #given = 0;
  readonly #trap: (code: TrapCode) => never;
  readonly #waysOut: WaysOut;
  #thrown: { readonly exception: WasmException; readonly error: unknown } | undefined;
  #noted: () => Runs = () => [];

  constructor(readonly store: Store, readonly steps: SingleSteps) {
    this.#metered = store.meter !== undefined;
    // Functions that call one another look only whether somebody has set a bit.
    requestAlarm();
    const cellOf = (ref: number) => this.#cells[ref] ?? this.#newCell(ref);
    this.#exact = store.policy?.leaves ?? false;
    this.#scope = storeScope(store, steps, cellOf, {
      poll: (owes: number) => this.#poll(owes !== 0),
      slice: (me: Leaver) => this.#slice(me),
      resume: (me: Leaver, site: number, at: number) => this.#resume(me, me.sites[site - 1].source, at),
    });
    this.#trap = this.#scope.trap as (code: TrapCode) => never;
    const around: Surroundings = {
      call: (cell, at) => this.#callOut(cell, at),
      begin: (cell, at) => this.#beginHost(cell, at),
      gave: () => {
        if (store.handles.crowded) store.collectUnlessPaused();
      },
      threw: (error) => this.#threwHost(error),
      end: (at) => this.#endHost(at),
      stops: () => this.#stopsAfterCall(RUNNING[RUNNING.length - 1]),
      leave: ({ func }, at) => this.#leaveWith(func, at),
    };
    this.#waysOut = new WaysOut(steps.words, around, !this.#metered);
  }

  get stackWords(): number {
    return this.steps.words.length;
  }

  // Functions

  refusal(func: WasmFunc): string | undefined {
    const { valid } = func.instance!;
    const known = MADE.get(valid)?.get(this.#key(func, -1));
    return known instanceof Unsuitable ? known.message : refusal(valid, func.index);
  }

  #key(func: WasmFunc, at: number): string {
    return keyOf(func.index, at, this.#metered, this.#exact);
  }

  #newCell(ref: number): Cell {
    return this.#cells[ref] = new Cell(this.store.func(ref), (cell) => this.#fill(cell));
  }

  changed(func: WasmFunc): void {
    this.#cells[func.ref]?.clear();
  }
  forget(first: number, count: number): void {
    for (let ref = first; ref < first + count; ref++) {
      const cell = this.#cells[ref];
      if (cell === undefined) continue;
      // Whoever still has the cell calls a function that was freed: it must not reach the next of this number.
      cell.f =
        cell.raw =
        cell.own =
        cell.twin =
          () => {
            throw new BugError("a function was called that was freed");
          };
      this.#cells[ref] = undefined;
    }
  }

  /** Finds what runs when the cell is called. */
  #fill(cell: Cell): Callable {
    const { func } = cell;
    if (func.mode === Mode.JS) {
      const made = this.#make(func, -1);
      if (!(made instanceof Unsuitable)) {
        const [raw, twin] = this.#instantiate(made, func);
        cell.raw = cell.own = raw;
        cell.twin = twin;
        return cell.f = made.source.tails ? bouncing(raw) : raw;
      }
      this.store.setTier(func, "interp");
      func.refusal = made.message;
    }
    return cell.f = this.#waysOut.of(cell);
  }

  /** The source of a function, or of its loop at `at`. */
  #make(func: WasmFunc, at: number): Made | Unsuitable {
    const { valid } = func.instance!, { index } = func;
    let all = MADE.get(valid);
    if (all === undefined) MADE.set(valid, all = new Map());
    const key = this.#key(func, at);
    let made = all.get(key);
    useSource(made);
    if (made === undefined) {
      // Neither we nor V8's parser are to be interrupted by the end of the stack: that would say nothing of the function.
      ensureStack(4);
      const began = performance.now();
      made = this.#write(valid, index, at);
      all.set(key, made);
      if (!(made instanceof Unsuitable)) keepSource(all, key, made, made.source.text.length);
      this.figures.ms += performance.now() - began;
    }
    return made;
  }

  #write(valid: ValidModule, index: number, at: number): Made | Unsuitable {
    try {
      const options = { metered: this.#metered, exact: this.#exact, stackWords: this.stackWords };
      const source = writeFunction(valid, index, options, at);
      const { body } = valid.module.funcs[index];
      this.figures.functions++;
      this.figures.wasmBytes += body!.end - body!.start;
      this.figures.sourceBytes += source.text.length;
      const origin = { module: valid.module, index, offsets: source.offsets };
      const made: { -readonly [K in keyof Made]?: Made[K] } = origin;
      made.source = source;
      made.factory = new Function(...source.names, nameSource(origin) + source.text) as Made["factory"];
      return made as Made;
    } catch (error) {
      if (error instanceof Unsuitable) return error;
      if (error instanceof RangeError || error instanceof SyntaxError) {
        return new Unsuitable(`V8 cannot parse its source: ${error.message}`);
      }
      throw error;
    }
  }

  #instantiate(made: Made, func: WasmFunc, loops: Leaver["loops"] = new Map()): Callable[] {
    const { source, factory } = made, { instance } = func, scope = this.#scope;
    const cellOf = (ref: number) => this.#cells[ref] ?? this.#newCell(ref);
    const me: Leaver = {
      func,
      sites: source.sites,
      loops,
      pace: this.#paceOf(func),
      isLoop: source.entry !== undefined,
    };
    const functions = factory(...source.names.map((name) => {
      if (name === "me") return me;
      if (name === "P") return me.pace;
      const value = name in scope ? scope[name] : instanceName(name, instance!, this.steps, cellOf, this.#trap);
      if (value === undefined) throw new BugError(`the source of ${func.name} takes ${name}, which is nothing`);
      return value;
    }));
    holdSource(functions, made);
    return functions;
  }

  #paceOf({ instance, index }: WasmFunc): Pace {
    const { valid } = instance!;
    let paces = PACES.get(valid);
    if (paces === undefined) PACES.set(valid, paces = new Map());
    let pace = paces.get(index);
    if (pace === undefined) {
      paces.set(
        index,
        pace = { first: LEAST_PASSES, passes: LEAST_PASSES, left: 0 },
      );
    }
    return pace;
  }

  peek(valid: ValidModule, index: number): JsSource | undefined {
    const made = MADE.get(valid)?.get(keyOf(index, -1, this.#metered, this.#exact));
    return made === undefined || made instanceof Unsuitable ? undefined : made.source;
  }

  // Runs

  run(caller: JsCaller, func: WasmFunc, words: Int32Array, at: number): JsOutcome {
    const cell = this.#cells[func.ref] ?? this.#newCell(func.ref);
    if (cell.f === undefined) cell.get();
    const kinds = kindsOf(func.type.params);
    // What the tier has no source for, or what it was found not to be able to hold.
    if (func.mode !== Mode.JS || !holdsFloats(kinds, words, at)) return { what: "refused" };
    const args: number[] = [], base = 2 * caller.stackTop;
    let word = at, to = base;
    this.#checkRoom(base);
    for (const kind of kinds) {
      if (kind === "f") args.push(getF32(words, word));
      else if (kind === "d") args.push(getF64(words, word));
      else if (kind === "v") this.steps.words.set(words.subarray(word, word + 4), to);
      else args.push(words[word]);
      if (kind === "l") args.push(words[word + 1]);
      word += 2 * kindSlots(kind);
      to += 2 * kindSlots(kind);
    }
    return this.#enter(caller, func, cell.raw ?? cell.f!, args);
  }

  entryOf(func: WasmFunc): JsEntry | undefined {
    const cell = this.#cells[func.ref] ?? this.#newCell(func.ref);
    if (cell.f === undefined) cell.get();
    // One that leaves a tail call to be made may be replaced by a function of another tier.
    if (func.mode !== Mode.JS || cell.raw !== cell.f) return undefined;
    if (cell.entry === undefined) cell.entry = entryOf(func.type) ?? null;
    return cell.entry ?? undefined;
  }

  value: unknown = undefined;
  enter(caller: JsCaller, func: WasmFunc, entry: JsEntry, args: ArrayLike<unknown>): JsOutcome | undefined {
    const before = this.#begin(caller);
    try {
      this.value = entry.enter(this.#cells[func.ref]!.f!, args);
      return undefined;
    } catch (error) {
      return this.#ended(error);
    } finally {
      this.#end(before);
    }
  }

  /** Begins a run; gives the word behind what was there before. */
  #begin(caller: JsCaller): number {
    const { store } = this, base = 2 * caller.stackTop, before = SP[0];
    this.#checkRoom(base);
    RUNNING.push({ caller, base, demotions: store.demotions, limit: limitTraces() });
    SP[0] = base;
    TAIL.cell = undefined;
    this.#load();
    if (store.policy?.leaves) Atomics.or(INTERRUPT, 0, InterruptBit.ATTENTION);
    return before;
  }
  #end(before: number): void {
    this.#unload();
    SP[0] = before;
    resetTraces(RUNNING.pop()!.limit);
  }

  canEnterLoop(func: WasmFunc, source: number, words: Int32Array, at: number): boolean {
    const made = this.#make(func, source);
    if (made instanceof Unsuitable) return false;
    return made.source.entry!.every(({ kind, slot }) => holdsFloats([kind], words, at + 2 * slot));
  }

  enterLoop(caller: JsCaller, func: WasmFunc, source: number, words: Int32Array, at: number): JsOutcome {
    const base = 2 * caller.stackTop;
    this.#checkRoom(base);
    if (words !== this.steps.words || at !== base) throw new BugError("a frame for a loop is not on top");
    let loops = this.#loops.get(func);
    if (loops === undefined) this.#loops.set(func, loops = new Map());
    const me: Leaver = { func, sites: [], loops, pace: this.#paceOf(func), isLoop: true };
    return this.#enter(caller, func, () => this.#resume(me, source, at), []);
  }
  /** Functions from loops on, for frames of the interpreter. */
  readonly #loops = new WeakMap<WasmFunc, Leaver["loops"]>();

  /** Goes on behind the head of a loop, with the frame whose words begin at `at` of the stack, where it may stay. */
  #resume({ func, loops, pace }: Leaver, source: number, at: number): unknown {
    for (;;) {
      let loop = loops.get(source);
      if (loop === undefined) {
        const made = this.#make(func, source);
        if (made instanceof Unsuitable) throw new BugError(`there is no way into the loop: ${made.message}`);
        loops.set(source, loop = this.#instantiate(made, func, loops)[0] as LoopFunction);
      }
      AGAIN.source = -1;
      const result = loop(this.steps.words, at, pace.passes);
      if (AGAIN.source < 0) return result;
      source = AGAIN.source;
    }
  }

  /** Called when a function is about to be left at a loop for one that begins there. */
  #slice({ pace, isLoop }: Leaver): void {
    if (Atomics.load(INTERRUPT, 0) !== 0 || deadlinePassed()) this.#poll(false);
    const now = performance.now(), ms = now - pace.left;
    pace.left = now;
    if (isLoop) {
      if (ms < SLICE_MS) pace.passes = Math.min(2 * pace.passes, MOST_PASSES);
      else if (ms > 4 * SLICE_MS) pace.passes = Math.max(pace.passes >> 1, LEAST_PASSES);
    } else if (ms < SLICE_MS) pace.first = Math.min(2 * pace.first, MOST_PASSES);
  }

  #checkRoom(word: number): void {
    if (word > this.stackWords - 2 * RESERVE) this.#trap(TrapCode.CALL_STACK_EXHAUSTED);
  }

  #enter(caller: JsCaller, func: WasmFunc, f: Callable, args: readonly unknown[]): JsOutcome {
    const base = 2 * caller.stackTop;
    if (entry === undefined) jsUnavailable();
    const before = this.#begin(caller);
    try {
      let result = entry!(f, args), last = func;
      while (TAIL.cell !== undefined) {
        const { cell, args: next }: { cell: Cell; args: readonly number[] } = { cell: TAIL.cell, args: TAIL.args };
        TAIL.cell = undefined;
        last = cell.func;
        if (cell.f === undefined) cell.get();
        if (last.mode !== Mode.JS) return { what: "tail", callee: last, words: this.#argumentWords(last, next, base) };
        result = entry!(cell.raw ?? cell.f!, next);
      }
      this.#putResults(last, result as number, base);
      return { what: "done", at: base >> 1 };
    } catch (error) {
      return this.#ended(error);
    } finally {
      this.#end(before);
    }
  }

  /** The arguments of a call as words; vectors stand from word `base` on. */
  #argumentWords(func: WasmFunc, args: readonly number[], base: number): Int32Array {
    const words = new Int32Array(2 * func.paramSlots);
    let at = 0, i = 0;
    for (const kind of kindsOf(func.type.params)) {
      if (kind === "f") putF32(words, at, args[i++]);
      else if (kind === "d") putF64(words, at, args[i++]);
      else if (kind === "v") words.set(this.steps.words.subarray(base + at, base + at + 4), at);
      else words[at] = args[i++];
      if (kind === "l") words[at + 1] = args[i++];
      at += 2 * kindSlots(kind);
    }
    return words;
  }

  /** Puts what a function gave to where several results stand already. */
  #putResults(func: WasmFunc, result: number, base: number): void {
    const { results } = func.type, { words } = this.steps;
    if (results.length !== 1) return;
    const [kind] = kindsOf(results);
    if (kind === "v") return;
    if (kind === "d") putF64(words, base, result);
    else {
      words[base + 1] = kind === "l" ? RH[0] : 0;
      if (kind === "f") putF32(words, base, result);
      else words[base] = result;
    }
  }

  #ended(error: unknown): JsOutcome {
    if (error === U) return { what: "left", frames: U.frames, words: U.words, awaits: U.awaits };
    if (error instanceof WasmException) {
      const thrown = this.#thrown;
      this.#thrown = undefined;
      const { thrownAt } = error, frames = () => thrownAt === undefined ? [] : runsOf(thrownAt)[0];
      return { what: "exception", exception: error, frames, thrown: thrown?.exception === error ? thrown : undefined };
    }
    if (error instanceof RangeError) {
      const code = /call stack/.test(error.message)
        ? TrapCode.CALL_STACK_EXHAUSTED
        : /DataView/.test(error.message)
        ? TrapCode.MEMORY_OUT_OF_BOUNDS
        : -1;
      if (code !== -1) return { what: "trap", code, frames: runsOf(error)[0] };
    }
    throw error;
  }

  // Safepoints and fuel

  #load(): void {
    if (!this.#metered) return;
    FUEL[0] = this.#given = Math.min(this.store.meter!.left, CHUNK);
  }
  #unload(): void {
    if (!this.#metered) return;
    const meter = this.store.meter!;
    if (FUEL[0] < 0) {
      meter.exhausted = true;
      FUEL[0] = 0;
    }
    meter.take(this.#given - FUEL[0]);
    FUEL[0] = this.#given = 0;
  }

  /** At a safepoint, which `owes` what it takes if there was no fuel. Throws to leave all frames. */
  #poll(owes: boolean): void {
    const running = RUNNING[RUNNING.length - 1], { store } = this;
    ensureStack();
    this.#unload();
    if (!running.caller.serves() || this.#leavesFrames(running)) throw U.begin();
    this.#load();
    if (owes) FUEL[0]--;
    if (store.policy?.leaves) Atomics.or(INTERRUPT, 0, InterruptBit.ATTENTION);
  }

  #leavesFrames(running: Running): boolean {
    return running.demotions !== this.store.demotions || (this.store.policy?.takesBack() ?? false);
  }

  // Calls out

  /** Calls a function that does not run in this tier; arguments and results stand from word `at` on. */
  #callOut(cell: Cell, at: number): void {
    const { func } = cell, { store, steps: { words } } = this;
    const running = RUNNING[RUNNING.length - 1], { caller } = running;
    this.#checkRoom(at);
    const leaves = func.mode !== Mode.HOST &&
      (caller.kind !== "plain" || store.activations.running.length > MOST_NESTED);
    if (leaves) throw U.begin({ what: "call", callee: func, words: words.slice(at, at + 2 * func.paramSlots) });
    this.#beginHost(cell, at);
    let promise: Promise<unknown> | undefined;
    try {
      promise = func.suspending ? caller.suspends(func, words, at >> 1) : undefined;
      if (promise === undefined) this.#callOther(func, words, at);
    } catch (error) {
      this.#threwHost(error);
    } finally {
      this.#endHost(at);
    }
    if (promise !== undefined) throw U.begin({ what: "promise", callee: func, promise });
    const { results } = func.signature.type;
    if (this.#stopsAfterCall(running) || (results.length > 0 && !holdsFloats(kindsOf(results), words, at))) {
      this.#leaveWith(func, at);
    }
  }

  /** Before a function is called that is not of this tier: from now on others may use what this tier has for itself. */
  #beginHost({ func }: Cell, at: number): void {
    const { caller, limit } = RUNNING[RUNNING.length - 1];
    this.#checkRoom(at);
    checkRoom();
    this.#unload();
    caller.stackTop = at >> 1;
    caller.host = func.mode === Mode.HOST ? func : undefined;
    resetTraces(limit);
  }
  #endHost(at: number): void {
    const { caller, base } = RUNNING[RUNNING.length - 1];
    caller.stackTop = base >> 1;
    SP[0] = at;
    limitTraces();
    this.#load();
  }
  #threwHost(error: unknown): never {
    const { exceptions } = this.store, exception = exceptions.enter(error);
    if (exception === undefined || error instanceof WasmException) throw error;
    this.#thrown = { exception, error };
    exceptions.thrown(exception);
    throw exception;
  }

  /** Whether the frames are to be left after a call. The host may have asked for a stop, of which a loop would know only some passes later. */
  #stopsAfterCall(running: Running): boolean {
    const { store } = this;
    const stops = (Atomics.load(INTERRUPT, 0) & ~InterruptBit.ATTENTION) !== 0 || deadlinePassed();
    if ((stops && !running.caller.serves()) || this.#leavesFrames(running)) return true;
    if (store.policy?.leaves) Atomics.or(INTERRUPT, 0, InterruptBit.ATTENTION);
    return false;
  }
  #leaveWith(func: WasmFunc, at: number): never {
    const slots = func.resultSlots;
    throw U.begin({ what: "results", words: this.steps.words.slice(at, at + 2 * slots), slots });
  }

  #callOther(func: WasmFunc, words: Int32Array, at: number): void {
    if (func.mode === Mode.HOST) return callHost(this.store, func, { words, at: at >> 1 });
    const from = new Activation(this.store).call(func, { words, at: at >> 1 });
    if (from.words === words && from.at === at >> 1) return;
    const first = 2 * from.at;
    words.set(from.words.subarray(first, first + 2 * func.resultSlots), at);
  }

  // Where frames stand

  notePositions(): void {
    this.#noted = RUNNING.length === 0 ? () => [] : noteRuns();
  }
  frames(caller: JsCaller): () => readonly WasmFrame[] {
    const i = RUNNING.findLastIndex((r) => r.caller === caller), above = RUNNING.length - 1 - i;
    const noted = this.#noted;
    return () => i < 0 ? [] : (noted()[above] ?? []).map((make) => make());
  }
  topOf(caller: JsCaller): number {
    const running = RUNNING.findLast((r) => r.caller === caller), top = 2 * caller.stackTop;
    return running === undefined || top > running.base ? top : Math.max(top, SP[0]);
  }
  /** Word where the shadow frames of a caller begin. */
  baseOf(caller: JsCaller): number {
    return RUNNING.findLast((r) => r.caller === caller)?.base ?? 2 * caller.stackTop;
  }
}

/** Makes the tail calls that a function leaves to be made. */
function bouncing(raw: Callable): Callable {
  return (...args: number[]) => {
    let result = raw(...args);
    while (TAIL.cell !== undefined) {
      const { cell, args } = TAIL;
      TAIL.cell = undefined;
      if (cell.f === undefined) cell.get();
      result = (cell.raw ?? cell.f!)(...args);
    }
    return result;
  };
}

/** Whether no float among values of these kinds is a signalling NaN, which a variable cannot hold. */
function holdsFloats(kinds: readonly Kind[], words: Int32Array, at: number): boolean {
  for (const kind of kinds) {
    if ((kind === "f" && signalsF32(words, at)) || (kind === "d" && signalsF64(words, at))) return false;
    at += 2 * kindSlots(kind);
  }
  return true;
}
