import { assert, assertEquals, assertThrows } from "@std/assert";
import { Engine, Exception, Trap } from "../../mod.ts";
import { innerInstance } from "../../src/api/instance.ts";
import { testInTiers } from "../security/tiers.ts";
import { canRunNative } from "../../src/platform/permissions.ts";

/** Throws through functions whose tiers can be chosen. */
const THROUGH = `(module
  (import "host" "call" (func $call (param i32)))
  (tag $t (export "t") (param i32 i64))
  (func $throws (export "throws") (param i32) (throw $t (local.get 0) (i64.const 7)))
  (func $through (export "through") (param i32) (i32.const 1) (call $throws (local.get 0)) (drop))
  (func $viaHost (export "viaHost") (param i32) (call $call (local.get 0)))
  (func (export "catches") (param i32) (result i32 i64)
    (block $h (result i32 i64)
      (try_table (catch $t $h) (call $through (local.get 0)))
      (i32.const -1) (i64.const -1)))
  (func (export "catchesHost") (param i32) (result i32)
    (block $h
      (try_table (catch_all $h) (call $viaHost (local.get 0)))
      (return (i32.const 0)))
    (i32.const 1)))`;

function load(engine = new Engine({ tier: "interp" }), call: (x: number) => void = () => {}) {
  return engine.load(THROUGH, { host: { call } });
}

Deno.test("an exception passes frames of machine code, whose stack is used again", () => {
  const instance = load();
  if (canRunNative()) instance.func("through").tier = "jit";
  for (let i = 0; i < 20_000; i++) assertEquals(instance.exports.catches(i), [i, 7n]);
});

Deno.test("an exception that nobody catches leaves as an Exception with tag, payload and Wasm stack", () => {
  const instance = load();
  const e = assertThrows(() => instance.exports.through(5), Exception);
  assert(e.is(instance.tag("t")) && instance.exports.t === e.tag);
  assertEquals(e.payload, [5, 7n]);
  assertEquals(e.frames.map((f) => f.name), ["throws", "through"]);
  assert(e.frames[0].offset > 0);
});

Deno.test("the Exception keeps its identity through host functions, and can be made by JavaScript", () => {
  const engine = new Engine({ tier: "interp" });
  let seen: unknown;
  const instance = load(engine, (x) => {
    try {
      instance.exports.throws(x);
    } catch (e) {
      seen = e;
      throw e;
    }
  });
  const thrown = assertThrows(() => instance.exports.viaHost(3), Exception);
  assert(thrown === seen);
  assertEquals(instance.exports.catchesHost(3), 1);
  const own = new Exception(instance.tag("t"), [8, 9n]);
  const other = engine.load(
    `(module (import "a" "t" (tag $t (param i32 i64))) (import "a" "f" (func $f))
      (func (export "c") (result i32 i64) (block $h (result i32 i64) (try_table (catch $t $h) (call $f)) (unreachable))))`,
    {
      a: {
        t: instance.exports.t,
        f: () => {
          throw own;
        },
      },
    },
  );
  assertEquals(other.exports.c(), [8, 9n]);
  assertThrows(() => new Exception(instance.tag("t"), [8]), TypeError);
});

Deno.test("what JavaScript throws is caught by catch_all and by the JavaScript tag, and leaves as itself", () => {
  const engine = new Engine({ tier: "interp" });
  const error = new Error("of the host");
  const instance = engine.load(
    `(module (import "js" "tag" (tag $js (param externref))) (import "js" "f" (func $f))
      (func (export "value") (result externref) (block $h (result externref) (try_table (catch $js $h) (call $f)) (unreachable)))
      (func (export "again") (local exnref)
        (block $h (result exnref) (try_table (catch_all_ref $h) (call $f)) (unreachable))
        (throw_ref))
      (func (export "throws") (param externref) (throw $js (local.get 0))))`,
    {
      js: {
        tag: engine.jsTag,
        f: () => {
          throw error;
        },
      },
    },
  );
  assert(instance.exports.value() === error);
  assert(assertThrows(() => instance.exports.again()) === error);
  let thrown: unknown;
  try {
    instance.exports.throws("anything");
  } catch (e) {
    thrown = e;
  }
  assertEquals(thrown, "anything");
});

