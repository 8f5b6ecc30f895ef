import { assert, assertEquals, assertThrows } from "@std/assert";
import { CompileError, Engine, LinkError, Trap } from "../../mod.ts";

const FEATURES = { "custom-page-sizes": true, threads: true };
/** In the best tier, so that functions the compiler would get wrong have to stay in the interpreter. */
function makeEngine(): Engine {
  return new Engine({ features: FEATURES });
}

Deno.test("a memory with pages of 1 byte grows by bytes, up to its maximum, and ends where it says", () => {
  const instance = makeEngine().load(`(module (memory (export "memory") 3 70000 (pagesize 1))
    (data (i32.const 1) "ab")
    (func (export "size") (result i32) (memory.size))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "load64") (param i32) (result i64) (i64.load (local.get 0)))
    (func (export "fill") (param i32) (memory.fill (i32.const 0) (i32.const 7) (local.get 0))))`);
  const { size, grow, load, load64, fill } = instance.exports;
  const memory = instance.memory();
  assertEquals([size(), memory.pages, memory.pageSize, memory.byteLength, memory.maximum], [3, 3, 1, 3, 70000]);
  assertEquals([load(1), load(2)], [0x61, 0x62]);
  assertThrows(() => load(3), Trap, "out of bounds memory access");
  assertEquals([grow(5), size(), load(7), load64(0)], [3, 8, 0, 0x626100n]);
  assertThrows(() => load64(1), Trap, "out of bounds memory access");
  assertThrows(() => fill(9), Trap, "out of bounds memory access");
  fill(8);
  assertEquals(load64(0), 0x0707070707070707n);
  assertEquals([grow(70000), grow(69992), grow(1), load(69999), load(7)], [-1, 8, -1, 0, 7]);
  assertThrows(() => load(70000), Trap, "out of bounds memory access");
  assertEquals(memory.type, { kind: "memory", minimum: 3, maximum: 70000, pageSize: 1 });
});

Deno.test("the page size of an imported memory must be the one that the module declares", () => {
  const engine = makeEngine();
  const small = engine.memory({ minimum: 10, maximum: 20, pageSize: 1 });
  const large = engine.memory({ minimum: 10, maximum: 20 });
  const text = (limits: string) => `(module (memory (import "m" "m") ${limits}))`;
  const link = (limits: string, m: unknown) => engine.load(text(limits), { m: { m } });
  link("10 20 (pagesize 1)", small);
  link("10 20 (pagesize 65536)", large);
  assertThrows(() => link("10 20", small), LinkError, "incompatible import type");
  assertThrows(() => link("10 20 (pagesize 1)", large), LinkError, "incompatible import type");
  assertThrows(() => link("11 20 (pagesize 1)", small), LinkError, "incompatible import type");
  assertThrows(() => engine.memory({ minimum: 1, pageSize: 2 as never }), RangeError, "pages are of 1 or 65536");
  assertEquals(small.grow(10), 10);
  assertThrows(() => small.grow(1), RangeError, "cannot grow");
});

Deno.test("sharing is part of a memory's type", () => {
  const engine = makeEngine();
  const shared = engine.memory({ minimum: 1, maximum: 2, shared: true });
  const unshared = engine.memory({ minimum: 1, maximum: 2 });
  const text = (limits: string) => `(module (memory (import "m" "m") ${limits}))`;
  const link = (limits: string, m: unknown) => engine.load(text(limits), { m: { m } });
  link("1 2 shared", shared);
  assertThrows(() => link("1 2", shared), LinkError, "incompatible import type");
  assertThrows(() => link("1 2 shared", unshared), LinkError, "incompatible import type");
  assertEquals(shared.type, { kind: "memory", minimum: 1, maximum: 2, shared: true });
});

Deno.test("plain accesses and bulk instructions work in a shared memory, in every tier", () => {
  const instance = makeEngine().load(`(module (memory (export "memory") 1 3 shared)
    (data (i32.const 8) "hello") (data $p "world")
    (func (export "copy") (memory.copy (i32.const 20) (i32.const 8) (i32.const 5))
      (memory.init $p (i32.const 25) (i32.const 0) (i32.const 5))
      (memory.fill (i32.const 30) (i32.const 33) (i32.const 2)))
    (func (export "store") (param i32 i64) (i64.store (local.get 0) (local.get 1)))
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))
    (func (export "load") (param i32) (result i64) (i64.load (local.get 0))))`);
  const { copy, store, grow, load } = instance.exports;
  const memory = instance.memory();
  const { buffer } = memory;
  assert(buffer instanceof SharedArrayBuffer);
  copy();
  assertEquals(new TextDecoder().decode(memory.read(20, 12)), "helloworld!!");
  assertThrows(() => load(65536 - 7), Trap, "out of bounds memory access");
  assertEquals(grow(), 1);
  store(65536 - 4, 0x1122334455667788n);
  assertEquals(load(65536 - 4), 0x1122334455667788n);
  // Somebody else's grow, which the memory is not told of: the access is tried again before it traps.
  (buffer as SharedArrayBuffer & { grow(n: number): void }).grow(3 * 65536);
  store(3 * 65536 - 8, 5n);
  assertEquals([load(3 * 65536 - 8), memory.pages], [5n, 3]);
  assertEquals(grow(), -1);
  assertThrows(() => store(3 * 65536 - 7, 5n), Trap, "out of bounds memory access");
  instance.dispose();
  assertEquals(buffer.byteLength, 3 * 65536, "others may use it still");
});

Deno.test("atomic accesses to an unshared memory are atomic in every tier", () => {
  const instance = makeEngine().load(`(module (memory 1)
    (func (export "add") (param i32) (result i32) (i32.atomic.rmw.add (local.get 0) (i32.const 5)))
    (func (export "load") (param i32) (result i32) (i32.atomic.load (local.get 0))))`);
  const { add, load } = instance.exports;
  assertEquals([add(0), add(0), load(0)], [0, 5, 10]);
  assertThrows(() => load(1), Trap, "unaligned atomic");
});

Deno.test("shared memories and page sizes need their features", () => {
  const engine = new Engine({ tier: "interp" });
  assertThrows(() => engine.compile("(module (memory 1 1 shared))"), CompileError, "threads");
  assertThrows(() => engine.compile("(module (memory 1 (pagesize 1)))"), CompileError, "custom-page-sizes");
  assertThrows(() => new Engine({ features: { thread: true } as never }), TypeError, 'no feature "thread"');
});
