// Modules whose results are known, for tests of the cache on disk, and killing processes that write it.

import { Engine } from "../../mod.ts";
import { assemble } from "../../src/engine/pipeline.ts";

/** Modules of different declarations: `f` gives 3 × variant + argument + what stands in a constant. */
const VARIANTS = 12;
const made: (Uint8Array | undefined)[] = [];
/** A constant of four bytes, and where it stands. */
const CONSTANT = 0x3ffffff;

/** A module that is large enough for what validation found out to be kept. */
export function largeModule(variant: number, constant = 0): Uint8Array {
  const bytes = (made[variant] ??= assembleLarge(variant)).slice();
  const at = bytes.findIndex((_, i) => [0x41, 0xff, 0xff, 0xff, 0x1f].every((b, k) => bytes[i + k] === b));
  for (let k = 0; k < 4; k++) bytes[at + 1 + k] = ((constant >> (7 * k)) & 0x7f) | (k < 3 ? 0x80 : 0);
  return bytes;
}

function assembleLarge(variant: number): Uint8Array {
  // Two of three have the same declarations, hence a common pack.
  const globals = variant % 3 === 0 ? "(global i32 (i32.const 0)) ".repeat(1 + variant) : "";
  return assemble(`(module
    (memory 2)
    ${globals}
    (data (i32.const 0) "${"x".repeat(DATA_BYTES)}")
    (func $three (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
    (func (export "f") (param i32) (result i32) (local $i i32)
      (local.set $i (i32.const ${variant}))
      (block $done (loop $l
        (br_if $done (i32.eqz (local.get $i)))
        (local.set $i (i32.sub (local.get $i) (i32.const 1)))
        (local.set 0 (i32.add (local.get 0) (call $three (i32.const 1))))
        (br $l)))
      (i32.add (local.get 0) (i32.const ${CONSTANT}))))`);
}

const DATA_BYTES = 70_000;

/** What the folder may grow to: little, so that entries are evicted meanwhile. */
export const LIMIT = 20_000_000;

/** Loads a module of a seed with the cache and calls it; gives what was wrong. */
export function exercise(folder: string, seed: number, done: (engine: Engine) => void): string | undefined {
  const variant = seed % VARIANTS, constant = seed % 1_000_000;
  const notes: string[] = [];
  const engine = new Engine({ tier: "jit", cache: folder, cacheBytes: LIMIT, onCacheNote: (note) => notes.push(note) });
  const result = engine.load(largeModule(variant, constant)).exports.f(seed);
  if (result !== seed + 3 * variant + constant) return `variant ${variant} of ${seed} gave ${result}`;
  done(engine);
  return notes.length === 0 ? undefined : notes.join("; ");
}

/** Starts processes that write to `folder` and kills each at a random moment; gives how many unfinished files they left. Throws Error when it was not. */
export async function killWriters(folder: string, rounds: number, random: () => number): Promise<number> {
  const child = new URL("cache_child.ts", import.meta.url).pathname;
  for (let round = 0; round < rounds; round++) {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "-A", child, folder],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    });
    const process = command.spawn();
    const reader = process.stdout.getReader();
    const { value } = await reader.read();
    const said = new TextDecoder().decode(value);
    if (said.trim() !== "writing") throw new Error(`round ${round}: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, random() * 25));
    process.kill("SIGKILL");
    const rest = await reader.read();
    if (!rest.done) throw new Error(`round ${round}: ${new TextDecoder().decode(rest.value)}`);
    await process.status;
    for (let variant = 0; variant < VARIANTS; variant++) {
      const wrong = exercise(folder, round * VARIANTS + variant, () => {});
      if (wrong !== undefined) throw new Error(`after round ${round}: ${wrong}`);
    }
  }
  return [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".tmp")).length;
}
