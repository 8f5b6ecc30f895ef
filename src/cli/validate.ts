// `strata validate`: says of each module whether it is valid, and if not, what is wrong and where.

import { compileModule } from "./compile.ts";
import { describeError, ExitCode, isExpected } from "./exit.ts";
import type { FeatureChange } from "./features.ts";

/** Validates modules, a line each. Gives exit code 1 if one of them is not valid. */
export async function validateModules(
  specs: readonly string[],
  options: { readonly features?: FeatureChange } = {},
): Promise<ExitCode> {
  let code: ExitCode = ExitCode.OK;
  for (const spec of specs) {
    try {
      await compileModule(spec, options.features);
      console.log(`${spec}: valid`);
    } catch (error) {
      if (!isExpected(error)) throw error;
      console.error(describeError(error));
      code = ExitCode.ERROR;
    }
  }
  return code;
}
