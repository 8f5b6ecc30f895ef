// THE instruction table: one row per WebAssembly instruction. Decoder, mnemonics, text parser and printer, the simple case of the validator, constant folding and coverage
// checks derive from it; nothing else lists instructions. A row's constant is its code: the opcode byte, or prefix * 0x1000 + sub-opcode (0xfc00a is fc 0a).

import type { Feature } from "./features.ts";

/** The kinds of immediates that follow an opcode in the binary format. */
export const Imm = {
  NONE: 0,
  BLOCK: 1,
  LABEL: 2,
  LABEL_TABLE: 3,
  FUNC: 4,
  TYPE_TABLE: 5,
  SELECT_TYPES: 6,
  LOCAL: 7,
  GLOBAL: 8,
  TABLE: 9,
  MEMORY_ACCESS: 10,
  MEMORY: 11,
  I32: 12,
  I64: 13,
  F32: 14,
  F64: 15,
  HEAP_TYPE: 16,
  DATA_MEMORY: 17,
  DATA: 18,
  MEMORY_MEMORY: 19,
  ELEM_TABLE: 20,
  ELEM: 21,
  TABLE_TABLE: 22,
  /** A type index. */
  TYPE: 23,
  /** A type index and a field index. */
  TYPE_FIELD: 24,
  /** A type index and a number of operands (array.new_fixed). */
  TYPE_COUNT: 25,
  /** A type index and a data segment; a type index and an element segment. */
  TYPE_DATA: 26,
  TYPE_ELEM: 27,
  /** Two type indices (array.copy). */
  TYPE_TYPE: 28,
  /** Flags, a label and two heap types (br_on_cast). */
  CAST: 29,
  TAG: 30,
  /** A block type and a list of catch clauses (try_table). */
  TRY_TABLE: 31,
  V128: 32,
  /** Sixteen lane indices (i8x16.shuffle). */
  SHUFFLE: 33,
  LANE: 34,
  /** A memory access and a lane index. */
  MEMORY_LANE: 35,
  /** A byte that must be zero (atomic.fence). */
  ZERO: 36,
} as const;
/** A kind of immediates. */
export type Imm = (typeof Imm)[keyof typeof Imm];

/** The result depends on the operands alone. */
export const PURE = 1;
/** The operands may be exchanged. */
export const COMMUTES = 2;
/** May trap. */
export const TRAPS = 4;
/** Gives a truth value that a following branch can use. */
export const COMPARES = 8;
/** Reads linear memory. */
export const LOADS = 16;
/** Writes linear memory. */
export const STORES = 32;
/** May run other code before it ends. */
export const CALLS = 64;
/** Structured control: opens, closes or leaves a block. */
export const CONTROL = 128;
/** What follows is unreachable. */
export const TERMINATES = 256;
/** May stand in a constant expression (specification 3.4.15). */
export const CONSTANT = 512;
/** Accesses memory atomically: its alignment must be the natural one (threads proposal). */
export const ATOMIC = 1024;

/** A row of the instruction table. */
export interface OpInfo {
  readonly code: number;
  /** The specification's mnemonic. */
  readonly name: string;
  /**
   * Operands and results as letters: i l f d v for i32 i64 f32 f64 v128, `a` for an address of the memory accessed, as in `ai:` for i32.store. Empty when the
   * types depend on immediates or context.
   */
  readonly signature: string;
  readonly imm: Imm;
  readonly properties: number;
  /** log2 of the bytes accessed (instructions with Imm.MEMORY_ACCESS and Imm.MEMORY_LANE). */
  readonly accessLog2: number;
  /** What a module must be allowed to use; undefined for what every module may. */
  readonly feature: Feature | undefined;
}

/** All rows, in the order of their codes. */
export const INSTRUCTIONS: OpInfo[] = [];
const BASE: (OpInfo | undefined)[] = new Array(256).fill(undefined);
const PREFIXED: (OpInfo | undefined)[][] = [];
const BY_NAME = new Map<string, OpInfo>();

let feature: Feature | undefined;
/** The rows that follow belong to `name`. */
function section(name: Feature | undefined): void {
  feature = name;
}

function op(
  code: number,
  name: string,
  signature: string,
  imm: Imm = Imm.NONE,
  properties = 0,
  accessLog2 = 0,
): number {
  const info: OpInfo = { code, name, signature, imm, properties, accessLog2, feature };
  INSTRUCTIONS.push(info);
  if (!BY_NAME.has(name)) BY_NAME.set(name, info);
  if (code < 0x1000) BASE[code] = info;
  else (PREFIXED[code >>> 12] ??= [])[code & 0xfff] = info;
  return code;
}

/** The row of a code; undefined if there is none. */
export function opInfo(code: number): OpInfo | undefined {
  return code < 0x1000 ? BASE[code] : PREFIXED[code >>> 12]?.[code & 0xfff];
}
/** Whether the byte opens a two-part opcode. */
export function isPrefix(byte: number): boolean {
  return PREFIXED[byte] !== undefined;
}
/** The row of a mnemonic; undefined if there is none. */
export function opByName(name: string): OpInfo | undefined {
  return BY_NAME.get(name);
}
/** Whether the instruction opens a block, which takes a label. */
export function opensBlock(info: OpInfo): boolean {
  return info.imm === Imm.BLOCK || info.imm === Imm.TRY_TABLE;
}

// Control
export const UNREACHABLE: number = op(0x00, "unreachable", "", Imm.NONE, CONTROL | TRAPS | TERMINATES);
export const NOP: number = op(0x01, "nop", ":");
export const BLOCK: number = op(0x02, "block", "", Imm.BLOCK, CONTROL);
export const LOOP: number = op(0x03, "loop", "", Imm.BLOCK, CONTROL);
export const IF: number = op(0x04, "if", "", Imm.BLOCK, CONTROL);
export const ELSE: number = op(0x05, "else", "", Imm.NONE, CONTROL);
export const END: number = op(0x0b, "end", "", Imm.NONE, CONTROL);
export const BR: number = op(0x0c, "br", "", Imm.LABEL, CONTROL | TERMINATES);
export const BR_IF: number = op(0x0d, "br_if", "", Imm.LABEL, CONTROL);
export const BR_TABLE: number = op(0x0e, "br_table", "", Imm.LABEL_TABLE, CONTROL | TERMINATES);
export const RETURN: number = op(0x0f, "return", "", Imm.NONE, CONTROL | TERMINATES);
export const CALL: number = op(0x10, "call", "", Imm.FUNC, CALLS | TRAPS);
export const CALL_INDIRECT: number = op(0x11, "call_indirect", "", Imm.TYPE_TABLE, CALLS | TRAPS);

// Parametric, variables, tables
export const DROP: number = op(0x1a, "drop", "");
export const SELECT: number = op(0x1b, "select", "");
export const SELECT_T: number = op(0x1c, "select", "", Imm.SELECT_TYPES);
export const LOCAL_GET: number = op(0x20, "local.get", "", Imm.LOCAL, PURE);
export const LOCAL_SET: number = op(0x21, "local.set", "", Imm.LOCAL);
export const LOCAL_TEE: number = op(0x22, "local.tee", "", Imm.LOCAL);
export const GLOBAL_GET: number = op(0x23, "global.get", "", Imm.GLOBAL);
export const GLOBAL_SET: number = op(0x24, "global.set", "", Imm.GLOBAL);
export const TABLE_GET: number = op(0x25, "table.get", "", Imm.TABLE, TRAPS);
export const TABLE_SET: number = op(0x26, "table.set", "", Imm.TABLE, TRAPS);

// Memory
export const I32_LOAD: number = op(0x28, "i32.load", "a:i", Imm.MEMORY_ACCESS, LOADS | TRAPS, 2);
export const I64_LOAD: number = op(0x29, "i64.load", "a:l", Imm.MEMORY_ACCESS, LOADS | TRAPS, 3);
export const F32_LOAD: number = op(0x2a, "f32.load", "a:f", Imm.MEMORY_ACCESS, LOADS | TRAPS, 2);
export const F64_LOAD: number = op(0x2b, "f64.load", "a:d", Imm.MEMORY_ACCESS, LOADS | TRAPS, 3);
export const I32_LOAD8_S: number = op(0x2c, "i32.load8_s", "a:i", Imm.MEMORY_ACCESS, LOADS | TRAPS, 0);
export const I32_LOAD8_U: number = op(0x2d, "i32.load8_u", "a:i", Imm.MEMORY_ACCESS, LOADS | TRAPS, 0);
export const I32_LOAD16_S: number = op(0x2e, "i32.load16_s", "a:i", Imm.MEMORY_ACCESS, LOADS | TRAPS, 1);
export const I32_LOAD16_U: number = op(0x2f, "i32.load16_u", "a:i", Imm.MEMORY_ACCESS, LOADS | TRAPS, 1);
export const I64_LOAD8_S: number = op(0x30, "i64.load8_s", "a:l", Imm.MEMORY_ACCESS, LOADS | TRAPS, 0);
export const I64_LOAD8_U: number = op(0x31, "i64.load8_u", "a:l", Imm.MEMORY_ACCESS, LOADS | TRAPS, 0);
export const I64_LOAD16_S: number = op(0x32, "i64.load16_s", "a:l", Imm.MEMORY_ACCESS, LOADS | TRAPS, 1);
export const I64_LOAD16_U: number = op(0x33, "i64.load16_u", "a:l", Imm.MEMORY_ACCESS, LOADS | TRAPS, 1);
export const I64_LOAD32_S: number = op(0x34, "i64.load32_s", "a:l", Imm.MEMORY_ACCESS, LOADS | TRAPS, 2);
export const I64_LOAD32_U: number = op(0x35, "i64.load32_u", "a:l", Imm.MEMORY_ACCESS, LOADS | TRAPS, 2);
export const I32_STORE: number = op(0x36, "i32.store", "ai:", Imm.MEMORY_ACCESS, STORES | TRAPS, 2);
export const I64_STORE: number = op(0x37, "i64.store", "al:", Imm.MEMORY_ACCESS, STORES | TRAPS, 3);
export const F32_STORE: number = op(0x38, "f32.store", "af:", Imm.MEMORY_ACCESS, STORES | TRAPS, 2);
export const F64_STORE: number = op(0x39, "f64.store", "ad:", Imm.MEMORY_ACCESS, STORES | TRAPS, 3);
export const I32_STORE8: number = op(0x3a, "i32.store8", "ai:", Imm.MEMORY_ACCESS, STORES | TRAPS, 0);
export const I32_STORE16: number = op(0x3b, "i32.store16", "ai:", Imm.MEMORY_ACCESS, STORES | TRAPS, 1);
export const I64_STORE8: number = op(0x3c, "i64.store8", "al:", Imm.MEMORY_ACCESS, STORES | TRAPS, 0);
export const I64_STORE16: number = op(0x3d, "i64.store16", "al:", Imm.MEMORY_ACCESS, STORES | TRAPS, 1);
export const I64_STORE32: number = op(0x3e, "i64.store32", "al:", Imm.MEMORY_ACCESS, STORES | TRAPS, 2);
export const MEMORY_SIZE: number = op(0x3f, "memory.size", "", Imm.MEMORY);
export const MEMORY_GROW: number = op(0x40, "memory.grow", "", Imm.MEMORY, CALLS);

