// Mutants of valid modules through decodeModule() and validateModule(): each gives a CompileError with an offset or V8's verdict. The same mutants at every run;
// `deno task fuzz` makes more, from other seeds.

import { assert, assertEquals } from "@std/assert";
import { testUnless } from "../skip.ts";
import { everyCut, type Mutant, mutants, Random } from "./mutator.ts";
import { builtInSeeds, folderSeeds, type Seed } from "./seeds.ts";
import { v8Error, wrongVerdict } from "./verdict.ts";

const BENCH = new URL("../../../shared/bench/", import.meta.url);
const PROGRAMS = new URL("../../../shared/programs/", import.meta.url);

function check(seed: Seed, mutant: Mutant): void {
  const wrong = wrongVerdict(mutant.bytes);
  if (wrong === undefined) return;
  const bytes = mutant.bytes.length <= 2000 ? `\n${mutant.bytes.toHex()}` : "";
  throw new Error(`${seed.name}, ${mutant.how}: ${wrong}${bytes}`);
}

function checkMutants(seeds: readonly Seed[], each: number, start: number): number {
  seeds.forEach((seed, i) => {
    const source = mutants(seed.bytes, new Random(start + i));
    for (let n = 0; n < each; n++) check(seed, source.next().value);
  });
  return seeds.length * each;
}

Deno.test("every seed of the mutator is valid, for V8 and for Strata", () => {
  for (const seed of [...builtInSeeds(), ...folderSeeds(BENCH, 100), ...folderSeeds(PROGRAMS, 30)]) {
    assertEquals(v8Error(seed.bytes), undefined, seed.name);
    assertEquals(wrongVerdict(seed.bytes), undefined, seed.name);
  }
});

Deno.test("modules cut at every byte, and instructions with every bit turned, get an error with an offset or V8's verdict", () => {
  let count = 0;
  for (const seed of builtInSeeds()) {
    for (const mutant of everyCut(seed.bytes)) {
      check(seed, mutant);
      count++;
    }
  }
  assert(count > 50_000, `only ${count} mutants`);
});

Deno.test("random mutants of a module per instruction and section get an error with an offset or V8's verdict", () => {
  const count = checkMutants(builtInSeeds(), 250, 1);
  assert(count > 40_000, `only ${count} mutants`);
});

const programs = [...folderSeeds(BENCH, 100), ...folderSeeds(PROGRAMS, 5)];
const absent = programs.length > 0 ? undefined : `there are no modules in ${BENCH.pathname} and ${PROGRAMS.pathname}`;

testUnless(absent, "random mutants of compiled programs get an error with an offset or V8's verdict", () => {
  checkMutants(programs, 150, 1000);
});
