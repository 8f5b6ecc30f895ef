// Frames that change the tier while they run: into machine code at the head of a loop, back to the interpreter at safepoints, with all that they and their callers have.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Engine, type EngineOptions, Exception, type Imports, type Instance, Trap } from "../../mod.ts";
import { testNative } from "../skip.ts";

/** Engines in which frames move, by what makes them. */
const MOVING: Record<string, EngineOptions> = {
  "hot at once": { tier: "auto", callThreshold: 1, loopThreshold: 1 },
  "loops hot": { tier: "auto", callThreshold: 1_000_000, loopThreshold: 3 },
  zeal: { tierZeal: true },
  "zeal by chance": { tierZeal: 7 },
  "zeal with collections": { tierZeal: true, gcZeal: true },
};

interface Run {
  readonly source: string;
  readonly imports?: (engine: Engine, instance: () => Instance) => Imports;
  /** What is compared. */
  readonly observe: (instance: Instance) => unknown;
}

function observed(options: EngineOptions, { source, imports, observe }: Run): { seen: unknown; moves: number } {
  const engine = new Engine(options);
  const box: { instance?: Instance } = {};
  box.instance = engine.load(source, imports?.(engine, () => box.instance!) ?? {});
  const seen = observe(box.instance);
  return { seen, moves: engine.tierEvents.filter((e) => e.what === "frame").length };
}

/** Registers a test that compares what an instance does in `interp` with what it does where frames move. */
function testMoving(name: string, run: Run): void {
  testNative(name, () => {
    const { seen: expected } = observed({ tier: "interp" }, run);
    assertEquals(observed({ tier: "jit" }, run).seen, expected, "jit");
    for (const [how, options] of Object.entries(MOVING)) {
      const { seen, moves } = observed(options, run);
      assertEquals(seen, expected, how);
      // Where a function is hot when it is first called, all its frames are machine code.
      assert(moves > 0 || options.callThreshold === 1, `no frame moved: ${how}`);
    }
  });
}

function caught(f: () => unknown): unknown {
  try {
    return f();
  } catch (e) {
    if (e instanceof Trap) return [e.kind, ...e.frames.map((f) => [f.name, f.offset])];
    if (e instanceof Exception) return ["exception", ...e.payload];
    return String(e);
  }
}

testMoving("a loop with sums of every type gives the same wherever its frame moves", {
  source: `(module
    (func (export "sums") (param $n i32) (result i32 i64 f32 f64 i64 i64)
      (local $i i32) (local $l i64) (local $f f32) (local $d f64) (local $v v128) (local $w v128) (local $c i32) (local $k i64)
      (local.set $c (i32.const 77)) (local.set $k (i64.const 0x123456789abcdef))
      (local.set $w (v128.const i64x2 3 0x1111111111111111))
      (loop $top
        (local.set $l (i64.add (local.get $l) (i64.mul (i64.extend_i32_s (local.get $n)) (local.get $k))))
        (local.set $f (f32.add (local.get $f) (f32.convert_i32_s (local.get $n))))
        (local.set $d (f64.sub (f64.mul (local.get $d) (f64.const 1.25)) (f64.convert_i32_s (local.get $n))))
        (local.set $v (i32x4.add (i32x4.splat (local.get $n)) (i64x2.add (local.get $v) (local.get $w))))
        (local.set $i (i32.add (local.get $i) (i32.xor (local.get $c) (local.get $n))))
        (br_if $top (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $i) (local.get $l) (local.get $f) (local.get $d)
      (i64x2.extract_lane 0 (local.get $v)) (i64x2.extract_lane 1 (local.get $v))))`,
  observe: ({ exports }) => [exports.sums(1), exports.sums(9), exports.sums(200)],
});

