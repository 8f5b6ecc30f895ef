// A Worker of workers_test.ts: makes an engine, traps, spins in machine code until it is interrupted, and once more until a deadline, and waits for a promise.

import { Engine, Suspending, type TierChoice, Trap } from "../../mod.ts";

const worker = globalThis as unknown as Worker;

worker.onmessage = async (e: MessageEvent<TierChoice>) => {
  const engine = new Engine({ tier: e.data });
  const { exports } = engine.load(`(module (memory 1) (func (export "spin") (loop (br 0)))
    (func (export "outside") (result i32) (i32.load (i32.const -4))) (func $deep (export "deep") (call $deep)))`);
  const kindOf = (f: () => unknown) => {
    try {
      f();
      return "no trap";
    } catch (error) {
      return error instanceof Trap ? error.kind : String(error);
    }
  };
  const kinds = new Set<string>();
  for (let i = 0; i < 200; i++) kinds.add(kindOf(exports.outside));
  kinds.add(kindOf(exports.deep));
  worker.postMessage(engine.interruptWord);
  kinds.add(kindOf(exports.spin));
  Atomics.store(engine.interruptWord, 0, 0);
  kinds.add(kindOf(() => engine.withDeadline(20, exports.spin)));
  const waiting = engine.load(
    `(module (import "h" "wait" (func $wait (result i32)))
    (func (export "f") (result i32) (call $wait)))`,
    { h: { wait: new Suspending(() => 7) } },
  );
  // One that stays parked for ever, since the Worker is terminated.
  const parked = engine.load(`(module (import "h" "wait" (func $wait)) (func (export "f") (call $wait)))`, {
    h: { wait: new Suspending(() => new Promise(() => {})) },
  });
  parked.func("f").callAsync();
  kinds.add(String(await waiting.func("f").callAsync()));
  worker.postMessage([...kinds].join());
};