// Numeric
export const I32_CONST: number = op(0x41, "i32.const", ":i", Imm.I32, PURE | CONSTANT);
export const I64_CONST: number = op(0x42, "i64.const", ":l", Imm.I64, PURE | CONSTANT);
export const F32_CONST: number = op(0x43, "f32.const", ":f", Imm.F32, PURE | CONSTANT);
export const F64_CONST: number = op(0x44, "f64.const", ":d", Imm.F64, PURE | CONSTANT);
export const I32_EQZ: number = op(0x45, "i32.eqz", "i:i", Imm.NONE, PURE | COMPARES);
export const I32_EQ: number = op(0x46, "i32.eq", "ii:i", Imm.NONE, PURE | COMPARES | COMMUTES);
export const I32_NE: number = op(0x47, "i32.ne", "ii:i", Imm.NONE, PURE | COMPARES | COMMUTES);
export const I32_LT_S: number = op(0x48, "i32.lt_s", "ii:i", Imm.NONE, PURE | COMPARES);
export const I32_LT_U: number = op(0x49, "i32.lt_u", "ii:i", Imm.NONE, PURE | COMPARES);
export const I32_GT_S: number = op(0x4a, "i32.gt_s", "ii:i", Imm.NONE, PURE | COMPARES);
export const I32_GT_U: number = op(0x4b, "i32.gt_u", "ii:i", Imm.NONE, PURE | COMPARES);
export const I32_LE_S: number = op(0x4c, "i32.le_s", "ii:i", Imm.NONE, PURE | COMPARES);
export const I32_LE_U: number = op(0x4d, "i32.le_u", "ii:i", Imm.NONE, PURE | COMPARES);
export const I32_GE_S: number = op(0x4e, "i32.ge_s", "ii:i", Imm.NONE, PURE | COMPARES);
export const I32_GE_U: number = op(0x4f, "i32.ge_u", "ii:i", Imm.NONE, PURE | COMPARES);
export const I64_EQZ: number = op(0x50, "i64.eqz", "l:i", Imm.NONE, PURE | COMPARES);
export const I64_EQ: number = op(0x51, "i64.eq", "ll:i", Imm.NONE, PURE | COMPARES | COMMUTES);
export const I64_NE: number = op(0x52, "i64.ne", "ll:i", Imm.NONE, PURE | COMPARES | COMMUTES);
export const I64_LT_S: number = op(0x53, "i64.lt_s", "ll:i", Imm.NONE, PURE | COMPARES);
export const I64_LT_U: number = op(0x54, "i64.lt_u", "ll:i", Imm.NONE, PURE | COMPARES);
export const I64_GT_S: number = op(0x55, "i64.gt_s", "ll:i", Imm.NONE, PURE | COMPARES);
export const I64_GT_U: number = op(0x56, "i64.gt_u", "ll:i", Imm.NONE, PURE | COMPARES);
export const I64_LE_S: number = op(0x57, "i64.le_s", "ll:i", Imm.NONE, PURE | COMPARES);
export const I64_LE_U: number = op(0x58, "i64.le_u", "ll:i", Imm.NONE, PURE | COMPARES);
export const I64_GE_S: number = op(0x59, "i64.ge_s", "ll:i", Imm.NONE, PURE | COMPARES);
export const I64_GE_U: number = op(0x5a, "i64.ge_u", "ll:i", Imm.NONE, PURE | COMPARES);
export const F32_EQ: number = op(0x5b, "f32.eq", "ff:i", Imm.NONE, PURE | COMPARES | COMMUTES);
export const F32_NE: number = op(0x5c, "f32.ne", "ff:i", Imm.NONE, PURE | COMPARES | COMMUTES);
export const F32_LT: number = op(0x5d, "f32.lt", "ff:i", Imm.NONE, PURE | COMPARES);
export const F32_GT: number = op(0x5e, "f32.gt", "ff:i", Imm.NONE, PURE | COMPARES);
export const F32_LE: number = op(0x5f, "f32.le", "ff:i", Imm.NONE, PURE | COMPARES);
export const F32_GE: number = op(0x60, "f32.ge", "ff:i", Imm.NONE, PURE | COMPARES);
export const F64_EQ: number = op(0x61, "f64.eq", "dd:i", Imm.NONE, PURE | COMPARES | COMMUTES);
export const F64_NE: number = op(0x62, "f64.ne", "dd:i", Imm.NONE, PURE | COMPARES | COMMUTES);
export const F64_LT: number = op(0x63, "f64.lt", "dd:i", Imm.NONE, PURE | COMPARES);
export const F64_GT: number = op(0x64, "f64.gt", "dd:i", Imm.NONE, PURE | COMPARES);
export const F64_LE: number = op(0x65, "f64.le", "dd:i", Imm.NONE, PURE | COMPARES);
export const F64_GE: number = op(0x66, "f64.ge", "dd:i", Imm.NONE, PURE | COMPARES);
export const I32_CLZ: number = op(0x67, "i32.clz", "i:i", Imm.NONE, PURE);
export const I32_CTZ: number = op(0x68, "i32.ctz", "i:i", Imm.NONE, PURE);
export const I32_POPCNT: number = op(0x69, "i32.popcnt", "i:i", Imm.NONE, PURE);
export const I32_ADD: number = op(0x6a, "i32.add", "ii:i", Imm.NONE, PURE | COMMUTES | CONSTANT);
export const I32_SUB: number = op(0x6b, "i32.sub", "ii:i", Imm.NONE, PURE | CONSTANT);
export const I32_MUL: number = op(0x6c, "i32.mul", "ii:i", Imm.NONE, PURE | COMMUTES | CONSTANT);
export const I32_DIV_S: number = op(0x6d, "i32.div_s", "ii:i", Imm.NONE, PURE | TRAPS);
export const I32_DIV_U: number = op(0x6e, "i32.div_u", "ii:i", Imm.NONE, PURE | TRAPS);
export const I32_REM_S: number = op(0x6f, "i32.rem_s", "ii:i", Imm.NONE, PURE | TRAPS);
export const I32_REM_U: number = op(0x70, "i32.rem_u", "ii:i", Imm.NONE, PURE | TRAPS);
export const I32_AND: number = op(0x71, "i32.and", "ii:i", Imm.NONE, PURE | COMMUTES);
export const I32_OR: number = op(0x72, "i32.or", "ii:i", Imm.NONE, PURE | COMMUTES);
export const I32_XOR: number = op(0x73, "i32.xor", "ii:i", Imm.NONE, PURE | COMMUTES);
export const I32_SHL: number = op(0x74, "i32.shl", "ii:i", Imm.NONE, PURE);
export const I32_SHR_S: number = op(0x75, "i32.shr_s", "ii:i", Imm.NONE, PURE);
export const I32_SHR_U: number = op(0x76, "i32.shr_u", "ii:i", Imm.NONE, PURE);
export const I32_ROTL: number = op(0x77, "i32.rotl", "ii:i", Imm.NONE, PURE);
export const I32_ROTR: number = op(0x78, "i32.rotr", "ii:i", Imm.NONE, PURE);
export const I64_CLZ: number = op(0x79, "i64.clz", "l:l", Imm.NONE, PURE);
export const I64_CTZ: number = op(0x7a, "i64.ctz", "l:l", Imm.NONE, PURE);
export const I64_POPCNT: number = op(0x7b, "i64.popcnt", "l:l", Imm.NONE, PURE);
export const I64_ADD: number = op(0x7c, "i64.add", "ll:l", Imm.NONE, PURE | COMMUTES | CONSTANT);
export const I64_SUB: number = op(0x7d, "i64.sub", "ll:l", Imm.NONE, PURE | CONSTANT);
export const I64_MUL: number = op(0x7e, "i64.mul", "ll:l", Imm.NONE, PURE | COMMUTES | CONSTANT);
export const I64_DIV_S: number = op(0x7f, "i64.div_s", "ll:l", Imm.NONE, PURE | TRAPS);
export const I64_DIV_U: number = op(0x80, "i64.div_u", "ll:l", Imm.NONE, PURE | TRAPS);
export const I64_REM_S: number = op(0x81, "i64.rem_s", "ll:l", Imm.NONE, PURE | TRAPS);
export const I64_REM_U: number = op(0x82, "i64.rem_u", "ll:l", Imm.NONE, PURE | TRAPS);
export const I64_AND: number = op(0x83, "i64.and", "ll:l", Imm.NONE, PURE | COMMUTES);
export const I64_OR: number = op(0x84, "i64.or", "ll:l", Imm.NONE, PURE | COMMUTES);
export const I64_XOR: number = op(0x85, "i64.xor", "ll:l", Imm.NONE, PURE | COMMUTES);
export const I64_SHL: number = op(0x86, "i64.shl", "ll:l", Imm.NONE, PURE);
export const I64_SHR_S: number = op(0x87, "i64.shr_s", "ll:l", Imm.NONE, PURE);
export const I64_SHR_U: number = op(0x88, "i64.shr_u", "ll:l", Imm.NONE, PURE);
export const I64_ROTL: number = op(0x89, "i64.rotl", "ll:l", Imm.NONE, PURE);
export const I64_ROTR: number = op(0x8a, "i64.rotr", "ll:l", Imm.NONE, PURE);
export const F32_ABS: number = op(0x8b, "f32.abs", "f:f", Imm.NONE, PURE);
export const F32_NEG: number = op(0x8c, "f32.neg", "f:f", Imm.NONE, PURE);
export const F32_CEIL: number = op(0x8d, "f32.ceil", "f:f", Imm.NONE, PURE);
export const F32_FLOOR: number = op(0x8e, "f32.floor", "f:f", Imm.NONE, PURE);
export const F32_TRUNC: number = op(0x8f, "f32.trunc", "f:f", Imm.NONE, PURE);
export const F32_NEAREST: number = op(0x90, "f32.nearest", "f:f", Imm.NONE, PURE);
export const F32_SQRT: number = op(0x91, "f32.sqrt", "f:f", Imm.NONE, PURE);
export const F32_ADD: number = op(0x92, "f32.add", "ff:f", Imm.NONE, PURE);
export const F32_SUB: number = op(0x93, "f32.sub", "ff:f", Imm.NONE, PURE);
export const F32_MUL: number = op(0x94, "f32.mul", "ff:f", Imm.NONE, PURE);
export const F32_DIV: number = op(0x95, "f32.div", "ff:f", Imm.NONE, PURE);
export const F32_MIN: number = op(0x96, "f32.min", "ff:f", Imm.NONE, PURE);
export const F32_MAX: number = op(0x97, "f32.max", "ff:f", Imm.NONE, PURE);
export const F32_COPYSIGN: number = op(0x98, "f32.copysign", "ff:f", Imm.NONE, PURE);
export const F64_ABS: number = op(0x99, "f64.abs", "d:d", Imm.NONE, PURE);
export const F64_NEG: number = op(0x9a, "f64.neg", "d:d", Imm.NONE, PURE);
export const F64_CEIL: number = op(0x9b, "f64.ceil", "d:d", Imm.NONE, PURE);
export const F64_FLOOR: number = op(0x9c, "f64.floor", "d:d", Imm.NONE, PURE);
export const F64_TRUNC: number = op(0x9d, "f64.trunc", "d:d", Imm.NONE, PURE);
export const F64_NEAREST: number = op(0x9e, "f64.nearest", "d:d", Imm.NONE, PURE);
export const F64_SQRT: number = op(0x9f, "f64.sqrt", "d:d", Imm.NONE, PURE);
export const F64_ADD: number = op(0xa0, "f64.add", "dd:d", Imm.NONE, PURE);
export const F64_SUB: number = op(0xa1, "f64.sub", "dd:d", Imm.NONE, PURE);
export const F64_MUL: number = op(0xa2, "f64.mul", "dd:d", Imm.NONE, PURE);
export const F64_DIV: number = op(0xa3, "f64.div", "dd:d", Imm.NONE, PURE);
export const F64_MIN: number = op(0xa4, "f64.min", "dd:d", Imm.NONE, PURE);
export const F64_MAX: number = op(0xa5, "f64.max", "dd:d", Imm.NONE, PURE);
export const F64_COPYSIGN: number = op(0xa6, "f64.copysign", "dd:d", Imm.NONE, PURE);
export const I32_WRAP_I64: number = op(0xa7, "i32.wrap_i64", "l:i", Imm.NONE, PURE);
export const I32_TRUNC_F32_S: number = op(0xa8, "i32.trunc_f32_s", "f:i", Imm.NONE, PURE | TRAPS);
export const I32_TRUNC_F32_U: number = op(0xa9, "i32.trunc_f32_u", "f:i", Imm.NONE, PURE | TRAPS);
export const I32_TRUNC_F64_S: number = op(0xaa, "i32.trunc_f64_s", "d:i", Imm.NONE, PURE | TRAPS);
export const I32_TRUNC_F64_U: number = op(0xab, "i32.trunc_f64_u", "d:i", Imm.NONE, PURE | TRAPS);
export const I64_EXTEND_I32_S: number = op(0xac, "i64.extend_i32_s", "i:l", Imm.NONE, PURE);
export const I64_EXTEND_I32_U: number = op(0xad, "i64.extend_i32_u", "i:l", Imm.NONE, PURE);
export const I64_TRUNC_F32_S: number = op(0xae, "i64.trunc_f32_s", "f:l", Imm.NONE, PURE | TRAPS);
export const I64_TRUNC_F32_U: number = op(0xaf, "i64.trunc_f32_u", "f:l", Imm.NONE, PURE | TRAPS);
export const I64_TRUNC_F64_S: number = op(0xb0, "i64.trunc_f64_s", "d:l", Imm.NONE, PURE | TRAPS);
export const I64_TRUNC_F64_U: number = op(0xb1, "i64.trunc_f64_u", "d:l", Imm.NONE, PURE | TRAPS);
export const F32_CONVERT_I32_S: number = op(0xb2, "f32.convert_i32_s", "i:f", Imm.NONE, PURE);
export const F32_CONVERT_I32_U: number = op(0xb3, "f32.convert_i32_u", "i:f", Imm.NONE, PURE);
export const F32_CONVERT_I64_S: number = op(0xb4, "f32.convert_i64_s", "l:f", Imm.NONE, PURE);
export const F32_CONVERT_I64_U: number = op(0xb5, "f32.convert_i64_u", "l:f", Imm.NONE, PURE);
export const F32_DEMOTE_F64: number = op(0xb6, "f32.demote_f64", "d:f", Imm.NONE, PURE);
export const F64_CONVERT_I32_S: number = op(0xb7, "f64.convert_i32_s", "i:d", Imm.NONE, PURE);
export const F64_CONVERT_I32_U: number = op(0xb8, "f64.convert_i32_u", "i:d", Imm.NONE, PURE);
export const F64_CONVERT_I64_S: number = op(0xb9, "f64.convert_i64_s", "l:d", Imm.NONE, PURE);
export const F64_CONVERT_I64_U: number = op(0xba, "f64.convert_i64_u", "l:d", Imm.NONE, PURE);
export const F64_PROMOTE_F32: number = op(0xbb, "f64.promote_f32", "f:d", Imm.NONE, PURE);
export const I32_REINTERPRET_F32: number = op(0xbc, "i32.reinterpret_f32", "f:i", Imm.NONE, PURE);
export const I64_REINTERPRET_F64: number = op(0xbd, "i64.reinterpret_f64", "d:l", Imm.NONE, PURE);
export const F32_REINTERPRET_I32: number = op(0xbe, "f32.reinterpret_i32", "i:f", Imm.NONE, PURE);
export const F64_REINTERPRET_I64: number = op(0xbf, "f64.reinterpret_i64", "l:d", Imm.NONE, PURE);
export const I32_EXTEND8_S: number = op(0xc0, "i32.extend8_s", "i:i", Imm.NONE, PURE);
export const I32_EXTEND16_S: number = op(0xc1, "i32.extend16_s", "i:i", Imm.NONE, PURE);
export const I64_EXTEND8_S: number = op(0xc2, "i64.extend8_s", "l:l", Imm.NONE, PURE);
export const I64_EXTEND16_S: number = op(0xc3, "i64.extend16_s", "l:l", Imm.NONE, PURE);
export const I64_EXTEND32_S: number = op(0xc4, "i64.extend32_s", "l:l", Imm.NONE, PURE);

