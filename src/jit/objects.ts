// Structures, arrays, i31, tests and casts. New objects are taken from the heap's present run in line; what does not fit there, and tests that need more than the object's own
// type, go out of line to a helper, around which the registers keep their values. What fills, copies or initializes arrays is left to helpers.

import { Helper, HELPERS } from "../abi/helpers.ts";
import type { Label } from "../asm/buffer.ts";
import { arrayBytes, HEADER_BYTES, HEADER_LENGTH, layoutOf, type ObjectLayout, Storage } from "../gc/layout.ts";
import * as op from "../wasm/opcodes.ts";
import { TrapCode } from "../wasm/traps.ts";
import { type FieldType, Heap, type HeapType, topOf, TYPES, type ValType } from "../wasm/types.ts";
import { mapFrame, references, spillBelow, toSlot } from "./calls.ts";
import { Compared, type Context, kindOf } from "./context.ts";
import { branchIf } from "./control.ts";
import { ARGUMENT, Arithmetic, Condition, Kind, type Register, Shift } from "./macro_assembler.ts";
import { CONSTANT, DIRTY, isFloat, REGISTER, SLOT } from "./state.ts";

/** Arrays above this are made by the helper. */
const MAX_INLINE_BYTES = 4096;
/** Low bits of references: clear in those of objects; what tells objects and i31 from host references; set in those of i31. */
const OBJECT_BITS = 7, EQ_BITS = 3, HOST_BITS = 2, I31_BIT = 1;

function layoutAt(c: Context, index: number): ObjectLayout {
  return layoutOf(c.module.canonical[index]);
}

/** Fields of a structure; of an array its element's. */
function fieldsOf(c: Context, index: number): readonly FieldType[] {
  const { type } = c.module.types[index];
  return type.kind === "struct" ? type.fields : type.kind === "array" ? [type.field] : [];
}

/** Kind of a field's value when it is an operand: packed ones are i32. */
function operandKind(type: ValType, storage: number): Kind {
  return storage <= Storage.I16 ? Kind.I32 : kindOf(type);
}

/** The load and the store of linear memory that access as many bytes in the same way. */
function loadOf(storage: number, kind: Kind, signed: boolean): number {
  if (storage === Storage.I8) return signed ? op.I32_LOAD8_S : op.I32_LOAD8_U;
  if (storage === Storage.I16) return signed ? op.I32_LOAD16_S : op.I32_LOAD16_U;
  if (storage === Storage.V128) return op.V128_LOAD;
  if (storage === Storage.I64) return kind === Kind.F64 ? op.F64_LOAD : op.I64_LOAD;
  return kind === Kind.F32 ? op.F32_LOAD : op.I32_LOAD;
}
function storeOf(storage: number, kind: Kind): number {
  if (storage === Storage.I8) return op.I32_STORE8;
  if (storage === Storage.I16) return op.I32_STORE16;
  if (storage === Storage.V128) return op.V128_STORE;
  if (storage === Storage.I64) return kind === Kind.F64 ? op.F64_STORE : op.I64_STORE;
  return kind === Kind.F32 ? op.F32_STORE : op.I32_STORE;
}

// Out of line

/** A helper's call behind the function: `from` leads there, `back` is where it goes on, with all names where they were. */
interface OutOfLine {
  readonly from: Label;
  readonly back: Label;
}

/**
 * Makes the call of a helper behind the function. `pass` emits what gives it its arguments; its result comes to `dst` if that is not negative.
 * A register that has no name is lost, so what is needed afterwards must be an operand still.
 */
