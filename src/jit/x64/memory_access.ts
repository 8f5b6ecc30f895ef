// Loads and stores of linear memory on x86-64, by the opcode of the Wasm instruction. Index NO_REGISTER: the address is base + displacement.
// A fault of the one instruction written here is the trap: whoever calls has recorded the site.

import { BugError } from "../../base/bug.ts";
import type { Assembler } from "../../asm/x64/assembler.ts";
import * as op from "../../wasm/opcodes.ts";

/** dst = memory, extended as the opcode says. */
export function emitLoad(a: Assembler, opcode: number, dst: number, base: number, index: number, disp: number): void {
  if (index < 0) return emitLoadBased(a, opcode, dst, base, disp);
  switch (opcode) {
    case op.I32_LOAD:
    case op.I64_LOAD32_U:
      return a.mov32_rx(dst, base, index, 1, disp);
    case op.I64_LOAD:
      return a.mov64_rx(dst, base, index, 1, disp);
    case op.F32_LOAD:
      return a.movss_rx(dst, base, index, 1, disp);
    case op.F64_LOAD:
      return a.movsd_rx(dst, base, index, 1, disp);
    case op.I32_LOAD8_S:
      return a.movsx8to32_rx(dst, base, index, 1, disp);
    case op.I64_LOAD8_S:
      return a.movsx8to64_rx(dst, base, index, 1, disp);
    case op.I32_LOAD8_U:
    case op.I64_LOAD8_U:
      return a.movzx8to32_rx(dst, base, index, 1, disp);
    case op.I32_LOAD16_S:
      return a.movsx16to32_rx(dst, base, index, 1, disp);
    case op.I64_LOAD16_S:
      return a.movsx16to64_rx(dst, base, index, 1, disp);
    case op.I32_LOAD16_U:
    case op.I64_LOAD16_U:
      return a.movzx16to32_rx(dst, base, index, 1, disp);
    case op.I64_LOAD32_S:
      return a.movsxd_rx(dst, base, index, 1, disp);
    case op.V128_LOAD:
      return a.movups_rx(dst, base, index, 1, disp);
    default:
      throw new BugError(`not a load: ${opcode.toString(16)}`);
  }
}

function emitLoadBased(a: Assembler, opcode: number, dst: number, base: number, disp: number): void {
  switch (opcode) {
    case op.I32_LOAD:
    case op.I64_LOAD32_U:
      return a.mov32_rm(dst, base, disp);
    case op.I64_LOAD:
      return a.mov64_rm(dst, base, disp);
    case op.F32_LOAD:
      return a.movss_rm(dst, base, disp);
    case op.F64_LOAD:
      return a.movsd_rm(dst, base, disp);
    case op.I32_LOAD8_S:
      return a.movsx8to32_rm(dst, base, disp);
    case op.I64_LOAD8_S:
      return a.movsx8to64_rm(dst, base, disp);
    case op.I32_LOAD8_U:
    case op.I64_LOAD8_U:
      return a.movzx8to32_rm(dst, base, disp);
    case op.I32_LOAD16_S:
      return a.movsx16to32_rm(dst, base, disp);
    case op.I64_LOAD16_S:
      return a.movsx16to64_rm(dst, base, disp);
    case op.I32_LOAD16_U:
    case op.I64_LOAD16_U:
      return a.movzx16to32_rm(dst, base, disp);
    case op.I64_LOAD32_S:
      return a.movsxd_rm(dst, base, disp);
    case op.V128_LOAD:
      return a.movups_rm(dst, base, disp);
    default:
      throw new BugError(`not a load: ${opcode.toString(16)}`);
  }
}

/** memory = src, as many low bytes as the opcode says. */
export function emitStore(a: Assembler, opcode: number, base: number, index: number, disp: number, src: number): void {
  const based = index < 0;
  switch (opcode) {
    case op.I32_STORE:
    case op.I64_STORE32:
      return based ? a.mov32_mr(base, disp, src) : a.mov32_xr(base, index, 1, disp, src);
    case op.I64_STORE:
      return based ? a.mov64_mr(base, disp, src) : a.mov64_xr(base, index, 1, disp, src);
    case op.F32_STORE:
      return based ? a.movss_mr(base, disp, src) : a.movss_xr(base, index, 1, disp, src);
    case op.F64_STORE:
      return based ? a.movsd_mr(base, disp, src) : a.movsd_xr(base, index, 1, disp, src);
    case op.I32_STORE8:
    case op.I64_STORE8:
      return based ? a.mov8_mr(base, disp, src) : a.mov8_xr(base, index, 1, disp, src);
    case op.I32_STORE16:
    case op.I64_STORE16:
      return based ? a.mov16_mr(base, disp, src) : a.mov16_xr(base, index, 1, disp, src);
    case op.V128_STORE:
      return based ? a.movups_mr(base, disp, src) : a.movups_xr(base, index, 1, disp, src);
    default:
      throw new BugError(`not a store: ${opcode.toString(16)}`);
  }
}

/** memory = an integer constant, sign-extended where the access has 64 bits. */
export function emitStoreConstant(
  a: Assembler,
  opcode: number,
  base: number,
  index: number,
  disp: number,
  value: number,
): void {
  const based = index < 0;
  switch (opcode) {
    case op.I32_STORE:
    case op.I64_STORE32:
      return based ? a.mov32_mi(base, disp, value) : a.mov32_xi(base, index, 1, disp, value);
    case op.I64_STORE:
      return based ? a.mov64_mi(base, disp, value) : a.mov64_xi(base, index, 1, disp, value);
    case op.I32_STORE8:
    case op.I64_STORE8:
      value = value << 24 >> 24;
      return based ? a.mov8_mi(base, disp, value) : a.mov8_xi(base, index, 1, disp, value);
    case op.I32_STORE16:
    case op.I64_STORE16:
      value = value << 16 >> 16;
      return based ? a.mov16_mi(base, disp, value) : a.mov16_xi(base, index, 1, disp, value);
    default:
      throw new BugError(`not a store of integers: ${opcode.toString(16)}`);
  }
}