// References
export const REF_NULL: number = op(0xd0, "ref.null", "", Imm.HEAP_TYPE, PURE | CONSTANT);
export const REF_IS_NULL: number = op(0xd1, "ref.is_null", "", Imm.NONE, PURE);
export const REF_FUNC: number = op(0xd2, "ref.func", "", Imm.FUNC, PURE | CONSTANT);

// Saturating conversions, bulk memory and tables
export const I32_TRUNC_SAT_F32_S: number = op(0xfc000, "i32.trunc_sat_f32_s", "f:i", Imm.NONE, PURE);
export const I32_TRUNC_SAT_F32_U: number = op(0xfc001, "i32.trunc_sat_f32_u", "f:i", Imm.NONE, PURE);
export const I32_TRUNC_SAT_F64_S: number = op(0xfc002, "i32.trunc_sat_f64_s", "d:i", Imm.NONE, PURE);
export const I32_TRUNC_SAT_F64_U: number = op(0xfc003, "i32.trunc_sat_f64_u", "d:i", Imm.NONE, PURE);
export const I64_TRUNC_SAT_F32_S: number = op(0xfc004, "i64.trunc_sat_f32_s", "f:l", Imm.NONE, PURE);
export const I64_TRUNC_SAT_F32_U: number = op(0xfc005, "i64.trunc_sat_f32_u", "f:l", Imm.NONE, PURE);
export const I64_TRUNC_SAT_F64_S: number = op(0xfc006, "i64.trunc_sat_f64_s", "d:l", Imm.NONE, PURE);
export const I64_TRUNC_SAT_F64_U: number = op(0xfc007, "i64.trunc_sat_f64_u", "d:l", Imm.NONE, PURE);
export const MEMORY_INIT: number = op(0xfc008, "memory.init", "", Imm.DATA_MEMORY, STORES | TRAPS);
export const DATA_DROP: number = op(0xfc009, "data.drop", ":", Imm.DATA);
export const MEMORY_COPY: number = op(0xfc00a, "memory.copy", "", Imm.MEMORY_MEMORY, STORES | LOADS | TRAPS);
export const MEMORY_FILL: number = op(0xfc00b, "memory.fill", "", Imm.MEMORY, STORES | TRAPS);
export const TABLE_INIT: number = op(0xfc00c, "table.init", "", Imm.ELEM_TABLE, TRAPS);
export const ELEM_DROP: number = op(0xfc00d, "elem.drop", ":", Imm.ELEM);
export const TABLE_COPY: number = op(0xfc00e, "table.copy", "", Imm.TABLE_TABLE, TRAPS);
export const TABLE_GROW: number = op(0xfc00f, "table.grow", "", Imm.TABLE, CALLS);
export const TABLE_SIZE: number = op(0xfc010, "table.size", "", Imm.TABLE);
export const TABLE_FILL: number = op(0xfc011, "table.fill", "", Imm.TABLE, TRAPS);

// Tail calls
section("tail-calls");
export const RETURN_CALL: number = op(0x12, "return_call", "", Imm.FUNC, CALLS | TRAPS | TERMINATES);
export const RETURN_CALL_INDIRECT: number = op(
  0x13,
  "return_call_indirect",
  "",
  Imm.TYPE_TABLE,
  CALLS | TRAPS | TERMINATES,
);

// Typed function references
section("function-references");
export const CALL_REF: number = op(0x14, "call_ref", "", Imm.TYPE, CALLS | TRAPS);
export const RETURN_CALL_REF: number = op(0x15, "return_call_ref", "", Imm.TYPE, CALLS | TRAPS | TERMINATES);
export const REF_AS_NON_NULL: number = op(0xd4, "ref.as_non_null", "", Imm.NONE, TRAPS);
export const BR_ON_NULL: number = op(0xd5, "br_on_null", "", Imm.LABEL, CONTROL);
export const BR_ON_NON_NULL: number = op(0xd6, "br_on_non_null", "", Imm.LABEL, CONTROL);

// Exceptions
section("exceptions");
export const THROW: number = op(0x08, "throw", "", Imm.TAG, CONTROL | TERMINATES);
export const THROW_REF: number = op(0x0a, "throw_ref", "", Imm.NONE, CONTROL | TRAPS | TERMINATES);
export const TRY_TABLE: number = op(0x1f, "try_table", "", Imm.TRY_TABLE, CONTROL);

