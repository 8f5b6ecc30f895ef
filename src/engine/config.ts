// Every knob of an engine, with its unit, its default and the reason for it.

import { DEFAULT_HEAP_OPTIONS, type HeapOptions } from "../gc/heap.ts";
import { canRunNative } from "../platform/permissions.ts";
import { DEFAULT_STACK_BYTES } from "../platform/stacks.ts";
import { type Feature, type FeatureSet, featureSet } from "../wasm/features.ts";
import { type MemoryLimits, NO_MEMORY_LIMITS } from "../runtime/memory_manager.ts";
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
  /** The most bytes of one linear memory; default what the specification and the system allow. A grow beyond gives -1, a new memory throws ResourceError. */
  readonly maxMemoryBytes?: number;
  /** The most bytes of all linear memories of the engine together; default no limit. */
  readonly maxTotalMemoryBytes?: number;
  /**
   * Bytes of a stack on which machine code runs, rounded up to 64 KiB; default 1 MiB, at least 64 KiB, at most 1 GiB. Only what is touched takes memory. Calls that
   * need more trap (`call-stack-exhausted`). The interpreter's stack is one for all engines of a thread: 8 MiB and 65,535 frames.
   */
  readonly stackBytes?: number;
  /** Instances that were disposed of before their memory is collected without being asked; default 64. */
  readonly collectAfterDisposals?: number;
}

/** Options with all defaults filled in. */
export interface EngineConfig {
  readonly tier: TierName;
  readonly features: FeatureSet;
  readonly maxNesting: number;
  readonly collectAfterDisposals: number;
  readonly heap: HeapOptions;
  readonly memory: MemoryLimits;
  readonly stackBytes: number;
}

const SMALLEST_STACK = 65536, LARGEST_STACK = 2 ** 30;

function stackSize(bytes: number): number {
  if (bytes >= SMALLEST_STACK && bytes <= LARGEST_STACK) return bytes;
  throw new RangeError(`stackBytes is from ${SMALLEST_STACK} to ${LARGEST_STACK}, not ${bytes}`);
}

/** Fills in defaults. Throws TypeError for a tier that does not exist, RangeError for a size that makes no sense, Error for one that cannot run here. */
export function configure(options: EngineOptions, resolve: (choice: TierChoice) => TierName): EngineConfig {
  return {
    tier: resolve(options.tier ?? "auto"),
    features: featureSet(options.features),
    maxNesting: options.maxNesting ?? 200,
    collectAfterDisposals: options.collectAfterDisposals ?? 64,
    heap: {
      growthFactor: options.gcGrowthFactor ?? DEFAULT_HEAP_OPTIONS.growthFactor,
      minimumBytes: options.gcMinimumBytes ?? DEFAULT_HEAP_OPTIONS.minimumBytes,
      maxBytes: options.gcMaximumBytes ?? DEFAULT_HEAP_OPTIONS.maxBytes,
      zeal: options.gcZeal ?? DEFAULT_HEAP_OPTIONS.zeal,
    },
    stackBytes: stackSize(options.stackBytes ?? DEFAULT_STACK_BYTES),
    memory: {
      maxBytes: options.maxMemoryBytes ?? NO_MEMORY_LIMITS.maxBytes,
      maxTotalBytes: options.maxTotalMemoryBytes ?? NO_MEMORY_LIMITS.maxTotalBytes,
    },
  };
}

/** What `auto` means here: the native tier where it can run, otherwise the best portable one. */
export function bestTier(): TierName {
  return canRunNative() ? "jit" : "interp";
}
