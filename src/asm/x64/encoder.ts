// The encoder: parses a row's code once, and writes instructions of any row from operands given as small integers.
// It gives bytes in a CodeBuffer; which row serves which method is left to instruction_methods.ts.
import { BugError } from "../../base/bug.ts";
import { CodeBuffer, type Label } from "../buffer.ts";
import type { Instruction } from "./instructions.ts";
import { RSP } from "./registers.ts";

/** A row of the instruction table, parsed. */
export interface Encoding {
  readonly row: Instruction;
  /** All bytes of an instruction without operands. */
  readonly bytes: Uint8Array;
  /** 0x66, 0xf2, 0xf3, or 0 for none. */
  readonly prefix: number;
  /** 8 with REX.W, else 0. */
  readonly rexW: number;
  /** 0, 0x0f, 0x0f38 or 0x0f3a. */
  readonly escape: number;
  readonly opcode: number;
  /** What /digit says, 0 with /r. */
  readonly digit: number;
  /** The operand in ModRM.reg (or ModRM.rm) is a byte register: numbers 4 to 7 need a REX prefix. */
  readonly byteReg: boolean;
  readonly byteRm: boolean;
  /** Bytes of the immediate or the distance. */
  readonly immediateSize: number;
  /** Inclusive range of the immediate. */
  readonly minimum: number;
  readonly maximum: number;
}

/** Fix-up kinds of x86-64: the distance from the end of the field, plus the addend. */
export const FIXUP_REL8 = 1;
export const FIXUP_REL32 = 2;

const IMMEDIATE_SIZES: Readonly<Record<string, number>> = { ib: 1, iw: 2, id: 4, io: 8, cb: 1, cd: 4 };

/** Parses the code of a row of the instruction table; throws BugError for what it does not know. */
export function parseEncoding(row: Instruction): Encoding {
  let prefix = 0, rexW = 0, digit = 0, immediateSize = 0;
  const opcodes: number[] = [];
  const tokens = row.code.split(" ");
  tokens.forEach((token, index) => {
    if (token === "REX.W") rexW = 8;
    else if (token === "/r") digit = 0;
    else if (/^\/[0-7]$/.test(token)) digit = Number(token[1]);
    else if (token in IMMEDIATE_SIZES) immediateSize = IMMEDIATE_SIZES[token];
    else if (index === 0 && tokens.length > 1 && /^(66|F2|F3)$/.test(token)) prefix = parseInt(token, 16);
    else if (/^[0-9A-F]{2}(\+r|\+cc)?$/.test(token)) opcodes.push(parseInt(token, 16));
    else throw new BugError(`${row.name}: unknown encoding ${row.code}`);
  });
  const bytes = [...(prefix ? [prefix] : []), ...(rexW ? [0x48] : []), ...opcodes];
  const opcode = opcodes[opcodes.length - 1];
  let escape = 0;
  for (const byte of opcodes.slice(0, -1)) escape = escape << 8 | byte;
  const inRm = (kind: string | undefined) => kind === "rm8";
  const inReg = (kind: string | undefined) => kind === "r8";
  const [minimum, maximum] = immediateRange(row, immediateSize);
  return {
    row,
    bytes: Uint8Array.from(bytes),
    prefix,
    rexW,
    escape,
    opcode,
    digit,
    byteReg: inReg(row.dst) || inReg(row.src),
    byteRm: inRm(row.dst) || inRm(row.src),
    immediateSize,
    minimum,
    maximum,
  };
}

/** An immediate as wide as the operation may be written signed or unsigned; one that is sign-extended only signed. */
function immediateRange(row: Instruction, size: number): [number, number] {
  const kind = row.third ?? row.src ?? row.dst ?? "";
  const width = Number(/\d+$/.exec(row.dst ?? "")?.[0] ?? 0);
  if (kind === "count") return [0, width - 1];
  if (kind === "uimm8") return [0, 255];
  const bits = size * 8;
  return [-(2 ** (bits - 1)), (bits === width && kind !== row.dst ? 2 ** bits : 2 ** (bits - 1)) - 1];
}

