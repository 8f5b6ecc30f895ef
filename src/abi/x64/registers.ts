// The roles of x86-64's registers in generated code: what is fixed, what is scratch, where parameters and results go.
// Takes and gives register numbers of asm/x64; the convention's places are decided in abi/signature.ts.

import * as r from "../../asm/x64/registers.ts";

/** vmctx of the running instance; always live, restored by the caller after a call that may have left the instance. */
export const VMCTX_REG = r.RBX;
/** Stack block; always live. */
export const STACK_REG = r.R15;
/** Base of memory 0 of the running instance, 0 if it has none; set by whoever sets {@link VMCTX_REG}. */
export const MEMORY_REG = r.R14;
/** At a call: address of the callee's function record. Scratch otherwise. */
export const RECORD_REG = r.R10;
/** At a call of the helper thunk: the helper's id. */
export const HELPER_REG = r.R10;
/** Scratch of the macro assembler. */
export const SCRATCH_REG = r.R11;
export const SCRATCH_XMM = r.XMM15;
export const SCRATCH2_XMM = r.XMM14;

/** Integer and reference parameters. */
export const INT_PARAMS: readonly r.Gpr[] = [r.RAX, r.RCX, r.RDX, r.RSI, r.RDI, r.R8];
/** Float parameters. */
export const FLOAT_PARAMS: readonly r.Xmm[] = [
  r.XMM0,
  r.XMM1,
  r.XMM2,
  r.XMM3,
  r.XMM4,
  r.XMM5,
  r.XMM6,
  r.XMM7,
];
/** The first integer or reference result. */
export const INT_RESULTS: readonly r.Gpr[] = [r.RAX];
/** The first float result. */
export const FLOAT_RESULTS: readonly r.Xmm[] = [r.XMM0];

/** Registers that a compiler may allocate; a call kills all of them. */
export const ALLOCATABLE: readonly r.Gpr[] = [r.RAX, r.RCX, r.RDX, r.RSI, r.RDI, r.R8, r.R9, r.R12, r.R13];
/** Float registers that a compiler may allocate. */
export const ALLOCATABLE_XMM: readonly r.Xmm[] = [...FLOAT_PARAMS, r.XMM8, r.XMM9, r.XMM10, r.XMM11, r.XMM12, r.XMM13];

/** Registers that the C convention wants preserved, in the order in which `enter` pushes them. */
export const HOST_SAVED: readonly r.Gpr[] = [r.RBX, r.RBP, r.R12, r.R13, r.R14, r.R15];
/** First integer argument of the C convention. */
export const HOST_ARG0 = r.RDI;
