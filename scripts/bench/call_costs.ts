// What it costs to cross the border: a call into Wasm, a call of a host function, a trap; and to throw and catch in Wasm. Through the public API, once warm.

import { Engine, type TierName, Trap } from "../../mod.ts";

const TEXT = `(module
  (import "host" "f" (func $f (param i32) (result i32)))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "nothing"))
  (func (export "callHost") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (call $f (local.get $n))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "trap") unreachable)
  (tag $t (param i32))
  (func $throw (param i32) (throw $t (local.get 0)))
  (func (export "catch") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (block $h (result i32) (try_table (catch $t $h) (call $throw (local.get $n))) (unreachable))
      (local.set $sum (i32.add (local.get $sum)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))`;

const median = (list: number[]) => list.toSorted((a, b) => a - b)[list.length >> 1];

/** Nanoseconds per repetition of `body(n)`, which repeats n times. */
function perCall(n: number, body: (n: number) => void): number {
  for (let i = 0; i < 5; i++) body(n);
  const times: number[] = [];
  for (let round = 0; round < 9; round++) {
    const began = performance.now();
    body(n);
    times.push((performance.now() - began) * 1e6 / n);
  }
  return median(times);
}

/** A row per tier, and one for V8. */
export function callCosts(tiers: readonly TierName[]): Record<string, number | string>[] {
  const rows = tiers.map((tier) => {
    const engine = new Engine({ tier });
    return costs(tier, engine.load(TEXT, { host: { f: (x: number) => x & 1 } }).exports, Trap);
  });
  const bytes = new Engine({ tier: "interp" }).compile(TEXT).bytes as BufferSource;
  const imports = { host: { f: (x: number) => x & 1 } };
  rows.push(
    costs("v8", new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports, WebAssembly.RuntimeError),
  );
  return rows;
}

// deno-lint-ignore no-explicit-any
function costs(name: string, exports: Record<string, any>, trap: new (...args: any[]) => Error) {
  const { add, nothing, callHost, trap: fail, catch: throwAndCatch } = exports;
  const n = 200_000;
  return {
    tier: name,
    "call () -> ()": perCall(n, (n) => {
      for (let i = 0; i < n; i++) nothing();
    }),
    "call (i32 i32) -> i32": perCall(n, (n) => {
      let x = 0;
      for (let i = 0; i < n; i++) x = add(x, i);
    }),
    "host call (i32) -> i32": perCall(n, (n) => void callHost(n)),
    "throw, caught": perCall(2000, (n) => void throwAndCatch(n)),
    "trap": perCall(2000, (n) => {
      for (let i = 0; i < n; i++) {
        try {
          fail();
          throw new Error("no trap");
        } catch (e) {
          if (!(e instanceof trap)) throw e;
        }
      }
    }),
  };
}
