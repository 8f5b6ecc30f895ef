// Where frames can change the tier: entries into loops for frames that the interpreter has begun, and what is where at calls and checks, for frames that it
// is to go on with. The former belong to the code when they are asked for; the latter are found by compiling once more, which costs nothing until it is needed.

import { type Safepoint, ValuePlace } from "../asm/code.ts";
import type { BodyFacts } from "../validate/side_table.ts";
import { CATCH } from "../wasm/opcodes.ts";
import type { Context } from "./context.ts";
import { Kind, type Register } from "./macro_assembler.ts";
import { CONSTANT, DIRTY, REGISTER, SLOT } from "./state.ts";

/** 32-bit words of a value. */
function wordsOf(kind: Kind): number {
  if (kind === Kind.V128) return 4;
  return kind === Kind.I64 || kind === Kind.F64 ? 2 : 1;
}

/** The slot of each name below `height` in a frame of the interpreter, and how many such slots there are. */
function interpreterSlots(c: Context, facts: BodyFacts, height: number): { slots: Int32Array; count: number } {
  const { s } = c;
  // Machine code keeps caught exceptions among the operands, the interpreter behind the locals.
  const kept = new Map<number, number>();
  for (let i = 0, open = 0; i < c.controls.length; i++) {
    const { opcode, base } = c.controls[i];
    if (!c.isLegacyTry(i)) continue;
    const { handler, clause } = c.tries[open++];
    if (opcode === CATCH) kept.set(base, handler.catches[clause - 1].slot);
  }
  const slots = new Int32Array(height);
  let next = facts.localSlots;
  for (let n = 0; n < height; n++) {
    if (n < s.locals) slots[n] = facts.localSlot?.[n] ?? n;
    else {
      slots[n] = kept.get(n) ?? next;
      if (!kept.has(n)) next += s.kind[n] === Kind.V128 ? 2 : 1;
    }
  }
  return { slots, count: next };
}

/** Where all values are at present, for a frame that goes on at `source`; `offset` is the safepoint's. */
export function describeSafepoint(c: Context, facts: BodyFacts, source: number): Omit<Safepoint, "offset"> {
  const { s, m } = c;
  const { slots, count } = interpreterSlots(c, facts, s.height);
  const values: number[] = [];
  for (let n = 0; n < s.height; n++) {
    const kind = s.kind[n], words = wordsOf(kind);
    if (s.where[n] === SLOT) {
      // A local that was taken out of its register for the last time left its slot as it was.
      const stale = n < s.locals && s.clean[n] === DIRTY;
      values.push(slots[n], ValuePlace.FRAME, m.slotDisplacement(n), stale ? 1 : 0, words);
    } else if (s.where[n] === REGISTER) values.push(slots[n], ValuePlace.SAVED, m.savedAt(s.register[n]), 0, words);
    else if (kind === Kind.V128) {
      const lanes = m.vectorWords(s.low[n]);
      values.push(slots[n], ValuePlace.CONSTANT, lanes[0], lanes[1], 2);
      values.push(slots[n] + 1, ValuePlace.CONSTANT, lanes[2], lanes[3], 2);
    } else values.push(slots[n], ValuePlace.CONSTANT, s.low[n], s.high[n], words);
  }
  return { source, height: count, values: Int32Array.from(values) };
}

/** Ints of descriptions that are made of a function at once: where locals and calls are many, all of them would take gigabytes. */
const MAX_INTS = 4_000_000;

/** Which safepoints of a function are described while it is compiled, by their numbers in the order in which the compiler meets them. */
export class SafepointList {
  readonly list: Safepoint[] = [];
  /** The number of the safepoint at the offset that is looked for; -1 if there is none. */
  found = -1;
  #count = 0;
  #ints = 0;

  /** All, as far as there is room; only number `only`; or none, to look for the one at an offset. */
  constructor(readonly which: { readonly only?: number; readonly offset?: number } = {}, readonly maxInts = MAX_INTS) {}

  /** Whether all were described. */
  get isComplete(): boolean {
    return this.list.length === this.#count;
  }

  /** Tells where each stands in code that was moved after it was written. */
  move(moved: (offset: number) => number): void {
    for (const [i, point] of this.list.entries()) this.list[i] = { ...point, offset: moved(point.offset) };
    this.list.sort((a, b) => a.offset - b.offset);
  }

  /** Takes note of a safepoint; gives what is to be called with its offset. */
  next(describe: () => Omit<Safepoint, "offset">): (offset: number) => void {
    const number = this.#count++, { only, offset: wanted } = this.which;
    const isWanted = wanted === undefined && (only === undefined ? this.#ints < this.maxInts : only === number);
    const here = isWanted ? describe() : undefined;
    if (here !== undefined) this.#ints += here.values.length;
    return (offset) => {
      if (here !== undefined) this.list.push({ offset, ...here });
      if (offset === wanted) this.found = number;
    };
  }
}

/** A way into a loop, emitted behind the function: what the head has in registers is loaded, the rest is where it belongs. */
export interface LoopPad {
  readonly source: number;
  /** Triples as in a LoopEntry. */
  readonly moves: Int32Array;
  /** Triples: kind, register, slot. */
  readonly loads: readonly number[];
  readonly target: number;
}

/** The pad of the loop whose head is done now; its target, a label, is to be bound here. */
export function loopPad(c: Context, facts: BodyFacts): LoopPad {
  const { s, m } = c;
  const { slots } = interpreterSlots(c, facts, s.height);
  const moves: number[] = [], loads: (Kind | Register)[] = [];
  for (let n = 0; n < s.height; n++) {
    // Constants are what they are in every tier.
    if (s.where[n] === CONSTANT) continue;
    const kind = s.kind[n];
    moves.push(slots[n], m.slotDisplacement(n), wordsOf(kind));
    if (s.where[n] === REGISTER) loads.push(kind, s.register[n], n);
  }
  return { source: c.r.pos, moves: Int32Array.from(moves), loads, target: m.newLabel() };
}
