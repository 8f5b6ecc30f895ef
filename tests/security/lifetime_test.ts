// Nothing that was disposed of, or is of another engine, can be reached again: not by imports, tables, globals, tiers, nor from a frame that still runs.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Engine, LinkError, ResourceError } from "../../mod.ts";
import { testInTiers } from "./tiers.ts";

const IDENTITY = `(module (func (export "f") (param i32) (result i32) (local.get 0)))`;

testInTiers("a function that was collected is refused by imports, tables, calls and tiers", ({ engine, load }) => {
  const owner = load(IDENTITY);
  const { f } = owner.exports;
  const func = engine.funcOf(f)!;
  assertEquals(f(3), 3);
  owner.dispose();
  assertEquals(engine.gc().instancesFreed, 1);
  // Its record is taken by another function with another type.
  const { other } =
    load(`(module (func (export "other") (param f64 f64) (result f64) (f64.sub (local.get 0) (local.get 1))))`).exports;
  const user = load(`(module (type $t (func (param i32) (result i32))) (table (export "t") 2 funcref)
    (global (export "g") (mut funcref) (ref.null func))
    (func (export "through") (result i32) (call_indirect (type $t) (i32.const 5) (i32.const 0))))`);
  assertThrows(() => f(3), TypeError, "disposed");
  assertThrows(() => user.table("t").set(0, f), TypeError, "disposed");
  assertThrows(() => user.table("t").grow(1, f), TypeError, "disposed");
  assertThrows(() => user.global("g").value = f, TypeError, "disposed");
  assertThrows(() => func.tier = "interp", TypeError, "disposed");
  assertThrows(() => load(`(module (import "a" "f" (func (param i32) (result i32))))`, { a: { f } }), LinkError);
  assertEquals(other(5, 3), 2);
});

testInTiers("a global outlives the instance that defines it where another imports it", ({ engine, load }) => {
  const owner = load(`(module (global (export "g") (mut i64) (i64.const 7)))`);
  const { g } = owner.exports;
  const user = load(
    `(module (import "a" "g" (global $g (mut i64)))
    (func (export "set") (param i64) (global.set $g (local.get 0))) (func (export "get") (result i64) (global.get $g)))`,
    { a: { g } },
  );
  owner.dispose();
  assertEquals(engine.gc().instancesFreed, 0);
  const others = Array.from(
    { length: 8 },
    () => load(`(module (memory 1) (func (export "l") (result i64) (i64.load (i32.const 0))))`),
  );
  user.exports.set(0x4141414141414141n);
  for (const o of others) assertEquals(o.exports.l(), 0n);
  assertEquals([user.exports.get(), g.value], [0x4141414141414141n, 0x4141414141414141n]);
  user.dispose();
  assertEquals(engine.gc().instancesFreed, 2);
  assertThrows(() => g.value, TypeError, "disposed");
  assertThrows(() => g.value = 1n, TypeError, "disposed");
  assertThrows(() => load(`(module (import "a" "g" (global (mut i64))))`, { a: { g } }), LinkError);
});

testInTiers("tables and memories that were collected are empty and refused", ({ engine, load }) => {
  const owner = load(
    `(module (table (export "t") 10 funcref) (memory (export "m") 1) (func $f) (elem (i32.const 0) $f))`,
  );
  const t = owner.table("t"), m = owner.memory("m"), { buffer } = m;
  owner.dispose();
  engine.gc();
  assertEquals([t.length, m.pages, m.buffer.byteLength, buffer.byteLength], [0, 0, 0, 0]);
  assertThrows(() => t.get(0), RangeError);
  assertThrows(() => t.grow(1), RangeError);
  assertThrows(() => m.grow(1), RangeError);
  assertThrows(() => load(`(module (import "a" "t" (table 0 funcref)))`, { a: { t } }), LinkError);
  assertThrows(() => load(`(module (import "a" "m" (memory 0)))`, { a: { m } }), LinkError);
});

