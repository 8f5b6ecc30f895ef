// The facts about the bodies of a module ↔ bytes, for who keeps them between runs. Numbers are words in the order of the machine; whoever keeps them checks that they are whole.

import type { BodyFacts, Catch, CatchKind, Handler } from "./side_table.ts";

/** Words of each body in the first list: ints of its side table, six numbers, then how many words of the third list are its own. */
const BODY_WORDS = 8;
const HEAD_WORDS = 4;
/** Flags of a body. */
const LEAVES = 1, HAS_SLOTS = 2;
const NO_FACTS: readonly never[] = [];

/** Facts as bytes, a multiple of 4. */
export function factsToBytes(bodies: readonly BodyFacts[]): Uint8Array {
  const rare: number[] = [];
  const table = bodies.reduce((n, b) => n + b.sideTable.length, 0);
  const numbers = new Int32Array(bodies.length * BODY_WORDS);
  bodies.forEach((b, i) => {
    const before = rare.length;
    writeRare(rare, b);
    const flags = (b.leaves ? LEAVES : 0) | (b.localSlot === undefined ? 0 : HAS_SLOTS);
    const { paramSlots, localSlots, resultSlots, maxOperandSlots, extension } = b;
    numbers.set(
      [b.sideTable.length, paramSlots, localSlots, resultSlots, maxOperandSlots, extension, flags],
      i * BODY_WORDS,
    );
    numbers[i * BODY_WORDS + BODY_WORDS - 1] = rare.length - before;
  });
  const words = new Int32Array(HEAD_WORDS + numbers.length + table + rare.length);
  words.set([bodies.length, table, rare.length]);
  words.set(numbers, HEAD_WORDS);
  let at = HEAD_WORDS + numbers.length;
  for (const { sideTable } of bodies) {
    words.set(sideTable, at);
    at += sideTable.length;
  }
  words.set(rare, at);
  return new Uint8Array(words.buffer);
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
  const [bodies, tableWords, rareWords] = words;
  const numbers = HEAD_WORDS, table = numbers + bodies * BODY_WORDS, rareAt = table + tableWords;
  if (bodies !== count || rareAt + rareWords !== words.length) return undefined;
  const made: BodyFacts[] = [];
  let next = table, rare = rareAt;
  for (let i = 0, at = numbers; i < bodies; i++, at += BODY_WORDS) {
    const flags = words[at + 6], more = words[at + 7], end = next + words[at];
    const { handlers, vectorMoves, loops, localSlot } = readRare(words, rare, more, (flags & HAS_SLOTS) !== 0);
    made.push({
      sideTable: words.subarray(next, end),
      handlers,
      paramSlots: words[at + 1],
      localSlots: words[at + 2],
      resultSlots: words[at + 3],
      maxOperandSlots: words[at + 4],
      extension: words[at + 5],
      leaves: (flags & LEAVES) !== 0,
      vectorMoves,
      loops,
      localSlot,
    });
    next = end;
    rare += more;
  }
  return made;
}

type Rare = Pick<BodyFacts, "handlers" | "vectorMoves" | "loops" | "localSlot">;
const NOTHING_RARE: Rare = { handlers: NO_FACTS, vectorMoves: NO_FACTS, loops: NO_FACTS, localSlot: undefined };

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
