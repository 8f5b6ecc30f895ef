import { assert, assertEquals } from "@std/assert";
import { draw, measure } from "../../examples/edge_policy.ts";
import { draw as drawBranches, measure as measureBranches } from "../../examples/branch_profile.ts";
import { testNative } from "../skip.ts";

testNative("examples/edge_policy.ts gives a time for each kind of work in each tier, and draws them", () => {
  const rows = measure(1);
  const works = new Set(rows.map((r) => r.work)), runs = new Set(rows.map((r) => r.run));
  assertEquals([works.size, rows.length], [3, 3 * runs.size]);
  assert(runs.has("auto") && runs.has("interp") && rows.every((r) => r.ms > 0));
  const svg = draw(rows);
  for (const run of [...works, ...runs]) assert(svg.includes(`>${run}<`), run);
  assert(!/NaN|undefined/.test(svg));
});

testNative("examples/branch_profile.ts counts branches whose code then gives the same results", () => {
  const result = measureBranches(2000, 1);
  assertEquals([result.accuracy.branches, result.accuracy.total], [25, 50_000]);
  assert(result.accuracy.best > 0.99 && result.accuracy.form < 0.6);
  assertEquals(result.profile.functions.size, 1);
  const svg = drawBranches(result);
  assert(svg.includes("br_if") && !/NaN|undefined/.test(svg));
});
