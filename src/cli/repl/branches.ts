// The command about branches: :branches.

import type { PredictedBranch } from "../../api/branches.ts";
import { CommandError } from "../exit.ts";
import { writeProfile } from "../branch_profile.ts";
import type { Command } from "./command.ts";
import { columns, count } from "./print.ts";
import { attempt, type Output, type Session } from "./session.ts";

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

function row(b: PredictedBranch): string[] {
  const counts = b.name === "br_table" ? b.counts.join(" ") : `${b.counts[0]} taken, ${b.counts[1]} not`;
  const way = typeof b.predicted === "number" ? `label ${b.predicted}` : b.predicted ? "taken" : "not taken";
  const basis = b.by === "counts"
    ? `${percent(b.accuracy)} right, at least ${percent(b.confidence)}`
    : `by its ${b.by}`;
  return [`0x${b.offset.toString(16)}`, `+${b.bodyOffset.toString(16)}`, b.name, counts, way, basis];
}

function sum(session: Session): Output {
  const { branches } = session.engine;
  const accuracy = branches.accuracy();
  const { total, best, form, hints, profile } = accuracy;
  if (!branches.running) return { text: "branches are not counted; :branches on", data: { running: false } };
  const rows = [
    ["going where each mostly went", percent(best)],
    ["back taken, others not", percent(form)],
    ["by the module's hints", percent(hints)],
    ...(profile === undefined ? [] : [["by the profile given", percent(profile)]]),
  ];
  return {
    text:
      `${count(accuracy.branches, "branch", "branches")} ran ${count(total, "time")}; predictions that are right:\n` +
      columns(rows, [1]),
    data: { running: true, ...accuracy },
  };
}

export const BRANCH_COMMANDS: readonly Command[] = [
  {
    name: "branches",
    args: "[on | off | <function> | save <file>]",
    help: "count which way branches go, show predictions and how good they are, save a profile",
    more: `on counts the branches of the current instance in every tier. For a function: each branch with its
counts, where it is predicted to go, and how sure that is. save adds to a file that run and repl take
as --profile-use: machine code is then laid out by it.`,
    example: `:load examples/fib.wat
:branches on
fib 12
:branches
:branches fib
:branches off`,
    completes: ["function", "file"],
    run(session, args) {
      const { branches } = session.engine;
      const word = args.next();
      if (word === undefined) return sum(session);
      if (word === "save") {
        const path = args.need("the file");
        args.end();
        if (!branches.running) throw new CommandError("branches are not counted; :branches on");
        const { functions } = writeProfile(path, branches.profile());
        return {
          text: `${path}: ${count(functions.size, "function")}`,
          data: { file: path, functions: functions.size },
        };
      }
      args.end();
      if (word === "on" || word === "off") {
        if (word === "on") branches.start(session.current.instance);
        else branches.stop();
        return { text: word === "on" ? "counting" : "counts no more", data: { running: branches.running } };
      }
      const { func } = session.func(word);
      const list = attempt(() => branches.branches(func));
      const text = list.length === 0 ? `${func.name} has no branches` : columns(list.map(row));
      return { text, data: { name: func.name, branches: list } };
    },
  },
];
