// Runs scripts of the .wast language in a tier. Takes a script's source, gives what passed, failed and was skipped, with lines.

import { Engine } from "../api/engine.ts";
import { Exception } from "../api/exception.ts";
import type { Func } from "../api/func.ts";
import { innerInstance, type Instance } from "../api/instance.ts";
import { Module, publicModule } from "../api/module.ts";
import type { EngineOptions, TierChoice } from "../engine/config.ts";
import { decode, validate, withPositions } from "../engine/pipeline.ts";
import { WasmFunc } from "../runtime/func.ts";
import { TIERS } from "../runtime/tier.ts";
import { WasmGlobal } from "../runtime/global.ts";
import { type Command, parseScript, type ScriptAction, ScriptModule } from "../text/script.ts";
import { CompileError, LinkError, TextError, Trap } from "../wasm/errors.ts";
import { type FeatureSet, featureSet } from "../wasm/features.ts";
import { INVALID } from "../wasm/messages.ts";
import { makeSpectest } from "./spectest.ts";
import { callWithValues, globalValue, printValue, type Value } from "./values.ts";
import { argumentBits, matchesPattern, Mismatch, printPattern, Unsupported } from "./wast_values.ts";

/**
 * Where scripts run: a tier; `mixed`: each function in a tier that chance decides; `zeal`: machine code, but every frame changes the tier at each opportunity;
 * `zeal-random`: at those of them that chance decides; `zeal-fast`: likewise between tiers `fast` and `interp`; `pins`: as `auto`, but chance pins some functions to tiers;
 * `layout`: tier `jit`, whose code chance lays out.
 */
export type WastTier = TierChoice | "mixed" | "zeal" | "zeal-random" | "zeal-fast" | "pins" | "layout";

/** A failure or a skip. */
export interface Note {
  readonly line: number;
  readonly message: string;
  /** Set on a skip whose reason is not ours: the standard has changed since the script was written. */
  readonly overtaken?: true;
}
/** What a script gave in a tier. */
export interface Outcome {
  passed: number;
  readonly failed: Note[];
  readonly skipped: Note[];
}

/** A parsed script. Its modules are assembled, decoded and validated once, whatever the number of tiers it runs in. */
export class Script {
  readonly commands: readonly Command[];
  readonly #compiled = new Map<ScriptModule, Module | Error>();

  /** `features` are what its modules may use. Throws TextError where the commands are malformed. */
  constructor(source: string | Uint8Array, readonly features: FeatureSet = featureSet()) {
    this.commands = parseScript(source);
  }

  /** The module, or why it cannot be compiled. */
  compile(m: ScriptModule): Module | Error {
    let result = this.#compiled.get(m);
    if (result === undefined) {
      try {
        const { bytes, positions } = m.assemble();
        result = publicModule(withPositions(positions, () => validate(decode(bytes, this.features))), positions);
      } catch (e) {
        if (!(e instanceof Error)) throw e;
        result = e;
      }
      this.#compiled.set(m, result);
    }
    return result;
  }
}

/** How to run. */
export interface RunnerOptions {
  /** Seed of the tiers in `mixed`; default 1. */
  readonly seed?: number;
  /** Whether what needs a feature that Strata does not have yet is skipped; otherwise it fails. */
  readonly skipUnsupported?: boolean;
  /** Whether to stop at the first failure. */
  readonly untilFailure?: boolean;
}

/** Tiers that `mixed` chooses from. */
const TIERS_HERE = TIERS.filter((tier) => {
  try {
    return Engine.resolveTier(tier) === tier;
  } catch {
    return false;
  }
});

/** Runs scripts in one tier, in one engine. */
export class WastRunner {
  readonly #engine: Engine;

