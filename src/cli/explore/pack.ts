// What the explorer's page holds of each function: its lines, offsets, counts and code, as plain data in compressed parts. The page's script (page.js) is the reader.

import type { Listing } from "../../engine/listing.ts";
import { hasSourceLines, sourceLine } from "../../debug/source_lines.ts";
import type { TierName } from "../../runtime/tier.ts";
import { moduleNames } from "../../text/print_names.ts";
import type { PositionMap } from "../../text/positions.ts";
import { TextMap } from "../../text/text_map.ts";
import { functionName, type Module } from "../../wasm/module.ts";
import type { TierLister } from "../tier_listing.ts";

/** How often something happened at byte offsets of a module. */
export interface Counts {
  /** What is counted, in the plural: `executions`, `samples`. */
  readonly unit: string;
  readonly at: ReadonlyMap<number, number>;
}

/** Numbers, each as the difference to the one before, the first to 0: these compress to half. */
type Differences = number[];

/** One tier's code of a function. Instructions are numbered as they stand. */
interface PackedCode {
  readonly bytes: number;
  /** By instruction the line that it belongs to, or -1 minus that line for code out of line. */
  readonly of: Differences;
  /** By instruction its offset in the code. */
  readonly places: Differences;
  /** A line per instruction. */
  readonly text: string;
  readonly labels: Record<number, string>;
  readonly traps: Record<number, string>;
}

/** A function as the page reads it. Lists are by line. */
export interface PackedFunction {
  readonly index: number;
  readonly type: string;
  /** The printed text, and `end` of the function in a line of its own. */
  readonly text: string;
  /** Byte offsets; -1 for lines that are no instruction. */
  readonly offsets: Differences;
  /** `line:column` in the text that the module was assembled from, or `file:line` of the program that it was compiled from. */
  readonly sources?: string[];
  readonly counts?: number[];
  readonly tiers: Record<string, PackedCode>;
  /** By tier, why it has no code. */
  readonly reasons: Record<string, string>;
}

/** A row of the index: function index, name, `$id`, first and last offset, bytes, part, sum of counts. */
export type IndexRow = [
  index: number,
  name: string,
  id: string,
  start: number,
  end: number,
  bytes: number,
  part: number,
  count: number,
];

/** Characters of a part before it is compressed, at least: one that is opened takes some milliseconds. */
const PART_CHARACTERS = 400_000;

/** Compresses data and gives it in base64. */
export async function packData(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer()).toBase64();
}

function differences(list: readonly number[]): Differences {
  return list.map((n, i) => n - (i === 0 ? 0 : list[i - 1]));
}

function packCode(listing: Listing, lineOf: ReadonlyMap<number, number>): PackedCode {
  const labels: Record<number, string> = {}, traps: Record<number, string> = {};
  const lines: string[] = [], of: number[] = [], places: number[] = [];
  for (const row of listing.rows) {
    const line = lineOf.get(row.wasmOffset) ?? 0;
    // What stands before the first instruction belongs to the function's head.
    const apart = row.kind === "out-of-line" || row.kind === "prologue" && lines.length > 0;
    for (const m of row.machine) {
      if (m.label !== undefined) labels[lines.length] = m.label;
      if (m.trap !== undefined) traps[lines.length] = m.trap;
      of.push(apart ? -1 - line : line);
      places.push(m.offset);
      lines.push(m.text.replaceAll("\n", " "));
    }
  }
  const text = lines.join("\n");
  return { bytes: listing.codeBytes, of: differences(of), places: differences(places), text, labels, traps };
}

/** Makes the data of functions. */
export class Packer {
  readonly #text: TextMap;
  readonly #module: Module;

  constructor(
    readonly lister: TierLister,
    readonly tiers: readonly TierName[],
    readonly positions: PositionMap | undefined,
    readonly counts: Counts | undefined,
  ) {
    this.#module = lister.valid.module;
    this.#text = new TextMap(this.#module);
  }

  /** Whether lines of the text that it was assembled from, or of the program that it was compiled from, are known. */
  get hasSources(): boolean {
    return this.positions !== undefined || hasSourceLines(this.#module);
  }

  /** A function that the module defines. Throws ResourceError where machine code cannot be taken apart. */
  async pack(index: number): Promise<PackedFunction> {
    const { codeStart, end } = this.#module.funcs[index].body!;
    const printed = this.#text.func(index);
    const lines = [...printed.lines], offsets = [...printed.offsets];
    // The parenthesis that closes the function stands for its last `end`, which has code of its own.
    lines[lines.length - 1] = lines[lines.length - 1].slice(0, -1);
    lines.push("  )");
    offsets.push(end - 1);
    const lineOf = new Map(
      offsets.map((offset, line) => [offset, line]).filter(([offset]) => offset >= 0) as [
        number,
        number,
      ][],
    );
    const tiers: Record<string, PackedCode> = {}, reasons: Record<string, string> = {};
    let type: string | undefined;
    for (const tier of this.tiers) {
      const code = await this.lister.list(tier, index);
      if ("refusal" in code) reasons[tier] = code.refusal;
      else {
        tiers[tier] = packCode(code.listing, lineOf);
        ({ type } = code.listing);
      }
    }
    const interp = type ?? (await this.lister.list("interp", index) as { listing: Listing }).listing.type;
    const counts = this.counts && offsets.map((o) => o < codeStart ? 0 : this.counts!.at.get(o) ?? 0);
    return {
      index,
      type: interp,
      text: lines.join("\n"),
      offsets: differences(offsets),
      ...(!this.hasSources ? {} : { sources: offsets.map((o) => this.#source(o)) }),
      ...(counts?.some((n) => n > 0) ? { counts } : {}),
      tiers,
      reasons,
    };
  }

  #source(offset: number): string {
    if (offset < 0) return "";
    const place = this.positions?.at(offset);
    if (place !== undefined) return `${place.line}:${place.column}`;
    const origin = sourceLine(this.#module, offset);
    return origin === undefined ? "" : `${origin.file.replace(/^.*[/\\]/, "")}:${origin.line}`;
  }

  /** All `functions` in compressed parts, and the rows of the index for them. `progress` is told which part is done. */
  async packAll(
    functions: readonly number[],
    progress: (part: number) => void,
  ): Promise<{ rows: IndexRow[]; parts: string[] }> {
    const names = moduleNames(this.#module).funcs;
    const rows: IndexRow[] = [], parts: string[] = [];
    const total = functions.reduce((n, i) => n + this.#bytes(i), 0);
    let pending: string[] = [], characters = 0, done = 0;
    const flush = async () => {
      if (pending.length > 0) parts.push(await packData(`[${pending.join(",")}]`));
      pending = [];
      characters = 0;
    };
    for (const index of functions) {
      const packed = await this.pack(index);
      const json = JSON.stringify(packed);
      const { codeStart, end } = this.#module.funcs[index].body!;
      const count = packed.counts?.reduce((a, b) => a + b, 0) ?? 0;
      const name = functionName(this.#module, index);
      rows.push([index, name, names.ref(index), codeStart, end, this.#bytes(index), parts.length, count]);
      pending.push(json);
      characters += json.length;
      done += this.#bytes(index);
      if (characters >= PART_CHARACTERS) await flush();
      progress(total === 0 ? 1 : done / total);
    }
    await flush();
    return { rows, parts };
  }

  #bytes(index: number): number {
    const { start, end } = this.#module.funcs[index].body!;
    return end - start;
  }
}
