// The public Debugger: breakpoints, watched places, and calls that run from stop to stop.

import { ExpressionError, parseExpression } from "../debug/expression.ts";
import { DebuggedCall } from "../debug/call.ts";
import { Controller, type Go, type StopCause, type WatchHit } from "../debug/controller.ts";
import { PlaceError, placeIn, placeText } from "../debug/places.ts";
import type { Point, StopEvent } from "../debug/points.ts";
import { scopeOf } from "../debug/scope.ts";
import { DEFAULT_TAPE_BYTES, TapeError } from "../debug/recording.ts";
import { Tape } from "../debug/tape.ts";
import { type FrameValue, numberOf, valuesOf, writeBits } from "../debug/values.ts";
import type { Context } from "../engine/context.ts";
import { readResults } from "../runtime/call.ts";
import type { WaitingFrame } from "../runtime/debugging.ts";
import type { Store } from "../runtime/store.ts";
import type { TierName } from "../runtime/tier.ts";
import { fromRef, isExnType, toRef, writeSlots } from "../runtime/values.ts";
import { Right } from "../wasm/rights.ts";
import { isRef, typeName, V128 } from "../wasm/types.ts";
import { type Func, innerFunc } from "./func.ts";
import { type Global, innerGlobal } from "./global.ts";
import { innerMemory, Memory } from "./memory.ts";

export type { StopEvent } from "../debug/points.ts";

/** The debugger's inner side. */
export let controllerOf: (of: Debugger) => Controller;

/** Why a call stopped. */
export type StopReason =
  | "breakpoint"
  | "event"
  | "watch"
  | "step"
  | "finish"
  | "until"
  | "interrupt"
  | "trap"
  | "exception"
  | "history";

/** When a point stops calls. */
export interface PointOptions {
  /**
   * Only where this holds: an expression such as `i >= 10 && i32[$head + 4] == 0` (names of locals and globals; `local[0]`, `operand[0]`, `global[0]`; memory as `u8[…]` to `f64[…]`;
   * C's operators), or a function that looks at the frame. One that throws counts as true.
   */
  readonly condition?: string | ((frame: DebugFrame) => boolean);
  /** How many times it is passed over first; default 0. */
  readonly ignore?: number;
  /** Whether it goes once it stopped a call; default no. */
  readonly once?: boolean;
}

/** Something that calls stop for. */
export interface DebugPoint {
  /** Number, from 1. */
  readonly id: number;
  /** What it is about, in words. */
  readonly text: string;
  /** How often it was reached, its condition true. */
  readonly hits: number;
  /** Whether it stops calls. */
  enabled: boolean;
  /** Ends it; a second time does nothing. Functions that it kept in the interpreter go back to where they were. */
  remove(): void;
}

/** What was done to a watched place. */
export interface WatchedChange {
  /** The function that did it, of the host too. */
  readonly by: string;
  /** Byte offset in the module of the instruction; -1 for the host. */
  readonly offset: number;
  /** Whether it wrote; otherwise it read. */
  readonly write: boolean;
  /** The watched bytes before. */
  readonly before: Uint8Array;
  /** The watched bytes after. */
  readonly after: Uint8Array;
}

/** Why a call stopped, and where. */
export interface Stop {
  /** `history`: what is recorded begins or ends here. `trap`, `exception`: this is how the call ends, as soon as it goes on. */
  readonly reason: StopReason;
  /** What it stopped for: of the reasons `breakpoint`, `event` and `watch`. */
  readonly point?: DebugPoint;
  /** What was done to watched places. */
  readonly changes: readonly WatchedChange[];
  /** What ends the call, of the reasons `trap` and `exception`. */
  readonly error?: unknown;
  /** The innermost frame. */
  readonly frame: DebugFrame;
}

/** A value in a frame. */
export interface DebugValue {
  /** Index among the locals; number from the top among the operands. */
  readonly index: number;
  /** From the name section. */
  readonly name: string | undefined;
  /** As in the text format. */
  readonly type: string;
  /** As Func.call() gives values; a v128 as bigint of 128 bits. Undefined for an exnref. */
  readonly value: unknown;
  /** Whether that is sure: a frame that waits as machine code may have 0 for what nothing reads any more. */
  readonly sure: boolean;
}

