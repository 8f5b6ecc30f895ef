// Values of a kind on x86-64: moved between registers, loaded from and stored to an address.

import type { Assembler } from "../../asm/x64/assembler.ts";
import { FIRST_FLOAT, Kind, type Register } from "../macro_assembler.ts";

/** Number of a float register in the encoding. */
export function xmm(r: Register): number {
  return r - FIRST_FLOAT;
}

/** dst = src. */
export function emitMove(a: Assembler, kind: Kind, dst: Register, src: Register): void {
  if (dst === src) return;
  if (kind === Kind.I64) a.mov64(dst, src);
  else if (dst >= FIRST_FLOAT) a.movaps(xmm(dst), xmm(src));
  else a.mov32(dst, src);
}

/** dst = what is at base + disp. */
export function emitLoadKind(a: Assembler, kind: Kind, dst: Register, base: number, disp: number): void {
  if (kind === Kind.I64) a.mov64_rm(dst, base, disp);
  else if (kind === Kind.F32) a.movss_rm(xmm(dst), base, disp);
  else if (kind === Kind.F64) a.movsd_rm(xmm(dst), base, disp);
  else if (kind === Kind.V128) a.movups_rm(xmm(dst), base, disp);
  else a.mov32_rm(dst, base, disp);
}

/** What is at base + disp = src. */
export function emitStoreKind(a: Assembler, kind: Kind, base: number, disp: number, src: Register): void {
  if (kind === Kind.I64) a.mov64_mr(base, disp, src);
  else if (kind === Kind.F32) a.movss_mr(base, disp, xmm(src));
  else if (kind === Kind.F64) a.movsd_mr(base, disp, xmm(src));
  else if (kind === Kind.V128) a.movups_mr(base, disp, xmm(src));
  else a.mov32_mr(base, disp, src);
}
