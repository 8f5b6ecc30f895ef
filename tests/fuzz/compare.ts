// Compares what a random program does on several hosts. Takes a program, gives the first difference or undefined.

import type { Program } from "./generator/program.ts";
import { type Host, Incomparable, V8 } from "./hosts.ts";
import { observe } from "./run_program.ts";

/** A difference between two hosts. */
export interface Difference {
  readonly hosts: readonly [string, string];
  /** What both showed last, then what the first showed, and what the second. */
  readonly expected: string;
  readonly got: string;
}

/** Instructions that change arrays look at the array first (specification 4.6.12); V8 looks at segments and other operands first. */
const ARRAY_FIRST = /^(instantiation: )?trap: (null null-array|array-out-of-bounds)/;
const OTHERS_FIRST = /^(instantiation: )?trap: (array-out-of-bounds|table|memory-out-of-bounds)/;

/**
 * Compares Strata's tiers with each other and, unless the program uses what V8 lacks, with V8. `seed`: of which function runs in which tier.
 * "incomparable" if a limit was met that hosts need not share.
 */
export function compareProgram(
  program: Program,
  hosts: readonly Host[],
  seed: number,
): Difference | "incomparable" | undefined {
  try {
    const first = observe(program, hosts[0], seed);
    if (!program.profile.proposals) {
      const theirs = observe(program, V8, seed).lines;
      first.details.forEach((line, i) => {
        if (ARRAY_FIRST.test(line) && OTHERS_FIRST.test(theirs[i] ?? "")) theirs[i] = first.lines[i];
      });
      const wrong = firstDifference(theirs, first.lines, [V8.name, hosts[0].name]);
      if (wrong !== undefined) return wrong;
    }
    for (const host of hosts.slice(1)) {
      const wrong = firstDifference(first.details, observe(program, host, seed).details, [hosts[0].name, host.name]);
      if (wrong !== undefined) return wrong;
    }
  } catch (e) {
    if (e instanceof Incomparable) return "incomparable";
    throw e;
  }
}

function firstDifference(
  a: readonly string[],
  b: readonly string[],
  hosts: readonly [string, string],
): Difference | undefined {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if (a[i] !== b[i]) return { hosts, expected: `${a[i - 1] ?? ""}\n    ${a[i]}`, got: `${b[i]}` };
  }
}
