// The macro assembler of x86-64: implements the contract of ../macro_assembler.ts with the registers that abi/x64 gives to compilers.
// Frame: [rbp-8] vmctx, below it the canonical slots, at rsp the outgoing area. Float registers are numbered from FIRST_FLOAT.

import type { Label } from "../../asm/buffer.ts";
import type { Code, FrameMap } from "../../asm/code.ts";
import { Assembler } from "../../asm/x64/assembler.ts";
import { Cond, R10, R11, R12, R13, R8, R9, RAX, RBP, RCX, RDI, RDX, RSI, RSP } from "../../asm/x64/registers.ts";
import {
  ELEMENT_BYTES,
  GLOBAL_BYTES,
  MEMORY,
  RECORD,
  RECORD_BYTES,
  SLOT_BYTES,
  STACK,
  TABLE,
  VMCTX,
  type VmctxLayout,
} from "../../abi/vmctx.ts";
import {
  ALLOCATABLE,
  ALLOCATABLE_XMM,
  FLOAT_PARAMS,
  FLOAT_RESULTS,
  HELPER_REG,
  INT_PARAMS,
  INT_RESULTS,
  MEMORY_REG,
  RECORD_REG,
  SCRATCH_XMM,
  STACK_REG,
  VMCTX_REG,
} from "../../abi/x64/registers.ts";
import { Helper } from "../../abi/helpers.ts";
import { emitTrapCall } from "../../abi/x64/trap_call.ts";
import { BugError } from "../../base/bug.ts";
import { BytecodeReader } from "../../bytecode/reader.ts";
import { rightsOf } from "../../wasm/rights.ts";
import type { Module } from "../../wasm/module.ts";
import { PAGE_BYTES } from "../../wasm/limits.ts";
import { I32X4_RELAXED_DOT_I8X16_I7X16_ADD_S, opInfo } from "../../wasm/opcodes.ts";
import { TrapCode } from "../../wasm/traps.ts";
import type { MemoryType } from "../../wasm/types.ts";
import {
  ARGUMENT,
  type Arithmetic,
  type CallTarget,
  Condition,
  COUNTERS,
  Division,
  FIRST_FLOAT,
  type Fixed,
  type FloatArithmetic,
  INCOMING,
  inverse,
  Kind,
  type MacroAssembler,
  NO_REGISTER,
  OUTGOING,
  type Register,
  type Shift,
  type Slot,
} from "../macro_assembler.ts";
import { canMultiply, emitDivide32, emitDivide32Constant, emitDivide64 } from "./division.ts";
import { emitFloatArithmetic32, emitFloatArithmetic64 } from "./float_arithmetic.ts";
import {
  countsAnywhere,
  emitArithmetic32,
  emitArithmetic32Constant,
  emitArithmetic32Memory,
  emitArithmetic64,
  emitArithmetic64Constant,
  emitArithmetic64Memory,
  emitShift32,
  emitShift32Constant,
  emitShift64,
  emitShift64Constant,
} from "./integer_arithmetic.ts";
import { emitLoad, emitStore, emitStoreConstant } from "./memory_access.ts";
import { emitCompareExchange, emitExchange, emitExchangeAdd, emitLogicLoop } from "./atomic_access.ts";
import type { EmitContext, X64Features } from "./emit_context.ts";
import {
  emitAllocate,
  emitAllocateArray,
  emitCompareObjectType,
  emitCompareSupertype,
  emitElementBase,
  emitObjectBase,
} from "./objects.ts";
import { emitUnary } from "./unary.ts";
import { emitFloatBinary, emitFloatUnary, emitMultiplyAdd } from "./vector_float.ts";
import { emitBitselect, emitDot8Add, emitIntegerBinary, emitIntegerUnary, isCommutative } from "./vector_integer.ts";
import { emitExtractLane, emitReplaceLane, emitShuffle, emitSplat } from "./vector_lanes.ts";
import { emitShift, emitShiftConstant } from "./vector_shift.ts";

const float = (n: number): Register => FIRST_FLOAT + n;
/** Number of a float register in the encoding. */
const xmm = (r: Register): number => r - FIRST_FLOAT;

/** Frames above this are checked against the stack's limit, since they could step over its guard (64 KiB). */
const LARGE_FRAME_BYTES = 16384;
const FIRST_SLOT = -16;
/** In functions with vectors, canonical slots hold one each, and are aligned. */
const VECTOR_BYTES = 16;
const FIRST_VECTOR_SLOT = -32;
/** Condition codes of the integer conditions, in their order. */
const CONDS = [Cond.E, Cond.NE, Cond.L, Cond.B, Cond.G, Cond.A, Cond.LE, Cond.BE, Cond.GE, Cond.AE];
/** Likewise of float conditions without parity: from FLOAT_LT on. The operands of LT and LE are exchanged when compared. */
const FLOAT_CONDS = [Cond.A, Cond.A, Cond.AE, Cond.AE, Cond.BE, Cond.BE, Cond.B, Cond.B];
/** From here on a jump table is shorter and faster than a chain of comparisons. */
const JUMP_TABLE_LABELS = 5;

const ANY: Fixed = { lhs: NO_REGISTER, rhs: NO_REGISTER, result: NO_REGISTER, clobbered: [] };
const COUNT_IN_CL: Fixed = { lhs: NO_REGISTER, rhs: RCX, result: NO_REGISTER, clobbered: [] };
const QUOTIENT: Fixed = { lhs: RAX, rhs: NO_REGISTER, result: RAX, clobbered: [RAX, RDX] };
const BY_MULTIPLICATION: Fixed = { lhs: NO_REGISTER, rhs: NO_REGISTER, result: RDX, clobbered: [RAX, RDX] };
const PRODUCT_128 = { lhs: RAX, rhs: NO_REGISTER, result: RAX, high: RDX, clobbered: [RAX, RDX] };
const REMAINDER: Fixed = { lhs: RAX, rhs: NO_REGISTER, result: RDX, clobbered: [RAX, RDX] };

/** No memory without guard is as long as this (see LIMITS.memory64Pages). */
const MEMORY_END = 2 ** 40;

/** Whether any address and offset fault or lie within: see platform/linear_memory.ts. */
function isGuarded(type: MemoryType): boolean {
  return !type.is64 && !type.shared && type.pageSizeLog2 === PAGE_LOG2;
}
const PAGE_LOG2 = Math.log2(PAGE_BYTES);

interface Trap {
  readonly label: Label;
  readonly code: TrapCode;
  readonly source: number;
}

