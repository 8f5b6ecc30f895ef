// Who counts what: functions of modules are counted in every tier while somebody asks for it. Takes requests, gives counts since each began; has the tiers run code
// that counts, and the same code as before once nobody asks any more.

import { FunctionCounters } from "../runtime/counters.ts";
import { Mode, type WasmFunc } from "../runtime/func.ts";
import type { Store } from "../runtime/store.ts";
import {
  type CountedInstruction,
  CountKind,
  countPlan,
  type CountWhat,
  instructionCounts,
} from "../validate/count_plan.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import { TrapCode } from "../wasm/traps.ts";

/** Traps at places where code looks whether it is to leave, not at an instruction. */
const AT_SAFEPOINTS: ReadonlySet<TrapCode> = new Set([
  TrapCode.INTERRUPTED,
  TrapCode.DEADLINE_EXCEEDED,
  TrapCode.FUEL_EXHAUSTED,
]);

/** How often a branch went which way. */
export interface BranchCounts {
  /** Byte offset of the branch in the module. */
  readonly offset: number;
  /** Of a branch with a condition: how often it held, and did not; of a `br_table`: how often each label was taken, the default last. */
  readonly counts: readonly number[];
}

/** A function that somebody counts. */
export class CountRequest {
  readonly #counted: CountedFunction;
  readonly #base: (kind: CountKind, offset: number, target: number) => number;
  readonly #traps: ReadonlyMap<number, number>;

  /** Made by {@link Counting.start}. */
  constructor(counted: CountedFunction, readonly what: CountWhat) {
    this.#counted = counted;
    this.#base = counted.snapshot();
    this.#traps = new Map(counted.counters?.traps);
  }

  get valid(): ValidModule {
    return this.#counted.valid;
  }
  /** Index of the function in its module. */
  get index(): number {
    return this.#counted.index;
  }

  /** What a counter counted since the request was made; 0 for one that it did not ask for. */
  value(kind: CountKind, offset: number, target = 0): number {
    return this.#counted.value(kind, offset, target) - this.#base(kind, offset, target);
  }

