// Ctrl-C while Wasm runs: a Worker listens for SIGINT and sets the interrupt word, since a listener of the main thread never runs meanwhile.
// The Worker comes from a data URL, since one from a file would need a permission to read it.

/** A watch over Ctrl-C. */
export interface InterruptWatch extends Disposable {
  /** Resolves when the Worker listens. */
  readonly ready: Promise<void>;
}

/** Sets bit 0 of `word[0]` at each Ctrl-C, until disposed of. */
export function watchInterrupt(word: Int32Array<SharedArrayBuffer>): InterruptWatch {
  const url = "data:text/javascript," + encodeURIComponent(`(${listen})();`);
  const worker = new Worker(url, { type: "module", name: "interrupt" });
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  worker.onmessage = () => resolve();
  worker.onerror = (e) => {
    e.preventDefault();
    resolve();
  };
  worker.postMessage(word);
  return { ready, [Symbol.dispose]: () => worker.terminate() };
}

/** What the Worker runs, as source text: it takes the interrupt word as its first message, and answers once it listens. */
function listen(): void {
  const worker = globalThis as unknown as Worker;
  worker.onmessage = (e: MessageEvent<Int32Array<SharedArrayBuffer>>) => {
    const word = e.data;
    Deno.addSignalListener("SIGINT", () => Atomics.or(word, 0, 1));
    worker.postMessage("listening");
  };
}
