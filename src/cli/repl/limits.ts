// The command for what a call may take: :set.

import { CommandError, UsageError } from "../exit.ts";
import type { Command } from "./command.ts";
import { setInCall, SETTABLE } from "./debugger_look.ts";
import { columns } from "./print.ts";
import type { Session } from "./session.ts";
import { parseCount } from "./words.ts";

/** What is set, for people. */
function table(session: Session): string {
  const { timeoutMs, fuel } = session.limits;
  const { fuelConsumed } = session.engine;
  return columns([
    ["timeout", timeoutMs === undefined ? "off" : `${timeoutMs} ms`],
    ["fuel", fuel === undefined ? "off" : `${fuel}, taken so far ${fuelConsumed}`],
  ]);
}

export const LIMIT_COMMANDS: readonly Command[] = [
  {
    name: "set",
    args: "[timeout <ms or off>] [fuel <amount>], or local, operand, global or memory <which> <value>",
    help: "limit what each call may take, or show the limits; or change a stopped call",
    more: `A call that takes longer, or more, traps. Fuel is one for each pass of a loop head and each
function entry; it is counted in a shell that was started with --fuel.

local <name or index> <value>    in the frame that is looked at (:frame)
operand <number> <value>         0 is the topmost
global <name or index> <value>   of the current instance
memory <address> <value …>       as :mem write takes them`,
    example: `:load examples/fib.wat
:set timeout 1000
fib 20
:set
:set timeout off
:start fib 5
:set local n 3
:continue`,
    run(session, args) {
      if (SETTABLE.includes(args.peek() ?? "")) return setInCall(session, args);
      while (args.length > 0) {
        const what = args.need("the limit");
        const word = args.need("its value");
        if (what === "timeout") {
          const timeoutMs = word === "off" ? undefined : parseCount(word, "a timeout in milliseconds");
          if (timeoutMs === 0) throw new UsageError("a timeout has at least 1 ms; `off` takes it away");
          session.limits = { ...session.limits, timeoutMs };
        } else if (what === "fuel") {
          if (session.limits.fuel === undefined) {
            throw new CommandError("this shell does not count fuel: start it with --fuel <amount>");
          }
          session.limits = { ...session.limits, fuel: parseCount(word, "fuel") };
        } else throw new UsageError(`there is timeout and fuel to set, no ${what}`);
      }
      const { timeoutMs, fuel } = session.limits;
      return { text: table(session), data: { timeoutMs, fuel, fuelConsumed: session.engine.fuelConsumed } };
    },
  },
];
