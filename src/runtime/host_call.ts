// Calls of host functions: arguments from slots to JavaScript values, and results back. Takes a store, a function and a range of slots; what a host function throws
// passes through, and becoming an exception of Wasm is the driver's affair (catching.ts).

import { SuspendError } from "../wasm/errors.ts";
import { boundArguments } from "./bind.ts";
import type { WasmFunc } from "./func.ts";
import type { Store } from "./store.ts";
import { readSlot, writeSlot, writeSlots } from "./values.ts";

/** Where results or arguments stand: slots of some memory. */
export interface SlotRange {
  words: Int32Array;
  /** Slot index of the first. */
  at: number;
}

/** Calls a host function with the arguments in `args`, and puts its results there. Throws SuspendError for one that suspends. */
export function callHost(store: Store, func: WasmFunc, args: SlotRange): void {
  if (func.suspending) {
    throw new SuspendError(
      store.activations.hasPromising
        ? `${func.name} cannot suspend: JavaScript lies between it and the promising call`
        : `${func.name} cannot suspend: it was not reached by a promising call`,
    );
  }
  const value = askHost(store, func, args);
  // Here, as while the host function ran, all references are where roots are looked for.
  if (store.handles.crowded) store.collectUnlessPaused();
  writeHostResults(store, func, value, args);
}

/** Calls a host function; gives what it gives. */
export function askHost(store: Store, func: WasmFunc, { words, at }: SlotRange): unknown {
  const { signature } = func, { params } = signature.type;
  if (signature.vectors) {
    throw new TypeError(`${func.name} has a v128 or an exnref in its type, so it cannot be called`);
  }
  const host = func.host!;
  if (func.bound !== undefined) return askHost(store, func.bound.target, boundArguments(func, { words, at }));
  if (func.raw) return host(words, at);
  // Most are functions of a few integers, for which the rest takes 5 ns.
  const w = at << 1;
  switch (signature.integers) {
    case 1:
      return host(words[w]);
    case 2:
      return host(words[w], words[w + 2]);
    case 3:
      return host(words[w], words[w + 2], words[w + 4]);
  }
  if (params.length === 0) return host();
  if (params.length === 1) return host(readSlot(store, words, at, params[0]));
  if (params.length === 2) {
    return host(readSlot(store, words, at, params[0]), readSlot(store, words, at + 1, params[1]));
  }
  return host(...params.map((t, i) => readSlot(store, words, at + i, t)));
}

/** Puts what a host function gave into slots. Throws TypeError if it does not fit. */
export function writeHostResults(store: Store, func: WasmFunc, value: unknown, { words, at }: SlotRange): void {
  const { results } = func.signature.type;
  if (results.length === 0) return;
  if (results.length === 1) return writeSlot(store, words, at, results[0], value);
  const values = [...value as Iterable<unknown>];
  if (values.length !== results.length) {
    throw new TypeError(`${func.name} gave ${values.length} results instead of ${results.length}`);
  }
  writeSlots(store, words, at, results, values);
}
