// Measures how long something takes: many samples, of several calls each where one is too short for the clock; gives what `deno bench` shows of them.

/** What was measured, in milliseconds per call. */
export interface Measured {
  /** Calls in all, and per sample. */
  readonly calls: number;
  readonly perSample: number;
  readonly avg: number;
  readonly min: number;
  readonly max: number;
  readonly p75: number;
  readonly p99: number;
  readonly p995: number;
}

/** How long to measure. */
export interface MeasureOptions {
  /** Milliseconds, about. */
  readonly ms: number;
  /** The clock, in milliseconds; another one in tests. */
  readonly now?: () => number;
  /** Called between samples with the part that is done; may wait, or throw to end it. */
  readonly between?: (part: number) => void | Promise<void>;
}

/** The shortest sample, in milliseconds: the clock knows microseconds. */
const SAMPLE_MS = 0.05;
/** Part of the time that warms up and is not counted. */
const WARM_UP = 0.2;
const MIN_SAMPLES = 10;
/** Milliseconds between two times that others have a turn. */
const TURN_MS = 20;

/** Measures `call`. Throws what it throws. */
export async function measure(call: () => void, options: MeasureOptions): Promise<Measured> {
  const { ms, now = () => performance.now(), between = () => {} } = options;
  const began = now();
  let warm = 0, last = began;
  do {
    call();
    warm++;
    last = now();
  } while (last - began < ms * WARM_UP);
  const perSample = Math.max(1, Math.ceil(SAMPLE_MS / ((last - began) / warm)));
  const samples: number[] = [];
  const start = now();
  let turn = start;
  for (let at = start; samples.length < MIN_SAMPLES || at - start < ms;) {
    for (let i = 0; i < perSample; i++) call();
    const end = now();
    samples.push((end - at) / perSample);
    at = end;
    if (end - turn > TURN_MS) {
      await between(Math.min(1, (end - start) / ms));
      turn = at = now();
    }
  }
  samples.sort((a, b) => a - b);
  const quantile = (q: number) => samples[Math.min(samples.length - 1, Math.ceil(samples.length * q) - 1)];
  return {
    calls: samples.length * perSample,
    perSample,
    avg: samples.reduce((a, b) => a + b, 0) / samples.length,
    min: samples[0],
    max: samples[samples.length - 1],
    p75: quantile(0.75),
    p99: quantile(0.99),
    p995: quantile(0.995),
  };
}
