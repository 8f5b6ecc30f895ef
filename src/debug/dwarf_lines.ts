// DWARF's line tables (version 2 to 5, section 6.2): takes the bytes of `.debug_line` and of the sections with its strings, gives rows of address, file, line and column.
// Tables that are damaged give the rows before the damage. Nothing else of DWARF is read.

/** A row of a line table; it holds up to the address of the next row. */
export interface LineRow {
  readonly address: number;
  /** Path as the compiler had it; empty behind the end of a sequence. */
  readonly file: string;
  /** From 1 on; 0 where no line is known. */
  readonly line: number;
  readonly column: number;
}

/** The sections that are read, by their names. */
export type DebugSections = ReadonlyMap<string, Uint8Array>;

const Form = {
  BLOCK: 0x09,
  DATA1: 0x0b,
  DATA2: 0x05,
  DATA4: 0x06,
  DATA8: 0x07,
  STRING: 0x08,
  STRP: 0x0e,
  UDATA: 0x0f,
  DATA16: 0x1e,
  LINE_STRP: 0x1f,
} as const;
const CONTENT_PATH = 1, CONTENT_DIRECTORY = 2;
/** Sizes of programs that no compiler makes. */
const MAX_ROWS = 10_000_000;

/** A section that is damaged, or made in a way that is not read. */
class Damaged extends Error {}

/** Reads the little-endian numbers of DWARF. */
class Cursor {
  readonly #view: DataView;
  constructor(readonly bytes: Uint8Array, public at = 0, public end = bytes.length) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  #take(count: number): number {
    const { at } = this;
    if (count > this.end - at) throw new Damaged("it ends early");
    this.at += count;
    return at;
  }
  skip(count: number): void {
    this.#take(count);
  }
  u8(): number {
    return this.bytes[this.#take(1)];
  }
  i8(): number {
    return (this.u8() << 24) >> 24;
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }
  u64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }
  offset(wide: boolean): number {
    return wide ? this.u64() : this.u32();
  }
  uleb(): number {
    let value = 0;
    for (let unit = 1;; unit *= 128) {
      const byte = this.u8();
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  }
  sleb(): number {
    let value = 0, unit = 1;
    for (;;) {
      const byte = this.u8();
      value += (byte & 127) * unit;
      unit *= 128;
      if (byte < 128) return byte & 64 ? value - unit : value;
    }
  }
  string(): string {
    const begin = this.at;
    while (this.u8() !== 0) { /* Up to its end. */ }
    return new TextDecoder().decode(this.bytes.subarray(begin, this.at - 1));
  }
}

interface Entry {
  readonly path: string;
  readonly directory: number;
}

/** All rows of `.debug_line`, ascending by address. */
export function readLineRows(sections: DebugSections): LineRow[] {
  const bytes = sections.get(".debug_line");
  const rows: LineRow[] = [];
  if (bytes === undefined) return rows;
  const c = new Cursor(bytes);
  try {
    while (c.at < bytes.length) readUnit(c, sections, rows);
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
  }
  return rows.map((row, i) => ({ row, i })).sort((a, b) =>
    a.row.address - b.row.address || ends(b.row) - ends(a.row) || a.i - b.i
  )
    .map(({ row }) => row);
}

/** The end of a sequence stands before what begins there. */
function ends(row: LineRow): number {
  return row.file === "" ? 1 : 0;
}

function readUnit(c: Cursor, sections: DebugSections, rows: LineRow[]): void {
  let length = c.u32();
  const wide = length === 0xffffffff;
  if (wide) length = c.u64();
  const end = c.at + length;
  if (end > c.bytes.length) throw new Damaged("a unit is longer than its section");
  const unit = new Cursor(c.bytes, c.at, end);
  c.at = end;
  const version = unit.u16();
  if (version < 2 || version > 5) return;
  if (version >= 5) unit.skip(2);
  const headerLength = unit.offset(wide), program = unit.at + headerLength;
  const minInstruction = unit.u8();
  if (version >= 4) unit.skip(1);
  unit.skip(1);
  const lineBase = unit.i8(), lineRange = unit.u8(), opcodeBase = unit.u8();
  if (lineRange === 0) throw new Damaged("a line range of 0");
  const operands = Array.from({ length: Math.max(0, opcodeBase - 1) }, () => unit.u8());
  const { directories, files } = version >= 5 ? entriesOf5(unit, sections, wide) : entriesOf4(unit);
  unit.at = program;
  const pathOf = (file: number) => pathOfEntry(files[file], directories);
  const advance = { minInstruction, lineBase, lineRange, opcodeBase, operands, pathOf };
  runProgram(unit, advance, version, rows);
}

