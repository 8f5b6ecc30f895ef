// Traces: lines about what a program does, as it does it. Takes an instance and what is wanted, gives an event for each call, instruction, access, collection or move;
// as text or as JSON it is a line. Built on probes, so it costs nothing where it is not, and the functions it tells of run in the interpreter.

import type { Context } from "../engine/context.ts";
import type { TierEvent } from "../engine/tier_log.ts";
import { BytecodeReader } from "../bytecode/reader.ts";
import { Mode, type WasmFunc } from "../runtime/func.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import { readSlot } from "../runtime/values.ts";
import { printInstruction } from "../text/print_instruction.ts";
import { ExternKind, type Import } from "../wasm/module.ts";
import { GLOBAL_GET, GLOBAL_SET } from "../wasm/opcodes.ts";
import { V128 } from "../wasm/types.ts";
import type { ProbeEvent } from "./probe_event.ts";
import { type AttachedProbe, matches, type NamePattern, type ProbePlaces, probesOf } from "./probes.ts";

/** What can be traced: calls with their results, of host functions too; every instruction; accesses to memory; to globals; collections; moves between tiers; calls of WASI. */
export type Traced = "calls" | "ops" | "mem" | "globals" | "gc" | "tier" | "wasi";
/** All of it. */
export const TRACED: readonly Traced[] = ["calls", "ops", "mem", "globals", "gc", "tier", "wasi"];

/** What to trace, and where. */
export interface TraceOptions {
  /** Kinds of events. */
  readonly what: readonly Traced[];
  /** Functions whose calls, instructions and accesses are traced, and host functions by their names; without it all. */
  readonly functions?: NamePattern;
  /** Byte offsets of instructions in the module, ranges from the first to before the second. */
  readonly offsets?: ProbePlaces["offsets"];
  /** For `mem`: accesses to bytes from the first to before the second address of memory 0. */
  readonly addresses?: readonly [number, number];
}

/** A value for programs: numbers that JSON has no way to write, and 64-bit integers, as text. */
export type TraceValue = number | string;

/** One event. Which fields there are depends on `what`. */
export interface TraceEvent {
  /** What happened: `call` and `return` (or `tail`, a call that takes the function's place; `left`, by an exception) of a function, `host` a call of the host. */
  readonly what: "call" | "return" | "tail" | "left" | "host" | "op" | "mem" | "global" | "gc" | "tier" | "wasi";
  /** How many traced calls it lies in. */
  readonly depth?: number;
  /** The function's name. */
  readonly name?: string;
  /** The function's index in its module. */
  readonly index?: number;
  /** Byte offset of the instruction in the module. */
  readonly offset?: number;
  /** The instruction as text. */
  readonly op?: string;
  /** Arguments of a call. */
  readonly args?: readonly TraceValue[];
  /** Results of a call. */
  readonly results?: readonly TraceValue[];
  /** What a host function threw. */
  readonly error?: string;
  /** Operands of an instruction. */
  readonly operands?: readonly TraceValue[];
  /** Of an access to memory: `load`, `store` or `update`. Of a global: `get` or `set`. */
  readonly kind?: string;
  /** Index of the memory. */
  readonly memory?: number;
  /** First byte of the access. */
  readonly address?: number;
  /** Bytes of the access. */
  readonly bytes?: number;
  /** What was loaded or stored, or is read from or put into a global, if that can be told. */
  readonly value?: TraceValue;
  /** The name of a global. */
  readonly global?: string;
  /** Milliseconds of a collection. */
  readonly ms?: number;
  /** Bytes of objects before a collection. */
  readonly bytesBefore?: number;
  /** Bytes of objects after it. */
  readonly bytesAfter?: number;
  /** Of a move between tiers: `function` or `frame`. */
  readonly moved?: string;
  /** The tier that it was in. */
  readonly from?: string;
  /** The tier that it is in now. */
  readonly to?: string;
  /** Why it moved. */
  readonly why?: string;
}

/** A value as people read it: that of a v128 in hexadecimal, the lowest byte first. */
export function valueText(value: unknown): string {
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "number" || typeof value === "bigint" || value === null) return String(value);
  if (value instanceof Uint8Array) return `0x${Array.from(value, (b) => b.toString(16).padStart(2, "0")).join("")}`;
  if (typeof value === "function") return `[function ${value.name}]`;
  if (typeof value === "string") return JSON.stringify(value);
  return value === undefined ? "?" : `[${typeof value}]`;
}
function jsonValue(value: unknown): TraceValue {
  return typeof value === "number" && Number.isFinite(value) && !Object.is(value, -0) ? value : valueText(value);
}
const valuesText = (values: readonly unknown[] | undefined): string => (values ?? []).map(String).join(", ");

