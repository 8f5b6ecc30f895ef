// Unmodified npm packages on Strata by installGlobal(): each does the same work in V8 and in the tiers, in Workers of their own, and gives equal results.

import { assertEquals } from "@std/assert";
import { nativeUnavailable } from "../../src/platform/permissions.ts";
import { testUnless } from "../skip.ts";
import { type Program, PROGRAMS } from "./drop_in.ts";

type Whose = "v8" | "interp" | "jit";
/** What a Worker posts. */
interface Outcome {
  readonly result?: unknown;
  readonly error?: string;
}

function runInWorker(name: string, tier: Whose): Promise<Outcome> {
  const worker = new Worker(new URL("./drop_in_worker.ts", import.meta.url), { type: "module" });
  return new Promise<Outcome>((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (e) => {
      e.preventDefault();
      resolve({ error: e.message });
    };
    worker.postMessage({ name, tier });
  }).finally(() => worker.terminate());
}

const expected = new Map<Program, Promise<Outcome>>();
/** What V8 gives, asked for once. */
function inV8(program: Program): Promise<Outcome> {
  let outcome = expected.get(program);
  if (outcome === undefined) expected.set(program, outcome = runInWorker(program.name, "v8"));
  return outcome;
}

const OFFLINE = /error sending request|failed to lookup|network|not found in the cache|cached-only|--allow-net/i;

for (const tier of ["jit", "interp"] as const) {
  for (const program of PROGRAMS) {
    const reason = tier === "jit" ? nativeUnavailable() : program.onlyNative;
    testUnless(
      reason,
      `${program.name} (${program.toolchain}) gives V8's results by installGlobal() in ${tier}`,
      async () => {
        const wanted = await inV8(program);
        if (wanted.error !== undefined && OFFLINE.test(wanted.error)) {
          console.log(
            `skipped: ${program.name} cannot be had: ${wanted.error} (deno cache npm:${program.name} fetches it)`,
          );
          return;
        }
        assertEquals(await runInWorker(program.name, tier), wanted);
      },
    );
  }
}
