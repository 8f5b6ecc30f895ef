// `strata profile`: runs a module as `strata run` does and tells where the time goes, or how often everything ran. What people see of a profile is here for the shell, too.

import { innerInstance, type Instance } from "../api/instance.ts";
import { type ProfileFormat, writeProfile } from "../api/profiling.ts";
import type { Profile, ProfileNode } from "../debug/profile_report.ts";
import { type SourceLine, sourceMapUrl, useSourceMap } from "../debug/source_lines.ts";
import type { Module as WasmModule } from "../wasm/module.ts";
import { CommandError, reasonOf, UsageError } from "./exit.ts";
import { checkWritable } from "./output.ts";
import { runModule, type RunOptions } from "./run.ts";
import { columns, count, type Paint, painter, visible } from "./repl/print.ts";

/** Options of the command. */
export interface ProfileFlags {
  readonly exact?: boolean;
  readonly interval?: number;
  readonly output?: string;
  readonly json?: boolean;
  readonly lines?: number;
}

/** Rows that are shown of each table. */
const SHOWN = 12;
/** Of the tree, what took less than this part of all is left out. */
const LEAST_PART = 0.01;

/** The form of a profile by the name of its file. */
export function formatOf(path: string): ProfileFormat {
  if (path.endsWith(".cpuprofile")) return "cpuprofile";
  if (/\.(lcov|info)$/.test(path)) return "lcov";
  return /speedscope/.test(path) ? "speedscope" : "json";
}

function placeOf(source: SourceLine | undefined): string {
  return source === undefined ? "" : `${source.file}:${source.line}`;
}

/** A profile for people: tables of functions, loops and instructions, the tree of calls, what was covered. */
export function profileText(profile: Profile, paint: Paint, shown = SHOWN): string {
  const { unit, sum, functions, loops, tree, mix, coverage, samples } = profile;
  const part = (n: number) => sum === 0 ? "" : `${(100 * n / sum).toFixed(1)} %`;
  const amount = (n: number | undefined) => n === undefined ? "" : unit === "ms" ? n.toFixed(1) : String(n);
  const parts: string[] = [];
  const section = (title: string, lines: string) => {
    if (lines !== "") parts.push(`${paint("head", title)}\n${lines}`);
  };
  parts.push(
    unit === "ms"
      ? `${count(samples.length, "sample")} of ${sum.toFixed(1)} ms in Wasm, taken at loops and calls`
      : `${count(sum, "instruction")} ran`,
  );
  const busy = functions.filter((f) => f.self > 0 || (f.total ?? 0) > 0 || (f.calls ?? 0) > 0).slice(0, shown);
  const total = unit === "ms" ? ["total"] : [];
  const calls = unit === "ms" ? [] : ["calls"];
  const rows = busy.map((f) => [
    part(f.self),
    amount(f.self),
    ...(unit === "ms" ? [amount(f.total)] : [String(f.calls)]),
    visible(f.name),
    placeOf(f.source),
  ]);
  const head = ["self", unit, ...total, ...calls, "function", ""];
  section("functions", rows.length === 0 ? "" : columns([head, ...rows], [0, 1, 2]));
  const hot = loops.filter((l) => l.self > 0).slice(0, shown).map((l) => [
    part(l.self),
    amount(l.self),
    ...(unit === "ms" ? [] : [String(l.passes)]),
    `${visible(l.name)} at 0x${l.offset.toString(16)}`,
    placeOf(l.source),
  ]);
  const loopHead = ["self", unit, ...(unit === "ms" ? [] : ["passes"]), "loop", ""];
  section("loops", hot.length === 0 ? "" : columns([loopHead, ...hot], unit === "ms" ? [0, 1] : [0, 1, 2]));
  section("tree", treeLines(tree, sum, part, amount).join("\n"));
  section("instructions", columns(mix.slice(0, shown).map((m) => [part(m.count), String(m.count), m.opcode]), [0, 1]));
  if (coverage !== undefined) {
    const of = (what: string, c: { run: number; of: number } | undefined) =>
      c === undefined ? [] : [[what, `${c.run} of ${c.of}`, c.of === 0 ? "" : `${(100 * c.run / c.of).toFixed(1)} %`]];
    const rows = [
      ...of("functions", coverage.functions),
      ...of("instructions", coverage.instructions),
      ...of("lines", coverage.lines),
    ];
    section("covered", columns(rows, [1, 2]));
  }
  return parts.join("\n\n");
}

