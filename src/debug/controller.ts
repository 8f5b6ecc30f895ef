// The debugger of a store: decides where the interpreter waits, keeps points and the calls that are stopped, and takes functions to the interpreter as far as that needs.
// Takes points and plans, gives stops. What is recorded and run once more is tape.ts's affair; nothing here knows of people or terminals.

import type { Activation } from "../runtime/activation.ts";
import type { StoreDebugger, WaitingFrame } from "../runtime/debugging.ts";
import { Mode, type WasmFunc } from "../runtime/func.ts";
import { callHost, type SlotRange } from "../runtime/host_call.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import type { WasmMemory } from "../runtime/memory.ts";
import type { Store } from "../runtime/store.ts";
import { type InterpThread, RunStatus } from "../runtime/tier.ts";
import { TARGET_PC } from "../validate/side_table.ts";
import { Trap, Uncatchable } from "../wasm/errors.ts";
import { RETURN_CALL, RETURN_CALL_INDIRECT, RETURN_CALL_REF } from "../wasm/opcodes.ts";
import { Right } from "../wasm/rights.ts";
import { F64, I64, V128, type ValType } from "../wasm/types.ts";
import { instructionAt, isCall, type MemoryWatch, placesOf, type Point, type StopEvent } from "./points.ts";
import { Pins, StopTable } from "./stops.ts";
import { calledBy } from "./targets.ts";

/** What happened to a watched place. */
export interface WatchHit {
  readonly point: Point;
  /** What made the access: a function at a byte offset of its module, or a function of the host (offset -1). */
  readonly by: WasmFunc;
  readonly offset: number;
  readonly write: boolean;
  /** The bytes before and after, of a memory the whole watched range; the same for a read. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** Why a call stopped. */
export type StopCause =
  | { readonly kind: "breakpoint" | "event"; readonly point: Point }
  | { readonly kind: "watch"; readonly hits: readonly WatchHit[] }
  | { readonly kind: "step" | "finish" | "until" | "interrupt" }
  /** It ends here: by a trap, or by an exception that nothing catches. */
  | { readonly kind: "trap" | "exception"; readonly error: unknown }
  /** What is recorded begins or ends here. */
  | { readonly kind: "history"; readonly at: "beginning" | "end" };

/** How a call is to go on. */
export type Go =
  | { readonly kind: "continue" }
  /** To the first instruction, of a call that has not begun and was made to be interpreted. */
  | { readonly kind: "start" }
  | { readonly kind: "step"; readonly count: number }
  | { readonly kind: "next" }
  | { readonly kind: "finish" }
  /** Behind the present instruction, so that loops run to their end; or at a byte offset of the function's module. The frame's return stops too. */
  | { readonly kind: "until"; readonly offset?: number };

/** A stop for the plan at hand, which goes with it. */
interface Temporary {
  readonly kind: "temporary";
  /** Whose it is. */
  readonly state: CallState;
  /** What it stops the call for; undefined where it only lets hits be looked at. */
  readonly cause: "step" | "finish" | "until" | undefined;
  /** Frames that there may be at most. */
  readonly depth: number;
}

/** How far a call runs before it waits. */
interface Plan {
  /** Instructions still to be run one by one. */
  steps: number;
  readonly temporaries: { readonly func: WasmFunc; readonly offset: number; readonly reason: Temporary }[];
  readonly pinned: WasmFunc[];
}

type Reason = Point | Temporary;

/** What the debugger keeps of a call. */
export interface CallState {
  plan: Plan;
  /** Stands at a stop that is not to be met again. */
  skip: boolean;
  /** Is to be looked at where the interpreter comes back to it: an instruction that is stepped over left it, or a host function wrote to a watched place. */
  arrived: boolean;
  hits: WatchHit[];
  cause: StopCause | undefined;
  /** Runs it instead, while it is recorded or run once more. */
  driver: Driver | undefined;
}

/** Runs a call instead of the controller. */
export interface Driver {
  run(activation: Activation, thread: InterpThread, state: CallState): RunStatus;
  callHost(activation: Activation, callee: WasmFunc, args: SlotRange): void;
  stopsAt(activation: Activation, error: unknown): boolean;
  /** Whether it stands before what has happened. */
  readonly inPast: boolean;
  /** Objects may be freed and handles used again. */
  collects(): void;
}

/** A stop in a call that cannot be parked, since JavaScript waits for it. */
export interface NestedStop {
  readonly activation: Activation;
  readonly cause: StopCause;
}

const NO_PLAN = (): Plan => ({ steps: 0, temporaries: [], pinned: [] });

/** The debugger of a store. */
export class Controller implements StoreDebugger {
  readonly stops: StopTable<Reason>;
  readonly pins: Pins;
  readonly points: Map<number, Point> = new Map();
  /** Called where a call stops that cannot be parked; says how it goes on. Where nobody listens, such calls do not stop. */
  onNestedStop: ((stop: NestedStop) => Go) | undefined = undefined;
  /** What is run now was run before: hits do not count, and points stay. */
  scanning = false;
  readonly #states = new WeakMap<Activation, CallState>();
  /** Calls that are wanted to be seen, though there is no point. */
  #users = 0;
  #lastId = 0;
  #running: { readonly activation: Activation; readonly thread: InterpThread; readonly state: CallState } | undefined;

