// What a random program runs on: Strata in some tier, or V8. Takes a program, gives an instance behind one interface, and says what was thrown.

import { Engine, Exception, type HostType, type Module, type Tag, Trap } from "../../mod.ts";
import { TIERS } from "../../src/runtime/tier.ts";
import { ResourceError } from "../../src/wasm/errors.ts";
import type { MemoryType } from "../../src/wasm/types.ts";
import type { Program } from "./generator/program.ts";
import { Random } from "./mutator.ts";

/** Something was thrown: what can be compared with V8's, and what only tiers of Strata have in common. */
export interface Thrown {
  readonly kind: string;
  readonly detail: string;
}
/** An instance. */
export interface Running {
  // deno-lint-ignore no-explicit-any
  readonly exports: Record<string, any>;
  /** Called before each call. */
  beforeCall(): void;
  dispose(): void;
}
/** An exported tag: whether an exception has it, and its payload. */
export interface Caught {
  is(tag: unknown): boolean;
  payload(tag: unknown, index: number): unknown;
}
/** Something that runs programs. */
export interface Host {
  readonly name: string;
  /** Whether JavaScript gives bigints for places in tables of 64-bit addresses. */
  readonly bigIndices: boolean;
  /** Called before anything is made for a program. */
  begin(seed: number): void;
  load(program: Program, imports: Record<string, unknown>, seed: number): Running;
  global(type: string, mutable: boolean, value: unknown): { value: unknown };
  memory(type: MemoryType): unknown;
  tag(parameters: readonly string[]): unknown;
  exception(tag: unknown, payload: readonly unknown[]): unknown;
  /** What a trap was; undefined for anything else. Throws Incomparable for limits. */
  trap(error: unknown): Thrown | undefined;
  caught(error: unknown): Caught | undefined;
}
/** A limit was met that engines need not share: the program says nothing. */
export class Incomparable extends Error {}

/** All features that a module can ask for. */
export const ALL_FEATURES = { threads: true, "wide-arithmetic": true, "custom-page-sizes": true };

/** Kinds of traps that V8 has one word for. */
const COARSE: Record<string, string> = {
  "undefined-element": "table",
  "table-out-of-bounds": "table",
  "uninitialized-element": "call",
  "indirect-call-type-mismatch": "call",
  // Which of the two comes first is left open.
  "unaligned-atomic": "memory-out-of-bounds",
  "integer-overflow": "range",
  "invalid-conversion-to-integer": "range",
  "null-reference": "null",
  "null-structure": "null",
  "null-array": "null",
  "null-i31": "null",
  "null-function": "null",
  "null-exception": "null",
};

const MODULES = new WeakMap<Engine, { readonly program: Program; readonly module: Module }>();
/** The module of a program in an engine, which the next run in the same engine finds compiled. */
function compiled(engine: Engine, program: Program): Module {
  let last = MODULES.get(engine);
  if (last?.program !== program) MODULES.set(engine, last = { program, module: engine.compile(program.bytes) });
  return last.module;
}

class StrataHost implements Host {
  readonly bigIndices = false;
  /** The engine of the program that runs. */
  #engine: Engine;
  constructor(readonly name: string, readonly choose: (seed: number) => Engine, readonly mixed: boolean = false) {
    this.#engine = choose(0);
  }
  begin(seed: number): void {
    this.#engine = this.choose(seed);
  }
  load(program: Program, imports: Record<string, unknown>, seed: number): Running {
    const instance = this.#engine.instantiate(compiled(this.#engine, program), { h: imports });
    const own = instance.functions.filter((f) => !f.isHost);
    const random = new Random(seed);
    return {
      exports: instance.exports,
      beforeCall: () => {
        if (this.mixed) { for (const f of own) f.tier = random.pick(TIERS); }
      },
      dispose: () => instance.dispose(),
    };
  }
  global(type: string, mutable: boolean, value: unknown): { value: unknown } {
    return this.#engine.global({ type: type as HostType, mutable }, value);
  }
  memory({ min, max, is64, shared, pageSizeLog2 }: MemoryType): unknown {
    return this.#engine.memory(
      {
        minimum: Number(min),
        maximum: Number(max),
        address: is64 ? "i64" : "i32",
        shared,
        pageSize: 2 ** pageSizeLog2,
      } as Parameters<Engine["memory"]>[0],
    );
  }
  tag(parameters: readonly string[]): Tag {
    return this.#engine.tag({ parameters: parameters as readonly HostType[] });
  }
  exception(tag: unknown, payload: readonly unknown[]): unknown {
    return new Exception(tag as Tag, payload);
  }
  trap(error: unknown): Thrown | undefined {
    if (error instanceof ResourceError) throw new Incomparable(error.message);
    if (!(error instanceof Trap)) return undefined;
    if (error.kind === "call-stack-exhausted" || error.kind === "heap-exhausted") throw new Incomparable(error.kind);
    const frames = error.frames.map((f) => `${f.index}@${f.offset}`).join(" ");
    return { kind: COARSE[error.kind] ?? error.kind, detail: `${error.kind} ${frames}` };
  }
  caught(error: unknown): Caught | undefined {
    if (!(error instanceof Exception)) return undefined;
    return { is: (tag) => error.is(tag as Tag), payload: (_, i) => error.payload[i] };
  }
}

