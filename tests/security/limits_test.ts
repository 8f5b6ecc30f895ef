// At the edges: upper halves of 32-bit values, signatures, ends of memories and stacks, the largest modules and frames, and what runs out.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Instance, ResourceError, Trap } from "../../mod.ts";
import { testInTiers } from "./tiers.ts";

testInTiers("the upper half of what becomes an address or index counts for nothing", ({ load }) => {
  // Each way to get an i32 whose register or slot may hold more: from an i64, a host, a parameter, a call, a load, a select, a block.
  const ways: [string, string][] = [
    ["wrap", `(i32.wrap_i64 (local.get $x))`],
    ["host", `(call $host (i32.wrap_i64 (local.get $x)))`],
    ["call", `(call $id (i32.wrap_i64 (local.get $x)))`],
    ["result", `(call $wrap (local.get $x))`],
    ["shift", `(i32.wrap_i64 (i64.shr_u (i64.shl (local.get $x) (i64.const 32)) (i64.const 32)))`],
    [
      "select",
      `(select (i32.wrap_i64 (local.get $x)) (i32.const 1) (i32.wrap_i64 (i64.shr_u (local.get $x) (i64.const 32))))`,
    ],
    [
      "block",
      `(block (result i32) (br_if 0 (i32.wrap_i64 (local.get $x)) (i32.const 1)) (drop) (i32.wrap_i64 (local.get $x)))`,
    ],
    ["local", `(local.tee $i (i32.wrap_i64 (local.get $x)))`],
    ["sum", `(i32.add (i32.wrap_i64 (local.get $x)) (i32.const 0))`],
    ["extend", `(i32.extend16_s (i32.wrap_i64 (local.get $x)))`],
    [
      "many",
      `(call $ninth (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.wrap_i64 (local.get $x)))`,
    ],
  ];
  const uses: [string, (index: string) => string, number][] = [
    ["load", (i) => `(i32.load8_u ${i})`, 10],
    ["loadOffset", (i) => `(i32.load8_u offset=4294967295 (i32.sub ${i} (i32.const -1)))`, -1],
    ["table", (i) => `(block (result i32) (br_table 1 1 1 1 0 (i32.const 7) ${i}))`, -2],
    ["indirect", (i) => `(call_indirect (type $r) ${i})`, 33],
    ["get", (i) => `(ref.is_null (table.get ${i}))`, 0],
    ["set", (i) => `(block (result i32) (table.set 1 ${i} (ref.null func)) (i32.const 5))`, 5],
    [
      "fill",
      (i) => `(block (result i32) (memory.fill (i32.const 100) (i32.const 1) ${i}) (i32.load8_u (i32.const 103)))`,
      0,
    ],
    [
      "copy",
      (i) => `(block (result i32) (memory.copy (i32.const 200) ${i} (i32.const 1)) (i32.load8_u (i32.const 200)))`,
      10,
    ],
    [
      "init",
      (i) => `(block (result i32) (memory.init 0 (i32.const 300) ${i} (i32.const 1)) (i32.load8_u (i32.const 300)))`,
      0x44,
    ],
    [
      "tableCopy",
      (i) =>
        `(block (result i32) (table.copy 1 0 (i32.const 1) ${i} (i32.const 1)) (ref.is_null (table.get 1 (i32.const 1))))`,
      0,
    ],
    ["grow", (i) => `(i32.lt_s (memory.grow ${i}) (i32.const 0))`, 0],
    ["tableGrow", (i) => `(i32.lt_s (table.grow 1 (ref.null func) ${i}) (i32.const 0))`, 0],
    ["convert", (i) => `(i32.trunc_f64_u (f64.convert_i32_u ${i}))`, 3],
    [
      "widen",
      (i) => `(i32.wrap_i64 (i64.add (i64.extend_i32_u ${i}) (i64.shr_u (i64.extend_i32_u ${i}) (i64.const 32))))`,
      3,
    ],
    ["if", (i) => `(if (result i32) (i32.eq ${i} (i32.const 3)) (then (i32.const 8)) (else (i32.const 9)))`, 8],
  ];
  const tested = uses.filter(([, , expected]) => expected >= 0);
  const functions = ways.flatMap(([way, index]) =>
    tested.map(([use, make]) =>
      `(func (export "${way} ${use}") (param $x i64) (result i32) (local $i i32) ${make(index)})`
    )
  );
  const { exports } = load(
    `(module (type $r (func (result i32))) (import "h" "host" (func $host (param i32) (result i32)))
    (memory 1) (table 8 funcref) (table 8 funcref) (elem (i32.const 0) $0 $1 $2 $3) (data "ABCDEF") (data (i32.const 3) "\\0a")
    (func $0 (result i32) (i32.const 30)) (func $1 (result i32) (i32.const 31)) (func $2 (result i32) (i32.const 32)) (func $3 (result i32) (i32.const 33))
    (func $id (param i32) (result i32) (local.get 0))
    (func $wrap (param i64) (result i32) (i32.wrap_i64 (local.get 0)))
    (func $ninth (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (local.get 8))
    ${functions.join("\n")})`,
    { h: { host: (x: number) => x + 2 ** 32 * 5 } },
  );
  for (const [way] of ways) {
    for (const [use, , expected] of tested) {
      for (const high of [0n, 1n, -1n, 0x7fffffffn]) {
        if (way === "select" && high === 0n) continue;
        assertEquals([way, use, high, exports[`${way} ${use}`](high << 32n | 3n)], [way, use, high, expected]);
      }
    }
  }
});

