// From what stands on the command line to a validated module, for subcommands that run nothing. Errors begin with the module's name.

import { type Module, publicModule } from "../api/module.ts";
import { compileText, decode, validate } from "../engine/pipeline.ts";
import { CompileError, TextError } from "../wasm/errors.ts";
import { featureSet } from "../wasm/features.ts";
import type { FeatureChange } from "./features.ts";
import { loadModule, type ModuleSource } from "./load_module.ts";

/** A module that was read, and compiled. */
export interface CompiledModule extends ModuleSource {
  readonly module: Module;
}

/** Reads, decodes and validates a module, with features switched on and off. Throws CommandError, TextError, CompileError. */
export async function compileModule(spec: string, change?: FeatureChange): Promise<CompiledModule> {
  const loaded = await loadModule(spec);
  const compile = (bytes: Uint8Array) => publicModule(validate(decode(bytes, featureSet(change))));
  const { source } = loaded;
  const module = named(spec, () => typeof source === "string" ? compileText(source, compile) : compile(source));
  return { ...loaded, module };
}

/** Runs `step`, and puts the module's name before the errors that it throws about the module. */
export function named<T>(spec: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof CompileError || error instanceof TextError) error.message = `${spec}: ${error.message}`;
    throw error;
  }
}
