// THE table of field offsets that machine code and TypeScript share: stack blocks, function, memory and table records, and the vmctx of an instance.
// One row per field. Takes an instance's counts, gives the layout of its vmctx; allocation and contents are runtime/'s.

import type { Module } from "../wasm/module.ts";

/** Bytes of a slot: one value that is not a vector. */
export const SLOT_BYTES = 8;

/** Slots of a stack block: enough for as many params or results as a function may have, were they all vectors. */
export const STACK_ARG_SLOTS = 2016;
const STACK_ARGS = 128;
const STACK_ARGS_END = STACK_ARGS + STACK_ARG_SLOTS * SLOT_BYTES;
/** Registers that a safepoint saves at most: integers of 8 bytes, vectors of 16. */
const SAVED_INTS = 32;
const SAVED_VECTORS = 32;

/** Fields of a stack block: one per native stack, at the stack's top, zero at first. */
export const STACK = {
  /** u64: Deno's stack pointer while machine code runs on this stack. */
  hostSp: 0,
  /** u64: where the next `enter` starts; after an exit CALL or HELPER the parked stack pointer. After DONE it is what it was at `enter`. */
  sp: 8,
  /** u64: parked frame pointer. */
  fp: 16,
  /** u64: where `resume` continues. */
  resumeIp: 24,
  /** u64: the code that `enter` jumps to, usually an entry thunk. */
  thunk: 32,
  /** u64: address of the function record that an entry thunk calls. */
  record: 40,
  /** u64: vmctx register at `enter`; after an exit HELPER the asking instance's vmctx. */
  vmctx: 48,
  /** u32: after an exit CALL the callee's index among the function records (a funcref). */
  callee: 56,
  /** u32: after an exit HELPER the id of the helper. */
  helper: 60,
  /** u64: address of a u32 that is not 0 when generated code is to leave at the next loop header or call. */
  interruptPointer: 64,
  /** u64: lowest usable address of the stack. */
  limit: 72,
  /** u64: address of the code that parks and exits with HELPER; reached by a call. */
  helperThunk: 80,
  /** u64: after an exit TRAP the address of the instruction that faulted. */
  trapPc: 88,
  /** u64: the address it accessed, for SIGSEGV and SIGBUS. */
  trapAddress: 96,
  /** u64: address of the code that exits with TRAP; reached by a call at a trap site. */
  trapThunk: 104,
  /** u64: its frame pointer. */
  trapFp: 112,
  /** u32: the signal. */
  trapSignal: 120,
  /** i32: passes of loop heads and function entries that metered code may still make; it leaves with SAFEPOINT where this falls below zero. */
  fuel: 124,
  /** Slots for arguments and results, in order of the signature. */
  args: STACK_ARGS,
  /** u64: address of the code that saves all registers and exits with SAFEPOINT; reached by a call. */
  safepointThunk: STACK_ARGS_END,
  /** u64: address of the isolate's notes (platform/notes.ts), into which `enter` and `resume` write the block's address. */
  notes: STACK_ARGS_END + 8,
  /** What an exit SAFEPOINT saves of the registers that a compiler may allocate: integers, then whole vectors, each in the order of their list. */
  savedInts: STACK_ARGS_END + 32,
  savedVectors: STACK_ARGS_END + 32 + SAVED_INTS * 8,
} as const;

/** Offset of the processor's state in a stack block. */
const STATE_AT = STACK.savedVectors + SAVED_VECTORS * 16;

/**
 * What an exit TRAP or STEPPED leaves of the processor's state in the stack block; `proceed` takes it from there. Registers are in the order of their numbers in
 * machine code; places of the stack pointer and the stack block's register are not used.
 */
export const STATE = {
  /** 32 × u64: integer registers. */
  integers: STATE_AT,
  /** 32 × 16 bytes: vector registers. */
  vectors: STATE_AT + 32 * 8,
  /** u64: flags. */
  flags: STATE_AT + 32 * 24,
  /** u64: stack pointer. */
  sp: STATE_AT + 32 * 24 + 8,
  /** u64: address of the code that saves this state and exits with STEPPED; reached by a jump. */
  stepped: STATE_AT + 32 * 24 + 16,
} as const;
/** Bytes of a stack block. */
export const STACK_BLOCK_BYTES = STATE.stepped + 8;

