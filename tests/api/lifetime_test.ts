// What JavaScript lets go of is given back, although nobody disposes of it; what it still holds any part of stays.

import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import v8 from "node:v8";
import vm from "node:vm";
import { Engine, Suspending, type TierName } from "../../mod.ts";

v8.setFlagsFromString("--expose-gc");
const collectJavaScript: () => void = vm.runInNewContext("gc");
const tiers: TierName[] = Engine.nativeUnavailable === undefined ? ["interp", "jit"] : ["interp"];

async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    collectJavaScript();
  }
  await new Promise((resolve) => setTimeout(resolve, 5));
}

const MODULE = `(module (memory (export "memory") 1) (table (export "table") 2 funcref)
  (global (export "global") (mut i32) (i32.const 3)) (tag (export "tag"))
  (func $f (export "f") (result i32) (i32.load (i32.const 0))) (data (i32.const 0) "\\2a"))`;

for (const tier of tiers) {
  Deno.test(`${tier}: instances that JavaScript has nothing of are collected, without dispose()`, async () => {
    const engine = new Engine({ tier });
    const module = engine.compile(MODULE);
    (() => {
      for (let i = 0; i < 20; i++) engine.instantiate(module).exports.f();
    })();
    const last = engine.instantiate(module);
    await settle();
    const { instances, instancesFreed } = engine.gc();
    assert(instances < 5 && instancesFreed > 15, `${instances} left, ${instancesFreed} freed`);
    assertEquals(last.exports.f(), 42);
    assertEquals(last.func("f").call(), 42);
  });

  Deno.test(`${tier}: whatever an instance exports keeps it`, async () => {
    const engine = new Engine({ tier });
    const held = (() => {
      const make = () => engine.load(MODULE);
      const other = make();
      other.table("table").set(1, make().exports.f);
      return {
        f: make().exports.f,
        memory: make().memory("memory"),
        buffer: make().memory("memory").buffer as ArrayBuffer,
        table: make().table("table"),
        global: make().global("global"),
        func: make().func("f"),
        bound: make().func("f").bind(),
        exports: make().exports,
        other,
      };
    })();
    await settle();
    assertEquals(engine.gc().instancesFreed, 0);
    assertEquals([held.f(), held.func.call(), held.bound.call(), held.exports.f()], [42, 42, 42, 42]);
    assertEquals([held.memory.read(0, 1)[0], new Uint8Array(held.buffer)[0], held.buffer.detached], [42, 42, false]);
    held.global.value = 9;
    assertEquals([held.global.value, held.table.length], [9, 2]);
    // A function that is taken out of a table is in use like any other.
    const taken = held.other.table("table").get(1) as () => number;
    await settle();
    engine.gc();
    assertEquals(taken(), 42);
    assertStrictEquals(held.exports.f, held.exports.f);
  });

  Deno.test(`${tier}: an instance that was disposed of stays so, whatever JavaScript has of it`, async () => {
    const engine = new Engine({ tier });
    const instance = engine.load(MODULE);
    const { f } = instance.exports;
    instance.dispose();
    await settle();
    assertEquals(engine.gc().instancesFreed, 1);
    assertThrows(f, TypeError, "was disposed of");
  });

  Deno.test(`${tier}: a call that waits keeps its instance`, async () => {
    const engine = new Engine({ tier });
    const { promise, resolve } = Promise.withResolvers<number>();
    const running = (() =>
      engine.load(
        `(module (import "" "wait" (func $w (result i32))) (global $g (mut i32) (i32.const 40))
          (func (export "f") (result i32) (i32.add (call $w) (global.get $g))))`,
        { "": { wait: new Suspending(() => promise) } },
      ).func("f").callAsync())();
    await settle();
    engine.gc();
    resolve(2);
    assertEquals(await running, 42);
  });
}

for (const tier of tiers) {
  Deno.test(`${tier}: functions of an instance that was disposed of cannot be called from JavaScript, but by Wasm that has them`, () => {
    const engine = new Engine({ tier });
    const table = engine.table({ element: "funcref", minimum: 1 });
    const first = engine.load(
      `(module (import "m" "t" (table 1 funcref)) (elem (i32.const 0) $f)
        (func $f (export "f") (result i32) (i32.const 7)))`,
      { m: { t: table } },
    );
    const second = engine.load(
      `(module (import "m" "t" (table 1 funcref)) (type $f (func (result i32)))
        (func (export "through") (result i32) (call_indirect (type $f) (i32.const 0))))`,
      { m: { t: table } },
    );
    const { f } = first.exports;
    assertEquals(f(), 7);
    first.dispose();
    const message = "f belongs to an instance that was disposed of";
    for (let round = 0; round < 2; round++) {
      assertThrows(() => f(), TypeError, message);
      assertEquals(second.exports.through(), 7);
      engine.gc();
    }
  });
}
