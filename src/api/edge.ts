// The public EdgeRuntime: how an engine chooses tiers for functions, what was decided and why, and what that gained.

import { type Rung, threshold } from "../engine/config.ts";
import type { Context } from "../engine/context.ts";
import type { TierEvent } from "../engine/tier_log.ts";
import type { HotLimits, TierName } from "../runtime/tier.ts";
import { type Func, innerFunc, publicFunc } from "./func.ts";
import { PerformanceMonitor } from "./monitor.ts";

/** A function that stays in a tier. */
export interface Pin {
  /** The function. */
  readonly func: Func;
  /** Where it stays. */
  readonly tier: TierName;
}

/** How an engine chooses tiers, made by {@link Engine.edge}. */
export class EdgeRuntime {
  readonly #context: Context;
  #monitor: PerformanceMonitor | undefined;

  /** Takes the engine's inner side: `engine.edge` is the way to one. */
  constructor(context: Context) {
    this.#context = context;
  }

  /** Whether the engine moves functions between tiers: not in an engine whose tier is a fixed one. */
  get active(): boolean {
    return this.#context.live !== undefined;
  }

  /** The tiers that functions climb, from the lowest to the best that can run here, each with the calls and loop passes that lead there. */
  get ladder(): readonly Rung[] {
    return this.#context.live?.ladder ?? this.#context.config.ladder;
  }

  /**
   * Changes thresholds of a tier, for functions that are called first from now on; others are looked at anew when their present thresholds are reached. Throws TypeError
   * for a tier that is not on the ladder, or a number that is out of range.
   */
  setThresholds(tier: TierName, limits: Partial<HotLimits>): void {
    const { live } = this.#context;
    if (live === undefined) throw new TypeError(`the engine's functions stay in tier ${this.#context.config.tier}`);
    const at = live.ladder.findIndex((r) => r.tier === tier);
    if (at <= 0) {
      const names = live.ladder.slice(1).map((r) => r.tier);
      throw new TypeError(`thresholds are for ${names.join(", ")}, not for ${tier}`);
    }
    const { calls, passes } = { ...live.ladder[at], ...limits };
    const rung = { tier, calls: threshold("calls", calls), passes: threshold("passes", passes) };
    live.ladder = live.ladder.with(at, rung);
  }

  /** Has a function stay in a tier, whatever is counted. One that the tier cannot compile stays in `interp`. Throws Error where the tier cannot run. */
  pin(func: Func, tier: TierName): void {
    this.#context.pin(innerFunc(func), tier);
  }
  /** Ends that; false if it was not pinned. Setting the function's tier ends it, too. */
  unpin(func: Func): boolean {
    return this.#context.unpin(innerFunc(func));
  }
  /** The functions that are pinned. */
  get pins(): readonly Pin[] {
    return this.#context.pinned.map(([func, tier]) => ({ func: publicFunc(func, this.#context), tier }));
  }

  /** Keeps a function in `interp` as long as somebody needs it there; gives what ends that, after which it goes on where it was. The log says why it moved. */
  hold(func: Func, why: "breakpoint" | "probe" | "protection"): () => void {
    return this.#context.hold(innerFunc(func), why);
  }

  /** What moved, and which hot functions stay, each with its reason, oldest first: the latest 1000. */
  get decisions(): readonly TierEvent[] {
    return this.#context.tierLog.events;
  }

  /** Times calls, looks at memory, counts instructions, while it is on. */
  get monitor(): PerformanceMonitor {
    return this.#monitor ??= new PerformanceMonitor(this.#context);
  }
}
