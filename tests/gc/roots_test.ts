// Each place where references can stand, with a collection at every allocation and freed objects made unusable.

import { assert, assertEquals, assertThrows } from "@std/assert";
import v8 from "node:v8";
import vm from "node:vm";
import { Engine, type GcReport, type Instance, Trap } from "../../mod.ts";

const BOX = `(type $box (struct (field $v (mut i32))))
  (func $box (param i32) (result (ref $box)) (struct.new $box (local.get 0)))
  (func $get (export "get") (param (ref null $box)) (result i32) (struct.get $box $v (local.get 0)))
  (func $waste (result i32) (drop (call $box (i32.const -1))) (i32.const 0))`;

// deno-lint-ignore no-explicit-any
function load(body: string, imports: Record<string, any> = {}, engine = new Engine({ tier: "interp", gcZeal: true })) {
  const instance: Instance = engine.load(`(module ${imports.gc ? '(import "" "gc" (func $gc))' : ""} ${BOX} ${body})`, {
    "": imports,
  });
  // deno-lint-ignore no-explicit-any
  return { engine, instance, exports: instance.exports as any };
}

Deno.test("operands of the function that allocates are roots", () => {
  const { exports } = load(`
    (type $pair (struct (field (ref $box)) (field (ref $box))))
    (type $boxes (array (ref $box)))
    (func (export "pair") (param i32 i32) (result i32) (local $p (ref null $pair))
      (local.set $p (struct.new $pair (call $box (local.get 0)) (call $box (local.get 1))))
      (i32.sub (call $get (struct.get $pair 0 (local.get $p))) (call $get (struct.get $pair 1 (local.get $p)))))
    (func (export "fixed") (result i32) (local $a (ref null $boxes))
      (local.set $a (array.new_fixed $boxes 3 (call $box (i32.const 100)) (call $box (i32.const 20)) (call $box (i32.const 3))))
      (i32.add (call $get (array.get $boxes (local.get $a) (i32.const 0)))
        (i32.add (call $get (array.get $boxes (local.get $a) (i32.const 1)))
          (call $get (array.get $boxes (local.get $a) (i32.const 2))))))
    (func (export "filled") (result i32)
      (call $get (array.get $boxes (array.new $boxes (call $box (i32.const 7)) (i32.const 4)) (i32.const 3))))`);
  assertEquals(exports.pair(50, 8), 42);
  assertEquals(exports.fixed(), 123);
  assertEquals(exports.filled(), 7);
});

Deno.test("operands and locals of callers are roots, also beside vectors, blocks with values and locals without defaults", () => {
  const { exports } = load(`
    (func (export "operands") (result i32)
      (i64.const 5) (call $box (i32.const 1)) (v128.const i64x2 8 16) (call $box (i32.const 2)) (call $waste) (drop)
      (call $get) (drop) (drop) (call $get) (drop) (call $box (i32.const 9)) (call $get) (drop) (drop)
      (i32.const 1))
    (func (export "block") (param i32) (result i32) (local $v v128) (local $b (ref $box))
      (local.set $b (call $box (i32.const 10)))
      (block $l (result (ref $box) i32)
        (call $box (i32.const 30)) (call $waste)
        (br_if $l (local.get 0))
        (drop) (drop) (call $box (i32.const 60)) (call $waste))
      (drop) (call $get)
      (i32.add (call $get (local.get $b))))
    (func $deep (export "deep") (param $n i32) (param $b (ref $box)) (result i32)
      (if (result i32) (i32.eqz (local.get $n)) (then (i32.const 0))
        (else (i32.add (call $deep (i32.sub (local.get $n) (i32.const 1)) (call $box (local.get $n)))
          (call $get (local.get $b))))))
    (func (export "start") (result i32) (call $deep (i32.const 100) (call $box (i32.const 0))))`);
  assertEquals(exports.operands(), 1);
  assertEquals(exports.block(1), 40);
  assertEquals(exports.block(0), 70);
  assertEquals(exports.start(), 5050 - 1);
});

Deno.test("globals, tables and element segments are roots", () => {
  const { exports } = load(`
    (type $boxes (array (ref null $box)))
    (global $g (mut (ref null $box)) (struct.new $box (i32.const 1)))
    (table $t 3 (ref null $box) (struct.new $box (i32.const 2)))
    (elem $e (ref $box) (struct.new $box (i32.const 3)) (struct.new $box (i32.const 4)))
    (func (export "sum") (result i32) (local $a (ref null $boxes))
      (drop (call $waste))
      (local.set $a (array.new_elem $boxes $e (i32.const 0) (i32.const 2)))
      (table.init $t $e (i32.const 0) (i32.const 1) (i32.const 1))
      (elem.drop $e)
      (drop (call $waste))
      (i32.add (i32.add (call $get (global.get $g)) (call $get (table.get $t (i32.const 2))))
        (i32.add (call $get (array.get $boxes (local.get $a) (i32.const 0)))
          (call $get (table.get $t (i32.const 0))))))`);
  assertEquals(exports.sum(), 10);
});