// Legacy exceptions, which toolchains still emit (removed from the standard before 3.0)
section("legacy-exceptions");
export const TRY: number = op(0x06, "try", "", Imm.BLOCK, CONTROL);
export const CATCH: number = op(0x07, "catch", "", Imm.TAG, CONTROL);
export const RETHROW: number = op(0x09, "rethrow", "", Imm.LABEL, CONTROL | TERMINATES);
export const DELEGATE: number = op(0x18, "delegate", "", Imm.LABEL, CONTROL);
export const CATCH_ALL: number = op(0x19, "catch_all", "", Imm.NONE, CONTROL);

// Garbage-collected types
section("gc");
export const REF_EQ: number = op(0xd3, "ref.eq", "", Imm.NONE, PURE);
export const STRUCT_NEW: number = op(0xfb000, "struct.new", "", Imm.TYPE, CONSTANT);
export const STRUCT_NEW_DEFAULT: number = op(0xfb001, "struct.new_default", "", Imm.TYPE, CONSTANT);
export const STRUCT_GET: number = op(0xfb002, "struct.get", "", Imm.TYPE_FIELD, TRAPS);
export const STRUCT_GET_S: number = op(0xfb003, "struct.get_s", "", Imm.TYPE_FIELD, TRAPS);
export const STRUCT_GET_U: number = op(0xfb004, "struct.get_u", "", Imm.TYPE_FIELD, TRAPS);
export const STRUCT_SET: number = op(0xfb005, "struct.set", "", Imm.TYPE_FIELD, TRAPS);
export const ARRAY_NEW: number = op(0xfb006, "array.new", "", Imm.TYPE, CONSTANT | TRAPS);
export const ARRAY_NEW_DEFAULT: number = op(0xfb007, "array.new_default", "", Imm.TYPE, CONSTANT | TRAPS);
export const ARRAY_NEW_FIXED: number = op(0xfb008, "array.new_fixed", "", Imm.TYPE_COUNT, CONSTANT | TRAPS);
export const ARRAY_NEW_DATA: number = op(0xfb009, "array.new_data", "", Imm.TYPE_DATA, TRAPS);
export const ARRAY_NEW_ELEM: number = op(0xfb00a, "array.new_elem", "", Imm.TYPE_ELEM, TRAPS);
export const ARRAY_GET: number = op(0xfb00b, "array.get", "", Imm.TYPE, TRAPS);
export const ARRAY_GET_S: number = op(0xfb00c, "array.get_s", "", Imm.TYPE, TRAPS);
export const ARRAY_GET_U: number = op(0xfb00d, "array.get_u", "", Imm.TYPE, TRAPS);
export const ARRAY_SET: number = op(0xfb00e, "array.set", "", Imm.TYPE, TRAPS);
export const ARRAY_LEN: number = op(0xfb00f, "array.len", "", Imm.NONE, TRAPS);
export const ARRAY_FILL: number = op(0xfb010, "array.fill", "", Imm.TYPE, TRAPS);
export const ARRAY_COPY: number = op(0xfb011, "array.copy", "", Imm.TYPE_TYPE, TRAPS);
export const ARRAY_INIT_DATA: number = op(0xfb012, "array.init_data", "", Imm.TYPE_DATA, TRAPS);
export const ARRAY_INIT_ELEM: number = op(0xfb013, "array.init_elem", "", Imm.TYPE_ELEM, TRAPS);
export const REF_TEST: number = op(0xfb014, "ref.test", "", Imm.HEAP_TYPE);
export const REF_TEST_NULL: number = op(0xfb015, "ref.test", "", Imm.HEAP_TYPE);
export const REF_CAST: number = op(0xfb016, "ref.cast", "", Imm.HEAP_TYPE, TRAPS);
export const REF_CAST_NULL: number = op(0xfb017, "ref.cast", "", Imm.HEAP_TYPE, TRAPS);
export const BR_ON_CAST: number = op(0xfb018, "br_on_cast", "", Imm.CAST, CONTROL);
export const BR_ON_CAST_FAIL: number = op(0xfb019, "br_on_cast_fail", "", Imm.CAST, CONTROL);
export const ANY_CONVERT_EXTERN: number = op(0xfb01a, "any.convert_extern", "", Imm.NONE, PURE | CONSTANT);
export const EXTERN_CONVERT_ANY: number = op(0xfb01b, "extern.convert_any", "", Imm.NONE, PURE | CONSTANT);
export const REF_I31: number = op(0xfb01c, "ref.i31", "", Imm.NONE, PURE | CONSTANT);
export const I31_GET_S: number = op(0xfb01d, "i31.get_s", "", Imm.NONE, TRAPS);
export const I31_GET_U: number = op(0xfb01e, "i31.get_u", "", Imm.NONE, TRAPS);

// Wide arithmetic
section("wide-arithmetic");
export const I64_ADD128: number = op(0xfc013, "i64.add128", "llll:ll", Imm.NONE, PURE);
export const I64_SUB128: number = op(0xfc014, "i64.sub128", "llll:ll", Imm.NONE, PURE);
export const I64_MUL_WIDE_S: number = op(0xfc015, "i64.mul_wide_s", "ll:ll", Imm.NONE, PURE);
export const I64_MUL_WIDE_U: number = op(0xfc016, "i64.mul_wide_u", "ll:ll", Imm.NONE, PURE);

// SIMD: memory, constants, lanes
section("simd");
export const V128_LOAD: number = op(0xfd000, "v128.load", "a:v", Imm.MEMORY_ACCESS, LOADS | TRAPS, 4);
export const V128_LOAD8X8_S: number = op(0xfd001, "v128.load8x8_s", "a:v", Imm.MEMORY_ACCESS, LOADS | TRAPS, 3);
export const V128_LOAD8X8_U: number = op(0xfd002, "v128.load8x8_u", "a:v", Imm.MEMORY_ACCESS, LOADS | TRAPS, 3);
export const V128_LOAD16X4_S: number = op(0xfd003, "v128.load16x4_s", "a:v", Imm.MEMORY_ACCESS, LOADS | TRAPS, 3);
export const V128_LOAD16X4_U: number = op(0xfd004, "v128.load16x4_u", "a:v", Imm.MEMORY_ACCESS, LOADS | TRAPS, 3);
export const V128_LOAD32X2_S: number = op(0xfd005, "v128.load32x2_s", "a:v", Imm.MEMORY_ACCESS, LOADS | TRAPS, 3);
export const V128_LOAD32X2_U: number = op(0xfd006, "v128.load32x2_u", "a:v", Imm.MEMORY_ACCESS, LOADS | TRAPS, 3);
export const V128_LOAD8_SPLAT: number = op(0xfd007, "v128.load8_splat", "a:v", Imm.MEMORY_ACCESS, LOADS | TRAPS, 0);
export const V128_LOAD16_SPLAT: number = op(0xfd008, "v128.load16_splat", "a:v", Imm.MEMORY_ACCESS, LOADS | TRAPS, 1);
export const V128_LOAD32_SPLAT: number = op(0xfd009, "v128.load32_splat", "a:v", Imm.MEMORY_ACCESS, LOADS | TRAPS, 2);
export const V128_LOAD64_SPLAT: number = op(0xfd00a, "v128.load64_splat", "a:v", Imm.MEMORY_ACCESS, LOADS | TRAPS, 3);
export const V128_STORE: number = op(0xfd00b, "v128.store", "av:", Imm.MEMORY_ACCESS, STORES | TRAPS, 4);
export const V128_CONST: number = op(0xfd00c, "v128.const", ":v", Imm.V128, PURE | CONSTANT);
export const I8X16_SHUFFLE: number = op(0xfd00d, "i8x16.shuffle", "vv:v", Imm.SHUFFLE, PURE);
export const I8X16_SWIZZLE: number = op(0xfd00e, "i8x16.swizzle", "vv:v", Imm.NONE, PURE);
export const I8X16_SPLAT: number = op(0xfd00f, "i8x16.splat", "i:v", Imm.NONE, PURE);
export const I16X8_SPLAT: number = op(0xfd010, "i16x8.splat", "i:v", Imm.NONE, PURE);
export const I32X4_SPLAT: number = op(0xfd011, "i32x4.splat", "i:v", Imm.NONE, PURE);
export const I64X2_SPLAT: number = op(0xfd012, "i64x2.splat", "l:v", Imm.NONE, PURE);
export const F32X4_SPLAT: number = op(0xfd013, "f32x4.splat", "f:v", Imm.NONE, PURE);
export const F64X2_SPLAT: number = op(0xfd014, "f64x2.splat", "d:v", Imm.NONE, PURE);
export const I8X16_EXTRACT_LANE_S: number = op(0xfd015, "i8x16.extract_lane_s", "v:i", Imm.LANE, PURE);
export const I8X16_EXTRACT_LANE_U: number = op(0xfd016, "i8x16.extract_lane_u", "v:i", Imm.LANE, PURE);
export const I8X16_REPLACE_LANE: number = op(0xfd017, "i8x16.replace_lane", "vi:v", Imm.LANE, PURE);
export const I16X8_EXTRACT_LANE_S: number = op(0xfd018, "i16x8.extract_lane_s", "v:i", Imm.LANE, PURE);
export const I16X8_EXTRACT_LANE_U: number = op(0xfd019, "i16x8.extract_lane_u", "v:i", Imm.LANE, PURE);
export const I16X8_REPLACE_LANE: number = op(0xfd01a, "i16x8.replace_lane", "vi:v", Imm.LANE, PURE);
export const I32X4_EXTRACT_LANE: number = op(0xfd01b, "i32x4.extract_lane", "v:i", Imm.LANE, PURE);
export const I32X4_REPLACE_LANE: number = op(0xfd01c, "i32x4.replace_lane", "vi:v", Imm.LANE, PURE);
export const I64X2_EXTRACT_LANE: number = op(0xfd01d, "i64x2.extract_lane", "v:l", Imm.LANE, PURE);
export const I64X2_REPLACE_LANE: number = op(0xfd01e, "i64x2.replace_lane", "vl:v", Imm.LANE, PURE);
export const F32X4_EXTRACT_LANE: number = op(0xfd01f, "f32x4.extract_lane", "v:f", Imm.LANE, PURE);
export const F32X4_REPLACE_LANE: number = op(0xfd020, "f32x4.replace_lane", "vf:v", Imm.LANE, PURE);
export const F64X2_EXTRACT_LANE: number = op(0xfd021, "f64x2.extract_lane", "v:d", Imm.LANE, PURE);
export const F64X2_REPLACE_LANE: number = op(0xfd022, "f64x2.replace_lane", "vd:v", Imm.LANE, PURE);