function pathOfEntry(entry: Entry | undefined, directories: readonly string[]): string {
  if (entry === undefined) return "?";
  const directory = directories[entry.directory] ?? "";
  if (entry.path.startsWith("/") || directory === "" || directory === ".") return entry.path;
  return `${directory}/${entry.path}`;
}

/** Directories and files before version 5: lists of strings, numbered from 1. */
function entriesOf4(c: Cursor): { directories: string[]; files: Entry[] } {
  const directories = [""], files: Entry[] = [{ path: "?", directory: 0 }];
  for (let name = c.string(); name !== ""; name = c.string()) directories.push(name);
  for (let path = c.string(); path !== ""; path = c.string()) {
    files.push({ path, directory: c.uleb() });
    c.uleb();
    c.uleb();
  }
  return { directories, files };
}

function entriesOf5(c: Cursor, sections: DebugSections, wide: boolean): { directories: string[]; files: Entry[] } {
  const directories = entryList(c, sections, wide).map((e) => e.path);
  return { directories, files: entryList(c, sections, wide) };
}

function entryList(c: Cursor, sections: DebugSections, wide: boolean): Entry[] {
  const formats = Array.from({ length: c.u8() }, () => [c.uleb(), c.uleb()]);
  const count = c.uleb();
  if (count > c.end - c.at) throw new Damaged("more entries than bytes");
  return Array.from({ length: count }, () => {
    let path = "?", directory = 0;
    for (const [content, form] of formats) {
      const value = readForm(c, form, sections, wide);
      if (content === CONTENT_PATH && typeof value === "string") path = value;
      if (content === CONTENT_DIRECTORY && typeof value === "number") directory = value;
    }
    return { path, directory };
  });
}

function readForm(c: Cursor, form: number, sections: DebugSections, wide: boolean): string | number | undefined {
  switch (form) {
    case Form.STRING:
      return c.string();
    case Form.LINE_STRP:
    case Form.STRP: {
      const offset = c.offset(wide), bytes = sections.get(form === Form.STRP ? ".debug_str" : ".debug_line_str");
      return bytes === undefined || offset >= bytes.length ? "?" : new Cursor(bytes, offset).string();
    }
    case Form.UDATA:
      return c.uleb();
    case Form.DATA1:
      return c.u8();
    case Form.DATA2:
      return c.u16();
    case Form.DATA4:
      return c.u32();
    case Form.DATA8:
      return c.u64();
    case Form.DATA16:
      return void c.skip(16);
    case Form.BLOCK:
      return void c.skip(c.uleb());
  }
  throw new Damaged(`form ${form}`);
}

interface Program {
  readonly minInstruction: number;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  /** Numbers of operands of the standard opcodes. */
  readonly operands: readonly number[];
  readonly pathOf: (file: number) => string;
}

/** Runs the program of a unit: standard opcodes 1 to 12, extended ones 1 and 2; others are passed over. */
function runProgram(c: Cursor, p: Program, version: number, rows: LineRow[]): void {
  const first = version >= 5 ? 0 : 1;
  let address = 0, file = 1, line = 1, column = 0;
  const reset = () => {
    address = column = 0;
    file = line = 1;
  };
  const add = (path: string) => {
    if (rows.length >= MAX_ROWS) throw new Damaged("too many rows");
    rows.push({ address, file: path, line: Math.max(0, line), column });
  };
  while (c.at < c.end) {
    const code = c.u8();
    if (code >= p.opcodeBase) {
      const step = code - p.opcodeBase;
      address += Math.floor(step / p.lineRange) * p.minInstruction;
      line += p.lineBase + step % p.lineRange;
      add(p.pathOf(Math.max(first, file)));
      continue;
    }
    switch (code) {
      case 0: {
        const length = c.uleb(), next = c.at + length;
        if (length === 0) break;
        const extended = c.u8();
        if (extended === 1) {
          line = 0;
          add("");
          reset();
        } else if (extended === 2) address = length > 5 ? c.u64() : c.u32();
        c.at = c.at > next ? c.at : next;
        break;
      }
      case 1:
        add(p.pathOf(Math.max(first, file)));
        break;
      case 2:
        address += c.uleb() * p.minInstruction;
        break;
      case 3:
        line += c.sleb();
        break;
      case 4:
        file = c.uleb();
        break;
      case 5:
        column = c.uleb();
        break;
      case 8:
        address += Math.floor((255 - p.opcodeBase) / p.lineRange) * p.minInstruction;
        break;
      case 9:
        address += c.u16();
        break;
      default:
        for (let n = p.operands[code - 1] ?? 0; n > 0; n--) c.uleb();
    }
  }
}
