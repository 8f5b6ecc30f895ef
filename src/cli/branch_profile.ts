// Profiles of branches in files: read for `--profile-use`, and added to for `--profile-out`.

import { BranchProfile } from "../engine/branch_profile.ts";
import { CommandError, reasonOf } from "./exit.ts";
import { checkWritable } from "./output.ts";

/** The profile in a file. Throws CommandError if it cannot be read, or is none. */
export function readProfile(path: string): BranchProfile {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    throw new CommandError(`cannot read ${path}: ${reasonOf(error)}`);
  }
  try {
    return BranchProfile.from(text);
  } catch (error) {
    throw new CommandError(`${path} is no profile of branches: ${reasonOf(error)}`);
  }
}

/** The profile that is in a file already; undefined if there is no file. Throws CommandError if that cannot be read, or is no profile. */
function existing(path: string): BranchProfile | undefined {
  let isFile: boolean;
  try {
    ({ isFile } = Deno.statSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new CommandError(`cannot read ${path}: ${reasonOf(error)}`);
  }
  // A device is written to, and may never end.
  return isFile ? readProfile(path) : undefined;
}

/** Makes sure, before there is a profile, that it can be added to a file. Throws CommandError. */
export function checkProfileFile(path: string): void {
  checkWritable(path);
  existing(path);
}

/** Writes a profile, together with what is in the file already. Throws CommandError if that cannot be read, is no profile, or cannot be written. */
export function writeProfile(path: string, profile: BranchProfile): BranchProfile {
  const sum = existing(path)?.merge(profile) ?? profile;
  try {
    Deno.writeTextFileSync(path, JSON.stringify(sum, undefined, 1) + "\n");
  } catch (error) {
    throw new CommandError(`cannot write ${path}: ${reasonOf(error)}`);
  }
  return sum;
}
