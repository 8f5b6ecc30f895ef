import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { exportsOf, forEach } from "./namespaces.ts";

forEach("a table holds what fits its type, and null or undefined by default", (W) => {
  const { f } = exportsOf(W, `(module (func (export "f")))`);
  const t = new W.Table({ element: "anyfunc", initial: 2 });
  assertEquals([t.length, t.get(0), t.get(1)], [2, null, null]);
  assertEquals(t.set(0, f), undefined);
  assertStrictEquals(t.get(0), f);
  t.set(0);
  assertStrictEquals(t.get(0), null);
  for (const v of [() => 1, {}, 5, W]) assertThrows(() => t.set(0, v), TypeError);
  const e = new W.Table({ element: "externref", initial: 1 });
  assertStrictEquals(e.get(0), undefined);
  for (const v of [null, 5, "s", {}, f, Symbol()]) {
    e.set(0, v);
    assertStrictEquals(e.get(0), v);
  }
  assertStrictEquals(new W.Table({ element: "anyfunc", initial: 1 }, f).get(0), f);
  assertStrictEquals(new W.Table({ element: "externref", initial: 1 }, "x").get(0), "x");
  assertThrows(() => new W.Table({ element: "anyfunc", initial: 1 }, 5), TypeError);
});

forEach("indices and lengths of tables are [EnforceRange] numbers within", (W) => {
  const t = new W.Table({ element: "externref", initial: 2, maximum: 5 });
  for (const i of [2, 2 ** 32 - 1]) {
    assertThrows(() => t.get(i), RangeError);
    assertThrows(() => t.set(i, null), RangeError);
  }
  for (const i of [undefined, NaN, -1, 2 ** 32, Infinity, 1n, Symbol()]) {
    assertThrows(() => t.get(i), TypeError);
    assertThrows(() => t.set(i, null), TypeError);
    assertThrows(() => t.grow(i), TypeError);
  }
  for (const f of [() => t.get(), () => t.set(), () => t.grow()]) assertThrows(f, TypeError);
  assertEquals([t.grow(2, "new"), t.length, t.get(3), t.grow("1"), t.get(4)], [2, 4, "new", 4, undefined]);
  assertThrows(() => t.grow(1), RangeError);
  assertEquals(t.length, 5);
});

forEach("descriptors of tables are checked", (W) => {
  const types = [{}, { initial: 1 }, { element: "anyfunc" }, { element: "i32", initial: 1 }, {
    element: "x",
    initial: 1,
  }, null];
  for (const d of types) assertThrows(() => new W.Table(d), TypeError);
  for (const initial of [-1, NaN, 2 ** 32, 1n]) {
    assertThrows(() => new W.Table({ element: "anyfunc", initial }), TypeError);
    assertThrows(() => new W.Table({ element: "anyfunc", initial: 0, maximum: initial }), TypeError);
  }
  assertThrows(() => new W.Table({ element: "anyfunc", initial: 2, maximum: 1 }), RangeError);
  assertThrows(() => new W.Table({ element: "anyfunc", initial: 10_000_001 }), RangeError);
  assertEquals(new W.Table({ element: "anyfunc", initial: 0, maximum: 2 ** 32 - 1 }).length, 0);
});

forEach("tables with 64-bit indices take and give bigints", (W) => {
  const t = new W.Table({ element: "externref", initial: 1n, maximum: 3n, address: "i64" });
  assertEquals([t.length, t.grow(1n, "x"), t.get(1n), t.length], [1n, 1n, "x", 2n]);
  for (const i of [0, -1n, 2n ** 64n]) assertThrows(() => t.get(i), TypeError);
  assertThrows(() => t.get(2n), RangeError);
  assertThrows(() => new W.Table({ element: "externref", initial: 1, address: "i64" }), TypeError);
});

forEach("globals have values of their types, zero, null or undefined by default", (W) => {
  const defaults = { i32: 0, i64: 0n, f32: 0, f64: 0, externref: undefined, anyfunc: null, anyref: null, i31ref: null };
  for (const [value, expected] of Object.entries(defaults)) {
    const g = new W.Global({ value });
    assertStrictEquals(g.value, expected);
    assertStrictEquals(g.valueOf(), expected);
    if (expected !== null) assertStrictEquals(new W.Global({ value }, undefined).value, expected);
  }
  const g = new W.Global({ value: "i32", mutable: true }, "7.5");
  assertEquals([g.value, g.value = 2 ** 31, g.value], [7, 2 ** 31, -(2 ** 31)]);
  assertThrows(() => g.value = 1n, TypeError);
  const frozen = new W.Global({ value: "i64" }, 5n);
  assertThrows(() => frozen.value = 6n, TypeError);
  assertEquals(frozen.value, 5n);
  assertThrows(() => new W.Global({ value: "i64" }, 5), TypeError);
  for (const v of [{}, undefined]) assertThrows(() => new W.Global({ value: "anyfunc" }, v), TypeError);
  for (const d of [{}, { value: "i8" }, { value: undefined }, { value: "v128" }, 5, null]) {
    assertThrows(() => new W.Global(d), TypeError);
  }
});

