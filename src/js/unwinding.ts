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
 * When a function of Wasm is left at its loops for one that begins there. V8 replaces a function that runs by better code for one loop only, with types that it does not know; where
 * one is called, it takes the best code that there is by then. So a function that runs long is left and called every few milliseconds.
 */
export interface Pace {
  /** What passes of loops may count (control.ts) in a call, until it is left. */
  first: number;
  /** The same for a function that begins at a loop. */
  passes: number;
  /** When it was left last, by `performance.now()`. */
  left: number;
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
