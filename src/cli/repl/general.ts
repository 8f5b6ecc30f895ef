// Commands about the shell itself: :source, :help, :quit.

import { CommandError, UsageError } from "../exit.ts";
import { readText } from "./files.ts";
import type { Command } from "./command.ts";
import { columns } from "./print.ts";
import { errorData } from "../exit.ts";
import type { Output, Session } from "./session.ts";
import { unquote } from "./words.ts";

/** The commands themselves come from the table, which holds these too. */
export function generalCommands(
  all: () => readonly Command[],
  find: (name: string) => Command,
  run: (session: Session, source: string) => Promise<Output>,
  runScript: (session: Session, text: string, name: string, echo: boolean) => Promise<number>,
): readonly Command[] {
  return [
    {
      name: "source",
      args: "<file> [--echo]",
      help: "run the commands in a file up to the first error; # begins a comment",
      example: `:source examples/tour.strata`,
      completes: ["file"],
      async run(session, args) {
        const echo = args.flag("--echo");
        const path = unquote(args.need("the file"));
        args.end();
        const commands = await runScript(session, readText(path), path, echo);
        return { data: { file: path, commands } };
      },
    },
    {
      name: "try",
      args: "<command or call>",
      takesText: true,
      help: "run a command or call that may fail; a script goes on after it",
      example: `:load examples/fib.wat
:try divide 1 0`,
      completes: ["call"],
      async run(session, args) {
        const source = args.rest.trim();
        if (source === "") throw new UsageError("a command is missing");
        try {
          const { text, data } = await session.interruptible(() => run(session, source));
          return { text, data: { failed: false, result: { command: source, ok: true, ...data } } };
        } catch (error) {
          if (!session.json) session.showError(source, error);
          return { data: { failed: true, result: { command: source, ok: false, error: errorData(error) } } };
        }
      },
    },
    {
      name: "help",
      args: "[command [action]]",
      help: "list the commands, or explain one",
      example: `:help
:help mem
:help mem read`,
      completes: ["command"],
      run(session, args) {
        const name = args.next(), action = args.next();
        args.end();
        if (name === undefined) {
          const commands = all().map((c) => ({ name: `:${c.name}`, args: c.args, help: c.help }));
          const rows = commands.map((c) => [session.paint("command", c.name.padEnd(8)), c.help]);
          const text = [
            "fib 30    call a function of the current instance; its result is kept in _ (and _2, _3, …)",
            ...rows.map((r) => r.join("  ")),
            "",
            "Commands may be shortened: :l for :load. :help <command> shows its arguments and an example.",
            "Numbers are written as in the text format: -5, 0x2a, 1.5, inf, nan:0x200000; with a type, i64:5.",
            "Tab completes, arrow keys go through the history, Ctrl-C stops a running program, Ctrl-D leaves.",
          ];
          return { text: text.join("\n"), data: { commands } };
        }
        const c = find(name.replace(/^:/, ""));
        if (action !== undefined) {
          const lines = actionHelp(c, action);
          return { text: columns(lines.map((l) => [l])), data: { name: `:${c.name}`, action, help: lines.join("\n") } };
        }
        const text = [
          `${session.paint("command", `:${c.name}`)} ${c.args}`.trim(),
          columns([[c.help]]),
          ...(c.more === undefined ? [] : ["", columns(c.more.split("\n").map((l) => [l]))]),
          "",
          ...(c.aliases === undefined ? [] : [`also ${c.aliases.map((a) => `:${a}`).join(", ")}`, ""]),
          session.paint("note", "for example"),
          columns(c.example.split("\n").map((l) => [l])),
        ];
        return {
          text: text.join("\n"),
          data: {
            name: `:${c.name}`,
            aliases: c.aliases?.map((a) => `:${a}`),
            args: c.args,
            help: c.help,
            more: c.more,
            example: c.example,
          },
        };
      },
    },
    {
      name: "quit",
      args: "",
      help: "leave the shell",
      example: `:quit`,
      run(session, args) {
        if (args.length > 0) throw new CommandError(":quit takes nothing");
        session.finished = true;
        return {};
      },
    },
  ];
}

/** What the help of a command says of one of its actions. Throws UsageError when it has none of that name. */
function actionHelp(command: Command, action: string): string[] {
  const lines = command.more?.split("\n") ?? [];
  const first = lines.findIndex((l) => l === action || l.startsWith(`${action} `));
  if (first < 0) throw new UsageError(`:${command.name} has no ${action}; :help ${command.name} shows what it has`);
  const rest = lines.slice(first + 1);
  const end = rest.findIndex((l) => !l.startsWith(" "));
  const more = end < 0 ? rest : rest.slice(0, end);
  return [`:${command.name} ${lines[first]}`, ...more.map((l) => " ".repeat(command.name.length + 2) + l)];
}