const V8_TRAPS: readonly [RegExp, string][] = [
  [/unreachable/, "unreachable"],
  [/memory access out of bounds|data segment.*out of bounds|unaligned/, "memory-out-of-bounds"],
  [/divide by zero|remainder by zero/, "integer-divide-by-zero"],
  [/divide result unrepresentable|float unrepresentable/, "range"],
  [/table index is out of bounds|table access out of bounds|element segment.*out of bounds|table initializer/, "table"],
  [/signature mismatch|null function/, "call"],
  [/dereferencing a null pointer|rethrowing null/, "null"],
  [/illegal cast/, "cast-failure"],
  [/array element access out of bounds/, "array-out-of-bounds"],
  [/Atomics.wait/, "expected-shared-memory"],
];

class V8Host implements Host {
  readonly name = "V8";
  readonly bigIndices = true;
  begin(): void {}
  load(program: Program, imports: Record<string, unknown>): Running {
    const module = new WebAssembly.Module(program.bytes);
    const { exports } = new WebAssembly.Instance(module, { h: imports as WebAssembly.ModuleImports });
    return { exports, beforeCall() {}, dispose() {} };
  }
  global(type: string, mutable: boolean, value: unknown): { value: unknown } {
    return new WebAssembly.Global({ value: type as WebAssembly.ValueType, mutable }, value as number);
  }
  memory({ min, max, is64, shared }: MemoryType): unknown {
    const number = (n: bigint | undefined) => is64 ? n : Number(n);
    const descriptor = { initial: number(min), maximum: number(max), address: is64 ? "i64" : "i32", shared };
    return new WebAssembly.Memory(descriptor as unknown as WebAssembly.MemoryDescriptor);
  }
  tag(parameters: readonly string[]): unknown {
    // deno-lint-ignore no-explicit-any
    return new (WebAssembly as any).Tag({ parameters });
  }
  exception(tag: unknown, payload: readonly unknown[]): unknown {
    // deno-lint-ignore no-explicit-any
    return new (WebAssembly as any).Exception(tag, payload);
  }
  trap(error: unknown): Thrown | undefined {
    if (error instanceof RangeError) throw new Incomparable(error.message);
    if (!(error instanceof WebAssembly.RuntimeError)) return undefined;
    const { message } = error;
    if (/too large|out of memory|allocation failed/.test(message)) throw new Incomparable(message);
    const kind = V8_TRAPS.find(([pattern]) => pattern.test(message))?.[1] ?? message;
    return { kind, detail: "" };
  }
  caught(error: unknown): Caught | undefined {
    // deno-lint-ignore no-explicit-any
    if (!(error instanceof (WebAssembly as any).Exception)) return undefined;
    // deno-lint-ignore no-explicit-any
    const e = error as any;
    return { is: (tag) => e.is(tag), payload: (tag, i) => e.getArg(tag, i) };
  }
}

/** The oracle. */
export const V8: Host = new V8Host();

/**
 * All ways to run a program with Strata: each tier that runs here, functions of all tiers together, and frames that change the tier wherever they can; the latter two now and
 * then with a collection at every allocation.
 */
export function strataHosts(): Host[] {
  const engine = (tier: typeof TIERS[number], gcZeal = false) => new Engine({ tier, features: ALL_FEATURES, gcZeal });
  const moved = [false, true].map((gcZeal) =>
    new Engine({ tier: "js", tierZeal: true, features: ALL_FEATURES, gcZeal })
  );
  const chance = new Map<number, Engine>();
  const portable = [
    new StrataHost("moving frames of js", (seed) => moved[seed % 4 === 1 ? 1 : 0]),
    new StrataHost("frames of js moved by chance", (seed) => {
      const n = seed % 16;
      let engine = chance.get(n);
      if (engine === undefined) {
        chance.set(n, engine = new Engine({ tier: "js", tierZeal: n, features: ALL_FEATURES, gcZeal: n % 4 === 2 }));
      }
      return engine;
    }),
  ];
  if (Engine.nativeUnavailable !== undefined) {
    const here = ["interp", "js"] as const;
    return [...here.map((tier) => new StrataHost(tier, () => engine(tier))), ...portable];
  }
  const engines = TIERS.map((tier) => engine(tier));
  const zealous = engine("jit", true);
  const moving = [false, true].map((gcZeal) => new Engine({ tierZeal: true, features: ALL_FEATURES, gcZeal }));
  const shuffling = [false, true].map((gcZeal) =>
    new Engine({ tier: "fast", tierZeal: 5, features: ALL_FEATURES, gcZeal })
  );
  return [
    ...TIERS.map((tier, i) => new StrataHost(tier, () => engines[i])),
    new StrataHost("mixed tiers", (seed) => seed % 4 === 0 ? zealous : engines.at(-1)!, true),
    new StrataHost("moving frames of register code", (seed) => shuffling[seed % 4 === 2 ? 1 : 0]),
    new StrataHost("moving frames", (seed) => moving[seed % 4 === 1 ? 1 : 0]),
    ...portable,
  ];
}
