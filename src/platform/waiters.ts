// Who waits at which address of a shared memory, in words that all its Workers share: so that a notification finds those, too, that are not in V8's line at the
// moment, since they look whether they were interrupted. Takes addresses in bytes; waiting itself is runtime/'s affair.

/** Layout in 32-bit words, from the first on. */
const LOCK = 0;
/** Entries that were ever used. */
const COUNT = 1;
const HEADER_WORDS = 4;
/** Words of an entry: where its thread is, whether it is to wake and since when (milliseconds, the low bits), and the address. */
const WHERE = 0, MARK = 1, SINCE = 2, LOW = 3, HIGH = 4;
const ENTRY_WORDS = 8;
const CAPACITY = 127;
/** Bytes of the words. */
export const WAITERS_BYTES = 4 * (HEADER_WORDS + CAPACITY * ENTRY_WORDS);

/** Where the thread of an entry is: the entry is free; in V8's line, or about to come or go; certainly not in the line. */
const Where = { FREE: 0, LINE: 1, OUT: 2 } as const;
/**
 * Whether the thread of an entry is to wake. There are as many marks at an address as threads that were woken and have not gone yet, but V8 does not tell whom it
 * woke: TOLD means one of those that were in the line, and is passed on by a thread that was not woken. SURE means the thread of the entry.
 */
const Mark = { NONE: 0, TOLD: 1, SURE: 2 } as const;

/** Milliseconds after which whoever V8 woke has run: a mark that is still passed on then is for anybody, since V8 woke one that was to wake already, or JavaScript's. */
const RUN_MS = 1000;
/** Milliseconds after which a lock counts as left behind by a thread that was ended. */
const PATIENCE_MS = 1000;

/** The waiters of one memory. */
export class Waiters {
  readonly #words: Int32Array;

  /** Takes `WAITERS_BYTES` from an offset on, zero at first, and a clock that all threads have, in milliseconds. */
  constructor(buffer: SharedArrayBuffer, offset: number, readonly now: () => number = Date.now) {
    this.#words = new Int32Array(buffer, offset, WAITERS_BYTES / 4);
  }

  /** Enters this thread as one that is about to come into V8's line; gives its entry, or -1 when there are too many. */
  enter(address: number): number {
    const words = this.#words;
    return this.#locked(() => {
      for (let i = 0; i < CAPACITY; i++) {
        const at = HEADER_WORDS + ENTRY_WORDS * i;
        if (words[at + WHERE] !== Where.FREE) continue;
        words[at + MARK] = Mark.NONE;
        words[at + LOW] = address | 0;
        words[at + HIGH] = Math.floor(address / 2 ** 32);
        words[at + WHERE] = Where.LINE;
        if (i >= words[COUNT]) words[COUNT] = i + 1;
        return at;
      }
      return -1;
    });
  }

  /** Whether the thread of `entry`, which has left the line, is to wake; `woken`: V8 says so. If not, it may come back by {@link again} or go by {@link leave}. */
  isToWake(entry: number, woken: boolean): boolean {
    const words = this.#words;
    return this.#locked(() => {
      if (words[entry + MARK] === Mark.SURE) return true;
      const told = words[entry + MARK] === Mark.TOLD;
      if (woken) {
        // Its mark may be another's. If nobody has one, JavaScript has woken it.
        const other = told ? -1 : this.#find(entry, (at) => words[at + MARK] !== Mark.NONE);
        if (other >= 0) words[other + MARK] = Mark.NONE;
        return true;
      }
      words[entry + WHERE] = Where.OUT;
      if (!told) return false;
      const other = this.#find(entry, (at) => words[at + WHERE] === Where.LINE && words[at + MARK] === Mark.NONE);
      const age = ((this.now() | 0) - words[entry + SINCE]) | 0;
      if (other < 0 || age > RUN_MS) return true;
      words[other + MARK] = Mark.TOLD;
      words[other + SINCE] = words[entry + SINCE];
      words[entry + MARK] = Mark.NONE;
      return false;
    });
  }

  /** Says that the thread goes into the line again; false if it is to wake instead. */
  again(entry: number): boolean {
    const words = this.#words;
    return this.#locked(() => {
      if (words[entry + MARK] !== Mark.NONE) return false;
      words[entry + WHERE] = Where.LINE;
      return true;
    });
  }

  /** Takes the entry of this thread away; gives whether it was woken meanwhile. `passesOn`: what cannot count as woken has another wake instead, if there is one. */
  leave(entry: number, passesOn: boolean): boolean {
    const words = this.#words;
    return this.#locked(() => {
      words[entry + WHERE] = Where.FREE;
      if (words[entry + MARK] === Mark.NONE) return false;
      const other = passesOn ? this.#find(entry, (at) => words[at + MARK] === Mark.NONE) : -1;
      if (other >= 0) words[other + MARK] = Mark.SURE;
      return true;
    });
  }

  /** Wakes `count` threads that wait at an address; `notify` wakes those in V8's line, and gives how many. Gives how many there were in all. */
  notify(address: number, count: number, notify: () => number): number {
    const words = this.#words;
    // Nobody has ever waited, or not so that it would have to be known.
    if (Atomics.load(words, COUNT) === 0) return notify();
    return this.#locked(() => {
      let woken = notify(), told = woken;
      const isHere = (at: number, marked: boolean) =>
        words[at + LOW] === (address | 0) && words[at + HIGH] === Math.floor(address / 2 ** 32) &&
        (words[at + MARK] !== Mark.NONE) === marked;
      for (let at = HEADER_WORDS; told > 0 && at < this.#end; at += ENTRY_WORDS) {
        if (words[at + WHERE] !== Where.LINE || !isHere(at, false)) continue;
        words[at + MARK] = Mark.TOLD;
        words[at + SINCE] = this.now() | 0;
        told--;
      }
      // Those that were to wake already, and came into the line nevertheless.
      for (let at = HEADER_WORDS; told > 0 && at < this.#end; at += ENTRY_WORDS) {
        if (words[at + WHERE] !== Where.LINE || !isHere(at, true)) continue;
        woken--;
        told--;
      }
      // If more are to wake, the line is empty now: who is left was not in it.
      for (const where of [Where.OUT, Where.LINE]) {
        for (let at = HEADER_WORDS; woken < count && at < this.#end; at += ENTRY_WORDS) {
          if (words[at + WHERE] !== where || !isHere(at, false)) continue;
          words[at + MARK] = Mark.SURE;
          woken++;
        }
      }
      return woken;
    });
  }

  get #end(): number {
    return HEADER_WORDS + ENTRY_WORDS * Math.min(this.#words[COUNT], CAPACITY);
  }

  /** Another entry at the address of one, for which `is` holds; -1 if there is none. */
  #find(entry: number, is: (at: number) => boolean): number {
    const words = this.#words;
    for (let at = HEADER_WORDS; at < this.#end; at += ENTRY_WORDS) {
      const isThere = words[at + LOW] === words[entry + LOW] && words[at + HIGH] === words[entry + HIGH];
      if (at !== entry && isThere && words[at + WHERE] !== Where.FREE && is(at)) return at;
    }
    return -1;
  }

  #locked<T>(f: () => T): T {
    const words = this.#words;
    // Held for microseconds, and the main thread may not be allowed to wait.
    if (Atomics.compareExchange(words, LOCK, 0, 1) !== 0) {
      const began = performance.now();
      while (Atomics.compareExchange(words, LOCK, 0, 1) !== 0) if (performance.now() - began > PATIENCE_MS) break;
    }
    try {
      return f();
    } finally {
      Atomics.store(words, LOCK, 0);
    }
  }
}
