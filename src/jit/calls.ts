// Calls of functions and helpers, and returns. A call loses all registers: what is alive is stored to its slot before, unless it is there or a constant.

import { Helper, HELPERS } from "../abi/helpers.ts";
import type { Place } from "../abi/signature.ts";
import * as op from "../wasm/opcodes.ts";
import { TrapCode } from "../wasm/traps.ts";
import type { CompositeType } from "../wasm/types.ts";
import type { Context, Signature } from "./context.ts";
import { ARGUMENT, type CallTarget, INCOMING, Kind, NO_REGISTER, OUTGOING, type Register } from "./macro_assembler.ts";
import type { MoveProgram } from "./moves.ts";
import { CONSTANT, DIRTY, REGISTER, SLOT } from "./state.ts";

/** Moves the value of `name` to a place of the calling convention. */
function toPlace(
  c: Context,
  name: number,
  place: Place,
  ints: readonly Register[],
  floats: readonly Register[],
  area: number,
): void {
  const { s } = c, moves = c.merges.moves, kind = s.kind[name];
  if (place.where === "stack") return toSlot(c, name, area + place.index);
  const r = place.where === "int" ? ints[place.index] : floats[place.index];
  if (s.where[name] === REGISTER) moves.move(kind, r, s.register[name]);
  else if (s.where[name] === CONSTANT) moves.constant(kind, r, s.low[name], s.high[name]);
  else moves.load(kind, r, name);
}

/** Moves the value of `name` to a slot. */
export function toSlot(c: Context, name: number, slot: number): void {
  const { s } = c, moves = c.merges.moves, kind = s.kind[name];
  if (s.where[name] === REGISTER) moves.store(kind, slot, s.register[name]);
  else if (s.where[name] === CONSTANT) moves.storeConstant(kind, slot, s.low[name], s.high[name]);
  else moves.copy(kind, slot, name);
}

/** Stores every name below `limit` that is only in a register. */
export function spillBelow(c: Context, limit: number): void {
  const { s } = c, moves = c.merges.moves;
  for (let r = s.nextUsed(NO_REGISTER); r >= 0; r = s.nextUsed(r)) {
    for (let n = s.firstIn(r); n >= 0; n = s.nextIn(n)) {
      if (n < limit && s.clean[n] === DIRTY) moves.store(s.kind[n], n, r);
    }
  }
}

/** Functions with more locals have no maps of their frames: each map takes as long as there are locals, and nothing depends on them. */
const MAX_MAPPED_LOCALS = 4096;

/** Names of references that a call finds in their slots, or, where it saves registers (`inRegisters`), had there. */
export function references(c: Context, inRegisters: boolean): number[] {
  const s = c.s, list: number[] = [];
  if (s.locals > MAX_MAPPED_LOCALS || !c.describes()) return list;
  for (let n = 0; n < s.height; n++) {
    if (s.kind[n] === Kind.REF && (s.where[n] === SLOT || (inRegisters && s.where[n] === REGISTER))) list.push(n);
  }
  return list;
}

/** Says which slots hold references while a call is under way. */
function addFrameMap(c: Context, offset: number): void {
  if (c.hasReferences) mapFrame(c, offset, references(c, false));
}

/** Likewise of the references given. */
export function mapFrame(c: Context, offset: number, list: readonly number[]): void {
  if (list.length === 0) return;
  c.m.addFrameMap({ offset, references: Uint32Array.from(list), registers: new Uint32Array(0) });
}

function callWith(c: Context, signature: Signature, target: CallTarget): void {
  const { s, m } = c;
  const { params, results, places } = signature;
  const first = s.height - params.length;
  for (let i = 0; i < params.length; i++) {
    toPlace(c, first + i, places.params[i], m.intParams, m.floatParams, OUTGOING);
  }
  spillBelow(c, first);
  c.merges.moves.emit();
  s.dropTo(first);
  s.forgetRegisters();
  const returnOffset = m.call(target, places.areaSlots);
  addFrameMap(c, returnOffset);
  c.safepoint(returnOffset, c.r.pos);
  for (let i = 0; i < results.length; i++) {
    const place = places.results[i], kind = results[i];
    if (kind === Kind.REF) c.hasReferences = true;
    if (place.where === "int") s.push(kind, m.intResults[place.index]);
    else if (place.where === "float") s.push(kind, m.floatResults[place.index]);
    else {
      m.copySlot(kind, s.height, OUTGOING + place.index);
      s.pushSlot(kind);
    }
  }
}

/** call: an own function's record lies at a fixed distance, an import's is named by the vmctx. */
export function call(c: Context): void {
  const index = c.r.index, imported = c.module.importedFuncs;
  const signature = c.signatureOf(c.module.funcs[index].type);
  const target = index < imported ? { imported: index } : { own: index - imported, leaves: c.callsLeave };
  callWith(c, signature, target);
}

/** call_indirect. */
export function callIndirect(c: Context): void {
  const { index: typeIndex, index2: table } = c.r;
  const type = c.module.types[typeIndex].type;
  if (type.kind !== "func") return;
  c.m.prepareIndirect(table, c.s.pop(), typeIndex);
  callWith(c, c.signatureOf(type), "record");
}

/** call_ref. */
export function callReference(c: Context): void {
  const type = c.module.types[c.r.index].type;
  if (type.kind !== "func") return;
  c.m.prepareReference(c.s.pop());
  callWith(c, c.signatureOf(type), "record");
}

