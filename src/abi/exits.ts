// How machine code returns to TypeScript: the statuses that `enter` and `resume` give.

/** Exit statuses. */
export const Exit = {
  /** The entered function returned; its results stand in the stack block's argument slots. The block's `sp` is what it was at `enter`. */
  DONE: 0,
  /** A function that is not machine code was called: `callee` names it, its arguments stand in the slots. `resume` takes the results from there. */
  CALL: 1,
  /** Generated code trapped: `trapPc`, `trapAddress`, `trapSignal`, `trapFp`. There is nothing to resume; whoever entered writes `sp` back. */
  TRAP: 2,
  /** A helper is asked for: `helper` is its id, `vmctx` the instance's, arguments stand in the slots. `resume` takes the results from there. */
  HELPER: 3,
  /** A loop head or function entry found the interrupt word set. All registers are saved in the block; `resume` restores them and makes the check again. */
  SAFEPOINT: 4,
} as const;
/** An exit status. */
export type Exit = (typeof Exit)[keyof typeof Exit];
