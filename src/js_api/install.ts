// Puts a namespace in place of the global one, for programs that are not to be changed.

import type { EngineOptions } from "../engine/config.ts";
import { createWebAssembly } from "./namespace.ts";
import type { WebAssemblyNamespace } from "./types.ts";

/** What puts the former global back. */
export interface Installed extends Disposable {
  /** The namespace that is now the global one. */
  readonly WebAssembly: WebAssemblyNamespace;
  /** Puts the former one back. */
  undo(): void;
}

/**
 * Makes `globalThis.WebAssembly` a namespace of Strata's, for all code that looks it up from then on. Takes a namespace, or the options of an engine for a new one. Gives
 * what undoes it, at the end of a `using` block too.
 */
export function installGlobal(namespace: WebAssemblyNamespace | EngineOptions = {}): Installed {
  const WebAssembly = "Module" in namespace ? namespace : createWebAssembly(namespace);
  const former = Object.getOwnPropertyDescriptor(globalThis, "WebAssembly");
  Object.defineProperty(globalThis, "WebAssembly", {
    value: WebAssembly,
    writable: true,
    enumerable: false,
    configurable: true,
  });
  const undo = () => {
    if (former !== undefined) Object.defineProperty(globalThis, "WebAssembly", former);
  };
  return { WebAssembly, undo, [Symbol.dispose]: undo };
}
