// The stress cases, short. `deno task stress` runs them long.

import { Engine, type TierName } from "../../mod.ts";
import { CASES } from "./cases.ts";

const tiers: TierName[] = ["interp", "jit"];
for (const tier of tiers) {
  for (const c of CASES) {
    if (tier === "jit" && Engine.nativeUnavailable !== undefined) {
      console.log(`skipped in tier jit: ${c.name}: ${Engine.nativeUnavailable}`);
      continue;
    }
    Deno.test(`${tier}: ${c.name}`, () => c.run(tier, 1));
  }
}
