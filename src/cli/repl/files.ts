// Files that the shell reads and writes besides modules: scripts, bytes of memories, and the history. Takes paths, gives text; what is not permitted is not asked for.

import { CommandError, reasonOf } from "../exit.ts";

/** The text of a file. Throws CommandError when it cannot be read. */
export function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (e) {
    if (e instanceof Deno.errors.NotFound) throw new CommandError(`there is no file ${path}`);
    if (e instanceof Deno.errors.NotCapable) throw new CommandError(`reading ${path} needs --allow-read`);
    throw new CommandError(`cannot read ${path}: ${reasonOf(e)}`);
  }
}

/** Writes bytes to a file. Throws CommandError when it cannot be written. */
export function saveBytes(path: string, bytes: Uint8Array): void {
  try {
    Deno.writeFileSync(path, bytes);
  } catch (e) {
    if (e instanceof Deno.errors.NotCapable) throw new CommandError(`writing ${path} needs --allow-write`);
    throw new CommandError(`cannot write ${path}: ${reasonOf(e)}`);
  }
}

/** Lines that are kept. */
export const HISTORY_LINES = 1000;

function granted(descriptor: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}
function environment(name: string): string | undefined {
  return granted({ name: "env", variable: name }) ? Deno.env.get(name) : undefined;
}

/** Where the history is kept: `STRATA_HISTORY`, else a file in the user's directory for state. Undefined if that is not permitted, or the variable is empty. */
export function historyPath(): string | undefined {
  const chosen = environment("STRATA_HISTORY");
  if (chosen !== undefined) return chosen === "" ? undefined : chosen;
  const state = environment("XDG_STATE_HOME");
  if (state) return `${state}/strata/history`;
  const home = environment("HOME");
  return home ? `${home}/.local/state/strata/history` : undefined;
}

/** The lines of the history, newest first; none when there is no file, or it may not be read. */
export function readHistory(path: string | undefined): string[] {
  if (path === undefined || !granted({ name: "read", path })) return [];
  try {
    return Deno.readTextFileSync(path).split("\n").filter((line) => line !== "").reverse();
  } catch {
    return [];
  }
}

/** Writes the history, given newest first. What cannot be written is not kept. */
export function writeHistory(path: string | undefined, lines: readonly string[]): void {
  if (path === undefined || !granted({ name: "write", path })) return;
  try {
    const folder = path.slice(0, path.lastIndexOf("/"));
    if (folder !== "") Deno.mkdirSync(folder, { recursive: true });
    const text = lines.slice(0, HISTORY_LINES).toReversed().map((line) => line.trimEnd() + "\n").join("");
    Deno.writeTextFileSync(path, text, { mode: 0o600 });
  } catch {
    // A shell without a memory of its commands is still a shell.
  }
}
