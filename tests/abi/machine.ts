// A small world for tests of machine code: function records, one zeroed vmctx, calls through thunks.

import { Assembler } from "../../src/asm/x64/assembler.ts";
import { startNative, writeAddress } from "../../src/abi/native.ts";
import type { SlotKind } from "../../src/abi/signature.ts";
import { RECORD, RECORD_BYTES, STACK, VMCTX } from "../../src/abi/vmctx.ts";
import { CodeSpace } from "../../src/link/install.ts";
import { ThunkCache } from "../../src/link/thunk_cache.ts";
import { NativeRegion } from "../../src/platform/native_memory.ts";
import type { NativeStack } from "../../src/platform/stacks.ts";

export const native = startNative();
export const space = new CodeSpace<string>(native.memory);
export const code = space.newModule();
export const thunks = new ThunkCache(space, "thunk");
const region = new NativeRegion(1 << 20, 1 << 20);
const words = new Int32Array(region.buffer);
/** The vmctx of every function here; records follow after 4096 bytes. */
export const vmctx = region.address;
const records = region.address + 4096;
let recordCount = 1;

export function setMemory0(address: number): void {
  writeAddress(words, VMCTX.memory0Base, address);
}

/** Makes a function record with this entry and gives its address. */
export function record(entry: number): { address: number; index: number } {
  const index = recordCount++;
  const address = records + index * RECORD_BYTES;
  const at = address - region.address;
  writeAddress(words, at + RECORD.entry, entry);
  writeAddress(words, at + RECORD.vmctx, vmctx);
  words[(at + RECORD.index) >> 2] = index;
  return { address, index };
}

/** Assembles, installs and records a function. */
export function define(name: string, emit: (a: Assembler) => void): { address: number; index: number } {
  const a = new Assembler();
  emit(a);
  return record(code.install(a.finish({ name }), name).entry);
}

export function defineHost(params: SlotKind[], results: SlotKind[]): { address: number; index: number } {
  return record(thunks.exit(params, results).entry);
}

/** Prepares a stack to call `record`. */
export function prepare(
  stack: NativeStack,
  record: { address: number },
  params: SlotKind[],
  results: SlotKind[],
): void {
  writeAddress(stack.i32, STACK.thunk, thunks.entry(params, results).entry);
  writeAddress(stack.i32, STACK.record, record.address);
}

export const ARGS = STACK.args >> 3;
