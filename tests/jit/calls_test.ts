import { assertEquals } from "@std/assert";
import { assembleText } from "../../src/text/parser.ts";
import { Instance } from "./machine.ts";

Deno.test("an import gets its arguments, and the caller finds its memory again afterwards", () => {
  const other = new Instance(assembleText(`(module (memory 1)
    (func (export "poke") (param i32 i64) (result i64)
      (i32.store (i32.const 0) (local.get 0))
      (i64.add (local.get 1) (i64.load32_u (i32.const 0)))))`));
  const seen: bigint[][] = [];
  const instance = new Instance(
    assembleText(`(module
      (import "a" "host" (func $host (param i32 i64 f32 f64) (result f64)))
      (import "a" "poke" (func $poke (param i32 i64) (result i64)))
      (memory 1)
      (global $g (mut i64) (i64.const 5))
      (func (export "f") (param i32 i64) (result i64) (local f64)
        (i32.store (i32.const 0) (i32.const 1111))
        (local.set 2 (call $host (local.get 0) (local.get 1) (f32.const 1.5) (f64.const -2)))
        (global.set $g (i64.add (global.get $g) (call $poke (i32.const 77) (i64.const 1000))))
        (i64.add (i64.add (i64.load32_u (i32.const 0)) (global.get $g))
          (i64.add (i64.reinterpret_f64 (local.get 2)) (local.get 1)))))`),
    [(args) => {
      seen.push(args.slice(0, 2));
      return [40n];
    }, { instance: other, name: "poke" }],
  );
  assertEquals(instance.call("f", 3n, 1n << 40n), [1111n + 5n + 1077n + 40n + (1n << 40n)]);
  assertEquals(seen, [[3n, 1n << 40n]]);
  assertEquals(new Uint32Array(other.memories[0].buffer, 0, 1)[0], 77);
  instance.free();
  other.free();
});

Deno.test("call_indirect finds its callee and traps for each way in which there is none", () => {
  const instance = new Instance(assembleText(`(module
    (table 5 funcref)
    (elem (i32.const 1) $a $b)
    (type $ii (func (param i32) (result i32)))
    (func $a (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func $b (param i64) (result i32) (i32.const 9))
    (func (export "f") (param i32 i32) (result i32)
      (i32.mul (local.get 1) (call_indirect (type $ii) (local.get 1) (local.get 0)))))`));
  assertEquals(instance.call("f", 1n, 10n), [110n]);
  assertEquals(instance.trapOf("f", 2n, 10n).trap, "indirect call type mismatch");
  assertEquals(instance.trapOf("f", 0n, 10n).trap, "uninitialized element");
  assertEquals(instance.trapOf("f", 4n, 10n).trap, "uninitialized element");
  assertEquals(instance.trapOf("f", 5n, 10n).trap, "undefined element");
  assertEquals(instance.trapOf("f", 0xffffffffn, 10n).trap, "undefined element");
  instance.free();
});

Deno.test("what is alive across calls comes back, integers and floats, locals and operands", () => {
  const instance = new Instance(assembleText(`(module
    (func $many (param i32 f64 i64) (result i32 f64 i64 f32 i32)
      (i32.add (local.get 0) (i32.const 1)) (f64.add (local.get 1) (f64.const 1)) (i64.add (local.get 2) (i64.const 1))
      (f32.const 0.5) (i32.const -1))
    (func (export "f") (param i32 f64 i64) (result f64) (local i32 f64 i64 f32)
      (local.set 3 (i32.mul (local.get 0) (i32.const 3)))
      (f64.mul (local.get 1) (f64.const 2))
      (call $many (local.get 0) (local.get 1) (local.get 2))
      (local.set 0) (local.set 6) (local.set 5) (local.set 4) (local.set 3 (i32.add (local.get 3)))
      (f64.add (f64.convert_i32_s (local.get 3)))
      (f64.add (local.get 4)) (f64.add (f64.convert_i64_s (local.get 5))) (f64.add (f64.promote_f32 (local.get 6)))
      (f64.add (local.get 1)) (f64.add (f64.convert_i32_s (local.get 0)))))`));
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, 10);
  const bits = instance.call("f", 7n, view.getBigUint64(0), 100n)[0];
  view.setBigUint64(0, bits);
  assertEquals(view.getFloat64(0), 20 + (21 + 8) + 11 + 101 + 0.5 + 10 - 1);
  instance.free();
});

Deno.test("helpers grow, fill and copy memory, and what is alive comes back", () => {
  const instance = new Instance(assembleText(`(module (memory 1 5)
    (func (export "f") (param i32) (result i32) (local i32)
      (local.set 1 (i32.mul (local.get 0) (i32.const 100)))
      (i32.add (i32.mul (i32.const 10) (memory.grow (local.get 0))) (memory.size))
      (memory.fill (i32.const 70000) (i32.const 7) (i32.const 100))
      (memory.copy (i32.const 80000) (i32.const 70050) (i32.const 4))
      (i32.add (local.get 1)) (i32.add (i32.load8_u offset=80003 (i32.const 0)))))`));
  assertEquals(instance.call("f", 2n), [10n + 3n + 200n + 7n]);
  instance.free();
});

Deno.test("table.get, table.set, table.size, ref.func and ref.is_null work on the table itself", () => {
  const instance = new Instance(assembleText(`(module (table $t 10 funcref) (elem declare func $g)
    (type $i (func (result i32)))
    (func $g (type $i) (i32.const 42))
    (func (export "set") (param i32) (table.set $t (local.get 0) (ref.func $g)))
    (func (export "null") (param i32) (result i32) (ref.is_null (table.get $t (local.get 0))))
    (func (export "size") (result i32) (table.size $t))
    (func (export "call") (param i32) (result i32) (call_indirect $t (type $i) (local.get 0))))`));
  assertEquals(instance.call("null", 9n), [1n]);
  instance.call("set", 9n);
  assertEquals(instance.call("null", 9n), [0n]);
  assertEquals(instance.call("call", 9n), [42n]);
  assertEquals(instance.call("size"), [10n]);
  assertEquals(instance.trapOf("null", 10n).trap, "out of bounds table access");
  assertEquals(instance.trapOf("set", 0xffffffffn).trap, "out of bounds table access");
  instance.free();
});

Deno.test("frame maps name the slots that hold references during a call", () => {
  const instance = new Instance(assembleText(`(module (table 1 externref)
    (func $g)
    (func (export "f") (param i32 externref i32) (result externref) (local externref externref)
      (local.set 4 (local.get 1))
      (table.get (i32.const 0))
      (call $g)
      (drop)
      (local.set 1 (ref.null extern))
      (call $g)
      (local.get 4)))`));
  const maps = instance.codes[1].frameMaps;
  assertEquals(maps.map((m) => [...m.references]), [[1, 4, 5], [4]]);
  assertEquals(instance.call("f", 0n, 0x1234n, 0n), [0x1234n]);
  instance.free();
});
