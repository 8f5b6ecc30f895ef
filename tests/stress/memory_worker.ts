// A Worker of the stress cases of memories: counts in a shared memory, and meets its own rights there.

import { Engine, type SharedMemory, type TierName, Trap } from "../../mod.ts";

const worker = globalThis as unknown as Worker;

worker.onmessage = (e: MessageEvent<{ memory: SharedMemory; tier: TierName; rounds: number; number: number }>) => {
  const { tier, rounds, number } = e.data;
  const engine = new Engine({ tier, features: { threads: true } });
  const memory = engine.memoryFrom(e.data.memory);
  const { exports } = engine.load(
    `(module (memory (import "m" "m") 1 64 shared)
    (func (export "add") (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1))))
    (func (export "grow") (drop (memory.grow (i32.const 1))))
    (func (export "store") (param i32) (i32.store (local.get 0) (i32.const 1))))`,
    { m: { m: memory } },
  );
  const place = 4096 * (number + 1);
  let trapped = 0;
  for (let i = 0; i < rounds; i++) {
    exports.add();
    exports.store(place);
    memory.protect(place + 2, place + 3, { read: true });
    try {
      exports.store(place);
    } catch (error) {
      if (!(error instanceof Trap) || error.kind !== "memory-protection") throw error;
      trapped++;
    }
    // The rights of others do not hold here.
    exports.store(4096 * ((number + 1) % 3 + 1));
    memory.unprotect();
    if (i % 50 === 0) exports.grow();
  }
  worker.postMessage(trapped);
};
