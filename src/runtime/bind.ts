// Bound functions: closures over the first arguments of another function. Wasm sees functions of their own type; calls go on with the function they are bound to, in its tier
// (driver.ts), with all arguments together.

import { TYPES } from "../wasm/types.ts";
import type { SlotRange } from "./host_call.ts";
import type { WasmFunc } from "./func.ts";
import type { Store } from "./store.ts";
import { writeSlots } from "./values.ts";

/** Makes a function that calls `func` with `values` first. Throws TypeError for more values than it has parameters, and for those that do not fit. */
export function bind(store: Store, func: WasmFunc, values: readonly unknown[]): WasmFunc {
  if (func.freed) throw new TypeError(`${func.name} belongs to an instance that was disposed of`);
  if (func.signature.vectors) {
    throw new TypeError(`${func.name} has a v128 or an exnref in its type, so JavaScript cannot bind it`);
  }
  const { params, results } = func.type, count = values.length;
  if (count > params.length) {
    throw new TypeError(`${func.name} takes ${params.length} arguments, so ${count} cannot be bound`);
  }
  const typeId = TYPES.funcType(params.slice(count), results);
  const before = func.bound?.words.length ?? 0;
  const words = new Int32Array(before + 2 * count);
  if (before > 0) words.set(func.bound!.words);
  writeSlots(store, words, before >> 1, params.slice(0, count), values);
  // A conversion may have disposed of it.
  if (func.freed) throw new TypeError(`${func.name} belongs to an instance that was disposed of`);
  return store.addBoundFunc(typeId, func.bound?.target ?? func, words);
}

/** What the function that `func` is bound to takes, when that is called with `args`. */
export function boundArguments({ bound, paramSlots }: WasmFunc, args: SlotRange): SlotRange {
  const words = new Int32Array(bound!.words.length + 2 * paramSlots);
  words.set(bound!.words);
  words.set(args.words.subarray(2 * args.at, 2 * (args.at + paramSlots)), bound!.words.length);
  return { words, at: 0 };
}

/** What stands in JavaScript for the bound functions of a store, held weakly: only the collection frees a function, and it has to know which JavaScript still has. */
export class BoundObjects {
  readonly #shown = new Map<WasmFunc, WeakRef<object>>();
  readonly #exported = new Map<WasmFunc, WeakRef<object>>();
  readonly #gone = new FinalizationRegistry<() => void>((forget) => forget());

  /** The public object of a function; made if there is none. */
  shown(func: WasmFunc, make: () => object): object {
    return this.#find(this.#shown, func, make);
  }
  /** The JavaScript function that stands for a function; made if there is none. */
  exported(func: WasmFunc, make: () => object): object {
    return this.#find(this.#exported, func, make);
  }

  #find(map: Map<WasmFunc, WeakRef<object>>, func: WasmFunc, make: () => object): object {
    const known = map.get(func)?.deref();
    if (known !== undefined) return known;
    const object = make(), weak = new WeakRef(object);
    map.set(func, weak);
    this.#gone.register(object, () => {
      if (map.get(func) === weak) map.delete(func);
    });
    return object;
  }

  /** Functions that JavaScript may have. */
  *held(): Iterable<WasmFunc> {
    for (const func of this.#shown.keys()) if (!func.freed) yield func;
    for (const func of this.#exported.keys()) if (!func.freed) yield func;
  }
}
