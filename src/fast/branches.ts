// Branches, returns, and what they carry to their labels. Comparisons and additions before a branch become part of it.

import * as w from "../wasm/opcodes.ts";
import { op } from "./emitter.ts";
import { testForm } from "./numeric_forms.ts";
import { Kind } from "./operands.ts";
import type { Block, State } from "./state.ts";
import { Width, wordsOf } from "./widths.ts";

/** Moves the topmost operands to where the label takes them. */
function carry(s: State, block: Block): void {
  const arity = s.arity(block), first = s.h - arity.length;
  let place = block.words;
  for (let i = 0; i < arity.length; i++) {
    s.moveTo(first + i, place);
    s.explain?.use(s.origin[first + i]);
    place += wordsOf(arity[i]);
  }
}

/** Jumps to a label, with the topmost operands. */
export function jump(s: State, block: Block): void {
  if (block === s.blocks[0]) return leave(s);
  carry(s, block);
  const { e } = s;
  if (block.opcode === w.LOOP && s.options.fuse && e.last >= 0 && e.words[e.last] === op_mov32) {
    e.words[e.last] = op_mov32_br_back;
    s.aim(block, e.last + 3, e.at);
  } else {
    e.emit(block.opcode === w.LOOP ? op_br_back : op_br);
    s.aim(block, e.last + 1, e.at);
  }
  s.e.seal();
}

/** Returns with the topmost operands. */
export function leave(s: State): void {
  const { e } = s, { results } = s.blocks[0];
  const first = s.h - results.length;
  if (results.length === 0) e.emit(op_return);
  else if (results.length === 1 && results[0] !== Width.VECTOR) {
    if (s.kind[first] === Kind.CONSTANT) {
      s.constantTo(0, s.value[first], s.high[first], results[0]);
      e.emit(results[0] === Width.NARROW ? op_return32 : op_return64, 0);
    } else if (s.kind[first] === Kind.SUM) {
      s.sumTo(0, s.value[first], s.high[first]);
      e.emit(op_return32, 0);
    } else e.emit(results[0] === Width.NARROW ? op_return32 : op_return64, s.value[first]);
    s.explain?.use(s.origin[first]);
  } else {
    // Results take the place of locals, which others of them may still be read from.
    const { kinds, values, aliases } = s.save(first);
    s.flushFrom(first);
    let words = 0;
    for (const width of results) words += wordsOf(width);
    e.emit(op_return_n, s.place[first], words);
    s.restore(first, kinds, values, aliases);
  }
  e.seal();
}

/** Branches on the topmost operand, which is taken: the distance is still to be aimed from the place behind. Gives the word of the distance. */
export function branchOn(s: State, taken: boolean, block: Block | undefined): number {
  const { e } = s, i = s.h - 1, isBack = block?.opcode === w.LOOP;
  const a = s.read(i);
  const fuses = s.options.fuse && s.kind[i] === Kind.REGISTER;
  s.pop();
  for (;;) {
    const number = fuses ? e.lastWriting(a) : -1;
    const test = number < 0 ? undefined : testForm(number);
    if (test === undefined) break;
    const { words, last } = e, first = words[last + 2], second = words[last + 3];
    if (number === op_eq_k && second === 0) {
      // It negates what is before it, perhaps.
      const { before } = e;
      e.retract();
      taken = !taken;
      if (first === a && before >= 0 && e.lastWriting(a) >= 0 && testForm(words[before]) !== undefined) continue;
      return plainBranch(s, taken, first, isBack);
    }
    if (number === op_ne_k && second === 0) {
      e.retract();
      return plainBranch(s, taken, first, isBack);
    }
    const back = taken ? test.takenBack : test.untakenBack;
    if (isBack && back < 0) break;
    const { before } = e;
    e.retract();
    const add = taken ? test.addTaken : test.addUntaken;
    if (isBack && add >= 0 && before >= 0 && words[before] === op_add_k && words[before + 1] === first) {
      const from = words[before + 2], by = words[before + 3];
      e.retract();
      e.emit(add, first, from, by);
      e.extend(second);
      e.extend(0);
      const at = e.last + 5;
      e.seal();
      return at;
    }
    e.emit(isBack ? back : taken ? test.taken : test.untaken, first, test.operands === 2 ? second : 0);
    const at = e.last + 1 + test.operands;
    e.seal();
    return at;
  }
  return plainBranch(s, taken, a, isBack);
}

