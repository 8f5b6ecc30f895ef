import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { exportsOf, forEach, thrown } from "./namespaces.ts";

forEach("tags and exceptions check their arguments", (W) => {
  for (const type of [undefined, null, 5, {}, { parameters: 5 }, { parameters: ["x"] }, { parameters: [undefined] }]) {
    assertThrows(() => new W.Tag(type), TypeError);
  }
  const tag = new W.Tag({ parameters: ["i32", "externref", "i64"] });
  const e = new W.Exception(tag, ["5", "x", 6n]);
  assert(!(e instanceof Error) && e instanceof W.Exception);
  assertEquals([e.is(tag), e.is(new W.Tag({ parameters: ["i32"] }))], [true, false]);
  assertEquals([e.getArg(tag, 0), e.getArg(tag, 1), e.getArg(tag, "2")], [5, "x", 6n]);
  for (const index of [3, 2 ** 32 - 1]) assertThrows(() => e.getArg(tag, index), RangeError);
  for (const index of [-1, NaN, undefined, 1n]) assertThrows(() => e.getArg(tag, index), TypeError);
  assertThrows(() => e.getArg(new W.Tag({ parameters: [] }), 0), TypeError);
  for (const other of [undefined, {}, 5]) {
    assertThrows(() => e.is(other), TypeError);
    assertThrows(() => e.getArg(other, 0), TypeError);
    assertThrows(() => new W.Exception(other, []), TypeError);
  }
  for (const payload of [undefined, 5, [1], [1, 2, 3n, 4], [1, 2, 3], [1n, 2, 3n]]) {
    assertThrows(() => new W.Exception(tag, payload), TypeError);
  }
  assertThrows(() => new W.Exception(new W.Tag({ parameters: ["v128"] }), [1]), TypeError);
  assertThrows(() => new W.Exception(W.JSTag, ["x"]), TypeError);
});

forEach("stack traces of exceptions are there when asked for", (W) => {
  const tag = new W.Tag({ parameters: [] });
  assertStrictEquals(new W.Exception(tag, []).stack, undefined);
  assertStrictEquals(new W.Exception(tag, [], { traceStack: false }).stack, undefined);
  assertEquals(typeof new W.Exception(tag, [], { traceStack: true }).stack, "string");
});

const CATCHING =
  `(module (import "m" "tag" (tag $t (param i32))) (import "m" "js" (tag $js (param externref))) (import "m" "f" (func $f))
  (func (export "throw") (throw $t (i32.const 7)))
  (func (export "throw js") (param externref) (throw $js (local.get 0)))
  (func (export "rethrow") (block $b (result exnref) (try_table (catch_all_ref $b) (call $f)) (return)) (throw_ref))
  (func (export "number") (result i32) (block $b (result i32) (try_table (catch $t $b) (call $f)) (i32.const -1)))
  (func (export "value") (result externref) (block $b (result externref) (try_table (catch $js $b) (call $f)) (ref.null extern)))
  (func (export "all") (result i32) (block $b (try_table (catch_all $b) (call $f)) (return (i32.const 0))) (i32.const 1)))`;

forEach("exceptions keep their identity through Wasm and JavaScript", (W) => {
  const tag = new W.Tag({ parameters: ["i32"] });
  let value: unknown;
  const x = exportsOf(W, CATCHING, {
    m: {
      tag,
      js: W.JSTag,
      f: () => {
        throw value;
      },
    },
  });
  const own = thrown(x.throw);
  assert(own instanceof W.Exception && own.is(tag));
  assertEquals(own.getArg(tag, 0), 7);
  const mine = new W.Exception(tag, [9]);
  for (value of [own, mine]) {
    assertStrictEquals(thrown(x.rethrow), value);
    assertEquals([x.number(), x.all()], [value === own ? 7 : 9, 1]);
    assertStrictEquals(thrown(x.value), value);
  }
  for (value of [5, "s", null, undefined, { a: 1 }, new TypeError("why"), Symbol()]) {
    assertStrictEquals(thrown(x.rethrow), value);
    assertStrictEquals(x.value(), value);
    assertEquals(x.all(), 1);
    assertStrictEquals(thrown(() => x["throw js"](value)), value);
    assertStrictEquals(thrown(x.number), value);
  }
});

forEach("JSTag is one tag", (W) => {
  assert(W.JSTag instanceof W.Tag);
  assertStrictEquals(W.JSTag, W.JSTag);
  assertThrows(() => {
    W.JSTag = 5;
  }, TypeError);
});

forEach("the start function's exceptions and traps come out of instantiation", async (W) => {
  const error = new Error("why");
  const text = `(module (import "m" "f" (func $f)) (start $f))`;
  const imports = {
    m: {
      f: () => {
        throw error;
      },
    },
  };
  assertStrictEquals(thrown(() => exportsOf(W, text, imports)), error);
  const trap = `(module (memory (export "m") 1) (func $f unreachable) (start $f))`;
  assertThrows(() => exportsOf(W, trap), W.RuntimeError, "unreachable");
  const outside = `(module (memory 1) (data (i32.const 65535) "ab"))`;
  assertThrows(() => exportsOf(W, outside), W.RuntimeError);
  const { wasm } = await import("./namespaces.ts");
  const failure = await W.instantiate(wasm(trap)).catch((e: unknown) => e);
  assertStrictEquals(failure.constructor, W.RuntimeError);
});
