// The commands :save and :json: the session as a script that can be run again, and the form of what commands give.

import { CommandError, UsageError } from "../exit.ts";
import { saveBytes } from "./files.ts";
import type { Command } from "./command.ts";
import { count } from "./print.ts";
import type { Typed } from "./recorder.ts";
import type { Session } from "./session.ts";
import { unquote } from "./words.ts";

/** Commands that only look at the shell itself, and are not said again. */
const LEFT_OUT = /^:(?:save|help|he|quit|q)\b/;

/** The lines of a script that does what was typed. What failed is tried again, since it may have changed something before. */
export function replayLines(typed: readonly Typed[]): string[] {
  const lines: string[] = [];
  for (const { source, result } of typed) {
    if (result === "misused" || LEFT_OUT.test(source)) continue;
    lines.push(result === "failed" ? `:try ${source}` : source);
  }
  return lines;
}

/** The command line that makes a shell like this one. */
function commandLine(session: Session): string {
  const { engine, limits } = session;
  const options = [
    engine.tier === "auto" ? "" : ` --tier ${engine.tier}`,
    engine.compileMode === "lazy" ? "" : ` --compile ${engine.compileMode}`,
    limits.fuel === undefined ? "" : ` --fuel ${limits.fuel}`,
    session.features === "" ? "" : ` --features ${session.features}`,
  ];
  return `strata repl${options.join("")}`;
}

export const SAVE_COMMANDS: readonly Command[] = [
  {
    name: "save",
    args: "<file>",
    help: "write what was typed so far as a script, which :source, :load or -x runs again",
    more:
      `What failed is written behind :try; what was no command is left out. Files keep the paths they were typed with.`,
    example: `:load examples/fib.wat
fib 10
:save /tmp/session.strata
:source /tmp/session.strata`,
    completes: ["file"],
    run(session, args) {
      const path = unquote(args.need("the file"));
      args.end();
      const lines = replayLines(session.recorder.typed);
      if (lines.length === 0) throw new CommandError("nothing was typed yet that could be saved");
      const head = [
        "# A session of Strata's shell. To run it again:",
        `#   ${commandLine(session)} -x ${/\s/.test(path) ? JSON.stringify(path) : path}`,
      ];
      saveBytes(path, new TextEncoder().encode([...head, ...lines, ""].join("\n")));
      return {
        text: `saved ${count(lines.length, "command")} to ${path}`,
        data: { file: path, commands: lines.length },
      };
    },
  },
  {
    name: "json",
    args: "[on|off]",
    help: "let commands give one JSON object each, or text again",
    more: `Each object has the command and ok; then what the command found out, or error with name and message.
Lines that modules print stand in printed. :source gives the objects of its commands first.`,
    example: `:load examples/fib.wat
:json on
fib 10
:json off`,
    run(session, args) {
      const word = args.next() ?? (session.json ? "off" : "on");
      args.end();
      if (word !== "on" && word !== "off") throw new UsageError(`objects are switched on or off, not ${word}`);
      // The switch itself is answered in the form that was there when it was typed, so that one line stays one object.
      session.afterCommand(() => session.json = word === "on");
      return { text: `commands give ${word === "on" ? "objects" : "text"} from now on`, data: { json: word === "on" } };
    },
  },
];
