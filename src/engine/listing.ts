// Listings: takes a function's body and, if there is any, the machine code made for it; gives each Wasm instruction with its machine instructions,
// and all of it as text. Code that belongs to no instruction in order (prologue, stubs out of line) has rows of its own, where it stands.

import { fieldNames } from "../abi/field_names.ts";
import type { Code } from "../asm/code.ts";
import { BytecodeReader } from "../bytecode/reader.ts";
import { moduleLayout } from "../abi/vmctx.ts";
import { functionScope, type InstructionScope, instructionText } from "../text/print_instruction.ts";
import type { TierName } from "../runtime/tier.ts";
import { functionName, type Module } from "../wasm/module.ts";
import { ELSE, END, Imm } from "../wasm/opcodes.ts";
import { typeName } from "../wasm/types.ts";
import { disassemble, type MachineInstruction } from "./disassemble.ts";
import type { TierText } from "./tier_text.ts";

export type { MachineInstruction } from "./disassemble.ts";

/** A Wasm instruction with what was made of it, or a stretch of machine code that stands apart. */
export interface ListingRow {
  /** Code of an instruction in order, of the prologue, or out of line. */
  readonly kind: "instruction" | "prologue" | "out-of-line";
  /** Byte offset in the module of the instruction; of the one it serves, for code out of line; -1 for the prologue. */
  readonly wasmOffset: number;
  /** The same relative to the function's first instruction. */
  readonly bodyOffset: number;
  /** Number of blocks around it. */
  readonly depth: number;
  /** The instruction in the text format, or what the machine code is. */
  readonly text: string;
  /** What was made of it, ascending in the offsets. */
  readonly machine: readonly MachineInstruction[];
}

/** Parts of a listing's text, for whoever colours them. */
export type ListingPart = "head" | "offset" | "wasm" | "bytes" | "machine" | "label" | "trap" | "note";

/** How a listing is written. */
export interface ListingOptions {
  /** With the bytes of machine code; default no. */
  readonly bytes?: boolean;
  /** Colours a part; default none. */
  readonly paint?: (part: ListingPart, text: string) => string;
}

/** A function as a table of rows. */
export interface Listing {
  /** From the name section, else the first export, else `func[N]`. */
  readonly name: string;
  /** Index among the functions of the module. */
  readonly index: number;
  /** Its type as in the text format, e.g. `(param i32) (result i32)`. */
  readonly type: string;
  /** The tier whose code is shown; `interp` runs the Wasm bytes themselves. */
  readonly tier: TierName;
  /** Address of the code where it is installed. */
  readonly address: number | undefined;
  /** Bytes of machine code or register code, characters of JavaScript; 0 without code. */
  readonly codeBytes: number;
  /** Bytes of the function's body, locals included. */
  readonly wasmBytes: number;
  /** All of it, in the order of the machine code. */
  readonly rows: readonly ListingRow[];
  /** As text, a line per instruction. */
  toString(options?: ListingOptions): string;
}

/**
 * Lists function `index` of a module, with the machine code in `code`, which may be installed at `address`.
 * Throws TypeError for an imported function.
 */
export async function listFunction(
  module: Module,
  index: number,
  code: Code | undefined,
  address?: number,
): Promise<Listing> {
  if (code === undefined) return makeListing(module, index, "interp");
  const instructions = await disassemble(code, namesFor(module, index, functionScope(module, index)));
  const made = { instructions, map: code.sourceMap, size: code.bytes.length };
  return makeListing(module, index, "jit", made, address);
}

/** What a tier made of a function: instructions, the places of what they came from, and their size. */
type TierCode = Pick<TierText, "instructions" | "map" | "size">;

/** Lists function `index` of a module with what a tier made of it. Throws TypeError for an imported function. */
export function makeListing(
  module: Module,
  index: number,
  tier: TierName,
  code?: TierCode,
  address?: number,
): Listing {
  const { body, type } = module.funcs[index];
  if (body === undefined) throw new TypeError(`${functionName(module, index)} is imported and has no code`);
  const scope = functionScope(module, index);
  let rows = wasmRows(module, index, scope);
  if (code !== undefined) rows = attach(rows, code.instructions, code.map);
  const params = type.params.map((t) => typeName(t, scope.names.typeRef));
  const results = type.results.map((t) => typeName(t, scope.names.typeRef));
  const list = (word: string, types: string[]) => types.length === 0 ? "" : `(${word} ${types.join(" ")})`;
  const listing = {
    name: functionName(module, index),
    index,
    type: [list("param", params), list("result", results)].filter((x) => x !== "").join(" "),
    tier,
    address,
    codeBytes: code?.size ?? 0,
    wasmBytes: body.end - body.start,
    rows,
  } as const;
  return { ...listing, toString: (options) => listingText(listing, options) };
}

function namesFor(module: Module, index: number, scope: InstructionScope) {
  const locals = module.funcs[index].body!.localCount;
  return fieldNames(moduleLayout(module), module.importedGlobals, {
    local: (i) => i < locals ? `local ${scope.locals.ref(i)}` : undefined,
    global: (i) => scope.names.globals.ref(i),
    func: (i) => scope.names.funcs.ref(i),
    memory: (i) => scope.names.memories.ref(i),
    table: (i) => scope.names.tables.ref(i),
  });
}

