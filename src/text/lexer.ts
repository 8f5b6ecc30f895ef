// The lexical grammar of the text format (specification 6.2, 6.3). Takes the source, gives arrays of tokens with their offsets.
// Comments and annotations are checked and left out; annotations that the parser knows are kept aside. What a token means is left to cursor.ts.

import { TextError } from "../wasm/errors.ts";

/** Kinds of tokens. An ATOM begins like a keyword or a number; RESERVED is any other run of characters that belong together. */
export const Tok = { LPAREN: 0, RPAREN: 1, ATOM: 2, ID: 3, STRING: 4, RESERVED: 5, EOF: 6 } as const;
/** A kind of tokens. */
export type Tok = (typeof Tok)[keyof typeof Tok];

const ILLEGAL = 0, SPACE = 1, IDCHAR = 2, LETTER = 3, OTHER = 4, QUOTE = 5, OPEN = 6, CLOSE = 7, SEMICOLON = 8;
const CLASS = new Uint8Array(128);
for (const c of "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&'*+-./:<=>?@\\^_`|~") CLASS[c.charCodeAt(0)] = IDCHAR;
for (const c of "abcdefghijklmnopqrstuvwxyz") CLASS[c.charCodeAt(0)] = LETTER;
for (const c of " \t\n\r") CLASS[c.charCodeAt(0)] = SPACE;
for (const c of ",[]{}") CLASS[c.charCodeAt(0)] = OTHER;
CLASS[0x22] = QUOTE;
CLASS[0x28] = OPEN;
CLASS[0x29] = CLOSE;
CLASS[0x3b] = SEMICOLON;

const LF = 0x0a, CR = 0x0d, DOLLAR = 0x24, BACKSLASH = 0x5c;

/** Whether the character may stand in a name after `$` without quotes. */
export function isIdChar(code: number): boolean {
  return code < 128 && (CLASS[code] === IDCHAR || CLASS[code] === LETTER);
}

/** Line and column of an offset, both from 1; columns count UTF-16 units. */
export function lineColumn(source: string, offset: number): { line: number; column: number } {
  let line = 1, start = 0;
  for (let i = source.indexOf("\n"); i >= 0 && i < offset; i = source.indexOf("\n", i + 1)) {
    line++;
    start = i + 1;
  }
  return { line, column: offset - start + 1 };
}

/** An annotation that means something to the parser; others are comments. */
export interface Annotation {
  readonly id: string;
  /** How many tokens stand before it. */
  readonly at: number;
  /** Offsets of the `(`, and of the contents behind the id. */
  readonly start: number;
  readonly contents: number;
  /** Offset of the `)`. */
  end: number;
}
const KNOWN_ANNOTATIONS = ["custom", "name", "metadata.code.branch_hint"];

/** All tokens of a source; the last one is EOF. */
export class Tokens {
  count = 0;
  kinds: Uint8Array = new Uint8Array(1024);
  starts: Int32Array = new Int32Array(1024);
  ends: Int32Array = new Int32Array(1024);
  /** The annotations that are known, in their order. */
  readonly annotations: Annotation[] = [];

  #lineOffset = 0;
  #line = 1;

  constructor(readonly source: string) {}

  /** The line of an offset, from 1; cheap for offsets that ascend. */
  line(offset: number): number {
    if (offset < this.#lineOffset) this.#lineOffset = 0, this.#line = 1;
    for (let i = this.#lineOffset; (i = this.source.indexOf("\n", i)) >= 0 && i < offset; i++) this.#line++;
    this.#lineOffset = offset;
    return this.#line;
  }
  push(kind: Tok, start: number, end: number): void {
    const i = this.count;
    if (i === this.kinds.length) this.#grow();
    this.kinds[i] = kind;
    this.starts[i] = start;
    this.ends[i] = end;
    this.count = i + 1;
  }
  #grow(): void {
    const n = this.count * 2;
    const kinds = new Uint8Array(n), starts = new Int32Array(n), ends = new Int32Array(n);
    kinds.set(this.kinds);
    starts.set(this.starts);
    ends.set(this.ends);
    this.kinds = kinds;
    this.starts = starts;
    this.ends = ends;
  }

  /** Throws a TextError at an offset of the source. */
  fail(message: string, offset: number): never {
    const { line, column } = lineColumn(this.source, offset);
    throw new TextError(message, line, column);
  }
}

/** Splits the source, or a part of it, into tokens. Throws a TextError where the lexical grammar is violated. */
export function tokenize(source: string, start = 0, end = source.length): Tokens {
  const tokens = new Tokens(source);
  new Lexer(tokens).run(start, end);
  return tokens;
}

class Lexer {
  readonly #tokens: Tokens;
  readonly #source: string;
  /** Open parentheses of the annotation that is being skipped; 0 outside of one. */
  #annotation = 0;
  #annotationStart = 0;
  #known: Annotation | undefined;

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
    this.#source = tokens.source;
  }

