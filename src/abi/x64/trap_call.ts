// The instruction that a trap site is where no other instruction faults: a call of the trap thunk, which costs no signal.

import type { Assembler } from "../../asm/x64/assembler.ts";
import { BugError } from "../../base/bug.ts";
import { STACK } from "../vmctx.ts";
import { STACK_REG } from "./registers.ts";

/** Bytes of the call, which the thunk takes off its return address. */
export const TRAP_CALL_BYTES = 4;

/** Leaves with TRAP. The caller declares the trap site just before. */
export function emitTrapCall(a: Assembler): void {
  const start = a.position;
  a.call64_m(STACK_REG, STACK.trapThunk);
  if (a.position - start !== TRAP_CALL_BYTES) throw new BugError("a trap site has another length");
}
