// A Wasm program that knows nothing of promises calls a host function that takes its time: calls wait side by side, and go on in the order of the answers.
// deno run examples/async_import.ts

import { Engine, Suspending } from "../mod.ts";

const engine = new Engine();

/** Something slow: the network, a file, a timer. */
async function price(item: number): Promise<number> {
  const ms = [30, 10, 20][item];
  await new Promise((resolve) => setTimeout(resolve, ms));
  if (item === 2) throw new Error("sold out");
  return ms * 2;
}

const instance = engine.load(
  `(module
    (import "shop" "price" (func $price (param $item i32) (result i32)))
    (func (export "total") (param $item i32) (param $count i32) (result i32)
      (i32.mul (call $price (local.get $item)) (local.get $count))))`,
  { shop: { price: new Suspending(price) } },
);
const total = instance.func("total");

// All three are under way at once, each parked where it called the import.
const began = performance.now();
await Promise.all([0, 1, 2].map(async (item) => {
  try {
    console.log(`item ${item}: ${await total.callAsync(item, 3)}`);
  } catch (error) {
    // What the promise was rejected with went through Wasm, which could have caught it.
    console.log(`item ${item}: ${(error as Error).message}`);
  }
}));
console.log(`together ${Math.round(performance.now() - began)} ms; one after the other they would take 60 at least`);
