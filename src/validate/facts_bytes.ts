// The facts about the bodies of a module ↔ bytes, for who keeps them between runs: numbers are words in the order of the machine, side tables are packed. Whoever keeps them
// checks that they are whole. What is read stays in that form until somebody asks for it, since of a large module few functions run soon.

import {
  type BodyFacts,
  type Catch,
  type CatchKind,
  ENTRY_INTS,
  type Handler,
  TARGET_HEIGHT,
  TARGET_PC,
  TARGET_STP,
  VALUE_SLOTS,
} from "./side_table.ts";

/** Words of each body in the first list: ints of its side table and the bytes of it here, six numbers, then how many words of the second list are its own. */
const BODY_WORDS = 9;
const HEAD_WORDS = 4;
/** Flags of a body. */
const LEAVES = 1, HAS_SLOTS = 2;
/** Bytes of the longest entry of a side table: four numbers of at most five bytes. */
const ENTRY_BYTES = 20;
const NO_FACTS: readonly never[] = [];

/** Facts as bytes, a multiple of 4: how many bodies, words of rare facts and bytes of side tables there are; their numbers; the rare facts; the side tables. */
export function factsToBytes(bodies: readonly BodyFacts[]): Uint8Array {
  const rare: number[] = [];
  const numbers = new Int32Array(bodies.length * BODY_WORDS);
  const entries = bodies.reduce((n, b) => n + b.tableInts, 0) / ENTRY_INTS;
  const tables = new Uint8Array(entries * ENTRY_BYTES);
  let end = 0;
  bodies.forEach((b, i) => {
    const rareBefore = rare.length, before = end;
    writeRare(rare, b);
    end = packTable(b.sideTable, tables, end);
    const flags = (b.leaves ? LEAVES : 0) | (b.localSlot === undefined ? 0 : HAS_SLOTS);
    const { tableInts, paramSlots, localSlots, resultSlots, maxOperandSlots, extension } = b, at = i * BODY_WORDS;
    numbers[at] = tableInts;
    numbers[at + 1] = end - before;
    numbers[at + 2] = paramSlots;
    numbers[at + 3] = localSlots;
    numbers[at + 4] = resultSlots;
    numbers[at + 5] = maxOperandSlots;
    numbers[at + 6] = extension;
    numbers[at + 7] = flags;
    numbers[at + 8] = rare.length - rareBefore;
  });
  const words = new Int32Array(HEAD_WORDS + numbers.length + rare.length + ((end + 3) >> 2));
  words.set([bodies.length, rare.length, end]);
  words.set(numbers, HEAD_WORDS);
  words.set(rare, HEAD_WORDS + numbers.length);
  const bytes = new Uint8Array(words.buffer);
  bytes.set(tables.subarray(0, end), (HEAD_WORDS + numbers.length + rare.length) * 4);
  return bytes;
}

/** Writes a side table to `bytes` from `at` on, each target as the difference to the one before; gives the end. */
function packTable(table: Int32Array, bytes: Uint8Array, at: number): number {
  let pc = 0, stp = 0;
  for (let k = 0; k < table.length; k += ENTRY_INTS) {
    at = packSigned(bytes, at, table[k + TARGET_PC] - pc | 0);
    at = packSigned(bytes, at, table[k + TARGET_STP] - stp | 0);
    at = packSigned(bytes, at, table[k + VALUE_SLOTS]);
    at = packSigned(bytes, at, table[k + TARGET_HEIGHT]);
    pc = table[k + TARGET_PC];
    stp = table[k + TARGET_STP];
  }
  return at;
}

function packSigned(bytes: Uint8Array, at: number, value: number): number {
  let rest = (value << 1) ^ (value >> 31);
  for (; rest >>> 7 !== 0; rest >>>= 7) bytes[at++] = rest & 0x7f | 0x80;
  bytes[at++] = rest;
  return at;
}

function unpackTable(bytes: Uint8Array, at: number, ints: number): Int32Array {
  const table = new Int32Array(ints);
  let pc = 0, stp = 0;
  const next = () => {
    let byte = bytes[at++], value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = bytes[at++];
      value |= (byte & 0x7f) << shift;
    }
    return (value >>> 1) ^ -(value & 1);
  };
  for (let k = 0; k < ints; k += ENTRY_INTS) {
    table[k + TARGET_PC] = pc = pc + next() | 0;
    table[k + TARGET_STP] = stp = stp + next() | 0;
    table[k + VALUE_SLOTS] = next();
    table[k + TARGET_HEIGHT] = next();
  }
  return table;
}

