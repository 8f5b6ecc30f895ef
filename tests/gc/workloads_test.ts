// Programs that live on their heap, in every tier: alone, with a collection at every allocation, and with small heaps; always with the whole heap checked after each collection.

import { assert, assertEquals } from "@std/assert";
import { Engine, type EngineOptions, type TierName } from "../../mod.ts";

const tiers: TierName[] = Engine.nativeUnavailable === undefined ? ["interp", "jit"] : ["interp"];

interface Workload {
  readonly name: string;
  /** Its size where everything is checked at every allocation, and otherwise. */
  readonly small: number;
  readonly large: number;
  /** What run(n) gives. */
  model(n: number): number;
}

const order = (list: Iterable<number>) => {
  let sum = 0;
  for (const x of list) sum = (Math.imul(sum, 31) + x) | 0;
  return sum;
};
const next = (seed: number) => (Math.imul(seed, 1103515245) + 12345) | 0;

const WORKLOADS: readonly Workload[] = [
  { name: "binary_trees", small: 4, large: 13, model: (n) => 2 ** (n + 2) - 2 - (n + 1) + 2 ** (n + 1) - 1 },
  {
    name: "linked_lists",
    small: 40,
    large: 60_000,
    model: (n) => order([...Array(n).keys()].filter((i) => i % 3 !== 0).reverse()),
  },
  {
    name: "hash_map",
    small: 40,
    large: 100_000,
    model(n) {
      const counts = new Array(10007).fill(0);
      for (let i = 0; i < n; i++) counts[(Math.imul(i, 7919) >>> 0) % 10007]++;
      return order(counts);
    },
  },
  {
    name: "array_sort",
    small: 30,
    large: 30_000,
    model(n) {
      const keys: number[] = [];
      for (let i = 0, seed = 0; i < n; i++) keys.push((seed = next(seed)) >>> 8);
      return order(keys.sort((a, b) => a - b));
    },
  },
  {
    name: "graph",
    small: 12,
    large: 5_000,
    model(n) {
      let seed = 42, sum = 0;
      let edges: number[][] = [];
      for (let round = 0; round < 4; round++) {
        edges = Array.from({ length: n }, () => [0, 0, 0].map(() => ((seed = next(seed)) >>> 8) % n));
        const seen = new Set<number>(), todo = [0];
        for (let i = todo.pop(); i !== undefined; i = todo.pop()) {
          if (seen.has(i)) continue;
          seen.add(i);
          todo.push(...edges[i]);
        }
        sum += seen.size;
      }
      return sum;
    },
  },
  {
    name: "weak_hosts",
    small: 50,
    large: 120_000,
    model: (n) => [...Array(16).keys()].reduce((s, i) => s + n - 1 - i, 0),
  },
];

const MODES: Record<string, EngineOptions> = {
  "a collection at every allocation": { gcZeal: true, gcVerify: true },
  "a small heap": { gcMinimumBytes: 1 << 15, gcVerify: true },
};

for (const { name, small, large, model } of WORKLOADS) {
  const text = Deno.readTextFileSync(new URL(`workloads/${name}.wat`, import.meta.url));
  for (const tier of tiers) {
    for (const [mode, options] of Object.entries(MODES)) {
      Deno.test(`${name} gives in ${tier} what a model gives, with ${mode}`, async () => {
        const engine = new Engine({ tier, ...options });
        const gone: number[] = [];
        const imports = {
          host: {
            make(i: number) {
              const value = { i };
              engine.onCollected(value, (v) => gone.push((v as typeof value).i));
              return value;
            },
            read: (value: { i: number }) => value.i,
          },
        };
        const { run } = engine.load(text, name === "weak_hosts" ? imports : {}).exports;
        const n = options.gcZeal ? small : large;
        assertEquals(run(n), model(n) | 0);
        assert(engine.gcFigures.collections > 0);
        engine.heap.verify();
        if (name !== "weak_hosts") return;
        await new Promise((resolve) => setTimeout(resolve, 0));
        assertEquals(gone.toSorted((a, b) => a - b), [...Array(n - 16).keys()]);
      });
    }
  }
}
