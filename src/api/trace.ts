// The public Trace: events about what an instance does, while it does it.

import type { Tracer } from "../debug/trace.ts";

/** The public object for a trace that began. */
export let publicTrace: (inner: Tracer) => Trace;

/** A trace of an instance, made by `Instance.trace()`. It goes on until it is stopped; `using` stops it. */
export class Trace implements Disposable {
  readonly #inner: Tracer;

  private constructor(inner: Tracer) {
    this.#inner = inner;
  }
  static {
    publicTrace = (inner) => new Trace(inner);
  }

  /** Events so far. */
  get events(): number {
    return this.#inner.events;
  }
  /** Ends it: functions go back to the tier where they would be without it. Does nothing the second time. */
  stop(): void {
    this.#inner.stop();
  }
  /** As stop(). */
  [Symbol.dispose](): void {
    this.stop();
  }
}