/** An event as a line for people. */
export function traceText(e: TraceEvent): string {
  const indent = "  ".repeat(e.depth ?? 0), hex = (n: number) => `0x${n.toString(16)}`;
  const at = e.offset === undefined ? "" : `${e.offset.toString(16).padStart(6, "0")}  `;
  switch (e.what) {
    case "call":
      return `${indent}${e.name}(${valuesText(e.args)})`;
    case "return":
      return `${indent}${e.name} => ${e.results?.length ? valuesText(e.results) : "nothing"}`;
    case "tail":
      return `${indent}${e.name} => ${e.op}(${valuesText(e.args)})`;
    case "left":
      return `${indent}${e.name} is left by an exception`;
    case "host":
    case "wasi": {
      const gave = e.error !== undefined
        ? `throws ${e.error}`
        : `=> ${e.results?.length ? valuesText(e.results) : "nothing"}`;
      return `${indent}${e.what} ${e.name}(${valuesText(e.args)}) ${gave}`;
    }
    case "op":
      return `${at}${indent}${e.op}${e.operands?.length ? `  [${valuesText(e.operands)}]` : ""}`;
    case "mem": {
      const memory = e.memory === 0 ? "" : ` of memory ${e.memory}`;
      return `${at}${indent}${e.kind} ${e.bytes} at ${hex(e.address!)}${memory}${
        e.value === undefined ? "" : `: ${e.value}`
      }`;
    }
    case "global":
      return `${at}${indent}${e.kind} ${e.global}: ${e.value}`;
    case "gc":
      return `gc ${e.ms!.toFixed(2)} ms, ${e.bytesBefore} bytes before, ${e.bytesAfter} after`;
    case "tier":
      return `tier ${e.moved === "frame" ? "frame of " : ""}${e.name}: ${e.from} → ${e.to} (${e.why})`;
  }
}

const WASI_MODULE = /^wasi_/;

/** A traced call. */
interface OpenCall {
  readonly frame: number;
  readonly name: string;
  readonly index: number;
}

/** A trace that runs until it is stopped. */
export class Tracer {
  /** Events so far. */
  events = 0;
  readonly #probes: AttachedProbe[] = [];
  readonly #undo: (() => void)[] = [];
  /** Traced calls that have not ended, as far as known. */
  readonly #open: OpenCall[] = [];
  /** Whether an exception was thrown since: what is gone then was left by it. */
  #thrown = false;
  readonly #instance: WasmInstance;

  /**
   * Begins to trace an instance; `tell` is called with each event, while the program runs; `errnoName` names what calls of WASI give. Throws TypeError for options that cannot be; RangeError where no function is meant.
   */
  constructor(
    readonly context: Context,
    instance: WasmInstance,
    readonly options: TraceOptions,
    readonly tell: (event: TraceEvent) => void,
    readonly errnoName: (code: number) => string = String,
  ) {
    this.#instance = instance;
    const { what } = options;
    for (const w of what) {
      if (!TRACED.includes(w)) throw new TypeError(`nothing called ${w} can be traced; there is ${TRACED.join(", ")}`);
    }
    try {
      this.#begin(new Set(what));
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  #begin(what: ReadonlySet<Traced>): void {
    const { functions, offsets, addresses } = this.options;
    if (what.has("calls")) {
      this.#attach({ at: "enter", functions }, (e) => this.#enter(e));
      this.#attach({ at: "exit", functions }, (e) => this.#exit(e));
      this.#listenToExceptions();
    }
    if (what.has("ops")) this.#attach({ at: "instruction", functions, offsets }, (e) => this.#op(e));
    if (what.has("mem")) this.#attach({ at: "memory", functions, offsets, addresses }, (e) => this.#mem(e));
    if (what.has("globals")) {
      this.#attach({ at: "instruction", functions, offsets, opcodes: "global.*" }, (e) => this.#global(e));
    }
    const hosts = this.#hosts(what);
    if (this.#probes.length === 0 && hosts === 0 && !what.has("gc") && !what.has("tier")) {
      throw new RangeError("no function and no instruction is meant by the trace");
    }
    if (what.has("tier")) this.#undo.push(this.context.tierLog.listen((e) => this.#tier(e)));
    if (what.has("gc")) this.#listenToCollections();
  }

  #attach(places: ProbePlaces, listener: (event: ProbeEvent) => void): void {
    try {
      this.#probes.push(probesOf(this.context).attach(this.#instance, places, listener));
    } catch (error) {
      // Others of what is wanted may find something.
      if (!(error instanceof RangeError) || this.#instance.disposed) throw error;
    }
  }

  /** Ends it. Does nothing the second time. */
  stop(): void {
    this.#depthOf(-1);
    for (const probe of this.#probes.splice(0)) probe.detach();
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }

  #emit(event: TraceEvent): void {
    this.events++;
    this.tell(event);
  }

  /** How many traced calls are open below a frame; those above it have ended. */
  #depthOf(frame: number): number {
    const open = this.#open;
    while (open.length > 0 && open[open.length - 1].frame >= frame) {
      const { name, index } = open.pop()!;
      if (this.#thrown) this.#emit({ what: "left", depth: open.length, name, index });
    }
    this.#thrown = false;
    return open.length;
  }

  #enter(e: ProbeEvent): void {
    const depth = this.#depthOf(e.frame);
    const { frame, name, index } = e;
    this.#open.push({ frame, name, index });
    this.#emit({ what: "call", depth, name, index, args: e.args.map(jsonValue) });
  }

