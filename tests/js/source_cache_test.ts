// The cache of sources of tier js: its figures, and that functions go on whose source is gone.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Engine, Trap } from "../../mod.ts";

const SOURCE = `(module
  (func $inner (param i32) (result i32) (i32.div_u (i32.const 7) (local.get 0)))
  (func (export "outer") (param i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.const 1))))`;
const figures = () => new Engine().caches.sources;

Deno.test("sources are kept for further instances, and what is too much goes", () => {
  const engine = new Engine({ tier: "js" }), module = engine.compile(SOURCE), before = Engine.sourceCacheBytes;
  const first = engine.instantiate(module), { misses, hits, evictions } = figures();
  assertEquals(first.exports.outer(7), 2);
  assertEquals([figures().misses - misses, figures().hits - hits], [2, 0]);
  assertEquals(engine.instantiate(module).exports.outer(7), 2);
  assertEquals([figures().misses - misses, figures().hits - hits], [2, 2]);
  try {
    Engine.sourceCacheBytes = 0;
    assertEquals([figures().entries, figures().bytes], [0, 0]);
    assert(figures().evictions >= evictions + 2);
    // What was made of them runs on, and is made anew for others.
    assertEquals(first.exports.outer(3), 3);
    assertEquals(engine.instantiate(module).exports.outer(3), 3);
    assertEquals(figures().misses - misses, 4);
    assertThrows(() => Engine.sourceCacheBytes = NaN, RangeError, "limit of a cache");
  } finally {
    Engine.sourceCacheBytes = before;
  }
});

Deno.test("a trap names functions whose source is gone", () => {
  const { exports } = new Engine({ tier: "js" }).load(SOURCE), before = Engine.sourceCacheBytes;
  const frames = () => assertThrows(() => exports.outer(0), Trap).frames.map((f) => [f.index, f.offset, f.tier]);
  exports.outer(1);
  const expected = frames();
  assertEquals(expected.length, 2);
  try {
    Engine.sourceCacheBytes = 0;
    // deno-lint-ignore no-explicit-any
    (globalThis as any).gc?.();
    assertEquals(frames(), expected);
  } finally {
    Engine.sourceCacheBytes = before;
  }
});
