// What Web IDL says of arguments, dictionaries and interface objects, as far as the JS API uses it. Takes JavaScript values as callers gave them; throws TypeError for those that do not convert.

/** Hidden state of the platform objects of one interface. */
export interface InternalSlot<T> {
  /** Gives a platform object its state. */
  set(object: object, value: T): void;
  /** The state of a receiver. Throws TypeError if it is no object of the interface; `member` is what was asked for. */
  get(object: unknown, member: string): T;
  /** The state of a value; undefined if it is no object of the interface. */
  find(value: unknown): T | undefined;
}

/** A constructor that gives back what it takes, so that a class below it can add private fields to any object. */
class Given {
  constructor(object: object) {
    return object;
  }
}

/** The hidden state of the objects of the interface called `name`. Objects, not classes, carry it: `new` and the runtime make them alike. */
export function internalSlot<T>(name: string): InternalSlot<T> {
  class Holder extends Given {
    #value: T;
    constructor(object: object, value: T) {
      super(object);
      this.#value = value;
    }
    static get(object: unknown, member: string): T {
      if (typeof object !== "object" || object === null || !(#value in object)) {
        throw new TypeError(`WebAssembly.${name}.${member}: receiver is not a WebAssembly.${name}`);
      }
      return object.#value;
    }
    static find(value: unknown): T | undefined {
      return typeof value === "object" && value !== null && #value in value ? value.#value : undefined;
    }
  }
  return { set: (object, value) => void new Holder(object, value), get: Holder.get, find: Holder.find };
}

/** Gives a class the property attributes of an interface object: methods and attributes enumerable, `Symbol.toStringTag` on the prototype. */
export function defineInterface(of: { readonly prototype: object }, name: string): void {
  Object.defineProperty(of, "name", { value: name });
  for (const target of [of, of.prototype]) {
    for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(target))) {
      if (target === of ? typeof property.value !== "function" : key === "constructor") continue;
      Object.defineProperty(target, key, { ...property as PropertyDescriptor, enumerable: true });
    }
  }
  Object.defineProperty(of.prototype, Symbol.toStringTag, { value: `WebAssembly.${name}`, configurable: true });
}

/** Throws TypeError if a call has fewer arguments than it needs. */
export function required(given: { readonly length: number }, count: number, what: string): void {
  if (given.length < count) {
    throw new TypeError(`${what}: needs ${count} argument${count === 1 ? "" : "s"}, but was given ${given.length}`);
  }
}

/** Whether a value is an object in the sense of the language. */
export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** The members of a dictionary: those of an object; none for undefined and null. Throws TypeError for other values. */
export function dictionary(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw new TypeError(`${what}: the descriptor must be an object, not ${String(value)}`);
  return value as Record<string, unknown>;
}

/** `[EnforceRange] unsigned long`. */
export function unsignedLong(value: unknown, what: string): number {
  const n = +(value as number);
  const whole = Math.trunc(n) + 0;
  if (!Number.isFinite(n) || whole < 0 || whole > 2 ** 32 - 1) {
    throw new TypeError(`${what}: ${n} is not within 0 to ${2 ** 32 - 1}`);
  }
  return whole;
}

/** Sizes and indices of objects whose addresses have 32 or 64 bits (AddressValueToU64). */
export function addressValue(value: unknown, is64: boolean, what: string): bigint {
  if (!is64) return BigInt(unsignedLong(value, what));
  // With as many bits as may be asked for, all that it does is ToBigInt.
  const n = BigInt.asIntN(Number.MAX_SAFE_INTEGER, value as bigint);
  if (n < 0n || n >= 1n << 64n) throw new TypeError(`${what}: ${n} is not within 0 to 2^64 - 1`);
  return n;
}

/** What JavaScript sees of a size (U64ToAddressValue). */
export function fromAddress(n: number, is64: boolean): number | bigint {
  return is64 ? BigInt(n) : n;
}

/** `USVString`. */
export function usvString(value: unknown): string {
  return text(value).toWellFormed();
}

/** `DOMString`. Throws TypeError for a symbol. */
export function text(value: unknown): string {
  return `${value as string}`;
}

/** A sequence: all that an iterable gives. */
export function sequence(value: unknown, what: string): unknown[] {
  const iterate = isObject(value) ? (value as Partial<Iterable<unknown>>)[Symbol.iterator] : undefined;
  if (typeof iterate !== "function") throw new TypeError(`${what}: not iterable`);
  return [...{ [Symbol.iterator]: () => iterate.call(value) }];
}

const getter = (prototype: object, key: string) =>
  Object.getOwnPropertyDescriptor(prototype, key)!.get! as (this: unknown) => number;
const bufferLength = getter(ArrayBuffer.prototype, "byteLength");
const sharedLength = getter(SharedArrayBuffer.prototype, "byteLength");

function isBuffer(value: unknown): value is ArrayBuffer | SharedArrayBuffer {
  if (!isObject(value)) return false;
  for (const length of [bufferLength, sharedLength]) {
    try {
      length.call(value);
      return true;
    } catch {
      continue;
    }
  }
  return false;
}

/** A copy of the bytes of a buffer source. Throws TypeError for anything else. */
export function copyOfBytes(value: unknown, what: string): Uint8Array {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
  if (!isBuffer(value)) throw new TypeError(`${what}: argument 0 must be a buffer source`);
  return new Uint8Array(value).slice();
}
