// Constants, locals, globals and `select`: what mostly becomes an operand of other instructions.

import { op } from "./emitter.ts";
import { inlinedGet, inlinedSet } from "./inline.ts";
import { interpreted } from "./interpreted.ts";
import { Kind } from "./operands.ts";
import { NO_WIDTHS, type State } from "./state.ts";
import { Width } from "./widths.ts";

export function constant(s: State, lo: number, hi: number, width: Width): void {
  s.push(Kind.CONSTANT, lo, hi, width);
  if (!s.options.fold) s.flush(s.h - 1);
}

function localWord(s: State, index: number): number {
  const { localSlot } = s.facts;
  return 2 * (localSlot === undefined ? index : localSlot[index]);
}

export function localGet(s: State): void {
  const { index } = s.r;
  if (s.inlined !== undefined) return inlinedGet(s, s.inlined.first, index);
  s.push(Kind.LOCAL, localWord(s, index), 0, s.localWidths[index] as Width);
  if (!s.options.fold) s.flush(s.h - 1);
}

export function localSet(s: State, keeps: boolean): void {
  const { e, inlined } = s, { index } = s.r, i = s.h - 1;
  const local = inlined === undefined ? localWord(s, index) : s.place[inlined.first + index];
  const width = (inlined === undefined ? s.localWidths[index] : s.width[inlined.first + index]) as Width;
  let aliased = false;
  if (s.aliases > (s.kind[i] & 1)) {
    for (let k = 0; k < i; k++) {
      if ((s.kind[k] & 1) === 0 || s.value[k] !== local) continue;
      aliased = true;
      s.flush(k);
    }
  }
  const kind = s.kind[i];
  if (!aliased && kind === Kind.REGISTER && s.options.fuse && e.lastWriting(s.place[i]) >= 0) {
    e.words[e.last + 1] = local;
  } else if (kind === Kind.CONSTANT) s.constantTo(local, s.value[i], s.high[i], width);
  else if (kind === Kind.SUM) s.sumTo(local, s.value[i], s.high[i]);
  else if (s.value[i] !== local) s.move(local, s.value[i], width);
  s.pop();
  if (inlined !== undefined) inlinedSet(s, inlined.first, index);
  if (!keeps) return;
  s.push(Kind.LOCAL, local, 0, width);
  if (!s.options.fold) s.flush(s.h - 1);
}

export function select(s: State): void {
  const i = s.h - 3, width = s.width[i] as Width;
  const test = s.read(i + 2), second = s.read(i + 1), first = s.read(i);
  s.popMany(3);
  const number = width === Width.NARROW ? op("select32") : width === Width.FULL ? op("select64") : op("select128");
  s.e.emit(number, s.pushRegister(width), first, second);
  s.e.extend(test);
}

export function globalGet(s: State): void {
  const { index } = s.r, width = s.globals[index];
  if (width === Width.VECTOR) return interpreted(s, 0, [width]);
  s.e.emit(width === Width.NARROW ? op_get32 : op_get64, s.pushRegister(width), globalCell(s, index));
}

export function globalSet(s: State): void {
  const { index } = s.r, width = s.globals[index];
  if (width === Width.VECTOR) return interpreted(s, 1, NO_WIDTHS);
  const register = s.read(s.h - 1);
  s.pop();
  s.e.emit(width === Width.NARROW ? op_set32 : op_set64, globalCell(s, index), register);
}

/** Where an instance's cells have the place of a global. */
function globalCell(s: State, index: number): number {
  return 2 * s.m.funcs.length + index;
}

const op_get32 = op("global.get32"), op_get64 = op("global.get64");
const op_set32 = op("global.set32"), op_set64 = op("global.set64");
