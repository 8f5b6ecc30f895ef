// Where branches meet: what the state is at a label, and the moves that bring an edge's state there. Also keeps states for the other arm of an `if`.
//
// The first edge to a label decides which names are in registers there (a loop's head: see control.ts); all others are in their slots. Constants stay
// what they are when nothing in the block assigns them, since then all edges agree; so does `clean`, when the slot was valid before the block.

import type { Label } from "../asm/buffer.ts";
import type { LocalUses } from "./local_uses.ts";
import { type Kind, type MacroAssembler, NO_REGISTER, type Register } from "./macro_assembler.ts";
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
  merge: readonly number[] | undefined;
  /** Of an `if` with an `else`: where its false edge goes and the state there. */
  elseLabel: Label;
  elseState: SavedState | undefined;
  /** Whether its second arm is seldom run. */
  elseIsCold: boolean;
}

/** Places of names that are not in their slots. */
export interface SavedState {
  readonly height: number;
  /** Quintuples: name, where, register or low half, high half, clean. */
  readonly places: readonly number[];
  readonly kinds: readonly Kind[];
  readonly base: number;
}

/** Computes edges and states at labels. */
export class Merges {
  readonly moves: Moves;
  readonly #m: MacroAssembler;
  readonly #s: State;
  readonly #uses: LocalUses;
  /** By name: number of the edge that has dealt with it; by register: number of the label that has given it to a name. */
  #stamp = new Int32Array(256);
  #edge = 0;
  readonly #taken = new Int32Array(64);
  #label = 0;
  /** Space for lists while they are made: of what is where; of names (name, kind) that want a register. */
  readonly #places: number[] = [];
  #placesEnd = 0;
  readonly #homeless: number[] = [];
  #homelessEnd = 0;
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
    this.moves.begin(names);
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
    this.#collect(c);
    return this.moves.take();
  }

  /** Emits the same moves. */
  emitEdge(c: Control): void {
    this.#collect(c);
    this.moves.emit();
  }

  #collect(c: Control): void {
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
    for (let r = s.nextUsed(NO_REGISTER); r >= 0; r = s.nextUsed(r)) {
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

  // The making of a state at a label

  /** Begins a list of places. */
  beginPlaces(): void {
    this.#label++;
    this.#placesEnd = 0;
  }
  /** Says that `name` is in register `r` at the label; `clean` as in {@link State}. */
  addPlace(name: number, r: Register, clean: number): void {
    const places = this.#places, at = this.#placesEnd;
    places[at] = name;
    places[at + 1] = r;
    places[at + 2] = clean;
    this.#placesEnd = at + 3;
    this.#taken[r] = this.#label;
  }
  /** Whether a place is in `r`. */
  isTaken(r: Register): boolean {
    return this.#taken[r] === this.#label;
  }
  /** The last of the registers that is not taken; NO_REGISTER if there is none. */
  lastFree(registers: readonly Register[]): Register {
    let i = registers.length - 1;
    while (i >= 0 && this.isTaken(registers[i])) i--;
    return i < 0 ? NO_REGISTER : registers[i];
  }
  /** The list of places. */
  places(): readonly number[] {
    return this.#places.slice(0, this.#placesEnd);
  }

  #addHomeless(name: number, kind: Kind): void {
    this.#homeless[this.#homelessEnd++] = name;
    this.#homeless[this.#homelessEnd++] = kind;
  }

  /** The first edge: names keep their registers; where several share one, all but one get another, or their slots. */
  #decide(c: Control): readonly number[] {
    const s = this.#s;
    const shift = s.height - c.carried.length - c.base;
    const first = c.base + shift;
    const inRegisters = c.carried.length <= MAX_REGISTER_RESULTS;
    this.beginPlaces();
    this.#homelessEnd = 0;
    for (let r = s.nextUsed(NO_REGISTER); r >= 0; r = s.nextUsed(r)) {
      for (let n = s.firstIn(r); n >= 0; n = s.nextIn(n)) {
        let name = n;
        if (n >= first) {
          if (!inRegisters) continue;
          name = n - shift;
        } else if (!this.#matters(n, c)) continue;
        if (this.isTaken(r)) this.#addHomeless(name, s.kind[n]);
        else this.addPlace(name, r, n >= first ? DIRTY : this.#cleanAt(n, c));
      }
    }
    if (inRegisters) {
      for (let n = first; n < s.height; n++) if (s.where[n] !== REGISTER) this.#addHomeless(n - shift, s.kind[n]);
    }
    for (let n = s.firstConstant; n >= 0; n = s.nextIn(n)) {
      if (!this.isUnassigned(n, c) && this.#matters(n, c)) this.#addHomeless(n, s.kind[n]);
    }
    if (this.#homelessEnd > 0) this.#house();
    const places = this.places();
    for (let i = 0; i < places.length; i += 3) if (places[i] < s.locals) s.setHome(places[i], places[i + 1]);
    return places;
  }

  /** Gives registers to homeless names as long as there are any but a few. */
  #house(): void {
    const homeless = this.#homeless, { intRegisters, floatRegisters } = this.#m;
    let ints = this.#countFree(intRegisters), floats = this.#countFree(floatRegisters);
    for (let i = 0; i < this.#homelessEnd; i += 2) {
      const name = homeless[i], float = isFloat(homeless[i + 1]);
      // Results come out of the block to be used at once; other names must leave some registers for that.
      if ((float ? floats : ints) <= (name >= this.#s.locals ? 0 : 3)) continue;
      this.addPlace(name, this.lastFree(float ? floatRegisters : intRegisters), DIRTY);
      if (float) floats--;
      else ints--;
    }
  }

  #countFree(registers: readonly Register[]): number {
    let count = 0;
    for (let i = 0; i < registers.length; i++) if (!this.isTaken(registers[i])) count++;
    return count;
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
    }
  }

  /** The present state, for the arm of block `c` that begins at its `else`. */
  save(c: Control): SavedState {
    const s = this.#s;
    this.#placesEnd = 0;
    for (let r = s.nextUsed(NO_REGISTER); r >= 0; r = s.nextUsed(r)) {
      for (let n = s.firstIn(r); n >= 0; n = s.nextIn(n)) {
        if (n >= s.locals || this.#uses.isLiveInElse(c.block, n)) this.#savePlace(n, REGISTER, r, 0);
      }
    }
    for (let n = s.firstConstant; n >= 0; n = s.nextIn(n)) this.#savePlace(n, CONSTANT, s.low[n], s.high[n]);
    for (let n = c.base; n < s.height; n++) {
      if (s.where[n] === CONSTANT) this.#savePlace(n, CONSTANT, s.low[n], s.high[n]);
    }
    const kinds: Kind[] = [];
    for (let n = c.base; n < s.height; n++) kinds.push(s.kind[n]);
    return { height: s.height, places: this.#places.slice(0, this.#placesEnd), kinds, base: c.base };
  }

  #savePlace(name: number, where: number, a: number, b: number): void {
    const places = this.#places, at = this.#placesEnd;
    places[at] = name;
    places[at + 1] = where;
    places[at + 2] = a;
    places[at + 3] = b;
    places[at + 4] = this.#s.clean[name];
    this.#placesEnd = at + 5;
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
