// Calling functions: bare calls such as `fib 30`, the last results `_`, and :time.

import { UsageError } from "../exit.ts";
import { checkArgumentCount, type Value } from "../values.ts";
import type { Command } from "./command.ts";
import { duration } from "./print.ts";
import { type Func, innerFunc } from "../../api/func.ts";
import type { Output, Session } from "./session.ts";

/** A call that is ready: the function, and its arguments as values. Throws CommandError, UsageError. */
function prepare(session: Session, words: readonly string[]): { func: Func; values: Value[] } {
  const { func } = session.func(words[0]);
  const { params } = innerFunc(func).type;
  const args = words.slice(1);
  checkArgumentCount(func, args.length);
  return { func, values: args.map((word, i) => session.value(word, params[i])) };
}

/** A line that is no command: a call, or `_` for the last results. */
export function runCall(session: Session, words: readonly string[]): Output {
  if (words.length === 1 && /^_\d*$/.test(words[0])) {
    const results = words[0] === "_" ? session.results : [session.result(words[0])];
    if (results.length === 0) session.result("_");
    return { text: session.showResults(results), data: { results: session.resultData(results) } };
  }
  const { func, values } = prepare(session, words);
  if (session.debugger.active && !func.isHost) return session.debugger.run(func, values);
  const { results, ms } = session.call(func, values);
  session.keep(results);
  return {
    text: session.showResults(results),
    data: { function: func.name, tier: func.tier, ms, results: session.resultData(results) },
  };
}

export const CALL_COMMANDS: readonly Command[] = [
  {
    name: "time",
    args: "[--runs N] <call>",
    help: "call a function, once or N times, and say how long it took",
    example: `:load examples/fib.wat
:time fib 15
:time --runs 5 fib 15`,
    completes: ["call"],
    run(session, args) {
      const runs = Number(args.option("--runs") ?? "1");
      if (!Number.isInteger(runs) || runs < 1) throw new UsageError("--runs needs a number from 1 on");
      if (args.length === 0) throw new UsageError("a call is missing");
      const { func, values } = prepare(session, args.all());
      const { results, ms } = session.call(func, values);
      let last = results, best = ms, sum = ms;
      for (let n = 1; n < runs; n++) {
        const run = session.call(func, values);
        last = run.results;
        best = Math.min(best, run.ms);
        sum += run.ms;
      }
      session.keep(last);
      const mean = sum / runs;
      const took = runs === 1
        ? `in ${duration(ms)}`
        : `${runs} runs: first ${duration(ms)}, best ${duration(best)}, mean ${duration(mean)}`;
      return {
        text: `${session.showResults(last)}  ${took} ${session.paint("note", `(tier ${func.tier})`)}`,
        data: {
          function: func.name,
          tier: func.tier,
          ms,
          best,
          mean,
          runs,
          results: session.resultData(last),
        },
      };
    },
  },
];