/** The debugger of an engine, given by {@link Engine.debugger}. */
export class Debugger {
  readonly #context: Context;
  readonly #controller: Controller;
  readonly #points = new Map<number, DebugPoint>();

  /** Takes the engine's inner side: `engine.debugger` is the way to one. */
  constructor(context: Context) {
    this.#context = context;
    this.#controller = new Controller(context.store, (func) => context.hold(func, "breakpoint"));
  }

  static {
    controllerOf = (of) => of.#controller;
  }

  /** What calls stop for, oldest first. */
  get points(): DebugPoint[] {
    const { points } = this.#controller;
    for (const id of this.#points.keys()) if (!points.has(id)) this.#points.delete(id);
    return [...points.values()].map((p) => this.#public(p));
  }

  /**
   * Stops calls before an instruction: the function's first, or the one so many bytes behind it. The function is interpreted as long as that holds, frames that run
   * included; all others run as they did. Throws RangeError where no instruction begins, SyntaxError for a condition that is none.
   */
  break(func: Func, options: PointOptions & { readonly offset?: number } = {}): DebugPoint {
    const place = attempt(() => placeIn(innerFunc(func), options.offset ?? 0));
    return this.#add({ ...this.#base(options), kind: "break", ...place });
  }

  /**
   * Stops calls behind an instruction that writes (or reads, with `read`) bytes of a memory from `start` up to `end`, whether they change or not, and behind
   * calls of the host that changed them. Functions that may do so are interpreted as long as that holds. Throws RangeError for an empty range, SyntaxError for a condition that is none.
   */
  watch(
    memory: Memory,
    start: number,
    end: number,
    options: PointOptions & { readonly read?: boolean; readonly write?: boolean } = {},
  ): DebugPoint {
    if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end)) {
      throw new RangeError(`from ${start} up to ${end} there are no bytes`);
    }
    const rights = rightsOf(options);
    return this.#add({ ...this.#base(options), kind: "memory", memory: innerMemory(memory), start, end, rights });
  }

