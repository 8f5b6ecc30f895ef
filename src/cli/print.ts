// `strata print`: a module in the text format.

import { compileModule } from "./compile.ts";
import { ExitCode } from "./exit.ts";
import type { FeatureChange } from "./features.ts";
import { writeOutput } from "./output.ts";

/** Options of the command. */
export interface PrintOptions {
  readonly output?: string;
  readonly features?: FeatureChange;
}

/** Prints a module to standard output, or to the file `output`. */
export async function printText(spec: string, options: PrintOptions): Promise<ExitCode> {
  const { module } = await compileModule(spec, options.features);
  await writeOutput(options.output ?? "-", new TextEncoder().encode(module.toText().replace(/\n*$/, "\n")));
  return ExitCode.OK;
}
