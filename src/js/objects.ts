// Instructions on objects of the heap: accesses to fields and elements are written out, casts and what allocates are calls. Also what is done by the interpreter's functions
// for single instructions: vectors, atomics, bulk operations. Their operands and results stand in the shadow frame, as they would in the interpreter's.

import { HEADER_BYTES, layoutOf, type ObjectLayout, Storage } from "../gc/layout.ts";
import type { ArrayType, StructType } from "../wasm/types.ts";
import * as op from "../wasm/opcodes.ts";
import { TrapCode } from "../wasm/traps.ts";
import { loadFloat, tableKind } from "./calls.ts";
import { reference } from "./control.ts";
import { addressKind } from "./memory.ts";
import { type FunctionWriter, type Kind, kindOf, kindOfLetter, kindSlots, type Operand } from "./state.ts";

function layout(w: FunctionWriter, type: number): ObjectLayout {
  return layoutOf(w.module.canonical[type]);
}
function fieldKind(w: FunctionWriter, type: number, field: number): Kind {
  const t = (w.module.types[type].type as StructType).fields[field].type;
  return storedKind(t);
}
function elementKind(w: FunctionWriter, type: number): Kind {
  return storedKind((w.module.types[type].type as ArrayType).field.type);
}
/** The kind of what is read from a field: packed ones are numbers. */
function storedKind(t: number): Kind {
  return PACKED.has(t) ? "i" : kindOf(t);
}
const PACKED = new Set([6, 7]);

/** Kinds of operands and results of what a function of the interpreter does. */
function effect(w: FunctionWriter): [Kind[], Kind[]] {
  const { r, module } = w, { index, index2 } = r;
  const address = (memory: number) => addressKind(w, memory);
  switch (r.op) {
    case op.STRUCT_NEW:
      return [(module.types[index].type as StructType).fields.map((f) => storedKind(f.type)), ["r"]];
    case op.STRUCT_NEW_DEFAULT:
      return [[], ["r"]];
    case op.STRUCT_GET:
      return [["r"], [fieldKind(w, index, index2)]];
    case op.STRUCT_SET:
      return [["r", fieldKind(w, index, index2)], []];
    case op.ARRAY_GET:
      return [["r", "i"], [elementKind(w, index)]];
    case op.ARRAY_SET:
      return [["r", "i", elementKind(w, index)], []];
    case op.ARRAY_NEW:
      return [[elementKind(w, index), "i"], ["r"]];
    case op.ARRAY_NEW_DEFAULT:
      return [["i"], ["r"]];
    case op.ARRAY_NEW_FIXED:
      return [new Array(index2).fill(elementKind(w, index)), ["r"]];
    case op.ARRAY_NEW_DATA:
    case op.ARRAY_NEW_ELEM:
      return [["i", "i"], ["r"]];
    case op.ARRAY_FILL:
      return [["r", "i", elementKind(w, index), "i"], []];
    case op.ARRAY_COPY:
      return [["r", "i", "r", "i", "i"], []];
    case op.ARRAY_INIT_DATA:
    case op.ARRAY_INIT_ELEM:
      return [["r", "i", "i", "i"], []];
    case op.MEMORY_INIT:
      return [[address(index2), "i", "i"], []];
    case op.MEMORY_COPY: {
      const to = address(index), from = address(index2);
      return [[to, from, to === "l" ? from : to], []];
    }
    case op.MEMORY_FILL:
      return [[address(index), "i", address(index)], []];
    case op.TABLE_INIT:
      return [[tableKind(w, index2), "i", "i"], []];
    case op.TABLE_COPY: {
      const to = tableKind(w, index), from = tableKind(w, index2);
      return [[to, from, to === "l" ? from : to], []];
    }
    case op.TABLE_GROW:
      return [["r", tableKind(w, index)], [tableKind(w, index)]];
    case op.TABLE_SIZE:
      return [[], [tableKind(w, index)]];
    case op.TABLE_FILL:
      return [[tableKind(w, index), "r", tableKind(w, index)], []];
  }
  const [operands, results] = r.info.signature.split(":");
  const accesses = r.info.imm === op.Imm.MEMORY_ACCESS || r.info.imm === op.Imm.MEMORY_LANE;
  const a: Kind = accesses ? address(index) : "i";
  return [[...operands].map((c) => kindOfLetter(c, a)), [...results].map((c) => kindOfLetter(c, a))];
}

/** Which function of the library runs an instruction with a prefix. */
const RUNNERS: Record<number, string> = { 0xfb: "runGc", 0xfc: "runPrefixed", 0xfd: "runSimd", 0xfe: "runAtomic" };