  /** Takes options for the engine, beside the tier, and the seed of `zeal-random`. Throws Error, with the reason, for a tier that cannot run here. */
  constructor(readonly tier: WastTier, options: EngineOptions = {}, seed = 1) {
    if (tier === "mixed") {
      Engine.resolveTier("jit");
      this.#engine = new Engine({ ...options, tier: "interp" });
    } else if (tier === "zeal" || tier === "zeal-random") {
      this.#engine = new Engine({ ...options, tier: "jit", tierZeal: tier === "zeal" ? true : seed });
    } else if (tier === "zeal-fast") this.#engine = new Engine({ ...options, tier: "fast", tierZeal: seed });
    else if (tier === "layout") this.#engine = new Engine({ ...options, tier: "jit", layoutZeal: seed });
    else this.#engine = new Engine({ ...options, tier: tier === "pins" ? "auto" : tier });
  }

  /** Runs a script from its start. Its instances are disposed of afterwards. */
  run(script: Script, options: RunnerOptions = {}): Outcome {
    const chance = this.tier === "mixed" || this.tier === "pins";
    const run = new ScriptRun(script, this.#engine, chance ? random(options.seed ?? 1) : undefined);
    const outcome: Outcome = { passed: 0, failed: [], skipped: [] };
    for (const command of script.commands) {
      const { line } = command;
      try {
        run.command(command);
        outcome.passed++;
      } catch (e) {
        const message = `${command.kind}: ${explain(e)}`;
        const skip = options.skipUnsupported === true && e instanceof Unsupported;
        if (e instanceof Overtaken) outcome.skipped.push({ line, message, overtaken: true });
        else (skip ? outcome.skipped : outcome.failed).push({ line, message });
        if (options.untilFailure && outcome.failed.length > 0) break;
      }
    }
    run.dispose();
    return outcome;
  }
}

/** An assertion that the standard has overtaken since the script was written. */
class Overtaken extends Error {
  override name = "Overtaken";
}

/** Why a module is right not to have the fault that an old script expects; undefined if it is to have it. */
function overtaken(result: Module | Error, message: string): string | undefined {
  if (message === "multiple tables" && result instanceof Module) {
    return "a module may have several tables since WebAssembly 2.0";
  }
  if (message === "i32 constant out of range" && isCompile(result) && result.message.startsWith(INVALID.memorySize)) {
    return "limits are numbers of 64 bits since WebAssembly 3.0, so that this module is invalid, not malformed";
  }
  return undefined;
}

function explain(e: unknown): string {
  if (!(e instanceof Error)) return `threw ${String(e)}`;
  if (e instanceof Mismatch || e instanceof Unsupported || e instanceof Overtaken) return e.message;
  const expected = e instanceof CompileError || e instanceof TextError || e instanceof LinkError || e instanceof Trap;
  return expected ? `${e.name}: ${e.message}` : e.stack ?? e.message;
}

/** One run of a script: its instances and registered names. */
class ScriptRun {
  readonly #script: Script;
  readonly #engine: Engine;
  readonly #random: (() => number) | undefined;
  readonly #imports: Record<string, Record<string, unknown>> = Object.create(null);
  /** By name; `undefined` is the latest. What failed to be made is kept as the reason. */
  readonly #instances = new Map<string | undefined, Instance | Error>();
  readonly #definitions = new Map<string | undefined, Module | Error>();
  readonly #made: Instance[] = [];
  readonly #threads = new Map<string | undefined, ScriptRun>();
  /** Registered names of which there is no instance, since it needs what Strata does not have. */
  readonly #missing = new Set<string>();

  constructor(script: Script, engine: Engine, random: (() => number) | undefined) {
    this.#script = script;
    this.#engine = engine;
    this.#random = random;
    const spectest = makeSpectest(engine);
    this.#made.push(spectest);
    this.#imports.spectest = spectest.exports;
  }

