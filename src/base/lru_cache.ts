// A map with a limit in bytes that drops what was used longest ago, and counts. Takes the bytes of each value from who adds it; what a value is only its user knows.

/** What a cache holds and did. */
export interface CacheFigures {
  /** Values in it. */
  readonly entries: number;
  /** Their bytes, as they were told when they were added. */
  readonly bytes: number;
  /** The most bytes it holds. */
  readonly limit: number;
  /** Times that a value was asked for and found. */
  readonly hits: number;
  /** Times that it was not there. */
  readonly misses: number;
  /** Values that went because there was no room. */
  readonly evictions: number;
}

interface Entry<V> {
  readonly value: V;
  readonly bytes: number;
}

/** How a cache lets go of values. */
export interface LruOptions<K, V> {
  /** Whether a value may go now; one that may not stays, even beyond the limit, until somebody adds another. Default: any may. */
  readonly mayEvict?: (key: K, value: V) => boolean;
  /** Told of each value that went because there was no room. */
  readonly evicted?: (key: K, value: V) => void;
}

/** Values by key, the most recently used last. */
export class LruCache<K, V> {
  readonly #entries = new Map<K, Entry<V>>();
  readonly #options: LruOptions<K, V>;
  #limit: number;
  #bytes = 0;
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  /** Takes the most bytes that it holds. Throws RangeError for what is none. */
  constructor(limit: number, options: LruOptions<K, V> = {}) {
    this.#limit = checkLimit(limit);
    this.#options = options;
  }

  /** The most bytes that it holds; a lower one drops what is too much at once. Throws RangeError for what is none. */
  get limit(): number {
    return this.#limit;
  }
  set limit(limit: number) {
    this.#limit = checkLimit(limit);
    this.#shrink();
  }

  /** The value of a key, which counts as used; undefined if it is not there. */
  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#misses++;
      return undefined;
    }
    this.#hits++;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** The same, but neither counted nor used. */
  peek(key: K): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Adds a value of so many bytes, or replaces the one of its key. One larger than the limit is not kept. */
  set(key: K, value: V, bytes: number): void {
    this.delete(key);
    if (bytes > this.#limit) {
      this.#evictions++;
      this.#options.evicted?.(key, value);
      return;
    }
    this.#entries.set(key, { value, bytes });
    this.#bytes += bytes;
    if (this.#bytes > this.#limit) this.#shrink();
  }

  /** Takes a value out, which is no eviction; false if it is not there. */
  delete(key: K): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#bytes -= entry.bytes;
    return this.#entries.delete(key);
  }

  /** Takes all out. */
  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  /** What is in it, the least recently used first. */
  *entries(): Iterable<readonly [K, V]> {
    for (const [key, { value }] of this.#entries) yield [key, value];
  }

  /** What it holds and did. */
  get figures(): CacheFigures {
    return {
      entries: this.#entries.size,
      bytes: this.#bytes,
      limit: this.#limit,
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
    };
  }

  #shrink(): void {
    const { mayEvict, evicted } = this.#options;
    for (const [key, { value, bytes }] of this.#entries) {
      if (this.#bytes <= this.#limit) return;
      if (mayEvict !== undefined && !mayEvict(key, value)) continue;
      this.#entries.delete(key);
      this.#bytes -= bytes;
      this.#evictions++;
      evicted?.(key, value);
    }
  }
}

function checkLimit(limit: number): number {
  if (limit >= 0) return limit;
  throw new RangeError(`the limit of a cache is a number of bytes from 0 on, or Infinity, not ${limit}`);
}
