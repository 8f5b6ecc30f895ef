// References to objects in JavaScript, as the JS API has them.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { testUnless } from "../skip.ts";
import { Engine } from "../../mod.ts";

const engine = new Engine({ tier: "interp" });
const { exports } = engine.load(`(module
  (type $s (sub (struct (field (mut i32)))))
  (type $t (sub $s (struct (field (mut i32)) (field i32))))
  (type $a (array i8))
  (func (export "s") (result (ref $s)) (struct.new $s (i32.const 1)))
  (func (export "t") (result (ref $t)) (struct.new $t (i32.const 1) (i32.const 2)))
  (func (export "a") (result arrayref) (array.new_default $a (i32.const 3)))
  (func (export "any") (param anyref) (result anyref) (local.get 0))
  (func (export "eq") (param eqref) (result eqref) (local.get 0))
  (func (export "i31") (param i31ref) (result i31ref) (local.get 0))
  (func (export "struct") (param structref) (result structref) (local.get 0))
  (func (export "array") (param arrayref) (result arrayref) (local.get 0))
  (func (export "none") (param nullref))
  (func (export "takeS") (param (ref $s)) (result i32) (struct.get $s 0 (local.get 0)))
  (func (export "takeT") (param (ref null $t)) (result (ref null $t)) (local.get 0))
  (func (export "extern") (param externref) (result externref) (local.get 0))
  (func (export "internalize") (param externref) (result anyref) (any.convert_extern (local.get 0)))
  (func (export "small") (param i32) (result i31ref) (ref.i31 (local.get 0)))
  (func (export "same") (param eqref eqref) (result i32) (ref.eq (local.get 0) (local.get 1)))
  (func (export "isI31") (param anyref) (result i32) (ref.test (ref i31) (local.get 0)))
  (func (export "two") (param f64 (ref $s)) (result i32) (call 9 (local.get 1)))
  (func (export "pair") (result (ref $s) (ref $t)) (call 0) (call 1)))`);
// deno-lint-ignore no-explicit-any
const x = exports as any;

Deno.test("an object in JavaScript is opaque, frozen, and the same each time", () => {
  const s = x.s();
  assertEquals(Object.getPrototypeOf(s), null);
  assert(Object.isFrozen(s) && Reflect.ownKeys(s).length === 0);
  assert(x.any(s) === s && x.struct(s) === s && x.extern(s) === s && x.internalize(s) === s);
  assert(x.s() !== s);
  assertEquals(x.same(s, s), 1);
  assertEquals(x.same(s, x.s()), 0);
  const [first, second] = x.pair();
  assert(first !== second && x.struct(first) === first);
});

Deno.test("small integers are i31 references, and come back as numbers", () => {
  assertEquals(x.i31(5), 5);
  assertEquals(x.i31(-(2 ** 30)), -(2 ** 30));
  assertEquals(x.small(-1), -1);
  assertEquals(x.small(2 ** 30), -(2 ** 30));
  assertEquals(x.same(7, 7), 1);
  assertEquals(x.isI31(7), 1);
  assertEquals(x.isI31(7.5), 0);
  for (const no of [2 ** 30, 1.5, -0, "5", 5n]) assertThrows(() => x.i31(no), TypeError);
});

Deno.test("anyref takes every value, others what matches them", () => {
  const object = {}, symbol = Symbol("s");
  for (const value of [object, symbol, "text", 2 ** 40, 1n, true, undefined, null, -0, NaN]) {
    assert(Object.is(x.any(value), value), String(value));
  }
  const s = x.s(), t = x.t(), a = x.a();
  for (const value of [s, t, a, 3, null]) assert(x.eq(value) === value);
  assertThrows(() => x.eq(object), TypeError);
  assertThrows(() => x.struct(a), TypeError);
  assertThrows(() => x.struct(3), TypeError);
  assertThrows(() => x.array(s), TypeError);
  assertThrows(() => x.none(s), TypeError);
  x.none(null);
  assert(x.array(a) === a && x.takeT(t) === t && x.takeT(null) === null);
  assertEquals(x.takeS(t), 1);
  assertThrows(() => x.takeT(s), TypeError);
  assertThrows(() => x.takeS(null), TypeError);
  assertThrows(() => x.takeS(a), TypeError);
});

Deno.test("objects of another engine are host values here", () => {
  const other = new Engine({ tier: "interp" }).load(
    `(module (func (export "s") (result structref) (struct.new_default 0)) (type (struct)))`,
    // deno-lint-ignore no-explicit-any
  ).exports as any;
  const s = other.s();
  assert(x.any(s) === s);
  assertThrows(() => x.struct(s), TypeError);
});

Deno.test("globals and tables of the library hold objects", () => {
  const global = engine.global({ type: "eqref", mutable: true });
  const table = engine.table({ element: "anyref", minimum: 2 });
  const s = x.s();
  global.value = s;
  table.set(1, s);
  const { objectsKept } = engine.gc().heap;
  assert(objectsKept > 0);
  assert(global.value === s && table.get(1) === s);
  assertThrows(() => global.value = {}, TypeError);
});

Deno.test("a conversion that runs JavaScript may collect while other arguments are under way", () => {
  const zealous = new Engine({ tier: "interp", gcZeal: true });
  const module = `(module (type $s (struct (field i32)))
    (func (export "make") (param i32) (result (ref $s)) (struct.new $s (local.get 0)))
    (func (export "get") (param externref (ref $s) f64) (result i32) (struct.get $s 0 (local.get 1)))
    (func (export "keep") (param externref f64) (result externref) (local.get 0)))`;
  // deno-lint-ignore no-explicit-any
  const z = zealous.load(module).exports as any;
  const collects = {
    valueOf() {
      zealous.gc();
      z.make(99);
      return 1;
    },
  };
  assertEquals(z.get({}, z.make(5), collects), 5);
  const value = {};
  assert(z.keep(value, collects) === value);
});

for (const tier of ["interp", "jit"] as const) {
  testUnless(
    tier === "jit" ? Engine.nativeUnavailable : undefined,
    `${tier}: structures and arrays above 8 KiB that an instruction makes from values survive collections`,
    () => {
      const N = 1200;
      const engine = new Engine({ tier, gcMinimumBytes: 1 << 20 });
      const values = Array.from({ length: N }, (_, i) => `(i64.const ${i + 1})`).join(" ");
      const x = engine.load(`(module
        (type $small (struct (field i64)))
        (type $big (struct ${"(field i64) ".repeat(N)}))
        (type $list (array (mut i64)))
        (global $big (mut (ref null $big)) (ref.null $big))
        (global $list (mut (ref null $list)) (ref.null $list))
        (func (export "make")
          (drop (struct.new $small (i64.const 1)))
          (global.set $list (array.new_fixed $list ${N} ${values}))
          (drop (struct.new $small (i64.const 1)))
          (global.set $big (struct.new $big ${values})))
        (func (export "churn") (param $n i32)
          (loop $l
            (drop (struct.new $small (i64.const -1)))
            (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
        (func (export "check") (result i64)
          (i64.add (struct.get $big ${N - 1} (global.get $big))
            (array.get $list (global.get $list) (i32.const ${N - 1})))))`).exports;
      x.make();
      engine.gc();
      for (let i = 0; i < 3; i++) x.churn(100_000);
      assertEquals(x.check(), BigInt(2 * N));
      engine.heap.verify();
    },
  );
}
