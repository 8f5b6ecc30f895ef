// THE instruction table: one row per WebAssembly instruction. Decoder, mnemonics, text parser and printer, the simple case of the validator, constant folding and coverage
// checks derive from it; nothing else lists instructions. A row's constant is its code: the opcode byte, or prefix * 0x1000 + sub-opcode (0xfc00a is fc 0a).

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

/** A row of the instruction table. */
export interface OpInfo {
  readonly code: number;
  /** The specification's mnemonic. */
  readonly name: string;
  /**
   * Operands and results as letters: i l f d for i32 i64 f32 f64, `a` for an address of the memory accessed, as in `ai:` for i32.store. Empty when the
   * types depend on immediates or context.
   */
  readonly signature: string;
  readonly imm: Imm;
  readonly properties: number;
  /** log2 of the bytes accessed (instructions with Imm.MEMORY_ACCESS). */
  readonly accessLog2: number;
}

/** All rows, in the order of their codes. */
export const INSTRUCTIONS: OpInfo[] = [];
const BASE: (OpInfo | undefined)[] = new Array(256).fill(undefined);
const PREFIXED: (OpInfo | undefined)[][] = [];
const BY_NAME = new Map<string, OpInfo>();

function op(
  code: number,
  name: string,
  signature: string,
  imm: Imm = Imm.NONE,
  properties = 0,
  accessLog2 = 0,
): number {
  const info: OpInfo = { code, name, signature, imm, properties, accessLog2 };
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
