// From text to binary: takes the source of a module (specification 6.6), gives its bytes. Fields, types and instructions are read by the files of those names.

import { writeModule } from "../bytecode/module_writer.ts";
import { Cursor } from "./cursor.ts";
import { FieldParser } from "./fields.ts";
import { decodeSource, Tok, tokenize } from "./lexer.ts";
import { PositionMap } from "./positions.ts";

/** How to assemble. */
export interface AssembleOptions {
  /** Whether the names of the text go into a name section. Default: true. */
  readonly names?: boolean;
}

/** An assembled module. */
export interface Assembled {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly positions: PositionMap;
}

/**
 * Assembles a module in the text format: `(module …)`, also `binary` and `quote`, or fields alone. Gives the binary format and the places of fields and instructions.
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
  const written = writeModule({ ...fields.decl, names });
  return { bytes: written.bytes, positions: new PositionMap(c.source, fields.pairs(written)) };
}
