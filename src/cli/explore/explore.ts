// `strata explore`: a module as one page that stands alone, with text, offsets and machine code of each tier side by side, and counts as heat.

import { innerModule, modulePositions } from "../../api/module.ts";
import type { TierChoice } from "../../engine/config.ts";
import { CODE_TIERS } from "../../engine/code_places.ts";
import type { TierName } from "../../runtime/tier.ts";
import { functionName, type Module } from "../../wasm/module.ts";
import { compileModule } from "../compile.ts";
import { CommandError, ExitCode, UsageError } from "../exit.ts";
import type { FeatureChange } from "../features.ts";
import { writeOutput } from "../output.ts";
import { Progress } from "../progress.ts";
import { count, size, visible } from "../repl/print.ts";
import { TierLister } from "../tier_listing.ts";
import { readCounts, runCounts } from "./counts.ts";
import { type Counts, packData, Packer } from "./pack.ts";
import html from "./page.html" with { type: "text" };
import css from "./page.css" with { type: "text" };
import script from "./page.js" with { type: "text" };

/** Options of the command. */
export interface ExploreOptions {
  /** The page's file; `-` for standard output. */
  readonly output?: string;
  /** Names, indices, or patterns with `*`: only these functions. */
  readonly func?: readonly string[];
  /** Tiers whose code is shown; all that have code if not given. */
  readonly tier?: readonly TierChoice[];
  readonly features?: FeatureChange;
  /** A file that `strata profile` wrote. */
  readonly profile?: string;
  /** An export to call, or the program to run, with counts. */
  readonly invoke?: string;
  readonly run?: boolean;
  /** Say what was written as an object. */
  readonly json?: boolean;
}

/** Bytes of functions up to which the code of all tiers is shown; beyond, that of `jit` alone. */
const ALL_TIERS_BYTES = 2 ** 20;
/** Bytes of functions up to which their machine code is shown, all together: a second for each 400 KB. */
const MACHINE_BYTES = 32 * 2 ** 20;

/** Writes the page. Throws CommandError, UsageError, and what compiling throws. */
export async function explore(spec: string, args: readonly string[], options: ExploreOptions): Promise<ExitCode> {
  using progress = new Progress(`reading ${visible(spec)}`);
  const { name, module } = await compileModule(spec, options.features);
  const valid = innerModule(module), inner = valid.module;
  const output = options.output ?? `${name}.html`;
  const functions = chosen(inner, options.func);
  const bytes = functions.reduce((n, i) => n + inner.funcs[i].body!.end - inner.funcs[i].body!.start, 0);
  const tiers = bytes > MACHINE_BYTES && options.func === undefined ? [] : chosenTiers(options.tier, bytes);
  if (tiers.length === 0 && options.tier === undefined) {
    console.error(`note: machine code is left out of ${size(bytes)} of functions: choose some with --func`);
  }
  const counts = await heat(spec, args, options, inner);
  const page = await makePage({
    title: spec,
    about: `${size(inner.bytes.length)}, ${count(functions.length, "function")}` +
      (functions.length < inner.funcs.length - inner.importedFuncs ? " of them chosen" : ""),
    packer: new Packer(new TierLister(valid), tiers, modulePositions(module), counts),
    functions,
    counts,
    progress: (part) => progress.tell(`taking ${visible(spec)} apart`, part),
  });
  await writeOutput(output, page);
  const written = { file: output, bytes: page.length, functions: functions.length };
  if (output !== "-") {
    console.log(
      options.json === true
        ? JSON.stringify(written)
        : `${output}: ${size(page.length)}, ${count(functions.length, "function")}`,
    );
  }
  return ExitCode.OK;
}

/** The counts that were asked for. */
async function heat(
  spec: string,
  args: readonly string[],
  options: ExploreOptions,
  module: Module,
): Promise<Counts | undefined> {
  const { profile, invoke, run, features } = options;
  if (args.length > 0 && invoke === undefined && !run) {
    throw new UsageError(`${args[0]} is an argument of what runs: --invoke names an export, --run runs the program`);
  }
  if (profile !== undefined && (invoke !== undefined || run)) {
    throw new UsageError("counts come from a profile, or from a run: --profile goes with neither --invoke nor --run");
  }
  if (profile !== undefined) return readCounts(profile, module);
  return invoke === undefined && !run ? undefined : await runCounts(spec, args, { invoke, features }, module);
}

function chosenTiers(choice: readonly TierChoice[] | undefined, bytes: number): readonly TierName[] {
  if (choice === undefined) return bytes > ALL_TIERS_BYTES ? ["jit"] : CODE_TIERS;
  for (const tier of choice) {
    if (tier !== "interp" && !CODE_TIERS.includes(tier as TierName)) {
      throw new UsageError(`tier ${tier} has no code to show; ${["interp", ...CODE_TIERS].join(", ")} can be chosen`);
    }
  }
  return CODE_TIERS.filter((tier) => choice.includes(tier));
}

/** The functions that the words mean, all that the module defines if there are none. Throws CommandError for a word that means none. */
function chosen(module: Module, words: readonly string[] | undefined): number[] {
  const own = Array.from({ length: module.funcs.length - module.importedFuncs }, (_, i) => module.importedFuncs + i);
  if (own.length === 0) throw new CommandError("the module has no functions of its own");
  if (words === undefined) return own;
  const found = new Set<number>();
  for (const word of words) {
    const pattern = word.replace(/^\$/, "").replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
    const regex = new RegExp(`^${pattern}$`, "s");
    const fitting = own.filter((i) => regex.test(functionName(module, i)) || String(i) === word);
    if (fitting.length === 0) throw new CommandError(`no function of the module is called ${word}`);
    for (const i of fitting) found.add(i);
  }
  return own.filter((i) => found.has(i));
}

interface PageContent {
  readonly title: string;
  readonly about: string;
  readonly packer: Packer;
  readonly functions: readonly number[];
  readonly counts: Counts | undefined;
  readonly progress: (part: number) => void;
}

async function makePage(content: PageContent): Promise<Uint8Array> {
  const { title, about, packer, functions, counts } = content;
  const { rows, parts } = await packer.packAll(functions, content.progress);
  const index = {
    about,
    tiers: packer.tiers,
    unit: counts?.unit,
    most: counts === undefined ? 0 : [...counts.at.values()].reduce((a, b) => Math.max(a, b), 1),
    sources: packer.positions !== undefined ? "text" : packer.hasSources && "origin",
    parts: parts.length,
    functions: rows,
  };
  const data = [["index", await packData(JSON.stringify(index))], ...parts.map((p, i) => [`part-${i}`, p])];
  const [before, after] = html.replace("<title></title>", `<title>${escape(title)}</title>`)
    .replace("<h1></h1>", `<h1>${escape(title)}</h1>`)
    .replace("<style></style>", () => `<style>\n${css}</style>`)
    .split("</body>");
  const encoder = new TextEncoder();
  const chunks = [before, ...data.map(([id, text]) => `<script type="text/plain" id="${id}">${text}</script>\n`)];
  chunks.push(`<script>\n${script}</script>\n</body>${after}`);
  return concat(chunks.map((text) => encoder.encode(text)));
}

function escape(text: string): string {
  return visible(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return all;
}