Deno.test("traps are not caught, neither of Wasm nor below a host function", () => {
  const engine = new Engine({ tier: "interp" });
  const instance = engine.load(
    `(module (import "a" "f" (func $f))
      (func $trap (export "trap") (unreachable))
      (func (export "direct") (block $h (try_table (catch_all $h) (call $trap))))
      (func (export "host") (block $h (try_table (catch_all $h) (call $f)))))`,
    { a: { f: () => instance.exports.trap() } },
  );
  assertThrows(() => instance.exports.direct(), Trap, "unreachable");
  assertThrows(() => instance.exports.host(), Trap, "unreachable");
});

Deno.test("references in a payload stay alive while only the exception has them", () => {
  const engine = new Engine({ tier: "interp" });
  const instance = engine.load(
    `(module (import "a" "gc" (func $gc)) (tag $t (export "t") (param externref))
      (func (export "throws") (param externref) (throw $t (local.get 0)))
      (func (export "held") (param externref) (result externref) (local $e exnref)
        (block $h (result exnref) (try_table (catch_all_ref $h) (throw $t (local.get 0))) (unreachable))
        (local.set $e) (local.set 0 (ref.null extern)) (call $gc)
        (block $v (result externref) (try_table (catch $t $v) (throw_ref (local.get $e))) (unreachable))))`,
    { a: { gc: () => engine.gc() } },
  );
  const value = { some: "value" };
  assert(instance.exports.held(value) === value);
  const e = assertThrows(() => instance.exports.throws(value), Exception);
  engine.gc();
  assert(e.payload[0] === value);
});

Deno.test("an exnref does not pass to JavaScript", () => {
  const instance = new Engine({ tier: "interp" }).load(
    `(module (func (export "f") (param exnref)) (func (export "g") (result exnref) (ref.null exn)))`,
  );
  assertThrows(() => instance.exports.f(null), TypeError);
  assertThrows(() => instance.exports.g(), TypeError);
});

Deno.test("legacy handlers rethrow, delegate and nest", () => {
  const instance = new Engine({ tier: "interp" }).load(`(module
    (tag $a (param i32)) (tag $b)
    (func $throwA (param i32) (throw $a (local.get 0)))
    (func (export "rethrow") (param i32) (result i32)
      (try (result i32)
        (do (try (result i32)
          (do (call $throwA (local.get 0)) (i32.const 0))
          (catch $a (drop) (try (do (throw $b)) (catch $b (rethrow 1))) (i32.const 1))))
        (catch $a (i32.const 100) (i32.add))
        (catch_all (i32.const 2))))
    (func (export "delegate") (param i32) (result i32)
      (try $out (result i32)
        (do (try (result i32)
          (do (try (result i32) (do (call $throwA (local.get 0)) (i32.const 0)) (delegate $out)))
          (catch_all (i32.const 1))))
        (catch $a))))`);
  assertEquals(instance.exports.rethrow(5), 105);
  assertEquals(instance.exports.delegate(6), 6);
});

/** Functions of which each calls the next, some with handlers that count, take, throw again or return; the last throws what the host decides. */
function chain(seed: number): string {
  const random = mulberry(seed);
  const length = 4 + Math.floor(random() * 9);
  const funcs: string[] = [];
  for (let i = 0; i < length; i++) {
    const call = i === length - 1
      ? `(call $host (local.get 0)) (if (i32.and (local.get 0) (i32.const 1)) (then (throw $a (local.get 0)))
          (else (if (i32.and (local.get 0) (i32.const 2)) (then (throw $b)))))
         (i32.const 100)`
      : `(call $f${i + 1} (local.get 0))`;
    const plain = `(i32.add ${call.startsWith("(call $f") ? call : `(block (result i32) ${call})`} (i32.const ${i}))`;
    const kinds = [
      plain,
      plain,
      `(block $h (result i32) (try_table (result i32) (catch $a $h) ${plain}) (return)) (i32.add (i32.const ${
        1000 * i
      }))`,
      `(block $h (try_table (result i32) (catch $b $h) ${plain}) (return)) (i32.const ${7000 + i})`,
      `(block $h (result exnref) (try_table (result i32) (catch_all_ref $h) ${plain}) (return))
        (global.set $count (i32.add (global.get $count) (i32.const ${i + 1}))) (throw_ref)`,
      `(try (result i32) (do ${plain}) (catch $a (drop) (throw $b)) (catch $b (throw $a (i32.const ${i}))))`,
      `(return_call $g${i} (local.get 0))`,
    ];
    const body = kinds[Math.floor(random() * kinds.length)];
    funcs.push(`(func $g${i} (param i32) (result i32) ${plain})`);
    funcs.push(`(func $f${i} ${i === 0 ? '(export "run")' : ""} (param i32) (result i32) ${body})`);
  }
  return `(module (import "host" "f" (func $host (param i32))) (tag $a (param i32)) (tag $b)
    (global $count (export "count") (mut i32) (i32.const 0)) ${funcs.join("\n")})`;
}

