// Engines in Workers, one after another and at once: each traps on its own, and is stopped by its own interrupt word while it runs.

import { assertEquals } from "@std/assert";
import type { TierName } from "../../mod.ts";
import { testInTiers } from "./tiers.ts";

/** What a Worker says in the end; it is interrupted while it spins. */
function run(tier: TierName): Promise<unknown> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  return new Promise<unknown>((resolve, reject) => {
    worker.onerror = (e) => {
      e.preventDefault();
      reject(new Error(e.message));
    };
    worker.onmessage = ({ data }) => {
      if (data instanceof Int32Array) setTimeout(() => Atomics.store(data, 0, 1), 20);
      else resolve(data);
    };
    worker.postMessage(tier);
  }).finally(() => worker.terminate());
}

testInTiers("Workers trap and are interrupted while they run, in turn and at once", async ({ engine }) => {
  const expected = "memory-out-of-bounds,call-stack-exhausted,interrupted,deadline-exceeded,7";
  for (let i = 0; i < 2; i++) assertEquals(await run(engine.tier), expected);
  const all = await Promise.all(Array.from({ length: 4 }, () => run(engine.tier)));
  assertEquals(all, Array(4).fill(expected));
});