function helperOutOfLine(c: Context, id: Helper, dst: Register, pass: () => void): OutOfLine {
  const { s, m } = c;
  const from = m.newLabel(), back = m.newLabel();
  const kept: { readonly register: Register; readonly name: number; readonly kind: Kind }[] = [];
  const stored: typeof kept = [];
  for (const register of s.usedRegisters()) {
    let widest = -1;
    for (let name = s.firstIn(register); name >= 0; name = s.nextIn(name)) {
      const kind = s.kind[name];
      if (s.clean[name] === DIRTY) stored.push({ register, name, kind });
      if (widest < 0 || isWider(kind, s.kind[widest])) widest = name;
    }
    kept.push({ register, name: widest, kind: s.kind[widest] });
  }
  const found = references(c, true);
  m.outOfLine(() => {
    m.bind(from);
    for (const { register, name, kind } of stored) m.storeSlot(kind, name, register);
    pass();
    mapFrame(c, m.callHelper(id), found);
    for (const { register, name, kind } of kept) m.loadSlot(kind, register, name);
    if (dst >= 0) m.loadSlot(Kind.REF, dst, ARGUMENT);
    m.objectBase();
    m.jump(back);
  });
  return { from, back };
}

/** Names that share a register may differ in how much of it is theirs. */
function isWider(a: Kind, b: Kind): boolean {
  return a === Kind.V128 || (b !== Kind.V128 && (a === Kind.I64 || a === Kind.F64));
}

// Making objects

/** A register with a new object that has only its header; `objectBase` holds. Operands are where they were. */
function allocate(c: Context, typeIndex: number, bytes: number, length: number | undefined): Register {
  const { s, m } = c;
  const dst = s.take(Kind.REF);
  s.pin(dst);
  const id = length === undefined ? Helper.STRUCT_NEW_DEFAULT : Helper.ARRAY_NEW_DEFAULT;
  const { from, back } = helperOutOfLine(c, id, dst, () => {
    m.storeSlotConstant(Kind.I32, ARGUMENT, typeIndex, 0);
    if (length !== undefined) m.storeSlotConstant(Kind.I32, ARGUMENT + 1, length, 0);
  });
  if (bytes <= MAX_INLINE_BYTES) m.allocate(dst, typeIndex, bytes, length ?? 0, from);
  else m.jump(from);
  m.bind(back);
  return dst;
}

/** Writes operand `name` to a field of a new object, whose bytes are all zero. */
function initialize(c: Context, ref: Register, offset: number, storage: number, name: number): void {
  const { s, m } = c, kind = s.kind[name];
  if (s.where[name] === REGISTER) return m.storeObject(storeOf(storage, kind), ref, offset, s.register[name]);
  if (storage === Storage.V128) {
    if (s.where[name] === SLOT) m.loadSlot(kind, m.scratchFloat, name);
    else m.constant(kind, m.scratchFloat, s.low[name], s.high[name]);
    return m.storeObject(op.V128_STORE, ref, offset, m.scratchFloat);
  }
  // Bits that are no longer in a register go through the one for integers.
  const wide = storage === Storage.I64;
  const opcode = storeOf(storage, wide ? Kind.I64 : Kind.I32);
  if (s.where[name] === SLOT) {
    m.loadSlot(wide ? Kind.I64 : Kind.I32, m.scratchInt, name);
    return m.storeObject(opcode, ref, offset, m.scratchInt);
  }
  const low = s.low[name], high = s.high[name];
  if (low === 0 && (!wide || high === 0)) return;
  if (!wide || high === low >> 31) return m.storeObjectConstant(opcode, ref, offset, low);
  m.constant(Kind.I64, m.scratchInt, low, high);
  m.storeObject(opcode, ref, offset, m.scratchInt);
}

function pushReference(c: Context, r: Register): void {
  c.hasReferences = true;
  c.s.push(Kind.REF, r);
}

/** struct.new and struct.new_default. */
export function structNew(c: Context): void {
  const { s, r } = c;
  const { bytes, offsets, storage } = layoutAt(c, r.index);
  const ref = allocate(c, r.index, bytes, undefined);
  if (r.op === op.STRUCT_NEW) {
    const first = s.height - offsets.length;
    for (let i = 0; i < offsets.length; i++) initialize(c, ref, offsets[i], storage[i], first + i);
    s.dropTo(first);
  }
  pushReference(c, ref);
}

