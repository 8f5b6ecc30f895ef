// The operands of a body while it is translated: what each is (a register, a local, a constant, a sum), where it belongs, and the moves that put it there.
// Takes what is pushed and popped, gives registers; which instructions take them is the families' affair.

import type { BytecodeReader } from "../bytecode/reader.ts";
import { Emitter, op } from "./emitter.ts";
import type { Explanation } from "./explanation.ts";
import type { FastOptions } from "./options.ts";
import { Width } from "./widths.ts";

/** An operand stands where it belongs, or in a local, or is a constant, or the sum of a register and a constant that nobody has computed yet. */
export const Kind = { REGISTER: 0, LOCAL: 1, CONSTANT: 2, SUM: 3 } as const;

/** Words of registers that the operands of a body stand in, and the code that puts them there. */
export class Operands {
  readonly e: Emitter = new Emitter();
  /** Operands: what they are, the register or low word of a constant, its high word, the width, and the register where the operand belongs. */
  kind = new Uint8Array(256);
  value = new Int32Array(256);
  high = new Int32Array(256);
  width = new Uint8Array(256);
  place = new Int32Array(256);
  /** For explanations: the instruction that an operand is from. */
  origin = new Int32Array(256);
  /** How many there are. */
  h = 0;
  /** Words of the frame in use: locals and operands. */
  top = 0;
  /** Operands that are locals or sums. */
  aliases = 0;
  /** The most words in use so far. */
  most = 0;
  localWords = 0;
  /** Registers below are locals, which several operands may be: those of a body in place of a call are above the caller's operands. */
  localEnd = 0;

  constructor(readonly r: BytecodeReader, readonly options: FastOptions, readonly explain: Explanation | undefined) {}

  push(kind: number, value: number, high: number, width: Width): void {
    const h = this.h++;
    if (h === this.kind.length) this.growStack();
    this.kind[h] = kind;
    this.value[h] = value;
    this.high[h] = high;
    this.width[h] = width;
    this.place[h] = this.top;
    if (this.explain !== undefined) {
      this.origin[h] = this.r.at;
      if (kind !== Kind.REGISTER) this.explain.waits();
    }
    this.top += width === Width.VECTOR ? 4 : 2;
    if (kind === Kind.LOCAL || kind === Kind.SUM) this.aliases++;
    if (this.top > this.most) this.most = this.top;
  }

  growStack(): void {
    const n = this.kind.length * 2;
    const wider = (a: Int32Array<ArrayBuffer>) => {
      const b = new Int32Array(n);
      b.set(a);
      return b;
    };
    const bytes = (a: Uint8Array<ArrayBuffer>) => {
      const b = new Uint8Array(n);
      b.set(a);
      return b;
    };
    this.kind = bytes(this.kind);
    this.width = bytes(this.width);
    this.value = wider(this.value);
    this.high = wider(this.high);
    this.place = wider(this.place);
    this.origin = wider(this.origin);
  }

  /** The next operand stands where it belongs. Gives that register. */
  pushRegister(width: Width): number {
    const register = this.top;
    this.push(Kind.REGISTER, register, 0, width);
    return register;
  }

  pushAll(widths: readonly Width[]): void {
    for (let i = 0; i < widths.length; i++) this.pushRegister(widths[i]);
  }

  pop(): void {
    const h = --this.h;
    if (this.kind[h] & 1) this.aliases--;
    this.top = this.place[h];
    if (this.explain !== undefined) this.explain.use(this.origin[h]);
  }

  popMany(n: number): void {
    for (; n > 0; n--) this.pop();
  }

  /** Cuts the operands off at a height, without using them. */
  cut(height: number, words: number): void {
    while (this.h > height) if (this.kind[--this.h] & 1) this.aliases--;
    this.top = words;
  }

  /** Puts operand `i` where it belongs. */
  flush(i: number): void {
    const kind = this.kind[i];
    if (kind === Kind.REGISTER) return;
    this.moveTo(i, this.place[i]);
    if (kind & 1) this.aliases--;
    this.kind[i] = Kind.REGISTER;
    this.value[i] = this.place[i];
    this.explain?.use(this.origin[i]);
  }

  flushFrom(first: number): void {
    for (let i = first; i < this.h; i++) if (this.kind[i] !== Kind.REGISTER) this.flush(i);
  }

  flushAll(): void {
    this.flushFrom(0);
  }

  /** Writes operand `i` to a register. */
  moveTo(i: number, register: number): void {
    const width = this.width[i];
    if (this.kind[i] === Kind.CONSTANT) this.constantTo(register, this.value[i], this.high[i], width);
    else if (this.kind[i] === Kind.SUM) this.sumTo(register, this.value[i], this.high[i]);
    else if (this.value[i] !== register) this.move(register, this.value[i], width);
  }

  /** Computes the sum of a register and a constant. */
  sumTo(register: number, from: number, k: number): void {
    const { e } = this, { words, last } = e;
    if (from >= this.localEnd && e.lastWriting(from) === op_add) {
      const first = words[last + 2], second = words[last + 3];
      e.retract();
      e.emit(op_add3_k, register, first, second);
      e.extend(k);
    } else e.emit(op_add_k, register, from, k);
  }

  move(to: number, from: number, width: number): void {
    const { e } = this, { words, last } = e;
    if (width === Width.NARROW && this.options.fuse && last >= 0 && words[last] === op_mov32) {
      words[last] = op_mov32x2;
      words[last + 3] = to;
      e.extend(from);
      const { before } = e;
      if (before >= 0 && words[before] === op_mov32x2) {
        const [a, b, c, d] = [words[last + 1], words[last + 2], to, from];
        e.retract();
        words[e.last] = op_mov32x4;
        for (const word of [a, b, c, d]) e.extend(word);
      }
      return;
    }
    e.emit(width === Width.NARROW ? op_mov32 : width === Width.FULL ? op_mov64 : op_mov128, to, from);
  }

  constantTo(register: number, lo: number, hi: number, width: number): void {
    const { e } = this;
    if (width === Width.NARROW) return e.emit(op_const32, register, lo);
    e.emit(op_const64, register, e.constant(lo, hi));
    e.poolWord(2);
  }

  /** The register where operand `i` can be read. */
  read(i: number): number {
    if (this.kind[i] >= Kind.CONSTANT) this.flush(i);
    return this.value[i];
  }

  save(first: number) {
    return {
      kinds: this.kind.slice(first, this.h),
      values: this.value.slice(first, this.h),
      aliases: this.aliases,
    };
  }

  restore(first: number, kinds: Uint8Array, values: Int32Array, aliases: number): void {
    this.kind.set(kinds, first);
    this.value.set(values, first);
    this.aliases = aliases;
  }
}

const op_mov32 = op("mov32"), op_mov64 = op("mov64"), op_mov128 = op("mov128");
const op_mov32x2 = op("mov32x2"), op_mov32x4 = op("mov32x4");
const op_const32 = op("const32"), op_const64 = op("const64");
const op_add = op("i32.add"), op_add_k = op("i32.add k"), op_add3_k = op("i32.add3 k");
