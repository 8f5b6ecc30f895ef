// Every knob of an engine, with its unit, its default and the reason for it.

import { DEFAULT_HEAP_OPTIONS, type HeapOptions } from "../gc/heap.ts";
import { FAST_DEFAULTS, type FastOptions } from "../fast/options.ts";
import { CODE_RANGE_BYTES } from "../platform/executable_memory.ts";
import { canRunNative } from "../platform/permissions.ts";
import { DEFAULT_STACK_BYTES } from "../platform/stacks.ts";
import { type Feature, type FeatureSet, featureSet } from "../wasm/features.ts";
import { DEFAULT_MAX_PARKED } from "../runtime/store.ts";
import { type MemoryLimits, NO_MEMORY_LIMITS } from "../runtime/memory_manager.ts";
import { type HotLimits, type TierName, TIERS } from "../runtime/tier.ts";
import { LIMITS } from "../wasm/limits.ts";
import { nearestName } from "../base/nearest.ts";
import { jsUnavailable } from "../js/tier.ts";
import type { BranchProfile } from "./branch_profile.ts";
import { backgroundCompilerUnavailable } from "./background_compiler.ts";

/** The tiers that can be asked for: with `auto`, functions begin in `interp`, and what is hot goes on as machine code where that can run. */
export type TierChoice = TierName | "auto";

/**
 * When and where machine code is made: when it is first needed; all of a module's when it is instantiated; or in a Worker, while the interpreter runs on.
 */
export type CompileMode = "lazy" | "eager" | "worker";
const COMPILE_MODES: readonly CompileMode[] = ["lazy", "eager", "worker"];

/** What an engine can be made with. */
export interface EngineOptions {
  /** Tier of functions whose tier nobody sets; default `auto`. */
  readonly tier?: TierChoice;
  /** When and where machine code is made; default `lazy`. */
  readonly compile?: CompileMode;
  /** Tier `auto`: calls after which a function is hot; default 10, since a call takes about as long in `interp` as compiling a few dozen bytes of it. Bodies of more than 8000 bytes need more calls and passes, in proportion. */
  readonly callThreshold?: number;
  /** Tier `auto`: passes of a loop's head after which its function is hot, and its frame goes on as machine code; default 1000, for which `interp` takes about a tenth of a millisecond. */
  readonly loopThreshold?: number;
  /** Tier `fast`: optimisations of the translation to register code to switch off; default all on. */
  readonly fast?: Partial<FastOptions>;
  /** Tier `auto`: the same for each tier above `interp`, by its name; where nothing is given, what `LADDER` in config.ts says. */
  readonly thresholds?: Readonly<Partial<Record<TierName, Partial<HotLimits>>>>;
  /** Tier `auto`: bytes of a function's body above which it is compiled in a Worker only; default 1 MiB, for which compiling takes a tenth of a second. */
  readonly maxBodyBytes?: number;
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
  /** The heap of structures and arrays is collected when it has grown by this factor since the last collection, small heaps somewhat later; default 2. */
  readonly gcGrowthFactor?: number;
  /** Bytes that are allocated at least before a collection; default 8 MiB. */
  readonly gcMinimumBytes?: number;
  /** What objects may take together, in bytes; default 1 GiB, at most 2 GiB. An allocation beyond traps. */
  readonly gcMaximumBytes?: number;
  /** Collects at every allocation, which finds references that are not rooted; default false. */
  readonly gcZeal?: boolean;
  /** Checks the whole heap after each collection; a BugError says what is wrong. Default false. */
  readonly gcVerify?: boolean;
  /**
   * Moves running frames between the tiers at every opportunity, which finds values that are lost on the way; a number is the seed of chance, which then decides about each of them.
   * Needs tier `jit`, `js`, or `fast`, in which frames go to and fro between register code and the interpreter; default false.
   */
  readonly tierZeal?: boolean | number;
  /** Which way branches usually went in earlier runs: tier `jit` lays code out by it, and otherwise by the hints in the section `metadata.code.branch_hint`. */
  readonly profile?: BranchProfile;
  /** Lays code of tier `jit` out as if chance knew which way branches go, by this seed, which finds places that are not moved with their code. Default: no. */
  readonly layoutZeal?: number;
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
  /**
   * A folder in which machine code, and what validation found out about modules of 64 KiB and more, is kept between runs; it is made if it is not there. Whoever can write
   * there decides what code runs. Needs --allow-read and --allow-write for it; default none.
   */
  readonly cache?: string;
  /** The most bytes of that folder; default 1 GiB. What was used longest ago goes first. */
  readonly cacheBytes?: number;
  /** Told what was wrong with the cache, such as entries that were damaged and thrown away; everything works without them. Default: nobody. */
  readonly onCacheNote?: (note: string) => void;
  /** The most bytes of machine code that are kept for further modules with equal functions; default 16 MiB, 0 for none. */
  readonly functionCacheBytes?: number;
  /** Appends the name and place of all machine code of this isolate to `/tmp/perf-<pid>.map`, for Linux's perf; default false. Needs permission to write there. */
  readonly perfMap?: boolean;
  /**
   * Tells gdb, by its JIT interface, the name and place of all machine code of this isolate; default false, since each function then takes whole pages, so that gdb can write
   * breakpoints. Of what was compiled before the first such engine was made, gdb knows the names only.
   */
  readonly gdb?: boolean;
}

