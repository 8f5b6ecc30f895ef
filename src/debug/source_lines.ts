// Files and lines of a module's instructions: from a source map that somebody gave or that stands in the module, else from DWARF. Read when first asked for.

import { ByteReader } from "../bytecode/byte_reader.ts";
import type { Module } from "../wasm/module.ts";
import { type LineRow, readLineRows } from "./dwarf_lines.ts";
import { type Mapping, readSourceMap, sourceMapInUrl } from "./source_map.ts";

/** A place in a source file. */
export interface SourceLine {
  /** Path or name, as the compiler had it. */
  readonly file: string;
  /** From 1 on. */
  readonly line: number;
  /** From 1 on; 0 where it is not known. */
  readonly column: number;
}

interface Row {
  readonly offset: number;
  readonly source: SourceLine | undefined;
}
const ROWS = new WeakMap<Module, readonly Row[]>();
const CODE_SECTION = 10, HEADER_BYTES = 8;

/** Byte offset of the contents of the code section, from which DWARF counts addresses; -1 without one. */
function codeStart(bytes: Uint8Array): number {
  const r = new ByteReader(bytes, HEADER_BYTES);
  while (r.pos < bytes.length) {
    const id = r.u8(), size = r.u32();
    if (id === CODE_SECTION) return r.pos;
    r.pos += size;
  }
  return -1;
}

function customSection(module: Module, name: string): Uint8Array | undefined {
  const found = module.customs.find((c) => c.name === name);
  return found && module.bytes.subarray(found.start, found.end);
}

/** The address of the module's source map, as its custom section `sourceMappingURL` gives it. */
export function sourceMapUrl(module: Module): string | undefined {
  const bytes = customSection(module, "sourceMappingURL");
  if (bytes === undefined) return undefined;
  try {
    return new ByteReader(bytes).name();
  } catch {
    return undefined;
  }
}

function rowsOfMap(mappings: readonly Mapping[]): Row[] {
  return mappings.map(({ offset, source }) => ({ offset, source }));
}

function rowsOfDwarf(module: Module): Row[] {
  const sections = new Map<string, Uint8Array>();
  for (const { name } of module.customs) {
    if (name.startsWith(".debug_")) sections.set(name, customSection(module, name)!);
  }
  const start = codeStart(module.bytes), rows: Row[] = [];
  let last: LineRow | undefined;
  for (const row of readLineRows(sections)) {
    const { file, column } = row;
    // What the compiler made without a line belongs to the line before.
    const line = row.line === 0 && last?.file === file ? last.line : row.line;
    last = { ...row, line };
    rows.push({ offset: start + row.address, source: file === "" || line === 0 ? undefined : { file, line, column } });
  }
  return rows;
}

/** Gives the source map of a module, when somebody has read it from where `sourceMapUrl()` says. Throws SyntaxError for what is none. */
export function useSourceMap(module: Module, json: string): void {
  ROWS.set(module, rowsOfMap(readSourceMap(json)));
}

function rowsOf(module: Module): readonly Row[] {
  let rows = ROWS.get(module);
  if (rows === undefined) {
    const url = sourceMapUrl(module);
    const inline = url === undefined ? undefined : mapIn(url);
    rows = inline ?? rowsOfDwarf(module);
    ROWS.set(module, rows);
  }
  return rows;
}

/** The rows of a map that the module has within itself. What is damaged counts as none. */
function mapIn(url: string): Row[] | undefined {
  try {
    const json = sourceMapInUrl(url);
    return json === undefined ? undefined : rowsOfMap(readSourceMap(json));
  } catch {
    return undefined;
  }
}

/** Whether anything is known about the module's sources. */
export function hasSourceLines(module: Module): boolean {
  return rowsOf(module).length > 0;
}

/** File, line and column of the instruction at a byte offset in the module; undefined where nothing is known about it. */
export function sourceLine(module: Module, offset: number): SourceLine | undefined {
  const rows = rowsOf(module);
  let low = 0, high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle].offset <= offset) low = middle + 1;
    else high = middle;
  }
  return rows[low - 1]?.source;
}
