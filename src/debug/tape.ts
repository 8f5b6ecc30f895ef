// A call that is recorded, and can go back: it is run once more in the interpreter from the nearest of periodic images, with what host functions gave and changed.
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
import type { CallState, Controller, Driver, Go, StopCause, WatchHit } from "./controller.ts";
import { HostLog } from "./host_log.ts";
import type { Point } from "./points.ts";
import { captureWorld, ownBytesOf, restoreWorld, sameWorld, type World } from "./world.ts";

/** What a recording may take, in bytes, unless somebody says otherwise. */
export const DEFAULT_TAPE_BYTES: number = 256 * 2 ** 20;
/** Ticks until the first image, and milliseconds between images that the number of ticks is steered to: going back runs as much again, a few times. */
const FIRST_INTERVAL = 20_000;
const IMAGE_EVERY_MS = 50;
/** Making images may take this part of the time. */
const IMAGE_PART = 0.2;
/** Ticks that going back by many instructions looks through at once. */
const MOST_TICKS = 4096;
/** Images that are kept at least when memory runs out. */
const FEWEST_IMAGES = 8;

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

interface Image {
  readonly epoch: number;
  readonly ticks: number;
  /** Entries of the log before it. */
  readonly log: number;
  readonly world: World;
  readonly activation: ActivationImage;
}

/** What was run once more is looked at: at full speed up to a tick, then instruction by instruction. */
interface Visit {
  readonly until: number;
  /** Whether points are looked at on the way; told of what would stop the call. */
  readonly found?: (cause: StopCause, thread: InterpThread, activation: Activation) => void;
  /** Standing before an instruction, from `until` on: whether it is the one. */
  arrived(thread: InterpThread, activation: Activation): boolean;
}

/** The last write of a place. */
export interface LastWrite {
  readonly hit: WatchHit;
  /** Behind the write. */
  readonly moment: Moment;
}

/** The recording of one call. */
export class Tape implements Driver {
  readonly #images: Image[] = [];
  readonly #log: HostLog;
  #logAt = 0;
  #epoch = 0;
  #interval = FIRST_INTERVAL;
  #lastImageAt = performance.now();
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
  readonly #ends: Moment[] = [];
  readonly #resumeCollections: () => void;
  #forgotten = 0;
  /** It was ended: nothing of it may be used any more. */
  ended = false;

  /**
   * Records a call that waits, in the present. Throws TapeError where that cannot be: frames of machine code, shared memories.
   * All functions are interpreted from now on, until `end()`.
   */
  constructor(readonly controller: Controller, readonly call: DebuggedCall, readonly limitBytes = DEFAULT_TAPE_BYTES) {
    const { store } = controller;
    for (const instance of store.instances) {
      if (instance.memories.some((m) => m.type.shared)) {
        throw new TapeError("shared memories cannot be recorded: other Workers write to them at any time");
      }
      if (hasObjectTypes(instance.module)) void store.heap;
    }
    this.#log = new HostLog(store);
    const image = call.activation.image();
    if (image === undefined) {
      throw new TapeError("frames of machine code are below: record the call from its beginning (:record, then call)");
    }
    this.#moment = this.#momentOfWaiting(image);
    this.#resumeCollections = store.pauseCollections();
    controller.pins.pinAll(this);
    controller.drivers.add(this);
    controller.stateOf(call.activation).driver = this;
    call.tape = this;
    this.#take(image);
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
    if (call.tape === this) call.tape = undefined;
    if (call.ended) controller.forget(call.activation);
    this.#images.length = 0;
    this.#log.cut(0);
  }

  // What there is