/** array.new_fixed. */
export function arrayNewFixed(c: Context): void {
  const { s, r } = c, count = r.index2;
  const layout = layoutAt(c, r.index);
  const ref = allocate(c, r.index, arrayBytes(layout, count), count);
  const first = s.height - count;
  for (let i = 0; i < count; i++) initialize(c, ref, HEADER_BYTES + i * layout.stride, layout.storage[0], first + i);
  s.dropTo(first);
  pushReference(c, ref);
}

/** array.new_default, and array.new of zeros. */
export function arrayNewDefault(c: Context): void {
  const { s, m, r } = c, typeIndex = r.index;
  const layout = layoutAt(c, typeIndex);
  if (s.isConstant(0)) {
    const length = s.lowAt(0) >>> 0, bytes = arrayBytes(layout, length);
    if (bytes <= MAX_INLINE_BYTES) {
      s.drop();
      return pushReference(c, allocate(c, typeIndex, bytes, length));
    }
  }
  const length = s.pop();
  const dst = s.take(Kind.REF);
  s.pin(dst);
  const { from, back } = helperOutOfLine(c, Helper.ARRAY_NEW_DEFAULT, dst, () => {
    m.storeSlotConstant(Kind.I32, ARGUMENT, typeIndex, 0);
    m.storeSlot(Kind.I32, ARGUMENT + 1, length);
  });
  m.allocateArray(dst, typeIndex, length, layout.stride, MAX_INLINE_BYTES, from);
  m.bind(back);
  pushReference(c, dst);
}

/** array.new. */
export function arrayNew(c: Context): void {
  const { s } = c;
  const value = s.height - 2;
  if (s.where[value] === CONSTANT && s.low[value] === 0 && (s.high[value] === 0 || s.kind[value] === Kind.REF)) {
    const length = s.height - 1;
    if (s.where[length] === CONSTANT) {
      const n = s.low[length];
      s.dropTo(value);
      s.pushConstant(Kind.I32, n, n >> 31);
    } else {
      const r = s.pop();
      s.drop();
      s.push(Kind.I32, r);
    }
    return arrayNewDefault(c);
  }
  callObjectHelper(c);
}

/** Instructions that helpers do: the helper, and which indices of the instruction come before the operands. */
const HELPED = new Map<number, { readonly id: Helper; readonly indices: readonly ("index" | "index2")[] }>([
  [op.ARRAY_NEW, { id: Helper.ARRAY_NEW, indices: ["index"] }],
  [op.ARRAY_NEW_DATA, { id: Helper.ARRAY_NEW_DATA, indices: ["index", "index2"] }],
  [op.ARRAY_NEW_ELEM, { id: Helper.ARRAY_NEW_ELEM, indices: ["index", "index2"] }],
  [op.ARRAY_FILL, { id: Helper.ARRAY_FILL, indices: [] }],
  [op.ARRAY_COPY, { id: Helper.ARRAY_COPY, indices: [] }],
  [op.ARRAY_INIT_DATA, { id: Helper.ARRAY_INIT_DATA, indices: ["index2"] }],
  [op.ARRAY_INIT_ELEM, { id: Helper.ARRAY_INIT_ELEM, indices: ["index2"] }],
]);

/** Compiles an instruction on arrays that a helper does. Its operands are in their slots as well, where the collector finds them. */
export function callObjectHelper(c: Context): void {
  const { s, m, r } = c, moves = c.merges.moves;
  const { id, indices } = HELPED.get(r.op)!;
  const { args, results } = HELPERS[id];
  indices.forEach((field, i) => moves.storeConstant(Kind.I32, ARGUMENT + i, r[field], 0));
  const first = s.height - (args.length - indices.length);
  for (let n = first; n < s.height; n++) toSlot(c, n, ARGUMENT + indices.length + n - first);
  spillBelow(c, s.height);
  c.merges.emit(moves.take());
  const found = references(c, true);
  s.dropTo(first);
  s.forgetRegisters();
  mapFrame(c, m.callHelper(id), found);
  if (results === 0) return;
  const dst = s.take(Kind.REF);
  m.loadSlot(Kind.REF, dst, ARGUMENT);
  pushReference(c, dst);
}

