// The public BranchPredictor: counts which way branches go, predicts them, says how good predictions are, and makes profiles for other runs.

import { BytecodeReader } from "../bytecode/reader.ts";
import { BranchProfile, type FunctionBranches } from "../engine/branch_profile.ts";
import { bodyHash } from "../engine/code_key.ts";
import type { Context } from "../engine/context.ts";
import type { CountRequest } from "../engine/counting.ts";
import { branchHints } from "../engine/layout.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import { functionName } from "../wasm/module.ts";
import { BR_IF, BR_TABLE, LOOP, opensBlock } from "../wasm/opcodes.ts";
import { type Func, innerFunc } from "./func.ts";
import { innerInstance, type Instance } from "./instance.ts";

/** What is known about a branch. */
export interface PredictedBranch {
  /** Byte offset in the module. */
  readonly offset: number;
  /** The same relative to the function's first instruction. */
  readonly bodyOffset: number;
  /** The instruction's name. */
  readonly name: string;
  /** Of a branch with a condition: how often it held, and did not; of a `br_table`: how often each label was taken, the default last. */
  readonly counts: readonly number[];
  /** Their sum. */
  readonly total: number;
  /** Whether the condition is predicted to hold; of a `br_table`, the number of the label. */
  readonly predicted: boolean | number;
  /** What the prediction rests on: counts, a hint of the module, or, as nothing else is known, its form: branches back are taken, others not. */
  readonly by: "counts" | "hint" | "form";
  /** From 0 to 1: the share of cases in which the prediction is right, at least, with a probability of 95 percent (Wilson's interval). 0 without counts. */
  readonly confidence: number;
  /** The share of what was counted that goes as predicted; 0 without counts. */
  readonly accuracy: number;
}

/** What a branch did between two looks at the counters. */
export interface BranchObservation {
  /** Milliseconds, as `performance.now()` counts them. */
  readonly time: number;
  /** The function's name and index. */
  readonly name: string;
  /** Its index in the module. */
  readonly index: number;
  /** Byte offset of the branch in the module. */
  readonly offset: number;
  /** How often it went which way since the look before. */
  readonly counts: readonly number[];
}

/** How often predictions were right, as shares of all branches with a condition that were counted. */
export interface BranchAccuracy {
  /** Branches counted. */
  readonly branches: number;
  /** How often they ran. */
  readonly total: number;
  /** Where each is predicted to go where it mostly went: the most that any fixed prediction can reach. */
  readonly best: number;
  /** Where branches back are predicted to be taken, and others not. */
  readonly form: number;
  /** By the module's hints, and else by the form. */
  readonly hints: number;
  /** By the profile that the engine was given, and else by hints and form; undefined without one. */
  readonly profile: number | undefined;
}

/** Observations that are kept per module. */
const MAX_HISTORY = 1000;
/** Of the normal distribution, for 95 percent. */
const Z = 1.96;

interface CountedModule {
  readonly requests: Map<number, CountRequest>;
  history: BranchObservation[];
  /** Counts at the last look, by offset. */
  readonly seen: Map<number, readonly number[]>;
}

/** Counts branches, made by {@link Engine.branches}. Off at first, and free then. */
export class BranchPredictor {
  readonly #context: Context;
  readonly #modules = new Map<ValidModule, CountedModule>();

  /** Takes the engine's inner side: `engine.branches` is the way to one. */
  constructor(context: Context) {
    this.#context = context;
  }

  /** Whether it counts. */
  get running(): boolean {
    return this.#modules.size > 0;
  }

