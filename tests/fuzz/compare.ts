// Runs a random program on several hosts and compares all that can be seen: results, traps, exceptions, calls of the host, memories, globals, tables.
// Takes a program, gives the first difference or undefined.

import { ExternKind } from "../../src/wasm/module.ts";
import { EXTERNREF, F32, I32, I64, isRef, type MemoryType, typeName } from "../../src/wasm/types.ts";
import { HOST_VALUES, type HostValue, type Program, seenByJs } from "./generator/program.ts";
import { type Host, Incomparable, type Running, V8 } from "./hosts.ts";

/** A difference between two hosts. */
export interface Difference {
  readonly hosts: readonly [string, string];
  /** What was observed last that was the same, and what then was not. */
  readonly expected: string;
  readonly got: string;
}

/** Instructions that change arrays look at the array first (specification 4.6.12); V8 looks at segments and other operands first. */
const ARRAY_FIRST = /^trap: (null null-array|array-out-of-bounds)/;
const OTHERS_FIRST = /^trap: (array-out-of-bounds|table|memory-out-of-bounds)/;

/** What a run gave: lines to be compared with V8's, and with other tiers'. */
interface Observed {
  readonly lines: string[];
  readonly details: string[];
}
const FUEL_PER_CALL = 150;
const DIGEST_DEPTH = 3;
const UNIQUE = { name: "an object" };
const VALUES: readonly unknown[] = [UNIQUE, "text", 1.5, 7, -1, 2 ** 30, undefined, Symbol("unique")];
if (VALUES.length !== HOST_VALUES) throw new RangeError("the generator knows how many host values there are");

/** Compares Strata's tiers with each other and, unless the program uses what V8 lacks, with V8. `seed`: of which function runs in which tier. */
export function compareProgram(
  program: Program,
  hosts: readonly Host[],
  seed: number,
): Difference | "incomparable" | undefined {
  try {
    const first = observe(program, hosts[0], seed);
    if (!program.profile.proposals) {
      const theirs = observe(program, V8, seed).lines;
      first.details.forEach((line, i) => {
        if (ARRAY_FIRST.test(line) && OTHERS_FIRST.test(theirs[i] ?? "")) theirs[i] = first.lines[i];
      });
      const wrong = firstDifference(theirs, first.lines, [V8.name, hosts[0].name]);
      if (wrong !== undefined) return wrong;
    }
    for (const host of hosts.slice(1)) {
      const wrong = firstDifference(first.details, observe(program, host, seed).details, [hosts[0].name, host.name]);
      if (wrong !== undefined) return wrong;
    }
  } catch (e) {
    if (e instanceof Incomparable) return "incomparable";
    throw e;
  }
}

function firstDifference(
  a: readonly string[],
  b: readonly string[],
  hosts: readonly [string, string],
): Difference | undefined {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if (a[i] !== b[i]) return { hosts, expected: `${a[i - 1] ?? ""}\n    ${a[i]}`, got: `${b[i]}` };
  }
}

