// The decisions of the generator as a list of small numbers. Takes a seed or an earlier list; what was decided can be read, cut and played again.
// In every decision 0 is the simplest, and a list that ends early goes on with 0: so a shorter or smaller list makes a simpler program.

import { Random } from "../mutator.ts";

/** A source of decisions that remembers them. */
export class Choices {
  /** What was decided so far. */
  readonly taken: number[] = [];
  readonly #random: Random | undefined;
  readonly #given: readonly number[];

  /** Takes a seed, or decisions to play again. */
  constructor(source: number | readonly number[]) {
    this.#random = typeof source === "number" ? new Random(source) : undefined;
    this.#given = typeof source === "number" ? [] : source;
  }

  /** A number below `n`, which is at least 1. */
  below(n: number): number {
    const x = this.#random !== undefined ? this.#random.below(n) : Math.min(this.#given[this.taken.length] ?? 0, n - 1);
    this.taken.push(x);
    return x;
  }
  /** A number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }
  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === n - 1;
  }
  /** One of a list; the first is the simplest. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
  /** One of a list by weights; the first is the simplest. Entries of weight 0 are never taken. */
  weighted<T>(list: readonly (readonly [number, T])[]): T {
    let x = this.below(list.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, value] of list) {
      if (x < weight) return value;
      x -= weight;
    }
    throw new RangeError("no entry has a weight");
  }
  /** 32 random bits. */
  bits(): number {
    return this.below(0x10000) << 16 | this.below(0x10000);
  }
}
