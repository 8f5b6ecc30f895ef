// The stress cases, short. `deno task stress` runs them long.

import { Engine, type TierName } from "../../mod.ts";
import { testUnless } from "../skip.ts";
import { CASES } from "./cases.ts";

const tiers: TierName[] = ["interp", "jit"];
for (const tier of tiers) {
  for (const c of CASES) {
    testUnless(tier === "jit" ? Engine.nativeUnavailable : undefined, `${tier}: ${c.name}`, () => c.run(tier, 1));
  }
}
