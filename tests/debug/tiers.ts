// The tiers in which what watches programs is tested: each of the list, and engines in which functions and frames move.

import { Engine, type EngineOptions } from "../../mod.ts";
import { TIERS } from "../../src/runtime/tier.ts";

const NATIVE = Engine.nativeUnavailable === undefined;

/** Options of an engine by what it is called in messages. */
export const ENGINES: Readonly<Record<string, EngineOptions>> = {
  ...Object.fromEntries(TIERS.filter((tier) => NATIVE || tier !== "jit").map((tier) => [tier, { tier }])),
  ...(NATIVE ? { zeal: { tierZeal: true }, "zeal by chance": { tierZeal: 7 } } : {}),
  live: { tier: "auto", callThreshold: 2, loopThreshold: 3 },
};