  /** Whether the past is looked at. */
  get inPast(): boolean {
    return this.#present !== undefined;
  }
  /** Bytes that the recording takes, about. */
  get bytes(): number {
    return this.#log.bytes +
      this.#images.reduce(
        (n, { world, activation: { thread } }) =>
          n + world.ownBytes + thread.words.byteLength + thread.frames.byteLength,
        0,
      );
  }
  /** Images, calls of host functions, and ticks, recorded so far; and how often the oldest part was forgotten since there was no more room. */
  get figures(): { images: number; hostCalls: number; ticks: number; forgotten: number } {
    const first = this.#images.at(0)?.ticks ?? this.#moment.ticks, last = (this.#present?.moment ?? this.#moment).ticks;
    const { length } = this.#log.entries;
    return { images: this.#images.length, hostCalls: length, ticks: last - first, forgotten: this.#forgotten };
  }
  /** Where the call waits. */
  get moment(): Moment {
    return this.#moment;
  }

  #momentOfWaiting({ thread }: ActivationImage): Moment {
    const { activation } = this.call, [frame] = activation.waitingFrames();
    return { epoch: this.#epoch, ticks: thread.ticks, place: placeOf(activation, frame.func, frame.offset) };
  }

  // Recording

  #take(activation: ActivationImage): void {
    const began = performance.now(), { store } = this.controller;
    const world = captureWorld(store, this.#images.at(-1)?.world);
    const log = this.#log.entries.length;
    this.#images.push({ epoch: this.#epoch, ticks: activation.thread.ticks, log, world, activation });
    this.#makeRoom();
    const now = performance.now(), ran = began - this.#lastImageAt;
    if (ran < IMAGE_EVERY_MS || now - began > IMAGE_PART * ran) this.#interval *= 2;
    else if (ran > 4 * IMAGE_EVERY_MS) this.#interval = Math.max(1, this.#interval >> 1);
    this.#lastImageAt = now;
  }

  /** Keeps the recording within its limit: every second image goes, then the oldest half. */
  #makeRoom(): void {
    if (this.bytes <= this.limitBytes || this.#images.length < 2) return;
    const images = this.#images;
    if (images.length > FEWEST_IMAGES) {
      const kept = images.filter((image, i) =>
        i % 2 === 0 || i === images.length - 1 || image.epoch !== images[i - 1].epoch
      );
      images.length = 0;
      for (const image of kept) {
        const own = ownBytesOf(image.world, images.at(-1)?.world);
        images.push({ ...image, world: { ...image.world, ownBytes: own } });
      }
      this.#interval *= 2;
    }
    while (this.#uniqueBytes() > this.limitBytes && images.length > 1) {
      images.shift();
      this.#forgotten++;
      const { log } = images[0];
      this.#log.cutBefore(log);
      for (const [i, image] of images.entries()) images[i] = { ...image, log: image.log - log };
    }
  }
  #uniqueBytes(): number {
    const pages = new Set<Uint8Array>();
    for (const { world: { memories, heap } } of this.#images) {
      for (const { pages: list } of memories.values()) list.forEach((p) => pages.add(p));
      heap?.bytes.pages.forEach((p) => pages.add(p));
    }
    let bytes = this.#log.bytes;
    for (const page of pages) bytes += page.length;
    return bytes;
  }

  /** An allocation may soon free what images refer to: what was recorded is forgotten. */
  collects(): void {
    if (this.inPast) this.toPresent();
    this.#forget();
  }
  /** Begins anew. */
  #forget(): void {
    this.#images.length = 0;
    this.#log.cut(0);
    this.#forgotten++;
    this.#stopped = undefined;
    if (this.call.ended || this.call.running) return;
    const image = this.call.activation.image();
    if (image !== undefined) this.#take(image);
  }

  run(activation: Activation, thread: InterpThread, state: CallState): RunStatus {
    this.#thread = thread;
    if (this.#visit !== undefined) return this.#runVisit(this.#visit, activation, thread, state);
    if (this.inPast) return this.#runAgain(activation, thread, state);
    for (;;) {
      if (this.#images.length === 0) this.#takeRunning(activation, thread);
      const next = this.#images.at(-1)!.ticks + this.#interval;
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
    this.#take(image);
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
    const world = captureWorld(this.controller.store, this.#images.at(-1)?.world);
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
    this.#ends[this.#epoch] = this.#moment;
    this.#epoch++;
    this.#moment = { ...this.#moment, epoch: this.#epoch };
    this.#take(image);
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
      if (this.#ends[epoch] === undefined) {
        this.toPresent();
        return call.showEnd({ kind: "history", at: "end" });
      }
      // The place is the same; what was changed there comes with the next image.
      this.#revive(this.#images.find((i) => i.epoch === epoch + 1)!);
      this.#moment = { ...this.#moment, epoch: epoch + 1 };
      if (go.kind !== "continue") return this.#showing({ kind: "history", at: "end" });
    }
  }

  /** Runs what is recorded once more, with its stops, to the end of the epoch. */
  #runAgain(activation: Activation, thread: InterpThread, state: CallState): RunStatus {
    const { controller } = this;
    const end = this.#ends[this.#moment.epoch] ?? this.#present!.moment;
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
    const world = captureWorld(controller.store, this.#images.at(-1)?.world);
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
  #travel(image: Image, visit: Visit): boolean {
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

  #imageBefore(epoch: number, ticks: number): Image | undefined {
    const images = this.#images.filter((i) => i.epoch === epoch);
    // Steps are counted from where the tick is made, which an image of the same tick may be behind, but for the first.
    return images.findLast((i) => i.ticks < ticks) ?? images[0];
  }

  /** Goes to the place that is `steps` instructions behind a tick (or the beginning of the epoch). */
  #goTo(epoch: number, ticks: number, steps: number): void {
    let n = -1;
    let moment: Moment | undefined;
    this.#travel(this.#imageBefore(epoch, ticks)!, {
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
  #stepsTo(moment: Moment): number {
    if (moment.steps !== undefined) return moment.steps;
    let n = -1;
    this.#travel(this.#imageBefore(moment.epoch, moment.ticks)!, {
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
    this.#check();
    this.#goTo(moment.epoch, moment.ticks, this.#stepsTo(moment));
    return this.#showing({ kind: "step" });
  }

  #check(): void {
    if (this.call.running) throw new TypeError("the call is running");
    if (this.#images.length === 0) throw new TapeError("nothing is recorded yet");
  }
  #showing(cause: StopCause): StopCause {
    this.controller.stateOf(this.call.activation).cause = cause;
    return cause;
  }

  /** Goes to the instruction that was run before, or so many before. */
  back(count = 1): StopCause {
    this.#check();
    const target = this.#before(this.#moment, count);
    if (target === undefined) return this.toBeginning();
    this.#goTo(target.epoch, target.ticks, target.steps);
    return this.#showing({ kind: "step" });
  }

  /** Where the instruction is that was run so many before a moment; undefined if the record begins behind it. */
  #before(moment: Moment, count: number): { epoch: number; ticks: number; steps: number } | undefined {
    const { epoch } = moment;
    // The end is behind the last instruction.
    const steps = this.#stepsTo(moment) + (moment.place === undefined ? 1 : 0);
    if (count <= steps) return { epoch, ticks: moment.ticks, steps: steps - count };
    let left = count - steps, { ticks } = moment;
    const first = this.#images.find((i) => i.epoch === epoch)!;
    for (let window = 1; ticks > first.ticks; window = Math.min(4 * window, MOST_TICKS)) {
      const from = Math.max(first.ticks, ticks - window), end = ticks;
      /** The tick of each instruction. */
      const at: number[] = [];
      this.#travel(this.#imageBefore(epoch, from)!, {
        until: from,
        arrived: (thread) => {
          if (thread.ticks >= end) return true;
          at.push(thread.ticks);
          return false;
        },
      });
      if (left <= at.length) {
        const index = at.length - left;
        return { epoch, ticks: at[index], steps: index - at.indexOf(at[index]) };
      }
      left -= at.length;
      ticks = from;
    }
    return epoch > this.#images[0].epoch ? this.#before(this.#ends[epoch - 1], left) : undefined;
  }

  /** Goes to where the record begins. */
  toBeginning(): StopCause {
    this.#check();
    const { epoch, ticks } = this.#images[0];
    this.#goTo(epoch, ticks, 0);
    return this.#showing({ kind: "history", at: "beginning" });
  }

  /** The last time before the present moment that the call would have stopped for one of `points`; `inclusive`: there, too. */
  #lastStop(inclusive: boolean): { cause: StopCause; moment: Moment } | undefined {
    const end = this.#moment;
    for (let i = this.#images.length - 1; i >= 0; i--) {
      const image = this.#images[i], next = this.#images[i + 1];
      if (image.epoch > end.epoch || (image.epoch === end.epoch && image.ticks > end.ticks)) continue;
      const isLast = image.epoch === end.epoch &&
        (next === undefined || next.epoch > end.epoch || next.ticks > end.ticks);
      const limit = isLast ? end : next!.epoch > image.epoch ? this.#ends[image.epoch] : undefined;
      const until = limit?.ticks ?? next!.ticks;
      let found: { cause: StopCause; moment: Moment } | undefined;
      this.#travel(image, {
        until,
        found: (cause, thread, activation) => {
          if (isLast && !inclusive && isAt(end, activation, thread)) return;
          const place = placeOf(activation, thread.running, thread.offset);
          found = { cause, moment: { epoch: image.epoch, ticks: thread.ticks, place } };
        },
        arrived: (thread, activation) => limit === undefined || isAt(limit, activation, thread),
      });
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Runs `f` with just these points. */
  #withPoints<T>(points: readonly Point[], f: () => T): T {
    const { controller } = this;
    const others = [...controller.points.values()].filter((p) => p.enabled && !points.includes(p));
    for (const p of others) p.enabled = false;
    const added = points.filter((p) => !controller.points.has(p.id));
    for (const p of added) controller.add(p);
    try {
      return f();
    } finally {
      for (const p of added) controller.remove(p);
      for (const p of others) p.enabled = true;
    }
  }

  /** Goes back to the last time that a point stopped the call, or would have; to the beginning if there is none. */
  backToStop(): StopCause {
    this.#check();
    const found = this.#lastStop(false);
    if (found === undefined) return this.toBeginning();
    this.visit(found.moment);
    return this.#showing(found.cause);
  }

  /** Goes back to the call instruction that the innermost function was called by. */
  backToCall(): StopCause {
    this.#check();
    const { place } = this.#moment;
    if (place === undefined) return this.back();
    const { func, depth } = place;
    const entry = func.instance!.module.funcs[func.index].body!.codeStart;
    const point: Point = {
      kind: "break",
      func,
      offset: entry,
      id: -1,
      enabled: true,
      once: false,
      ignore: 0,
      hits: 0,
      condition: () => this.controller.depthHere === depth,
      conditionText: undefined,
    };
    // Where the function begins, it may not have run yet.
    const found = this.#withPoints([point], () => this.#lastStop(true));
    if (found === undefined) return this.toBeginning();
    this.#moment = found.moment;
    return this.back();
  }

  /** Goes back by one instruction, calls as a whole. */
  backOver(): StopCause {
    const { place } = this.#moment;
    const cause = this.back();
    const now = this.#moment.place;
    if (place === undefined || now === undefined || now.depth <= place.depth || cause.kind === "history") return cause;
    return this.backToCall();
  }

  /** The last write of what a watch is about, before the present moment; undefined if there is none in the record. The moment stays. */
  lastWrite(point: Point): LastWrite | undefined {
    this.#check();
    const moment = this.#moment, wasInPast = this.inPast;
    const found = this.#withPoints([point], () => this.#lastStop(true));
    if (wasInPast) this.visit(moment);
    else this.toPresent();
    if (found === undefined || found.cause.kind !== "watch") return undefined;
    return { hit: found.cause.hits.at(-1)!, moment: found.moment };
  }

  /** Goes to where an instruction made a write; behind a host function that did. */
  toWrite({ hit, moment }: LastWrite): StopCause {
    this.visit(moment);
    return hit.offset < 0 ? this.#showing({ kind: "watch", hits: [hit] }) : this.back();
  }
}

function placeOf(activation: Activation, func: WasmFunc, offset: number): Moment["place"] {
  return { depth: activation.depth, func, offset };
}

/** Whether a call stands at a moment whose tick it has come to. */
function isAt({ ticks, place }: Moment, activation: Activation, thread: InterpThread): boolean {
  return place !== undefined && thread.ticks === ticks && thread.running === place.func &&
    thread.offset === place.offset && activation.depth === place.depth;
}
