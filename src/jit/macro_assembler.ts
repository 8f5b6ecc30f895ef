// The contract between the one-pass compiler and an architecture: operations on registers, frame slots and constants, one or a few machine instructions each.
// Takes abstract register numbers, gives Code. Which value is where is the compiler's affair; an operation changes its destination and scratch registers only.

import type { Label } from "../asm/buffer.ts";
import type { Code, FrameMap } from "../asm/code.ts";
import type { TrapCode } from "../wasm/traps.ts";

/** A register: integer registers are numbered from 0, float registers from FIRST_FLOAT. */
export type Register = number;
export const FIRST_FLOAT = 32;
export const NO_REGISTER = -1;

/** What a value is: its width and the kind of register it wants. REF is a 32-bit integer. */
export const Kind = { I32: 0, I64: 1, F32: 2, F64: 3, REF: 4 } as const;
/** A kind of value. */
export type Kind = number;

/**
 * A slot of 8 bytes in memory: 0 and above are the canonical slots of the frame; the incoming area (stack parameters and results) and the outgoing area
 * (those of a callee) and the stack block's argument slots are numbered from these bases.
 */
export type Slot = number;
export const INCOMING = 0x1000000;
export const OUTGOING = 0x2000000;
export const ARGUMENT = 0x3000000;

/** Two-operand arithmetic. */
export const Arithmetic = { ADD: 0, SUB: 1, MUL: 2, AND: 3, OR: 4, XOR: 5 } as const;
export type Arithmetic = number;

/** Shifts and rotations; counts are taken modulo the width. */
export const Shift = { SHL: 0, SHR_S: 1, SHR_U: 2, ROTL: 3, ROTR: 4 } as const;
export type Shift = number;

/** Divisions. */
export const Division = { DIV_S: 0, DIV_U: 1, REM_S: 2, REM_U: 3 } as const;
export type Division = number;

/** Float arithmetic. */
export const FloatArithmetic = { ADD: 0, SUB: 1, MUL: 2, DIV: 3, MIN: 4, MAX: 5, COPYSIGN: 6 } as const;
export type FloatArithmetic = number;

/** What a comparison asks. From FLOAT_EQ on, of floats; the NOT ones are also true for NaN (and FLOAT_NE is NOT_EQ). */
export const Condition = {
  EQ: 0,
  NE: 1,
  LT_S: 2,
  LT_U: 3,
  GT_S: 4,
  GT_U: 5,
  LE_S: 6,
  LE_U: 7,
  GE_S: 8,
  GE_U: 9,
  FLOAT_EQ: 10,
  FLOAT_NE: 11,
  FLOAT_LT: 12,
  FLOAT_GT: 13,
  FLOAT_LE: 14,
  FLOAT_GE: 15,
  FLOAT_NOT_LT: 16,
  FLOAT_NOT_GT: 17,
  FLOAT_NOT_LE: 18,
  FLOAT_NOT_GE: 19,
} as const;
export type Condition = number;
const INVERSES = [1, 0, 8, 9, 6, 7, 4, 5, 2, 3, 11, 10, 16, 17, 18, 19, 12, 13, 14, 15];
const MIRRORED = [0, 1, 4, 5, 2, 3, 8, 9, 6, 7];

/** The condition that is true exactly when `condition` is not. */
export function inverse(condition: Condition): Condition {
  return INVERSES[condition];
}
/** The integer condition for exchanged operands. */
export function mirrored(condition: Condition): Condition {
  return MIRRORED[condition];
}

/** Registers that an operation insists on; NO_REGISTER where any will do. */
export interface Fixed {
  readonly lhs: Register;
  readonly rhs: Register;
  readonly result: Register;
  /** Registers that it changes; they must hold nothing but the operands fixed to them, and the right operand is in none of them. */
  readonly clobbered: readonly Register[];
}

/** Which function record a call takes: an own function's by own index, an import's by its index, or the one in the call register. */
export type CallTarget = { readonly own: number } | { readonly imported: number } | "record";

/** Operations of an architecture. `wide` in a name's place is its suffix: 32 or 64 bits. */
export interface MacroAssembler {
  /** Registers that values may be in, in the order in which temporaries take them. */
  readonly intRegisters: readonly Register[];
  readonly floatRegisters: readonly Register[];
  readonly intParams: readonly Register[];
  readonly floatParams: readonly Register[];
  readonly intResults: readonly Register[];
  readonly floatResults: readonly Register[];
  /** Scratch registers for moves; clobbered by any operation. */
  readonly scratchInt: Register;
  readonly scratchFloat: Register;

  // The function
  /** Starts a function whose frame has no more than `slots` canonical slots; `source` is the byte offset of its body. */
  begin(slots: number, source: number): void;
  /** Stores zero to the slots from `from` to before `to`. */
  zeroSlots(from: number, to: number): void;
  /** Where the operation comes from that is emitted next: byte offset in the module. */
  source(offset: number): void;
  leaveAndReturn(): void;
  finish(name: string): Code;

  // Labels and branches
  newLabel(): Label;
  bind(label: Label): void;
  jump(label: Label): void;
  /** After a comparison. */
  jumpIf(condition: Condition, label: Label): void;
  /** Jumps to one of `labels` by `index`, to the last when it is too large; `index` is lost. */
  jumpTable(index: Register, labels: readonly Label[]): void;
  trap(code: TrapCode): void;
  /** Traps when the interrupt word is set. */
  checkInterrupt(): void;

