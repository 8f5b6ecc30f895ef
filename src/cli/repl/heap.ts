// Commands about the heap of structures and arrays: :gc, and :heap types, diff, path, retained, sites, spaces, verify.

import { Heap } from "../../api/heap.ts";
import type { Census } from "../../runtime/census.ts";
import { fromRef } from "../../runtime/values.ts";
import { CommandError, UsageError } from "../exit.ts";
import type { Command } from "./command.ts";
import { columns, count, duration, size } from "./print.ts";
import { attempt, type Output, type Session } from "./session.ts";
import { type Args, isString, parseCount, unquote } from "./words.ts";

const ACTIONS = ["types", "diff", "path", "retained", "sites", "spaces", "verify"] as const;
/** Rows that a table shows at most. */
const SHOWN_ROWS = 20;
const DEFAULT_RETAINED = 5;

/** The census that `:heap diff` begins with, by shell. */
const BEFORE = new WeakMap<Session, Census>();

function table(rows: readonly (readonly string[])[], right: readonly number[]): string {
  const [head, ...body] = rows;
  const more = body.length > SHOWN_ROWS ? `\n  … ${body.length - SHOWN_ROWS} more` : "";
  return columns([head, ...body.slice(0, SHOWN_ROWS)], right) + more;
}

function signed(n: number): string {
  return n > 0 ? `+${n}` : String(n);
}

function types(session: Session): Output {
  const census = session.engine.heap.census();
  BEFORE.set(session, census);
  const rows = [["objects", "bytes", "type"], ...census.types.map((t) => [String(t.objects), String(t.bytes), t.type])];
  const sum = `${count(census.objects, "object")}, ${count(census.bytes, "byte")}`;
  return { text: census.objects === 0 ? "no objects" : `${table(rows, [0, 1])}\n  ${sum}`, data: { census } };
}

function diff(session: Session): Output {
  const before = BEFORE.get(session);
  if (before === undefined) throw new CommandError("there is nothing to compare with yet: :heap types counts first");
  const census = session.engine.heap.census();
  BEFORE.set(session, census);
  const changes = Heap.diff(before, census);
  const rows = [["objects", "bytes", "type"], ...changes.map((t) => [signed(t.objects), signed(t.bytes), t.type])];
  return { text: changes.length === 0 ? "nothing changed" : table(rows, [0, 1]), data: { changes } };
}

function path(session: Session, args: Args): Output {
  const word = args.need("a value or $type");
  args.end();
  let value: unknown = isString(word) ? unquote(word) : word;
  if (/^_\d*$/.test(word)) {
    const { type, bits } = session.result(word);
    value = attempt(() => fromRef(session.store, type, Number(bits)));
  }
  const found = attempt(() => session.engine.heap.retainingPath(value));
  if (found === undefined) return { text: "nothing keeps it alive", data: { path: null } };
  const { target, steps, retainedBytes } = found;
  const text = [
    `${target}, with which ${count(retainedBytes, "byte")} would go`,
    columns(steps.map((step) => [step.by, "→", session.paint("value", step.to)])),
  ];
  return { text: text.join("\n"), data: { path: found } };
}

function retained(session: Session, args: Args): Output {
  const limit = parseCount(args.next() ?? String(DEFAULT_RETAINED), "a number of objects");
  args.end();
  const report = session.engine.heap.retained(limit);
  const byType = report.types.map((t) => [String(t.objects), String(t.bytes), String(t.retainedBytes), t.type]);
  const byObject = report.objects.map((o) => [String(o.retainedBytes), o.type, o.path.slice(1).join(", ")]);
  if (byType.length === 0) return { text: "no objects", data: { report } };
  const text = [
    table([["objects", "bytes", "retained", "type"], ...byType], [0, 1, 2]),
    columns([["retained", "object", "by"], ...byObject], [0]),
  ];
  return { text: text.join("\n"), data: { report } };
}

function sites(session: Session, args: Args): Output {
  const { heap } = session.engine;
  const word = args.next();
  args.end();
  if (word !== undefined) {
    if (word !== "on" && word !== "off") throw new UsageError(`sites are switched on or off, not ${word}`);
    heap.traceAllocations(word === "on");
    const text = `allocation sites are ${word === "on" ? "counted from now on" : "not counted any more"}`;
    return { text, data: { traced: word === "on" } };
  }
  const found = heap.allocationSites;
  const rows = found.map((s) => [
    String(s.objects),
    String(s.bytes),
    s.type,
    s.offset < 0 ? s.function : `${s.function} at 0x${s.offset.toString(16)}`,
  ]);
  const text = found.length === 0
    ? "nothing was counted; :heap sites on begins"
    : table([["objects", "bytes", "type", "function"], ...rows], [0, 1]);
  return { text, data: { sites: found } };
}

