// JS Promise Integration in the namespace: `Suspending` marks imports whose promises Wasm waits for, `promising` makes a function whose calls can wait. Parking is runtime/'s.

import { exportedBy } from "../engine/context.ts";
import type { HostFunction } from "../runtime/func.ts";
import { callPromising } from "../runtime/promising.ts";
import type { Realm } from "./realm.ts";
import { defineInterface } from "./webidl.ts";

/** Makes the class Suspending for a namespace. */
// deno-lint-ignore no-explicit-any
export function makeSuspending(realm: Realm): new (wrapped: any) => object {
  class Suspending {
    constructor(wrapped: unknown) {
      if (typeof wrapped !== "function") {
        throw new TypeError("WebAssembly.Suspending(): Argument 0 must be a function");
      }
      realm.suspending.set(this, wrapped as HostFunction);
    }
  }
  defineInterface(Suspending, "Suspending");
  return Suspending;
}

/** The function that calls an exported function and gives a promise. Throws TypeError for anything but an exported function of the namespace. */
export function makePromising(realm: Realm, exported: unknown): (...args: unknown[]) => Promise<unknown> {
  const what = "WebAssembly.promising()";
  if (typeof exported !== "function") throw new TypeError(`${what}: Argument 0 must be a function`);
  const found = exportedBy(exported);
  if (found === undefined || found.store !== realm.context.store) {
    throw new TypeError(`${what}: Argument 0 must be a WebAssembly exported function`);
  }
  const { store, func } = found;
  const promising = (...args: unknown[]) =>
    callPromising(store, func, args).catch((error) => {
      throw realm.outward(error, what, promising);
    });
  Object.defineProperty(promising, "name", { value: exported.name });
  Object.defineProperty(promising, "length", { value: exported.length });
  realm.keepAlive(promising, exported);
  return promising;
}
