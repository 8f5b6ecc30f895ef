// A call that is debugged: runs from stop to stop, and waits in between like any call that is parked. Takes a function and the slots of its arguments, gives results as slots.

import { Activation } from "../runtime/activation.ts";
import type { WaitingFrame } from "../runtime/debugging.ts";
import { Mode, type WasmFunc } from "../runtime/func.ts";
import { PARKED } from "../runtime/segment.ts";
import type { Controller, Go, StopCause } from "./controller.ts";
import type { Tape } from "./tape.ts";

/** Drops what nobody can let go on any more. Its store has that meanwhile. */
const FORGOTTEN = new FinalizationRegistry<WeakRef<Activation>>((reference) => {
  const activation = reference.deref();
  if (activation?.ended === false) activation.abandon();
});

/** A call that can wait at stops. */
export class DebuggedCall {
  #activation: Activation;
  #results: Int32Array | undefined;
  #running = false;
  #released = false;
  /** Records it, if anybody does. */
  tape: Tape | undefined = undefined;

  /** Nothing of the function runs yet; with `stops`, it can stop before its first instruction. Throws TypeError for host functions, and what preparing a call throws. */
  constructor(readonly controller: Controller, readonly func: WasmFunc, words: Int32Array, stops = false) {
    if (func.mode === Mode.HOST) throw new TypeError(`${func.name} is a host function and cannot be debugged`);
    if (func.freed) throw new TypeError(`${func.name} belongs to an instance that was disposed of`);
    this.#activation = new Activation(controller.store, "debugged");
    if (stops) controller.interpretFirst(this.#activation, func);
    this.#activation.prepare(func, { words, at: 0 });
    controller.use();
    FORGOTTEN.register(this, new WeakRef(this.#activation), this);
  }

  /** What runs it; another one after it went back. */
  get activation(): Activation {
    return this.#activation;
  }
  /** Why it waits; undefined before it begins and after it ended. */
  get cause(): StopCause | undefined {
    return this.ended ? undefined : this.controller.stateOf(this.#activation).cause;
  }
  /** It returned or threw, or was dropped. */
  get ended(): boolean {
    return this.#released;
  }
  get running(): boolean {
    return this.#running;
  }
  /** The slots of the results, once it returned. */
  get results(): Int32Array | undefined {
    return this.#results;
  }

  /** Its frames while it waits, innermost first. */
  frames(): WaitingFrame[] {
    return this.ended ? [] : this.#activation.waitingFrames();
  }

  /** Lets it go on as said; gives why it waits again, undefined when it returned. Throws what the call throws; TypeError when it runs or has ended. */
  go(go: Go): StopCause | undefined {
    this.check();
    if (this.tape !== undefined) return this.tape.go(go);
    const { controller } = this;
    const activation = this.#activation;
    controller.plan(activation, go);
    return this.proceed(() => activation.goOn());
  }

  /** Throws TypeError unless it waits. */
  check(): void {
    if (this.#running) throw new TypeError("the call is running");
    if (this.#released) throw new TypeError("the call has ended");
  }

  /** Runs its activation and looks at what came of it. */
  proceed(run: () => { readonly words: Int32Array; readonly at: number }): StopCause | undefined {
    const activation = this.#activation, state = this.controller.stateOf(activation);
    this.#running = true;
    try {
      const range = run();
      if (range === PARKED) {
        if (activation.pause?.reason === "interrupt") state.cause = { kind: "interrupt" };
        return state.cause;
      }
      const { at, words } = range;
      this.#results = words.slice(2 * at, 2 * (at + this.func.resultSlots));
    } finally {
      this.#running = false;
      if (activation.ended) this.#release();
    }
  }

  /** Goes on with another activation. */
  become(activation: Activation): void {
    this.#activation = activation;
    FORGOTTEN.unregister(this);
    FORGOTTEN.register(this, new WeakRef(activation), this);
  }

  /** It waits again, after it ended: the past is looked at. */
  reopen(): void {
    if (!this.#released) return;
    this.#released = false;
    this.controller.use();
  }
  /** It has ended, as it had before the past was looked at. */
  close(): void {
    this.#release();
  }
  /** Waits for `cause` now, or where an error ends it; undefined if it has ended. */
  showEnd(cause: StopCause): StopCause | undefined {
    if (this.ended) return undefined;
    const state = this.controller.stateOf(this.#activation);
    if (state.cause?.kind !== "trap" && state.cause?.kind !== "exception") state.cause = cause;
    return state.cause;
  }

  /** Drops it; one that has ended is left alone. Throws TypeError when it runs. */
  cancel(): void {
    if (this.#running) throw new TypeError("the call is running");
    if (this.#released) return;
    if (!this.#activation.ended) this.#activation.abandon();
    this.#release();
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    if (this.tape === undefined) this.controller.forget(this.#activation);
    this.controller.release();
    FORGOTTEN.unregister(this);
  }
}
