// Every knob of an engine, with its unit, its default and the reason for it.

import { DEFAULT_HEAP_OPTIONS, type HeapOptions } from "../gc/heap.ts";
import { CODE_RANGE_BYTES } from "../platform/executable_memory.ts";
import { canRunNative } from "../platform/permissions.ts";
import { type Feature, type FeatureSet, featureSet } from "../wasm/features.ts";
import type { TierName } from "../runtime/tier.ts";
import { LIMITS } from "../wasm/limits.ts";

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
  /**
   * The most bytes of executable memory that the engine's machine code takes, in pieces of 64 KiB and more; default 128 MiB, which all engines of a thread share,
   * since branches must reach. A call of a function whose code finds no room throws ResourceError.
   */
  readonly maxCodeBytes?: number;
  /**
   * Instances at a time; default 100,000, so that who never disposes of any meets an error before memory ends. Those that were disposed of count until
   * nothing refers to them.
   */
  readonly maxInstances?: number;
  /** Entries of a table; default 10,000,000, as in browsers. A larger one throws ResourceError, and growing beyond gives -1. */
  readonly maxTableEntries?: number;
  /** Bytes of a module; default 1 GiB, as in browsers. A longer one is a CompileError. */
  readonly maxModuleBytes?: number;
  /** Functions of a module, imported ones too; default 1,000,000, as in browsers. More are a CompileError. */
  readonly maxFunctions?: number;
  /** Appends the name and place of all machine code of this isolate to `/tmp/perf-<pid>.map`, for Linux's perf; default false. Needs permission to write there. */
  readonly perfMap?: boolean;
  /**
   * Tells gdb, by its JIT interface, the name and place of all machine code of this isolate; default false, since each function then takes whole pages, so that gdb can write
   * breakpoints. Of what was compiled before the first such engine was made, gdb knows the names only.
   */
  readonly gdb?: boolean;
}

/** The limits of an engine; see the options of these names. */
export interface EngineLimits {
  readonly maxCodeBytes: number;
  readonly maxInstances: number;
  readonly maxTableEntries: number;
  readonly maxModuleBytes: number;
  readonly maxFunctions: number;
}

const DEFAULT_LIMITS: EngineLimits = {
  maxCodeBytes: CODE_RANGE_BYTES,
  maxInstances: 100_000,
  maxTableEntries: LIMITS.tableEntries,
  maxModuleBytes: LIMITS.moduleBytes,
  maxFunctions: LIMITS.functions,
};

/** The limits that are asked for. Throws RangeError for one that is no whole number, or above what Strata can do at all. */
function limitsOf(options: EngineOptions): EngineLimits {
  const limits: { -readonly [K in keyof EngineLimits]: number } = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(limits) as (keyof EngineLimits)[]) {
    const value = options[name] ?? limits[name];
    const most = name === "maxInstances" ? Number.MAX_SAFE_INTEGER : limits[name];
    if (!Number.isInteger(value) || value < 0 || value > most) {
      throw new RangeError(`${name} is a whole number from 0 to ${most}, not ${value}`);
    }
    limits[name] = value;
  }
  return limits;
}

/** Options with all defaults filled in. */
export interface EngineConfig {
  readonly tier: TierName;
  readonly features: FeatureSet;
  readonly maxNesting: number;
  readonly collectAfterDisposals: number;
  readonly limits: EngineLimits;
  readonly perfMap: boolean;
  readonly gdb: boolean;
  readonly heap: HeapOptions;
}

/** Fills in defaults. Throws TypeError for a tier that does not exist, RangeError for a limit that makes no sense, Error for a tier that cannot run here. */
export function configure(options: EngineOptions, resolve: (choice: TierChoice) => TierName): EngineConfig {
  return {
    tier: resolve(options.tier ?? "auto"),
    features: featureSet(options.features),
    maxNesting: options.maxNesting ?? 200,
    collectAfterDisposals: options.collectAfterDisposals ?? 64,
    limits: limitsOf(options),
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
