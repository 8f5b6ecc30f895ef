// From what stands on the command line to a validated module, for subcommands that run nothing. Errors begin with the module's name.

import { type Module, publicModule } from "../api/module.ts";
import { assemblePlaced, decode, validate, withPositions } from "../engine/pipeline.ts";
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
  const module = named(spec, () => {
    const { source } = loaded;
    const { bytes, positions } = typeof source === "string" ? assemblePlaced(source) : { bytes: source };
    const valid = withPositions(positions, () => validate(decode(bytes, featureSet(change))));
    return publicModule(valid, positions);
  });
  return { ...loaded, module };
}

/** Runs `step`, and puts the module's name before the errors that it throws about the module. */
export function named<T>(spec: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof CompileError || error instanceof TextError) error.message = placed(spec, error);
    throw error;
  }
}

/** The message behind the module's name, and, where they are known, line and column, as editors and terminals take them. */
function placed(spec: string, error: CompileError | TextError): string {
  if (error.line === undefined) return `${spec}: ${error.message}`;
  const rest = error instanceof TextError
    ? []
    : [error.func === undefined ? "" : `in ${error.func}`, `byte offset 0x${error.offset.toString(16)}`];
  const place = rest.filter((part) => part !== "").join(", ");
  return `${spec}:${error.line}:${error.column}: ${error.what}${place === "" ? "" : ` (${place})`}`;
}