  /** `hold` keeps a function in the interpreter, and gives what ends that. */
  constructor(readonly store: Store, hold: (func: WasmFunc) => () => void) {
    this.stops = new StopTable(store);
    this.pins = new Pins(store, hold);
  }

  // Who is there

  /** Listens to the store as long as there are points or users. */
  #listen(): void {
    this.store.debug = this.#users > 0 || this.points.size > 0 ? this : undefined;
  }
  /** Has calls seen until `release()`. */
  use(): void {
    this.#users++;
    this.#listen();
  }
  release(): void {
    this.#users--;
    this.#listen();
  }

  /** What is kept of a call. */
  stateOf(activation: Activation): CallState {
    let state = this.#states.get(activation);
    if (state === undefined) {
      state = { plan: NO_PLAN(), skip: false, arrived: false, hits: [], cause: undefined, driver: undefined };
      this.#states.set(activation, state);
    }
    return state;
  }

  // Points

  nextId(): number {
    return ++this.#lastId;
  }

  add(point: Point): void {
    this.points.set(point.id, point);
    // Frames of JavaScript are gone when it throws.
    if (point.kind === "event" && point.event === "trap") this.pins.pinTier("js", point);
    this.#listen();
    for (const instance of this.store.instances) if (this.store.isInUse(instance)) this.#place(point, instance);
  }

