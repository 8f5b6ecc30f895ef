// How fast modules are compiled: decode, validate and the one-pass compiler, in megabytes of Wasm per second, beside V8's Liftoff on one thread.

import { fromFileUrl } from "@std/path";
import { BASELINE_CPU } from "../../src/platform/cpu.ts";
import { compiler, decode, validate } from "../../src/engine/pipeline.ts";
import { loadKernels } from "./kernels.ts";
import type { Rival } from "./rival.ts";

const PROGRAMS = new URL("../../../shared/programs/", import.meta.url);

async function modules(): Promise<[string, Uint8Array][]> {
  const list: [string, Uint8Array][] = [];
  try {
    for await (const e of Deno.readDir(PROGRAMS)) {
      if (e.name.endsWith(".wasm")) list.push([e.name.slice(0, -5), await Deno.readFile(new URL(e.name, PROGRAMS))]);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.error(`No programs in ${fromFileUrl(PROGRAMS)}; compile speed is told for kernels only.`);
    for (const k of await loadKernels()) list.push([k.name, k.bytes]);
  }
  return list.sort((a, b) => a[0].localeCompare(b[0]));
}

const median = (list: number[]) => list.toSorted((a, b) => a - b)[list.length >> 1];
const geomean = (list: number[]) => Math.exp(list.reduce((s, x) => s + Math.log(x), 0) / list.length);

/** Rounds before the first that counts: by then V8 has optimised the compiler. */
const WARM_UP = 8;
const ROUNDS = 9;

/** A row per module, of the usual ones and of `more` (files), and one for all. */
export async function compileSpeed(
  rival: Rival,
  more: readonly string[] = [],
): Promise<Record<string, number | string>[]> {
  const list = await modules();
  for (const file of more) list.push([file.replace(/^.*\/|\.wasm$/g, ""), await Deno.readFile(file)]);
  const runs = list.map(([name, bytes]) => ({ name, bytes, front: [], back: [], liftoff: [], codeBytes: 0 } as Run));
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const run of runs) {
      time(run);
      run.liftoff.push(await rival.compile(run.name, run.bytes));
    }
  }
  const rows = runs.map(({ name, bytes, front, back, liftoff, codeBytes }): Record<string, number | string> => {
    const speed = (ms: number) => bytes.length / 1e6 / (ms / 1e3);
    const [f, b, l] = [front, back, liftoff].map((times) => median(times.slice(WARM_UP)));
    // Round by round, so that what else the machine does weighs on both.
    const ratios = liftoff.map((ms, round) => (front[round] + back[round]) / ms).slice(WARM_UP);
    return {
      module: name,
      bytes: bytes.length,
      "decode+validate MB/s": speed(f),
      "jit MB/s": speed(b),
      "all MB/s": speed(f + b),
      "liftoff MB/s": speed(l),
      "all, × liftoff's time": median(ratios),
      "first time, MB/s": speed(front[0] + back[0]),
      "code ÷ wasm": codeBytes / bytes.length,
    };
  });
  const mean = (key: string) => geomean(rows.map((row) => row[key] as number));
  const keys = Object.keys(rows[0]).slice(2);
  rows.push({ module: "geomean", bytes: "", ...Object.fromEntries(keys.map((key) => [key, mean(key)])) });
  return rows;
}

/** Milliseconds of each round: of decoding and validation, of our compiler, and of Liftoff for all. */
interface Run {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly front: number[];
  readonly back: number[];
  readonly liftoff: number[];
  codeBytes: number;
}

function time(run: Run): void {
  const t0 = performance.now();
  const valid = validate(decode(run.bytes));
  const t1 = performance.now();
  const { module } = valid;
  const jit = compiler(valid, BASELINE_CPU);
  run.codeBytes = 0;
  for (let i = module.importedFuncs; i < module.funcs.length; i++) run.codeBytes += jit.compile(i).bytes.length;
  run.front.push(t1 - t0);
  run.back.push(performance.now() - t1);
}
