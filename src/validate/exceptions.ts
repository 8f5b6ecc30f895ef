// Validation of exceptions: throw, try_table, and the legacy try blocks. Collects the handlers of a body.

import type { BytecodeReader } from "../bytecode/reader.ts";
import { INVALID, MALFORMED } from "../wasm/messages.ts";
import * as op from "../wasm/opcodes.ts";
import { Heap, refType, slotCount, type ValType } from "../wasm/types.ts";
import { type Control, labelTypes } from "./blocks.ts";
import type { BodyValidator, Step } from "./body.ts";
import { blockType } from "./control.ts";
import { CatchKind, type HandlerDraft } from "./side_table.ts";

const EXNREF: ValType = refType(Heap.EXN, true);
const EXCEPTION: ValType = refType(Heap.EXN, false);

function tagParams(v: BodyValidator, index: number): readonly ValType[] {
  const tag = v.m.tags[index];
  if (tag === undefined) v.invalid(`${INVALID.unknownTag} ${index}`);
  return v.funcType(tag.typeIndex).params;
}

function throwTag(v: BodyValidator, r: BytecodeReader): void {
  v.popAll(tagParams(v, r.index));
  v.setUnreachable();
}

function throwRef(v: BodyValidator): void {
  v.pop(EXNREF);
  v.setUnreachable();
}

function tryTable(v: BodyValidator, r: BytecodeReader): void {
  const { params, results } = blockType(v, r);
  v.popAll(params);
  const handler: HandlerDraft = { start: r.pos, end: r.pos, catches: [], outer: v.handler };
  for (const { kind, tag, label } of r.catches) {
    const target = v.label(label);
    const values = tag < 0 ? [] : tagParams(v, tag).slice();
    if (kind === CatchKind.CATCH_REF || kind === CatchKind.CATCH_ALL_REF) values.push(EXCEPTION);
    const wanted = labelTypes(target);
    if (values.length !== wanted.length) {
      v.invalid(`${INVALID.typeMismatch}: the clause gives ${values.length} values, its label takes ${wanted.length}`);
    }
    values.forEach((t, i) => v.subtype(t, wanted[i]));
    handler.catches.push({ kind: kind as CatchKind, tag, entry: v.edge(target), slot: -1 });
  }
  const control = v.pushControl(r.op, params, results);
  v.openHandler(control, handler);
}

function legacyTry(v: BodyValidator, r: BytecodeReader): void {
  const { params, results } = blockType(v, r);
  v.popAll(params);
  const control = v.pushControl(r.op, params, results);
  v.openHandler(control, { start: r.pos, end: r.pos, catches: [], outer: v.handler });
}

/** Ends the body of a `try`, or a clause before this one, and begins a clause. */
function legacyClause(v: BodyValidator, r: BytecodeReader): void {
  const first = v.top.opcode === op.TRY;
  if (!first && v.top.opcode !== op.CATCH) r.malformed(`${MALFORMED.illegalOpcode}: ${r.info.name} without try`, r.at);
  const all = r.op === op.CATCH_ALL;
  const values = all ? [] : tagParams(v, r.index);
  const { results, fixup, handler: draft } = v.popControl();
  const handler = draft!;
  if (first) v.closeRegion(handler, r.at);
  else v.caughtDepth--;
  const control = v.pushControl(all ? op.CATCH_ALL : op.CATCH, [], results);
  control.fixup = fixup;
  control.handler = handler;
  control.caught = v.localSlots + v.caughtDepth++;
  v.caughtSlots = Math.max(v.caughtSlots, v.caughtDepth);
  v.edge(control);
  const entry = v.entry();
  v.patch(entry, r.pos);
  v.table[entry + 2] = slotCount(values);
  v.table[entry + 3] = v.localSlots + control.slots;
  const kind = all ? CatchKind.LEGACY_CATCH_ALL : CatchKind.LEGACY_CATCH;
  handler.catches.push({ kind, tag: all ? -1 : r.index, entry, slot: control.caught });
  v.pushAll(values);
}

/** Ends a `try` whose exceptions go to the handler of an outer block. */
function delegate(v: BodyValidator, r: BytecodeReader): void {
  if (v.top.opcode !== op.TRY) r.malformed(`${MALFORMED.illegalOpcode}: delegate without try`, r.at);
  const control = v.popControl();
  const handler = control.handler!;
  v.closeRegion(handler, r.at);
  handler.outer = v.handlerAt(v.label(r.index));
  v.patchAll(control, r.pos);
  v.pushAll(control.results);
}

function rethrow(v: BodyValidator, r: BytecodeReader): void {
  const target: Control = v.label(r.index);
  if (target.caught < 0) v.invalid(INVALID.rethrowLabel);
  // reserveCaught() raises this height like all others, so it counts from where the operands would be without kept exceptions.
  v.rethrows.push(v.entry());
  v.table[v.rethrows[v.rethrows.length - 1] + 3] = target.caught;
  v.setUnreachable();
}

/** Steps of exception instructions. */
export const exceptionSteps: readonly (readonly [number, Step])[] = [
  [op.THROW, throwTag],
  [op.THROW_REF, throwRef],
  [op.TRY_TABLE, tryTable],
  [op.TRY, legacyTry],
  [op.CATCH, legacyClause],
  [op.CATCH_ALL, legacyClause],
  [op.DELEGATE, delegate],
  [op.RETHROW, rethrow],
];
