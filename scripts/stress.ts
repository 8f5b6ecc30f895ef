// The stress cases, long: every case in every tier, round after round. Takes `--scale N` (default 20), `--minutes N` (default 0: one round) and names of tiers (default all).

import { Engine } from "../mod.ts";
import { TIERS } from "../src/runtime/tier.ts";
import { CASES } from "../tests/stress/cases.ts";
import { scriptArgs } from "./arguments.ts";

const args = scriptArgs("deno task stress [--scale N] [--minutes N] [tier…]", { string: ["scale", "minutes"] });
const scale = Number(args.scale ?? 20);
const until = performance.now() + Number(args.minutes ?? 0) * 60_000;
if (Engine.nativeUnavailable !== undefined) console.log(`tier jit is left out: ${Engine.nativeUnavailable}`);
const wanted: readonly string[] = args._.length === 0 ? TIERS : args._.map(String);
for (const tier of wanted) {
  if ((TIERS as readonly string[]).includes(tier)) continue;
  console.error(`error: there is no tier ${tier}; there are ${TIERS.join(", ")}`);
  Deno.exit(2);
}
const tiers = TIERS.filter((tier) =>
  wanted.includes(tier) && (tier !== "jit" || Engine.nativeUnavailable === undefined)
);
let round = 0;
do {
  round++;
  for (const tier of tiers) {
    for (const c of CASES) {
      const began = performance.now();
      await c.run(tier, scale);
      const rss = (Deno.memoryUsage().rss / 2 ** 20).toFixed(0);
      console.log(
        `round ${round}, ${tier}: ${c.name}: ${((performance.now() - began) / 1000).toFixed(1)} s, ${rss} MiB resident`,
      );
    }
  }
} while (performance.now() < until);