/** A row per Wasm instruction, the last `end` included. */
function wasmRows(module: Module, index: number, scope: InstructionScope): ListingRow[] {
  const body = module.funcs[index].body!;
  const r = new BytecodeReader(module.bytes, body.codeStart, body.end);
  const rows: ListingRow[] = [];
  let depth = 0;
  while (r.pos < body.end) {
    const op = r.next();
    if (op === END || op === ELSE) depth--;
    rows.push({
      kind: "instruction",
      wasmOffset: r.at,
      bodyOffset: r.at - body.codeStart,
      depth: Math.max(depth, 0),
      text: instructionText(r, scope),
      machine: [],
    });
    if (op === ELSE || r.info.imm === Imm.BLOCK) depth++;
  }
  return rows;
}

/** Deals machine instructions out to the rows that the source map names; those that go back in the source get rows of their own. */
function attach(rows: ListingRow[], machine: readonly MachineInstruction[], sourceMap: Uint32Array): ListingRow[] {
  const rowOf = new Map(rows.map((r, i) => [r.wasmOffset, i]));
  const result: ListingRow[] = [];
  /** Rows before this one stand in the result. */
  let next = 0;
  /** The row that takes what comes, and its instructions. */
  let open: { row: number | "prologue"; machine: MachineInstruction[] } | undefined;
  let mark = -2;
  for (const instruction of machine) {
    while (mark + 2 < sourceMap.length && sourceMap[mark + 2] <= instruction.offset) mark += 2;
    const row = mark < 0 ? "prologue" : rowOf.get(sourceMap[mark + 1]) ?? "prologue";
    if (open === undefined || open.row !== row) {
      open = { row, machine: [] };
      if (row === "prologue") {
        const text = result.length === 0 ? "prologue" : "out of line";
        result.push({ kind: "prologue", wasmOffset: -1, bodyOffset: -1, depth: 0, text, machine: open.machine });
      } else if (row >= next) {
        result.push(...rows.slice(next, row), { ...rows[row], machine: open.machine });
        next = row + 1;
      } else result.push({ ...rows[row], kind: "out-of-line", depth: 0, machine: open.machine });
    }
    open.machine.push(instruction);
  }
  // Instructions without code may stand between the last one with code and the stubs.
  const end = result.findLastIndex((r) => r.kind === "instruction") + 1;
  result.splice(end, 0, ...rows.slice(next));
  return result;
}

const hex = (n: number, digits: number) => n.toString(16).padStart(digits, "0");

function listingText(listing: Omit<Listing, "toString">, options: ListingOptions = {}): string {
  const paint = options.paint ?? ((_part: ListingPart, text: string) => text);
  const native = listing.codeBytes > 0;
  const type = listing.type === "" ? "" : ` ${listing.type}`;
  const wasm = `function ${listing.index}: ${listing.wasmBytes} bytes of Wasm`;
  const place = listing.address === undefined ? "" : ` at 0x${listing.address.toString(16)}`;
  const code = native ? ` → ${listing.codeBytes} ${WORDS[listing.tier]} (tier ${listing.tier})${place}` : "";
  const lines = [paint("head", listing.name + type), paint("note", wasm + code)];
  for (const row of listing.rows) {
    if (row.kind === "instruction") {
      const offsets = `0x${hex(row.wasmOffset, 4)} +${hex(row.bodyOffset, 2)}`;
      lines.push(`${paint("offset", offsets.padEnd(12))} ${paint("wasm", "  ".repeat(row.depth) + row.text)}`);
    } else {
      const of = row.kind === "out-of-line" ? `out of line, for 0x${hex(row.wasmOffset, 4)} ${row.text}` : row.text;
      lines.push(paint("note", `${" ".repeat(13)}${of}`));
    }
    for (const m of row.machine) {
      lines.push(machineLine(m, options.bytes ?? false, listing.tier === "js" ? 10 : 16, paint));
    }
  }
  return lines.join("\n");
}

/** Bytes of the longest usual instruction in the column of bytes. */
const BYTE_COLUMN = 10;
/** Characters of an instruction with a trap, so that traps stand in a column. */
const TEXT_COLUMN = 24;

/** What a tier's code is made of. */
const WORDS: Readonly<Record<TierName, string>> = {
  interp: "bytes",
  fast: "bytes of register code",
  js: "characters of JavaScript",
  jit: "bytes of machine code",
};

function machineLine(
  m: MachineInstruction,
  bytes: boolean,
  base: 10 | 16,
  paint: NonNullable<ListingOptions["paint"]>,
): string {
  const label = paint("label", (m.label === undefined ? "" : `${m.label}:`).padStart(12));
  const offset = paint("offset", base === 16 ? hex(m.offset, 4) : String(m.offset).padStart(4));
  const raw = bytes
    ? paint("bytes", Array.from(m.bytes, (b) => hex(b, 2)).join(" ").padEnd(BYTE_COLUMN * 3)) + " "
    : "";
  const trap = m.trap === undefined ? "" : `  ${paint("trap", `; trap ${m.trap}`)}`;
  const text = m.trap === undefined ? m.text : m.text.padEnd(TEXT_COLUMN);
  return `${label}  ${offset}  ${raw}${paint("machine", text)}${trap}`;
}
