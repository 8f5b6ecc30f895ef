// The log of what moved between tiers, when and why: bounded, with listeners.

import type { TierName } from "../runtime/tier.ts";

/**
 * Why something moved: a counter of calls or of a loop ran out, it was compiled with its module, somebody set its tier, or pinned it, or needs it in `interp` for a time,
 * to stop, to look or to protect; its code was evicted; or tier zeal. `refused`: it was hot, but stays, for the reason given.
 */
export type TierCause =
  | "calls"
  | "loop"
  | "eager"
  | "set"
  | "pinned"
  | "breakpoint"
  | "probe"
  | "protection"
  | "count"
  | "released"
  | "evicted"
  | "refused"
  | "zeal";

/** A move between tiers. */
export interface TierEvent {
  /** Milliseconds, as `performance.now()` counts them. */
  readonly time: number;
  /** Whether a function moved, for its next calls, or a frame that runs. */
  readonly what: "function" | "frame";
  /** The function's name. */
  readonly name: string;
  /** Its index in its module. */
  readonly index: number;
  /** The tier it was in. */
  readonly from: TierName;
  /** The tier it is in now. */
  readonly to: TierName;
  /** What made it move. */
  readonly why: TierCause;
  /** Byte offset in the module: for `loop` behind the loop's head, for a frame where it goes on; -1 otherwise. */
  readonly offset: number;
  /** Calls of the function that the interpreter counted until then; 0 where it was not asked. */
  readonly calls: number;
  /** Likewise passes of the loop. */
  readonly passes: number;
  /** Milliseconds that compiling took; 0 where nothing was compiled. */
  readonly compileMs: number;
  /** Bytes of the machine code that it runs from now on; 0 if there is none. */
  readonly codeBytes: number;
  /** Whether a Worker compiled it. */
  readonly worker: boolean;
  /** Whether its code was there already, as that of another instance, or in a cache. */
  readonly cached: boolean;
  /** The cause in words, where the others do not say it; otherwise empty. */
  readonly reason: string;
}

/** Called with each event, while Wasm may be running. What it throws is reported as uncaught. */
export type TierListener = (event: TierEvent) => void;

/** Events that are kept. */
export const MAX_TIER_EVENTS = 1000;

/** The latest events of an engine; with zeal, frames are only counted once there are as many as are kept. */
export class TierLog {
  #events: TierEvent[] = [];
  readonly #listeners = new Set<TierListener>();
  /** Events so far, kept or not. */
  count = 0;

  /** The latest ones, oldest first. */
  get events(): readonly TierEvent[] {
    return this.#events.slice(-MAX_TIER_EVENTS);
  }

  /** Adds an event; what is not given is 0, -1 or no. */
  add(
    event: Pick<TierEvent, "what" | "name" | "index" | "from" | "to" | "why"> & Partial<TierEvent>,
  ): void {
    const full = {
      time: performance.now(),
      offset: -1,
      calls: 0,
      passes: 0,
      compileMs: 0,
      codeBytes: 0,
      worker: false,
      cached: false,
      reason: "",
      ...event,
    };
    this.count++;
    this.#events.push(full);
    if (this.#events.length > 2 * MAX_TIER_EVENTS) this.#events = this.#events.slice(-MAX_TIER_EVENTS);
    for (const listener of this.#listeners) {
      try {
        listener(full);
      } catch (error) {
        reportError(error);
      }
    }
  }

  /** Adds a listener; gives what removes it. */
  listen(listener: TierListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
