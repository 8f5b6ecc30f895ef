// Benchmarks, all in one run: kernels in every tier against V8 (TurboFan here, Liftoff in an interleaved child) and wasm3 where it is, speed of compilation, cost of calls, host calls, traps and memories.
// Takes names of kernels to restrict the run (`--no-kernels`: none), modules whose compilation is timed, too, `--rounds N`, `--json`; prints medians, ratios and their geometric mean.

import { Engine, type Instance, type TierName } from "../mod.ts";
import { columns } from "../src/cli/repl/print.ts";
import { scriptArgs } from "./arguments.ts";
import { type Kernel, loadKernels } from "./bench/kernels.ts";
import { Rival } from "./bench/rival.ts";
import { compileSpeed } from "./bench/compile_speed.ts";
import { collectorRows } from "./bench/collector.ts";
import { callCosts } from "./bench/call_costs.ts";
import { memoryCosts } from "./bench/memory_costs.ts";

const args = scriptArgs("deno task bench [--rounds N] [--json] [--no-interp] [--no-kernels] [kernel…] [file.wasm…]", {
  string: ["rounds"],
  boolean: ["json", "no-interp", "no-kernels"],
});
const rounds = Number(args.rounds ?? 7);
const names = args._.map(String);
const modules = names.filter((name) => name.endsWith(".wasm")), only = names.filter((name) => !name.endsWith(".wasm"));

const median = (list: number[]) => list.toSorted((a, b) => a - b)[list.length >> 1];
const geomean = (list: number[]) => Math.exp(list.reduce((s, x) => s + Math.log(x), 0) / list.length);

type Run = (n: number) => unknown;
/** Makes a fresh instance, since a kernel may keep state, of a module that is compiled once. */
type Make = () => Run;
function strata(kernel: Kernel, tier: TierName): Make {
  const engine = new Engine({ tier });
  const module = engine.compile(kernel.bytes);
  let last: Instance | undefined;
  return () => {
    last?.dispose();
    const instance = last = engine.instantiate(module);
    return instance.exports.run;
  };
}
function v8(kernel: Kernel): Make {
  const module = new WebAssembly.Module(kernel.bytes as BufferSource);
  return () => new WebAssembly.Instance(module).exports.run as Run;
}

/** Milliseconds of one call; checks the result. */
function time(kernel: Kernel, make: Make, expected: unknown): number {
  const run = make(), { n } = kernel;
  const began = performance.now();
  const result = run(n);
  const ms = performance.now() - began;
  if (result !== expected) throw new Error(`${kernel.name}(${n}) gave ${result} instead of ${expected}`);
  return ms;
}

