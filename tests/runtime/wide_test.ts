import { assert, assertEquals, assertThrows } from "@std/assert";
import { Engine, LinkError, Trap } from "../../mod.ts";
import { canRunNative } from "../../src/platform/permissions.ts";

const MEMORY = `(module (memory (export "m") i64 1 100000) (memory $n 1)
  (data $d "hello")
  (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))
  (func (export "size") (result i64) (memory.size))
  (func (export "store") (param i64 i64) (i64.store offset=16 (local.get 0) (local.get 1)))
  (func (export "load") (param i64) (result i64) (i64.load offset=16 (local.get 0)))
  (func (export "loadFar") (param i64) (result i32) (i32.load8_u offset=0xfffffffffffffffe (local.get 0)))
  (func (export "fill") (param i64 i64) (memory.fill (local.get 0) (i32.const 7) (local.get 1)))
  (func (export "copyIn") (param i64 i32 i32) (memory.copy 0 $n (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copyOut") (param i32 i64 i32) (memory.copy $n 0 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (param i64) (memory.init $d (local.get 0) (i32.const 0) (i32.const 5)))
  (func (export "get") (param i64) (result i32) (i32.load8_u (local.get 0))))`;

Deno.test("memories with 64-bit addresses have exact bounds, also beyond 2^53", () => {
  const { exports } = new Engine({ tier: "interp" }).load(MEMORY);
  for (const at of [65513n, 65536n, 2n ** 32n, 2n ** 53n + 1n, -1n, -16n, -24n, 2n ** 63n]) {
    assertThrows(() => exports.load(at), Trap, "out of bounds memory access");
    assertThrows(() => exports.store(at, 1n), Trap, "out of bounds memory access");
    assertThrows(() => exports.fill(at, 65536n), Trap, "out of bounds memory access");
    assertThrows(() => exports.copyIn(at, 0, 65536), Trap, "out of bounds memory access");
  }
  for (const at of [0n, 1n, 2n, 3n, -1n]) assertThrows(() => exports.loadFar(at), Trap);
  exports.store(65512n, -5n);
  assertEquals(exports.load(65512n), -5n);
  exports.fill(65536n, 0n);
  assertThrows(() => exports.fill(65536n, 1n), Trap);
  assertThrows(() => exports.fill(1n, -1n), Trap);
});

Deno.test("memories of more than 4 GiB grow, and can be read and written beyond 2^32", () => {
  if (!canRunNative()) return;
  const { exports } = new Engine({ tier: "interp" }).load(MEMORY);
  assertEquals(exports.grow(80_000n), 1n);
  assertEquals(exports.grow(20_000n), -1n);
  assertEquals(exports.grow(-1n), -1n);
  assertEquals(exports.size(), 80_001n);
  const far = 5_000_000_000n;
  exports.store(far, 0x1122334455667788n);
  assertEquals(exports.load(far), 0x1122334455667788n);
  exports.init(far);
  assertEquals(exports.get(far + 4n), "o".charCodeAt(0));
  exports.copyOut(10, far, 5);
  exports.copyIn(far + 100n, 10, 5);
  assertEquals(exports.get(far + 100n), "h".charCodeAt(0));
});