// SIMD: comparisons, bits
export const I8X16_EQ: number = op(0xfd023, "i8x16.eq", "vv:v", Imm.NONE, PURE);
export const I8X16_NE: number = op(0xfd024, "i8x16.ne", "vv:v", Imm.NONE, PURE);
export const I8X16_LT_S: number = op(0xfd025, "i8x16.lt_s", "vv:v", Imm.NONE, PURE);
export const I8X16_LT_U: number = op(0xfd026, "i8x16.lt_u", "vv:v", Imm.NONE, PURE);
export const I8X16_GT_S: number = op(0xfd027, "i8x16.gt_s", "vv:v", Imm.NONE, PURE);
export const I8X16_GT_U: number = op(0xfd028, "i8x16.gt_u", "vv:v", Imm.NONE, PURE);
export const I8X16_LE_S: number = op(0xfd029, "i8x16.le_s", "vv:v", Imm.NONE, PURE);
export const I8X16_LE_U: number = op(0xfd02a, "i8x16.le_u", "vv:v", Imm.NONE, PURE);
export const I8X16_GE_S: number = op(0xfd02b, "i8x16.ge_s", "vv:v", Imm.NONE, PURE);
export const I8X16_GE_U: number = op(0xfd02c, "i8x16.ge_u", "vv:v", Imm.NONE, PURE);
export const I16X8_EQ: number = op(0xfd02d, "i16x8.eq", "vv:v", Imm.NONE, PURE);
export const I16X8_NE: number = op(0xfd02e, "i16x8.ne", "vv:v", Imm.NONE, PURE);
export const I16X8_LT_S: number = op(0xfd02f, "i16x8.lt_s", "vv:v", Imm.NONE, PURE);
export const I16X8_LT_U: number = op(0xfd030, "i16x8.lt_u", "vv:v", Imm.NONE, PURE);
export const I16X8_GT_S: number = op(0xfd031, "i16x8.gt_s", "vv:v", Imm.NONE, PURE);
export const I16X8_GT_U: number = op(0xfd032, "i16x8.gt_u", "vv:v", Imm.NONE, PURE);
export const I16X8_LE_S: number = op(0xfd033, "i16x8.le_s", "vv:v", Imm.NONE, PURE);
export const I16X8_LE_U: number = op(0xfd034, "i16x8.le_u", "vv:v", Imm.NONE, PURE);
export const I16X8_GE_S: number = op(0xfd035, "i16x8.ge_s", "vv:v", Imm.NONE, PURE);
export const I16X8_GE_U: number = op(0xfd036, "i16x8.ge_u", "vv:v", Imm.NONE, PURE);
export const I32X4_EQ: number = op(0xfd037, "i32x4.eq", "vv:v", Imm.NONE, PURE);
export const I32X4_NE: number = op(0xfd038, "i32x4.ne", "vv:v", Imm.NONE, PURE);
export const I32X4_LT_S: number = op(0xfd039, "i32x4.lt_s", "vv:v", Imm.NONE, PURE);
export const I32X4_LT_U: number = op(0xfd03a, "i32x4.lt_u", "vv:v", Imm.NONE, PURE);
export const I32X4_GT_S: number = op(0xfd03b, "i32x4.gt_s", "vv:v", Imm.NONE, PURE);
export const I32X4_GT_U: number = op(0xfd03c, "i32x4.gt_u", "vv:v", Imm.NONE, PURE);
export const I32X4_LE_S: number = op(0xfd03d, "i32x4.le_s", "vv:v", Imm.NONE, PURE);
export const I32X4_LE_U: number = op(0xfd03e, "i32x4.le_u", "vv:v", Imm.NONE, PURE);
export const I32X4_GE_S: number = op(0xfd03f, "i32x4.ge_s", "vv:v", Imm.NONE, PURE);
export const I32X4_GE_U: number = op(0xfd040, "i32x4.ge_u", "vv:v", Imm.NONE, PURE);
export const F32X4_EQ: number = op(0xfd041, "f32x4.eq", "vv:v", Imm.NONE, PURE);
export const F32X4_NE: number = op(0xfd042, "f32x4.ne", "vv:v", Imm.NONE, PURE);
export const F32X4_LT: number = op(0xfd043, "f32x4.lt", "vv:v", Imm.NONE, PURE);
export const F32X4_GT: number = op(0xfd044, "f32x4.gt", "vv:v", Imm.NONE, PURE);
export const F32X4_LE: number = op(0xfd045, "f32x4.le", "vv:v", Imm.NONE, PURE);
export const F32X4_GE: number = op(0xfd046, "f32x4.ge", "vv:v", Imm.NONE, PURE);
export const F64X2_EQ: number = op(0xfd047, "f64x2.eq", "vv:v", Imm.NONE, PURE);
export const F64X2_NE: number = op(0xfd048, "f64x2.ne", "vv:v", Imm.NONE, PURE);
export const F64X2_LT: number = op(0xfd049, "f64x2.lt", "vv:v", Imm.NONE, PURE);
export const F64X2_GT: number = op(0xfd04a, "f64x2.gt", "vv:v", Imm.NONE, PURE);
export const F64X2_LE: number = op(0xfd04b, "f64x2.le", "vv:v", Imm.NONE, PURE);
export const F64X2_GE: number = op(0xfd04c, "f64x2.ge", "vv:v", Imm.NONE, PURE);
export const V128_NOT: number = op(0xfd04d, "v128.not", "v:v", Imm.NONE, PURE);
export const V128_AND: number = op(0xfd04e, "v128.and", "vv:v", Imm.NONE, PURE);
export const V128_ANDNOT: number = op(0xfd04f, "v128.andnot", "vv:v", Imm.NONE, PURE);
export const V128_OR: number = op(0xfd050, "v128.or", "vv:v", Imm.NONE, PURE);
export const V128_XOR: number = op(0xfd051, "v128.xor", "vv:v", Imm.NONE, PURE);
export const V128_BITSELECT: number = op(0xfd052, "v128.bitselect", "vvv:v", Imm.NONE, PURE);
export const V128_ANY_TRUE: number = op(0xfd053, "v128.any_true", "v:i", Imm.NONE, PURE);
export const V128_LOAD8_LANE: number = op(0xfd054, "v128.load8_lane", "av:v", Imm.MEMORY_LANE, LOADS | TRAPS, 0);
export const V128_LOAD16_LANE: number = op(0xfd055, "v128.load16_lane", "av:v", Imm.MEMORY_LANE, LOADS | TRAPS, 1);
export const V128_LOAD32_LANE: number = op(0xfd056, "v128.load32_lane", "av:v", Imm.MEMORY_LANE, LOADS | TRAPS, 2);
export const V128_LOAD64_LANE: number = op(0xfd057, "v128.load64_lane", "av:v", Imm.MEMORY_LANE, LOADS | TRAPS, 3);
export const V128_STORE8_LANE: number = op(0xfd058, "v128.store8_lane", "av:", Imm.MEMORY_LANE, STORES | TRAPS, 0);
export const V128_STORE16_LANE: number = op(0xfd059, "v128.store16_lane", "av:", Imm.MEMORY_LANE, STORES | TRAPS, 1);
export const V128_STORE32_LANE: number = op(0xfd05a, "v128.store32_lane", "av:", Imm.MEMORY_LANE, STORES | TRAPS, 2);
export const V128_STORE64_LANE: number = op(0xfd05b, "v128.store64_lane", "av:", Imm.MEMORY_LANE, STORES | TRAPS, 3);
export const V128_LOAD32_ZERO: number = op(0xfd05c, "v128.load32_zero", "a:v", Imm.MEMORY_ACCESS, LOADS | TRAPS, 2);
export const V128_LOAD64_ZERO: number = op(0xfd05d, "v128.load64_zero", "a:v", Imm.MEMORY_ACCESS, LOADS | TRAPS, 3);

