// Figures: take what was recorded, give SVG documents. The plotting library comes from npm with this file, which is loaded when a figure is wanted.

import type { Pause } from "../../gc/heap.ts";
import type { Census } from "../../runtime/census.ts";
import type { TierEvent } from "../../engine/tier_log.ts";
import type { Called, Sample } from "../repl/recorder.ts";
import { barX, dot, line, type Markish, parseHTML, plot, type PlotOptions, ruleX, text } from "./library.ts";

/** A picture as a document of its own. */
export interface Figure {
  readonly title: string;
  /** An SVG document. */
  readonly svg: string;
  /** How many things it shows; 0 if there was nothing to show. */
  readonly count: number;
}

/** Colours of the tiers, from slow to fast. */
const TIER_COLOURS = { domain: ["interp", "fast", "js", "jit"], range: ["#b0b7c0", "#e0b050", "#5aa469", "#3f7fbf"] };
const MIB = 2 ** 20;
const WIDTH = 860;
/** Stands before a text that begins where something ends: a space that no drawing leaves out. */
const GAP = "\u00a0";
/** Names that are longer are cut. */
const LONGEST_NAME = 40;

function draw(title: string, count: number, options: PlotOptions): Figure {
  // Deno's types know no documents.
  const { document } = parseHTML("<html><body></body></html>") as unknown as { document: never };
  const style = { background: "white", color: "#222", fontFamily: "system-ui, sans-serif", fontSize: "12px" };
  const figure = plot({ document, width: WIDTH, style, ariaLabel: title, marginLeft: 60, ...options });
  figure.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return { title, svg: figure.outerHTML, count };
}

/** Bytes of memories and of the heap over time, since `began`, and the collections. */
export function memoryFigure(samples: readonly Sample[], pauses: readonly Pause[], began: number): Figure {
  const last = samples.at(-1)?.time ?? began;
  const at = (time: number) => (time - began) / 1000;
  const rows = samples.flatMap((s) => [
    { time: at(s.time), kind: "memories", MiB: s.committed / MIB },
    { time: at(s.time), kind: "heap", MiB: s.heap / MIB },
  ]).concat(pauses.flatMap((p) => [
    { time: at(p.at), kind: "heap", MiB: p.bytesBefore / MIB },
    { time: at(p.at + p.ms), kind: "heap", MiB: p.bytesAfter / MIB },
  ])).sort((a, b) => a.time - b.time);
  const ends = ["memories", "heap"].map((kind) => rows.findLast((r) => r.kind === kind)).filter((r) => r !== undefined)
    .map((r) => ({ ...r, label: GAP + r.kind }));
  const colour = { domain: ["memories", "heap"], range: ["#3f7fbf", "#5aa469"] };
  return draw("memory over time", samples.length, {
    x: { label: "seconds", domain: [0, at(last) || 1] },
    y: { label: "MiB", grid: true, zero: true },
    color: colour,
    marginRight: 80,
    marks: [
      ruleX(pauses.map((p) => at(p.at)), { stroke: "#c33", strokeOpacity: 0.5, strokeDasharray: "2,3" }),
      line(rows, { x: "time", y: "MiB", stroke: "kind", curve: "step-after", strokeWidth: 2 }),
      text(ends, { x: "time", y: "MiB", text: "label", fill: "kind", textAnchor: "start" }),
    ],
  });
}

/** Rows that a figure of bars shows. */
const SHOWN_BARS = 30;

/** What the heap is made of: bytes by type. */
export function heapFigure(census: Census): Figure {
  const rows = [...census.types].sort((a, b) => b.bytes - a.bytes).slice(0, SHOWN_BARS)
    .map((t) => ({
      type: cut(t.type),
      bytes: t.bytes,
      label: `${GAP}${t.objects} × ${Math.round(t.bytes / t.objects)}`,
    }));
  return draw(
    "composition of the heap",
    rows.length,
    bars(rows, "bytes", "type", [
      barX(rows, { x: "bytes", y: "type", fill: "#5aa469", sort: { y: "-x" } }),
      text(rows, { x: "bytes", y: "type", text: "label", textAnchor: "start" }),
    ]),
  );
}

