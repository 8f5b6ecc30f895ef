// One process of `fuzz programs`: takes an order on standard input, gives a line of JSON for each program, each finding, and the end.

import { compareProgram } from "../../tests/fuzz/compare.ts";
import { type Decisions, generateProgram, type Program } from "../../tests/fuzz/generator/program.ts";
import { strataHosts } from "../../tests/fuzz/hosts.ts";
import { shrink } from "../../tests/fuzz/shrink.ts";

/** What to do: programs of `count` seeds, or one made from decisions. */
export interface Order {
  readonly seed: number;
  readonly count: number;
  readonly decisions?: Decisions;
  /** How many trials to make a failing program smaller. */
  readonly shrinkAttempts: number;
}
/** A program that showed a fault. */
export interface Finding {
  readonly seed: number;
  readonly decisions: Decisions;
  readonly what: string;
}
/** A line: a program begins, something was found, all is done. */
export type Report = { readonly at: number } | { readonly finding: Finding } | { readonly incomparable: number };

function tell(report: Report): void {
  console.log(JSON.stringify(report));
}

const hosts = strataHosts();
/** What is wrong with a program; undefined if nothing is. */
function judge(program: Program, seed: number): string | undefined {
  try {
    const found = compareProgram(program, hosts, seed);
    if (found === undefined) return undefined;
    if (found === "incomparable") {
      incomparable++;
      return undefined;
    }
    return `${found.hosts[0]} and ${found.hosts[1]} differ after ${found.expected}\n    ${found.got}`;
  } catch (e) {
    return `threw ${e instanceof Error ? e.stack : e}`;
  }
}

let incomparable = 0;
if (import.meta.main) {
  const order: Order = JSON.parse(await new Response(Deno.stdin.readable).text());
  for (let seed = order.seed; seed < order.seed + order.count; seed++) {
    tell({ at: seed });
    // Finalizers run between tasks only.
    if (seed % 16 === 0) await new Promise((resolve) => setTimeout(resolve));
    const program = generateProgram(order.decisions ?? seed);
    const what = judge(program, seed);
    if (what === undefined) continue;
    // Of the same kind: a difference must not become an exception of the generator's on the way.
    const kind = what.slice(0, 5);
    let trials = 0;
    const decisions = await shrink(program.decisions, (d) => {
      if (++trials % 20 === 0) tell({ at: seed });
      return judge(generateProgram(d), seed)?.startsWith(kind) ?? false;
    }, order.shrinkAttempts);
    tell({ finding: { seed, decisions, what: judge(generateProgram(decisions), seed) ?? what } });
  }
  tell({ incomparable });
}
