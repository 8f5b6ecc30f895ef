// Installs the signal handler that turns faults of generated code into traps, once per process however many Workers load this file.
// Takes the handler's address and the registry in the stubs' data; the handler's code itself is abi's.

import { BugError } from "../base/bug.ts";
import { ResourceError } from "../wasm/errors.ts";
import { bufferAt, libc } from "./ffi.ts";
import { Access, mapMemory } from "./native_memory.ts";

/**
 * Layout of the registry, which the handler reads and every isolate of the process shares. It is zero at first, and only ever appended to:
 * ranges of ended Workers stay, and so does their memory, so that no later mapping is taken for generated code.
 */
export const REGISTRY = {
  /** 32 × u64: the handler that was there before ours, by signal number. */
  oldHandlers: 0,
  /** 32 × u32: 1 once the old handler is written. */
  installed: 256,
  /** 32 zero bytes: the kernel's `struct sigaction` of the default action. */
  defaultAction: 384,
  /** u32: how many entries of `ranges` are claimed. */
  rangeCount: 416,
  /** u32: 1 once a fault is being reported, so that a fault of the report is not. */
  reporting: 420,
  /** u32: taken (1) while somebody changes the debugger's list. */
  debuggerLock: 424,
  /** gdb's `struct jit_descriptor`: u32 version (1), u32 action, u64 the entry it is about, u64 first entry. */
  debugger: 432,
  /** `maxRanges` × { base u64, bytes u64, thread id u64, address of its notes u64 }; an entry that is claimed but not yet written has 0 bytes and matches no pc. */
  ranges: 464,
  rangeLog2: 5,
  maxRanges: 1024,
  bytes: 464 + 32 * 1024,
} as const;

/** What the registry holds when the stubs are loaded: all is zero but the version of gdb's interface. */
export function initialRegistry(): Uint8Array {
  const bytes = new Uint8Array(REGISTRY.debugger + 4);
  bytes[REGISTRY.debugger] = 1;
  return bytes;
}

/** Signals by which generated code traps (Linux's numbers, the same on x86-64 and AArch64). */
export const TRAP_SIGNALS = { SIGILL: 4, SIGBUS: 7, SIGFPE: 8, SIGSEGV: 11 } as const;

/** glibc's `struct sigaction`. */
const ACTION = { handler: 0, flags: 136, bytes: 152 } as const;
const SA_SIGINFO = 4;
const SA_ONSTACK = 0x08000000;
/** The signal stays deliverable while its handler runs: a default action that the handler raises again must arrive. */
const SA_NODEFER = 0x40000000;
const SS_DISABLE = 2;
const ALTERNATE_STACK_BYTES = 65536;

/**
 * Makes faults with a pc in [codeAddress, codeAddress + codeBytes) go to the handler's trap path, on this thread and, since actions belong to the process, on all.
 * `notes` is the address of what this thread notes for the report of other faults (notes.ts).
 * The handler and the registry must never be unmapped. Throws ResourceError when more ranges were registered than the registry holds.
 */
export function installTrapHandler(
  handler: number,
  registry: number,
  codeAddress: number,
  codeBytes: number,
  notes: number,
): void {
  const memory = bufferAt(registry, REGISTRY.bytes);
  appendRange(memory, codeAddress, codeBytes, notes);
  ensureAlternateStack();
  for (const signal of Object.values(TRAP_SIGNALS)) installFor(signal, handler, memory);
}

function appendRange(memory: ArrayBuffer, codeAddress: number, codeBytes: number, notes: number): void {
  const words = new Int32Array(memory);
  const claimed = Atomics.add(words, REGISTRY.rangeCount / 4, 1);
  if (claimed >= REGISTRY.maxRanges) {
    Atomics.sub(words, REGISTRY.rangeCount / 4, 1);
    throw new ResourceError(`more than ${REGISTRY.maxRanges} Workers of this process used native code`);
  }
  const ranges = new BigInt64Array(memory);
  const at = (REGISTRY.ranges + (claimed << REGISTRY.rangeLog2)) / 8;
  Atomics.store(ranges, at, BigInt(codeAddress));
  Atomics.store(ranges, at + 2, BigInt(libc().gettid()));
  Atomics.store(ranges, at + 3, BigInt(notes));
  Atomics.store(ranges, at + 1, BigInt(codeBytes));
}

/**
 * Installs for one signal. Several Workers may do this at once: each finds either our handler in place, or the same old one, and then all write the same.
 * If a stranger has put a handler over ours meanwhile, it is left there: it is expected to pass on what it does not know.
 */
function installFor(signal: number, handler: number, memory: ArrayBuffer): void {
  const old = new DataView(new ArrayBuffer(ACTION.bytes));
  if (libc().sigaction(signal, null, new Uint8Array(old.buffer)) !== 0) {
    throw new BugError("sigaction() cannot be read");
  }
  const oldHandler = old.getBigUint64(ACTION.handler, true);
  if (oldHandler === BigInt(handler)) return;
  const oldHandlers = new BigUint64Array(memory, REGISTRY.oldHandlers, 32);
  const installed = new Int32Array(memory, REGISTRY.installed, 32);
  if (Atomics.load(installed, signal) === 1 && Atomics.load(oldHandlers, signal) !== oldHandler) return;
  Atomics.store(oldHandlers, signal, oldHandler);
  Atomics.store(installed, signal, 1);

  const action = new DataView(new ArrayBuffer(ACTION.bytes));
  action.setBigUint64(ACTION.handler, BigInt(handler), true);
  action.setInt32(ACTION.flags, SA_SIGINFO | SA_ONSTACK | SA_NODEFER, true);
  if (libc().sigaction(signal, new Uint8Array(action.buffer), null) !== 0) throw new BugError("sigaction() failed");
}

/** The handler cannot run on an exhausted stack. Deno's threads have alternate stacks; a thread that has none gets one, for good. */
function ensureAlternateStack(): void {
  const stack = new DataView(new ArrayBuffer(24)); // stack_t: ss_sp, ss_flags, ss_size
  if (libc().sigaltstack(null, new Uint8Array(stack.buffer)) !== 0) throw new BugError("sigaltstack() cannot be read");
  if ((stack.getInt32(8, true) & SS_DISABLE) === 0) return;
  stack.setBigUint64(0, BigInt(mapMemory(ALTERNATE_STACK_BYTES, Access.READ_WRITE)), true);
  stack.setInt32(8, 0, true);
  stack.setBigUint64(16, BigInt(ALTERNATE_STACK_BYTES), true);
  if (libc().sigaltstack(new Uint8Array(stack.buffer), null) !== 0) throw new BugError("sigaltstack() failed");
}
