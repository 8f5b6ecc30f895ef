import { assert, assertEquals, assertMatch } from "@std/assert";
import { heapFigure, memoryFigure, pageOf, tiersFigure, timeFigure } from "../../../src/cli/plot/figures.ts";
import type { TierEvent } from "../../../src/engine/tier_log.ts";

/** What an SVG document shows: texts, and how many of an element there are. */
function seen(svg: string): { texts: string[]; count: (element: string) => number } {
  assertMatch(svg, /^<svg [^]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^]*<\/svg>$/);
  assert(!/NaN|undefined/.test(svg), svg);
  const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((m) => m[1].replace("&#160;", ""));
  return { texts, count: (element) => svg.split(`<${element} `).length - 1 };
}

const event = (
  time: number,
  name: string,
  from: "interp" | "jit",
  what: TierEvent["what"] = "function",
): TierEvent => ({
  time,
  what,
  name,
  index: name.length,
  from,
  to: from === "jit" ? "interp" : "jit",
  why: "calls",
  offset: -1,
  calls: 0,
  passes: 0,
  compileMs: 0,
  codeBytes: 0,
  worker: false,
  cached: false,
  reason: "",
});

Deno.test("memoryFigure() draws memories and heap over time, and a line per collection", () => {
  const samples = [0, 500, 1000].map((time) => ({ time, committed: time * 1000, reserved: 0, heap: 0 }));
  const pauses = [{ at: 600, ms: 5, bytesBefore: 2e6, bytesAfter: 1e6 }] as never;
  const { svg, count } = memoryFigure(samples, pauses, 0);
  assertEquals(count, 3);
  const { texts } = seen(svg);
  assert(texts.includes("memories") && texts.includes("heap") && texts.some((t) => t.includes("seconds")));
  assertEquals(svg.match(/stroke-dasharray="2,3"/g)?.length, 1);
});

Deno.test("heapFigure() has a bar per type, with its name and its objects", () => {
  const types = [{ type: "$node", objects: 10, bytes: 160 }, { type: "<b>", objects: 1, bytes: 24 }];
  const { svg, count } = heapFigure({ objects: 11, bytes: 184, types } as never);
  const { texts, count: of } = seen(svg);
  assertEquals([count, of("rect")], [2, 2]);
  assert(texts.includes("$node") && texts.includes("10 × 16") && texts.some((t) => t.includes("&lt;b")), texts.join());
});

Deno.test("tiersFigure() draws when each function was in which tier", () => {
  const events = [
    event(100, "f", "interp"),
    event(300, "f", "jit"),
    event(200, "f", "interp", "frame"),
    event(500, "gg", "interp"),
  ];
  const { svg, count } = tiersFigure(events, 0, 1000);
  const { texts, count: of } = seen(svg);
  assertEquals([count, of("rect"), of("circle")], [2, 5, 1]);
  assert(texts.includes("interp") && texts.includes("jit"));
});

Deno.test("timeFigure() sums calls by function and tier", () => {
  const calls = [["f", "interp", 3], ["f", "interp", 4], ["f", "jit", 1], ["g", "jit", 2]] as const;
  const figure = timeFigure(calls.map(([name, tier, ms]) => ({ time: 0, name, tier, ms })));
  const { texts } = seen(figure.svg);
  assertEquals(figure.count, 3);
  for (const text of ["f (interp)", "f (jit)", "g (jit)", "7.00 ms in 2"]) assert(texts.includes(text), text);
  assertMatch(pageOf(figure), /^<!doctype html>[^]*<title>time of calls by function<\/title>[^]*<svg /);
});
