// A cursor over tokens: what every parser of the text format asks for. Takes tokens, gives words, names, strings and numbers;
// errors are TextErrors that say what was expected.

import { opByName } from "../wasm/opcodes.ts";
import { type Annotation, decodeString, Tok, tokenize, type Tokens } from "./lexer.ts";
import { isNumber, type NumberFault, parseU32, parseUnsigned } from "./numbers.ts";

/** Words of the grammar beside instructions. Any other word is an "unknown operator". */
const WORDS = new Set(
  ("module binary quote definition instance type rec sub final func struct array field mut param result local import export table memory " +
    "global tag start elem data offset item declare shared pagesize i32 i64 f32 f64 v128 i8 i16 ref null any eq i31 extern exn none nofunc " +
    "noextern noexn anyref eqref i31ref structref arrayref funcref externref exnref nullref nullfuncref nullexternref nullexnref then catch " +
    "catch_ref catch_all catch_all_ref do delegate cont on switch descriptor describes exact i8x16 i16x8 i32x4 i64x2 f32x4 f64x2 nan:canonical nan:arithmetic " +
    "before after first last register invoke get thread wait either ref.extern ref.host assert_return assert_trap assert_exhaustion " +
    "assert_exception assert_invalid assert_malformed assert_unlinkable assert_malformed_custom assert_invalid_custom assert_suspension")
    .split(" "),
);

/** Reads tokens from `pos` on, before the token `end`. */
export class Cursor {
  readonly source: string;
  readonly #taken = new Set<Annotation>();

  constructor(readonly tokens: Tokens, public pos = 0, readonly end = tokens.count - 1) {
    this.source = tokens.source;
  }

  /** The kind of the token `ahead` of the current one; EOF at the end of the range. */
  kind(ahead = 0): Tok {
    const i = this.pos + ahead;
    return i >= this.end ? Tok.EOF : this.tokens.kinds[i] as Tok;
  }
  /** The text of the current token. */
  text(): string {
    const i = this.pos;
    return i >= this.end ? "" : this.source.slice(this.tokens.starts[i], this.tokens.ends[i]);
  }
  /** Offset of the current token in the source. */
  offset(): number {
    return this.tokens.starts[Math.min(this.pos, this.end)];
  }

  /** Throws a TextError at the token `at`. */
  fail(message: string, at = this.pos): never {
    this.tokens.fail(message, this.tokens.starts[Math.min(at, this.end)]);
  }
  /** Throws the TextError for a token that does not fit. */
  unexpected(expected: string): never {
    const kind = this.kind();
    if (kind === Tok.EOF) this.fail(`unexpected token: end of input, expected ${expected}`);
    const text = this.text();
    const known = kind !== Tok.RESERVED && (kind !== Tok.ATOM || isKnown(text));
    const shown = text.length > 40 ? text.slice(0, 40) + "…" : text;
    this.fail(
      known ? `unexpected token "${shown}", expected ${expected}` : `unknown operator ${shown}, expected ${expected}`,
    );
  }

  /** Whether the token `ahead` is the word. */
  isWord(word: string, ahead = 0): boolean {
    const i = this.pos + ahead;
    if (i >= this.end || this.tokens.kinds[i] !== Tok.ATOM) return false;
    const start = this.tokens.starts[i];
    return this.tokens.ends[i] - start === word.length && this.source.startsWith(word, start);
  }
  /** Whether `(word` comes next. */
  isForm(word: string): boolean {
    return this.kind() === Tok.LPAREN && this.isWord(word, 1);
  }
  /** Moves over the word if it comes next. */
  word(word: string): boolean {
    const found = this.isWord(word);
    if (found) this.pos++;
    return found;
  }
  /** Moves over `(word` if it comes next. */
  form(word: string): boolean {
    const found = this.isForm(word);
    if (found) this.pos += 2;
    return found;
  }
  /** The text of an ATOM, which is taken. */
  atom(expected: string): string {
    if (this.kind() !== Tok.ATOM) this.unexpected(expected);
    const text = this.text();
    this.pos++;
    return text;
  }
  open(expected = `"("`): void {
    if (this.kind() !== Tok.LPAREN) this.unexpected(expected);
    this.pos++;
  }
  close(expected = `")"`): void {
    if (this.kind() !== Tok.RPAREN) this.unexpected(expected);
    this.pos++;
  }
  isClose(): boolean {
    return this.kind() === Tok.RPAREN;
  }
  /** Moves behind the parenthesis that closes the form whose inside the cursor is in. */
  skipRest(): void {
    for (let depth = 1; depth > 0; this.pos++) {
      const kind = this.kind();
      if (kind === Tok.LPAREN) depth++;
      else if (kind === Tok.RPAREN) depth--;
      else if (kind === Tok.EOF) this.unexpected(`")"`);
    }
  }

