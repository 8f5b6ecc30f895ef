// The interrupt word of this isolate: shared memory, so that any Worker can set it, and at an address that machine code can read.

/** Bits of the interrupt word. Whoever sets or clears one leaves the others as they are. */
export const InterruptBit = {
  /** Running code is to trap as interrupted, until somebody clears it. */
  INTERRUPT: 1,
  /** A deadline may have passed. */
  DEADLINE: 2,
  /** Something in this isolate wants running code to leave at its next safepoint. Never traps; the driver clears it. */
  ATTENTION: 4,
} as const;

/** `[0]` is not 0 while running code is to leave at its next loop header or call: see {@link InterruptBit}. */
export const INTERRUPT: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(64), 0, 1);
