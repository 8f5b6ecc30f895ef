// WebAssembly 3.0 at its edges: references that only frames hold, exceptions of instances that are gone, arrays whose size overflows, and chains of tail calls.

import { assertEquals, assertThrows } from "@std/assert";
import { type Instance, Trap } from "../../mod.ts";
import { testInTiers } from "./tiers.ts";

testInTiers("an exception can be thrown again after the instance that threw it is gone", ({ engine, load }) => {
  const thrower = load(`(module (type $s (struct (field i32) (field anyref))) (tag $t (export "t") (param i32 anyref))
    (func (export "throw") (param i32) (result i32)
      (throw $t (local.get 0) (struct.new $s (local.get 0) (ref.i31 (i32.const 5))))))`);
  const catcher = load(
    `(module (type $s (struct (field i32) (field anyref)))
    (import "a" "t" (tag $t (param i32 anyref))) (import "a" "throw" (func $throw (param i32) (result i32)))
    (import "h" "drop" (func $drop))
    (func $between (result i32) (call $throw (i32.const 42)))
    (func (export "f") (result i32) (local anyref exnref)
      (block $h (result i32 anyref exnref)
        (try_table (catch_ref $t $h) (return (call $between))) (unreachable))
      (local.set 1) (drop) (drop) (call $drop)
      (block $again (result i32 anyref)
        (try_table (catch $t $again) (throw_ref (local.get 1))) (unreachable))
      (local.set 0) (drop)
      (i32.add (struct.get $s 0 (ref.cast (ref $s) (local.get 0)))
        (i31.get_s (ref.cast (ref i31) (struct.get $s 1 (ref.cast (ref $s) (local.get 0))))))))`,
    {
      a: thrower.exports,
      h: {
        drop: () => {
          thrower.dispose();
          engine.gc();
        },
      },
    },
  );
  assertEquals(catcher.exports.f(), 47);
});

testInTiers("references that only frames hold survive a collection at any call", ({ engine, load }) => {
  const instance: Instance = load(
    `(module (import "h" "gc" (func $gc)) (type $l (struct (field i32) (field (ref null $l))))
    (func $list (param i32) (result (ref null $l)) (local (ref null $l))
      (loop $k (local.set 1 (struct.new $l (local.get 0) (local.get 1)))
        (br_if $k (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get 1))
    (func $sum (param (ref null $l)) (result i32) (local i32)
      (block $end (loop $k (br_if $end (ref.is_null (local.get 0)))
        (local.set 1 (i32.add (local.get 1) (struct.get $l 0 (local.get 0))))
        (local.set 0 (struct.get $l 1 (local.get 0))) (br $k)))
      (local.get 1))
    (func $f (export "f") (param i32 (ref null $l)) (result i32) (local (ref null $l) v128)
      (local.set 2 (call $list (i32.const 20))) (local.set 3 (i32x4.splat (i32.const 77)))
      (if (i32.eqz (local.get 0)) (then
        (call $gc) (drop (call $list (i32.const 5000))) (return (call $sum (local.get 1)))))
      (i32.add
        (i32.add (call $sum (local.get 1)) (call $f (i32.sub (local.get 0) (i32.const 1)) (call $list (local.get 0))))
        (i32.add (call $sum (local.get 2)) (i32x4.extract_lane 2 (local.get 3))))))`,
    { h: { gc: () => void engine.gc() } },
  );
  assertEquals(instance.exports.f(20, null), 7280);
  assertEquals(instance.exports.f(30, null), 13570);
});

testInTiers("an array whose bytes overflow 32 bits is refused with a trap", ({ load }) => {
  const lengths = [0x10000000, 0x20000000, 0x40000001, 0x7fffffff, 0x80000000, 0xffffffff];
  const { exports } = load(`(module (type $v (array (mut v128))) (type $l (array (mut i64)))
    (func (export "v") (param i32) (drop (array.new_default $v (local.get 0))))
    (func (export "l") (param i32) (drop (array.new $l (i64.const 3) (local.get 0))))
    (func (export "set") (param i32) (array.set $l (array.new_default $l (i32.const 3)) (local.get 0) (i64.const 1)))
    ${lengths.map((n, i) => `(func (export "c${i}") (drop (array.new_default $v (i32.const ${n}))))`).join("\n")})`);
  lengths.forEach((n, i) => {
    for (const f of [exports.v, exports.l, exports.set, exports[`c${i}`]]) assertThrows(() => f(n), Trap);
  });
  exports.set(2);
  assertThrows(() => exports.set(3), Trap, "out of bounds array access");
});

testInTiers("a long chain of tail calls may throw, catch and grow on its way", ({ load }) => {
  const { exports } = load(`(module (type $f (func (param i32 i32) (result i32))) (tag $t (param i32 i32))
    (table funcref (elem $a $b $c)) (table $g 1 100 funcref) (memory 1 100)
    (func $a (param i32 i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
      (return_call $b (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 1) (i32.const 1))))
    (func $b (param i32 i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (throw $t (local.get 1) (i32.const 9))))
      (return_call_indirect (type $f)
        (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 1) (i32.const 1)) (i32.const 2)))
    (func $c (param i32 i32) (result i32)
      (if (i32.eqz (i32.and (local.get 0) (i32.const 1023))) (then
        (drop (memory.grow (i32.const 1))) (drop (table.grow $g (ref.null func) (i32.const 1)))))
      (block $h (result i32 i32)
        (try_table (catch $t $h) (throw $t (local.get 0) (local.get 1))) (unreachable))
      (local.set 1) (local.set 0)
      (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
      (return_call_ref $f (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 1) (i32.const 1)) (ref.func $a)))
    (func (export "f") (param i32) (result i32)
      (block $h (result i32 i32)
        (try_table (catch $t $h) (return (call $a (local.get 0) (i32.const 0)))) (unreachable))
      (i32.add)))`);
  assertEquals([9000, 9001, 9002].map((n) => exports.f(n)), [9000, 9010, 9002]);
});

testInTiers("an exhausted stack is no exception, in try blocks and after handlers alike", ({ load }) => {
  const { exports } = load(`(module (tag $t)
    (func $in (export "in") (block $h (try_table (catch_all $h) (call $in))))
    (func $after (export "after") (result i32)
      (block $h (try_table (catch $t $h) (throw $t))) (i32.add (call $after) (i32.const 1))))`);
  for (const f of [exports.in, exports.after, exports.in]) assertThrows(f, Trap, "call stack exhausted");
});
