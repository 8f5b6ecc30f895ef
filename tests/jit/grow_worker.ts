// A Worker that grows a shared memory that it is sent to three pages, writes its last word, and then 1 to the first.

import { Engine, type SharedMemory } from "../../mod.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<SharedMemory>) => void;
  postMessage(message: unknown): void;
};

scope.onmessage = ({ data }) => {
  const engine = new Engine({ tier: "jit", features: { threads: true } });
  engine.load(
    `(module (import "host" "memory" (memory 1 4 shared))
      (func (export "go")
        (drop (memory.grow (i32.const 2)))
        (i32.store (i32.const 196604) (i32.const 4711))
        (i32.atomic.store (i32.const 0) (i32.const 1))))`,
    { host: { memory: engine.memoryFrom(data) } },
  ).exports.go();
  scope.postMessage("done");
};
