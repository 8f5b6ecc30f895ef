// The namespaces that the tests of the JS API run on: V8's, which shows that a test asks for the right thing, and Strata's in each tier.

import { assemble } from "../../src/engine/pipeline.ts";
import { createWebAssembly } from "../../src/js_api/namespace.ts";
import { nativeUnavailable } from "../../src/platform/permissions.ts";
import { testUnless } from "../skip.ts";

/** A namespace, as programs without types use it. */
// deno-lint-ignore no-explicit-any
export type Namespace = any;

/** Registers a test for each namespace. With `notInV8` V8's is left out, for the reason that it says. */
export function forEach(name: string, run: (W: Namespace) => void | Promise<void>, notInV8?: string): void {
  testUnless(notInV8, `V8: ${name}`, () => run(WebAssembly));
  for (const tier of ["interp", "jit"] as const) {
    const reason = tier === "jit" ? nativeUnavailable() : undefined;
    testUnless(reason, `${tier}: ${name}`, () => run(createWebAssembly({ tier })));
  }
}

/** The bytes of a module in the text format. */
export function wasm(text: string): Uint8Array {
  return assemble(text);
}

/** Exports of an instance of a module in the text format. */
// deno-lint-ignore no-explicit-any
export function exportsOf(W: Namespace, text: string, imports: unknown = {}): any {
  return new W.Instance(new W.Module(wasm(text)), imports).exports;
}

/** What a function throws. Throws an Error if it throws nothing. */
// deno-lint-ignore no-explicit-any
export function thrown(f: () => unknown): any {
  try {
    f();
  } catch (e) {
    return e;
  }
  throw new Error("nothing was thrown");
}
