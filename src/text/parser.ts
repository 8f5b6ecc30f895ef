// From text to binary: takes the source of a module (specification 6.6), gives its bytes. Fields, types and instructions are read by the files of those names.

import { writeModule } from "../bytecode/module_writer.ts";
import { Cursor } from "./cursor.ts";
import { FieldParser } from "./fields.ts";
import { decodeSource, lineColumn, Tok, tokenize } from "./lexer.ts";

/** How to assemble. */
export interface AssembleOptions {
  /** Whether the names of the text go into a name section. Default: true. */
  readonly names?: boolean;
}

/** Where the instructions of an assembled module stand in its text. */
export class PositionMap {
  readonly #source: string;
  readonly #offsets: Float64Array;
  readonly #sources: Float64Array;

  /** Takes the text and pairs of a byte offset and an offset in the text, ascending. */
  constructor(source: string, pairs: readonly number[]) {
    this.#source = source;
    this.#offsets = Float64Array.from({ length: pairs.length / 2 }, (_, i) => pairs[2 * i]);
    this.#sources = Float64Array.from({ length: pairs.length / 2 }, (_, i) => pairs[2 * i + 1]);
  }
  /** How many instructions are known. */
  get size(): number {
    return this.#offsets.length;
  }
  /** Line and column, from 1, of the instruction at a byte offset of the module; undefined if none begins there. */
  exactly(offset: number): { line: number; column: number } | undefined {
    return this.#offsets.includes(offset) ? this.at(offset) : undefined;
  }
  /** Line and column, from 1, of the instruction at or before a byte offset of the module; undefined before the first. */
  at(offset: number): { line: number; column: number } | undefined {
    let low = 0, high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#offsets[middle] <= offset) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? undefined : lineColumn(this.#source, this.#sources[low - 1]);
  }
}

/** An assembled module. */
export interface Assembled {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly positions: PositionMap;
}

/**
 * Assembles a module in the text format: `(module …)`, also `binary` and `quote`, or fields alone. Gives the binary format and the places of the instructions.
 * Throws a TextError. Source given as bytes has to be UTF-8.
 */
export function assemble(source: string | Uint8Array, options: AssembleOptions = {}): Assembled {
  const c = new Cursor(tokenize(typeof source === "string" ? source : decodeSource(source)));
  if (!c.form("module")) return assembleFields(c, undefined, Tok.EOF, options);
  const result = assembleModule(c, options);
  if (c.kind() !== Tok.EOF) c.unexpected("the end of the text");
  return result;
}

/** {@link assemble}, giving the bytes alone. */
export function assembleText(source: string | Uint8Array, options: AssembleOptions = {}): Uint8Array<ArrayBuffer> {
  return assemble(source, options).bytes;
}

/** Assembles what stands behind `(module`, up to and with its `)`. */
export function assembleModule(c: Cursor, options: AssembleOptions): Assembled {
  const name = c.id();
  if (c.word("binary")) {
    const bytes = new Uint8Array(c.allBytes());
    c.close();
    return { bytes, positions: new PositionMap(c.source, []) };
  }
  if (c.word("quote")) {
    const text = c.allBytes();
    c.close();
    return assemble(text, options);
  }
  const result = assembleFields(c, name, Tok.RPAREN, options);
  c.close();
  return result;
}

/** Assembles fields up to a token of the kind `closing`, which is left. */
export function assembleFields(c: Cursor, name: string | undefined, closing: Tok, options: AssembleOptions): Assembled {
  const fields = new FieldParser(c);
  fields.parse();
  if (c.kind() !== closing) c.unexpected("a module field");
  const names = options.names === false ? undefined : { ...fields.ctx.names, module: fields.ctx.names.module ?? name };
  const { bytes, codeOffsets } = writeModule({ ...fields.decl, names });
  const pairs: number[] = [];
  fields.positions.forEach((list, i) => {
    for (let k = 0; k < list.length; k += 2) pairs.push(list[k] + codeOffsets[i], list[k + 1]);
  });
  return { bytes, positions: new PositionMap(c.source, pairs) };
}
