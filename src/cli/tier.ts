// The tier that somebody chose on the command line or in the shell.

import { Engine } from "../api/engine.ts";
import type { TierChoice } from "../engine/config.ts";
import type { TierName } from "../runtime/tier.ts";
import { CommandError } from "./exit.ts";

/** The tier that a choice means here. Throws CommandError, with the reason, where it cannot run. */
export function chosenTier(choice: TierChoice): TierName {
  try {
    return Engine.resolveTier(choice);
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error));
  }
}
