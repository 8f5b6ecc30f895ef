// Calls for the process: proc_exit, proc_raise, sched_yield.

import { Errno, fail } from "./errno.ts";
import { WasiExit } from "./exit.ts";
import type { Program } from "./program.ts";

/** Signals by what happens to a program that does not handle them, as none can here: those missing end it. */
const IGNORED = new Set([0, /* none */ 16, /* chld */ 17, /* cont */ 22, /* urg */ 27 /* winch */]);
/** Stopping would stop the host. */
const STOPPING = new Set([18, 19, 20, 21]);
const LAST_SIGNAL = 30;
/** The numbers that shells add 128 to, by WASI's: POSIX's own, on which most agree. */
const SHELL_NUMBERS: Readonly<Record<number, number>> = { 23: 24, 24: 25, 25: 26, 26: 27, 28: 29, 29: 30, 30: 31 };

/** Ends the program. */
export function procExit(_: Program, code: number): never {
  throw new WasiExit(code);
}

/** Sends the program a signal: it ends with 128 + its number, as a shell tells it, unless the signal is one that is ignored. */
export function procRaise(_: Program, signal: number): void {
  if (signal > LAST_SIGNAL) fail(Errno.INVAL);
  if (IGNORED.has(signal)) return;
  if (STOPPING.has(signal)) fail(Errno.NOTSUP);
  throw new WasiExit(128 + (SHELL_NUMBERS[signal] ?? signal));
}

/** Lets others run: there are none in this thread. */
export function schedYield(_: Program): void {}
