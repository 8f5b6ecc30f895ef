// Brings native execution up, once per isolate: loads the stubs, reserves the executable range, installs the trap handler, sets up the pool of stacks.
// Gives what runs machine code. Takes nothing until first asked, so that importing it needs no permission.

import { BugError } from "../base/bug.ts";
import { ElfMachine, SEGMENT_ALIGN, writeSharedObject } from "../object/elf.ts";
import { type CpuFeatures, cpuFeatures } from "../platform/cpu.ts";
import { ExecutableMemory } from "../platform/executable_memory.ts";
import { loadEntry, type NativeEntry } from "../platform/native_entry.ts";
import { nativeUnavailable } from "../platform/permissions.ts";
import { DebuggerList } from "../platform/debugger_list.ts";
import { Notes } from "../platform/notes.ts";
import { describeNotes, enterProcess, whileLocked } from "../platform/isolates.ts";
import { initialRegistry, REGISTRY } from "../platform/registry.ts";
import { installTrapHandler } from "../platform/signals.ts";
import { DEFAULT_STACK_BYTES, type NativeStack, StackPool } from "../platform/stacks.ts";
import { addressOfBuffer } from "../platform/ffi.ts";
import { INTERRUPT } from "../platform/interrupt.ts";
import { STACK, STACK_BLOCK_BYTES, STATE } from "./vmctx.ts";
import { buildStubs } from "./x64/stubs.ts";

/** What runs machine code in this isolate. */
export interface Native {
  /** Runs the thunk in a stack's block; gives an {@link Exit}. */
  readonly enter: NativeEntry["enter"];
  /** Continues what is parked on a stack; gives an {@link Exit}. */
  readonly resume: NativeEntry["resume"];
  /** Continues what faulted on a stack, with the registers in its block; gives an {@link Exit}. */
  readonly proceed: NativeEntry["proceed"];
  readonly cpu: CpuFeatures;
  readonly memory: ExecutableMemory;
  /** Names of code, and what ran last, for the report of a fault. */
  readonly notes: Notes;
  readonly stacks: StackPool;
  /** What tells a debugger of machine code. */
  newDebuggerList(): DebuggerList;
}

let native: Native | undefined;

/** Writes an address into a field of a block, given as a byte offset. */
export function writeAddress(words: Int32Array, offset: number, address: number): void {
  words[offset >> 2] = address | 0;
  words[(offset >> 2) + 1] = (address / 2 ** 32) | 0;
}

/** Reads an address from a field of a block, given as a byte offset. */
export function readAddress(words: Int32Array, offset: number): number {
  return (words[offset >> 2] >>> 0) + words[(offset >> 2) + 1] * 2 ** 32;
}

/** A name that changes with the contents: 53 bits of FNV-1a over both halves. */
function contentName(bytes: Uint8Array): string {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (const byte of bytes) {
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ low, 0x85ebca6b);
  }
  return `libstrata-${(high >>> 0).toString(16)}${(low >>> 0).toString(16)}.so`;
}

function start(stackBytes: number): Native {
  const stubs = buildStubs(SEGMENT_ALIGN);
  const soname = contentName(stubs.code);
  const bytes = writeSharedObject({
    machine: ElfMachine.X86_64,
    soname,
    code: stubs.code,
    dataDistance: SEGMENT_ALIGN,
    dataBytes: REGISTRY.bytes,
    data: initialRegistry(),
    symbols: stubs.symbols,
  });
  const entry = loadEntry({ soname, bytes });
  const { trapHandler, registry } = entry.addresses;
  const isolate = enterProcess(registry);
  const memory = new ExecutableMemory(isolate.codeAddress);
  const notes = new Notes();
  installTrapHandler(trapHandler, registry);
  describeNotes(isolate, notes.address);

  const words = new Uint32Array(3);
  entry.cpuid(words);
  const interruptAddress = addressOfBuffer(INTERRUPT.buffer);
  const prepare = (stack: NativeStack) => {
    const { i32 } = stack;
    i32.fill(0, 0, STACK.args >> 2);
    writeAddress(i32, STACK.sp, stack.top);
    writeAddress(i32, STACK.limit, stack.limit);
    writeAddress(i32, STACK.interruptPointer, interruptAddress);
    writeAddress(i32, STACK.notes, notes.address);
    writeAddress(i32, STACK.helperThunk, entry.addresses.helperThunk);
    writeAddress(i32, STACK.safepointThunk, entry.addresses.safepointThunk);
    writeAddress(i32, STACK.trapThunk, entry.addresses.trapThunk);
    writeAddress(i32, STATE.stepped, entry.addresses.stepped);
  };
  return {
    enter: entry.enter,
    resume: entry.resume,
    proceed: entry.proceed,
    cpu: cpuFeatures(words[0], words[1], words[2]),
    memory,
    notes,
    newDebuggerList: () =>
      new DebuggerList(registry, entry.tellDebugger, ElfMachine.X86_64, isolate.number, whileLocked),
    stacks: new StackPool(stackBytes, STACK_BLOCK_BYTES, prepare),
  };
}

/**
 * The isolate's native side, brought up by the first call, which also decides the usable bytes per stack.
 * Throws BugError where native code cannot run: ask `nativeUnavailable()` first.
 */
export function startNative(stackBytes = DEFAULT_STACK_BYTES): Native {
  if (native === undefined) {
    const reason = nativeUnavailable();
    if (reason !== undefined) throw new BugError(reason);
    native = start(stackBytes);
  }
  return native;
}