// SIMD: arithmetic
export const F32X4_DEMOTE_F64X2_ZERO: number = op(0xfd05e, "f32x4.demote_f64x2_zero", "v:v", Imm.NONE, PURE);
export const F64X2_PROMOTE_LOW_F32X4: number = op(0xfd05f, "f64x2.promote_low_f32x4", "v:v", Imm.NONE, PURE);
export const I8X16_ABS: number = op(0xfd060, "i8x16.abs", "v:v", Imm.NONE, PURE);
export const I8X16_NEG: number = op(0xfd061, "i8x16.neg", "v:v", Imm.NONE, PURE);
export const I8X16_POPCNT: number = op(0xfd062, "i8x16.popcnt", "v:v", Imm.NONE, PURE);
export const I8X16_ALL_TRUE: number = op(0xfd063, "i8x16.all_true", "v:i", Imm.NONE, PURE);
export const I8X16_BITMASK: number = op(0xfd064, "i8x16.bitmask", "v:i", Imm.NONE, PURE);
export const I8X16_NARROW_I16X8_S: number = op(0xfd065, "i8x16.narrow_i16x8_s", "vv:v", Imm.NONE, PURE);
export const I8X16_NARROW_I16X8_U: number = op(0xfd066, "i8x16.narrow_i16x8_u", "vv:v", Imm.NONE, PURE);
export const F32X4_CEIL: number = op(0xfd067, "f32x4.ceil", "v:v", Imm.NONE, PURE);
export const F32X4_FLOOR: number = op(0xfd068, "f32x4.floor", "v:v", Imm.NONE, PURE);
export const F32X4_TRUNC: number = op(0xfd069, "f32x4.trunc", "v:v", Imm.NONE, PURE);
export const F32X4_NEAREST: number = op(0xfd06a, "f32x4.nearest", "v:v", Imm.NONE, PURE);
export const I8X16_SHL: number = op(0xfd06b, "i8x16.shl", "vi:v", Imm.NONE, PURE);
export const I8X16_SHR_S: number = op(0xfd06c, "i8x16.shr_s", "vi:v", Imm.NONE, PURE);
export const I8X16_SHR_U: number = op(0xfd06d, "i8x16.shr_u", "vi:v", Imm.NONE, PURE);
export const I8X16_ADD: number = op(0xfd06e, "i8x16.add", "vv:v", Imm.NONE, PURE);
export const I8X16_ADD_SAT_S: number = op(0xfd06f, "i8x16.add_sat_s", "vv:v", Imm.NONE, PURE);
export const I8X16_ADD_SAT_U: number = op(0xfd070, "i8x16.add_sat_u", "vv:v", Imm.NONE, PURE);
export const I8X16_SUB: number = op(0xfd071, "i8x16.sub", "vv:v", Imm.NONE, PURE);
export const I8X16_SUB_SAT_S: number = op(0xfd072, "i8x16.sub_sat_s", "vv:v", Imm.NONE, PURE);
export const I8X16_SUB_SAT_U: number = op(0xfd073, "i8x16.sub_sat_u", "vv:v", Imm.NONE, PURE);
export const F64X2_CEIL: number = op(0xfd074, "f64x2.ceil", "v:v", Imm.NONE, PURE);
export const F64X2_FLOOR: number = op(0xfd075, "f64x2.floor", "v:v", Imm.NONE, PURE);
export const I8X16_MIN_S: number = op(0xfd076, "i8x16.min_s", "vv:v", Imm.NONE, PURE);
export const I8X16_MIN_U: number = op(0xfd077, "i8x16.min_u", "vv:v", Imm.NONE, PURE);
export const I8X16_MAX_S: number = op(0xfd078, "i8x16.max_s", "vv:v", Imm.NONE, PURE);
export const I8X16_MAX_U: number = op(0xfd079, "i8x16.max_u", "vv:v", Imm.NONE, PURE);
export const F64X2_TRUNC: number = op(0xfd07a, "f64x2.trunc", "v:v", Imm.NONE, PURE);
export const I8X16_AVGR_U: number = op(0xfd07b, "i8x16.avgr_u", "vv:v", Imm.NONE, PURE);
export const I16X8_EXTADD_PAIRWISE_I8X16_S: number = op(
  0xfd07c,
  "i16x8.extadd_pairwise_i8x16_s",
  "v:v",
  Imm.NONE,
  PURE,
);
export const I16X8_EXTADD_PAIRWISE_I8X16_U: number = op(
  0xfd07d,
  "i16x8.extadd_pairwise_i8x16_u",
  "v:v",
  Imm.NONE,
  PURE,
);
export const I32X4_EXTADD_PAIRWISE_I16X8_S: number = op(
  0xfd07e,
  "i32x4.extadd_pairwise_i16x8_s",
  "v:v",
  Imm.NONE,
  PURE,
);
export const I32X4_EXTADD_PAIRWISE_I16X8_U: number = op(
  0xfd07f,
  "i32x4.extadd_pairwise_i16x8_u",
  "v:v",
  Imm.NONE,
  PURE,
);
export const I16X8_ABS: number = op(0xfd080, "i16x8.abs", "v:v", Imm.NONE, PURE);
export const I16X8_NEG: number = op(0xfd081, "i16x8.neg", "v:v", Imm.NONE, PURE);
export const I16X8_Q15MULR_SAT_S: number = op(0xfd082, "i16x8.q15mulr_sat_s", "vv:v", Imm.NONE, PURE);
export const I16X8_ALL_TRUE: number = op(0xfd083, "i16x8.all_true", "v:i", Imm.NONE, PURE);
export const I16X8_BITMASK: number = op(0xfd084, "i16x8.bitmask", "v:i", Imm.NONE, PURE);
export const I16X8_NARROW_I32X4_S: number = op(0xfd085, "i16x8.narrow_i32x4_s", "vv:v", Imm.NONE, PURE);
export const I16X8_NARROW_I32X4_U: number = op(0xfd086, "i16x8.narrow_i32x4_u", "vv:v", Imm.NONE, PURE);
export const I16X8_EXTEND_LOW_I8X16_S: number = op(0xfd087, "i16x8.extend_low_i8x16_s", "v:v", Imm.NONE, PURE);
export const I16X8_EXTEND_HIGH_I8X16_S: number = op(0xfd088, "i16x8.extend_high_i8x16_s", "v:v", Imm.NONE, PURE);
export const I16X8_EXTEND_LOW_I8X16_U: number = op(0xfd089, "i16x8.extend_low_i8x16_u", "v:v", Imm.NONE, PURE);
export const I16X8_EXTEND_HIGH_I8X16_U: number = op(0xfd08a, "i16x8.extend_high_i8x16_u", "v:v", Imm.NONE, PURE);
export const I16X8_SHL: number = op(0xfd08b, "i16x8.shl", "vi:v", Imm.NONE, PURE);
export const I16X8_SHR_S: number = op(0xfd08c, "i16x8.shr_s", "vi:v", Imm.NONE, PURE);
export const I16X8_SHR_U: number = op(0xfd08d, "i16x8.shr_u", "vi:v", Imm.NONE, PURE);
export const I16X8_ADD: number = op(0xfd08e, "i16x8.add", "vv:v", Imm.NONE, PURE);
export const I16X8_ADD_SAT_S: number = op(0xfd08f, "i16x8.add_sat_s", "vv:v", Imm.NONE, PURE);
export const I16X8_ADD_SAT_U: number = op(0xfd090, "i16x8.add_sat_u", "vv:v", Imm.NONE, PURE);
export const I16X8_SUB: number = op(0xfd091, "i16x8.sub", "vv:v", Imm.NONE, PURE);
export const I16X8_SUB_SAT_S: number = op(0xfd092, "i16x8.sub_sat_s", "vv:v", Imm.NONE, PURE);
export const I16X8_SUB_SAT_U: number = op(0xfd093, "i16x8.sub_sat_u", "vv:v", Imm.NONE, PURE);
export const F64X2_NEAREST: number = op(0xfd094, "f64x2.nearest", "v:v", Imm.NONE, PURE);
export const I16X8_MUL: number = op(0xfd095, "i16x8.mul", "vv:v", Imm.NONE, PURE);
export const I16X8_MIN_S: number = op(0xfd096, "i16x8.min_s", "vv:v", Imm.NONE, PURE);
export const I16X8_MIN_U: number = op(0xfd097, "i16x8.min_u", "vv:v", Imm.NONE, PURE);
export const I16X8_MAX_S: number = op(0xfd098, "i16x8.max_s", "vv:v", Imm.NONE, PURE);
export const I16X8_MAX_U: number = op(0xfd099, "i16x8.max_u", "vv:v", Imm.NONE, PURE);
export const I16X8_AVGR_U: number = op(0xfd09b, "i16x8.avgr_u", "vv:v", Imm.NONE, PURE);
export const I16X8_EXTMUL_LOW_I8X16_S: number = op(0xfd09c, "i16x8.extmul_low_i8x16_s", "vv:v", Imm.NONE, PURE);
export const I16X8_EXTMUL_HIGH_I8X16_S: number = op(0xfd09d, "i16x8.extmul_high_i8x16_s", "vv:v", Imm.NONE, PURE);
export const I16X8_EXTMUL_LOW_I8X16_U: number = op(0xfd09e, "i16x8.extmul_low_i8x16_u", "vv:v", Imm.NONE, PURE);
export const I16X8_EXTMUL_HIGH_I8X16_U: number = op(0xfd09f, "i16x8.extmul_high_i8x16_u", "vv:v", Imm.NONE, PURE);
export const I32X4_ABS: number = op(0xfd0a0, "i32x4.abs", "v:v", Imm.NONE, PURE);
export const I32X4_NEG: number = op(0xfd0a1, "i32x4.neg", "v:v", Imm.NONE, PURE);
export const I32X4_ALL_TRUE: number = op(0xfd0a3, "i32x4.all_true", "v:i", Imm.NONE, PURE);
export const I32X4_BITMASK: number = op(0xfd0a4, "i32x4.bitmask", "v:i", Imm.NONE, PURE);
export const I32X4_EXTEND_LOW_I16X8_S: number = op(0xfd0a7, "i32x4.extend_low_i16x8_s", "v:v", Imm.NONE, PURE);
export const I32X4_EXTEND_HIGH_I16X8_S: number = op(0xfd0a8, "i32x4.extend_high_i16x8_s", "v:v", Imm.NONE, PURE);
export const I32X4_EXTEND_LOW_I16X8_U: number = op(0xfd0a9, "i32x4.extend_low_i16x8_u", "v:v", Imm.NONE, PURE);
export const I32X4_EXTEND_HIGH_I16X8_U: number = op(0xfd0aa, "i32x4.extend_high_i16x8_u", "v:v", Imm.NONE, PURE);
export const I32X4_SHL: number = op(0xfd0ab, "i32x4.shl", "vi:v", Imm.NONE, PURE);
export const I32X4_SHR_S: number = op(0xfd0ac, "i32x4.shr_s", "vi:v", Imm.NONE, PURE);
export const I32X4_SHR_U: number = op(0xfd0ad, "i32x4.shr_u", "vi:v", Imm.NONE, PURE);
export const I32X4_ADD: number = op(0xfd0ae, "i32x4.add", "vv:v", Imm.NONE, PURE);
export const I32X4_SUB: number = op(0xfd0b1, "i32x4.sub", "vv:v", Imm.NONE, PURE);
export const I32X4_MUL: number = op(0xfd0b5, "i32x4.mul", "vv:v", Imm.NONE, PURE);
export const I32X4_MIN_S: number = op(0xfd0b6, "i32x4.min_s", "vv:v", Imm.NONE, PURE);
export const I32X4_MIN_U: number = op(0xfd0b7, "i32x4.min_u", "vv:v", Imm.NONE, PURE);
export const I32X4_MAX_S: number = op(0xfd0b8, "i32x4.max_s", "vv:v", Imm.NONE, PURE);
export const I32X4_MAX_U: number = op(0xfd0b9, "i32x4.max_u", "vv:v", Imm.NONE, PURE);
export const I32X4_DOT_I16X8_S: number = op(0xfd0ba, "i32x4.dot_i16x8_s", "vv:v", Imm.NONE, PURE);
export const I32X4_EXTMUL_LOW_I16X8_S: number = op(0xfd0bc, "i32x4.extmul_low_i16x8_s", "vv:v", Imm.NONE, PURE);
export const I32X4_EXTMUL_HIGH_I16X8_S: number = op(0xfd0bd, "i32x4.extmul_high_i16x8_s", "vv:v", Imm.NONE, PURE);
export const I32X4_EXTMUL_LOW_I16X8_U: number = op(0xfd0be, "i32x4.extmul_low_i16x8_u", "vv:v", Imm.NONE, PURE);
export const I32X4_EXTMUL_HIGH_I16X8_U: number = op(0xfd0bf, "i32x4.extmul_high_i16x8_u", "vv:v", Imm.NONE, PURE);
export const I64X2_ABS: number = op(0xfd0c0, "i64x2.abs", "v:v", Imm.NONE, PURE);
export const I64X2_NEG: number = op(0xfd0c1, "i64x2.neg", "v:v", Imm.NONE, PURE);
export const I64X2_ALL_TRUE: number = op(0xfd0c3, "i64x2.all_true", "v:i", Imm.NONE, PURE);
export const I64X2_BITMASK: number = op(0xfd0c4, "i64x2.bitmask", "v:i", Imm.NONE, PURE);
export const I64X2_EXTEND_LOW_I32X4_S: number = op(0xfd0c7, "i64x2.extend_low_i32x4_s", "v:v", Imm.NONE, PURE);
export const I64X2_EXTEND_HIGH_I32X4_S: number = op(0xfd0c8, "i64x2.extend_high_i32x4_s", "v:v", Imm.NONE, PURE);
export const I64X2_EXTEND_LOW_I32X4_U: number = op(0xfd0c9, "i64x2.extend_low_i32x4_u", "v:v", Imm.NONE, PURE);
export const I64X2_EXTEND_HIGH_I32X4_U: number = op(0xfd0ca, "i64x2.extend_high_i32x4_u", "v:v", Imm.NONE, PURE);
export const I64X2_SHL: number = op(0xfd0cb, "i64x2.shl", "vi:v", Imm.NONE, PURE);
export const I64X2_SHR_S: number = op(0xfd0cc, "i64x2.shr_s", "vi:v", Imm.NONE, PURE);
export const I64X2_SHR_U: number = op(0xfd0cd, "i64x2.shr_u", "vi:v", Imm.NONE, PURE);
export const I64X2_ADD: number = op(0xfd0ce, "i64x2.add", "vv:v", Imm.NONE, PURE);
export const I64X2_SUB: number = op(0xfd0d1, "i64x2.sub", "vv:v", Imm.NONE, PURE);
export const I64X2_MUL: number = op(0xfd0d5, "i64x2.mul", "vv:v", Imm.NONE, PURE);
export const I64X2_EQ: number = op(0xfd0d6, "i64x2.eq", "vv:v", Imm.NONE, PURE);
export const I64X2_NE: number = op(0xfd0d7, "i64x2.ne", "vv:v", Imm.NONE, PURE);
export const I64X2_LT_S: number = op(0xfd0d8, "i64x2.lt_s", "vv:v", Imm.NONE, PURE);
export const I64X2_GT_S: number = op(0xfd0d9, "i64x2.gt_s", "vv:v", Imm.NONE, PURE);
export const I64X2_LE_S: number = op(0xfd0da, "i64x2.le_s", "vv:v", Imm.NONE, PURE);
export const I64X2_GE_S: number = op(0xfd0db, "i64x2.ge_s", "vv:v", Imm.NONE, PURE);
export const I64X2_EXTMUL_LOW_I32X4_S: number = op(0xfd0dc, "i64x2.extmul_low_i32x4_s", "vv:v", Imm.NONE, PURE);
export const I64X2_EXTMUL_HIGH_I32X4_S: number = op(0xfd0dd, "i64x2.extmul_high_i32x4_s", "vv:v", Imm.NONE, PURE);
export const I64X2_EXTMUL_LOW_I32X4_U: number = op(0xfd0de, "i64x2.extmul_low_i32x4_u", "vv:v", Imm.NONE, PURE);
export const I64X2_EXTMUL_HIGH_I32X4_U: number = op(0xfd0df, "i64x2.extmul_high_i32x4_u", "vv:v", Imm.NONE, PURE);
export const F32X4_ABS: number = op(0xfd0e0, "f32x4.abs", "v:v", Imm.NONE, PURE);
export const F32X4_NEG: number = op(0xfd0e1, "f32x4.neg", "v:v", Imm.NONE, PURE);
export const F32X4_SQRT: number = op(0xfd0e3, "f32x4.sqrt", "v:v", Imm.NONE, PURE);
export const F32X4_ADD: number = op(0xfd0e4, "f32x4.add", "vv:v", Imm.NONE, PURE);
export const F32X4_SUB: number = op(0xfd0e5, "f32x4.sub", "vv:v", Imm.NONE, PURE);
export const F32X4_MUL: number = op(0xfd0e6, "f32x4.mul", "vv:v", Imm.NONE, PURE);
export const F32X4_DIV: number = op(0xfd0e7, "f32x4.div", "vv:v", Imm.NONE, PURE);
export const F32X4_MIN: number = op(0xfd0e8, "f32x4.min", "vv:v", Imm.NONE, PURE);
export const F32X4_MAX: number = op(0xfd0e9, "f32x4.max", "vv:v", Imm.NONE, PURE);
export const F32X4_PMIN: number = op(0xfd0ea, "f32x4.pmin", "vv:v", Imm.NONE, PURE);
export const F32X4_PMAX: number = op(0xfd0eb, "f32x4.pmax", "vv:v", Imm.NONE, PURE);
export const F64X2_ABS: number = op(0xfd0ec, "f64x2.abs", "v:v", Imm.NONE, PURE);
export const F64X2_NEG: number = op(0xfd0ed, "f64x2.neg", "v:v", Imm.NONE, PURE);
export const F64X2_SQRT: number = op(0xfd0ef, "f64x2.sqrt", "v:v", Imm.NONE, PURE);
export const F64X2_ADD: number = op(0xfd0f0, "f64x2.add", "vv:v", Imm.NONE, PURE);
export const F64X2_SUB: number = op(0xfd0f1, "f64x2.sub", "vv:v", Imm.NONE, PURE);
export const F64X2_MUL: number = op(0xfd0f2, "f64x2.mul", "vv:v", Imm.NONE, PURE);
export const F64X2_DIV: number = op(0xfd0f3, "f64x2.div", "vv:v", Imm.NONE, PURE);
export const F64X2_MIN: number = op(0xfd0f4, "f64x2.min", "vv:v", Imm.NONE, PURE);
export const F64X2_MAX: number = op(0xfd0f5, "f64x2.max", "vv:v", Imm.NONE, PURE);
export const F64X2_PMIN: number = op(0xfd0f6, "f64x2.pmin", "vv:v", Imm.NONE, PURE);
export const F64X2_PMAX: number = op(0xfd0f7, "f64x2.pmax", "vv:v", Imm.NONE, PURE);
export const I32X4_TRUNC_SAT_F32X4_S: number = op(0xfd0f8, "i32x4.trunc_sat_f32x4_s", "v:v", Imm.NONE, PURE);
export const I32X4_TRUNC_SAT_F32X4_U: number = op(0xfd0f9, "i32x4.trunc_sat_f32x4_u", "v:v", Imm.NONE, PURE);
export const F32X4_CONVERT_I32X4_S: number = op(0xfd0fa, "f32x4.convert_i32x4_s", "v:v", Imm.NONE, PURE);
export const F32X4_CONVERT_I32X4_U: number = op(0xfd0fb, "f32x4.convert_i32x4_u", "v:v", Imm.NONE, PURE);
export const I32X4_TRUNC_SAT_F64X2_S_ZERO: number = op(0xfd0fc, "i32x4.trunc_sat_f64x2_s_zero", "v:v", Imm.NONE, PURE);
export const I32X4_TRUNC_SAT_F64X2_U_ZERO: number = op(0xfd0fd, "i32x4.trunc_sat_f64x2_u_zero", "v:v", Imm.NONE, PURE);
export const F64X2_CONVERT_LOW_I32X4_S: number = op(0xfd0fe, "f64x2.convert_low_i32x4_s", "v:v", Imm.NONE, PURE);
export const F64X2_CONVERT_LOW_I32X4_U: number = op(0xfd0ff, "f64x2.convert_low_i32x4_u", "v:v", Imm.NONE, PURE);