/** ref.as_non_null. */
export function asNonNull(c: Context): void {
  const reference = c.s.pop();
  c.m.checkNull(reference, TrapCode.NULL_REFERENCE);
  c.s.push(Kind.REF, reference);
}

/** return_call and its like: as on return the frame goes, but then another function gets this one's return address. */
export function tailCall(c: Context): void {
  const { m, s, r, module } = c;
  // A chain of tail calls is a loop, too.
  c.checkInterrupt(r.at);
  c.countAt(r.at);
  let target: CallTarget = "record";
  let type: CompositeType;
  if (r.op === op.RETURN_CALL) {
    type = module.funcs[r.index].type;
    target = r.index < module.importedFuncs ? { imported: r.index } : { own: r.index - module.importedFuncs };
  } else {
    type = module.types[r.index].type;
    if (r.op === op.RETURN_CALL_REF) m.prepareReference(s.pop());
    else m.prepareIndirect(r.index2, s.pop(), r.index);
  }
  if (type.kind !== "func") return;
  const { params, places } = c.signatureOf(type);
  const first = s.height - params.length;
  for (let i = 0; i < params.length; i++) {
    toPlace(c, first + i, places.params[i], m.intParams, m.floatParams, INCOMING);
  }
  c.merges.moves.emit();
  m.tailCall(target);
  c.dead = true;
}

/** The moves that bring the topmost operands to where the caller expects results. */
export function returnMoves(c: Context): MoveProgram {
  collectReturn(c);
  return c.merges.moves.take();
}

function collectReturn(c: Context): void {
  const { s, m } = c, { results, places } = c.signature;
  const first = s.height - results.length;
  for (let i = 0; i < results.length; i++) {
    toPlace(c, first + i, places.results[i], m.intResults, m.floatResults, INCOMING);
  }
}

/** Returns from the function with the topmost operands. */
export function emitReturn(c: Context): void {
  collectReturn(c);
  c.merges.moves.emit();
  c.m.leaveAndReturn();
}

/** Instructions that helpers do: the helper, and which indices of the instruction come before the operands. */
const HELPED = new Map<number, { readonly id: Helper; readonly indices: readonly ("index" | "index2")[] }>([
  [op.MEMORY_GROW, { id: Helper.MEMORY_GROW, indices: ["index"] }],
  [op.MEMORY_COPY, { id: Helper.MEMORY_COPY, indices: ["index", "index2"] }],
  [op.MEMORY_FILL, { id: Helper.MEMORY_FILL, indices: ["index"] }],
  [op.MEMORY_INIT, { id: Helper.MEMORY_INIT, indices: ["index", "index2"] }],
  [op.DATA_DROP, { id: Helper.DATA_DROP, indices: ["index"] }],
  [op.TABLE_GROW, { id: Helper.TABLE_GROW, indices: ["index"] }],
  [op.TABLE_FILL, { id: Helper.TABLE_FILL, indices: ["index"] }],
  [op.TABLE_COPY, { id: Helper.TABLE_COPY, indices: ["index", "index2"] }],
  [op.TABLE_INIT, { id: Helper.TABLE_INIT, indices: ["index", "index2"] }],
  [op.ELEM_DROP, { id: Helper.ELEM_DROP, indices: ["index"] }],
]);
/** Their opcodes. */
export const HELPED_OPCODES: readonly number[] = [...HELPED.keys()];

/** Compiles an instruction that a helper does. */
export function callHelper(c: Context): void {
  const { s, r } = c, moves = c.merges.moves;
  const { id, indices } = HELPED.get(r.op)!;
  const { args, results } = HELPERS[id];
  indices.forEach((field, i) => moves.storeConstant(Kind.I32, ARGUMENT + i, r[field], 0));
  const first = s.height - (args.length - indices.length);
  for (let n = first; n < s.height; n++) toSlot(c, n, ARGUMENT + indices.length + n - first);
  // Of those with a result, only grows of what has 64-bit addresses give 64 bits.
  const { memories, tables } = c.module;
  const wide = r.op === op.MEMORY_GROW ? memories[r.index].type.is64 : tables[r.index]?.type.is64;
  emitHelperCall(c, id, first, results === 0 ? undefined : wide ? Kind.I64 : Kind.I32);
}

/** Calls a helper once the moves collected so far are made; operands from name `first` on are gone, its result, if any, is pushed. */
export function emitHelperCall(c: Context, id: Helper, first: number, result: Kind | undefined): void {
  const { s, m } = c;
  spillBelow(c, first);
  c.merges.moves.emit();
  s.dropTo(first);
  s.forgetRegisters();
  addFrameMap(c, m.callHelper(id));
  if (result === undefined) return;
  const dst = c.result(result);
  m.loadSlot(result, dst, ARGUMENT);
  s.push(result, dst);
}

/** table.get. */
export function tableGet(c: Context): void {
  const table = c.r.index;
  const index = c.s.pop();
  const dst = c.resultOver(Kind.REF, index);
  c.m.loadElement(dst, table, index);
  c.hasReferences = true;
  c.s.push(Kind.REF, dst);
}

/** table.set. */
export function tableSet(c: Context): void {
  const value = c.s.pop();
  c.m.storeElement(c.r.index, c.s.pop(), value);
}

/** table.size. */
export function tableSize(c: Context): void {
  const kind = c.module.tables[c.r.index].type.is64 ? Kind.I64 : Kind.I32;
  const dst = c.result(kind);
  c.m.tableSize(dst, c.r.index);
  c.s.push(kind, dst);
}
