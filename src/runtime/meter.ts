// Fuel: a deterministic count of what runs. Each pass of a loop head and each entry of a Wasm function takes one, in every tier.
// Takes what the host allows, gives machine code a chunk in its stack block and the interpreter a slice.

import { STACK } from "../abi/vmctx.ts";

const WORD = STACK.fuel >> 2;
/** The most that machine code is given at once: its counter has 32 bits. */
const CHUNK = 2 ** 30;

/** The fuel of a store. */
export class Meter {
  /** Passes taken in all. */
  consumed = 0;
  /** Code left since it wanted to take one more than it was given. */
  exhausted = false;

  /** Takes what there is at first. */
  constructor(public left: number) {}

  /** Gives machine code what it may take, before it runs. */
  load(block: Int32Array): void {
    block[WORD] = Math.min(this.left, CHUNK);
  }
  /** Takes back what machine code left. Below zero: one was wanted that was not there, and will be asked for again. */
  unload(block: Int32Array): void {
    const given = Math.min(this.left, CHUNK);
    let rest = block[WORD];
    if (rest < 0) {
      rest = 0;
      this.exhausted = true;
    }
    this.take(given - rest);
  }
  /** Whether code left for lack of fuel, of which there still is none; asked once for each time, since it asks again if it goes on. */
  claim(): boolean {
    const { exhausted } = this;
    this.exhausted = false;
    return exhausted && this.left < 1;
  }
  /** Counts passes that were made. */
  take(passes: number): void {
    this.left -= passes;
    this.consumed += passes;
  }

  /** Runs `f`, with all that it calls, on at most `fuel` of what is left. */
  within<T>(fuel: number, f: () => T): T {
    if (fuel >= this.left) return f();
    const rest = this.left - fuel;
    this.left = fuel;
    try {
      return f();
    } finally {
      this.left += rest;
    }
  }
}
