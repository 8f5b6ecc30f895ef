// The policy of live tiers: functions begin in the interpreter, counters say which are hot, and those go on as machine code, compiled at once or in a Worker.

import { Mode, type WasmFunc } from "../runtime/func.ts";
import type { Store } from "../runtime/store.ts";
import type { HotLimits, HotSpot, TierPolicy } from "../runtime/tier.ts";
import { ResourceError } from "../wasm/errors.ts";
import { BackgroundCompiler, type Compiled } from "./background_compiler.ts";
import type { JitTier } from "./native_tier.ts";
import type { TierCause, TierLog } from "./tier_log.ts";

/** Calls and passes after which a function is looked at again that is to stay where it is: by then somebody may have freed it for the engine to move. */
const LATER = 20_000;
/** Calls and passes after which somebody looks whether a Worker has answered. */
const POLL_CALLS = 4;
const POLL_PASSES = 500;

/** Decides by counting. */
export class LivePolicy implements TierPolicy {
  /** Functions that the Worker was asked for, with what was counted then. */
  readonly leaves = false;
  readonly #pending = new Map<WasmFunc, HotSpot>();
  readonly #background: BackgroundCompiler | undefined;

  /** `inWorker`: whether a Worker compiles. */
  constructor(
    readonly store: Store,
    readonly jit: JitTier,
    readonly limits: HotLimits,
    readonly log: TierLog,
    inWorker: boolean,
  ) {
    if (inWorker) this.#background = new BackgroundCompiler(jit.native.cpu, jit.options);
  }

  isToEnter(spot: HotSpot): boolean {
    const { func } = spot, isCall = spot.loop < 0;
    if (func.mode === Mode.NATIVE || this.#raise(spot)) {
      spot.rearm(isCall ? this.limits.calls : this.limits.passes);
      return true;
    }
    const soon = this.#pending.has(func);
    spot.rearm(soon ? (isCall ? POLL_CALLS : POLL_PASSES) : LATER);
    return false;
  }

  takesBack(): boolean {
    return false;
  }

  /** Lets functions run as machine code whose code has come from the Worker. */
  poll(): void {
    if (this.#pending.size === 0) return;
    for (const compiled of this.#background!.arrived()) this.#install(compiled);
  }

  #install(compiled: Compiled): void {
    for (const [func, spot] of this.#pending) {
      if (func.index !== compiled.index || func.instance!.valid !== compiled.valid) continue;
      this.#pending.delete(func);
      if (func.live && !func.freed) this.#compile(func, spot, compiled);
    }
  }

  /** Whether the function of a hot spot runs as machine code from now on. */
  #raise(spot: HotSpot): boolean {
    const { func } = spot, background = this.#background;
    if (!func.live || this.jit.refusal(func) !== undefined) return false;
    if (background === undefined || this.jit.restore(func.instance!.valid, func.index)) {
      return this.#compile(func, spot, undefined);
    }
    if (!this.#pending.has(func)) {
      this.#pending.set(func, spot);
      background.request(func.instance!.valid, func.index);
    }
    this.poll();
    if (background.failure !== undefined) {
      // Whoever is hot compiles here from now on.
      this.#pending.delete(func);
      return this.#compile(func, spot, undefined);
    }
    return func.mode === Mode.NATIVE;
  }

  /** Lets a function run as machine code: that of the Worker, if it made some. False if there is no room for it. */
  #compile(func: WasmFunc, spot: HotSpot, compiled: Compiled | undefined): boolean {
    const why = spot.loop < 0 ? "calls" : "loop";
    return raise(this.store, this.jit, this.log, func, why, spot, compiled);
  }
}

/** Lets a function run as machine code, which is made now unless it is there or `compiled`. False if there is no room for it; then it stays in the interpreter. */
export function raise(
  store: Store,
  jit: JitTier,
  log: TierLog,
  func: WasmFunc,
  why: TierCause,
  spot: Pick<HotSpot, "loop" | "calls" | "passes">,
  compiled?: Compiled,
): boolean {
  const { ms: began, functions } = jit.figures, made = compiled?.code;
  try {
    if (made !== undefined) jit.adopt(func.instance!.valid, func.index, made, compiled!.ms);
    store.setTier(func, "jit");
    if (func.refusal !== undefined) return false;
    store.compile(func);
  } catch (error) {
    store.setTier(func, "interp");
    if (!(error instanceof ResourceError)) throw error;
    func.live = false;
    func.refusal = error.message;
    return false;
  }
  log.add({
    what: "function",
    name: func.name,
    index: func.index,
    from: "interp",
    to: "jit",
    why,
    offset: spot.loop,
    calls: spot.calls,
    passes: spot.passes,
    compileMs: jit.figures.ms - began,
    codeBytes: jit.peek(func.instance!.valid, func.index)?.code.bytes.length ?? 0,
    worker: made !== undefined,
    cached: made === undefined && jit.figures.functions === functions,
  });
  return true;
}
