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

export {
  type ByteStream,
  Engine,
  type EngineCaches,
  type GcAsyncOptions,
  type GcAsyncReport,
  type Imports,
  type Root,
  type StackFigures,
} from "./src/api/engine.ts";
export {
  type BranchAccuracy,
  type BranchObservation,
  BranchPredictor,
  type PredictedBranch,
} from "./src/api/branches.ts";
export {
  BranchProfile,
  type BranchProfileData,
  type FunctionBranches,
  type ProfiledBranch,
} from "./src/engine/branch_profile.ts";
export type { SharedModule } from "./src/engine/context.ts";
export type { FastOptions } from "./src/fast/options.ts";
export type { CodeToken } from "./src/platform/shared_code.ts";
export { EdgeRuntime, type Pin } from "./src/api/edge.ts";
export { type FunctionTimes, type MonitorOptions, type MonitorReport, PerformanceMonitor } from "./src/api/monitor.ts";
export type {
  InstrumentOptions,
  MetricAttributes,
  MetricCounter,
  MetricObserver,
  MetricRecorder,
  MetricsMeter,
  ObservableMetric,
} from "./src/api/metrics_meter.ts";
export type { MemorySample } from "./src/engine/monitoring.ts";
export { AddressMap, type Place, type PlaceInTier } from "./src/debug/address_map.ts";
export type { TextPlace } from "./src/text/positions.ts";
export type { ElementType, MemoryOptions, TableOptions } from "./src/api/options.ts";
export { type ExportDescriptor, type ImportDescriptor, Module } from "./src/api/module.ts";
export { type Exports, Instance } from "./src/api/instance.ts";
export { Func } from "./src/api/func.ts";
export {
  constant,
  fn,
  HostConstant,
  HostFunction,
  type HostResults,
  type HostType,
  type HostValue,
  type HostValues,
  type Payload,
  suspendingFn,
  type ValueOfType,
} from "./src/api/host_func.ts";
export { Linker, type LinkerOptions } from "./src/api/linker.ts";
export { type Fallback, MissingImport } from "./src/api/missing_imports.ts";
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
export type { InterpreterStackFigures } from "./src/interp/frames.ts";
export { type StackValueType, ValueStack, ValueStackOverflow, ValueStackUnderflow } from "./src/interp/value_stack.ts";
export type { PoolFigures } from "./src/platform/reservations.ts";
export { Table } from "./src/api/table.ts";
export { Global } from "./src/api/global.ts";
export { Tag } from "./src/api/tag.ts";
export { promising, Suspending } from "./src/api/suspending.ts";
export { Execution, type ExecutionStep, type SliceOptions } from "./src/api/execution.ts";
export {
  DebugCall,
  DebugFrame,
  Debugger,
  type DebugPoint,
  type DebugValue,
  type LastWriter,
  type PointOptions,
  Recording,
  type RecordOptions,
  type Stop,
  type StopEvent,
  type StopReason,
  type WatchedChange,
} from "./src/api/debugger.ts";
export { Exception } from "./src/api/exception.ts";
export type {
  ExternDescriptor,
  FuncDescriptor,
  GlobalDescriptor,
  MemoryDescriptor,
  TableDescriptor,
  TagDescriptor,
} from "./src/api/types.ts";
export { Wasi, type WasiDirectory, type WasiInstance, type WasiOptions, type WasiSocket } from "./src/wasi/wasi.ts";
export type { WasiInput, WasiOutput } from "./src/wasi/streams.ts";
export type { WasiFunction } from "./src/wasi/calls.ts";
export { WasiExit } from "./src/wasi/exit.ts";
export type { Feature } from "./src/wasm/features.ts";
export type { CompileMode, EngineOptions, Rung, TierChoice } from "./src/engine/config.ts";
export type { TierCause, TierEvent, TierListener } from "./src/engine/tier_log.ts";
export type { HotLimits, TierName } from "./src/runtime/tier.ts";
export type { Finalizer } from "./src/gc/handles.ts";
export type { CacheFigures } from "./src/base/lru_cache.ts";
export type { DiskFigures } from "./src/platform/cache_folder.ts";
export type { CompileFigures } from "./src/engine/native_tier.ts";
export { TrapCode } from "./src/wasm/traps.ts";
export type { GcReport, HeapReport, RootCounts, TypeReport } from "./src/gc/report.ts";
export type { HeapFigures, HeapFill, Pause } from "./src/gc/heap.ts";
export { Heap, type HeapSpaces, type RetainingPath } from "./src/api/heap.ts";
export type { Census, CensusDifference, RetainedReport, TypeCensus } from "./src/runtime/census.ts";
export type { AllocationSite } from "./src/runtime/allocation_sites.ts";
export type { PathStep } from "./src/runtime/heap_graph.ts";
export type { RegisterInstruction, TranslatedPart, TranslationListing } from "./src/engine/translation.ts";
export type { TranslationFigures } from "./src/fast/code.ts";
export type { Role as TranslationRole } from "./src/fast/explanation.ts";
export type { Listing, ListingOptions, ListingPart, ListingRow, MachineInstruction } from "./src/engine/listing.ts";
export type {
  Code,
  FrameMap,
  LoopEntry,
  Relocation,
  RelocationKind,
  RelocationTarget,
  TrapSites,
} from "./src/asm/code.ts";
export { type ProfileFormat, Profiling, writeProfile } from "./src/api/profiling.ts";
export type {
  Coverage,
  Covered,
  FunctionCounts,
  Profile,
  ProfiledFunction,
  ProfiledLoop,
  ProfileFrame,
  ProfileNode,
  ProfileOptions,
  ProfileSample,
} from "./src/debug/profile_report.ts";
export type { SourceLine } from "./src/debug/source_lines.ts";
export type { CountedInstruction } from "./src/validate/count_plan.ts";
export { Trace } from "./src/api/trace.ts";
export { type Traced, type TraceEvent, type TraceOptions, traceText, type TraceValue } from "./src/debug/trace.ts";
export { Probe } from "./src/api/probe.ts";
export {
  type NamePattern,
  type ProbeCount,
  ProbeError,
  type ProbeListener,
  type ProbePlaces,
} from "./src/debug/probes.ts";
export type { ProbeAccess, ProbeEvent, ProbeKind } from "./src/debug/probe_event.ts";
export type { MemoryAccess } from "./src/debug/operands.ts";
export { createWebAssembly, WebAssembly } from "./src/js_api/namespace.ts";
export { type Installed, installGlobal } from "./src/js_api/install.ts";
export type {
  AddressValue,
  BytesSource,
  CompileOptions,
  ExceptionObject,
  ExternalKind,
  GlobalDescriptorInit,
  GlobalObject,
  ImportObject,
  InstanceObject,
  InstantiatedSource,
  InterfaceClass,
  MemoryDescriptorInit,
  MemoryObject,
  ModuleClass,
  ModuleObject,
  SuspendingObject,
  TableDescriptorInit,
  TableObject,
  TagObject,
  ValueTypeName,
  WebAssemblyNamespace,
} from "./src/js_api/types.ts";
export {
  CompileError,
  LinkError,
  ResourceError,
  SuspendError,
  TextError,
  Trap,
  Uncatchable,
  type WasmFrame,
} from "./src/wasm/errors.ts";