/** Handlers, moves of vectors, loops and slots of locals, which most bodies do not have. */
function writeRare(rare: number[], b: BodyFacts): void {
  if (b.handlers.length + b.vectorMoves.length + b.loops.length === 0 && b.localSlot === undefined) return;
  rare.push(b.handlers.length);
  for (const { start, end, outer, catches } of b.handlers) {
    rare.push(start, end, outer, catches.length);
    for (const { kind, tag, entry, slot } of catches) rare.push(kind, tag, entry, slot);
  }
  rare.push(b.vectorMoves.length, b.loops.length, b.localSlot?.length ?? 0);
  for (const offset of b.vectorMoves) rare.push(offset);
  for (const offset of b.loops) rare.push(offset);
  for (const slot of b.localSlot ?? NO_FACTS) rare.push(slot);
}

/** The facts in bytes that `factsToBytes()` gave, aligned to 4, which they stay views of; undefined if they are of another number of bodies. */
export function factsFromBytes(bytes: Uint8Array, count: number): BodyFacts[] | undefined {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  const [bodies, rareWords, tableBytes] = words;
  const rareAt = HEAD_WORDS + bodies * BODY_WORDS, tablesAt = (rareAt + rareWords) * 4;
  if (bodies !== count || (tablesAt + tableBytes + 3 & ~3) !== bytes.length) return undefined;
  const made: BodyFacts[] = [];
  let table = tablesAt, rare = rareAt;
  for (let i = 0, at = HEAD_WORDS; i < bodies; i++, at += BODY_WORDS) {
    made.push(new KeptFacts(bytes, words, at, table, rare));
    table += words[at + 1];
    rare += words[at + 8];
  }
  return made;
}

interface Rare {
  readonly handlers: readonly Handler[];
  readonly vectorMoves: readonly number[];
  readonly loops: readonly number[];
  readonly localSlot: Int32Array | undefined;
}
const NOTHING_RARE: Rare = { handlers: NO_FACTS, vectorMoves: NO_FACTS, loops: NO_FACTS, localSlot: undefined };

/** Facts that stand in bytes: its numbers at word `at`, its side table from byte `tableAt` and its rare facts from word `rareAt` on. */
class KeptFacts implements BodyFacts {
  #rare: Rare | undefined = undefined;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #tableAt: number;
  readonly #rareAt: number;

  constructor(bytes: Uint8Array, words: Int32Array, at: number, tableAt: number, rareAt: number) {
    this.#bytes = bytes;
    this.#words = words;
    this.#at = at;
    this.#tableAt = tableAt;
    this.#rareAt = rareAt;
  }

  get tableInts(): number {
    return this.#words[this.#at];
  }
  get sideTable(): Int32Array {
    return unpackTable(this.#bytes, this.#tableAt, this.tableInts);
  }
  get paramSlots(): number {
    return this.#words[this.#at + 2];
  }
  get localSlots(): number {
    return this.#words[this.#at + 3];
  }
  get resultSlots(): number {
    return this.#words[this.#at + 4];
  }
  get maxOperandSlots(): number {
    return this.#words[this.#at + 5];
  }
  get extension(): number {
    return this.#words[this.#at + 6];
  }
  get leaves(): boolean {
    return (this.#words[this.#at + 7] & LEAVES) !== 0;
  }
  get handlers(): readonly Handler[] {
    return this.#rareFacts.handlers;
  }
  get vectorMoves(): readonly number[] {
    return this.#rareFacts.vectorMoves;
  }
  get loops(): readonly number[] {
    return this.#rareFacts.loops;
  }
  get localSlot(): Int32Array | undefined {
    return this.#rareFacts.localSlot;
  }
  get #rareFacts(): Rare {
    const words = this.#words, at = this.#at;
    return this.#rare ??= readRare(words, this.#rareAt, words[at + 8], (words[at + 7] & HAS_SLOTS) !== 0);
  }
}

function readRare(words: Int32Array, at: number, length: number, hasSlots: boolean): Rare {
  if (length === 0) return NOTHING_RARE;
  const handlers: Handler[] = [];
  for (let n = words[at++]; n > 0; n--) {
    const [start, end, outer, count] = words.subarray(at, at += 4);
    const catches: Catch[] = [];
    for (let k = 0; k < count; k++) {
      const [kind, tag, entry, slot] = words.subarray(at, at += 4);
      catches.push({ kind: kind as CatchKind, tag, entry, slot });
    }
    handlers.push({ start, end, catches, outer });
  }
  const moves = words[at++], heads = words[at++], slots = words[at++];
  const vectorMoves = Array.from(words.subarray(at, at += moves));
  const loops = Array.from(words.subarray(at, at += heads));
  return { handlers, vectorMoves, loops, localSlot: hasSlots ? words.slice(at, at + slots) : undefined };
}
