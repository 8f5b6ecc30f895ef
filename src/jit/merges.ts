// Where branches meet: what the state is at a label, and the moves that bring an edge's state there. Also keeps states for the other arm of an `if`.
//
// The first edge to a label decides which names are in registers there (a loop's head: see control.ts); all others are in their slots. Constants stay
// what they are when nothing in the block assigns them, since then all edges agree; so does `clean`, when the slot was valid before the block.

import type { Label } from "../asm/buffer.ts";
import type { LocalUses } from "./local_uses.ts";
import { type Kind, type MacroAssembler, type Register } from "./macro_assembler.ts";
import { emitMoves, type MoveProgram, Moves } from "./moves.ts";
import { CONSTANT, DIRTY, isFloat, REGISTER, SLOT, type State } from "./state.ts";

/** Merges with more results than this pass them in slots. */
const MAX_REGISTER_RESULTS = 4;

/** An open block. */
export interface Control {
  opcode: number;
  /** Number of the block in the order of the bytes. */
  readonly block: number;
  /** Name of its first operand. */
  readonly base: number;
  readonly params: readonly Kind[];
  readonly results: readonly Kind[];
  /** What a branch to it carries. */
  readonly carried: readonly Kind[];
  /** Byte offsets of its first and last instruction. */
  readonly start: number;
  readonly end: number;
  label: Label;
  /** The state at the label, once there was an edge: triples (name, register, clean). */
  merge: Int32Array | undefined;
  /** Of an `if` with an `else`: where its false edge goes and the state there. */
  elseLabel: Label;
  elseState: SavedState | undefined;
}

/** Places of names that are not in their slots. */
export interface SavedState {
  readonly height: number;
  /** Quintuples: name, where, register or low half, high half, clean. */
  readonly places: Int32Array;
  readonly kinds: Uint8Array;
  readonly base: number;
}

/** Computes edges and states at labels. */
export class Merges {
  readonly moves: Moves;
  readonly #m: MacroAssembler;
  readonly #s: State;
  readonly #uses: LocalUses;
  /** By name: number of the edge that has dealt with it. */
  #stamp = new Int32Array(256);
  #edge = 0;
  /** By local: byte offset of the last instruction before the present one that set it, and of the next. */
  lastSet: Int32Array = new Int32Array(64);
  nextSet: Int32Array = new Int32Array(64);

  constructor(m: MacroAssembler, s: State, uses: LocalUses) {
    this.#m = m;
    this.#s = s;
    this.#uses = uses;
    this.moves = new Moves(m);
  }

  /** Starts a function. */
  begin(locals: number, names: number): void {
    if (this.#stamp.length < names) this.#stamp = new Int32Array(names * 2);
    if (this.lastSet.length < locals) {
      this.lastSet = new Int32Array(locals * 2);
      this.nextSet = new Int32Array(locals * 2);
    }
    this.lastSet.fill(-1, 0, locals);
    for (let i = 0; i < locals; i++) this.nextSet[i] = this.#uses.firstSet[i];
    this.moves.spareSlots = names;
  }

  /** Whether local `x` is set nowhere in a block that is open. */
  isUnassigned(x: number, c: Control): boolean {
    return this.lastSet[x] < c.start && this.nextSet[x] > c.end;
  }

  /** Whether a name that the block was entered with keeps its value throughout: outer operands do. */
  #isInvariant(name: number, c: Control): boolean {
    return name >= this.#s.locals ? name < c.base : this.isUnassigned(name, c);
  }

