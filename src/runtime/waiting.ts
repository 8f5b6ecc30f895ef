// memory.atomic.wait (threads proposal) for every tier, by JavaScript's Atomics, so that waiters of all tiers and Workers find one another.

import { currentDeadline, deadlinePassed } from "../platform/deadline.ts";
import { INTERRUPT, InterruptBit } from "../platform/interrupt.ts";
import { TrapCode } from "../wasm/traps.ts";

// Results of `wait`.
const WOKEN = 0,
  NOT_EQUAL = 1,
  TIMED_OUT = 2;

/** Milliseconds after which a waiter looks whether it was interrupted; it is then the last in line again. */
const SLICE_MS = 100;

/** What the instruction gives, or why it traps. */
export type WaitOutcome = { readonly result: number } | { readonly trap: TrapCode };

/** Waits for `timeout` nanoseconds, for ever if it is negative; an interruption or a deadline ends it. Throws where the host does not let a thread wait. */
export function wait(timeout: bigint, by: (ms: number) => "ok" | "not-equal" | "timed-out"): WaitOutcome {
  const end = timeout < 0n ? Infinity : performance.now() + Number(timeout) / 1e6;
  for (let first = true;; first = false) {
    const until = Math.min(end, currentDeadline());
    const result = slice(by, Math.min(Math.max(until - performance.now(), 0), SLICE_MS));
    if (result === "ok") return { result: WOKEN };
    // Later on, the value has changed while this thread was not in line: as if it had been woken.
    if (result === "not-equal") return { result: first ? NOT_EQUAL : WOKEN };
    if (performance.now() >= end) return { result: TIMED_OUT };
    if (deadlinePassed()) return { trap: TrapCode.DEADLINE_EXCEEDED };
    const passing = InterruptBit.DEADLINE | InterruptBit.ATTENTION;
    if ((Atomics.load(INTERRUPT, 0) & ~passing) !== 0) return { trap: TrapCode.INTERRUPTED };
  }
}

function slice(by: (ms: number) => "ok" | "not-equal" | "timed-out", ms: number) {
  try {
    return by(ms);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Error("memory.atomic.wait may not block this thread; run the module in a Worker", { cause: error });
  }
}
