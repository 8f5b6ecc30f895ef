// V8's Liftoff in a child process, asked between our own runs so that both see the same machine.

import { fromFileUrl } from "@std/path";
import type { Kernel } from "./kernels.ts";

/** The child. `using` ends it. */
export class Rival implements Disposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #rest = "";

  constructor() {
    // All functions are compiled when the module is made, on one thread, so that compile speed can be told.
    const flags = "--v8-flags=--liftoff-only,--no-wasm-lazy-compilation,--wasm-num-compilation-tasks=0";
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", flags, fromFileUrl(new URL("liftoff_child.ts", import.meta.url))],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Milliseconds of one call of the kernel. */
  async time(kernel: Kernel, expected: unknown): Promise<number> {
    const { ms, result } = await this.#ask({ bytes: [...kernel.bytes], n: kernel.n, name: kernel.name });
    if (result !== String(expected)) throw new Error(`${kernel.name}: Liftoff gave ${result} instead of ${expected}`);
    return ms;
  }

  /** Milliseconds to make a module of the bytes. */
  async compile(name: string, bytes: Uint8Array): Promise<number> {
    return (await this.#ask({ bytes: [...bytes], name })).ms;
  }

  async #ask(question: unknown): Promise<{ ms: number; result?: string }> {
    await this.#writer.write(new TextEncoder().encode(JSON.stringify(question) + "\n"));
    for (;;) {
      const end = this.#rest.indexOf("\n");
      if (end >= 0) {
        const line = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 1);
        return JSON.parse(line);
      }
      const { value, done } = await this.#lines.read();
      if (done) throw new Error("the Liftoff child ended");
      this.#rest += value;
    }
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}
