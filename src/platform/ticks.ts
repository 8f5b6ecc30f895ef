// A Worker that asks running code for attention at regular times, so that somebody can look where it is. While machine code runs, nothing of JavaScript does.

import { ensureStack } from "../base/js_stack.ts";
import { threads } from "./background.ts";
import { INTERRUPT, InterruptBit } from "./interrupt.ts";

/** Waiting longer for the Worker would look like a hang. */
const LONGEST_START_MS = 1000;

interface Orders {
  readonly order: Int32Array<SharedArrayBuffer>;
  readonly ms: number;
  readonly word: Int32Array<SharedArrayBuffer>;
  readonly bit: number;
}

/** What the Worker runs, as source text: until it is told otherwise. */
function tick({ order, ms, word, bit }: Orders): void {
  Atomics.store(order, 1, 1);
  Atomics.notify(order, 1);
  while (Atomics.wait(order, 0, 0, ms) === "timed-out") Atomics.or(word, 0, bit);
}

/** Sets the interrupt word's ATTENTION each `ms` milliseconds until the function is called that it gives. Waits until the Worker runs, if that does not take too long. Throws where none can be made. */
export function startTicks(ms: number): () => void {
  ensureStack(16);
  const order = new Int32Array(new SharedArrayBuffer(8));
  const workerData = { order, ms, word: INTERRUPT, bit: InterruptBit.ATTENTION };
  const until = performance.now() + LONGEST_START_MS;
  // Of node:worker_threads, since only those do not keep the process alive.
  const { Worker } = threads();
  new Worker(`(${tick})(require("node:worker_threads").workerData);`, { eval: true, workerData }).unref();
  while (Atomics.load(order, 1) === 0 && performance.now() < until) Atomics.wait(order, 1, 0, 10);
  return () => {
    Atomics.store(order, 0, 1);
    Atomics.notify(order, 0);
  };
}
