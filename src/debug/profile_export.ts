// Profiles as other tools read them: speedscope, Chrome's .cpuprofile, and lcov's tracefiles. Takes a profile, gives text.

import type { Module } from "../wasm/module.ts";
import { lineCounts } from "./profile.ts";
import type { Profile, ProfileNode } from "./profile_report.ts";
import type { SourceLine } from "./source_lines.ts";

/** As https://www.speedscope.app reads it: the samples, or the instructions of each function. */
export function toSpeedscope(profile: Profile, name: string): string {
  const frameOf = (f: { name: string; source: SourceLine | undefined }) => ({
    name: f.name,
    file: f.source?.file,
    line: f.source?.line,
  });
  const sampled = profile.mode === "samples";
  const frames = (sampled ? profile.frames : profile.functions).map(frameOf);
  const samples = sampled ? profile.samples.map((s) => s.stack) : profile.functions.map((_, i) => [i]);
  const weights = sampled ? profile.samples.map((s) => s.weight) : profile.functions.map((f) => f.self);
  return JSON.stringify({
    $schema: "https://www.speedscope.app/file-format-schema.json",
    name,
    exporter: "strata",
    shared: { frames },
    profiles: [{
      type: "sampled",
      name,
      unit: sampled ? "milliseconds" : "none",
      startValue: 0,
      endValue: weights.reduce((a, b) => a + b, 0),
      samples,
      weights,
    }],
  });
}

interface ChromeNode {
  readonly id: number;
  readonly callFrame: Readonly<Record<string, unknown>>;
  hitCount: number;
  readonly children: number[];
}

/** As Chrome's developer tools read it (Profiler.Profile of its protocol): times in microseconds, lines from 0 on. Of samples only. */
export function toCpuProfile(profile: Profile): string {
  const nodes: ChromeNode[] = [];
  const sources = new Map(profile.frames.map((f) => [`${f.index} ${f.name}`, f.source]));
  const add = (name: string, index: number): ChromeNode => {
    const source = sources.get(`${index} ${name}`);
    const node = {
      id: nodes.length + 1,
      callFrame: {
        functionName: name,
        scriptId: "0",
        url: source?.file ?? "",
        lineNumber: (source?.line ?? 0) - 1,
        columnNumber: Math.max(0, source?.column ?? 0) - 1,
      },
      hitCount: 0,
      children: [],
    };
    nodes.push(node);
    return node;
  };
  const root = add("(root)", -1), known = new Map<string, ChromeNode>();
  const grow = (parent: ChromeNode, list: readonly ProfileNode[], path: string) => {
    for (const { name, index, children } of list) {
      const node = add(name, index), key = `${path}/${index} ${name}`;
      parent.children.push(node.id);
      known.set(key, node);
      grow(node, children, key);
    }
  };
  grow(root, profile.tree, "");
  const samples: number[] = [], timeDeltas: number[] = [];
  let last = 0;
  for (const { at, stack } of profile.samples) {
    const node = known.get(stack.map((i) => `/${profile.frames[i].index} ${profile.frames[i].name}`).join(""))!;
    node.hitCount++;
    samples.push(node.id);
    timeDeltas.push(Math.round((at - last) * 1000));
    last = at;
  }
  return JSON.stringify({ nodes, startTime: 0, endTime: Math.round(profile.ms * 1000), samples, timeDeltas });
}

/**
 * As lcov's genhtml reads it. Lines are those of the sources where the module tells them; otherwise the module stands for a file whose lines are the byte offsets of its
 * instructions. Of counts only.
 */
export function toLcov(profile: Profile, module: Module, name: string): string {
  const byLine = lineCounts(module, profile.counts), records: string[] = [];
  if (byLine.size === 0) {
    const lines = new Map(profile.counts.flatMap((f) => f.instructions.map((i) => [i.offset, i.count] as const)));
    byLine.set(name, lines);
  }
  for (const [file, lines] of byLine) {
    const functions = profile.counts.filter((f) => (f.source?.file ?? name) === file);
    const sorted = [...lines].sort((a, b) => a[0] - b[0]);
    records.push(
      "TN:",
      `SF:${file}`,
      ...functions.map((f) => `FN:${f.source?.line ?? f.instructions[0]?.offset ?? 0},${f.name}`),
      ...functions.map((f) => `FNDA:${f.calls},${f.name}`),
      `FNF:${functions.length}`,
      `FNH:${functions.filter((f) => f.calls > 0).length}`,
      ...sorted.map(([line, count]) => `DA:${line},${count}`),
      `LF:${sorted.length}`,
      `LH:${sorted.filter(([, count]) => count > 0).length}`,
      "end_of_record",
    );
  }
  return records.join("\n") + "\n";
}
