// Structured control: blocks, branches, and what is in registers at the head of a loop.

import type { Label } from "../asm/buffer.ts";
import { NO_TYPE_INDEX } from "../bytecode/reader.ts";
import * as op from "../wasm/opcodes.ts";
import { emitReturn, returnMoves } from "./calls.ts";
import { type Context, kindOf } from "./context.ts";
import { PLAIN } from "./local_uses.ts";
import { ARGUMENT, Condition, inverse, Kind, NO_REGISTER, passedSlots, type Register } from "./macro_assembler.ts";
import type { Control } from "./merges.ts";
import type { MoveProgram } from "./moves.ts";
import { CONSTANT, DIRTY, isFloat, REGISTER } from "./state.ts";
import { passLocal } from "./variables.ts";

const NONE: readonly Kind[] = [];
const NO_LABEL: Label = -1;
/** Registers that locals leave to temporaries at the head of a loop. */
const TEMPORARY_INTS = 2;
const TEMPORARY_FLOATS = 3;
/** Locals that a loop does not use stay in registers only while it has fewer locals there than this. */
const IDLE_LIMIT = 5;

/** Opens the block of the present instruction, whose condition, if any, is popped. */
export function open(c: Context, opcode: number): Control {
  const r = c.r;
  let params = NONE, results = NONE;
  if (r.blockIndex !== NO_TYPE_INDEX) {
    const type = c.module.types[r.blockIndex].type;
    if (type.kind === "func") ({ params, results } = c.signatureOf(type));
  } else if (r.blockResult !== 0) results = [kindOf(r.blockResult)];
  const block = c.blocks++;
  const control: Control = {
    opcode,
    block,
    base: c.s.height - params.length,
    params,
    results,
    carried: opcode === op.LOOP ? params : results,
    start: r.at,
    end: c.uses.blockEnd[block],
    label: c.m.newLabel(),
    merge: undefined,
    elseLabel: NO_LABEL,
    elseState: undefined,
    elseIsCold: false,
  };
  c.controls.push(control);
  return control;
}

/** Opens the block that is the function's body. */
export function openFunction(c: Context, results: readonly Kind[]): void {
  const block = c.blocks++;
  c.controls.push({
    opcode: op.BLOCK,
    block,
    base: c.s.height,
    params: NONE,
    results,
    carried: results,
    start: -1,
    end: c.uses.blockEnd[block],
    label: NO_LABEL,
    merge: undefined,
    elseLabel: NO_LABEL,
    elseState: undefined,
    elseIsCold: false,
  });
}

/** block: nothing happens before its label has an edge. */
export function block(c: Context): void {
  open(c, op.BLOCK);
}

/** Without `else` an `if` is a branch to its end, so that the state there is the one before it. */
export function ifBlock(c: Context): void {
  const condition = c.takeCondition();
  const control = open(c, op.IF), notTaken = c.edgeCounter(1);
  const cold = c.cold === undefined && c.likely() === false ? c.m.newLabel() : NO_LABEL;
  if (c.uses.blockHasElse[control.block] === 1) {
    control.elseLabel = c.m.newLabel();
    control.elseIsCold = c.cold === undefined && c.likely() === true;
    if (cold !== NO_LABEL) {
      // The other arm follows at once.
      c.m.jumpIf(condition, cold);
      c.beginCold(control, cold);
    } else c.m.jumpIf(inverse(condition), notTaken < 0 ? control.elseLabel : c.detour([], control.elseLabel, notTaken));
    control.elseState = c.merges.save(control);
  } else {
    const moves = c.merges.edge(control);
    if (cold !== NO_LABEL) {
      // The end follows at once.
      c.m.jumpIf(condition, cold);
      c.merges.emit(moves);
      c.beginCold(control, cold);
    } else c.m.jumpIf(inverse(condition), by(c, moves, control.label, notTaken));
  }
  c.count(c.edgeCounter());
}