/** A CodeBuffer that knows how x86-64 writes distances and idles. */
export class X64Buffer extends CodeBuffer {
  protected override patch(kind: number, at: number, target: number, addend: number): void {
    if (kind === FIXUP_REL8) {
      const distance = target - (at + 1) + addend;
      if (distance << 24 >> 24 !== distance) throw new BugError(`distance ${distance} is too far for rel8`);
      this.bytes[at] = distance;
    } else {
      this.patch32(at, target - (at + 4) + addend);
    }
  }

  protected override nops(count: number): void {
    while (count > 0) {
      const nop = NOPS[Math.min(count, NOPS.length) - 1];
      this.emitBytes(nop);
      count -= nop.length;
    }
  }
}

/** The recommended instructions without effect, of 1 to 9 bytes. */
const NOPS: readonly Uint8Array[] = [
  [0x90],
  [0x66, 0x90],
  [0x0f, 0x1f, 0x00],
  [0x0f, 0x1f, 0x40, 0x00],
  [0x0f, 0x1f, 0x44, 0x00, 0x00],
  [0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00],
  [0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00],
  [0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
  [0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
].map((bytes) => Uint8Array.from(bytes));

/** Writes prefix, REX, escape and opcode, and leaves the position behind them. `rex` is without the fixed bit 0x40, `force` sets it. */
function encodeHead(b: CodeBuffer, e: Encoding, opcode: number, rex: number, force: boolean): void {
  b.reserve();
  const bytes = b.bytes;
  let at = b.position;
  if (e.prefix !== 0) bytes[at++] = e.prefix;
  if (rex !== 0 || force) bytes[at++] = 0x40 | rex;
  const escape = e.escape;
  if (escape !== 0) {
    if (escape > 0xff) bytes[at++] = escape >> 8;
    bytes[at++] = escape;
  }
  bytes[at++] = opcode;
  b.position = at;
}

function badOperand(e: Encoding, what: string): never {
  throw new BugError(`${e.row.name}: ${what}`);
}

/** Writes an instruction without operands. */
export function encodeBare(b: CodeBuffer, e: Encoding): void {
  b.reserve();
  const code = e.bytes;
  for (let i = 0; i < code.length; i++) b.bytes[b.position++] = code[i];
}

/** Writes an instruction whose register stands in the low bits of the opcode. */
export function encodeInOpcode(b: CodeBuffer, e: Encoding, register: number): void {
  if (register >>> 0 > 15) badOperand(e, `no such register: ${register}`);
  encodeHead(b, e, e.opcode | register & 7, e.rexW | register >> 3, false);
}

/** Writes an instruction with `reg` in ModRM.reg and the register `rm` in ModRM.rm. `opcode` is e.opcode, or that plus a condition. */
export function encodeRegister(b: CodeBuffer, e: Encoding, opcode: number, reg: number, rm: number): void {
  if ((reg | rm) >>> 0 > 15) badOperand(e, `no such register: ${reg}, ${rm}`);
  const force = (e.byteReg && reg >= 4) || (e.byteRm && rm >= 4);
  encodeHead(b, e, opcode, e.rexW | (reg & 8) >> 1 | rm >> 3, force);
  b.bytes[b.position++] = 0xc0 | (reg & 7) << 3 | rm & 7;
}

/** Writes an instruction with `reg` in ModRM.reg and the memory operand [base + disp]. */
export function encodeMemory(
  b: CodeBuffer,
  e: Encoding,
  opcode: number,
  reg: number,
  base: number,
  disp: number,
): void {
  if ((reg | base) >>> 0 > 15) badOperand(e, `no such register: ${reg}, ${base}`);
  encodeHead(b, e, opcode, e.rexW | (reg & 8) >> 1 | base >> 3, e.byteReg && reg >= 4);
  // rsp and r12 in ModRM.rm announce a SIB byte; one that names them as base and no index says what was meant.
  if ((base & 7) === RSP) encodeDisplacement(b, e, reg, RSP, base, disp, 0x24);
  else encodeDisplacement(b, e, reg, base & 7, base, disp, -1);
}

/** Writes an instruction with `reg` in ModRM.reg and [base + index * scale + disp]; base may be NO_BASE, scale is 1, 2, 4 or 8. */
export function encodeIndexed(
  b: CodeBuffer,
  e: Encoding,
  opcode: number,
  reg: number,
  base: number,
  index: number,
  scale: number,
  disp: number,
): void {
  if ((reg | index) >>> 0 > 15 || base < -1 || base > 15) badOperand(e, `no such register: ${reg}, ${base}, ${index}`);
  if (index === RSP) badOperand(e, "rsp cannot be an index");
  if (scale !== 1 && scale !== 2 && scale !== 4 && scale !== 8) badOperand(e, `no such scale: ${scale}`);
  const log = 31 - Math.clz32(scale);
  const baseBit = base < 0 ? 0 : base >> 3;
  encodeHead(b, e, opcode, e.rexW | (reg & 8) >> 1 | (index & 8) >> 2 | baseBit, e.byteReg && reg >= 4);
  const sib = log << 6 | (index & 7) << 3 | (base < 0 ? 5 : base & 7);
  encodeDisplacement(b, e, reg, RSP, base, disp, sib);
}

/** Writes ModRM, the SIB byte unless it is negative, and the displacement. Base 5 (rbp, r13) cannot go without one. */
function encodeDisplacement(
  b: CodeBuffer,
  e: Encoding,
  reg: number,
  rm: number,
  base: number,
  disp: number,
  sib: number,
): void {
  if ((disp | 0) !== disp) badOperand(e, `displacement ${disp} is not a 32-bit integer`);
  const bytes = b.bytes;
  let at = b.position;
  const modrm = (reg & 7) << 3 | rm;
  if (base < 0) {
    bytes[at++] = modrm;
    bytes[at++] = sib;
    at = write32(bytes, at, disp);
  } else if (disp === 0 && (base & 7) !== 5) {
    bytes[at++] = modrm;
    if (sib >= 0) bytes[at++] = sib;
  } else if (disp << 24 >> 24 === disp) {
    bytes[at++] = 0x40 | modrm;
    if (sib >= 0) bytes[at++] = sib;
    bytes[at++] = disp;
  } else {
    bytes[at++] = 0x80 | modrm;
    if (sib >= 0) bytes[at++] = sib;
    at = write32(bytes, at, disp);
  }
  b.position = at;
}

function write32(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value;
  bytes[at + 1] = value >> 8;
  bytes[at + 2] = value >> 16;
  bytes[at + 3] = value >> 24;
  return at + 4;
}

/** Writes an instruction with `reg` in ModRM.reg and the memory at `label`, relative to rip; an immediate follows. */
export function encodeLabel(b: CodeBuffer, e: Encoding, opcode: number, reg: number, label: Label): void {
  b.fixup(label, FIXUP_REL32, encodeRipRelative(b, e, opcode, reg), -e.immediateSize);
}

/** Writes an instruction with a memory operand relative to rip, and gives the offset of its 32-bit field, which is 0. */
export function encodeRipRelative(b: CodeBuffer, e: Encoding, opcode: number, reg: number): number {
  if (reg >>> 0 > 15) badOperand(e, `no such register: ${reg}`);
  encodeHead(b, e, opcode, e.rexW | (reg & 8) >> 1, e.byteReg && reg >= 4);
  b.bytes[b.position++] = (reg & 7) << 3 | 5;
  const field = b.position;
  b.position = write32(b.bytes, field, 0);
  return field;
}

/** Writes the immediate of the instruction just encoded; throws BugError when it does not fit. */
export function encodeImmediate(b: CodeBuffer, e: Encoding, value: number): void {
  checkImmediate(e, value);
  const bytes = b.bytes;
  const at = b.position;
  const size = e.immediateSize;
  bytes[at] = value;
  if (size !== 1) {
    bytes[at + 1] = value >> 8;
    if (size !== 2) {
      bytes[at + 2] = value >> 16;
      bytes[at + 3] = value >> 24;
    }
  }
  b.position = at + size;
}

/** Throws BugError when the row cannot hold `value`. */
export function checkImmediate(e: Encoding, value: number): void {
  if (!Number.isInteger(value) || value < e.minimum || value > e.maximum) {
    badOperand(e, `immediate ${value} is not an integer from ${e.minimum} to ${e.maximum}`);
  }
}

/** Writes a 64-bit immediate given as two halves. */
export function encodeWideImmediate(b: CodeBuffer, low: number, high: number): void {
  b.position = write32(b.bytes, write32(b.bytes, b.position, low), high);
}
