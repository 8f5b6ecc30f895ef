// The public Profiling: a profile that goes on.

import type { Profiler } from "../debug/profile.ts";
import type { Profile } from "../debug/profile_report.ts";
import { toCpuProfile, toLcov, toSpeedscope } from "../debug/profile_export.ts";
import { innerModule, type Module } from "./module.ts";

/** The public object for a profile that began. */
export let publicProfiling: (inner: Profiler) => Profiling;

/** A profile of an instance that goes on, made by `Instance.profile()`. */
export class Profiling {
  readonly #inner: Profiler;
  #profile: Profile | undefined;

  private constructor(inner: Profiler) {
    this.#inner = inner;
  }
  static {
    publicProfiling = (inner) => new Profiling(inner);
  }

  /** Ends it and gives what it found; the same when it has ended before. */
  end(): Profile {
    return this.#profile ??= this.#inner.end();
  }
}

/** The forms in which a profile can be written: this library's own, those of speedscope and Chrome's developer tools, and lcov's for what was covered. */
export type ProfileFormat = "json" | "speedscope" | "cpuprofile" | "lcov";

/**
 * A profile as other tools read it. `name` stands for the module there. Throws TypeError where the form cannot tell it: `cpuprofile` is for samples, `lcov` for counts.
 */
export function writeProfile(profile: Profile, format: ProfileFormat, module: Module, name: string): string {
  if (format === "speedscope") return toSpeedscope(profile, name);
  if (format === "cpuprofile") {
    if (profile.mode !== "samples") throw new TypeError("a .cpuprofile is made of samples; this profile has counts");
    return toCpuProfile(profile);
  }
  if (format === "lcov") {
    if (profile.mode !== "counts") throw new TypeError("lcov is told counts; this profile has samples");
    return toLcov(profile, innerModule(module).module, name);
  }
  return JSON.stringify(profile, undefined, 1) + "\n";
}