Deno.test("payloads of exceptions are roots, caught or on their way through JavaScript", () => {
  const { exports } = load(
    `
    (tag $t (param (ref $box)))
    (func (export "throw") (throw $t (call $box (i32.const 21))))
    (func (export "caught") (result i32) (local $e exnref)
      (local.set $e (block $h (result exnref)
        (try_table (catch_all_ref $h) (throw $t (call $box (i32.const 17)))) (unreachable)))
      (drop (call $waste))
      (block $b (result (ref $box))
        (try_table (catch $t $b) (throw_ref (local.get $e))) (unreachable))
      (drop (call $waste))
      (call $get))
    (func (export "through") (result i32)
      (block $b (result (ref $box))
        (try_table (catch $t $b) (call $gc)) (unreachable))
      (drop (call $waste))
      (call $get))`,
    {
      gc: () => {
        try {
          exports.throw();
        } catch (error) {
          exports.caught();
          throw error;
        }
      },
    },
  );
  assertEquals(exports.caught(), 17);
  assertEquals(exports.through(), 21);
});

Deno.test("exceptions that legacy catch blocks keep are roots", () => {
  const { exports } = load(`
    (tag $t (param (ref $box)))
    (func (export "again") (result i32) (local $b (ref null $box))
      (block $out (result (ref $box))
        (try_table (catch $t $out)
          (try
            (do (throw $t (call $box (i32.const 33))))
            (catch $t (local.set $b) (local.set $b (ref.null $box)) (drop (call $waste)) (rethrow 0))))
        (unreachable))
      (drop (call $waste))
      (call $get))`);
  assertEquals(exports.again(), 33);
});

Deno.test("tail calls leave no stale roots, and lose none", () => {
  const { engine, exports } = load(
    `
    (func $loop (export "loop") (param $n i32) (param $b (ref $box)) (result i32)
      (if (i32.eqz (local.get $n)) (then (call $gc) (return (call $get (local.get $b)))))
      (return_call $loop (i32.sub (local.get $n) (i32.const 1)) (call $box (local.get $n))))
    (func (export "start") (result i32) (call $loop (i32.const 50) (call $box (i32.const 0))))`,
    { gc: () => void (kept = engine.gc().heap.objectsKept) },
  );
  let kept = 0;
  assertEquals(exports.start(), 1);
  assertEquals(kept, 1);
});

Deno.test("what host functions find on the stacks below them are roots", () => {
  let report: GcReport | undefined;
  const { engine, exports } = load(
    `
    (func (export "run") (param (ref $box)) (result i32)
      (call $box (i32.const 30))
      (call $gc)
      (i32.add (call $get) (call $get (local.get 0))))
    (func (export "make") (param i32) (result (ref $box)) (call $box (local.get 0)))`,
    {
      gc: () => {
        report = engine.gc();
        exports.make(0);
      },
    },
  );
  assertEquals(exports.run(exports.make(12)), 42);
  assertEquals(report!.heap.types.map((t) => [t.type, t.kept]), [["$box", 2]]);
  assert(report!.roots.operandStacks >= 2);
});

Deno.test("JavaScript's values keep their objects", () => {
  const { engine, exports } = load(`(func (export "make") (param i32) (result (ref $box)) (call $box (local.get 0)))`);
  const boxes = Array.from({ length: 100 }, (_, i) => exports.make(i));
  assertEquals(engine.gc().heap.objectsKept, 100);
  boxes.forEach((box, i) => assertEquals(exports.get(box), i));
});

Deno.test("an object goes when JavaScript has let go of its value and V8 has noticed", async () => {
  v8.setFlagsFromString("--expose-gc");
  const collectJavaScript = vm.runInNewContext("gc") as () => void;
  const { engine, exports } = load(`(func (export "make") (param i32) (result (ref $box)) (call $box (local.get 0)))`);
  (() => {
    for (let i = 0; i < 10; i++) exports.make(i);
  })();
  const kept = exports.make(77);
  let { objectsKept } = engine.gc().heap;
  assertEquals(objectsKept, 11);
  for (let tries = 0; tries < 50 && objectsKept > 1; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    collectJavaScript();
    ({ objectsKept } = engine.gc().heap);
  }
  assertEquals(objectsKept, 1);
  assertEquals(exports.get(kept), 77);
});

