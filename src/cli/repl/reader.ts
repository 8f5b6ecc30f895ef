// Reads commands from standard input by the events of node:readline: on a terminal with prompt, history and completion, from a pipe without.
// What is to be done with a command its caller decides.

import * as readline from "node:readline";
import process from "node:process";
import type { Completion } from "./complete.ts";
import { HISTORY_LINES } from "./files.ts";

/** What the reader asks and tells. */
export interface ReaderEvents {
  /** Runs a whole command; false ends the reading. */
  run(source: string): Promise<boolean>;
  /** Whether a command goes on in the next line. */
  needsMore(source: string): boolean;
  complete(line: string): Completion;
  /** Lines typed so far, newest first, whenever there is one more. */
  saveHistory(lines: readonly string[]): void;
  readonly history: readonly string[];
  readonly prompt: string;
  readonly morePrompt: string;
}

/** Two Ctrl-C on an empty line within this time leave. */
const LEAVE_MS = 2000;

/** node:readline's interface has these, though its types do not say so. */
interface EditableLine {
  line: string;
  cursor: number;
}

/** Whether commands come from a person at a terminal. */
export function isInteractive(): boolean {
  return Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
}

/** Reads until the input ends or `run` gives false. Resolves with whether the last command was whole. */
export function readCommands(events: ReaderEvents): Promise<boolean> {
  const terminal = isInteractive();
  const rl = readline.createInterface({
    input: process.stdin,
    output: terminal ? process.stdout : undefined,
    terminal,
    crlfDelay: Infinity,
    history: [...events.history],
    historySize: HISTORY_LINES,
    removeHistoryDuplicates: true,
    tabSize: 2,
    completer: (line: string) => events.complete(line),
  });
  const lines: string[] = [];
  let typed = "";
  let busy = false, closed = false, ended = false;
  let interruptedAt = -Infinity;
  const { promise, resolve } = Promise.withResolvers<boolean>();

  const prompt = () => {
    if (!terminal || closed || ended) return;
    rl.setPrompt(typed === "" ? events.prompt : events.morePrompt);
    rl.prompt();
  };

  /** On a terminal a command runs without raw mode: then Ctrl-C is a signal, and Deno may ask for a permission. */
  const run = async (source: string) => {
    const raw = terminal && !closed;
    if (raw) {
      rl.pause();
      process.stdin.setRawMode(false);
    }
    try {
      if (!await events.run(source)) ended = true;
    } finally {
      if (raw && !closed && !ended) {
        process.stdin.setRawMode(true);
        rl.resume();
      }
    }
  };

  const pump = async () => {
    if (busy) return;
    busy = true;
    while (lines.length > 0 && !ended) {
      typed = typed === "" ? lines.shift()! : `${typed}\n${lines.shift()}`;
      if (!events.needsMore(typed)) {
        const source = typed;
        typed = "";
        await run(source);
      }
      prompt();
    }
    busy = false;
    if (closed || ended) {
      rl.close();
      resolve(typed.trim() === "");
    }
  };

  rl.on("line", (line) => {
    lines.push(line);
    pump();
  });
  rl.on("history", (history: string[]) => events.saveHistory(history));
  // In raw mode only, that is at the prompt.
  rl.on("SIGINT", () => {
    const editable = rl as unknown as EditableLine;
    const empty = editable.line === "" && typed === "";
    console.log("^C");
    editable.line = "";
    editable.cursor = 0;
    typed = "";
    if (empty && performance.now() - interruptedAt < LEAVE_MS) return rl.close();
    if (empty) {
      interruptedAt = performance.now();
      console.log("(once more to leave; or Ctrl-D, or :quit)");
    }
    prompt();
  });
  rl.on("close", () => {
    closed = true;
    pump();
  });
  prompt();
  return promise;
}
