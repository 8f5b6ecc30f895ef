// Faults of machine code in pages that are closed because something in them is forbidden or watched: decides whether the access is allowed, has watched places
// reported, and carries the access out by running its instruction alone while the pages are open. Takes a stack after an exit TRAP; what else it may be is a trap.

import { Exit } from "../abi/exits.ts";
import { type Native, readAddress, writeAddress } from "../abi/native.ts";
import { FRAME_VMCTX, STACK, STATE } from "../abi/vmctx.ts";
import { BugError } from "../base/bug.ts";
import { ensureStack } from "../base/js_stack.ts";
import { BytecodeReader } from "../bytecode/reader.ts";
import { TRAP_SIGNALS } from "../platform/signals.ts";
import type { NativeStack } from "../platform/stacks.ts";
import { Imm } from "../wasm/opcodes.ts";
import { Right, rightsOf } from "../wasm/rights.ts";
import { OK, type Outcome } from "./outcome.ts";
import type { Store } from "./store.ts";

/**
 * Serves a fault. Gives undefined if it is none of a closed page, the code of a trap, or OK when the access was made: then `proceed` goes on behind it.
 * `park` is called before anybody is told of the access.
 */
export function serveFault(store: Store, native: Native, stack: NativeStack, park: () => void): Outcome | undefined {
  const { i32 } = stack;
  const signal = i32[STACK.trapSignal >> 2];
  if (signal !== TRAP_SIGNALS.SIGSEGV && signal !== TRAP_SIGNALS.SIGBUS) return undefined;
  ensureStack();
  const memory = store.memories.closedAt(readAddress(i32, STACK.trapAddress));
  const fault = memory === undefined ? undefined : store.native!.faultOf(stack);
  if (memory === undefined || fault === undefined) return undefined;
  const instance = store.instanceAt(stack.readAddress(fault.fp + FRAME_VMCTX));
  if (instance === undefined) throw new BugError("a fault in the code of no instance");
  const r = new BytecodeReader(instance.module.bytes, fault.wasmOffset);
  r.next();
  if (r.info.imm !== Imm.MEMORY_ACCESS && r.info.imm !== Imm.MEMORY_LANE) {
    throw new BugError(`${r.info.name} faulted in a closed page`);
  }
  const size = 1 << r.info.accessLog2, at = fault.address - memory.address, rights = rightsOf(r.info);
  if (at < 0 || at + size > memory.byteLength) return undefined;
  writeAddress(i32, STACK.sp, readAddress(i32, STATE.sp));
  writeAddress(i32, STACK.fp, readAddress(i32, STACK.trapFp));
  park();
  // What reads and writes may take two instructions: the last of them is reported.
  const outcome = memory.prepare(at, size, rights, fault.loads && (rights & Right.WRITE) !== 0);
  if (outcome !== OK) return outcome;
  writeAddress(i32, STACK.resumeIp, store.native!.stepOf(instance.valid, fault));
  memory.open(at, size);
  try {
    const status = native.proceed(stack.pointer);
    if (status !== Exit.STEPPED) throw new BugError(`an instruction that ran alone gave status ${status}`);
  } finally {
    memory.close(at, size);
  }
  writeAddress(i32, STACK.resumeIp, fault.pc + fault.length);
  return OK;
}

/** The words of the registers that were saved with a fault, which may be references. */
export function savedWords(stack: NativeStack): Int32Array {
  return stack.i32.subarray(STATE.integers >> 2, STATE.vectors >> 2);
}
