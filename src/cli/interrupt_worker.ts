// The Worker of interrupt.ts: takes the interrupt word as its first message, answers once it listens.

/// <reference lib="deno.worker" />

declare const self: DedicatedWorkerGlobalScope;

self.onmessage = (e: MessageEvent<Int32Array<SharedArrayBuffer>>) => {
  const word = e.data;
  Deno.addSignalListener("SIGINT", () => Atomics.store(word, 0, 1));
  self.postMessage("listening");
};
