// Every knob of an engine, with its unit, its default and the reason for it.

import { DEFAULT_HEAP_OPTIONS, type HeapOptions } from "../gc/heap.ts";
import { canRunNative } from "../platform/permissions.ts";
import { type Feature, type FeatureSet, featureSet } from "../wasm/features.ts";
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
  /** Appends the name and place of all machine code of this isolate to `/tmp/perf-<pid>.map`, for Linux's perf; default false. Needs permission to write there. */
  readonly perfMap?: boolean;
  /**
   * Tells gdb, by its JIT interface, the name and place of all machine code of this isolate; default false, since each function then takes whole pages, so that gdb can write
   * breakpoints. Of what was compiled before the first such engine was made, gdb knows the names only.
   */
  readonly gdb?: boolean;
}

/** Options with all defaults filled in. */
export interface EngineConfig {
  readonly tier: TierName;
  readonly features: FeatureSet;
  readonly maxNesting: number;
  readonly collectAfterDisposals: number;
  readonly perfMap: boolean;
  readonly gdb: boolean;
  readonly heap: HeapOptions;
}

/** Fills in defaults. Throws TypeError for a tier that does not exist, Error for one that cannot run here. */
export function configure(options: EngineOptions, resolve: (choice: TierChoice) => TierName): EngineConfig {
  return {
    tier: resolve(options.tier ?? "auto"),
    features: featureSet(options.features),
    maxNesting: options.maxNesting ?? 200,
    collectAfterDisposals: options.collectAfterDisposals ?? 64,
    perfMap: options.perfMap ?? false,
    gdb: options.gdb ?? false,
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
