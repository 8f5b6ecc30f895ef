// What the public classes share and do not show: an engine's store, tiers and callers, and the way between public objects and those of the runtime.

import { canRunNative, nativeUnavailable } from "../platform/permissions.ts";
import { InterpreterTier } from "../interp/thread.ts";
import { bestTier, configure, type EngineConfig, type EngineOptions, type TierChoice } from "../engine/config.ts";
import { JitTier } from "../engine/native_tier.ts";
import { Zeal } from "../engine/zeal.ts";
import { CodeBudget } from "../link/install.ts";
import { Caller } from "../runtime/call.ts";
import { collect } from "../runtime/collect.ts";
import type { WasmFunc } from "../runtime/func.ts";
import { Meter } from "../runtime/meter.ts";
import { Store } from "../runtime/store.ts";
import { TIERS } from "../runtime/tier.ts";
import { TierLog } from "../engine/tier_log.ts";
import { LivePolicy, raise } from "../engine/tier_policy.ts";
import type { GcReport } from "../gc/report.ts";
import { Exception, innerException, publicException } from "./exception.ts";
import { contextOfTag, publicTag } from "./tag.ts";

/** Whose the JavaScript functions are that stand for functions, of all engines. */
const EXPORTED = new WeakMap<object, ExportedFunction>();

interface ExportedFunction {
  readonly store: Store;
  readonly func: WasmFunc;
}

/** The function of whatever engine that a JavaScript value stands for. */
export function exportedBy(value: unknown): ExportedFunction | undefined {
  return typeof value === "function" ? EXPORTED.get(value) : undefined;
}

/** The inner side of an engine. */
export class Context {
  readonly config: EngineConfig;
  readonly store: Store;
  readonly caller: Caller;
  readonly jit: JitTier | undefined;
  readonly tierLog: TierLog = new TierLog();
  #disposals = 0;

  constructor(options: EngineOptions) {
    this.config = configure(options, resolveTier);
    const { maxNesting, heap, maxParkedCalls, fuel } = this.config;
    this.store = new Store(maxNesting, heap, maxParkedCalls, fuel === undefined ? undefined : new Meter(fuel));
    this.store.interp = new InterpreterTier(this.store);
    const { maxCodeBytes, maxInstances, maxTableEntries } = this.config.limits;
    this.store.limits = { instances: maxInstances, tableEntries: maxTableEntries };
    if (canRunNative()) {
      const entersLoops = this.config.tierZeal !== false || this.isLive;
      this.store.native = this.jit = new JitTier({ metered: this.store.meter !== undefined, entersLoops });
      this.jit.budget = new CodeBudget(maxCodeBytes);
    }
    this.#choosePolicy();
    this.store.frameMoved = ({ name, index }, to, offset, spot) => {
      const why = this.config.tierZeal !== false ? "zeal" : spot === undefined ? "set" : "loop";
      const { calls = 0, passes = 0 } = spot ?? {};
      this.tierLog.add({
        what: "frame",
        name,
        index,
        from: to === "jit" ? "interp" : "jit",
        to,
        why,
        offset,
        calls,
        passes,
      });
    };
    if (this.jit !== undefined) this.jit.modulesInUse = () => [...this.store.instances].map((i) => i.valid);
    this.#nameCode();
    this.caller = new Caller(this.store);
    this.store.exporter = (func) => this.#export(func);
    this.store.exceptions.makeOutside = (e, frames) => publicException(e, publicTag(e.tag, this), frames);
    this.store.exceptions.insideOf = (value) =>
      value instanceof Exception && contextOfTag(value.tag) === this ? innerException(value) : undefined;
    this.store.funcOf = (value) => {
      const found = exportedBy(value);
      return found?.store === this.store ? found.func : undefined;
    };
  }

  /** Whether functions begin in the interpreter and go on as machine code once that is worth it, or is there. */
  get isLive(): boolean {
    const { tier, compile } = this.config;
    return compile !== "eager" && (tier === "auto" || (tier === "jit" && compile === "worker"));
  }

  #choosePolicy(): void {
    const { store, jit, config, tierLog } = this, { tier, tierZeal, compile } = config;
    if (tierZeal !== false) store.policy = new Zeal(store, tierZeal === true ? undefined : tierZeal);
    else if (jit !== undefined && this.isLive) {
      // What is asked of the Worker is wanted at once in tier `jit`.
      const limits = tier === "jit" ? { calls: 1, passes: 1 } : config.hot;
      store.policy = new LivePolicy(store, jit, limits, tierLog, compile === "worker");
    }
  }

  /** Puts a function of a new instance into the tier where it begins. */
  place(func: WasmFunc): void {
    const { store, jit } = this, { tier, compile } = this.config;
    if (tier === "interp" || jit === undefined) return;
    if (this.isLive) {
      func.refusal = jit.refusal(func);
      func.live = func.refusal === undefined;
    } else if (compile !== "eager") store.setTier(func, "jit");
    else if (jit.refusal(func) !== undefined) store.setTier(func, "jit");
    else raise(store, jit, this.tierLog, func, "eager", { loop: -1, calls: 0, passes: 0 });
  }

  /** Moves a function to a tier that somebody chose. */
  setTier(func: WasmFunc, choice: TierChoice): void {
    const { store } = this, from = func.tier;
    const live = choice === "auto" && this.isLive;
    // Where tiers are live, `auto` leaves it where it is, to be moved from now on.
    if (!live) store.setTier(func, choice === "auto" ? bestTier() : choice);
    func.live = live;
    const { name, index, tier } = func;
    if (tier !== from) this.tierLog.add({ what: "function", name, index, from, to: tier, why: "set" });
  }

  /** Names machine code for who looks at the process from outside, if that was asked for. */
  #nameCode(): void {
    const { perfMap, gdb } = this.config;
    if (!perfMap && !gdb) return;
    if (this.jit === undefined) {
      throw new Error(`no machine code can run here that gdb or perf may see: ${nativeUnavailable()}`);
    }
    if (perfMap) this.jit.writePerfMap();
    if (gdb) this.jit.tellDebugger();
  }

  #export(func: WasmFunc): unknown {
    const { caller } = this;
    const exported = (...args: unknown[]) => caller.call(func, args);
    Object.defineProperty(exported, "name", { value: func.name });
    Object.defineProperty(exported, "length", { value: func.type.params.length });
    EXPORTED.set(exported, { store: this.store, func });
    return exported;
  }

  /** Collects now. */
  collect(): GcReport {
    this.#disposals = 0;
    try {
      return collect(this.store);
    } finally {
      this.jit?.releaseScarce();
    }
  }

  /** Counts a disposal; collects when there were many. */
  disposed(): void {
    if (++this.#disposals >= this.config.collectAfterDisposals) this.collect();
  }
}

/** The choice that one means here: `auto` is `interp` where no machine code can run. Throws TypeError for a name that is none, Error with the reason where the tier cannot run. */
export function resolveTier(choice: TierChoice): TierChoice {
  if (choice === "auto") return canRunNative() ? "auto" : "interp";
  if (!TIERS.includes(choice)) {
    throw new TypeError(`there is no tier "${choice}"; tiers are ${[...TIERS, "auto"].join(", ")}`);
  }
  if (choice === "jit" && !canRunNative()) throw new Error(`tier jit cannot run here: ${nativeUnavailable()}`);
  return choice;
}
