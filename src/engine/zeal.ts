// Zeal: a policy for tests that moves every frame at every opportunity: into the engine's tier at the head of each loop, back to the interpreter at each safepoint.
// With a seed, chance decides at which of them.

import { InterruptBit } from "../platform/interrupt.ts";
import { Mode } from "../runtime/func.ts";
import type { Store } from "../runtime/store.ts";
import type { HotLimits, HotSpot, TierPolicy } from "../runtime/tier.ts";

const NEVER = 0x7fffffff;
/** The most passes of a loop that chance leaves to the interpreter. */
const MOST_PASSES = 4;

/** Forces frames to change the tier. */
export class Zeal implements TierPolicy {
  readonly limits: HotLimits = { calls: NEVER, passes: 1 };
  readonly leaves = true;
  readonly #random: (() => number) | undefined;

  /** Takes the seed of chance; undefined: all frames move always. */
  constructor(store: Store, seed: number | undefined) {
    if (seed !== undefined) this.#random = randomNumbers(seed);
    // For what is called before anything asks whether it is to leave.
    Atomics.or(store.interrupt, 0, InterruptBit.ATTENTION);
  }

  isToEnter(spot: HotSpot): boolean {
    const passes = this.#random === undefined ? 1 : 1 + Math.floor(this.#random() * MOST_PASSES);
    spot.rearm(spot.loop < 0 ? NEVER : passes);
    return spot.loop >= 0 && spot.func.mode !== Mode.INTERP;
  }

  takesBack(): boolean {
    return this.#random === undefined || this.#random() < 0.5;
  }

  poll(): void {}
}

/** The same for register code, to and from the interpreter. */
export class RegisterZeal implements TierPolicy {
  readonly limits: HotLimits = { calls: NEVER, passes: NEVER };
  readonly leaves = false;
  readonly shuffle: { readonly slice: number; isRegister(): boolean };

  /** Takes the seed of chance; undefined: all frames move always. */
  constructor(seed: number | undefined) {
    const random = seed === undefined ? undefined : randomNumbers(seed);
    let turn = false;
    this.shuffle = {
      slice: random === undefined ? 0 : 2,
      isRegister: () => random === undefined ? (turn = !turn) : random() < 0.5,
    };
  }

  isToEnter(spot: HotSpot): boolean {
    spot.rearm(NEVER);
    return false;
  }
  takesBack(): boolean {
    return false;
  }
  poll(): void {}
}

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function randomNumbers(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