Deno.test("tables with 64-bit addresses have exact bounds", () => {
  const { exports } = new Engine({ tier: "interp" }).load(`(module
    (type $v (func (result i32)))
    (table $t (export "t") i64 3 10 funcref) (table $u 3 funcref)
    (elem (table $t) (i64.const 1) func $f)
    (func $f (result i32) (i32.const 77))
    (func (export "get") (param i64) (result funcref) (table.get $t (local.get 0)))
    (func (export "set") (param i64) (table.set $t (local.get 0) (ref.func $f)))
    (func (export "grow") (param i64) (result i64) (table.grow $t (ref.null func) (local.get 0)))
    (func (export "size") (result i64) (table.size $t))
    (func (export "call") (param i64) (result i32) (call_indirect $t (type $v) (local.get 0)))
    (func (export "tail") (param i64) (result i32) (return_call_indirect $t (type $v) (local.get 0)))
    (func (export "copy") (param i32 i64 i32) (table.copy $u $t (local.get 0) (local.get 1) (local.get 2))))`);
  assertEquals(exports.call(1n), 77);
  assertEquals(exports.tail(1n), 77);
  for (const at of [3n, 2n ** 32n + 1n, -1n, 2n ** 63n]) {
    assertThrows(() => exports.get(at), Trap, "out of bounds table access");
    assertThrows(() => exports.set(at), Trap, "out of bounds table access");
    assertThrows(() => exports.call(at), Trap, "undefined element");
    assertThrows(() => exports.tail(at), Trap, "undefined element");
    assertThrows(() => exports.copy(0, at, 1), Trap, "out of bounds table access");
    assertEquals(exports.grow(at === 3n ? 8n : at), -1n);
  }
  assertEquals(exports.grow(2n), 3n);
  assertEquals(exports.size(), 5n);
  exports.set(4n);
  assertEquals(exports.call(4n), 77);
});

Deno.test("functions that tier jit has no code for stay interpreted, and say why", () => {
  if (!canRunNative()) return;
  const engine = new Engine({ tier: "jit" });
  const instance = engine.load(`(module
    (type $open (sub (func (result i32)))) (type $closed (func (result i32)))
    (table 2 funcref) (elem (i32.const 0) func $f) (tag $t) (memory 1) (memory $wide i64 1)
    (func $f (type $open) (i32.const 1))
    (func (export "plain") (result i32) (call_indirect (type $closed) (i32.const 1)))
    (func (export "open") (result i32) (call_indirect (type $open) (i32.const 0)))
    (func (export "throw") (throw $t))
    (func $many (param i32 i32 i32 i32 i32 i32 i32))
    (func (export "crowded") (return_call $many
      (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6) (i32.const 7)))
    (func (export "wide") (result i32) (i32.load $wide (i64.const 0)))
    (func (export "narrow") (result i32) (i32.load (i32.const 0)))
    (func (export "vector") (local v128))
    (func $takes (param v128))
    (func (export "block") (block (result v128) (unreachable)) (drop))
    (func (export "gives") (param i32) (result i32) (unreachable) (call $takes) (i32.const 0)))`);
  const tiers = Object.fromEntries(
    ["plain", "open", "throw", "wide", "narrow", "vector", "block", "gives", "crowded"].map((n) => [
      n,
      instance.func(n).tier,
    ]),
  );
  assertEquals(tiers, {
    plain: "jit",
    open: "jit",
    throw: "jit",
    wide: "jit",
    narrow: "jit",
    vector: "jit",
    block: "jit",
    gives: "jit",
    crowded: "interp",
  });
  const { tierReason } = instance.func("crowded");
  assert(tierReason !== undefined && tierReason.includes("return_call"));
  assertEquals(instance.func("plain").tierReason, undefined);
  assertEquals(instance.exports.open(), 1);
  assertEquals(instance.exports.wide(), 0);
  assertThrows(() => instance.func("crowded").compile(), TypeError, "return_call");
});

Deno.test("memories and tables with 64-bit addresses can be made by the host, and fit only such imports", () => {
  const engine = new Engine({ tier: "interp" });
  const memory = engine.memory({ minimum: 1, address: "i64" });
  const table = engine.table({ element: "funcref", minimum: 2, address: "i64" });
  assertEquals(memory.type.address, "i64");
  const wide = `(module (import "a" "m" (memory i64 1)) (import "a" "t" (table i64 1 funcref))
    (func (export "size") (result i64) (i64.add (memory.size) (table.size 0))))`;
  assertEquals(engine.load(wide, { a: { m: memory, t: table } }).exports.size(), 3n);
  assertThrows(() => engine.load(`(module (import "a" "m" (memory 1)))`, { a: { m: memory } }), LinkError);
  assertThrows(() => engine.load(wide, { a: { m: engine.memory({ minimum: 1 }), t: table } }), LinkError);
});
