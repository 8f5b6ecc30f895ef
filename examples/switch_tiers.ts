// Moves a live function between tiers: first between calls, with the time of each; then in the middle of a recursion, which the stack trace shows.
// deno run --allow-ffi examples/switch_tiers.ts

import { Engine, type TierName, Trap } from "../mod.ts";

const engine = new Engine({ tier: "interp" });
const module = engine.compile(`(module
  (import "host" "at" (func $at (param i32)))
  (func $fib (export "fib") (param $n i32) (result i32)
    (if (result i32) (i32.lt_s (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1)))
                     (call $fib (i32.sub (local.get $n) (i32.const 2)))))))
  ;; Goes down to 0, tells the host at each level, and traps there.
  (func $descend (export "descend") (param $n i32)
    (call $at (local.get $n))
    (if (i32.eqz (local.get $n)) (then unreachable))
    (call $descend (i32.sub (local.get $n) (i32.const 1)))))`);

using instance = engine.instantiate(module, {
  host: {
    // Called by $descend while four frames of it are on the stack: those stay as they are, the next calls run elsewhere.
    at: (level: number) => {
      if (level === 3) instance.func("descend").tier = fastest;
    },
  },
});

const missing = Engine.nativeUnavailable;
if (missing !== undefined) console.log(`only tier interp: ${missing}`);
const tiers: TierName[] = missing === undefined ? ["interp", "jit"] : ["interp"];
const fastest = tiers[tiers.length - 1];

const fib = instance.func("fib");
for (const tier of [...tiers, "interp"] as const) {
  fib.tier = tier;
  let best = Infinity, result: unknown;
  for (let run = 0; run < 20; run++) {
    const start = performance.now();
    result = instance.exports.fib(20);
    best = Math.min(best, performance.now() - start);
  }
  console.log(
    `fib(20) = ${result} in tier ${tier.padEnd(6)} ${best.toFixed(3)} ms, ${fib.codeBytes} bytes of machine code`,
  );
}

try {
  instance.exports.descend(6);
} catch (error) {
  if (!(error instanceof Trap)) throw error;
  console.log(`descend(6) changed its tier at level 3, and trapped at level 0: ${error.message}\n${error.wasmStack}`);
}
