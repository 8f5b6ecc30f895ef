// Addresses, indices and counts among the operands, whose width the memory or table decides.

import type { Limits } from "../wasm/types.ts";
import { SLOTS_I32 } from "./stack.ts";

/** The words of an address, index or count at `word` as a number: not exact beyond 2^53, and then out of bounds of anything. */
export function wordsAsPlace({ is64 }: Limits, word: number): number {
  const low = SLOTS_I32[word] >>> 0;
  return is64 ? (SLOTS_I32[word + 1] >>> 0) * 2 ** 32 + low : low;
}
