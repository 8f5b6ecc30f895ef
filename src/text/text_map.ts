// Lines of a module's printed text and byte offsets of instructions, either from the other. Takes a Module; prints no more of it than a question needs.

import { BytecodeReader } from "../bytecode/reader.ts";
import type { Module } from "../wasm/module.ts";
import { type ModuleNames, moduleNames } from "./print_names.ts";
import { TextParts } from "./printer.ts";

/** A function's part of the printed text. */
export interface FunctionText {
  /** The first line's number in the module's text, from 1. */
  readonly line: number;
  readonly lines: readonly string[];
  /** By line, the byte offset of its instruction; -1 for a line that is none. */
  readonly offsets: readonly number[];
}

/** The text of a module as `printModule()` writes it, by lines. */
export class TextMap {
  readonly #parts: TextParts;
  readonly #names: ModuleNames;
  /** First line of each defined function, and the line behind the last. */
  #starts: Uint32Array | undefined;
  #latest: { readonly index: number; readonly text: FunctionText } | undefined;

  /** Takes the module. */
  constructor(readonly module: Module) {
    this.#parts = new TextParts(module);
    this.#names = moduleNames(module);
  }

  /** The text of a function that the module defines. */
  func(index: number): FunctionText {
    if (this.#latest?.index !== index) {
      const line = this.#firstLines[index - this.module.importedFuncs];
      this.#latest = { index, text: { line, ...this.#parts.func(index) } };
    }
    return this.#latest.text;
  }

  /** The line of the instruction at a byte offset of function `index`: its number, from 1, and what stands there. The last `end` has the last line. */
  lineOf(index: number, offset: number): { readonly line: number; readonly text: string } {
    const { line, lines, offsets } = this.func(index);
    const found = offsets.indexOf(offset);
    const at = found < 0 ? lines.length - 1 : found;
    return { line: line + at, text: lines[at] };
  }

  /** The function and byte offset of the instruction in a line, from 1; a function's first lines mean its first instruction. Undefined where no code stands. */
  at(line: number): { readonly index: number; readonly offset: number } | undefined {
    const starts = this.#firstLines, last = starts.length - 1;
    if (!(line >= starts[0] && line < starts[last])) return undefined;
    let low = 0, high = last;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= line) low = middle;
      else high = middle;
    }
    const index = this.module.importedFuncs + low;
    const offset = this.func(index).offsets[line - starts[low]];
    return { index, offset: offset < 0 ? this.module.funcs[index].body!.codeStart : offset };
  }

  get #firstLines(): Uint32Array {
    if (this.#starts !== undefined) return this.#starts;
    const { funcs, importedFuncs } = this.module;
    const starts = new Uint32Array(funcs.length - importedFuncs + 1);
    let line = this.#parts.head().length + 1;
    for (let i = importedFuncs; i < funcs.length; i++) {
      starts[i - importedFuncs] = line;
      line += this.#lineCount(i);
    }
    starts[starts.length - 1] = line;
    return this.#starts = starts;
  }

  /** Lines of a function without making them: its head, its locals, and each instruction but the last `end`. */
  #lineCount(index: number): number {
    const { type, body } = this.module.funcs[index];
    const locals = this.#names.locals(index);
    let count = 1, unnamed = false;
    for (let i = type.params.length; i < body!.localCount; i++) {
      const named = locals.id(i) !== undefined;
      if (named || !unnamed) count++;
      unnamed = !named;
    }
    const r = new BytecodeReader(this.module.bytes, body!.codeStart, body!.end);
    for (count--; r.pos < body!.end; count++) r.next();
    return count;
  }
}