testInTiers("an indirect call takes the function that stands there now, and only of its type", ({ engine, load }) => {
  const table = engine.table({ element: "funcref", minimum: 4 });
  const one = load(`(module (func (export "i") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func (export "f") (param f64) (result f64) (f64.add (local.get 0) (f64.const 1))) (func (export "n")))`).exports;
  const two = load(`(module (type (func (param f32 f32))) (type $other (func (param i32) (result i32)))
    (func (export "i") (type $other) (i32.mul (local.get 0) (i32.const 10))))`).exports;
  const user = load(
    `(module (type $l (func (param i64) (result i64))) (type $i (func (param i32) (result i32))) (import "h" "t" (table 4 funcref))
    (import "h" "swap" (func $swap (param i32) (result i32)))
    (func (export "call") (param i32 i32) (result i32) (call_indirect (type $i) (local.get 0) (local.get 1)))
    (func (export "nest") (param i32 i32) (result i32)
      (call_indirect (type $i) (call_indirect (type $i) (local.get 0) (local.get 1)) (call $swap (local.get 1))))
    (func (export "host") (type $i) (call $swap (local.get 0))))`,
    { h: { t: table, swap: (at: number) => (table.set(at, two.i), at) } },
  ).exports;
  table.set(0, one.i);
  table.set(1, one.f);
  table.set(2, one.n);
  assertEquals(user.call(5, 0), 6);
  assertThrows(() => user.call(5, 1), Trap, "indirect call type mismatch");
  assertThrows(() => user.call(5, 2), Trap, "indirect call type mismatch");
  assertThrows(() => user.call(5, 3), Trap, "uninitialized element");
  assertThrows(() => user.call(5, 4), Trap, "undefined element");
  assertThrows(() => user.call(5, -1), Trap, "undefined element");
  // The inner call is made before the host function puts another in its place.
  assertEquals(user.nest(5, 0), 60);
  table.set(3, user.host);
  assertEquals(user.call(1, 3), 1);
  assertEquals(user.call(7, 1), 70);
});

testInTiers("growing is seen by every frame, whoever does it", ({ engine, load }) => {
  const memory = engine.memory({ minimum: 1, maximum: 100 });
  const table = engine.table({ element: "externref", minimum: 1, maximum: 100_000 });
  const grower = load(
    `(module (import "h" "m" (memory 1)) (import "h" "t" (table 1 externref))
    (func (export "grow") (drop (memory.grow (i32.const 1))) (drop (table.grow (ref.null extern) (i32.const 50)))))`,
    {
      h: { m: memory, t: table },
    },
  );
  const user = load(
    `(module (import "h" "m" (memory 1)) (import "h" "t" (table 1 externref)) (import "h" "wasm" (func $wasm)) (import "h" "host" (func $host))
    (func $by (param i32) (if (local.get 0) (then (call $wasm)) (else (call $host))))
    (func (export "f") (param i32 externref) (result i32) (local $end i32) (local $n i32)
      (local.set $end (i32.mul (memory.size) (i32.const 65536))) (local.set $n (table.size))
      (i32.store (i32.sub (local.get $end) (i32.const 4)) (i32.const 123))
      (call $by (local.get 0))
      (i32.store8 (local.get $end) (i32.const 7))
      (table.set (local.get $n) (local.get 1))
      (i32.add (i32.load8_u (local.get $end)) (i32.add (i32.load (i32.sub (local.get $end) (i32.const 4))) (ref.is_null (table.get (local.get $n)))))))`,
    { h: { m: memory, t: table, wasm: grower.exports.grow, host: () => (memory.grow(1), table.grow(1000)) } },
  );
  for (let i = 0; i < 20; i++) assertEquals(user.exports.f(i & 1, "x"), 130);
  assertEquals([memory.pages, table.length], [21, 1 + 10 * 1050]);
  assertThrows(() => memory.grow(1000), RangeError);
  assertThrows(() => table.grow(100_000), RangeError);
  assertEquals(user.exports.f(1, "x"), 130);
});