/** Writes an instruction that a function of the interpreter runs on the shadow frame. */
export function writeSingle(w: FunctionWriter): void {
  const { r } = w, [operands, results] = effect(w);
  // Lanes of floats are read before the vector is lost, since they may be signalling NaNs.
  const lane = r.op === op.F32X4_EXTRACT_LANE ? 1 : r.op === op.F64X2_EXTRACT_LANE ? 2 : 0;
  if (lane !== 0) {
    const v = w.stack[w.stack.length - 1];
    if (v.locals.length > 0) w.settle(w.stack.length - 1);
    const vector = w.pop();
    return loadFloat(w, lane === 1 ? "f" : "d", w.use("S"), `${vector.lo}+${lane * r.lane}`, [vector]);
  }
  const first = w.stack.length - operands.length;
  let code = "";
  for (let i = 0; i < operands.length; i++) code += toSlots(w, w.stack[first + i]);
  const end = w.word(w.slots);
  w.popMany(operands.length);
  let slot = w.slots;
  for (const kind of results) {
    w.free(slot);
    slot += kindSlots(kind);
  }
  const sub = r.op & 0xfff, prefix = r.op >>> 12;
  const runner = w.use(RUNNERS[prefix]);
  // Where the sub-opcode is, and where the immediates begin.
  const at = r.at + 1;
  let after = at;
  while (r.bytes[after++] >= 0x80);
  code += prefix === 0xfd
    ? `${runner}(${sub},${after},${end},${w.module.memories.length > 0 ? w.use("m0") : "null"});`
    : `${runner}(${sub},${prefix === 0xfe ? at : after},${end});`;
  for (const kind of results) {
    code += fromSlots(w, kind, w.slots);
    w.put(w.variableValue(kind, w.slots));
  }
  w.line(code);
}

/** Statements that write an operand to its slot of the shadow frame. */
function toSlots(w: FunctionWriter, v: Operand): string {
  const s = w.use("S"), word = w.word(v.slot);
  switch (v.kind) {
    case "l":
      return `${s}[${word}]=${v.lo};${s}[${word}+1]=${v.hi};`;
    case "f":
      return `${w.use("putF32")}(${s},${word},${v.lo});`;
    case "d":
      return `${w.use("putF64")}(${s},${word},${v.lo});`;
    case "v":
      return v.lo === word ? "" : `${w.use("copyV128")}(${word},${v.lo});`;
  }
  return `${s}[${word}]=${v.lo};`;
}

/** Statements that read a result from its slot. No such instruction gives a float. */
function fromSlots(w: FunctionWriter, kind: Kind, slot: number): string {
  if (kind === "v") return "";
  const s = w.use("S"), word = w.word(slot);
  const high = kind === "l" ? `${w.highVariable(slot)}=${s}[${word}+1];` : "";
  return `${w.variable(kind, slot)}=${s}[${word}];${high}`;
}

const WORDS = "hp.i32";

/** Puts what stands at a byte of the heap. `at` may be written several times. */
function read(w: FunctionWriter, storage: Storage, kind: Kind, at: string, signed: boolean, operands: Operand[]): void {
  w.use("hp");
  switch (storage) {
    case Storage.I8:
      return w.assign("i", signed ? `hp.u8[${at}]<<24>>24` : `hp.u8[${at}]`);
    case Storage.I16:
      return w.assign("i", signed ? `hp.i16[${at}>>1]` : `hp.i16[${at}>>1]&65535`);
    case Storage.I64:
      if (kind === "d") return loadFloat(w, kind, WORDS, `(${at}>>2)`, operands);
      w.line(`${w.scratch("q0")}=${WORDS}[${at}>>2];`);
      return w.assign("l", "q0", `${WORDS}[(${at}>>2)+1]`);
  }
  if (kind === "f") return loadFloat(w, kind, WORDS, `(${at}>>2)`, operands);
  w.assign(kind, `${WORDS}[${at}>>2]`);
}

function write(w: FunctionWriter, storage: Storage, v: Operand, at: string): void {
  w.use("hp");
  switch (storage) {
    case Storage.I8:
      return w.line(`hp.u8[${at}]=${v.lo};`);
    case Storage.I16:
      return w.line(`hp.i16[${at}>>1]=${v.lo};`);
    case Storage.I64:
      if (v.kind === "d") return w.line(`${w.use("putF64")}(${WORDS},${at}>>2,${v.lo});`);
      return w.line(`${WORDS}[${at}>>2]=${v.lo};${WORDS}[(${at}>>2)+1]=${v.hi};`);
  }
  if (v.kind === "f") return w.line(`${w.use("putF32")}(${WORDS},${at}>>2,${v.lo});`);
  w.line(`${WORDS}[${at}>>2]=${v.lo};`);
}