  #exit(e: ProbeEvent): void {
    const above = this.#depthOf(e.frame + 1), { name, index } = e, values = e.results.map(jsonValue);
    if (this.#open.at(-1)?.frame === e.frame) this.#open.pop();
    const depth = Math.min(above, this.#open.length);
    if (e.opcode.startsWith("return_call")) {
      this.#emit({ what: "tail", depth, name, index, op: this.#text(e), args: values });
    } else this.#emit({ what: "return", depth, name, index, results: values });
  }

  #text({ offset, index }: ProbeEvent): string {
    const { module } = this.#instance, r = new BytecodeReader(module.bytes, offset);
    r.next();
    return printInstruction(r, module, index);
  }

  /** Depth of an instruction in a function. */
  #depthIn(frame: number): number {
    return this.#depthOf(frame + 1);
  }

  #op(e: ProbeEvent): void {
    const { name, index, offset } = e;
    const depth = this.#depthIn(e.frame), operands = e.operands.map(jsonValue);
    this.#emit({ what: "op", depth, name, index, offset, op: this.#text(e), operands });
  }

  #mem(e: ProbeEvent): void {
    const { name, index, offset } = e, depth = this.#depthIn(e.frame), { addresses } = this.options;
    for (const { kind, memory, address, bytes, value } of e.accesses) {
      if (addresses !== undefined && (memory !== 0 || address >= addresses[1] || address + bytes <= addresses[0])) {
        continue;
      }
      const found = value === undefined ? undefined : jsonValue(value);
      this.#emit({ what: "mem", depth, name, index, offset, op: e.opcode, kind, memory, address, bytes, value: found });
    }
  }

  #global(e: ProbeEvent): void {
    const { name, index, offset } = e, { module, globals, store } = this.#instance;
    const r = new BytecodeReader(module.bytes, offset), code = r.next();
    if (code !== GLOBAL_GET && code !== GLOBAL_SET) return;
    const { type } = globals[r.index].type;
    const value = code === GLOBAL_SET
      ? e.operands[0]
      : type === V128
      ? undefined
      : readSlot(store, store.arena.i32, globals[r.index].cell >> 3, type);
    const kind = code === GLOBAL_SET ? "set" : "get",
      global = module.names.globals.get(r.index) ?? `global[${r.index}]`;
    this.#emit({
      what: "global",
      depth: this.#depthIn(e.frame),
      name,
      index,
      offset,
      kind,
      global,
      value: jsonValue(value),
    });
  }

  #tier({ what: moved, name, index, from, to, why, offset }: TierEvent): void {
    this.#emit({ what: "tier", moved, name, index, from, to, why, offset: offset < 0 ? undefined : offset });
  }

  #listenToCollections(): void {
    const { store } = this.context, before = store.collected;
    store.collected = ({ ms, bytesBefore, bytesAfter }) => {
      before?.({ at: performance.now(), ms, bytesBefore, bytesAfter });
      this.#emit({ what: "gc", ms, bytesBefore, bytesAfter });
    };
    this.#undo.push(() => store.collected = before);
  }

  #listenToExceptions(): void {
    const { listeners } = this.context.store.exceptions, listener = () => void (this.#thrown = true);
    listeners.add(listener);
    this.#undo.push(() => listeners.delete(listener));
  }

  /** Listens to the host functions that the instance imports; gives how many. */
  #hosts(what: ReadonlySet<Traced>): number {
    if (!what.has("calls") && !what.has("wasi")) return 0;
    const { module, funcs } = this.#instance;
    let count = 0;
    for (const i of module.imports) {
      if (i.kind !== ExternKind.FUNC) continue;
      const func = funcs[i.index], isWasi = what.has("wasi") && WASI_MODULE.test(i.module);
      if (func.mode !== Mode.HOST || func.raw || func.host === undefined || (!isWasi && !what.has("calls"))) continue;
      const { functions } = this.options;
      if (!isWasi && !matches(functions, i.name, i.index) && !matches(functions, `${i.module}.${i.name}`)) continue;
      this.#wrap(func, i, isWasi);
      count++;
    }
    return count;
  }

  #wrap(func: WasmFunc, { module, name: field, index }: Import, isWasi: boolean): void {
    const host = func.host!, name = isWasi ? field : `${module}.${field}`;
    const event = { what: isWasi ? "wasi" : "host", name, index } as const;
    const count = func.type.results.length;
    const traced = (...args: unknown[]): unknown => {
      const depth = this.#open.length, shown = args.map(jsonValue);
      let value: unknown;
      try {
        value = host(...args);
      } catch (error) {
        this.#emit({ ...event, depth, args: shown, error: error instanceof Error ? error.name : valueText(error) });
        throw error;
      }
      const results = count === 0 ? [] : count === 1 ? [value] : [...value as Iterable<unknown>];
      const texts = isWasi && typeof value === "number" ? [this.errnoName(value)] : results.map(jsonValue);
      this.#emit({ ...event, depth, args: shown, results: texts });
      return count > 1 ? results : value;
    };
    func.host = traced;
    this.#undo.push(() => {
      if (func.host === traced) func.host = host;
    });
  }
}
