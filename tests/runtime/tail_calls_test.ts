import { assertEquals, assertThrows } from "@std/assert";
import { Engine, Exception, type Trap } from "../../mod.ts";
import { canRunNative } from "../../src/platform/permissions.ts";

const TEXT = `(module
  (type $f (func (param i32) (result i32)))
  (import "host" "f" (func $host (param i32) (result i32)))
  (table funcref (elem $even $odd))
  (elem declare func $down)
  (tag $t)
  (func $even (export "even") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1))
      (else (return_call $odd (i32.sub (local.get 0) (i32.const 1))))))
  (func $odd (param i32) (result i32) (local i64 i64 i64)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
      (else (return_call_indirect (type $f) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))
  (func $down (export "down") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (return_call $host (i32.const 40)))
      (else (return_call_ref $f (i32.sub (local.get 0) (i32.const 1)) (ref.func $down)))))
  (func $square (export "square") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))
  (func $toSquare (export "toSquare") (param i32) (result i32) (return_call $square (local.get 0)))
  (func $callsBoth (export "callsBoth") (param i32) (result i32)
    (i32.add (call $toSquare (local.get 0)) (call $down (i32.const 3))))
  (func $throws (param i32) (result i32) (throw $t))
  (func (export "leavesHandler") (result i32)
    (block $h (try_table (catch_all $h) (return_call $throws (i32.const 1)))) (i32.const 0)))`;

function load(host = (x: number) => x + 2) {
  return new Engine({ tier: "interp" }).load(TEXT, { host: { f: host } });
}

Deno.test("tail calls do not grow the stack, whatever they go through", () => {
  const { exports } = load();
  assertEquals(exports.even(1_000_000), 1);
  assertEquals(exports.even(1_000_001), 0);
  assertEquals(exports.down(1_000_000), 42);
});

Deno.test("a tail call leaves the interpreter for a host function or machine code, from base frames and others", () => {
  const instance = load();
  const { exports } = instance;
  assertEquals(exports.callsBoth(5), 67);
  if (!canRunNative()) return;
  instance.func("square").tier = "jit";
  assertEquals(exports.toSquare(9), 81);
  assertEquals(exports.callsBoth(5), 67);
  instance.func("callsBoth").tier = "jit";
  assertEquals(exports.callsBoth(6), 78);
  for (let i = 0; i < 1000; i++) assertEquals(exports.callsBoth(i), i * i + 42);
});

Deno.test("what a tail-called host function throws comes from no frame of the caller", () => {
  const { exports } = load(() => {
    throw new RangeError("no");
  });
  assertThrows(() => exports.down(3), RangeError, "no");
});

Deno.test("a tail call leaves the handlers around it", () => {
  assertThrows(() => load().exports.leavesHandler(), Exception);
});

Deno.test("a tail call that finds no room on the stack traps, as a call does", () => {
  const { exports } = new Engine({ tier: "interp" }).load(`(module
    (func $big (result i32) (local ${"i64 ".repeat(40_000)}) (i32.const 5))
    (func $deep (export "deep") (param i32) (result i32) (local ${"i64 ".repeat(1000)})
      (if (i32.eqz (local.get 0)) (then (return_call $big)))
      (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1))))`);
  const deepest = (n: number) => {
    try {
      return exports.deep(n) === n + 5;
    } catch (e) {
      assertEquals((e as Trap).kind, "call-stack-exhausted");
      return false;
    }
  };
  let fits = 500, fails = 1100;
  while (fails - fits > 1) {
    const n = (fits + fails) >> 1;
    if (deepest(n)) fits = n;
    else fails = n;
  }
  assertEquals([deepest(fits), deepest(fails), deepest(2)], [true, false, true]);
});
