// A Worker for work in the background, whose messages can be looked for while this thread is busy, and which does not keep the process alive.
// Takes the address of one of our modules and the name of a function in it, which gets the Worker's end of the channel.

import type { MessagePort, Worker as NodeWorker } from "node:worker_threads";

/** The end of a channel in the Worker. */
export interface BackgroundPort {
  /** Called with each message. */
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: unknown): void;
}

/** Why a Worker cannot load the modules in `folder`; undefined if it can. Modules from the net are in Deno's cache when ours run. */
export function backgroundUnavailable(folder: URL): string | undefined {
  if (folder.protocol !== "file:") return undefined;
  if (Deno.permissions.querySync({ name: "read", path: folder }).state === "granted") return undefined;
  return `a Worker needs --allow-read=${folder.pathname}`;
}

/** Node's Workers, loaded when needed, since that takes 5 to 20 ms and few programs need them. */
export function threads(): typeof import("node:worker_threads") {
  const { process } = globalThis as unknown as { process: { getBuiltinModule(name: string): unknown } };
  return process.getBuiltinModule("node:worker_threads") as typeof import("node:worker_threads");
}

/** A Worker with a channel to it. */
export class Background {
  readonly #worker: NodeWorker;
  readonly #port: MessagePort;
  /** Why it ended, as far as this thread had time to notice. */
  failure: string | undefined = undefined;

  /** Starts `entry`, exported by the module at `module`, in a Worker. Whether that works shows later. */
  constructor(module: URL, entry: string) {
    // Only file: and data: are schemes that such a Worker can start from, and only such a Worker lets the process end.
    const source = `import { ${entry} } from ${JSON.stringify(module.href)};` +
      `import { workerData } from "node:worker_threads"; ${entry}(workerData.port);`;
    const { MessageChannel, Worker } = threads();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
      workerData: { port: port2 },
      transferList: [port2],
    });
    this.#worker.unref();
    this.#worker.on("error", (error) => this.failure = String(error));
  }

  /** Sends a message. */
  post(message: unknown): void {
    this.#port.postMessage(message);
  }

  /** The next message that has come; undefined if there is none. */
  receive(): unknown {
    return threads().receiveMessageOnPort(this.#port)?.message;
  }

  /** Ends the Worker. */
  close(): void {
    this.#port.close();
    this.#worker.terminate();
  }
}