  run(start: number, length: number): void {
    const source = this.#source, tokens = this.#tokens;
    let pos = start;
    while (pos < length) {
      const c = source.charCodeAt(pos);
      switch (c < 128 ? CLASS[c] : ILLEGAL) {
        case SPACE:
          pos++;
          break;
        case OPEN: {
          const next = source.charCodeAt(pos + 1);
          if (next === 0x3b) {
            pos = this.#blockComment(pos);
          } else if (this.#annotation > 0) {
            this.#annotation++;
            pos++;
          } else if (next === 0x40) {
            pos = this.#openAnnotation(pos);
          } else {
            tokens.push(Tok.LPAREN, pos, pos + 1);
            pos++;
          }
          break;
        }
        case CLOSE:
          if (this.#annotation === 0) tokens.push(Tok.RPAREN, pos, pos + 1);
          else if (--this.#annotation === 0 && this.#known !== undefined) this.#known.end = pos;
          pos++;
          break;
        case SEMICOLON:
          pos = source.charCodeAt(pos + 1) === 0x3b ? this.#lineComment(pos) : this.#word(pos);
          break;
        case ILLEGAL:
          tokens.fail("illegal character", pos);
          break;
        default:
          pos = this.#word(pos);
      }
    }
    if (this.#annotation > 0) tokens.fail("unclosed annotation", this.#annotationStart);
    tokens.push(Tok.EOF, length, length);
  }

  /** Characters, strings and separators that stand together: one token. */
  #word(start: number): number {
    const source = this.#source;
    const first = source.charCodeAt(start);
    let pos = start, kind = first >= 128 ? ILLEGAL : CLASS[first];
    let plain = true, strings = 0;
    for (;; pos++) {
      const c = source.charCodeAt(pos);
      if (!(c < 128)) break;
      const k = CLASS[c];
      if (k === IDCHAR || k === LETTER) continue;
      if (k === QUOTE) {
        // A name in quotes has to be a well-formed string from its first character on.
        const quoted = pos === start + 1 && first === DOLLAR;
        pos = this.#string(pos, quoted ? "empty identifier" : undefined) - 1;
        strings++;
        plain = false;
        if (quoted && pos === start + 2) this.#tokens.fail("empty identifier", start);
        if (quoted) kind = QUOTE;
        continue;
      }
      if (k === OTHER || (k === SEMICOLON && source.charCodeAt(pos + 1) !== 0x3b)) {
        plain = false;
        strings = 2;
        continue;
      }
      break;
    }
    if (this.#annotation > 0) return pos;
    const closed = source.charCodeAt(pos - 1) === 0x22;
    let tok: Tok = Tok.RESERVED;
    if (first === DOLLAR) {
      if (pos === start + 1) this.#tokens.fail("empty identifier", start);
      // `$"…"` alone is a name; the string has to be the whole rest.
      if (plain || (kind === QUOTE && strings === 1 && closed && this.#stringEnd(start + 1) === pos)) tok = Tok.ID;
    } else if (plain) {
      if (kind === LETTER || (first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d) tok = Tok.ATOM;
    } else if (first === 0x22 && strings === 1 && closed && this.#stringEnd(start) === pos) {
      tok = Tok.STRING;
    }
    this.#tokens.push(tok, start, pos);
    return pos;
  }

  /** The end of a string that is known to be well-formed. */
  #stringEnd(start: number): number {
    const source = this.#source;
    let pos = start + 1;
    for (;; pos++) {
      const c = source.charCodeAt(pos);
      if (c === 0x22) return pos + 1;
      if (c === BACKSLASH) pos++;
    }
  }

  /** Checks a string, gives its end. A message given replaces those of strings that are not closed. */
  #string(start: number, message?: string): number {
    const source = this.#source, tokens = this.#tokens;
    let pos = start + 1;
    for (;;) {
      const c = source.charCodeAt(pos);
      if (c === 0x22) return pos + 1;
      if (c === BACKSLASH) {
        pos = this.#escape(pos);
      } else if (Number.isNaN(c) || c === LF || c === CR) {
        tokens.fail(message ?? "unclosed string", start);
      } else if (c < 0x20 || c === 0x7f) {
        tokens.fail(message ?? "illegal control character in string", pos);
      } else pos++;
    }
  }
  #escape(start: number): number {
    const source = this.#source;
    const c = source[start + 1];
    if (c !== undefined && "tnr\"'\\".includes(c)) return start + 2;
    if (c === "u") {
      const match = /^\{([0-9a-fA-F](?:_?[0-9a-fA-F])*)\}/.exec(source.slice(start + 2, start + 80));
      if (match === null) this.#tokens.fail("illegal escape", start);
      const code = parseInt(match[1].replaceAll("_", ""), 16);
      if (code >= 0x110000 || (code >= 0xd800 && code < 0xe000)) this.#tokens.fail("illegal escape", start);
      return start + 2 + match[0].length;
    }
    if (!/^[0-9a-fA-F]{2}$/.test(source.slice(start + 1, start + 3))) this.#tokens.fail("illegal escape", start);
    return start + 3;
  }

  #lineComment(start: number): number {
    const source = this.#source;
    for (let pos = start;; pos++) {
      const c = source.charCodeAt(pos);
      if (Number.isNaN(c) || c === LF || c === CR) return pos;
    }
  }
  #blockComment(start: number): number {
    const source = this.#source;
    let depth = 0, pos = start;
    do {
      const c = source.charCodeAt(pos);
      if (Number.isNaN(c)) this.#tokens.fail("unclosed comment", start);
      if (c === 0x28 && source.charCodeAt(pos + 1) === 0x3b) {
        depth++;
        pos += 2;
      } else if (c === 0x3b && source.charCodeAt(pos + 1) === 0x29) {
        depth--;
        pos += 2;
      } else pos++;
    } while (depth > 0);
    return pos;
  }

  /** `(@id` or `(@"…"`: begins to skip. */
  #openAnnotation(start: number): number {
    const source = this.#source, tokens = this.#tokens;
    let pos = start + 2;
    let id: string;
    if (source.charCodeAt(pos) === 0x22) {
      const end = this.#string(pos, "empty annotation id");
      id = decodeString(tokens, pos, end, true);
      pos = end;
    } else {
      while (isIdChar(source.charCodeAt(pos))) pos++;
      id = source.slice(start + 2, pos);
    }
    if (id === "") tokens.fail("empty annotation id", start);
    this.#known = KNOWN_ANNOTATIONS.includes(id) ? { id, at: tokens.count, start, contents: pos, end: pos } : undefined;
    if (this.#known !== undefined) tokens.annotations.push(this.#known);
    this.#annotation = 1;
    this.#annotationStart = start;
    return pos;
  }
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes that a string token between two offsets (with its quotes) stands for; with `utf8`, they have to be well-formed UTF-8. */
export function decodeString(tokens: Tokens, start: number, end: number, utf8: true): string;
export function decodeString(tokens: Tokens, start: number, end: number, utf8: false): Uint8Array;
export function decodeString(tokens: Tokens, start: number, end: number, utf8: boolean): string | Uint8Array {
  const text = tokens.source.slice(start + 1, end - 1);
  if (/^[\x20-\x5b\x5d-\x7e]*$/.test(text)) return utf8 ? text : ENCODER.encode(text);
  if (!text.isWellFormed()) tokens.fail("malformed UTF-8 encoding", start);
  const source = ENCODER.encode(text);
  const bytes = new Uint8Array(source.length);
  let n = 0;
  for (let i = 0; i < source.length;) {
    const c = source[i++];
    if (c !== BACKSLASH) {
      bytes[n++] = c;
      continue;
    }
    const escape = source[i];
    const simple = SIMPLE_ESCAPES[escape];
    if (simple !== undefined) {
      bytes[n++] = simple;
      i++;
    } else if (escape === 0x75) {
      const close = source.indexOf(0x7d, i);
      const digits = String.fromCharCode(...source.subarray(i + 2, close)).replaceAll("_", "");
      const encoded = ENCODER.encode(String.fromCodePoint(parseInt(digits, 16)));
      bytes.set(encoded, n);
      n += encoded.length;
      i = close + 1;
    } else {
      bytes[n++] = parseInt(String.fromCharCode(escape, source[i + 1]), 16);
      i += 2;
    }
  }
  const result = bytes.subarray(0, n);
  if (!utf8) return result;
  try {
    return DECODER.decode(result);
  } catch {
    tokens.fail("malformed UTF-8 encoding", start);
  }
}
const SIMPLE_ESCAPES: Record<number, number> = { 0x74: 9, 0x6e: 10, 0x72: 13, 0x22: 0x22, 0x27: 0x27, 0x5c: 0x5c };

/** Decodes a source given as bytes. Throws a TextError "malformed UTF-8 encoding" at the first wrong byte. */
export function decodeSource(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch {
    const lossy = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    const { line, column } = lineColumn(lossy, Math.max(0, lossy.indexOf("\ufffd")));
    throw new TextError("malformed UTF-8 encoding", line, column);
  }
}