/** else: the end of the first arm, and the state before the `if` again. */
export function elseArm(c: Context): void {
  const control = c.controls[c.controls.length - 1];
  // Of two arms, one may be seldom run; the usual one then runs into what follows.
  const elseIsCold = control.elseIsCold && c.cold === undefined && !c.dead;
  if (!c.dead) {
    c.merges.emitEdge(control);
    if (!elseIsCold) c.m.jump(control.label);
  }
  if (c.cold === control) c.endCold();
  if (elseIsCold) c.beginCold(control, control.elseLabel);
  else c.m.bind(control.elseLabel);
  c.merges.restore(control.elseState!);
  control.elseState = undefined;
  c.dead = false;
}

/** end: the state at the label, if there was a branch to it. */
export function end(c: Context): void {
  const control = c.controls[c.controls.length - 1];
  const { opcode } = control;
  if (opcode === op.TRY_TABLE || opcode === op.TRY) c.guarded--;
  if (opcode === op.TRY || opcode === op.CATCH) c.tries.pop();
  if (c.controls.length === 1) {
    if (!c.dead) emitReturn(c);
    c.controls.pop();
    return;
  }
  // The results of a catch block lie above the exception that it keeps.
  const moves = opcode === op.CATCH && !c.dead;
  if (opcode !== op.LOOP && (control.merge !== undefined || moves)) {
    if (!c.dead) c.merges.emitEdge(control);
    if (c.cold === control) {
      if (!c.dead) c.m.jump(control.label);
      c.endCold();
    }
    c.m.bind(control.label);
    c.merges.enter(control);
    c.dead = false;
  }
  c.controls.pop();
  if (control.merge === undefined) return;
  // What this label wanted where is of no interest any more; what the next one wants is.
  for (let i = 0; i < control.merge.length; i += 3) {
    if (control.merge[i] >= c.s.locals) continue;
    if (opcode === op.LOOP) c.s.dropHome(control.merge[i]);
    else c.s.clearHome(control.merge[i], control.merge[i + 1]);
  }
  const outer = c.controls[c.controls.length - 1].merge;
  if (outer === undefined) return;
  for (let i = 0; i < outer.length; i += 3) if (outer[i] < c.s.locals) c.s.setHome(outer[i], outer[i + 1]);
}

function target(c: Context, depth: number): Control {
  return c.controls[c.controls.length - 1 - depth];
}

/** br. */
export function branch(c: Context): void {
  jumpTo(c, c.r.index);
  c.dead = true;
}

/** The label that a branch goes to: at once, or where there is something to move or to count, on a detour. */
function by(c: Context, moves: MoveProgram, label: Label, counter: number): Label {
  return moves.length === 0 && counter < 0 ? label : c.detour(moves, label, counter);
}

function jumpTo(c: Context, depth: number): void {
  if (depth === c.controls.length - 1) {
    if (c.counts !== undefined) c.countAt(c.counts.lastEnd);
    return emitReturn(c);
  }
  const control = target(c, depth);
  c.merges.emitEdge(control);
  c.m.jump(control.label);
}

/** br_if: the moves of a taken branch are made out of line, except on the way back to a loop's head. */
export function branchIf(c: Context): void {
  branchWhen(c, c.takeCondition());
}

/** br_on_null: the reference is carried on only where it is not null. */
export function branchOnNull(c: Context): void {
  const { s, m } = c;
  const reference = s.pop();
  m.test32(reference, reference);
  branchWhen(c, Condition.EQ);
  s.push(Kind.REF, reference);
}

/** br_on_non_null: the reference is carried to the label only. */
export function branchOnNonNull(c: Context): void {
  const { s, m } = c;
  const reference = s.pop();
  s.push(Kind.REF, reference);
  m.test32(reference, reference);
  branchWhen(c, Condition.NE);
  s.drop();
}

/** A branch to the label of the present instruction under a condition that the flags tell. */
export function branchWhen(c: Context, condition: Condition): void {
  const depth = c.r.index, m = c.m;
  const taken = c.edgeCounter(), notTaken = c.edgeCounter(1);
  if (depth === c.controls.length - 1) {
    m.jumpIf(condition, c.detour(returnMoves(c), undefined, taken));
    return c.count(notTaken);
  }
  const control = target(c, depth), likely = c.likely();
  const moves = c.merges.edge(control);
  if (likely === true && depth === 0 && control.opcode === op.BLOCK && c.cold === undefined) {
    // The rest of the block is seldom run; the end follows at once.
    const rest = m.newLabel();
    m.jumpIf(inverse(condition), rest);
    c.merges.emit(moves);
    return c.beginCold(control, rest);
  }
  const usual = likely ?? control.opcode === op.LOOP;
  if (!usual || (moves.length === 0 && taken < 0)) {
    m.jumpIf(condition, by(c, moves, control.label, taken));
    return c.count(notTaken);
  }
  // The usual way, as is the one back to the head of a loop.
  const past = m.newLabel();
  m.jumpIf(inverse(condition), past);
  c.count(taken);
  c.merges.emit(moves);
  m.jump(control.label);
  m.bind(past);
  c.count(notTaken);
}

