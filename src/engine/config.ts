// Every knob of an engine, with its unit, its default and the reason for it.

import { DEFAULT_HEAP_OPTIONS, type HeapOptions } from "../gc/heap.ts";
import { canRunNative } from "../platform/permissions.ts";
import { type Feature, type FeatureSet, featureSet } from "../wasm/features.ts";
import { DEFAULT_MAX_PARKED } from "../runtime/store.ts";
import type { TierName } from "../runtime/tier.ts";

/** The tiers that can be asked for: `auto` is the best that can run here. */
export type TierChoice = TierName | "auto";

/** What an engine can be made with. */
export interface EngineOptions {
  /** Tier of functions whose tier nobody sets; default `auto`. */
  readonly tier?: TierChoice;
  /** Features to switch on (`threads`, `wide-arithmetic`, `custom-page-sizes`) or off (those of WebAssembly 3.0), by name. */
  readonly features?: Readonly<Partial<Record<Feature, boolean>>>;
  /** How often host functions may call back into Wasm, one within the other; default 200, which V8's own stack bears. */
  readonly maxNesting?: number;
  /**
   * Counts fuel, and how much there is at first: each pass of a loop head and each entry of a Wasm function takes one, in every tier, and without it code traps.
   * Default: not counted, which is a little faster.
   */
  readonly fuel?: number;
  /**
   * How many calls may wait for promises at once, each with its stacks; default 5000, each of which takes some 10 KB, and 1 MB of address space in tier `jit`. There,
   * all engines of a thread can have 8000 stacks together, 2000 in a Worker; beyond, calls end with a ResourceError.
   */
  readonly maxParkedCalls?: number;
  /** The heap of structures and arrays is collected when it has grown by this factor since the last collection; default 2. */
  readonly gcGrowthFactor?: number;
  /** Bytes that are allocated at least before a collection; default 8 MiB. */
  readonly gcMinimumBytes?: number;
  /** What objects may take together, in bytes; default 1 GiB, at most 2 GiB. An allocation beyond traps. */
  readonly gcMaximumBytes?: number;
  /** Collects at every allocation, which finds references that are not rooted; default false. */
  readonly gcZeal?: boolean;
  /** Instances that were disposed of before their memory is collected without being asked; default 64. */
  readonly collectAfterDisposals?: number;
}

/** Options with all defaults filled in. */
export interface EngineConfig {
  readonly tier: TierName;
  readonly features: FeatureSet;
  readonly maxNesting: number;
  readonly fuel: number | undefined;
  readonly maxParkedCalls: number;
  readonly collectAfterDisposals: number;
  readonly heap: HeapOptions;
}

/** An amount of fuel. Throws RangeError for one that is not a whole number from 0 on, or Infinity. */
export function checkFuel(fuel: number): number {
  if (fuel !== Infinity && !(Number.isSafeInteger(fuel) && fuel >= 0)) {
    throw new RangeError(`fuel is a whole number from 0 on, not ${fuel}`);
  }
  return fuel;
}

/** Fills in defaults. Throws TypeError for a tier that does not exist, RangeError for fuel that makes no sense, Error for a tier that cannot run here. */
export function configure(options: EngineOptions, resolve: (choice: TierChoice) => TierName): EngineConfig {
  return {
    tier: resolve(options.tier ?? "auto"),
    features: featureSet(options.features),
    maxNesting: options.maxNesting ?? 200,
    fuel: options.fuel === undefined ? undefined : checkFuel(options.fuel),
    maxParkedCalls: options.maxParkedCalls ?? DEFAULT_MAX_PARKED,
    collectAfterDisposals: options.collectAfterDisposals ?? 64,
    heap: {
      growthFactor: options.gcGrowthFactor ?? DEFAULT_HEAP_OPTIONS.growthFactor,
      minimumBytes: options.gcMinimumBytes ?? DEFAULT_HEAP_OPTIONS.minimumBytes,
      maxBytes: options.gcMaximumBytes ?? DEFAULT_HEAP_OPTIONS.maxBytes,
      zeal: options.gcZeal ?? DEFAULT_HEAP_OPTIONS.zeal,
    },
  };
}

/** What `auto` means here: the native tier where it can run, otherwise the best portable one. */
export function bestTier(): TierName {
  return canRunNative() ? "jit" : "interp";
}
