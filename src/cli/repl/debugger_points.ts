// Commands for what calls stop for: :break, :watch, :delete, :enable, :disable.

import { conditionOf } from "../../api/debugger.ts";
import { innerFunc } from "../../api/func.ts";
import { innerInstance } from "../../api/instance.ts";
import { modulePositions } from "../../api/module.ts";
import { innerMemory } from "../../api/memory.ts";
import { ExpressionError, parseExpression } from "../../debug/expression.ts";
import { type CodePlace, parsePlace, PlaceError } from "../../debug/places.ts";
import { checkOffset, functionAt, type Point, STOP_EVENTS, type StopEvent } from "../../debug/points.ts";
import { globalNamed } from "../../debug/scope.ts";
import { localNames } from "../../debug/values.ts";
import type { WasmFunc } from "../../runtime/func.ts";
import type { WasmInstance } from "../../runtime/instance.ts";
import { Right } from "../../wasm/rights.ts";
import { CommandError, UsageError } from "../exit.ts";
import type { Command } from "./command.ts";
import { attempt, type Output, type Session } from "./session.ts";
import { type Args, parseCount } from "./words.ts";

/** Runs what may throw errors of the debugger's own parts, which become UsageErrors. */
export function checked<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof PlaceError) throw new CommandError(error.message);
    if (error instanceof ExpressionError) throw new UsageError(error.message);
    throw error;
  }
}

/** The place that a word means. Throws CommandError. */
export function placeOf(session: Session, word: string): CodePlace {
  const { debugger: shell } = session;
  const here = shell.stopped ? shell.frame.func : undefined;
  const line = /^:(\d+)$/.exec(word);
  if (line !== null) return placeOfLine(session, Number(line[1]));
  const instance = here?.instance ?? innerInstance(session.current.instance);
  return checked(() => parsePlace(word, (name) => innerFunc(session.func(name).func), here, instance));
}

/** The same, for what may have been meant as an event. */
function placeMeant(session: Session, word: string): CodePlace {
  try {
    return placeOf(session, word);
  } catch (error) {
    if (!(error instanceof CommandError) || !STOP_EVENTS.includes(word as StopEvent)) throw error;
    throw new CommandError(`${error.message}; for the event: :break on ${word}`);
  }
}

/** The first instruction of a line of the text that the current instance was assembled from. */
function placeOfLine(session: Session, line: number): CodePlace {
  const { instance, name } = session.current, inner = innerInstance(instance);
  const positions = modulePositions(instance.module);
  if (positions === undefined) throw new CommandError(`${name} was not assembled from text, so it has no lines`);
  for (const offset of positions.offsetsAt(line)) {
    const index = functionAt(inner.valid, offset), func = inner.funcs[index];
    if (index >= 0 && checkOffset(func, offset) === true) return { func, offset };
  }
  throw new CommandError(`no instruction begins in line ${line} of ${name}`);
}

/** What all points have, from the words of a command; `func` is where a condition is about locals. */
function common(session: Session, args: Args, words: string[], instance: WasmInstance, func: WasmFunc | undefined) {
  const once = args.flag("--once");
  const ignore = args.option("--ignore");
  const { controller } = session.debugger;
  const rest = args.all();
  const at = rest.indexOf("if");
  words.push(...(at < 0 ? rest : rest.slice(0, at)));
  const text = at < 0 ? undefined : rest.slice(at + 1).join(" ");
  if (text === "") throw new UsageError("the condition is missing behind if");
  const expression = text === undefined ? undefined : checked(() => parseExpression(text));
  const names = func === undefined ? undefined : new Set(localNames(func).values());
  for (const { name, column } of expression?.names ?? []) {
    if (names === undefined || names.has(name) || globalNamed(instance, name) !== undefined) continue;
    throw new UsageError(`there is no local or global ${name} in ${func!.name} (at column ${column})`);
  }
  return {
    id: controller.nextId(),
    enabled: true,
    once,
    ignore: ignore === undefined ? 0 : parseCount(ignore, "the number of hits to pass over"),
    hits: 0,
    condition: expression && conditionOf(controller, expression),
    conditionText: text,
  };
}

function add(session: Session, point: Point): Output {
  session.debugger.controller.add(point);
  return { text: `point ${point.id}: ${session.debugger.describe(point)}`, data: { point: point.id } };
}

function breakOn(session: Session, args: Args): Output {
  args.next();
  const event = args.need("the event") as StopEvent;
  if (!STOP_EVENTS.includes(event)) {
    throw new UsageError(`there is no event ${event}; there are ${STOP_EVENTS.join(", ")}`);
  }
  const words: string[] = [];
  const base = common(session, args, words, session.debugger.instance, undefined);
  if (words.length > 0) throw new UsageError(`too many words: ${words.join(" ")}`);
  return add(session, { ...base, kind: "event", event });
}

/** A range of bytes as people write it: `0x40` (4 bytes), `0x40+16`, `0x40..0x50`. Undefined if a word is no such thing. */
export function rangeOf(word: string): { start: number; end: number } | undefined {
  const number = "(0x[0-9a-fA-F]+|\\d+)";
  const match = new RegExp(`^${number}(?:(\\+|\\.\\.)${number})?$`).exec(word);
  if (match === null) return undefined;
  const start = Number(match[1]), second = Number(match[3] ?? 4);
  const end = match[2] === ".." ? second : start + second;
  if (end <= start) throw new UsageError(`${word} has no bytes`);
  return { start, end };
}