testInTiers("accesses end where the memory ends, aligned or not, with none, one and 65,536 pages", ({ load }) => {
  const text = (pages: number) =>
    `(module (memory (export "m") ${pages} ${Math.max(pages, 1)})
    (func (export "l1") (param i32) (result i32) (i32.load8_u (local.get 0))) (func (export "l2") (param i32) (result i32) (i32.load16_u (local.get 0)))
    (func (export "l4") (param i32) (result i32) (i32.load (local.get 0))) (func (export "l8") (param i32) (result f64) (f64.load (local.get 0)))
    (func (export "s1") (param i32) (i32.store8 (local.get 0) (i32.const -1))) (func (export "s2") (param i32) (i64.store16 (local.get 0) (i64.const -1)))
    (func (export "s4") (param i32) (f32.store (local.get 0) (f32.const nan))) (func (export "s8") (param i32) (i64.store (local.get 0) (i64.const -1)))
    (func (export "far") (param i32) (result i32) (i32.load offset=4294967295 (local.get 0)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))) (func (export "size") (result i32) (memory.size)))`;
  for (const pages of [0, 1, 65536]) {
    using instance = load(text(pages));
    const { exports } = instance;
    const end = pages * 65536;
    for (const kind of ["l", "s"]) {
      for (const width of [1, 2, 4, 8]) {
        if (pages > 0) exports[`${kind}${width}`]((end - width) | 0);
        for (let past = 1; past <= width; past++) {
          const address = end - width + past;
          if (address < 0 || address >= 2 ** 32) continue;
          assertThrows(() => exports[`${kind}${width}`](address | 0), Trap, "out of bounds memory access");
        }
      }
    }
    for (const far of [0, 1, -1, -0x80000000]) {
      assertThrows(() => exports.far(far), Trap, "out of bounds memory access");
    }
    if (pages > 0) {
      assertEquals(instance.memory("m").read(end - 9, 9), Uint8Array.of(0, 255, 255, 255, 255, 255, 255, 255, 255));
    }
    assertEquals([exports.grow(65537), exports.grow(-1), exports.grow(0), exports.size()], [-1, -1, pages, pages]);
    if (pages === 0) {
      assertEquals([exports.grow(1), exports.l1(65535), exports.grow(1)], [0, 0, -1]);
      assertThrows(() => exports.l1(65536), Trap, "out of bounds memory access");
    }
  }
});

testInTiers("a thousand parameters and results pass between all tiers", ({ load }) => {
  const types = ["i32", "f64", "i64", "f32"], n = 1000;
  const list = (from: (i: number) => number) => Array.from({ length: n }, (_, i) => types[from(i) % 4]).join(" ");
  const forwards = `(param ${list((i) => i)})`, backwards = `(result ${list((i) => n - 1 - i)})`;
  const all = Array.from({ length: n }, (_, i) => `(local.get ${i})`);
  const { exports } = load(
    `(module (type $t (func ${forwards} ${backwards})) (import "h" "reverse" (func $host (type $t))) (table 3 funcref)
    (elem (i32.const 0) $direct $viaHost $viaDirect) (global $which (mut i32) (i32.const 0))
    (func (export "which") (param i32) (global.set $which (local.get 0)))
    (func $direct (type $t) ${all.toReversed().join(" ")})
    (func $viaHost (type $t) (call $host ${all.join(" ")}))
    (func $viaDirect (type $t) (call $direct ${all.join(" ")}))
    (func (export "f") (type $t) (call_indirect (type $t) ${all.join(" ")} (global.get $which)))
    (func (export "g") (type $t) (call_indirect (type $t) ${all.join(" ")} (global.get $which))))`,
    { h: { reverse: (...values: unknown[]) => values.reverse() } },
  );
  const values = Array.from({ length: n }, (_, i) => i % 4 === 2 ? BigInt(i) << 33n : i % 4 === 0 ? -i | 0 : i / 2);
  for (const which of [0, 1, 2]) {
    exports.which(which);
    assertEquals(exports.f(...values), values.toReversed());
    assertEquals(exports.g(...values), values.toReversed());
  }
});

