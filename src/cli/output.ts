// Where subcommands write what they make: a file, or standard output.

import { CommandError } from "./exit.ts";

/** Writes bytes to a file, or for `-` to standard output. Throws CommandError. */
export async function writeOutput(path: string, bytes: Uint8Array): Promise<void> {
  try {
    if (path !== "-") return await Deno.writeFile(path, bytes);
    for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
  } catch (e) {
    if (e instanceof Deno.errors.BrokenPipe) return;
    throw new CommandError(`cannot write ${path}: ${e instanceof Error ? e.message : e}`);
  }
}