forEach("globals are shared with Wasm, and the same object everywhere", (W) => {
  const g = new W.Global({ value: "f32", mutable: true }, 0.1);
  const x = exportsOf(
    W,
    `(module (import "m" "g" (global $g (mut f32))) (global (export "v") v128 (v128.const i64x2 1 2)) (export "g" (global $g))
      (func (export "twice") (global.set $g (f32.add (global.get $g) (global.get $g)))))`,
    { m: { g } },
  );
  assertStrictEquals(x.g, g);
  x.twice();
  assertEquals(g.value, 2 * Math.fround(0.1));
  assertThrows(() => x.v.value, TypeError);
});

forEach("imports that do not fit are refused with LinkError, absent namespaces with TypeError", (W) => {
  const global = (type: string) => `(module (import "m" "x" (global ${type})))`;
  const cases: [string, unknown[]][] = [
    [`(module (import "m" "x" (func)))`, [undefined, null, 5, {}, "f", Symbol()]],
    [`(module (import "m" "x" (memory 1)))`, [undefined, {}, new ArrayBuffer(65536), new W.Memory({ initial: 0 })]],
    [`(module (import "m" "x" (memory 1 2)))`, [
      new W.Memory({ initial: 1 }),
      new W.Memory({ initial: 1, maximum: 3 }),
    ]],
    [`(module (import "m" "x" (table 1 funcref)))`, [undefined, [], new W.Table({ element: "externref", initial: 1 })]],
    [`(module (import "m" "x" (tag)))`, [undefined, {}, new W.Tag({ parameters: ["i32"] })]],
    [global("i32"), [
      undefined,
      null,
      1n,
      "1",
      {},
      new W.Global({ value: "i64" }),
      new W.Global({ value: "i32", mutable: true }),
    ]],
    [global("i64"), [1, undefined, new W.Global({ value: "i32" })]],
    [global("(mut i32)"), [1, new W.Global({ value: "i32" })]],
    [global("v128"), [1, 1n]],
    [global("funcref"), [() => 1, 5, undefined]],
    [global("i31ref"), ["s", 2 ** 31]],
  ];
  for (const [text, values] of cases) {
    for (const x of values) assertThrows(() => exportsOf(W, text, { m: { x } }), W.LinkError, 'Import #0 "m" "x"');
  }
  for (const m of [undefined, null, 5, "s"]) assertThrows(() => exportsOf(W, global("i32"), { m }), TypeError);
  assertThrows(() => exportsOf(W, global("i32"), undefined), TypeError);
  const module = new W.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  for (const imports of [undefined, {}, () => 1]) assert(new W.Instance(module, imports) instanceof W.Instance);
  // The namespace may be any object, a function too.
  const f = Object.assign(() => 1, { x: 5 });
  exportsOf(W, global("i32"), { m: f });
});

forEach("imports are read in order, before anything is linked", (W) => {
  const order: string[] = [];
  const imports = new Proxy({}, {
    get: (_, m) =>
      new Proxy({}, {
        get: (_, n) => {
          order.push(`${String(m)}.${String(n)}`);
          return n === "g" ? 5 : () => {};
        },
      }),
  });
  exportsOf(W, `(module (import "a" "f" (func)) (import "b" "g" (global i32)) (import "a" "h" (func)))`, imports);
  assertEquals(order, ["a.f", "b.g", "a.h"]);
  const error = new Error("why");
  const failing = {
    a: {
      get f() {
        throw error;
      },
    },
  };
  assertStrictEquals(
    assertThrows(() => exportsOf(W, `(module (import "a" "f" (func)))`, failing)),
    error,
  );
});

forEach("the exports object is frozen and has no prototype", (W) => {
  const x = exportsOf(
    W,
    `(module (func (export "b")) (func (export "1")) (func (export "a")) (func (export "__proto__")))`,
  );
  assertEquals(Object.getPrototypeOf(x), null);
  assertEquals([Object.isFrozen(x), Object.keys(x)], [true, ["1", "b", "a", "__proto__"]]);
  assertEquals(Object.getOwnPropertyDescriptor(x, "a"), {
    value: x.a,
    writable: false,
    enumerable: true,
    configurable: false,
  });
  assertThrows(() => x.a = 1, TypeError);
});
