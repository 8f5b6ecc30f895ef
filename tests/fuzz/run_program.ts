// Runs a random program on a host, and writes down all that can be seen: results, traps, exceptions, calls of the host, memories, globals, tables.
// What imported functions do depends on how many calls there were before, so that it is the same on every host.

import { ExternKind } from "../../src/wasm/module.ts";
import { EXTERNREF, F32, I32, I64, isRef, typeName, type ValType } from "../../src/wasm/types.ts";
import { type Call, HOST_VALUES, type HostValue, seenByJs } from "./generator/calls.ts";
import type { Program } from "./generator/program.ts";
import type { Caught, Host, Running } from "./hosts.ts";

/** What a run showed: a line for each thing, to be compared with V8's, and the same with what only tiers of Strata have in common. */
export interface Observed {
  readonly lines: string[];
  readonly details: string[];
}
const FUEL_PER_CALL = 150;
/** How deep digests follow references, and how often host functions call back. */
const DIGEST_DEPTH = 3, MOST_NESTED = 2;
const UNIQUE = { name: "an object" };
const VALUES: readonly unknown[] = [UNIQUE, "text", 1.5, 7, -1, 2 ** 30, undefined, Symbol("unique")];
if (VALUES.length !== HOST_VALUES) throw new RangeError("the generator knows how many host values there are");

/** An error of a host function. */
class HostError extends Error {}

/** Instantiates the program, makes its calls, and tells what was seen. Throws Incomparable where a limit was met. */
export function observe(program: Program, host: Host, seed: number): Observed {
  return new Run(program, host, seed).run();
}

class Run {
  readonly #lines: string[] = [];
  readonly #details: string[] = [];
  readonly #names = new Map<unknown, string>();
  readonly #imports: Record<string, unknown> = { id: (x: unknown) => x === null ? -1 : VALUES.indexOf(x) };
  readonly #tag: unknown;
  #running: Running | undefined;
  /** Calls of imported functions, and how many of them are calling back. */
  #calls = 0;
  #nested = 0;

  constructor(readonly program: Program, readonly host: Host, readonly seed: number) {
    host.begin(seed);
    if (program.imports.some((i) => i.kind === ExternKind.TAG)) this.#tag = host.tag(["externref"]);
    for (const i of program.imports) {
      switch (i.kind) {
        case ExternKind.FUNC: {
          const { results } = program.types.signature(i.type);
          this.#imports[i.name] ??= (...args: unknown[]) => this.#hostCall(i.name, args, results);
          break;
        }
        case ExternKind.GLOBAL: {
          const { type, mutable } = i.type;
          const value = answer(type, i.name.length + i.name.charCodeAt(1));
          this.#imports[i.name] = host.global(typeName(type), mutable, value);
          break;
        }
        case ExternKind.MEMORY:
          this.#imports[i.name] = host.memory(i.type);
          break;
        case ExternKind.TAG:
          this.#imports[i.name] = this.#tag;
      }
    }
  }

  run(): Observed {
    const { program, host } = this;
    this.#fuel.value = FUEL_PER_CALL;
    try {
      this.#running = host.load(program, this.#imports, this.seed);
    } catch (e) {
      const [kind, detail] = this.#failure(e);
      this.#note(`instantiation: ${kind}`, detail);
      const memory = this.#imports.memory as { buffer: ArrayBuffer } | undefined;
      if (memory !== undefined) this.#note(memoryHash(memory));
      return { lines: this.#lines, details: this.#details };
    }
    const { exports } = this.#running;
    for (let i = 0; i < program.functions; i++) this.#names.set(exports[`f${i}`], `f${i}`);
    this.#state();
    for (const call of program.calls) {
      this.#fuel.value = FUEL_PER_CALL;
      this.#running.beforeCall();
      this.#call(call);
      this.#numbers();
    }
    // What went wrong in a memory or table stays there, as a rule.
    this.#state();
    this.#running.dispose();
    return { lines: this.#lines, details: this.#details };
  }

  get #fuel(): { value: number } {
    return this.#imports.fuel as { value: number };
  }
  #note(line: string, detail = ""): void {
    this.#lines.push(line);
    this.#details.push(`${line} ${detail}`);
  }

