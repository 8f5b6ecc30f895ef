// Host functions and conversions that call back in, throw, collect, grow, change tiers and exhaust JavaScript's stack: afterwards everything is as it was.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Instance, type TierName, Trap } from "../../mod.ts";
import { randomNumbers, testInTiers } from "./tiers.ts";

testInTiers("conversions that call back in disturb neither arguments nor results", ({ load }) => {
  const instance: Instance = load(
    `(module (import "h" "pair" (func $pair (param i32 f64) (result i32 f64)))
    (import "h" "one" (func $one (param i32) (result i32)))
    (func $id (export "id") (param i32) (result i32) (local i64 i64 i64 i64) (local.get 0))
    (func (export "pair") (param i32 f64) (result i32 f64) (call $pair (local.get 0) (local.get 1)))
    (func (export "one") (param i32) (result i32) (call $one (local.get 0)))
    (func (export "sub") (param i32 i32 f64 f32) (result f64)
      (f64.sub (f64.convert_i32_s (i32.sub (local.get 0) (local.get 1))) (f64.add (local.get 2) (f64.promote_f32 (local.get 3))))))`,
    {
      h: {
        pair: (a: number, b: number) => [again(a + 1), again(b + 1)],
        one: (a: number) => again(a + 1),
      },
    },
  );
  const again = (n: number) => ({ valueOf: () => (instance.exports.id(99), instance.exports.sub(1, 2, 3, 4), n) });
  for (let i = 0; i < 40; i++) {
    assertEquals(instance.exports.pair(again(i), again(2.5)), [i + 1, 3.5]);
    assertEquals(instance.exports.one(again(i)), i + 1);
    assertEquals(instance.exports.sub(again(50), again(8), again(1), again(0.5)), 40.5);
    const thrower = { valueOf: () => (instance.exports.id(1), assertThrows(() => instance.exports.id(Symbol())), 7) };
    assertThrows(() => instance.exports.sub(1, again(2), Symbol(), 0), TypeError);
    assertEquals(instance.exports.id(thrower), 7);
  }
});

testInTiers("globals take what a conversion gives, also when it made the store grow", ({ engine }) => {
  const global = engine.global({ type: "i32", mutable: true }, 1);
  const tables: unknown[] = [];
  const value = { valueOf: () => (tables.push(engine.table({ element: "externref", minimum: 1_000_000 })), 42) };
  global.value = value as unknown as number;
  assertEquals(global.value, 42);
});

testInTiers("calls nested deeper than stacks are kept give their results", ({ load }) => {
  const instance: Instance = load(
    `(module (import "h" "h" (func $h (param i32) (result i32 i64)))
    (func (export "f") (param i32) (result i64) (call $h (local.get 0)) (i64.extend_i32_u) (i64.add))
    (func (export "g") (param i32) (result i64) (call $h (local.get 0)) (i64.extend_i32_u) (i64.sub)))`.replaceAll(
      "(i64.extend_i32_u)",
      "(local.set 1) (local.set 0) (local.get 1) (i64.extend_i32_u (local.get 0))",
    ).replaceAll("(result i64) (call", "(result i64) (local i64) (call"),
    { h: { h: (x: number) => x === 0 ? [0, 0n] : [x, (x & 1 ? instance.exports.f : instance.exports.f)(x - 1)] } },
  );
  assertEquals(instance.exports.f(150), 11325n);
  assertEquals(instance.exports.f(190), 18145n);
  assertThrows(() => instance.exports.f(250), Trap, "call stack exhausted");
  assertEquals(instance.exports.f(190), 18145n);
});

testInTiers("host functions may do anything at every exit", ({ engine, load }) => {
  const random = randomNumbers(7);
  const tiers: TierName[] = engine.tier === "jit" ? ["interp", "jit"] : ["interp"];
  const module = engine.compile(`(module (import "h" "h" (func $h (param i32) (result i32)))
    (memory (export "m") 1) (table (export "t") 4 funcref) (elem (i32.const 0) $leaf) (type $t (func (param i32) (result i32)))
    (func $leaf (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func $a (param i32) (result i32) (local i32 f64)
      (local.set 1 (i32.mul (local.get 0) (i32.const 3))) (local.set 2 (f64.convert_i32_s (local.get 0)))
      (i32.store (i32.const 65532) (local.get 0))
      (drop (call $b (local.get 0)))
      (if (i32.ne (i32.trunc_f64_s (local.get 2)) (local.get 0)) (then (unreachable)))
      (if (i32.ne (i32.load (i32.const 65532)) (local.get 0)) (then (unreachable)))
      (i32.add (local.get 1) (call_indirect (type $t) (local.get 0) (i32.const 0))))
    (func $b (param i32) (result i32) (i32.store (i32.const 65532) (local.get 0)) (call $h (local.get 0))
      (i32.store (i32.const 65532) (local.get 0)))
    (func (export "f") (param i32) (result i32) (call $a (local.get 0))))`);
  let depth = 0, thrown = 0;
  const h = (x: number): number => {
    const instance = current;
    switch (random() % 8) {
      case 0:
        if (depth > 0) throw new RangeError("from the host");
        return 1;
      case 1:
        if (instance.memory("m").pages < 20) instance.memory("m").grow(1);
        return 2;
      case 2:
        instance.table("t").grow(random() % 50);
        return 3;
      case 3:
        engine.gc();
        return 4;
      case 4:
        for (const f of instance.functions) if (!f.isHost) f.tier = tiers[random() % tiers.length];
        return 5;
      case 5: {
        instance.dispose();
        engine.gc();
        return 6;
      }
      default:
        if (depth >= 6) return 7;
        depth++;
        try {
          assertEquals(run(x + 1), 4 * (x + 1) + 1);
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          thrown++;
        } finally {
          depth--;
        }
        return 8;
    }
  };
  let current!: Instance;
  const run = (x: number): number => {
    if (random() % 2 === 0) return current.exports.f(x) as number;
    const outer = current;
    current = load(module, { h: { h } });
    try {
      return current.exports.f(x) as number;
    } finally {
      current.dispose();
      current = outer;
    }
  };
  for (let i = 0; i < 400; i++) {
    current = load(module, { h: { h } });
    assertEquals(run(i), 4 * i + 1);
    current.dispose();
  }
  engine.gc();
  assert(thrown > 0);
  assertEquals(engine.gc().instances, 0);
});

