// The stubs: how TypeScript enters machine code and how machine code leaves, and the signal handler that turns faults into exits.
// Gives a shared object's code and symbols for x86-64 Linux; platform/ loads it. Thunks per signature are in thunks.ts.

import { Assembler } from "../../asm/x64/assembler.ts";
import { Cond, R10, R8, R9, RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP } from "../../asm/x64/registers.ts";
import { BugError } from "../../base/bug.ts";
import type { SharedSymbol } from "../../object/elf.ts";
import type { StubSymbol } from "../../platform/native_entry.ts";
import { NOTES } from "../../platform/notes.ts";
import { ISOLATE, PROCESS, REGISTRY } from "../../platform/registry.ts";
import { Exit } from "../exits.ts";
import { FRAME_VMCTX, STACK, STATE, VMCTX } from "../vmctx.ts";
import { emitFaultReport } from "./fault_report.ts";
import {
  ALLOCATABLE,
  ALLOCATABLE_XMM,
  HELPER_REG,
  HOST_ARG0,
  HOST_SAVED,
  MEMORY_REG,
  SCRATCH_REG,
  STACK_REG,
  VMCTX_REG,
} from "./registers.ts";
import { TRAP_CALL_BYTES } from "./trap_call.ts";

/** glibc's and the kernel's layouts that the handler reads: `ucontext_t` and `siginfo_t`. */
const UCONTEXT = { r15: 96, rbp: 120, rsp: 160, rip: 168, flags: 176 } as const;
const SIGINFO = { code: 8, address: 16 } as const;
/** System calls by number, and the kernel's size of a signal set. */
const SYS = { rt_sigaction: 13, getpid: 39, gettid: 186, tgkill: 234 } as const;
const SIGSET_BYTES = 8;
/** The kernel's `struct sigaction`, which begins with the handler. */
const KERNEL_ACTION_BYTES = 32;
/** `SIG_DFL` and `SIG_IGN`, which stand in place of a handler. */
const SIG_IGN = 1;

/** Machine code of the stubs. */
export interface Stubs {
  readonly code: Uint8Array;
  readonly symbols: readonly SharedSymbol[];
}

/** Leaves machine code: gives `status` to the caller of `enter` or `resume`. What is parked must be in the stack block by now. */
export function emitLeave(a: Assembler, status: Exit): void {
  if (status === 0) a.zero(RAX);
  else a.mov32_ri(RAX, status);
  a.mov64_rm(RSP, STACK_REG, STACK.hostSp);
  for (const register of HOST_SAVED.toReversed()) a.pop64(register);
  a.ret();
}

function emitEnterPrologue(a: Assembler): void {
  for (const register of HOST_SAVED) a.push64(register);
  a.mov64(STACK_REG, HOST_ARG0);
  a.mov64_rm(RAX, STACK_REG, STACK.notes);
  a.mov64_mr(RAX, NOTES.block, STACK_REG);
  a.mov32_mi(RAX, NOTES.interpreted, 0);
  a.mov64_mr(STACK_REG, STACK.hostSp, RSP);
  a.mov64_rm(RSP, STACK_REG, STACK.sp);
}

