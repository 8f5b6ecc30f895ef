import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { exportsOf, forEach, thrown } from "./namespaces.ts";

const IDENTITY = ["i32", "i64", "f32", "f64", "externref", "funcref", "anyref", "i31ref", "eqref"].map((t) =>
  `(func (export "${t}") (param ${t}) (result ${t}) (local.get 0))`
).join("");

forEach("numbers are converted as ToInt32, ToBigInt64 and ToNumber do", (W) => {
  const x = exportsOf(W, `(module ${IDENTITY})`);
  const i32: [unknown, number][] = [[1.9, 1], [-1.9, -1], [2 ** 32 + 5, 5], [2 ** 31, -(2 ** 31)], [NaN, 0], [
    Infinity,
    0,
  ]];
  i32.push(["7", 7], [" 0x10 ", 16], ["x", 0], [true, 1], [null, 0], [undefined, 0], [[3], 3], [{}, 0], [-0, 0]);
  i32.push([{ valueOf: () => 9.7 }, 9], [{ [Symbol.toPrimitive]: () => "12" }, 12]);
  for (const [value, expected] of i32) assertStrictEquals(x.i32(value), expected);
  for (const value of [1n, Symbol(), { valueOf: () => 1n }]) assertThrows(() => x.i32(value), TypeError);
  const i64: [unknown, bigint][] = [[1n, 1n], [-1n, -1n], [2n ** 63n, -(2n ** 63n)], [2n ** 64n + 3n, 3n], ["5", 5n]];
  i64.push([true, 1n], [{ valueOf: () => 4n }, 4n], [{ toString: () => "6" }, 6n], [" ", 0n]);
  for (const [value, expected] of i64) assertStrictEquals(x.i64(value), expected);
  for (const value of [1, undefined, null, Symbol(), { valueOf: () => 1 }]) assertThrows(() => x.i64(value), TypeError);
  assertThrows(() => x.i64("one"), SyntaxError);
  assertStrictEquals(x.f32(0.1), Math.fround(0.1));
  assertStrictEquals(x.f64("1e3"), 1000);
  assertStrictEquals(x.f64(-0), -0);
  assertStrictEquals(x.f64(undefined), NaN);
  for (const value of [1n, Symbol()]) assertThrows(() => x.f64(value), TypeError);
});

forEach("arguments are converted from left to right, missing ones as undefined, surplus ones not at all", (W) => {
  const order: string[] = [];
  const note = (name: string, value: unknown) => ({ valueOf: () => (order.push(name), value) });
  const x = exportsOf(
    W,
    `(module (func (export "f") (param i32 i64 f32 f64) (result f64)
    (f64.add (f64.convert_i32_s (local.get 0)) (local.get 3))))`,
  );
  assertEquals(x.f(note("a", 1), note("b", 2n), note("c", 3), note("d", 4), note("e", 5)), 5);
  assertEquals(order, ["a", "b", "c", "d"]);
  order.length = 0;
  assertThrows(() => x.f(note("a", 1), 5, note("c", 3)), TypeError);
  assertEquals(order, ["a"]);
  assertThrows(() => x.f(1), TypeError);
  assertEquals(x.f(1, 2n), NaN);
});

forEach("references keep their identity", (W) => {
  const x = exportsOf(W, `(module ${IDENTITY})`);
  for (const v of [null, undefined, "s", 5, 2 ** 40, -0, NaN, 7n, {}, [], () => 1, Symbol(), W, 1.5, true]) {
    assertStrictEquals(x.externref(v), v);
    assertStrictEquals(x.anyref(v), v);
  }
  assertStrictEquals(x.externref(), undefined);
  assertStrictEquals(x.funcref(x.funcref), x.funcref);
  assertStrictEquals(x.funcref(null), null);
  for (const v of [undefined, () => 1, {}, 5, "s", W.Module]) assertThrows(() => x.funcref(v), TypeError);
  for (const v of [2 ** 30 - 1, -(2 ** 30), 0, null]) assertStrictEquals(x.i31ref(v), v);
  for (const v of [2 ** 30, 1.5, "5", undefined, {}, 5n]) assertThrows(() => x.i31ref(v), TypeError);
  for (const v of ["5", {}, 2 ** 31]) assertThrows(() => x.eqref(v), TypeError);
});

