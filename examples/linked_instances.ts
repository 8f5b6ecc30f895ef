// Three modules linked by name: one keeps numbers, one computes with them, one is the program. The host gives a typed function; what nobody gives is traced.
// deno run examples/linked_instances.ts

import { Engine, fn, Linker } from "../mod.ts";

const engine = new Engine();
const linker = new Linker(engine, { fallback: "trace", log: (line) => console.log("nobody gives", line) });

// TypeScript knows what the types mean: an i64 is a bigint, and a number as result would be an error.
linker.define({ host: { scale: fn(["i64", "i32"], ["i64"], (value, by) => value * BigInt(by)) } });

// In any order: each is made before those that import from it.
const { program, store } = linker.addAll({
  program: engine.compile(`(module
    (import "sums" "sum" (func $sum (param i32) (result i64)))
    (import "host" "scale" (func $scale (param i64 i32) (result i64)))
    (import "host" "progress" (func $progress (param i32)))
    (func (export "run") (param $n i32) (result i64)
      (call $progress (local.get $n))
      (call $scale (call $sum (local.get $n)) (i32.const 10))))`),
  sums: engine.compile(`(module
    (import "store" "numbers" (memory 1))
    (func (export "sum") (param $n i32) (result i64) (local $s i64)
      (loop $l
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (local.set $s (i64.add (local.get $s)
          (i64.extend_i32_u (i32.load8_u (local.get $n)))))
        (br_if $l (local.get $n)))
      (local.get $s)))`),
  store: engine.compile(`(module (memory (export "numbers") 1) (data (i32.const 0) "\\01\\02\\03\\04"))`),
});

new Uint8Array(store.memory("numbers").buffer)[4] = 90;
console.log("the program says", program.exports.run(5));
