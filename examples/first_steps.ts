// First steps: text to a module, a module to an instance, exports to call, a memory to look at, and what a trap tells.
// deno run examples/first_steps.ts

import { Engine, Trap } from "../mod.ts";

const engine = new Engine();

// A module is compiled once, from text or bytes, and may be instantiated many times.
const module = engine.compile(`(module $counter
  (memory (export "memory") 1)
  (global $count (export "count") (mut i32) (i32.const 0))
  (func $add (export "add") (param $n i32) (result i32)
    (global.set $count (i32.add (global.get $count) (local.get $n)))
    (i32.store (i32.const 0) (global.get $count))
    (global.get $count))
  (func (export "share") (param $people i32) (result i32)
    (i32.div_s (global.get $count) (local.get $people))))`);
console.log(String(module));

// Exports are functions of JavaScript: numbers go in and come out (bigints for i64).
using one = engine.instantiate(module);
using other = engine.instantiate(module);
one.exports.add(40);
console.log("one has", one.exports.add(2), "the other", other.exports.add(7));

// Everything of an instance can be looked at and changed.
console.log("in memory:", one.memory("memory").read(0, 4), "the global:", one.global("count").value);
one.global("count").value = 100;
console.log("shared by three:", one.exports.share(3));

// A fault of the program is a Trap: it says what happened, and where.
try {
  one.exports.share(0);
} catch (error) {
  if (!(error instanceof Trap)) throw error;
  console.log(`${error.kind}, in ${error.frames[0].name} at byte ${error.offset} of the module`);
}

// The place in all its forms: text, offsets, code.
const [place] = engine.addresses(module).find("add");
console.log(`add begins at byte ${place.offset} with ${place.instruction}, line ${place.source?.line} of the text`);