/** Writes x86-64 machine code for the functions of one module. */
export class X64MacroAssembler implements MacroAssembler, EmitContext {
  readonly intRegisters = [RCX, RDX, RAX, RSI, RDI, R8, R9, R12, R13];
  readonly floatRegisters = ALLOCATABLE_XMM.map(float);
  readonly intParams = INT_PARAMS;
  readonly floatParams = FLOAT_PARAMS.map(float);
  readonly intResults = INT_RESULTS;
  readonly floatResults = FLOAT_RESULTS.map(float);
  readonly scratchInt = R11;
  readonly scratchFloat = float(SCRATCH_XMM);

  readonly a = new Assembler();
  readonly cpu: X64Features;
  readonly layout: VmctxLayout;
  readonly #module: Module;
  readonly #hasMemory: boolean;
  #source = 0;
  #traps: Trap[] = [];
  #outOfLine: { readonly source: number; readonly emit: () => void }[] = [];
  /** At this offset the zero flag tells whether a register is zero, since the last instruction computed it. */
  #zeroFlagAt = -1;
  #zeroFlagOf = NO_REGISTER;
  #zeroFlagWide = false;
  #keeperLabel: Label = -1;
  /** Of canonical slots. */
  #slotBytes = SLOT_BYTES;
  #firstSlot = FIRST_SLOT;
  /** Constant vectors of the function. */
  #vectors: Uint8Array[] = [];
  #highestSlot = -1;
  #areaSlots = 0;
  #frameField = 0;
  #checkField = -1;

  constructor(module: Module, layout: VmctxLayout, cpu: X64Features) {
    this.#module = module;
    this.layout = layout;
    this.cpu = cpu;
    this.#hasMemory = module.memories.length > 0;
  }

  // The function

  begin(slots: number, source: number, vectors: boolean, moves = false): void {
    const a = this.a;
    a.reset(moves);
    this.#slotBytes = vectors ? VECTOR_BYTES : SLOT_BYTES;
    this.#firstSlot = vectors ? FIRST_VECTOR_SLOT : FIRST_SLOT;
    this.#vectors = [];
    this.source(source);
    this.#traps = [];
    this.#outOfLine = [];
    this.#keeperLabel = -1;
    this.#highestSlot = -1;
    this.#areaSlots = 0;
    this.#checkField = -1;
    this.#zeroFlagAt = -1;
    a.push64(RBP);
    a.mov64(RBP, RSP);
    if (slots * this.#slotBytes > LARGE_FRAME_BYTES) {
      a.mov64(R11, RSP);
      this.#checkField = a.sub64Patchable(R11);
      a.cmp64_rm(R11, STACK_REG, STACK.limit);
      a.jcc(Cond.B, this.trapLabel(TrapCode.CALL_STACK_EXHAUSTED));
    }
    this.#frameField = a.sub64Patchable(RSP);
    a.mov64_mr(RBP, -8, VMCTX_REG);
  }

