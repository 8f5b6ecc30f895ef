// Whether a cache of hot memory accesses would pay in an interpreter: the same loads through views of the memory, as tiers `interp` and `fast` make them, and through a direct-mapped
// cache of words in front of them. Prints nanoseconds per load and the rate of hits, for addresses that are near one another and for such that are not.

import { columns } from "../src/cli/repl/print.ts";

const MEMORY_BYTES = 1 << 24, LOADS = 1 << 22, ROUNDS = 9;
const i32 = new Int32Array(MEMORY_BYTES >> 2).map((_, i) => i * 7);

/** Entries of a word each, by the low bits of its number. */
const ENTRIES = 1024;
const tags = new Int32Array(ENTRIES).fill(-1), words = new Int32Array(ENTRIES);

function direct(addresses: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < addresses.length; i++) sum = (sum + i32[addresses[i] >>> 2]) | 0;
  return sum;
}

function cached(addresses: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < addresses.length; i++) {
    const word = addresses[i] >>> 2, entry = word & (ENTRIES - 1);
    if (tags[entry] !== word) {
      tags[entry] = word;
      words[entry] = i32[word];
    }
    sum = (sum + words[entry]) | 0;
  }
  return sum;
}

/** The part of loads that finds its word in the cache. */
function hitRate(addresses: Int32Array): number {
  tags.fill(-1);
  let hits = 0;
  for (const address of addresses) {
    const word = address >>> 2, entry = word & (ENTRIES - 1);
    if (tags[entry] === word) hits++;
    tags[entry] = word;
  }
  return hits / addresses.length;
}

const patterns: Record<string, (i: number) => number> = {
  "one word": () => 4096,
  "256 words in turn": (i) => (i & 255) << 2,
  "a row of words": (i) => (i << 2) & (MEMORY_BYTES - 1),
  "anywhere in 16 MiB": (i) => Math.imul(i, 0x9e3779b1) >>> 8 & ~3,
};
const rows = Object.entries(patterns).map(([name, at]) => {
  const addresses = Int32Array.from({ length: LOADS }, (_, i) => at(i));
  const times: [number, number] = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round++) {
    [direct, cached].forEach((load, i) => {
      const began = performance.now();
      load(addresses);
      times[i] = Math.min(times[i], performance.now() - began);
    });
  }
  const ns = times.map((ms) => (ms * 1e6 / LOADS).toFixed(2));
  return [name, ...ns, `${(100 * hitRate(addresses)).toFixed(1)} %`];
});
console.log(columns([["addresses", "view, ns", "cache, ns", "hits"], ...rows], [1, 2, 3], ""));