function treeLines(
  nodes: readonly ProfileNode[],
  sum: number,
  part: (n: number) => string,
  amount: (n: number) => string,
  depth = 0,
): string[] {
  const lines: string[] = [];
  for (const { name, total, children } of nodes.map(foldRecursion)) {
    if (total < LEAST_PART * sum || depth > 40) continue;
    lines.push(`  ${part(total).padStart(7)}  ${amount(total).padStart(8)}  ${"  ".repeat(depth)}${visible(name)}`);
    lines.push(...treeLines(children, sum, part, amount, depth + 1));
  }
  return lines;
}

/** A node in which calls of itself are no level of their own. */
function foldRecursion(node: ProfileNode): ProfileNode {
  const children = new Map<string, ProfileNode>();
  const add = (list: readonly ProfileNode[]) => {
    for (const child of list) {
      if (child.index === node.index && child.name === node.name) add(child.children);
      else {
        const key = `${child.index} ${child.name}`, known = children.get(key);
        const { name, index } = child;
        children.set(key, {
          name,
          index,
          self: child.self + (known?.self ?? 0),
          total: child.total + (known?.total ?? 0),
          children: [...child.children, ...known?.children ?? []],
        });
      }
    }
  };
  add(node.children);
  return { ...node, children: [...children.values()].sort((a, b) => b.total - a.total) };
}

/** A profile for programs: without the samples and the counts of single instructions. */
export function profileData(profile: Profile): Record<string, unknown> {
  const { samples, counts, frames: _frames, ...rest } = profile;
  const lines = counts.flatMap((f) => f.branches.map((b) => ({ name: f.name, ...b })));
  return { ...rest, samples: samples.length, branches: lines };
}

/** Writes a profile to a file, in the form that its name asks for. Throws CommandError. */
export function saveProfile(profile: Profile, path: string, instance: Instance, name: string): void {
  try {
    Deno.writeTextFileSync(path, writeProfile(profile, formatOf(path), instance.module, name));
  } catch (e) {
    throw new CommandError(`cannot write ${path}: ${reasonOf(e)}`);
  }
}

/** Reads the source map that stands beside a module's file, if it names one; that it cannot be read is only noted. */
export function findSourceMap(module: WasmModule, spec: string, note: (line: string) => void): void {
  const url = sourceMapUrl(module);
  if (url === undefined || /^[a-z][a-z0-9+.-]+:/i.test(url) || /^[a-z][a-z0-9+.-]+:\/\//i.test(spec)) return;
  const path = url.startsWith("/") || !spec.includes("/") ? url : `${spec.slice(0, spec.lastIndexOf("/"))}/${url}`;
  try {
    useSourceMap(module, Deno.readTextFileSync(path));
  } catch (e) {
    note(`no source map: ${path}: ${reasonOf(e)}`);
  }
}

/** Checks options before anything runs. Throws UsageError. */
export function checkProfileFlags({ exact, output, interval }: ProfileFlags): void {
  const format = output === undefined ? undefined : formatOf(output);
  if (format === "lcov" && exact !== true) throw new UsageError("lcov is told counts: --exact");
  if (format === "cpuprofile" && exact === true) {
    throw new UsageError("a .cpuprofile is made of samples: leave --exact out");
  }
  if (interval !== undefined && !(interval >= 0.1 && interval <= 10_000)) {
    throw new UsageError(`an interval of ${interval} ms; 0.1 to 10000 can be`);
  }
}

/** Runs a module and tells where the time went. Gives the exit code; throws as `runModule()`. */
export function profileModule(
  spec: string,
  args: readonly string[],
  flags: ProfileFlags & RunOptions,
): Promise<number> {
  checkProfileFlags(flags);
  const { exact, interval, output, json, lines } = flags;
  if (output !== undefined) checkWritable(output);
  const name = spec.split(/[/\\]/).pop() || spec;
  return runModule(spec, args, flags, (instance) => {
    findSourceMap(innerInstance(instance).module, spec, (line) => console.error(visible(line)));
    const profiling = instance.profile({ exact, interval });
    return {
      [Symbol.dispose]: () => {
        const profile = profiling.end();
        if (output !== undefined) saveProfile(profile, output, instance, name);
        if (json) console.error(JSON.stringify(profileData(profile)));
        else if (output === undefined) console.error(profileText(profile, painter(false), lines));
      },
    };
  });
}
