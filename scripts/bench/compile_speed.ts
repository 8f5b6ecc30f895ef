// How fast modules are compiled: decode, validate, the one-pass compiler, and the translations of tiers `fast` and `js`, in megabytes of Wasm per second, beside V8's
// Liftoff on one thread. What V8 does with the source that `js` writes, when a function is first called, is not in it.

import { fromFileUrl } from "@std/path";
import { BASELINE_CPU } from "../../src/platform/cpu.ts";
import { compiler, decode, validate } from "../../src/engine/pipeline.ts";
import { FAST_DEFAULTS } from "../../src/fast/options.ts";
import { Translator } from "../../src/fast/translate.ts";
import { refusal, writeFunction } from "../../src/js/compile_function.ts";
import { Unsuitable } from "../../src/js/state.ts";
import type { ValidModule } from "../../src/validate/validate_module.ts";
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
  const runs = list.map((
    [name, bytes],
  ) => ({ name, bytes, front: [], back: [], fast: [], js: [], liftoff: [], codeBytes: 0 } as Run));
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const run of runs) {
      time(run);
      run.liftoff.push(await rival.compile(run.name, run.bytes));
    }
  }
  const rows = runs.map(
    ({ name, bytes, front, back, fast, js, liftoff, codeBytes }): Record<string, number | string> => {
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
        "fast MB/s": speed(median(fast.slice(WARM_UP))),
        "js MB/s": speed(median(js.slice(WARM_UP))),
        "liftoff MB/s": speed(l),
        "all, × liftoff's time": median(ratios),
        "first time, MB/s": speed(front[0] + back[0]),
        "code ÷ wasm": codeBytes / bytes.length,
      };
    },
  );
  const mean = (key: string) => geomean(rows.map((row) => row[key] as number));
  const keys = Object.keys(rows[0]).slice(2);
  rows.push({ module: "geomean", bytes: "", ...Object.fromEntries(keys.map((key) => [key, mean(key)])) });
  return rows;
}

/** Milliseconds of each round: of decoding and validation, of our compiler, of both translations, and of Liftoff for all. */
interface Run {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly front: number[];
  readonly back: number[];
  readonly fast: number[];
  readonly js: number[];
  readonly liftoff: number[];
  codeBytes: number;
}

const TRANSLATION = { ...FAST_DEFAULTS, metered: false, counts: false };
const SOURCE = { metered: false, exact: false, stackWords: 2 ** 21 };

/** Writes the source of a function for tier `js`, unless it has none. */
function writeSource(valid: ValidModule, index: number): void {
  if (refusal(valid, index) !== undefined) return;
  try {
    writeFunction(valid, index, SOURCE);
  } catch (error) {
    if (!(error instanceof Unsuitable)) throw error;
  }
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
  const t2 = performance.now();
  run.back.push(t2 - t1);
  const translator = new Translator(valid, TRANSLATION);
  for (let i = module.importedFuncs; i < module.funcs.length; i++) translator.translate(i);
  const t3 = performance.now();
  run.fast.push(t3 - t2);
  for (let i = module.importedFuncs; i < module.funcs.length; i++) writeSource(valid, i);
  run.js.push(performance.now() - t3);
}
