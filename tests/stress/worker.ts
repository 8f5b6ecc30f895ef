// A Worker of the stress cases: makes an instance of its own, traps and recurses, and tells how many rounds went well.

import { Engine, type TierName, Trap } from "../../mod.ts";

const worker = globalThis as unknown as Worker;

worker.onmessage = (e: MessageEvent<{ text: string; tier: TierName; rounds: number }>) => {
  const { text, tier, rounds } = e.data;
  const engine = new Engine({ tier });
  const { exports } = engine.load(text, { host: { call: (x: number) => x } });
  let good = 0;
  for (let i = 0; i < rounds; i++) {
    try {
      exports.trap(i & 3);
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      if (i % 50 === 0) {
        try {
          exports.deep(0);
        } catch (error) {
          if (!(error instanceof Trap) || error.kind !== "call-stack-exhausted") throw error;
        }
      }
      if (exports.host(i) === 2 * i) good++;
    }
  }
  worker.postMessage(good);
};
