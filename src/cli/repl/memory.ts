// Commands about memories and stacks: :mem and its actions, :stacks. What the actions on rights and figures do is in memory_views.ts.

import { CommandError, UsageError } from "../exit.ts";
import { innerInstance } from "../../api/instance.ts";
import type { Memory } from "../../api/memory.ts";
import type { Command } from "./command.ts";
import { find, protect, save, showMap, showStacks, stats, value } from "./memory_views.ts";
import { count, hexDump } from "./print.ts";
import { attempt, type Output, type Session } from "./session.ts";
import { type Args, parseCount } from "./words.ts";
import { address, bytesOf } from "./memory_words.ts";

/** What `:mem` can do. */
export const MEMORY_ACTIONS = [
  "read",
  "write",
  "value",
  "find",
  "save",
  "grow",
  "map",
  "protect",
  "stats",
  "info",
] as const;
const CAN = MEMORY_ACTIONS.join(", ");
type Action = (typeof MEMORY_ACTIONS)[number];
const DEFAULT_LENGTH = 64;
/** More than this in one dump helps nobody. */
const MAX_DUMP = 1 << 20;

function read(session: Session, memory: Memory, args: Args): Output {
  const at = address(session, args);
  const word = args.next();
  args.end();
  const room = Math.max(0, memory.byteLength - at);
  const length = word === undefined ? Math.min(DEFAULT_LENGTH, room || DEFAULT_LENGTH) : parseCount(word, "a length");
  if (length > MAX_DUMP) throw new UsageError(`a length is at most ${MAX_DUMP}`);
  const bytes = attempt(() => memory.read(at, length));
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  return { text: hexDump(bytes, at, session.paint), data: { address: at, length, hex } };
}

function write(session: Session, memory: Memory, args: Args): Output {
  const at = address(session, args);
  if (args.length === 0) throw new UsageError("what to write is missing");
  const bytes = new Uint8Array(args.all().flatMap((word) => [...bytesOf(word)]));
  attempt(() => memory.write(at, bytes));
  return {
    text: `wrote ${count(bytes.length, "byte")} at 0x${at.toString(16)}`,
    data: { address: at, length: bytes.length },
  };
}

function grow(memory: Memory, args: Args): Output {
  const delta = parseCount(args.next() ?? "1", "a number of pages");
  args.end();
  const before = attempt(() => memory.grow(delta));
  return {
    text: `grew from ${before} to ${count(memory.pages, "page")} (${memory.byteLength} bytes)`,
    data: { before, pages: memory.pages, bytes: memory.byteLength },
  };
}

function info(memory: Memory, args: Args): Output {
  args.end();
  const { pages, maximum, byteLength, grows, shared, pageSize } = memory;
  const size = pageSize === 65536 ? "64 KiB" : count(pageSize, "byte");
  return {
    text: `${count(pages, "page")} of ${size} (${byteLength} bytes), at most ${maximum}, grew ${count(grows, "time")}` +
      (shared ? ", shared" : ""),
    data: { pages, pageSize, maximum, bytes: byteLength, grows, shared },
  };
}

const RUN: Readonly<Record<Action, (session: Session, memory: Memory, args: Args) => Output>> = {
  read,
  write,
  value,
  find,
  save,
  grow: (_session, memory, args) => grow(memory, args),
  map: showMap,
  protect,
  stats,
  info: (_session, memory, args) => info(memory, args),
};

export const MEMORY_COMMANDS: readonly Command[] = [
  {
    name: "mem",
    args: "[memory] <action> …",
    help: "read, write, search, grow and protect a memory, and see what it takes",
    more: `read <address> [length]           hex dump
write <address> <value>…          values are bytes (7, 0xff), "text" with the text format's escapes,
                                  or numbers with their type, little endian: i32:-5, f64:1.5
value <type> <address> [value]    one number: i8 u8 i16 u16 i32 u32 i64 u64 f32 f64
find <value>…                     addresses where these bytes stand
save <file> [address length]      bytes into a file
grow [pages]
map                               parts with their rights, watched places, and what was touched
protect <start> <end> <rights>    of rwx, e.g. r or rw, - for none, rwx for all
stats                             what it takes, and all memories of the engine together
info                              (default)
Without a name or index, the first memory. Addresses are numbers, or _ for the last result.`,
    example: `:load examples/memory.wat
:mem write 64 "hello" 0 i32:0x2a
:mem read 64 16
:mem value i32 70
:mem find "hello"
:mem grow 1
:mem protect 64 128 r
:try :mem write 64 1
:mem map
:mem protect 64 128 rwx
:mem stats
:mem info`,
    completes: ["memory"],
    run(session, args) {
      const { instance } = session.current;
      const inner = innerInstance(instance);
      let which: string | number = 0;
      const first = args.peek();
      const names = new Set([...inner.exports.keys(), ...inner.module.names.memories.values()]);
      const unknown = first !== undefined && args.length === 1 && !names.has(first) && !/^\$|^\d+$/.test(first);
      if (unknown && !isAction(first)) throw new UsageError(`:mem does not know ${first}; it can ${CAN}`);
      const isName = first !== undefined && names.has(first) && args.length > 1 && isAction(args.peek(1)!);
      if (first !== undefined && (isName || !isAction(first))) {
        which = /^\d+$/.test(first) ? Number(first) : first.replace(/^\$/, "");
        args.next();
      }
      const action = args.next() ?? "info";
      const full = MEMORY_ACTIONS.find((a) => a.startsWith(action));
      if (full === undefined) {
        const words = first === action ? action : `${first} ${action}`;
        throw new UsageError(`:mem does not know ${words}; it can ${CAN}`);
      }
      if (inner.memories.length === 0) throw new CommandError(`${session.current.name} has no memory`);
      return RUN[full](session, attempt(() => instance.memory(which)), args);
    },
  },
  {
    name: "stacks",
    args: "",
    help: "show the stacks that calls run on: sizes, how many, how deep they were used",
    more: `Machine code runs on native stacks, from a pool; interpreted functions on a stack of their own.`,
    example: `:load examples/fib.wat
fib 10
:stacks`,
    run(session, args) {
      args.end();
      return showStacks(session);
    },
  },
];

function isAction(word: string): boolean {
  return MEMORY_ACTIONS.some((a) => a.startsWith(word));
}
