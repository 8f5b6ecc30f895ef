// The shell: takes the options of the command line, reads commands from them, from a file, a terminal or a pipe, and gives the exit code.

import { noteCompileMode } from "../tier.ts";
import type { CompileMode, TierChoice } from "../../engine/config.ts";
import { CommandError, ExitCode } from "../exit.ts";
import type { FeatureChange } from "../features.ts";
import { watchInterrupt } from "../interrupt.ts";
import { takesColours } from "../output.ts";
import { complete } from "./complete.ts";
import { execute, isComment, MORE_PROMPT, PROMPT, runScript } from "./commands.ts";
import { historyPath, readHistory, readText, writeHistory } from "./files.ts";
import { startCall } from "./debugger_steps.ts";
import { isInteractive, readCommands } from "./reader.ts";
import { Session } from "./session.ts";
import { isCommand } from "./wasi.ts";
import { needsMore } from "./words.ts";

/** Options of the command `repl`. */
export interface ReplOptions {
  /** Loaded first. */
  readonly module?: string;
  /** A call, or arguments of a WASI command, to wait at its first instruction; none: a WASI command does, too. */
  readonly start?: readonly string[];
  /** Commands to run. */
  readonly eval?: readonly string[];
  /** A file of commands to run before all else. */
  readonly init?: string;
  /** A file of commands to run, before those. */
  readonly execute?: string;
  /** Whether the commands of that file are shown before what they give; default yes. */
  readonly echo?: boolean;
  /** One object per command and line. */
  readonly json?: boolean;
  /** Tier of functions; default `auto`. */
  readonly tier?: TierChoice;
  /** When and where machine code is made; default `lazy`. */
  readonly compile?: CompileMode;
  /** Where machine code is kept between runs. */
  readonly cache?: string;
  /** A file with a profile of branches by which code is laid out. */
  readonly profileUse?: string;
  /** Features to switch on and off. */
  readonly features?: FeatureChange;
  /** Whether perf and gdb are told the names of compiled functions. */
  readonly perfMap?: boolean;
  readonly gdb?: boolean;
  /** Fuel of each call; not counted if not given. */
  readonly fuel?: number;
}

/** Runs the shell; resolves with the exit code. */
export async function runRepl(options: ReplOptions): Promise<number> {
  const interactive = isInteractive();
  const session = new Session({
    json: options.json ?? false,
    colours: takesColours(),
    tier: options.tier ?? "auto",
    compile: options.compile,
    cache: options.cache,
    profileUse: options.profileUse,
    features: options.features,
    perfMap: options.perfMap,
    gdb: options.gdb,
    fuel: options.fuel,
    interactive,
    isRun: options.start !== undefined,
  });
  noteCompileMode(session.engine);
  using _watch = watchInterrupt(session.engine.interruptWord);
  // The Worker stops Wasm; this listener runs when the shell waits: for a command's file or network, or for input.
  const onInterrupt = () => {
    if (!session.interrupt() && !interactive) Deno.exit(ExitCode.INTERRUPTED);
  };
  Deno.addSignalListener("SIGINT", onInterrupt);
  const run = (source: string) => execute(session, source);
  try {
    const given = options.execute !== undefined || (options.eval?.length ?? 0) > 0;
    if (interactive && !given) {
      const hint = ":help lists the commands, :quit or Ctrl-D leaves";
      session.write(`${session.paint("head", "Strata")}, a WebAssembly runtime that you can open up. ${hint}.`);
    }
    if (options.init !== undefined && !await runFile(session, options.init, false)) {
      return session.exitCode || ExitCode.ERROR;
    }
    const { start } = options, { debugger: shell } = session;
    const calls = () => start !== undefined && (start.length > 0 || isCommand(session.current.instance));
    if (start !== undefined) shell.afterStart = () => calls() ? startCall(session, [...start]) : undefined;
    if (options.module !== undefined && !await run(`:load ${quoted(options.module)}`)) return session.exitCode;
    shell.afterStart = undefined;
    // A start function that waits comes first.
    if (!shell.stopped && calls()) {
      if (!await run(`:start ${start!.map(quoted).join(" ")}`)) return session.exitCode;
    }
    if (given) return await runGiven(session, options, run);
    return await runInput(session, interactive, run);
  } finally {
    Deno.removeSignalListener("SIGINT", onInterrupt);
  }
}

type Run = (source: string) => Promise<boolean>;

/** Runs the commands in a file; false if one failed. */
async function runFile(session: Session, path: string, echo: boolean): Promise<boolean> {
  try {
    await runScript(session, readText(path), path, echo);
    return true;
  } catch (error) {
    session.showError(`:source ${path}`, error);
    return false;
  }
}

async function runGiven(session: Session, options: ReplOptions, run: Run): Promise<number> {
  if (options.execute !== undefined && !await runFile(session, options.execute, options.echo ?? true)) {
    return session.exitCode || ExitCode.ERROR;
  }
  for (const source of options.eval ?? []) {
    if (session.finished) break;
    if (!isComment(source) && !await run(source)) return session.exitCode;
  }
  return ExitCode.OK;
}

async function runInput(session: Session, interactive: boolean, run: Run): Promise<number> {
  const path = interactive ? historyPath() : undefined;
  let failed = false;
  const whole = await readCommands({
    run: async (source) => {
      failed = !isComment(source) && !await run(source);
      return !session.finished && (!failed || interactive);
    },
    needsMore,
    complete: (line) => complete(session, line),
    saveHistory: (lines) => writeHistory(path, lines),
    history: interactive ? readHistory(path) : [],
    prompt: session.paint("prompt", PROMPT),
    morePrompt: session.paint("prompt", MORE_PROMPT),
  });
  if (interactive) return ExitCode.OK;
  if (failed) return session.exitCode;
  if (whole) return ExitCode.OK;
  session.showError("", new CommandError("the input ends within a command"));
  return ExitCode.ERROR;
}

/** A path as a word. */
function quoted(path: string): string {
  return /[\s"]/.test(path) ? JSON.stringify(path) : path;
}
