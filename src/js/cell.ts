// A cell per function: what code in tier `js` calls. Changing its tier is one store.

import type { WasmFunc } from "../runtime/func.ts";
import type { JsEntry } from "../runtime/js_tier.ts";

/** A function of JavaScript: takes numbers, an i64 as two of them; gives the only result, or the low half of an i64. */
// deno-lint-ignore no-explicit-any
export type Callable = (...args: any[]) => any;

/** What stands for a function. */
export class Cell {
  /** What runs when it is called; undefined until that is known. */
  f: Callable | undefined = undefined;
  /** The same without the tail calls that it leaves to be made. */
  raw: Callable | undefined = undefined;
  /** What runs when the function calls itself, and when the other one does that it calls then; both undefined before it runs. */
  own: Callable | undefined = undefined;
  twin: Callable | undefined = undefined;
  /** How it is called with JavaScript values; undefined if that is not known, null if there is no such way. */
  entry: JsEntry | undefined | null = undefined;
  readonly ref: number;
  readonly typeId: number;

  constructor(readonly func: WasmFunc, readonly fill: (cell: Cell) => Callable) {
    this.ref = func.ref;
    this.typeId = func.typeId;
  }

  /** Says that what runs is not known any more. */
  clear(): void {
    this.f = this.raw = undefined;
    // A function that runs may call itself.
    if (this.own !== undefined) this.own = this.twin = (...args) => (this.f ?? this.get())(...args);
  }

  /** What runs, found out now. */
  get(): Callable {
    return this.fill(this);
  }
}
