// Calls that give a promise (JS Promise Integration): while a suspending host function is waited for, the call's stacks are parked, and others run.

import { currentDeadline, withDeadline } from "../platform/deadline.ts";
import { Activation } from "./activation.ts";
import { askHost, callHost, type SlotRange, writeHostResults } from "./host_call.ts";
import { readResults } from "./call.ts";
import { Mode, type WasmFunc } from "./func.ts";
import { PARKED, type Pause } from "./segment.ts";
import type { Store } from "./store.ts";
import { writeSlots } from "./values.ts";

/**
 * Calls `func` on stacks of its own; gives a promise of what it gives. The promise is rejected with what the call throws, or with a ResourceError when too many
 * calls wait. The deadline of the moment holds for the whole call, waiting included, but is seen only when it goes on. Throws TypeError at once for arguments that do not fit, as the standard's `promising` does.
 */
export function callPromising(store: Store, func: WasmFunc, args: ArrayLike<unknown>): Promise<unknown> {
  if (func.closed) throw new TypeError(`${func.name} belongs to an instance that was disposed of`);
  if (func.signature.vectors) {
    throw new TypeError(`${func.name} has a v128 or an exnref in its type, so JavaScript cannot call it`);
  }
  const { params, results } = func.signature.type;
  const words = new Int32Array(2 * Math.max(func.paramSlots, func.resultSlots));
  writeSlots(store, words, 0, params, args);
  if (func.mode === Mode.HOST) return askPromising(store, func, { words, at: 0 });
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const activation = new Activation(store, "promising");
  const deadline = currentDeadline();
  const step = (proceed: () => SlotRange) => {
    let value: unknown;
    try {
      const range = withDeadline(deadline, proceed);
      if (range === PARKED) return wait();
      value = readResults(store, results, range);
    } catch (error) {
      if (!activation.ended) activation.abandon();
      return reject(error);
    }
    resolve(value);
  };
  const wait = () => {
    const pause = activation.pause as Pause & { reason: "promise" };
    // Whatever the promise's own `then` is.
    then.call(
      pause.promise,
      (value) => step(() => activation.goOnWith(value)),
      (error) => step(() => activation.goOnThrowing(error)),
    );
  };
  step(() => activation.call(func, { words, at: 0 }));
  return promise;
}

const { then } = Promise.prototype;

/** A host function that an instance exports again. */
async function askPromising(store: Store, func: WasmFunc, slots: SlotRange): Promise<unknown> {
  if (func.suspending) writeHostResults(store, func, await askHost(store, func, slots), slots);
  else callHost(store, func, slots);
  return readResults(store, func.signature.type.results, slots);
}