testInTiers("things of another engine are refused", ({ load, another }) => {
  const stranger = another();
  const own = stranger.load(`(module (func $f (export "f") (param i32) (result i32) (local.get 0))
    (table (export "t") 4 funcref) (elem (i32.const 0) $f) (global (export "g") (mut i32) (i32.const 1)) (memory (export "m") 1))`);
  const { t, g, m, f } = own.exports;
  const wanted = [
    [`(table 4 funcref)`, t],
    [`(global (mut i32))`, g],
    [`(memory 1)`, m],
    [`(func (param i32) (result i32))`, stranger.funcOf(f)],
  ] as const;
  for (const [type, x] of wanted) {
    assertThrows(() => load(`(module (import "a" "x" ${type}))`, { a: { x } }), LinkError);
  }
  // As a JavaScript function it is like any other.
  const user = load(
    `(module (import "a" "f" (func $f (param i32) (result i32))) (func (export "f") (result i32) (call $f (i32.const 9))))`,
    { a: { f } },
  );
  assertEquals(user.exports.f(), 9);
  assertThrows(() => load(`(module (table (export "t") 1 funcref))`).table("t").set(0, f), TypeError);
});

testInTiers("an instance stays while a frame of it runs, though nothing else refers to it", ({ engine, load }) => {
  // So many functions that no small number in a frame looks like a reference to the one in question.
  for (let i = 0; i < 300; i++) load(`(module (func))`);
  let freed = -1;
  const inner = load(
    `(module (import "h" "h" (func $h)) (memory (export "m") 1)
    (func (export "f") (result i32) (i32.store (i32.const 0) (i32.const 0x12345678)) (call $h) (i32.load (i32.const 0))))`,
    {
      h: {
        h() {
          outer.table("t").set(0, null);
          inner.dispose();
          freed = engine.gc().instancesFreed;
          for (let i = 0; i < 4; i++) load(`(module (memory 1) (data (i32.const 0) "\\55\\55\\55\\55"))`);
        },
      },
    },
  );
  const outer = load(`(module (table (export "t") 1 funcref) (type $t (func (result i32)))
    (func (export "f") (result i32) (call_indirect (type $t) (i32.const 0))))`);
  outer.table("t").set(0, inner.exports.f);
  assertEquals(outer.exports.f(), 0x12345678);
  assertEquals(freed, 0);
  assertEquals(engine.gc().instancesFreed, 1);
});

testInTiers("a conversion may dispose of what is called", ({ engine, load }) => {
  const victim = load(`(module (memory 1) (func (export "f") (param i32 i32) (result i32) (i32.load (local.get 0))))`);
  const { f } = victim.exports;
  assertEquals(f(0, 0), 0);
  const bad = { valueOf: () => (victim.dispose(), engine.gc(), 0) };
  assertThrows(() => f(bad, 0), TypeError, "disposed");
});

testInTiers("references survive the conversion of their neighbours, or are refused", ({ engine, load }) => {
  const user = load(
    `(module (type $t (func (result i32))) (table (export "f") 1 funcref) (table (export "e") 1 externref)
    (func (export "call") (param funcref i32) (result i32) (table.set 0 (i32.const 0) (local.get 0)) (call_indirect (type $t) (i32.const 0)))
    (func (export "keep") (param externref i32) (table.set 1 (i32.const 0) (local.get 0))))`,
  );
  const victim = load(`(module (func (export "x") (result i32) (i32.const 9)))`);
  const { x } = victim.exports;
  assertEquals(user.exports.call(x, 0), 9);
  user.table("f").set(0, null);
  const value = { name: "kept" };
  user.exports.keep(value, { valueOf: () => engine.gc().freed });
  assertEquals(user.table("e").get(0), value);
  assertThrows(
    () => user.exports.call(x, { valueOf: () => (victim.dispose(), engine.gc(), 0) }),
    TypeError,
    "disposed",
  );
});

testInTiers("an import's getter may collect, and a failed link leaves nothing behind", ({ engine, load }) => {
  const owner = load(`(module (memory (export "m") 1) (table (export "t") 1 funcref))`);
  const { m } = owner.exports;
  const host = {
    m,
    f: () => 3,
    get g() {
      owner.dispose();
      engine.gc();
      return () => 4;
    },
  };
  const user = load(
    `(module (import "h" "m" (memory 1)) (import "h" "f" (func $f (result i32))) (import "h" "g" (func $g (result i32)))
    (func (export "f") (result i32) (i32.add (i32.load (i32.const 0)) (i32.add (call $f) (call $g)))))`,
    { h: host },
  );
  assertEquals(user.exports.f(), 7);
  user.dispose();
  engine.gc();
  const before = engine.gc();
  for (let i = 0; i < 200; i++) {
    assertThrows(() => load(`(module (import "h" "f" (func)) (import "h" "x" (func)))`, { h: { f() {} } }), LinkError);
  }
  const after = engine.gc();
  assertEquals([after.functions, after.instances], [before.functions, before.instances]);
});

