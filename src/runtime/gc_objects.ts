// Objects of the GC heap in JavaScript's hands: opaque values with an identity, as the JS API has them.
// V8 tells by finalization, in a task of its own, that such a value is gone; until then its object is a root.

import type { HostHandles } from "../gc/handles.ts";
import { eachHeld, type Holder } from "./holders.ts";

/** All that can be seen of an object of the heap. */
const NOTHING: object = Object.freeze(Object.create(null));

function refuse(): never {
  throw new TypeError("WebAssembly objects are opaque");
}
/** Refuses, also in sloppy code, what would change an object. */
const OPAQUE: ProxyHandler<object> = {
  set: refuse,
  deleteProperty: refuse,
  defineProperty: refuse,
  setPrototypeOf: refuse,
  preventExtensions: refuse,
};

/** The JavaScript side of one store's heap. */
export class GcObjects {
  /** Entries are roots, also those whose object is gone already. */
  readonly #objects = new Map<number, WeakRef<object>>();
  readonly #refs = new WeakMap<object, number>();
  readonly #gone = new FinalizationRegistry<{ ref: number; weak: WeakRef<object> }>(({ ref, weak }) => {
    // Meanwhile another object may stand for the reference.
    if (this.#objects.get(ref) === weak) this.#objects.delete(ref);
  });

  /** What the values keep of host values whose handles are weak. */
  readonly #held = new WeakMap<object, Holder>();
  #anyHeld = false;

  constructor(readonly handles: HostHandles) {}

  /** The JavaScript value that stands for a heap object; the same as long as it lives. */
  valueOf(ref: number): object {
    const known = this.#objects.get(ref)?.deref();
    if (known !== undefined) return known;
    const value = new Proxy(NOTHING, OPAQUE);
    const weak = new WeakRef(value);
    this.#objects.set(ref, weak);
    this.#refs.set(value, ref);
    this.#gone.register(value, { ref, weak });
    return value;
  }

  /** The reference of the heap object that a JavaScript value stands for; undefined if it is none of this store. */
  refOf(value: unknown): number | undefined {
    if (typeof value !== "object" || value === null) return undefined;
    const ref = this.#refs.get(value);
    if (this.#anyHeld && ref !== undefined) this.#release(value);
    return ref;
  }

  /** Wasm may get at whatever the object refers to from now on. */
  #release(value: object): void {
    const holder = this.#held.get(value);
    if (holder === undefined) return;
    eachHeld(holder, (number, held) => this.handles.strengthen(number, held));
    this.#held.delete(value);
  }

  /** Heap objects whose values are alive, with these; forgets the others. They stay alive for the rest of the task. */
  live(): Map<number, object> {
    const live = new Map<number, object>();
    for (const [ref, weak] of this.#objects) {
      const value = weak.deref();
      if (value === undefined) this.#objects.delete(ref);
      else live.set(ref, value);
    }
    return live;
  }
  /** Sets what a value keeps while nobody gives it to Wasm. */
  hold(value: object, holder: Holder | undefined): void {
    if (holder === undefined) this.#held.delete(value);
    else {
      this.#anyHeld = true;
      this.#held.set(value, holder);
    }
  }

  /** Heap objects that JavaScript may have. */
  refs(): Iterable<number> {
    return this.#objects.keys();
  }
}
