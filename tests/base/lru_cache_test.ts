import { assertEquals, assertThrows } from "@std/assert";
import { LruCache } from "../../src/base/lru_cache.ts";

Deno.test("LruCache drops what was used longest ago once it is full, and counts", () => {
  const gone: string[] = [];
  const cache = new LruCache<string, number>(10, { evicted: (key) => gone.push(key) });
  cache.set("a", 1, 4);
  cache.set("b", 2, 4);
  assertEquals(cache.get("a"), 1);
  cache.set("c", 3, 4);
  assertEquals([gone, cache.get("b"), cache.get("a"), cache.get("c")], [["b"], undefined, 1, 3]);
  assertEquals(cache.figures, { entries: 2, bytes: 8, limit: 10, hits: 3, misses: 1, evictions: 1 });
  cache.limit = 4;
  assertEquals([gone, cache.figures.bytes], [["b", "a"], 4]);
});

Deno.test("LruCache replaces a value with its bytes, and keeps none that is larger than the limit", () => {
  const cache = new LruCache<string, number>(10);
  cache.set("a", 1, 9);
  cache.set("a", 2, 3);
  assertEquals([cache.figures.bytes, cache.peek("a")], [3, 2]);
  cache.set("b", 3, 11);
  assertEquals([cache.peek("b"), cache.peek("a"), cache.figures.evictions], [undefined, 2, 1]);
  assertEquals([cache.delete("a"), cache.delete("a"), cache.figures.bytes], [true, false, 0]);
});

Deno.test("LruCache keeps what may not go, beyond its limit if need be", () => {
  const cache = new LruCache<string, number>(5, { mayEvict: (key) => key !== "fixed" });
  cache.set("fixed", 1, 4);
  cache.set("other", 2, 4);
  assertEquals([cache.peek("fixed"), cache.peek("other"), cache.figures.bytes], [1, undefined, 4]);
});

Deno.test("LruCache refuses a limit that is no number of bytes", () => {
  assertThrows(() => new LruCache(-1), RangeError, "from 0 on");
  assertThrows(() => new LruCache(NaN), RangeError);
});
