// Assembler: one method per x86-64 instruction, width and shape of operands; takes small integers, writes into its buffer.
// Methods come from the instruction table; here stand those with labels, symbols and wide immediates.
import { BugError } from "../../base/bug.ts";
import type { Label } from "../buffer.ts";
import type { RelocationTarget } from "../code.ts";
import {
  encodeInOpcode,
  encodeRegister,
  encodeRipRelative,
  encodeWideImmediate,
  type Encoding,
  FIXUP_REL32,
  FIXUP_REL8,
  X64Buffer,
} from "./encoder.ts";
import { findEncoding, withInstructionMethods } from "./instruction_methods.ts";
import type { Cond, Gpr } from "./registers.ts";

const JCC_8 = findEncoding("jcc", "rel8");
const JCC_32 = findEncoding("jcc", "rel32");
const JMP_8 = findEncoding("jmp", "rel8");
const JMP_32 = findEncoding("jmp", "rel32");
const CALL_32 = findEncoding("call", "rel32");
const XOR_32 = findEncoding("xor32", "rm32", "r32");
const SUB_64 = findEncoding("sub64", "rm64", "imm32");
const LEA_64 = findEncoding("lea64", "r64", "m");
const MOV_WIDE = findEncoding("movWide64", "r64", "imm64");

/** Relocated 32-bit distances count from the end of their field. */
const FIELD_END = -4;

const WithInstructions = withInstructionMethods(X64Buffer);

/**
 * Writes x86-64 machine code; wrong operands throw BugError.
 *
 * A name is the manual's mnemonic, a width where it matters, and a suffix that tells the operands, destination first:
 *   none  registers only                 add32(dst, src)   neg64(dst)
 *   _ri   register, immediate            add32_ri(dst, imm): takes the shortest form
 *   _rm   register, memory               mov64_rm(dst, base, disp)
 *   _mr   memory, register               mov64_mr(base, disp, src)
 *   _mi   memory, immediate              mov32_mi(base, disp, imm)
 *   _rl   register, memory at a label    movsd_rl(dst, label)
 *   _m _i one operand                    push64_m(base, disp)   push64_i(imm)
 *   _cl   shift by cl                    shl32_cl(dst)
 *   _rri _rmi  with a third operand      imul32_rri(dst, src, imm)   roundsd_rri(dst, src, mode)
 * x in place of m is an indexed address, (base, index, scale, disp), with scale 1, 2, 4 or 8: mov32_rx, mov8_xr, add32_xi, jmp64_x.
 * setcc, cmovcc32 and cmovcc64 take the condition first. Immediates as wide as the operation may be given signed or unsigned.
 */
