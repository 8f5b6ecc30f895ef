// Mutates valid modules for as long as asked and compares Strata's verdict with V8's. Prints each difference with the module in hex or, when it is large,
// writes it to a file.

import { mutants, Random } from "../../tests/fuzz/mutator.ts";
import { builtInSeeds, folderSeeds } from "../../tests/fuzz/seeds.ts";
import { wrongVerdict } from "../../tests/fuzz/verdict.ts";

/** Makes `total` mutants from the built-in modules and those of folders; true if there was no difference. */
export function fuzzMutants(first: number, total: number, paths: readonly string[]): boolean {
  const folders = paths.map((f) => new URL(`${f}/`, `file://${Deno.cwd()}/`));
  const seeds = [...builtInSeeds(), ...folders.flatMap((f) => folderSeeds(f, 20))];

  let count = 0, differences = 0, slowest = 0;
  // In rounds, so that every seed gets its turn however few are asked for; each turn's numbers follow from --seed, the round and the place alone.
  for (let round = 0; count < total; round++) {
    for (let i = 0; i < seeds.length && count < total; i++) {
      const source = mutants(seeds[i].bytes, new Random(Math.imul(first, 0x9e3779b1) ^ (round * 4099 + i)));
      for (let n = 0; n < 200 && count < total; n++, count++) {
        const { bytes, how } = source.next().value;
        const start = performance.now();
        const wrong = wrongVerdict(bytes);
        slowest = Math.max(slowest, performance.now() - start);
        if (wrong === undefined) continue;
        differences++;
        let where = bytes.toHex();
        if (bytes.length > 4000) {
          where = Deno.makeTempFileSync({ prefix: "strata_fuzz_", suffix: ".wasm" });
          Deno.writeFileSync(where, bytes);
        }
        console.log(`${seeds[i].name}, ${how}: ${wrong}\n  ${where}`);
      }
    }
  }
  console.log(`${count} mutants, ${differences} differences, the slowest took ${slowest.toFixed(1)} ms`);
  return differences === 0;
}