forEach("functions with types that JavaScript cannot see throw TypeError when called", (W) => {
  const log: unknown[] = [];
  const x = exportsOf(
    W,
    `(module (func (export "v") (param v128)) (func (export "r") (result v128) (v128.const i64x2 0 0))
    (func (export "e") (param i32) (result exnref) (ref.null exn)))`,
  );
  for (const f of [x.v, x.r, x.e]) assertThrows(() => f({ valueOf: () => log.push("converted") }), TypeError);
  assertEquals(log, []);
});

forEach("exported functions are functions with their index as name", (W) => {
  const { f, g, h } = exportsOf(
    W,
    `(module (import "m" "h" (func $h (param i32 i32))) (func $f (export "f") (param i32)) (export "g" (func $f)) (export "h" (func $h)))`,
    { m: { h: (a: number) => a } },
  );
  assertStrictEquals(f, g);
  assert(f instanceof Function && typeof f === "function");
  assertEquals([f.name, f.length, h.name, h.length], ["1", 1, "0", 2]);
  assertEquals(Object.getOwnPropertyNames(f).sort(), ["length", "name"]);
  assertStrictEquals(Object.getPrototypeOf(f), Function.prototype);
  assertThrows(() => new f(1), TypeError);
  assertThrows(() => Reflect.construct(Object, [], f), TypeError);
  assertEquals(f.call({}, 1), undefined);
  f.extra = 5;
  assertEquals(g.extra, 5);
});

forEach("a function is the same object in every table, import, global and instance", (W) => {
  const a = exportsOf(
    W,
    `(module (import "m" "h" (func $h)) (table (export "t") 3 funcref) (elem (i32.const 0) $f $h)
      (func $f (export "f") (result i32) (i32.const 7)) (export "h" (func $h)) (global (export "g") (mut funcref) (ref.func $f)))`,
    { m: { h: () => {} } },
  );
  assertStrictEquals(a.t.get(0), a.f);
  assertStrictEquals(a.t.get(1), a.h);
  assertStrictEquals(a.t.get(2), null);
  assertStrictEquals(a.g.value, a.f);
  const b = exportsOf(
    W,
    `(module (import "a" "f" (func $f (result i32))) (import "a" "t" (table 3 funcref)) (export "f" (func $f)) (export "t" (table 0))
      (func (export "call") (result i32) (call $f)) (func (export "get") (param i32) (result funcref) (table.get (local.get 0))))`,
    { a },
  );
  assertStrictEquals(b.f, a.f);
  assertStrictEquals(b.t, a.t);
  assertStrictEquals(b.get(0), a.f);
  assertEquals(b.call(), 7);
  a.t.set(2, b.call);
  assertStrictEquals(b.get(2), b.call);
});

forEach(
  "host functions are called without this, with JavaScript values, and give several results as an iterable",
  (W) => {
    const calls: unknown[] = [];
    // deno-lint-ignore no-explicit-any
    function host(this: unknown, ...args: any[]): unknown {
      calls.push([this, ...args]);
      return {
        *[Symbol.iterator]() {
          yield "5";
          yield 6n;
        },
      };
    }
    const x = exportsOf(
      W,
      `(module (import "m" "f" (func (param i32 i64 f32 externref) (result i32 i64)))
      (func (export "f") (result i32 i64) (call 0 (i32.const -1) (i64.const -2) (f32.const 0.5) (ref.null extern))))`,
      { m: { f: host } },
    );
    assertEquals(x.f(), [5, 6n]);
    assertEquals(calls, [[undefined, -1, -2n, 0.5, null]]);
    const bad = (result: unknown) =>
      exportsOf(W, `(module (import "m" "f" (func (result i32 i32))) (export "f" (func 0)))`, {
        m: { f: () => result },
      }).f;
    for (const result of [undefined, 5, {}, [1], [1, 2, 3], [1, 1n]]) assertThrows(bad(result), TypeError);
    assertEquals(bad([1, 2])(), [1, 2]);
    const one = exportsOf(W, `(module (import "m" "f" (func (result i64))) (export "f" (func 0)))`, {
      m: { f: () => 1 },
    });
    assertThrows(one.f, TypeError);
  },
);

