// What JavaScript lets go of is given back, although nobody disposes of anything here; what it still holds any part of stays.

import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import v8 from "node:v8";
import vm from "node:vm";
import { createWebAssembly } from "../../src/js_api/namespace.ts";
import { type Namespace, wasm } from "./namespaces.ts";

v8.setFlagsFromString("--expose-gc");
const collectJavaScript: () => void = vm.runInNewContext("gc");

/** Lets V8 find what is unreachable, and run what waits for that. */
async function settle(): Promise<void> {
  for (let i = 0; i < 2; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    collectJavaScript();
  }
  await new Promise((resolve) => setTimeout(resolve, 5));
}

const MODULE = wasm(`(module (memory (export "memory") 1) (table (export "table") 2 funcref) (elem (i32.const 0) $f)
  (global (export "global") (mut i32) (i32.const 3)) (tag (export "tag"))
  (func $f (export "f") (result i32) (i32.load (i32.const 0))) (data (i32.const 0) "\\2a"))`);

const make = (W: Namespace) => new W.Instance(new W.Module(MODULE));

for (const tier of ["interp", "jit"] as const) {
  Deno.test(`${tier}: instances that JavaScript forgot are collected, and their memories with them`, async () => {
    const W = createWebAssembly({ tier, collectAfterDisposals: 1 });
    const forgotten: WeakRef<object>[] = [];
    let last: Namespace;
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 40; i++) {
        last = make(W);
        forgotten.push(new WeakRef(last));
      }
      await settle();
    }
    const alive = forgotten.filter((r) => r.deref() !== undefined).length;
    assert(alive < 60, `${alive} of 120 instances are alive`);
    assertEquals(last.exports.f(), 42);
  });

  Deno.test(`${tier}: what an instance exports works on when nothing else of it is left`, async () => {
    const W = createWebAssembly({ tier, collectAfterDisposals: 1 });
    const { f } = make(W).exports;
    const { memory } = make(W).exports;
    const { table } = make(W).exports;
    const { global } = make(W).exports;
    const { buffer } = make(W).exports.memory;
    const other = make(W);
    other.exports.table.set(1, make(W).exports.f);
    for (let i = 0; i < 2; i++) {
      make(W);
      await settle();
    }
    assertEquals(f(), 42);
    assertEquals([new Uint8Array(memory.buffer)[0], new Uint8Array(buffer)[0], buffer.detached], [42, 42, false]);
    assertEquals([global.value, global.value = 8, global.value], [3, 8, 8]);
    const first = table.get(0);
    assertEquals([first(), other.exports.table.get(1)()], [42, 42]);
    assertStrictEquals(table.get(0), first);
    assertStrictEquals(other.exports.table.get(0), other.exports.f);
  });

  Deno.test(`${tier}: what a start function gave away works on after it failed`, async () => {
    const W = createWebAssembly({ tier, collectAfterDisposals: 1 });
    const module = new W.Module(wasm(`(module (import "m" "give" (func $give (param funcref))) (memory 1)
      (func $f (result i32) (i32.load8_u (i32.const 0))) (elem declare func $f)
      (func $start (i32.store8 (i32.const 0) (i32.const 9)) (call $give (ref.func $f)) unreachable) (start $start))`));
    let given: () => number;
    assertThrows(() => new W.Instance(module, { m: { give: (f: () => number) => void (given = f) } }), W.RuntimeError);
    for (let i = 0; i < 2; i++) {
      make(W);
      await settle();
    }
    assertEquals(given!(), 9);
  });

  Deno.test(`${tier}: host functions that an instance imports live as long as it does`, async () => {
    const W = createWebAssembly({ tier, collectAfterDisposals: 1 });
    const text = wasm(
      `(module (import "m" "h" (func $h (result i32))) (export "h" (func $h)) (func (export "f") (result i32) (call $h)))`,
    );
    const module = new W.Module(text);
    const { f } = new W.Instance(module, { m: { h: () => 5 } }).exports;
    const { h } = new W.Instance(module, { m: { h: () => 6 } }).exports;
    for (let i = 0; i < 2; i++) {
      make(W);
      await settle();
    }
    assertEquals([f(), h()], [5, 6]);
  });
}
