// The recording of a call as somebody who debugs uses it: going back, by instructions, calls and stops, and to the last write of a place.

import type { DebuggedCall } from "./call.ts";
import type { Controller, StopCause, WatchHit } from "./controller.ts";
import type { Point } from "./points.ts";
import { isAt, type Moment, placeOf, Recording } from "./recording.ts";

/** Ticks that going back by many instructions looks through at once. */
const MOST_TICKS = 4096;

/** The last write of a place. */
export interface LastWrite {
  readonly hit: WatchHit;
  /** Behind the write. */
  readonly moment: Moment;
}

/** The recording of one call. */
export class Tape extends Recording {
  /** Records as {@link Recording} does. */
  constructor(controller: Controller, call: DebuggedCall, limitBytes?: number) {
    super(controller, call, limitBytes);
    call.tape = this;
  }

  override end(): void {
    super.end();
    if (this.call.tape === this) this.call.tape = undefined;
  }

  /** Goes to the instruction that was run before, or so many before. */
  back(count = 1): StopCause {
    this.check();
    const target = this.#before(this.moment, count);
    if (target === undefined) return this.toBeginning();
    this.goTo(target.epoch, target.ticks, target.steps);
    return this.showing({ kind: "step" });
  }

  /** Where the instruction is that was run so many before a moment; undefined if the record begins behind it. */
  #before(moment: Moment, count: number): { epoch: number; ticks: number; steps: number } | undefined {
    const { epoch } = moment;
    // The end is behind the last instruction.
    const steps = this.stepsTo(moment) + (moment.place === undefined ? 1 : 0);
    if (count <= steps) return { epoch, ticks: moment.ticks, steps: steps - count };
    let left = count - steps, { ticks } = moment;
    const first = this.images.list.find((i) => i.epoch === epoch)!;
    for (let window = 1; ticks > first.ticks; window = Math.min(4 * window, MOST_TICKS)) {
      const from = Math.max(first.ticks, ticks - window), end = ticks;
      /** The tick of each instruction. */
      const at: number[] = [];
      this.travel(this.images.before(epoch, from)!, {
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
    return epoch > this.images.list[0].epoch ? this.#before(this.ends[epoch - 1], left) : undefined;
  }

  /** Goes to where the record begins. */
  toBeginning(): StopCause {
    this.check();
    const { epoch, ticks } = this.images.list[0];
    this.goTo(epoch, ticks, 0);
    return this.showing({ kind: "history", at: "beginning" });
  }

  /** The last time before the present moment that the call would have stopped for one of `points`; `inclusive`: there, too. */
  #lastStop(inclusive: boolean): { cause: StopCause; moment: Moment } | undefined {
    const end = this.moment;
    for (let i = this.images.list.length - 1; i >= 0; i--) {
      const image = this.images.list[i], next = this.images.list[i + 1];
      if (image.epoch > end.epoch || (image.epoch === end.epoch && image.ticks > end.ticks)) continue;
      const isLast = image.epoch === end.epoch &&
        (next === undefined || next.epoch > end.epoch || next.ticks > end.ticks);
      const limit = isLast ? end : next!.epoch > image.epoch ? this.ends[image.epoch] : undefined;
      const until = limit?.ticks ?? next!.ticks;
      let found: { cause: StopCause; moment: Moment } | undefined;
      this.travel(image, {
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
    this.check();
    const found = this.#lastStop(false);
    if (found === undefined) return this.toBeginning();
    this.visit(found.moment);
    return this.showing(found.cause);
  }

  /** Goes back to the call instruction that the innermost function was called by. */
  backToCall(): StopCause {
    this.check();
    const { place } = this.moment;
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
    this.moment = found.moment;
    return this.back();
  }

  /** Goes back by one instruction, calls as a whole. */
  backOver(): StopCause {
    const { place } = this.moment;
    const cause = this.back();
    const now = this.moment.place;
    if (place === undefined || now === undefined || now.depth <= place.depth || cause.kind === "history") return cause;
    return this.backToCall();
  }

  /** The last write of what a watch is about, before the present moment; undefined if there is none in the record. The moment stays. */
  lastWrite(point: Point): LastWrite | undefined {
    this.check();
    const moment = this.moment, wasInPast = this.inPast;
    const found = this.#withPoints([point], () => this.#lastStop(true));
    if (wasInPast) this.visit(moment);
    else this.toPresent();
    if (found === undefined || found.cause.kind !== "watch") return undefined;
    return { hit: found.cause.hits.at(-1)!, moment: found.moment };
  }

  /** Goes to where an instruction made a write; behind a host function that did. */
  toWrite({ hit, moment }: LastWrite): StopCause {
    this.visit(moment);
    return hit.offset < 0 ? this.showing({ kind: "watch", hits: [hit] }) : this.back();
  }
}