// Access

/** struct.get and its like. */
export function structGet(c: Context): void {
  const { s, m, r } = c, field = r.index2;
  const { offsets, storage } = layoutAt(c, r.index);
  const kind = operandKind(fieldsOf(c, r.index)[field].type, storage[field]);
  const ref = s.pop();
  m.checkNull(ref, TrapCode.NULL_STRUCTURE);
  const dst = isFloat(kind) ? c.result(kind) : c.resultOver(kind, ref);
  m.objectBase();
  m.loadObject(loadOf(storage[field], kind, r.op === op.STRUCT_GET_S), dst, ref, offsets[field]);
  if (kind === Kind.REF) c.hasReferences = true;
  s.push(kind, dst);
}

/** struct.set. */
export function structSet(c: Context): void {
  const { s, m, r } = c, field = r.index2;
  const { offsets, storage } = layoutAt(c, r.index);
  const kind = s.kindAt(0), opcode = storeOf(storage[field], kind);
  if (isShort(c, kind)) {
    const value = s.lowAt(0);
    s.drop();
    const ref = s.pop();
    m.checkNull(ref, TrapCode.NULL_STRUCTURE);
    m.objectBase();
    return m.storeObjectConstant(opcode, ref, offsets[field], value);
  }
  const value = s.pop();
  const ref = s.pop();
  m.checkNull(ref, TrapCode.NULL_STRUCTURE);
  m.objectBase();
  m.storeObject(opcode, ref, offsets[field], value);
}

/** Whether the top is a constant that a store takes as it is. */
function isShort(c: Context, kind: Kind): boolean {
  return c.s.isConstant(0) && (kind === Kind.I32 || kind === Kind.REF || (kind === Kind.I64 && c.s.isShortConstant()));
}

/** array.get and its like. */
export function arrayGet(c: Context): void {
  const { s, m, r } = c;
  const { storage: [storage], stride } = layoutAt(c, r.index);
  const kind = operandKind(fieldsOf(c, r.index)[0].type, storage);
  const index = s.pop();
  const array = s.pop();
  m.checkNull(array, TrapCode.NULL_ARRAY);
  m.elementBase(array, index, stride);
  const dst = isFloat(kind) ? c.result(kind) : c.resultOver(kind, array);
  m.loadElementAt(loadOf(storage, kind, r.op === op.ARRAY_GET_S), dst, HEADER_BYTES);
  if (kind === Kind.REF) c.hasReferences = true;
  s.push(kind, dst);
}

/** array.set. */
export function arraySet(c: Context): void {
  const { s, m, r } = c;
  const { storage: [storage], stride } = layoutAt(c, r.index);
  const value = s.pop();
  const index = s.pop();
  const array = s.pop();
  m.checkNull(array, TrapCode.NULL_ARRAY);
  m.elementBase(array, index, stride);
  m.storeElementAt(storeOf(storage, s.kind[s.height + 2]), HEADER_BYTES, value);
}

/** array.len. */
export function arrayLen(c: Context): void {
  const { s, m } = c;
  const array = s.pop();
  m.checkNull(array, TrapCode.NULL_ARRAY);
  const dst = c.resultOver(Kind.I32, array);
  m.objectBase();
  m.loadObject(op.I32_LOAD, dst, array, HEADER_LENGTH);
  s.push(Kind.I32, dst);
}

// References without objects

