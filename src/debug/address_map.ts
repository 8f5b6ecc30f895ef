// One model of addresses: takes any of a function with an offset, a byte offset in the module, a line of its text, a place in a tier's code, or an address of machine code;
// gives all the others. What is shown is always the module's own bytes, whatever an interpreter's private copy or installed code holds at the time.

import { BytecodeReader } from "../bytecode/reader.ts";
import type { CodePlaces, ModulePlaces } from "../engine/code_places.ts";
import type { TierName } from "../runtime/tier.ts";
import { functionScope, instructionText } from "../text/print_instruction.ts";
import type { PositionMap, TextPlace } from "../text/positions.ts";
import { TextMap } from "../text/text_map.ts";
import { hasSourceLines, type SourceLine, sourceLine } from "./source_lines.ts";
import { ExternKind, functionName, type Module } from "../wasm/module.ts";

/** What one tier made of a Wasm instruction. */
export interface PlaceInTier {
  /** The tier. */
  readonly tier: TierName;
  /** What the ranges count: bytes of the function's machine code, words of its register code, or lines of its source, from 1. */
  readonly unit: "byte" | "word" | "line";
  /** Address of the function's code where it is installed. */
  readonly address: number | undefined;
  /** The parts of the function's code that belong to the instruction, ascending; none if it has no code of its own. The end is behind the last place. */
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
}

/** A Wasm instruction, by all the ways to name it. */
export interface Place {
  /** The function's index in its module. */
  readonly index: number;
  /** The function's name: from the name section, else the first export, else `func[N]`. */
  readonly name: string;
  /** Byte offset of the instruction in the module. */
  readonly offset: number;
  /** The same relative to the function's first instruction. */
  readonly bodyOffset: number;
  /** The instruction in the text format; labels are depths. */
  readonly instruction: string;
  /** Its bytes in the module. */
  readonly bytes: Uint8Array;
  /** Its line, from 1, in what `module.toText()` gives, and what stands there. */
  readonly printed: { readonly line: number; readonly text: string };
  /** Line and column in the text that the module was assembled from, with that line; undefined for a module that came as bytes. */
  readonly source: TextPlace & { readonly text: string } | undefined;
  /** File and line of the program that it was compiled from, where DWARF or a source map tells. */
  readonly origin: SourceLine | undefined;
  /** By tier that has code for the function. */
  readonly tiers: readonly PlaceInTier[];
}

/** The instructions of a function by their offsets. */
interface Instructions {
  readonly index: number;
  readonly offsets: readonly number[];
  readonly texts: readonly string[];
}

/**
 * Finds the same place in all forms that a module has. Made by `engine.addresses(module)`.
 *
 * ```ts
 * import { Engine } from "../../mod.ts";
 *
 * const engine = new Engine();
 * const module = engine.compile(`(module
 *   (func $twice (export "twice") (param i32) (result i32)
 *     (i32.mul (local.get 0) (i32.const 2))))`);
 * const addresses = engine.addresses(module);
 * const [multiply] = addresses.find(":3:6"); // line and column of the text above
 * console.log(multiply.name, multiply.bodyOffset, multiply.instruction); // twice 4 i32.mul
 * const jit = multiply.tiers.find((t) => t.tier === "jit")!;
 * console.log(addresses.ofCode("twice", "jit", jit.ranges[0].start).offset === multiply.offset); // true
 * ```
 */
export class AddressMap {
  readonly #module: Module;
  readonly #positions: PositionMap | undefined;
  readonly #places: ModulePlaces;
  #text: TextMap | undefined;
  #latest: Instructions | undefined;
  #names: Map<string, number> | undefined;

  /** Takes the code of a module in all tiers, and where its parts stand in its text if it was assembled. */
  constructor(places: ModulePlaces, positions?: PositionMap) {
    this.#places = places;
    this.#module = places.valid.module;
    this.#positions = positions;
  }

