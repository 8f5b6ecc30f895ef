// The public Global.

import type { WasmGlobal } from "../runtime/global.ts";
import { readSlot, writeSlot } from "../runtime/values.ts";
import type { Context } from "./context.ts";
import { describeGlobal, type GlobalDescriptor } from "./types.ts";

const BY_INNER = new WeakMap<WasmGlobal, Global>();

/** A global variable (specification 4.2.9). */
export class Global {
  /** The runtime's object. Not for users. @internal */
  readonly inner: WasmGlobal;
  readonly #context: Context;

  private constructor(context: Context, inner: WasmGlobal) {
    this.#context = context;
    this.inner = inner;
  }

  /** The public object of a runtime global; always the same. */
  static of(context: Context, inner: WasmGlobal): Global {
    let g = BY_INNER.get(inner);
    if (g === undefined) BY_INNER.set(inner, g = new Global(context, inner));
    return g;
  }

  /** Its type. */
  get type(): GlobalDescriptor {
    return describeGlobal(this.inner.type);
  }
  /** The value: i64 as bigint, references as in the JS API. Setting throws TypeError if it is immutable or the value does not fit. */
  get value(): unknown {
    const { store } = this.#context;
    this.#check();
    return readSlot(store, store.arena.i32, this.inner.cell >> 3, this.inner.type.type);
  }
  set value(value: unknown) {
    if (!this.inner.type.mutable) throw new TypeError("the global is immutable");
    const slot = new Int32Array(2);
    writeSlot(this.#context.store, slot, 0, this.inner.type.type, value);
    // Only now: the conversion may have run JavaScript.
    this.#check();
    this.inner.setWords(slot);
  }

  #check(): void {
    if (this.inner.disposed) throw new TypeError("the global belongs to an instance that was disposed of");
  }
}
