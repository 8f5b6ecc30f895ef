// Register code while it is written: instructions, constants, jumps still without target. Takes numbers and operands, gives words that may lie anywhere.

import { BugError } from "../base/bug.ts";
import { LENGTHS, NAMES, OPERANDS } from "./instructions.ts";

const NUMBERS = new Map(NAMES.map((name, i) => [name, i]));
/** The number of an instruction. */
export function op(name: string): number {
  const number = NUMBERS.get(name);
  if (number === undefined) throw new BugError(`register code has no instruction ${name}`);
  return number;
}
/** Likewise, -1 if there is none. */
export function opIfAny(name: string): number {
  return NUMBERS.get(name) ?? -1;
}
/** 1 for instructions that do nothing but write the register in their first word, which another may take the place of. */
const WRITES = Uint8Array.from(OPERANDS, (words) => /^d[^d]*$/.test(words) ? 1 : 0);

/** Writes register code. One object serves for many functions. */
export class Emitter {
  words = new Int32Array(1 << 12);
  /** Where the next instruction begins. */
  at = 0;
  /** Where the last one began, if nothing jumps behind it, and the one before it; -1 if there is none. */
  last = -1;
  before = -1;
  /** Where the last one began, whatever jumps behind it. */
  latest = -1;
  /** Constants of 64 bits as pairs of halves, and the words that name one, which are relative until the code has its place. */
  pool: number[] = [];
  #known = new Map<string, number>();
  poolWords: number[] = [];

  begin(): void {
    this.at = 0;
    this.last = this.before = this.latest = -1;
    if (this.pool.length > 0) {
      this.pool = [];
      this.#known.clear();
      this.poolWords = [];
    }
  }

  /** Writes an instruction of four words. */
  emit(number: number, a = 0, b = 0, c = 0): void {
    let { words } = this;
    const { at } = this;
    if (at + 16 > words.length) words = this.#grow(at + 16);
    words[at] = number;
    words[at + 1] = a;
    words[at + 2] = b;
    words[at + 3] = c;
    this.before = this.last;
    this.last = this.latest = at;
    this.at = at + 4;
  }
  /** Adds a word to the last instruction. */
  extend(word: number): void {
    if (this.at + 16 > this.words.length) this.#grow(this.at + 16);
    this.words[this.at++] = word;
  }

  #grow(least: number): Int32Array<ArrayBuffer> {
    const words = new Int32Array(Math.max(least, this.words.length * 2));
    words.set(this.words);
    return this.words = words;
  }

  /** The number of the last instruction if it writes `register` and nothing else; -1 otherwise. */
  lastWriting(register: number): number {
    const { last, words } = this;
    if (last < 0) return -1;
    const number = words[last];
    return WRITES[number] !== 0 && words[last + 1] === register ? number : -1;
  }
  /** Takes the last instruction back. */
  retract(): void {
    this.at = this.last;
    this.last = this.before;
    this.before = -1;
  }
  /** Nothing before this place may be changed any more: something jumps to it. */
  seal(): void {
    this.last = this.before = -1;
  }

  /** Index of a constant, for a word that `poolWord()` is told of. */
  constant(lo: number, hi: number): number {
    const key = `${lo} ${hi}`;
    let index = this.#known.get(key);
    if (index === undefined) {
      this.#known.set(key, index = this.pool.length >> 1);
      this.pool.push(lo, hi);
    }
    return index;
  }
  /** Says that a word of the last instruction names a constant. */
  poolWord(word: number): void {
    this.poolWords.push(this.last + word);
  }

  /** The code with its constants behind it, as if it lay at word 0; `poolWords` are then to be moved. */
  finish(): Int32Array<ArrayBuffer> {
    const start = (this.at + 1) & ~1;
    const all = new Int32Array(start + this.pool.length);
    all.set(this.words.subarray(0, this.at));
    all.set(this.pool, start);
    for (const word of this.poolWords) all[word] += start >> 1;
    return all;
  }
}

/** Words of an instruction. */
export function lengthOf(number: number): number {
  return LENGTHS[number];
}