testMoving("nested loops keep operands below them, and parameters of blocks", {
  source: `(module
    (func (export "nest") (param $n i32) (result i64) (local $i i32) (local $j i32) (local $s i64)
      (i64.add (i64.const 1000)
        (i64.add (i64.extend_i32_u (i32.mul (local.get $n) (i32.const 3)))
          (block (result i64)
            (local.set $i (local.get $n))
            (i64.const 5) (i32.const 7)
            (loop $outer (param i64 i32) (result i64)
              (local.set $j (local.get $i))
              (drop)
              (loop $inner (param i64) (result i64)
                (i64.add (i64.extend_i32_u (local.get $j)))
                (br_if $inner (local.tee $j (i32.sub (local.get $j) (i32.const 1)))))
              (i32.const 9)
              (br_if $outer (local.tee $i (i32.sub (local.get $i) (i32.const 1))))
              (drop)))))))`,
  observe: ({ exports }) => [1, 2, 3, 20].map((n) => exports.nest(n)),
});

testMoving("recursion gives the same, with loops in every frame", {
  source: `(module
    (func $tree (export "tree") (param $n i32) (result i32) (local $s i32) (local $k i32)
      (if (i32.eqz (local.get $n)) (then (return (i32.const 1))))
      (local.set $k (i32.const 3))
      (loop $l
        (local.set $s (i32.add (i32.mul (local.get $s) (i32.const 31)) (call $tree (i32.sub (local.get $n) (i32.const 1)))))
        (br_if $l (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
      (local.get $s)))`,
  observe: ({ exports }) => [exports.tree(3), exports.tree(6)],
});

testMoving("results of all kinds come back through frames that moved", {
  source: `(module
    (type $t (func (param i32 f64) (result f64 i32 i64 f32 i32 externref)))
    (import "h" "f" (func $host (param i32) (result i32 f64 i64)))
    (table funcref (elem $many))
    (func $many (type $t) (local $i i32)
      (loop $l (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
      (local.get 1) (local.get 0) (i64.extend_i32_s (local.get 0)) (f32.const 0.5) (local.get $i) (ref.null extern))
    (func (export "through") (param i32) (result f64 i32 i64 f32 i32 externref)
      (loop $l (call $host (local.get 0)) (drop) (drop) (drop)
        (br_if $l (i32.gt_s (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 5))))
      (call_indirect (type $t) (local.get 0) (f64.const 2.5) (i32.const 0)))
    (func (export "host") (param i32) (result i32 f64 i64) (call $host (local.get 0))))`,
  imports: () => ({ h: { f: (x: number) => [x + 1, x / 2, BigInt(x) << 40n] } }),
  observe: ({ exports }) => [exports.through(9), exports.host(-3)],
});

testMoving("exceptions are caught by frames that moved, and go through those that do not catch", {
  source: `(module
    (import "h" "f" (func $host (param i32)))
    (tag $e (param i32 i64)) (tag $other)
    (func $throws (param i32) (local $i i32)
      (loop $l (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
      (call $host (local.get 0))
      (if (i32.eqz (i32.rem_u (local.get 0) (i32.const 3))) (then (throw $other)))
      (if (i32.and (local.get 0) (i32.const 1)) (then (throw $e (local.get 0) (i64.const -5)))))
    (func $between (param i32) (call $throws (local.get 0)))
    (func (export "modern") (param $n i32) (result i64) (local $s i64) (local $x exnref)
      (loop $l
        (block $done
          (block $c (result i32 i64)
            (block $all (result exnref)
              (try_table (catch $e $c) (catch_all_ref $all) (call $between (local.get $n)))
              (br $done))
            (local.set $x) (local.set $s (i64.mul (local.get $s) (i64.const 7))) (br $done))
          (local.set $s (i64.add (local.get $s)))
          (local.set $s (i64.sub (i64.extend_i32_s) (local.get $s))))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $s))
    (func (export "legacy") (param $n i32) (result i64) (local $s i64) (local $k i32)
      (loop $l
        (try
          (do (call $between (local.get $n)))
          (catch $e
            (local.set $s (i64.add (local.get $s)))
            (drop)
            (local.set $k (i32.const 3))
            (loop $inner (call $host (local.get $k))
              (br_if $inner (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
            (try (do (rethrow 1)) (catch $e (local.set $s (i64.add (local.get $s) (i64.const 100))) (drop) (drop))))
          (catch_all (local.set $s (i64.mul (local.get $s) (i64.const 3)))))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $s))
    (func (export "leaves") (param i32) (call $between (local.get 0))))`,
  imports: () => ({
    h: {
      f: (x: number) => {
        if (x === 11) throw new Error("of the host");
      },
    },
  }),
  observe: ({ exports: { modern, legacy, leaves } }) =>
    [
      () => modern(5),
      () => modern(10),
      () => modern(30),
      () => legacy(10),
      () => legacy(30),
      () => leaves(1),
      () => leaves(3),
      () => leaves(2),
      () => leaves(11),
    ].map(caught),
});

