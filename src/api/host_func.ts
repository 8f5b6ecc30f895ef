// What the host gives under a type in Wasm that it names: functions and constants. TypeScript checks them against it, linking checks the import.

import type { ElementType } from "./options.ts";
import { valueType } from "./options.ts";

/** Names of the types that host functions can take and give. */
export type HostType = "i32" | "i64" | "f32" | "f64" | ElementType;

/** What a value of a type is in JavaScript. */
export type HostValue<T extends HostType> = T extends "i64" ? bigint : T extends "i32" | "f32" | "f64" ? number
: T extends "funcref" ? ((...args: any[]) => unknown) | null
  // References of other types may be anything that JavaScript has.
: any;

/** What values of a list of types are. */
export type HostValues<T extends readonly HostType[]> = { -readonly [I in keyof T]: HostValue<T[I]> };

/** What values are in JavaScript whose type is a name: unknown for one that is only known to be some name. */
export type ValueOfType<T extends string> = T extends HostType ? HostValue<T> : unknown;

/** What an exception carries whose tag has these parameters. */
export type Payload<P extends readonly string[]> = P extends readonly HostType[] ? HostValues<P> : unknown[];

/** What a function gives: nothing, a value, or a list of several. */
export type HostResults<T extends readonly HostType[]> = T extends readonly [] ? void
  : T extends readonly [infer Only extends HostType] ? HostValue<Only>
  : Readonly<HostValues<T>>;

/** A host function with its type, to be imported: {@link fn} and {@link suspendingFn} make it. */
export class HostFunction {
  /** Takes the type, the function, and whether calls wait for the promise that it gives. */
  constructor(
    readonly params: readonly HostType[],
    readonly results: readonly HostType[],
    readonly call: (...args: any[]) => unknown,
    readonly suspending: boolean,
  ) {
    for (const name of [...params, ...results]) valueType(name);
    if (typeof call !== "function") throw new TypeError("a host function is made from a function");
  }
}

/**
 * A host function that Wasm may import under this type only: `fn(["i32", "i64"], ["f64"], (a, b) => a + Number(b))`. Throws TypeError for a type that is none, or that
 * has no values in JavaScript. An import of another type is a LinkError.
 */
export function fn<const P extends readonly HostType[], const R extends readonly HostType[]>(
  params: P,
  results: R,
  call: (...args: HostValues<P>) => HostResults<R>,
): HostFunction {
  return new HostFunction(params, results, call, false);
}

/** The same for an asynchronous function: the promising call that it is reached by is parked until its promise is settled, as with `Suspending`. */
export function suspendingFn<const P extends readonly HostType[], const R extends readonly HostType[]>(
  params: P,
  results: R,
  call: (...args: HostValues<P>) => Promise<HostResults<R>>,
): HostFunction {
  return new HostFunction(params, results, call, true);
}

/** A value with its type, to be imported as an immutable global: {@link constant} makes it. */
export class HostConstant {
  /** Takes the type and the value. */
  constructor(readonly type: HostType, readonly value: unknown) {
    valueType(type);
  }
}

/**
 * A value that Wasm may import as an immutable global of this type only: `constant("i64", 5n)`. Throws TypeError for a type that is none; linking throws it for a value that
 * is none of the type. For a global that can be set, or read later, there is `engine.global()`. An import of another type is a LinkError.
 */
export function constant<const T extends HostType>(type: T, value: HostValue<T>): HostConstant {
  return new HostConstant(type, value);
}
