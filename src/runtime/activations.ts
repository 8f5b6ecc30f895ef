// The activations of a store: those that run, nested strictly, and those that are parked; the trace of all their frames. What one of them does is driver.ts's affair.

import { BugError } from "../base/bug.ts";
import { MAX_FRAMES, ResourceError, Trap, type WasmFrame } from "../wasm/errors.ts";
import { TrapCode } from "../wasm/traps.ts";
import type { Activation } from "./activation.ts";
import type { Trace } from "./segment.ts";
import type { Store } from "./store.ts";
import type { InterpThread } from "./tier.ts";

/** Threads that are kept for further activations. */
const IDLE_THREADS = 8;

/** The activations of a store that have not ended, and interpreter stacks for further ones. */
export class Activations {
  /** Outermost first. */
  readonly #running: Activation[] = [];
  readonly #parked = new Set<Activation>();
  readonly #idle: InterpThread[] = [];

  constructor(readonly store: Store, readonly maxNesting: number, readonly maxParked: number) {}

  /** Those that run, outermost first: each but the last waits for a host function, or for whom is told of a watched access, that called back in. */
  get running(): readonly Activation[] {
    return this.#running;
  }
  /** All that have not ended. */
  get all(): readonly Activation[] {
    return [...this.#running, ...this.#parked];
  }
  /** The one that runs, if any does. */
  get innermost(): Activation | undefined {
    return this.#running.findLast((a) => !a.ended);
  }
  /** How many are parked. */
  get parked(): number {
    return this.#parked.size;
  }
  /** Whether one more can be parked. */
  get hasRoomToPark(): boolean {
    return this.#parked.size < this.maxParked;
  }
  /** Throws ResourceError if not. Wasm cannot catch that: it would go on at the limit. */
  checkRoomToPark(): void {
    if (!this.hasRoomToPark) throw new ResourceError(`more than ${this.maxParked} calls wait for promises`);
  }
  /** Whether one that a suspending host function could park is under way. */
  get hasPromising(): boolean {
    return this.#running.some((a) => !a.ended && a.kind === "promising");
  }

  /** Takes the innermost off, which is to go on later. */
  park(activation: Activation): void {
    this.dropEnded();
    if (this.#running[this.#running.length - 1] !== activation) {
      throw new BugError("only the innermost call can be parked");
    }
    this.#running.length--;
    this.#parked.add(activation);
  }
  /** Takes note of one that begins parked. */
  add(activation: Activation): void {
    this.#parked.add(activation);
  }
  /** Makes a parked one the innermost. Throws Trap as begin() does; it stays parked then. */
  unpark(activation: Activation): void {
    this.begin(activation);
    this.#parked.delete(activation);
  }
  /** Forgets a parked one for good. */
  forget(activation: Activation): void {
    this.#parked.delete(activation);
  }

  /** Called when an activation starts. Throws Trap when host functions have called back in too often. */
  begin(activation: Activation): void {
    this.dropEnded();
    this.store.policy?.poll();
    if (this.#running.length >= this.maxNesting) throw new Trap(TrapCode.CALL_STACK_EXHAUSTED);
    this.#running.push(activation);
  }
  /**
   * Called when one ended, in whatever way. When JavaScript's stack is exhausted, that may throw at any point, or may not even begin:
   * then what is missing is done when the next activation begins or ends.
   */
  dropEnded(): void {
    const running = this.#running;
    while (running.length > 0 && running[running.length - 1].ended) {
      running[running.length - 1].release();
      running.length--;
    }
  }

  /**
   * Takes note of the frames of all that have not ended, innermost first, with the host functions that called back in; makes the frames when asked.
   * `trapped`: the innermost activation's topmost segment is at an exit TRAP.
   */
  trace(trapped: boolean): () => WasmFrame[] {
    const trace: Trace = [];
    this.store.js?.notePositions();
    for (let i = this.#running.length - 1; i >= 0 && trace.length < MAX_FRAMES; i--) {
      const activation = this.#running[i], { host } = activation;
      // The innermost has ended its host call, if there was one.
      if (i < this.#running.length - 1 && host !== undefined) {
        trace.push(() => ({ name: host.name, index: -1, offset: -1, tier: "host" }));
      }
      activation.trace(trace, trapped && i === this.#running.length - 1);
    }
    return () => trace.flatMap((make) => make());
  }

  takeThread(): InterpThread {
    return this.#idle.pop() ?? this.store.interp.newThread();
  }
  giveBack(thread: InterpThread): void {
    if (this.#idle.length < IDLE_THREADS) this.#idle.push(thread);
  }
}
