// Probes: whom to tell, or what to count, at places of functions while they run. Takes an instance and which places; functions that somebody is told of go to the
// interpreter, live, where stops hold them; counted ones stay in their tiers, in code that counts. Nothing is in the way once all are detached.

import { BytecodeReader } from "../bytecode/reader.ts";
import type { Context } from "../engine/context.ts";
import type { CountRequest } from "../engine/counting.ts";
import { ModuleCode, moduleCode } from "../interp/code.ts";
import type { WasmFunc } from "../runtime/func.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import type { Stop } from "../runtime/tier.ts";
import { CountKind, isConditional } from "../validate/count_plan.ts";
import * as op from "../wasm/opcodes.ts";
import { Trap, Uncatchable } from "../wasm/errors.ts";
import { accessesMemory } from "./operands.ts";
import { ProbeEvent, type ProbeKind } from "./probe_event.ts";

/** Names, alone or several: a pattern with `*` and `?`, an expression, a number for a function's index. */
export type NamePattern = string | number | RegExp | readonly (string | number | RegExp)[];

/** Which places a probe is for. */
export interface ProbePlaces {
  /** What it is told of. */
  readonly at: ProbeKind;
  /** Functions; without it all of the instance. */
  readonly functions?: NamePattern;
  /** Mnemonics of instructions, such as `i32.div_*`. */
  readonly opcodes?: NamePattern;
  /** Byte offsets in the module: one, or ranges from the first to before the second. */
  readonly offsets?: number | readonly (readonly [number, number])[];
  /** Of accesses to memory: those that touch bytes from the first to before the second address, of memory 0 if no other is given. */
  readonly addresses?: readonly [number, number];
  /** Index of a memory in the module: accesses to it alone. */
  readonly memory?: number;
}

/** Ends a call of Wasm because a probe's function threw: no handler of Wasm catches it. */
export class ProbeError extends Uncatchable {
  /** The class's name. */
  override name = "ProbeError";
  /** What was thrown. */
  override readonly cause: unknown;

  /** Takes what was thrown. */
  constructor(cause: unknown) {
    super(`a probe failed: ${cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)}`);
    this.cause = cause;
  }
}

/** Called with what happens; what it gives is not looked at. What it throws ends the call of Wasm as a {@link ProbeError}, but for traps and errors that no handler of Wasm catches anyway. */
export type ProbeListener = (event: ProbeEvent) => void;

/** How often an instruction was come to. */
export interface ProbeCount {
  /** The function's name. */
  readonly name: string;
  /** The function's index in the module. */
  readonly index: number;
  /** Byte offset of the instruction in the module. */
  readonly offset: number;
  /** The instruction's mnemonic. */
  readonly opcode: string;
  /** How often it was come to. */
  readonly count: number;
  /** Of a branch: how often it went each way: its condition held, or not; for a `br_table`, each label, the default last. */
  readonly ways?: readonly number[];
}

/** Whether a name or an index is among those that a pattern means; any without one. */
export function matches(pattern: NamePattern | undefined, name: string, index?: number): boolean {
  if (pattern === undefined) return true;
  if (typeof pattern === "number") return pattern === index;
  if (typeof pattern === "string") return globOf(pattern).test(name);
  if (pattern instanceof RegExp) return name.search(pattern) >= 0;
  return pattern.some((p) => matches(p, name, index));
}

const GLOBS = new Map<string, RegExp>();
function globOf(pattern: string): RegExp {
  let expression = GLOBS.get(pattern);
  if (expression === undefined) {
    const source = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
    if (GLOBS.size > 1000) GLOBS.clear();
    GLOBS.set(pattern, expression = new RegExp(`^${source}$`, "s"));
  }
  return expression;
}

/** An instruction that a probe is for. */
interface Site {
  readonly func: WasmFunc;
  readonly offset: number;
  readonly opcode: number;
}

function isExit(code: number, isLast: boolean): boolean {
  return (code === op.END && isLast) || code === op.RETURN || code === op.RETURN_CALL ||
    code === op.RETURN_CALL_INDIRECT || code === op.RETURN_CALL_REF;
}

function isMeant(r: BytecodeReader, at: ProbeKind, start: number, end: number): boolean {
  switch (at) {
    case "enter":
      return r.at === start;
    case "exit":
      return isExit(r.op, r.pos === end);
    case "branch":
      return isConditional(r.op) || r.op === op.BR_TABLE;
    case "memory":
      return accessesMemory(r.info);
    default:
      return true;
  }
}