testInTiers("an instance for which there is no room is refused, and collections go on", ({ engine, load }) => {
  const tables = `(module ${"(table 10000000 externref)".repeat(40)} (func $f (export "f")) (elem declare func $f))`;
  assertThrows(() => load(tables), ResourceError);
  assertEquals(engine.gc().instancesFreed, 1);
  assertEquals(load(IDENTITY).exports.f(4), 4);
});

testInTiers("a buffer that was transferred away harms nobody", ({ engine, load }) => {
  const instance = load(
    `(module (memory (export "m") 1 4) (func (export "set") (param i32) (i32.store8 (i32.const 0) (local.get 0)))
    (func (export "grow") (result i32) (memory.grow (i32.const 1))))`,
  );
  // Without native memory there is but one buffer, which is the memory.
  if (Engine.nativeUnavailable !== undefined) return;
  const taken = (instance.memory("m").buffer as ArrayBuffer).transfer();
  instance.exports.set(5);
  assertEquals(new Uint8Array(instance.memory("m").buffer)[0], 5);
  assertEquals(instance.exports.grow(), 1);
  instance.exports.set(6);
  assertEquals(new Uint8Array(instance.memory("m").buffer)[0], 6);
  instance.dispose();
  assertEquals(engine.gc().instancesFreed, 1);
  new Uint8Array(taken).fill(1);
});

testInTiers("memories, tables, locals and stacks are zero when they are used again", ({ engine, load }) => {
  const text = `(module (memory (export "m") 2) (table (export "t") 100 externref)
    (func $dirty (param i32) (result i64) (local i64 i64 i64 f64)
      (local.set 1 (i64.const -1)) (local.set 2 (i64.const -1)) (local.set 3 (i64.const -1)) (local.set 4 (f64.const -1))
      (if (i32.eqz (local.get 0)) (then (return (i64.add (local.get 1) (i64.add (local.get 2) (local.get 3))))))
      (call $dirty (i32.sub (local.get 0) (i32.const 1))))
    (func $clean (param i32) (result i64) (local i64 i64 i64 f64 ${"i64 ".repeat(100)})
      (if (i32.eqz (local.get 0)) (then (return (i64.or (i64.or (local.get 1) (local.get 2))
        (i64.or (i64.or (local.get 3) (local.get 77)) (i64.reinterpret_f64 (local.get 4)))))))
      (i64.or (local.get 100) (call $clean (i32.sub (local.get 0) (i32.const 1)))))
    (func (export "dirty") (param i32) (result i64) (call $dirty (local.get 0)))
    (func (export "clean") (param i32) (result i64) (call $clean (local.get 0))))`;
  const module = engine.compile(text);
  for (let round = 0; round < 3; round++) {
    const instance = load(module);
    assert(instance.memory("m").read(0, 131072).every((b) => b === 0));
    for (let i = 0; i < 100; i++) assertEquals(instance.table("t").get(i), null);
    for (const depth of [0, 1, 500]) {
      assertEquals(instance.exports.dirty(depth), -3n);
      assertEquals(instance.exports.clean(depth), 0n);
    }
    new Uint8Array(instance.memory("m").buffer).fill(0xaa);
    for (let i = 0; i < 100; i++) instance.table("t").set(i, "x");
    instance.dispose();
    engine.gc();
  }
});

testInTiers(
  "whoever changes or detaches the bytes that a module gives does not change the module",
  ({ engine, load }) => {
    const module = engine.compile(
      `(module (func (export "f") (param i64) (result i64) (local.set 0 (i64.const 5)) (local.get 0)))`,
    );
    const { bytes } = module;
    const at = bytes.findLastIndex((b, k) => b === 0x21 && bytes[k + 1] === 0);
    assert(at > 0);
    bytes[at + 1] = 41;
    bytes.buffer.transfer();
    assertEquals(load(module).exports.f(1n), 5n);
    assertEquals(module.bytes.length, module.byteLength);
  },
);
