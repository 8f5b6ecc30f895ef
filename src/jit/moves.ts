// Moves that happen at once: at the edges of control flow, before calls, at returns. Takes what has to go where, orders it so that nothing is overwritten before
// it was read, and gives a short program that is emitted at once or later, out of line.
//
// The order: slots first (they read registers and other slots), then registers among each other, then constants and loads into registers. A load reads a
// slot after slots were written, so a written slot that is still to be read is saved to a spare slot before all else.

import { FIRST_FLOAT, INCOMING, Kind, type MacroAssembler, type Register, type Slot } from "./macro_assembler.ts";

const Step = { MOVE: 0, CONSTANT: 1, LOAD: 2, STORE: 3, STORE_CONSTANT: 4, COPY: 5 } as const;
const STEP_INTS = 5;
const NONE = -1;

/** An ordered sequence of moves: step, kind, destination, source or low half, high half. */
export type MoveProgram = readonly number[];
const EMPTY: MoveProgram = [];

/** A list of steps whose space is kept when it is emptied. */
class Steps {
  readonly items: number[] = [];
  length = 0;

  add(step: number, kind: Kind, destination: number, a: number, b: number): void {
    const items = this.items, at = this.length;
    items[at] = step;
    items[at + 1] = kind;
    items[at + 2] = destination;
    items[at + 3] = a;
    items[at + 4] = b;
    this.length = at + STEP_INTS;
  }

  /** Moves all steps of `other` to the end of this list. */
  takeAll(other: Steps): void {
    const { items, length: at } = this, { items: from, length } = other;
    for (let i = 0; i < length; i++) items[at + i] = from[i];
    this.length = at + length;
    other.length = 0;
  }
}

/** Collects moves that are to happen at once. */
export class Moves {
  readonly #m: MacroAssembler;
  /** First of the slots that may be used between the steps of a program. */
  #spareSlots = 0;
  /** By canonical slot: in which of the programs whose slots were looked at it is written. */
  #writtenIn = new Int32Array(256);
  #saves = 0;
  // By destination register: its source and kind.
  readonly #source = new Int8Array(64).fill(NONE);
  readonly #kind = new Uint8Array(64);
  /** By register: how many moves read it. */
  readonly #readers = new Int32Array(64);
  readonly #targets = new Uint8Array(64);
  #targetCount = 0;
  readonly #ready = new Uint8Array(64);
  readonly #constants = new Steps();
  readonly #loads = new Steps();
  readonly #stores = new Steps();
  readonly #copies = new Steps();
  readonly #program = new Steps();

  constructor(m: MacroAssembler) {
    this.#m = m;
  }