function isWithin(offsets: ProbePlaces["offsets"], at: number): boolean {
  if (offsets === undefined) return true;
  return typeof offsets === "number" ? at === offsets : offsets.some(([from, to]) => from <= at && at < to);
}

/** The instructions of an instance's own functions that places mean. */
function sitesOf(instance: WasmInstance, places: ProbePlaces): Site[] {
  const { module } = instance, sites: Site[] = [];
  for (const func of instance.funcs) {
    if (func.instance !== instance || !matches(places.functions, func.name, func.index)) continue;
    const body = module.funcs[func.index].body!;
    const r = new BytecodeReader(module.bytes, body.codeStart, body.end);
    while (r.pos < body.end) {
      r.next();
      if (!isMeant(r, places.at, body.codeStart, body.end)) continue;
      if (matches(places.opcodes, r.info.name) && isWithin(places.offsets, r.at)) {
        sites.push({ func, offset: r.at, opcode: r.op });
      }
      if (places.at === "enter") break;
    }
  }
  return sites;
}

/** A probe that is told of by whoever made it. */
export class AttachedProbe {
  /** How often it was told, or has counted. */
  #hits = 0;
  #attached = true;
  readonly #sites: readonly Site[];
  readonly #requests: readonly CountRequest[];
  #counts: ProbeCount[] | undefined;

  /** Made by {@link Probes.attach}. */
  constructor(
    readonly probes: Probes,
    readonly places: ProbePlaces,
    readonly instance: WasmInstance,
    sites: readonly Site[],
    readonly listener: ProbeListener | undefined,
    requests: readonly CountRequest[],
  ) {
    this.#sites = sites;
    this.#requests = requests;
  }

  /** How many instructions it is for. */
  get sites(): number {
    return this.#sites.length;
  }
  get attached(): boolean {
    return this.#attached;
  }
  /** How often it was told, or what it counted. */
  get hits(): number {
    return this.listener === undefined ? this.counts.reduce((n, c) => n + c.count, 0) : this.#hits;
  }

  /** What it counted so far at each instruction; empty for one that somebody is told of. */
  get counts(): ProbeCount[] {
    if (this.#counts !== undefined) return this.#counts;
    const requests = new Map(this.#requests.map((r) => [r.index, r]));
    if (requests.size === 0) return [];
    return this.#sites.map(({ func, offset, opcode }) => {
      const request = requests.get(func.index)!;
      const place = { name: func.name, index: func.index, offset, opcode: op.opInfo(opcode)!.name };
      if (this.places.at !== "branch") return { ...place, count: request.value(CountKind.AT, offset) };
      const ways = request.waysOf(offset);
      return { ...place, count: ways.reduce((a, b) => a + b, 0), ways };
    });
  }

