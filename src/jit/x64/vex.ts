// Writes the few VEX-encoded integer instructions (BMI2) that the one-pass compiler uses; they leave the flags alone and take any registers.
// Encodings: Intel SDM 2, SARX/SHLX/SHRX and RORX.

import type { CodeBuffer } from "../../asm/buffer.ts";

/** Prefix codes: which of the three shifts. */
export const SHLX = 1;
export const SARX = 2;
export const SHRX = 3;
const MAP_0F38 = 2;
const MAP_0F3A = 3;

const instruction = new Uint8Array(6);
const withoutImmediate = instruction.subarray(0, 5);

function encode(map: number, pp: number, w: number, opcode: number, reg: number, vvvv: number, rm: number): void {
  instruction[0] = 0xc4;
  instruction[1] = (reg & 8 ? 0 : 0x80) | 0x40 | (rm & 8 ? 0 : 0x20) | map;
  instruction[2] = w << 7 | (~vvvv & 15) << 3 | pp;
  instruction[3] = opcode;
  instruction[4] = 0xc0 | (reg & 7) << 3 | rm & 7;
}

/** dst = src shifted by the register `count`, modulo 32. */
export function shiftX32(b: CodeBuffer, which: number, dst: number, src: number, count: number): void {
  encode(MAP_0F38, which, 0, 0xf7, dst, count, src);
  b.emitBytes(withoutImmediate);
}
/** dst = src shifted by the register `count`, modulo 64. */
export function shiftX64(b: CodeBuffer, which: number, dst: number, src: number, count: number): void {
  encode(MAP_0F38, which, 1, 0xf7, dst, count, src);
  b.emitBytes(withoutImmediate);
}
/** dst = src rotated right by a constant. */
export function rorx32(b: CodeBuffer, dst: number, src: number, count: number): void {
  encode(MAP_0F3A, 3, 0, 0xf0, dst, 0, src);
  instruction[5] = count;
  b.emitBytes(instruction);
}
/** dst = src rotated right by a constant. */
export function rorx64(b: CodeBuffer, dst: number, src: number, count: number): void {
  encode(MAP_0F3A, 3, 1, 0xf0, dst, 0, src);
  instruction[5] = count;
  b.emitBytes(instruction);
}