testMoving("traps have the same frames", {
  source: `(module
    (memory 1)
    (func $deep (param i32 i32) (result i32) (local $i i32)
      (loop $l
        (drop (i32.div_u (i32.const 10) (i32.sub (local.get 1) (local.get $i))))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
      (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)) (local.get 1))))
        (else (i32.load (i32.shl (local.get 1) (i32.const 10))))))
    (func (export "run") (param i32 i32) (result i32) (call $deep (local.get 0) (local.get 1))))`,
  observe: ({ exports: { run } }) => [[0, 9], [3, 9], [2, 3], [4, 100], [0, 0]].map((a) => caught(() => run(...a))),
});

testMoving("memory grows between, tables and globals change, tail calls replace frames that moved", {
  source: `(module
    (memory (export "m") 1 10)
    (global $g (mut i64) (i64.const 1))
    (func (export "grow") (param $n i32) (result i32) (local $s i32) (local $at i32)
      (loop $l
        (drop (memory.grow (i32.const 1)))
        (local.set $at (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 4)))
        (i32.store (local.get $at) (local.get $n))
        (global.set $g (i64.mul (global.get $g) (i64.const 3)))
        (local.set $s (i32.add (local.get $s) (i32.load (local.get $at))))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $s))
    (func (export "g") (result i64) (global.get $g))
    (func $odd (param i32 i64) (result i64) (local i64 i64 i64)
      (if (result i64) (local.get 0)
        (then (return_call $even (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 1))))
        (else (local.get 1))))
    (func $even (export "even") (param $n i32) (param $s i64) (result i64) (local $k i32)
      (loop $l (br_if $l (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 3))))
      (if (result i64) (local.get $n)
        (then (return_call $odd (i32.sub (local.get $n) (i32.const 1)) (i64.add (local.get $s) (i64.extend_i32_u (local.get $k)))))
        (else (local.get $s)))))`,
  observe: ({ exports }) => [exports.grow(5), (exports.g as () => bigint)(), exports.even(501, 0n)],
});

testMoving("objects and references live on across a move", {
  source: `(module
    (type $node (struct (field $next (ref null $node)) (field $value i32)))
    (type $bytes (array (mut i32)))
    (import "h" "keep" (func $keep (param externref) (result externref)))
    (func $make (param i32 (ref null $node)) (result (ref $node)) (struct.new $node (local.get 1) (local.get 0)))
    (func (export "list") (param $n i32) (param $x externref) (result i32 externref)
      (local $head (ref null $node)) (local $a (ref null $bytes)) (local $s i32) (local $y externref)
      (local.set $y (local.get $x))
      (loop $build
        (local.set $head (call $make (local.get $n) (local.get $head)))
        (local.set $a (array.new $bytes (local.get $n) (i32.const 5)))
        (local.set $y (call $keep (local.get $y)))
        (local.set $s (i32.add (local.get $s) (array.get $bytes (local.get $a) (i32.const 4))))
        (br_if $build (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (block $end
        (loop $walk
          (br_if $end (ref.is_null (local.get $head)))
          (local.set $s (i32.add (i32.mul (local.get $s) (i32.const 3)) (struct.get $node $value (local.get $head))))
          (local.set $head (struct.get $node $next (local.get $head)))
          (br $walk)))
      (local.get $s) (local.get $y)))`,
  imports: () => ({ h: { keep: (x: unknown) => x } }),
  observe: ({ exports }) => [exports.list(3, "a thing"), exports.list(40, null), exports.list(100, { key: 1 })],
});

