// The blocks of a body that are open while it is validated, and the types of the commonest blocks.

import * as op from "../wasm/opcodes.ts";
import { F32, F64, I32, I64, V128, type ValType } from "../wasm/types.ts";
import type { HandlerDraft } from "./side_table.ts";

/** No values. */
export const NONE: readonly ValType[] = [];
/** One value, by its type. */
export const SINGLE: readonly (readonly ValType[])[] = [[], [I32], [I64], [F32], [F64], [V128]];

/** A block that is open. One that was closed serves again for the next that is opened at its depth. */
export class Control {
  opcode = 0;
  params: readonly ValType[] = NONE;
  results: readonly ValType[] = NONE;
  height = 0;
  slots = 0;
  unreachable = false;
  /** The last of the entries that lead to the end of this block, -1 if there is none: each holds the one before it until then. */
  fixup = -1;
  /** Slots of the values that a branch to this block carries. */
  labelSlots = 0;
  /** Where branches to a loop lead. */
  loopPc = 0;
  loopStp = 0;
  /** The entry of the false edge of an `if` without its `else` so far; -1 otherwise. */
  ifEntry = -1;
  /** Length of the list of locals that were initialised when the block began. */
  inits = 0;
  /** Slot that keeps the exception while a legacy catch block runs; -1 in other blocks. */
  caught = -1;
  /** Handler of a legacy `try` whose body this is; undefined in other blocks. */
  handler: HandlerDraft | undefined = undefined;
  /** The br_table (its offset) whose operands were checked against this label last. */
  checkedAt = -1;
}

/** The types of the values that a branch to a block carries. */
export function labelTypes(c: Control): readonly ValType[] {
  return c.opcode === op.LOOP ? c.params : c.results;
}
