// The macro assembler of x86-64: implements the contract of ../macro_assembler.ts with the registers that abi/x64 gives to compilers.
// Frame: [rbp-8] vmctx, below it the canonical slots, at rsp the outgoing area. Float registers are numbered from FIRST_FLOAT.

import type { Label } from "../../asm/buffer.ts";
import type { Code, FrameMap } from "../../asm/code.ts";
import { Assembler } from "../../asm/x64/assembler.ts";
import { Cond, R10, R11, R12, R13, R8, R9, RAX, RBP, RCX, RDI, RDX, RSI, RSP } from "../../asm/x64/registers.ts";
import { SLOT_BYTES, STACK, type VmctxLayout } from "../../abi/vmctx.ts";
import {
  ALLOCATABLE,
  ALLOCATABLE_XMM,
  FLOAT_PARAMS,
  FLOAT_RESULTS,
  INT_PARAMS,
  INT_RESULTS,
  SCRATCH_XMM,
  STACK_REG,
  VMCTX_REG,
} from "../../abi/x64/registers.ts";
import { emitTrapCall } from "../../abi/x64/trap_call.ts";
import { BugError } from "../../base/bug.ts";
import type { Module } from "../../wasm/module.ts";
import { I32X4_RELAXED_DOT_I8X16_I7X16_ADD_S } from "../../wasm/opcodes.ts";
import { TrapCode } from "../../wasm/traps.ts";
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
import {
  emitCall,
  emitCallHelper,
  emitKeeper,
  emitPrepareIndirect,
  emitPrepareReference,
  emitRestore,
  emitTailCall,
} from "./calls.ts";
import { emitJumpIf, emitSelectIf, emitSetIf, isExchanged } from "./conditions.ts";
import type { ModuleContext, X64Features } from "./emit_context.ts";
import {
  emitFunctionReference,
  emitLoadElement,
  emitLoadGlobal,
  emitMemorySize,
  emitStoreElement,
  emitStoreGlobal,
  emitTableSize,
} from "./instance_state.ts";
import { emitLoadKind, emitMove, emitStoreKind, xmm } from "./kinds.ts";
import { MemoryAddress } from "./memory_address.ts";
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

/** Frames above this are checked against the stack's limit, since they could step over its guard (64 KiB). */
const LARGE_FRAME_BYTES = 16384;
const FIRST_SLOT = -16;
/** In functions with vectors, canonical slots hold one each, and are aligned. */
const VECTOR_BYTES = 16;
const FIRST_VECTOR_SLOT = -32;
/** From here on a jump table is shorter and faster than a chain of comparisons. */
const JUMP_TABLE_LABELS = 5;

const ANY: Fixed = { lhs: NO_REGISTER, rhs: NO_REGISTER, result: NO_REGISTER, clobbered: [] };
const COUNT_IN_CL: Fixed = { lhs: NO_REGISTER, rhs: RCX, result: NO_REGISTER, clobbered: [] };
const QUOTIENT: Fixed = { lhs: RAX, rhs: NO_REGISTER, result: RAX, clobbered: [RAX, RDX] };
const BY_MULTIPLICATION: Fixed = { lhs: NO_REGISTER, rhs: NO_REGISTER, result: RDX, clobbered: [RAX, RDX] };
const PRODUCT_128 = { lhs: RAX, rhs: NO_REGISTER, result: RAX, high: RDX, clobbered: [RAX, RDX] };
const REMAINDER: Fixed = { lhs: RAX, rhs: NO_REGISTER, result: RDX, clobbered: [RAX, RDX] };

interface Trap {
  readonly label: Label;
  readonly code: TrapCode;
  readonly source: number;
}

/** Writes x86-64 machine code for the functions of one module. */
export class X64MacroAssembler implements MacroAssembler, ModuleContext {
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
  readonly module: Module;
  readonly #address: MemoryAddress;
  sourceOffset = 0;
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
    this.module = module;
    this.layout = layout;
    this.cpu = cpu;
    this.#address = new MemoryAddress(this);
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
    this.sourceOffset = offset;
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
    if (this.#keeperLabel >= 0) emitKeeper(this, this.#keeperLabel);
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
    if (last !== undefined && last.code === code && last.source === this.sourceOffset) return last.label;
    const label = this.a.newLabel();
    this.#traps.push({ label, code, source: this.sourceOffset });
    return label;
  }

