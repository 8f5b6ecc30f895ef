// Loads, stores and memory.size. An address is an unsigned number plus the constant offset; beyond the memory's length the access traps, by fault or check.

import { Helper } from "../abi/helpers.ts";
import * as op from "../wasm/opcodes.ts";
import { emitHelperCall } from "./calls.ts";
import { type Context, kindOf } from "./context.ts";
import { ARGUMENT, Kind, NO_REGISTER, type Register } from "./macro_assembler.ts";
import { isFloat } from "./state.ts";
import { F32, F64, I32, I64 } from "../wasm/types.ts";

const LETTERS: Record<string, Kind> = { i: kindOf(I32), l: kindOf(I64), f: kindOf(F32), d: kindOf(F64) };

/** By opcode: the kind of what a load gives or a store takes. */
const KINDS: Kind[] = new Array(256).fill(Kind.I32);
for (const info of op.INSTRUCTIONS) {
  if (info.imm !== op.Imm.MEMORY_ACCESS || info.code >= KINDS.length) continue;
  KINDS[info.code] = LETTERS[info.signature.replace(/[a:]/g, "")];
}

/**
 * The constant part of the address on top: the instruction's offset, and the address itself if it is a constant. Beyond 2^53, where nothing is,
 * it is not exact.
 */
export function constantPart(c: Context): number {
  const { s, r } = c;
  if (!s.isConstant(0)) return r.offset;
  const high = s.kindAt(0) === Kind.I64 ? (s.highAt(0) >>> 0) * 2 ** 32 : 0;
  return r.offset + (s.lowAt(0) >>> 0) + high;
}

/** Pops the address; NO_REGISTER when it is a constant, which counts as offset then. */
export function popAddress(c: Context): Register {
  if (!c.s.isConstant(0)) return c.s.pop();
  c.s.drop();
  return NO_REGISTER;
}

/** Any load of a number. */
export function load(c: Context): void {
  const r = c.r, kind = KINDS[r.op];
  const offset = constantPart(c);
  const address = popAddress(c);
  const dst = isFloat(kind) || address === NO_REGISTER ? c.result(kind) : c.resultOver(kind, address);
  c.m.load(r.op, dst, r.index, address, offset);
  c.s.push(kind, dst);
}

/** Any store of a number. */
export function store(c: Context): void {
  const { r, s, m } = c;
  const kind = KINDS[r.op];
  if (s.isConstant(0) && (kind === Kind.I32 || (kind === Kind.I64 && s.isShortConstant()))) {
    const value = s.lowAt(0);
    s.drop();
    const offset = constantPart(c);
    return m.storeConstant(r.op, r.index, popAddress(c), offset, value);
  }
  const value = s.pop();
  const offset = constantPart(c);
  m.store(r.op, r.index, popAddress(c), offset, value);
}

/** memory.size, in pages. */
export function memorySize(c: Context): void {
  const { type } = c.module.memories[c.r.index];
  const kind = type.is64 ? Kind.I64 : Kind.I32;
  // Another thread may have grown a shared one.
  if (type.shared) {
    c.merges.moves.storeConstant(Kind.I32, ARGUMENT, c.r.index, 0);
    return emitHelperCall(c, Helper.MEMORY_SIZE, c.s.height, kind);
  }
  const dst = c.result(kind);
  c.m.memorySize(dst, c.r.index);
  c.s.push(kind, dst);
}
