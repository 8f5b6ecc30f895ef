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

/** A row per module. */
export async function compileSpeed(rival: Rival): Promise<Record<string, number | string>[]> {
  const rows: Record<string, number | string>[] = [];
  for (const [name, bytes] of await modules()) {
    const front: number[] = [], back: number[] = [], liftoff: number[] = [];
    let codeBytes = 0;
    for (let round = 0; round < 5; round++) {
      const t0 = performance.now();
      const valid = validate(decode(bytes));
      const t1 = performance.now();
      codeBytes = 0;
      const { module } = valid;
      const jit = compiler(valid, BASELINE_CPU);
      for (let i = module.importedFuncs; i < module.funcs.length; i++) codeBytes += jit.compile(i).bytes.length;
      const t2 = performance.now();
      front.push(t1 - t0);
      back.push(t2 - t1);
      liftoff.push(await rival.compile(name, bytes));
    }
    const speed = (ms: number) => bytes.length / 1e6 / (ms / 1e3);
    rows.push({
      module: name,
      bytes: bytes.length,
      "decode+validate MB/s": speed(median(front)),
      "jit MB/s": speed(median(back)),
      "all MB/s": speed(median(front) + median(back)),
      "liftoff MB/s": speed(median(liftoff)),
      "code ÷ wasm": codeBytes / bytes.length,
    });
  }
  return rows;
}
