import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import v8 from "node:v8";
import vm from "node:vm";
import { Engine, type TierName, Trap } from "../../mod.ts";

const tiers: TierName[] = Engine.nativeUnavailable === undefined ? ["interp", "jit"] : ["interp"];

const MODULE = `(module
  (import "" "host" (func $host (param i32 i64 externref) (result externref)))
  (type $box (struct (field $v (mut i32))))
  (type $unary (func (param i32) (result i32)))
  (type $holder (struct (field $f (mut (ref null $unary)))))
  (global $kept (export "kept") (mut (ref null $holder)) (ref.null $holder))
  (export "host" (func $host))
  (table $t (export "table") 4 funcref)
  (func (export "add") (param i32 i32) (result i32) (i32.add (i32.mul (local.get 0) (i32.const 10)) (local.get 1)))
  (func (export "box") (param i32) (result (ref $box)) (struct.new $box (local.get 0)))
  (func (export "count") (param $b (ref $box)) (param i32) (result i32)
    (struct.set $box $v (local.get $b) (i32.add (struct.get $box $v (local.get $b)) (local.get 1)))
    (struct.get $box $v (local.get $b)))
  (func (export "apply") (param $f (ref $unary)) (param i32) (result i32) (call_ref $unary (local.get 1) (local.get $f)))
  (func (export "tail") (param $f (ref $unary)) (param i32) (result i32) (return_call_ref $unary (local.get 1) (local.get $f)))
  (func (export "indirect") (param i32 i32) (result i32) (call_indirect $t (type $unary) (local.get 0) (local.get 1)))
  (func (export "keep") (param $f (ref null $unary))
    (global.set $kept (struct.new $holder (local.get $f))))
  (func (export "forget") (global.set $kept (ref.null $holder)))
  (func (export "kept_call") (param i32) (result i32)
    (call_ref $unary (local.get 0) (struct.get $holder $f (global.get $kept))))
  (func (export "trap") (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1)))
  (func (export "sum") (param $f (ref $unary)) (param $n i32) (result i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (local.get $s) (call_ref $unary (local.get $n) (local.get $f))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s)))`;

for (const tier of tiers) {
  const load = (zeal = false) => {
    const engine = new Engine({ tier, gcZeal: zeal });
    const seen: unknown[][] = [];
    const instance = engine.load(MODULE, { "": { host: (...args: unknown[]) => (seen.push(args), args[2]) } });
    // deno-lint-ignore no-explicit-any
    return { engine, instance, x: instance.exports as any, seen };
  };

  Deno.test(`${tier}: Func.bind() gives a function of the rest, callable from JavaScript and by every kind of call from Wasm`, () => {
    const { instance, x, engine } = load();
    const add = instance.func("add"), ten = add.bind(1), all = ten.bind(5), none = add.bind();
    assertEquals(ten.type.params.length, 1);
    assertEquals([ten.call(2), all.call(), none.call(3, 4)], [12, 15, 34]);
    assertEquals([ten.exported(7), ten.tier, ten.name], [17, tier, "bound add"]);
    assertStrictEquals(ten.exported, ten.exported);
    assertStrictEquals(engine.funcOf(ten.exported), ten);
    assertEquals([x.apply(ten.exported, 3), x.tail(ten.exported, 4), x.sum(ten.exported, 3)], [13, 14, 36]);
    x.table.set(2, ten.exported);
    assertEquals(x.indirect(8, 2), 18);
    assertStrictEquals(x.table.get(2), ten.exported);
    assertThrows(() => x.apply(add.exported, 1), TypeError);
    assertThrows(() => x.apply(all.exported, 1), TypeError);
    x.table.set(1, all.exported);
    assertThrows(() => x.indirect(8, 1), Trap);
    assertThrows(() => add.bind(1, 2, 3), TypeError, "takes 2 arguments");
    assertThrows(() => instance.func("count").bind({}), TypeError);
    const error = assertThrows(() => x.apply(instance.func("trap").bind(1).exported, 0), Trap);
    assertEquals(error.frames.map((f) => f.name), ["trap", "apply"]);
    assertThrows(() => ten.tier = "interp", TypeError, "runs in the tier of");
  });

  Deno.test(`${tier}: functions of the host can be bound, and called as any`, async () => {
    const { instance, seen, x } = load();
    const f = instance.func("host").bind(1, 2n);
    const value = {};
    assertStrictEquals(f.call(value), value);
    assertStrictEquals(f.bind(value).call(), value);
    assertStrictEquals(await f.callAsync(value), value);
    assertEquals(await instance.func("add").bind(1).callAsync(1), 11);
    assertEquals(seen.map((args) => args.slice(0, 2)), [[1, 2n], [1, 2n], [1, 2n]]);
    assert(x);
  });

  Deno.test(`${tier}: what a function is bound to is traced, and goes with it`, async () => {
    v8.setFlagsFromString("--expose-gc");
    const collectJavaScript = vm.runInNewContext("gc") as () => void;
    const { engine, instance, x } = load(true);
    (() => {
      x.keep(instance.func("count").bind(x.box(40)).exported);
    })();
    const settle = async () => {
      for (let i = 0; i < 4; i++) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        collectJavaScript();
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await settle();
    assertEquals(engine.gc().heap.objectsKept, 2);
    assertEquals([x.kept_call(1), x.kept_call(1)], [41, 42]);
    const { functions } = engine.gc();
    const path = engine.heap.retainingPath("$box")!.steps.map((s) => s.by);
    assertEquals(path.slice(-2), ["field $f", "captured value 0"]);
    x.forget();
    await settle();
    const report = engine.gc();
    assertEquals([report.heap.objectsKept, report.functions], [0, functions - 1]);
    engine.heap.verify();
  });

  Deno.test(`${tier}: a chain of bound functions as long as memory allows is traced without recursion`, () => {
    const engine = new Engine({ tier });
    const instance = engine.load(`(module (type $f (func (result i32)))
      (func (export "call") (param $f (ref null $f)) (result i32)
        (if (result i32) (ref.is_null (local.get $f)) (then (i32.const 7)) (else (i32.const 8)))))`);
    let f = instance.func("call").bind(null);
    for (let i = 0; i < 20_000; i++) f = instance.func("call").bind(f.exported);
    assert(engine.gc().functions > 20_000);
    assertEquals(f.call(), 8);
  });
}
