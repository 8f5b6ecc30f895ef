// Compiling in a Worker while this thread is busy: takes functions, and gives their code when somebody asks whether any has come.

import { Background, backgroundUnavailable } from "../platform/background.ts";
import type { CpuFeatures } from "../platform/cpu.ts";
import type { Code } from "../asm/code.ts";
import type { CodeOptions } from "../jit/compile_function.ts";
import type { Layout } from "../jit/context.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import { type CompileAnswer, type CompileRequest, serveCompiler } from "./compile_worker.ts";

// It is imported here, too, so that Deno has it in its cache: while this thread is busy, a Worker can download nothing.
const MODULE = new URL("./compile_worker.ts", import.meta.url);
const FOLDER = new URL("../", import.meta.url);
/** Milliseconds until a Worker that says nothing counts as failed. */
const PATIENCE_MS = 30_000;

/** A function whose code has come, or has not because the Worker failed. */
export interface Compiled {
  readonly valid: ValidModule;
  readonly index: number;
  /** Undefined where the Worker failed. */
  readonly code: Code | undefined;
  /** Milliseconds that the Worker took. */
  readonly ms: number;
}

/** Ends the Worker of a compiler that is gone. */
const FORGOTTEN = new FinalizationRegistry<Background>((worker) => worker.close());

/** Why no Worker can compile here; undefined if one can. */
export function backgroundCompilerUnavailable(): string | undefined {
  return backgroundUnavailable(FOLDER);
}

/** A Worker that compiles. */
export class BackgroundCompiler {
  readonly #worker = new Background(MODULE, serveCompiler.name);
  readonly #startedAt = performance.now();
  #ready = false;
  #failure: string | undefined;
  #nextId = 1;
  readonly #ids = new WeakMap<ValidModule, number>();
  readonly #modules = new Map<number, WeakRef<ValidModule>>();
  readonly #requested = new WeakMap<ValidModule, Set<number>>();
  readonly #forgotten = new FinalizationRegistry<number>((id) => {
    this.#modules.delete(id);
    this.#post({ kind: "forget", id });
  });

  constructor(readonly cpu: CpuFeatures, readonly options: CodeOptions) {
    FORGOTTEN.register(this, this.#worker);
  }

  /** Why it failed; undefined as long as it may work. */
  get failure(): string | undefined {
    const late = !this.#ready && performance.now() - this.#startedAt > PATIENCE_MS;
    return this.#failure ??= this.#worker.failure ?? (late ? "the Worker does not answer" : undefined);
  }

  /** Asks for a function's code, laid out so, once. */
  request(valid: ValidModule, index: number, layout?: Layout): void {
    let requested = this.#requested.get(valid);
    if (requested === undefined) this.#requested.set(valid, requested = new Set());
    if (requested.has(index)) return;
    requested.add(index);
    this.#post({ kind: "function", id: this.#idOf(valid), index, layout });
  }

  #idOf(valid: ValidModule): number {
    let id = this.#ids.get(valid);
    if (id === undefined) {
      id = this.#nextId++;
      this.#ids.set(valid, id);
      this.#modules.set(id, new WeakRef(valid));
      this.#forgotten.register(valid, id);
      const { bytes, features } = valid.module;
      this.#post({ kind: "module", id, bytes, features: [...features], cpu: this.cpu, options: this.options });
    }
    return id;
  }

  #post(request: CompileRequest): void {
    this.#worker.post(request);
  }

  /** The functions whose code has come since it was last asked. */
  *arrived(): Iterable<Compiled> {
    for (;;) {
      const answer = this.#worker.receive() as CompileAnswer | undefined;
      if (answer === undefined) return;
      if (answer.kind === "ready") {
        this.#ready = true;
        continue;
      }
      const valid = this.#modules.get(answer.id)?.deref();
      if (valid === undefined) continue;
      this.#requested.get(valid)?.delete(answer.index);
      if (answer.kind === "code") yield { valid, index: answer.index, code: answer.code, ms: answer.ms };
      else yield { valid, index: answer.index, code: undefined, ms: 0 };
    }
  }
}
