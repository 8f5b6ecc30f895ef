// What an engine's calls take: while it is on, each call from JavaScript is timed, memory is looked at now and then, and instructions are counted if that is asked for. Off, it
// costs nothing: calls are timed by a Caller that takes the place of the usual one.

import { Histogram } from "../base/histogram.ts";
import { Caller } from "../runtime/call.ts";
import type { WasmFunc } from "../runtime/func.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import type { Store } from "../runtime/store.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import type { Counting, CountRequest } from "./counting.ts";
import type { JitTier } from "./native_tier.ts";

/** Bytes in use at a time. */
export interface MemorySample {
  /** Milliseconds, as `performance.now()` counts them. */
  readonly time: number;
  /** Linear memories. */
  readonly linearBytes: number;
  /** The heap of structures and arrays. */
  readonly heapBytes: number;
  /** Executable memory for machine code. */
  readonly codeBytes: number;
}

/** Called with each call that ended. */
export type CallListener = (func: WasmFunc, ms: number) => void;

/** Samples that are kept. */
export const MAX_SAMPLES = 1000;
/** Milliseconds between two looks at memory. */
const SAMPLE_MS = 20;

/** What the monitor looks at. */
export interface Monitored {
  readonly store: Store;
  readonly caller: Caller;
  readonly jit: JitTier | undefined;
  readonly counting: Counting;
}

/** Times the calls of an engine. */
export class Monitoring {
  readonly #monitored: Monitored;
  readonly durations: Map<WasmFunc, Histogram> = new Map();
  #samples: MemorySample[] = [];
  #lastSample = -Infinity;
  readonly #counts = new Map<ValidModule, Map<number, CountRequest>>();
  readonly #listeners = new Set<CallListener>();
  /** When it was switched on; undefined while it is off. */
  since: number | undefined;
  /** Whether instructions of all functions are counted. */
  counts = false;

  constructor(monitored: Monitored) {
    this.#monitored = monitored;
  }

  /** Switches it on, with nothing recorded so far. */
  start(instructions: boolean): void {
    this.stop();
    this.durations.clear();
    this.#samples = [];
    this.#lastSample = -Infinity;
    this.since = performance.now();
    this.counts = instructions;
    const { store, caller } = this.#monitored, plain = new Caller(store);
    if (instructions) { for (const instance of store.instances) this.countInstance(instance); }
    caller.call = (func, args) => this.#time(func, () => plain.call(func, args));
    caller.callSlots = (func, args) => this.#time(func, () => plain.callSlots(func, args));
    this.sample();
  }

  /** Switches it off; what was recorded stays, but for counts of instructions. */
  stop(): void {
    if (this.since === undefined) return;
    this.since = undefined;
    // What stands before the methods of the class goes.
    const own: Partial<Pick<Caller, "call" | "callSlots">> = this.#monitored.caller;
    delete own.call;
    delete own.callSlots;
    this.counts = false;
    for (const requests of this.#counts.values()) for (const request of requests.values()) request.stop();
    this.#counts.clear();
  }

  /** Counts the instructions of an instance's own functions. */
  countInstance(instance: WasmInstance): void {
    const { valid, module } = instance;
    if (instance.freed || this.#counts.has(valid)) return;
    const requests = new Map<number, CountRequest>();
    this.#counts.set(valid, requests);
    for (let i = module.importedFuncs; i < module.funcs.length; i++) {
      requests.set(i, this.#monitored.counting.start(valid, i, { instructions: true }));
    }
  }

  /** Instructions of a function's module, in all instances, that ran since it was switched on; undefined where they are not counted. */
  instructionsOf({ instance, index }: WasmFunc): number | undefined {
    const request = instance && this.#counts.get(instance.valid)?.get(index);
    return request?.instructions().reduce((n, i) => n + i.count, 0);
  }
  /** All of them. */
  get instructions(): number {
    let sum = 0;
    for (const requests of this.#counts.values()) {
      for (const request of requests.values()) for (const { count } of request.instructions()) sum += count;
    }
    return sum;
  }

  /** The latest samples, oldest first. */
  get samples(): readonly MemorySample[] {
    return this.#samples.slice(-MAX_SAMPLES);
  }
  /** What memory is in use now. */
  get memory(): MemorySample {
    const { store, jit } = this.#monitored;
    return {
      time: performance.now(),
      linearBytes: store.memories.figures.committedBytes,
      heapBytes: store.heapInUse?.occupiedBytes ?? 0,
      codeBytes: jit?.budget?.used ?? 0,
    };
  }
  /** Takes a sample. */
  sample(): void {
    const { memory } = this;
    this.#lastSample = memory.time;
    this.#samples.push(memory);
    if (this.#samples.length > 2 * MAX_SAMPLES) this.#samples = this.#samples.slice(-MAX_SAMPLES);
  }

  /** Calls `listener` with each call that ended; gives what ends that. */
  listen(listener: CallListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #time<T>(func: WasmFunc, call: () => T): T {
    const began = performance.now();
    try {
      return call();
    } finally {
      const now = performance.now(), ms = now - began;
      let histogram = this.durations.get(func);
      if (histogram === undefined) this.durations.set(func, histogram = new Histogram());
      histogram.record(ms);
      if (now - this.#lastSample >= SAMPLE_MS) this.sample();
      for (const listener of this.#listeners) listener(func, ms);
    }
  }
}
