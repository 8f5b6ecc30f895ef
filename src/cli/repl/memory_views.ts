// What `:mem map`, `protect`, `find`, `save`, `value` and `stats` do, and `:stacks`: tables for people, plain data for `--json`.

import { Engine } from "../../api/engine.ts";
import type { Memory, MemoryPart, MemoryRights, MemoryValueType } from "../../api/memory.ts";
import { UsageError } from "../exit.ts";
import { saveBytes } from "./files.ts";
import { address, bytesOf } from "./memory_words.ts";
import { columns, count, size } from "./print.ts";
import { attempt, type Output, type Session } from "./session.ts";
import { type Args, parseCount, unquote } from "./words.ts";

/** Places that `find` lists at most. */
const SHOWN_PLACES = 100;

const hex = (n: number, digits = 4) => `0x${n.toString(16).padStart(digits, "0")}`;

function letters({ read, write, execute }: MemoryRights): string {
  return (read ? "r" : "-") + (write ? "w" : "-") + (execute ? "x" : "-");
}

function watchedName({ read, write }: MemoryPart["watched"]): string {
  const what = [read ? "read" : "", write ? "write" : ""].filter((w) => w !== "");
  return what.length === 0 ? "" : `watched (${what.join(", ")})`;
}

/** `:mem map`. */
export function showMap(_session: Session, memory: Memory, args: Args): Output {
  args.end();
  const parts = memory.map();
  const digits = Math.max(4, memory.byteLength.toString(16).length);
  const rows = parts.map((p) => [
    `${hex(p.start, digits)} to ${hex(p.end, digits)}`,
    size(p.end - p.start),
    letters(p),
    p.touched === undefined ? "" : `${size(p.touched)} touched`,
    watchedName(p.watched),
  ]);
  return { text: rows.length === 0 ? "the memory is empty" : columns(rows, [1, 3]), data: { parts } };
}

/** `:mem protect`. */
export function protect(session: Session, memory: Memory, args: Args): Output {
  const start = address(session, args), end = address(session, args);
  const word = args.need("the rights (of rwx, or -)");
  args.end();
  if (!/^(-|r?w?x?)$/.test(word)) throw new UsageError(`rights are r, w and x in this order, or -, not ${word}`);
  const rights = { read: word.includes("r"), write: word.includes("w"), execute: word.includes("x") };
  attempt(() => memory.protect(start, end, rights));
  return {
    text: `${hex(start)} to ${hex(end)} is now ${letters(rights)}`,
    data: { start, end, ...rights },
  };
}

/** `:mem find`. */
export function find(_session: Session, memory: Memory, args: Args): Output {
  if (args.length === 0) throw new UsageError("what to look for is missing");
  const pattern = new Uint8Array(args.all().flatMap((word) => [...bytesOf(word)]));
  if (pattern.length === 0) throw new UsageError("nothing to look for");
  const found: number[] = [];
  for (let at = memory.find(pattern); at >= 0 && found.length <= SHOWN_PLACES;) {
    found.push(at);
    at = memory.find(pattern, at + 1);
  }
  const more = found.length > SHOWN_PLACES;
  const places = found.slice(0, SHOWN_PLACES);
  const text = places.length === 0
    ? "not found"
    : columns(places.map((at) => [hex(at)])) + (more ? "\n  … and more" : "");
  return { text, data: { addresses: places, more } };
}

/** `:mem save`. */
export function save(session: Session, memory: Memory, args: Args): Output {
  const path = unquote(args.need("the file"));
  const at = args.length === 0 ? 0 : address(session, args);
  const word = args.next();
  args.end();
  const length = word === undefined ? memory.byteLength - at : parseCount(word, "a length");
  const bytes = attempt(() => memory.read(at, length));
  saveBytes(path, bytes);
  return { text: `wrote ${count(length, "byte")} to ${path}`, data: { file: path, address: at, length } };
}

/** `:mem value`. */
export function value(session: Session, memory: Memory, args: Args): Output {
  const type = args.need("the type") as MemoryValueType;
  const at = address(session, args);
  const word = args.next();
  args.end();
  if (word !== undefined) {
    const signed = type.replace("u", "i");
    const bytes = bytesOf(`${signed}:${word}`);
    attempt(() => memory.get(type, at));
    attempt(() => memory.write(at, bytes));
  }
  const now = attempt(() => memory.get(type, at));
  return {
    text: `${type} at ${hex(at)} = ${session.paint("value", String(now))}`,
    data: { type, address: at, value: typeof now === "bigint" ? now.toString() : now },
  };
}

/** `:mem stats`. */
export function stats(session: Session, memory: Memory, args: Args): Output {
  args.end();
  const { use } = memory, engine = session.engine.memoryFigures, pool = Engine.memoryPool;
  const text = columns([
    ["", "this memory", "all of the engine"],
    ["reserved", size(use.reserved), size(engine.reservedBytes)],
    ["committed", size(use.committed), size(engine.committedBytes)],
    ["touched", size(use.touched), ""],
    ["at most so far", size(use.highWater), size(engine.highWaterBytes)],
    ["grows", String(use.grows), String(engine.grows)],
    ["memories", "", String(engine.memories)],
    ["refused by limits", "", String(engine.refusals)],
  ], [1, 2]);
  const poolText = `  pool: ${count(pool.hits, "hit")}, ${pool.misses} made anew, ${pool.idle} waiting`;
  return { text: `${text}\n${poolText}`, data: { memory: use, engine, pool } };
}

/** `:stacks`. */
export function showStacks(session: Session): Output {
  const { stacks } = session.engine;
  const { native, interpreter } = stacks;
  const rows = [["", "size", "used at most so far", "now"]];
  rows.push([
    "interpreter",
    `${count(interpreter.slots, "slot")}, ${count(interpreter.frames, "frame")}`,
    `${count(interpreter.highWaterSlots, "slot")}, ${count(interpreter.highWaterFrames, "frame")}`,
    `${count(interpreter.usedSlots, "slot")}, ${count(interpreter.usedFrames, "frame")}`,
  ]);
  if (native !== undefined) {
    rows.push([
      "machine code",
      `${size(stacks.stackBytes)} each, ${size(native.guardBytes)} guard`,
      size(native.highWaterBytes),
      `${native.live} in use, ${native.idle} in the pool`,
    ]);
  }
  const pool = native === undefined
    ? `  machine code: ${Engine.nativeUnavailable}`
    : `  ${count(native.made, "native stack")} made, ${count(native.reused, "time")} taken from the pool, ${
      size(native.reservedBytes)
    } reserved`;
  return { text: `${columns(rows)}\n${pool}`, data: { stacks } };
}