  /** Takes it away; what it counted stays. Does nothing when that has happened. */
  detach(): void {
    if (!this.#attached) return;
    this.#counts = this.counts;
    this.#attached = false;
    for (const request of this.#requests) request.stop();
    this.probes.remove(this, this.#sites);
  }

  /** A frame stands at one of its instructions. */
  tell(stop: Stop): void {
    if (stop.func.instance !== this.instance) return;
    const event = new ProbeEvent(this.places.at, stop, stop.func.instance.store);
    try {
      if (!this.#touches(event)) return;
      this.#hits++;
      this.listener!(event);
    } catch (error) {
      throw error instanceof Trap || error instanceof Uncatchable ? error : new ProbeError(error);
    } finally {
      ProbeEvent.end(event);
    }
  }

  #touches(event: ProbeEvent): boolean {
    const { addresses, memory, at } = this.places;
    if (at !== "memory" || (addresses === undefined && memory === undefined)) return true;
    return event.accesses.some((a) =>
      a.memory === (memory ?? 0) && (addresses === undefined ||
        (a.bytes > 0 && a.address < addresses[1] && addresses[0] < a.address + a.bytes))
    );
  }
}

/** What is attached to the functions of one engine. */
export class Probes {
  /** By what the interpreter reads of a module and the offset there. */
  readonly #at = new Map<ModuleCode, Map<number, AttachedProbe[]>>();
  readonly #held = new Map<WasmFunc, { times: number; readonly release: () => void }>();

  constructor(readonly context: Context) {}

  /** Attaches a probe to all instructions that `places` means. Throws TypeError for places that cannot be, RangeError where there are none. */
  attach(instance: WasmInstance, places: ProbePlaces, listener: ProbeListener | undefined): AttachedProbe {
    checkPlaces(places, listener);
    if (instance.disposed) throw new RangeError("the instance was disposed of");
    const sites = sitesOf(instance, places);
    if (sites.length === 0) throw new RangeError(`no instruction is meant by the probe's places`);
    const requests = listener === undefined ? this.#count(instance, places, sites) : [];
    const probe = new AttachedProbe(this, places, instance, sites, listener, requests);
    if (listener !== undefined) this.#add(probe, sites);
    return probe;
  }

  #count(instance: WasmInstance, { at }: ProbePlaces, sites: readonly Site[]): CountRequest[] {
    const { counting } = this.context, points = new Map<number, number[]>();
    for (const { func, offset } of sites) {
      const list = points.get(func.index);
      if (list === undefined) points.set(func.index, [offset]);
      else list.push(offset);
    }
    return [...points].map(([index, points]) =>
      counting.start(instance.valid, index, at === "branch" ? { branches: true } : { points })
    );
  }

  #code(instance: WasmInstance): ModuleCode {
    return moduleCode(instance.valid, this.context.store.policy !== undefined);
  }

  #add(probe: AttachedProbe, sites: readonly Site[]): void {
    const { store } = this.context, code = this.#code(probe.instance);
    store.stopped ??= (stop) => this.#stopped(stop);
    let probes = this.#at.get(code);
    if (probes === undefined) this.#at.set(code, probes = new Map());
    // A list is not changed while somebody goes through it.
    for (const { offset } of sites) probes.set(offset, [...probes.get(offset) ?? [], probe]);
    code.setStops(sites.map((s) => s.offset));
    for (const func of new Set(sites.map((s) => s.func))) this.#hold(func);
  }

  /** Called by the probe. */
  remove(probe: AttachedProbe, sites: readonly Site[]): void {
    if (probe.listener === undefined) return;
    const code = this.#code(probe.instance), probes = this.#at.get(code)!;
    for (const { offset } of sites) {
      const left = probes.get(offset)!.filter((p) => p !== probe);
      if (left.length > 0) probes.set(offset, left);
      else probes.delete(offset);
    }
    code.clearStops(sites.map((s) => s.offset));
    for (const func of new Set(sites.map((s) => s.func))) this.#release(func);
    if (probes.size === 0) this.#at.delete(code);
  }

  /** Takes a function to the interpreter, with frames that it has, and keeps it there. */
  #hold(func: WasmFunc): void {
    const held = this.#held.get(func);
    if (held !== undefined) held.times++;
    else this.#held.set(func, { times: 1, release: this.context.hold(func, "probe") });
  }

  #release(func: WasmFunc): void {
    const held = this.#held.get(func)!;
    if (--held.times > 0) return;
    this.#held.delete(func);
    held.release();
  }

  #stopped(stop: Stop): void {
    const probes = this.#at.get(this.#code(stop.func.instance!))?.get(stop.offset);
    if (probes === undefined) return;
    for (const probe of probes) if (probe.attached) probe.tell(stop);
  }
}

function checkPlaces(places: ProbePlaces, listener: ProbeListener | undefined): void {
  const { at, addresses, memory } = places;
  if (!["enter", "exit", "instruction", "branch", "memory"].includes(at)) {
    throw new TypeError(
      `a probe is at "enter", "exit", "instruction", "branch" or "memory", not ${JSON.stringify(at)}`,
    );
  }
  if (listener !== undefined && typeof listener !== "function") throw new TypeError("a probe is told by a function");
  if ((addresses !== undefined || memory !== undefined) && at !== "memory") {
    throw new TypeError(`addresses and memory are for a probe at "memory", not at "${at}"`);
  }
  if ((addresses !== undefined || memory !== undefined) && listener === undefined) {
    throw new TypeError("a probe without a function counts instructions, whatever addresses they access");
  }
}

const PROBES = new WeakMap<Context, Probes>();
/** The probes of an engine. */
export function probesOf(context: Context): Probes {
  let probes = PROBES.get(context);
  if (probes === undefined) PROBES.set(context, probes = new Probes(context));
  return probes;
}
