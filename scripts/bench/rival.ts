// Other engines in child processes, asked between our own runs so that all see the same machine: V8's Liftoff, and wasm3 where Python has the package pywasm3.

import { fromFileUrl } from "@std/path";
import type { Kernel } from "./kernels.ts";

const beside = (file: string) => fromFileUrl(new URL(file, import.meta.url));

/** One child. `using` ends it. */
export class Rival implements Disposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #rest = "";

  private constructor(readonly name: string, command: string, args: string[]) {
    this.#child = new Deno.Command(command, { args, stdin: "piped", stdout: "piped", stderr: "inherit" }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Liftoff alone. All functions are compiled when the module is made, on one thread, so that compile speed can be told. */
  static liftoff(): Rival {
    const flags = "--v8-flags=--liftoff-only,--no-wasm-lazy-compilation,--wasm-num-compilation-tasks=0";
    return new Rival("liftoff", Deno.execPath(), ["run", "--no-config", flags, beside("liftoff_child.ts")]);
  }

  /** wasm3; undefined where there is none. */
  static wasm3(): Rival | undefined {
    try {
      const { success } = new Deno.Command("python3", { args: ["-c", "import wasm3"], stderr: "null" }).outputSync();
      if (!success) return undefined;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
    return new Rival("wasm3", "python3", [beside("wasm3_child.py")]);
  }

  /** Milliseconds of one call of the kernel; undefined if the engine cannot run it, which is said on stderr. */
  async time(kernel: Kernel, expected: unknown): Promise<number | undefined> {
    const { ms, result, refused } = await this.#ask({ bytes: [...kernel.bytes], n: kernel.n, name: kernel.name });
    if (refused !== undefined) {
      console.error(`${this.name} is left out for ${kernel.name}: ${refused}`);
      return undefined;
    }
    if (result !== String(expected)) {
      throw new Error(`${kernel.name}: ${this.name} gave ${result} instead of ${expected}`);
    }
    return ms;
  }

  /** Milliseconds to make a module of the bytes. */
  async compile(name: string, bytes: Uint8Array): Promise<number> {
    return (await this.#ask({ bytes: [...bytes], name })).ms;
  }

  async #ask(question: unknown): Promise<{ ms: number; result?: string; refused?: string }> {
    await this.#writer.write(new TextEncoder().encode(JSON.stringify(question) + "\n"));
    for (;;) {
      const end = this.#rest.indexOf("\n");
      if (end >= 0) {
        const line = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 1);
        return JSON.parse(line);
      }
      const { value, done } = await this.#lines.read();
      if (done) throw new Error(`the child that runs ${this.name} ended`);
      this.#rest += value;
    }
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}
