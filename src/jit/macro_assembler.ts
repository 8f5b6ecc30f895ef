// The contract between the one-pass compiler and an architecture: operations on registers, frame slots and constants, one or a few machine instructions each.
// Takes abstract register numbers, gives Code. Which value is where is the compiler's affair; an operation changes its destination and scratch registers only.

import type { Label } from "../asm/buffer.ts";
import type { Code, FrameMap } from "../asm/code.ts";
import type { TrapCode } from "../wasm/traps.ts";

/** A register: integer registers are numbered from 0, float registers from FIRST_FLOAT. */
export type Register = number;
export const FIRST_FLOAT = 32;
export const NO_REGISTER = -1;

/** What a value is: its width and the kind of register it wants. REF is a 32-bit integer, V128 wants a float register. */
export const Kind = { I32: 0, I64: 1, F32: 2, F64: 3, REF: 4, V128: 5 } as const;
/** A kind of value. */
export type Kind = number;

/** How many slots a value takes that is passed outside of the frame and of registers. */
export function passedSlots(kind: Kind): number {
  return kind === Kind.V128 ? 2 : 1;
}

/**
 * A slot of 8 bytes in memory: 0 and above are the canonical slots of the frame (of 16 bytes in functions with vectors); the incoming area (stack parameters
 * and results) and the outgoing area (those of a callee) and the stack block's argument slots are numbered from these bases: there a vector takes two.
 */
export type Slot = number;
export const INCOMING = 0x1000000;
export const OUTGOING = 0x2000000;
export const ARGUMENT = 0x3000000;

/** What relocations name the counters of a function by. */
export const COUNTERS = "counters";

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

/**
 * Which function record a call takes: an own function's by own index, an import's by its index, or the one in the call register. A call of an own function may
 * come back from another instance where it `leaves`.
 */
