import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { measure } from "../../src/cli/bench.ts";

/** A clock that goes on only when something is called, by the durations in turn. */
function clock(durations: readonly number[]): { now: () => number; call: () => void; calls: () => number } {
  let time = 0, calls = 0;
  return { now: () => time, call: () => time += durations[calls++ % durations.length], calls: () => calls };
}

Deno.test("measure() gives mean, extremes and percentiles of calls that are long enough for the clock", async () => {
  const { now, call } = clock([1, 1, 1, 1, 1, 1, 1, 1, 1, 11]);
  const m = await measure(call, { ms: 2000, now });
  assertEquals([m.perSample, m.min, m.max, m.p75, m.p99], [1, 1, 11, 1, 11]);
  assertAlmostEquals(m.avg, 2, 0.01);
  assert(m.calls >= 999);
});

Deno.test("measure() times short calls together", async () => {
  const { now, call } = clock([0.001]);
  const m = await measure(call, { ms: 100, now });
  assert(m.perSample >= 50);
  assertAlmostEquals(m.avg, 0.001, 1e-6);
});

Deno.test("measure() makes ten samples of what takes longer than its time, and can be ended between them", async () => {
  const { now, call, calls } = clock([500]);
  assertEquals((await measure(call, { ms: 100, now })).calls, 10);
  const before = calls();
  await assertRejects(
    () =>
      measure(call, {
        ms: 100,
        now,
        between: () => {
          throw new Error("enough");
        },
      }),
    Error,
    "enough",
  );
  assertEquals(calls() - before, 2);
});
