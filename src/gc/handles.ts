// References to host values: a 32-bit reference for any JavaScript value, and back. Low bit 1 is an i31, low bits 10 a handle, 0 null.
// Which handles are still needed is found by collector.ts.

import { BugError } from "../base/bug.ts";

/** The reference that is null in every hierarchy. */
export const NULL_REF = 0;
const I31_MIN = -(2 ** 30), I31_MAX = 2 ** 30 - 1;

/** Handles that are made at least before a sweep pays: they take some 10 MB with what they keep. */
const MANY = 50_000;

/** UTF-16 units of a string that is looked for among those with a handle: Wasm cannot compare strings by their references, and looking one up costs as much as reading it. */
const LOOKED_UP_UNITS = 64;

function isLookedUp(value: unknown): boolean {
  return typeof value === "string" ? value.length <= LOOKED_UP_UNITS : !Object.is(value, -0);
}

const FREE: unique symbol = Symbol("free");

/** What stands in the table for a value that is held elsewhere, as long as something may ask for it. */
class Weak {
  constructor(readonly value: WeakRef<object>) {}
}

/** Called when a collection finds that Wasm cannot reach a value any more. */
export type Finalizer = (value: unknown) => void;

/** The table of host values that Wasm may hold. */
export class HostHandles {
  /** By handle number; `FREE` marks a free one. */
  readonly #values: unknown[] = [FREE];
  readonly #numbers = new Map<unknown, number>();
  /** Handles of values that are held weakly, and whether there ever was one. */
  readonly #weakNumbers = new WeakMap<object, number>();
  #anyWeak = false;
  readonly #freeList: number[] = [];
  readonly #finalizers = new Map<number, Finalizer[]>();

  /** Handles made since the last sweep, and how many of them make the table crowded. */
  #made = 0;
  #many = MANY;

  /** Whether so many handles were made since the last sweep that another one pays. */
  get crowded(): boolean {
    return this.#made >= this.#many;
  }
  /** Handles in use. */
  get size(): number {
    return this.#values.length - 1 - this.#freeList.length;
  }

  /** The reference of a value; equal values, long strings excepted, give equal references while Wasm can hold them. `null` gives null. */
  toRef(value: unknown): number {
    if (value === null) return NULL_REF;
    if (typeof value === "number" && Number.isInteger(value) && value >= I31_MIN && value <= I31_MAX) {
      if (!Object.is(value, -0)) return ((value << 1) | 1) >>> 0;
    }
    if (!isLookedUp(value)) return this.add(value);
    const known = this.#numbers.get(value);
    if (known !== undefined) return ((known << 2) | 2) >>> 0;
    if (this.#anyWeak) {
      const weak = this.#weakNumbers.get(value as object);
      if (weak !== undefined) {
        this.strengthen(weak, value);
        return ((weak << 2) | 2) >>> 0;
      }
    }
    const ref = this.add(value);
    this.#numbers.set(value, ref >>> 2);
    return ref;
  }

  /** The reference of a value that Wasm may have; undefined if it has none, or is such that equal ones have several. */
  known(value: unknown): number | undefined {
    const number = isLookedUp(value) ? this.#numbers.get(value) ?? this.#weakNumbers.get(value as object) : undefined;
    return number === undefined ? undefined : ((number << 2) | 2) >>> 0;
  }

  /** A new reference of a value, for who remembers it: `toRef` would give another. */
  add(value: unknown): number {
    this.#made++;
    const number = this.#freeList.pop() ?? this.#values.length;
    this.#values[number] = value;
    return ((number << 2) | 2) >>> 0;
  }

  /** The value of a reference. Throws BugError if it is none of a host value. */
  fromRef(ref: number): unknown {
    if (ref === NULL_REF) return null;
    if (ref & 1) return (ref | 0) >> 1;
    if (!this.isLive(ref)) throw new BugError(`0x${(ref >>> 0).toString(16)} is no host reference`);
    const value = this.#values[ref >>> 2];
    return value instanceof Weak ? value.value.deref() : value;
  }

  /**
   * Makes a handle weak, whose value is held elsewhere as long as anybody can get at the handle; gives the value. Undefined, and it stays strong, for what cannot be held weakly or
   * is no part of cycles, and for values with finalizers, which get the value.
   */
  weaken(number: number): { readonly value: unknown } | undefined {
    const value = this.#values[number];
    if (value instanceof Weak) {
      const target = value.value.deref();
      return target === undefined ? undefined : { value: target };
    }
    if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
    if (this.#finalizers.has(number)) return undefined;
    this.#anyWeak = true;
    this.#values[number] = new Weak(new WeakRef(value));
    if (this.#numbers.get(value) === number) {
      this.#numbers.delete(value);
      this.#weakNumbers.set(value, number);
    }
    return { value };
  }
  /** Ends that. */
  strengthen(number: number, value: unknown): void {
    if (!(this.#values[number] instanceof Weak)) return;
    this.#values[number] = value;
    if (this.#weakNumbers.get(value as object) !== number) return;
    this.#weakNumbers.delete(value as object);
    this.#numbers.set(value, number);
  }

  /** Whether the bits are a handle in use; any bits may be asked for. */
  isLive(ref: number): boolean {
    const number = ref >>> 2;
    return (ref & 3) === 2 && number > 0 && number < this.#values.length &&
      this.#values[number] !== FREE;
  }

  /** Calls `finalizer` when the value is found unreachable from Wasm. Values without a handle yet get one. */
  addFinalizer(value: unknown, finalizer: Finalizer): void {
    const ref = this.toRef(value);
    if ((ref & 3) !== 2) throw new TypeError("null and small integers are never collected");
    const list = this.#finalizers.get(ref >>> 2) ?? [];
    list.push(finalizer);
    this.#finalizers.set(ref >>> 2, list);
  }

  /** Frees all handles whose number is not in `marked`; gives how many, and the finalizers to run, with their values. */
  sweep(marked: ReadonlySet<number>): { freed: number; finalizers: (() => void)[] } {
    const finalizers: (() => void)[] = [];
    let freed = 0;
    for (let n = 1; n < this.#values.length; n++) {
      const value = this.#values[n];
      if (value === FREE || marked.has(n)) continue;
      if (value instanceof Weak) {
        const target = value.value.deref();
        if (target !== undefined && this.#weakNumbers.get(target) === n) this.#weakNumbers.delete(target);
      }
      for (const f of this.#finalizers.get(n) ?? []) finalizers.push(() => f(value));
      this.#finalizers.delete(n);
      if (isLookedUp(value) && this.#numbers.get(value) === n) this.#numbers.delete(value);
      this.#values[n] = FREE;
      this.#freeList.push(n);
      freed++;
    }
    this.#made = 0;
    this.#many = Math.max(MANY, this.size);
    return { freed, finalizers };
  }
}
