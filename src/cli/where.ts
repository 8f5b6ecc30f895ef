// `strata where`, and what it and the shell show of a place: an instruction by its offsets, its text, its source, and the code of each tier.

import { innerModule, modulePositions } from "../api/module.ts";
import { AddressMap, type Place } from "../debug/address_map.ts";
import { ModulePlaces } from "../engine/code_places.ts";
import type { Listing } from "../engine/listing.ts";
import type { TierName } from "../runtime/tier.ts";
import { ResourceError } from "../wasm/errors.ts";
import { compileModule } from "./compile.ts";
import { CommandError, ExitCode } from "./exit.ts";
import type { FeatureChange } from "./features.ts";
import { takesColours, writeLine } from "./output.ts";
import { TierLister } from "./tier_listing.ts";
import { count, type Paint, painter, visible } from "./repl/print.ts";

/** Options of the command. */
export interface WhereOptions {
  readonly features?: FeatureChange;
  readonly json?: boolean;
}

/** Gives the listing of a place's function in a tier. */
export type Lister = (place: Place, tier: TierName) => Promise<Listing>;

const hex = (n: number, digits = 2) => n.toString(16).padStart(digits, "0");

/** Finds what people write. Throws CommandError where there is no such place. */
export function findPlaces(addresses: AddressMap, what: string): Place[] {
  try {
    return addresses.find(what);
  } catch (error) {
    if (error instanceof RangeError) throw new CommandError(error.message);
    throw error;
  }
}

/** A place for programs: its bytes in hexadecimal. */
export function placeData(place: Place): Record<string, unknown> {
  return { ...place, bytes: Array.from(place.bytes, (b) => hex(b)).join("") };
}

/** A place for people. `file` is where the module came from. Machine code is shown as bytes where it cannot be taken apart here. */
export async function placeText(place: Place, file: string, list: Lister, paint: Paint): Promise<string> {
  const { name, bodyOffset, offset, instruction, printed, source } = place;
  const lines = [
    `${paint("head", `${name}+0x${hex(bodyOffset, 1)}`)} at ${paint("offset", `0x${hex(offset, 4)}`)}: ${
      paint("wasm", instruction)
    }`,
  ];
  const row = (word: string, text: string) => lines.push(`  ${word.padEnd(7)}  ${text}`);
  row("wasm", Array.from(place.bytes, (b) => hex(b)).join(" "));
  row("printed", `line ${printed.line}  ${paint("wasm", printed.text.trim())}`);
  if (source !== undefined) {
    row("source", `${file}:${source.line}:${source.column}  ${paint("comment", source.text.trim())}`);
  }
  if (place.origin !== undefined) row("origin", `${place.origin.file}:${place.origin.line}`);
  for (const { tier, unit, ranges, address } of place.tiers) {
    if (ranges.length === 0) {
      row(tier, "no code of its own");
      continue;
    }
    const parts = ranges.map(({ start, end }) =>
      unit !== "line" ? `+${hex(start)} to +${hex(end)}` : `line ${start}${end > start + 1 ? ` to ${end - 1}` : ""}`
    );
    const length = unit === "line" ? "" : `, ${count(ranges.reduce((n, r) => n + r.end - r.start, 0), unit)}`;
    const at = address === undefined ? "" : `, in memory from 0x${hex(address + ranges[0].start)}`;
    row(tier, parts.join(", ") + length + at);
    lines.push(...await codeLines(place, tier, list, paint));
  }
  return lines.join("\n");
}

async function codeLines(place: Place, tier: TierName, list: Lister, paint: Paint): Promise<string[]> {
  let listing: Listing;
  try {
    listing = await list(place, tier);
  } catch (error) {
    if (error instanceof ResourceError) return [paint("note", `    (${error.message})`)];
    throw error;
  }
  const machine = listing.rows.filter((r) => r.wasmOffset === place.offset).flatMap((r) => r.machine);
  return machine.map((m) => {
    const trap = m.trap === undefined ? "" : `  ${paint("trap", `; trap ${m.trap}`)}`;
    const at = tier === "js" ? String(m.offset).padStart(4) : hex(m.offset, 4);
    return `           ${paint("offset", at)}  ${paint("machine", m.text.trim())}${trap}`;
  });
}

/** Shows places of a module that is not run. Throws CommandError, and what compiling throws. */
export async function showWhere(
  spec: string,
  what: readonly string[],
  options: WhereOptions,
  write: (line: string) => void = writeLine,
): Promise<ExitCode> {
  const { module } = await compileModule(spec, options.features);
  const valid = innerModule(module);
  const addresses = new AddressMap(new ModulePlaces(valid), modulePositions(module));
  const paint = painter(takesColours());
  const lister = new TierLister(valid);
  const list: Lister = async (place, tier) => {
    const code = await lister.list(tier, place.index);
    // What the tier refuses has no places in it.
    if ("refusal" in code) throw new CommandError(code.refusal);
    return code.listing;
  };
  const found = what.map((word) => ({ word, places: findPlaces(addresses, word) }));
  for (const { word, places } of found) {
    for (const place of places) {
      if (options.json) write(JSON.stringify({ what: word, ...placeData(place) }));
      else write(visible(await placeText(place, spec, list, paint)));
    }
  }
  return ExitCode.OK;
}
