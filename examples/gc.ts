// Binary trees in a garbage-collected heap: how much is allocated, how often and how long it is collected, what survives. Run with
// `deno run -A examples/gc.ts [depth]`.

import { Engine, type GcReport, type HeapFigures } from "../mod.ts";

/** What the experiment gave. */
export interface Result {
  /** Nodes that were made. */
  readonly nodes: number;
  readonly ms: number;
  /** Collections that allocations asked for. */
  readonly figures: HeapFigures;
  /** The last collection, when only one tree was needed. */
  readonly report: GcReport;
  /** Nodes of the tree that was kept. */
  readonly kept: number;
}

/** Keeps one tree, and makes many of growing depth that are dropped. */
export function binaryTrees(depth: number): Result {
  const engine = new Engine({ tier: "interp", gcMinimumBytes: 4 * 2 ** 20 });
  const text = Deno.readTextFileSync(new URL("binary_trees.wat", import.meta.url));
  const { keep, churn, kept } = engine.load(text).exports as Record<string, (...args: number[]) => number>;
  const began = performance.now();
  keep(depth);
  let nodes = 2 ** (depth + 1) - 1;
  for (let d = 4; d <= depth; d += 4) nodes += churn(d, 2 ** (depth - d));
  const ms = performance.now() - began;
  const figures = { ...engine.gcFigures };
  return { nodes, ms, figures, report: engine.gc(), kept: kept() };
}

/** The result as lines for people. */
export function describe({ nodes, ms, figures, report, kept }: Result): string[] {
  const { heap } = report;
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return [
    `${nodes} nodes in ${ms.toFixed(0)} ms, ${mib(figures.allocatedBytes)} allocated`,
    `${figures.collections} ${figures.collections === 1 ? "collection" : "collections"} took ${
      figures.ms.toFixed(1)
    } ms, ${(100 * figures.ms / ms).toFixed(1)} % of the time; ` +
    `the longest ${figures.longestMs.toFixed(1)} ms`,
    `the last one: ${mib(heap.bytesBefore)} before, ${mib(heap.bytesAfter)} after`,
    ...heap.types.map((t) => `  ${t.type}: ${t.kept} kept, ${t.freed} freed`),
    `the tree that was kept has ${kept} nodes`,
  ];
}

if (import.meta.main) {
  for (const line of describe(binaryTrees(Number(Deno.args[0] ?? 16)))) console.log(line);
}
