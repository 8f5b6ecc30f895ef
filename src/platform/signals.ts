// Installs the signal handler that turns faults of generated code into traps, once per process however many Workers load this file.
// Takes the handler's address and the registry in the stubs' data; the handler's code itself is abi's.

import { BugError } from "../base/bug.ts";
import { bufferAt, libc } from "./ffi.ts";
import { Access, mapMemory } from "./native_memory.ts";
import { REGISTRY } from "./registry.ts";

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
 * Makes faults go to the handler, on this thread and, since actions belong to the process, on all. It traps those whose pc lies in code of an isolate's entry in the
 * registry. The handler and the registry must never be unmapped.
 */
export function installTrapHandler(handler: number, registry: number): void {
  const memory = bufferAt(registry, REGISTRY.bytes);
  ensureAlternateStack();
  for (const signal of Object.values(TRAP_SIGNALS)) installFor(signal, handler, memory);
}

/** The address of a signal's handler; 0 if it has none. */
function currentHandler(signal: number): number {
  const action = new DataView(new ArrayBuffer(ACTION.bytes));
  if (libc().sigaction(signal, null, new Uint8Array(action.buffer)) !== 0) {
    throw new BugError("sigaction() cannot be read");
  }
  return Number(action.getBigUint64(ACTION.handler, true));
}

/** Has a signal handled, on the alternate stack. */
function setHandler(signal: number, handler: number): void {
  const action = new DataView(new ArrayBuffer(ACTION.bytes));
  action.setBigUint64(ACTION.handler, BigInt(handler), true);
  action.setInt32(ACTION.flags, SA_SIGINFO | SA_ONSTACK | SA_NODEFER, true);
  if (libc().sigaction(signal, new Uint8Array(action.buffer), null) !== 0) throw new BugError("sigaction() failed");
}

/**
 * Installs for one signal. Several Workers may do this at once: each finds either our handler in place, or the same old one, and then all write the same.
 * If a stranger has put a handler over ours meanwhile, it is left there: it is expected to pass on what it does not know.
 */
function installFor(signal: number, handler: number, memory: ArrayBuffer): void {
  const oldHandler = BigInt(currentHandler(signal));
  if (oldHandler === BigInt(handler)) return;
  const oldHandlers = new BigUint64Array(memory, REGISTRY.oldHandlers, 32);
  const installed = new Int32Array(memory, REGISTRY.installed, 32);
  if (Atomics.load(installed, signal) === 1 && Atomics.load(oldHandlers, signal) !== oldHandler) return;
  Atomics.store(oldHandlers, signal, oldHandler);
  Atomics.store(installed, signal, 1);
  setHandler(signal, handler);
}

/** The handler cannot run on an exhausted stack. Deno's threads have alternate stacks; a thread that has none gets one. */
function ensureAlternateStack(): void {
  const stack = new DataView(new ArrayBuffer(24)); // stack_t: ss_sp, ss_flags, ss_size
  if (libc().sigaltstack(null, new Uint8Array(stack.buffer)) !== 0) throw new BugError("sigaltstack() cannot be read");
  if ((stack.getInt32(8, true) & SS_DISABLE) === 0) return;
  stack.setBigUint64(0, BigInt(mapMemory(ALTERNATE_STACK_BYTES, Access.READ_WRITE)), true);
  stack.setInt32(8, 0, true);
  stack.setBigUint64(16, BigInt(ALTERNATE_STACK_BYTES), true);
  if (libc().sigaltstack(new Uint8Array(stack.buffer), null) !== 0) throw new BugError("sigaltstack() failed");
}