/** All options, by name. */
const OPTIONS: Readonly<Record<keyof EngineOptions, true>> = {
  tier: true,
  compile: true,
  callThreshold: true,
  loopThreshold: true,
  fast: true,
  thresholds: true,
  maxBodyBytes: true,
  features: true,
  maxNesting: true,
  fuel: true,
  maxParkedCalls: true,
  gcGrowthFactor: true,
  gcMinimumBytes: true,
  gcMaximumBytes: true,
  gcZeal: true,
  gcVerify: true,
  tierZeal: true,
  profile: true,
  layoutZeal: true,
  maxMemoryBytes: true,
  maxTotalMemoryBytes: true,
  stackBytes: true,
  collectAfterDisposals: true,
  maxCodeBytes: true,
  maxInstances: true,
  maxTableEntries: true,
  maxModuleBytes: true,
  maxFunctions: true,
  cache: true,
  cacheBytes: true,
  onCacheNote: true,
  functionCacheBytes: true,
  perfMap: true,
  gdb: true,
};

/** Throws TypeError for an option that does not exist, and names the one that may be meant. */
function checkOptions(options: EngineOptions): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(OPTIONS, name)) continue;
    const meant = nearestName(name, Object.keys(OPTIONS));
    throw new TypeError(`an engine has no option "${name}"${meant === undefined ? "" : `; did you mean "${meant}"?`}`);
  }
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

/** The caches of an engine; see the options of these names. */
export interface CacheConfig {
  readonly folder: string | undefined;
  readonly folderBytes: number;
  readonly functionBytes: number;
  readonly note: (text: string) => void;
}

const DEFAULT_CACHE_BYTES = 2 ** 30, DEFAULT_FUNCTION_CACHE_BYTES = 16 * 1024 * 1024;

/** Options with all defaults filled in. */
export interface EngineConfig {
  readonly cache: CacheConfig;
  /** `auto` only where machine code can run. */
  readonly tier: TierChoice;
  readonly compile: CompileMode;
  /** Why the mode is not the one that was asked for. */
  readonly compileReason: string | undefined;
  readonly fast: FastOptions;
  /** The tiers that functions climb in `auto`, from the lowest to the best that can run here. */
  readonly ladder: readonly Rung[];
  readonly maxBodyBytes: number;
  readonly features: FeatureSet;
  readonly maxNesting: number;
  readonly fuel: number | undefined;
  readonly maxParkedCalls: number;
  readonly collectAfterDisposals: number;
  readonly tierZeal: boolean | number;
  readonly profile: BranchProfile | undefined;
  readonly layoutZeal: number | undefined;
  readonly limits: EngineLimits;
  readonly perfMap: boolean;
  readonly gdb: boolean;
  readonly heap: HeapOptions;
  readonly memory: MemoryLimits;
  readonly stackBytes: number;
}

const SMALLEST_STACK = 65536, LARGEST_STACK = 2 ** 30;

function stackSize(bytes: number): number {
  if (bytes >= SMALLEST_STACK && bytes <= LARGEST_STACK) return bytes;
  throw new RangeError(`stackBytes is from ${SMALLEST_STACK} to ${LARGEST_STACK}, not ${bytes}`);
}

function bytesLimit(name: string, bytes: number): number {
  if (bytes >= 0) return bytes;
  throw new RangeError(`${name} is a number of bytes from 0 on, or Infinity, not ${bytes}`);
}

/** An amount of fuel. Throws RangeError for one that is not a whole number from 0 on, or Infinity. */
export function checkFuel(fuel: number): number {
  if (fuel !== Infinity && !(Number.isSafeInteger(fuel) && fuel >= 0)) {
    throw new RangeError(`fuel is a whole number from 0 on, not ${fuel}`);
  }
  return fuel;
}

