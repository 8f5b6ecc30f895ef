// Moves that happen at once: at the edges of control flow, before calls, at returns. Takes what has to go where, orders it so that nothing is overwritten before
// it was read, and gives a short program that is emitted at once or later, out of line.
//
// The order: slots first (they read registers and other slots), then registers among each other, then constants and loads into registers. A load reads a
// slot after slots were written, so a written slot that is still to be read is saved to a spare slot before all else.

import { FIRST_FLOAT, Kind, type MacroAssembler, type Register, type Slot } from "./macro_assembler.ts";

const Step = { MOVE: 0, CONSTANT: 1, LOAD: 2, STORE: 3, STORE_CONSTANT: 4, COPY: 5 } as const;
const STEP_INTS = 5;
const NONE = -1;

/** An ordered sequence of moves: step, kind, destination, source or low half, high half. */
export type MoveProgram = readonly number[];
const EMPTY: MoveProgram = [];

/** Collects moves that are to happen at once. */
export class Moves {
  readonly #m: MacroAssembler;
  /** First of the slots that may be used between the steps of a program. */
  spareSlots = 0;
  // By destination register: its source and kind.
  readonly #source = new Int8Array(64).fill(NONE);
  readonly #kind = new Uint8Array(64);
  /** By register: how many moves read it. */
  readonly #readers = new Int32Array(64);
  #targets: Register[] = [];
  #constants: number[] = [];
  #loads: number[] = [];
  #stores: number[] = [];
  #copies: number[] = [];

  constructor(m: MacroAssembler) {
    this.#m = m;
  }

  move(kind: Kind, dst: Register, src: Register): void {
    if (dst === src) return;
    this.#source[dst] = src;
    this.#kind[dst] = kind;
    this.#readers[src]++;
    this.#targets.push(dst);
  }
  constant(kind: Kind, dst: Register, low: number, high: number): void {
    this.#constants.push(Step.CONSTANT, kind, dst, low, high);
  }
  load(kind: Kind, dst: Register, slot: Slot): void {
    this.#loads.push(Step.LOAD, kind, dst, slot, 0);
  }
  store(kind: Kind, slot: Slot, src: Register): void {
    this.#stores.push(Step.STORE, kind, slot, src, 0);
  }
  storeConstant(kind: Kind, slot: Slot, low: number, high: number): void {
    this.#stores.push(Step.STORE_CONSTANT, kind, slot, low, high);
  }
  copy(kind: Kind, dst: Slot, src: Slot): void {
    if (dst !== src) this.#copies.push(Step.COPY, kind, dst, src, 0);
  }

  /** The collected moves in order; the collection is empty again. */
  take(): MoveProgram {
    if (
      this.#targets.length + this.#constants.length + this.#loads.length + this.#stores.length + this.#copies.length ===
        0
    ) {
      return EMPTY;
    }
    const program: number[] = [];
    if (this.#copies.length > 0 || (this.#loads.length > 0 && this.#stores.length > 0)) this.#saveSlots(program);
    append(program, this.#stores);
    append(program, this.#copies);
    this.#orderRegisters(program);
    append(program, this.#constants);
    append(program, this.#loads);
    this.#targets = [];
    this.#constants = [];
    this.#loads = [];
    this.#stores = [];
    this.#copies = [];
    return program;
  }

  /** Copies slots that are written before they are read to spare ones, and lets the readers read those. */
  #saveSlots(program: number[]): void {
    const written = new Set<Slot>();
    for (const list of [this.#stores, this.#copies]) {
      for (let i = 0; i < list.length; i += STEP_INTS) written.add(list[i + 2]);
    }
    let spare = this.spareSlots;
    for (const list of [this.#copies, this.#loads]) {
      for (let i = 0; i < list.length; i += STEP_INTS) {
        if (!written.has(list[i + 3])) continue;
        program.push(Step.COPY, list[i + 1], spare, list[i + 3], 0);
        list[i + 3] = spare++;
      }
    }
  }

  /** A register is written once nobody reads it any more; what remains are cycles, opened by the scratch register. */
  #orderRegisters(program: number[]): void {
    const source = this.#source, readers = this.#readers;
    const ready = this.#targets.filter((r) => readers[r] === 0);
    const emit = (dst: Register) => {
      const src = source[dst];
      program.push(Step.MOVE, this.#kind[dst], dst, src, 0);
      source[dst] = NONE;
      readers[src]--;
      if (readers[src] === 0 && source[src] !== NONE) ready.push(src);
    };
    const drain = () => {
      for (let r = ready.pop(); r !== undefined; r = ready.pop()) emit(r);
    };
    drain();
    for (const first of this.#targets) {
      if (source[first] === NONE) continue;
      // Save what `first` holds; whoever wanted it reads the scratch register.
      const isFloat = first >= FIRST_FLOAT;
      const scratch = isFloat ? this.#m.scratchFloat : this.#m.scratchInt;
      const reader = this.#targets.find((r) => source[r] === first)!;
      program.push(Step.MOVE, isFloat ? Kind.F64 : Kind.I64, scratch, first, 0);
      source[reader] = scratch;
      readers[scratch]++;
      readers[first]--;
      ready.push(first);
      drain();
    }
    for (const r of this.#targets) readers[r] = 0;
    readers[this.#m.scratchInt] = readers[this.#m.scratchFloat] = 0;
  }
}

function append(program: number[], steps: readonly number[]): void {
  for (let i = 0; i < steps.length; i++) program.push(steps[i]);
}

/** Emits a program. */
export function emitMoves(m: MacroAssembler, program: MoveProgram): void {
  for (let i = 0; i < program.length; i += STEP_INTS) {
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