/** Builds the stubs. The shared object's data, which begins `dataDistance` after the code, is the signal registry. */
export function buildStubs(dataDistance: number): Stubs {
  const a = new Assembler();
  const starts = new Map<StubSymbol, number>();
  const begin = (name: StubSymbol) => {
    a.align(16);
    starts.set(name, a.position);
  };
  const trapStub = a.newLabel();
  const trapHandler = a.newLabel();
  const report = a.newLabel();
  const helperThunk = a.newLabel();
  const safepointThunk = a.newLabel();
  const trapThunk = a.newLabel();
  const stepped = a.newLabel();

  // i32 strata_enter(block): to the thunk in the block, on the block's stack. The zero frame pointer ends the chain of frames.
  begin("strata_enter");
  emitEnterPrologue(a);
  a.mov64_rm(VMCTX_REG, STACK_REG, STACK.vmctx);
  a.zero(RBP);
  a.jmp64_m(STACK_REG, STACK.thunk);

  // i32 strata_resume(block): to where the top of the block's stack is parked.
  begin("strata_resume");
  emitEnterPrologue(a);
  a.mov64_rm(RBP, STACK_REG, STACK.fp);
  a.jmp64_m(STACK_REG, STACK.resumeIp);

  // i32 strata_proceed(block): to `resumeIp`, with the registers and flags that stand in the block's state.
  begin("strata_proceed");
  emitEnterPrologue(a);
  a.mov64_rm(RSP, STACK_REG, STACK.hostSp);
  a.mov64_rm(RAX, STACK_REG, STATE.flags);
  a.push64(RAX);
  a.emitBytes(POPFQ);
  for (let x = 0; x < REGISTERS; x++) a.movups_rm(x, STACK_REG, STATE.vectors + 16 * x);
  for (const register of KEPT) a.mov64_rm(register, STACK_REG, STATE.integers + 8 * register);
  a.mov64_rm(RSP, STACK_REG, STATE.sp);
  a.jmp64_m(STACK_REG, STACK.resumeIp);

  // void strata_cpuid(words): the feature words that cpuFeatures() takes.
  begin("strata_cpuid");
  a.mov64(R9, RBX);
  for (const [k, leaf, register] of [[0, 1, RCX], [1, 7, RBX], [2, 0x80000001, RCX]]) {
    a.mov32_ri(RAX, leaf);
    a.zero(RCX);
    a.emitBytes(CPUID);
    a.mov32_mr(RDI, 4 * k, register);
  }
  a.mov64(RBX, R9);
  a.ret();

  // void strata_addresses(words): what TypeScript must know the addresses of.
  begin("strata_addresses");
  a.lea64_rl(RAX, trapHandler);
  a.mov64_mr(RDI, 0, RAX);
  a.lea64_rl(RAX, helperThunk);
  a.mov64_mr(RDI, 8, RAX);
  a.lea64_rl(RAX, trapThunk);
  a.mov64_mr(RDI, 16, RAX);
  a.leaSymbol(RAX, "registry");
  a.mov64_mr(RDI, 24, RAX);
  a.lea64_rl(RAX, safepointThunk);
  a.mov64_mr(RDI, 32, RAX);
  a.lea64_rl(RAX, stepped);
  a.mov64_mr(RDI, 40, RAX);
  a.ret();

  // void __jit_debug_register_code(): gdb stops here, and reads the descriptor in the registry.
  begin("__jit_debug_register_code");
  a.ret();

  // Called by generated code with the helper's id in HELPER_REG and arguments in the slots; returns with results there, all other registers lost.
  a.align(16);
  a.bind(helperThunk);
  a.mov32_mr(STACK_REG, STACK.helper, HELPER_REG);
  a.mov64_mr(STACK_REG, STACK.vmctx, VMCTX_REG);
  a.pop64(SCRATCH_REG);
  emitPark(a);
  emitLeave(a, Exit.HELPER);

  // Called by generated code at a safepoint; all registers that it may use but the scratch ones are as before when it returns.
  a.align(16);
  a.bind(safepointThunk);
  emitSafepoint(a);
  // Called at a trap site: as if the call had faulted, without a signal's cost. The signal 0 tells the two apart.
  a.align(16);
  a.bind(trapThunk);
  a.pop64(SCRATCH_REG);
  a.sub64_ri(SCRATCH_REG, TRAP_CALL_BYTES);
  a.mov64_mr(STACK_REG, STACK.trapPc, SCRATCH_REG);
  a.mov64_mr(STACK_REG, STACK.trapFp, RBP);
  a.mov32_mi(STACK_REG, STACK.trapSignal, 0);
  emitLeave(a, Exit.TRAP);

  // Where a fault in generated code continues, with its registers: the handler has filled the block.
  a.align(16);
  a.bind(trapStub);
  emitSaveState(a);
  emitLeave(a, Exit.TRAP);

  // Where the copy of an instruction goes on that was to run alone. Nothing is pushed on its stack, which may be full.
  a.align(16);
  a.bind(stepped);
  emitSaveState(a);
  a.mov64_rm(RSP, STACK_REG, STACK.hostSp);
  a.emitBytes(PUSHFQ);
  a.pop64(RAX);
  a.mov64_mr(STACK_REG, STATE.flags, RAX);
  emitLeave(a, Exit.STEPPED);

  a.align(16);
  a.bind(trapHandler);
  emitTrapHandler(a, trapHandler, trapStub, report);
  a.align(16);
  emitFaultReport(a, report, { address: SIGINFO.address, pc: UCONTEXT.rip });

  const code = a.finish({ name: "strata stubs" });
  for (const { offset, target, addend } of code.relocations) {
    if (target !== "registry") throw new BugError(`the stubs refer to ${target}`);
    new DataView(code.bytes.buffer, code.bytes.byteOffset).setInt32(offset, dataDistance + addend - offset, true);
  }
  const symbols = [...starts].map(([name, offset]): SharedSymbol => ({ name, offset, size: 0, section: "code" }));
  symbols.push({ name: "__jit_debug_descriptor", offset: REGISTRY.debugger, size: 24, section: "data" });
  return { code: code.bytes, symbols };
}

