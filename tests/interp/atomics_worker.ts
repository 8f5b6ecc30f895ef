// A Worker with an instance of its own over a memory that it is sent. Does one task and posts its result.

import { Engine, type SharedMemory, type TierName } from "../../mod.ts";

/** What a Worker is sent. */
export interface AtomicsTask {
  readonly tier: TierName;
  readonly text: string;
  readonly memory: SharedMemory;
  /** Called with the arguments; what it gives is posted. */
  readonly invoke: string;
  readonly args: readonly unknown[];
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<AtomicsTask>) => void;
  postMessage(message: unknown): void;
};

scope.onmessage = ({ data: { tier, text, memory, invoke, args } }) => {
  const engine = new Engine({ tier, features: { threads: true } });
  const instance = engine.load(text, { host: { memory: engine.memoryFrom(memory) } });
  scope.postMessage("ready");
  scope.postMessage(instance.exports[invoke](...args));
};
