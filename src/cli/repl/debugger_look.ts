// Commands that look at a stopped call, and change it: :bt, :frame, :up, :down, :locals, :stack, :print, and what :set does to it.

import { innerMemory } from "../../api/memory.ts";
import { parseExpression } from "../../debug/expression.ts";
import { scopeOf } from "../../debug/scope.ts";
import { type FrameValue, valuesOf, writeBits } from "../../debug/values.ts";
import { typeName } from "../../wasm/types.ts";
import { innerGlobal } from "../../api/global.ts";
import { CommandError, UsageError } from "../exit.ts";
import { printBits, setGlobal } from "../values.ts";
import type { Command } from "./command.ts";
import { checked } from "./debugger_points.ts";
import { bytesOf } from "./memory_words.ts";
import { columns } from "./print.ts";
import { attempt, type Output, type Session } from "./session.ts";
import { type Args, parseCount } from "./words.ts";

/** Frames that are shown from either end. */
const SHOWN_FRAMES = 12;

function frameOutput(session: Session): Output {
  const { debugger: shell } = session;
  const { frame, frameIndex } = shell;
  const data = shell.frameData(frame, frameIndex);
  const text = shell.frameLines(frame, frameIndex).join("\n");
  return { text: `${text}\n  ${session.paint("wasm", String(data.instruction ?? ""))}`, data };
}

function move(session: Session, args: Args, by: number): Output {
  const word = args.next();
  args.end();
  const { debugger: shell } = session;
  const last = shell.frames.length - 1;
  const at = shell.frameIndex + by * (word === undefined ? 1 : parseCount(word, "the number of frames"));
  if (at < 0) throw new CommandError("this is the innermost frame");
  if (at > last) throw new CommandError("this is the outermost frame");
  shell.frameIndex = at;
  return frameOutput(session);
}

/** The values of the frame. Throws CommandError where they are not known. */
function values(session: Session) {
  const { frame } = session.debugger;
  const found = valuesOf(frame);
  if (found === undefined) {
    throw new CommandError(
      `${frame.func.name} trapped as machine code, whose registers are not known: :tier ${frame.func.name} interp, and call it again`,
    );
  }
  return found;
}

function list(session: Session, of: readonly FrameValue[], none: string, key: string): Output {
  const { debugger: shell } = session;
  const rows = of.map((v) => [String(v.index), v.name === undefined ? "" : `$${v.name}`, shell.valueText(v)]);
  const shown = rows.some((r) => r[1] !== "") ? rows : rows.map(([i, , v]) => [i, v]);
  return {
    text: rows.length === 0 ? none : columns(shown, [0]),
    data: { [key]: of.map((v) => shell.valueData(v)) },
  };
}

function setValue(session: Session, what: string, value: FrameValue | undefined, word: string, given: string): Output {
  if (value === undefined) throw new CommandError(`there is no ${what} ${word} in ${session.debugger.frame.func.name}`);
  const { frame } = session.debugger;
  if (!frame.writable) {
    throw new CommandError(
      `${frame.func.name} waits as machine code (tier ${frame.tier}), whose values cannot be set: :break in it, or :finish to it, first`,
    );
  }
  session.debugger.present();
  const { bits } = session.value(given, value.type);
  writeBits(frame.words!, value.word, value.type, bits);
  const name = value.name ?? `${what} ${value.index}`;
  const text = printBits(bits, value.type, session.store);
  return {
    text: `${name} = ${session.paint("value", `${text}:${typeName(value.type)}`)}`,
    data: { [what]: value.index, name: value.name, type: typeName(value.type), value: text },
  };
}

/** Words with which `:set` changes a stopped call. */
export const SETTABLE: readonly string[] = ["local", "operand", "global", "memory"];