  #matters(name: number, c: Control): boolean {
    return name >= this.#s.locals ? name < c.base : this.#uses.isLive(c.block, name);
  }

  /** What `clean` may say of `name` at the block's label. */
  #cleanAt(name: number, c: Control): number {
    const clean = this.#s.clean[name];
    return clean !== DIRTY && clean < c.start && this.#isInvariant(name, c) ? clean : DIRTY;
  }

  /** The moves of a branch from the present state to `c`, whose state at the label is decided if it was not. */
  edge(c: Control): MoveProgram {
    const s = this.#s;
    c.merge ??= this.#decide(c);
    const merge = c.merge, moves = this.moves;
    const edge = ++this.#edge;
    const shift = s.height - c.carried.length - c.base;
    for (let i = 0; i < merge.length; i += 3) {
      const name = merge[i], r = merge[i + 1];
      this.#stamp[name] = edge;
      this.#toRegister(r, name >= c.base ? name + shift : name, s.kind[name >= c.base ? name + shift : name]);
      // The label promises a valid slot only where the edge has one: see #cleanAt.
    }
    for (const r of s.usedRegisters()) {
      for (let n = s.firstIn(r); n >= 0; n = s.nextIn(n)) {
        if (n >= c.base || this.#stamp[n] === edge || s.clean[n] !== DIRTY || !this.#matters(n, c)) continue;
        moves.store(s.kind[n], n, r);
      }
    }
    for (let n = s.firstConstant; n >= 0; n = s.nextIn(n)) {
      if (this.#stamp[n] === edge || s.clean[n] !== DIRTY) continue;
      if (this.isUnassigned(n, c) || !this.#matters(n, c)) continue;
      moves.storeConstant(s.kind[n], n, s.low[n], s.high[n]);
    }
    for (let i = 0; i < c.carried.length; i++) {
      const name = c.base + i;
      if (this.#stamp[name] !== edge) this.#toSlot(name, name + shift);
    }
    return moves.take();
  }

  #toRegister(r: Register, name: number, kind: Kind): void {
    const s = this.#s;
    if (s.where[name] === REGISTER) this.moves.move(kind, r, s.register[name]);
    else if (s.where[name] === CONSTANT) this.moves.constant(kind, r, s.low[name], s.high[name]);
    else this.moves.load(kind, r, name);
  }

  #toSlot(slot: number, name: number): void {
    const s = this.#s, kind = s.kind[name];
    if (s.where[name] === SLOT) this.moves.copy(kind, slot, name);
    else if (slot === name && s.clean[name] !== DIRTY) return;
    else if (s.where[name] === REGISTER) this.moves.store(kind, slot, s.register[name]);
    else this.moves.storeConstant(kind, slot, s.low[name], s.high[name]);
  }

  /** The first edge: names keep their registers; where several share one, all but one get another, or their slots. */
  #decide(c: Control): Int32Array {
    const s = this.#s;
    const entries: number[] = [];
    const homeless: number[] = [];
    const taken = new Set<Register>();
    const shift = s.height - c.carried.length - c.base;
    const first = c.base + shift;
    const inRegisters = c.carried.length <= MAX_REGISTER_RESULTS;
    for (const r of s.usedRegisters()) {
      for (let n = s.firstIn(r); n >= 0; n = s.nextIn(n)) {
        let name = n;
        if (n >= first) {
          if (!inRegisters) continue;
          name = n - shift;
        } else if (!this.#matters(n, c)) continue;
        if (taken.has(r)) homeless.push(name, s.kind[n], DIRTY);
        else {
          taken.add(r);
          entries.push(name, r, n >= first ? DIRTY : this.#cleanAt(n, c));
        }
      }
    }
    if (inRegisters) {
      for (let n = first; n < s.height; n++) if (s.where[n] !== REGISTER) homeless.push(n - shift, s.kind[n], DIRTY);
    }
    for (let n = s.firstConstant; n >= 0; n = s.nextIn(n)) {
      if (!this.isUnassigned(n, c) && this.#matters(n, c)) homeless.push(n, s.kind[n], DIRTY);
    }
    this.#house(entries, homeless, taken);
    for (let i = 0; i < entries.length; i += 3) {
      if (entries[i] < s.locals) s.setHome(entries[i], entries[i + 1]);
    }
    return Int32Array.from(entries);
  }

  /** Gives registers to names (name, kind, clean) as long as there are any but a few. */
  #house(entries: number[], homeless: readonly number[], taken: Set<Register>): void {
    const m = this.#m;
    const free = [m.intRegisters, m.floatRegisters].map((list) => list.filter((r) => !taken.has(r)));
    for (let i = 0; i < homeless.length; i += 3) {
      const list = free[isFloat(homeless[i + 1]) ? 1 : 0];
      // Results come out of the block to be used at once; other names must leave some registers for that.
      if (list.length > (homeless[i] >= this.#s.locals ? 0 : 3)) {
        entries.push(homeless[i], list.pop()!, homeless[i + 2]);
      }
    }
  }

  /** Makes the present state that at the label of `c`, which is bound here or is a loop's head. */
  enter(c: Control): void {
    const s = this.#s, merge = c.merge!;
    s.dropTo(c.base);
    s.forgetRegisters();
    for (let n = s.firstConstant; n >= 0;) {
      const next = s.nextIn(n);
      if (!this.isUnassigned(n, c)) {
        s.detach(n);
        if (s.clean[n] === DIRTY) s.clean[n] = s.at;
      }
      n = next;
    }
    for (const kind of c.carried) s.pushSlot(kind);
    for (let i = 0; i < merge.length; i += 3) {
      s.detach(merge[i]);
      s.attach(merge[i], merge[i + 1], merge[i + 2]);
      if (merge[i] < s.locals) s.setHome(merge[i], merge[i + 1]);
    }
  }

  /** The present state, for the arm of block `c` that begins at its `else`. */
  save(c: Control): SavedState {
    const s = this.#s;
    const places: number[] = [];
    for (const r of s.usedRegisters()) {
      for (let n = s.firstIn(r); n >= 0; n = s.nextIn(n)) {
        if (n >= s.locals || this.#uses.isLiveInElse(c.block, n)) places.push(n, REGISTER, r, 0, s.clean[n]);
      }
    }
    for (let n = s.firstConstant; n >= 0; n = s.nextIn(n)) places.push(n, CONSTANT, s.low[n], s.high[n], s.clean[n]);
    for (let n = c.base; n < s.height; n++) {
      if (s.where[n] === CONSTANT) places.push(n, CONSTANT, s.low[n], s.high[n], s.clean[n]);
    }
    return { height: s.height, places: Int32Array.from(places), kinds: s.kind.slice(c.base, s.height), base: c.base };
  }

  /** Makes the present state the saved one. Operands below the block are where they were, or in their slots. */
  restore(saved: SavedState): void {
    const s = this.#s, places = saved.places;
    s.dropTo(saved.base);
    s.forgetRegisters();
    for (let n = s.firstConstant; n >= 0;) {
      const next = s.nextIn(n);
      s.detach(n);
      if (s.clean[n] === DIRTY) s.clean[n] = s.at;
      n = next;
    }
    for (const kind of saved.kinds) s.pushSlot(kind);
    for (let i = 0; i < places.length; i += 5) {
      const name = places[i];
      s.detach(name);
      if (places[i + 1] === REGISTER) s.attach(name, places[i + 2], places[i + 4]);
      else s.attachConstant(name, places[i + 2], places[i + 3], places[i + 4]);
    }
  }

  emit(program: MoveProgram): void {
    emitMoves(this.#m, program);
  }
}
