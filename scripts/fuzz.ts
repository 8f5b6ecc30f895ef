// Finds faults with random modules. `mutants` feeds cut and corrupted modules and compares verdicts; `programs` runs valid ones and compares what they do;
// `coverage` says which instructions the programs never use. Exit code 1 if something was found.

import { fuzzMutants } from "./fuzz/mutants.ts";
import { fuzzPrograms, reportCoverage, showProgram } from "./fuzz/programs.ts";
import { scriptArgs } from "./arguments.ts";

const USAGE = "deno task fuzz [mutants|programs|coverage|show] [--seed N] [--count N] [--batch N] [folder…]";
const args = scriptArgs(USAGE, { string: ["seed", "count", "batch"], default: { seed: "1", batch: "5000" } });
const [command = "mutants", ...rest] = args._.map(String);
const seed = Number(args.seed);
const count = (usual: number) => Number(args.count ?? usual);
let good: boolean;
switch (command) {
  case "mutants":
    good = fuzzMutants(seed, count(1_000_000), rest);
    break;
  case "programs":
    good = await fuzzPrograms(seed, count(100_000), Number(args.batch));
    break;
  case "coverage":
    good = reportCoverage(seed, count(10_000));
    break;
  case "show":
    good = await showProgram(seed);
    break;
  default:
    console.error(`error: there is no kind ${command}\nusage: ${USAGE}`);
    Deno.exit(2);
}
if (!good) Deno.exit(1);
