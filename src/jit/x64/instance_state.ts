// What an instance has beside its memories' contents, on x86-64: cells of globals, elements of tables, lengths, references to functions. All is found through the vmctx.

import { ELEMENT_BYTES, GLOBAL_BYTES, MEMORY, RECORD, RECORD_BYTES, TABLE, VMCTX } from "../../abi/vmctx.ts";
import { VMCTX_REG } from "../../abi/x64/registers.ts";
import { Cond, R10, R11 } from "../../asm/x64/registers.ts";
import { TrapCode } from "../../wasm/traps.ts";
import type { Kind, Register } from "../macro_assembler.ts";
import type { ModuleContext } from "./emit_context.ts";
import { emitLoadKind, emitStoreKind } from "./kinds.ts";

/** Base and displacement of a global's cell; may take R11. */
function globalAt({ a, module, layout }: ModuleContext, index: number): [number, number] {
  const imported = module.importedGlobals;
  if (index >= imported) return [VMCTX_REG, layout.ownGlobals + GLOBAL_BYTES * (index - imported)];
  a.mov64_rm(R11, VMCTX_REG, layout.importedGlobals + 8 * index);
  return [R11, 0];
}

/** dst = a global. */
export function emitLoadGlobal(context: ModuleContext, kind: Kind, dst: Register, index: number): void {
  const [base, disp] = globalAt(context, index);
  emitLoadKind(context.a, kind, dst, base, disp);
}

/** A global = src. */
export function emitStoreGlobal(context: ModuleContext, kind: Kind, index: number, src: Register): void {
  const [base, disp] = globalAt(context, index);
  emitStoreKind(context.a, kind, base, disp, src);
}

/** R10 = address of a table's elements; traps with `code` where the table has no such element. */
export function emitTableBase(context: ModuleContext, table: number, index: Register, code: TrapCode): void {
  const { a, module, layout } = context;
  a.mov64_rm(R10, VMCTX_REG, layout.tables + 8 * table);
  if (module.tables[table].type.is64) a.cmp64_rm(index, R10, TABLE.length);
  else a.cmp32_rm(index, R10, TABLE.length);
  a.jcc(Cond.AE, context.trapLabel(code));
  a.mov64_rm(R10, R10, TABLE.base);
}

/** dst = an element of a table. */
export function emitLoadElement(context: ModuleContext, dst: Register, table: number, index: Register): void {
  emitTableBase(context, table, index, TrapCode.TABLE_OUT_OF_BOUNDS);
  context.a.mov32_rx(dst, R10, index, ELEMENT_BYTES, 0);
}

/** An element of a table = src. */
export function emitStoreElement(context: ModuleContext, table: number, index: Register, src: Register): void {
  emitTableBase(context, table, index, TrapCode.TABLE_OUT_OF_BOUNDS);
  context.a.mov32_xr(R10, index, ELEMENT_BYTES, 0, src);
}

/** dst = how many elements a table has. */
export function emitTableSize({ a, layout }: ModuleContext, dst: Register, table: number): void {
  a.mov64_rm(dst, VMCTX_REG, layout.tables + 8 * table);
  a.mov32_rm(dst, dst, TABLE.length);
}

/** dst = how many pages a memory has. */
export function emitMemorySize({ a, module, layout }: ModuleContext, dst: Register, memory: number): void {
  a.mov64_rm(dst, VMCTX_REG, layout.memories + 8 * memory);
  if (module.memories[memory].type.is64) a.mov64_rm(dst, dst, MEMORY.pages);
  else a.mov32_rm(dst, dst, MEMORY.pages);
}

/** dst = a reference to a function. */
export function emitFunctionReference({ a, module, layout }: ModuleContext, dst: Register, index: number): void {
  const imported = module.importedFuncs;
  if (index < imported) {
    a.mov64_rm(dst, VMCTX_REG, layout.importedFunctions + 8 * index);
    a.mov32_rm(dst, dst, RECORD.index);
  } else {
    a.mov64_rm(dst, VMCTX_REG, VMCTX.ownFunctions);
    a.mov32_rm(dst, dst, RECORD_BYTES * (index - imported) + RECORD.index);
  }
}
