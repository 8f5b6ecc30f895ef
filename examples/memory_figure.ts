// Draws what memories take against the number of instances: address space, bytes that can be accessed, bytes that were touched. Run with
// `deno run -A examples/memory_figure.ts [file.svg] [instances]`; without a file, the SVG goes to standard output.

import { Engine, type Instance } from "../mod.ts";
import { dot, line, parseHTML, plot, selectLast, text } from "./npm/plot.ts";

/** What a number of instances takes, in bytes. */
export interface Use {
  readonly instances: number;
  readonly kind: "reserved" | "committed" | "touched";
  readonly bytes: number;
}

/** Each instance has a memory of one page of 64 KiB, and writes to two places in it. */
const TEXT = `(module (memory (export "memory") 1)
  (func (export "work") (i32.store (i32.const 0) (i32.const 1)) (i32.store (i32.const 40000) (i32.const 2))))`;

/** Makes instances up to `most`, in `steps` steps, and adds up what their memories take. Touched bytes are known only where machine code can run. */
export function measure(most: number, steps = 10): Use[] {
  const engine = new Engine(), module = engine.compile(TEXT);
  const made: Instance[] = [];
  const uses: Use[] = [];
  for (let step = 1; step <= steps; step++) {
    const instances = Math.round(most * step / steps);
    while (made.length < instances) {
      const instance = engine.instantiate(module);
      instance.exports.work();
      made.push(instance);
    }
    const { reservedBytes, committedBytes } = engine.memoryFigures;
    uses.push({ instances, kind: "reserved", bytes: reservedBytes }, {
      instances,
      kind: "committed",
      bytes: committedBytes,
    });
    const touched = made.map((instance) => instance.memory("memory").use.touched);
    if (touched[0] !== undefined) {
      uses.push({ instances, kind: "touched", bytes: touched.reduce((sum: number, n) => sum + n!, 0) });
    }
  }
  for (const instance of made) instance.dispose();
  engine.gc();
  return uses;
}

/** The figure, as SVG. */
export function draw(uses: readonly Use[]): string {
  // Deno's types know no documents.
  const { document } = parseHTML("<html><body></body></html>") as unknown as { document: never };
  const rows = uses.map((use) => ({ ...use, MiB: use.bytes / 2 ** 20 }));
  const figure = plot({
    document,
    x: { label: "instances", zero: true },
    y: { label: "MiB (logarithmic)", type: "log", grid: true },
    color: { domain: ["reserved", "committed", "touched"] },
    marginLeft: 60,
    marginRight: 80,
    marks: [
      line(rows, { x: "instances", y: "MiB", stroke: "kind" }),
      dot(rows, { x: "instances", y: "MiB", fill: "kind", r: 2 }),
      text(
        rows,
        selectLast({ x: "instances", y: "MiB", z: "kind", text: "kind", fill: "kind", textAnchor: "start", dx: 6 }),
      ),
    ],
  });
  figure.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return figure.outerHTML;
}

if (import.meta.main) {
  const [file, instances = "200"] = Deno.args;
  const svg = draw(measure(Number(instances)));
  if (file === undefined) console.log(svg);
  else Deno.writeTextFileSync(file, svg);
}