  // Moves; of integers, 32-bit ones clear the upper half
  move(kind: Kind, dst: Register, src: Register): void;
  constant(kind: Kind, dst: Register, low: number, high: number): void;
  loadSlot(kind: Kind, dst: Register, slot: Slot): void;
  storeSlot(kind: Kind, slot: Slot, src: Register): void;
  storeSlotConstant(kind: Kind, slot: Slot, low: number, high: number): void;
  copySlot(kind: Kind, dst: Slot, src: Slot): void;

  // Integers
  arithmetic32(op: Arithmetic, dst: Register, lhs: Register, rhs: Register): void;
  arithmetic64(op: Arithmetic, dst: Register, lhs: Register, rhs: Register): void;
  /** The constant is sign-extended to 64 bits. */
  arithmetic32Constant(op: Arithmetic, dst: Register, lhs: Register, rhs: number): void;
  arithmetic64Constant(op: Arithmetic, dst: Register, lhs: Register, rhs: number): void;
  /** `dst` is `lhs`. */
  arithmetic32Slot(op: Arithmetic, dst: Register, rhs: Slot): void;
  arithmetic64Slot(op: Arithmetic, dst: Register, rhs: Slot): void;
  fixedShift(op: Shift): Fixed;
  shift32(op: Shift, dst: Register, lhs: Register, count: Register): void;
  shift64(op: Shift, dst: Register, lhs: Register, count: Register): void;
  shift32Constant(op: Shift, dst: Register, lhs: Register, count: number): void;
  shift64Constant(op: Shift, dst: Register, lhs: Register, count: number): void;
  fixedDivision(op: Division): Fixed;
  /** With all checks, except those that a constant divisor makes needless: `divisor` is its value if known and of 32 bits. */
  divide32(op: Division, dst: Register, lhs: Register, rhs: Register, divisor: number | undefined): void;
  divide64(op: Division, dst: Register, lhs: Register, rhs: Register, divisor: number | undefined): void;
  /** What a 32-bit division by a constant insists on (its left operand is in none of the clobbered registers); undefined where `divide32` serves best. */
  fixedDivisionConstant(divisor: number): Fixed | undefined;
  divide32Constant(op: Division, dst: Register, lhs: Register, divisor: number): void;
  /** Any instruction with one operand, by its opcode: clz, extend, wrap, sqrt, trunc, convert, reinterpret and so on. `dst` may be `src`. */
  unary(opcode: number, dst: Register, src: Register): void;

  // Comparisons set the flags, which only branches, setIf and selectIf read, and which moves and constants leave alone
  compare32(lhs: Register, rhs: Register): void;
  compare64(lhs: Register, rhs: Register): void;
  compare32Constant(lhs: Register, rhs: number): void;
  compare64Constant(lhs: Register, rhs: number): void;
  compare32Slot(lhs: Register, rhs: Slot): void;
  compare64Slot(lhs: Register, rhs: Slot): void;
  /** Tests the bits of `lhs & rhs`: for EQ and NE. */
  test32(lhs: Register, rhs: Register): void;
  test64(lhs: Register, rhs: Register): void;
  test32Constant(lhs: Register, rhs: number): void;
  test64Constant(lhs: Register, rhs: number): void;
  /** For this condition and its inverse only. */
  compareFloat32(condition: Condition, lhs: Register, rhs: Register): void;
  compareFloat64(condition: Condition, lhs: Register, rhs: Register): void;
  setIf(condition: Condition, dst: Register): void;
  /** dst = condition ? lhs : rhs. */
  selectIf(kind: Kind, condition: Condition, dst: Register, lhs: Register, rhs: Register): void;

  // Floats
  floatArithmetic32(op: FloatArithmetic, dst: Register, lhs: Register, rhs: Register): void;
  floatArithmetic64(op: FloatArithmetic, dst: Register, lhs: Register, rhs: Register): void;

  // Memory: `opcode` is the instruction's. Address register NO_REGISTER: `offset` is the whole address
  load(opcode: number, dst: Register, memory: number, address: Register, offset: number): void;
  store(opcode: number, memory: number, address: Register, offset: number, src: Register): void;
  /** For integers; the constant is sign-extended to the width of the access. */
  storeConstant(opcode: number, memory: number, address: Register, offset: number, value: number): void;
  memorySize(dst: Register, memory: number): void;

  // Globals, tables, functions
  loadGlobal(kind: Kind, dst: Register, index: number): void;
  storeGlobal(kind: Kind, index: number, src: Register): void;
  loadElement(dst: Register, table: number, index: Register): void;
  storeElement(table: number, index: Register, src: Register): void;
  tableSize(dst: Register, table: number): void;
  functionReference(dst: Register, index: number): void;

  // Calls
  /** Finds the record of `table[index]`, checks its type, and leaves it in the call register, which no move touches. */
  prepareIndirect(table: number, index: Register, typeIndex: number): void;
  /** Calls with an outgoing area of `areaSlots`; all registers that values may be in are lost. Gives the offset of the return address. */
  call(target: CallTarget, areaSlots: number): number;
  /** Asks for a helper, arguments in the stack block's slots. Likewise. */
  callHelper(id: number): number;
  addFrameMap(map: FrameMap): void;
}
