// Exceptions: what throws leaves to a helper and does not come back; what catches is a landing pad behind the function, where the runtime lets the frame go on.
// In a try block every local is in its slot whenever a call is under way, so a pad finds all values there; the way into a block costs some stores, nothing else does.

import { Helper } from "../abi/helpers.ts";
import { BugError } from "../base/bug.ts";
import { CatchKind } from "../validate/side_table.ts";
import * as op from "../wasm/opcodes.ts";
import { TrapCode } from "../wasm/traps.ts";
import { returnMoves, spillBelow, toSlot } from "./calls.ts";
import type { Context } from "./context.ts";
import { open } from "./control.ts";
import { ARGUMENT, Kind, passedSlots } from "./macro_assembler.ts";
import type { Control } from "./merges.ts";

/** Leaves to a helper that throws; operands from name `first` on are its arguments from slot `slot` on. */
function leave(c: Context, id: Helper, first: number, slot: number): void {
  const { s, m } = c;
  for (let n = first, to = ARGUMENT + slot; n < s.height; n++) {
    toSlot(c, n, to);
    to += passedSlots(s.kind[n]);
  }
  spillBelow(c, s.height);
  c.merges.emit(c.merges.moves.take());
  m.callHelper(id);
  c.dead = true;
}

/** throw. */
export function throwTag(c: Context): void {
  const { index } = c.r;
  c.merges.moves.storeConstant(Kind.I32, ARGUMENT, index, 0);
  leave(c, Helper.THROW, c.s.height - c.payloadOf(index).length, 1);
}

/** throw_ref. */
export function throwRef(c: Context): void {
  const { s, m } = c;
  const exception = s.pop();
  m.checkNull(exception, TrapCode.NULL_EXCEPTION);
  s.push(Kind.REF, exception);
  leave(c, Helper.THROW_REF, s.height - 1, 0);
}

/** try_table: a block, and a landing pad for each clause, which branches to the clause's label. */
export function tryTable(c: Context): void {
  const { r } = c;
  const handler = c.handlers.find((h) => h.start === r.pos);
  if (handler === undefined) throw new BugError("a try_table without handler");
  const clauses = r.catches;
  const control = open(c, op.TRY_TABLE);
  c.guarded++;
  settle(c, control);
  clauses.forEach(({ kind, tag, label }, i) => {
    const kinds = tag < 0 ? [] : c.payloadOf(tag).slice();
    if (kind === CatchKind.CATCH_REF || kind === CatchKind.CATCH_ALL_REF) kinds.push(Kind.REF);
    const depth = c.controls.length - 2 - label;
    landingPad(c, handler.catches[i].entry, kinds, c.controls[depth], depth === 0);
  });
}

/** try: a block whose clauses are landing pads in their place. */
export function legacyTry(c: Context): void {
  const { r } = c;
  const handler = c.handlers.find((h) => h.start === r.pos);
  if (handler === undefined) throw new BugError("a try without handler");
  const control = open(c, op.TRY);
  c.guarded++;
  settle(c, control);
  c.tries.push({ handler, state: c.merges.save(control), clause: 0 });
}

/** rethrow: of the exception that the catch block keeps. */
export function rethrow(c: Context): void {
  const { base } = c.controls[c.controls.length - 1 - c.r.index];
  toSlot(c, base, ARGUMENT);
  leave(c, Helper.THROW_REF, c.s.height, 0);
}

/** Brings everything to its slot but constants that the block leaves alone. */
function settle(c: Context, control: Control): void {
  const { s } = c;
  for (const r of s.usedRegisters()) for (let n = s.firstIn(r); n >= 0; n = s.nextIn(n)) s.store(n);
  s.forgetRegisters();
  for (let n = s.firstConstant; n >= 0;) {
    const next = s.nextIn(n);
    if (!c.merges.isUnassigned(n, control)) {
      s.store(n);
      s.detach(n);
    }
    n = next;
  }
}

/** Makes the pad of a clause with this entry, for the state that there is now but for operands above the target. */
function landingPad(c: Context, entry: number, kinds: readonly Kind[], target: Control, returns: boolean): void {
  const { s } = c, { base } = target, { height } = s;
  const arrays = [s.where, s.kind, s.low, s.high, s.clean];
  const saved = arrays.map((array) => array.slice(base, height));
  s.height = base;
  for (const kind of kinds) s.pushSlot(kind);
  const moves = returns ? returnMoves(c) : c.merges.edge(target);
  c.landing({ entry, kinds, base, moves, target: returns ? undefined : target.label, source: c.r.at });
  s.height = height;
  arrays.forEach((array, i) => array.set(saved[i], base));
}
