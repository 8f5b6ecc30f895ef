// Calls on x86-64: of functions through their records, of helpers, and the routine that calls a helper in the middle of an operation.

import { Helper } from "../../abi/helpers.ts";
import { ELEMENT_BYTES, RECORD, RECORD_BYTES, SLOT_BYTES, STACK, VMCTX } from "../../abi/vmctx.ts";
import { HELPER_REG, MEMORY_REG, RECORD_REG, STACK_REG, VMCTX_REG } from "../../abi/x64/registers.ts";
import type { Label } from "../../asm/buffer.ts";
import { Cond, R10, R11, RBP, RSP } from "../../asm/x64/registers.ts";
import { TrapCode } from "../../wasm/traps.ts";
import type { CallTarget, Register } from "../macro_assembler.ts";
import type { ModuleContext } from "./emit_context.ts";
import { emitTableBase } from "./instance_state.ts";
import { xmm } from "./kinds.ts";

/** Takes the function record of a reference into the call register; traps where it is null. */
export function emitPrepareReference(context: ModuleContext, reference: Register): void {
  const { a } = context;
  a.mov32(RECORD_REG, reference);
  a.shl64_ri(RECORD_REG, Math.log2(RECORD_BYTES));
  a.jcc(Cond.E, context.trapLabel(TrapCode.NULL_FUNCTION));
  a.add64_rm(RECORD_REG, VMCTX_REG, VMCTX.functionRecords);
}

/** The same of an element of a table; traps where there is none, or one of another type. */
export function emitPrepareIndirect(context: ModuleContext, table: number, index: Register, typeIndex: number): void {
  const { a, module, layout } = context;
  emitTableBase(context, table, index, TrapCode.UNDEFINED_ELEMENT);
  a.mov32_rx(RECORD_REG, R10, index, ELEMENT_BYTES, 0);
  a.mov32_rm(R11, VMCTX_REG, layout.typeIds + 4 * typeIndex);
  a.shl64_ri(RECORD_REG, Math.log2(RECORD_BYTES));
  const [uninitialized, mismatch] = [
    context.trapLabel(TrapCode.UNINITIALIZED_ELEMENT),
    context.trapLabel(TrapCode.INDIRECT_CALL_TYPE_MISMATCH),
  ];
  a.jcc(Cond.E, uninitialized);
  a.add64_rm(RECORD_REG, VMCTX_REG, VMCTX.functionRecords);
  a.cmp32_rm(R11, RECORD_REG, RECORD.typeId);
  if (module.types[typeIndex].final) return a.jcc(Cond.NE, mismatch);
  const other = a.newLabel(), matches = a.newLabel();
  a.jcc(Cond.NE, other);
  a.bind(matches);
  context.outOfLine(() => {
    a.bind(other);
    a.mov64(R11, RECORD_REG);
    a.mov32_rm(RECORD_REG, RECORD_REG, RECORD.index);
    a.mov64_mr(STACK_REG, STACK.args, RECORD_REG);
    a.mov64_mi(STACK_REG, STACK.args + SLOT_BYTES, typeIndex);
    a.mov32_ri(HELPER_REG, Helper.FUNCTION_MATCHES);
    a.call(context.keeper());
    a.mov64(RECORD_REG, R11);
    a.cmp32_mi(STACK_REG, STACK.args, 0);
    a.jcc(Cond.NE, matches);
    a.jmp(mismatch);
  });
}

/** Leaves the function for another one, which returns to its caller. */
export function emitTailCall(context: ModuleContext, target: CallTarget): void {
  const { a, layout } = context;
  if (target !== "record" && "own" in target) {
    a.mov64_rm(RECORD_REG, VMCTX_REG, VMCTX.ownFunctions);
    if (target.own !== 0) a.add64_ri(RECORD_REG, RECORD_BYTES * target.own);
  } else {
    if (target !== "record") {
      a.mov64_rm(RECORD_REG, VMCTX_REG, layout.importedFunctions + 8 * target.imported);
    }
    a.mov64_rm(VMCTX_REG, RECORD_REG, RECORD.vmctx);
    a.mov64_rm(MEMORY_REG, VMCTX_REG, VMCTX.memory0Base);
  }
  a.leave();
  a.jmp64_m(RECORD_REG, RECORD.entry);
}

/** Calls; gives the offset of the return address. */
export function emitCall(context: ModuleContext, target: CallTarget): number {
  const { a, layout } = context;
  if (target !== "record" && "own" in target) {
    a.mov64_rm(RECORD_REG, VMCTX_REG, VMCTX.ownFunctions);
    if (target.own !== 0) a.add64_ri(RECORD_REG, RECORD_BYTES * target.own);
    a.call64_m(RECORD_REG, RECORD.entry);
    const returnOffset = a.position;
    if (target.leaves) emitRestore(context);
    return returnOffset;
  }
  if (target !== "record") {
    a.mov64_rm(RECORD_REG, VMCTX_REG, layout.importedFunctions + 8 * target.imported);
  }
  // The callee finds memory 0's base in its register, whatever instance it belongs to.
  a.mov64_rm(VMCTX_REG, RECORD_REG, RECORD.vmctx);
  a.mov64_rm(MEMORY_REG, VMCTX_REG, VMCTX.memory0Base);
  a.call64_m(RECORD_REG, RECORD.entry);
  const returnOffset = a.position;
  emitRestore(context);
  return returnOffset;
}

/** Calls a helper; gives the offset of the return address. */
export function emitCallHelper(context: ModuleContext, id: number): number {
  const { a } = context;
  a.mov32_ri(HELPER_REG, id);
  a.call64_m(STACK_REG, STACK.helperThunk);
  const returnOffset = a.position;
  emitRestore(context);
  return returnOffset;
}

/** Registers that hold the running instance's vmctx and the base of its first memory get them again, from the frame. */
export function emitRestore({ a, module }: ModuleContext): void {
  a.mov64_rm(VMCTX_REG, RBP, -8);
  if (module.memories.length > 0) a.mov64_rm(MEMORY_REG, VMCTX_REG, VMCTX.memory0Base);
}

/** What the routine has to keep. */
interface KeeperContext extends ModuleContext {
  readonly intRegisters: readonly Register[];
  readonly floatRegisters: readonly Register[];
}

/** The routine that {@link ModuleContext.keeper} names. */
export function emitKeeper(context: KeeperContext, label: Label): void {
  const { a, intRegisters, floatRegisters } = context;
  const ints = [...intRegisters, R11];
  const vectors = SLOT_BYTES * ints.length;
  const bytes = vectors + 16 * floatRegisters.length;
  a.bind(label);
  a.sub64_ri(RSP, bytes);
  ints.forEach((r, i) => a.mov64_mr(RSP, SLOT_BYTES * i, r));
  floatRegisters.forEach((r, i) => a.movups_mr(RSP, vectors + 16 * i, xmm(r)));
  a.call64_m(STACK_REG, STACK.helperThunk);
  emitRestore(context);
  ints.forEach((r, i) => a.mov64_rm(r, RSP, SLOT_BYTES * i));
  floatRegisters.forEach((r, i) => a.movups_rm(xmm(r), RSP, vectors + 16 * i));
  a.add64_ri(RSP, bytes);
  a.ret();
}
