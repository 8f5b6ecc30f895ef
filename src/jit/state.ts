// The abstract state of the one-pass compiler: where each local and each operand is while code is made. Takes what instructions do to locals and operands,
// emits the loads and spills that follow from it. What happens where branches meet is in merges.ts.
//
// A *name* is a local (0 …) or an operand (from `locals` on, bottom first); name n has the canonical slot n. Its value is in its slot, in a register (which several
// names may share), or a constant. A value in a register may be in its slot as well: `clean` holds the byte offset since when, or DIRTY. A local that is
// dead counts as being in its slot, and nobody looks.

import { BugError } from "../base/bug.ts";
import { NEVER } from "./local_uses.ts";
import { FIRST_FLOAT, Kind, type MacroAssembler, NO_REGISTER, type Register } from "./macro_assembler.ts";

/** Where a value is. */
export const SLOT = 0;
export const REGISTER = 1;
export const CONSTANT = 2;

/** In `clean`: the slot does not hold the value. */
export const DIRTY: number = NEVER;

const NONE = -1;
const REGISTERS = 64;
/** Head of the list of locals that are constants. */
const CONSTANTS = REGISTERS;
/** Locals that may be constants at once: every branch looks at all of them. */
const MAX_CONSTANTS = 256;

/** Whether values of this kind want float registers. */
export function isFloat(kind: Kind): boolean {
  return kind === Kind.F32 || kind === Kind.F64 || kind === Kind.V128;
}

/** State of all names of a function. */
export class State {
  /** How many names are locals, and how many there are in all. */
  locals = 0;
  height = 0;
  /** Byte offset of the instruction that is being compiled. */
  at = 0;

  // By name
  where: Uint8Array = new Uint8Array(256);
  register: Uint8Array = new Uint8Array(256);
  kind: Uint8Array = new Uint8Array(256);
  low: Int32Array = new Int32Array(256);
  high: Int32Array = new Int32Array(256);
  clean: Int32Array = new Int32Array(256);
  #next = new Int32Array(256);
  #previous = new Int32Array(256);
  /** By local: byte offset of its next use, for the choice of what to spill. */
  nextUse: Int32Array = new Int32Array(64);

  // By register
  readonly #head = new Int32Array(REGISTERS + 1);
  /** Place in the order in which temporaries take registers, from FIRST_FLOAT on for floats; and which register has it. Sets of registers are bits by rank. */
  readonly #rank = new Uint8Array(REGISTERS);
  readonly #ranked = new Uint8Array(REGISTERS);
  readonly #allInts: number;
  readonly #allFloats: number;
  /** Registers that have names. */
  #usedInts = 0;
  #usedFloats = 0;
  /** Registers that must keep what they hold until the present instruction is done. */
  #pinnedInts = 0;
  #pinnedFloats = 0;
  /** By register: which local a label ahead or the innermost loop expects there; taken for others only when nothing else is free. */
  readonly #homeOf = new Int32Array(REGISTERS);
  #homeInts = 0;
  #homeFloats = 0;
  home: Int8Array = new Int8Array(64);
  #constantCount = 0;

  constructor(readonly m: MacroAssembler) {
    this.#allInts = this.#order(m.intRegisters, 0);
    this.#allFloats = this.#order(m.floatRegisters, FIRST_FLOAT);
  }