  zeroSlots(from: number, to: number): void {
    const a = this.a;
    if (to <= from) return;
    this.#highestSlot = Math.max(this.#highestSlot, to - 1);
    a.lea64_rm(R10, RBP, this.#disp(to - 1));
    a.mov32_ri(R11, (to - from) * this.#slotBytes / SLOT_BYTES);
    const next = a.here();
    a.mov64_mi(R10, 0, 0);
    a.add64_ri(R10, SLOT_BYTES);
    a.sub32_ri(R11, 1);
    a.jcc(Cond.NE, next);
  }

  source(offset: number): void {
    this.#source = offset;
    this.a.markSource(offset);
  }

  leaveAndReturn(): void {
    this.a.leave();
    this.a.ret();
  }

  finish(name: string): Code {
    const a = this.a;
    // Out-of-line code may ask for traps, but not for more out-of-line code.
    for (const { source, emit } of this.#outOfLine) {
      this.source(source);
      emit();
    }
    if (this.#keeperLabel >= 0) this.#emitKeeper();
    for (const { label, code, source } of this.#traps) {
      this.source(source);
      a.bind(label);
      a.trapSite(code, source);
      emitTrapCall(a);
    }
    const bytes = this.#slotBytes * (this.#highestSlot + 2) + SLOT_BYTES * this.#areaSlots;
    const frameSize = (bytes + 15) & ~15;
    a.patch32(this.#frameField, frameSize);
    if (this.#checkField >= 0) a.patch32(this.#checkField, frameSize);
    return a.finish({ name, frameSize });
  }

  trapLabel(code: TrapCode): Label {
    const last = this.#traps.at(-1);
    if (last !== undefined && last.code === code && last.source === this.#source) return last.label;
    const label = this.a.newLabel();
    this.#traps.push({ label, code, source: this.#source });
    return label;
  }

  outOfLine(emit: () => void): void {
    this.#outOfLine.push({ source: this.#source, emit });
  }

  beginCold(): void {
    this.#zeroFlagAt = -1;
    this.a.beginCold();
  }
  endCold(): void {
    this.#zeroFlagAt = -1;
    this.a.endCold();
  }
  movedReturn(offset: number): number {
    return this.a.movedReturn(offset);
  }
  writtenReturn(offset: number): number {
    return this.a.writtenReturn(offset);
  }

  // Labels and branches

  newLabel(): Label {
    return this.a.newLabel();
  }
  bind(label: Label): void {
    this.#zeroFlagAt = -1;
    this.a.bind(label);
  }
  jump(label: Label): void {
    this.a.jmp(label);
  }
  jumpIf(condition: Condition, label: Label): void {
    const a = this.a;
    if (condition === Condition.FLOAT_EQ) {
      const not = a.newLabel();
      a.jccNear(Cond.P, not);
      a.jcc(Cond.E, label);
      a.bind(not);
    } else if (condition === Condition.FLOAT_NE) {
      a.jcc(Cond.P, label);
      a.jcc(Cond.NE, label);
    } else {
      a.jcc(condOf(condition), label);
    }
  }

  jumpTable(index: Register, labels: readonly Label[]): void {
    const a = this.a;
    const last = labels.length - 1;
    if (labels.length < JUMP_TABLE_LABELS) {
      for (let i = 0; i < last; i++) {
        a.cmp32_ri(index, i);
        a.jcc(Cond.E, labels[i]);
      }
      return a.jmp(labels[last]);
    }
    a.cmp32_ri(index, last);
    a.jcc(Cond.AE, labels[last]);
    a.lea64_rl(R10, a.jumpTable(labels.slice(0, last)));
    a.movsxd_rx(R11, R10, index, 4, 0);
    a.add64(R10, R11);
    a.jmp64(R10);
  }

  trap(code: TrapCode): void {
    this.a.trapSite(code, this.#source);
    emitTrapCall(this.a);
  }

  checkInterrupt(place?: (returnOffset: number) => void): void {
    const a = this.a, check = a.here();
    a.mov64_rm(R11, STACK_REG, STACK.interruptPointer);
    a.cmp32_mi(R11, 0, 0);
    this.#leaveIf(Cond.NE, check, place);
  }

  takeFuel(): void {
    const a = this.a, again = a.here();
    a.sub32_mi(STACK_REG, STACK.fuel, 1);
    this.#leaveIf(Cond.B, again);
  }

  count(counter: number): void {
    this.a.mov64Symbol(R11, COUNTERS, counter * 8);
    this.a.inc64_m(R11, 0);
  }

  #leaveIf(condition: Cond, then: Label, place?: (returnOffset: number) => void): void {
    const a = this.a, safepoint = a.newLabel();
    a.jcc(condition, safepoint);
    this.outOfLine(() => {
      a.bind(safepoint);
      a.call64_m(STACK_REG, STACK.safepointThunk);
      place?.(a.position);
      a.jmp(then);
    });
  }

  // Moves

  move(kind: Kind, dst: Register, src: Register): void {
    if (dst === src) return;
    if (kind === Kind.I64) this.a.mov64(dst, src);
    else if (dst >= FIRST_FLOAT) this.a.movaps(xmm(dst), xmm(src));
    else this.a.mov32(dst, src);
  }

  constant(kind: Kind, dst: Register, low: number, high: number): void {
    const a = this.a;
    switch (kind) {
      case Kind.I64:
        return a.mov64Halves(dst, low, high);
      case Kind.F32:
        if (low === 0) a.xorps(xmm(dst), xmm(dst));
        else a.movss_rl(xmm(dst), a.constant(words(low)));
        return;
      case Kind.F64:
        if ((low | high) === 0) a.xorps(xmm(dst), xmm(dst));
        else a.movsd_rl(xmm(dst), a.constant(words(low, high)));
        return;
      case Kind.V128: {
        const bytes = this.#vectors[low - 1];
        if (bytes === undefined) a.xorps(xmm(dst), xmm(dst));
        else if (bytes.every((b) => b === 0xff)) a.pcmpeqd(xmm(dst), xmm(dst));
        else a.movaps_rl(xmm(dst), a.constant(bytes, VECTOR_BYTES));
        return;
      }
      default:
        return a.mov32_ri(dst, low);
    }
  }

  /** Base register of a slot's area; its displacement is `#disp`. */
  #base(slot: Slot): number {
    return slot < OUTGOING ? RBP : slot < ARGUMENT ? RSP : STACK_REG;
  }
  #disp(slot: Slot): number {
    if (slot < INCOMING) {
      if (slot > this.#highestSlot) this.#highestSlot = slot;
      return this.#firstSlot - this.#slotBytes * slot;
    }
    if (slot < OUTGOING) return 16 + SLOT_BYTES * (slot - INCOMING);
    if (slot < ARGUMENT) return SLOT_BYTES * (slot - OUTGOING);
    return STACK.args + SLOT_BYTES * (slot - ARGUMENT);
  }

  loadSlot(kind: Kind, dst: Register, slot: Slot): void {
    const a = this.a, base = this.#base(slot), disp = this.#disp(slot);
    if (kind === Kind.I64) a.mov64_rm(dst, base, disp);
    else if (kind === Kind.F32) a.movss_rm(xmm(dst), base, disp);
    else if (kind === Kind.F64) a.movsd_rm(xmm(dst), base, disp);
    else if (kind === Kind.V128) a.movups_rm(xmm(dst), base, disp);
    else a.mov32_rm(dst, base, disp);
  }
  /** Integers are stored with their whole slot, since areas are read whole by thunks. */
  storeSlot(kind: Kind, slot: Slot, src: Register): void {
    const a = this.a, base = this.#base(slot), disp = this.#disp(slot);
    if (kind === Kind.F32) a.movss_mr(base, disp, xmm(src));
    else if (kind === Kind.F64) a.movsd_mr(base, disp, xmm(src));
    else if (kind === Kind.V128) a.movups_mr(base, disp, xmm(src));
    else if (kind === Kind.I64 || slot >= INCOMING) a.mov64_mr(base, disp, src);
    else a.mov32_mr(base, disp, src);
  }
  storeSlotConstant(kind: Kind, slot: Slot, low: number, high: number): void {
    if (kind === Kind.V128) {
      this.constant(kind, this.scratchFloat, low, high);
      return this.storeSlot(kind, slot, this.scratchFloat);
    }
    const a = this.a, base = this.#base(slot), disp = this.#disp(slot);
    if (kind === Kind.I64 || kind === Kind.F64) {
      if (high === low >> 31) return a.mov64_mi(base, disp, low);
      a.mov64Halves(R11, low, high);
      return a.mov64_mr(base, disp, R11);
    }
    if (slot < INCOMING || kind === Kind.F32) return a.mov32_mi(base, disp, low);
    if (low >= 0) return a.mov64_mi(base, disp, low);
    a.mov32_ri(R11, low);
    a.mov64_mr(base, disp, R11);
  }
  copySlot(kind: Kind, dst: Slot, src: Slot): void {
    if (kind === Kind.V128) {
      this.loadSlot(kind, this.scratchFloat, src);
      return this.storeSlot(kind, dst, this.scratchFloat);
    }
    const wide = kind === Kind.I64 || kind === Kind.F64;
    this.loadSlot(wide ? Kind.I64 : Kind.I32, R11, src);
    this.storeSlot(wide ? Kind.I64 : Kind.I32, dst, R11);
  }

  // Integers

  arithmetic32(operation: Arithmetic, dst: Register, lhs: Register, rhs: Register): void {
    if (emitArithmetic32(this.a, operation, dst, lhs, rhs)) this.#setZeroFlag(dst, false);
  }
  arithmetic64(operation: Arithmetic, dst: Register, lhs: Register, rhs: Register): void {
    if (emitArithmetic64(this.a, operation, dst, lhs, rhs)) this.#setZeroFlag(dst, true);
  }
  arithmetic32Constant(operation: Arithmetic, dst: Register, lhs: Register, rhs: number): void {
    if (emitArithmetic32Constant(this.a, operation, dst, lhs, rhs)) this.#setZeroFlag(dst, false);
  }
  arithmetic64Constant(operation: Arithmetic, dst: Register, lhs: Register, rhs: number): void {
    if (emitArithmetic64Constant(this.a, operation, dst, lhs, rhs)) this.#setZeroFlag(dst, true);
  }
  arithmetic32Slot(operation: Arithmetic, dst: Register, rhs: Slot): void {
    emitArithmetic32Memory(this.a, operation, dst, this.#base(rhs), this.#disp(rhs));
  }
  arithmetic64Slot(operation: Arithmetic, dst: Register, rhs: Slot): void {
    emitArithmetic64Memory(this.a, operation, dst, this.#base(rhs), this.#disp(rhs));
  }

  negate(kind: Kind, dst: Register): void {
    if (kind === Kind.I64) this.a.neg64(dst);
    else this.a.neg32(dst);
  }
  fixedShift(operation: Shift): Fixed {
    return countsAnywhere(this.cpu.bmi2, operation) ? ANY : COUNT_IN_CL;
  }
  shift32(operation: Shift, dst: Register, lhs: Register, count: Register): void {
    emitShift32(this.a, this.cpu.bmi2, operation, dst, lhs, count);
  }
  shift64(operation: Shift, dst: Register, lhs: Register, count: Register): void {
    emitShift64(this.a, this.cpu.bmi2, operation, dst, lhs, count);
  }
  shift32Constant(operation: Shift, dst: Register, lhs: Register, count: number): void {
    emitShift32Constant(this.a, this.cpu.bmi2, operation, dst, lhs, count);
  }
  shift64Constant(operation: Shift, dst: Register, lhs: Register, count: number): void {
    emitShift64Constant(this.a, this.cpu.bmi2, operation, dst, lhs, count);
  }

  fixedDivision(operation: Division): Fixed {
    return operation === Division.DIV_S || operation === Division.DIV_U ? QUOTIENT : REMAINDER;
  }
  divide32(operation: Division, _dst: Register, _lhs: Register, rhs: Register, divisor: number | undefined): void {
    emitDivide32(this, operation, rhs, divisor);
  }
  divide64(operation: Division, _dst: Register, _lhs: Register, rhs: Register, divisor: number | undefined): void {
    emitDivide64(this, operation, rhs, divisor);
  }

  fixedDivisionConstant(divisor: number): Fixed | undefined {
    return canMultiply(divisor) ? BY_MULTIPLICATION : undefined;
  }
  divide32Constant(operation: Division, _dst: Register, lhs: Register, divisor: number): void {
    emitDivide32Constant(this.a, operation, lhs, divisor);
  }

  unary(opcode: number, dst: Register, src: Register): void {
    emitUnary(this, opcode, dst & 31, src & 31);
  }

  // Comparisons

  compare32(lhs: Register, rhs: Register): void {
    this.a.cmp32(lhs, rhs);
  }
  compare64(lhs: Register, rhs: Register): void {
    this.a.cmp64(lhs, rhs);
  }
  compare32Constant(lhs: Register, rhs: number): void {
    if (rhs === 0) this.a.test32(lhs, lhs);
    else this.a.cmp32_ri(lhs, rhs);
  }
  compare64Constant(lhs: Register, rhs: number): void {
    if (rhs === 0) this.a.test64(lhs, lhs);
    else this.a.cmp64_ri(lhs, rhs);
  }
  compare32Slot(lhs: Register, rhs: Slot): void {
    this.a.cmp32_rm(lhs, this.#base(rhs), this.#disp(rhs));
  }
  compare64Slot(lhs: Register, rhs: Slot): void {
    this.a.cmp64_rm(lhs, this.#base(rhs), this.#disp(rhs));
  }
  test32(lhs: Register, rhs: Register): void {
    if (lhs !== rhs || !this.#hasZeroFlag(lhs, false)) this.a.test32(lhs, rhs);
  }
  test64(lhs: Register, rhs: Register): void {
    if (lhs !== rhs || !this.#hasZeroFlag(lhs, true)) this.a.test64(lhs, rhs);
  }
  #setZeroFlag(r: Register, wide: boolean): void {
    this.#zeroFlagAt = this.a.position;
    this.#zeroFlagOf = r;
    this.#zeroFlagWide = wide;
  }
  #hasZeroFlag(r: Register, wide: boolean): boolean {
    return this.#zeroFlagAt === this.a.position && this.#zeroFlagOf === r && this.#zeroFlagWide === wide;
  }
  test32Constant(lhs: Register, rhs: number): void {
    if (rhs >= 0 && rhs < 128) this.a.test8_ri(lhs, rhs);
    else this.a.test32_ri(lhs, rhs);
  }
  test64Constant(lhs: Register, rhs: number): void {
    if (rhs >= 0) this.test32Constant(lhs, rhs);
    else this.a.test64_ri(lhs, rhs);
  }
  compareFloat32(condition: Condition, lhs: Register, rhs: Register): void {
    if (isExchanged(condition)) this.a.ucomiss(xmm(rhs), xmm(lhs));
    else this.a.ucomiss(xmm(lhs), xmm(rhs));
  }
  compareFloat64(condition: Condition, lhs: Register, rhs: Register): void {
    if (isExchanged(condition)) this.a.ucomisd(xmm(rhs), xmm(lhs));
    else this.a.ucomisd(xmm(lhs), xmm(rhs));
  }
  setIf(condition: Condition, dst: Register): void {
    const a = this.a;
    if (condition === Condition.FLOAT_EQ) {
      a.setcc(Cond.NP, R11);
      a.setcc(Cond.E, dst);
      a.and32(dst, R11);
    } else if (condition === Condition.FLOAT_NE) {
      a.setcc(Cond.P, R11);
      a.setcc(Cond.NE, dst);
      a.or32(dst, R11);
    } else {
      a.setcc(condOf(condition), dst);
    }
    a.movzx8to32(dst, dst);
  }
  selectIf(kind: Kind, condition: Condition, dst: Register, lhs: Register, rhs: Register): void {
    const a = this.a;
    if (dst >= FIRST_FLOAT) {
      const done = a.newLabel();
      if (dst === rhs) {
        this.jumpIf(inverse(condition), done);
        this.move(kind, dst, lhs);
      } else {
        this.move(kind, dst, lhs);
        this.jumpIf(condition, done);
        this.move(kind, dst, rhs);
      }
      return a.bind(done);
    }
    if (condition === Condition.FLOAT_NE) return this.selectIf(kind, Condition.FLOAT_EQ, dst, rhs, lhs);
    if (condition === Condition.FLOAT_EQ) {
      const at = dst === rhs ? R11 : dst;
      this.move(Kind.I64, at, lhs);
      a.cmovcc64(Cond.NE, at, rhs);
      a.cmovcc64(Cond.P, at, rhs);
      return this.move(Kind.I64, dst, at);
    }
    const cond = condOf(condition);
    const cmov = kind === Kind.I64 ? a.cmovcc64 : a.cmovcc32;
    if (dst === rhs) return cmov.call(a, cond, dst, lhs);
    this.move(kind, dst, lhs);
    cmov.call(a, cond ^ 1, dst, rhs);
  }

  // Integers of 128 bits

  sum128(
    subtract: boolean,
    dst: readonly [Register, Register],
    lhs: readonly [Register, Register],
    rhs: readonly [Register, Register],
  ): void {
    const a = this.a;
    a.mov64(R11, lhs[0]);
    a.mov64(R10, lhs[1]);
    if (subtract) {
      a.sub64(R11, rhs[0]);
      a.sbb64(R10, rhs[1]);
    } else {
      a.add64(R11, rhs[0]);
      a.adc64(R10, rhs[1]);
    }
    a.mov64(dst[0], R11);
    a.mov64(dst[1], R10);
  }
  fixedProduct128(): Fixed & { readonly high: Register } {
    return PRODUCT_128;
  }
  product128(signed: boolean, rhs: Register): void {
    if (signed) this.a.imulWide64(rhs);
    else this.a.mul64(rhs);
  }

  // Floats

  floatArithmetic32(operation: FloatArithmetic, dst: Register, lhs: Register, rhs: Register): void {
    emitFloatArithmetic32(this.a, operation, xmm(dst), xmm(lhs), xmm(rhs));
  }
  floatArithmetic64(operation: FloatArithmetic, dst: Register, lhs: Register, rhs: Register): void {
    emitFloatArithmetic64(this.a, operation, xmm(dst), xmm(lhs), xmm(rhs));
  }

  // Vectors

  vectorConstant(bytes: Uint8Array): number {
    return bytes.every((b) => b === 0) ? 0 : this.#vectors.push(bytes);
  }
  vectorUnary(opcode: number, dst: Register, src: Register): void {
    const a = this.a, to = dst & 31, from = src & 31;
    const known = emitIntegerUnary(a, opcode, to, from) || emitFloatUnary(a, opcode, to, from) ||
      emitSplat(a, opcode, to, from);
    if (!known) throw new BugError(`not an operation on a vector: ${opcode.toString(16)}`);
  }
  vectorBinary(opcode: number, dst: Register, lhs: Register, rhs: Register): void {
    const a = this.a;
    const known = emitIntegerBinary(a, opcode, xmm(dst), xmm(lhs), xmm(rhs)) ||
      emitFloatBinary(a, opcode, xmm(dst), xmm(lhs), xmm(rhs));
    if (!known) throw new BugError(`not an operation on two vectors: ${opcode.toString(16)}`);
  }
  vectorCommutes(opcode: number): boolean {
    return isCommutative(opcode);
  }
  vectorTernary(opcode: number, dst: Register, a: Register, b: Register, c: Register, temporary: Register): void {
    const [d, x, y, z] = [xmm(dst), xmm(a), xmm(b), xmm(c)];
    if (opcode === I32X4_RELAXED_DOT_I8X16_I7X16_ADD_S) emitDot8Add(this.a, d, x, y, z, xmm(temporary));
    else if (!emitMultiplyAdd(this.a, opcode, d, x, y, z)) emitBitselect(this.a, d, x, y, z);
  }
  vectorShift(opcode: number, dst: Register, src: Register, count: Register): void {
    emitShift(this.a, opcode, xmm(dst), xmm(src), count);
  }
  vectorShiftConstant(opcode: number, dst: Register, src: Register, count: number): void {
    emitShiftConstant(this.a, opcode, xmm(dst), xmm(src), count);
  }
  shuffle(dst: Register, lhs: Register, rhs: Register, lanes: Uint8Array): void {
    emitShuffle(this.a, xmm(dst), xmm(lhs), xmm(rhs), lanes);
  }
  extractLane(opcode: number, dst: Register, src: Register, lane: number): void {
    emitExtractLane(this.a, opcode, dst & 31, xmm(src), lane);
  }
  replaceLane(opcode: number, dst: Register, src: Register, value: Register, lane: number): void {
    emitReplaceLane(this.a, opcode, xmm(dst), xmm(src), value & 31, lane);
  }

  // Memory

  /** Gives base and index of an address, and leaves the displacement in `#accessDisp`. */
  #accessBase = MEMORY_REG;
  #accessIndex = NO_REGISTER;
  #accessDisp = 0;
  #address(opcode: number, memory: number, address: Register, offset: number): void {
    this.#locate(memory, address, offset, 1 << opInfo(opcode)!.accessLog2);
    this.a.trapSite(TrapCode.MEMORY_OUT_OF_BOUNDS, this.#source);
  }
  #locate(memory: number, address: Register, offset: number, bytes: number): void {
    const a = this.a;
    const { type } = this.#module.memories[memory];
    if (!isGuarded(type)) return this.#locateChecked(memory, type, address, offset + bytes, bytes);
    this.#accessBase = MEMORY_REG;
    if (memory !== 0) {
      a.mov64_rm(R10, VMCTX_REG, this.layout.memories + 8 * memory);
      a.mov64_rm(R10, R10, MEMORY.base);
      this.#accessBase = R10;
    }
    this.#accessIndex = address;
    this.#accessDisp = offset;
    if (offset > 0x7fffffff) {
      a.mov64_ri(R11, offset);
      if (address !== NO_REGISTER) a.add64(R11, address);
      this.#accessIndex = R11;
      this.#accessDisp = 0;
    }
  }
  /** Compares the end of the access with the length of a memory that has no guard. `end` is that for address 0; beyond 2^53 it need not be exact. */
  #locateChecked(memory: number, type: MemoryType, address: Register, end: number, bytes: number): void {
    const a = this.a;
    const record = this.layout.memories + 8 * memory;
    const outOfBounds = this.trapLabel(TrapCode.MEMORY_OUT_OF_BOUNDS);
    this.#accessBase = R10;
    this.#accessIndex = R11;
    this.#accessDisp = -bytes;
    if (end > MEMORY_END) return a.jmp(outOfBounds);
    if (address === NO_REGISTER) a.mov64_ri(R11, end);
    else if (end > 0x7fffffff) {
      a.mov64_ri(R11, end);
      a.add64(R11, address);
    } else if (!type.is64) a.lea64_rm(R11, address, end);
    else {
      a.mov64(R11, address);
      a.add64_ri(R11, end);
    }
    if (type.is64 && address !== NO_REGISTER) a.jcc(Cond.B, outOfBounds);
    a.mov64_rm(R10, VMCTX_REG, record);
    a.cmp64_rm(R11, R10, MEMORY.byteLength);
    if (type.shared) {
      // Another thread may have made it longer than this one knows.
      const beyond = a.newLabel(), within = a.newLabel();
      a.jcc(Cond.A, beyond);
      a.bind(within);
      this.outOfLine(() => {
        a.bind(beyond);
        a.mov64_mi(STACK_REG, STACK.args, memory);
        a.mov32_ri(HELPER_REG, Helper.MEMORY_LENGTH);
        a.call(this.#keeper());
        a.mov64_rm(R10, VMCTX_REG, record);
        a.cmp64_rm(R11, R10, MEMORY.byteLength);
        a.jcc(Cond.BE, within);
        a.jmp(outOfBounds);
      });
      this.#checkRights(memory, bytes, record);
    } else a.jcc(Cond.A, outOfBounds);
    a.mov64_rm(R10, R10, MEMORY.base);
  }
  /** Asks whether an access to a shared memory is allowed, if anything in it is forbidden or watched. The end of the access is in R11, the record's address in R10. */
  #checkRights(memory: number, bytes: number, record: number): void {
    const a = this.a, check = a.newLabel(), checked = a.newLabel();
    a.cmp32_mi(VMCTX_REG, VMCTX.checkShared, 0);
    a.jcc(Cond.NE, check);
    a.bind(checked);
    const forbidden = this.trapLabel(TrapCode.MEMORY_PROTECTION);
    const r = new BytecodeReader(this.#module.bytes, this.#source);
    r.next();
    const rights = rightsOf(r.info), source = this.#source;
    this.outOfLine(() => {
      a.bind(check);
      a.mov64_mi(STACK_REG, STACK.args, memory);
      a.mov64_mr(STACK_REG, STACK.args + SLOT_BYTES, R11);
      a.mov64_mi(STACK_REG, STACK.args + 2 * SLOT_BYTES, bytes);
      a.mov64_mi(STACK_REG, STACK.args + 3 * SLOT_BYTES, rights);
      a.mov64_mi(STACK_REG, STACK.args + 4 * SLOT_BYTES, source);
      a.mov32_ri(HELPER_REG, Helper.MEMORY_CHECK);
      a.call(this.#keeper());
      a.cmp32_mi(STACK_REG, STACK.args, 0);
      a.jcc(Cond.NE, forbidden);
      a.mov64_rm(R10, VMCTX_REG, record);
      a.jmp(checked);
    });
  }
  load(opcode: number, dst: Register, memory: number, address: Register, offset: number): void {
    this.#address(opcode, memory, address, offset);
    emitLoad(this.a, opcode, dst & 31, this.#accessBase, this.#accessIndex, this.#accessDisp);
  }
  store(opcode: number, memory: number, address: Register, offset: number, src: Register): void {
    this.#address(opcode, memory, address, offset);
    emitStore(this.a, opcode, this.#accessBase, this.#accessIndex, this.#accessDisp, src & 31);
  }
  storeConstant(opcode: number, memory: number, address: Register, offset: number, value: number): void {
    this.#address(opcode, memory, address, offset);
    emitStoreConstant(this.a, opcode, this.#accessBase, this.#accessIndex, this.#accessDisp, value);
  }
  memorySize(dst: Register, memory: number): void {
    const a = this.a;
    a.mov64_rm(dst, VMCTX_REG, this.layout.memories + 8 * memory);
    if (this.#module.memories[memory].type.is64) a.mov64_rm(dst, dst, MEMORY.pages);
    else a.mov32_rm(dst, dst, MEMORY.pages);
  }

  // Atomic accesses

  checkAligned(log2: number, address: Register, offset: number): void {
    const a = this.a, mask = (1 << log2) - 1;
    if (log2 === 0) return;
    const unaligned = this.trapLabel(TrapCode.UNALIGNED_ATOMIC);
    const rest = offset % 8;
    if (address === NO_REGISTER) {
      if ((rest & mask) !== 0) a.jmp(unaligned);
      return;
    }
    let tested = address;
    if ((rest & mask) !== 0) a.lea32_rm(tested = R11, address, rest);
    a.test32_ri(tested, mask);
    a.jcc(Cond.NE, unaligned);
  }
  /** Leaves the whole address in R11. */
  #atomicAddress(log2: number, memory: number, address: Register, offset: number): void {
    const a = this.a;
    this.#locate(memory, address, offset, 1 << log2);
    if (this.#accessIndex === NO_REGISTER) a.lea64_rm(R11, this.#accessBase, this.#accessDisp);
    else a.lea64_rx(R11, this.#accessBase, this.#accessIndex, 1, this.#accessDisp);
  }
  #atomicSite(): void {
    this.a.trapSite(TrapCode.MEMORY_OUT_OF_BOUNDS, this.#source);
  }
  readonly atomicRegister = RAX;
  atomicExchange(log2: number, memory: number, address: Register, offset: number, value: Register): void {
    this.#atomicAddress(log2, memory, address, offset);
    this.#atomicSite();
    emitExchange(this.a, log2, R11, value);
  }
  atomicAdd(log2: number, memory: number, address: Register, offset: number, value: Register): void {
    this.#atomicAddress(log2, memory, address, offset);
    this.#atomicSite();
    emitExchangeAdd(this.a, log2, R11, value);
  }
  atomicLogic(
    operation: Arithmetic,
    log2: number,
    memory: number,
    address: Register,
    offset: number,
    value: Register,
  ): void {
    this.#atomicAddress(log2, memory, address, offset);
    this.#atomicSite();
    emitLogicLoop(this.a, operation, log2, R11, R10, value, () => this.#atomicSite());
  }
  atomicCompareExchange(log2: number, memory: number, address: Register, offset: number, value: Register): void {
    this.#atomicAddress(log2, memory, address, offset);
    this.#atomicSite();
    emitCompareExchange(this.a, log2, R11, value);
  }
  fence(): void {
    this.a.mfence();
  }

  // Globals, tables, functions

  /** Base and displacement of a global's cell. */
  #global(index: number): [number, number] {
    const imported = this.#module.importedGlobals;
    if (index >= imported) return [VMCTX_REG, this.layout.ownGlobals + GLOBAL_BYTES * (index - imported)];
    this.a.mov64_rm(R11, VMCTX_REG, this.layout.importedGlobals + 8 * index);
    return [R11, 0];
  }
  loadGlobal(kind: Kind, dst: Register, index: number): void {
    const a = this.a, [base, disp] = this.#global(index);
    if (kind === Kind.I64) a.mov64_rm(dst, base, disp);
    else if (kind === Kind.F32) a.movss_rm(xmm(dst), base, disp);
    else if (kind === Kind.F64) a.movsd_rm(xmm(dst), base, disp);
    else if (kind === Kind.V128) a.movups_rm(xmm(dst), base, disp);
    else a.mov32_rm(dst, base, disp);
  }
  storeGlobal(kind: Kind, index: number, src: Register): void {
    const a = this.a, [base, disp] = this.#global(index);
    if (kind === Kind.I64) a.mov64_mr(base, disp, src);
    else if (kind === Kind.F32) a.movss_mr(base, disp, xmm(src));
    else if (kind === Kind.F64) a.movsd_mr(base, disp, xmm(src));
    else if (kind === Kind.V128) a.movups_mr(base, disp, xmm(src));
    else a.mov32_mr(base, disp, src);
  }
  #checkedTable(table: number, index: Register, code: TrapCode): void {
    const a = this.a;
    a.mov64_rm(R10, VMCTX_REG, this.layout.tables + 8 * table);
    if (this.#module.tables[table].type.is64) a.cmp64_rm(index, R10, TABLE.length);
    else a.cmp32_rm(index, R10, TABLE.length);
    a.jcc(Cond.AE, this.trapLabel(code));
    a.mov64_rm(R10, R10, TABLE.base);
  }
  loadElement(dst: Register, table: number, index: Register): void {
    this.#checkedTable(table, index, TrapCode.TABLE_OUT_OF_BOUNDS);
    this.a.mov32_rx(dst, R10, index, ELEMENT_BYTES, 0);
  }
  storeElement(table: number, index: Register, src: Register): void {
    this.#checkedTable(table, index, TrapCode.TABLE_OUT_OF_BOUNDS);
    this.a.mov32_xr(R10, index, ELEMENT_BYTES, 0, src);
  }
  tableSize(dst: Register, table: number): void {
    this.a.mov64_rm(dst, VMCTX_REG, this.layout.tables + 8 * table);
    this.a.mov32_rm(dst, dst, TABLE.length);
  }
  functionReference(dst: Register, index: number): void {
    const a = this.a, imported = this.#module.importedFuncs;
    if (index < imported) {
      a.mov64_rm(dst, VMCTX_REG, this.layout.importedFunctions + 8 * index);
      a.mov32_rm(dst, dst, RECORD.index);
    } else {
      a.mov64_rm(dst, VMCTX_REG, VMCTX.ownFunctions);
      a.mov32_rm(dst, dst, RECORD_BYTES * (index - imported) + RECORD.index);
    }
  }

  // Objects

  checkNull(ref: Register, code: TrapCode): void {
    this.test32(ref, ref);
    this.a.jcc(Cond.E, this.trapLabel(code));
  }
  objectBase(): void {
    emitObjectBase(this.a);
  }
  loadObject(opcode: number, dst: Register, ref: Register, offset: number): void {
    emitLoad(this.a, opcode, dst & 31, R10, ref, offset);
  }
  storeObject(opcode: number, ref: Register, offset: number, src: Register): void {
    emitStore(this.a, opcode, R10, ref, offset, src & 31);
  }
  storeObjectConstant(opcode: number, ref: Register, offset: number, value: number): void {
    emitStoreConstant(this.a, opcode, R10, ref, offset, value);
  }
  #typeId(typeIndex: number): number {
    return this.layout.typeIds + 4 * typeIndex;
  }
  allocate(dst: Register, typeIndex: number, bytes: number, length: number, slow: Label): void {
    emitAllocate(this.a, dst, this.#typeId(typeIndex), bytes, length, slow);
  }
  allocateArray(
    dst: Register,
    typeIndex: number,
    length: Register,
    stride: number,
    maxBytes: number,
    slow: Label,
  ): void {
    emitAllocateArray(this.a, dst, this.#typeId(typeIndex), length, stride, maxBytes, slow);
  }
  elementBase(array: Register, index: Register, stride: number): void {
    emitElementBase(this.a, array, index, stride, this.trapLabel(TrapCode.ARRAY_OUT_OF_BOUNDS));
  }
  loadElementAt(opcode: number, dst: Register, offset: number): void {
    emitLoad(this.a, opcode, dst & 31, R10, NO_REGISTER, offset);
  }
  storeElementAt(opcode: number, offset: number, src: Register): void {
    emitStore(this.a, opcode, R10, NO_REGISTER, offset, src & 31);
  }
  compareObjectType(ref: Register, typeIndex: number): void {
    emitCompareObjectType(this.a, ref, this.#typeId(typeIndex));
  }
  compareSupertype(typeIndex: number, depth: number): void {
    emitCompareSupertype(this.a, this.#typeId(typeIndex), depth);
  }

  // Calls

  prepareReference(reference: Register): void {
    const a = this.a;
    a.mov32(RECORD_REG, reference);
    a.shl64_ri(RECORD_REG, Math.log2(RECORD_BYTES));
    a.jcc(Cond.E, this.trapLabel(TrapCode.NULL_FUNCTION));
    a.add64_rm(RECORD_REG, VMCTX_REG, VMCTX.functionRecords);
  }

  prepareIndirect(table: number, index: Register, typeIndex: number): void {
    const a = this.a;
    this.#checkedTable(table, index, TrapCode.UNDEFINED_ELEMENT);
    a.mov32_rx(RECORD_REG, R10, index, ELEMENT_BYTES, 0);
    a.mov32_rm(R11, VMCTX_REG, this.layout.typeIds + 4 * typeIndex);
    a.shl64_ri(RECORD_REG, Math.log2(RECORD_BYTES));
    const [uninitialized, mismatch] = [
      this.trapLabel(TrapCode.UNINITIALIZED_ELEMENT),
      this.trapLabel(TrapCode.INDIRECT_CALL_TYPE_MISMATCH),
    ];
    a.jcc(Cond.E, uninitialized);
    a.add64_rm(RECORD_REG, VMCTX_REG, VMCTX.functionRecords);
    a.cmp32_rm(R11, RECORD_REG, RECORD.typeId);
    if (this.#module.types[typeIndex].final) return a.jcc(Cond.NE, mismatch);
    const other = a.newLabel(), matches = a.newLabel();
    a.jcc(Cond.NE, other);
    a.bind(matches);
    this.outOfLine(() => {
      a.bind(other);
      a.mov64(R11, RECORD_REG);
      a.mov32_rm(RECORD_REG, RECORD_REG, RECORD.index);
      a.mov64_mr(STACK_REG, STACK.args, RECORD_REG);
      a.mov64_mi(STACK_REG, STACK.args + SLOT_BYTES, typeIndex);
      a.mov32_ri(HELPER_REG, Helper.FUNCTION_MATCHES);
      a.call(this.#keeper());
      a.mov64(RECORD_REG, R11);
      a.cmp32_mi(STACK_REG, STACK.args, 0);
      a.jcc(Cond.NE, matches);
      a.jmp(mismatch);
    });
  }

  /** A routine behind the function that calls the helper in HELPER_REG and keeps all other registers, which no compiler can know. */
  #keeper(): Label {
    if (this.#keeperLabel < 0) this.#keeperLabel = this.a.newLabel();
    return this.#keeperLabel;
  }
  #emitKeeper(): void {
    const a = this.a;
    const ints = [...this.intRegisters, R11];
    const vectors = SLOT_BYTES * ints.length;
    const bytes = vectors + 16 * this.floatRegisters.length;
    a.bind(this.#keeperLabel);
    a.sub64_ri(RSP, bytes);
    ints.forEach((r, i) => a.mov64_mr(RSP, SLOT_BYTES * i, r));
    this.floatRegisters.forEach((r, i) => a.movups_mr(RSP, vectors + 16 * i, xmm(r)));
    a.call64_m(STACK_REG, STACK.helperThunk);
    this.#restore();
    ints.forEach((r, i) => a.mov64_rm(r, RSP, SLOT_BYTES * i));
    this.floatRegisters.forEach((r, i) => a.movups_rm(xmm(r), RSP, vectors + 16 * i));
    a.add64_ri(RSP, bytes);
    a.ret();
  }

  tailCall(target: CallTarget): void {
    const a = this.a;
    if (target !== "record" && "own" in target) {
      a.mov64_rm(RECORD_REG, VMCTX_REG, VMCTX.ownFunctions);
      if (target.own !== 0) a.add64_ri(RECORD_REG, RECORD_BYTES * target.own);
    } else {
      if (target !== "record") {
        a.mov64_rm(RECORD_REG, VMCTX_REG, this.layout.importedFunctions + 8 * target.imported);
      }
      a.mov64_rm(VMCTX_REG, RECORD_REG, RECORD.vmctx);
      a.mov64_rm(MEMORY_REG, VMCTX_REG, VMCTX.memory0Base);
    }
    a.leave();
    a.jmp64_m(RECORD_REG, RECORD.entry);
  }

  call(target: CallTarget, areaSlots: number): number {
    const a = this.a;
    if (areaSlots > this.#areaSlots) this.#areaSlots = areaSlots;
    if (target !== "record" && "own" in target) {
      a.mov64_rm(RECORD_REG, VMCTX_REG, VMCTX.ownFunctions);
      if (target.own !== 0) a.add64_ri(RECORD_REG, RECORD_BYTES * target.own);
      a.call64_m(RECORD_REG, RECORD.entry);
      const returnOffset = a.position;
      if (target.leaves) this.#restore();
      return returnOffset;
    }
    if (target !== "record") {
      a.mov64_rm(RECORD_REG, VMCTX_REG, this.layout.importedFunctions + 8 * target.imported);
    }
    // The callee finds memory 0's base in its register, whatever instance it belongs to.
    a.mov64_rm(VMCTX_REG, RECORD_REG, RECORD.vmctx);
    a.mov64_rm(MEMORY_REG, VMCTX_REG, VMCTX.memory0Base);
    a.call64_m(RECORD_REG, RECORD.entry);
    const returnOffset = a.position;
    this.#restore();
    return returnOffset;
  }

  #restore(): void {
    this.a.mov64_rm(VMCTX_REG, RBP, -8);
    if (this.#hasMemory) this.a.mov64_rm(MEMORY_REG, VMCTX_REG, VMCTX.memory0Base);
  }

  callHelper(id: number): number {
    const a = this.a;
    a.mov32_ri(HELPER_REG, id);
    a.call64_m(STACK_REG, STACK.helperThunk);
    const returnOffset = a.position;
    this.#restore();
    return returnOffset;
  }

  landingPad(entry: number): void {
    this.#zeroFlagAt = -1;
    this.a.landingPad(entry);
    this.#restore();
  }

  loopEntry(source: number, moves: Int32Array): void {
    this.#zeroFlagAt = -1;
    this.a.loopEntry(source, moves);
    this.#restore();
  }
  slotDisplacement(slot: Slot): number {
    return this.#firstSlot - this.#slotBytes * slot;
  }
  savedAt(r: Register): number {
    return r >= FIRST_FLOAT
      ? STACK.savedVectors + 16 * ALLOCATABLE_XMM.indexOf(xmm(r))
      : STACK.savedInts + 8 * ALLOCATABLE.indexOf(r);
  }
  vectorWords(low: number): Int32Array {
    const bytes = this.#vectors[low - 1];
    return bytes === undefined ? new Int32Array(4) : new Int32Array(bytes.slice().buffer);
  }

  addFrameMap(map: FrameMap): void {
    this.a.addFrameMap(map);
  }
}

function condOf(condition: Condition): Cond {
  if (condition < Condition.FLOAT_EQ) return CONDS[condition];
  if (condition < Condition.FLOAT_LT) throw new BugError("equality of floats takes two condition codes");
  return FLOAT_CONDS[condition - Condition.FLOAT_LT];
}

/** "Below" is also set for NaN, "above" is not: so less-than is asked with the operands exchanged. */
function isExchanged(condition: Condition): boolean {
  return condition === Condition.FLOAT_LT || condition === Condition.FLOAT_LE ||
    condition === Condition.FLOAT_NOT_LT || condition === Condition.FLOAT_NOT_LE;
}

const wordsView = new DataView(new ArrayBuffer(8));
function words(low: number, high?: number): Uint8Array {
  wordsView.setInt32(0, low, true);
  wordsView.setInt32(4, high ?? 0, true);
  return new Uint8Array(wordsView.buffer.slice(0, high === undefined ? 4 : 8));
}
