// Constants of sixteen bytes that emitters of vector instructions place behind the code, and the moves that several of them share.
// X and Y are the scratch registers: an emitter may change them and its destination, which may be any of its operands.

import type { Label } from "../../asm/buffer.ts";
import type { Assembler } from "../../asm/x64/assembler.ts";
import { SCRATCH2_XMM, SCRATCH_XMM } from "../../abi/x64/registers.ts";

export const X = SCRATCH_XMM;
export const Y = SCRATCH2_XMM;

/** An instruction of two registers, the first of which it changes, as a method of the assembler. */
export type Pair = (this: Assembler, dst: number, src: number) => void;

/** Sixteen bytes that repeat `bytes`. */
export function repeated(...bytes: number[]): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, i) => bytes[i % bytes.length]);
}

/** Label of a constant that instructions can take as a memory operand. */
export function vector(a: Assembler, bytes: Uint8Array): Label {
  return a.constant(bytes, 16);
}

/** dst = src. */
export function copy(a: Assembler, dst: number, src: number): void {
  if (dst !== src) a.movaps(dst, src);
}

/** dst = lhs op rhs, by an instruction that overwrites its left operand. */
export function overwrite(a: Assembler, operation: Pair, dst: number, lhs: number, rhs: number): void {
  if (dst === rhs && dst !== lhs) {
    a.movaps(X, rhs);
    rhs = X;
  }
  copy(a, dst, lhs);
  operation.call(a, dst, rhs);
}

/** dst = src with every bit inverted. */
export function invert(a: Assembler, dst: number, src: number): void {
  const ones = dst === Y ? X : Y;
  copy(a, dst, src);
  a.pcmpeqd(ones, ones);
  a.pxor(dst, ones);
}
