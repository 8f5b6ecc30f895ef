// An experiment with the edge policy: work of three kinds, whose functions run once, loop for long, or are called often, in each tier alone and where the engine sees fit.
// Prints a table, and draws it as SVG: deno run -A examples/edge_policy.ts [file.svg]

import { Engine, type TierName } from "../mod.ts";
import { barX, parseHTML, plot, text } from "./npm/plot.ts";

/** The time that one kind of work took, compiling included. */
export interface Row {
  readonly work: string;
  readonly run: string;
  /** The least of some rounds: what other programs take is none of ours. */
  readonly ms: number;
}

/** A function of its own that is long and called once. */
const once = (n: number) => {
  const steps = Array.from(
    { length: 40 },
    (_, i) => `(local.set $x (i32.xor (i32.mul (local.get $x) (i32.const ${2 * n + 3})) (i32.const ${i * n + 1})))`,
  );
  return `(func $once${n} (param $x i32) (result i32) ${steps.join(" ")} (local.get $x))`;
};
const MANY = 600;

/** Work by name: a module, and how its export is called. */
const WORK: Readonly<Record<string, { readonly text: string; readonly run: (f: (n: number) => number) => number }>> = {
  "much start-up": {
    text: `(module ${Array.from({ length: MANY }, (_, n) => once(n)).join("\n")}
      (func (export "f") (param $x i32) (result i32)
        ${Array.from({ length: MANY }, (_, n) => `(local.set $x (call $once${n} (local.get $x)))`).join(" ")}
        (local.get $x)))`,
    run: (f) => f(1),
  },
  "long loops": {
    text: `(module (memory 1) (func (export "f") (param $n i32) (result i32) (local $i i32) (local $s i32)
      (loop $l
        (local.set $s (i32.add (i32.rotl (local.get $s) (i32.const 5)) (i32.load (i32.and (local.get $i) (i32.const 0xfffc)))))
        (i32.store (i32.and (local.get $s) (i32.const 0xfffc)) (local.get $i))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
      (local.get $s)))`,
    run: (f) => f(5_000_000),
  },
  "many calls": {
    text: `(module (func $fib (export "f") (param i32) (result i32)
      (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2))))))))`,
    run: (f) => f(32),
  },
};

/** Does all work in each tier that can run here and in `auto`, `rounds` times in turn, each time from the bytes of the module. */
export function measure(rounds: number): Row[] {
  const { ladder } = new Engine({ tier: "auto" }).edge;
  const tiers: (TierName | "auto")[] = [...ladder.map((r) => r.tier), "auto"];
  const rows: Row[] = [];
  for (const [work, { text, run }] of Object.entries(WORK)) {
    const { bytes } = new Engine({ tier: "interp" }).compile(text);
    const times = new Map(tiers.map((tier) => [tier, [] as number[]]));
    let wanted: number | undefined;
    for (let round = 0; round < rounds; round++) {
      for (const tier of tiers) {
        const began = performance.now();
        // Nothing may be left from the round before.
        const engine = new Engine({ tier, functionCacheBytes: 0 });
        using instance = engine.load(bytes);
        const result = run(instance.exports.f as (n: number) => number);
        times.get(tier)!.push(performance.now() - began);
        wanted ??= result;
        if (result !== wanted) throw new Error(`${work} gives ${result} in ${tier}, not ${wanted}`);
      }
    }
    for (const [run, list] of times) rows.push({ work, run, ms: Math.min(...list) });
  }
  return rows;
}

/** The figure, as SVG. */
export function draw(rows: readonly Row[]): string {
  // Deno's types know no documents.
  const { document } = parseHTML("<html><body></body></html>") as unknown as { document: never };
  const figure = plot({
    document,
    x: { label: "ms, from the module's bytes to the result (logarithmic)", type: "log", grid: true },
    y: { label: null, domain: [...new Set(rows.map((r) => r.run))] },
    fy: { label: null },
    color: { domain: [...new Set(rows.map((r) => r.run))] },
    marginLeft: 60,
    marginRight: 110,
    width: 860,
    marks: [
      barX(rows as Row[], { x1: () => 1, x2: "ms", y: "run", fy: "work", fill: "run" }),
      text(rows as Row[], {
        x: "ms",
        y: "run",
        fy: "work",
        text: (r: Row) => r.ms.toFixed(1),
        dx: 4,
        textAnchor: "start",
      }),
    ],
  });
  figure.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return figure.outerHTML;
}

if (import.meta.main) {
  const rows = measure(5);
  for (const work of Object.keys(WORK)) {
    const mine = rows.filter((r) => r.work === work), alone = mine.filter((r) => r.run !== "auto");
    const best = alone.reduce((a, b) => b.ms < a.ms ? b : a), auto = mine.find((r) => r.run === "auto")!;
    const times = mine.map((r) => `${r.run} ${r.ms.toFixed(1).padStart(7)} ms`).join("   ");
    console.log(`${work.padEnd(14)} ${times}   auto is ${(auto.ms / best.ms).toFixed(2)} × ${best.run}`);
  }
  if (Deno.args[0] !== undefined) Deno.writeTextFileSync(Deno.args[0], draw(rows));
}
