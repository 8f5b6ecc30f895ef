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

/** Registers of V8's bytecode, of 8 bytes each: somewhat more than `ensureStack()` asks for. */
const REGISTERS = 3000;

/**
 * Makes a function that does what `ensureStack()` does and takes some 5 ns, for where code may be made of text; throws EvalError elsewhere. V8 looks, where a function
 * begins, whether the stack has room for all of its variables, also when its code has been optimised and has no place for them.
 */
export function makeRoomCheck(): () => void {
  const variables = Array.from({ length: REGISTERS }, (_, i) => `v${i}=n`).join(",");
  const check = new Function(`return function room(n){if(n!==0){let ${variables};return room(v0);}return n;}`)();
  return () => void check(0);
}