  #place(point: Point, instance: WasmInstance): void {
    for (const { index, offset } of placesOf(point, instance)) {
      this.pins.pin(instance.valid, index, point);
      if (point.kind !== "memory") this.stops.add(instance, offset, point);
    }
    if (point.kind === "memory" && instance.memories.includes(point.memory)) this.#observe(point.memory);
  }

  remove(point: Point): void {
    if (!this.points.delete(point.id)) return;
    this.pins.unpinTier(point);
    for (const instance of this.store.instances) {
      for (const { index, offset } of placesOf(point, instance)) {
        this.pins.unpin(instance.valid, index, point);
        if (point.kind !== "memory") this.stops.remove(instance.valid, offset, point);
      }
    }
    if (point.kind === "memory") this.#observe(point.memory);
    this.#listen();
  }

  instantiates(): void {
    this.#checkPresent();
  }
  /** What others did in the past would be lost with it, while they keep references to it. */
  #checkPresent(): void {
    for (const { inPast } of this.drivers) {
      if (inPast) throw new TypeError("the past of a recorded call is looked at: return to the present first");
    }
  }

  /** Takes note that code was loaded: points hold there, too. */
  instantiated(instance: WasmInstance): void {
    this.pins.apply(instance);
    for (const point of this.points.values()) this.#place(point, instance);
  }

  /** The watches of a memory, those of whom else is asked for included. */
  #watches(memory: WasmMemory): MemoryWatch[] {
    const found: MemoryWatch[] = [];
    for (const p of this.points.values()) if (p.kind === "memory" && p.memory === memory && p.enabled) found.push(p);
    return found;
  }

  #observe(memory: WasmMemory): void {
    const watched = [...this.points.values()].some((p) => p.kind === "memory" && p.memory === memory);
    this.setObserver(memory, watched ? (at, size, rights) => this.#accessed(memory, at, size, rights) : undefined);
  }
  /** Has somebody told of accesses to a memory, which the interpreter then checks. */
  setObserver(memory: WasmMemory, observer: WasmMemory["observer"]): void {
    const changed = (memory.observer === undefined) !== (observer === undefined);
    memory.observer = observer;
    if (!changed) return;
    for (const instance of this.store.instances) {
      if (instance.memories.includes(memory)) this.store.checkAccesses(instance);
    }
  }

  /** An access is about to be made to a watched memory; the call stops behind it. */
  #accessed(memory: WasmMemory, at: number, size: number, rights: number): void {
    const running = this.#running;
    if (running === undefined) return;
    for (const point of this.#watches(memory)) {
      if (point.end <= at || point.start >= at + size || (point.rights & rights) === 0) continue;
      const { thread, state } = running;
      const [view] = thread.views(thread.level, 1);
      const before = copyOf(memory, point.start, point.end), write = (rights & Right.WRITE) !== 0;
      state.hits.push({ point, by: view.func, offset: view.offset, write, before, after: before });
      const next = instructionAt(view.func.instance!.module, view.offset).pos;
      this.#stopForHits(running, view.func, next);
    }
  }

  /** Whether a point that was reached stops the call. */
  counts(point: Point): boolean {
    if (!point.enabled || (point.condition !== undefined && !point.condition(point))) return false;
    if (this.scanning) return true;
    point.hits++;
    if (point.ignore > 0) {
      point.ignore--;
      return false;
    }
    return true;
  }

  // Plans

  /** The innermost frame of the call that runs, for conditions. */
  get here(): WaitingFrame {
    const { thread } = this.#running!;
    return { ...thread.views(thread.level, 1)[0], writable: true };
  }

  #addTemporary(activation: Activation, state: CallState, func: WasmFunc, offset: number, reason: Temporary): void {
    state.plan.temporaries.push({ func, offset, reason });
    this.stops.add(func.instance!, offset, reason);
    this.#pin(activation, state, func);
  }
  #stopForHits(running: { activation: Activation; state: CallState }, func: WasmFunc, offset: number): void {
    const { activation, state } = running;
    const reason: Temporary = { kind: "temporary", state, cause: undefined, depth: Infinity };
    this.#addTemporary(activation, state, func, offset, reason);
  }
  /** Those have done what they were for. */
  #dropHitStops({ plan: { temporaries } }: CallState): void {
    for (let i = temporaries.length - 1; i >= 0; i--) {
      const { func, offset, reason } = temporaries[i];
      if (reason.cause !== undefined) continue;
      temporaries.splice(i, 1);
      this.stops.remove(func.instance!.valid, offset, reason);
    }
  }
  #pin(activation: Activation, { plan }: CallState, func: WasmFunc): void {
    if (func.instance === undefined) return;
    plan.pinned.push(func);
    this.pins.pin(func.instance.valid, func.index, activation);
  }

  #dropPlan(activation: Activation, state: CallState, next: Plan = NO_PLAN()): void {
    const { plan } = state;
    state.plan = next;
    for (const { func, offset, reason } of plan.temporaries) this.stops.remove(func.instance!.valid, offset, reason);
    // What is still needed does not go to and fro.
    for (const func of plan.pinned) {
      if (!next.pinned.includes(func)) this.pins.unpin(func.instance!.valid, func.index, activation);
    }
  }

  /** How many frames the call that runs has, for conditions. */
  get depthHere(): number {
    return this.#running!.activation.depth;
  }

  /** Has the function interpreted that a call begins with. */
  interpretFirst(activation: Activation, func: WasmFunc): void {
    this.#pin(activation, this.stateOf(activation), func.bound?.target ?? func);
  }

  /** Lets a stopped call begin to go on; who called runs it then. */
  plan(activation: Activation, go: Go): void {
    const state = this.stateOf(activation);
    const old = state.plan;
    state.plan = NO_PLAN();
    const frames = go.kind === "continue" ? [] : activation.waitingFrames();
    const [frame, caller] = frames;
    if (frame !== undefined) {
      this.#pin(activation, state, frame.func);
      const { module } = frame.func.instance!;
      const r = instructionAt(module, Math.max(frame.offset, 0));
      const depth = frames.length;
      const stop = (func: WasmFunc, offset: number, cause: Temporary["cause"], most: number) =>
        this.#addTemporary(activation, state, func, offset, { kind: "temporary", state, cause, depth: most });
      const stopInCaller = (cause: Temporary["cause"]) => {
        if (caller !== undefined) stop(caller.func, caller.pc, cause, depth - 1);
      };
      const leaves = r.op === RETURN_CALL || r.op === RETURN_CALL_INDIRECT || r.op === RETURN_CALL_REF;
      if (go.kind === "step") state.plan.steps = go.count;
      else if (go.kind === "start") state.plan.steps = 1;
      else if (go.kind === "finish") {
        stopInCaller("finish");
        this.#stopAtHandlers(frames, depth - 1, stop);
      } else if (go.kind === "until") {
        stop(frame.func, go.offset ?? r.pos, "until", go.offset === undefined ? depth : Infinity);
        stopInCaller("until");
        this.#stopAtHandlers(frames, depth, stop);
      } else if (go.kind === "next" && isCall(r.op)) {
        if (leaves) stopInCaller("step");
        else stop(frame.func, r.pos, "step", depth);
        this.#stopAtHandlers(frames, depth, stop);
      } else state.plan.steps = 1;
      // Code that catches what an instruction throws would go on by itself.
      if (state.plan.steps > 0) {
        for (const { func } of withHandlers(frames)) this.#pin(activation, state, func);
      }
    }
    const made = state.plan;
    state.plan = old;
    this.#dropPlan(activation, state, made);
    state.skip = activation.pause === undefined || activation.pause.reason === "stop";
    state.arrived = go.kind === "start";
    state.cause = undefined;
    state.hits = [];
  }

  /** An exception may lead past what the plan waits for: to a handler of a frame that stays. */
  #stopAtHandlers(
    frames: readonly WaitingFrame[],
    depth: number,
    stop: (func: WasmFunc, offset: number, cause: "step", depth: number) => void,
  ): void {
    for (const { func, handlers, sideTable } of withHandlers(frames.slice(frames.length - depth))) {
      for (const { catches } of handlers) {
        for (const { entry } of catches) stop(func, sideTable[entry + TARGET_PC], "step", depth);
      }
    }
  }

  // Running

  run(activation: Activation, thread: InterpThread): RunStatus {
    const state = this.stateOf(activation), outer = this.#running;
    if (state.driver === undefined && this.drivers.size > 0) this.#checkPresent();
    this.#running = { activation, thread, state };
    try {
      return state.driver === undefined
        ? this.runToStop(activation, thread, state)
        : state.driver.run(activation, thread, state);
    } finally {
      this.#running = outer;
    }
  }

  /** Runs until the call is to wait, or leaves the interpreter, or until `thread.ticks` comes to `until`: then `state.cause` is undefined. */
  runToStop(activation: Activation, thread: InterpThread, state: CallState, until = Infinity): RunStatus {
    for (;;) {
      if (!state.arrived) {
        if (thread.ticks >= until) {
          thread.wait();
          return RunStatus.STOPPED;
        }
        const status = this.#advance(thread, activation, state, until);
        if (status !== RunStatus.STOPPED) return status;
      }
      state.arrived = false;
      const cause = this.#arrive(activation, thread, state);
      // It is passed, whether it stops the call or not.
      state.skip = thread.atStop;
      if (cause === undefined) continue;
      thread.wait();
      state.cause = cause;
      if (activation.kind === "debugged") return RunStatus.STOPPED;
      if (this.onNestedStop === undefined) this.#dropPlan(activation, state);
      else this.plan(activation, this.onNestedStop({ activation, cause }));
    }
  }

  /** Runs one instruction; gives STOPPED, with `state.cause` if the call would wait there, or why it left the interpreter. */
  advanceOne(activation: Activation, thread: InterpThread, state: CallState): RunStatus {
    if (!state.arrived) {
      state.skip = true;
      const status = this.#advance(thread, activation, state, Infinity);
      if (status !== RunStatus.STOPPED) {
        state.arrived = true;
        return status;
      }
    }
    state.arrived = false;
    const cause = this.#arrive(activation, thread, state);
    state.skip = this.stops.at(thread.running.instance!.valid, thread.offset) !== undefined;
    if (cause !== undefined) {
      thread.wait();
      state.cause = cause;
    }
    return RunStatus.STOPPED;
  }

  /** Runs to the next stop, or one instruction. */
  #advance(thread: InterpThread, activation: Activation, state: CallState, until: number): RunStatus {
    const { plan } = state;
    if (plan.steps === 0 && !state.skip) return thread.runToStop(until);
    // Others may have set a stop there, too.
    if (state.driver?.inPast !== true) this.store.stopped?.(thread.stop);
    state.skip = false;
    if (plan.steps === 0) return thread.step();
    const callee = calledBy(thread);
    if (callee !== undefined && callee.mode !== Mode.HOST && callee.tier !== "interp") {
      this.#pin(activation, state, callee);
    }
    const status = thread.step();
    if (status !== RunStatus.STOPPED) state.arrived = true;
    // It goes on in machine code otherwise.
    const below = status === RunStatus.DONE ? activation.waitsBelow : undefined;
    if (below !== undefined) this.#pin(activation, state, below);
    return status;
  }

  /** Standing before an instruction: why the call is to wait there, if it is. */
  #arrive(activation: Activation, thread: InterpThread, state: CallState): StopCause | undefined {
    const { plan } = state, func = thread.running, { offset } = thread;
    const cause = this.#reasonAt(activation, thread, state, func, offset);
    const points = cause === undefined
      ? []
      : "point" in cause
      ? [cause.point]
      : cause.kind === "watch"
      ? cause.hits.map((h) => h.point)
      : [];
    for (const point of points) if (point.once && !this.scanning) this.remove(point);
    if (plan.steps > 0 && --plan.steps === 0 && cause === undefined) return { kind: "step" };
    return cause;
  }

  #reasonAt(
    activation: Activation,
    thread: InterpThread,
    state: CallState,
    func: WasmFunc,
    offset: number,
  ): StopCause | undefined {
    const hits = state.hits.splice(0).map(renewed).filter(({ point }) => this.counts(point));
    this.#dropHitStops(state);
    const reasons = this.stops.at(func.instance!.valid, offset);
    let cause: StopCause | undefined = hits.length > 0 ? { kind: "watch", hits } : undefined;
    if (reasons === undefined) return cause;
    for (const reason of [...reasons]) {
      if (reason.kind === "temporary") {
        if (reason.state !== state || reason.cause === undefined || activation.depth > reason.depth) continue;
        cause ??= { kind: reason.cause };
      } else if (reason.kind === "global") this.#watchGlobal(state, reason, func, offset);
      else if (!this.#concerns(reason, thread) || !this.counts(reason)) continue;
      else if (cause === undefined || cause.kind !== "watch") {
        cause = { kind: reason.kind === "event" ? "event" : "breakpoint", point: reason };
      }
    }
    return cause;
  }

  /** Whether what is to happen at a place is what a point is about. */
  #concerns(point: Point, thread: InterpThread): boolean {
    if (point.kind !== "event" || point.event !== "host") return true;
    return calledBy(thread)?.mode === Mode.HOST;
  }

  /** Before an instruction that gets or sets a watched global: the call stops behind it. */
  #watchGlobal(state: CallState, point: Point, func: WasmFunc, offset: number): void {
    if (point.kind !== "global" || !point.enabled) return;
    const r = instructionAt(func.instance!.module, offset);
    if (func.instance!.globals[r.index] !== point.global) return;
    const before = globalBytes(point), write = r.info.name === "global.set";
    state.hits.push({ point, by: func, offset, write, before, after: before });
    this.#stopForHits(this.#running!, func, r.pos);
  }

  // Host functions, traps

  callHost(activation: Activation, callee: WasmFunc, args: SlotRange): void {
    const state = this.stateOf(activation);
    if (state.driver !== undefined) return state.driver.callHost(activation, callee, args);
    this.watchHost(activation, state, callee, () => callHost(this.store, callee, args));
  }

  /** Calls a host function and looks what it wrote to watched places. */
  watchHost(activation: Activation, state: CallState, callee: WasmFunc, call: () => void): void {
    const watched = [...this.points.values()].filter((p) => p.kind === "memory" || p.kind === "global");
    const before = watched.map(bytesOf);
    call();
    watched.forEach((point, i) => {
      if (!point.enabled || (point.rights & Right.WRITE) === 0) return;
      const after = bytesOf(point);
      if (after.every((b, k) => b === before[i][k])) return;
      state.hits.push({ point, by: callee, offset: -1, write: true, before: before[i], after });
    });
    if (state.hits.length === 0) return;
    state.arrived = true;
    // Machine code that called would go on otherwise.
    const [frame] = activation.waitingFrames();
    if (frame !== undefined) this.#pin(activation, state, frame.func);
  }

  stopsAt(activation: Activation, error: unknown): boolean {
    const state = this.stateOf(activation);
    state.cause = { kind: error instanceof Trap ? "trap" : "exception", error };
    if (state.driver !== undefined) return state.driver.stopsAt(activation, error);
    if (error instanceof Uncatchable) return false;
    for (const point of this.points.values()) {
      if (point.kind === "event" && point.event === "trap" && this.counts(point)) return true;
    }
    return false;
  }

  /** Whether calls stop for an event. */
  hasEvent(event: StopEvent): boolean {
    return [...this.points.values()].some((p) => p.kind === "event" && p.event === event);
  }

  collects(): void {
    for (const driver of this.drivers) driver.collects();
  }
  /** Those that keep what a collection would free. */
  readonly drivers: Set<Driver> = new Set();

  /** A call is over, or is dropped. */
  forget(activation: Activation): void {
    this.#dropPlan(activation, this.stateOf(activation));
    this.#states.delete(activation);
  }
}

