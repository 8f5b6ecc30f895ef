// Asynchronous host functions as the JS Promise Integration standard has them: imports that suspend, and calls that give a promise.

import { callPromising } from "../runtime/promising.ts";
import { exportedBy } from "../engine/context.ts";

/** The function in a Suspending; undefined for anything else. */
export let suspendingFunction: (value: unknown) => ((...args: unknown[]) => unknown) | undefined;

/**
 * A host function for imports whose result is a promise that Wasm waits for: the call that calls it is parked until then, and others may run. It must be reached by
 * a promising call, with no JavaScript in between; otherwise Wasm gets a SuspendError, which it can catch. What the promise is rejected with is thrown into Wasm.
 *
 * ```ts
 * import { Engine, Suspending } from "../../mod.ts";
 *
 * const later = new Suspending((ms: number) => new Promise((resolve) => setTimeout(resolve, ms, 2 * ms)));
 * using instance = new Engine().load(
 *   `(module (import "time" "later" (func $later (param i32) (result i32)))
 *     (func (export "wait") (param i32) (result i32) (call $later (local.get 0))))`,
 *   { time: { later } },
 * );
 * const wait = instance.func("wait");
 * console.log(await Promise.all([wait.callAsync(20), wait.callAsync(10)])); // [ 40, 20 ], side by side
 * ```
 */
export class Suspending {
  readonly #wrapped: (...args: any[]) => unknown;

  /** Takes the function; whatever it gives that is no promise is waited for as well. Throws TypeError for anything but a function. */
  constructor(wrapped: (...args: any[]) => unknown) {
    if (typeof wrapped !== "function") throw new TypeError("Suspending takes a function");
    this.#wrapped = wrapped;
  }

  static {
    suspendingFunction = (value) => value instanceof Suspending ? value.#wrapped : undefined;
  }
}

/**
 * The function that calls an exported function on stacks of its own, and gives a promise of what it gives. It throws TypeError for arguments that do not fit; the
 * promise is rejected with what the call throws, Trap and Exception too. Throws TypeError for anything but an exported function.
 */
export function promising(exported: unknown): (...args: unknown[]) => Promise<unknown> {
  const found = exportedBy(exported);
  if (found === undefined) throw new TypeError("promising takes a function that Wasm exports");
  const { store, func } = found;
  const { length } = func.type.params;
  const wrapper = (...args: unknown[]) => callPromising(store, func, args);
  return Object.defineProperty(wrapper, "length", { value: length });
}
