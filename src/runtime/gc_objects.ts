// Objects of the GC heap in JavaScript's hands: opaque values with an identity, as the JS API has them.
// V8 tells by finalization, in a task of its own, that such a value is gone; until then its object is a root.

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
    return typeof value === "object" && value !== null ? this.#refs.get(value) : undefined;
  }

  /** Heap objects that JavaScript may have. */
  refs(): Iterable<number> {
    return this.#objects.keys();
  }
}
