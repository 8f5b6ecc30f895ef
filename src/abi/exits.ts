// How machine code returns to TypeScript: the statuses that `enter`, `resume` and `proceed` give.

/** Exit statuses. */
export const Exit = {
  /** The entered function returned; its results stand in the stack block's argument slots. The block's `sp` is what it was at `enter`. */
  DONE: 0,
  /** A function that is not machine code was called: `callee` names it, its arguments stand in the slots. `resume` takes the results from there. */
  CALL: 1,
  /**
   * Generated code trapped: `trapPc`, `trapAddress`, `trapSignal`, `trapFp`. Whoever entered writes `sp` back, unless what faulted may go on:
   * then `proceed` continues at `resumeIp` with the registers that are in the block's state.
   */
  TRAP: 2,
  /** A helper is asked for: `helper` is its id, `vmctx` the instance's, arguments stand in the slots. `resume` takes the results from there. */
  HELPER: 3,
  /** A loop head or function entry found the interrupt word set. All registers are saved in the block; `resume` restores them and makes the check again. */
  SAFEPOINT: 4,
  /** One instruction ran by itself, after a TRAP: registers are in the block's state again. */
  STEPPED: 5,
} as const;
/** An exit status. */
export type Exit = (typeof Exit)[keyof typeof Exit];
