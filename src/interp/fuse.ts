// Fused forms: opcodes of the interpreter's own for short runs of instructions that are frequent in programs. Takes a body as the loop reads it and overwrites
// the opcode of each such run's first instruction; all other bytes stay, so that every instruction can still be run alone and offsets are the module's.

import { BytecodeReader, passTable } from "../bytecode/reader.ts";
import { END, I32_CONST, I64_CONST, LOCAL_GET, LOCAL_SET } from "../wasm/opcodes.ts";
import type { FuncBody } from "../wasm/module.ts";

/**
 * Opcodes that no instruction has. Operands come from locals, constants or, where only one is named, from the stack as well; all indices and offsets have
 * one byte. A `local.set`, `local.tee` or `br_if` behind the operation is done by the loop too, but not part of the form.
 */
export const FUSED = {
  /** local.get, local.get, operation of i32. */
  LOCAL_LOCAL_I32: 0xc5,
  /** local.get, i32.const of one byte, operation of i32. */
  LOCAL_CONST_I32: 0xc6,
  /** local.get, longer i32.const, operation of i32. */
  LOCAL_LONG_I32: 0xc7,
  /** local.get, operation of i32. */
  LOCAL_I32: 0xc8,
  /** i32.const of one byte, operation of i32. */
  CONST_I32: 0xc9,
  /** Longer i32.const, operation of i32. */
  LONG_I32: 0xca,
  /** local.get, local.get, other operation. */
  LOCAL_LOCAL_WIDE: 0xcb,
  /** local.get, i64.const of one byte, operation of i64. */
  LOCAL_CONST_WIDE: 0xcc,
  /** local.get, other operation. */
  LOCAL_WIDE: 0xcd,
  /** i64.const of one byte, operation of i64. */
  CONST_WIDE: 0xce,
  /** local.get, i32.load or f32.load. */
  LOCAL_LOAD: 0xcf,
  /** local.get, i32.load8_u. */
  LOCAL_LOAD8_U: 0xd7,
  /** local.get, i64.load or f64.load. */
  LOCAL_LOAD_WIDE: 0xd8,
  /** local.get, local.set. */
  LOCAL_MOVE: 0xd9,
  /** local.get, local.get. */
  LOCAL_LOCAL: 0xda,
  /** local.get, i32.const of one byte. */
  LOCAL_CONST: 0xdb,
} as const;

const LOADS: ReadonlyMap<number, number> = new Map([
  [0x28, FUSED.LOCAL_LOAD],
  [0x2a, FUSED.LOCAL_LOAD],
  [0x2d, FUSED.LOCAL_LOAD8_U],
  [0x29, FUSED.LOCAL_LOAD_WIDE],
  [0x2b, FUSED.LOCAL_LOAD_WIDE],
]);
const IS_FUSED = new Uint8Array(256);
for (const byte of Object.values(FUSED)) IS_FUSED[byte] = 1;

/** Whether a byte is the opcode of a fused form. */
export function isFused(byte: number): boolean {
  return IS_FUSED[byte] !== 0;
}

/** Whether the loop has an operation of i32 with two operands in its fused forms: those that do not trap. */
function isNarrow(op: number): boolean {
  return (op >= 0x46 && op <= 0x4f) || (op >= 0x6a && op <= 0x6c) || (op >= 0x71 && op <= 0x78);
}
/** The same for the other types. */
function isWideInteger(op: number): boolean {
  return op === 0x51 || op === 0x52 || (op >= 0x7c && op <= 0x7e) || (op >= 0x83 && op <= 0x86) || op === 0x88 ||
    op === 0x89;
}
function isWide(op: number): boolean {
  return isWideInteger(op) || (op >= 0x63 && op <= 0x66) || (op >= 0xa0 && op <= 0xa3) || (op >= 0x92 && op <= 0x95);
}

/** For `nextBut()`: what begins no fused form. */
const OTHERS = passTable(({ code }) => code !== LOCAL_GET && code !== I32_CONST && code !== I64_CONST && code !== END);

/** Writes fused forms to `bytes`, which are those of `original` as the loop reads them. Runs do not lead over stops. */
export function fuseBody(original: Uint8Array, bytes: Uint8Array, { codeStart, end }: FuncBody): void {
  const r = new BytecodeReader(original, codeStart, end);
  // It may have been fused before, with a stop in it.
  const opcode = (at: number) => isFused(bytes[at]) ? original[at] : bytes[at];
  while (r.pos < end) {
    const code = r.nextBut(OTHERS);
    if (code !== LOCAL_GET && code !== I32_CONST && code !== I64_CONST) continue;
    const { at, pos } = r, op = bytes[at] = opcode(at);
    const form = formOf(original, opcode, op, at, pos);
    if (form !== undefined) bytes[at] = form;
  }
}

/** The fused form of the instruction at `at`, whose opcode is `op`, and those from `second` on. */
function formOf(
  original: Uint8Array,
  opcode: (at: number) => number,
  op: number,
  at: number,
  second: number,
): number | undefined {
  const op2 = opcode(second), short = second - at === 2;
  if (op === I32_CONST && isNarrow(op2)) return short ? FUSED.CONST_I32 : FUSED.LONG_I32;
  if (op === I64_CONST && short && isWideInteger(op2)) return FUSED.CONST_WIDE;
  if (op !== LOCAL_GET || !short) return undefined;
  if (isNarrow(op2)) return FUSED.LOCAL_I32;
  if (isWide(op2)) return FUSED.LOCAL_WIDE;
  const isSmall = (at: number) => original[at] < 0x80;
  // Flags from 64 on say that an index of a memory follows.
  if (LOADS.has(op2)) return original[second + 1] < 64 && isSmall(second + 2) ? LOADS.get(op2) : undefined;
  if (op2 !== I32_CONST && op2 !== I64_CONST && op2 !== LOCAL_SET && op2 !== LOCAL_GET) return undefined;
  const short2 = isSmall(second + 1);
  if (op2 === I32_CONST) {
    let third = second + 1;
    while (!isSmall(third++)) { /* A longer constant. */ }
    if (isNarrow(opcode(third))) return short2 ? FUSED.LOCAL_CONST_I32 : FUSED.LOCAL_LONG_I32;
    return short2 ? FUSED.LOCAL_CONST : undefined;
  }
  if (!short2) return undefined;
  if (op2 === LOCAL_SET) return FUSED.LOCAL_MOVE;
  const op3 = opcode(second + 2);
  if (op2 === I64_CONST) return isWideInteger(op3) ? FUSED.LOCAL_CONST_WIDE : undefined;
  return isNarrow(op3) ? FUSED.LOCAL_LOCAL_I32 : isWide(op3) ? FUSED.LOCAL_LOCAL_WIDE : FUSED.LOCAL_LOCAL;
}