function spaces(session: Session): Output {
  const { spaces } = session.engine.heap;
  const share = spaces.smallBytes === 0 ? "" : ` (${Math.round(100 * spaces.lineBytes / spaces.smallBytes)} %)`;
  const rows = [
    ["mapped", size(spaces.committedBytes)],
    ["blocks of small objects", size(spaces.smallBytes)],
    ["  of which in use", `${size(spaces.lineBytes)}${share}`],
    [count(spaces.largeObjects, "large object"), size(spaces.largeBytes)],
    ["free blocks", size(spaces.freeBytes)],
    ["until the next collection", size(spaces.budgetBytes)],
    ["limit", size(spaces.maxBytes)],
    ["host references", String(spaces.hostReferences)],
  ];
  return { text: columns(rows), data: { spaces } };
}

function collect(session: Session): Output {
  const report = session.engine.gc();
  const { heap, roots } = report;
  const kinds: Record<string, string> = { operandStacks: "operand stacks", nativeStacks: "native stacks" };
  const found = Object.entries(roots).filter(([, n]) => n > 0).map(([kind, n]) => `${n} in ${kinds[kind] ?? kind}`);
  const byType = heap.types.slice(0, SHOWN_ROWS).map((t) => [`  ${t.type}`, String(t.kept), String(t.freed)]);
  const text = [
    `collected in ${duration(report.ms)}`,
    columns([
      ["", "kept", "freed"],
      ["objects", String(heap.objectsKept), String(heap.objectsFreed)],
      ...byType,
      ["their bytes", String(heap.bytesAfter), String(heap.bytesBefore - heap.bytesAfter)],
      ["host references", String(report.kept), String(report.freed)],
      ["instances", String(report.instances), String(report.instancesFreed)],
      ["functions", String(report.functions), String(report.functionsFreed)],
    ], [1, 2]),
    `  roots: ${found.length === 0 ? "none" : found.join(", ")}` +
    (report.finalizers > 0 ? `; ${count(report.finalizers, "finalizer")} called` : ""),
  ];
  return { text: text.join("\n"), data: { report } };
}

export const HEAP_COMMANDS: readonly Command[] = [
  {
    name: "gc",
    args: "",
    help: "collect what Wasm cannot reach any more, and show a report",
    more: `Values of the host (externref) go, and instances that were unloaded or replaced.`,
    example: `:load examples/memory.wat
:table names 0 "kept"
:gc
:table names 0 null
:gc`,
    run(session, args) {
      if (args.length > 0) throw new UsageError(":gc takes nothing");
      return collect(session);
    },
  },
  {
    name: "heap",
    args: "types | diff | path <value or $type> | retained [n] | sites [on or off] | spaces | verify",
    help: "what lives in the heap of structures and arrays, and why",
    more: `types     objects and their bytes by type
diff      what changed since the last types or diff
path      why something is alive: _ for the last result, "text", or $type for one of its objects
retained  the bytes that would go with the objects of each type, and the n objects that retain most
sites     where objects were allocated while that was on: function and offset
spaces    where the memory is
verify    check the whole heap`,
    example: `:load examples/binary_trees.wat
:heap types
:heap sites on
keep 5
:heap diff
:heap path $node
:heap retained 3
:heap sites
:heap sites off
:heap spaces
:heap verify`,
    run(session, args) {
      const action = args.need("what to show");
      const full = ACTIONS.filter((a) => a.startsWith(action));
      if (full.length !== 1) throw new UsageError(`${action} is none of ${ACTIONS.join(", ")}`);
      const [what] = full;
      if (what === "path") return path(session, args);
      if (what === "retained") return retained(session, args);
      if (what === "sites") return sites(session, args);
      args.end();
      if (what === "types") return types(session);
      if (what === "diff") return diff(session);
      if (what === "spaces") return spaces(session);
      const objects = session.engine.heap.verify();
      return { text: `${count(objects, "object")}, all in order`, data: { objects } };
    },
  },
];
