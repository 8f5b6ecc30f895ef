// Commands about the past of a call: :record, :back, :who.

import { DEFAULT_TAPE_BYTES } from "../../debug/recording.ts";
import type { Point } from "../../debug/points.ts";
import { globalNamed } from "../../debug/scope.ts";
import { Right } from "../../wasm/rights.ts";
import { CommandError, UsageError } from "../exit.ts";
import type { Command } from "./command.ts";
import { rangeOf } from "./debugger_points.ts";
import type { Session } from "./session.ts";
import { parseCount } from "./words.ts";

const MEBIBYTE = 2 ** 20;

/** What `:who` is about, as a point that nothing stops for. */
function wanted(session: Session, what: string): Point {
  const { instance } = session.debugger;
  const base = {
    id: -1,
    enabled: true,
    once: false,
    ignore: 0,
    hits: 0,
    condition: undefined,
    conditionText: undefined,
    rights: Right.WRITE,
  };
  const range = rangeOf(what);
  if (range === undefined) {
    const global = globalNamed(instance, what.replace(/^\$/, ""));
    if (global === undefined) throw new CommandError(`${what} is no address, such as 0x40 or 0x40+8, and no global`);
    return { ...base, kind: "global", global };
  }
  const [memory] = instance.memories;
  if (memory === undefined) throw new CommandError("there is no memory");
  if (range.end > memory.byteLength) {
    throw new CommandError(`${what} is not within the memory's ${memory.byteLength} bytes`);
  }
  return { ...base, kind: "memory", memory, ...range };
}

export const HISTORY_COMMANDS: readonly Command[] = [
  {
    name: "record",
    args: "[start [MiB] or stop]",
    help: "record calls so that one can go back in them, or show what is recorded",
    more: `Each call is recorded from its beginning; a stopped one from where it stands. It runs in the
interpreter, with an image of what changed every 50 ms or so, and with what host functions gave and
wrote. When the images and that take more than so many MiB (256 if not given), every second image
goes, then the oldest part. Recorded are the last call, and what runs in this thread: calls that
wait for promises, and shared memories, are outside of it; host functions that it calls back in are
not looked into. Objects of the heap are not collected meanwhile.`,
    example: `:load examples/fib.wat
:record
:record start 64
divide 17 5
:back
:locals
:record
:record stop`,
    run(session, args) {
      const { debugger: shell } = session;
      const what = args.next();
      const mebibytes = args.next();
      args.end();
      if (what === undefined) {
        return shell.recording === undefined ? shell.startRecording(DEFAULT_TAPE_BYTES) : shell.recorded();
      }
      if (what === "stop") return shell.stopRecording();
      if (what !== "start") throw new UsageError(`there is start and stop, no ${what}`);
      const limit = mebibytes === undefined ? DEFAULT_TAPE_BYTES : parseCount(mebibytes, "the limit") * MEBIBYTE;
      if (limit < MEBIBYTE) throw new UsageError("the limit is 1 MiB or more");
      return shell.startRecording(limit);
    },
  },
  {
    name: "back",
    aliases: ["rs", "reverse-step"],
    args: "[count, next, continue, finish, start or end]",
    help: "go back in a recorded call: by instructions, to the last stop, out of the function",
    more: `count      so many instructions, one if not given
next       one instruction, calls as a whole
continue   to the last time that a point would have stopped the call
finish     to the call instruction that the innermost function was called by
start      to where the record begins
end        to the present

In the past everything can be looked at, and nothing changed; :step, :continue and the like go on as
it was recorded.`,
    example: `:load examples/fib.wat
:record
:break fib if n == 1
fib 3
:back
:back finish
:back continue
:back 4
:back start
:back end
:delete
:continue`,
    run(session, args) {
      const { debugger: shell } = session;
      const how = args.next() ?? "1";
      args.end();
      switch (how) {
        case "next":
          return shell.back((tape) => tape.backOver());
        case "continue":
          return shell.back((tape) => tape.backToStop());
        case "finish":
          return shell.back((tape) => tape.backToCall());
        case "start":
          return shell.back((tape) => tape.toBeginning());
        case "end":
          return shell.toPresent();
      }
      if (!/^\d/.test(how)) throw new UsageError(`there is next, continue, finish, start and end, no ${how}`);
      const count = parseCount(how, "the number of instructions");
      if (count < 1) throw new UsageError("the number of instructions is 1 or more");
      return shell.back((tape) => tape.back(count));
    },
  },
  {
    name: "who",
    args: "<range or global> [--go]",
    help: "tell who wrote bytes of memory or a global last, before this moment of a recorded call",
    more: `A range is 0x40 (4 bytes), 0x40+16 or 0x40..0x50. With --go the call is taken to the instruction
that wrote, before it did. Of host functions it is told when they changed something.`,
    example: `:load examples/memory.wat
:record
upper 16 5
:who 0x12+1
:who count --go
:bt`,
    completes: ["global"],
    run(session, args) {
      const goes = args.flag("--go");
      const what = args.need("the range or global");
      args.end();
      return session.debugger.who(wanted(session, what), goes);
    },
  },
];