function mulberry(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

Deno.test("exceptions take the same ways whatever tiers the functions run in, and leave no stack behind", () => {
  if (!canRunNative()) return;
  const engine = new Engine({ tier: "interp" });
  const host = (x: number) => {
    if (x & 4) throw new RangeError("of the host");
  };
  for (let seed = 1; seed <= 60; seed++) {
    const module = engine.compile(chain(seed));
    const random = mulberry(seed + 1000);
    const outcomes = (move: boolean) => {
      using instance = engine.instantiate(module, { host: { f: host } });
      const list: unknown[] = [];
      for (let round = 0; round < 8; round++) {
        for (let x = 0; x < 8; x++) {
          if (move) { for (const f of instance.functions.slice(1)) f.tier = random() < 0.5 ? "interp" : "jit"; }
          try {
            list.push(instance.exports.run(x));
          } catch (e) {
            if (e instanceof Exception) list.push(e.payload.join(), e.frames.map((f) => f.name).join());
            else list.push(String(e));
          }
        }
      }
      return [...list, instance.exports.count.value];
    };
    assertEquals(outcomes(true), outcomes(false), `seed ${seed}`);
  }
});

Deno.test("what a host function throws through Wasm takes no reference unless Wasm catches it", () => {
  const engine = new Engine({ tier: "interp" });
  const instance = engine.load(
    `(module (import "a" "f" (func $f)) (tag $t)
      (func (export "run") (block $h (try_table (catch $t $h) (call $f)))))`,
    {
      a: {
        f: () => {
          throw new Error("of the host");
        },
      },
    },
  );
  for (let i = 0; i < 100; i++) assertThrows(() => instance.exports.run(), Error, "of the host");
  assertEquals(engine.gc().freed, 0);
});

testInTiers(
  "exnrefs that nobody holds any more are collected in a program without objects, those that somebody holds stay",
  (m) => {
    const seen: unknown[] = [];
    const value = { some: "value" };
    const instance = m.load(
      `(module (import "h" "see" (func $see (param externref))) (tag $t (param externref)) (tag $e)
      (func $throws (throw $e))
      (func $throwsValue (param externref) (throw $t (local.get 0)))
      (func $spin (param $n i32)
        (loop $l
          (drop (block $h (result exnref) (try_table (catch_all_ref $h) (call $throws)) (unreachable)))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (func (export "run") (param externref i32) (local $held exnref)
        (local.set $held (block $h (result exnref) (try_table (catch_all_ref $h) (call $throwsValue (local.get 0))) (unreachable)))
        (local.set 0 (ref.null extern))
        (call $spin (local.get 1))
        (call $see (block $v (result externref) (try_table (catch $t $v) (throw_ref (local.get $held))) (unreachable)))))`,
      { h: { see: (x: unknown) => seen.push(x) } },
    );
    const { store } = innerInstance(instance);
    for (let i = 0; i < 3; i++) {
      instance.exports.run(value, 70_000);
      assert(store.handles.size < 110_000, `${store.handles.size} handles`);
    }
    assertEquals(seen.length, 3);
    for (const x of seen) assert(x === value);
  },
);

testInTiers("an exception keeps what it carries while a collection runs before it is caught", (m) => {
  const instance = m.load(
    `(module (tag $t (param externref)) (tag $e)
      (func $throws (param externref) (throw $t (local.get 0)))
      (func $keep (param externref i32) (result externref)
        (if (i32.eqz (local.get 1)) (then (call $throws (local.get 0)) (unreachable)))
        (drop (block $h (result exnref) (try_table (catch_all_ref $h) (throw $e)) (unreachable)))
        (return_call $keep (local.get 0) (i32.sub (local.get 1) (i32.const 1))))
      (func (export "run") (param externref i32) (result externref)
        (block $v (result externref) (try_table (catch $t $v) (drop (call $keep (local.get 0) (local.get 1)))) (unreachable))))`,
  );
  // Around the number of references at which a collection comes.
  for (const n of [49_998, 49_999, 50_000, 50_001]) {
    const value = { n };
    assert(instance.exports.run(value, n) === value);
  }
});
