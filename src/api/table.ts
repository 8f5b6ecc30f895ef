// The public Table.

import type { WasmTable } from "../runtime/table.ts";
import { fromRef, toRef } from "../runtime/values.ts";
import type { Context } from "../engine/context.ts";
import type { ValueOfType } from "./host_func.ts";
import { describeTable, type TableDescriptor } from "./types.ts";
import { wrapper } from "./wrappers.ts";

/** The runtime's object in a table. */
export let innerTable: (of: Table) => WasmTable;
/** The table that stands for the runtime's object; always the same. */
export let publicTable: (inner: WasmTable, context: Context) => Table;

/** A table of references (specification 4.2.7); `T` names the type of its entries, where TypeScript knows it. */
export class Table<T extends string = string> {
  readonly #inner: WasmTable;
  readonly #context: Context;

  private constructor(inner: WasmTable, context: Context) {
    this.#context = context;
    this.#inner = inner;
  }

  static {
    innerTable = (of) => of.#inner;
    publicTable = wrapper((inner: WasmTable, context: Context) => new Table(inner, context));
  }

  /** Entries. */
  get length(): number {
    return this.#inner.length;
  }
  /** The most entries it may have. */
  get maximum(): number {
    return this.#inner.maxLength;
  }
  /** Its type. */
  get type(): TableDescriptor {
    return describeTable(this.#inner.type);
  }

  /** The entry at `index`: null, a function, or a host value. Throws RangeError beyond the end. */
  get(index: number): ValueOfType<T> {
    this.#check(index);
    return fromRef(this.#context.store, this.#inner.type.element, this.#inner.get(index)) as ValueOfType<T>;
  }
  /** Sets the entry at `index`. Throws RangeError beyond the end, TypeError if the value does not fit. */
  set(index: number, value: ValueOfType<T>): void {
    this.#check(index);
    this.#inner.set(index, toRef(this.#context.store, this.#inner.type.element, value));
  }
  /** Grows by `delta` entries of `init` and gives the old length. Throws RangeError when that is too long. */
  grow(delta: number, init: ValueOfType<T> | null = null): number {
    const ref = toRef(this.#context.store, this.#inner.type.element, init);
    const old = Number.isInteger(delta) && delta >= 0 ? this.#inner.grow(delta, ref) : -1;
    if (old < 0) throw new RangeError(`cannot grow by ${delta} from ${this.length} entries (maximum ${this.maximum})`);
    return old;
  }

  #check(index: number): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new RangeError(`index ${index} is not within the table's ${this.length} entries`);
    }
  }
}
