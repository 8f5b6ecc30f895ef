// What nobody holds any more is given back: code of modules, engines with their stores and stacks, things the host made. And what is left when code memory runs out.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Engine, type Instance, ResourceError, Suspending } from "../../mod.ts";
import { startNative } from "../../src/abi/native.ts";
import { innerInstance } from "../../src/api/instance.ts";
import type { CodeChunk } from "../../src/platform/executable_memory.ts";
import { testNative } from "../skip.ts";
import { testInTiers } from "./tiers.ts";

/** Has V8 collect, and lets finalizers run. */
async function forget(): Promise<void> {
  setFlagsFromString("--expose-gc");
  // Only contexts made after it heed the flag.
  const gc = runInNewContext("gc") as () => void;
  for (let i = 0; i < 5; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A module of its own for each `k`. */
const small = (k: number) =>
  `(module (memory 1) (func (export "f") (result i32) (i32.add (i32.load (i32.const 0)) (i32.const ${k}))))`;

testNative("code goes with its module, and with its engine", async () => {
  const { memory } = startNative();
  const engine = new Engine({ tier: "jit" });
  const kept = engine.compile(small(7));
  assertEquals(engine.instantiate(kept).exports.f(), 7);
  await forget();
  const before = memory.available;
  for (let k = 0; k < 100; k++) {
    const instance = engine.load(small(k));
    assertEquals(instance.exports.f(), k);
    instance.dispose();
  }
  engine.gc();
  for (let k = 0; k < 100; k++) assertEquals(new Engine({ tier: "jit" }).instantiate(kept).exports.f(), 7);
  const used = before - memory.available;
  assert(used > 0);
  await forget();
  // A stack or an inline cache may still hold the last ones.
  assert(before - memory.available < used / 10, `${before - memory.available} of ${used} bytes stayed`);
});

testNative("thunks of many signatures count as their engine's code, and go with it", async () => {
  const { memory } = startNative();
  /** Host functions of `count` signatures, which need exit thunks of some 10,000 bytes. */
  const load = (from: number, count: number, maxCodeBytes?: number) =>
    new Engine({ tier: "jit", maxCodeBytes }).load(
      `(module ${
        Array.from({ length: count }, (_, i) => `(import "h" "f" (func (param ${"i64 ".repeat(from + i)})))`).join("")
      })`,
      { h: { f: () => {} } },
    );
  // From then on, thunks that all engines have in common are as many as may be.
  load(500, 250);
  await forget();
  const before = memory.available;
  assertThrows(() => load(800, 40, 65536 * 2), ResourceError, "maxCodeBytes");
  for (let k = 0; k < 5; k++) load(800, 40);
  assert(memory.available < before - 5 * 131072);
  await forget();
  assert(memory.available > before - 5 * 131072, `${before - memory.available} bytes stayed`);
});

testNative(
  "stacks on which forgotten calls wait, or that an exhausted JavaScript stack left behind, do not count as used for ever",
  async () => {
    const { stacks } = startNative();
    await forget();
    const before = stacks.live;
    const source = `(module (import "h" "wait" (func $wait)) (func (export "f") (call $wait)))`;
    for (let k = 0; k < 50; k++) {
      const waiting = new Engine({ tier: "jit" }).load(source, {
        h: { wait: new Suspending(() => new Promise(() => {})) },
      });
      waiting.func("f").callAsync();
    }
    const { f } = new Engine({ tier: "jit" }).load(source, { h: { wait() {} } }).exports;
    const exhaust = () => {
      try {
        exhaust();
      } catch { /* It is to be called at every depth. */ }
      try {
        f();
      } catch { /* As here. */ }
    };
    for (let k = 0; k < 20; k++) exhaust();
    await forget();
    // An idle stack of the last engine.
    assert(stacks.live <= before + 3, `${stacks.live - before} stacks stayed`);
  },
);

testNative("when code memory is scarce, modules without instances lose their code, and the others run on", () => {
  const { memory } = startNative();
  const engine = new Engine({ tier: "jit" });
  const first = engine.load(small(1000));
  assertEquals(first.exports.f(), 1000);
  const module = engine.compile(small(2000));
  for (let i = 0; i < 3; i++) {
    using instance = engine.instantiate(module);
    assertEquals(instance.exports.f(), 2000);
  }
  engine.gc();
  const taken: CodeChunk[] = [];
  for (let bytes = 2 ** 26; bytes >= 2 ** 16; bytes /= 2) {
    try {
      while (memory.available - bytes >= 2 ** 21) taken.push(memory.allocate(bytes));
    } catch (error) {
      // The range is in pieces; smaller ones may fit.
      if (!(error instanceof ResourceError)) throw error;
    }
  }
  try {
    for (let k = 0; k < 100; k++) {
      using instance = engine.load(small(k));
      assertEquals(instance.exports.f(), k);
      if (k % 16 === 15) engine.gc();
    }
    engine.gc();
    assertEquals([first.exports.f(), engine.instantiate(module).exports.f()], [1000, 2000]);
    const live: Instance[] = [];
    for (let k = 0; k < 100; k++) {
      live.push(engine.load(small(k)));
      assertEquals(live[k].exports.f(), k);
    }
    // Those that run now and then take turns.
    assert(engine.caches.code!.evictions > 0 && engine.caches.code!.entries > 10);
    assertEquals([first.exports.f(), live[0].exports.f()], [1000, 0]);
    const last = live.at(-1)!;
    last.setTier("interp");
    assertEquals(last.exports.f(), live.length - 1);
    for (const instance of live) instance.dispose();
    engine.gc();
    assertEquals(engine.load(small(5)).exports.f(), 5);
  } finally {
    for (const chunk of taken) memory.free(chunk);
  }
});

testInTiers("what the host made goes when neither the host nor an instance holds it", async ({ engine, load }) => {
  const memory = engine.memory({ minimum: 1 });
  const made = () => {
    const table = engine.table({ element: "externref", minimum: 10_000 });
    table.set(0, { name: "only the table holds it" });
    const user = load(
      `(module (import "h" "t" (table 1 externref)) (import "h" "g" (global i64)) (import "h" "m" (memory 1))
      (func (export "f") (result i64) (global.get 0)))`,
      { h: { t: table, g: 5n, m: memory } },
    );
    assertEquals(user.exports.f(), 5n);
    user.dispose();
  };
  for (let i = 0; i < 20; i++) made();
  engine.gc();
  await forget();
  assert(engine.gc().freed >= 18);
  assertEquals([memory.pages, engine.gc().instances], [1, 0]);
});

testInTiers("engines by the hundred give back their stores", async ({ another }) => {
  const bytes = () => Number(Deno.readTextFileSync("/proc/self/statm").split(" ")[0]) * 4096;
  if (Deno.build.os !== "linux") return;
  const make = () => {
    const instance = another().load(small(3));
    assertEquals(instance.exports.f(), 3);
  };
  for (let i = 0; i < 20; i++) make();
  await forget();
  const before = bytes();
  for (let i = 0; i < 200; i++) make();
  await forget();
  // A store reserves more than 2 GiB.
  assert(bytes() - before < 50 * 2 ** 31, `${bytes() - before} bytes stayed`);
});

testInTiers("an engine goes although its host functions know its instances and executions", async ({ engine }) => {
  const { tier } = engine, stores: WeakRef<object>[] = [];
  const make = () => {
    const made = new Engine({ tier });
    const known: unknown[] = [];
    const instance: Instance = made.load(
      `(module (import "h" "f" (func $f (result i32))) (memory (export "m") 1) (func (export "f") (result i32) (call $f))
      (func (export "spin") (loop (br 0))))`,
      { h: { f: () => instance.memory("m").pages + known.length } },
    );
    const execution = instance.func("spin").start();
    known.push(execution);
    execution.resume({ deadlineMs: 1 });
    assertEquals(instance.exports.f(), 2);
    assertEquals(instance.memory("m").buffer.byteLength, 65536);
    stores.push(new WeakRef(innerInstance(instance).store));
  };
  for (let i = 0; i < 10; i++) make();
  await forget();
  // A stack or an inline cache may still hold the last one.
  assert(stores.filter((s) => s.deref() !== undefined).length <= 1);
});
