// What the public classes share and do not show: an engine's store, tiers and callers, and the way between public objects and those of the runtime.

import { canRunNative, nativeUnavailable } from "../platform/permissions.ts";
import { InterpreterTier } from "../interp/thread.ts";
import { bestTier, configure, type EngineConfig, type EngineOptions, type TierChoice } from "../engine/config.ts";
import { JitTier } from "../engine/native_tier.ts";
import { Caller } from "../runtime/call.ts";
import { collect } from "../runtime/collect.ts";
import type { WasmFunc } from "../runtime/func.ts";
import { Store } from "../runtime/store.ts";
import { type TierName, TIERS } from "../runtime/tier.ts";
import type { GcReport } from "../gc/report.ts";
import { Exception, innerException, publicException } from "./exception.ts";
import { contextOfTag, publicTag } from "./tag.ts";

/** The inner side of an engine. */
export class Context {
  readonly config: EngineConfig;
  readonly store: Store;
  readonly caller: Caller;
  readonly jit: JitTier | undefined;
  #disposals = 0;
  /** Functions by the JavaScript functions that stand for them. */
  readonly #funcs = new WeakMap<object, WasmFunc>();

  constructor(options: EngineOptions) {
    this.config = configure(options, resolveTier);
    this.store = new Store(this.config.maxNesting, this.config.heap, this.config.memory);
    this.store.stackBytes = this.config.stackBytes;
    this.store.interp = new InterpreterTier(this.store);
    if (canRunNative()) this.store.native = this.jit = new JitTier();
    if (this.jit !== undefined) this.jit.modulesInUse = () => [...this.store.instances].map((i) => i.valid);
    this.caller = new Caller(this.store);
    this.store.exporter = (func) => this.#export(func);
    this.store.exceptions.makeOutside = (e, frames) => publicException(e, publicTag(e.tag, this), frames);
    this.store.exceptions.insideOf = (value) =>
      value instanceof Exception && contextOfTag(value.tag) === this ? innerException(value) : undefined;
    this.store.funcOf = (value) => typeof value === "function" ? this.#funcs.get(value) : undefined;
  }

  #export(func: WasmFunc): unknown {
    const { caller } = this;
    const exported = (...args: unknown[]) => caller.call(func, args);
    Object.defineProperty(exported, "name", { value: func.name });
    Object.defineProperty(exported, "length", { value: func.type.params.length });
    this.#funcs.set(exported, func);
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

/** The tier that a choice means here. Throws TypeError for a name that is none, Error with the reason where the tier cannot run. */
export function resolveTier(choice: TierChoice): TierName {
  if (choice === "auto") return bestTier();
  if (!TIERS.includes(choice)) {
    throw new TypeError(`there is no tier "${choice}"; tiers are ${[...TIERS, "auto"].join(", ")}`);
  }
  if (choice === "jit" && !canRunNative()) throw new Error(`tier jit cannot run here: ${nativeUnavailable()}`);
  return choice;
}
