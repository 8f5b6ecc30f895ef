// Makes a failing program small by making its list of decisions short and its numbers small. Takes decisions and a judge, gives the least that still fails.
// Knows nothing of programs: a shorter list is a simpler program (generator/choices.ts).

import type { Decisions } from "./generator/program.ts";

/** Whether a program made from the decisions still fails. */
export type Judge = (decisions: Decisions) => boolean | Promise<boolean>;

/** The smallest failing decisions that were found in at most `attempts` trials. */
export async function shrink(start: Decisions, fails: Judge, attempts: number): Promise<Decisions> {
  let best = start, left = attempts;
  const accept = async (candidate: Decisions): Promise<boolean> => {
    if (left <= 0) return false;
    left--;
    if (!await fails(candidate)) return false;
    best = candidate;
    return true;
  };
  await accept({ program: best.program, padding: [] });
  for (const part of ["program", "padding"] as const) {
    const attempt = (list: readonly number[]) => accept({ ...best, [part]: list });
    for (let before = -1; before !== sizeOf(best[part]) && left > 0;) {
      before = sizeOf(best[part]);
      await removeRuns(() => best[part], attempt);
      await lower(() => best[part], attempt);
    }
  }
  return best;
}

function sizeOf(list: readonly number[]): number {
  return list.length * 100000 + list.reduce((sum, x) => sum + Math.min(x, 300), 0);
}
/** Leaves out runs of decisions, from the end, or makes them 0. */
async function removeRuns(list: () => readonly number[], attempt: (list: readonly number[]) => Promise<boolean>) {
  for (let size = list().length >> 1; size > 0; size >>= 1) {
    for (let at = list().length - size; at >= 0; at -= size) {
      const now = list();
      if (at >= now.length) continue;
      const without = [...now.slice(0, at), ...now.slice(at + size)];
      if (await attempt(without)) continue;
      if (size > 1 && now.slice(at, at + size).every((x) => x === 0)) continue;
      // One less of something: the number that counts it often stands in front of what it counts.
      if (size <= 32 && at > 0 && now[at - 1] > 0) {
        const fewer = without.slice();
        fewer[at - 1]--;
        if (await attempt(fewer)) continue;
      }
      if (now.slice(at, at + size).some((x) => x !== 0)) {
        await attempt(now.map((x, i) => i >= at && i < at + size ? 0 : x));
      }
    }
  }
}
/** Makes single decisions smaller. */
async function lower(list: () => readonly number[], attempt: (list: readonly number[]) => Promise<boolean>) {
  for (let i = list().length - 1; i >= 0; i--) {
    for (const smaller of [0, 1, list()[i] >> 1, list()[i] - 1]) {
      if (!(smaller >= 0 && smaller < (list()[i] ?? 0))) continue;
      if (await attempt(list().map((x, k) => k === i ? smaller : x))) break;
    }
  }
}