/** ref.eq: references are equal when their bits are. */
export function refEq(c: Context): void {
  c.compare(Compared.I32, Condition.EQ);
}

/** ref.i31. */
export function refI31(c: Context): void {
  const { s, m } = c;
  const value = s.pop();
  const dst = c.resultOver(Kind.REF, value);
  m.shift32Constant(Shift.SHL, dst, value, 1);
  m.arithmetic32Constant(Arithmetic.OR, dst, dst, I31_BIT);
  pushReference(c, dst);
}

/** i31.get_s and i31.get_u. */
export function i31Get(c: Context): void {
  const { s, m } = c;
  const ref = s.pop();
  m.checkNull(ref, TrapCode.NULL_I31);
  const dst = c.resultOver(Kind.I32, ref);
  m.shift32Constant(c.r.op === op.I31_GET_S ? Shift.SHR_S : Shift.SHR_U, dst, ref, 1);
  s.push(Kind.I32, dst);
}

/** any.convert_extern and extern.convert_any: the bits of a reference stay. */
export function convert(): void {}

// Tests and casts

const NO_LABEL: Label = -1;

/** Where a test goes. */
interface Outcomes {
  readonly yes: Label;
  readonly no: Label;
}

/** Emits the test whether `ref` is of a type; it ends at `yes` or `no`, or asks `ask`, which leads to a helper. */
function test(c: Context, ref: Register, heap: HeapType, nullable: boolean, to: Outcomes, ask: Label): void {
  const { m } = c;
  m.compare32Constant(ref, 0);
  m.jumpIf(Condition.EQ, nullable ? to.yes : to.no);
  if (heap >= 0) {
    const typeId = c.module.canonical[heap];
    const { type, final } = TYPES.types[typeId];
    if (type.kind === "func") return m.jump(ask);
    m.test32Constant(ref, OBJECT_BITS);
    m.jumpIf(Condition.NE, to.no);
    m.objectBase();
    m.compareObjectType(ref, heap);
    m.jumpIf(Condition.EQ, to.yes);
    if (!final) {
      m.compareSupertype(heap, TYPES.supertypes(typeId).length - 1);
      m.jumpIf(Condition.EQ, to.yes);
    }
    return m.jump(to.no);
  }
  switch (heap) {
    case Heap.I31:
      m.test32Constant(ref, I31_BIT);
      m.jumpIf(Condition.NE, to.yes);
      return m.jump(to.no);
    case Heap.EQ:
      m.move(Kind.I32, m.scratchInt, ref);
      m.arithmetic32Constant(Arithmetic.AND, m.scratchInt, m.scratchInt, EQ_BITS);
      m.compare32Constant(m.scratchInt, HOST_BITS);
      m.jumpIf(Condition.NE, to.yes);
      return m.jump(to.no);
    case Heap.STRUCT:
    case Heap.ARRAY:
      m.test32Constant(ref, OBJECT_BITS);
      m.jumpIf(Condition.NE, to.no);
      return m.jump(ask);
    default:
      return m.jump(topOf(heap, TYPES) === heap ? to.yes : to.no);
  }
}

/** Whether a test for this type may ask a helper. */
function asks(c: Context, heap: HeapType): boolean {
  return heap === Heap.STRUCT || heap === Heap.ARRAY || (heap >= 0 && c.module.types[heap].type.kind === "func");
}

/** The helper's call for a test, if it may ask; otherwise only where it goes on. */
function helperForTest(c: Context, id: Helper, dst: Register, ref: Register, heap: HeapType): OutOfLine {
  const { m } = c;
  if (!asks(c, heap)) return { from: NO_LABEL, back: m.newLabel() };
  return helperOutOfLine(c, id, dst, () => {
    m.storeSlotConstant(Kind.I32, ARGUMENT, heap, heap >> 31);
    m.storeSlot(Kind.REF, ARGUMENT + 1, ref);
  });
}