Deno.test("host values live as long as an object refers to them, and are finalized in a later task when it is gone", async () => {
  const engine = new Engine({ tier: "interp", gcMinimumBytes: 1 << 16 });
  const { exports } = load(
    `
    (type $holder (struct (field externref) (field anyref)))
    (global $h (mut (ref null $holder)) (ref.null none))
    (func (export "hold") (param externref externref)
      (global.set $h (struct.new $holder (local.get 0) (any.convert_extern (local.get 1)))))
    (func (export "drop") (global.set $h (ref.null none)))
    (func (export "first") (result externref) (struct.get $holder 0 (global.get $h)))
    (func (export "churn") (param i32)
      (loop $l (drop (call $waste))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))`,
    {},
    engine,
  );
  const a = { name: "a" }, b = { name: "b" };
  const gone: unknown[] = [];
  engine.onCollected(a, (value) => gone.push(value));
  engine.onCollected(b, (value) => gone.push(value));
  exports.hold(a, b);
  assertEquals(engine.gc().kept, 2);
  assert(exports.first() === a);
  exports.drop();
  exports.churn(20_000);
  assertEquals(gone, []);
  await Promise.resolve();
  assertEquals(gone, [a, b]);
});

Deno.test("a function reference in an object keeps the function's instance", () => {
  const engine = new Engine({ tier: "interp" });
  const other = engine.load(`(module (func (export "f") (result i32) (i32.const 5)))`);
  const { exports } = load(
    `
    (type $f (func (result i32)))
    (type $holder (struct (field (mut funcref))))
    (global $h (ref $holder) (struct.new_default $holder))
    (func (export "hold") (param funcref) (struct.set $holder 0 (global.get $h) (local.get 0)))
    (func (export "call") (result i32)
      (call_ref $f (ref.cast (ref $f) (struct.get $holder 0 (global.get $h)))))`,
    {},
    engine,
  );
  exports.hold(other.exports.f);
  other.dispose();
  assertEquals(engine.gc().instancesFreed, 0);
  assertEquals(exports.call(), 5);
  exports.hold(null);
  assertEquals(engine.gc().instancesFreed, 1);
});

Deno.test("objects that machine code has as externref are found on its stack", () => {
  if (Engine.nativeUnavailable !== undefined) return;
  const engine = new Engine({ tier: "interp", gcZeal: true });
  const { exports } = load(
    `
    (func (export "make") (param i32) (result externref) (extern.convert_any (call $box (local.get 0))))
    (func (export "read") (param externref) (result i32)
      (call $get (ref.cast (ref $box) (any.convert_extern (local.get 0)))))`,
    {},
    engine,
  );
  const outer = engine.load(
    `(module
      (import "" "make" (func $make (param i32) (result externref)))
      (import "" "read" (func $read (param externref) (result i32)))
      (func (export "run") (param i32) (result i32) (local externref externref)
        (local.set 1 (call $make (local.get 0)))
        (local.set 2 (call $make (i32.const 2)))
        (drop (call $make (i32.const 0)))
        (i32.add (call $read (local.get 1)) (call $read (local.get 2)))))`,
    { "": exports },
  );
  const run = outer.func("run")!;
  run.tier = "jit";
  assertEquals(run.tier, "jit");
  assertEquals(run.call(40), 42);
});

Deno.test("an allocation that the heap has no room for traps, and leaves everything as it was", () => {
  const engine = new Engine({ tier: "interp", gcMaximumBytes: 1 << 20 });
  const { exports } = load(
    `
    (type $bytes (array (mut i8)))
    (type $list (struct (field (ref null $list))))
    (global $l (mut (ref null $list)) (ref.null $list))
    (func (export "huge") (param i32) (result i32) (array.len (array.new_default $bytes (local.get 0))))
    (func (export "fill") (loop $l (global.set $l (struct.new $list (global.get $l))) (br $l)))
    (func (export "clear") (global.set $l (ref.null $list)))`,
    {},
    engine,
  );
  assertEquals(exports.huge(500_000), 500_000);
  const error = assertThrows(() => exports.huge(-1), Trap);
  assert(error.message.startsWith("allocation failed"));
  assertThrows(() => exports.fill(), Trap, "allocation failed");
  assertThrows(() => exports.huge(500_000), Trap);
  exports.clear();
  assertEquals(exports.huge(500_000), 500_000);
});