  dispose(): void {
    for (const thread of this.#threads.values()) thread.dispose();
    for (const instance of this.#made) instance.dispose();
  }

  /** Runs a command. Throws when it does not do what the script says. */
  command(c: Command): void {
    switch (c.kind) {
      case "module": {
        const module = this.#script.compile(c.module);
        this.#definitions.set(undefined, module).set(c.name, module);
        if (!c.definition) this.#define(c.name, module);
        else if (module instanceof Error) throw new Unsupported(explain(module));
        return;
      }
      case "instance":
        return this.#define(c.name, this.#definitions.get(c.module) ?? new Mismatch(`there is no module $${c.module}`));
      case "register":
        return this.#register(c.as, c.instance);
      case "action":
        this.#act(c.action);
        return;
      case "assert_return": {
        const results = this.#act(c.action);
        const { store } = innerInstance(this.#instance(c.action.instance));
        const fits = results.length === c.results.length &&
          c.results.every((p, i) => matchesPattern(p, results[i], store));
        if (fits) return;
        const expected = c.results.map((p) => printPattern(p, store)).join(" ") || "nothing";
        throw new Mismatch(`expected ${expected}, got ${this.#shown(c.action, results)}`);
      }
      case "assert_trap":
        if (c.action instanceof ScriptModule) this.#expectOfModule(c.action, c.message, isTrap);
        else this.#expectOfAction(c.action, c.message);
        return;
      case "assert_exhaustion":
        return this.#expectOfAction(c.action, c.message);
      case "assert_unlinkable":
        return this.#expectOfModule(c.module, c.message, (e) => e instanceof LinkError);
      case "assert_malformed":
        return this.#expectBad(c.module, c.message, (e) => e instanceof TextError || (isCompile(e) && e.malformed));
      case "assert_invalid":
        return this.#expectBad(c.module, c.message, (e) => isCompile(e) && !e.malformed);
      case "assert_malformed_custom":
      case "assert_invalid_custom":
        return this.#expectBad(c.module, c.message, (e) => e instanceof TextError || isCompile(e));
      case "thread":
        return this.#runThread(c.name, c.shared, c.commands);
      case "wait":
        if (!this.#threads.has(c.thread)) throw new Mismatch(`there is no thread $${c.thread}`);
        return;
      case "assert_exception":
        return this.#expectException(c.action);
      case "assert_suspension":
        throw new Unsupported(`${c.kind} is not supported yet`);
    }
  }

  /** Runs a thread from its start to its end, so that `wait` has nothing left to wait for. Throws what its first failure throws. */
  #runThread(name: string | undefined, shared: readonly string[], commands: readonly Command[]): void {
    const thread = new ScriptRun(this.#script, this.#engine, this.#random);
    this.#threads.set(name, thread);
    for (const module of shared) thread.#instances.set(module, this.#instance(module));
    for (const c of commands) thread.command(c);
  }

  #register(as: string, name: string | undefined): void {
    try {
      this.#imports[as] = this.#instance(name).exports;
      this.#missing.delete(as);
    } catch (e) {
      if (e instanceof Unsupported) this.#missing.add(as);
      throw e;
    }
  }

  #define(name: string | undefined, module: Module | Error): void {
    try {
      const instance = this.#instantiate(module);
      this.#instances.set(undefined, instance).set(name, instance);
    } catch (e) {
      const reason = e instanceof Error ? e : new Mismatch(String(e));
      this.#instances.set(undefined, reason).set(name, reason);
      throw e;
    }
  }

  #instantiate(module: Module | Error): Instance {
    if (module instanceof Error) throw new Unsupported(explain(module));
    const missing = module.imports.find((i) => this.#missing.has(i.module) && this.#imports[i.module] === undefined);
    if (missing !== undefined) throw new Unsupported(`there is no instance of ${missing.module}`);
    const instance = this.#engine.instantiate(module, this.#imports);
    this.#made.push(instance);
    if (this.#random !== undefined) {
      for (const f of instance.functions) {
        if (!f.isHost) this.#place(f, this.#random());
      }
    }
    return instance;
  }

  /** Puts a function where chance, from 0 to 1, says: into any tier, or where tiers are live, leaves two of three to the engine. */
  #place(func: Func, chance: number): void {
    const { edge } = this.#engine;
    if (edge.active) {
      const tiers = edge.ladder.map((r) => r.tier), choice = tiers[Math.floor(3 * chance * tiers.length)];
      if (choice !== undefined) edge.pin(func, choice);
    } else func.tier = TIERS_HERE[Math.floor(chance * TIERS_HERE.length)];
  }

  #instance(name: string | undefined): Instance {
    const found = this.#instances.get(name);
    const what = name === undefined ? "the latest module" : `module $${name}`;
    if (found === undefined) throw new Mismatch(`there is no instance of ${what}`);
    if (found instanceof Error) throw new Unsupported(`there is no instance of ${what}: ${explain(found)}`);
    return found;
  }