testMoving("many locals, parameters on the stack and large frames move as a whole", {
  source: `(module
    (func $wide (param ${"i64 ".repeat(12)} ${
    "f64 ".repeat(12)
  }) (result i64 f64) (local $i i32) (local $s i64) (local $f f64)
      ${Array.from({ length: 90 }, (_, i) => `(local $x${i} i64)`).join(" ")}
      ${Array.from({ length: 90 }, (_, i) => `(local.set $x${i} (i64.const ${i * 1e12 + i}))`).join("\n")}
      (loop $l
        ${Array.from({ length: 12 }, (_, i) => `(local.set $s (i64.add (local.get $s) (local.get ${i})))`).join("\n")}
        ${
    Array.from({ length: 12 }, (_, i) => `(local.set $f (f64.add (local.get $f) (local.get ${12 + i})))`).join("\n")
  }
        ${
    Array.from({ length: 90 }, (_, i) => `(local.set $x${i} (i64.add (local.get $x${i}) (local.get $s)))`).join("\n")
  }
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 6))))
      ${Array.from({ length: 90 }, (_, i) => `(local.set $s (i64.xor (local.get $s) (local.get $x${i})))`).join("\n")}
      (local.get $s) (local.get $f))
    (func (export "run") (result i64 f64)
      (call $wide ${Array.from({ length: 12 }, (_, i) => `(i64.const ${i + 1})`).join(" ")}
        ${Array.from({ length: 12 }, (_, i) => `(f64.const ${i}.5)`).join(" ")})))`,
  observe: ({ exports }) => [exports.run(), exports.run()],
});

testMoving("branches of every kind find their way in the side table behind a move", {
  source: `(module
    (func (export "route") (param $n i32) (result i64) (local $s i64)
      (loop $top
        (block $d (block $c (block $b (block $a
          (br_table $a $b $c $d (i32.rem_u (local.get $n) (i32.const 5))))
          (local.set $s (i64.add (local.get $s) (i64.const 1))) (br $d))
          (if (i32.and (local.get $n) (i32.const 8))
            (then (local.set $s (i64.mul (local.get $s) (i64.const 5))))
            (else (local.set $s (i64.sub (local.get $s) (i64.const 9)))))
          (br $d))
          (local.set $s (select (i64.const 3) (local.get $s) (i32.and (local.get $n) (i32.const 16)))))
        (if (i32.eqz (i32.rem_u (local.get $n) (i32.const 7)))
          (then (loop $in (local.set $s (i64.add (local.get $s) (i64.const 2)))
            (br_if $in (i64.ne (i64.rem_u (local.get $s) (i64.const 3)) (i64.const 0))))))
        (br_if $top (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $s)))`,
  observe: ({ exports }) => [1, 2, 10, 77, 500].map((n) => exports.route(n)),
});

// Moves by hand

const SWITCHED = `(module
  (import "h" "turn" (func $turn (param i32) (result i32)))
  (func $inner (param $n i32) (result i32) (i32.add (call $turn (local.get $n)) (local.get $n)))
  (func $outer (export "run") (param $n i32) (result i64) (local $s i64) (local $f f64) (local $i i32)
    (local.set $f (f64.const 0.5))
    (loop $l
      (local.set $s (i64.add (i64.mul (local.get $s) (i64.const 3)) (i64.extend_i32_s (call $inner (local.get $i)))))
      (local.set $f (f64.add (local.get $f) (f64.const 1)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (i64.add (local.get $s) (i64.trunc_f64_s (local.get $f)))))`;

