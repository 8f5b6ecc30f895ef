// The public Execution: a call that goes on in slices of fuel or time.

import { checkFuel } from "../engine/config.ts";
import { withDeadline } from "../platform/deadline.ts";
import { Activation } from "../runtime/activation.ts";
import { readResults } from "../runtime/call.ts";
import { Mode, type WasmFunc } from "../runtime/func.ts";
import { PARKED } from "../runtime/segment.ts";
import { writeSlots } from "../runtime/values.ts";
import type { WasmFrame } from "../wasm/errors.ts";
import type { Context } from "../engine/context.ts";
import { checkMilliseconds } from "./options.ts";

/** How far an Execution may go. */
export interface SliceOptions {
  /** Passes of loop heads and function entries; only where the engine counts fuel. Default: what the engine has left. */
  readonly fuel?: number;
  /** Milliseconds. Default: no limit. */
  readonly deadlineMs?: number;
}

/** What came of it: the results, as Func.call() gives them, or why the call is paused. */
export type ExecutionStep =
  | { readonly done: true; readonly value: unknown }
  | { readonly done: false; readonly reason: "fuel" | "deadline" | "interrupt" };

/** Starts one; nothing of the function runs yet. Throws TypeError for arguments that do not fit, and for host functions. */
export let startExecution: (context: Context, func: WasmFunc, args: readonly unknown[]) => Execution;

/** Drops what is parked when nobody can resume it any more. Its store has that meanwhile. */
const FORGOTTEN = new FinalizationRegistry<WeakRef<Activation>>((reference) => {
  const activation = reference.deref();
  if (activation?.ended === false) activation.abandon();
});

/**
 * A call that runs only in `resume()`, and where a call otherwise traps for lack of fuel or time, or since it was interrupted, is paused: it can then go on, also
 * after others have run. Keeps what it refers to alive until it has ended or was cancelled.
 *
 * ```ts
 * import { Engine } from "../../mod.ts";
 *
 * const engine = new Engine({ fuel: Infinity }); // counted: one for each loop pass and function entry
 * using instance = engine.load(`(module (func (export "count") (param $n i32) (result i32) (local $i i32)
 *   (loop $l (br_if $l (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
 *   (local.get $i)))`);
 * const counting = instance.func("count").start(1000);
 * let slices = 1;
 * let step = counting.resume({ fuel: 300 });
 * for (; !step.done; slices++) step = counting.resume({ fuel: 300 });
 * console.log(step.value, slices); // 1000 4
 * ```
 */
export class Execution implements Disposable {
  readonly #activation: Activation;
  readonly #func: WasmFunc;
  #running = false;

  private constructor(context: Context, func: WasmFunc, args: readonly unknown[]) {
    if (func.mode === Mode.HOST) throw new TypeError(`${func.name} is a host function and cannot be paused`);
    if (func.signature.vectors) {
      throw new TypeError(`${func.name} has a v128 or an exnref in its type, so JavaScript cannot call it`);
    }
    const words = new Int32Array(2 * func.paramSlots);
    writeSlots(context.store, words, 0, func.signature.type.params, args);
    if (func.closed) throw new TypeError(`${func.name} belongs to an instance that was disposed of`);
    this.#func = func;
    this.#activation = new Activation(context.store, "sliced");
    this.#activation.prepare(func, { words, at: 0 });
    FORGOTTEN.register(this, new WeakRef(this.#activation));
  }

  static {
    startExecution = (context, func, args) => new Execution(context, func, args);
  }

  /** Whether it has ended: returned, thrown, or was cancelled. */
  get ended(): boolean {
    return this.#activation.ended;
  }

  /**
   * Goes on until the call returns or is paused. A call of the same module that its host functions make cannot be paused and traps instead, which ends this one;
   * so does a deadline in `memory.atomic.wait`. An interruption pauses it again and again until somebody clears the interrupt word.
   * Throws what the call throws; TypeError when it runs or has ended, or when fuel is given that the engine does not count; RangeError for amounts that make no sense.
   */
  resume(options: SliceOptions = {}): ExecutionStep {
    const activation = this.#activation, { meter } = activation.store;
    // Reading them may run JavaScript that resumes or cancels.
    const { fuel, deadlineMs = Infinity } = options;
    if (this.#running) throw new TypeError("the execution is running");
    if (activation.ended) throw new TypeError("the execution has ended");
    if (meter === undefined && fuel !== undefined) throw new TypeError("the engine does not count fuel");
    checkFuel(fuel ?? Infinity);
    checkMilliseconds(deadlineMs);
    const proceed = () => withDeadline(performance.now() + deadlineMs, () => activation.goOn());
    this.#running = true;
    try {
      const range = meter === undefined ? proceed() : meter.within(fuel ?? Infinity, proceed);
      const reason = activation.pause?.reason;
      if (range !== PARKED) {
        return { done: true, value: readResults(activation.store, this.#func.signature.type.results, range) };
      }
      return { done: false, reason: reason as "fuel" | "deadline" | "interrupt" };
    } finally {
      this.#running = false;
    }
  }

  /** The Wasm frames while it is paused, innermost first; none before it began or after it ended. */
  frames(): WasmFrame[] {
    return this.#activation.ended ? [] : this.#activation.frames();
  }

  /** Drops a paused call; one that has ended is left alone. Throws TypeError when it runs. */
  cancel(): void {
    if (this.#running) throw new TypeError("the execution is running");
    if (!this.#activation.ended) this.#activation.abandon();
  }
  /** The same. */
  [Symbol.dispose](): void {
    this.cancel();
  }
}