/** Writes an instruction with the prefix of objects. */
export function writeObject(w: FunctionWriter): void {
  const { r, module } = w;
  switch (r.op) {
    case op.STRUCT_GET:
    case op.STRUCT_GET_S:
    case op.STRUCT_GET_U: {
      const { offsets, storage } = layout(w, r.index);
      if (storage[r.index2] === Storage.V128) return writeSingle(w);
      const v = reference(w), kind = fieldKind(w, r.index, r.index2);
      w.line(`if(${v.lo}===0)${w.trap(TrapCode.NULL_STRUCTURE)}`);
      w.pop();
      const at = `${v.lo}+${offsets[r.index2]}`;
      return read(w, storage[r.index2] as Storage, kind, at, r.op === op.STRUCT_GET_S, [v]);
    }
    case op.STRUCT_SET: {
      const { offsets, storage } = layout(w, r.index);
      if (storage[r.index2] === Storage.V128) return writeSingle(w);
      const v = w.pop(), o = reference(w);
      w.pop();
      w.line(`if(${o.lo}===0)${w.trap(TrapCode.NULL_STRUCTURE)}`);
      return write(w, storage[r.index2] as Storage, v, `${o.lo}+${offsets[r.index2]}`);
    }
    case op.ARRAY_GET:
    case op.ARRAY_GET_S:
    case op.ARRAY_GET_U: {
      const { storage: [storage], stride } = layout(w, r.index);
      if (storage === Storage.V128) return writeSingle(w);
      const i = w.pop(), a = reference(w), ea = element(w, a, i, stride);
      w.pop();
      return read(w, storage as Storage, elementKind(w, r.index), ea, r.op === op.ARRAY_GET_S, [a, i]);
    }
    case op.ARRAY_SET: {
      const { storage: [storage], stride } = layout(w, r.index);
      if (storage === Storage.V128) return writeSingle(w);
      const v = w.pop(), i = w.pop(), a = reference(w), ea = element(w, a, i, stride);
      w.pop();
      return write(w, storage as Storage, v, ea);
    }
    case op.ARRAY_LEN: {
      const a = reference(w);
      w.line(`if(${a.lo}===0)${w.trap(TrapCode.NULL_ARRAY)}`);
      w.pop();
      w.use("hp");
      return w.assign("i", `${WORDS}[(${a.lo}>>2)+1]`);
    }
    case op.REF_TEST:
    case op.REF_TEST_NULL: {
      const v = w.pop();
      return w.assign("i", `${w.use("refIs")}(${v.lo},${heapType(w)},${r.op === op.REF_TEST_NULL})?1:0`);
    }
    case op.REF_CAST:
    case op.REF_CAST_NULL: {
      const v = reference(w);
      const nullable = r.op === op.REF_CAST_NULL;
      return w.line(`if(!${w.use("refIs")}(${v.lo},${heapType(w)},${nullable}))${w.trap(TrapCode.CAST_FAILURE)}`);
    }
    case op.ANY_CONVERT_EXTERN:
    case op.EXTERN_CONVERT_ANY:
      return;
    case op.REF_I31: {
      const v = w.pop();
      return w.assign("r", `${v.lo}<<1|1`);
    }
    case op.I31_GET_S:
    case op.I31_GET_U: {
      const v = reference(w);
      w.line(`if(${v.lo}===0)${w.trap(TrapCode.NULL_I31)}`);
      w.pop();
      return w.push("i", r.op === op.I31_GET_S ? `(${v.lo}>>1)` : `(${v.lo}>>>1)`, [v]);
    }
  }
  void module;
  writeSingle(w);
}

function heapType(w: FunctionWriter): number {
  const { heap } = w.r;
  return heap >= 0 ? w.module.canonical[heap] : heap;
}

/** Checks the index of an element; gives its place in the heap. */
function element(w: FunctionWriter, a: Operand, i: Operand, stride: number): string {
  w.use("hp");
  const q = w.scratch("qi"), ea = w.scratch("ea");
  w.line(
    `if(${a.lo}===0)${w.trap(TrapCode.NULL_ARRAY)}${q}=${i.lo};if(${q}>>>0>=${WORDS}[(${a.lo}>>2)+1]>>>0)${
      w.trap(TrapCode.ARRAY_OUT_OF_BOUNDS)
    }${ea}=${a.lo}+${HEADER_BYTES}+${w.use("imul")}(${q},${stride});`,
  );
  return ea;
}
