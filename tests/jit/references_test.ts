import { assertEquals, assertThrows } from "@std/assert";
import { Engine, type Instance, Trap } from "../../mod.ts";

function load(text: string): Instance {
  const engine = new Engine({ tier: "jit" });
  return engine.load(text);
}

Deno.test("call_indirect takes functions of subtypes and keeps what is in registers while it looks", () => {
  const instance = load(`(module
    (type $super (sub (func (param i32 f64) (result f64))))
    (type $sub (sub $super (func (param i32 f64) (result f64))))
    (type $last (sub final $sub (func (param i32 f64) (result f64))))
    (rec (type $other (sub (func (param i32 f64) (result f64)))) (type (func)))
    (table 5 funcref) (elem (i32.const 0) func $f0 $f1 $f2 $f3)
    (func $f0 (type $super) (f64.add (f64.convert_i32_s (local.get 0)) (local.get 1)))
    (func $f1 (type $sub) (f64.sub (f64.convert_i32_s (local.get 0)) (local.get 1)))
    (func $f2 (type $last) (f64.mul (f64.convert_i32_s (local.get 0)) (local.get 1)))
    (func $f3 (export "f3") (type $other) (f64.const 0))
    (func (export "super") (param $i i32) (param i32 f64 i64 f32) (result f64)
      (f64.add
        (f64.add (f64.convert_i64_s (local.get 3)) (f64.promote_f32 (local.get 4)))
        (call_indirect (type $super) (local.get 1) (local.get 2) (local.get $i))))
    (func (export "sub") (param $i i32) (result f64)
      (call_indirect (type $sub) (i32.const 7) (f64.const 0.5) (local.get $i)))
    (func (export "last") (param $i i32) (result f64)
      (call_indirect (type $last) (i32.const 7) (f64.const 0.5) (local.get $i)))
    (func (export "tail") (param $i i32) (param i32 f64) (result f64)
      (return_call_indirect (type $super) (local.get 1) (local.get 2) (local.get $i))))`);
  const { exports } = instance;
  const expected = [7.5, 6.5, 3.5];
  for (let i = 0; i < 3; i++) {
    assertEquals(exports.super(i, 7, 0.5, 100n, 0.25), 100.25 + expected[i]);
    assertEquals(exports.tail(i, 7, 0.5), expected[i]);
  }
  assertEquals([exports.sub(1), exports.sub(2), exports.last(2)], [6.5, 3.5, 3.5]);
  const mismatch = "indirect call type mismatch";
  assertThrows(() => exports.super(3, 7, 0.5, 1n, 1), Trap, mismatch);
  assertThrows(() => exports.tail(3, 7, 0.5), Trap, mismatch);
  for (const i of [0, 3]) assertThrows(() => exports.sub(i), Trap, mismatch);
  for (const i of [0, 1, 3]) assertThrows(() => exports.last(i), Trap, mismatch);
  assertThrows(() => exports.sub(4), Trap, "uninitialized element");
  assertThrows(() => exports.sub(-1), Trap, "undefined element");
  for (const name of ["super", "sub", "last", "tail"]) assertEquals(instance.func(name).tier, "jit");
});

