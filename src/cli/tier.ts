// The tier that somebody chose on the command line or in the shell.

import { Engine } from "../api/engine.ts";
import type { TierChoice } from "../engine/config.ts";
import { CommandError } from "./exit.ts";

/** The choice that one means here. Throws CommandError, with the reason, where it cannot run. */
export function chosenTier(choice: TierChoice): TierChoice {
  try {
    return Engine.resolveTier(choice);
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error));
  }
}
