// Leaving frames of JavaScript: one object is thrown through them; each writes its locals, operands and place on the way, innermost first, and the driver makes frames
// of the interpreter of that. What they wait for is noted before.

import type { Awaited, LeftFrame } from "../runtime/js_tier.ts";
import type { WasmFunc } from "../runtime/func.ts";
import type { Site } from "./state.ts";

/** A function with the places where its frames can be left. */
export interface Leaver {
  readonly func: WasmFunc;
  readonly sites: readonly Site[];
  /** The same function from its loops on, by offset. */
  readonly loops: Map<number, LoopFunction>;
  readonly pace: Pace;
  /** Whether it is one of these. */
  readonly isLoop: boolean;
}
/**
 * How often a function of Wasm is left at its loops for one that begins there. V8 compiles a function anew, with the types it has seen, only when it is called: so it is called
 * some times early on, at one loop, at ever longer intervals.
 */
export interface Pace {
  /** Passes of loops that a call makes before it is left. */
  first: number;
  /** Offset of the loop where it is left, -1 at first, and after how many passes. */
  loop: number;
  passes: number;
  /** How often it was left there. */
  entries: number;
  /** How often passes ran out at other loops since. */
  readonly elsewhere: Map<number, number>;
}
/** A function that begins at a loop: takes the words of a frame, the first of them, and how many passes it makes. */
export type LoopFunction = (words: Int32Array, at: number, passes: number) => unknown;

const NOTHING: Awaited = { what: "nothing" };

/** What is thrown. There is one: nothing else runs while frames are left. */
export class Unwinding {
  words: Int32Array = new Int32Array(1024);
  frames: LeftFrame[] = [];
  awaits: Awaited = NOTHING;
  #used = 0;

  /** Begins. */
  begin(awaits: Awaited = NOTHING): this {
    this.frames = [];
    this.#used = 0;
    this.awaits = awaits;
    return this;
  }

  /** Called by each frame, with the number of its place; gives the word where its slots begin, which are zero. */
  frame(leaver: Leaver, site: number): number {
    const { source, height, owes } = leaver.sites[site - 1];
    const at = this.#used, end = at + 2 * height;
    if (end > this.words.length) {
      const grown = new Int32Array(2 * end);
      grown.set(this.words);
      this.words = grown;
    }
    this.words.fill(0, at, end);
    this.#used = end;
    this.frames.push({ func: leaver.func, source, height, owes, at });
    return at;
  }
}

/** The one of this isolate. */
export const U: Unwinding = new Unwinding();
