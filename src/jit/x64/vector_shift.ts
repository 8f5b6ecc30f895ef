// Shifts of vector lanes on x86-64 with SSE4.1, with the conventions of vector_integer.ts. Bytes, and 64-bit lanes with sign, have no instruction of their own.

import { Assembler } from "../../asm/x64/assembler.ts";
import { SCRATCH_REG } from "../../abi/x64/registers.ts";
import * as op from "../../wasm/opcodes.ts";
import { copy, type Pair, repeated, vector, X, Y } from "./vector_constants.ts";

const A = Assembler.prototype;
const R = SCRATCH_REG;
const SIGN64 = repeated(0, 0, 0, 0, 0, 0, 0, 0x80);

interface ShiftForm {
  readonly by: Pair;
  readonly constant: (this: Assembler, dst: number, count: number) => void;
  readonly mask: number;
}
const SHIFTS = new Map<number, ShiftForm>([
  [op.I16X8_SHL, { by: A.psllw, constant: A.psllw_ri, mask: 15 }],
  [op.I16X8_SHR_S, { by: A.psraw, constant: A.psraw_ri, mask: 15 }],
  [op.I16X8_SHR_U, { by: A.psrlw, constant: A.psrlw_ri, mask: 15 }],
  [op.I32X4_SHL, { by: A.pslld, constant: A.pslld_ri, mask: 31 }],
  [op.I32X4_SHR_S, { by: A.psrad, constant: A.psrad_ri, mask: 31 }],
  [op.I32X4_SHR_U, { by: A.psrld, constant: A.psrld_ri, mask: 31 }],
  [op.I64X2_SHL, { by: A.psllq, constant: A.psllq_ri, mask: 63 }],
  [op.I64X2_SHR_U, { by: A.psrlq, constant: A.psrlq_ri, mask: 63 }],
]);

/** dst = src shifted by the general register `count`, which stays. */
export function emitShift(a: Assembler, opcode: number, dst: number, src: number, count: number): void {
  const form = SHIFTS.get(opcode);
  a.mov32(R, count);
  if (form !== undefined) {
    a.and32_ri(R, form.mask);
    a.movdToXmm(Y, R);
    copy(a, dst, src);
    return form.by.call(a, dst, Y);
  }
  if (opcode === op.I64X2_SHR_S) {
    a.and32_ri(R, 63);
    a.movdToXmm(Y, R);
    a.movaps_rl(X, vector(a, SIGN64));
    a.psrlq(X, Y);
    copy(a, dst, src);
    a.psrlq(dst, Y);
    return extendSign64(a, dst);
  }
  a.and32_ri(R, 7);
  if (opcode === op.I8X16_SHR_S) {
    a.add32_ri(R, 8);
    a.movdToXmm(Y, R);
    return shiftBytes(a, (to) => a.psraw(to, Y), dst, src);
  }
  // X = in each byte the bits that stay (shl) or are not the neighbour's (shr_u).
  a.add32_ri(R, 8);
  a.movdToXmm(Y, R);
  a.pcmpeqd(X, X);
  a.psrlw(X, Y);
  a.packuswb(X, X);
  a.sub32_ri(R, 8);
  a.movdToXmm(Y, R);
  copy(a, dst, src);
  if (opcode === op.I8X16_SHL) {
    a.pand(dst, X);
    a.psllw(dst, Y);
  } else {
    a.psrlw(dst, Y);
    a.pand(dst, X);
  }
}

/** The same by a constant. */
export function emitShiftConstant(a: Assembler, opcode: number, dst: number, src: number, count: number): void {
  const form = SHIFTS.get(opcode);
  if (form !== undefined) {
    copy(a, dst, src);
    return form.constant.call(a, dst, count & form.mask);
  }
  if (opcode === op.I64X2_SHR_S) {
    a.movaps_rl(X, vector(a, SIGN64));
    a.psrlq_ri(X, count & 63);
    copy(a, dst, src);
    a.psrlq_ri(dst, count & 63);
    return extendSign64(a, dst);
  }
  const n = count & 7;
  if (opcode === op.I8X16_SHR_S) return shiftBytes(a, (to) => a.psraw_ri(to, 8 + n), dst, src);
  copy(a, dst, src);
  if (opcode === op.I8X16_SHL) {
    a.psllw_ri(dst, n);
    a.pand_rl(dst, vector(a, repeated(0xff << n & 0xff)));
  } else {
    a.psrlw_ri(dst, n);
    a.pand_rl(dst, vector(a, repeated(0xff >> n)));
  }
}

/** X holds the place where the sign bit went to. */
function extendSign64(a: Assembler, dst: number): void {
  a.pxor(dst, X);
  a.psubq(dst, X);
}

/** Shifts bytes as the upper halves of words, with sign. */
function shiftBytes(a: Assembler, shift: (to: number) => void, dst: number, src: number): void {
  a.movaps(X, src);
  a.punpckhbw(X, X);
  shift(X);
  copy(a, dst, src);
  a.punpcklbw(dst, dst);
  shift(dst);
  a.packsswb(dst, X);
}