  outOfLine(emit: () => void): void {
    this.#outOfLine.push({ source: this.sourceOffset, emit });
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
    emitJumpIf(this.a, condition, label);
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
    this.a.trapSite(code, this.sourceOffset);
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
    emitMove(this.a, kind, dst, src);
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
    emitLoadKind(this.a, kind, dst, this.#base(slot), this.#disp(slot));
  }
  /** Integers are stored with their whole slot, since areas are read whole by thunks. */
  storeSlot(kind: Kind, slot: Slot, src: Register): void {
    const whole = slot >= INCOMING && src < FIRST_FLOAT;
    emitStoreKind(this.a, whole ? Kind.I64 : kind, this.#base(slot), this.#disp(slot), src);
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
    emitSetIf(this.a, condition, dst);
  }
  selectIf(kind: Kind, condition: Condition, dst: Register, lhs: Register, rhs: Register): void {
    emitSelectIf(this.a, kind, condition, dst, lhs, rhs);
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

  load(opcode: number, dst: Register, memory: number, address: Register, offset: number): void {
    this.#address.access(opcode, memory, address, offset);
    emitLoad(this.a, opcode, dst & 31, this.#address.base, this.#address.index, this.#address.disp);
  }
  store(opcode: number, memory: number, address: Register, offset: number, src: Register): void {
    this.#address.access(opcode, memory, address, offset);
    emitStore(this.a, opcode, this.#address.base, this.#address.index, this.#address.disp, src & 31);
  }
  storeConstant(opcode: number, memory: number, address: Register, offset: number, value: number): void {
    this.#address.access(opcode, memory, address, offset);
    emitStoreConstant(this.a, opcode, this.#address.base, this.#address.index, this.#address.disp, value);
  }
  memorySize(dst: Register, memory: number): void {
    emitMemorySize(this, dst, memory);
  }

  // Atomic accesses

  checkAligned(log2: number, address: Register, offset: number): void {
    this.#address.checkAligned(log2, address, offset);
  }
  readonly atomicRegister = RAX;
  atomicExchange(log2: number, memory: number, address: Register, offset: number, value: Register): void {
    this.#address.atomic(log2, memory, address, offset);
    this.#address.site();
    emitExchange(this.a, log2, R11, value);
  }
  atomicAdd(log2: number, memory: number, address: Register, offset: number, value: Register): void {
    this.#address.atomic(log2, memory, address, offset);
    this.#address.site();
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
    this.#address.atomic(log2, memory, address, offset);
    this.#address.site();
    emitLogicLoop(this.a, operation, log2, R11, R10, value, () => this.#address.site());
  }
  atomicCompareExchange(log2: number, memory: number, address: Register, offset: number, value: Register): void {
    this.#address.atomic(log2, memory, address, offset);
    this.#address.site();
    emitCompareExchange(this.a, log2, R11, value);
  }
  fence(): void {
    this.a.mfence();
  }

  // Globals, tables, functions

  loadGlobal(kind: Kind, dst: Register, index: number): void {
    emitLoadGlobal(this, kind, dst, index);
  }
  storeGlobal(kind: Kind, index: number, src: Register): void {
    emitStoreGlobal(this, kind, index, src);
  }
  loadElement(dst: Register, table: number, index: Register): void {
    emitLoadElement(this, dst, table, index);
  }
  storeElement(table: number, index: Register, src: Register): void {
    emitStoreElement(this, table, index, src);
  }
  tableSize(dst: Register, table: number): void {
    emitTableSize(this, dst, table);
  }
  functionReference(dst: Register, index: number): void {
    emitFunctionReference(this, dst, index);
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
    emitPrepareReference(this, reference);
  }
  prepareIndirect(table: number, index: Register, typeIndex: number): void {
    emitPrepareIndirect(this, table, index, typeIndex);
  }
  keeper(): Label {
    if (this.#keeperLabel < 0) this.#keeperLabel = this.a.newLabel();
    return this.#keeperLabel;
  }
  tailCall(target: CallTarget): void {
    emitTailCall(this, target);
  }
  call(target: CallTarget, areaSlots: number): number {
    if (areaSlots > this.#areaSlots) this.#areaSlots = areaSlots;
    return emitCall(this, target);
  }
  callHelper(id: number): number {
    return emitCallHelper(this, id);
  }

  landingPad(entry: number): void {
    this.#zeroFlagAt = -1;
    this.a.landingPad(entry);
    emitRestore(this);
  }

  loopEntry(source: number, moves: Int32Array): void {
    this.#zeroFlagAt = -1;
    this.a.loopEntry(source, moves);
    emitRestore(this);
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

const wordsView = new DataView(new ArrayBuffer(8));
function words(low: number, high?: number): Uint8Array {
  wordsView.setInt32(0, low, true);
  wordsView.setInt32(4, high ?? 0, true);
  return new Uint8Array(wordsView.buffer.slice(0, high === undefined ? 4 : 8));
}
