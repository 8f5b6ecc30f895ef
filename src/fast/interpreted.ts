// What register code leaves to functions of the interpreter (others.ts): vectors, other memories, tables, objects. Their operands stand in their slots then.

import { BugError } from "../base/bug.ts";
import { layoutOf, type Storage } from "../gc/layout.ts";
import * as w from "../wasm/opcodes.ts";
import { op } from "./emitter.ts";
import { load, store } from "./memory.ts";
import { NO_WIDTHS, SINGLE, type State } from "./state.ts";
import { LETTER_WIDTH, type Width, widthOfStorage } from "./widths.ts";

export function accessOrOther(s: State, code: number): void {
  const { r, m } = s, { info } = r;
  if (code < 256 && info.imm === w.Imm.MEMORY_ACCESS && r.index === 0 && !m.memories[0].type.is64) {
    return info.signature.endsWith(":") ? store(s) : load(s);
  }
  if (code >>> 12 === 0xfd) return vector(s);
  if (info.signature !== "") {
    const [operands, results] = info.signature.split(":");
    return interpreted(s, operands.length, [...results].map((letter) => LETTER_WIDTH[letter]));
  }
  const [taken, given] = effect(s, code);
  interpreted(s, taken, given);
}

function vector(s: State): void {
  const { e, r } = s, { info } = r;
  const sub = r.op & 0xfff;
  const [operands, results] = info.signature.split(":");
  const widths = [...results].map((letter) => LETTER_WIDTH[letter]);
  s.flushFrom(s.h - operands.length);
  const top = s.top;
  s.popMany(operands.length);
  if (sub > 0x5d || (sub > 0x22 && sub < 0x54)) e.emit(op("vector"), top, sub);
  else e.emit(op("vector_access"), top, immediatesAt(s), sub);
  if (info.properties & w.TRAPS) s.traps();
  e.seal();
  s.pushAll(widths);
}

/** Where the immediates of a vector instruction begin: behind its prefix and number. */
function immediatesAt(s: State): number {
  const { bytes, at } = s.r;
  let pos = at + 1;
  while (bytes[pos++] >= 128) { /* The number goes on. */ }
  return pos;
}

/** The original instruction is run by a function of the interpreter's; it takes and gives operands. */
export function interpreted(s: State, taken: number, given: readonly Width[]): void {
  const { e, r } = s;
  // It may collect, and references must then be where maps say they are.
  s.flushAll();
  e.emit(op("other"), s.top, r.at);
  s.traps();
  s.point(r.pos);
  e.seal();
  s.popMany(taken);
  s.pushAll(given);
}

/** Operands and results of instructions whose signature depends on immediates. */
function effect(s: State, code: number): [number, readonly Width[]] {
  const { r, m } = s;
  const storage = (field: number) => SINGLE[widthOfStorage(layoutOf(m.canonical[r.index]).storage[field] as Storage)];
  const full = SINGLE[2], narrow = SINGLE[1];
  switch (code) {
    case w.TABLE_GET:
      return [1, full];
    case w.TABLE_SET:
      return [2, NO_WIDTHS];
    case w.MEMORY_SIZE:
      return [0, SINGLE[m.memories[r.index].type.is64 ? 2 : 1]];
    case w.MEMORY_GROW:
      return [1, SINGLE[m.memories[r.index].type.is64 ? 2 : 1]];
    case w.TABLE_SIZE:
      return [0, SINGLE[m.tables[r.index].type.is64 ? 2 : 1]];
    case w.TABLE_GROW:
      return [2, SINGLE[m.tables[r.index].type.is64 ? 2 : 1]];
    case w.MEMORY_INIT:
    case w.MEMORY_COPY:
    case w.MEMORY_FILL:
    case w.TABLE_INIT:
    case w.TABLE_COPY:
    case w.TABLE_FILL:
    case w.ARRAY_SET:
      return [3, NO_WIDTHS];
    case w.STRUCT_NEW:
      return [layoutOf(m.canonical[r.index]).storage.length, full];
    case w.STRUCT_NEW_DEFAULT:
      return [0, full];
    case w.STRUCT_GET:
    case w.STRUCT_GET_S:
    case w.STRUCT_GET_U:
      return [1, storage(r.index2)];
    case w.STRUCT_SET:
      return [2, NO_WIDTHS];
    case w.ARRAY_NEW:
    case w.ARRAY_NEW_DATA:
    case w.ARRAY_NEW_ELEM:
      return [2, full];
    case w.ARRAY_NEW_DEFAULT:
      return [1, full];
    case w.ARRAY_NEW_FIXED:
      return [r.index2, full];
    case w.ARRAY_GET:
    case w.ARRAY_GET_S:
    case w.ARRAY_GET_U:
      return [2, storage(0)];
    case w.ARRAY_LEN:
    case w.REF_TEST:
    case w.REF_TEST_NULL:
    case w.I31_GET_S:
    case w.I31_GET_U:
      return [1, narrow];
    case w.ARRAY_FILL:
    case w.ARRAY_INIT_DATA:
    case w.ARRAY_INIT_ELEM:
      return [4, NO_WIDTHS];
    case w.ARRAY_COPY:
      return [5, NO_WIDTHS];
    case w.REF_CAST:
    case w.REF_CAST_NULL:
    case w.REF_I31:
      return [1, full];
    case w.ATOMIC_FENCE:
      return [0, NO_WIDTHS];
  }
  throw new BugError(`${r.info.name} has no register form`);
}
