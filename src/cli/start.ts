// Where the command line begins: an ordinary `run` begins at once; all else goes to main.ts, whose parser takes longer to load than a small program to run.

import { type PlainRun, plainRun } from "./plain_run.ts";

/** Runs the command line with arguments; gives the exit code. */
export async function start(args: readonly string[]): Promise<number> {
  const run = plainRun(args);
  return run === undefined ? await (await import("./main.ts")).main(args) : await begin(run);
}

async function begin({ module, args, options }: PlainRun): Promise<number> {
  try {
    return await (await import("./run.ts")).runModule(module, args, options);
  } catch (error) {
    return (await import("./report.ts")).report(error);
  }
}