const native = Engine.nativeUnavailable === undefined;
const tiers: TierName[] = args["no-interp"] ? ["fast", "js", "jit"] : ["interp", "fast", "js", "jit"];
if (!native) console.error(`tier jit is left out: ${Engine.nativeUnavailable}`);
const known = await loadKernels();
for (const name of only) {
  if (known.some((k) => k.name === name)) continue;
  console.error(`error: there is no kernel ${name}; there are ${known.map((k) => k.name).join(", ")}`);
  Deno.exit(2);
}
const kernels = known.filter((k) => !args["no-kernels"] && (only.length === 0 || only.includes(k.name)));
using rival = Rival.liftoff();
using wasm3 = Rival.wasm3();
if (wasm3 === undefined && kernels.length > 0) {
  console.error("wasm3 is left out: there is no package pywasm3 for python3 (pip install pywasm3)");
}
const rows: Record<string, number | string>[] = [];
/** Tier js, called again and again in one instance. */
const ALONE = "js alone";
/** All that is timed beside TurboFan. */
const others = [
  "liftoff",
  ...tiers.filter((tier) => native || tier !== "jit").toReversed().flatMap((t) => t === "js" ? [ALONE, t] : [t]),
  ...(wasm3 ? ["wasm3"] : []),
];
for (const kernel of kernels) {
  const expected = v8(kernel)()(kernel.n);
  if (kernel.result !== undefined && String(expected) !== kernel.result) {
    throw new Error(`${kernel.name}: V8 disagrees`);
  }
  const runs = new Map<string, Make>([["turbofan", v8(kernel)]]);
  for (const tier of tiers) if (native || tier !== "jit") runs.set(tier, strata(kernel, tier));
  // V8 takes nothing of an instance for a constant once a module has had several: tier js is timed in one that is alone, too, with V8's own beside it for the results.
  const alone = strata(kernel, "js")(), aloneInV8 = v8(kernel)();
  const timeAlone = () => time(kernel, () => alone, aloneInV8(kernel.n));
  // The interpreters get fewer rounds, so that the whole stays short.
  const times = new Map<string, number[]>(["turbofan", ...others].map((k) => [k, []]));
  for (const run of runs.values()) time(kernel, run, expected);
  timeAlone();
  await rival.time(kernel, expected);
  const asked = [rival, ...(await wasm3?.time(kernel, expected) === undefined ? [] : [wasm3!])];
  for (let r = 0; r < rounds; r++) {
    for (const [name, run] of runs) {
      if ((name === "interp" || name === "fast") && r >= 3) continue;
      times.get(name)!.push(time(kernel, run, expected));
    }
    times.get(ALONE)!.push(timeAlone());
    for (const other of asked) times.get(other.name)!.push((await other.time(kernel, expected))!);
  }
  const ms = (name: string) => times.get(name)?.length ? median(times.get(name)!) : NaN;
  const base = ms("turbofan");
  const row: Record<string, number | string> = { kernel: kernel.name, "turbofan ms": base };
  for (const name of others) row[`${name} ×`] = ms(name) / base;
  rows.push(row);
  if (!args.json) {
    const ratios = others.map((name) => `${name} ${digits(row[`${name} ×`])}`).join(", ");
    console.error(`${kernel.name}: turbofan ${digits(base)} ms, × ${ratios}`);
  }
}
if (rows.length > 0) {
  const mean = (key: string) => geomean(rows.map((r) => r[key] as number).filter(Number.isFinite));
  rows.push({ kernel: "geomean", ...Object.fromEntries(others.map((name) => [`${name} ×`, mean(`${name} ×`)])) });
}

function digits(v: number | string | undefined): string {
  return typeof v === "number" ? (Math.abs(v) < 1000 ? v.toPrecision(3) : v.toFixed(0)) : v ?? "";
}

/** Rows under their keys, numbers to three digits. */
function table(rows: readonly Record<string, number | string>[]): string {
  const keys = Object.keys(rows[0] ?? {});
  return columns([keys, ...rows.map((r) => keys.map((k) => digits(r[k])))], keys.map((_, i) => i).slice(1)) + "\n";
}

const compile = native ? await compileSpeed(rival, modules) : [];
const calls = callCosts(native ? tiers : tiers.filter((t) => t !== "jit"));
const memory = memoryCosts(native ? tiers : tiers.filter((t) => t !== "jit"));
const heap = native ? collectorRows(rounds).map((row) => ({ ...row })) : [];
if (args.json) {
  console.log(JSON.stringify({ kernels: rows, compile, calls, memory, heap }));
} else {
  if (rows.length > 0) {
    console.log(
      "\nTime of a kernel (median), as a multiple of V8 TurboFan's, in a new instance each time; `js alone`: in the only one:",
    );
    console.log(table(rows));
  }
  console.log("Compilation, megabytes of Wasm per second (median):");
  console.log(table(compile));
  console.log("Nanoseconds, through the public API once warm (median):");
  console.log(table(calls));
  console.log("Memories, microseconds (median):");
  console.log(table(memory));
  console.log("The collector beside V8's, in what the unit says (median):");
  console.log(table(heap));
}
