// Run as a process of its own by outside_test.ts: makes machine code with names for gdb and perf, runs it, and prints what the test asks for.

import { Engine } from "../../mod.ts";

const [mode] = Deno.args;
const TEXT = `(module (func $fib_of_wasm (export "fib") (param i32) (result i32)
  (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
    (else (i32.add (call $fib_of_wasm (i32.sub (local.get 0) (i32.const 1))) (call $fib_of_wasm (i32.sub (local.get 0) (i32.const 2))))))))`;
if (mode === "late") new Engine({ tier: "jit" }).load(TEXT).exports.fib(5);
const engine = new Engine({ tier: "jit", gdb: mode !== "perf", perfMap: mode !== "gdb" });
const instance = engine.load(TEXT);
console.log(instance.exports.fib(mode === "perf" ? 32 : 10));
if (mode === "gdb") {
  // Code comes and goes.
  for (let i = 0; i < 3; i++) {
    const other = new Engine({ tier: "jit" });
    using gone = other.load(`(module (func $gone${i} (export "f") (result i32) (i32.const ${i})))`);
    gone.exports.f();
  }
  console.log(instance.exports.fib(11));
}
console.log(Deno.pid);
