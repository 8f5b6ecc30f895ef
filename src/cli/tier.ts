// The tier that somebody chose on the command line or in the shell.

import { Engine } from "../api/engine.ts";
import type { EngineOptions, TierChoice } from "../engine/config.ts";
import { CommandError, reasonOf } from "./exit.ts";

/** Says on standard error why machine code is not made as somebody asked. */
export function noteCompileMode({ compileMode, compileReason }: Engine): void {
  if (compileReason !== undefined) console.error(`note: machine code is made in mode ${compileMode}: ${compileReason}`);
}

/** Says there what was wrong with the cache on disk. */
export function onCacheNote(note: string): void {
  console.error(`note: ${note}`);
}

/** An engine. Throws CommandError, with the reason, where it cannot be as it was asked for: without a permission, or a place to keep code. */
export function newEngine(options: EngineOptions): Engine {
  try {
    return new Engine(options);
  } catch (error) {
    // All else is a bug, or explains itself.
    if (error instanceof Error && error.constructor === Error) throw new CommandError(reasonOf(error));
    throw error;
  }
}

/** The choice that one means here. Throws CommandError, with the reason, where it cannot run. */
export function chosenTier(choice: TierChoice): TierChoice {
  try {
    return Engine.resolveTier(choice);
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error));
  }
}
