// Code: what a compiler gives for one function or stub. Inert data: `link` installs it, `object` writes it to a file,
// a disassembler prints it. All offsets count bytes from the start of `bytes`.

/**
 * How a relocation is applied, with S the address of the target, A the addend and P the address of the relocated field:
 * "call" and "jump" are the displacement field of such an instruction (x86-64: 32 bits, S + A - P),
 * "relative" is a displacement in another instruction that reaches data or code near by (the same formula),
 * "data" is a 64-bit absolute address, S + A.
 */
export type RelocationKind = "call" | "jump" | "relative" | "data";

/** What a relocation points to: a number is the index of a function in its module, a string names a stub or a datum. */
export type RelocationTarget = number | string;

/** A field of the code that is filled in when the code gets its address. */
export interface Relocation {
  /** How it is applied. */
  readonly kind: RelocationKind;
  /** Where the field is. */
  readonly offset: number;
  /** What it points to. */
  readonly target: RelocationTarget;
  /** What is added to the target's address. */
  readonly addend: number;
}

/** Where the code may trap; three arrays of equal length, ascending in `offsets`. */
export interface TrapSites {
  /** Offset of the instruction that faults. */
  readonly offsets: Uint32Array;
  /** Number of the trap in the trap table. */
  readonly codes: Uint8Array;
  /** Byte offset of the cause in the source binary. */
  readonly sourceOffsets: Uint32Array;
}

/** Which values the frame holds when execution stands at `offset` (for a call: its return address). */
export interface FrameMap {
  /** Where execution stands. */
  readonly offset: number;
  /** Indices of the frame slots that hold live references. */
  readonly references: Uint32Array;
  /** Pairs (slot, register number): values that are in a register instead of their canonical slot. */
  readonly registers: Uint32Array;
}

/** Where a frame that another tier has begun goes on in the code: behind the head of a loop. */
export interface LoopEntry {
  /** Byte offset behind the loop's first instruction in the source binary. */
  readonly source: number;
  /** Where the code for it begins. It finds the frame set up. */
  readonly offset: number;
  /** Triples: slot in the frame of the other tier (see side_table.ts), displacement from the frame pointer to which it is copied, 32-bit words. */
  readonly moves: Int32Array;
}

/** Where a value is at a safepoint: in the frame, in a register, which is saved when the code leaves there, or in the code alone. */
export const ValuePlace = { FRAME: 0, SAVED: 1, CONSTANT: 2 } as const;
/** Ints of a value at a safepoint. */
export const SAFEPOINT_INTS = 5;

/** A place in the code where a frame can be taken out of it, and what another tier has to know to go on. */
export interface Safepoint {
  /** The return address of a call, of a function or of the thunk that leaves at a check. */
  readonly offset: number;
  /** Byte offset of the instruction that comes next. */
  readonly source: number;
  /** Slots in use in the frame of the other tier; the results of a call come on top. */
  readonly height: number;
  /**
   * Quintuples: slot in that frame; a {@link ValuePlace}; displacement from the frame pointer, offset in the stack block, or low word; high word, or of a value in the frame 1 if it is an old one; 32-bit words.
   * Values that nobody reads any more may be anything.
   */
  readonly values: Int32Array;
}

/** Machine code of one function or stub, with everything that is known about it. */
export interface Code {
  /** What it is the code of. */
  readonly name: string;
  /** Instructions, then jump tables and constants. */
  readonly bytes: Uint8Array;
  /** Length of the instructions at the start of `bytes`; what follows is data. */
  readonly instructionLength: number;
  /** The address of `bytes` must be a multiple of this. */
  readonly alignment: number;
  /** Offset at which callers enter. */
  readonly entry: number;
  /** Bytes of stack below the saved frame pointer; 0 for stubs without a frame. */
  readonly frameSize: number;
  /** Fields that depend on addresses. */
  readonly relocations: readonly Relocation[];
  /** Where it may trap. */
  readonly trapSites: TrapSites;
  /** Pairs (code offset, source byte offset), ascending in the code offset; each holds until the next. */
  readonly sourceMap: Uint32Array;
  /** Pairs (first int of a catch clause's entry in the side table, offset of the code where an exception that it catches goes on). */
  readonly landingPads: Uint32Array;
  /** One for each loop that can be reached, if they were asked for. */
  readonly loopEntries: readonly LoopEntry[];
  /** Ascending in their offset. */
  readonly frameMaps: readonly FrameMap[];
}
