// Functions of the host: plain ones, one with stated types, one that takes objects, and one that calls back into Wasm.
// deno run examples/host_functions.ts

import { Engine, fn, Trap } from "../mod.ts";

const engine = new Engine();
const words: string[] = [];

using instance = engine.load(
  `(module
    (import "console" "log" (func $log (param i32)))
    (import "math" "power" (func $power (param i64 i32) (result i64)))
    (import "words" "add" (func $word (param externref) (result i32)))
    (import "words" "each" (func $each (param funcref)))
    (table funcref (elem $visit))

    (func $visit (param $length i32)
      (call $log (local.get $length)))
    (func (export "power") (param $n i32) (result i64)
      (call $log (local.get $n))
      (call $power (i64.const 3) (local.get $n)))
    (func (export "speak") (param $what externref) (result i32)
      (call $word (local.get $what)))
    (func (export "lengths")
      (call $each (table.get 0 (i32.const 0)))))`,
  {
    // Arguments are converted by the import's type; what JavaScript gives back is, too.
    console: { log: (n: number) => console.log("  Wasm says", n) },
    // With stated types TypeScript checks the function, and linking checks the types.
    math: { power: fn(["i64", "i32"], ["i64"], (base, exponent) => base ** BigInt(exponent)) },
    words: {
      // An externref is any value of JavaScript. Wasm can keep it, and cannot look into it.
      add: (word: string) => words.push(word),
      // A funcref is a function, which may be called while Wasm waits for this one.
      each: (visit: (length: number) => void) => words.forEach((word) => visit(word.length)),
    },
  },
);

console.log("3 to the power of 39 is", instance.exports.power(39));
instance.exports.speak("hello");
console.log("words:", instance.exports.speak("everybody"));
instance.exports.lengths();

// What a host function throws goes through Wasm to whoever called it.
try {
  instance.exports.power(-1);
} catch (error) {
  console.log("power(-1):", error instanceof Trap ? "a trap" : (error as Error).name);
}
