// The kernels: modules without imports that export `run(n: i32) -> i64`, a checksum. Our own in the text format, and those of ../shared/bench where it lies.

import { fromFileUrl } from "@std/path";
import { assembleText } from "../../src/text/parser.ts";

/** A module to time. */
export interface Kernel {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Argument of `run`, and the result where it is known in advance. */
  readonly n: number;
  readonly result: string | undefined;
}

const OWN: Record<string, number> = { collatz: 300, mandelbrot: 400, ackermann: 60, permute: 20000 };
const ROOT = new URL("../../", import.meta.url);
const SHARED = new URL("../shared/bench/", ROOT);

let loading: Promise<Kernel[]> | undefined;

/** All kernels there are; says on stderr when the shared ones are not. */
export function loadKernels(): Promise<Kernel[]> {
  return loading ??= load();
}

async function load(): Promise<Kernel[]> {
  const kernels: Kernel[] = [];
  try {
    const manifest = JSON.parse(await Deno.readTextFile(new URL("manifest.json", SHARED)));
    for (const [name, { n, result }] of Object.entries<{ n: number; result: string }>(manifest)) {
      kernels.push({ name, bytes: await Deno.readFile(new URL(`${name}.wasm`, SHARED)), n, result });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.error(`No kernels in ${fromFileUrl(SHARED)}; only those of examples/kernels run.`);
  }
  for (const [name, n] of Object.entries(OWN)) {
    const text = await Deno.readTextFile(new URL(`examples/kernels/${name}.wat`, ROOT));
    kernels.push({ name, bytes: assembleText(text), n, result: undefined });
  }
  return kernels;
}