export class Assembler extends WithInstructions {
  /** Jumps to `label`: a short jump when it is bound and near, otherwise with a 32-bit distance. */
  jmp(label: Label): void {
    if (this.#isNear(label)) this.#jump8(JMP_8, 0, label);
    else this.#jump32(JMP_32, 0, label);
  }

  /** Jumps to `label`, which is at most 127 bytes away: `bind` throws BugError otherwise. */
  jmpNear(label: Label): void {
    this.#jump8(JMP_8, 0, label);
  }

  /** Jumps to `label` when `cond` holds: a short jump when it is bound and near, otherwise with a 32-bit distance. */
  jcc(cond: Cond, label: Label): void {
    if (this.#isNear(label)) this.#jump8(JCC_8, cond, label);
    else this.#jump32(JCC_32, cond, label);
  }

  /** Jumps to `label`, which is at most 127 bytes away, when `cond` holds. */
  jccNear(cond: Cond, label: Label): void {
    this.#jump8(JCC_8, cond, label);
  }

  /** Calls the code at `label`. */
  call(label: Label): void {
    this.#jump32(CALL_32, 0, label);
  }

  /** Calls a target whose address the linker fills in. */
  callSymbol(target: RelocationTarget): void {
    this.relocate("call", this.#distance32(CALL_32, 0), target, FIELD_END);
  }

  /** Jumps to a target whose address the linker fills in. */
  jmpSymbol(target: RelocationTarget): void {
    this.relocate("jump", this.#distance32(JMP_32, 0), target, FIELD_END);
  }

  /** Address of a target near by plus `addend`, by a distance that the linker fills in. */
  leaSymbol(dst: Gpr, target: RelocationTarget, addend = 0): void {
    this.relocate("relative", encodeRipRelative(this, LEA_64, LEA_64.opcode, dst), target, addend + FIELD_END);
  }

  /** Absolute address of a target plus `addend`, which the linker fills in. */
  mov64Symbol(dst: Gpr, target: RelocationTarget, addend = 0): void {
    this.movWide64(dst, 0, 0);
    this.relocate("data", this.position - 8, target, addend);
  }

  /** Loads a 64-bit constant in its shortest form, flags unchanged; a number must be a safe integer. */
  mov64_ri(dst: Gpr, imm: number | bigint): void {
    if (typeof imm === "bigint") {
      if (BigInt.asIntN(64, imm) !== imm && BigInt.asUintN(64, imm) !== imm) throw new BugError(`mov64_ri: ${imm}`);
      this.mov64Halves(dst, Number(BigInt.asIntN(32, imm)), Number(BigInt.asIntN(32, imm >> 32n)));
    } else {
      if (!Number.isSafeInteger(imm)) throw new BugError(`mov64_ri: ${imm} is not a safe integer`);
      this.mov64Halves(dst, imm | 0, Math.floor(imm / 2 ** 32) | 0);
    }
  }

  /** Loads the 64-bit constant with these halves (32-bit integers) in its shortest form, flags unchanged. */
  mov64Halves(dst: Gpr, low: number, high: number): void {
    if (high === 0) this.mov32_ri(dst, low | 0);
    else if ((high | 0) === -1 && (low | 0) < 0) this.movSigned64_ri(dst, low | 0);
    else this.movWide64(dst, low, high);
  }

  /** Loads a 64-bit constant given in two halves with the ten-byte form, whatever its value. */
  movWide64(dst: Gpr, low: number, high: number): void {
    encodeInOpcode(this, MOV_WIDE, dst);
    encodeWideImmediate(this, low, high);
  }

  /** Clears a register by xor, which changes the flags. */
  zero(dst: Gpr): void {
    encodeRegister(this, XOR_32, XOR_32.opcode, dst, dst);
  }

  /** `sub dst, imm32` with the immediate 0, whose offset it gives for `patch32`: for frames whose size comes out later. */
  sub64Patchable(dst: Gpr): number {
    encodeRegister(this, SUB_64, SUB_64.opcode, SUB_64.digit, dst);
    this.position += 4;
    this.patch32(this.position - 4, 0);
    return this.position - 4;
  }

  #isNear(label: Label): boolean {
    const target = this.offsetOf(label);
    // Both short jumps have two bytes.
    return this.distancesStay && target >= 0 && target - (this.position + 2) >= -128;
  }

  #jump8(e: Encoding, cond: Cond, label: Label): void {
    this.reserve();
    const at = this.position;
    this.bytes[at] = e.opcode | cond;
    this.position = at + 2;
    this.fixup(label, FIXUP_REL8, at + 1, 0);
  }

  #jump32(e: Encoding, cond: Cond, label: Label): void {
    this.fixup(label, FIXUP_REL32, this.#distance32(e, cond), 0);
  }

  /** Writes a jump or call with distance 0 and gives the offset of that field. */
  #distance32(e: Encoding, cond: Cond): number {
    this.reserve();
    if (e.escape !== 0) this.bytes[this.position++] = e.escape;
    this.bytes[this.position++] = e.opcode | cond;
    const field = this.position;
    this.position += 4;
    this.patch32(field, 0);
    return field;
  }
}