  /** Likewise for a global. */
  watchGlobal(
    global: Global,
    options: PointOptions & { readonly read?: boolean; readonly write?: boolean } = {},
  ): DebugPoint {
    return this.#add({
      ...this.#base(options),
      kind: "global",
      global: innerGlobal(global),
      rights: rightsOf(options),
    });
  }

  /** Stops calls for a kind of event: before instructions that throw, call the host or grow a memory; where a trap, or an exception that nothing catches, ends the call. */
  breakOn(event: StopEvent, options: PointOptions = {}): DebugPoint {
    return this.#add({ ...this.#base(options), kind: "event", event });
  }

  /**
   * Calls a function and runs it to its first stop or its end. Throws TypeError for arguments that do not fit and for host functions, and what the call throws unless it stops there.
   *
   * ```ts
   * import { Engine } from "../../mod.ts";
   *
   * const engine = new Engine();
   * const instance = engine.load(`(module (func $double (export "double") (param $n i32) (result i32)
   *   (i32.mul (local.get $n) (i32.const 2))))`);
   * engine.debugger.break(instance.func("double"), { condition: "n > 5" });
   * const call = engine.debugger.run(instance.func("double"), 21);
   * console.log(call.stop?.reason, call.frames[0].local("n")?.value); // breakpoint 21
   * call.frames[0].set("n", 4);
   * call.continue();
   * console.log(call.value); // 8
   * ```
   */
  run(func: Func, ...args: unknown[]): DebugCall {
    const call = this.start(func, ...args);
    call.continue();
    return call;
  }

  /** Prepares a call, to be recorded, or to be stepped into; nothing of it runs yet. Throws TypeError for arguments that do not fit and for host functions. */
  start(func: Func, ...args: unknown[]): DebugCall {
    const inner = innerFunc(func);
    if (inner.signature.vectors) {
      throw new TypeError(`${inner.name} has a v128 or an exnref in its type, so JavaScript cannot call it`);
    }
    const words = new Int32Array(2 * inner.paramSlots);
    writeSlots(this.#context.store, words, 0, inner.signature.type.params, args);
    const call = new DebuggedCall(this.#controller, inner, words, true);
    return new DebugCall(call, this.#context.store, (point) => this.#public(point));
  }

  /**
   * Called where a call stops that cannot wait, since JavaScript does: one that was not made by `run()`, or that a host function made. What it gives says how
   * the call goes on. Such calls do not stop while this is undefined.
   */
  get onStop(): ((stop: Stop, frames: readonly DebugFrame[]) => "continue" | "step" | "next" | "finish") | undefined {
    return this.#onStop;
  }
  set onStop(
    listener: ((stop: Stop, frames: readonly DebugFrame[]) => "continue" | "step" | "next" | "finish") | undefined,
  ) {
    this.#onStop = listener;
    this.#controller.onNestedStop = listener && (({ activation, cause }) => {
      const frames = activation.waitingFrames().map((f) => new DebugFrame(f, this.#context.store));
      const go = listener(stopOf(cause, frames, (p) => this.#public(p)), frames);
      for (const frame of frames) frame.leave();
      return go === "step" ? { kind: "step", count: 1 } : { kind: go };
    });
  }
  #onStop: ((stop: Stop, frames: readonly DebugFrame[]) => "continue" | "step" | "next" | "finish") | undefined;

  #base({ condition, ignore = 0, once = false }: PointOptions) {
    const controller = this.#controller, { store } = this.#context;
    let test: ((point: Point) => boolean) | undefined;
    if (typeof condition === "function") {
      test = () => {
        const frame = new DebugFrame(controller.here, store);
        try {
          return condition(frame);
        } finally {
          frame.leave();
        }
      };
    } else if (condition !== undefined) test = conditionOf(controller, attempt(() => parseExpression(condition)));
    const conditionText = typeof condition === "string" ? condition : undefined;
    return { id: controller.nextId(), enabled: true, once, ignore, hits: 0, condition: test, conditionText };
  }

  #add(point: Point): DebugPoint {
    this.#controller.add(point);
    return this.#public(point);
  }

  #public(point: Point): DebugPoint {
    let made = this.#points.get(point.id);
    if (made !== undefined) return made;
    const controller = this.#controller;
    made = {
      id: point.id,
      text: pointText(point),
      get hits() {
        return point.hits;
      },
      get enabled() {
        return point.enabled;
      },
      set enabled(on) {
        point.enabled = on;
      },
      remove: () => controller.remove(point),
    };
    this.#points.set(point.id, made);
    return made;
  }
}

/** The test of a condition in the frame where a call stands. What cannot be computed counts as true, so that nobody waits in vain. */
export function conditionOf(
  controller: Controller,
  expression: ReturnType<typeof parseExpression>,
): (point: Point) => boolean {
  return (point) => {
    const { here } = controller;
    point.conditionFailure = undefined;
    try {
      return Boolean(expression.evaluate(scopeOf(here, here.func.instance!)));
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      point.conditionFailure = error.message;
      return true;
    }
  };
}

/** What a point is about, in words. */
export function pointText(point: Point): string {
  const condition = point.conditionText === undefined ? "" : ` if ${point.conditionText}`;
  const uses = (rights: number) => rights === Right.WRITE ? "write" : rights === Right.READ ? "read" : "read and write";
  const hex = (n: number) => `0x${n.toString(16)}`;
  switch (point.kind) {
    case "break":
      return `${placeText(point)}${condition}`;
    case "memory":
      return `${uses(point.rights)} of memory ${hex(point.start)} to ${hex(point.end)}${condition}`;
    case "global": {
      const { owner } = point.global;
      const index = owner?.globals.indexOf(point.global) ?? -1;
      const name = owner?.module.names.globals.get(index) ?? (index < 0 ? "of the host" : index);
      return `${uses(point.rights)} of global ${name}${condition}`;
    }
    case "event":
      return `${point.event}${condition}`;
  }
}

function rightsOf({ read = false, write = !read }: { readonly read?: boolean; readonly write?: boolean }): number {
  const rights = (read ? Right.READ : 0) | (write ? Right.WRITE : 0);
  if (rights === 0) throw new RangeError("neither reads nor writes are to be watched");
  return rights;
}

/** Turns what the debugger's own parts throw into errors that JavaScript knows. */
function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof PlaceError) throw new RangeError(error.message);
    if (error instanceof ExpressionError) throw new SyntaxError(error.message);
    if (error instanceof TapeError) throw new TypeError(error.message);
    throw error;
  }
}

