import { assertEquals } from "@std/assert";
import { featuresOfScript } from "../../src/cli/features.ts";
import { tiersOf } from "../../src/cli/wast.ts";
import { Script, WastRunner, type WastTier } from "../../src/cli/wast_runner.ts";
import { testUnless } from "../skip.ts";
import { PENDING } from "./pending.ts";
import { scriptsIn, SUITE } from "./suite.ts";

const PORTABLE: readonly WastTier[] = tiersOf("all", (line) => console.log(line));
const TIERS: readonly WastTier[] = PORTABLE.includes("jit") ? [...PORTABLE, "auto", "pins", "layout"] : PORTABLE;
/** So low that functions move while scripts call them. */
const THRESHOLD = { calls: 2, passes: 2 };

const NAMES = TIERS.join(", ");
const runners = new Map<WastTier, WastRunner>();

function runnerOf(tier: WastTier): WastRunner {
  let runner = runners.get(tier);
  if (runner === undefined) runners.set(tier, runner = new WastRunner(tier, { thresholds: { jit: THRESHOLD } }));
  return runner;
}

function scriptAt(file: URL): Script {
  return new Script(Deno.readFileSync(file), featuresOfScript(file.pathname));
}

function passesEverywhere(file: URL): void {
  const script = scriptAt(file);
  for (const tier of TIERS) {
    const { failed, skipped } = runnerOf(tier).run(script);
    const unexpected = [...failed, ...skipped.filter((n) => !n.overtaken)];
    assertEquals(unexpected.map((n) => `[${tier}] line ${n.line}: ${n.message}`), []);
  }
}

const CASES = new URL("./cases/", import.meta.url);
for (const path of scriptsIn(CASES)) {
  Deno.test(`our script ${path} passes in ${NAMES}`, () => passesEverywhere(new URL(path, CASES)));
}

const pending = new Set(Object.values(PENDING).flat());

if (SUITE === undefined) {
  testUnless("it is absent; `deno task suite` fetches it", "the specification's test suite passes", () => {});
} else {
  const suite = SUITE;
  const scripts = scriptsIn(suite);
  // Proposals come from a repository of their own, which the fetched copy does not hold.
  const hasProposals = scripts.some((path) => path.startsWith("proposals/"));
  const listed = [...pending].filter((path) => hasProposals || !path.startsWith("proposals/"));

  for (const path of scripts.filter((p) => !pending.has(p))) {
    Deno.test(`the suite's ${path} passes in ${NAMES}`, () => passesEverywhere(new URL(path, suite)));
  }

  Deno.test("the list of pending scripts names scripts of the suite", () => {
    assertEquals(listed.filter((path) => !scripts.includes(path)), []);
  });

  Deno.test("the suite's pending scripts still fail", () => {
    const runner = runnerOf("interp");
    const passing = [...pending].filter((path) => {
      const script = scriptAt(new URL(path, suite));
      return runner.run(script, { untilFailure: true }).failed.length === 0;
    });
    assertEquals(passing, [], "these pass now: take them out of tests/conformance/pending.ts");
  });
}
