// Structured control: where blocks begin and end, what goes on behind a branch, and code that is never reached.

import { BugError } from "../base/bug.ts";
import * as w from "../wasm/opcodes.ts";
import { type FuncType, slotCount, slotsOf } from "../wasm/types.ts";
import { branchIf, branchOn, branchOnCast, branchTable, jump, leave } from "./branches.ts";
import { op } from "./emitter.ts";
import { Kind } from "./operands.ts";
import { NO_WIDTHS, type State } from "./state.ts";
import { shapeOf, Width } from "./widths.ts";

/** Structured control; false if the instruction is something else. */
export function control(s: State, code: number): boolean {
  const { e, r } = s;
  switch (code) {
    case w.BLOCK:
    case w.TRY:
    case w.TRY_TABLE: {
      const { params, results } = s.blockShape();
      s.flushAll();
      if (code === w.TRY_TABLE) catchClauses(s);
      s.open(code, params, results);
      return true;
    }
    case w.LOOP:
      openLoop(s);
      return true;
    case w.IF: {
      const { params, results } = s.blockShape();
      for (let i = 0; i < s.h - 1; i++) s.flush(i);
      const at = branchOn(s, false, undefined);
      const block = s.open(code, params, results);
      block.otherwise = at;
      block.otherwiseFrom = e.at;
      return true;
    }
    case w.ELSE: {
      const block = s.block;
      if (!s.dead) {
        s.flushFrom(s.h - block.results.length);
        e.emit(op_br);
        block.jumps.push(e.last + 1, e.at);
      }
      s.land([block.otherwise, block.otherwiseFrom]);
      block.otherwise = -1;
      block.opcode = w.ELSE;
      s.resume(block, block.params);
      return true;
    }
    case w.CATCH:
    case w.CATCH_ALL: {
      const block = s.block;
      if (!s.dead) {
        s.flushFrom(s.h - block.results.length);
        e.emit(op_br);
        block.jumps.push(e.last + 1, e.at);
      }
      catchDepth(s, code);
      e.seal();
      s.resume(block, code === w.CATCH ? tagParams(s, r.index) : NO_WIDTHS);
      s.point(r.pos);
      return true;
    }
    case w.END:
    case w.DELEGATE:
      endBlock(s);
      return true;
    case w.BR:
      jump(s, s.label(r.index));
      s.setDead();
      return true;
    case w.RETURN:
      if (s.inlined !== undefined) jump(s, s.inlined.block);
      else leave(s);
      s.setDead();
      return true;
    case w.BR_IF:
      if (s.kind[s.h - 1] === Kind.CONSTANT && s.options.constants) {
        const taken = s.value[s.h - 1] !== 0;
        s.pop();
        if (!taken) return true;
        jump(s, s.label(r.index));
        s.setDead();
      } else branchIf(s, true, s.label(r.index));
      return true;
    case w.BR_TABLE:
      branchTable(s);
      return true;
    case w.BR_ON_NULL: {
      const i = s.h - 1;
      const register = s.read(i), kind = s.kind[i], value = s.value[i];
      e.seal();
      branchIf(s, false, s.label(r.index));
      // Otherwise it stays.
      if (kind === Kind.LOCAL) s.push(Kind.LOCAL, value, 0, Width.FULL);
      else if (s.pushRegister(Width.FULL) !== register) throw new BugError("an operand has moved");
      return true;
    }
    case w.BR_ON_NON_NULL: {
      // The reference is both the condition and the last of the values.
      const register = s.read(s.h - 1);
      const block = s.label(r.index);
      e.seal();
      e.emit(op_z, register);
      const at = e.last + 2, from = e.at;
      const first = s.h - s.arity(block).length;
      const { kinds, values, aliases } = s.save(first);
      jump(s, block);
      s.restore(first, kinds, values, aliases);
      s.land([at, from]);
      s.pop();
      return true;
    }
    case w.BR_ON_CAST:
    case w.BR_ON_CAST_FAIL:
      branchOnCast(s);
      return true;
    case w.THROW:
    case w.THROW_REF:
    case w.RETHROW:
      throwException(s, code);
      return true;
  }
  return false;
}