export type CallTarget = { readonly own: number; readonly leaves?: boolean } | { readonly imported: number } | "record";

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
  /** Starts a function whose frame has no more than `slots` canonical slots; `source` is the byte offset of its body; `vectors`: whether it may have any; `moves`: whether parts may be cold. */
  begin(slots: number, source: number, vectors: boolean, moves?: boolean): void;
  /** Stores zero to the slots from `from` to before `to`. */
  zeroSlots(from: number, to: number): void;
  /** Where the operation comes from that is emitted next: byte offset in the module. */
  source(offset: number): void;
  leaveAndReturn(): void;
  finish(name: string): Code;

  /** What is emitted up to `endCold` is seldom run and goes behind the rest; it is entered, and left, by jumps only. */
  beginCold(): void;
  endCold(): void;
  /** After `finish`: where a return address is that was at `offset` when it was told. */
  movedReturn(offset: number): number;
  /** The other way. */
  writtenReturn(offset: number): number;

  // Labels and branches
  newLabel(): Label;
  bind(label: Label): void;
  /** Emits code behind the function, which may use no further code there. */
  outOfLine(emit: () => void): void;
  jump(label: Label): void;
  /** After a comparison. */
  jumpIf(condition: Condition, label: Label): void;
  /** Jumps to one of `labels` by `index`, to the last when it is too large; `index` is lost. */
  jumpTable(index: Register, labels: readonly Label[]): void;
  trap(code: TrapCode): void;
  /** A safepoint: leaves with exit SAFEPOINT when the interrupt word is set. Everything stays where it is, also when it goes on. `place` is told its return address. */
  checkInterrupt(place?: (returnOffset: number) => void): void;
  /** Takes one of the fuel in the stack block; likewise leaves, without taking it, when there is none. */
  takeFuel(): void;
  /** Adds one to a counter of the function, of 64 bits. Changes flags and the scratch register. */
  count(counter: number): void;

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
  /** In place. */
  negate(kind: Kind, dst: Register): void;
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

  // Integers of 128 bits, as pairs of registers
  /** The low half of the result may be in the register of any operand; so may the high half. */
  sum128(
    subtract: boolean,
    dst: readonly [Register, Register],
    lhs: readonly [Register, Register],
    rhs: readonly [Register, Register],
  ): void;
  fixedProduct128(): Fixed & { readonly high: Register };
  /** As with divisions, of fixed registers; `result` gets the low half. */
  product128(signed: boolean, rhs: Register): void;

  // Floats
  floatArithmetic32(op: FloatArithmetic, dst: Register, lhs: Register, rhs: Register): void;
  floatArithmetic64(op: FloatArithmetic, dst: Register, lhs: Register, rhs: Register): void;

  // Vectors: `opcode` is the instruction's; destination and operands may be the same registers
  /** A vector as a constant of this function: what stands for its low half in `constant` and `storeSlotConstant`. */
  vectorConstant(bytes: Uint8Array): number;
  /** Also splats, and tests whose result is an integer. */
  vectorUnary(opcode: number, dst: Register, src: Register): void;
  vectorBinary(opcode: number, dst: Register, lhs: Register, rhs: Register): void;
  vectorCommutes(opcode: number): boolean;
  /** `temporary` is changed, too, and none of the operands. */
  vectorTernary(opcode: number, dst: Register, a: Register, b: Register, c: Register, temporary: Register): void;
  vectorShift(opcode: number, dst: Register, src: Register, count: Register): void;
  vectorShiftConstant(opcode: number, dst: Register, src: Register, count: number): void;
  shuffle(dst: Register, lhs: Register, rhs: Register, lanes: Uint8Array): void;
  extractLane(opcode: number, dst: Register, src: Register, lane: number): void;
  replaceLane(opcode: number, dst: Register, src: Register, value: Register, lane: number): void;

  // Memory: `opcode` is the instruction's. Address register NO_REGISTER: `offset` is the whole address
  load(opcode: number, dst: Register, memory: number, address: Register, offset: number): void;
  store(opcode: number, memory: number, address: Register, offset: number, src: Register): void;
  /** For integers; the constant is sign-extended to the width of the access. */
  storeConstant(opcode: number, memory: number, address: Register, offset: number, value: number): void;
  memorySize(dst: Register, memory: number): void;
  /** Traps when address and offset together are no multiple of the bytes accessed; only the low bits of `offset` count. */
  checkAligned(log2: number, address: Register, offset: number): void;
  /** Puts the bytes from `value` into memory and those that were there, zero-extended, into `value`; or their sum into memory. */
  atomicExchange(log2: number, memory: number, address: Register, offset: number, value: Register): void;
  atomicAdd(log2: number, memory: number, address: Register, offset: number, value: Register): void;
  /** The register of what was in memory, and for atomicCompareExchange of what is expected there; the other operands are in others. */
  readonly atomicRegister: Register;
  /** For AND, OR and XOR. */
  atomicLogic(
    op: Arithmetic,
    log2: number,
    memory: number,
    address: Register,
    offset: number,
    value: Register,
  ): void;
  atomicCompareExchange(log2: number, memory: number, address: Register, offset: number, value: Register): void;
  fence(): void;

  // Globals, tables, functions
  loadGlobal(kind: Kind, dst: Register, index: number): void;
  storeGlobal(kind: Kind, index: number, src: Register): void;
  loadElement(dst: Register, table: number, index: Register): void;
  storeElement(table: number, index: Register, src: Register): void;
  tableSize(dst: Register, table: number): void;
  functionReference(dst: Register, index: number): void;

  // Objects of the heap. `opcode` is that of the load or store of linear memory that accesses as many bytes
  checkNull(ref: Register, code: TrapCode): void;
  /** Makes the heap's base known to the operations that follow, up to one that is neither of these nor a move. */
  objectBase(): void;
  loadObject(opcode: number, dst: Register, ref: Register, offset: number): void;
  storeObject(opcode: number, ref: Register, offset: number, src: Register): void;
  /** For integers; the constant is sign-extended. */
  storeObjectConstant(opcode: number, ref: Register, offset: number, value: number): void;
  /** Makes a new object of `bytes` with a header only and objectBase(); goes to `slow` when that takes more than moving a pointer. */
  allocate(dst: Register, typeIndex: number, bytes: number, length: number, slow: Label): void;
  /** The same for an array, if it has no more than `maxBytes`. */
  allocateArray(dst: Register, type: number, length: Register, stride: number, maxBytes: number, slow: Label): void;
  /** Checks the index and makes the element known to the next access, whose offset is that of element 0. */
  elementBase(array: Register, index: Register, stride: number): void;
  loadElementAt(opcode: number, dst: Register, offset: number): void;
  storeElementAt(opcode: number, offset: number, src: Register): void;
  /** After objectBase(): compares the type of an object with a type of the module. */
  compareObjectType(ref: Register, typeIndex: number): void;
  /** After compareObjectType(): compares the object's supertype of the given depth with the type. */
  compareSupertype(typeIndex: number, depth: number): void;

  // Calls
  /** Finds the record of `table[index]`, checks its type, and leaves it in the call register, which no move touches. */
  prepareIndirect(table: number, index: Register, typeIndex: number): void;
  /** Leaves the record of the function in the call register; traps when the reference is null. */
  prepareReference(reference: Register): void;
  /** Calls with an outgoing area of `areaSlots`; all registers that values may be in are lost. Gives the offset of the return address. */
  call(target: CallTarget, areaSlots: number): number;
  /** Tears the frame down and jumps to a function, whose arguments are in its registers and the incoming area. */
  tailCall(target: CallTarget): void;
  /** Asks for a helper, arguments in the stack block's slots. Likewise. */
  callHelper(id: number): number;
  addFrameMap(map: FrameMap): void;
  /** Begins the code where exceptions go on that a catch clause catches: all names are in their slots, the payload in the stack block's. */
  landingPad(entry: number): void;

  // Changes of the tier
  /** Begins the code where a frame goes on behind the head of a loop: all names are in their slots. */
  loopEntry(source: number, moves: Int32Array): void;
  /** Displacement of a canonical slot from the frame pointer. It may lie below the frame when nothing ever uses the slot. */
  slotDisplacement(slot: Slot): number;
  /** Offset in the stack block where a safepoint saves a register. */
  savedAt(r: Register): number;
  /** The four words of a constant vector. */
  vectorWords(low: number): Int32Array;
}
