// The cache of register code: its limit, what goes, and what must stay since frames are in it.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Engine, promising, Suspending } from "../../mod.ts";

const MANY = 200;
const body = (n: number) =>
  `(func $f${n} (export "f${n}") (param $x i32) (param $n i32) (result i32)
    (loop $l
      (local.set $x (i32.add (i32.mul (local.get $x) (i32.const ${n + 3})) (i32.const ${n})))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))`;
const SOURCE = `(module
  (import "h" "ask" (func $ask (param i32) (result i32)))
  ${Array.from({ length: MANY }, (_, n) => body(n)).join("\n")}
  (func $deep (export "deep") (param $n i32) (result i32)
    (if (result i32) (local.get $n)
      (then (i32.add (call $deep (i32.sub (local.get $n) (i32.const 1))) (call $f7 (local.get $n) (i32.const 2))))
      (else (call $ask (local.get $n)))))
  (func (export "all") (result i32) (local $x i32)
    ${Array.from({ length: MANY }, (_, n) => `(local.set $x (call $f${n} (local.get $x) (i32.const 3)))`).join(" ")}
    (local.get $x)))`;

function load(tier: "interp" | "fast", ask: unknown = (n: number) => n) {
  return new Engine({ tier }).load(SOURCE, { h: { ask } });
}
/** Runs `f` with a limit of the cache, which is as before then. */
async function limited(bytes: number, f: () => unknown): Promise<void> {
  const before = Engine.translationCacheBytes;
  Engine.translationCacheBytes = bytes;
  try {
    await f();
  } finally {
    Engine.translationCacheBytes = before;
  }
}
const figures = () => new Engine().caches.translations;

Deno.test("what is translated counts as a miss, and what is asked for again by another instance as a hit", () => {
  const engine = new Engine({ tier: "fast" }), module = engine.compile(SOURCE);
  const [first, second] = [0, 1].map(() => engine.instantiate(module, { h: { ask: (n: number) => n } }));
  const before = figures();
  first.exports.f1(1, 1);
  const between = figures();
  second.exports.f1(1, 1);
  const after = figures();
  assertEquals([between.misses - before.misses, between.entries - before.entries], [1, 1]);
  assert(between.bytes > before.bytes);
  assertEquals([after.misses, after.hits - between.hits], [between.misses, 1]);
});

Deno.test("in a small cache functions go and are translated again, and results stay", async () => {
  const expected = load("interp").exports.all();
  const instance = load("fast");
  await limited(4000, () => {
    const { evictions } = figures();
    for (let i = 0; i < 5; i++) assertEquals(instance.exports.all(), expected);
    const after = figures();
    assert(after.evictions - evictions > MANY);
    // One function larger than that runs, too.
    assert(after.bytes <= 4000);
  });
  assertEquals(instance.exports.all(), expected);
});

Deno.test("without a cache functions of tier fast are interpreted", async () => {
  const expected = load("interp").exports.all();
  const instance = load("fast");
  await limited(0, () => {
    assertEquals(instance.exports.all(), expected);
    assertEquals(figures().bytes, 0);
  });
  const { misses } = figures();
  assertEquals(instance.exports.all(), expected);
  assert(figures().misses > misses);
  assertThrows(() => Engine.translationCacheBytes = -1, RangeError, "limit of a cache");
});

Deno.test("a function with frames keeps its code when all else goes", async () => {
  const expected = load("interp").exports.deep(50);
  const before = Engine.translationCacheBytes;
  const instance = load("fast", (n: number) => {
    Engine.translationCacheBytes = 0;
    // New code may lie where the old was.
    Engine.translationCacheBytes = before;
    load("fast").exports.all();
    return n;
  });
  await limited(before, () => assertEquals(instance.exports.deep(50), expected));
  assertEquals(instance.exports.deep(50), expected);
});

Deno.test("so does one whose frames are parked", async () => {
  const expected = load("interp").exports.deep(20);
  let go = (_: number) => {};
  const instance = load("fast", new Suspending(() => new Promise<number>((resolve) => go = resolve)));
  const result = promising(instance.exports.deep as (n: number) => number)(20);
  const full = figures().entries;
  await limited(0, () => {
    assert(figures().entries < full);
    assert(figures().entries > 0);
  });
  load("fast").exports.all();
  go(0);
  assertEquals(await result, expected);
  await limited(0, () => assertEquals(figures().entries, 0));
});