  /** Counts the branches of all functions of an instance's module from now on, in every tier, also in its other instances. Throws ResourceError when there is no room. */
  start(instance: Instance): void {
    const { valid, module } = innerInstance(instance);
    if (this.#modules.has(valid)) return;
    const requests = new Map<number, CountRequest>();
    this.#modules.set(valid, { requests, history: [], seen: new Map() });
    for (let i = module.importedFuncs; i < module.funcs.length; i++) {
      requests.set(i, this.#context.counting.start(valid, i, { branches: true }));
    }
  }

  /** Ends it, and forgets what was counted. */
  stop(): void {
    for (const { requests } of this.#modules.values()) for (const request of requests.values()) request.stop();
    this.#modules.clear();
  }

  /** The branches of a function in the order of their offsets, with what was counted so far. Throws TypeError for a function of the host. */
  branches(func: Func): PredictedBranch[] {
    const { instance, index } = innerFunc(func);
    if (instance === undefined) throw new TypeError(`${func.name} is a function of the host and has no branches`);
    const { valid, module } = instance, body = module.funcs[index].body!;
    const counted = this.#modules.get(valid)?.requests.get(index)?.branches() ?? [];
    const counts = new Map(counted.map((b) => [b.offset, b.counts]));
    const hints = branchHints(module).get(index);
    return branchesOf(valid, index).map(({ offset, name, labels, back }): PredictedBranch => {
      const list = counts.get(offset) ?? new Array<number>(labels).fill(0);
      const total = list.reduce((n, x) => n + x, 0), hint = hints?.get(offset - body.start);
      const most = list.indexOf(Math.max(...list));
      const isTable = name === "br_table";
      const by = total > 0 ? "counts" : hint !== undefined ? "hint" : "form";
      const predicted = isTable ? most : by === "counts" ? most === 0 : by === "hint" ? hint === 1 : back;
      const right = isTable || by === "counts" ? list[most] : 0;
      const share = total === 0 ? 0 : right / total;
      const confidence = lowest(right, total);
      return {
        offset,
        bodyOffset: offset - body.codeStart,
        name,
        counts: list,
        total,
        predicted,
        by,
        confidence,
        accuracy: share,
      };
    });
  }

  /** Looks at the counters: adds what they counted since the look before to the history of an instance's module, which it gives, oldest first. At most 1000 are kept. */
  history(instance: Instance): readonly BranchObservation[] {
    const { valid, module } = innerInstance(instance), counted = this.#modules.get(valid);
    if (counted === undefined) return [];
    const time = performance.now(), { seen } = counted;
    for (const [index, request] of counted.requests) {
      for (const { offset, counts } of request.branches()) {
        const before = seen.get(offset), more = counts.map((n, i) => n - (before?.[i] ?? 0));
        if (more.every((n) => n === 0)) continue;
        seen.set(offset, counts);
        counted.history.push({ time, name: functionName(module, index), index, offset, counts: more });
      }
    }
    return counted.history = counted.history.slice(-MAX_HISTORY);
  }

  /** How good predictions are for what was counted, of all modules or an instance's. */
  accuracy(instance?: Instance): BranchAccuracy {
    const { profile } = this.#context.config;
    let branches = 0, total = 0, best = 0, form = 0, hinted = 0, profiled = 0;
    for (const [valid, { requests }] of this.#modules) {
      if (instance !== undefined && innerInstance(instance).valid !== valid) continue;
      for (const [index, request] of requests) {
        const counted = new Map(request.branches().map((b) => [b.offset, b.counts]));
        const body = valid.module.funcs[index].body!, hints = branchHints(valid.module).get(index);
        const known = profile?.functions.get(bodyHash(valid.module, index));
        const before = new Map(known?.branches.map((b) => [b.offset, b]));
        for (const { offset, name, back } of branchesOf(valid, index)) {
          const counts = counted.get(offset);
          if (name === "br_table" || counts === undefined) continue;
          const [taken, not] = counts, right = (prediction: boolean) => prediction ? taken : not;
          const at = offset - body.start, hint = hints?.get(at), earlier = before.get(at)?.counts;
          const byHint = hint === undefined ? back : hint === 1;
          if (taken + not > 0) branches++;
          total += taken + not;
          best += Math.max(taken, not);
          form += right(back);
          hinted += right(byHint);
          const was = earlier === undefined || earlier[0] === earlier[1] ? byHint : earlier[0] > earlier[1];
          profiled += right(was);
        }
      }
    }
    const share = (n: number) => total === 0 ? 0 : n / total;
    return {
      branches,
      total,
      best: share(best),
      form: share(form),
      hints: share(hinted),
      profile: profile === undefined ? undefined : share(profiled),
    };
  }

  /** What was counted, for other runs: save it as JSON, merge it with others, give it to an engine as `profile`. Functions in which nothing ran are not in it. */
  profile(): BranchProfile {
    const functions = new Map<string, FunctionBranches>();
    for (const [valid, { requests }] of this.#modules) {
      for (const [index, request] of requests) {
        const body = valid.module.funcs[index].body!;
        const tables = new Set(branchesOf(valid, index).filter((b) => b.name === "br_table").map((b) => b.offset));
        const branches = request.branches().filter((b) => b.counts.some((n) => n > 0)).map(({ offset, counts }) => ({
          offset: offset - body.start,
          counts,
          table: tables.has(offset),
        }));
        if (branches.length === 0) continue;
        const hash = bodyHash(valid.module, index), one = { name: functionName(valid.module, index), branches };
        const before = functions.get(hash);
        // Functions may be equal.
        const sum = before &&
          new BranchProfile(new Map([[hash, before]])).merge(new BranchProfile(new Map([[hash, one]])));
        functions.set(hash, sum?.functions.get(hash) ?? one);
      }
    }
    return new BranchProfile(functions);
  }
}

interface BranchForm {
  readonly offset: number;
  readonly name: string;
  /** Ways that it can go. */
  readonly labels: number;
  /** Whether it leads back to the head of a loop. */
  readonly back: boolean;
}

const CONDITIONAL = new Set(["if", "br_if", "br_on_null", "br_on_non_null", "br_on_cast", "br_on_cast_fail"]);

/** The branches of a body that have more than one way. */
function branchesOf({ module }: ValidModule, index: number): BranchForm[] {
  const body = module.funcs[index].body!, found: BranchForm[] = [];
  const r = new BytecodeReader(module.bytes, body.codeStart, body.end);
  const loops: boolean[] = [false];
  while (r.pos < body.end) {
    const code = r.next(), { name } = r.info;
    if (code === BR_TABLE) found.push({ offset: r.at, name, labels: r.labels.length, back: false });
    else if (CONDITIONAL.has(name)) {
      const back = code === BR_IF && loops[loops.length - 1 - r.index];
      found.push({ offset: r.at, name, labels: 2, back });
    }
    if (opensBlock(r.info)) loops.push(code === LOOP);
    else if (name === "end" || name === "delegate") loops.pop();
  }
  return found;
}

/** The lower end of Wilson's interval for `right` of `total`. */
function lowest(right: number, total: number): number {
  if (total === 0) return 0;
  const p = right / total, zz = Z * Z;
  const middle = p + zz / (2 * total), spread = Z * Math.sqrt((p * (1 - p) + zz / (4 * total)) / total);
  return Math.max(0, (middle - spread) / (1 + zz / total));
}
