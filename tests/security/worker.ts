// A Worker of workers_test.ts: makes an engine, traps, and spins in machine code until it is interrupted.

import { Engine, type TierChoice, Trap } from "../../mod.ts";

const worker = globalThis as unknown as Worker;

worker.onmessage = (e: MessageEvent<TierChoice>) => {
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
  worker.postMessage([...kinds].join());
};
