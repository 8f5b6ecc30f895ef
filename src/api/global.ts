// The public Global.

import type { WasmGlobal } from "../runtime/global.ts";
import { readSlot, writeSlot } from "../runtime/values.ts";
import type { Context } from "../engine/context.ts";
import type { ValueOfType } from "./host_func.ts";
import { describeGlobal, type GlobalDescriptor } from "./types.ts";
import { wrapper } from "./wrappers.ts";

/** The runtime's object in a global. */
export let innerGlobal: (of: Global) => WasmGlobal;
/** The global that stands for the runtime's object; always the same. */
export let publicGlobal: (inner: WasmGlobal, context: Context) => Global;

/** A global variable (specification 4.2.9); `T` names the type of its value, where TypeScript knows it. */
export class Global<T extends string = string> {
  readonly #inner: WasmGlobal;
  readonly #context: Context;

  private constructor(inner: WasmGlobal, context: Context) {
    this.#context = context;
    this.#inner = inner;
  }

  static {
    innerGlobal = (of) => of.#inner;
    publicGlobal = wrapper((inner: WasmGlobal, context: Context) => new Global(inner, context));
  }

  /** Its type. */
  get type(): GlobalDescriptor {
    return describeGlobal(this.#inner.type);
  }
  /** The value: i64 as bigint, references as in the JS API. Setting throws TypeError if it is immutable or the value does not fit. */
  get value(): ValueOfType<T> {
    const { store } = this.#context;
    this.#check();
    return readSlot(store, store.arena.i32, this.#inner.cell >> 3, this.#inner.type.type) as ValueOfType<T>;
  }
  set value(value: ValueOfType<T>) {
    if (!this.#inner.type.mutable) throw new TypeError("the global is immutable");
    const slot = new Int32Array(2);
    writeSlot(this.#context.store, slot, 0, this.#inner.type.type, value);
    // Only now: the conversion may have run JavaScript.
    this.#check();
    this.#inner.setWords(slot);
  }

  #check(): void {
    if (this.#inner.disposed) throw new TypeError("the global belongs to an instance that was disposed of");
  }
}
