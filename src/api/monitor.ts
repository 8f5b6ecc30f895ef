// The public PerformanceMonitor: how long calls take, what memory is in use, how many instructions ran, what moved between tiers and why. As objects, and for OpenTelemetry.

import type { Context } from "../engine/context.ts";
import type { MemorySample } from "../engine/monitoring.ts";
import type { TierEvent } from "../engine/tier_log.ts";
import type { TierName } from "../runtime/tier.ts";
import type { MetricObserver, MetricsMeter } from "./metrics_meter.ts";

/** What was recorded about the calls of a function from JavaScript; times in milliseconds, those of what it calls included. */
export interface FunctionTimes {
  /** The function's name. */
  readonly name: string;
  /** Its index in its module; -1 for a host function. */
  readonly index: number;
  /** The tier it is in now. */
  readonly tier: TierName;
  /** Calls from JavaScript. */
  readonly calls: number;
  /** All of them together. */
  readonly totalMs: number;
  /** On the average. */
  readonly meanMs: number;
  /** What half of the calls did not exceed, to within 5 percent, as the other percentiles. */
  readonly p50Ms: number;
  /** What 90 percent did not exceed. */
  readonly p90Ms: number;
  /** What 99 percent did not exceed. */
  readonly p99Ms: number;
  /** The longest call. */
  readonly longestMs: number;
  /** Its own instructions that ran, whoever called it; undefined where they are not counted. */
  readonly instructions: number | undefined;
}

/** What the monitor recorded. */
export interface MonitorReport {
  /** Whether it records. */
  readonly running: boolean;
  /** Milliseconds for which it has been recording. */
  readonly ms: number;
  /** Functions that JavaScript called, those first that took most. */
  readonly functions: readonly FunctionTimes[];
  /** Memory in use, at the start and then at calls, 20 ms apart at least; the latest 1000. */
  readonly memory: readonly MemorySample[];
  /** Instructions that ran in all; undefined where they are not counted. */
  readonly instructions: number | undefined;
  /** Fuel that was taken in all; 0 where it is not counted. */
  readonly fuelConsumed: number;
  /** Moves between tiers since the start, and hot functions that stay, each with its reason; the latest 1000. */
  readonly decisions: readonly TierEvent[];
}

/** What it records. */
export interface MonitorOptions {
  /** Counts the instructions of all functions, in every tier; slows code down by a third and more. Default no. */
  readonly instructions?: boolean;
}

/** Records what an engine does, made by {@link EdgeRuntime.monitor}. Off at first, and free then. */
export class PerformanceMonitor {
  readonly #context: Context;
  #endedAt = 0;
  #startedAt = 0;
  #eventsBefore = 0;

  /** Takes the engine's inner side: `engine.edge.monitor` is the way to one. */
  constructor(context: Context) {
    this.#context = context;
  }

  /** Whether it records. */
  get running(): boolean {
    return this.#context.monitoring.since !== undefined;
  }

  /** Records from now on, with nothing so far. Calls of promising functions, and executions in slices, are not timed. Throws ResourceError when there is no room for counters. */
  start(options: MonitorOptions = {}): void {
    this.#context.monitoring.start(options.instructions ?? false);
    this.#startedAt = performance.now();
    this.#eventsBefore = this.#context.tierLog.count;
  }
  /** Ends that; what was recorded can still be read, but for instructions. */
  stop(): void {
    this.#endedAt = performance.now();
    this.#context.monitoring.stop();
  }

  /** What was recorded so far, as plain objects. */
  report(): MonitorReport {
    const { monitoring, tierLog, store } = this.#context;
    const functions = [...monitoring.durations].map(([func, d]): FunctionTimes => ({
      name: func.name,
      index: func.index,
      tier: (func.bound?.target ?? func).tier,
      calls: d.count,
      totalMs: d.total,
      meanMs: d.total / d.count,
      p50Ms: d.percentile(0.5),
      p90Ms: d.percentile(0.9),
      p99Ms: d.percentile(0.99),
      longestMs: d.longest,
      instructions: monitoring.instructionsOf(func),
    }));
    const fresh = tierLog.count - this.#eventsBefore;
    return {
      running: this.running,
      ms: this.#startedAt === 0 ? 0 : (this.running ? performance.now() : this.#endedAt) - this.#startedAt,
      functions: functions.sort((a, b) => b.totalMs - a.totalMs),
      memory: monitoring.samples,
      instructions: monitoring.counts ? monitoring.instructions : undefined,
      fuelConsumed: store.meter?.consumed ?? 0,
      decisions: fresh === 0 ? [] : tierLog.events.slice(-fresh),
    };
  }

  /** The report, for JSON.stringify. */
  toJSON(): MonitorReport {
    return this.report();
  }

  /**
   * Gives everything to OpenTelemetry from now on, while it records: the histogram `strata.function.duration` in seconds, the counter `strata.tier.moves`, and
   * `strata.memory.usage` in bytes by kind, `strata.instructions` and `strata.fuel.consumed`. Takes a meter; without one, npm's `@opentelemetry/api` is loaded, and its
   * meter `strata` used. Gives what ends it.
   */
  async exportTo(meter?: MetricsMeter): Promise<() => void> {
    if (meter === undefined) {
      const url = new URL("../engine/opentelemetry.ts", import.meta.url).href;
      const { metrics }: typeof import("../engine/opentelemetry.ts") = await import(url);
      meter = metrics.getMeter("strata");
    }
    const { monitoring, tierLog, store } = this.#context;
    const durations = meter.createHistogram("strata.function.duration", {
      description: "Time that calls of Wasm functions from JavaScript take",
      unit: "s",
    });
    const moves = meter.createCounter("strata.tier.moves", {
      description: "Functions and frames that moved between tiers",
      unit: "{move}",
    });
    const memory = meter.createObservableUpDownCounter("strata.memory.usage", {
      description: "Memory in use",
      unit: "By",
    });
    const instructions = meter.createObservableCounter("strata.instructions", {
      description: "Wasm instructions that ran",
      unit: "{instruction}",
    });
    const fuel = meter.createObservableCounter("strata.fuel.consumed", {
      description: "Passes of loop heads and entries of functions",
      unit: "{unit}",
    });
    const observeMemory = (result: MetricObserver) => {
      const { linearBytes, heapBytes, codeBytes } = monitoring.memory;
      result.observe(linearBytes, { "strata.memory.kind": "linear" });
      result.observe(heapBytes, { "strata.memory.kind": "heap" });
      result.observe(codeBytes, { "strata.memory.kind": "code" });
    };
    const observeInstructions = (result: MetricObserver) => {
      if (monitoring.counts) result.observe(monitoring.instructions);
    };
    const observeFuel = (result: MetricObserver) => {
      if (store.meter !== undefined) result.observe(store.meter.consumed);
    };
    memory.addCallback(observeMemory);
    instructions.addCallback(observeInstructions);
    fuel.addCallback(observeFuel);
    const ends = [
      monitoring.listen((func, ms) => {
        durations.record(ms / 1000, { "strata.function.name": func.name, "strata.tier": func.tier });
      }),
      tierLog.listen(({ what, from, to, why }) => {
        if (why !== "refused") moves.add(1, { "strata.tier.from": from, "strata.tier.to": to, reason: why, what });
      }),
    ];
    return () => {
      for (const end of ends) end();
      memory.removeCallback(observeMemory);
      instructions.removeCallback(observeInstructions);
      fuel.removeCallback(observeFuel);
    };
  }
}
