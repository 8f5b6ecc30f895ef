// Tests that may not be able to run: whoever reads the report finds the reason in the test's name.

import { nativeUnavailable } from "../src/platform/permissions.ts";

/** Registers a test; with a `reason` it is ignored, and its name says why. */
export function testUnless(reason: string | undefined, name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name: reason === undefined ? name : `${name} (skipped: ${reason})`, ignore: reason !== undefined, fn });
}

/** Registers a test that runs machine code. */
export function testNative(name: string, fn: () => void | Promise<void>): void {
  testUnless(nativeUnavailable(), name, fn);
}
