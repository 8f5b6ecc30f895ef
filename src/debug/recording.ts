// A call that is recorded and run once more: in the interpreter, from the nearest image before, with what host functions gave and changed. tape.ts goes back with that.
//
// Time is counted in ticks, the loop heads passed and functions entered, which the interpreter counts anyway: between two ticks code runs straight on, so that a place is
// told by its tick and how many instructions were run since. What somebody changed while the call waited begins a new epoch, with an image of its own.

import { BugError } from "../base/bug.ts";
import { Activation } from "../runtime/activation.ts";
import type { WasmFunc } from "../runtime/func.ts";
import { callHost, type SlotRange } from "../runtime/host_call.ts";
import type { ActivationImage } from "../runtime/segment.ts";
import { type InterpThread, RunStatus } from "../runtime/tier.ts";
import { hasObjectTypes } from "../wasm/module.ts";
import { InterruptBit } from "../platform/interrupt.ts";
import type { DebuggedCall } from "./call.ts";
import type { CallState, Controller, Driver, Go, StopCause } from "./controller.ts";
import { HostLog } from "./host_log.ts";
import { type Image, Images } from "./images.ts";
import { captureWorld, restoreWorld, sameWorld, type World } from "./world.ts";

/** What a recording may take, in bytes, unless somebody says otherwise. */
export const DEFAULT_TAPE_BYTES: number = 256 * 2 ** 20;

/** Why a call cannot be recorded. */
export class TapeError extends Error {
  override name = "TapeError";
}

/** Where a recorded call was: the instruction that came next. */
export interface Moment {
  readonly epoch: number;
  readonly ticks: number;
  /** Frames, the innermost function and the byte offset in its module; of the end of the call, undefined. */
  readonly place: { readonly depth: number; readonly func: WasmFunc; readonly offset: number } | undefined;
  /** Instructions that were run since the tick, if that is known. */
  readonly steps?: number;
}

/** What was run once more is looked at: at full speed up to a tick, then instruction by instruction. */
export interface Visit {
  readonly until: number;
  /** Whether points are looked at on the way; told of what would stop the call. */
  readonly found?: (cause: StopCause, thread: InterpThread, activation: Activation) => void;
  /** Standing before an instruction, from `until` on: whether it is the one. */
  arrived(thread: InterpThread, activation: Activation): boolean;
}

/** A call that is recorded. */
export class Recording implements Driver {
  protected readonly images: Images;
  readonly #log: HostLog;
  #logAt = 0;
  #epoch = 0;
  #visit: Visit | undefined;
  /** While it is run once more: an instruction was run since `arrived` was asked; the call ended. */
  #moved = true;
  #endedAgain = false;
  /** What ran last. */
  #thread: InterpThread | undefined;
  /** The present, while the past is looked at. */
  #present: { readonly activation: Activation; readonly world: World; readonly moment: Moment } | undefined;
  /** Where the call waits. */
  #moment: Moment;
  /** The store where it stopped last in the present, to tell whether somebody changed something. */
  #stopped: { readonly world: World; readonly activation: ActivationImage | undefined } | undefined;
  /** By epoch: where it ended. */
  protected readonly ends: Moment[] = [];
  readonly #resumeCollections: () => void;
  /** It was ended: nothing of it may be used any more. */
  ended = false;

