// The signal handler's report of a fault outside of generated code: which Wasm functions ran last on the faulting thread. Machine code that calls nothing but
// write(2), and reads what platform/notes.ts keeps. It is the last thing that the process does.

import type { Assembler } from "../../asm/x64/assembler.ts";
import { Cond, R12, R13, R14, R15, R8, R9, RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP } from "../../asm/x64/registers.ts";
import { NAME, NOTES } from "../../platform/notes.ts";
import { ISOLATE, PROCESS, REGISTRY } from "../../platform/registry.ts";
import { RECORD, STACK } from "../vmctx.ts";

/** System calls by number. */
const SYS = { write: 1, gettid: 186 } as const;
const STDERR = 2;
/** Callers that are listed at most. */
const MAX_CALLERS = 12;

/** Where the handler's arguments hold what the report needs. */
export interface FaultPlaces {
  /** In siginfo_t: the address that was accessed. */
  readonly address: number;
  /** In ucontext_t: the pc. */
  readonly pc: number;
}

/**
 * Emits `void report(int signal in edi, siginfo_t* in rsi, ucontext_t* in rdx)`, which loses all registers but rsp, and binds `label` to it.
 * A second call, for a fault of the first, does nothing. Takes about 200 bytes of stack.
 */
export function emitFaultReport(a: Assembler, label: number, places: FaultPlaces): void {
  const texts: [label: number, text: string][] = [];
  const [write, writeHex, writeName, find] = Array.from({ length: 4 }, () => a.newLabel());
  const say = (text: string) => {
    const at = a.newLabel();
    texts.push([at, text]);
    a.lea64_rl(RSI, at);
    a.mov32_ri(RDX, text.length);
    a.call(write);
  };
  const [end, nextRange, ranged, skip, machineCode, nextCaller] = Array.from({ length: 6 }, () => a.newLabel());

  a.bind(label);
  a.leaSymbol(RBX, "registry");
  a.mov32_ri(RAX, 1);
  a.xchg32_mr(RBX, REGISTRY.reporting, RAX);
  a.test32(RAX, RAX);
  a.jcc(Cond.NE, end);
  a.mov32(R12, RDI);
  a.mov64_rm(R13, RDX, places.pc);
  a.mov64_rm(RBP, RSI, places.address);

  // The notes of this thread: of several entries the last, since numbers of threads that ended come again.
  a.mov32_ri(RAX, SYS.gettid);
  a.syscall();
  a.zero(R14);
  a.mov64_rm(RDX, RBX, REGISTRY.process);
  a.mov32_rm(RCX, RDX, PROCESS.isolateCount);
  a.add64_ri(RDX, PROCESS.isolates);
  a.bind(nextRange);
  a.sub32_ri(RCX, 1);
  a.jcc(Cond.B, ranged);
  a.cmp64_rm(RAX, RDX, ISOLATE.thread);
  a.jcc(Cond.NE, skip);
  a.mov64_rm(R14, RDX, ISOLATE.notes);
  a.bind(skip);
  a.add64_ri(RDX, 1 << ISOLATE.log2);
  a.jmp(nextRange);
  a.bind(ranged);

  say("strata: signal ");
  a.mov32(RAX, R12);
  a.call(writeHex);
  say(" outside of compiled Wasm, pc ");
  a.mov64(RAX, R13);
  a.call(writeHex);
  say(", address ");
  a.mov64(RAX, RBP);
  a.call(writeHex);
  say("\nstrata: last Wasm function: ");
  const [none, place, found] = [a.newLabel(), a.newLabel(), a.newLabel()];
  a.test64(R14, R14);
  a.jcc(Cond.E, none);

  // An interpreted one, by the number of its name.
  a.mov32_rm(RCX, R14, NOTES.interpreted);
  a.sub32_ri(RCX, 1);
  a.jcc(Cond.B, machineCode);
  a.mov32_rm(RAX, R14, NOTES.count);
  a.sub32(RAX, RCX);
  a.cmp32_ri(RAX, NOTES.capacity);
  a.jcc(Cond.A, none);
  emitNameAddress(a);
  a.call(writeName);
  say("\n");
  a.ret();

  // Machine code: what is parked on the stack that was entered last, or the function that was entered.
  a.bind(machineCode);
  a.mov64_rm(R15, R14, NOTES.block);
  a.test64(R15, R15);
  a.jcc(Cond.E, none);
  a.mov64_rm(R13, R15, STACK.sp);
  a.zero(RBP);
  a.mov64_rm(RAX, R15, STACK.record);
  a.mov64_rm(RAX, RAX, RECORD.entry);
  a.cmp64(R13, R15);
  a.jcc(Cond.AE, place);
  // After an exit HELPER the pc stands in the block, otherwise on the stack.
  a.mov64_rm(RBP, R15, STACK.fp);
  a.mov64_rm(RAX, R15, STACK.resumeIp);
  a.call(find);
  a.test64(R8, R8);
  a.jcc(Cond.NE, found);
  a.mov64_rm(RAX, R13, 0);
  a.bind(place);
  a.call(find);
  a.test64(R8, R8);
  a.jcc(Cond.E, none);
  a.bind(found);
  a.call(writeName);
  say("\n");

  // Its callers: frame pointers lead up, within the stack below its block, to the entry thunk, which has no name.
  a.mov32_ri(R12, MAX_CALLERS);
  a.bind(nextCaller);
  a.lea64_rm(RAX, R15, -16);
  a.cmp64(RBP, RAX);
  a.jcc(Cond.A, end);
  a.cmp64_rm(RBP, R15, STACK.limit);
  a.jcc(Cond.B, end);
  a.mov64_rm(RAX, RBP, 8);
  a.mov64_rm(RBP, RBP, 0);
  a.call(find);
  a.test64(R8, R8);
  a.jcc(Cond.E, end);
  a.mov64(R13, R8);
  say("strata:   called by ");
  a.mov64(R8, R13);
  a.call(writeName);
  say("\n");
  a.sub32_ri(R12, 1);
  a.jcc(Cond.NE, nextCaller);
  a.ret();

  a.bind(none);
  say("none that is known\n");
  a.bind(end);
  a.ret();

  emitFind(a, find);
  emitWriteHex(a, writeHex, write);

  // void writeName(name in r8); void write(const char* in rsi, length in edx)
  a.bind(writeName);
  a.lea64_rm(RSI, R8, NAME.text);
  a.mov32_rm(RDX, R8, NAME.length);
  a.bind(write);
  a.mov32_ri(RDI, STDERR);
  a.mov32_ri(RAX, SYS.write);
  a.syscall();
  a.ret();

  for (const [at, text] of texts) {
    a.bind(at);
    a.emitBytes(new TextEncoder().encode(text));
  }
}

