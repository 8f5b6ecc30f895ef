/**
 * Strata, a WebAssembly runtime that you can open up.
 *
 * ```ts
 * import { Engine } from "./mod.ts";
 *
 * const engine = new Engine({ tier: "interp" });
 * const module = engine.compile(`(module
 *   (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))`);
 * const instance = engine.instantiate(module);
 * console.log(instance.exports.add(2, 3)); // 5
 * ```
 *
 * @module
 */

export { Engine, type Imports, type Root, type StackFigures } from "./src/api/engine.ts";
export type { ElementType, MemoryOptions, TableOptions } from "./src/api/options.ts";
export { type ExportDescriptor, type ImportDescriptor, Module } from "./src/api/module.ts";
export { type Exports, Instance } from "./src/api/instance.ts";
export { Func } from "./src/api/func.ts";
export {
  Memory,
  type MemoryPart,
  type MemoryRegion,
  type MemoryRight,
  type MemoryRights,
  type MemoryUse,
  type MemoryValueType,
  type SharedMemory,
  type SizeRights,
  type Watchpoint,
} from "./src/api/memory.ts";
export type { WatchedAccess } from "./src/runtime/protection.ts";
export type { MemoryFigures } from "./src/runtime/memory_manager.ts";
export type { NativeStackFigures } from "./src/platform/stacks.ts";
export type { InterpreterStackFigures } from "./src/interp/thread.ts";
export { type StackValueType, ValueStack, ValueStackOverflow, ValueStackUnderflow } from "./src/interp/value_stack.ts";
export type { PoolFigures } from "./src/platform/reservations.ts";
export { Table } from "./src/api/table.ts";
export { Global } from "./src/api/global.ts";
export { Tag } from "./src/api/tag.ts";
export { Exception } from "./src/api/exception.ts";
export type {
  ExternDescriptor,
  FuncDescriptor,
  GlobalDescriptor,
  MemoryDescriptor,
  TableDescriptor,
  TagDescriptor,
} from "./src/api/types.ts";
export type { Feature } from "./src/wasm/features.ts";
export type { EngineOptions, TierChoice } from "./src/engine/config.ts";
export type { TierName } from "./src/runtime/tier.ts";
export type { Finalizer } from "./src/gc/handles.ts";
export type { CompileFigures } from "./src/engine/native_tier.ts";
export { TrapCode } from "./src/wasm/traps.ts";
export type { GcReport, HeapReport, RootCounts, TypeReport } from "./src/gc/report.ts";
export type { HeapFigures } from "./src/gc/heap.ts";
export type { Listing, ListingOptions, ListingPart, ListingRow, MachineInstruction } from "./src/engine/listing.ts";
export type { Code, FrameMap, Relocation, RelocationKind, RelocationTarget, TrapSites } from "./src/asm/code.ts";
export { CompileError, LinkError, ResourceError, TextError, Trap, type WasmFrame } from "./src/wasm/errors.ts";
