// memory.atomic.wait and notify (threads proposal) for every tier, by JavaScript's Atomics, so that waiters of all tiers and Workers find one another, and JavaScript's.

import { currentDeadline, deadlinePassed } from "../platform/deadline.ts";
import { INTERRUPT, InterruptBit } from "../platform/interrupt.ts";
import { TrapCode } from "../wasm/traps.ts";
import type { AtomicViews } from "./memory.ts";

// Results of `wait`.
const WOKEN = 0,
  NOT_EQUAL = 1,
  TIMED_OUT = 2;

/** Milliseconds after which a waiter looks whether it was interrupted; it is then the last in line again. */
const SLICE_MS = 100;

/** What the instruction gives, or why it traps. */
export type WaitOutcome = { readonly result: number } | { readonly trap: TrapCode };

/**
 * Waits at an address of a shared memory, where `bytes` are expected to be there, for `timeout` nanoseconds, for ever if it is negative; an interruption or a
 * deadline ends it. Throws where the host does not let a thread wait.
 */
export function wait(m: AtomicViews, at: number, bytes: 4 | 8, expected: bigint, timeout: bigint): WaitOutcome {
  const { waiters } = m, entry = waiters?.enter(at) ?? -1;
  let outcome: WaitOutcome | undefined;
  try {
    outcome = waitInSlices(m, at, bytes, expected, timeout, entry);
  } finally {
    const result = outcome !== undefined && "result" in outcome ? outcome.result : NOT_EQUAL;
    // Whoever woke it at the last moment counts on that.
    if (entry >= 0 && waiters!.leave(entry, result === NOT_EQUAL) && result === TIMED_OUT) outcome = { result: WOKEN };
  }
  return outcome;
}

function waitInSlices(
  m: AtomicViews,
  at: number,
  bytes: 4 | 8,
  expected: bigint,
  timeout: bigint,
  entry: number,
): WaitOutcome {
  const { waiters } = m;
  const end = timeout < 0n ? Infinity : performance.now() + Number(timeout) / 1e6;
  for (let first = true, value = expected;; first = false) {
    if (!first && entry >= 0 && !waiters!.again(entry)) return { result: WOKEN };
    const until = Math.min(end, currentDeadline());
    const result = slice(m, at, bytes, value, Math.min(Math.max(until - performance.now(), 0), SLICE_MS));
    if (first && result === "not-equal") return { result: NOT_EQUAL };
    if (entry < 0) {
      // Later on, the value has changed while this thread was not in line: as if it had been woken.
      if (result !== "timed-out") return { result: WOKEN };
    } else if (waiters!.isToWake(entry, result === "ok")) return { result: WOKEN };
    // Only in the beginning the value matters.
    else if (result === "not-equal") value = read(m, at, bytes);
    if (performance.now() >= end) return { result: TIMED_OUT };
    if (deadlinePassed()) return { trap: TrapCode.DEADLINE_EXCEEDED };
    const passing = InterruptBit.DEADLINE | InterruptBit.ATTENTION;
    if ((Atomics.load(INTERRUPT, 0) & ~passing) !== 0) return { trap: TrapCode.INTERRUPTED };
  }
}

function read(m: AtomicViews, at: number, bytes: 4 | 8): bigint {
  return bytes === 8 ? Atomics.load(m.i64, at / 8) : BigInt(Atomics.load(m.i32, at / 4));
}

function slice(m: AtomicViews, at: number, bytes: 4 | 8, value: bigint, ms: number): "ok" | "not-equal" | "timed-out" {
  try {
    return bytes === 8
      ? Atomics.wait(m.i64, at / 8, value, ms)
      : Atomics.wait(m.i32, at / 4, Number(BigInt.asIntN(32, value)), ms);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Error("memory.atomic.wait may not block this thread; run the module in a Worker", { cause: error });
  }
}

/** Wakes up to `count` threads that wait at an address of a shared memory; gives how many. */
export function notify(m: AtomicViews, at: number, count: number): number {
  const inLine = () => Atomics.notify(m.i32, at / 4, count);
  return m.waiters?.notify(at, count, inLine) ?? inLine();
}