/** The functions of frames that catch exceptions somewhere, each once. */
function* withHandlers(frames: readonly WaitingFrame[]) {
  for (const func of new Set(frames.map((f) => f.func))) {
    if (func.instance === undefined) continue;
    const { handlers, sideTable } = func.instance.valid.bodies[func.index - func.instance.module.importedFuncs];
    if (handlers.length > 0) yield { func, handlers, sideTable };
  }
}

/** A hit with what is there now. */
function renewed(hit: WatchHit): WatchHit {
  return { ...hit, after: bytesOf(hit.point) };
}

function bytesOf(point: Point): Uint8Array {
  if (point.kind === "memory") return copyOf(point.memory, point.start, point.end);
  return point.kind === "global" ? globalBytes(point) : NO_BYTES;
}
const NO_BYTES = new Uint8Array(0);

/** The bytes of a global's cell. */
function globalBytes(point: Point): Uint8Array {
  if (point.kind !== "global") return NO_BYTES;
  const { cell, arena, type } = point.global;
  return arena.u8.slice(cell, cell + valueBytes(type.type));
}

/** Copies bytes of a memory, as far as there are any, also where reading is not allowed. */
function copyOf(memory: WasmMemory, start: number, end: number): Uint8Array {
  let bytes = NO_BYTES;
  const to = Math.min(end, memory.byteLength);
  if (start < to) memory.access(start, to - start, Right.NONE, ({ u8 }) => bytes = u8.slice(start, to), true);
  return bytes;
}

/** Bytes of a value in a global's cell. */
function valueBytes(type: ValType): number {
  return type === V128 ? 16 : type === I64 || type === F64 ? 8 : 4;
}
