// memory.atomic.wait (threads proposal) for every tier, by JavaScript's Atomics, so that waiters of all tiers and Workers find one another.

// Results of `wait`.
const WOKEN = 0,
  NOT_EQUAL = 1,
  TIMED_OUT = 2;

/** Waits for `timeout` nanoseconds, for ever if it is negative. Throws where the host does not let a thread wait. */
export function wait(timeout: bigint, wait: (ms: number) => "ok" | "not-equal" | "timed-out"): number {
  let result: "ok" | "not-equal" | "timed-out";
  try {
    result = wait(timeout < 0n ? Infinity : Number(timeout) / 1e6);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Error("memory.atomic.wait may not block this thread; run the module in a Worker", { cause: error });
  }
  return result === "ok" ? WOKEN : result === "not-equal" ? NOT_EQUAL : TIMED_OUT;
}
