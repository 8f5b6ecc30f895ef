// What tiers that make no machine code make of a function, as instructions with places: register code of tier `fast`, lines of JavaScript of tier `js`. Takes a module, runs nothing.

import type { Emitter } from "../fast/emitter.ts";
import { Explanation, type InlinedBody } from "../fast/explanation.ts";
import { FAST_DEFAULTS, type FastOptions } from "../fast/options.ts";
import { readCode } from "../fast/read_code.ts";
import { Translator } from "../fast/translate.ts";
import { STACK_WORDS } from "../interp/stack.ts";
import { writeFunction } from "../js/compile_function.ts";
import { Unsuitable } from "../js/state.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import type { MachineInstruction } from "./disassemble.ts";

/** The code of a function. */
export interface TierText {
  /** Ascending in their offsets, which count what the tier's places count. */
  readonly instructions: readonly MachineInstruction[];
  /** Pairs (place, byte offset in the module), ascending in the place; each holds until the next. */
  readonly map: Uint32Array;
  /** The place behind the last. */
  readonly end: number;
  /** Bytes of register code, or characters of JavaScript. */
  readonly size: number;
}

/** How code is made; as an engine without options makes it, if not given. */
export interface TierTextOptions {
  readonly metered?: boolean;
  readonly fast?: FastOptions;
}

const NO_BYTES = new Uint8Array(0);

/** The function of JavaScript that tier `js` makes, a line each; or why it makes none. Places are lines, from 1. */
export function jsText(valid: ValidModule, index: number, options: TierTextOptions = {}): TierText | string {
  const { metered = false } = options;
  try {
    const { text, offsets } = writeFunction(valid, index, { metered, exact: false, stackWords: STACK_WORDS });
    const lines = text.replace(/\n$/, "").split("\n");
    const map: number[] = [];
    lines.forEach((_, i) => {
      // A line of no instruction of its own, such as a closing brace, belongs to what stands before it.
      if (offsets[i] >= 0 && offsets[i] !== map.at(-1)) map.push(i + 1, offsets[i]);
    });
    const instructions = lines.map((line, i) => ({
      offset: i + 1,
      bytes: NO_BYTES,
      text: line,
      label: undefined,
      target: undefined,
      trap: undefined,
    }));
    return { instructions, map: Uint32Array.from(map), end: lines.length + 1, size: text.length };
  } catch (error) {
    if (error instanceof Unsuitable) return error.message;
    throw error;
  }
}

/** The register code that tier `fast` makes. Places are words of 32 bits. */
export function fastText(valid: ValidModule, index: number, options: TierTextOptions = {}): TierText {
  const { metered = false, fast = FAST_DEFAULTS } = options;
  const how = { ...fast, metered, counts: false };
  const origins = new Origins();
  const { words, codeWords } = new Translator(valid, how, origins).translate(index);
  const raw = readCode(words, codeWords), starts = new Set(raw.map((r) => r.place));
  // What was written first may have become part of what was written then.
  const map = Uint32Array.from(origins.pairs.filter((_, i) => starts.has(origins.pairs[i & ~1])));
  const targets = [...new Set(raw.flatMap((r) => r.targets))].sort((a, b) => a - b);
  const labels = new Map(targets.map((place, i) => [place, `L${i + 1}`]));
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  const instructions = raw.map((r) => {
    const jumps = r.targets.map((t) => labels.get(t)!);
    const operands = [...r.operands, ...jumps].join(", ");
    return {
      offset: r.place,
      bytes: bytes.slice(4 * r.place, 4 * (r.place + r.words)),
      text: operands === "" ? r.name : `${r.name} ${operands}`,
      label: labels.get(r.place),
      target: jumps.length === 1 ? jumps[0] : undefined,
      trap: undefined,
    };
  });
  return { instructions, map, end: codeWords, size: 4 * words.length };
}

/** Listens to a translation: which Wasm instruction had register code written, and from where on. What is put off is written by a later one. */
class Origins extends Explanation {
  /** Pairs (place, byte offset in the module), ascending in the place. */
  readonly pairs: number[] = [];
  #offset = 0;

  override begin(at: number, inlined?: InlinedBody): void {
    // What stands in place of a call is the call's.
    this.#offset = inlined?.call ?? at;
    super.begin(at);
  }
  override end(before: number, e: Emitter, dead: boolean, inlined: InlinedBody | undefined): void {
    super.end(before, e, dead, inlined);
    // Instructions may have become part of one before them.
    while (this.pairs.length > 0 && this.pairs[this.pairs.length - 2] > e.latest) this.pairs.length -= 2;
    if (dead || e.at <= before) return;
    const place = Math.min(before, e.latest);
    while (this.pairs.length > 0 && this.pairs[this.pairs.length - 2] >= place) this.pairs.length -= 2;
    this.pairs.push(place, this.#offset);
  }
}
