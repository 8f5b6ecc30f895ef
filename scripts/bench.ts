// Benchmarks, all in one run: kernels in every tier against V8 (TurboFan here, Liftoff in an interleaved child), speed of compilation, cost of calls, host calls and traps.
// Takes names of kernels to restrict the run, `--rounds N`, `--json`; prints medians, ratios and their geometric mean.

import { parseArgs } from "@std/cli";
import { Engine, type Instance, type TierName } from "../mod.ts";
import { type Kernel, loadKernels } from "./bench/kernels.ts";
import { Rival } from "./bench/rival.ts";
import { compileSpeed } from "./bench/compile_speed.ts";
import { callCosts } from "./bench/call_costs.ts";

const args = parseArgs(Deno.args, { string: ["rounds"], boolean: ["json", "no-interp"] });
const rounds = Number(args.rounds ?? 7);
const only = args._.map(String);

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
const tiers: TierName[] = args["no-interp"] ? ["jit"] : ["interp", "jit"];
const kernels = (await loadKernels()).filter((k) => only.length === 0 || only.includes(k.name));
using rival = new Rival();
const rows: Record<string, number | string>[] = [];
for (const kernel of kernels) {
  const expected = v8(kernel)()(kernel.n);
  if (kernel.result !== undefined && String(expected) !== kernel.result) {
    throw new Error(`${kernel.name}: V8 disagrees`);
  }
  const runs = new Map<string, Make>([["turbofan", v8(kernel)]]);
  for (const tier of tiers) if (native || tier === "interp") runs.set(tier, strata(kernel, tier));
  // The interpreter gets fewer rounds, so that the whole stays short.
  const times = new Map<string, number[]>([...runs.keys(), "liftoff"].map((k) => [k, []]));
  for (const run of runs.values()) time(kernel, run, expected);
  await rival.time(kernel, expected);
  for (let r = 0; r < rounds; r++) {
    for (const [name, run] of runs) {
      if (name === "interp" && r >= 3) continue;
      times.get(name)!.push(time(kernel, run, expected));
    }
    times.get("liftoff")!.push(await rival.time(kernel, expected));
  }
  const ms = (name: string) => times.get(name)?.length ? median(times.get(name)!) : NaN;
  const base = ms("turbofan");
  rows.push({
    kernel: kernel.name,
    "turbofan ms": base,
    "liftoff ×": ms("liftoff") / base,
    "jit ×": ms("jit") / base,
    "interp ×": ms("interp") / base,
  });
  if (!args.json) {
    console.error(
      `${kernel.name}: turbofan ${base.toFixed(2)} ms, × liftoff ${(ms("liftoff") / base).toFixed(2)}, jit ${
        (ms("jit") / base).toFixed(2)
      }, interp ${(ms("interp") / base).toFixed(1)}`,
    );
  }
}
const mean = (key: string) => geomean(rows.map((r) => r[key] as number).filter(Number.isFinite));
rows.push({ kernel: "geomean", "liftoff ×": mean("liftoff ×"), "jit ×": mean("jit ×"), "interp ×": mean("interp ×") });

const compile = native ? await compileSpeed(rival) : [];
const calls = callCosts(native ? tiers : ["interp"]);
if (args.json) {
  console.log(JSON.stringify({ kernels: rows, compile, calls }));
} else {
  const rounded = (r: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(r).map(([k, v]) => [k, typeof v === "number" ? Number(v.toPrecision(3)) : v]));
  console.log("\nTime of a kernel (median), as a multiple of V8 TurboFan's:");
  console.table(rows.map(rounded));
  console.log("Compilation, megabytes of Wasm per second (median):");
  console.table(compile.map(rounded));
  console.log("Nanoseconds, through the public API once warm (median):");
  console.table(calls.map(rounded));
}
