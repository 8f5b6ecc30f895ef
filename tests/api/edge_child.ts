// An engine in a process that may not run machine code: prints its ladder, and what moved while a loop ran and a function was called, with thresholds as they are and with low ones
// for `fast`, and for a function that `js` refuses.

import { Engine, type EngineOptions } from "../../mod.ts";

const LONG = `(local.set $s (i32.xor (local.get $s) (i32.const 0x12345678)))`.repeat(5000);
const SOURCE = `(module
  (func (export "loop") (param $n i32) (result i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (local.get $s) (local.get $n)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))
  (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "long") (param $s i32) (result i32) ${LONG} (local.get $s)))`;

function moves(options: EngineOptions, name: string, times: number, argument: number): unknown {
  const engine = new Engine(options), { exports } = engine.load(SOURCE);
  let result: unknown;
  for (let i = 0; i < times; i++) result = exports[name](argument);
  return {
    ladder: engine.edge.ladder.map((r) => r.tier),
    result,
    moves: engine.tierEvents.map((e) => `${e.what} ${e.name} ${e.from}-${e.to} ${e.why} ${e.calls}`),
  };
}

const low = { thresholds: { fast: { calls: 2, passes: 100 }, js: { calls: 8, passes: 2000 } } };
console.log(JSON.stringify({
  loop: moves({}, "loop", 1, 50_000),
  calls: moves({}, "add", 20, 1),
  lowLoop: moves(low, "loop", 1, 50_000),
  lowCalls: moves(low, "add", 20, 1),
  refused: moves({}, "long", 200, 1),
}));
