// The call random_get.

import type { Program } from "./program.ts";

/** Bytes that Web Crypto gives at once. */
const MAX_BYTES = 65536;

/** Fills a buffer with random bytes, fit for keys. */
export function randomGet(p: Program, address: number, length: number): void {
  const bytes = p.memory.range(address, length);
  for (let at = 0; at < length; at += MAX_BYTES) {
    const part = bytes.subarray(at, at + MAX_BYTES);
    if (p.memory.shared) part.set(crypto.getRandomValues(new Uint8Array(part.length)));
    else crypto.getRandomValues(part);
  }
}
