// An experiment with branch profiles: a kernel full of checks that seldom hold is counted once, and then compiled with what was counted, beside the same without.
// Prints how often predictions are right and what the layout gains, and draws the branches as SVG: deno run -A examples/branch_profile.ts [file.svg]

import { type BranchAccuracy, type BranchProfile, Engine, type PredictedBranch } from "../mod.ts";
import { barX, parseHTML, plot, ruleX } from "./npm/plot.ts";

/** Checks in the loop. Half of them are written as `if`, half as a branch over a block. */
const CHECKS = 24;

/** A check of a value that seldom is what is looked for, with much to do when it is. */
function check(n: number): string {
  const rare = `(i32.eq (i32.and (local.get $x) (i32.const 0x3ff)) (i32.const ${37 * n + 11}))`;
  const steps = Array.from(
    { length: 12 },
    (_, i) =>
      `(local.set $s (i32.add (i32.rotl (local.get $s) (i32.const ${1 + (i + n) % 30})) (i32.const ${i * n + 7})))`,
  );
  return n % 2 === 0
    ? `(if ${rare} (then ${steps.join(" ")}))`
    : `(block $past${n} (br_if $past${n} (i32.eqz ${rare})) ${steps.join(" ")})`;
}

const TEXT = `(module (func (export "f") (param $n i32) (result i32) (local $x i32) (local $s i32)
  (loop $l
    (local.set $x (i32.mul (i32.add (local.get $x) (local.get $n)) (i32.const 0x9e3779b1)))
    (local.set $x (i32.xor (local.get $x) (i32.shr_u (local.get $x) (i32.const 15))))
    ${Array.from({ length: CHECKS }, (_, n) => check(n)).join("\n    ")}
    (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
  (i32.add (local.get $s) (local.get $x))))`;

/** What the experiment gave. */
export interface Result {
  readonly branches: readonly PredictedBranch[];
  readonly accuracy: BranchAccuracy;
  readonly profile: BranchProfile;
  /** The least time of some rounds, in milliseconds. */
  readonly plainMs: number;
  readonly laidOutMs: number;
}

/** Counts `passes` passes, then times as many, some rounds of each in turn. */
export function measure(passes: number, rounds: number): Result {
  const counted = new Engine({ tier: "interp" }), first = counted.load(TEXT);
  counted.branches.start(first);
  first.exports.f(Math.min(passes, 20_000));
  const profile = counted.branches.profile();
  const load = (given?: BranchProfile) => new Engine({ tier: "jit", profile: given }).load(TEXT).exports.f;
  const plain = load(), laidOut = load(profile);
  const times: number[][] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const results = [plain, laidOut].map((f, i) => {
      const began = performance.now(), result = f(passes);
      times[i].push(performance.now() - began);
      return result;
    });
    if (results[0] !== results[1]) throw new Error(`the layout changes the result: ${results.join(", ")}`);
  }
  return {
    branches: counted.branches.branches(first.func("f")),
    accuracy: counted.branches.accuracy(),
    profile,
    plainMs: Math.min(...times[0]),
    laidOutMs: Math.min(...times[1]),
  };
}

/** The branches with how surely each is predicted, as SVG. */
export function draw({ branches }: Result): string {
  // Deno's types know no documents.
  const { document } = parseHTML("<html><body></body></html>") as unknown as { document: never };
  const rows = branches.map((b) => ({
    place: `+${b.bodyOffset.toString(16)} ${b.name}`,
    right: 100 * b.accuracy,
    way: b.predicted ? "taken" : "not taken",
  }));
  const figure = plot({
    document,
    x: { label: "% of the passes that go as predicted", domain: [90, 100], clamp: true, grid: true },
    y: { label: null, domain: rows.map((r) => r.place) },
    color: { domain: ["taken", "not taken"], legend: false },
    marginLeft: 80,
    width: 860,
    height: 40 + 18 * rows.length,
    marks: [barX(rows, { x1: () => 90, x2: "right", y: "place", fill: "way" }), ruleX([90])],
  });
  figure.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return figure.outerHTML;
}

if (import.meta.main) {
  const result = measure(3_000_000, 9), { accuracy, plainMs, laidOutMs } = result;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  console.log(`${accuracy.branches} branches ran ${accuracy.total} times`);
  console.log(`right: ${percent(accuracy.best)} by what was counted, ${percent(accuracy.form)} by their form`);
  console.log(`jit: ${plainMs.toFixed(1)} ms; laid out by the profile: ${laidOutMs.toFixed(1)} ms`);
  console.log(`gain: ${(plainMs / laidOutMs).toFixed(2)} ×`);
  if (Deno.args[0] !== undefined) Deno.writeTextFileSync(Deno.args[0], draw(result));
}
