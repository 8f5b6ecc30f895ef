// Loads and stores of the first memory, with what computes their address.

import * as w from "../wasm/opcodes.ts";
import { op, opIfAny } from "./emitter.ts";
import { Kind } from "./operands.ts";
import type { State } from "./state.ts";
import { LETTER_WIDTH } from "./widths.ts";

export function load(s: State): void {
  const { e, r } = s, i = s.h - 1;
  const { op: code, info } = r, offset = r.offset | 0;
  const width = LETTER_WIDTH[info.signature[2]];
  const kind = s.kind[i], value = s.value[i], k = s.high[i];
  const absolute = (value >>> 0) + r.offset;
  if (kind === Kind.CONSTANT && op_load_at[code] >= 0 && absolute < 2 ** 31) {
    s.pop();
    e.emit(op_load_at[code], s.pushRegister(width), absolute);
    return s.traps();
  }
  const isSum = kind === Kind.SUM && op_load_sum[code] >= 0;
  const a = isSum ? value : s.read(i);
  // What only the address needs can be part of the load.
  const temporary = isSum ? a >= s.localEnd : s.kind[i] === Kind.REGISTER;
  s.pop();
  const number = temporary && s.options.fuse ? e.lastWriting(a) : -1;
  const { words, last } = e, first = words[last + 2], second = words[last + 3], third = words[last + 4];
  const emit = (number: number, b: number, c: number, more: readonly number[]) => {
    e.emit(number, s.pushRegister(width), b, c);
    for (const word of more) e.extend(word);
  };
  if (isSum && number === op_add && op_load_add_sum[code] >= 0) {
    e.retract();
    emit(op_load_add_sum[code], first, second, [k, offset]);
  } else if (isSum && number === op_shl_k && op_load_shl_sum[code] >= 0) {
    e.retract();
    emit(op_load_shl_sum[code], first, second, [k, offset]);
  } else if (isSum) emit(op_load_sum[code], a, k, [offset]);
  else if (number === op_add && op_load_add[code] >= 0) {
    e.retract();
    emit(op_load_add[code], first, second, [offset]);
  } else if (number === op_shl_add && op_load_shl_add[code] >= 0) {
    e.retract();
    emit(op_load_shl_add[code], first, third, [offset, second]);
  } else emit(LOAD_NAMES[code], a, offset, []);
  s.traps();
}

export function store(s: State): void {
  const { e, r } = s, i = s.h - 2, { op: code } = r, offset = r.offset | 0;
  const kind = s.kind[i], at = s.value[i], k = s.high[i];
  const absolute = (at >>> 0) + r.offset;
  if (kind === Kind.CONSTANT && absolute < 2 ** 31 && s.options.fold) {
    const value = s.read(i + 1);
    s.popMany(2);
    e.emit(op_store_at[code], absolute, value);
  } else if (kind === Kind.SUM) {
    const value = s.read(i + 1);
    s.popMany(2);
    e.emit(op_store_sum[code], at, value, k);
    e.extend(offset);
  } else {
    const a = s.read(i);
    if (s.options.fold && s.kind[i + 1] === Kind.CONSTANT && op_store_k[code] >= 0) {
      const constant = s.value[i + 1];
      s.popMany(2);
      e.emit(op_store_k[code], a, constant, offset);
    } else {
      const value = s.read(i + 1);
      s.popMany(2);
      e.emit(STORE_NAMES[code], a, value, offset);
    }
  }
  s.traps();
}

const op_add = op("i32.add"), op_shl_k = op("i32.shl k"), op_shl_add = op("i32.shl k > add");

/** What a load or store does, by opcode: floats move as their bits, and stores keep what fits. */
const accesses = (names: Readonly<Record<number, string>>, suffix = ""): Int16Array => {
  const list = new Int16Array(256).fill(-1);
  for (const [code, name] of Object.entries(names)) list[Number(code)] = opIfAny(name + suffix);
  return list;
};
const LOADS: Record<number, string> = { [w.F32_LOAD]: "i32.load", [w.F64_LOAD]: "i64.load" };
const STORES: Record<number, string> = {
  [w.I32_STORE]: "i32.store",
  [w.F32_STORE]: "i32.store",
  [w.I64_STORE32]: "i32.store",
  [w.I64_STORE]: "i64.store",
  [w.F64_STORE]: "i64.store",
  [w.I32_STORE8]: "i32.store8",
  [w.I64_STORE8]: "i32.store8",
  [w.I32_STORE16]: "i32.store16",
  [w.I64_STORE16]: "i32.store16",
};
for (const { code, name, imm, properties } of w.INSTRUCTIONS) {
  if (code < 256 && imm === w.Imm.MEMORY_ACCESS && properties & w.LOADS) LOADS[code] ??= name;
}
const LOAD_NAMES = accesses(LOADS), STORE_NAMES = accesses(STORES), op_store_k = accesses(STORES, " k");
const op_load_add = accesses(LOADS, " add"), op_load_shl_add = accesses(LOADS, " shl_add");
const op_load_sum = accesses(LOADS, " sum"), op_load_add_sum = accesses(LOADS, " add_sum");
const op_load_shl_sum = accesses(LOADS, " shl_sum"), op_load_at = accesses(LOADS, " at");
const op_store_sum = accesses(STORES, " sum"), op_store_at = accesses(STORES, " at");
