// Watches collections: a Wasm table is the only owner of some JavaScript objects, and loses them one after the other.
// deno run examples/watch_collections.ts

import { Engine } from "../mod.ts";

const engine = new Engine();
using instance = engine.load(`(module
  (table $shelf (export "shelf") 4 externref)
  (func (export "put") (param $place i32) (param $thing externref)
    (table.set $shelf (local.get $place) (local.get $thing)))
  (func (export "take") (param $place i32) (result externref)
    (table.get $shelf (local.get $place))
    (table.set $shelf (local.get $place) (ref.null extern))))`);
const { put, take } = instance.exports;

/** Collects, and tells what became of references. */
function collect(what: string): void {
  const { kept, freed, roots } = engine.gc();
  console.log(`${what}: ${kept} kept, ${freed} freed, by roots in tables ${roots.tables}, of the host ${roots.host}`);
}

for (const [place, name] of ["vase", "book", "clock"].entries()) {
  const thing = { name };
  engine.onCollected(thing, () => console.log(`  the ${name} is gone`));
  put(place, thing);
}
collect("three things on the shelf");

put(0, null);
collect("the vase thrown away");

{
  // Out of the table, but the host says that Wasm may still want it.
  using book = engine.addRoot(take(1));
  collect(`the ${(book.value as { name: string }).name} taken, and held by a root`);
}
collect("its root removed");

// An instance's table goes with it.
instance.dispose();
collect("the instance disposed of");
