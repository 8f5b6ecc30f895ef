// Register code → instructions with names and operands, for whoever shows them. Takes the words of a function, whose code ends where its constants begin.

import { LENGTHS, NAMES, OPERANDS } from "./instructions.ts";

/** An instruction of register code as it lies. */
export interface CodeInstruction {
  /** Words from the function's first. */
  readonly place: number;
  /** How many it has. */
  readonly words: number;
  readonly name: string;
  /** `s3` is the frame's slot 3, an arrow stands before one that is written; constants are numbers. */
  readonly operands: readonly string[];
  /** Places that it may jump to. */
  readonly targets: readonly number[];
}

/** The instructions of a function, in their order. */
export function readCode(words: Int32Array, codeWords: number): CodeInstruction[] {
  const list: CodeInstruction[] = [];
  for (let place = 0; place < codeWords; place += list[list.length - 1].words) list.push(readInstruction(words, place));
  return list;
}

function readInstruction(words: Int32Array, place: number): CodeInstruction {
  const number = words[place], name = NAMES[number], end = place + LENGTHS[number];
  const operands: string[] = [], targets: number[] = [];
  [...OPERANDS[number]].forEach((kind, i) => {
    const word = words[place + 1 + i];
    if (kind === "t") targets.push(end + word);
    else operands.push(operandText(kind, word, words));
  });
  // Its labels stand behind it, and count from there.
  const labels = name === "br_table" ? words[place + 2] + 1 : 0;
  for (let i = 0; i < labels; i++) targets.push(end + words[end + i]);
  return { place, words: end + labels - place, name, operands, targets };
}

function operandText(kind: string, word: number, words: Int32Array): string {
  switch (kind) {
    // Two words are a slot.
    case "d":
      return `→s${word >> 1}`;
    case "r":
      return `s${word >> 1}`;
    case "k":
      return constantText(words, word);
    case "p":
      return `0x${word.toString(16)}`;
    default:
      return String(word);
  }
}

/** A constant of the pool: its bits, and what they are as a number where that is one that people write. */
function constantText(words: Int32Array, pair: number): string {
  const bits = new DataView(words.buffer, words.byteOffset + 8 * pair, 8);
  const double = bits.getFloat64(0, true);
  const integer = String(bits.getBigInt64(0, true));
  return /^-?\d{1,9}(\.\d{1,9})?$/.test(String(double)) && integer.length > 9 ? String(double) : integer;
}