testInTiers("JavaScript's stack may be exhausted at any point of a call", ({ engine, load }) => {
  let fail = false;
  const instance: Instance = load(
    `(module (import "h" "h" (func $h (param i32) (result i32))) (memory (export "m") 1 60000) (table 1 100000 funcref)
    (func $a (param i32) (result i32) (i32.add (i32.const 1) (call $h (local.get 0))))
    (func $b (param i32) (result i32) (call $a (local.get 0)))
    (func (export "call") (result i32) (call $b (i32.const 4)))
    (func (export "grow") (result i32) (drop (table.grow (ref.null func) (i32.const 1))) (drop (memory.grow (i32.const 1))) (memory.size))
    (func (export "trap") (unreachable)))`,
    {
      h: {
        h: (x: number) => {
          if (fail) throw new Error("asked for");
          return x;
        },
      },
    },
  );
  const { call, grow, trap } = instance.exports;
  const small = engine.compile(`(module (func (export "f") (param i32 i32) (result i32)
    (i32.add (i32.mul (local.get 0) (local.get 1)) (i32.sub (local.get 1) (local.get 0)))))`);
  const uses: (() => void)[] = [
    () => call(),
    () => trap(),
    () => grow(),
    () => engine.gc(),
    () => {
      fail = true;
      try {
        call();
      } finally {
        fail = false;
      }
    },
    () => {
      const other = load(small);
      try {
        other.exports.f(1, 2);
      } finally {
        other.dispose();
      }
    },
  ];
  const intact = () => {
    assertEquals(call(), 5);
    assertEquals(assertThrows(() => trap(), Trap).frames.length, 1);
    const { pages } = instance.memory("m");
    assertEquals(grow(), pages + 1);
    assertEquals(instance.memory("m").buffer.byteLength, (pages + 1) * 65536);
    using other = load(small);
    assertEquals(other.exports.f(3, 4), 13);
  };
  for (const use of uses) {
    for (let locals = 0; locals < 12; locals += 3) {
      // Frames of other sizes end at other points.
      const names = Array.from({ length: locals }, (_, i) => `v${i}`);
      const down = new Function(
        "use",
        "down",
        "at",
        `${names.map((v, i) => `let ${v} = at.depth + ${i};`).join(" ")}
        const depth = ++at.depth;
        if (depth > at.from) try { use(); } catch { /* looked at afterwards */ }
        at.deepest = depth;
        down(use, down, at);
        return 0 ${names.map((v) => `+ ${v}`).join(" ")};`,
      );
      const at = { depth: 0, from: Infinity, deepest: 0 };
      for (let round = 0; round < 3; round++) {
        at.depth = 0;
        assertThrows(() => down(use, down, at), RangeError);
        at.from = at.deepest - 120;
      }
      intact();
    }
  }
  assertEquals(engine.gc().instances, 1);
});

testInTiers("an interruption stops loops and recursion, also when a host function asks for it", ({ engine, load }) => {
  let ask = false;
  const { exports } = load(
    `(module (import "h" "h" (func $h))
    (func $fib (export "fib") (param i32) (result i32) (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "loop") (call $h) (loop (br 0)))
    (func (export "recursion") (result i32) (call $h) (call $fib (i32.const 30))))`,
    { h: { h: () => ask && (engine.interruptWord[0] = 1) } },
  );
  try {
    for (const name of ["loop", "recursion"]) {
      ask = true;
      assertThrows(() => exports[name](), Trap, "interrupted");
      ask = false;
      engine.interruptWord[0] = 0;
      assertEquals(exports.fib(10), 55);
    }
  } finally {
    engine.interruptWord[0] = 0;
  }
});