/** br_table: each target has its own moves, out of line. */
export function branchTable(c: Context): void {
  const { s, m } = c;
  const depths = c.r.labels.slice();
  const index = s.pop();
  const stubs = new Map<number, Label>();
  const labels = depths.map((depth, i) => {
    const counter = c.edgeCounter(i);
    let label = counter < 0 ? stubs.get(depth) : undefined;
    if (label === undefined) {
      if (depth === c.controls.length - 1) label = c.detour(returnMoves(c), undefined, counter);
      else {
        const control = target(c, depth);
        label = by(c, c.merges.edge(control), control.label, counter);
      }
      stubs.set(depth, label);
    }
    return label;
  });
  m.jumpTable(index, labels);
  c.dead = true;
}

// Legacy exceptions: the rest is in exceptions.ts

/** catch and catch_all: the end of what is before, and the landing pad. */
export function catchClause(c: Context): void {
  const { s, m, merges } = c;
  const control = c.controls[c.controls.length - 1], { base } = control;
  if (!c.dead) {
    merges.emitEdge(control);
    m.jump(control.label);
  }
  const block = c.tries[c.tries.length - 1];
  const { entry, tag } = block.handler.catches[block.clause++];
  if (control.opcode === op.TRY) {
    control.opcode = op.CATCH;
    c.guarded--;
  }
  merges.restore(block.state);
  s.dropTo(base);
  const kinds = tag < 0 ? NONE : c.payloadOf(tag);
  m.landingPad(entry);
  // The exception is kept in the slot below the payload, for rethrow.
  m.copySlot(Kind.REF, base, ARGUMENT + kinds.reduce((slots, kind) => slots + passedSlots(kind), 0));
  s.pushSlot(Kind.REF);
  c.hasReferences = true;
  let from = ARGUMENT;
  kinds.forEach((kind, i) => {
    m.copySlot(kind, base + 1 + i, from);
    from += passedSlots(kind);
    s.pushSlot(kind);
  });
  c.dead = false;
}

/** return. */
export function returnFromFunction(c: Context): void {
  emitReturn(c);
  c.dead = true;
}

/** Passes over instructions that cannot be reached, up to the `else` or `end` of the innermost block, which is compiled. */
export function skipDeadCode(c: Context): void {
  const r = c.r;
  for (let depth = 0;;) {
    switch (r.nextBut(PLAIN)) {
      case op.BLOCK:
      case op.LOOP:
      case op.IF:
      case op.TRY_TABLE:
      case op.TRY:
        depth++;
        c.blocks++;
        break;
      case op.ELSE:
        if (depth > 0) break;
        c.s.at = r.at;
        return elseArm(c);
      case op.END:
        if (depth-- > 0) break;
        c.s.at = r.at;
        return end(c);
      case op.CATCH:
      case op.CATCH_ALL:
        if (depth > 0) break;
        c.s.at = r.at;
        return catchClause(c);
      case op.DELEGATE:
        if (depth-- > 0) break;
        c.s.at = r.at;
        return end(c);
      case op.LOCAL_GET:
        passLocal(c, false);
        break;
      case op.LOCAL_SET:
      case op.LOCAL_TEE:
        passLocal(c, true);
    }
  }
}

// Loops

/** loop: moves locals to where the loop wants them, then the head. */
export function loop(c: Context): void {
  const { s, m, merges } = c;
  const control = open(c, op.LOOP);
  // What is stored here is in its slot before the loop begins.
  s.at = control.start - 1;
  control.merge = stateAtHead(c, control);
  for (let i = 0; i < control.merge.length; i += 3) {
    if (control.merge[i] < s.locals) s.setHome(control.merge[i], control.merge[i + 1]);
  }
  merges.emitEdge(control);
  s.at = control.start;
  m.bind(control.label);
  merges.enter(control);
  if (c.metered) m.takeFuel();
  c.checkInterrupt(c.r.pos);
  c.enterLoop();
}

