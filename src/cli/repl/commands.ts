// The table of commands, and how a line finds its command: names may be shortened as long as only one fits. What is no command is a call.

import { CommandError, UsageError } from "../exit.ts";
import { BRANCH_COMMANDS } from "./branches.ts";
import { BENCH_COMMANDS } from "./bench.ts";
import { CACHE_COMMANDS } from "./caches.ts";
import { CALL_COMMANDS, runCall } from "./calls.ts";
import { CODE_COMMANDS } from "./code.ts";
import type { Command } from "./command.ts";
import { HISTORY_COMMANDS } from "./debugger_history.ts";
import { LOOK_COMMANDS } from "./debugger_look.ts";
import { POINT_COMMANDS } from "./debugger_points.ts";
import { STEP_COMMANDS } from "./debugger_steps.ts";
import { EDGE_COMMANDS } from "./edge.ts";
import { generalCommands } from "./general.ts";
import { JS_COMMANDS } from "./js.ts";
import { HEAP_COMMANDS } from "./heap.ts";
import { LIMIT_COMMANDS } from "./limits.ts";
import { MEMORY_COMMANDS } from "./memory.ts";
import { MODULE_COMMANDS } from "./modules.ts";
import { MOVE_COMMANDS } from "./moves.ts";
import { PLOT_COMMANDS } from "./plot.ts";
import { SAVE_COMMANDS } from "./save.ts";
import type { Output, Session } from "./session.ts";
import { STATE_COMMANDS } from "./state.ts";
import { WASI_COMMANDS } from "./wasi.ts";
import { WHERE_COMMANDS } from "./where.ts";
import { PROFILE_COMMANDS } from "./profile.ts";
import { TRACE_COMMANDS } from "./trace.ts";
import { Args, needsMore, splitWords } from "./words.ts";

/** All commands, in the order in which help lists them. */
export const COMMANDS: readonly Command[] = [
  ...MODULE_COMMANDS,
  ...WASI_COMMANDS,
  ...MEMORY_COMMANDS,
  ...STATE_COMMANDS,
  ...HEAP_COMMANDS,
  ...CODE_COMMANDS,
  ...WHERE_COMMANDS,
  ...MOVE_COMMANDS,
  ...TRACE_COMMANDS,
  ...PROFILE_COMMANDS,
  ...EDGE_COMMANDS,
  ...BRANCH_COMMANDS,
  ...CACHE_COMMANDS,
  ...CALL_COMMANDS,
  ...POINT_COMMANDS,
  ...STEP_COMMANDS,
  ...LOOK_COMMANDS,
  ...HISTORY_COMMANDS,
  ...BENCH_COMMANDS,
  ...LIMIT_COMMANDS,
  ...PLOT_COMMANDS,
  ...JS_COMMANDS,
  ...SAVE_COMMANDS,
  ...generalCommands(() => COMMANDS, findCommand, runCommand, runScript),
];

/** The command of a name, which may be shortened. Throws UsageError if there is none or more than one. */
export function findCommand(name: string): Command {
  const fitting = COMMANDS.filter((c) => c.name.startsWith(name));
  const exact = COMMANDS.find((c) => c.name === name) ?? COMMANDS.find((c) => c.aliases?.includes(name));
  if (exact !== undefined) return exact;
  if (fitting.length === 1) return fitting[0];
  if (fitting.length === 0) throw new UsageError(`there is no command :${name}; :help lists them`);
  throw new UsageError(`:${name} may be ${fitting.map((c) => `:${c.name}`).join(" or ")}`);
}

/** Runs one command or call. Throws what went wrong. */
export async function runCommand(session: Session, source: string): Promise<Output> {
  const line = source.trim();
  if (!line.startsWith(":")) return runCall(session, splitWords(line));
  const end = /[\s(]/.exec(line)?.index ?? line.length;
  const rest = line.slice(end);
  const named = findCommand(line.slice(1, end));
  // A session that was saved is loaded by running it again.
  const command = named.name === "load" && /\.strata"?$/.test(rest.trim()) ? findCommand("source") : named;
  try {
    return await command.run(session, new Args(command.takesText ? [] : splitWords(rest), rest));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${error.message}\nusage: :${command.name} ${command.args}`.trim());
  }
}

/** Runs one command or call, and takes note of it for `:save`. Throws what went wrong. */
function runRecorded(session: Session, source: string): Promise<Output> {
  return session.recorder.run(source.trim(), () => runCommand(session, source));
}

/** Runs one command or call and shows what it gave, or why it failed; false if it failed. */
export async function execute(session: Session, source: string): Promise<boolean> {
  try {
    session.show(source, await session.interruptible(() => runRecorded(session, source)));
    return true;
  } catch (error) {
    session.showError(source, error);
    return false;
  }
}

/** Whether a line is blank or a comment. */
export function isComment(line: string): boolean {
  return /^\s*(?:#|;;|$)/.test(line);
}

const MAX_DEPTH = 16;
let depth = 0;

/**
 * Runs a script up to `:quit` or the first error; gives how many commands it ran. With `echo`, shows each command and comment before. Throws CommandError
 * with the place of the error, which was shown already.
 */
export async function runScript(session: Session, text: string, name: string, echo: boolean): Promise<number> {
  if (depth >= MAX_DEPTH) throw new CommandError(`${name}: scripts call each other more than ${MAX_DEPTH} deep`);
  depth++;
  try {
    const lines = text.split(/\r?\n/);
    let ran = 0;
    for (let i = 0; i < lines.length && !session.finished; i++) {
      const start = i;
      let source = lines[i];
      if (isComment(source)) {
        if (echo) session.write(session.paint("comment", source));
        continue;
      }
      while (needsMore(source) && i + 1 < lines.length) source += "\n" + lines[++i];
      if (echo) session.write(`${session.paint("prompt", PROMPT)}${source}`);
      ran++;
      if (!await execute(session, source)) throw new CommandError(`${name} stopped at line ${start + 1}`);
    }
    return ran;
  } finally {
    depth--;
  }
}

/** What stands before what is typed. */
export const PROMPT = "strata> ";
/** The same in lines that go on. */
export const MORE_PROMPT = "   ...> ";
