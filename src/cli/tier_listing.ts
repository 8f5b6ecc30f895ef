// Listings of a module that is not run, tier by tier: what `where` and `explore` show.

import { Layouts } from "../engine/layout.ts";
import { listFunction, type Listing } from "../engine/listing.ts";
import { compiler } from "../engine/pipeline.ts";
import { refusal } from "../jit/compilable.ts";
import { BASELINE_CPU } from "../platform/cpu.ts";
import type { TierName } from "../runtime/tier.ts";
import type { ValidModule } from "../validate/validate_module.ts";

/** A function's code in a tier, or why it has none there. */
export type TierCode = { readonly listing: Listing } | { readonly refusal: string };

/** Lists the functions of a module in the tiers that have code of their own, for a processor without extensions. */
export class TierLister {
  readonly #jit;
  readonly #layouts = new Layouts();

  constructor(readonly valid: ValidModule) {
    this.#jit = compiler(valid, BASELINE_CPU);
  }

  /** A function that the module defines. Throws ResourceError where machine code cannot be taken apart. */
  async list(tier: TierName, index: number): Promise<TierCode> {
    const { module } = this.valid;
    if (tier === "interp") return { listing: await listFunction(module, index, undefined) };
    const why = refusal(this.valid, index, BASELINE_CPU);
    if (why !== undefined) return { refusal: why };
    const code = this.#jit.compile(index, undefined, this.#layouts.of(this.valid, index));
    return { listing: await listFunction(module, index, code) };
  }
}