/** Fills in defaults. Throws TypeError for what does not exist, RangeError for what is out of range, Error for a tier that cannot run here. */
export function configure(options: EngineOptions, resolve: (choice: TierChoice) => TierChoice): EngineConfig {
  checkOptions(options);
  const tierZeal = options.tierZeal ?? false;
  const tier = resolve(options.tier ?? (tierZeal === false ? "auto" : "jit"));
  if (tierZeal !== false && !["fast", "js", "jit"].includes(tier)) {
    throw new TypeError("tierZeal needs tier fast, js or jit");
  }
  const wanted = options.compile ?? "lazy";
  if (!COMPILE_MODES.includes(wanted)) {
    throw new TypeError(`compile is one of ${COMPILE_MODES.join(", ")}, not "${wanted}"`);
  }
  const compileReason = wanted === "worker" ? backgroundCompilerUnavailable() : undefined;
  return {
    cache: {
      folder: options.cache,
      folderBytes: bytesLimit("cacheBytes", options.cacheBytes ?? DEFAULT_CACHE_BYTES),
      functionBytes: bytesLimit("functionCacheBytes", options.functionCacheBytes ?? DEFAULT_FUNCTION_CACHE_BYTES),
      note: options.onCacheNote ?? (() => {}),
    },
    tier,
    compile: compileReason === undefined ? wanted : "lazy",
    compileReason,
    fast: fastOptions(options.fast),
    ladder: ladderOf(options),
    maxBodyBytes: bytesLimit("maxBodyBytes", options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES),
    features: featureSet(options.features),
    maxNesting: options.maxNesting ?? 200,
    fuel: options.fuel === undefined ? undefined : checkFuel(options.fuel),
    maxParkedCalls: options.maxParkedCalls ?? DEFAULT_MAX_PARKED,
    tierZeal,
    profile: options.profile,
    layoutZeal: options.layoutZeal,
    collectAfterDisposals: options.collectAfterDisposals ?? 64,
    limits: limitsOf(options),
    perfMap: options.perfMap ?? false,
    gdb: options.gdb ?? false,
    heap: {
      growthFactor: options.gcGrowthFactor ?? DEFAULT_HEAP_OPTIONS.growthFactor,
      minimumBytes: options.gcMinimumBytes ?? DEFAULT_HEAP_OPTIONS.minimumBytes,
      maxBytes: options.gcMaximumBytes ?? DEFAULT_HEAP_OPTIONS.maxBytes,
      zeal: options.gcZeal ?? DEFAULT_HEAP_OPTIONS.zeal,
      verify: options.gcVerify ?? DEFAULT_HEAP_OPTIONS.verify,
    },
    stackBytes: stackSize(options.stackBytes ?? DEFAULT_STACK_BYTES),
    memory: {
      maxBytes: bytesLimit("maxMemoryBytes", options.maxMemoryBytes ?? NO_MEMORY_LIMITS.maxBytes),
      maxTotalBytes: bytesLimit("maxTotalMemoryBytes", options.maxTotalMemoryBytes ?? NO_MEMORY_LIMITS.maxTotalBytes),
    },
  };
}

/** Optimisations as they are asked for. Throws TypeError for a name that is none, and for what is no boolean. */
function fastOptions(wanted: Partial<FastOptions> = {}): FastOptions {
  for (const [name, value] of Object.entries(wanted)) {
    if (!(name in FAST_DEFAULTS)) {
      throw new TypeError(`fast has no ${name}; there are ${Object.keys(FAST_DEFAULTS).join(", ")}`);
    }
    if (typeof value !== "boolean") throw new TypeError(`fast.${name} is true or false, not ${value}`);
  }
  return { ...FAST_DEFAULTS, ...wanted };
}

/** A tier with the calls of a function, and passes of one of its loops, from which on a function runs in it. */
export interface Rung extends HotLimits {
  /** Its name. */
  readonly tier: TierName;
}

/**
 * THE thresholds of tier `auto`. A call takes about as long in `interp` as compiling a few dozen bytes of it, a thousand passes about a tenth of a millisecond. Of those
 * above `interp`, machine code is made where it can run; the others where it cannot. There a function goes to the best tier that it is hot enough for: `js` takes what it can, since its code
 * is soon faster than register code and calls between the two are dear; `fast` takes the rest.
 */
const LADDER: readonly (Rung & { readonly native?: boolean })[] = [
  { tier: "interp", calls: 0, passes: 0 },
  { tier: "fast", native: false, calls: 10, passes: 1000 },
  { tier: "js", native: false, calls: 10, passes: 1000 },
  { tier: "jit", native: true, calls: 10, passes: 1000 },
];
const DEFAULT_MAX_BODY_BYTES = 1024 * 1024;

/** Tiers that can be asked for or climbed to here. */
function ladderOf({ callThreshold, loopThreshold, thresholds = {} }: EngineOptions): Rung[] {
  const native = canRunNative();
  const there = LADDER.filter((r) =>
    (r.native ?? native) === native && (r.tier !== "js" || jsUnavailable() === undefined)
  );
  for (const name of Object.keys(thresholds)) {
    if (!TIERS.includes(name as TierName) || name === "interp") {
      throw new TypeError(`thresholds are for ${TIERS.filter((t) => t !== "interp").join(", ")}, not for "${name}"`);
    }
  }
  return there.map(({ tier, calls, passes }, i) => {
    const given = thresholds[tier] ?? {}, first = i === 1;
    if (i === 0) return { tier, calls, passes };
    return {
      tier,
      calls: threshold("callThreshold", given.calls ?? (first ? callThreshold : undefined) ?? calls),
      passes: threshold("loopThreshold", given.passes ?? (first ? loopThreshold : undefined) ?? passes),
    };
  });
}

/** Whether functions can move between tiers here at all. */
export function hasLadder(): boolean {
  return ladderOf({}).length > 1;
}

/** Checks a number of calls or passes. Throws TypeError. */
export function threshold(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= 0x7fffffff) return value;
  throw new TypeError(`${name} is a whole number from 1 to 2147483647, not ${value}`);
}

/** The tier of the fastest code that can run here. */
export function bestTier(): TierName {
  return canRunNative() ? "jit" : "interp";
}
