// Stress cases of Workers: many that come and go, and what they leave behind.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type TierName } from "../../mod.ts";
import { giveBackOfEnded, isolateFigures } from "../../src/platform/isolates.ts";
import { canRunNative } from "../../src/platform/permissions.ts";
import { countInWorkers, primesBelow } from "../engine/sharing.ts";
import type { StressCase } from "./cases.ts";

/** What a Worker answers to its first message; it is terminated then. */
function answer(url: string, message: unknown): Promise<unknown> {
  const worker = new Worker(new URL(url, import.meta.url), { type: "module" });
  return new Promise<unknown>((resolve, reject) => {
    worker.onmessage = (e) => resolve(e.data);
    worker.onerror = (e) => {
      e.preventDefault();
      reject(new Error(e.message));
    };
    worker.postMessage(message);
  }).finally(() => worker.terminate());
}

/** Mappings of the process, and bytes that take memory. */
function figures(): { mappings: number; resident: number } {
  return {
    mappings: Deno.readTextFileSync("/proc/self/maps").split("\n").length,
    resident: Deno.memoryUsage().rss,
  };
}

/** What each Worker says of its traps. */
const TRAPS = [
  /^deep: call-stack-exhausted in deep@\d+,deep@\d+,deep@\d+$/,
  /^divide: integer-divide-by-zero in divide@\d+$/,
  /^load: memory-out-of-bounds in inner@\d+,load@\d+$/,
  /^unreachable: unreachable in unreachable@\d+$/,
];

/** The cases. */
export const WORKER_CASES: readonly StressCase[] = [
  {
    name: "Workers with one code and one memory compute together, and trap each for itself",
    async run(tier, scale) {
      const limit = 3200 * scale, expected = primesBelow(limit);
      for (let round = 0; round < 2; round++) {
        const { answers, found } = await countInWorkers({ tier }, 4, limit, 40);
        assertEquals(found, expected);
        for (const { traps, objects, places, compiled, reason } of answers) {
          assertEquals([objects, compiled], [640, 0]);
          assertEquals(traps.length, TRAPS.length);
          traps.forEach((trap, i) => assertMatch(trap, TRAPS[i]));
          assertEquals(places, answers[0].places);
          assertEquals(reason, tier === "jit" ? undefined : "its engine makes no machine code");
        }
      }
    },
  },
  {
    name: "Workers come and go, and their code and memory with them",
    async run(tier: TierName, scale: number) {
      if (!canRunNative()) return;
      const round = async (count: number) => {
        for (let i = 0; i < count; i += 4) {
          // One of four is terminated while its code runs.
          const answers = await Promise.all(
            [0, 0, 0, 30].map((spinMs) => answer("../platform/isolates_worker.ts", { tier, spinMs })),
          );
          assertEquals(answers, Array(4).fill([144, 5, true]));
        }
        await new Promise((resolve) => setTimeout(resolve, 200));
        (globalThis as { gc?: () => void }).gc?.();
        giveBackOfEnded();
        return figures();
      };
      let before = await round(4 + 4 * scale), after = await round(4 + 12 * scale);
      // V8's own heap has many mappings, some hundreds more now and then: what is never given back shows in each round.
      for (let more = 0; more < 2 && after.mappings >= before.mappings + 200; more++) {
        before = after;
        after = await round(4 + 12 * scale);
      }
      const { entries } = isolateFigures();
      assert(entries < 64, `${entries} isolates at once`);
      assert(after.mappings < before.mappings + 200, `${before.mappings} mappings became ${after.mappings}`);
      const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
      assert(
        after.resident < before.resident * 1.1 + 64 * 2 ** 20,
        `${mib(before.resident)} MiB resident became ${mib(after.resident)}`,
      );
    },
  },
];
