// What a shell remembers of itself: the commands that were typed, for :save, and sizes and calls over time, for :plot.

import type { Engine } from "../../api/engine.ts";
import type { TierName } from "../../runtime/tier.ts";
import { UsageError } from "../exit.ts";

/** A command that was typed. */
export interface Typed {
  readonly source: string;
  /** What came of it; `misused`: it was no command of the shell, or wrongly written, so that nothing happened. */
  readonly result: "done" | "failed" | "misused";
}

/** Sizes at a time. */
export interface Sample {
  /** Milliseconds, as `performance.now()` counts them. */
  readonly time: number;
  /** Bytes of all memories that can be accessed, and of address space for them. */
  readonly committed: number;
  readonly reserved: number;
  /** Bytes of the heap's occupied blocks. */
  readonly heap: number;
}

/** A call from the shell. */
export interface Called {
  readonly time: number;
  readonly name: string;
  readonly tier: TierName;
  readonly ms: number;
}

/** Samples and calls that are kept: every second one goes when there are more. */
const MAX_SAMPLES = 4000;

/** The memory of one shell. */
export class Recorder {
  /** When the shell began. */
  readonly began: number = performance.now();
  readonly typed: Typed[] = [];
  #samples: Sample[] = [];
  #calls: Called[] = [];
  /** Commands that run, one within another. */
  #depth = 0;
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.sample();
  }

  /** What was sampled, oldest first. */
  get samples(): readonly Sample[] {
    return this.#samples;
  }
  get calls(): readonly Called[] {
    return this.#calls;
  }

  /** Runs a command; those that run within another are part of it. Throws what it throws. */
  async run<T>(source: string, action: () => Promise<T>): Promise<T> {
    let result: Typed["result"] = "done";
    this.#depth++;
    try {
      return await action();
    } catch (error) {
      result = error instanceof UsageError ? "misused" : "failed";
      throw error;
    } finally {
      if (--this.#depth === 0) this.typed.push({ source, result });
      this.sample();
    }
  }

  /** Looks at the sizes now. */
  sample(): void {
    const { committedBytes, reservedBytes } = this.#engine.memoryFigures;
    const heap = this.#engine.gcFigures.allocatedBytes === 0 ? 0 : this.#engine.heap.occupiedBytes;
    this.#samples.push({ time: performance.now(), committed: committedBytes, reserved: reservedBytes, heap });
    if (this.#samples.length > MAX_SAMPLES) this.#samples = this.#samples.filter((_, i) => i % 2 === 0);
  }

  /** Takes note of a call that began at `time`. */
  called(call: Called): void {
    this.#calls.push(call);
    if (this.#calls.length > MAX_SAMPLES) this.#calls = this.#calls.slice(-MAX_SAMPLES / 2);
  }
}
