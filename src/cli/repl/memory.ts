// Commands about memories: :mem read, write, grow, info.

import { CommandError, UsageError } from "../exit.ts";
import { innerInstance } from "../../api/instance.ts";
import type { Memory } from "../../api/memory.ts";
import { parseF32, parseF64, parseInteger } from "../../text/numbers.ts";
import type { Command } from "./command.ts";
import { count, hexDump } from "./print.ts";
import { attempt, type Output, type Session } from "./session.ts";
import { type Args, isString, parseCount, stringBytes } from "./words.ts";

const ACTIONS = ["read", "write", "grow", "info"] as const;
const DEFAULT_LENGTH = 64;
/** More than this in one dump helps nobody. */
const MAX_DUMP = 1 << 20;

const WIDTHS: Readonly<Record<string, number>> = { i8: 1, i16: 2, i32: 4, i64: 8, f32: 4, f64: 8 };

/** The bytes that a word of `:mem write` means. Throws UsageError. */
function bytesOf(word: string): Uint8Array {
  if (isString(word)) return stringBytes(word);
  const colon = word.indexOf(":");
  const type = colon < 0 ? "i8" : word.slice(0, colon);
  const digits = word.slice(colon + 1);
  const width = Object.hasOwn(WIDTHS, type) ? WIDTHS[type] : 0;
  const value = width === 0
    ? "syntax"
    : type === "f32"
    ? parseF32(digits)
    : type === "f64"
    ? parseF64(digits)
    : parseInteger(digits, width * 8);
  if (value === "range") throw new UsageError(`${word} does not fit into ${count(width, "byte")}`);
  if (value === "syntax") {
    throw new UsageError(`${word} is no byte (0 to 255), "text", or number with its type (i32:5, f64:1.5)`);
  }
  const bytes = new Uint8Array(width);
  for (let i = 0, rest = BigInt(value); i < width; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

function address(session: Session, args: Args): number {
  const word = args.need("the address");
  return /^_\d*$/.test(word) ? Number(session.result(word).bits) : parseCount(word, "an address");
}

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

export const MEMORY_COMMANDS: readonly Command[] = [
  {
    name: "mem",
    args: "[memory] read <address> [length] | write <address> <value>… | grow [pages] | info",
    help: "read, write and grow a memory",
    more: `Without a name or index, the first memory. Addresses are numbers, or _ for the last result.
Values to write are bytes (7, 0xff), "text" with the text format's escapes, or numbers with
their type, little endian: i8 i16 i32 i64 f32 f64, e.g. i32:-5.`,
    example: `:load examples/memory.wat
:mem write 64 "hello" 0 i32:0x2a
:mem read 64 16
:mem grow 1
:mem info`,
    completes: ["memory"],
    run(session, args) {
      const { instance } = session.current;
      let which: string | number = 0;
      const first = args.peek();
      if (first !== undefined && !isAction(first)) {
        which = /^\d+$/.test(first) ? Number(first) : first.replace(/^\$/, "");
        args.next();
      }
      const action = args.next() ?? "info";
      const full = ACTIONS.find((a) => a.startsWith(action));
      if (full === undefined) {
        throw new UsageError(
          `${first === action ? `${action} is` : `${first} ${action} are`} neither read, write, grow nor info`,
        );
      }
      if (innerInstance(instance).memories.length === 0) {
        throw new CommandError(`${session.current.name} has no memory`);
      }
      const memory = attempt(() => instance.memory(which));
      if (full === "read") return read(session, memory, args);
      if (full === "write") return write(session, memory, args);
      return full === "grow" ? grow(memory, args) : info(memory, args);
    },
  },
];

function isAction(word: string): boolean {
  return ACTIONS.some((a) => a.startsWith(word));
}
