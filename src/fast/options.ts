// What the translator may do, each to be switched off, so that its effect can be seen and a fault be found.

/** Optimisations of tier `fast`; all are on by default. */
export interface FastOptions {
  /** Operands that are constants or locals become operands of the instruction that takes them, instead of instructions of their own. */
  readonly fold: boolean;
  /** What depends on constants alone is computed at translation; branches on constants are resolved. */
  readonly constants: boolean;
  /** Runs of instructions become one: comparison and branch, operation and `local.set`, address and load, multiplication and addition, and the like. */
  readonly fuse: boolean;
  /**
   * Calls of small functions of the same module that call nothing themselves and have no loop become their bodies, where fuel is not counted. As long as such a function is to run
   * in `interp`, or in another tier that was asked for, its callers in the same instance really call.
   */
  readonly inline: boolean;
}

/** Everything on. */
export const FAST_DEFAULTS: FastOptions = { fold: true, constants: true, fuse: true, inline: true };
