// Where subcommands write what they make: a file, or standard output. A reader that has seen enough (`| head`) ends the command, and is no error.

import { CommandError, reasonOf } from "./exit.ts";

/** Who reads standard output has closed it: there is nothing left to do. */
export class OutputClosed extends Error {
  override name = "OutputClosed";
}

/** Writes bytes to a file, or for `-` to standard output. Throws CommandError. */
export async function writeOutput(path: string, bytes: Uint8Array): Promise<void> {
  try {
    if (path !== "-") return await Deno.writeFile(path, bytes);
    for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
  } catch (e) {
    if (e instanceof Deno.errors.BrokenPipe) return;
    throw new CommandError(
      `cannot write ${path === "-" ? "to standard output" : path}: ${reasonOf(e)}`,
    );
  }
}

/** Writes text and a line feed to standard output, before it returns. Throws OutputClosed, CommandError. */
export function writeLine(text: string): void {
  const bytes = new TextEncoder().encode(`${text}\n`);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
  } catch (e) {
    if (e instanceof Deno.errors.BrokenPipe) throw new OutputClosed();
    throw new CommandError(`cannot write to standard output: ${reasonOf(e)}`);
  }
}

/** Whether standard output takes colours: a terminal that knows them (`TERM` is looked at if that is permitted), and no NO_COLOR. */
export function takesColours(): boolean {
  if (Deno.noColor || !Deno.stdout.isTerminal()) return false;
  const { state } = Deno.permissions.querySync({ name: "env", variable: "TERM" });
  return state !== "granted" || Deno.env.get("TERM") !== "dumb";
}

/** Makes sure, before there is anything to write, that a file can be written; one that is not there is not made. Throws CommandError. */
export function checkWritable(path: string): void {
  try {
    Deno.openSync(path, { write: true, createNew: true }).close();
    Deno.removeSync(path);
  } catch (e) {
    if (!(e instanceof Deno.errors.AlreadyExists)) throw new CommandError(`cannot write ${path}: ${reasonOf(e)}`);
    if (isPlain(path)) checkExisting(path);
  }
}

/** Whether it is a file or a directory: opening anything else may wait for somebody. */
function isPlain(path: string): boolean {
  try {
    const { isFile, isDirectory } = Deno.statSync(path);
    return isFile || isDirectory;
  } catch {
    return false;
  }
}

function checkExisting(path: string): void {
  try {
    Deno.openSync(path, { append: true }).close();
  } catch (e) {
    throw new CommandError(`cannot write ${path}: ${reasonOf(e)}`);
  }
}
