// `strata wast`: runs scripts of the specification's test language, a line per failure and the sum at the end.

import { Engine } from "../api/engine.ts";
import { nativeUnavailable } from "../platform/permissions.ts";
import type { EngineOptions } from "../engine/config.ts";
import { isNative, type TierName, TIERS } from "../runtime/tier.ts";
import { TextError } from "../wasm/errors.ts";
import type { FeatureSet } from "../wasm/features.ts";
import { CommandError, ExitCode, UsageError } from "./exit.ts";
import { type FeatureChange, featuresOfScript, unknownProposal } from "./features.ts";
import { visible } from "./repl/print.ts";
import { chosenTier } from "./tier.ts";
import { type Outcome, Script, WastRunner, type WastTier } from "./wast_runner.ts";

/** Options of the command. */
export interface WastOptions {
  readonly tier?: string;
  readonly json?: boolean;
  readonly seed?: number;
  /** Calls, and loop passes, from which on functions are hot in `auto` and `pins`. */
  readonly threshold?: number;
  readonly skipUnsupported?: boolean;
  /** Features to switch on and off, beside those of the folder. */
  readonly features?: FeatureChange;
}

const ALL: readonly WastTier[] = [...TIERS, "mixed", "zeal", "zeal-random", "zeal-fast"];
/** Tiers that are run when they are asked for. */
const MORE: readonly WastTier[] = ["pins", "layout"];

/** Runs files, and all `.wast` files of directories. Gives the exit code. Throws UsageError, CommandError. */
export function runWast(paths: readonly string[], options: WastOptions): ExitCode {
  const runners = tiersOf(options.tier, (line) => console.error(line)).map((tier) =>
    new WastRunner(tier, thresholdsOf(tier, options.threshold), options.seed)
  );
  const sum = { passed: 0, failed: 0, skipped: 0 };
  const times = new Map<WastTier, number>();
  for (const file of scriptFiles(paths)) {
    const script = readScript(file, featuresOfScript(file, options.features));
    const proposal = unknownProposal(file);
    for (const runner of runners) {
      const began = performance.now();
      const outcome = proposal !== undefined
        ? { passed: 0, failed: [], skipped: [{ line: 1, message: `proposal ${proposal} is not supported` }] }
        : script instanceof TextError
        ? { passed: 0, failed: [{ line: script.line, message: script.message }], skipped: [] }
        : runner.run(script, options);
      const ms = performance.now() - began;
      times.set(runner.tier, (times.get(runner.tier) ?? 0) + ms);
      sum.passed += outcome.passed;
      sum.failed += outcome.failed.length;
      sum.skipped += outcome.skipped.length;
      if (options.json) console.log(toJson(file, runner.tier, outcome, ms));
      else printOutcome(file, runner.tier, outcome);
    }
  }
  if (!options.json) { for (const [tier, ms] of times) console.error(`${tier}: ${(ms / 1000).toFixed(1)} s`); }
  if (options.json) console.log(JSON.stringify(sum));
  else console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
  return sum.failed === 0 ? ExitCode.OK : ExitCode.ERROR;
}

function thresholdsOf(tier: WastTier, threshold: number | undefined): EngineOptions {
  if (threshold === undefined) return {};
  if (tier !== "auto" && tier !== "pins") throw new UsageError("--threshold is for the tiers auto and pins");
  const limits = { calls: threshold, passes: threshold };
  return { thresholds: Object.fromEntries(TIERS.filter((t) => t !== "interp").map((t) => [t, limits])) };
}

function printOutcome(file: string, tier: WastTier, outcome: Outcome): void {
  for (const { line, message } of outcome.failed) console.log(visible(`${file}:${line}: [${tier}] ${message}`));
  for (const { line, message } of outcome.skipped) {
    console.log(visible(`${file}:${line}: [${tier}] skipped: ${message}`));
  }
}

function toJson(file: string, tier: WastTier, { passed, failed, skipped }: Outcome, ms: number): string {
  return JSON.stringify({
    file,
    tier,
    passed,
    failed: failed.length,
    skipped: skipped.length,
    ms: Math.round(ms),
    failures: failed,
    skips: skipped,
  });
}

/** The tiers of a comma-separated list, or `all` that can run here; `say` is told which cannot. Throws UsageError. */
export function tiersOf(list: string | undefined, say: (line: string) => void): WastTier[] {
  const missing = nativeUnavailable();
  if (list === undefined) return missing === undefined ? ["jit"] : ["interp"];
  const portable = ALL.filter(isPortable);
  if (list === "all") {
    if (missing === undefined) return [...ALL];
    say(`tiers ${ALL.filter((t) => !isPortable(t)).join(", ")} are left out: ${missing}`);
    return portable;
  }
  return list.split(",").map((name) => {
    const tier = name === "auto" ? Engine.resolveTier(name) : [...ALL, ...MORE].find((t) => t === name);
    if (tier === undefined) {
      throw new UsageError(`there is no tier "${name}"; tiers are ${[...ALL, ...MORE].join(", ")}, auto, all`);
    }
    if (missing !== undefined && tier !== "auto" && tier !== "pins" && !portable.includes(tier)) {
      throw new CommandError(`tier ${tier} cannot run here: ${missing}`);
    }
    if (tier === "js") chosenTier(tier);
    return tier;
  });
}

/** Whether a tier runs without machine code. */
function isPortable(tier: WastTier): boolean {
  return (TIERS as readonly string[]).includes(tier) && !isNative(tier as TierName);
}

/** The files, with directories replaced by the scripts in them, in order of their names. Throws CommandError. */
export function scriptFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    try {
      if (!Deno.statSync(path).isDirectory) return [path];
      const found = [...walk(path.replace(/(?<=.)\/+$/, ""))];
      if (found.length === 0) throw new CommandError(`there is no .wast file in ${path}`);
      return found;
    } catch (e) {
      if (e instanceof Deno.errors.NotFound) throw new CommandError(`there is no file ${path}`);
      if (e instanceof Deno.errors.NotCapable) throw new CommandError(`reading ${path} needs --allow-read`);
      throw e;
    }
  });
}

function* walk(folder: string): Generator<string> {
  const entries = [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1);
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* walk(path);
    else if (entry.name.endsWith(".wast")) yield path;
  }
}

/** A script, or why its commands cannot be read. */
function readScript(file: string, features: FeatureSet): Script | TextError {
  try {
    return new Script(Deno.readFileSync(file), features);
  } catch (e) {
    if (e instanceof TextError) return e;
    throw e;
  }
}