  #act(action: ScriptAction): Value[] {
    const instance = this.#instance(action.instance);
    const { store, exports } = innerInstance(instance);
    const found = exports.get(action.name);
    if (action.kind === "get") {
      if (!(found instanceof WasmGlobal)) throw new Mismatch(`there is no global ${JSON.stringify(action.name)}`);
      return [globalValue(found)];
    }
    if (!(found instanceof WasmFunc)) throw new Mismatch(`there is no function ${JSON.stringify(action.name)}`);
    const { params } = found.type;
    if (params.length !== action.args.length) {
      throw new Mismatch(`${action.name} takes ${params.length} arguments, not ${action.args.length}`);
    }
    const args = action.args.map((v, i) => ({ type: params[i], bits: argumentBits(v, params[i], store) }));
    return callWithValues(instance.func(action.name), args);
  }

  #expectException(action: ScriptAction): void {
    let results: Value[];
    try {
      results = this.#act(action);
    } catch (e) {
      if (e instanceof Exception) return;
      throw e;
    }
    throw new Mismatch(`expected an exception, got ${this.#shown(action, results)}`);
  }

  #expectOfAction(action: ScriptAction, message: string): void {
    let results: Value[];
    try {
      results = this.#act(action);
    } catch (e) {
      return checkMessage(e, message, isTrap);
    }
    throw new Mismatch(`expected the trap "${message}", got ${this.#shown(action, results)}`);
  }
  #shown(action: ScriptAction, results: readonly Value[]): string {
    const { store } = innerInstance(this.#instance(action.instance));
    return results.map((v) => printValue(v, store)).join(" ") || "nothing";
  }

  /** Expects that making an instance fails. */
  #expectOfModule(m: ScriptModule, message: string, kind: (e: unknown) => boolean): void {
    try {
      this.#instantiate(this.#script.compile(m));
    } catch (e) {
      return checkMessage(e, message, kind);
    }
    throw new Mismatch(`expected "${message}", but the module was instantiated`);
  }

  /** Expects that compiling fails. */
  #expectBad(m: ScriptModule, message: string, kind: (e: Error) => boolean): void {
    const result = this.#script.compile(m);
    const reason = overtaken(result, message);
    if (reason !== undefined) throw new Overtaken(reason);
    if (result instanceof Error) return checkMessage(result, message, kind);
    throw new Mismatch(`expected "${message}", but the module was accepted`);
  }
}

function isTrap(e: unknown): boolean {
  return e instanceof Trap;
}
function isCompile(e: unknown): e is CompileError {
  return e instanceof CompileError;
}

/** How errors begin that may come from a feature that is off, or that Strata does not have. */
const UNSUPPORTED = /^(?:feature \S+ is off|unknown operator|illegal opcode)/;

/** The suite's messages are prefixes of ours, but for the index of an element, which machine code does not keep, and what types a stack has. */
function checkMessage<E>(e: E, message: string, kind: (e: E) => boolean): void {
  const prefix = message.replace(/^(uninitialized element) \d+$/, "$1").replace(/^(type mismatch): .*$/, "$1");
  if (kind(e) && e instanceof Error && e.message.startsWith(prefix)) return;
  if (e instanceof Unsupported || e instanceof Mismatch) throw e;
  if (e instanceof Error && UNSUPPORTED.test(e.message)) throw new Unsupported(explain(e));
  throw new Mismatch(`expected "${message}", got ${explain(e)}`);
}

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
