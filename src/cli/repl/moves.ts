// The command about what moved between tiers: :moves.

import { parseCount } from "./words.ts";
import type { TierCause, TierEvent } from "../../engine/tier_log.ts";
import type { Command } from "./command.ts";
import { columns, count, duration } from "./print.ts";
import type { Output, Session } from "./session.ts";

/** Moves that are shown unless more are asked for. */
const SHOWN = 20;

const CAUSES: Readonly<Record<TierCause, (e: TierEvent) => string>> = {
  calls: (e) => `called ${count(e.calls, "time")}`,
  loop: (e) => `${count(e.passes, "pass", "passes")} of the loop at ${place(e)}`,
  eager: () => "compiled with its module",
  set: (e) => e.what === "frame" ? `moved by hand, goes on at ${place(e)}` : "moved by hand",
  pinned: () => "pinned",
  breakpoint: () => "for a breakpoint",
  probe: () => "for a probe",
  protection: () => "for a protected region",
  count: () => "to be counted",
  released: () => "free again",
  evicted: () => "its code made room",
  refused: (e) => `stays: ${e.reason}`,
  zeal: (e) => `zeal, goes on at ${place(e)}`,
};

function place(e: TierEvent): string {
  return `0x${e.offset.toString(16)}`;
}

function made(e: TierEvent): string {
  if (e.codeBytes === 0) return "";
  if (e.cached) return `${e.codeBytes} bytes of machine code that were there`;
  return `${e.codeBytes} bytes of machine code in ${duration(e.compileMs)}${e.worker ? " in the Worker" : ""}`;
}

function list(session: Session, shown: number): Output {
  const { tierEvents, tierEventCount } = session.engine;
  const events = shown === 0 ? [] : tierEvents.slice(-shown);
  const rows = events.map((e) => [
    duration(e.time),
    `${e.what === "frame" ? "frame of " : ""}${e.name}`,
    e.from === e.to && e.what === "function" ? e.to : `${e.from} → ${e.to}`,
    CAUSES[e.why](e),
    made(e),
  ]);
  const left = tierEventCount - events.length;
  const note = left === 0 ? "" : "\n" + session.paint("note", `${count(left, "earlier one")}`);
  const text = tierEventCount === 0 ? "nothing has moved between tiers" : columns(rows, [0]) + note;
  return { text, data: { count: tierEventCount, events } };
}

export const MOVE_COMMANDS: readonly Command[] = [
  {
    name: "moves",
    args: "[count]",
    help: "show what moved between tiers, when and why",
    more: `Each with the calls and passes of a loop that the interpreter counted, and with what compiling
took. A function moves for its next calls, a frame in the middle of a loop or behind a call. Times
count from the start of the process. The engine keeps the latest 1000.`,
    example: `:load examples/fib.wat
fib 20
:moves
:moves 5`,
    run(session, args) {
      const word = args.next();
      args.end();
      return list(session, word === undefined ? SHOWN : parseCount(word, "the count"));
    },
  },
];
