// An engine in a process that may not run machine code: prints its ladder, and what moved while a loop ran and a function was called.

import { Engine } from "../../mod.ts";

const engine = new Engine();
const { exports } = engine.load(`(module
  (func (export "loop") (param $n i32) (result i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (local.get $s) (local.get $n)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))
  (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))`);
const result = exports.loop(50_000);
for (let i = 0; i < 20; i++) exports.add(i);
const moves = engine.tierEvents.map((e) => `${e.what} ${e.name} ${e.to} ${e.why}`);
console.log(JSON.stringify({ ladder: engine.edge.ladder.map((r) => r.tier), result, moves }));
