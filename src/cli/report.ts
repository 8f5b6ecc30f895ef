// What the command line says of an error that ends a subcommand, and the code with which the process then ends.

import { describeError, errorData, ExitCode, exitCodeOf, isExpected, UsageError } from "./exit.ts";
import { OutputClosed } from "./output.ts";

/** Shows an error; gives the exit code. */
export function report(error: unknown): number {
  if (error instanceof OutputClosed) return ExitCode.OK;
  // The terminal has written ^C.
  if (exitCodeOf(error) === ExitCode.INTERRUPTED && Deno.stderr.isTerminal()) console.error();
  console.error(describeError(error));
  if (error instanceof UsageError) console.error("(--help shows how)");
  return exitCodeOf(error);
}

/** Shows an error as an object, for programs; a bug of Strata as text. Gives the exit code. */
export function reportJson(error: unknown): number {
  if (exitCodeOf(error) === ExitCode.ERROR && !isExpected(error)) return report(error);
  console.error(JSON.stringify({ what: "error", error: errorData(error) }));
  return exitCodeOf(error);
}