  /** Gives ranks from `first` on; gives the set of all. */
  #order(registers: readonly Register[], first: number): number {
    registers.forEach((r, i) => {
      this.#rank[r] = first + i;
      this.#ranked[first + i] = r;
    });
    return 2 ** registers.length - 1;
  }

  /** Starts a function with no operands; every local is in its slot. */
  begin(kinds: readonly Kind[], maxOperands: number): void {
    const names = kinds.length + maxOperands + 1;
    if (this.where.length < names) {
      this.where = new Uint8Array(names * 2);
      this.register = new Uint8Array(names * 2);
      this.kind = new Uint8Array(names * 2);
      this.low = new Int32Array(names * 2);
      this.high = new Int32Array(names * 2);
      this.clean = new Int32Array(names * 2);
      this.#next = new Int32Array(names * 2);
      this.#previous = new Int32Array(names * 2);
    }
    if (this.nextUse.length < kinds.length) {
      this.nextUse = new Int32Array(kinds.length * 2);
      this.home = new Int8Array(kinds.length * 2);
    }
    this.locals = this.height = kinds.length;
    this.at = 0;
    // Loops: most functions have few locals, and fill() takes longer to begin.
    for (let i = 0; i < kinds.length; i++) {
      this.where[i] = SLOT;
      this.clean[i] = 0;
      this.home[i] = NONE;
      this.kind[i] = kinds[i];
    }
    for (let r = 0; r <= REGISTERS; r++) this.#head[r] = NONE;
    for (let r = 0; r < REGISTERS; r++) this.#homeOf[r] = NONE;
    this.#constantCount = 0;
    this.#usedInts = this.#usedFloats = 0;
    this.#pinnedInts = this.#pinnedFloats = 0;
    this.#homeInts = this.#homeFloats = 0;
  }

  // Names and registers

  #link(list: number, name: number): void {
    const head = this.#head[list];
    this.#next[name] = head;
    this.#previous[name] = NONE;
    if (head !== NONE) this.#previous[head] = name;
    this.#head[list] = name;
  }
  #unlink(list: number, name: number): void {
    const next = this.#next[name], previous = this.#previous[name];
    if (previous === NONE) this.#head[list] = next;
    else this.#next[previous] = next;
    if (next !== NONE) this.#previous[next] = previous;
  }

  /** Says that `name`, which has no place, is in register `r`; `clean` as in {@link State}. */
  attach(name: number, r: Register, clean: number): void {
    this.where[name] = REGISTER;
    this.register[name] = r;
    this.clean[name] = clean;
    this.#link(r, name);
    if (r >= FIRST_FLOAT) this.#usedFloats |= 1 << this.#rank[r];
    else this.#usedInts |= 1 << this.#rank[r];
  }

  /** Says that a name without place is a constant. */
  attachConstant(name: number, low: number, high: number, clean = DIRTY): void {
    this.where[name] = CONSTANT;
    this.low[name] = low;
    this.high[name] = high;
    this.clean[name] = clean;
    if (name < this.locals) {
      this.#link(CONSTANTS, name);
      this.#constantCount++;
    }
  }

  /** Takes its place from a name: it counts as in its slot then. */
  detach(name: number): void {
    const where = this.where[name];
    if (where === REGISTER) this.#detachFrom(this.register[name], name);
    else if (where === CONSTANT && name < this.locals) {
      this.#unlink(CONSTANTS, name);
      this.#constantCount--;
    }
    this.where[name] = SLOT;
  }

  #detachFrom(r: Register, name: number): void {
    this.#unlink(r, name);
    if (this.#head[r] !== NONE) return;
    if (r >= FIRST_FLOAT) this.#usedFloats &= ~(1 << this.#rank[r]);
    else this.#usedInts &= ~(1 << this.#rank[r]);
  }

  /** The first name in `r` and, given one, the following; negative when there is none. */
  firstIn(r: Register): number {
    return this.#head[r];
  }
  nextIn(name: number): number {
    return this.#next[name];
  }
  /** The first of the locals that are constants; the others by `nextIn`. */
  get firstConstant(): number {
    return this.#head[CONSTANTS];
  }
  /** Whether one more local may become a constant. */
  takesConstant(): boolean {
    return this.#constantCount < MAX_CONSTANTS;
  }
  isFree(r: Register): boolean {
    return this.#head[r] === NONE;
  }

  /** Keeps `r` from being taken until the next instruction. */
  pin(r: Register): void {
    if (r >= FIRST_FLOAT) this.#pinnedFloats |= 1 << this.#rank[r];
    else this.#pinnedInts |= 1 << this.#rank[r];
  }
  unpinAll(): void {
    this.#pinnedInts = this.#pinnedFloats = 0;
  }

  /** Lets local `x` prefer register `r` when it is set next. */
  setHome(x: number, r: Register): void {
    if (this.home[x] === r && this.#homeOf[r] === x) return;
    this.dropHome(x);
    this.home[x] = r;
    this.#homeOf[r] = x;
    if (r >= FIRST_FLOAT) this.#homeFloats |= 1 << this.#rank[r];
    else this.#homeInts |= 1 << this.#rank[r];
  }
  /** Lets local `x` have no preference any more. */
  dropHome(x: number): void {
    const r = this.home[x];
    if (r < 0) return;
    this.home[x] = NONE;
    if (this.#homeOf[r] === x) this.#vacateHome(r);
  }
  /** The same, and no local prefers register `r`. */
  clearHome(x: number, r: Register): void {
    this.dropHome(x);
    this.#vacateHome(r);
  }
  #vacateHome(r: Register): void {
    this.#homeOf[r] = NONE;
    if (r >= FIRST_FLOAT) this.#homeFloats &= ~(1 << this.#rank[r]);
    else this.#homeInts &= ~(1 << this.#rank[r]);
  }

  // Taking registers

  /** A register for a value of this kind that holds nothing any more; something is spilled when none is free. */
  take(kind: Kind): Register {
    return isFloat(kind) ? this.#takeFloat(~this.#pinnedFloats) : this.#takeInt(~this.#pinnedInts);
  }
  /** The same for the result of an instruction whose operands have been read: those may be overwritten. `x`: the local it will become, or negative. */
  takeResult(kind: Kind, x: number): Register {
    if (x >= 0) {
      const r = this.home[x];
      if (r >= 0 && this.isFree(r)) return r;
    }
    return isFloat(kind) ? this.#takeFloat(-1) : this.#takeInt(-1);
  }

  #takeInt(allowed: number): Register {
    const free = this.#allInts & ~this.#usedInts & allowed;
    if (free === 0) return this.#evict(this.#allInts & allowed & ~this.#pinnedInts, 0);
    const homeless = free & ~this.#homeInts;
    return this.#ranked[lowest(homeless !== 0 ? homeless : free)];
  }
  #takeFloat(allowed: number): Register {
    const free = this.#allFloats & ~this.#usedFloats & allowed;
    if (free === 0) return this.#evict(this.#allFloats & allowed & ~this.#pinnedFloats, FIRST_FLOAT);
    const homeless = free & ~this.#homeFloats;
    return this.#ranked[FIRST_FLOAT + lowest(homeless !== 0 ? homeless : free)];
  }

  /** Of a set of registers with ranks from `first` on, spills the one whose names are needed last, and gives it. */
  #evict(set: number, first: number): Register {
    let best = NONE;
    let bestScore = -1;
    for (; set !== 0; set &= set - 1) {
      const r = this.#ranked[first + lowest(set)];
      const score = this.#distance(r);
      if (score > bestScore) {
        best = r;
        bestScore = score;
      }
    }
    if (best === NONE) throw new BugError("all registers are pinned");
    this.spill(best);
    return best;
  }

  /** Bytes of code until the names of `r` are used again; a rough guess for operands, of which the top ones are used first. */
  #distance(r: Register): number {
    let least = NEVER;
    for (let n = this.#head[r]; n !== NONE; n = this.#next[n]) {
      const distance = n >= this.locals
        ? 2 * (this.height - n)
        : this.nextUse[n] - this.at + (this.clean[n] === DIRTY ? 0 : 8);
      if (distance < least) least = distance;
    }
    return least;
  }

  /** Moves all names of `r` to their slots. */
  spill(r: Register): void {
    for (let n = this.#head[r]; n !== NONE; n = this.#head[r]) {
      this.store(n);
      this.detach(n);
    }
  }

  /** Makes the slot of a name in a register or constant hold its value, too. */
  store(name: number): void {
    if (this.clean[name] !== DIRTY || this.where[name] === SLOT) return;
    if (this.where[name] === REGISTER) this.m.storeSlot(this.kind[name], name, this.register[name]);
    else this.m.storeSlotConstant(this.kind[name], name, this.low[name], this.high[name]);
    this.clean[name] = this.at;
  }

  /** Takes all names from register `r`, to a free register where there is one; its contents stay. */
  vacate(r: Register): void {
    if (this.isFree(r)) return;
    const kind = this.kind[this.#head[r]];
    const free = isFloat(kind)
      ? this.#allFloats & ~this.#usedFloats & ~this.#pinnedFloats
      : this.#allInts & ~this.#usedInts & ~this.#pinnedInts;
    if (free === 0) return this.spill(r);
    const to = this.take(kind);
    let wide = kind;
    for (let n = this.#head[r]; n !== NONE; n = this.#next[n]) if (this.kind[n] === Kind.I64) wide = Kind.I64;
    this.m.move(wide, to, r);
    for (let n = this.#head[r]; n !== NONE; n = this.#head[r]) {
      const clean = this.clean[n];
      this.detach(n);
      this.attach(n, to, clean);
    }
  }

  // Operands

  /** Pushes a value that is in register `r`. */
  push(kind: Kind, r: Register): void {
    const n = this.height++;
    this.kind[n] = kind;
    this.attach(n, r, DIRTY);
  }
  pushConstant(kind: Kind, low: number, high: number): void {
    const n = this.height++;
    this.kind[n] = kind;
    this.attachConstant(n, low, high);
  }
  /** Pushes a value that is in the operand's slot. */
  pushSlot(kind: Kind): void {
    const n = this.height++;
    this.kind[n] = kind;
    this.where[n] = SLOT;
    this.clean[n] = this.at;
  }

  /** Drops the topmost operand. */
  drop(): void {
    const n = --this.height;
    if (this.where[n] === REGISTER) this.#detachFrom(this.register[n], n);
    this.where[n] = SLOT;
  }
  dropTo(height: number): void {
    while (this.height > height) this.drop();
  }

  /** The kind of the operand `depth` below the top. */
  kindAt(depth: number): Kind {
    return this.kind[this.height - 1 - depth];
  }
  /** Whether the operand `depth` below the top is a constant. */
  isConstant(depth: number): boolean {
    return this.where[this.height - 1 - depth] === CONSTANT;
  }
  lowAt(depth: number): number {
    return this.low[this.height - 1 - depth];
  }
  highAt(depth: number): number {
    return this.high[this.height - 1 - depth];
  }
  /** Whether the top is an i64 constant that a sign-extended 32-bit immediate can hold. */
  isShortConstant(): boolean {
    const n = this.height - 1;
    return this.where[n] === CONSTANT && this.high[n] === this.low[n] >> 31;
  }

  /** Pops the top into a register, which is pinned. It may have other names still: `isFree` tells whether it may be overwritten. */
  pop(): Register {
    const n = --this.height;
    let r: Register;
    const where = this.where[n];
    if (where === REGISTER) {
      r = this.register[n];
      this.#detachFrom(r, n);
      this.where[n] = SLOT;
    } else {
      const kind = this.kind[n];
      r = this.take(kind);
      if (where === CONSTANT) this.m.constant(kind, r, this.low[n], this.high[n]);
      else this.m.loadSlot(kind, r, n);
      this.where[n] = SLOT;
    }
    this.pin(r);
    return r;
  }

  /** Pops the top into register `r` exactly, which is pinned and has no other name afterwards. */
  popTo(r: Register): void {
    const n = this.height - 1;
    const kind = this.kind[n];
    if (this.where[n] === REGISTER && this.register[n] === r) {
      this.height--;
      this.detach(n);
      this.pin(r);
      if (!this.isFree(r)) {
        // The other names keep the value: they go elsewhere, and the copy here is the operand's.
        this.vacate(r);
      }
      return;
    }
    this.pin(r);
    this.vacate(r);
    this.height--;
    const where = this.where[n];
    if (where === REGISTER) this.m.move(kind, r, this.register[n]);
    else if (where === CONSTANT) this.m.constant(kind, r, this.low[n], this.high[n]);
    else this.m.loadSlot(kind, r, n);
    this.detach(n);
  }

  /** The registers that have names, one after another: the one behind `r`, or the first for NO_REGISTER; NO_REGISTER behind the last. */
  nextUsed(r: Register): Register {
    const rank = r === NO_REGISTER ? 0 : this.#rank[r] + 1;
    if (rank < FIRST_FLOAT) {
      const ints = this.#usedInts & -1 << rank;
      if (ints !== 0) return this.#ranked[lowest(ints)];
    }
    const floats = rank < FIRST_FLOAT ? this.#usedFloats : this.#usedFloats & -1 << rank;
    return floats === 0 ? NO_REGISTER : this.#ranked[FIRST_FLOAT + lowest(floats)];
  }
  /** The same as a list. */
  usedRegisters(): Register[] {
    const used: Register[] = [];
    for (let r = this.nextUsed(NO_REGISTER); r >= 0; r = this.nextUsed(r)) used.push(r);
    return used;
  }

  /** All names that are in registers count as in their slots. */
  forgetRegisters(): void {
    for (let r = this.nextUsed(NO_REGISTER); r >= 0; r = this.nextUsed(r)) {
      for (let n = this.#head[r]; n !== NONE; n = this.#next[n]) {
        this.where[n] = SLOT;
        if (this.clean[n] === DIRTY) this.clean[n] = this.at;
      }
      this.#head[r] = NONE;
    }
    this.#usedInts = this.#usedFloats = 0;
  }
}

/** The lowest bit of a set that is not empty. */
function lowest(set: number): number {
  return 31 - Math.clz32(set & -set);
}