/** Pushes whether `ref`, which stays in its register, is of a type. */
function pushTest(c: Context, ref: Register, heap: HeapType, nullable: boolean): void {
  const { s, m } = c;
  const dst = s.take(Kind.I32);
  s.pin(dst);
  const { from, back } = helperForTest(c, Helper.REF_TEST, dst, ref, heap);
  const to = { yes: m.newLabel(), no: m.newLabel() };
  test(c, ref, heap, nullable, to, from);
  m.bind(to.yes);
  m.constant(Kind.I32, dst, 1, 0);
  m.jump(back);
  m.bind(to.no);
  m.constant(Kind.I32, dst, 0, 0);
  m.bind(back);
  s.push(Kind.I32, dst);
}

/** ref.test. */
export function refTest(c: Context): void {
  const { heap } = c.r;
  pushTest(c, c.s.pop(), heap, c.r.op === op.REF_TEST_NULL);
}

/** ref.cast. */
export function refCast(c: Context): void {
  const { s, m } = c, { heap } = c.r;
  const ref = s.pop();
  pushReference(c, ref);
  const { from, back } = helperForTest(c, Helper.REF_CAST, -1, ref, heap);
  const no = m.newLabel();
  test(c, ref, heap, c.r.op === op.REF_CAST_NULL, { yes: back, no }, from);
  m.bind(no);
  m.trap(TrapCode.CAST_FAILURE);
  m.bind(back);
}

/** br_on_cast and br_on_cast_fail: a test, then the branch. */
export function branchOnCast(c: Context): void {
  const { s, r } = c;
  const ref = s.pop();
  pushReference(c, ref);
  pushTest(c, ref, r.heap2, (r.flags & 2) !== 0);
  if (r.op === op.BR_ON_CAST_FAIL) c.s.push(Kind.I32, invert(c));
  branchIf(c);
}

function invert(c: Context): Register {
  const r = c.s.pop();
  c.m.arithmetic32Constant(Arithmetic.XOR, r, r, 1);
  return r;
}

/** The instructions of this file, by opcode. */
export const OBJECT_HANDLERS: readonly (readonly [number, (c: Context) => void])[] = [
  [op.STRUCT_NEW, structNew],
  [op.STRUCT_NEW_DEFAULT, structNew],
  [op.STRUCT_GET, structGet],
  [op.STRUCT_GET_S, structGet],
  [op.STRUCT_GET_U, structGet],
  [op.STRUCT_SET, structSet],
  [op.ARRAY_NEW, arrayNew],
  [op.ARRAY_NEW_DEFAULT, arrayNewDefault],
  [op.ARRAY_NEW_FIXED, arrayNewFixed],
  [op.ARRAY_NEW_DATA, callObjectHelper],
  [op.ARRAY_NEW_ELEM, callObjectHelper],
  [op.ARRAY_GET, arrayGet],
  [op.ARRAY_GET_S, arrayGet],
  [op.ARRAY_GET_U, arrayGet],
  [op.ARRAY_SET, arraySet],
  [op.ARRAY_LEN, arrayLen],
  [op.ARRAY_FILL, callObjectHelper],
  [op.ARRAY_COPY, callObjectHelper],
  [op.ARRAY_INIT_DATA, callObjectHelper],
  [op.ARRAY_INIT_ELEM, callObjectHelper],
  [op.REF_EQ, refEq],
  [op.REF_TEST, refTest],
  [op.REF_TEST_NULL, refTest],
  [op.REF_CAST, refCast],
  [op.REF_CAST_NULL, refCast],
  [op.BR_ON_CAST, branchOnCast],
  [op.BR_ON_CAST_FAIL, branchOnCast],
  [op.ANY_CONVERT_EXTERN, convert],
  [op.EXTERN_CONVERT_ANY, convert],
  [op.REF_I31, refI31],
  [op.I31_GET_S, i31Get],
  [op.I31_GET_U, i31Get],
];
