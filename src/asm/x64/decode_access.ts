// Reads one instruction that accesses memory: how long it is and which address it means. Takes its bytes, gives places of registers.
// Knows the instructions of the integer and SSE maps that have a ModR/M byte, prefixes and VEX included; what has none accesses no memory of a program.

import { BugError } from "../../base/bug.ts";
import { NO_BASE } from "./registers.ts";

/** What an instruction accesses: [base + index × scale + displacement]. */
export interface MemoryOperand {
  /** Bytes of the instruction. */
  readonly length: number;
  /** Numbers of registers; NO_BASE where there is none. */
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  readonly displacement: number;
  /** Whether it is a move from memory to a register. */
  readonly loads: boolean;
}

/** Opcodes of the first map, and of the second, that move from memory. */
const MOVES = [
  new Set([0x63, 0x8a, 0x8b]),
  new Set([0x10, 0x12, 0x16, 0x28, 0x6e, 0x6f, 0x7e, 0xb6, 0xb7, 0xbe, 0xbf]),
];

const PREFIXES = new Set([0x66, 0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65]);
/** Second bytes behind 0f whose instructions end with an immediate byte. */
const BYTE_AFTER_0F = new Set([0x70, 0x71, 0x72, 0x73, 0xa4, 0xac, 0xba, 0xc2, 0xc4, 0xc5, 0xc6]);

/** Bytes of the immediate behind the operand of an opcode of the first map. Group f6 and f7 has one in its `test` forms. */
function immediateBytes(opcode: number, narrow: boolean, extension: number): number {
  const full = narrow ? 2 : 4;
  switch (opcode) {
    case 0x6b:
    case 0x80:
    case 0x83:
    case 0xc0:
    case 0xc1:
    case 0xc6:
      return 1;
    case 0x69:
    case 0x81:
    case 0xc7:
      return full;
    case 0xf6:
      return extension < 2 ? 1 : 0;
    case 0xf7:
      return extension < 2 ? full : 0;
  }
  return 0;
}

/** Reads the instruction at the start of `bytes`. Throws BugError for one that has no operand in memory, or one that is relative to the instruction pointer. */
export function decodeAccess(bytes: Uint8Array): MemoryOperand {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0, narrow = false, rex = 0;
  while (PREFIXES.has(bytes[at])) narrow = bytes[at++] === 0x66 || narrow;
  if ((bytes[at] & 0xf0) === 0x40) rex = bytes[at++];
  let map = 1, opcode = bytes[at++];
  if (opcode === 0xc4) {
    rex = ~bytes[at] >> 5 & 7;
    map = (bytes[at] & 31) + 1;
    at += 2;
    opcode = bytes[at++];
  } else if (opcode === 0xc5) {
    rex = ~bytes[at++] >> 5 & 4;
    map = 2;
    opcode = bytes[at++];
  } else if (opcode === 0x0f) {
    map = 2;
    opcode = bytes[at++];
    if (opcode === 0x38 || opcode === 0x3a) {
      map = opcode === 0x38 ? 3 : 4;
      opcode = bytes[at++];
    }
  }
  const modrm = bytes[at++], mod = modrm >> 6;
  let base: number = (modrm & 7) | ((rex & 1) << 3), index = NO_BASE, scale = 1, displacement = 0;
  if (mod === 3 || (mod === 0 && (modrm & 7) === 5)) throw new BugError("an instruction without address in registers");
  if ((modrm & 7) === 4) {
    const sib = bytes[at++];
    base = (sib & 7) | ((rex & 1) << 3);
    index = (sib >> 3 & 7) | ((rex & 2) << 2);
    scale = 1 << (sib >> 6);
    if (index === 4) index = NO_BASE;
    if (mod === 0 && (sib & 7) === 5) {
      base = NO_BASE;
      displacement = view.getInt32(at, true);
      at += 4;
    }
  }
  if (mod === 1) displacement = view.getInt8(at++);
  else if (mod === 2) {
    displacement = view.getInt32(at, true);
    at += 4;
  }
  if (map === 1) at += immediateBytes(opcode, narrow, modrm >> 3 & 7);
  else if (map === 4 || (map === 2 && BYTE_AFTER_0F.has(opcode))) at++;
  return { length: at, base, index, scale, displacement, loads: MOVES[map - 1]?.has(opcode) ?? false };
}
