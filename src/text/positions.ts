// Where the parts of an assembled module stand in its text: takes pairs of offsets that the parser collects, gives lines and columns for byte offsets, and back.

/** A place in a text. */
export interface TextPlace {
  /** Counts from 1. */
  readonly line: number;
  /** Counts from 1, in UTF-16 units. */
  readonly column: number;
}

/** The last index whose value is at most `value`, in an ascending list; -1 if there is none. */
function lastAtMost(list: ArrayLike<number>, value: number): number {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Offsets at which the lines of a text begin. */
function lineStarts(source: string): Uint32Array {
  const starts = [0];
  for (let i = source.indexOf("\n"); i >= 0; i = source.indexOf("\n", i + 1)) starts.push(i + 1);
  return Uint32Array.from(starts);
}

/** Where the fields and instructions of an assembled module stand in its text. */
export class PositionMap {
  readonly #offsets: Uint32Array;
  readonly #sources: Uint32Array;
  #lines: Uint32Array | undefined;
  #byLine: Map<number, number[]> | undefined;

  /** Takes the text and pairs of a byte offset and an offset in the text, ascending in the byte offset. */
  constructor(readonly source: string, pairs: readonly number[]) {
    this.#offsets = Uint32Array.from({ length: pairs.length / 2 }, (_, i) => pairs[2 * i]);
    this.#sources = Uint32Array.from({ length: pairs.length / 2 }, (_, i) => pairs[2 * i + 1]);
  }
  /** How many fields and instructions are known. */
  get size(): number {
    return this.#offsets.length;
  }
  get #lineStarts(): Uint32Array {
    return this.#lines ??= lineStarts(this.source);
  }
  /** How many lines the text has. */
  get lineCount(): number {
    return this.#lineStarts.length;
  }
  /** A line of the text, from 1, without its line feed. Throws RangeError beyond the end. */
  line(line: number): string {
    const starts = this.#lineStarts;
    if (!(line >= 1 && line <= starts.length)) throw new RangeError(`the text has no line ${line}`);
    return this.source.slice(starts[line - 1], starts[line] ?? this.source.length).replace(/\r?\n$/, "");
  }
  /** The place of the field or instruction at or before a byte offset of the module; undefined before the first. */
  at(offset: number): TextPlace | undefined {
    const i = lastAtMost(this.#offsets, offset);
    return i < 0 ? undefined : this.#place(this.#sources[i]);
  }
  /** Byte offsets, ascending, of the fields and instructions that begin in a line; with a column, of the one at or before it. None for a line without any. */
  offsetsAt(line: number, column?: number): readonly number[] {
    if (this.#byLine === undefined) {
      this.#byLine = new Map();
      for (let i = 0; i < this.size; i++) {
        const of = this.#place(this.#sources[i]).line;
        const list = this.#byLine.get(of);
        if (list === undefined) this.#byLine.set(of, [i]);
        else list.push(i);
      }
    }
    const found = this.#byLine.get(line) ?? [];
    if (column === undefined || found.length === 0) return found.map((i) => this.#offsets[i]);
    const columnOf = (i: number) => this.#sources[i] - this.#lineStarts[line - 1] + 1;
    // The parenthesis in front belongs to it.
    const first = (i: number) => columnOf(i) - (this.source[this.#sources[i] - 1] === "(" ? 1 : 0);
    const before = found.filter((i) => first(i) <= column);
    const best = before.length === 0 ? found[0] : before.reduce((a, b) => columnOf(b) > columnOf(a) ? b : a);
    return [this.#offsets[best]];
  }
  #place(source: number): TextPlace {
    const line = lastAtMost(this.#lineStarts, source);
    return { line: line + 1, column: source - this.#lineStarts[line] + 1 };
  }
}
