// `strata print`: a module in the text format.

import { compileModule } from "./compile.ts";
import { ExitCode } from "./exit.ts";
import { writeOutput } from "./output.ts";

/** Prints a module to standard output, or to the file `output`. */
export async function printText(spec: string, options: { readonly output?: string }): Promise<ExitCode> {
  const { module } = await compileModule(spec);
  await writeOutput(options.output ?? "-", new TextEncoder().encode(module.toText().replace(/\n*$/, "\n")));
  return ExitCode.OK;
}
