// `strata assemble`: the text format to the binary format.

import { decode, validate, withPositions } from "../engine/pipeline.ts";
import { assemble } from "../text/parser.ts";
import { featureSet } from "../wasm/features.ts";
import { named } from "./compile.ts";
import { CommandError, ExitCode, UsageError } from "./exit.ts";
import type { FeatureChange } from "./features.ts";
import { loadModule } from "./load_module.ts";
import { writeOutput } from "./output.ts";

/** Options of the command. */
export interface AssembleCommandOptions {
  readonly output?: string;
  readonly names: boolean;
  readonly validate: boolean;
  readonly features?: FeatureChange;
}

/** Assembles a module and writes it. */
export async function assembleModule(spec: string, options: AssembleCommandOptions): Promise<ExitCode> {
  const { name, source } = await loadModule(spec);
  if (typeof source !== "string") throw new CommandError(`${spec} is in the binary format already`);
  const { bytes, positions } = named(spec, () => assemble(source, { names: options.names }));
  if (options.validate) {
    named(spec, () => withPositions(positions, () => validate(decode(bytes, featureSet(options.features)))));
  }
  const output = options.output ?? `${name}.wasm`;
  if (output === "-" && Deno.stdout.isTerminal()) {
    throw new UsageError("the binary format does not go to a terminal; choose a file with -o");
  }
  await writeOutput(output, bytes);
  if (output !== "-") console.log(`${output}: ${bytes.length} bytes`);
  return ExitCode.OK;
}
