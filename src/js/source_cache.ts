// Which sources of functions are kept for further instances: those that were asked for last. Takes the maps that they stand in, which it keeps none of alive, and takes out what is too much.
// A function that was made of a source works on without it; its places in stack traces stay known as long as there is the function.

import { type CacheFigures, LruCache } from "../base/lru_cache.ts";

/** The most characters by default; what V8 makes of them comes on top. */
const DEFAULT_CHARACTERS = 32 * 1024 * 1024;

interface Kept {
  readonly sources: WeakRef<Map<string, object>>;
  readonly key: string;
}
const CACHE = new LruCache<number, Kept>(DEFAULT_CHARACTERS, {
  evicted: (_, { sources, key }) => void sources.deref()?.delete(key),
});
/** By which the cache knows a source. */
const NUMBERS = new WeakMap<object, number>();
let lastNumber = 0;
const UNUSED = new FinalizationRegistry<number>((number) => void CACHE.delete(number));
/** The source of each function that was made of one. */
const SOURCES = new WeakMap<object, object>();

/** A source was asked for: found or, if it is undefined, not there. */
export function useSource(source: object | undefined): void {
  CACHE.get((source && NUMBERS.get(source)) ?? 0);
}

/** Takes note of a source that was made; `sources` has it by `key`. */
export function keepSource(sources: Map<string, object>, key: string, source: object, characters: number): void {
  const number = ++lastNumber;
  NUMBERS.set(source, number);
  UNUSED.register(sources, number);
  CACHE.set(number, { sources: new WeakRef(sources), key }, characters);
}

/** Has a source stay known as long as one of the functions is there that were made of it. */
export function holdSource(functions: readonly object[], source: object): void {
  for (const f of functions) SOURCES.set(f, source);
}

/** What the cache holds and did, for all engines of a thread; bytes are characters. */
export function sourceCache(): CacheFigures {
  return CACHE.figures;
}
/** Sets the most characters of sources that are kept. Throws RangeError for what is no size. */
export function setSourceCacheBytes(bytes: number): void {
  CACHE.limit = bytes;
}
