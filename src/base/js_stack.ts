// Room on JavaScript's own stack. Where an operation changes several things that belong together, a RangeError in the middle would leave them at odds:
// such operations ask for room before they begin.

/** With 16 arguments a call takes at least 170 bytes of stack, also as optimised code; so many of them take 16 KiB, more than any operation of the runtime does. */
const CALLS = 96;

// deno-fmt-ignore
function descend(n: number, a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number,
  l: number, m: number, o: number, p: number): number {
  return n === 0 ? a : descend(n - 1, b, c, d, e, f, g, h, i, j, k, l, m, o, p, a) + 1;
}

/** Throws the RangeError of an exhausted stack now, rather than in the middle of what follows, which takes `times` 16 KiB at most. Takes less than a microsecond for each. */
export function ensureStack(times = 1): void {
  descend(CALLS * times, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