  /** The instruction at a byte offset of the module, or around it. Throws RangeError for an offset that lies in no function's body. */
  at(offset: number): Place {
    const { funcs, importedFuncs } = this.#module;
    let low = importedFuncs - 1, high = funcs.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (funcs[middle].body!.start <= offset) low = middle;
      else high = middle;
    }
    const body = low < importedFuncs ? undefined : funcs[low].body!;
    if (body === undefined || !(offset < body.end)) {
      throw new RangeError(`byte offset 0x${offset.toString(16)} lies in no function's body`);
    }
    return this.#place(low, Math.max(offset, body.codeStart));
  }

  /** A function's instruction at, or around, an offset relative to its first one. Throws RangeError where there is none. */
  ofFunction(func: string | number, bodyOffset = 0): Place {
    const index = this.#defined(func);
    const { codeStart, end } = this.#module.funcs[index].body!;
    if (!(bodyOffset >= 0 && codeStart + bodyOffset < end)) {
      const name = functionName(this.#module, index), length = (end - codeStart).toString(16);
      throw new RangeError(`${name} has 0x${length} bytes of code, and none at +0x${bodyOffset.toString(16)}`);
    }
    return this.#place(index, codeStart + bodyOffset);
  }

  /** The instruction that a place in a tier's code of a function belongs to. Throws RangeError where it belongs to none, such as in the prologue. */
  ofCode(func: string | number, tier: TierName, place: number): Place {
    const index = this.#defined(func), name = functionName(this.#module, index);
    const code = this.#places.of(tier, index);
    if (code === undefined) throw new RangeError(`tier ${tier} has no code for ${name}`);
    const first = code.unit === "line" ? 1 : 0;
    if (!(place >= first && place < code.end)) {
      throw new RangeError(
        code.unit === "line"
          ? `${name} has ${code.end - 1} lines in tier ${tier}, and no line ${place}`
          : `${name} has 0x${code.end.toString(16)} ${code.unit}s of code in tier ${tier}, and none at 0x${
            place.toString(16)
          }`,
      );
    }
    const offset = this.#offsetIn(index, code, place);
    if (offset === undefined) {
      throw new RangeError(`what stands there in tier ${tier} belongs to ${name} as a whole, and to no instruction`);
    }
    return this.#place(index, offset);
  }

  /** The byte offset that a place in code came from; undefined for a prologue and the like. */
  #offsetIn(index: number, { map }: CodePlaces, place: number): number | undefined {
    let low = -1, high = map.length / 2;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (map[2 * middle] <= place) low = middle;
      else high = middle;
    }
    const { codeStart, end } = this.#module.funcs[index].body!;
    const offset = map[2 * low + 1];
    return low >= 0 && offset >= codeStart && offset < end ? offset : undefined;
  }

  /** The instruction that an address of installed machine code belongs to; undefined if it is not this module's, or belongs to no instruction. */
  ofPc(pc: number): Place | undefined {
    const found = this.#places.locate(pc);
    const code = found && this.#places.of(found.tier, found.index);
    const offset = code && this.#offsetIn(found!.index, code, found!.place);
    return offset === undefined ? undefined : this.#place(found!.index, offset);
  }

  /** The instruction in a line of the printed module, from 1; undefined for a line where no code stands. */
  ofPrinted(line: number): Place | undefined {
    const found = this.#textMap.at(line);
    return found && this.#place(found.index, found.offset);
  }

  /**
   * The instructions in a line of the text that the module was assembled from, in the order of the module; with a column, the one at or before it. Empty for a line
   * without code. Throws RangeError for a module that came as bytes, or beyond the text's end.
   */
  ofSource(line: number, column?: number): Place[] {
    const positions = this.#positions;
    if (positions === undefined) {
      throw new RangeError("the module came as bytes: there is no text it was assembled from");
    }
    if (!(line >= 1 && line <= positions.lineCount)) {
      const { lineCount: count } = positions;
      throw new RangeError(`the text has ${count} ${count === 1 ? "line" : "lines"}, and no line ${line}`);
    }
    const places: Place[] = [];
    for (const offset of positions.offsetsAt(line, column)) {
      const place = this.#ofBody(offset);
      if (place !== undefined && places.at(-1)?.offset !== place.offset) places.push(place);
    }
    return places;
  }

  /**
   * The instructions with which a line of a file begins in the code, where DWARF or a source map tells: several, since compilers move code. `file` may be the end
   * of its path.
   */
  ofOrigin(file: string, line: number): Place[] {
    const { funcs, importedFuncs } = this.#module;
    const places: Place[] = [];
    for (let index = importedFuncs; index < funcs.length; index++) {
      let inside = false;
      for (const offset of this.#instructions(index).offsets) {
        const at = sourceLine(this.#module, offset);
        const fits = at !== undefined && at.line === line && (at.file === file || at.file.endsWith(`/${file}`));
        if (fits && !inside) places.push(this.#place(index, offset));
        inside = fits;
      }
    }
    return places;
  }

  /**
   * What people write, most often one place: `0x4c` an offset in the module, or beyond its end an address of machine code; `fib`, `3` a function by name or index;
   * `fib+1a` with an offset, in hexadecimal as listings show it; `fib@jit+1f` a place in a tier's code; `:12` or `:12:5` a line of the text that the module was
   * assembled from (of the printed text for a module that came as bytes); `print:12` of the printed text; `main.c:12` of the program that it was compiled from, where that is known. Throws RangeError, with the reason, when there is no such place.
   */
  find(what: string): Place[] {
    const index = this.#indexOf(what);
    if (index !== undefined) return [this.ofFunction(index)];
    if (/^0x[0-9a-f_]+$/i.test(what)) return [this.#ofNumber(Number(what.replaceAll("_", "")))];
    const line = /^(.*?):(\d+)(?::(\d+))?$/s.exec(what);
    if (line !== null && this.#indexOf(line[1]) === undefined) return this.#ofLine(line);
    const parts = /^(.+?)(?:@([a-z]+))?(?:\+(?:0x)?([0-9a-f]+))?$/is.exec(what);
    if (parts === null) throw new RangeError(`there is no place ${what === "" ? '""' : what}`);
    const [, func, tier, digits = "0"] = parts;
    if (tier === undefined) return [this.ofFunction(func, parseInt(digits, 16))];
    if (!this.#places.tiers.includes(tier as TierName)) {
      throw new RangeError(`tier ${tier} is none that has code of its own; those are ${this.#places.tiers.join(", ")}`);
    }
    const lines = this.#places.of(tier as TierName, this.#defined(func))?.unit === "line";
    return [this.ofCode(func, tier as TierName, parseInt(digits, lines ? 10 : 16))];
  }

  #ofNumber(n: number): Place {
    if (n < this.#module.bytes.length) return this.at(n);
    const place = this.ofPc(n);
    if (place !== undefined) return place;
    throw new RangeError(
      `0x${n.toString(16)} is neither an offset in the module (0x${
        this.#module.bytes.length.toString(16)
      } bytes) nor an address of an instruction's code`,
    );
  }

  #ofLine([what, file, line, column]: RegExpExecArray): Place[] {
    const printed = file === "print" || this.#positions === undefined;
    const isOwn = file === "" || file === "print" || (this.#positions !== undefined && /\.was?t$/i.test(file));
    if (!isOwn && !hasSourceLines(this.#module)) {
      throw new RangeError(
        `the module has no DWARF and no source map, so no line of ${file} is known; :${line} is one of its text`,
      );
    }
    const places = !isOwn
      ? this.ofOrigin(file, Number(line))
      : printed
      ? [this.ofPrinted(Number(line))].filter((p) => p !== undefined)
      : this.ofSource(Number(line), column === undefined ? undefined : Number(column));
    if (places.length === 0) throw new RangeError(`no code stands at ${what}`);
    return places;
  }

  /** The instruction of a function's body at an offset that may also be a field's: a function stands for its first instruction. */
  #ofBody(offset: number): Place | undefined {
    try {
      return this.at(offset);
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  #place(index: number, around: number): Place {
    const module = this.#module, { codeStart, end } = module.funcs[index].body!;
    const { offsets, texts } = this.#instructions(index);
    const n = offsets.findLastIndex((o) => o <= around);
    const offset = offsets[n];
    const at = this.#positions?.at(offset);
    return {
      index,
      name: functionName(module, index),
      offset,
      bodyOffset: offset - codeStart,
      instruction: texts[n],
      bytes: module.bytes.slice(offset, offsets[n + 1] ?? end),
      printed: this.#textMap.lineOf(index, offset),
      source: at && { ...at, text: this.#positions!.line(at.line) },
      origin: sourceLine(module, offset),
      tiers: this.#places.tiers.flatMap((tier) => this.#inTier(tier, index, offset)),
    };
  }

  #inTier(tier: TierName, index: number, offset: number): PlaceInTier[] {
    const code = this.#places.of(tier, index);
    if (code === undefined) return [];
    const { map, end, unit, address } = code;
    const ranges: { start: number; end: number }[] = [];
    for (let k = 0; k < map.length; k += 2) {
      if (map[k + 1] !== offset) continue;
      const start = map[k], next = map[k + 2] ?? end;
      if (next > start) ranges.push({ start, end: next });
    }
    return [{ tier, unit, address, ranges }];
  }

  #instructions(index: number): Instructions {
    if (this.#latest?.index === index) return this.#latest;
    const module = this.#module, { codeStart, end } = module.funcs[index].body!;
    const r = new BytecodeReader(module.bytes, codeStart, end), scope = functionScope(module, index);
    const offsets: number[] = [], texts: string[] = [];
    while (r.pos < end) {
      r.next();
      offsets.push(r.at);
      texts.push(instructionText(r, scope));
    }
    return this.#latest = { index, offsets, texts };
  }

  get #textMap(): TextMap {
    return this.#text ??= new TextMap(this.#module);
  }

  /** A function that has a body. Throws RangeError. */
  #defined(func: string | number): number {
    const index = typeof func === "number" ? func : this.#indexOf(func);
    const { funcs, importedFuncs } = this.#module;
    if (index === undefined || !(index < funcs.length)) throw new RangeError(`the module has no function ${func}`);
    if (index < importedFuncs) throw new RangeError(`${functionName(this.#module, index)} is imported and has no code`);
    return index;
  }

  #indexOf(word: string): number | undefined {
    if (this.#names === undefined) {
      this.#names = new Map();
      const { funcs } = this.#module;
      for (let i = funcs.length - 1; i >= 0; i--) this.#names.set(functionName(this.#module, i), i);
      for (const e of this.#module.exports) if (e.kind === ExternKind.FUNC) this.#names.set(e.name, e.index);
    }
    const index = /^(?:(\d+)|func\[(\d+)\])$/.exec(word);
    return this.#names.get(word) ?? this.#names.get(word.replace(/^\$/, "")) ??
      (index === null ? undefined : Number(index[1] ?? index[2]));
  }
}