forEach("objects of the heap are opaque and keep their identity", (W) => {
  const x = exportsOf(
    W,
    `(module (type $s (struct (field (mut i32)))) (func (export "make") (param i32) (result (ref $s)) (struct.new $s (local.get 0)))
      (func (export "get") (param (ref $s)) (result i32) (struct.get $s 0 (local.get 0)))
      (func (export "same") (param anyref) (result anyref) (local.get 0)))`,
  );
  const s = x.make(5);
  assertEquals([typeof s, x.get(s), Object.getPrototypeOf(s), Reflect.ownKeys(s), s.x], [
    "object",
    5,
    null,
    [],
    undefined,
  ]);
  assertStrictEquals(x.same(s), s);
  for (const change of [() => s.x = 1, () => delete s.x, () => Object.freeze(s), () => Object.setPrototypeOf(s, {})]) {
    assertThrows(change, TypeError);
  }
  for (const v of [null, {}, 5]) assertThrows(() => x.get(v), TypeError);
});

forEach("traps are RuntimeErrors with V8's messages, which Wasm does not catch", (W) => {
  const x = exportsOf(
    W,
    `(module (import "m" "call" (func $call (param i32))) (type $v (func)) (type $i (func (result i32))) (memory 1) (table 2 funcref) (elem (i32.const 1) $f)
      (type $a (array (mut i32))) (type $st (struct (field i32)))
      (func $f) (func (export "unreachable") unreachable)
      (func (export "memory") (drop (i32.load (i32.const -1))))
      (func (export "divide") (param i32) (drop (i32.div_s (i32.const -2147483648) (local.get 0))))
      (func (export "remainder") (param i64) (drop (i64.rem_u (i64.const 7) (local.get 0))))
      (func (export "truncate") (param f64) (drop (i32.trunc_f64_s (local.get 0))))
      (func (export "index") (call_indirect (type $v) (i32.const 9)))
      (func (export "null") (call_indirect (type $v) (i32.const 0)))
      (func (export "signature") (drop (call_indirect (type $i) (i32.const 1))))
      (func (export "array") (drop (array.get $a (array.new $a (i32.const 0) (i32.const 2)) (i32.const 2))))
      (func (export "deref") (drop (struct.get $st 0 (ref.null $st))))
      (func (export "cast") (drop (ref.cast (ref $st) (ref.i31 (i32.const 0)))))
      (func $deep (export "deep") (call $deep))
      (func (export "caught") (param i32) (result i32) (block $b (try_table (catch_all $b) (call $call (local.get 0))) (return (i32.const 0))) (i32.const 1)))`,
    { m: { call: (i: number) => x[NAMES[i]]() } },
  );
  const NAMES = ["unreachable", "deep"];
  const messages: [() => unknown, string][] = [
    [x.unreachable, "unreachable"],
    [x.memory, "memory access out of bounds"],
    [() => x.divide(0), "divide by zero"],
    [() => x.divide(-1), "divide result unrepresentable"],
    [() => x.remainder(0n), "remainder by zero"],
    [() => x.truncate(1e30), "float unrepresentable in integer range"],
    [() => x.truncate(NaN), "float unrepresentable in integer range"],
    [x.index, "table index is out of bounds"],
    [x.null, "null function"],
    [x.signature, "function signature mismatch"],
    [x.array, "array element access out of bounds"],
    [x.deref, "dereferencing a null pointer"],
    [x.cast, "illegal cast"],
  ];
  for (const [f, message] of messages) {
    const error = thrown(f);
    assertStrictEquals(error.constructor, W.RuntimeError);
    assertEquals([error.message, error.name, Object.hasOwn(error, "name")], [message, "RuntimeError", false]);
    assert(/\n {4}at .*wasm-function\[\d+\]:0x[0-9a-f]+/.test(error.stack), error.stack);
  }
  const error = thrown(x.deep);
  assertEquals([error.constructor, error.message], [RangeError, "Maximum call stack size exceeded"]);
  assertStrictEquals(thrown(() => x.caught(0)).constructor, W.RuntimeError);
});

forEach("RuntimeErrors that JavaScript throws are caught like other values", (W) => {
  const error = new W.RuntimeError("mine");
  const x = exportsOf(
    W,
    `(module (import "m" "f" (func $f)) (import "m" "tag" (tag $t (param externref)))
      (func (export "f") (result externref) (block $b (result externref) (try_table (catch $t $b) (call $f)) (ref.null extern))))`,
    {
      m: {
        f: () => {
          throw error;
        },
        tag: W.JSTag,
      },
    },
  );
  assertStrictEquals(x.f(), error);
});