/** Sets something of a stopped call, or of the current instance. */
export function setInCall(session: Session, args: Args): Output {
  const what = args.need("what is to be set");
  const word = args.need(what === "memory" ? "the address" : `the ${what}`);
  const given = args.need("the value");
  if (what !== "memory") args.end();
  const { debugger: shell } = session;
  if (what === "local") {
    const name = word.replace(/^\$/, "");
    return setValue(
      session,
      what,
      values(session).locals.find((l) => l.name === name || `${l.index}` === name),
      word,
      given,
    );
  }
  if (what === "operand") {
    return setValue(session, what, values(session).operands[parseCount(word, "an operand")], word, given);
  }
  if (shell.stopped) shell.present();
  const { instance } = session.current;
  if (what === "global") {
    const name = word.replace(/^\$/, "");
    const global = innerGlobal(attempt(() => instance.global(/^\d+$/.test(name) ? Number(name) : name)));
    if (!global.type.mutable) throw new CommandError(`global ${word} is immutable`);
    const { bits } = session.value(given, global.type.type);
    setGlobal(global, bits);
    const text = printBits(bits, global.type.type, session.store);
    return { text: `${word} = ${session.paint("value", text)}`, data: { global: word, value: text } };
  }
  const address = parseCount(word, "an address");
  const bytes = [given, ...args.all()].map(bytesOf);
  const memory = innerMemory(attempt(() => instance.memory(0)));
  const size = bytes.reduce((n, b) => n + b.length, 0);
  if (address + size > memory.byteLength) {
    throw new CommandError(`${word} is not within the memory's ${memory.byteLength} bytes`);
  }
  let at = address;
  for (const part of bytes) {
    memory.access(at, part.length, 0, ({ u8 }) => u8.set(part, at), true);
    at += part.length;
  }
  return { text: `wrote ${size} bytes at ${word}`, data: { address, bytes: size } };
}

export const LOOK_COMMANDS: readonly Command[] = [
  {
    name: "bt",
    aliases: ["backtrace"],
    args: "",
    help: "show the frames of the stopped call, innermost first",
    example: `:load examples/fib.wat
:break fib if n == 1
fib 4
:bt`,
    run(session, args) {
      args.end();
      const { debugger: shell } = session;
      const { frames } = shell;
      const lines = [...frames.keys()].filter((i) => i < SHOWN_FRAMES || i >= frames.length - SHOWN_FRAMES)
        .flatMap((i) => shell.frameLines(frames[i], i, i === shell.frameIndex ? "* " : "  "));
      if (frames.length > 2 * SHOWN_FRAMES) {
        lines.splice(SHOWN_FRAMES, 0, `  … ${frames.length - 2 * SHOWN_FRAMES} more frames …`);
      }
      return { text: lines.join("\n"), data: { frames: frames.map((f, i) => shell.frameData(f, i)) } };
    },
  },
  {
    name: "frame",
    aliases: ["f"],
    args: "[number]",
    help: "show the frame that is looked at, or look at another",
    example: `:load examples/fib.wat
:break fib if n == 1
fib 4
:frame 2
:locals`,
    run(session, args) {
      const word = args.next();
      args.end();
      const { debugger: shell } = session;
      const { frames } = shell;
      if (word !== undefined) {
        const index = parseCount(word, "a frame");
        if (index >= frames.length) throw new CommandError(`there are frames 0 to ${frames.length - 1}`);
        shell.frameIndex = index;
      }
      return frameOutput(session);
    },
  },
  {
    name: "up",
    args: "[count]",
    help: "look at the frame that called, or further out",
    example: `:load examples/fib.wat
:break fib if n == 1
fib 4
:up
:down`,
    run: (session, args) => move(session, args, 1),
  },
  {
    name: "down",
    args: "[count]",
    help: "look at the frame that was called, or further in",
    example: `:load examples/fib.wat
:break fib if n == 1
fib 4
:up 2
:down`,
    run: (session, args) => move(session, args, -1),
  },
  {
    name: "locals",
    args: "",
    help: "show parameters and locals of the frame that is looked at",
    more: `Machine code keeps nothing that is not read any more: where a frame waits as machine code, 0? may
stand for that.`,
    example: `:load examples/fib.wat
:start fib 4
:locals`,
    run(session, args) {
      args.end();
      return list(session, values(session).locals, "no locals", "locals");
    },
  },
  {
    name: "stack",
    args: "",
    help: "show the operands of the frame that is looked at, topmost first",
    example: `:load examples/fib.wat
:start fib 4
:step 2
:stack`,
    run(session, args) {
      args.end();
      return list(session, values(session).operands, "no operands", "operands");
    },
  },
  {
    name: "print",
    aliases: ["p"],
    args: "<expression>",
    help: "compute an expression in the frame that is looked at, as in conditions of :break",
    example: `:load examples/fib.wat
:start fib 4
:print n * 2 + 1
:print local[0] == 4`,
    run(session, args) {
      const text = args.all().join(" ");
      if (text === "") throw new UsageError("the expression is missing");
      const { debugger: shell } = session;
      const value = checked(() =>
        parseExpression(text).evaluate(scopeOf(shell.stopped ? shell.frame : undefined, shell.instance))
      );
      return { text: `=> ${session.paint("value", String(value))}`, data: { value: String(value) } };
    },
  },
];