// Relaxed SIMD
section("relaxed-simd");
export const I8X16_RELAXED_SWIZZLE: number = op(0xfd100, "i8x16.relaxed_swizzle", "vv:v", Imm.NONE, PURE);
export const I32X4_RELAXED_TRUNC_F32X4_S: number = op(0xfd101, "i32x4.relaxed_trunc_f32x4_s", "v:v", Imm.NONE, PURE);
export const I32X4_RELAXED_TRUNC_F32X4_U: number = op(0xfd102, "i32x4.relaxed_trunc_f32x4_u", "v:v", Imm.NONE, PURE);
export const I32X4_RELAXED_TRUNC_F64X2_S_ZERO: number = op(
  0xfd103,
  "i32x4.relaxed_trunc_f64x2_s_zero",
  "v:v",
  Imm.NONE,
  PURE,
);
export const I32X4_RELAXED_TRUNC_F64X2_U_ZERO: number = op(
  0xfd104,
  "i32x4.relaxed_trunc_f64x2_u_zero",
  "v:v",
  Imm.NONE,
  PURE,
);
export const F32X4_RELAXED_MADD: number = op(0xfd105, "f32x4.relaxed_madd", "vvv:v", Imm.NONE, PURE);
export const F32X4_RELAXED_NMADD: number = op(0xfd106, "f32x4.relaxed_nmadd", "vvv:v", Imm.NONE, PURE);
export const F64X2_RELAXED_MADD: number = op(0xfd107, "f64x2.relaxed_madd", "vvv:v", Imm.NONE, PURE);
export const F64X2_RELAXED_NMADD: number = op(0xfd108, "f64x2.relaxed_nmadd", "vvv:v", Imm.NONE, PURE);
export const I8X16_RELAXED_LANESELECT: number = op(0xfd109, "i8x16.relaxed_laneselect", "vvv:v", Imm.NONE, PURE);
export const I16X8_RELAXED_LANESELECT: number = op(0xfd10a, "i16x8.relaxed_laneselect", "vvv:v", Imm.NONE, PURE);
export const I32X4_RELAXED_LANESELECT: number = op(0xfd10b, "i32x4.relaxed_laneselect", "vvv:v", Imm.NONE, PURE);
export const I64X2_RELAXED_LANESELECT: number = op(0xfd10c, "i64x2.relaxed_laneselect", "vvv:v", Imm.NONE, PURE);
export const F32X4_RELAXED_MIN: number = op(0xfd10d, "f32x4.relaxed_min", "vv:v", Imm.NONE, PURE);
export const F32X4_RELAXED_MAX: number = op(0xfd10e, "f32x4.relaxed_max", "vv:v", Imm.NONE, PURE);
export const F64X2_RELAXED_MIN: number = op(0xfd10f, "f64x2.relaxed_min", "vv:v", Imm.NONE, PURE);
export const F64X2_RELAXED_MAX: number = op(0xfd110, "f64x2.relaxed_max", "vv:v", Imm.NONE, PURE);
export const I16X8_RELAXED_Q15MULR_S: number = op(0xfd111, "i16x8.relaxed_q15mulr_s", "vv:v", Imm.NONE, PURE);
export const I16X8_RELAXED_DOT_I8X16_I7X16_S: number = op(
  0xfd112,
  "i16x8.relaxed_dot_i8x16_i7x16_s",
  "vv:v",
  Imm.NONE,
  PURE,
);
export const I32X4_RELAXED_DOT_I8X16_I7X16_ADD_S: number = op(
  0xfd113,
  "i32x4.relaxed_dot_i8x16_i7x16_add_s",
  "vvv:v",
  Imm.NONE,
  PURE,
);

