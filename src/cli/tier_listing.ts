// Listings of a module that is not run, tier by tier: what `where` and `explore` show.

import { Layouts } from "../engine/layout.ts";
import { listFunction, type Listing, makeListing } from "../engine/listing.ts";
import { fastText, jsText } from "../engine/tier_text.ts";
import { compiler } from "../engine/pipeline.ts";
import { refusal } from "../jit/compilable.ts";
import { BASELINE_CPU, type CpuFeatures } from "../platform/cpu.ts";
import type { TierName } from "../runtime/tier.ts";
import type { ValidModule } from "../validate/validate_module.ts";

/** A function's code in a tier, or why it has none there. */
export type TierCode = { readonly listing: Listing } | { readonly refusal: string };

/** Lists the functions of a module in the tiers that have code of their own, for the processor `cpu`, one without extensions if not given. */
export class TierLister {
  readonly #jit;
  readonly #layouts = new Layouts();

  constructor(readonly valid: ValidModule, readonly cpu: CpuFeatures = BASELINE_CPU) {
    this.#jit = compiler(valid, cpu);
  }

  /** A function that the module defines. Throws ResourceError where machine code cannot be taken apart. */
  async list(tier: TierName, index: number): Promise<TierCode> {
    const { module } = this.valid;
    if (tier === "interp") return { listing: await listFunction(module, index, undefined) };
    if (tier === "fast" || tier === "js") {
      const text = tier === "js" ? jsText(this.valid, index) : fastText(this.valid, index);
      return typeof text === "string" ? { refusal: text } : { listing: makeListing(module, index, tier, text) };
    }
    const why = refusal(this.valid, index, this.cpu);
    if (why !== undefined) return { refusal: why };
    const code = this.#jit.compile(index, undefined, this.#layouts.of(this.valid, index));
    return { listing: await listFunction(module, index, code) };
  }
}
