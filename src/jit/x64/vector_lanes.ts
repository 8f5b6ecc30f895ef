// Lanes of vectors on x86-64 with SSE4.1: splats, single lanes, shuffles; with the conventions of vector_integer.ts. General registers and
// vector registers are told apart by the opcode.

import { BugError } from "../../base/bug.ts";
import type { Assembler } from "../../asm/x64/assembler.ts";
import * as op from "../../wasm/opcodes.ts";
import { copy, overwrite, type Pair, vector, X, Y } from "./vector_constants.ts";

/** Every lane of dst = src. */
export function emitSplat(a: Assembler, opcode: number, dst: number, src: number): boolean {
  switch (opcode) {
    case op.I8X16_SPLAT:
      a.movdToXmm(dst, src);
      a.pxor(X, X);
      a.pshufb(dst, X);
      return true;
    case op.I16X8_SPLAT:
      a.movdToXmm(dst, src);
      a.pshuflw_rri(dst, dst, 0);
      a.punpcklqdq(dst, dst);
      return true;
    case op.I32X4_SPLAT:
      a.movdToXmm(dst, src);
      a.pshufd_rri(dst, dst, 0);
      return true;
    case op.I64X2_SPLAT:
      a.movqToXmm(dst, src);
      a.punpcklqdq(dst, dst);
      return true;
    case op.F32X4_SPLAT:
      copy(a, dst, src);
      a.shufps_rri(dst, dst, 0);
      return true;
    case op.F64X2_SPLAT:
      copy(a, dst, src);
      a.unpcklpd(dst, dst);
      return true;
  }
  return false;
}

/** dst = one lane of src. */
export function emitExtractLane(a: Assembler, opcode: number, dst: number, src: number, lane: number): void {
  switch (opcode) {
    case op.I8X16_EXTRACT_LANE_S:
      a.pextrb_rri(dst, src, lane);
      return a.movsx8to32(dst, dst);
    case op.I8X16_EXTRACT_LANE_U:
      return a.pextrb_rri(dst, src, lane);
    case op.I16X8_EXTRACT_LANE_S:
      a.pextrw_rri(dst, src, lane);
      return a.movsx16to32(dst, dst);
    case op.I16X8_EXTRACT_LANE_U:
      return a.pextrw_rri(dst, src, lane);
    case op.I32X4_EXTRACT_LANE:
      return lane === 0 ? a.movdToGpr(dst, src) : a.pextrd_rri(dst, src, lane);
    case op.I64X2_EXTRACT_LANE:
      return lane === 0 ? a.movqToGpr(dst, src) : a.pextrq_rri(dst, src, lane);
    case op.F32X4_EXTRACT_LANE:
      return lane === 0 ? copy(a, dst, src) : a.pshufd_rri(dst, src, lane);
    case op.F64X2_EXTRACT_LANE:
      return lane === 0 ? copy(a, dst, src) : a.pshufd_rri(dst, src, 0xee);
    default:
      throw new BugError(`not a lane: ${opcode.toString(16)}`);
  }
}

/** dst = src with one lane replaced by `value`. */
export function emitReplaceLane(
  a: Assembler,
  opcode: number,
  dst: number,
  src: number,
  value: number,
  lane: number,
): void {
  switch (opcode) {
    case op.I8X16_REPLACE_LANE:
      copy(a, dst, src);
      return a.pinsrb_rri(dst, value, lane);
    case op.I16X8_REPLACE_LANE:
      copy(a, dst, src);
      return a.pinsrw_rri(dst, value, lane);
    case op.I32X4_REPLACE_LANE:
      copy(a, dst, src);
      return a.pinsrd_rri(dst, value, lane);
    case op.I64X2_REPLACE_LANE:
      copy(a, dst, src);
      return a.pinsrq_rri(dst, value, lane);
    case op.F32X4_REPLACE_LANE:
      return overwrite(a, (d, s) => a.insertps_rri(d, s, lane << 4), dst, src, value);
    case op.F64X2_REPLACE_LANE:
      return overwrite(a, lane === 0 ? a.movsd : a.unpcklpd, dst, src, value);
    default:
      throw new BugError(`not a lane: ${opcode.toString(16)}`);
  }
}

/** dst = the bytes of lhs and rhs, one after the other, that `lanes` names. */
export function emitShuffle(a: Assembler, dst: number, lhs: number, rhs: number, lanes: Uint8Array): void {
  if (lanes.every((n) => n < 16)) return shuffleOne(a, dst, lhs, lanes);
  if (lanes.every((n) => n >= 16)) return shuffleOne(a, dst, rhs, lanes.map((n) => n - 16));
  const woven = weave(a, lanes);
  if (woven !== undefined) return overwrite(a, woven, dst, lhs, rhs);
  const exchanged = weave(a, lanes.map((n) => n ^ 16));
  if (exchanged !== undefined) return overwrite(a, exchanged, dst, rhs, lhs);
  a.movaps(X, lhs);
  a.pshufb_rl(X, vector(a, lanes.map((n) => n < 16 ? n : 0x80)));
  a.movaps(Y, rhs);
  a.pshufb_rl(Y, vector(a, lanes.map((n) => n >= 16 ? n - 16 : 0x80)));
  a.por(X, Y);
  a.movaps(dst, X);
}

/** The 32-bit lanes that the bytes make up, if they do. */
function words(lanes: Uint8Array): number[] | undefined {
  const found: number[] = [];
  for (let i = 0; i < 16; i += 4) {
    if ((lanes[i] & 3) !== 0) return undefined;
    for (let k = 1; k < 4; k++) if (lanes[i + k] !== lanes[i] + k) return undefined;
    found.push(lanes[i] >> 2);
  }
  return found;
}

function shuffleOne(a: Assembler, dst: number, src: number, lanes: Uint8Array): void {
  const whole = words(lanes);
  if (whole !== undefined) return a.pshufd_rri(dst, src, whole.reduce((code, w, i) => code | w << 2 * i, 0));
  copy(a, dst, src);
  a.pshufb_rl(dst, vector(a, lanes));
}

/** One machine instruction that overwrites its left operand with this shuffle, if there is one. */
function weave(a: Assembler, lanes: Uint8Array): Pair | undefined {
  const forms: [size: number, low: Pair, high: Pair][] = [
    [1, a.punpcklbw, a.punpckhbw],
    [2, a.punpcklwd, a.punpckhwd],
    [4, a.punpckldq, a.punpckhdq],
    [8, a.punpcklqdq, a.punpckhqdq],
  ];
  for (const [size, low, high] of forms) {
    const expected = (i: number) => {
      const lane = Math.floor(i / size);
      return (lane >> 1) * size + (lane & 1) * 16 + i % size;
    };
    if (lanes.every((n, i) => n === expected(i))) return low;
    if (lanes.every((n, i) => n === expected(i) + 8)) return high;
  }
  // shufps takes two words of each operand.
  const whole = words(lanes);
  if (whole === undefined || whole[0] > 3 || whole[1] > 3 || whole[2] < 4 || whole[3] < 4) return undefined;
  const code = whole.reduce((sum, w, i) => sum | (w & 3) << 2 * i, 0);
  return (d, s) => a.shufps_rri(d, s, code);
}