testNative("a host function moves its callers, which go on in the other tier", () => {
  const engine = new Engine({ tier: "jit" });
  const instance: Instance = engine.load(SWITCHED, {
    h: {
      turn(n: number) {
        const tier = n % 4 < 2 ? "interp" : "jit";
        if (n % 2 === 0) instance.func("inner").tier = instance.func("outer").tier = tier;
        return n * 5;
      },
    },
  });
  const expected = new Engine({ tier: "interp" }).load(SWITCHED, { h: { turn: (n: number) => n * 5 } }).exports.run(20);
  assertEquals(instance.exports.run(20), expected);
  const frames = engine.tierEvents.filter((e) => e.what === "frame");
  assert(frames.length >= 2, JSON.stringify(frames));
  assertEquals(
    new Set(frames.map((e) => `${e.name} ${e.from} ${e.to} ${e.why}`)),
    new Set(["inner jit interp set", "outer jit interp set"]),
  );
});

testNative("only frames down to the lowest that is not to run as machine code are taken back", () => {
  const engine = new Engine({ tier: "jit" });
  const trace: string[] = [];
  const source = `(module
    (import "h" "f" (func $host (param i32)))
    (func $a (export "a") (param i32) (result i32) (i32.add (i32.const 1) (call $b (local.get 0))))
    (func $b (param i32) (result i32) (i32.add (i32.const 10) (call $c (local.get 0))))
    (func $c (param i32) (result i32) (call $host (local.get 0)) (call $host (i32.const 1)) (i32.const 100)))`;
  const instance: Instance = engine.load(source, {
    h: {
      f(x: number) {
        if (x === 0) instance.func("b").tier = "interp";
        else trace.push(...engine.tierEvents.filter((e) => e.what === "frame").map((e) => e.name));
      },
    },
  });
  // Once all are compiled, they call each other on one stack.
  assertEquals(instance.exports.a(1), 111);
  assertEquals(trace, []);
  assertEquals(instance.exports.a(0), 111);
  assertEquals(trace, ["b", "c"]);
  assertEquals(instance.exports.a(1), 111);
});

testNative("a host function that moves its caller and throws finds the handler of the frame that moved", () => {
  const engine = new Engine({ tier: "jit" });
  const instance: Instance = engine.load(
    `(module
      (import "h" "f" (func $host)) (import "h" "js" (tag $js (param externref)))
      (func $run (export "run") (param i64) (result i64 externref) (local i64 externref)
        (local.set 1 (i64.mul (local.get 0) (i64.const 3)))
        (block $h (result externref)
          (try_table (catch $js $h) (call $host))
          (return (i64.const 0) (ref.null extern)))
        (local.set 2)
        (i64.add (local.get 1) (local.get 0))
        (local.get 2)))`,
    {
      h: {
        js: engine.jsTag,
        f() {
          instance.func("run").tier = "interp";
          throw "thrown";
        },
      },
    },
  );
  assertEquals(instance.exports.run(5n), [20n, "thrown"]);
  assertEquals(engine.tierEvents.map((e) => [e.what, e.from, e.to]), [["function", "jit", "interp"], [
    "frame",
    "jit",
    "interp",
  ]]);
});

testNative("frames of several instances, with memories of their own, are taken back together", () => {
  for (const options of Object.values(MOVING)) {
    const engine = new Engine(options);
    const inner = engine.load(
      `(module
      (import "h" "f" (func $f (param i32) (result i32)))
      (memory (export "m") 1) (data (i32.const 0) "\\05")
      (func (export "get") (param i32) (result i32) (local i32)
        (loop $l (br_if $l (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 3))))
        (i32.add (call $f (local.get 0)) (i32.load8_u (i32.const 0)))))`,
      { h: { f: (x: number) => x * 2 } },
    );
    const outer = engine.load(
      `(module
      (import "in" "get" (func $get (param i32) (result i32)))
      (memory 1) (data (i32.const 0) "\\07")
      (func (export "run") (param i32) (result i32) (local i32)
        (loop $l
          (local.set 1 (i32.add (local.get 1) (i32.add (call $get (local.get 0)) (i32.load8_u (i32.const 0)))))
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1)))`,
      { in: inner.exports as Record<string, unknown> },
    );
    assertEquals(outer.exports.run(10), 2 * 55 + 12 * 10);
  }
});