function cut(name: string): string {
  return name.length > LONGEST_NAME ? name.slice(0, LONGEST_NAME - 1) + "…" : name;
}

function bars(rows: readonly unknown[], x: string, y: string, marks: Markish[]): PlotOptions {
  const names = (rows as Record<string, string>[]).map((r) => r[y].length);
  return {
    x: { label: x, grid: true },
    y: { label: null },
    height: 60 + 22 * new Set((rows as Record<string, string>[]).map((r) => r[y])).size,
    marginLeft: 20 + 7 * Math.max(6, ...names),
    marginRight: 110,
    marks,
  };
}

/** A stretch of time that a function spent in a tier. */
interface Stretch {
  readonly name: string;
  readonly tier: string;
  readonly from: number;
  readonly to: number;
}

/** In which tier each function was, from `began` to `now`; frames that moved as points. Functions that never moved are not shown. */
export function tiersFigure(events: readonly TierEvent[], began: number, now: number): Figure {
  const at = (time: number) => (time - began) / 1000;
  const stretches: Stretch[] = [];
  const moves = events.filter((e) => e.what === "function");
  const names = new Map(moves.map((e) => [`${e.index} ${e.name}`, cut(e.name)]));
  const shown = [...names.keys()].slice(-SHOWN_BARS);
  for (const key of shown) {
    const own = moves.filter((e) => `${e.index} ${e.name}` === key);
    own.forEach((e, i) => {
      if (i === 0) stretches.push({ name: names.get(key)!, tier: e.from, from: 0, to: at(e.time) });
      const to = i + 1 < own.length ? own[i + 1].time : now;
      stretches.push({ name: names.get(key)!, tier: e.to, from: at(e.time), to: at(to) });
    });
  }
  const frames = events.filter((e) => e.what === "frame" && shown.includes(`${e.index} ${e.name}`))
    .map((e) => ({ name: cut(e.name), time: at(e.time), tier: e.to }));
  const wide = stretches.filter((s) => s.to - s.from > 0.06 * at(now));
  return draw("tiers over time", shown.length, {
    ...bars(stretches, "seconds", "name", [
      barX(stretches, { x1: "from", x2: "to", y: "name", fill: "tier" }),
      dot(frames, { x: "time", y: "name", r: 3, stroke: "#222", fill: "tier" }),
      text(wide, {
        x: (s: Stretch) => (s.from + s.to) / 2,
        y: "name",
        text: "tier",
        fill: "black",
      }),
    ]),
    x: { label: "seconds", grid: true, domain: [0, at(now)] },
    color: TIER_COLOURS,
  });
}

/** Milliseconds that calls took, by function and tier. */
export function timeFigure(calls: readonly Called[]): Figure {
  const sums = new Map<string, { name: string; tier: string; ms: number; calls: number }>();
  for (const { name, tier, ms } of calls) {
    const key = `${tier} ${name}`;
    const sum = sums.get(key) ?? { name: cut(name), tier, ms: 0, calls: 0 };
    sums.set(key, { ...sum, ms: sum.ms + ms, calls: sum.calls + 1 });
  }
  const rows = [...sums.values()].sort((a, b) => b.ms - a.ms).slice(0, SHOWN_BARS).map((r) => ({
    ...r,
    call: `${r.name} (${r.tier})`,
    label: `${GAP}${r.ms.toPrecision(3)} ms in ${r.calls}`,
  }));
  return draw("time of calls by function", rows.length, {
    ...bars(rows, "ms", "call", [
      barX(rows, { x: "ms", y: "call", fill: "tier", sort: { y: "-x" } }),
      text(rows, { x: "ms", y: "call", text: "label", textAnchor: "start" }),
    ]),
    color: TIER_COLOURS,
  });
}

/** A figure as a page. */
export function pageOf({ title, svg }: Figure): string {
  return `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>${title}</title>\n<body style="background: white">\n<h1 style="font: 20px system-ui, sans-serif">${title}</h1>\n${svg}\n</body>\n</html>\n`;
}
