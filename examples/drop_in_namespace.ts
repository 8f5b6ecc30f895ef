// A program that knows only the global WebAssembly runs unchanged: first on V8's, then on Strata's, in each tier that can run here.
// deno run --allow-ffi examples/drop_in_namespace.ts

import { createWebAssembly, Engine, installGlobal } from "../mod.ts";

// Bytes, as a compiler would have made them: prime numbers up to n, marked in a memory that grows when it has to.
const bytes = new Engine({ tier: "interp" }).compile(`(module
  (memory (export "memory") 0)
  (func (export "sieve") (param $n i32) (result i32)
    (local $i i32) (local $k i32) (local $count i32)
    (if (i32.gt_u (local.get $n) (i32.shl (memory.size) (i32.const 16)))
      (then (drop (memory.grow (i32.add (i32.shr_u (local.get $n) (i32.const 16)) (i32.const 1))))))
    (local.set $i (i32.const 2))
    (loop $next
      (if (i32.eqz (i32.load8_u (local.get $i)))
        (then
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (local.set $k (i32.shl (local.get $i) (i32.const 1)))
          (loop $mark
            (if (i32.lt_u (local.get $k) (local.get $n))
              (then
                (i32.store8 (local.get $k) (i32.const 1))
                (local.set $k (i32.add (local.get $k) (local.get $i)))
                (br $mark))))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $count)))`).bytes.slice();

/** Somebody else's code. */
async function program(): Promise<string> {
  const response = new Response(bytes, { headers: { "content-type": "application/wasm" } });
  const { instance } = await WebAssembly.instantiateStreaming(response);
  const { memory, sieve } = instance.exports as { memory: WebAssembly.Memory; sieve: (n: number) => number };
  const before = memory.buffer;
  const count = sieve(300_000);
  const marks = new Uint8Array(memory.buffer);
  try {
    sieve(2 ** 32 - 1);
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    return `${count} primes, 299993 is ${marks[299993] ? "none" : "one"}, buffer replaced: ${
      before !== memory.buffer
    }, then: ${error.message}`;
  }
  return `${count} primes`;
}

console.log(`V8:     ${await program()}`);
const tiers = Engine.nativeUnavailable === undefined ? ["interp", "jit"] as const : ["interp"] as const;
for (const tier of tiers) {
  // At the end of the block the former WebAssembly is back.
  using _ = installGlobal({ tier });
  console.log(`${`${tier}:`.padEnd(8)}${await program()}`);
}

// Without touching the global one: a namespace is a value.
const Strata = createWebAssembly({ tier: "interp" });
console.log(Strata.Module.exports(new Strata.Module(bytes)).map((e) => `${e.kind} ${e.name}`).join(", "));