testNative("host functions that call back in find frames of outer activations moved when they return", () => {
  const engine = new Engine({ tier: "jit" });
  const instance: Instance = engine.load(
    `(module
      (import "h" "again" (func $again (param i32) (result i32)))
      (func $run (export "run") (param i32) (result i32) (local i64)
        (local.set 1 (i64.extend_i32_s (local.get 0)))
        (if (result i32) (local.get 0)
          (then (i32.add (i32.wrap_i64 (local.get 1)) (call $again (i32.sub (local.get 0) (i32.const 1)))))
          (else (i32.const 1000)))))`,
    {
      h: {
        again(n: number) {
          const result = instance.exports.run(n);
          if (n === 2) instance.func("run").tier = "interp";
          return result;
        },
      },
    },
  );
  assertEquals(instance.exports.run(5), 1015);
  // The two inner activations had ended.
  assertEquals(engine.tierEvents.filter((e) => e.what === "frame").length, 3);
});

testNative("the stack is exhausted where it would be, also when frames move in each of its calls", () => {
  const source = `(module
    (func $down (export "down") (param i32) (result i32) (local i32)
      (loop $l (br_if $l (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 2))))
      (i32.add (i32.const 1) (call $down (local.get 0)))))`;
  for (const options of Object.values(MOVING)) {
    const { exports } = new Engine(options).load(source);
    for (let i = 0; i < 2; i++) {
      const error = assertThrows(() => exports.down(0), Trap);
      assertEquals(error.kind, "call-stack-exhausted");
    }
  }
});

testNative("fuel is taken at the same places in every tier, also by frames that move", () => {
  const source = `(module
    (import "h" "f" (func $host (param i32)))
    (func $leaf (param i32) (result i32) (local i32)
      (loop $l
        (local.set 1 (i32.add (local.get 1) (i32.const 2)))
        (br_if $l (local.tee 0 (i32.shr_u (local.get 0) (i32.const 1)))))
      (local.get 1))
    (func $deep (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (call $leaf (local.get 0)) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
        (else (call $host (i32.const 3)) (i32.const 0))))
    (func $tail (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (return_call $tail (i32.sub (local.get 0) (i32.const 1))))
        (else (i32.const 5))))
    (func (export "run") (param i32) (result i32) (local i32)
      (loop $l
        (local.set 1 (i32.add (local.get 1) (i32.add (call $tail (i32.const 7)) (call $deep (local.get 0)))))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get 1)))`;
  const taken = (options: EngineOptions) => {
    const engine = new Engine({ ...options, fuel: 1e9 });
    const { exports } = engine.load(source, { h: { f: () => {} } });
    const seen: unknown[] = [];
    for (const n of [1, 5, 30]) seen.push(exports.run(n), engine.fuelConsumed);
    // And where it runs out.
    for (let fuel = 100; fuel < 300; fuel += 7) {
      engine.fuel = fuel;
      seen.push(caught(() => exports.run(9)), engine.fuel);
    }
    return seen;
  };
  const expected = taken({ tier: "interp" });
  for (const options of [{ tier: "jit" } as const, ...Object.values(MOVING)]) assertEquals(taken(options), expected);
});

testNative("a loop that stops to be counted again and again is interrupted all the same", () => {
  for (const tier of ["interp", "auto"] as const) {
    const engine = new Engine({ tier: "auto", loopThreshold: 1000 });
    const instance = engine.load(
      `(module
      (import "h" "ask" (func $ask))
      (func (export "spin") (call $ask) (loop $l (br $l))))`,
      {
        h: { ask: () => void Atomics.or(engine.interruptWord, 0, 1) },
      },
    );
    instance.func("spin").tier = tier;
    try {
      assertThrows(() => instance.exports.spin(), Trap, "interrupted");
    } finally {
      Atomics.and(engine.interruptWord, 0, ~1);
    }
  }
});