  /** Starts a function with so many canonical slots. */
  begin(slots: number): void {
    this.#spareSlots = slots;
    if (this.#writtenIn.length < slots) this.#writtenIn = new Int32Array(slots * 2);
  }

  move(kind: Kind, dst: Register, src: Register): void {
    if (dst === src) return;
    this.#source[dst] = src;
    this.#kind[dst] = kind;
    this.#readers[src]++;
    this.#targets[this.#targetCount++] = dst;
  }
  constant(kind: Kind, dst: Register, low: number, high: number): void {
    this.#constants.add(Step.CONSTANT, kind, dst, low, high);
  }
  load(kind: Kind, dst: Register, slot: Slot): void {
    this.#loads.add(Step.LOAD, kind, dst, slot, 0);
  }
  store(kind: Kind, slot: Slot, src: Register): void {
    this.#stores.add(Step.STORE, kind, slot, src, 0);
  }
  storeConstant(kind: Kind, slot: Slot, low: number, high: number): void {
    this.#stores.add(Step.STORE_CONSTANT, kind, slot, low, high);
  }
  copy(kind: Kind, dst: Slot, src: Slot): void {
    if (dst !== src) this.#copies.add(Step.COPY, kind, dst, src, 0);
  }

  /** The collected moves in order; the collection is empty again. */
  take(): MoveProgram {
    const program = this.#program;
    if (this.#savesSlots()) this.#saveSlots();
    program.takeAll(this.#stores);
    program.takeAll(this.#copies);
    if (this.#targetCount > 0) this.#orderRegisters();
    program.takeAll(this.#constants);
    program.takeAll(this.#loads);
    const { items, length } = program;
    program.length = 0;
    return length === 0 ? EMPTY : items.slice(0, length);
  }

  /** Emits the collected moves in the same order; the collection is empty again. */
  emit(): void {
    if (this.#savesSlots()) {
      this.#saveSlots();
      this.#emitAll(this.#program);
    }
    this.#emitAll(this.#stores);
    this.#emitAll(this.#copies);
    if (this.#targetCount > 0) {
      this.#orderRegisters();
      this.#emitAll(this.#program);
    }
    this.#emitAll(this.#constants);
    this.#emitAll(this.#loads);
  }

  #emitAll(steps: Steps): void {
    emitSteps(this.#m, steps.items, steps.length);
    steps.length = 0;
  }

  #savesSlots(): boolean {
    return this.#copies.length > 0 || (this.#loads.length > 0 && this.#stores.length > 0);
  }

  /** Copies slots that are written before they are read to spare ones, and lets the readers read those. */
  #saveSlots(): void {
    this.#saves++;
    this.#markWritten(this.#stores);
    this.#markWritten(this.#copies);
    this.#saveSlotsOf(this.#loads, this.#saveSlotsOf(this.#copies, this.#spareSlots));
  }

  #markWritten(steps: Steps): void {
    for (let i = 2; i < steps.length; i += STEP_INTS) {
      // Only canonical slots are read.
      if (steps.items[i] < INCOMING) this.#writtenIn[steps.items[i]] = this.#saves;
    }
  }

  /** Gives the first of the spare slots that are left. */
  #saveSlotsOf(readers: Steps, spare: Slot): Slot {
    const items = readers.items;
    for (let i = 0; i < readers.length; i += STEP_INTS) {
      if (this.#writtenIn[items[i + 3]] !== this.#saves) continue;
      this.#program.add(Step.COPY, items[i + 1], spare, items[i + 3], 0);
      items[i + 3] = spare++;
    }
    return spare;
  }

  /** A register is written once nobody reads it any more; what remains are cycles, opened by the scratch register. */
  #orderRegisters(): void {
    const source = this.#source, readers = this.#readers, targets = this.#targets, count = this.#targetCount;
    let ready = 0;
    for (let i = 0; i < count; i++) if (readers[targets[i]] === 0) this.#ready[ready++] = targets[i];
    this.#drain(ready);
    for (let i = 0; i < count; i++) {
      const first = targets[i];
      if (source[first] === NONE) continue;
      // Save what `first` holds; whoever wanted it reads the scratch register.
      const isFloat = first >= FIRST_FLOAT;
      const scratch = isFloat ? this.#m.scratchFloat : this.#m.scratchInt;
      let reader = i;
      while (source[targets[reader]] !== first) reader++;
      this.#program.add(Step.MOVE, isFloat ? Kind.F64 : Kind.I64, scratch, first, 0);
      source[targets[reader]] = scratch;
      readers[scratch]++;
      readers[first]--;
      this.#ready[0] = first;
      this.#drain(1);
    }
    for (let i = 0; i < count; i++) readers[targets[i]] = 0;
    readers[this.#m.scratchInt] = readers[this.#m.scratchFloat] = 0;
    this.#targetCount = 0;
  }

  /** Emits the moves to `count` registers that nobody reads, and to those that this makes such. */
  #drain(count: number): void {
    const source = this.#source, readers = this.#readers, ready = this.#ready;
    while (count > 0) {
      const dst = ready[--count], src = source[dst];
      this.#program.add(Step.MOVE, this.#kind[dst], dst, src, 0);
      source[dst] = NONE;
      readers[src]--;
      if (readers[src] === 0 && source[src] !== NONE) ready[count++] = src;
    }
  }
}

/** Emits a program. */
export function emitMoves(m: MacroAssembler, program: MoveProgram): void {
  emitSteps(m, program, program.length);
}

function emitSteps(m: MacroAssembler, program: readonly number[], length: number): void {
  for (let i = 0; i < length; i += STEP_INTS) {
    const kind = program[i + 1], dst = program[i + 2], src = program[i + 3];
    switch (program[i]) {
      case Step.MOVE:
        m.move(kind, dst, src);
        break;
      case Step.CONSTANT:
        m.constant(kind, dst, src, program[i + 4]);
        break;
      case Step.LOAD:
        m.loadSlot(kind, dst, src);
        break;
      case Step.STORE:
        m.storeSlot(kind, dst, src);
        break;
      case Step.STORE_CONSTANT:
        m.storeSlotConstant(kind, dst, src, program[i + 4]);
        break;
      default:
        m.copySlot(kind, dst, src);
    }
  }
}
