// Commands that let a stopped call go on: :start, :step, :next, :finish, :until, :continue, :kill.

import { CommandError, UsageError } from "../exit.ts";
import { checkArgumentCount } from "../values.ts";
import { innerFunc } from "../../api/func.ts";
import type { Command } from "./command.ts";
import { placeOf } from "./debugger_points.ts";
import type { Args } from "./words.ts";
import { parseCount } from "./words.ts";
import { functionNames, type Output, type Session } from "./session.ts";
import { isCommand, runWasi } from "./wasi.ts";

function countOf(args: Args, what: string): number {
  const word = args.next();
  args.end();
  const count = word === undefined ? 1 : parseCount(word, what);
  if (count < 1) throw new UsageError(`${what} is 1 or more`);
  return count;
}

/** Calls a function, or runs a WASI command, up to the first instruction. */
export function startCall(session: Session, words: string[]): Output {
  const { debugger: shell } = session;
  const isWasi = isCommand(session.current.instance);
  if (words.length === 0 && !isWasi) throw new UsageError("a call is missing");
  if (isWasi && (words.length === 0 || !functionNames(session.current.instance).has(words[0]))) {
    return shell.starting(() => runWasi(session, words));
  }
  const { func } = session.func(words[0]);
  if (func.isHost) throw new CommandError(`${func.name} is a host function and has no code`);
  checkArgumentCount(func, words.length - 1);
  const { params } = innerFunc(func).type;
  const values = words.slice(1).map((word, i) => session.value(word, params[i]));
  return shell.starting(() => shell.run(func, values));
}

export const STEP_COMMANDS: readonly Command[] = [
  {
    name: "start",
    args: "[call, or arguments of a WASI command]",
    help: "call a function, or run a WASI command, and stop before its first instruction",
    example: `:load examples/fib.wat
:start fib 5
:step
:kill`,
    completes: ["call"],
    run(session, args) {
      return startCall(session, args.all());
    },
  },
  {
    name: "step",
    aliases: ["s"],
    args: "[count]",
    help: "run one instruction of a stopped call, or so many, also into functions that it calls",
    example: `:load examples/fib.wat
:break fib
fib 3
:step
:step 4
:kill`,
    run(session, args) {
      return session.debugger.go({ kind: "step", count: countOf(args, "the number of instructions") });
    },
  },
  {
    name: "next",
    aliases: ["n"],
    args: "[count]",
    help: "run one instruction, or so many, calls as a whole",
    example: `:load examples/fib.wat
:start fib 3
:next 5
:next
:kill`,
    run(session, args) {
      let count = countOf(args, "the number of instructions");
      const { debugger: shell } = session;
      let output = shell.go({ kind: "next" });
      while (--count > 0 && output.data?.stopped === "step") output = shell.go({ kind: "next" });
      return output;
    },
  },
  {
    name: "finish",
    aliases: ["fin"],
    args: "",
    help: "run until the innermost function has returned",
    example: `:load examples/fib.wat
:break fib if n == 2
fib 4
:finish
:delete
:continue`,
    run(session, args) {
      args.end();
      return session.debugger.go({ kind: "finish" });
    },
  },
  {
    name: "until",
    aliases: ["u"],
    args: "[place]",
    help: "run to the instruction behind the present one, so that a loop ends, or to a place",
    more: "Whichever comes first: that place, or the return of the function. A place in the same function: +0x8.",
    example: `:load examples/fib.wat
:start fib 3
:until +0x2
:until
:kill`,
    completes: ["function"],
    run(session, args) {
      const word = args.next();
      args.end();
      const { debugger: shell } = session;
      if (word === undefined) return shell.go({ kind: "until" });
      const place = placeOf(session, word);
      if (place.func !== shell.frames[0].func) {
        throw new CommandError(`${word} is in ${place.func.name}, not in the innermost function; use :break --once`);
      }
      return shell.go({ kind: "until", offset: place.offset });
    },
  },
  {
    name: "continue",
    aliases: ["c"],
    args: "[hits to pass over]",
    help: "let a stopped call go on",
    more: "With a number, the breakpoint where it stands is passed over so many times more.",
    example: `:load examples/fib.wat
:break fib
fib 4
:continue
:continue 20`,
    run(session, args) {
      const word = args.next();
      args.end();
      const { debugger: shell } = session;
      const { cause } = shell.current.call;
      if (word !== undefined) {
        if (cause === undefined || !("point" in cause)) throw new CommandError("the call does not stand at a point");
        cause.point.ignore = parseCount(word, "the number of hits to pass over");
      }
      return shell.go({ kind: "continue" });
    },
  },
  {
    name: "kill",
    args: "",
    help: "drop the stopped call",
    example: `:load examples/fib.wat
:start fib 5
:kill`,
    run(session, args) {
      args.end();
      return session.debugger.kill();
    },
  },
];
