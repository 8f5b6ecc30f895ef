// The side table: what a branch needs to know and the bytes do not say. Filled while a body is validated, read by the in-place interpreter and whoever wants
// branch facts. One entry per edge, in the order of the branch instructions; the reader keeps a cursor (stp) that runs along with the pc.

import type { BytecodeReader } from "../bytecode/reader.ts";
import * as op from "../wasm/opcodes.ts";

/** Ints of an entry: target pc (offset in the module), target cursor, value slots to carry, slot height at the target (locals included). */
export const ENTRY_INTS = 4;
export const TARGET_PC = 0;
export const TARGET_STP = 1;
export const VALUE_SLOTS = 2;
export const TARGET_HEIGHT = 3;

/** Kinds of catch clauses. The first four are those of try_table, in the order of the binary format. */
export const CatchKind = {
  CATCH: 0,
  CATCH_REF: 1,
  CATCH_ALL: 2,
  CATCH_ALL_REF: 3,
  LEGACY_CATCH: 4,
  LEGACY_CATCH_ALL: 5,
} as const;
export type CatchKind = (typeof CatchKind)[keyof typeof CatchKind];

/** A catch clause of a handler. */
export interface Catch {
  readonly kind: CatchKind;
  /** Index of the tag; -1 where everything is caught. */
  readonly tag: number;
  /**
   * Entry of the side table (its first int) that leads to the clause's code. Its values are those of the tag, then the exception itself if the clause gives it.
   */
  readonly entry: number;
  /** Legacy clauses: slot of the frame in which the exception is kept for `rethrow`; -1 otherwise. */
  readonly slot: number;
}

/** A region of a body in which exceptions are caught. */
export interface Handler {
  /** Exceptions thrown by instructions from `start` up to `end` (offsets in the module) come here, unless a handler with a higher index has them too. */
  readonly start: number;
  readonly end: number;
  readonly catches: readonly Catch[];
  /** Handler that goes on when no clause takes the exception, -1 for the caller. A `delegate` has no clauses, and its target's handler here. */
  readonly outer: number;
}
/** A handler while its region is read. */
export interface HandlerDraft {
  start: number;
  end: number;
  catches: Catch[];
  outer: number;
}

/** How many entries the present instruction of a reader has, as `BodyFacts.sideTable` says. */
export function entriesOf(r: BytecodeReader): number {
  switch (r.op) {
    case op.IF:
    case op.ELSE:
    case op.BR:
    case op.BR_IF:
    case op.BR_ON_NULL:
    case op.BR_ON_NON_NULL:
    case op.BR_ON_CAST:
    case op.BR_ON_CAST_FAIL:
    case op.RETHROW:
      return 1;
    case op.CATCH:
    case op.CATCH_ALL:
      return 2;
    case op.BR_TABLE:
      return r.labels.length;
    case op.TRY_TABLE:
      return r.catches.length;
  }
  return 0;
}

/** Facts about a validated function body. */
export interface BodyFacts {
  /**
   * Entries, one for each of: the false edge of `if`, the end of its then-part (at `else`), `br`, `br_if`, each target of `br_table`, `br_on_null` and its like,
   * each clause of `try_table` (at the instruction; its cursor runs over them), the end of a legacy `try` body or `catch` block (at the next clause), then the clause itself (its cursor is behind both),
   * `rethrow` (whose target height is the slot that keeps the exception, and nothing else). Branches to a block lead behind its
   * `end`, those to a loop behind its head, those to the function to its last `end`.
   */
  readonly sideTable: Int32Array;
  /** How many ints that are: facts that were kept make the table when it is asked for. */
  readonly tableInts: number;
  /** Regions with exception handlers; inner ones have higher indices. */
  readonly handlers: readonly Handler[];
  readonly paramSlots: number;
  /** Slots of parameters and locals, and of the exceptions that legacy catch blocks keep. */
  readonly localSlots: number;
  readonly resultSlots: number;
  /** The most operand slots ever on the stack. */
  readonly maxOperandSlots: number;
  /** Code of the last instruction that belongs to a feature (opcodes.ts), or of a block that gives a v128; -1 if there is none. */
  readonly extension: number;
  /** Whether a tail call may lead to a function of another instance. */
  readonly leaves: boolean;
  /** Offsets of `drop`, `select` and accesses to locals and globals whose operand is a v128, which takes two slots. */
  readonly vectorMoves: readonly number[];
  /** Offsets of `loop` instructions, in their order. */
  readonly loops: readonly number[];
  /** Slot of each local, where some take two; otherwise undefined: local i is slot i. */
  readonly localSlot: Int32Array | undefined;
}