  /**
   * Records a call that waits, in the present. Throws TapeError where that cannot be: frames of machine code, shared memories.
   * All functions are interpreted from now on, until `end()`.
   */
  constructor(readonly controller: Controller, readonly call: DebuggedCall, limitBytes = DEFAULT_TAPE_BYTES) {
    const { store } = controller;
    for (const instance of store.instances) {
      if (instance.memories.some((m) => m.type.shared)) {
        throw new TapeError("shared memories cannot be recorded: other Workers write to them at any time");
      }
      if (hasObjectTypes(instance.module)) void store.heap;
    }
    this.#log = new HostLog(store);
    this.images = new Images(store, this.#log, limitBytes);
    const image = call.activation.image();
    if (image === undefined) {
      throw new TapeError("frames of machine code are below: record the call from its beginning (:record, then call)");
    }
    this.#moment = this.#momentOfWaiting(image);
    this.#resumeCollections = store.pauseCollections();
    controller.pins.pinAll(this);
    controller.drivers.add(this);
    controller.stateOf(call.activation).driver = this;
    this.images.take(image, this.#epoch);
  }

  /** Ends the recording. The past is left first. */
  end(): void {
    if (this.ended) return;
    this.toPresent();
    this.ended = true;
    this.#resumeCollections();
    const { controller, call } = this;
    controller.drivers.delete(this);
    controller.pins.unpinAll(this);
    controller.stateOf(call.activation).driver = undefined;
    if (call.ended) controller.forget(call.activation);
    this.images.clear();
  }

  // What there is

  /** Whether the past is looked at. */
  get inPast(): boolean {
    return this.#present !== undefined;
  }
  /** Bytes that the recording takes, about. */
  get bytes(): number {
    return this.images.bytes;
  }
  /** Images, calls of host functions, and ticks, recorded so far; and how often the oldest part was forgotten since there was no more room. */
  get figures(): { images: number; hostCalls: number; ticks: number; forgotten: number } {
    const first = this.images.list.at(0)?.ticks ?? this.#moment.ticks,
      last = (this.#present?.moment ?? this.#moment).ticks;
    const { length } = this.#log.entries;
    return {
      images: this.images.list.length,
      hostCalls: length,
      ticks: last - first,
      forgotten: this.images.forgotten,
    };
  }
  /** Where the call waits. */
  get moment(): Moment {
    return this.#moment;
  }
  protected set moment(moment: Moment) {
    this.#moment = moment;
  }

  #momentOfWaiting({ thread }: ActivationImage): Moment {
    const { activation } = this.call, [frame] = activation.waitingFrames();
    return { epoch: this.#epoch, ticks: thread.ticks, place: placeOf(activation, frame.func, frame.offset) };
  }

  // Recording

  /** An allocation may soon free what images refer to: what was recorded is forgotten. */
  collects(): void {
    if (this.inPast) this.toPresent();
    this.#forget();
  }
  /** Begins anew. */
  #forget(): void {
    this.images.clear();
    this.images.forgotten++;
    this.#stopped = undefined;
    if (this.call.ended || this.call.running) return;
    const image = this.call.activation.image();
    if (image !== undefined) this.images.take(image, this.#epoch);
  }

  run(activation: Activation, thread: InterpThread, state: CallState): RunStatus {
    this.#thread = thread;
    if (this.#visit !== undefined) return this.#runVisit(this.#visit, activation, thread, state);
    if (this.inPast) return this.#runAgain(activation, thread, state);
    for (;;) {
      if (this.images.list.length === 0) this.#takeRunning(activation, thread);
      const next = this.images.last!.ticks + this.images.interval;
      const status = this.controller.runToStop(activation, thread, state, next);
      if (status === RunStatus.STOPPED && state.cause === undefined) {
        this.#takeRunning(activation, thread);
        continue;
      }
      this.#note(activation, thread, status);
      return status;
    }
  }
  #takeRunning(activation: Activation, thread: InterpThread): void {
    thread.wait();
    const image = activation.image();
    if (image === undefined) throw new BugError("a recorded call has frames of machine code");
    this.images.take(image, this.#epoch);
  }

  /** Takes note of where it waits, or that it ended. */
  #note(activation: Activation, thread: InterpThread, status: RunStatus): void {
    const { ticks } = thread, epoch = this.#epoch;
    const place = status === RunStatus.STOPPED ? placeOf(activation, thread.running, thread.offset) : undefined;
    this.#moment = { epoch, ticks, place };
  }

  callHost(activation: Activation, callee: WasmFunc, args: SlotRange): void {
    const { controller } = this, state = controller.stateOf(activation);
    if (this.#visit === undefined && !this.inPast) {
      const call = () => callHost(controller.store, callee, args);
      return this.#log.record(callee, args, () => controller.watchHost(activation, state, callee, call));
    }
    const entry = this.#log.entries[this.#logAt++];
    if (entry?.callee !== callee) throw new BugError(`${callee.name} was not called here when this was recorded`);
    controller.watchHost(activation, state, callee, () => this.#log.apply(entry));
    if (entry.results === undefined) throw entry.error;
    for (let i = 0; i < entry.results.length; i++) args.words[2 * args.at + i] = entry.results[i];
  }

  stopsAt(_activation: Activation, _error: unknown): boolean {
    if (this.#visit !== undefined) this.#endedAgain = true;
    else if (this.inPast) this.#endedAgain = true;
    else this.#moment = { epoch: this.#epoch, ticks: this.#thread!.ticks, place: undefined };
    return true;
  }

  // Going on

  /** Lets the call go on, in the past as far as it is recorded. As DebuggedCall.go(). */
  go(go: Go): StopCause | undefined {
    const { call, controller } = this;
    if (this.inPast) return this.#goInPast(go);
    this.#beginEpoch();
    controller.plan(call.activation, go);
    const cause = call.proceed(() => call.activation.goOn());
    if (!call.ended) this.#noteStop();
    return cause;
  }

  /** What the store is where the call stops. */
  #noteStop(): void {
    const world = captureWorld(this.controller.store, this.images.last?.world);
    this.#stopped = { world, activation: this.call.activation.image() };
  }
  /** If anything was changed since the call stopped, it begins an epoch. */
  #beginEpoch(): void {
    const stopped = this.#stopped, image = this.call.activation.image();
    if (stopped === undefined || image === undefined) return;
    const world = captureWorld(this.controller.store, stopped.world);
    const same = stopped.activation !== undefined && sameWorld(world, stopped.world) &&
      stopped.activation.thread.words.every((word, i) => word === image.thread.words[i]);
    if (same) return;
    this.ends[this.#epoch] = this.#moment;
    this.#epoch++;
    this.#moment = { ...this.#moment, epoch: this.#epoch };
    this.images.take(image, this.#epoch);
  }

  #goInPast(go: Go): StopCause | undefined {
    const { call, controller } = this;
    for (;;) {
      const { activation } = call, state = controller.stateOf(activation);
      controller.plan(activation, go);
      this.#endedAgain = false;
      state.cause = undefined;
      const cause = call.proceed(() => activation.goOn());
      if (cause?.kind !== "history" && !this.#endedAgain) return cause;
      const { epoch } = this.#moment;
      if (this.ends[epoch] === undefined) {
        this.toPresent();
        return call.showEnd({ kind: "history", at: "end" });
      }
      // The place is the same; what was changed there comes with the next image.
      this.#revive(this.images.list.find((i) => i.epoch === epoch + 1)!);
      this.#moment = { ...this.#moment, epoch: epoch + 1 };
      if (go.kind !== "continue") return this.showing({ kind: "history", at: "end" });
    }
  }

  /** Runs what is recorded once more, with its stops, to the end of the epoch. */
  #runAgain(activation: Activation, thread: InterpThread, state: CallState): RunStatus {
    const { controller } = this;
    const end = this.ends[this.#moment.epoch] ?? this.#present!.moment;
    for (;;) {
      let status: RunStatus;
      if (thread.ticks < end.ticks) {
        status = controller.runToStop(activation, thread, state, end.ticks);
        if (status === RunStatus.STOPPED && state.cause === undefined) continue;
      } else if (isAt(end, activation, thread)) {
        state.cause = { kind: "history", at: "end" };
        thread.wait();
        return RunStatus.STOPPED;
      } else {
        status = controller.advanceOne(activation, thread, state);
        if (status === RunStatus.STOPPED && state.cause === undefined) continue;
      }
      if (status === RunStatus.DONE && activation.segments.length === 1) {
        state.cause = { kind: "history", at: "end" };
        this.#endedAgain = true;
        return RunStatus.STOPPED;
      }
      if (status === RunStatus.STOPPED) {
        const { epoch } = this.#moment;
        this.#moment = { epoch, ticks: thread.ticks, place: placeOf(activation, thread.running, thread.offset) };
      }
      return status;
    }
  }

  #runVisit(visit: Visit, activation: Activation, thread: InterpThread, state: CallState): RunStatus {
    const { controller } = this;
    for (;;) {
      let status: RunStatus;
      if (thread.ticks < visit.until) {
        if (visit.found !== undefined) {
          status = controller.runToStop(activation, thread, state, visit.until);
          if (status === RunStatus.STOPPED && state.cause !== undefined) {
            visit.found(state.cause, thread, activation);
            state.cause = undefined;
            continue;
          }
        } else {
          status = thread.runToStop(visit.until);
          if (status === RunStatus.STOPPED && thread.ticks < visit.until) status = thread.step();
        }
        if (status === RunStatus.STOPPED) continue;
      } else {
        if (this.#moved) {
          this.#moved = false;
          if (visit.arrived(thread, activation)) {
            thread.wait();
            return RunStatus.STOPPED;
          }
        }
        if (visit.found === undefined) status = thread.step();
        else {
          status = controller.advanceOne(activation, thread, state);
          if (status === RunStatus.STOPPED && state.cause !== undefined) {
            visit.found(state.cause, thread, activation);
            state.cause = undefined;
          }
        }
        this.#moved = true;
        if (status === RunStatus.STOPPED) continue;
      }
      if (status === RunStatus.HOT || status === RunStatus.SAFEPOINT) return status;
      if (status === RunStatus.DONE && activation.segments.length === 1) {
        this.#endedAgain = true;
        return RunStatus.STOPPED;
      }
      return status;
    }
  }

  // Going back

  /** Makes the call what it was at an image; what is run then is run once more. */
  #revive(image: Image): Activation {
    const { controller, call } = this, { store } = controller;
    const before = call.activation;
    restoreWorld(store, image.world);
    this.#logAt = image.log;
    const activation = new Activation(store, "debugged");
    activation.restore(image.activation);
    controller.stateOf(activation).driver = this;
    call.become(activation);
    if (before !== this.#present?.activation) {
      controller.forget(before);
      if (!before.ended) before.abandon();
    }
    return activation;
  }

  #leavePresent(): void {
    if (this.#present !== undefined) return;
    const { call, controller } = this;
    const world = captureWorld(controller.store, this.images.last?.world);
    this.#present = { activation: call.activation, world, moment: this.#moment };
    call.reopen();
  }
  /** Makes the call what it is now. */
  toPresent(): void {
    const present = this.#present;
    if (present === undefined) return;
    const { call, controller } = this, past = call.activation;
    restoreWorld(controller.store, present.world);
    this.#present = undefined;
    this.#moment = present.moment;
    call.become(present.activation);
    if (past !== present.activation) {
      controller.forget(past);
      if (!past.ended) past.abandon();
    }
    if (present.activation.ended) call.close();
  }

  /** Runs once more from an image. Whether the call ended there. */
  protected travel(image: Image, visit: Visit): boolean {
    const { store } = this.controller, { meter, interrupt } = store;
    const fuel = meter && { left: meter.left, consumed: meter.consumed };
    if (meter !== undefined) meter.left = Infinity;
    const interrupted = Atomics.and(interrupt, 0, ~InterruptBit.INTERRUPT) & InterruptBit.INTERRUPT;
    this.#leavePresent();
    const activation = this.#revive(image);
    this.#visit = visit;
    this.#moved = true;
    this.#endedAgain = false;
    const { controller } = this;
    if (visit.found !== undefined) controller.scanning = true;
    try {
      activation.goOn();
    } finally {
      controller.scanning = false;
      this.#visit = undefined;
      if (meter !== undefined) Object.assign(meter, fuel);
      if (interrupted !== 0) Atomics.or(interrupt, 0, interrupted);
    }
    return this.#endedAgain;
  }

  /** Goes to the place that is `steps` instructions behind a tick (or the beginning of the epoch). */
  protected goTo(epoch: number, ticks: number, steps: number): void {
    let n = -1;
    let moment: Moment | undefined;
    this.travel(this.images.before(epoch, ticks)!, {
      until: ticks,
      arrived: (thread, activation) => {
        if (++n < steps) return false;
        moment = { epoch, ticks, place: placeOf(activation, thread.running, thread.offset), steps };
        return true;
      },
    });
    if (moment === undefined) throw new BugError("a recorded call went another way");
    this.#moment = moment;
  }

  /** How many instructions were run from a moment's tick to it; to the last one before the end of the call. */
  protected stepsTo(moment: Moment): number {
    if (moment.steps !== undefined) return moment.steps;
    let n = -1;
    this.travel(this.images.before(moment.epoch, moment.ticks)!, {
      until: moment.ticks,
      arrived: (thread, activation) => {
        n++;
        return isAt(moment, activation, thread);
      },
    });
    return n;
  }

  /** Goes to a moment of the past. */
  visit(moment: Moment): StopCause {
    this.check();
    this.goTo(moment.epoch, moment.ticks, this.stepsTo(moment));
    return this.showing({ kind: "step" });
  }

  protected check(): void {
    if (this.call.running) throw new TypeError("the call is running");
    if (this.images.list.length === 0) throw new TapeError("nothing is recorded yet");
  }
  protected showing(cause: StopCause): StopCause {
    this.controller.stateOf(this.call.activation).cause = cause;
    return cause;
  }
}

/** Where an activation stands. */
export function placeOf(activation: Activation, func: WasmFunc, offset: number): Moment["place"] {
  return { depth: activation.depth, func, offset };
}

/** Whether a call stands at a moment whose tick it has come to. */
export function isAt({ ticks, place }: Moment, activation: Activation, thread: InterpThread): boolean {
  return place !== undefined && thread.ticks === ticks && thread.running === place.func &&
    thread.offset === place.offset && activation.depth === place.depth;
}
