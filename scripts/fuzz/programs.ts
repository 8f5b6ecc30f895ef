// Runs random programs in batches, each in a process of its own, so that a crash costs one batch's rest and is reported with its seed; makes what fails small.
// Leaves to child.ts what happens in those processes.

import { Engine } from "../../mod.ts";
import { instructionCounts } from "../../tests/fuzz/coverage.ts";
import { type Decisions, generateProgram } from "../../tests/fuzz/generator/program.ts";
import { ALL_FEATURES } from "../../tests/fuzz/hosts.ts";
import { shrink } from "../../tests/fuzz/shrink.ts";
import { INSTRUCTIONS } from "../../src/wasm/opcodes.ts";
import type { Finding, Order, Report } from "./child.ts";

/** Without a sign of life for so long, a process is taken to hang. */
const SILENCE_MS = 60_000;
const SHRINK_ATTEMPTS = 1500, CRASH_ATTEMPTS = 150;

/** Runs `count` programs from seed `first` on; true if nothing was found. */
export async function fuzzPrograms(first: number, count: number, batch: number): Promise<boolean> {
  const start = performance.now();
  let found = 0, incomparable = 0, done = 0;
  for (let seed = first; seed < first + count;) {
    const last = Math.min(seed + batch, first + count);
    let at = seed, over = false;
    const end = await run({ seed, count: last - seed, shrinkAttempts: SHRINK_ATTEMPTS }, (report) => {
      if ("at" in report) at = report.at;
      else if ("finding" in report) {
        found++;
        print(report.finding);
      } else {
        over = true;
        incomparable += report.incomparable;
      }
    });
    if (over) seed = last;
    else {
      found++;
      console.log(`seed ${at}: the process ended by ${end}`);
      const { decisions } = generateProgram(at);
      if (await crashes(at, decisions)) {
        const small = await shrink(decisions, (d) => crashes(at, d), CRASH_ATTEMPTS);
        print({ seed: at, decisions: small, what: `the process ended by ${end}` });
      } else console.log(`  alone it does not; it was the ${at - seed + 1}th of its process`);
      seed = at + 1;
    }
    done = seed - first;
    const seconds = (performance.now() - start) / 1000;
    console.log(
      `${done} programs, ${found} findings, ${incomparable} not comparable, ${(done / seconds).toFixed(1)} a second`,
    );
  }
  return found === 0;
}

/** Runs a child; gives how it ended. */
async function run(order: Order, hear: (report: Report) => void): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("child.ts", import.meta.url).href],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(order)));
  await writer.close();
  let hangs = false, timer: ReturnType<typeof setTimeout> | undefined;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      hangs = true;
      child.kill("SIGKILL");
    }, SILENCE_MS);
  };
  wait();
  let rest = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    wait();
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) hear(JSON.parse(line));
  }
  const { code, signal } = await child.status;
  clearTimeout(timer);
  return hangs ? "hanging" : signal ?? `exit code ${code}`;
}
/** Whether a process ends badly with the program made from the decisions. */
async function crashes(seed: number, decisions: Decisions): Promise<boolean> {
  let over = false;
  await run({ seed, count: 1, decisions, shrinkAttempts: 0 }, (report) => over ||= "incomparable" in report);
  return !over;
}

function print({ seed, decisions, what }: Finding): void {
  const { bytes } = generateProgram(decisions);
  console.log(`seed ${seed}: ${what}\n  ${bytes.toHex()}\n  decisions ${JSON.stringify(decisions)}`);
  try {
    console.log(new Engine({ tier: "interp", features: ALL_FEATURES }).compile(bytes).toText());
  } catch (e) {
    console.log(e);
  }
}

/** Runs one seed's program in a process of its own, and prints what is found, or the whole program. */
export async function showProgram(seed: number): Promise<boolean> {
  print({ seed, decisions: generateProgram(seed).decisions, what: "as generated" });
  return await fuzzPrograms(seed, 1, 1);
}

/** Prints the instructions that no program of `count` uses; true if there is none. */
export function reportCoverage(first: number, count: number): boolean {
  const counts = instructionCounts(function* () {
    for (let seed = first; seed < first + count; seed++) yield generateProgram(seed).bytes;
  }());
  const missing = INSTRUCTIONS.filter((i) => !counts.has(i.code));
  const rare = INSTRUCTIONS.filter((i) => (counts.get(i.code) ?? 0) < count / 200);
  const name = (i: (typeof INSTRUCTIONS)[number]) => `${i.name} (${counts.get(i.code) ?? 0})`;
  console.log(`${count} programs use ${counts.size} of ${INSTRUCTIONS.length} instructions`);
  console.log(`never: ${missing.map(name).join(", ") || "none"}\nseldom: ${rare.map(name).join(", ") || "none"}`);
  return missing.length === 0;
}
