// A Worker of isolates_test.ts and of the stress cases: makes machine code, stacks, objects and memories, and runs, also for some milliseconds at the end.

import { Engine, type TierName, Trap } from "../../mod.ts";

const worker = globalThis as unknown as Worker;

worker.onmessage = (e: MessageEvent<{ tier: TierName; spinMs: number }>) => {
  const { tier, spinMs } = e.data;
  const engine = new Engine({ tier });
  const { exports } = engine.load(`(module (memory 1) (type $s (struct (field i32)))
    (func $fib (export "fib") (param i32) (result i32)
      (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "object") (result i32) (struct.get $s 0 (struct.new $s (i32.const 5))))
    (func (export "outside") (result i32) (i32.load (i32.const -4)))
    (func (export "spin") (loop (br 0))))`);
  let trapped = false;
  try {
    exports.outside();
  } catch (error) {
    trapped = error instanceof Trap;
  }
  worker.postMessage([exports.fib(12), exports.object(), trapped]);
  if (spinMs === 0) return;
  try {
    engine.withDeadline(spinMs, exports.spin);
  } catch (error) {
    if (!(error instanceof Trap)) throw error;
  }
};