  /** Calls of the function, if it asked for entries or instructions. */
  get calls(): number {
    return this.value(CountKind.AT, this.#counted.body.codeStart);
  }

  /** All branches of the function, if it asked for them, in the order of their offsets. */
  branches(): BranchCounts[] {
    if (this.what.branches !== true) return [];
    const offsets = this.#counted.counters?.plan.edges.keys() ?? [];
    return [...offsets].map((offset) => ({ offset, counts: this.waysOf(offset) }));
  }

  /** How often the branch at `offset` went each way, as in {@link BranchCounts}; empty if it is none, or was not asked for. */
  waysOf(offset: number): number[] {
    const { plan } = this.#counted.counters ?? {}, first = plan?.edges.get(offset), counts: number[] = [];
    if (plan === undefined || first === undefined) return counts;
    const { offsets, kinds, targets } = plan;
    for (let i = first; i < offsets.length && offsets[i] === offset; i++) {
      counts.push(this.value(kinds[i] as CountKind, offset, targets[i]));
    }
    return counts;
  }

  /** Every instruction of the function with how often it ran, if it asked for instructions. */
  instructions(): CountedInstruction[] {
    const { valid: { module }, body, counters } = this.#counted;
    const traps = new Map(
      [...counters?.traps ?? []].map(([offset, count]) => [offset, count - (this.#traps.get(offset) ?? 0)]),
    );
    return instructionCounts(module, body, (offset) => this.value(CountKind.AT, offset), traps);
  }

  /** Ends it: its values stay as they are only as long as others count the same. */
  stop(): void {
    this.#counted.remove(this);
  }
}

function keyOf({ entry, branches, instructions, points }: CountWhat): string {
  return [entry ? 1 : 0, branches ? 1 : 0, instructions ? 1 : 0, ...points ?? []].join();
}

/** A function, while it is counted and after, for the next time. */
class CountedFunction {
  readonly requests = new Set<CountRequest>();
  /** In use, if there are any requests. */
  counters: FunctionCounters | undefined;
  /** By what they count: code that counts stays with them. */
  readonly #known = new Map<string, FunctionCounters>();

  constructor(
    readonly counting: Counting,
    readonly valid: ValidModule,
    readonly index: number,
  ) {}

  get body() {
    return this.valid.module.funcs[this.index].body!;
  }

  /** The counter's value at present. */
  value(kind: CountKind, offset: number, target: number): number {
    const { counters } = this, i = counters === undefined ? -1 : counterOf(counters, kind, offset, target);
    return i < 0 ? 0 : counters!.value(i);
  }

  /** Gives the values at present, also later. */
  snapshot(): (kind: CountKind, offset: number, target: number) => number {
    const { counters } = this, values = counters?.values();
    return (kind, offset, target) => {
      const i = counters === undefined ? -1 : counterOf(counters, kind, offset, target);
      return i < 0 ? 0 : values![i];
    };
  }

  /** Has the tiers count what all requests want together. */
  update(more?: CountWhat): void {
    const whats = [...this.requests].map((r) => r.what);
    if (more !== undefined) whats.push(more);
    const before = this.counters;
    if (whats.length === 0) this.counters = undefined;
    else {
      const what: CountWhat = {
        entry: whats.some((w) => w.entry),
        branches: whats.some((w) => w.branches),
        instructions: whats.some((w) => w.instructions),
        points: [...new Set(whats.flatMap((w) => [...w.points ?? []]))].sort((a, b) => a - b),
      };
      const key = keyOf(what);
      let counters = this.#known.get(key);
      if (counters === undefined) {
        counters = new FunctionCounters(countPlan(this.valid.module, this.body, what));
        this.#known.set(key, counters);
      }
      if (counters !== before) copyValues(before, counters);
      this.counters = counters;
    }
    if (this.counters !== before) this.counting.apply(this);
  }

  remove(request: CountRequest): void {
    if (this.requests.delete(request)) this.update();
  }
}

function counterOf({ plan }: FunctionCounters, kind: CountKind, offset: number, target: number): number {
  const first = kind === CountKind.AT ? plan.at.get(offset) : plan.edges.get(offset);
  if (first === undefined) return -1;
  return kind === CountKind.TARGET ? first + target : kind === CountKind.NOT_TAKEN ? first + 1 : first;
}

/** Lets counters go on where others stopped. */
function copyValues(from: FunctionCounters | undefined, to: FunctionCounters): void {
  const { offsets, kinds, targets } = to.plan;
  to.native.fill(0n);
  to.traps.clear();
  for (const [offset, count] of from?.traps ?? []) to.traps.set(offset, count);
  for (let i = 0; i < offsets.length; i++) {
    const k = from === undefined ? -1 : counterOf(from, kinds[i] as CountKind, offsets[i], targets[i]);
    to.interp[i] = k < 0 ? 0 : from!.value(k);
  }
}

/** The counted functions of an engine. */
export class Counting {
  readonly #modules = new WeakMap<ValidModule, Map<number, CountedFunction>>();

  /** Functions that are counted in `interp` instead of a tier that does not count, with what ends that. */
  readonly #held = new Map<WasmFunc, () => void>();

  /** `hold` keeps a function in `interp`, and gives what ends that. */
  constructor(readonly store: Store, readonly hold: (func: WasmFunc) => () => void) {
    store.trapped = (code, func, offset) => this.#trapped(code, func, offset);
  }

  /** Counts a defined function of a module, in all its instances in this engine and in every tier, from now on. Throws ResourceError when there is no room. */
  start(valid: ValidModule, index: number, what: CountWhat): CountRequest {
    let functions = this.#modules.get(valid);
    if (functions === undefined) this.#modules.set(valid, functions = new Map());
    let counted = functions.get(index);
    if (counted === undefined) functions.set(index, counted = new CountedFunction(this, valid, index));
    counted.update(what);
    const request = new CountRequest(counted, what);
    counted.requests.add(request);
    return request;
  }

  /** Has the tiers run the function's code as its counters want. */
  apply({ valid, index, counters }: CountedFunction): void {
    const { store } = this;
    store.interp.count(valid, index, counters);
    store.native?.count(valid, index, counters);
    for (const instance of store.instances) {
      if (instance.valid !== valid || instance.freed) continue;
      const func = instance.funcs[index];
      if (store.native !== undefined) store.renewCode(func);
      this.#holdUncounted(func, counters !== undefined);
    }
  }

  #holdUncounted(func: WasmFunc, counts: boolean): void {
    const release = this.#held.get(func);
    if (counts && func.mode === Mode.JS) this.#held.set(func, this.hold(func));
    if (counts || release === undefined) return;
    this.#held.delete(func);
    release();
  }

  #trapped(code: TrapCode, func: WasmFunc, offset: number): void {
    if (func.instance === undefined || AT_SAFEPOINTS.has(code)) return;
    const traps = this.#modules.get(func.instance.valid)?.get(func.index)?.counters?.traps;
    traps?.set(offset, (traps.get(offset) ?? 0) + 1);
  }
}