testInTiers("frames of every size end in a trap when the stack is exhausted, at whatever instruction", ({ load }) => {
  for (const locals of [0, 1, 7, 63, 64, 65, 500, 1023, 1025, 2100, 9000, 50_000 - 1]) {
    const instance: Instance = load(
      `(module (import "h" "h" (func $h (param i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64 i64)))
      (func $f (param i64) (result i64) (local ${"i64 ".repeat(locals)})
        (memory.fill (i32.const 0) (i32.const 0) (i32.const 1))
        (call $h (local.get 0) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 9))
        (drop) (drop)
        (call $g (i64.add (local.get 0) (i64.const 1))))
      (func $g (param i64) (result i64) (call $f (local.get 0)))
      (func (export "f") (param i64) (result i64) (call $f (local.get 0)))
      (func (export "ok") (result i64 i64) (call $h (i64.const 0) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 9)))
      (memory 1))`,
      { h: { h: (...values: bigint[]) => [values[8], values[0]] } },
    );
    for (let round = 0; round < 2; round++) {
      const trap = assertThrows(() => instance.exports.f(0n), Trap, "call stack exhausted");
      assert(trap.frames.length > 5 && trap.frames.length <= 10_000);
      assertEquals(instance.exports.ok(), [9n, 0n]);
    }
  }
});

testInTiers("a function of 50,000 locals and 65,520 branch targets runs", ({ load }) => {
  const targets = Array.from({ length: 65_519 }, (_, i) => i % 3).join(" ");
  const { exports } = load(`(module (func (export "f") (param i32) (result i32) (local ${"i32 ".repeat(49_999)})
    (local.set 49999 (i32.const 5))
    (block (block (block (br_table ${targets} 0 (local.get 0))) (return (i32.add (local.get 49999) (local.get 25000)))) (return (i32.const 2)))
    (i32.const 3)))`);
  assertEquals([0, 1, 2, 3, 65_518, 65_519, -1].map((i) => exports.f(i)), [5, 2, 3, 5, 2, 5, 5]);
});

testInTiers("references that no store has room for are refused, and the others stay right", ({ engine }) => {
  const tables: { get(i: number): unknown }[] = [];
  assertThrows(() => {
    for (let i = 0; i < 60; i++) {
      const table = engine.table({ element: "externref", minimum: 10_000_000 });
      table.set(9_999_999, `value ${i}`);
      tables.push(table);
    }
  }, ResourceError);
  assert(tables.length > 10);
  tables.forEach((t, i) => assertEquals(t.get(9_999_999), `value ${i}`));
});

testInTiers("start functions may trap and call back in", ({ engine, load }) => {
  const table = engine.table({ element: "funcref", minimum: 1 });
  const text = (end: string) =>
    `(module (import "h" "t" (table 1 funcref)) (import "h" "h" (func $h (param i32) (result i32))) (memory 1)
    (func $f (param i32) (result i32) (i32.add (i32.load (i32.const 0)) (local.get 0))) (elem (i32.const 0) $f)
    (func $start (i32.store (i32.const 0) (i32.const 40)) (drop (call $h (i32.const 1))) ${end}) (start $start))`;
  let seen: unknown;
  const h = (x: number) => {
    engine.gc();
    seen = (table.get(0) as (x: number) => number)(x);
    return 0;
  };
  load(text(""), { h: { t: table, h } });
  assertEquals(seen, 41);
  assertThrows(() => load(text("(unreachable)"), { h: { t: table, h } }), Trap, "unreachable");
  engine.gc();
  // The table holds a function of the instance that never came to be.
  assertEquals((table.get(0) as (x: number) => number)(2), 42);
  table.set(0, null);
  assertEquals(engine.gc().instancesFreed, 1);
});

testInTiers(
  "exceptions that a program keeps trap before they fill V8's heap, and are forgotten with it",
  ({ engine, load }) => {
    const slots = 1000;
    const source = `(module (tag $t (param ${"i64 ".repeat(slots)})) (table $kept 100000 exnref)
    (func (export "keep") (param i32) (local i32 exnref)
      (loop $l
        (block $h (result exnref)
          (try_table (catch_all_ref $h) ${"(i64.const -1) ".repeat(slots)} (throw $t)) unreachable)
        (local.set 2)
        (table.set $kept (local.get 1) (local.get 2))
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (br_if $l (i32.lt_u (local.get 1) (local.get 0)))))
    (func (export "forget") (table.fill $kept (i32.const 0) (ref.null exn) (i32.const 100000))))`;
    const instance = load(source);
    for (let round = 0; round < 2; round++) {
      assertThrows(() => instance.exports.keep(100_000), Trap, "the heap of objects is full");
      instance.exports.forget();
      instance.exports.keep(100);
    }
    instance.dispose();
    engine.gc();
    load(source).exports.keep(100);
  },
);