// Threads
section("threads");
export const MEMORY_ATOMIC_NOTIFY: number = op(
  0xfe000,
  "memory.atomic.notify",
  "ai:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  2,
);
export const MEMORY_ATOMIC_WAIT32: number = op(
  0xfe001,
  "memory.atomic.wait32",
  "ail:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  2,
);
export const MEMORY_ATOMIC_WAIT64: number = op(
  0xfe002,
  "memory.atomic.wait64",
  "all:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  3,
);
export const ATOMIC_FENCE: number = op(0xfe003, "atomic.fence", ":", Imm.ZERO);
export const I32_ATOMIC_LOAD: number = op(
  0xfe010,
  "i32.atomic.load",
  "a:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | TRAPS,
  2,
);
export const I64_ATOMIC_LOAD: number = op(
  0xfe011,
  "i64.atomic.load",
  "a:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | TRAPS,
  3,
);
export const I32_ATOMIC_LOAD8_U: number = op(
  0xfe012,
  "i32.atomic.load8_u",
  "a:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | TRAPS,
  0,
);
export const I32_ATOMIC_LOAD16_U: number = op(
  0xfe013,
  "i32.atomic.load16_u",
  "a:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | TRAPS,
  1,
);
export const I64_ATOMIC_LOAD8_U: number = op(
  0xfe014,
  "i64.atomic.load8_u",
  "a:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | TRAPS,
  0,
);
export const I64_ATOMIC_LOAD16_U: number = op(
  0xfe015,
  "i64.atomic.load16_u",
  "a:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | TRAPS,
  1,
);
export const I64_ATOMIC_LOAD32_U: number = op(
  0xfe016,
  "i64.atomic.load32_u",
  "a:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | TRAPS,
  2,
);
export const I32_ATOMIC_STORE: number = op(
  0xfe017,
  "i32.atomic.store",
  "ai:",
  Imm.MEMORY_ACCESS,
  ATOMIC | STORES | TRAPS,
  2,
);
export const I64_ATOMIC_STORE: number = op(
  0xfe018,
  "i64.atomic.store",
  "al:",
  Imm.MEMORY_ACCESS,
  ATOMIC | STORES | TRAPS,
  3,
);
export const I32_ATOMIC_STORE8: number = op(
  0xfe019,
  "i32.atomic.store8",
  "ai:",
  Imm.MEMORY_ACCESS,
  ATOMIC | STORES | TRAPS,
  0,
);
export const I32_ATOMIC_STORE16: number = op(
  0xfe01a,
  "i32.atomic.store16",
  "ai:",
  Imm.MEMORY_ACCESS,
  ATOMIC | STORES | TRAPS,
  1,
);
export const I64_ATOMIC_STORE8: number = op(
  0xfe01b,
  "i64.atomic.store8",
  "al:",
  Imm.MEMORY_ACCESS,
  ATOMIC | STORES | TRAPS,
  0,
);
export const I64_ATOMIC_STORE16: number = op(
  0xfe01c,
  "i64.atomic.store16",
  "al:",
  Imm.MEMORY_ACCESS,
  ATOMIC | STORES | TRAPS,
  1,
);
export const I64_ATOMIC_STORE32: number = op(
  0xfe01d,
  "i64.atomic.store32",
  "al:",
  Imm.MEMORY_ACCESS,
  ATOMIC | STORES | TRAPS,
  2,
);
export const I32_ATOMIC_RMW_ADD: number = op(
  0xfe01e,
  "i32.atomic.rmw.add",
  "ai:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  2,
);
export const I64_ATOMIC_RMW_ADD: number = op(
  0xfe01f,
  "i64.atomic.rmw.add",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  3,
);
export const I32_ATOMIC_RMW8_ADD_U: number = op(
  0xfe020,
  "i32.atomic.rmw8.add_u",
  "ai:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  0,
);
export const I32_ATOMIC_RMW16_ADD_U: number = op(
  0xfe021,
  "i32.atomic.rmw16.add_u",
  "ai:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  1,
);
export const I64_ATOMIC_RMW8_ADD_U: number = op(
  0xfe022,
  "i64.atomic.rmw8.add_u",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  0,
);
export const I64_ATOMIC_RMW16_ADD_U: number = op(
  0xfe023,
  "i64.atomic.rmw16.add_u",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  1,
);
export const I64_ATOMIC_RMW32_ADD_U: number = op(
  0xfe024,
  "i64.atomic.rmw32.add_u",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  2,
);
export const I32_ATOMIC_RMW_SUB: number = op(
  0xfe025,
  "i32.atomic.rmw.sub",
  "ai:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  2,
);
export const I64_ATOMIC_RMW_SUB: number = op(
  0xfe026,
  "i64.atomic.rmw.sub",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  3,
);
export const I32_ATOMIC_RMW8_SUB_U: number = op(
  0xfe027,
  "i32.atomic.rmw8.sub_u",
  "ai:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  0,
);
export const I32_ATOMIC_RMW16_SUB_U: number = op(
  0xfe028,
  "i32.atomic.rmw16.sub_u",
  "ai:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  1,
);
export const I64_ATOMIC_RMW8_SUB_U: number = op(
  0xfe029,
  "i64.atomic.rmw8.sub_u",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  0,
);
export const I64_ATOMIC_RMW16_SUB_U: number = op(
  0xfe02a,
  "i64.atomic.rmw16.sub_u",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  1,
);
export const I64_ATOMIC_RMW32_SUB_U: number = op(
  0xfe02b,
  "i64.atomic.rmw32.sub_u",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  2,
);
export const I32_ATOMIC_RMW_AND: number = op(
  0xfe02c,
  "i32.atomic.rmw.and",
  "ai:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  2,
);
export const I64_ATOMIC_RMW_AND: number = op(
  0xfe02d,
  "i64.atomic.rmw.and",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  3,
);
export const I32_ATOMIC_RMW8_AND_U: number = op(
  0xfe02e,
  "i32.atomic.rmw8.and_u",
  "ai:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  0,
);
export const I32_ATOMIC_RMW16_AND_U: number = op(
  0xfe02f,
  "i32.atomic.rmw16.and_u",
  "ai:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  1,
);
export const I64_ATOMIC_RMW8_AND_U: number = op(
  0xfe030,
  "i64.atomic.rmw8.and_u",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  0,
);
export const I64_ATOMIC_RMW16_AND_U: number = op(
  0xfe031,
  "i64.atomic.rmw16.and_u",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  1,
);
export const I64_ATOMIC_RMW32_AND_U: number = op(
  0xfe032,
  "i64.atomic.rmw32.and_u",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  2,
);
export const I32_ATOMIC_RMW_OR: number = op(
  0xfe033,
  "i32.atomic.rmw.or",
  "ai:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  2,
);
export const I64_ATOMIC_RMW_OR: number = op(
  0xfe034,
  "i64.atomic.rmw.or",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  3,
);
export const I32_ATOMIC_RMW8_OR_U: number = op(
  0xfe035,
  "i32.atomic.rmw8.or_u",
  "ai:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  0,
);
export const I32_ATOMIC_RMW16_OR_U: number = op(
  0xfe036,
  "i32.atomic.rmw16.or_u",
  "ai:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  1,
);
export const I64_ATOMIC_RMW8_OR_U: number = op(
  0xfe037,
  "i64.atomic.rmw8.or_u",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  0,
);
export const I64_ATOMIC_RMW16_OR_U: number = op(
  0xfe038,
  "i64.atomic.rmw16.or_u",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  1,
);
export const I64_ATOMIC_RMW32_OR_U: number = op(
  0xfe039,
  "i64.atomic.rmw32.or_u",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  2,
);
export const I32_ATOMIC_RMW_XOR: number = op(
  0xfe03a,
  "i32.atomic.rmw.xor",
  "ai:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  2,
);
export const I64_ATOMIC_RMW_XOR: number = op(
  0xfe03b,
  "i64.atomic.rmw.xor",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  3,
);
export const I32_ATOMIC_RMW8_XOR_U: number = op(
  0xfe03c,
  "i32.atomic.rmw8.xor_u",
  "ai:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  0,
);
export const I32_ATOMIC_RMW16_XOR_U: number = op(
  0xfe03d,
  "i32.atomic.rmw16.xor_u",
  "ai:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  1,
);
export const I64_ATOMIC_RMW8_XOR_U: number = op(
  0xfe03e,
  "i64.atomic.rmw8.xor_u",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  0,
);
export const I64_ATOMIC_RMW16_XOR_U: number = op(
  0xfe03f,
  "i64.atomic.rmw16.xor_u",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  1,
);
export const I64_ATOMIC_RMW32_XOR_U: number = op(
  0xfe040,
  "i64.atomic.rmw32.xor_u",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  2,
);
export const I32_ATOMIC_RMW_XCHG: number = op(
  0xfe041,
  "i32.atomic.rmw.xchg",
  "ai:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  2,
);
export const I64_ATOMIC_RMW_XCHG: number = op(
  0xfe042,
  "i64.atomic.rmw.xchg",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  3,
);
export const I32_ATOMIC_RMW8_XCHG_U: number = op(
  0xfe043,
  "i32.atomic.rmw8.xchg_u",
  "ai:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  0,
);
export const I32_ATOMIC_RMW16_XCHG_U: number = op(
  0xfe044,
  "i32.atomic.rmw16.xchg_u",
  "ai:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  1,
);
export const I64_ATOMIC_RMW8_XCHG_U: number = op(
  0xfe045,
  "i64.atomic.rmw8.xchg_u",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  0,
);
export const I64_ATOMIC_RMW16_XCHG_U: number = op(
  0xfe046,
  "i64.atomic.rmw16.xchg_u",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  1,
);
export const I64_ATOMIC_RMW32_XCHG_U: number = op(
  0xfe047,
  "i64.atomic.rmw32.xchg_u",
  "al:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  2,
);
export const I32_ATOMIC_RMW_CMPXCHG: number = op(
  0xfe048,
  "i32.atomic.rmw.cmpxchg",
  "aii:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  2,
);
export const I64_ATOMIC_RMW_CMPXCHG: number = op(
  0xfe049,
  "i64.atomic.rmw.cmpxchg",
  "all:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  3,
);
export const I32_ATOMIC_RMW8_CMPXCHG_U: number = op(
  0xfe04a,
  "i32.atomic.rmw8.cmpxchg_u",
  "aii:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  0,
);
export const I32_ATOMIC_RMW16_CMPXCHG_U: number = op(
  0xfe04b,
  "i32.atomic.rmw16.cmpxchg_u",
  "aii:i",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  1,
);
export const I64_ATOMIC_RMW8_CMPXCHG_U: number = op(
  0xfe04c,
  "i64.atomic.rmw8.cmpxchg_u",
  "all:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  0,
);
export const I64_ATOMIC_RMW16_CMPXCHG_U: number = op(
  0xfe04d,
  "i64.atomic.rmw16.cmpxchg_u",
  "all:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  1,
);
export const I64_ATOMIC_RMW32_CMPXCHG_U: number = op(
  0xfe04e,
  "i64.atomic.rmw32.cmpxchg_u",
  "all:l",
  Imm.MEMORY_ACCESS,
  ATOMIC | LOADS | STORES | TRAPS,
  2,
);
