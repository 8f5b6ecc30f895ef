// What runs in the Worker that compiles: takes modules and indices of functions, gives their machine code, in the order in which it is asked.

import { decodeModule } from "../binary/decode_module.ts";
import type { Code } from "../asm/code.ts";
import type { CodeOptions, JitCompiler } from "../jit/compile_function.ts";
import type { Layout } from "../jit/context.ts";
import type { BackgroundPort } from "../platform/background.ts";
import type { CpuFeatures } from "../platform/cpu.ts";
import { validateModule } from "../validate/validate_module.ts";
import type { Feature } from "../wasm/features.ts";
import { compiler } from "./pipeline.ts";

/** What the Worker is asked for. */
export type CompileRequest =
  | {
    readonly kind: "module";
    readonly id: number;
    readonly bytes: Uint8Array;
    readonly features: readonly Feature[];
    readonly cpu: CpuFeatures;
    readonly options: CodeOptions;
  }
  | { readonly kind: "function"; readonly id: number; readonly index: number; readonly layout?: Layout }
  | { readonly kind: "forget"; readonly id: number };

/** What it answers; `ready` first of all. */
export type CompileAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "code"; readonly id: number; readonly index: number; readonly code: Code; readonly ms: number }
  | { readonly kind: "failure"; readonly id: number; readonly index: number; readonly message: string };

/** Serves what comes to `port`. */
export function serveCompiler(port: BackgroundPort): void {
  const compilers = new Map<number, JitCompiler>();
  const answer = (message: CompileAnswer) => port.postMessage(message);
  port.onmessage = ({ data }) => {
    const request = data as CompileRequest, { id } = request;
    switch (request.kind) {
      case "module": {
        const { bytes, features, cpu, options } = request;
        compilers.set(id, compiler(validateModule(decodeModule(bytes, new Set(features))), cpu, options));
        break;
      }
      case "function": {
        const { index, layout } = request, began = performance.now();
        try {
          const code = compilers.get(id)!.compile(index, undefined, layout);
          answer({ kind: "code", id, index, code, ms: performance.now() - began });
        } catch (error) {
          answer({ kind: "failure", id, index, message: String(error) });
        }
        break;
      }
      case "forget":
        compilers.delete(id);
    }
  };
  answer({ kind: "ready" });
}
