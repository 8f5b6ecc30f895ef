// Where the heat comes from: a profile that was written to a file, or a run that counts every instruction. Gives counts by byte offset.

import { Exception } from "../../api/exception.ts";
import type { Profile } from "../../debug/profile_report.ts";
import type { Module } from "../../wasm/module.ts";
import { Trap } from "../../wasm/errors.ts";
import { CommandError, describeError, UsageError } from "../exit.ts";
import { runModule, type RunOptions } from "../run.ts";
import type { Counts } from "./pack.ts";

/** How often each instruction ran, or the milliseconds that samples found it at. Places outside of the module's functions are left out. */
export function countsOf(profile: Profile, module: Module): Counts {
  const at = new Map<number, number>();
  const add = (index: number, offset: number, count: number) => {
    const body = module.funcs[index]?.body;
    if (body === undefined || offset < body.codeStart || offset >= body.end || count === 0) return;
    at.set(offset, (at.get(offset) ?? 0) + count);
  };
  for (const { index, instructions } of profile.counts) {
    for (const { offset, count } of instructions) add(index, offset, count);
  }
  for (const { stack, weight, offset } of profile.samples) {
    add(profile.frames[stack[stack.length - 1]]?.index ?? -1, offset, weight);
  }
  return { unit: profile.mode === "counts" ? "runs" : "ms", at };
}

/** The counts in a file that `strata profile` wrote. Throws CommandError. */
export function readCounts(path: string, module: Module): Counts {
  let profile: Profile;
  try {
    profile = JSON.parse(Deno.readTextFileSync(path));
    const lists = [profile.counts, profile.samples, profile.frames];
    if (!lists.every((list) => Array.isArray(list))) throw new SyntaxError("it has no counts and no samples");
  } catch (e) {
    if (e instanceof Deno.errors.NotFound) throw new CommandError(`there is no file ${path}`);
    if (!(e instanceof SyntaxError)) {
      throw new CommandError(`cannot read ${path}: ${e instanceof Error ? e.message : e}`);
    }
    throw new CommandError(`${path} is no profile, such as strata profile -o profile.json writes: ${e.message}`);
  }
  const counts = countsOf(profile, module);
  if (counts.at.size === 0) throw new CommandError(`${path} tells nothing of this module's functions`);
  return counts;
}

/** Runs a module, or calls its export, and counts every instruction. A trap ends the run, not the page: it is told on standard error. Throws what loading throws. */
export async function runCounts(
  spec: string,
  args: readonly string[],
  options: RunOptions,
  module: Module,
): Promise<Counts> {
  if (spec === "-") throw new UsageError("a module from standard input cannot be run and shown: write it to a file");
  let counts: Counts | undefined;
  try {
    await runModule(spec, args, options, (instance) => {
      const profiling = instance.profile({ exact: true });
      return { [Symbol.dispose]: () => counts = countsOf(profiling.end(), module) };
    });
  } catch (error) {
    if (counts === undefined || !(error instanceof Trap || error instanceof Exception)) throw error;
    console.error(describeError(error));
  }
  if (counts === undefined) throw new CommandError("nothing ran that could be counted");
  return counts;
}