function rightsOf(words: string[]): number {
  const rights = { read: Right.READ, write: Right.WRITE, access: Right.READ | Right.WRITE };
  const word = words[0];
  if (word === undefined || !Object.hasOwn(rights, word)) return Right.WRITE;
  words.shift();
  return rights[word as keyof typeof rights];
}

function watch(session: Session, args: Args): Output {
  const { debugger: shell } = session;
  const { instance } = shell;
  const memoryName = args.option("--memory");
  const what = args.need("what is to be watched");
  const words: string[] = [];
  const base = common(session, args, words, instance, shell.stopped ? shell.frame.func : undefined);
  const rights = rightsOf(words);
  if (words.length > 0) throw new UsageError(`too many words: ${words.join(" ")}`);
  const range = rangeOf(what);
  if (range === undefined) {
    const global = globalNamed(instance, what.replace(/^\$/, ""));
    if (global === undefined) {
      throw new CommandError(`${what} is no address, such as 0x40 or 0x40+8 or 0x40..0x48, and no global`);
    }
    if (!global.type.mutable && rights === Right.WRITE) throw new CommandError(`global ${what} is immutable`);
    return add(session, { ...base, kind: "global", global, rights });
  }
  const memory = memoryName === undefined
    ? instance.memories[0]
    : attempt(() => innerMemory(session.current.instance.memory(/^\d+$/.test(memoryName) ? +memoryName : memoryName)));
  if (memory === undefined) throw new CommandError("there is no memory to watch");
  if (range.end > memory.byteLength) {
    throw new CommandError(`${what} is not within the memory's ${memory.byteLength} bytes`);
  }
  return add(session, { ...base, kind: "memory", memory, ...range, rights });
}

/** The points that words mean; all if there are none. */
function chosen(session: Session, args: Args): Point[] {
  const { points } = session.debugger.controller;
  if (args.length === 0) return [...points.values()];
  return args.all().map((word) => {
    const point = points.get(parseCount(word, "a point"));
    if (point === undefined) throw new CommandError(`there is no point ${word}; :break lists them`);
    return point;
  });
}

function switching(name: string, enabled: boolean): Command {
  return {
    name,
    args: "[point …]",
    help: enabled ? "let points stop calls again" : "let points stop nothing for now",
    example: `:load examples/fib.wat
:break fib
:disable 1
fib 3
:enable 1`,
    run(session, args) {
      for (const point of chosen(session, args)) point.enabled = enabled;
      return session.debugger.points();
    },
  };
}

export const POINT_COMMANDS: readonly Command[] = [
  {
    name: "break",
    aliases: ["b"],
    args: "[place or on <event>] [--once] [--ignore <hits>] [if <condition>]",
    help: "stop calls at a place in the code or for an event, or list what they stop for",
    more: `A place is a function (fib), so many bytes behind its first instruction (fib+0x4; +0x4 in the function
of a stopped call), a byte offset in the module (@0x4e), or a line of its text (:12). The function is interpreted from now on,
its frames that run too; everything else runs as it did.

on trap   where a trap, or an exception that nothing catches, ends the call
on throw  before an instruction that throws
on host   before a call of a host function
on grow   before memory.grow

A condition is written with C's operators, names of locals and globals ($n or n), local[0], global[0],
operand[0] (the topmost), and memory: u8[a] i8[a] u16[a] i16[a] i32[a] u32[a] i64[a] u64[a] f32[a] f64[a].`,
    example: `:load examples/fib.wat
:break fib if n == 3
fib 6
:bt
:continue
:break fib+0x2 --once --ignore 2
:break on trap
:break`,
    completes: ["function"],
    run(session, args) {
      const word = args.peek();
      if (word === undefined && !session.debugger.stopped) return session.debugger.points();
      if (word === "on") return breakOn(session, args);
      const words: string[] = [];
      const given = word === undefined || word === "if" || word.startsWith("--") ? undefined : args.next();
      const place = given === undefined
        ? { func: session.debugger.frame.func, offset: session.debugger.frame.offset }
        : placeMeant(session, given);
      const base = common(session, args, words, place.func.instance!, place.func);
      if (words.length > 0) throw new UsageError(`too many words: ${words.join(" ")}`);
      return add(session, { ...base, kind: "break", ...place });
    },
  },
  {
    name: "watch",
    args: "<range or global> [read, write or access] [--memory <name>] [--once] [--ignore <hits>] [if <condition>]",
    help: "stop calls behind instructions that write (or read) bytes of memory, or a global",
    more: `A range is 0x40 (4 bytes), 0x40+16 or 0x40..0x50. Whatever writes there stops the call, the same value
too, and so does a host function that changes it. Functions that access memory are interpreted
meanwhile.`,
    example: `:load examples/memory.wat
:watch count
:watch 0x40+8 access
:info breakpoints
:delete`,
    completes: ["global"],
    run: watch,
  },
  {
    name: "delete",
    aliases: ["d"],
    args: "[point …]",
    help: "remove points that calls stop for, or all of them",
    example: `:load examples/fib.wat
:break fib
:delete 1`,
    run(session, args) {
      const points = chosen(session, args);
      for (const point of points) session.debugger.controller.remove(point);
      return { text: `removed ${points.length}`, data: { removed: points.map((p) => p.id) } };
    },
  },
  switching("enable", true),
  switching("disable", false),
];