let weights = new Float64Array(64);
/** More locals than any processor has registers for. */
const MAX_CANDIDATES = 64;

/** Puts `x` into a list of locals, the heaviest first; it has no more than MAX_CANDIDATES. */
function insertByWeight(list: number[], x: number): void {
  const weight = weights[x];
  if (list.length < MAX_CANDIDATES) list.push(x);
  else if (weights[list[MAX_CANDIDATES - 1]] >= weight) return;
  let i = list.length - 1;
  for (; i > 0 && weights[list[i - 1]] < weight; i--) list[i] = list[i - 1];
  list[i] = x;
}

/**
 * Decides what is in registers at the head of a loop: the locals that the loop uses most, in the registers they have as far as possible, then
 * the others as long as there is room. Operands below the loop go to their slots, since the loop cannot use them.
 */
function stateAtHead(c: Context, control: Control): readonly number[] {
  const { s, m, merges, uses } = c;
  for (let r = s.nextUsed(NO_REGISTER); r >= 0; r = s.nextUsed(r)) {
    for (let n = s.firstIn(r); n >= 0;) {
      const next = s.nextIn(n);
      if (n >= s.locals && n < control.base) {
        s.store(n);
        s.detach(n);
      }
      n = next;
    }
  }
  if (weights.length < s.locals) weights = new Float64Array(s.locals * 2);
  const used = uses.weigh(control.block, c.event, weights);
  const calls = uses.blockCalls[control.block] === 1;
  const candidates: number[] = [];
  for (const x of used) {
    if (!uses.isLive(control.block, x) || (s.where[x] === CONSTANT && merges.isUnassigned(x, control))) continue;
    insertByWeight(candidates, x);
  }
  const crowded = candidates.length > m.intRegisters.length - TEMPORARY_INTS;
  if (!calls) {
    for (let r = s.nextUsed(NO_REGISTER); r >= 0; r = s.nextUsed(r)) {
      for (let n = s.firstIn(r); n >= 0 && candidates.length < IDLE_LIMIT; n = s.nextIn(n)) {
        if (n < s.locals && weights[n] === 0 && uses.isLive(control.block, n)) candidates.push(n);
      }
    }
  }
  const keepSlots = calls || crowded;
  let ints = m.intRegisters.length - TEMPORARY_INTS, floats = m.floatRegisters.length - TEMPORARY_FLOATS;
  merges.beginPlaces();
  const homeless: number[] = [];
  for (let i = control.base - s.height; i < candidates.length; i++) {
    const n = i < 0 ? s.height + i : candidates[i];
    if ((isFloat(s.kind[n]) ? floats-- : ints--) <= 0) continue;
    if (s.where[n] === REGISTER && !merges.isTaken(s.register[n])) placeAtHead(c, control, n, s.register[n], keepSlots);
    else homeless.push(n);
  }
  for (const n of homeless) {
    const registers = isFloat(s.kind[n]) ? m.floatRegisters : m.intRegisters;
    let r = NO_REGISTER;
    for (let i = registers.length - 1; i >= 0 && r < 0; i--) {
      if (!merges.isTaken(registers[i]) && s.isFree(registers[i])) r = registers[i];
    }
    if (r < 0) r = merges.lastFree(registers);
    if (r >= 0) placeAtHead(c, control, n, r, keepSlots);
  }
  for (const x of used) weights[x] = 0;
  return merges.places();
}

/** Gives a name its register at the head of a loop; one that the loop does not change may be in its slot as well. */
function placeAtHead(c: Context, control: Control, n: number, r: Register, keepSlots: boolean): void {
  const { s, merges } = c;
  let clean = DIRTY;
  if (n < s.locals && merges.isUnassigned(n, control)) {
    if (keepSlots || weights[n] === 0) s.store(n);
    if (s.where[n] !== CONSTANT && s.clean[n] !== DIRTY) clean = Math.min(s.clean[n], s.at);
  }
  merges.addPlace(n, r, clean);
}