/** Parks what runs on the stack: `resume` continues at the address in SCRATCH_REG with the present stack and frame pointers. */
export function emitPark(a: Assembler): void {
  a.mov64_mr(STACK_REG, STACK.resumeIp, SCRATCH_REG);
  a.mov64_mr(STACK_REG, STACK.sp, RSP);
  a.mov64_mr(STACK_REG, STACK.fp, RBP);
}

/** Parks with [rsp] at the return address, as exit thunks do; resumed, returns there. What is fixed is found again from the frame. */
function emitSafepoint(a: Assembler): void {
  const resumed = a.newLabel();
  ALLOCATABLE.forEach((register, i) => a.mov64_mr(STACK_REG, STACK.savedInts + 8 * i, register));
  ALLOCATABLE_XMM.forEach((register, i) => a.movups_mr(STACK_REG, STACK.savedVectors + 16 * i, register));
  a.lea64_rl(SCRATCH_REG, resumed);
  emitPark(a);
  emitLeave(a, Exit.SAFEPOINT);
  a.bind(resumed);
  a.mov64_rm(VMCTX_REG, RBP, FRAME_VMCTX);
  a.mov64_rm(MEMORY_REG, VMCTX_REG, VMCTX.memory0Base);
  ALLOCATABLE.forEach((register, i) => a.mov64_rm(register, STACK_REG, STACK.savedInts + 8 * i));
  ALLOCATABLE_XMM.forEach((register, i) => a.movups_rm(register, STACK_REG, STACK.savedVectors + 16 * i));
  a.ret();
}

/** Registers of each kind, and the integer registers that are saved under their numbers. */
const REGISTERS = 16;
const KEPT = Array.from({ length: REGISTERS }, (_, r) => r).filter((r) => r !== RSP && r !== STACK_REG);

function emitSaveState(a: Assembler): void {
  a.mov64_mr(STACK_REG, STATE.sp, RSP);
  for (const register of KEPT) a.mov64_mr(STACK_REG, STATE.integers + 8 * register, register);
  for (let x = 0; x < REGISTERS; x++) a.movups_mr(STACK_REG, STATE.vectors + 16 * x, x);
}

/** The instructions `pushfq` and `popfq`, which no generated code uses. */
const PUSHFQ = new Uint8Array([0x9c]);
const POPFQ = new Uint8Array([0x9d]);
/** The instruction `cpuid`, which no generated code uses. */
const CPUID = new Uint8Array([0x0f, 0xa2]);

