// Where a tier's code of a function came from: takes a module and a tier, gives ranges of code with byte offsets in the module. Each tier that makes code of its own has a case here.

import type { Code } from "../asm/code.ts";
import { refusal } from "../jit/compilable.ts";
import { BASELINE_CPU } from "../platform/cpu.ts";
import { type TierName, TIERS } from "../runtime/tier.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import type { JitTier } from "./native_tier.ts";
import { compiler } from "./pipeline.ts";
import { fastText, jsText, type TierText, type TierTextOptions } from "./tier_text.ts";

/** The code of one function in one tier, as far as its places go. */
export interface CodePlaces {
  /** The tier whose code it is. */
  readonly tier: TierName;
  /** What its places count: bytes of machine code, words of register code, or lines of a source, from 1. */
  readonly unit: "byte" | "word" | "line";
  /** Address of the first byte where it is installed. */
  readonly address?: number;
  /** The place behind the last. */
  readonly end: number;
  /** Pairs (place, byte offset in the module), ascending in the place; each holds until the next. What is before the first belongs to no instruction, nor what comes from an offset outside of the function's body. */
  readonly map: Uint32Array;
}

/** The places of machine code. */
export function machinePlaces(tier: TierName, code: Code, address?: number): CodePlaces {
  return { tier, unit: "byte", address, end: code.instructionLength, map: code.sourceMap };
}

function textPlaces(tier: TierName, unit: "word" | "line", text: TierText | string): CodePlaces | undefined {
  return typeof text === "string" ? undefined : { tier, unit, end: text.end, map: text.map };
}

/** The tiers that have code of their own. */
export const CODE_TIERS: readonly TierName[] = TIERS.filter((tier) => tier !== "interp");

/** The code of the functions of one module, in all tiers that have code. */
export class ModulePlaces {
  /** By tier and function. */
  readonly #known = new Map<string, CodePlaces | undefined>();

  /** Takes the tier that installs machine code, where there is one; without, code has no addresses. */
  constructor(readonly valid: ValidModule, readonly jit?: JitTier, readonly options: TierTextOptions = {}) {}

  /** The tiers that have code of their own. */
  readonly tiers: readonly TierName[] = CODE_TIERS;

  /** The code of a defined function, which is compiled for that if need be, not installed. Undefined where the tier has none. */
  of(tier: TierName, index: number): CodePlaces | undefined {
    const installed = this.jit?.peek(this.valid, index);
    // What was installed meanwhile has an address; the code is the same.
    const key = `${tier} ${index} ${installed?.start}`;
    if (!this.#known.has(key)) {
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(key, this.#make(tier, index));
    }
    return this.#known.get(key);
  }

  #make(tier: TierName, index: number): CodePlaces | undefined {
    const { valid, jit } = this;
    switch (tier) {
      case "interp":
        return undefined;
      case "fast":
        return textPlaces(tier, "word", fastText(valid, index, this.options));
      case "js":
        return textPlaces(tier, "line", jsText(valid, index, this.options));
      case "jit": {
        const installed = jit?.peek(valid, index);
        if (installed !== undefined) return machinePlaces(tier, installed.code, installed.start);
        const cpu = jit?.native.cpu ?? BASELINE_CPU;
        if (refusal(valid, index, cpu) !== undefined) return undefined;
        return machinePlaces(tier, compiler(valid, cpu, jit?.options).compile(index));
      }
    }
  }

  /** The function of this module, and the place in its code, that an address is in; undefined if it is none of this module's machine code. */
  locate(pc: number): { readonly tier: TierName; readonly index: number; readonly place: number } | undefined {
    const found = this.jit?.locate(pc);
    if (found === undefined || this.jit!.peek(this.valid, found.owner.index)?.start !== found.start) return undefined;
    return { tier: "jit", index: found.owner.index, place: found.offset };
  }
}

/** Functions whose places are kept. */
const MAX_KNOWN = 1000;