/** Fields of a function record. Records lie in one array per store that never moves; the index is the funcref value, and 0 is null. */
export const RECORD = {
  /** u64: code entry: compiled code, or the exit thunk of the signature. */
  entry: 0,
  /** u64: vmctx of the function's instance. Never 0: host functions carry the address of a zeroed vmctx. */
  vmctx: 8,
  /** u32: canonical type id. */
  typeId: 16,
  /** u32: the record's own index. */
  index: 20,
} as const;
/** Bytes of a function record. */
export const RECORD_BYTES = 32;

/** Fields of a memory record: one per memory, wherever it is imported. */
export const MEMORY = {
  /** u64: address of byte 0; constant. */
  base: 0,
  /** u64: current length in bytes. */
  byteLength: 8,
  /** u64: current length in pages, which is what `memory.size` gives. */
  pages: 16,
} as const;
/** Bytes of a memory record. */
export const MEMORY_BYTES = 32;

/** Fields of a table record: one per table. */
export const TABLE = {
  /** u64: address of element 0; changes when the table moves. */
  base: 0,
  /** u32 (u64 with zero above): current length in elements. */
  length: 8,
} as const;
/** Bytes of a table record. */
export const TABLE_BYTES = 16;
/** Bytes of a table element: a reference. */
export const ELEMENT_BYTES = 4;

/** Bytes of a global's cell, aligned to as much, so that a vector fits. */
export const GLOBAL_BYTES = 16;

/** Displacement from the frame pointer at which every frame of machine code, an entry thunk's too, keeps its vmctx. */
export const FRAME_VMCTX = -8;

/** Fields of a vmctx that every instance has; the parts of variable length follow, see {@link vmctxLayout}. */
export const VMCTX = {
  /** u64: address of byte 0 of memory 0; 0 if there is none. */
  memory0Base: 0,
  /** u64: address of function record 0 of the store, to which `index * RECORD_BYTES` is added. */
  functionRecords: 8,
  /** u64: address of the record of the instance's first own function; the others follow it. */
  ownFunctions: 16,
  /** u32: number of the instance in its store. */
  instance: 24,
  /** u32: not 0 while accesses to its shared memories have to be checked. */
  checkShared: 28,
  /** u64: address of the heap of structures and arrays; 0 if the module has no types of them. */
  heapBase: 32,
  /** u64: address of the supertypes of canonical type 0; likewise. */
  typeRows: 40,
} as const;
const FIXED_BYTES = 48;

/** What decides the layout of a vmctx. */
export interface VmctxCounts {
  readonly importedFunctions: number;
  readonly importedGlobals: number;
  readonly ownGlobals: number;
  /** All tables, imported ones first. */
  readonly tables: number;
  /** All memories, imported ones first. */
  readonly memories: number;
  readonly types: number;
}

/** Offsets of the parts of a vmctx. An own function's record is at `VMCTX.ownFunctions` + own index × RECORD_BYTES and needs no part. */
export interface VmctxLayout {
  /** GLOBAL_BYTES per own global: its cell. */
  readonly ownGlobals: number;
  /** u64 per imported global: address of its cell. */
  readonly importedGlobals: number;
  /** u64 per memory: address of its record. */
  readonly memories: number;
  /** u64 per table: address of its record. */
  readonly tables: number;
  /** u64 per imported function: address of its record. */
  readonly importedFunctions: number;
  /** u32 per type of the module: its canonical id. */
  readonly typeIds: number;
  /** Bytes in all. */
  readonly size: number;
}

/** The layout of the vmctx of an instance with `counts`. A vmctx is aligned to GLOBAL_BYTES. */
export function vmctxLayout(counts: VmctxCounts): VmctxLayout {
  let at = FIXED_BYTES;
  const part = (count: number, bytes: number): number => {
    const start = at;
    at += count * bytes;
    return start;
  };
  const ownGlobals = part(counts.ownGlobals, GLOBAL_BYTES);
  const memories = part(counts.memories, 8);
  const tables = part(counts.tables, 8);
  const importedGlobals = part(counts.importedGlobals, 8);
  const importedFunctions = part(counts.importedFunctions, 8);
  const typeIds = part(counts.types, 4);
  const size = Math.ceil(at / GLOBAL_BYTES) * GLOBAL_BYTES;
  return { ownGlobals, importedGlobals, memories, tables, importedFunctions, typeIds, size };
}

/** The layout of the vmctx of instances of `module`. */
export function moduleLayout(module: Module): VmctxLayout {
  return vmctxLayout({
    importedFunctions: module.importedFuncs,
    importedGlobals: module.importedGlobals,
    ownGlobals: module.globals.length - module.importedGlobals,
    tables: module.tables.length,
    memories: module.memories.length,
    types: module.types.length,
  });
}