  /** Moves over one token or one form in parentheses. */
  skipForm(): void {
    const kind = this.kind();
    if (kind === Tok.RPAREN || kind === Tok.EOF) this.unexpected("a form");
    this.pos++;
    if (kind === Tok.LPAREN) this.skipRest();
  }
  /** The line of the token at `at`, from 1. */
  line(at = this.pos): number {
    return this.tokens.line(this.tokens.starts[Math.min(at, this.end)]);
  }

  /** Takes the annotation of that id which stands before the current token, and gives a cursor over its contents; undefined if there is none. */
  annotation(id: string): Cursor | undefined {
    const list = this.tokens.annotations;
    let i = 0;
    for (let high = list.length; i < high;) {
      const middle = (i + high) >> 1;
      if (list[middle].at < this.pos) i = middle + 1;
      else high = middle;
    }
    for (; list[i]?.at === this.pos; i++) {
      const a = list[i];
      if (a.id !== id || this.#taken.has(a)) continue;
      this.#taken.add(a);
      return new Cursor(tokenize(this.source, a.contents, a.end));
    }
    return undefined;
  }
  /** Throws a TextError if an annotation before the current token, and not before `from`, was not taken. */
  checkAnnotations(from: number): void {
    for (const a of this.tokens.annotations) {
      if (a.at >= from && a.at <= this.pos && !this.#taken.has(a)) {
        const hint = a.id.startsWith("metadata.code.");
        this.tokens.fail(hint ? `@${a.id} annotation: not in a function` : `misplaced @${a.id} annotation`, a.start);
      }
    }
  }

  /** The name behind `$`, which is taken; undefined if there is none. */
  id(): string | undefined {
    if (this.kind() !== Tok.ID) return undefined;
    const start = this.tokens.starts[this.pos] + 1, end = this.tokens.ends[this.pos];
    this.pos++;
    return this.source.charCodeAt(start) === 0x22
      ? decodeString(this.tokens, start, end, true)
      : this.source.slice(start, end);
  }
  isString(): boolean {
    return this.kind() === Tok.STRING;
  }
  /** The bytes of a string. */
  bytes(): Uint8Array {
    if (this.kind() !== Tok.STRING) this.unexpected("a string");
    const i = this.pos++;
    return decodeString(this.tokens, this.tokens.starts[i], this.tokens.ends[i], false);
  }
  /** The bytes of all strings that follow, joined. */
  allBytes(): Uint8Array {
    const parts: Uint8Array[] = [];
    while (this.isString()) parts.push(this.bytes());
    if (parts.length === 1) return parts[0];
    const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
    let n = 0;
    for (const p of parts) {
      all.set(p, n);
      n += p.length;
    }
    return all;
  }
  /** A string that is UTF-8. */
  name(): string {
    if (this.kind() !== Tok.STRING) this.unexpected("a string");
    const i = this.pos++;
    return decodeString(this.tokens, this.tokens.starts[i], this.tokens.ends[i], true);
  }

  /** Whether a token that begins with a digit comes next. */
  isNat(): boolean {
    if (this.kind() !== Tok.ATOM) return false;
    const c = this.source.charCodeAt(this.tokens.starts[this.pos]);
    return c >= 0x30 && c <= 0x39;
  }
  /** Whether an index, as number or name, comes next. */
  isIndex(): boolean {
    return this.kind() === Tok.ID || this.isNat();
  }
  /** A number below 2^32 without sign. */
  u32(expected: string): number {
    return this.number(parseU32, expected, "i32 constant out of range");
  }
  /** A number below 2^64 without sign. */
  u64(expected: string): bigint {
    return this.number((text) => parseUnsigned(text, 64), expected, "i64 constant out of range");
  }
  /** A number that `parse` reads; its faults become TextErrors. */
  number<T>(parse: (text: string) => T | NumberFault, expected: string, range = "constant out of range"): T {
    if (this.kind() !== Tok.ATOM) this.unexpected(expected);
    const value = parse(this.text());
    if (value === "syntax") this.unexpected(expected);
    if (value === "range") this.fail(range);
    this.pos++;
    return value as T;
  }
}

function isKnown(text: string): boolean {
  return WORDS.has(text) || opByName(text) !== undefined || isNumber(text) ||
    /^(?:offset|align)=[0-9]/.test(text);
}