/** `void handler(int signal in edi, siginfo_t* in rsi, ucontext_t* in rdx)`: see platform/signals.ts for what it shares with TypeScript. */
function emitTrapHandler(a: Assembler, trapHandler: number, trapStub: number, report: number): void {
  const [nextRange, rangeFound, notOurs, defaultAction, fromKernel] = Array.from({ length: 5 }, () => a.newLabel());
  a.leaSymbol(RCX, "registry");
  // A signal that a process sent (code 0 or below) is no fault, wherever it arrives.
  a.cmp32_mi(RSI, SIGINFO.code, 0);
  a.jcc(Cond.LE, notOurs);
  a.mov64_rm(RAX, RDX, UCONTEXT.rip);
  a.mov64_rm(R9, RCX, REGISTRY.process);
  a.mov32_rm(R8, R9, PROCESS.isolateCount);
  a.add64_ri(R9, PROCESS.isolates);
  a.bind(nextRange);
  a.sub32_ri(R8, 1);
  a.jcc(Cond.B, notOurs);
  a.mov64(R10, RAX);
  a.sub64_rm(R10, R9, ISOLATE.codeAddress);
  a.cmp64_rm(R10, R9, ISOLATE.codeBytes);
  a.jcc(Cond.B, rangeFound);
  a.add64_ri(R9, 1 << ISOLATE.log2);
  a.jmp(nextRange);

  a.bind(rangeFound);
  a.mov64_rm(R8, RDX, UCONTEXT.r15);
  a.mov64_mr(R8, STACK.trapPc, RAX);
  a.mov32_mr(R8, STACK.trapSignal, RDI);
  for (
    const [from, place, field] of [
      [RSI, SIGINFO.address, STACK.trapAddress],
      [RDX, UCONTEXT.rbp, STACK.trapFp],
      [RDX, UCONTEXT.flags, STATE.flags],
    ]
  ) {
    a.mov64_rm(RAX, from, place);
    a.mov64_mr(R8, field, RAX);
  }
  a.lea64_rl(RAX, trapStub);
  a.mov64_mr(RDX, UCONTEXT.rip, RAX);
  a.ret();

  a.bind(notOurs);
  a.mov32(RDI, RDI);
  a.mov64_rx(RAX, RCX, RDI, 8, REGISTRY.oldHandlers);
  a.cmp64_ri(RAX, SIG_IGN);
  a.jcc(Cond.BE, defaultAction);
  a.cmp32_mi(RSI, SIGINFO.code, 0);
  const isFault = a.newLabel();
  a.jcc(Cond.G, isFault);
  a.jmp64(RAX);

  // A handler before ours may put a fault right. One that does not has the default action installed, under which the instruction faults again: then this is the end.
  a.bind(isFault);
  const handled = a.newLabel();
  for (const register of [RDI, RSI, RDX]) a.push64(register);
  a.call64(RAX);
  a.mov64_rm(RDI, RSP, 16);
  a.zero(RSI);
  a.sub64_ri(RSP, KERNEL_ACTION_BYTES);
  a.mov64(RDX, RSP);
  a.mov32_ri(R10, SIGSET_BYTES);
  a.mov32_ri(RAX, SYS.rt_sigaction);
  a.syscall();
  a.mov64_rm(RAX, RSP, 0);
  a.add64_ri(RSP, KERNEL_ACTION_BYTES);
  for (const register of [RDX, RSI, RDI]) a.pop64(register);
  a.lea64_rl(R10, trapHandler);
  a.cmp64(RAX, R10);
  a.jcc(Cond.E, handled);
  a.jmp(report);
  a.bind(handled);
  a.ret();

  // No handler before ours: the default action, by letting the instruction fault again or by sending the signal again.
  a.bind(defaultAction);
  const sent = a.newLabel();
  a.cmp32_mi(RSI, SIGINFO.code, 0);
  a.jcc(Cond.LE, sent);
  for (const register of [RDI, RSI, RDX]) a.push64(register);
  a.call(report);
  for (const register of [RDX, RSI, RDI]) a.pop64(register);
  a.leaSymbol(RCX, "registry");
  a.bind(sent);
  a.push64(RBX);
  a.push64(RBP);
  a.mov32(RBP, RDI);
  a.mov32_rm(RBX, RSI, SIGINFO.code);
  a.lea64_rm(RSI, RCX, REGISTRY.defaultAction);
  a.zero(RDX);
  a.mov32_ri(R10, SIGSET_BYTES);
  a.mov32_ri(RAX, SYS.rt_sigaction);
  a.syscall();
  a.cmp32_ri(RBX, 0);
  a.jcc(Cond.G, fromKernel);
  a.mov32_ri(RAX, SYS.gettid);
  a.syscall();
  a.mov32(RBX, RAX);
  a.mov32_ri(RAX, SYS.getpid);
  a.syscall();
  a.mov32(RDI, RAX);
  a.mov32(RSI, RBX);
  a.mov32(RDX, RBP);
  a.mov32_ri(RAX, SYS.tgkill);
  a.syscall();
  a.bind(fromKernel);
  a.pop64(RBP);
  a.pop64(RBX);
  a.ret();
}