/** How a call is recorded. */
export interface RecordOptions {
  /** What that may take, in bytes; default 256 MiB. Beyond it, the oldest part is forgotten. */
  readonly limitBytes?: number;
}

/** Who wrote a place last, of {@link Recording.lastWriter}. */
export interface LastWriter extends WatchedChange {
  /** Takes the call to the instruction that wrote, before it did; behind a host function that did. Throws as {@link Recording.back}. */
  go(): Stop;
}

/**
 * A call that is recorded. In the past everything can be looked at, and nothing changed; the call's own methods go on as it was recorded, up to the present.
 * Calls of other functions are refused meanwhile.
 *
 * ```ts
 * import { Engine } from "../../mod.ts";
 *
 * const engine = new Engine();
 * const instance = engine.load(`(module (memory 1)
 *   (func (export "fill") (param $i i32)
 *     (loop $l
 *       (i32.store8 (local.get $i) (local.get $i))
 *       (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))))`);
 * const call = engine.debugger.start(instance.func("fill"), 100);
 * const recording = call.record();
 * call.continue();
 * const writer = recording.lastWriter(instance.memory(), 40, 41)!;
 * console.log(writer.by, writer.before[0], writer.after[0]); // fill 0 40
 * console.log(writer.go().frame.local("i")?.value); // 40
 * recording.back();
 * recording.end();
 * ```
 */
export class Recording implements Disposable {
  readonly #tape: Tape;
  readonly #show: (go: () => void) => Stop;

  /** {@link DebugCall.record} makes it. */
  constructor(tape: Tape, show: (go: () => void) => Stop) {
    this.#tape = tape;
    this.#show = show;
  }

  /** Whether the past is looked at. */
  get inPast(): boolean {
    return this.#tape.inPast;
  }
  /** Bytes that it takes, about. */
  get bytes(): number {
    return this.#tape.bytes;
  }
  /** Images of what changed, calls of host functions, loop passes and calls so far; how often the oldest part was forgotten. */
  get figures(): { images: number; hostCalls: number; ticks: number; forgotten: number } {
    return this.#tape.figures;
  }

  /** Goes back by so many instructions. This and those below give where the call waits then, and throw TypeError when it runs, or when nothing is recorded. */
  back(count = 1): Stop {
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`${count} is no number of instructions`);
    return this.#show(() => this.#tape.back(count));
  }
  /** Goes back by one instruction, calls as a whole. */
  backOver(): Stop {
    return this.#show(() => this.#tape.backOver());
  }
  /** Goes back to the last time that a point would have stopped the call; to the beginning if there is none. */
  backToStop(): Stop {
    return this.#show(() => this.#tape.backToStop());
  }
  /** Goes back to the call instruction that the innermost function was called by. */
  backToCall(): Stop {
    return this.#show(() => this.#tape.backToCall());
  }
  /** Goes to where the record begins. */
  toBeginning(): Stop {
    return this.#show(() => this.#tape.toBeginning());
  }
  /** Returns to the present. */
  toPresent(): void {
    this.#tape.toPresent();
  }

  /** Who wrote bytes of a memory, or a global, last before this moment; undefined if nothing in the record did. */
  lastWriter(memory: Memory, start: number, end: number): LastWriter | undefined;
  /** Likewise for a global. */
  lastWriter(global: Global): LastWriter | undefined;
  lastWriter(of: Memory | Global, start = 0, end = 0): LastWriter | undefined {
    const base = { ...NO_POINT, id: -1, hits: 0, rights: Right.WRITE };
    if (of instanceof Memory && !(start >= 0 && start < end)) {
      throw new RangeError(`from ${start} up to ${end} there are no bytes`);
    }
    const found = attempt(() =>
      this.#tape.lastWrite(
        of instanceof Memory
          ? { ...base, kind: "memory", memory: innerMemory(of), start, end }
          : { ...base, kind: "global", global: innerGlobal(of) },
      )
    );
    return found && { ...changeOf(found.hit), go: () => this.#show(() => this.#tape.toWrite(found)) };
  }

  /** Ends it, in the present; a second time does nothing. */
  end(): void {
    this.#tape.end();
  }
  /** The same. */
  [Symbol.dispose](): void {
    this.end();
  }
}

