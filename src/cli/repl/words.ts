// A line of the shell as words. Strings in double quotes stay whole, with their quotes; their escapes are those of the text format.

import { UsageError } from "../exit.ts";

/** The words of a line. Throws UsageError for a string that does not end. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  const pattern = /\s*(?:"(?:[^"\\]|\\.)*"|[^\s"]+)+/gsy;
  let end = 0;
  for (let match = pattern.exec(line); match !== null; match = pattern.exec(line)) {
    words.push(match[0].trim());
    end = pattern.lastIndex;
  }
  if (line.slice(end).trim() !== "") throw new UsageError(`a string does not end: ${line.slice(end).trim()}`);
  return words;
}

/** Whether a word is a string. */
export function isString(word: string): boolean {
  return word.length >= 2 && word.startsWith('"') && word.endsWith('"');
}

/** A word without its quotes. */
export function unquote(word: string): string {
  return isString(word) ? new TextDecoder().decode(stringBytes(word)) : word;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", '"': '"', "'": "'", "\\": "\\" };

/** The bytes of a string in quotes (specification 6.3.3). Throws UsageError for an escape that is none. */
export function stringBytes(word: string): Uint8Array {
  const bytes: number[] = [];
  const push = (text: string) => bytes.push(...new TextEncoder().encode(text));
  const pattern = /\\(?:u\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{2})|(.))|([^\\]+)/gs;
  for (const [whole, point, byte, escape, plain] of word.slice(1, -1).matchAll(pattern)) {
    if (plain !== undefined) push(plain);
    else if (byte !== undefined) bytes.push(parseInt(byte, 16));
    else if (point !== undefined && parseInt(point, 16) <= 0x10ffff) push(String.fromCodePoint(parseInt(point, 16)));
    else if (escape !== undefined && Object.hasOwn(ESCAPES, escape)) push(ESCAPES[escape]);
    else throw new UsageError(`${whole} is no escape of a string`);
  }
  return new Uint8Array(bytes);
}

/**
 * Whether what was typed goes on in the next line: parentheses are open, or a string or block comment.
 * Only `:wat` spreads over lines, also behind `:try`; what else is open is for the command to refuse.
 */
export function needsMore(typed: string): boolean {
  const source = typed.replace(/^\s*:try?\s+/, "");
  if (!/^\s*:w(?:at?)?\b/.test(source)) return false;
  let depth = 0, comments = 0, seen = false;
  for (let i = 0; i < source.length; i++) {
    const two = source.slice(i, i + 2);
    if (comments > 0) {
      if (two === "(;" || two === ";)") comments += two === "(;" ? 1 : -1, i++;
    } else if (two === "(;") comments++, i++;
    else if (two === ";;") {
      const end = source.indexOf("\n", i);
      if (end < 0) break;
      i = end;
    } else if (source[i] === '"') {
      for (i++; i < source.length && source[i] !== '"'; i++) if (source[i] === "\\") i++;
      if (i >= source.length) return true;
    } else if (source[i] === "(") depth++, seen = true;
    else if (source[i] === ")") depth--;
  }
  return comments > 0 || depth > 0 || !seen && source.trim().split(/\s+/).length <= 1;
}

/** Words of a command, taken one after the other; what is wrong with them is a UsageError. */
export class Args {
  readonly #words: string[];
  /** `rest` is the line behind the command's name, as it was written. */
  constructor(words: readonly string[], readonly rest: string) {
    this.#words = [...words];
  }
  /** Words left. */
  get length(): number {
    return this.#words.length;
  }
  /** The next word, which stays. */
  peek(at = 0): string | undefined {
    return this.#words[at];
  }
  /** The next word; undefined at the end. */
  next(): string | undefined {
    return this.#words.shift();
  }
  /** The next word, which must be there. */
  need(what: string): string {
    const word = this.#words.shift();
    if (word === undefined) throw new UsageError(`${what} is missing`);
    return word;
  }
  /** All words left. */
  all(): string[] {
    return this.#words.splice(0);
  }
  /** Takes `--name` out, wherever it is. */
  flag(name: string): boolean {
    const at = this.#words.indexOf(name);
    if (at >= 0) this.#words.splice(at, 1);
    return at >= 0;
  }
  /** Takes `--name value` out, wherever it is. */
  option(name: string): string | undefined {
    const at = this.#words.indexOf(name);
    if (at < 0) return undefined;
    if (at + 1 >= this.#words.length) throw new UsageError(`${name} needs a value`);
    return this.#words.splice(at, 2)[1];
  }
  /** Nothing may be left. */
  end(): void {
    if (this.#words.length > 0) throw new UsageError(`too many words: ${this.#words.join(" ")}`);
  }
}

/** A number without sign for an address, a length, an index. Throws UsageError. */
export function parseCount(word: string, what: string): number {
  const digits = word.replaceAll("_", "");
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(digits)) throw new UsageError(`${what} is a number without sign, not ${word}`);
  return Number(digits);
}