  #call({ func, args }: Call): void {
    const { exports } = this.#running!;
    const given = args.map((a) => this.#give(a));
    this.#note(`f${func}(${given.map((v) => this.#show(v))})`);
    try {
      const result = exports[`f${func}`](...given);
      const list = Array.isArray(result) ? result : result === undefined ? [] : [result];
      this.#note(`gives ${list.map((v) => this.#show(v))}`);
    } catch (e) {
      this.#note(...this.#failure(e));
    }
  }
  #give(v: HostValue): unknown {
    switch (v.kind) {
      case "number":
      case "bigint":
        return v.value;
      case "ref":
        return VALUES[v.index];
      case "func":
        return this.#running!.exports[`f${v.index}`];
      case "null":
        return null;
    }
  }

  /** What an imported function does: it throws, calls back, grows a memory, or only answers. */
  #hostCall(name: string, args: readonly unknown[], results: readonly ValType[]): unknown {
    const calls = ++this.#calls;
    this.#note(`  ${name}(${args.map((v) => this.#show(v))})`);
    if (calls % 23 === 19) throw new HostError(`host error ${calls}`);
    if (calls % 23 === 11 && this.#tag !== undefined) {
      throw this.host.exception(this.#tag, [VALUES[calls % VALUES.length]]);
    }
    if (calls % 5 === 3) this.#callBack(calls);
    if (calls % 7 === 2) this.#grow();
    const given = results.map((t, k) => answer(t, calls + k));
    return given.length > 1 ? given : given[0];
  }
  #callBack(calls: number): void {
    const own = this.program.calls;
    if (this.#running === undefined || own.length === 0 || this.#nested === MOST_NESTED) return;
    this.#nested++;
    try {
      this.#call(own[calls % own.length]);
    } finally {
      this.#nested--;
    }
  }
  #grow(): void {
    const memory = this.#running?.exports.m0;
    if (memory === undefined) return;
    const big = this.host.bigIndices && this.program.memories[0].is64;
    try {
      this.#note(`  grown from ${memory.grow(big ? 1n : 1)}`);
    } catch (e) {
      if (!(e instanceof RangeError)) throw e;
      this.#note("  not grown");
    }
  }

  #numbers(): void {
    const { exports } = this.#running!;
    this.#note(`fuel ${this.#fuel.value}`);
    this.program.globals.forEach((t, i) => {
      if (seenByJs(t)) this.#note(`global ${i}: ${this.#show(exports[`g${i}`].value)}`);
    });
  }
  #state(): void {
    const { exports } = this.#running!;
    this.#numbers();
    this.program.memories.forEach((_, i) => this.#note(memoryHash(exports[`m${i}`])));
    this.program.tables.forEach(({ is64, seen }, i) => {
      const table = exports[`t${i}`], length = Number(table.length);
      const index = (n: number) => is64 && this.host.bigIndices ? BigInt(n) : n;
      const entries = Array.from({ length: seen ? Math.min(length, 20) : 0 }, (_, n) => table.get(index(n)));
      this.#note(`table ${i}: ${length}, ${entries.map((v) => this.#show(v))}`);
    });
    if (exports.observe !== undefined) this.#note(`digest ${exports.observe()}`);
  }

  #show(value: unknown): string {
    switch (typeof value) {
      case "number":
        return Object.is(value, -0) ? "-0" : String(value);
      case "bigint":
        return `${value}n`;
      case "function":
        return this.#names.get(value) ?? "a function";
    }
    if (value === null) return "null";
    const known = VALUES.indexOf(value);
    if (known >= 0) return `host value ${known}`;
    if (value instanceof HostError) return value.message;
    const digest = this.#running?.exports.digest;
    return digest === undefined ? "an object" : `object ${digest(value, DIGEST_DEPTH)}`;
  }
  /** What was thrown, and its details. Throws what neither Wasm nor the host functions throw. */
  #failure(e: unknown): [string, string] {
    const trap = this.host.trap(e);
    if (trap !== undefined) return [`trap: ${trap.kind}`, trap.detail];
    const caught = this.host.caught(e);
    if (caught !== undefined) return [`exception: ${this.#payload(caught)}`, ""];
    if (e instanceof HostError) return [`thrown: ${e.message}`, ""];
    throw e;
  }
  #payload(caught: Caught): string {
    const exports = this.#running?.exports ?? {};
    const i = this.program.tags.findIndex((_, k) => exports[`e${k}`] !== undefined && caught.is(exports[`e${k}`]));
    if (i < 0) return "an unknown tag";
    const { params } = this.program.types.signature(this.program.tags[i]);
    if (!params.every(seenByJs)) return `tag ${i}`;
    return `tag ${i} (${params.map((_, k) => this.#show(caught.payload(exports[`e${i}`], k)))})`;
  }
}

/** What a host function gives. */
function answer(t: ValType, n: number): unknown {
  if (t === I32) return Math.imul(n, 0x9e3779b1) >> (n % 32);
  if (t === I64) return BigInt.asIntN(64, BigInt(n) * 0x9e3779b97f4a7c15n) >> BigInt(n % 64);
  if (t === EXTERNREF) return n % 3 === 0 ? null : VALUES[n % VALUES.length];
  if (isRef(t)) return null;
  const v = [0, 1.5, -0, NaN, 1e300, -1e-320, Infinity, 2 ** 31][n % 8];
  return t === F32 ? Math.fround(v) : v;
}

/** Size and content of a memory. */
function memoryHash({ buffer }: { readonly buffer: ArrayBuffer | SharedArrayBuffer }): string {
  const words = new Int32Array(buffer, 0, buffer.byteLength >> 2);
  let h = 0;
  for (let i = 0; i < words.length; i++) {
    while (i + 3 < words.length && (words[i] | words[i + 1] | words[i + 2] | words[i + 3]) === 0) i += 4;
    if (i < words.length) h = Math.imul(h ^ words[i], 0x01000193) + i | 0;
  }
  for (const b of new Uint8Array(buffer, words.byteLength)) h = Math.imul(h ^ b, 0x01000193) + 1 | 0;
  return `memory of ${buffer.byteLength} bytes: ${h}`;
}
