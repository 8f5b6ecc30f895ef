// Atomic instructions on x86-64, all with full order. Take the address in a register and log2 of the bytes; what was in memory comes out zero-extended.
// Whoever calls has recorded the site of the first instruction written here as a trap.

import type { Assembler } from "../../asm/x64/assembler.ts";
import { Cond, RAX } from "../../asm/x64/registers.ts";
import { Arithmetic } from "../macro_assembler.ts";

function zeroExtend(a: Assembler, log2: number, r: number): void {
  if (log2 === 0) a.movzx8to32(r, r);
  else if (log2 === 1) a.movzx16to32(r, r);
  else if (log2 === 2) a.mov32(r, r);
}

/** Exchanges memory and register: `xchg` is always locked. */
export function emitExchange(a: Assembler, log2: number, address: number, value: number): void {
  if (log2 === 0) a.xchg8_mr(address, 0, value);
  else if (log2 === 1) a.xchg16_mr(address, 0, value);
  else if (log2 === 2) a.xchg32_mr(address, 0, value);
  else a.xchg64_mr(address, 0, value);
  zeroExtend(a, log2, value);
}

/** memory += value; value = what was there. */
export function emitExchangeAdd(a: Assembler, log2: number, address: number, value: number): void {
  a.lock();
  if (log2 === 0) a.xadd8_mr(address, 0, value);
  else if (log2 === 1) a.xadd16_mr(address, 0, value);
  else if (log2 === 2) a.xadd32_mr(address, 0, value);
  else a.xadd64_mr(address, 0, value);
  zeroExtend(a, log2, value);
}

function compareExchange(a: Assembler, log2: number, address: number, value: number): void {
  a.lock();
  if (log2 === 0) a.cmpxchg8_mr(address, 0, value);
  else if (log2 === 1) a.cmpxchg16_mr(address, 0, value);
  else if (log2 === 2) a.cmpxchg32_mr(address, 0, value);
  else a.cmpxchg64_mr(address, 0, value);
}

/** memory = value if it is as rax says in its low bytes; rax = what was there. */
export function emitCompareExchange(a: Assembler, log2: number, address: number, value: number): void {
  compareExchange(a, log2, address, value);
  zeroExtend(a, log2, RAX);
}

/** memory = memory op value, by trying; rax = what was there. `site` records the attempt as a trap site. */
export function emitLogicLoop(
  a: Assembler,
  op: Arithmetic,
  log2: number,
  address: number,
  scratch: number,
  value: number,
  site: () => void,
): void {
  if (log2 === 0) a.movzx8to32_rm(RAX, address, 0);
  else if (log2 === 1) a.movzx16to32_rm(RAX, address, 0);
  else if (log2 === 2) a.mov32_rm(RAX, address, 0);
  else a.mov64_rm(RAX, address, 0);
  const again = a.here();
  a.mov64(scratch, RAX);
  if (op === Arithmetic.AND) a.and64(scratch, value);
  else if (op === Arithmetic.OR) a.or64(scratch, value);
  else a.xor64(scratch, value);
  site();
  compareExchange(a, log2, address, scratch);
  a.jcc(Cond.NE, again);
}