/** The address of name number ecx to r8, by the notes in r14. */
function emitNameAddress(a: Assembler): void {
  a.mov32(R8, RCX);
  a.and32_ri(R8, NOTES.capacity - 1);
  a.shl64_ri(R8, NAME.sizeLog2);
  a.add64_rm(R8, R14, NOTES.names);
}

/** Emits `name find(pc in rax)`: the name of the code that holds the pc or ends there, the newest if there are several, in r8; 0 if there is none. */
function emitFind(a: Assembler, label: number): void {
  const [next, none, few] = [a.newLabel(), a.newLabel(), a.newLabel()];
  a.bind(label);
  a.mov32_rm(RCX, R14, NOTES.count);
  a.mov32(R9, RCX);
  a.cmp32_ri(R9, NOTES.capacity);
  a.jcc(Cond.BE, few);
  a.mov32_ri(R9, NOTES.capacity);
  a.bind(few);
  a.bind(next);
  a.sub32_ri(R9, 1);
  a.jcc(Cond.B, none);
  a.sub32_ri(RCX, 1);
  emitNameAddress(a);
  a.mov64(RDX, RAX);
  a.sub64_rm(RDX, R8, NAME.start);
  a.cmp64_rm(RDX, R8, NAME.bytes);
  a.jcc(Cond.A, next);
  // Names of interpreted functions have no code.
  a.cmp32_mi(R8, NAME.bytes, 0);
  a.jcc(Cond.E, next);
  a.ret();
  a.bind(none);
  a.zero(R8);
  a.ret();
}

/** Emits `void writeHex(number in rax)`: as 0x and as many digits as it needs. */
function emitWriteHex(a: Assembler, label: number, write: number): void {
  const [next, digit] = [a.newLabel(), a.newLabel()];
  a.bind(label);
  a.sub64_ri(RSP, 32);
  a.lea64_rm(RSI, RSP, 32);
  a.bind(next);
  a.mov32(RDX, RAX);
  a.and32_ri(RDX, 15);
  a.add32_ri(RDX, 0x30);
  a.cmp32_ri(RDX, 0x39);
  a.jcc(Cond.BE, digit);
  a.add32_ri(RDX, 0x61 - 0x3a);
  a.bind(digit);
  a.sub64_ri(RSI, 1);
  a.mov8_mr(RSI, 0, RDX);
  a.shr64_ri(RAX, 4);
  a.jcc(Cond.NE, next);
  a.sub64_ri(RSI, 2);
  a.mov8_mi(RSI, 0, 0x30);
  a.mov8_mi(RSI, 1, 0x78);
  a.lea64_rm(RDX, RSP, 32);
  a.sub64(RDX, RSI);
  a.call(write);
  a.add64_ri(RSP, 32);
  a.ret();
}
