// Where register code lies: one array per isolate that never moves, so that V8 takes its address and length for constants in the loop.
// Takes sizes, gives words; what is freed is given out again. Its first words are the loop's state.

/** Words of all register code of an isolate: 32 MiB of address space, of which only what is written takes memory. */
export const ARENA_WORDS: number = 2 ** 23;
/** Words behind the last address, so that an instruction may be read wherever it begins. */
const MARGIN = 8;

const BUFFER = new ArrayBuffer((ARENA_WORDS + MARGIN) * 4);
/** Instructions, constants, and what the loop looks up of an instance. */
export const WORDS: Int32Array<ArrayBuffer> = new Int32Array(BUFFER);
/** The same as 64-bit integers and floats: constants are aligned. */
export const WORDS_I64: BigInt64Array<ArrayBuffer> = new BigInt64Array(BUFFER);
export const WORDS_F64: Float64Array<ArrayBuffer> = new Float64Array(BUFFER);

/** The loop's state, by word. The word of the top frame in FRAMES. */
export const STATE_TOP = 1;
/** Fuel that is left. */
export const STATE_FUEL = 2;
/** The first function record of the instance that runs, how many functions it defines, and how many it imports. */
export const STATE_FIRST_REF = 3;
export const STATE_DEFINED = 4;
export const STATE_IMPORTED = 5;
/** Word where the slots of the frame that runs begin. */
export const STATE_FP = 6;
const FIRST = 16;

let used = FIRST;
/** Freed ranges as pairs of word and length. */
let free: { at: number; words: number }[] = [];
let inUse = 0;

/** Room for `words`, aligned to 8 bytes; -1 if there is none. */
export function allocateWords(words: number): number {
  words = (words + 1) & ~1;
  for (const range of free) {
    if (range.words < words) continue;
    const { at } = range;
    range.at += words;
    range.words -= words;
    if (range.words === 0) free = free.filter((r) => r !== range);
    inUse += words;
    return at;
  }
  if (used + words > ARENA_WORDS) return -1;
  const at = used;
  used += words;
  inUse += words;
  return at;
}

/** Takes a range back. */
export function freeWords(at: number, words: number): void {
  words = (words + 1) & ~1;
  inUse -= words;
  free.push({ at, words });
  free.sort((a, b) => a.at - b.at);
  const joined: typeof free = [];
  for (const range of free) {
    const last = joined.at(-1);
    if (last !== undefined && last.at + last.words === range.at) last.words += range.words;
    else joined.push(range);
  }
  free = joined;
}

/** Words in use. */
export function wordsInUse(): number {
  return inUse;
}
