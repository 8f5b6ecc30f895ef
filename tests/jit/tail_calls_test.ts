import { assertEquals, assertThrows } from "@std/assert";
import { Engine, Trap } from "../../mod.ts";

/** Calls go to and fro between instances with memories and globals of their own. */
const PART = (n: number) =>
  `(module
    (type $f (func (param i32 i64) (result i64)))
    (import "other" "table" (table 4 funcref))
    (memory 1) (global $mine i64 (i64.const ${n}))
    (data (i32.const 0) "\\0${n}")
    (elem (i32.const ${n}) func $hop)
    (elem declare func $hop $direct)
    ;; Own global and memory must be those of this instance, whoever came back.
    (func $sum (param i64) (result i64)
      (i64.add (local.get 0) (i64.add (global.get $mine) (i64.load8_u (i32.const 0)))))
    (func $direct (param i32 i64) (result i64)
      (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
      (return_call_indirect (type $f)
        (i32.sub (local.get 0) (i32.const 1)) (call $sum (local.get 1)) (i32.const ${1 - n})))
    (func $hop (export "hop") (type $f)
      (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
      (if (i32.and (local.get 0) (i32.const 1)) (then (return_call_ref $f (local.get 0) (local.get 1) (ref.func $direct))))
      (return_call $direct (local.get 0) (local.get 1)))
    ;; The directly called function comes back from the other instance.
    (func (export "around") (param i32) (result i64)
      (call $sum (call $direct (local.get 0) (i64.const 0)))))`;

function link(engine: Engine) {
  const table = engine.table({ element: "funcref", minimum: 4 });
  return [0, 1].map((n) => engine.load(PART(n), { other: { table } }));
}

Deno.test("chains of tail calls through instances keep nothing on the stack, and each finds its own memory and globals", () => {
  const tiers = ["jit", "interp"] as const;
  for (let mask = 0; mask < 64; mask++) {
    const parts = link(new Engine({ tier: "jit" }));
    parts.forEach((part, n) => {
      [1, 2].forEach((f, i) => part.func(f).tier = tiers[mask >> (2 * n + i) & 1]);
      part.func(3).tier = tiers[mask >> (4 + n) & 1];
    });
    for (const n of [0, 1]) {
      const { around, hop } = parts[n].exports;
      // Every second hop is made by instance 1, which adds 2 each time.
      const sum = (hops: number) => BigInt(2 * Math.floor((hops + n) / 2));
      assertEquals(hop(7, 0n), sum(7));
      assertEquals(around(3), sum(3) + 2n * BigInt(n), `tiers ${mask.toString(2)}`);
      assertEquals(around(4), sum(4) + 2n * BigInt(n));
      if (mask % 21 === 9) assertEquals(around(1_000_001), sum(1_000_001) + 2n * BigInt(n));
    }
  }
});

Deno.test("tail calls pass arguments and results on the stack, also where they change places", () => {
  const params = Array.from({ length: 12 }, (_, i) => i % 3 === 2 ? "f64" : "i64");
  const results = "(result i64 i64 f64 i32 i64)";
  const list = params.join(" ");
  const turned = params.map((_, i) => {
    // Next of the same type.
    for (let k = 1;; k++) if (params[(i + k) % 12] === params[i]) return `(local.get ${(i + k) % 12})`;
  }).join(" ");
  const text = `(module
    (func $turn (export "turn") (param $n i32) (param ${list}) ${results}
      (if (i32.eqz (local.get 0)) (then (return
        (i64.add (local.get 1) (i64.mul (local.get 11) (i64.const 10000))) (local.get 2) (local.get 3) (i32.const 9) (local.get 11))))
      (return_call $turn (i32.sub (local.get 0) (i32.const 1)) ${turned.replace(/\d+/g, (k) => `${Number(k) + 1}`)}))
    (func $eight (param i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
      (i64.add (i64.mul (local.get 6) (i64.const 4)) (local.get 7)))
    (func (export "crowded") (param i32) (result i64)
      (return_call $eight ${[1, 2, 3, 4, 5, 6, 7, 8].map((i) => `(i64.const ${i})`).join(" ")}))
    (func (export "fewer") (param i32) ${results} (return_call $few (local.get 0)))
    (func $few (param i32) ${results}
      (i64.const 1) (i64.const 2) (f64.const 3) (local.get 0) (i64.const 5))
    (func (export "more") (param i32) ${results}
      (return_call $turn (local.get 0) ${params.map((t, i) => `(${t}.const ${i})`).join(" ")})))`;
  const instance = new Engine({ tier: "jit" }).load(text);
  const { exports } = instance, interpreted = new Engine({ tier: "interp" }).load(text).exports;
  const args = params.map((t, i) => t === "i64" ? BigInt(i) : i + 0.5);
  for (const n of [0, 1, 2, 3, 5, 100_000]) assertEquals(exports.turn(n, ...args), interpreted.turn(n, ...args));
  assertEquals(exports.fewer(4), [1n, 2n, 3, 4, 5n]);
  assertEquals(exports.more(7), interpreted.more(7));
  assertEquals(exports.crowded(7), 36n);
  // Its caller makes no room for what it passes on.
  const tiers = ["turn", "fewer", "more", "crowded"].map((name) => instance.func(name).tier);
  assertEquals(tiers, ["jit", "jit", "jit", "interp"]);
});

Deno.test("an endless chain of tail calls can be interrupted, and its trap says where", () => {
  const engine = new Engine({ tier: "jit" });
  const { exports } = engine.load(`(module
    (func $f (export "f") (param i32) (result i32)
      (if (i32.eq (local.get 0) (i32.const 100000)) (then (unreachable)))
      (return_call $f (i32.add (local.get 0) (i32.const 1)))))`);
  const trap = assertThrows(() => exports.f(0), Trap, "unreachable");
  assertEquals(trap.frames.length, 1);
  engine.interruptWord[0] = 1;
  try {
    assertEquals(assertThrows(() => exports.f(0), Trap).kind, "interrupted");
  } finally {
    engine.interruptWord[0] = 0;
  }
});
