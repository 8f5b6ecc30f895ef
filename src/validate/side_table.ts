// The side table: what a branch needs to know and the bytes do not say. Filled while a body is validated, read by the in-place interpreter and whoever wants
// branch facts. One entry per edge, in the order of the branch instructions; the reader keeps a cursor (stp) that runs along with the pc.

/** Ints of an entry: target pc (offset in the module), target cursor, value slots to carry, slot height at the target (locals included). */
export const ENTRY_INTS = 4;
export const TARGET_PC = 0;
export const TARGET_STP = 1;
export const VALUE_SLOTS = 2;
export const TARGET_HEIGHT = 3;

/** Facts about a validated function body. */
export interface BodyFacts {
  /**
   * Entries, one for each of: the false edge of `if`, the end of its then-part (at `else`), `br`, `br_if`, each target of `br_table`. Branches to a block lead behind its
   * `end`, those to a loop behind its head, those to the function to its last `end`.
   */
  readonly sideTable: Int32Array;
  readonly paramSlots: number;
  /** Slots of parameters and locals. */
  readonly localSlots: number;
  readonly resultSlots: number;
  /** The most operand slots ever on the stack. */
  readonly maxOperandSlots: number;
  /** Slot of each local, where some take two; otherwise undefined: local i is slot i. */
  readonly localSlot: Int32Array | undefined;
}