Deno.test("references to functions are called, tested for null and branched on in machine code", () => {
  const instance = load(`(module
    (type $f (func (param i64) (result i64)))
    (type $g (func (param (ref null $f) i64) (result i64)))
    (global $global (mut (ref null $f)) (ref.null $f))
    (table $table 3 (ref $f) (ref.func $double))
    (elem declare func $double $increment)
    (func $double (export "double") (type $f) (i64.mul (local.get 0) (i64.const 2)))
    (func $increment (export "increment") (type $f) (i64.add (local.get 0) (i64.const 1)))
    (func $apply (export "apply") (type $g) (call_ref $f (local.get 1) (local.get 0)))
    (func $orSame (export "orSame") (type $g)
      (block $null (result i64)
        (local.get 1)
        (br_on_null $null (local.get 0))
        (call_ref $f)))
    (func (export "notNull") (param (ref null $f) i64) (result i64)
      (block $some (result (ref $f)) (br_on_non_null $some (local.get 0)) (return (i64.const -1)))
      (local.set 0) (call_ref $f (local.get 1) (ref.as_non_null (local.get 0))))
    (func (export "trapNull") (param (ref null $f)) (drop (ref.as_non_null (local.get 0))))
    (func (export "setTable") (param i32 (ref $f)) (table.set $table (local.get 0) (local.get 1)))
    (func (export "sum") (param i32 i64) (result i64) (local $n i32) (local $r (ref null $f))
      (loop $next
        (local.set $r (table.get $table (i32.rem_u (local.get $n) (i32.const 3))))
        (global.set $global (local.get $r))
        (local.set 1 (call_ref $f (local.get 1) (local.get $r)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $n) (local.get 0))))
      (call_ref $f (local.get 1) (global.get $global)))
    ;; Both ways out of a loop and into it.
    (func (export "countdown") (param i32) (result i32) (local $r (ref null $f)) (local $n i32)
      (local.set $r (ref.func $double))
      (loop $again
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (if (i32.eq (local.get $n) (local.get 0)) (then (local.set $r (ref.null $f))))
        (block $null
          (br_on_null $null (local.get $r)) (drop)
          (br $again)))
      (local.get $n)))`);
  const { exports } = instance;
  const { double, increment } = exports;
  assertEquals([exports.apply(double, 21n), exports.orSame(increment, 4n), exports.orSame(null, 4n)], [42n, 5n, 4n]);
  assertEquals([exports.notNull(double, 4n), exports.notNull(null, 4n)], [8n, -1n]);
  assertThrows(() => exports.apply(null, 1n), Trap, "null function reference");
  assertThrows(() => exports.trapNull(null), Trap, "null reference");
  exports.setTable(1, increment);
  assertEquals(exports.sum(3, 5n), ((5n * 2n) + 1n) * 2n * 2n);
  assertEquals(exports.countdown(1000), 1000);
  for (let i = 0; i < 9; i++) assertEquals(instance.func(i).tier, "jit");
});

Deno.test("tables with 64-bit indices are checked exactly", () => {
  const instance = load(`(module
    (type $f (func (result i32)))
    (table $t i64 2 6 funcref) (elem (table $t) (i64.const 1) func $f) (elem $e func $f $f)
    (func $f (result i32) (i32.const 7))
    (func (export "call") (param i64) (result i32) (call_indirect $t (type $f) (local.get 0)))
    (func (export "get") (param i64) (result i32) (ref.is_null (table.get $t (local.get 0))))
    (func (export "set") (param i64) (table.set $t (local.get 0) (ref.func $f)))
    (func (export "size") (result i64) (table.size $t))
    (func (export "grow") (param i64) (result i64) (table.grow $t (ref.null func) (local.get 0)))
    (func (export "fill") (param i64 i64) (table.fill $t (local.get 0) (ref.null func) (local.get 1)))
    (func (export "init") (param i64) (table.init $t $e (local.get 0) (i32.const 0) (i32.const 2)))
    (func (export "copy") (param i64 i64 i64) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2))))`);
  const { exports } = instance;
  assertEquals([exports.call(1n), exports.get(0n), exports.get(1n), exports.size()], [7, 1, 0, 2n]);
  for (const at of [2n, 1n << 32n, (1n << 32n) + 1n, -1n, 1n << 63n]) {
    assertThrows(() => exports.call(at), Trap, "undefined element");
    for (const name of ["get", "set", "init"]) {
      assertThrows(() => exports[name](at), Trap, "out of bounds table access");
    }
    assertThrows(() => exports.fill(at, 1n), Trap);
    assertThrows(() => exports.fill(1n, at), Trap);
    assertThrows(() => exports.copy(0n, at, 1n), Trap);
  }
  assertEquals([exports.grow(3n), exports.grow(-1n), exports.grow(1n << 32n), exports.size()], [2n, -1n, -1n, 5n]);
  exports.init(3n);
  exports.copy(0n, 3n, 2n);
  assertEquals([exports.call(0n), exports.call(4n)], [7, 7]);
  assertEquals(["call", "get", "set", "grow"].map((name) => instance.func(name).tier), ["jit", "jit", "jit", "jit"]);
});
