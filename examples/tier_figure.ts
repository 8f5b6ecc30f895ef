// An experiment with tiers: how long calls of one function take while it moves from the interpreter to machine code by itself, beside each tier alone. Draws it as SVG.
// deno run -A examples/tier_figure.ts [file.svg]

import { Engine, type TierName } from "../mod.ts";
import { dot, line, parseHTML, plot, ruleX, text } from "./npm/plot.ts";

/** A call: the how-manieth of its run, and how long it took. */
export interface Call {
  readonly run: string;
  readonly call: number;
  readonly ms: number;
}
/** What the experiment gave: all calls, and in which call `auto` moved the function to which tier. */
export interface Result {
  readonly calls: Call[];
  readonly moves: { readonly call: number; readonly to: string }[];
}

const TEXT = `(module
  (func (export "collatz") (param $n i64) (result i32)
    (local $steps i32)
    (loop $next
      (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
      (local.set $n (if (result i64) (i64.eqz (i64.and (local.get $n) (i64.const 1)))
        (then (i64.shr_u (local.get $n) (i64.const 1)))
        (else (i64.add (i64.mul (local.get $n) (i64.const 3)) (i64.const 1)))))
      (br_if $next (i64.gt_u (local.get $n) (i64.const 1))))
    (local.get $steps)))`;

/** Calls the function in fresh engines: in each tier alone, then where the engine sees fit. */
export function measure(count: number): Result {
  const calls: Call[] = [], moves: Result["moves"] = [];
  const tiers: TierName[] = Engine.nativeUnavailable === undefined ? ["interp", "jit"] : ["interp"];
  for (const tier of [...tiers, "auto"] as const) {
    const engine = new Engine({ tier });
    using instance = engine.load(TEXT);
    for (let call = 1; call <= count; call++) {
      const moved = engine.tierEventCount, began = performance.now();
      instance.exports.collatz(837799n);
      calls.push({ run: tier, call, ms: performance.now() - began });
      const event = engine.tierEvents.at(-1);
      if (tier === "auto" && event !== undefined && engine.tierEventCount > moved) moves.push({ call, to: event.to });
    }
  }
  return { calls, moves };
}

/** The figure, as SVG. */
export function draw({ calls, moves }: Result): string {
  // Deno's types know no documents.
  const { document } = parseHTML("<html><body></body></html>") as unknown as { document: never };
  const rows = calls.map((c) => ({ ...c, µs: 1000 * c.ms }));
  const runs = [...new Set(calls.map((c) => c.run))];
  const ends = runs.map((run) => rows.findLast((c) => c.run === run)!);
  const figure = plot({
    document,
    x: { label: "call", type: "log" },
    y: { label: "µs (logarithmic)", type: "log", grid: true, tickFormat: "," },
    color: { domain: runs },
    marginLeft: 60,
    marginRight: 70,
    marks: [
      ruleX(moves, { x: "call", strokeDasharray: "2,3" }),
      text(moves, { x: "call", frameAnchor: "top", text: "to", textAnchor: "start", dx: 4 }),
      line(rows, { x: "call", y: "µs", stroke: "run" }),
      dot(rows.filter((c) => c.call <= 3), { x: "call", y: "µs", fill: "run", r: 2 }),
      text(ends, { x: "call", y: "µs", text: "run", fill: "run", textAnchor: "start", dx: 6 }),
    ],
  });
  figure.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return figure.outerHTML;
}

if (import.meta.main) {
  const svg = draw(measure(200));
  if (Deno.args[0] === undefined) console.log(svg);
  else Deno.writeTextFileSync(Deno.args[0], svg);
}
