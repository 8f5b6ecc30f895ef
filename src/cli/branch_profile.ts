// Profiles of branches in files: read for `--profile-use`, and added to for `--profile-out`.

import { BranchProfile } from "../engine/branch_profile.ts";
import { CommandError, reasonOf } from "./exit.ts";

/** The profile in a file. Throws CommandError if it cannot be read, or is none. */
export function readProfile(path: string): BranchProfile {
  try {
    return BranchProfile.from(Deno.readTextFileSync(path));
  } catch (error) {
    throw new CommandError(`cannot read ${path}: ${reasonOf(error)}`);
  }
}

/** Writes a profile, together with what is in the file already. Throws CommandError if that cannot be read, is no profile, or cannot be written. */
export function writeProfile(path: string, profile: BranchProfile): BranchProfile {
  let sum = profile;
  try {
    Deno.statSync(path);
    sum = readProfile(path).merge(profile);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  try {
    Deno.writeTextFileSync(path, JSON.stringify(sum, undefined, 1) + "\n");
  } catch (error) {
    throw new CommandError(`cannot write ${path}: ${reasonOf(error)}`);
  }
  return sum;
}