function plainBranch(s: State, taken: boolean, register: number, isBack: boolean): number {
  const { e } = s, { words, last } = e;
  if (isBack && s.options.fuse && e.lastWriting(register) === op_add_k) {
    const from = words[last + 2], by = words[last + 3];
    e.retract();
    e.emit(taken ? op_add_ne_back : op_add_eq_back, register, from, by);
    e.extend(0);
    e.extend(0);
    const at = e.last + 5;
    e.seal();
    return at;
  }
  e.emit(taken ? (isBack ? op_nz_back : op_nz) : isBack ? op_z_back : op_z, register);
  const at = e.last + 2;
  e.seal();
  return at;
}

/** `br_if` and its like: branches to the label if the topmost operand is (not) zero. */
export function branchIf(s: State, taken: boolean, block: Block): void {
  const { e } = s;
  const arity = s.arity(block);
  const isReturn = block === s.blocks[0];
  const test = s.h - 1;
  if (!isReturn && arity.length === 0) {
    const at = branchOn(s, taken, block);
    return s.aim(block, at, e.at);
  }
  if (!isReturn) {
    // Where the values stand in place already, only the branch is needed.
    s.h--;
    const ready = s.isReady(block);
    s.h++;
    if (ready) {
      const at = branchOn(s, taken, block);
      return s.aim(block, at, e.at);
    }
  }
  s.read(test);
  const at = branchOn(s, !taken, undefined), from = e.at;
  const first = s.h - arity.length;
  const { kinds, values, aliases } = s.save(first);
  jump(s, block);
  s.restore(first, kinds, values, aliases);
  s.land([at, from]);
}

export function branchTable(s: State): void {
  const { e, r } = s;
  const labels = r.labels.slice();
  const arity = s.arity(s.label(labels[0])).length;
  if (s.kind[s.h - 1] === Kind.CONSTANT && s.options.constants) {
    const k = s.value[s.h - 1] >>> 0;
    s.pop();
    jump(s, s.label(labels[Math.min(k, labels.length - 1)]));
    return s.setDead();
  }
  const register = s.read(s.h - 1);
  s.pop();
  s.flushFrom(s.h - arity);
  e.emit(op("br_table"), register, labels.length - 1);
  const table = e.at;
  for (let i = 0; i < labels.length; i++) e.extend(0);
  e.seal();
  const stubs = new Map<number, number>();
  labels.forEach((depth, i) => {
    const block = s.label(depth);
    if (block !== s.blocks[0] && block.opcode !== w.LOOP && s.isReady(block)) {
      return s.aim(block, table + i, table);
    }
    let stub = stubs.get(depth);
    if (stub === undefined) {
      stubs.set(depth, stub = e.at);
      jump(s, block);
    }
    e.words[table + i] = stub - table;
  });
  s.setDead();
}

export function branchOnCast(s: State): void {
  const { e, r } = s, block = s.label(r.index);
  s.flushAll();
  e.emit(op("other br"), s.top, r.at);
  s.traps();
  const at = e.last + 3, from = e.at;
  e.seal();
  if (block !== s.blocks[0] && block.opcode !== w.LOOP && s.isReady(block)) return s.aim(block, at, from);
  e.emit(op_br);
  const over = e.last + 1, overFrom = e.at;
  s.land([at, from]);
  jump(s, block);
  s.land([over, overFrom]);
}

const op_mov32 = op("mov32"), op_mov32_br_back = op("mov32 br back");
const op_br = op("br"), op_br_back = op("br back");
const op_nz = op("br_nz"), op_nz_back = op("br_nz back"), op_z = op("br_z"), op_z_back = op("br_z back");
const op_return = op("return"),
  op_return32 = op("return32"),
  op_return64 = op("return64"),
  op_return_n = op("return_n");
const op_add_k = op("i32.add k"), op_eq_k = op("i32.eq k"), op_ne_k = op("i32.ne k");
const op_add_ne_back = op("add br i32.ne k back"), op_add_eq_back = op("add br i32.eq k back");
