// npm packages under Strata and under V8: time to the first result (reading, compiling and starting included) and of a piece of work once warm, each in a process of its own.
// Takes `--rounds N` of work, `--processes N` per row, and parts of packages' names; prints medians in milliseconds and multiples of V8's.

import { fromFileUrl } from "@std/path";
import { Engine } from "../mod.ts";
import { columns } from "../src/cli/repl/print.ts";
import { scriptArgs } from "./arguments.ts";
import { PACKAGES } from "./bench/package_work.ts";

const args = scriptArgs("deno run -A scripts/packages.ts [--rounds N] [--processes N] [package…]", {
  string: ["rounds", "processes"],
});
const rounds = Number(args.rounds ?? 60), processes = Number(args.processes ?? 3);
const wanted = args._.map((word) => String(word).toLowerCase());
const names = Object.keys(PACKAGES).filter((name) =>
  wanted.length === 0 || wanted.some((word) => name.toLowerCase().includes(word))
);
const runtimes = Engine.nativeUnavailable === undefined ? ["v8", "auto", "jit"] : ["v8", "interp"];
const child = fromFileUrl(new URL("bench/package_child.ts", import.meta.url));

interface Answer {
  readonly first: number;
  readonly times: readonly number[];
  readonly result: unknown;
}

async function measure(name: string, runtime: string): Promise<Answer> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", child, name, runtime, String(rounds)],
    stdin: "null",
    stderr: "inherit",
  });
  const { code, stdout } = await command.output();
  if (code !== 0) throw new Error(`${name} failed under ${runtime}`);
  return JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").pop()!);
}

const median = (list: readonly number[]) => list.toSorted((a, b) => a - b)[list.length >> 1];
const rows: string[][] = [];
for (const name of names) {
  const answers = new Map<string, Answer[]>(runtimes.map((runtime) => [runtime, []]));
  // In turn, so that all see the same machine.
  for (let n = 0; n < processes; n++) {
    for (const runtime of runtimes) answers.get(runtime)!.push(await measure(name, runtime));
  }
  const first = (runtime: string) => median(answers.get(runtime)!.map((a) => a.first));
  // The second half of the rounds.
  const warm = (runtime: string) => median(answers.get(runtime)!.flatMap((a) => a.times.slice(a.times.length >> 1)));
  for (const runtime of runtimes) {
    if (answers.get(runtime)!.some((a) => a.result !== answers.get("v8")![0].result)) {
      throw new Error(`${name} gives another result under ${runtime}`);
    }
    const cells = [first, warm].flatMap((of) => [of(runtime).toFixed(1), (of(runtime) / of("v8")).toFixed(2)]);
    rows.push([runtime === runtimes[0] ? name : "", runtime, ...cells]);
  }
}
console.log(columns([["package", "runtime", "first ms", "×", "warm ms", "×"], ...rows], [2, 3, 4, 5], ""));
