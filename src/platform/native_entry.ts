// Loads the entry stubs: a shared object written by abi/, opened from a file in memory, found again by its name when another Worker of the process loaded it.
// Gives the stubs as functions and their addresses. The library is never closed, and the loader never unmaps it.

import { BugError } from "../base/bug.ts";
import { libc, type NativePointer } from "./ffi.ts";
import { createMemoryFile } from "./native_memory.ts";

/** A shared object with the stubs. `soname` must change with the bytes: equal names mean equal contents. */
export interface StubImage {
  readonly soname: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The loaded stubs. Call `enter` and `resume` from hot code, with a stack's own pointer object: then a call takes 12–20 ns. */
export interface NativeEntry {
  /** Runs the thunk in the stack block; gives an exit status of abi/exits.ts. */
  readonly enter: (block: NativePointer) => number;
  /** Continues what is parked on the stack; gives an exit status. */
  readonly resume: (block: NativePointer) => number;
  /** Where gdb stops when the list of machine code changes. */
  readonly tellDebugger: () => void;
  /** Continues what faulted on the stack, with the registers in its block; gives an exit status. */
  readonly proceed: (block: NativePointer) => number;
  /** Writes the three words that `cpuFeatures()` takes. */
  readonly cpuid: (words: Uint32Array<ArrayBuffer>) => void;
  /** Addresses of the exported symbols. */
  readonly addresses: {
    readonly trapHandler: number;
    readonly helperThunk: number;
    readonly trapThunk: number;
    readonly registry: number;
    readonly safepointThunk: number;
    readonly stepped: number;
  };
}

const functions = {
  strata_enter: { parameters: ["pointer"], result: "i32" },
  strata_resume: { parameters: ["pointer"], result: "i32" },
  __jit_debug_register_code: { parameters: [], result: "void" },
  strata_proceed: { parameters: ["pointer"], result: "i32" },
  strata_cpuid: { parameters: ["buffer"], result: "void" },
  // Writes six u64: the addresses of handler, helper thunk, trap thunk, registry, safepoint thunk and where a step ends.
  strata_addresses: { parameters: ["buffer"], result: "void" },
} as const;

/** Names of the exported functions. */
export type StubSymbol = keyof typeof functions;

function open(path: string) {
  return Deno.dlopen(path, functions).symbols;
}

/** Opens the object under its own name if the process has it already; every Worker then shares the handler and its registry. */
function openLoaded(soname: string) {
  try {
    return open(soname);
  } catch {
    return undefined;
  }
}

function openFromMemory(image: StubImage) {
  // The descriptor stays open: were its number used again, the loader would take the path for this object.
  const fd = createMemoryFile("strata-stubs");
  const length = BigInt(image.bytes.length);
  if (libc().write(fd, image.bytes, length) !== length) {
    throw new BugError("the stubs could not be written");
  }
  // With the number of the process, so that a debugger finds the file, too.
  return open(`/proc/${Deno.pid}/fd/${fd}`);
}

/**
 * Loads the stubs. Two Workers may both find nothing and load a copy each; the loader then gives all of them the copy that came first,
 * since it searches by name in order of loading.
 */
export function loadEntry(image: StubImage): NativeEntry {
  let symbols = openLoaded(image.soname);
  if (symbols === undefined) {
    openFromMemory(image);
    symbols = openLoaded(image.soname);
    if (symbols === undefined) throw new BugError("the loader does not find the stubs by name");
  }
  const words = new BigUint64Array(6);
  symbols.strata_addresses(words);
  const [trapHandler, helperThunk, trapThunk, registry, safepointThunk, stepped] = [...words].map(Number);
  return {
    enter: symbols.strata_enter,
    resume: symbols.strata_resume,
    proceed: symbols.strata_proceed,
    tellDebugger: symbols.__jit_debug_register_code,
    cpuid: symbols.strata_cpuid,
    addresses: { trapHandler, helperThunk, trapThunk, registry, safepointThunk, stepped },
  };
}