const NO_POINT = { enabled: true, once: false, ignore: 0, condition: undefined, conditionText: undefined };

/** A call that runs from stop to stop. While it waits, anything else may run; what it refers to stays alive. */
export class DebugCall implements Disposable {
  readonly #call: DebuggedCall;
  readonly #store: Store;
  readonly #point: (point: Point) => DebugPoint;
  #frames: DebugFrame[] | undefined;

  /** {@link Debugger.run} makes it. */
  constructor(call: DebuggedCall, store: Store, point: (point: Point) => DebugPoint) {
    this.#call = call;
    this.#store = store;
    this.#point = point;
  }

  /** Why it waits; undefined before it begins and once it has ended. */
  get stop(): Stop | undefined {
    const { cause } = this.#call;
    return cause === undefined ? undefined : stopOf(cause, this.frames, this.#point);
  }
  /** Whether it returned, threw or was cancelled. */
  get ended(): boolean {
    return this.#call.ended;
  }
  /** What it returned, as Func.call() gives it. */
  get value(): unknown {
    const { results, func } = this.#call;
    return results && readResults(this.#store, func.signature.type.results, { words: results, at: 0 });
  }
  /** Its frames while it waits, innermost first. They can be used until it goes on. */
  get frames(): readonly DebugFrame[] {
    return this.#frames ??= this.#call.frames().map((f) => new DebugFrame(f, this.#store));
  }

  /** Runs to the next stop or the end; gives the stop. This and those below throw what the call throws, and TypeError when it runs or has ended. */
  continue(): Stop | undefined {
    return this.#go({ kind: "continue" });
  }
  /** Runs so many instructions, those of functions that are called too. */
  step(count = 1): Stop | undefined {
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`${count} is no number of instructions`);
    return this.#go({ kind: "step", count });
  }
  /** Runs one instruction, a call as a whole. */
  next(): Stop | undefined {
    return this.#go({ kind: "next" });
  }
  /** Runs until the innermost frame has returned. */
  finish(): Stop | undefined {
    return this.#go({ kind: "finish" });
  }
  /** Runs until the instruction that follows in the code, so that a loop runs to its end, or until the one so many bytes behind the function's first; a return stops too. Throws RangeError where no instruction begins. */
  until(offset?: number): Stop | undefined {
    const frame = this.frames[0];
    const place = offset === undefined || frame === undefined
      ? undefined
      : attempt(() => placeIn(this.#call.frames()[0].func, offset));
    return this.#go({ kind: "until", offset: place?.offset });
  }

  #go(go: Go): Stop | undefined {
    this.#call.check();
    for (const frame of this.#frames ?? []) frame.leave();
    this.#frames = undefined;
    this.#call.go(go);
    return this.stop;
  }

  /**
   * Records the call from here on (best before it begins: see {@link Debugger.start}), so that one can go back in it, also after it ended; until what it gives is ended. It
   * runs in the interpreter from now on. Throws TypeError where there are frames of machine code, or shared memories.
   */
  record(options: RecordOptions = {}): Recording {
    const { limitBytes = DEFAULT_TAPE_BYTES } = options;
    if (!(limitBytes >= 2 ** 20)) throw new RangeError("a recording takes 1 MiB or more");
    this.#call.check();
    if (this.#call.tape !== undefined) throw new TypeError("the call is recorded already");
    const tape = attempt(() => new Tape(this.#call.controller, this.#call, limitBytes));
    return new Recording(tape, (go) => {
      for (const frame of this.#frames ?? []) frame.leave();
      this.#frames = undefined;
      attempt(go);
      return this.stop!;
    });
  }

  /** Drops it; one that has ended is left alone. Throws TypeError when it runs. */
  cancel(): void {
    this.#call.tape?.end();
    this.#call.cancel();
  }
  /** The same. */
  [Symbol.dispose](): void {
    this.cancel();
  }
}

function stopOf(cause: StopCause, frames: readonly DebugFrame[], point: (point: Point) => DebugPoint): Stop {
  const of = "point" in cause ? cause.point : cause.kind === "watch" ? cause.hits[0].point : undefined;
  return {
    reason: cause.kind,
    ...(of === undefined ? {} : { point: point(of) }),
    changes: cause.kind === "watch" ? cause.hits.map(changeOf) : [],
    ...("error" in cause ? { error: cause.error } : {}),
    frame: frames[0],
  };
}

function changeOf({ by, offset, write, before, after }: WatchHit): WatchedChange {
  return { by: by.name, offset, write, before, after };
}

/** A frame of a call that waits. */
export class DebugFrame {
  readonly #frame: WaitingFrame;
  readonly #store: Store;
  #values: { locals: FrameValue[]; operands: FrameValue[] } | undefined;
  #left = false;

  /** {@link DebugCall.frames} makes it. */
  constructor(frame: WaitingFrame, store: Store) {
    this.#frame = frame;
    this.#store = store;
  }

  /** The function's name. */
  get name(): string {
    return this.#frame.func.name;
  }
  /** The function's index in its module. */
  get index(): number {
    return this.#frame.func.index;
  }
  /** Byte offset in the module of the instruction that is next, that waits for the frame above, or that trapped; -1 if not known. */
  get offset(): number {
    return this.#frame.offset;
  }
  /** The place as people write it: `fib+0x12`. */
  get place(): string {
    return placeText(this.#frame);
  }
  /** The tier that it runs in. A frame of machine code can be looked at; it is interpreted once one steps into it. */
  get tier(): TierName {
    return this.#frame.tier;
  }
  /** Parameters and locals; none where machine code trapped, whose registers nobody knows. */
  get locals(): DebugValue[] {
    return this.#read()?.locals.map((v) => this.#show(v)) ?? [];
  }
  /** Operands, the topmost first. */
  get operands(): DebugValue[] {
    return this.#read()?.operands.map((v) => this.#show(v)) ?? [];
  }
  /** A local by name or index. */
  local(name: string | number): DebugValue | undefined {
    return this.locals.find((l) => l.name === name || l.index === name);
  }
  /** What an expression gives here, as in conditions. Throws SyntaxError for one that is not well formed or about what is not there. */
  evaluate(expression: string): number | bigint {
    this.#check();
    return attempt(() => parseExpression(expression).evaluate(scopeOf(this.#frame, this.#frame.func.instance!)));
  }

  /** Sets a local, by name or index. Throws RangeError if there is none, TypeError for a value that does not fit, and for a frame of machine code. */
  set(local: string | number, value: unknown): void {
    const found = this.#read()?.locals.find((l) => l.name === local || l.index === local);
    if (found === undefined) throw new RangeError(`there is no local ${local}`);
    this.#write(found, value);
  }
  /** Sets an operand, 0 the topmost. Throws likewise. */
  setOperand(index: number, value: unknown): void {
    const found = this.#read()?.operands[index];
    if (found === undefined) throw new RangeError(`there is no operand ${index}`);
    this.#write(found, value);
  }

  /** The call goes on. */
  leave(): void {
    this.#left = true;
  }

  #check(): void {
    if (this.#left) throw new TypeError("the call has gone on: ask it for its frames again");
  }
  #read() {
    this.#check();
    return this.#values ??= valuesOf(this.#frame);
  }

  #write({ type, word }: FrameValue, value: unknown): void {
    const { words, writable, tier } = this.#frame;
    if (!writable) throw new TypeError(`${this.name} runs as machine code (tier ${tier}), whose values cannot be set`);
    const store = this.#store;
    if (isRef(type)) words![word] = toRef(store, type, value);
    else if (type === V128) writeBits(words!, word, type, BigInt(value as bigint));
    else writeSlots(store, words!.subarray(word, word + 2), 0, [type], [value]);
    this.#values = undefined;
  }

  #show({ index, name, type, bits, sure }: FrameValue): DebugValue {
    const value = isExnType(type)
      ? undefined
      : isRef(type)
      ? fromRef(this.#store, type, Number(BigInt.asIntN(32, bits)))
      : numberOf(bits, type);
    return { index, name, type: typeName(type), value, sure };
  }
}
