// Commands about how the engine chooses tiers: :edge, :monitor.

import type { MonitorReport } from "../../api/monitor.ts";
import { TIERS } from "../../runtime/tier.ts";
import { CommandError, UsageError } from "../exit.ts";
import { chosenTier } from "../tier.ts";
import type { Command } from "./command.ts";
import { columns, count, duration, size } from "./print.ts";
import { attempt, type Output, type Session } from "./session.ts";
import { type Args, parseCount } from "./words.ts";

/** Functions that are shown of a report. */
const SHOWN = 20;

function ladder(session: Session): Output {
  const { edge, tier } = session.engine;
  const rungs = edge.ladder.map(({ tier, calls, passes }) => [
    tier,
    calls === 0 ? "at first" : `from ${count(calls, "call")} or ${count(passes, "pass", "passes")} of a loop`,
  ]);
  const pins = edge.pins.map(({ func, tier }) => [func.name, `stays in ${tier}`]);
  const note = edge.active ? "" : `functions stay in tier ${tier} in this shell\n`;
  const data = {
    active: edge.active,
    ladder: edge.ladder,
    pins: edge.pins.map((p) => ({ name: p.func.name, index: p.func.index, tier: p.tier })),
  };
  return { text: note + columns([...rungs, ...pins]), data };
}

function thresholds(session: Session, args: Args): Output {
  const name = args.need("the tier");
  const tier = TIERS.find((t) => t === name);
  if (tier === undefined) throw new UsageError(`there is no tier ${name}; there are ${TIERS.join(", ")}`);
  const calls = parseCount(args.need("the calls"), "a threshold");
  const passes = args.length === 0 ? undefined : parseCount(args.need("the passes"), "a threshold");
  args.end();
  attempt(() => session.engine.edge.setThresholds(tier, passes === undefined ? { calls } : { calls, passes }));
  return ladder(session);
}

function pin(session: Session, args: Args): Output {
  const { func } = session.func(args.need("the function"));
  const tier = chosenTier(args.need("the tier") as "interp");
  args.end();
  if (tier === "auto") throw new UsageError("a function is pinned to one tier; unpin frees it");
  if (func.isHost) throw new UsageError(`${func.name} is a function of the host and has no tier`);
  session.engine.edge.pin(func, tier);
  if (func.tier !== tier) throw new CommandError(`${func.name} stays in ${func.tier}: ${func.tierReason}`);
  return ladder(session);
}

function table(session: Session, report: MonitorReport): string {
  const { functions, memory, instructions, fuelConsumed, decisions, ms, running } = report;
  const head = ["calls", "total", "mean", "50 %", "90 %", "99 %", "longest", "tier", "function"];
  const rows = functions.slice(0, SHOWN).map((f) => [
    String(f.calls),
    ...[f.totalMs, f.meanMs, f.p50Ms, f.p90Ms, f.p99Ms, f.longestMs].map(duration),
    f.tier,
    f.name,
    ...(f.instructions === undefined ? [] : [count(f.instructions, "instruction")]),
  ]);
  const last = memory.at(-1);
  const most = memory.reduce((n, m) => Math.max(n, m.linearBytes + m.heapBytes + m.codeBytes), 0);
  const lines = [
    `${running ? "recording" : "recorded"} for ${duration(ms)}: ${
      count(decisions.length, "decision")
    } about tiers (:moves)`,
  ];
  if (rows.length > 0) lines.push(columns([head, ...rows], [0, 1, 2, 3, 4, 5, 6]));
  if (last !== undefined) {
    const { linearBytes, heapBytes, codeBytes } = last;
    const parts = `linear ${size(linearBytes)}, heap ${size(heapBytes)}, machine code ${size(codeBytes)}`;
    lines.push(`memory: ${parts}; at most ${size(most)} together`);
  }
  if (instructions !== undefined) lines.push(`instructions: ${instructions} in all`);
  if (fuelConsumed > 0) lines.push(`fuel: ${fuelConsumed} taken`);
  if (functions.length > SHOWN) {
    lines.push(session.paint("note", `${functions.length - SHOWN} more functions in --json`));
  }
  return lines.join("\n");
}

export const EDGE_COMMANDS: readonly Command[] = [
  {
    name: "edge",
    args: "[<tier> <calls> [<passes>] | pin <function> <tier> | unpin <function>]",
    help: "show or set the calls and loop passes that lead to a better tier; pin a function to one",
    more: `Thresholds count for functions that are called first from now on; for others, once their present
ones are reached. A pinned function stays where it is, whatever is counted. :moves shows decisions.`,
    example: `:load examples/fib.wat
:edge
:edge pin fib interp
fib 15
:edge unpin fib
:edge`,
    run(session, args) {
      switch (args.peek()) {
        case undefined:
          return ladder(session);
        case "pin":
          args.next();
          return pin(session, args);
        case "unpin": {
          args.next();
          const { func } = session.func(args.need("the function"));
          args.end();
          if (!session.engine.edge.unpin(func)) throw new CommandError(`${func.name} is not pinned`);
          return ladder(session);
        }
      }
      return thresholds(session, args);
    },
  },
  {
    name: "monitor",
    args: "[on [instructions] | off]",
    help: "time calls, look at memory and count instructions; show what was recorded",
    more: `Calls from the shell and from JavaScript are timed, with percentiles, and memory is looked at beside
them. instructions counts every instruction in every tier, which makes code slower.`,
    example: `:load examples/fib.wat
:monitor on instructions
fib 10
fib 15
:monitor
:monitor off`,
    run(session, args) {
      const { monitor } = session.engine.edge;
      const word = args.next();
      const instructions = args.flag("instructions");
      args.end();
      if (word === "on") monitor.start({ instructions });
      else if (instructions) throw new UsageError("instructions stands behind on");
      const report = monitor.report();
      if (word === "off") {
        if (!monitor.running) throw new CommandError("the monitor is off");
        monitor.stop();
      } else if (word !== undefined && word !== "on") throw new UsageError(`on or off, not ${word}`);
      if (word === undefined && report.ms === 0) {
        return { text: "the monitor is off; :monitor on", data: { running: false } };
      }
      if (word === "on") return { text: "recording", data: { running: true } };
      return { text: table(session, report), data: { ...report } };
    },
  },
];