/** Runs the program's calls on a host. */
export function observe(program: Program, host: Host, seed: number): Observed {
  const lines: string[] = [], details: string[] = [];
  const names = new Map<unknown, string>();
  let running: Running | undefined, calls = 0;
  const note = (line: string, detail = "") => {
    lines.push(line);
    details.push(`${line} ${detail}`);
  };
  const show = (value: unknown): string => {
    switch (typeof value) {
      case "number":
        return Object.is(value, -0) ? "-0" : String(value);
      case "bigint":
        return `${value}n`;
      case "function":
        return names.get(value) ?? "a function";
    }
    if (value === null) return "null";
    const known = VALUES.findIndex((v) => v === value);
    if (known >= 0) return `host value ${known}`;
    if (value instanceof Error) return value.message;
    const digest = running?.exports.digest;
    return digest === undefined ? "an object" : `object ${digest(value, DIGEST_DEPTH)}`;
  };
  const failure = (e: unknown): [string, string] => {
    const trap = host.trap(e);
    if (trap !== undefined) return [`trap: ${trap.kind}`, trap.detail];
    const caught = host.caught(e);
    if (caught !== undefined) return [`exception: ${payload(caught)}`, ""];
    if (e instanceof HostError || VALUES.includes(e)) return [`thrown: ${show(e)}`, ""];
    throw e;
  };
  const payload = (caught: NonNullable<ReturnType<Host["caught"]>>): string => {
    const exports = running?.exports ?? {};
    for (let i = 0; exports[`e${i}`] !== undefined; i++) {
      if (!caught.is(exports[`e${i}`])) continue;
      const { params } = program.types.signature(program.tags[i]);
      if (!params.every(seenByJs)) return `tag ${i}`;
      return `tag ${i} (${params.map((_, k) => show(caught.payload(exports[`e${i}`], k)))})`;
    }
    return "an unknown tag";
  };

  host.begin(seed);
  const imports: Record<string, unknown> = {
    id: (x: unknown) => x === null ? -1 : VALUES.indexOf(x),
  };
  const tag = program.imports.some((i) => i.kind === ExternKind.TAG) ? host.tag(["externref"]) : undefined;
  for (const i of program.imports) {
    switch (i.kind) {
      case ExternKind.FUNC: {
        const { results } = program.types.signature(i.type);
        imports[i.name] ??= (...args: unknown[]) => {
          calls++;
          note(`  ${i.name}(${args.map(show)})`);
          if (calls % 23 === 19) throw new HostError(`host error ${calls}`);
          if (calls % 23 === 11 && tag !== undefined) throw host.exception(tag, [VALUES[calls % VALUES.length]]);
          const given = results.map((t, k) => answer(t, calls + k));
          return given.length > 1 ? given : given[0];
        };
        break;
      }
      case ExternKind.GLOBAL: {
        const { type, mutable } = i.type;
        imports[i.name] = host.global(typeName(type), mutable, answer(type, i.name.length + i.name.charCodeAt(1)));
        break;
      }
      case ExternKind.MEMORY:
        imports[i.name] = host.memory(i.type as MemoryType);
        break;
      case ExternKind.TAG:
        imports[i.name] = tag;
    }
  }
  const fuel = imports.fuel as { value: number };
  fuel.value = FUEL_PER_CALL;
  try {
    running = host.load(program, imports, seed);
  } catch (e) {
    const [kind, detail] = failure(e);
    note(`instantiation: ${kind}`, detail);
    if (imports.memory !== undefined) note(memoryHash(imports.memory as { buffer: ArrayBuffer }));
    return { lines, details };
  }
  const { exports } = running;
  for (let i = 0; i < program.functions; i++) names.set(exports[`f${i}`], `f${i}`);
  const give = (v: HostValue): unknown => {
    switch (v.kind) {
      case "number":
      case "bigint":
        return v.value;
      case "ref":
        return VALUES[v.index];
      case "func":
        return exports[`f${v.index}`];
      case "null":
        return null;
    }
  };
  const numbers = () => {
    note(`fuel ${fuel.value}`);
    program.globals.forEach((t, i) => {
      if (seenByJs(t)) note(`global ${i}: ${show(exports[`g${i}`].value)}`);
    });
  };
  const state = () => {
    numbers();
    for (let i = 0; exports[`m${i}`] !== undefined; i++) note(memoryHash(exports[`m${i}`]));
    for (let i = 0; exports[`t${i}`] !== undefined; i++) {
      const { is64, seen } = program.tables[i];
      const index = (n: number) => is64 && host.bigIndices ? BigInt(n) : n;
      note(`table ${i}: ${tableEntries(exports[`t${i}`], seen, index, show)}`);
    }
    if (exports.observe !== undefined) note(`digest ${exports.observe()}`);
  };
  state();
  for (const { func, args } of program.calls) {
    fuel.value = FUEL_PER_CALL;
    running.beforeCall();
    note(`f${func}(${args.map((a) => show(give(a)))})`);
    try {
      const result = exports[`f${func}`](...args.map(give));
      note(`gives ${Array.isArray(result) ? result.map(show) : result === undefined ? "" : show(result)}`);
    } catch (e) {
      note(...failure(e));
    }
    numbers();
  }
  // What went wrong in a memory or table stays there, as a rule.
  state();
  running.dispose();
  return { lines, details };
}

/** An error of a host function. */
class HostError extends Error {}

/** What a host function gives. */
function answer(t: number, n: number): unknown {
  if (t === I32) return Math.imul(n, 0x9e3779b1) >> (n % 32);
  if (t === I64) return BigInt.asIntN(64, BigInt(n) * 0x9e3779b97f4a7c15n) >> BigInt(n % 64);
  if (t === EXTERNREF) return n % 3 === 0 ? null : VALUES[n % VALUES.length];
  if (isRef(t)) return null;
  const v = [0, 1.5, -0, NaN, 1e300, -1e-320, Infinity, 2 ** 31][n % 8];
  return t === F32 ? Math.fround(v) : v;
}

/** Size and content of a memory. */
function memoryHash({ buffer }: { buffer: ArrayBuffer | SharedArrayBuffer }): string {
  const words = new Int32Array(buffer, 0, buffer.byteLength >> 2);
  let h = 0;
  for (let i = 0; i < words.length; i++) {
    while (i + 3 < words.length && (words[i] | words[i + 1] | words[i + 2] | words[i + 3]) === 0) i += 4;
    if (i < words.length) h = Math.imul(h ^ words[i], 0x01000193) + i | 0;
  }
  for (const b of new Uint8Array(buffer, words.byteLength)) h = Math.imul(h ^ b, 0x01000193) + 1 | 0;
  return `memory of ${buffer.byteLength} bytes: ${h}`;
}
/** Size and entries of a table, as far as JavaScript sees them; `index` makes an index of what the host's tables take. */
function tableEntries(
  table: WebAssembly.Table,
  seen: boolean,
  index: (i: number) => unknown,
  show: (v: unknown) => string,
): string {
  const length = Number(table.length);
  const entries = Array.from(
    { length: seen ? Math.min(length, 20) : 0 },
    (_, i) => show(table.get(index(i) as number)),
  );
  return `${length}, ${entries}`;
}
