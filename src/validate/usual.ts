// The fast path of validation: passes over the instructions of which bodies mostly consist, as far as they are valid beyond doubt.
// Stops before any other and before any fault, which body.ts then looks at; so nothing is reported here.

import { LIMITS } from "../wasm/limits.ts";
import * as op from "../wasm/opcodes.ts";
import { F32, F64, I32, I64, V128, type ValType } from "../wasm/types.ts";
import type { BodyValidator } from "./body.ts";

const Kind = {
  OTHER: 0,
  GET: 1,
  SET: 2,
  TEE: 3,
  CONST: 4,
  FLOAT: 5,
  BINARY: 6,
  UNARY: 7,
  LOAD: 8,
  STORE: 9,
  DROP: 10,
} as const;

/** Bytes of the longest of these instructions. */
const LONGEST = 10;
const TYPES: Record<string, ValType> = { i: I32, l: I64, f: F32, d: F64 };

/** By opcode of one byte: what kind of instruction it is, the type of its operands (the value that a store takes), and that of its result. */
const KINDS = new Uint8Array(256);
const OPERANDS = new Int32Array(256);
const RESULTS = new Int32Array(256);
/** Immediate bytes of a constant: exactly these for floats, at most for integers; longer forms are rare. For accesses, log2 of their size. */
const SIZES = new Uint8Array(256);

for (const { code, signature, imm, accessLog2, feature } of op.INSTRUCTIONS) {
  if (code >= 256 || feature !== undefined || !/^[ilfda]{0,2}:[ilfd]?$/.test(signature)) continue;
  const [operands, result] = signature.split(":");
  const set = (kind: number, operand: string, size = 0) => {
    KINDS[code] = kind;
    OPERANDS[code] = TYPES[operand] ?? 0;
    RESULTS[code] = TYPES[result] ?? 0;
    SIZES[code] = size;
  };
  if (imm === op.Imm.I32) set(Kind.CONST, "", 4);
  else if (imm === op.Imm.I64) set(Kind.CONST, "", 9);
  else if (imm === op.Imm.F32) set(Kind.FLOAT, "", 4);
  else if (imm === op.Imm.F64) set(Kind.FLOAT, "", 8);
  else if (imm === op.Imm.MEMORY_ACCESS) {
    if (operands === "a" && result !== "") set(Kind.LOAD, "", accessLog2);
    else if (operands.length === 2 && operands[0] === "a" && result === "") set(Kind.STORE, operands[1], accessLog2);
  } else if (imm !== op.Imm.NONE || result === "") continue;
  else if (operands.length === 1) set(Kind.UNARY, operands);
  else if (operands.length === 2 && operands[0] === operands[1]) set(Kind.BINARY, operands[0]);
}
KINDS[op.LOCAL_GET] = Kind.GET;
KINDS[op.LOCAL_SET] = Kind.SET;
KINDS[op.LOCAL_TEE] = Kind.TEE;
KINDS[op.DROP] = Kind.DROP;

/** Passes over usual instructions from `v.r.pos` on. `accesses`: whether the first memory exists and has 32-bit addresses. */
export function passUsual(v: BodyValidator, accesses: boolean): void {
  const { r, stack, locals, localCount, initialized, top } = v;
  const { bytes, end } = r, { height } = top;
  let pos = r.pos, { sp, maxSlots } = v;
  // A scalar takes one slot, and nothing else is moved here.
  const more = v.slots - sp;
  const room = LIMITS.operandSlots - more;
  // The last bytes are left to the other path, so that no instruction reaches beyond the body.
  const last = end - LONGEST;
  while (pos < last) {
    const code = bytes[pos];
    const kind = KINDS[code];
    let at = pos + 1;
    if (kind === Kind.BINARY) {
      const operand = OPERANDS[code];
      if (sp - 2 < height || stack[sp - 1] !== operand || stack[sp - 2] !== operand) break;
      stack[--sp - 1] = RESULTS[code];
    } else if (kind === Kind.UNARY) {
      if (sp - 1 < height || stack[sp - 1] !== OPERANDS[code]) break;
      stack[sp - 1] = RESULTS[code];
    } else if (kind <= Kind.TEE) {
      if (kind === Kind.OTHER) break;
      let index = bytes[at++];
      if (index >= 0x80) {
        const high = bytes[at++];
        if (high >= 0x80) break;
        index = (index & 0x7f) | high << 7;
      }
      if (index >= localCount) break;
      const type = locals[index];
      if (type === V128 || initialized !== undefined) break;
      if (kind === Kind.GET) {
        if (sp >= room) break;
        stack[sp++] = type;
      } else {
        if (sp - 1 < height || stack[sp - 1] !== type) break;
        if (kind === Kind.SET) sp--;
      }
    } else if (kind === Kind.CONST) {
      const limit = at + SIZES[code];
      while (at < limit && bytes[at] >= 0x80) at++;
      if (at++ === limit || sp >= room) break;
      stack[sp++] = RESULTS[code];
    } else if (kind === Kind.FLOAT) {
      at += SIZES[code];
      if (sp >= room) break;
      stack[sp++] = RESULTS[code];
    } else if (kind === Kind.DROP) {
      if (sp - 1 < height || stack[sp - 1] === V128) break;
      sp--;
    } else {
      // Alignment above the natural one, or another memory, is more than this.
      if (!accesses || bytes[at++] > SIZES[code]) break;
      const limit = at + 4;
      while (at < limit && bytes[at] >= 0x80) at++;
      if (at++ === limit) break;
      if (kind === Kind.LOAD) {
        if (sp - 1 < height || stack[sp - 1] !== I32) break;
        stack[sp - 1] = RESULTS[code];
      } else {
        if (sp - 2 < height || stack[sp - 1] !== OPERANDS[code] || stack[sp - 2] !== I32) break;
        sp -= 2;
      }
    }
    pos = at;
    if (sp + more > maxSlots) maxSlots = sp + more;
  }
  r.pos = pos;
  v.sp = sp;
  v.slots = sp + more;
  v.maxSlots = maxSlots;
}
