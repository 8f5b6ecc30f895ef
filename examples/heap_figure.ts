// Draws the size of Wasm's heap and the pauses of its collections over time, for binary trees of which some stay: an SVG on standard output, or in a file.
// deno run -A examples/heap_figure.ts [file.svg]

// @ts-types="npm:@types/d3-scale@4.0.9"
import { scaleLinear } from "npm:d3-scale@4.0.2";
// @ts-types="npm:@types/d3-shape@3.1.7"
import { area, line } from "npm:d3-shape@3.2.0";
import { Engine, type Pause } from "../mod.ts";

/** What was seen of a run: heap sizes in bytes over time in milliseconds, and the collections. */
export interface Run {
  readonly ms: number;
  readonly sizes: readonly { readonly at: number; readonly bytes: number }[];
  readonly pauses: readonly Pause[];
}

/** Grows a tree in steps and drops it halfway, making garbage all the time. */
export function watch(): Run {
  const engine = new Engine({ gcMinimumBytes: 4 * 2 ** 20 });
  const text = Deno.readTextFileSync(new URL("binary_trees.wat", import.meta.url));
  const { keep, churn } = engine.load(text).exports;
  const began = performance.now();
  const sizes: { at: number; bytes: number }[] = [];
  for (let step = 0; step < 120; step++) {
    if (step % 10 === 0) keep(step < 60 ? 8 + step / 10 * 1.5 | 0 : 8);
    for (let i = 0; i < 8; i++) {
      churn(9, 12);
      sizes.push({ at: performance.now() - began, bytes: engine.heap.occupiedBytes });
    }
  }
  const pauses = engine.gcFigures.pauses.map((p) => ({ ...p, at: p.at - began }));
  // A collection is seen from both sides, so that the line falls where it happened.
  for (const { at, ms, bytesBefore, bytesAfter } of pauses) {
    sizes.push({ at, bytes: bytesBefore }, { at: at + ms, bytes: bytesAfter });
  }
  return { ms: performance.now() - began, sizes: sizes.sort((a, b) => a.at - b.at), pauses };
}

const WIDTH = 860, LEFT = 60, RIGHT = 20, HEAP_TOP = 40, HEAP_BOTTOM = 250, PAUSE_TOP = 290, PAUSE_BOTTOM = 410;

type Scale = ReturnType<typeof scaleLinear<number, number>>;

function axis(y: Scale, unit: string, title: string): string {
  const ticks = y.ticks(4).map((t) =>
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(t)}" y2="${y(t)}" stroke="#ddd"/>` +
    `<text x="${LEFT - 6}" y="${y(t) + 4}" text-anchor="end">${t} ${unit}</text>`
  );
  return `<text x="${LEFT}" y="${y.range()[1] - 10}" font-weight="bold">${title}</text>${ticks.join("")}`;
}

/** The figure as an SVG document. */
export function draw({ ms, sizes, pauses }: Run): string {
  const mib = (bytes: number) => bytes / 2 ** 20;
  const x = scaleLinear().domain([0, ms]).range([LEFT, WIDTH - RIGHT]);
  const heap = scaleLinear().domain([0, Math.max(...sizes.map((s) => mib(s.bytes)))]).nice().range([
    HEAP_BOTTOM,
    HEAP_TOP,
  ]);
  const pause = scaleLinear().domain([0, Math.max(...pauses.map((p) => p.ms), 0.1)]).nice().range([
    PAUSE_BOTTOM,
    PAUSE_TOP,
  ]);
  const filled = area<Run["sizes"][number]>().x((s) => x(s.at)).y0(HEAP_BOTTOM).y1((s) => heap(mib(s.bytes)))([
    ...sizes,
  ]);
  const kept = line<Pause>().x((p) => x(p.at + p.ms)).y((p) => heap(mib(p.bytesAfter)))([...pauses]) ?? "";
  const bars = pauses.map((p) =>
    `<line class="pause" x1="${x(p.at)}" x2="${x(p.at)}" y1="${PAUSE_BOTTOM}" y2="${
      pause(p.ms)
    }" stroke="#c33" stroke-width="2"/>`
  );
  const times = x.ticks(8).map((t) => `<text x="${x(t)}" y="${PAUSE_BOTTOM + 18}" text-anchor="middle">${t} ms</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="440" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
${axis(heap, "MiB", "Objects in the heap, and what collections kept")}
<path class="heap" d="${filled}" fill="#9bd" stroke="#47a"/>
<path class="kept" d="${kept}" fill="none" stroke="#063" stroke-width="2"/>
${axis(pause, "ms", `Pauses: ${pauses.length} collections`)}
${bars.join("\n")}
${times.join("")}
</svg>
`;
}

if (import.meta.main) {
  const svg = draw(watch());
  if (Deno.args[0] === undefined) console.log(svg);
  else Deno.writeTextFileSync(Deno.args[0], svg);
}
