// The deadline of this isolate: until when the Wasm code may run that is called now. While machine code runs, nothing of JavaScript does, so a Worker
// that only waits sets a bit of the interrupt word in time; interpreters look at the clock themselves.

import { ensureStack } from "../base/js_stack.ts";
import { threads } from "./background.ts";
import { INTERRUPT, InterruptBit } from "./interrupt.ts";
import { canRunNative } from "./permissions.ts";

let deadline = Infinity;

/** The time by `performance.now()` at which what runs now is to end; Infinity if there is none. */
export function currentDeadline(): number {
  return deadline;
}

/** Whether that has passed. */
export function deadlinePassed(): boolean {
  return deadline !== Infinity && performance.now() >= deadline;
}

/** Runs `f`, with all that it calls, until `at` by `performance.now()` at most, or until the present deadline if that is earlier. */
export function withDeadline<T>(at: number, f: () => T): T {
  const before = deadline;
  if (at >= before) return f();
  deadline = at;
  try {
    setAlarm();
    return f();
  } finally {
    deadline = before;
    Atomics.and(INTERRUPT, 0, ~InterruptBit.DEADLINE);
    setAlarm();
  }
}

/** What the Worker goes by: a number that changes with each order, whether it is there, and the milliseconds from the order on. */
const order = new Int32Array(new SharedArrayBuffer(16));
const rest = new Float64Array(order.buffer, 8, 1);

let needsAlarm = false;
/** Called by who runs code that does not look at the clock itself, though no machine code can run here. */
export function requestAlarm(): void {
  if (needsAlarm) return;
  needsAlarm = true;
  if (deadline !== Infinity) setAlarm();
}

/** Has the bit set at the deadline; also after it came up too early. */
export function setAlarm(): void {
  rest[0] = deadline - performance.now();
  Atomics.add(order, 0, 1);
  if (Atomics.load(order, 1) !== 0) Atomics.notify(order, 0);
  if (deadline === Infinity || !(canRunNative() || needsAlarm) || Atomics.exchange(order, 1, 1) !== 0) return;
  try {
    watch();
  } catch (error) {
    Atomics.store(order, 1, 0);
    throw error;
  }
  rest[0] = deadline - performance.now();
  Atomics.add(order, 0, 1);
}

/** Starts the Worker. One of node:worker_threads, since only those do not keep the process alive. */
function watch(): void {
  // Where Deno loads parts of itself that it needs for that, an exhausted stack would leave them half loaded for good.
  ensureStack(16);
  const idleMs = "WorkerGlobalScope" in globalThis ? WORKER_IDLE_MS : Infinity;
  const workerData = { order, rest, word: INTERRUPT, bit: InterruptBit.DEADLINE, idleMs };
  const { Worker } = threads();
  new Worker(`(${keepTime})(require("node:worker_threads").workerData);`, { eval: true, workerData }).unref();
}

/** One that a Worker made does not end with that, but when it was not needed for as long as this. */
const WORKER_IDLE_MS = 5000;

interface Orders {
  readonly order: Int32Array<SharedArrayBuffer>;
  readonly rest: Float64Array;
  readonly word: Int32Array<SharedArrayBuffer>;
  readonly bit: number;
  readonly idleMs: number;
}

/** What the Worker runs, as source text. */
function keepTime({ order, rest, word, bit, idleMs }: Orders): void {
  for (;;) {
    const number = Atomics.load(order, 0);
    const ms = rest[0];
    if (ms < Infinity) {
      if (Atomics.wait(order, 0, number, Math.max(ms, 0)) !== "timed-out") continue;
      Atomics.or(word, 0, bit);
    }
    if (Atomics.wait(order, 0, number, idleMs) !== "timed-out") continue;
    // From now on whoever gives an order starts another, unless one came meanwhile.
    Atomics.store(order, 1, 0);
    if (Atomics.load(order, 0) === number || Atomics.exchange(order, 1, 1) !== 0) return;
  }
}
