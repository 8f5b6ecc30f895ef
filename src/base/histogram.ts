// A histogram of durations: takes milliseconds, gives percentiles to within 5 percent, in memory that does not grow with their number.

/** Buckets per doubling: neighbours are 4.4 percent apart. */
const PER_DOUBLING = 16;
/** From a nanosecond to some twelve days. */
const BUCKETS = 50 * PER_DOUBLING;
const NANOSECONDS = 1e6;

/** Durations in milliseconds. */
export class Histogram {
  readonly #buckets = new Float64Array(BUCKETS);
  /** How many were recorded. */
  count = 0;
  /** Their sum. */
  total = 0;
  /** The longest. */
  longest = 0;

  /** Adds a duration. */
  record(ms: number): void {
    const at = Math.floor(Math.log2(Math.max(1, ms * NANOSECONDS)) * PER_DOUBLING);
    this.#buckets[Math.min(BUCKETS - 1, at)]++;
    this.count++;
    this.total += ms;
    if (ms > this.longest) this.longest = ms;
  }

  /** The duration that a part of all, from 0 to 1, did not exceed; 0 if there are none. */
  percentile(part: number): number {
    if (this.count === 0) return 0;
    const wanted = Math.max(1, Math.ceil(part * this.count));
    let seen = 0, at = 0;
    while (at < BUCKETS - 1 && (seen += this.#buckets[at]) < wanted) at++;
    // The middle of the bucket.
    return Math.min(this.longest, 2 ** ((at + 0.5) / PER_DOUBLING) / NANOSECONDS);
  }
}