function openLoop(s: State): void {
  const { e, options } = s;
  const { params, results } = s.blockShape();
  const number = ++s.loops;
  s.flushAll();
  if (options.metered) {
    e.emit(op("pass"));
    s.point(s.r.pos);
  } else if (s.isTaken()) e.emit(op_br);
  e.seal();
  const block = s.open(w.LOOP, params, results);
  block.head = e.at;
  s.point(s.r.pos);
  // The interpreter has as many counters.
  if (options.counts && number < 256) {
    e.emit(op("count"), number);
    s.point(s.r.pos);
    e.seal();
  }
  s.head = e.at;
}

function endBlock(s: State): void {
  const { e } = s, block = s.block;
  const outermost = s.blocks.length === 1;
  let reached = !s.dead;
  if (reached && outermost) {
    if (block.jumps.length === 0 && !block.caughtAt) {
      leave(s);
      s.blocks.pop();
      return;
    }
  }
  if (reached) s.flushFrom(s.h - block.results.length);
  if (block.otherwise >= 0) {
    s.land([block.otherwise, block.otherwiseFrom]);
    reached = true;
  }
  if (block.jumps.length > 0) {
    s.land(block.jumps);
    reached = true;
  }
  if (block.caughtAt) reached = true;
  if (block.opcode === w.CATCH || block.opcode === w.CATCH_ALL) s.caughtDepth--;
  s.blocks.pop();
  if (!outermost) s.block = s.blocks[s.blocks.length - 1];
  if (!reached) {
    s.dead = true;
    return;
  }
  s.resume(block, block.results);
  e.seal();
  if (block.caughtAt) s.point(outermost ? s.r.at : s.r.pos);
  if (outermost) {
    s.blocks.push(block);
    leave(s);
    s.blocks.pop();
  }
}

/** Code that is never reached: only blocks matter, since their ends may be. */
export function passDead(s: State, code: number): void {
  switch (code) {
    case w.LOOP:
      s.loops++;
      // falls through
    case w.BLOCK:
    case w.IF:
    case w.TRY:
    case w.TRY_TABLE:
      s.open(code, NO_WIDTHS, NO_WIDTHS);
      return;
    case w.ELSE:
    case w.CATCH:
    case w.CATCH_ALL:
    case w.END:
    case w.DELEGATE:
      if (!s.block.dead) {
        control(s, code);
        return;
      }
      if (code !== w.END && code !== w.DELEGATE) {
        catchDepth(s, code);
        return;
      }
      if (s.block.opcode === w.CATCH || s.block.opcode === w.CATCH_ALL) s.caughtDepth--;
      s.blocks.pop();
      s.block = s.blocks[s.blocks.length - 1];
  }
}

/** Counts the exceptions that are kept; the block becomes the clause. */
function catchDepth(s: State, code: number): void {
  if (code === w.ELSE) return;
  const block = s.block;
  if (block.opcode === w.CATCH || block.opcode === w.CATCH_ALL) s.caughtDepth--;
  block.opcode = code;
  // Behind the locals: see validate/exceptions.ts.
  block.kept = 2 * (declaredSlots(s) + s.caughtDepth++);
}

function declaredSlots(s: State): number {
  const { params } = s.decl.type;
  let slots = slotCount(params);
  for (const g of s.decl.body!.groups) slots += g.count * slotsOf(g.type);
  return slots;
}

function tagParams(s: State, index: number): readonly Width[] {
  return shapeOf(s.m.types[s.m.tags[index].typeIndex].type as FuncType).params;
}

/** What catches leads to labels, which are reached then. */
function catchClauses(s: State): void {
  for (const { label } of s.r.catches) s.label(label).caughtAt = true;
}

function throwException(s: State, code: number): void {
  const { e, r } = s;
  s.flushAll();
  e.emit(op("throw"), s.top, r.at, code === w.RETHROW ? s.label(r.index).kept : 0);
  s.traps();
  s.point(r.pos);
  s.setDead();
}

const op_br = op("br"), op_z = op("br_z");
