// Ctrl-C while Wasm runs: a Worker listens for SIGINT and sets the interrupt word, since a listener of the main thread never runs meanwhile.

/** A watch over Ctrl-C. */
export interface InterruptWatch extends Disposable {
  /** Resolves when the Worker listens. */
  readonly ready: Promise<void>;
}

/** Sets `word[0]` to 1 at each Ctrl-C, until disposed of. */
export function watchInterrupt(word: Int32Array<SharedArrayBuffer>): InterruptWatch {
  const worker = new Worker(new URL("./interrupt_worker.ts", import.meta.url), { type: "module", name: "interrupt" });
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  worker.onmessage = () => resolve();
  worker.onerror = (e) => {
    e.preventDefault();
    resolve();
  };
  worker.postMessage(word);
  return { ready, [Symbol.dispose]: () => worker.terminate() };
}
