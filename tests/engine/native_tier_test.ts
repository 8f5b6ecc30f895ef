import { assertEquals } from "@std/assert";
import { Engine } from "../../mod.ts";
import { innerFunc } from "../../src/api/func.ts";
import { innerInstance } from "../../src/api/instance.ts";
import type { JitTier } from "../../src/engine/native_tier.ts";
import { testNative } from "../skip.ts";

testNative("handlers are found anew when other code comes to stand where code was", () => {
  const engine = new Engine({ tier: "jit" });
  const places = new Set<number>();
  for (let i = 0; i < 40; i++) {
    // Like modules but for the handler: of one tag, of the other, of both, and one that hands on.
    const kind = i % 4;
    const clause = ["(catch $a $h)", "(catch $b $h)", "(catch $a $h) (catch $b $h)", ""][kind];
    const instance = engine.load(`(module (tag $a (param i32)) (tag $b (param i32))
      (func $throw (param i32) (if (local.get 0) (then (throw $a (i32.const 1)))) (throw $b (i32.const 2)))
      (func $inner (param i32) (result i32)
        (block $h (result i32) (try_table ${clause} (call $throw (local.get 0))) (unreachable)))
      (func $outer (export "f") (param i32) (result i32)
        (block $h (result i32) (try_table (catch $a $h) (catch $b $h) (return (call $inner (local.get 0)))) (unreachable))
        (i32.add (i32.const 10))))`);
    const expected = [[1, 12], [11, 2], [1, 2], [11, 12]][kind];
    for (let round = 0; round < 3; round++) assertEquals([instance.exports.f(1), instance.exports.f(0)], expected);
    places.add(innerFunc(instance.func("inner")).nativeEntry);
    const { valid, store } = innerInstance(instance);
    instance.dispose();
    engine.gc();
    (store.native as JitTier).release(valid);
  }
  // Otherwise this tests nothing.
  assertEquals(places.size < 40, true);
});

testNative("siteOf() knows the calls of Wasm functions, and nothing else", () => {
  const engine = new Engine({ tier: "jit" });
  const instance = engine.load(`(module (func $g) (func (export "f") (call $g)))`);
  instance.exports.f();
  const { store } = innerInstance(instance), jit = store.native as JitTier;
  const entry = innerFunc(instance.func("f")).nativeEntry;
  const site = jit.siteOf(entry + 8)!;
  assertEquals([site.index, site.handler, site.start], [1, -1, entry]);
  assertEquals(jit.siteOf(entry + 8), site);
  assertEquals(jit.siteOf(jit.entryThunk(innerFunc(instance.func("f"))).entry + 4), undefined);
  assertEquals(jit.siteOf(4096), undefined);
});
