// The policy of live tiers: functions begin in the interpreter, counters say which are hot, and those climb a ladder of tiers, rung by rung, with code that is compiled at once
// or in a Worker. Where the rungs are is config.ts's affair.

import { Mode, type WasmFunc } from "../runtime/func.ts";
import type { Store } from "../runtime/store.ts";
import type { HotLimits, HotSpot, TierName, TierPolicy } from "../runtime/tier.ts";
import { ResourceError } from "../wasm/errors.ts";
import { BackgroundCompiler, type Compiled } from "./background_compiler.ts";
import type { Rung } from "./config.ts";
import type { JitTier } from "./native_tier.ts";
import type { TierCause, TierLog } from "./tier_log.ts";

/** Calls and passes after which a function is looked at again that is to stay where it is: by then somebody may have freed it for the engine to move. */
const LATER = 20_000;
/** Calls and passes after which somebody looks whether a Worker has answered. */
const POLL_CALLS = 4;
const POLL_PASSES = 500;
/** Part of the limit of machine code from which on functions have to be hotter, and how much. */
const FULL = 0.9;
const FULL_FACTOR = 10;

/** Bytes of a body from which on a function has to be hotter in proportion: what compiling takes grows with the whole body, what a call or pass takes with what it runs of it. */
const LARGE_BODY = 8000;

/** What the policy looks at. */
export interface PolicyOptions {
  /** From the lowest tier to the best. */
  readonly ladder: readonly Rung[];
  /** Bytes of a body above which it is not compiled in this thread. */
  readonly maxBodyBytes: number;
  /** Whether a Worker compiles. */
  readonly inWorker: boolean;
}

/** Decides by counting. */
export class LivePolicy implements TierPolicy {
  readonly leaves = false;
  /** Functions that the Worker was asked for, with what was counted then. */
  readonly #pending = new Map<WasmFunc, HotSpot>();
  readonly #background: BackgroundCompiler | undefined;
  /** Functions of which the log says already why they stay. */
  readonly #kept = new WeakSet<WasmFunc>();
  /** The rungs; who changes thresholds replaces them. */
  ladder: readonly Rung[];
  readonly #maxBodyBytes: number;

  /** `jit` is undefined where no machine code can run. */
  constructor(readonly store: Store, readonly jit: JitTier | undefined, readonly log: TierLog, options: PolicyOptions) {
    this.ladder = options.ladder;
    this.#maxBodyBytes = options.maxBodyBytes;
    if (options.inWorker && jit !== undefined) this.#background = new BackgroundCompiler(jit.native.cpu, jit.options);
  }

  /** When functions are looked at first. */
  get limits(): HotLimits {
    const above = this.ladder.slice(1);
    return {
      calls: Math.min(LATER, ...above.map((r) => r.calls)),
      passes: Math.min(LATER, ...above.map((r) => r.passes)),
    };
  }

  isToEnter(spot: HotSpot): boolean {
    const { func } = spot, isCall = spot.loop < 0;
    if (func.mode === Mode.NATIVE || func.mode === Mode.JS) {
      spot.rearm(isCall ? this.limits.calls : this.limits.passes);
      return true;
    }
    const rungs = func.live ? this.#above(func) : [];
    // The best of those that it is hot enough for.
    const rung = rungs.findLast((r) => this.#missing(spot, r) <= 0);
    if (rung === undefined) {
      spot.rearm(Math.min(LATER, ...rungs.map((r) => this.#missing(spot, r))));
      return false;
    }
    const enters = this.#raise(spot, rung.tier);
    const soon = this.#pending.has(func);
    const again = enters ? (isCall ? this.limits.calls : this.limits.passes) : isCall ? POLL_CALLS : POLL_PASSES;
    spot.rearm(enters || soon ? again : this.#following(spot));
    return enters;
  }

  takesBack(): boolean {
    return false;
  }

  /** Lets functions run as machine code whose code has come from the Worker. */
  poll(): void {
    if (this.#pending.size === 0) return;
    for (const compiled of this.#background!.arrived()) this.#install(compiled);
  }

  /** How long until a further rung is in question. */
  #following(spot: HotSpot): number {
    return Math.max(1, Math.min(LATER, ...this.#above(spot.func).map((r) => this.#missing(spot, r))));
  }

  /** Calls or passes that a hot spot has too few for a rung. */
  #missing({ func, loop, calls, passes }: HotSpot, rung: Rung): number {
    const factor = this.#factor(func, rung);
    return loop < 0 ? rung.calls * factor - calls : rung.passes * factor - passes;
  }

  /** The rungs above a function's tier that can run it. */
  #above(func: WasmFunc): Rung[] {
    const at = this.ladder.findIndex((r) => r.tier === func.tier);
    return this.ladder.slice(at + 1).filter((rung) => {
      const why = this.#refusal(func, rung.tier);
      if (why !== undefined && !this.#kept.has(func)) this.#keep(func, why);
      return why === undefined;
    });
  }

  #refusal(func: WasmFunc, tier: TierName): string | undefined {
    // It would be back in `interp`, and climb anew.
    if (tier === "js") return this.store.refusal(func, tier);
    if (tier !== "jit") return undefined;
    const why = this.jit!.refusal(func);
    if (why !== undefined || this.#background !== undefined) return why;
    const { start, end } = func.instance!.module.funcs[func.index].body!;
    if (end - start <= this.#maxBodyBytes) return undefined;
    return `its body of ${end - start} bytes is larger than ${this.#maxBodyBytes} (maxBodyBytes)`;
  }

  /** Notes why a hot function stays. */
  #keep(func: WasmFunc, reason: string): void {
    this.#kept.add(func);
    const { name, index, tier } = func;
    this.log.add({ what: "function", name, index, from: tier, to: tier, why: "refused", reason });
  }

  /** By how much a function has to be hotter than usual. */
  #factor(func: WasmFunc, rung: Rung): number {
    if (rung.tier !== "jit") return 1;
    const { start, end } = func.instance!.module.funcs[func.index].body!, { budget } = this.jit!;
    const full = budget !== undefined && budget.used > FULL * budget.limit;
    // A Worker's time is nobody's here.
    const large = this.#background === undefined ? Math.ceil((end - start) / LARGE_BODY) : 1;
    return large * (full ? FULL_FACTOR : 1);
  }

  #install(compiled: Compiled): void {
    for (const [func, spot] of this.#pending) {
      if (func.index !== compiled.index || func.instance!.valid !== compiled.valid) continue;
      this.#pending.delete(func);
      if (func.live && !func.freed) this.#compile(func, spot, compiled);
    }
  }

  /** Moves the function of a hot spot to a tier; whether its frame is to go on there, as machine code or JavaScript. */
  #raise(spot: HotSpot, tier: TierName): boolean {
    const { func } = spot, background = this.#background;
    if (tier !== "jit") {
      const from = func.tier, { name, index } = func;
      this.store.setTier(func, tier);
      const { calls, passes, loop: offset } = spot, why = offset < 0 ? "calls" : "loop";
      if (func.tier !== from) {
        this.log.add({ what: "function", name, index, from, to: func.tier, why, offset, calls, passes });
      }
      return func.mode === Mode.JS;
    }
    if (background === undefined || this.jit!.restore(func.instance!.valid, func.index)) {
      return this.#compile(func, spot, undefined);
    }
    if (!this.#pending.has(func)) {
      this.#pending.set(func, spot);
      const { valid } = func.instance!;
      background.request(valid, func.index, this.jit!.layoutOf(valid, func.index));
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
    return raise(this.store, this.jit!, this.log, func, why, spot, compiled);
  }
}

/** Lets a function run as machine code, which is made now unless it is there or `compiled`. False if there is no room for it; then it stays where it is. */
export function raise(
  store: Store,
  jit: JitTier,
  log: TierLog,
  func: WasmFunc,
  why: TierCause,
  spot: Pick<HotSpot, "loop" | "calls" | "passes">,
  compiled?: Compiled,
): boolean {
  const { ms: began, functions } = jit.figures, made = compiled?.code, from = func.tier;
  const { name, index } = func;
  try {
    if (made !== undefined) jit.adopt(func.instance!.valid, index, made, compiled!.ms);
    store.setTier(func, "jit");
    if (func.refusal !== undefined) return false;
    store.compile(func);
  } catch (error) {
    store.setTier(func, from);
    if (!(error instanceof ResourceError)) throw error;
    func.live = false;
    func.refusal = error.message;
    log.add({ what: "function", name, index, from, to: from, why: "refused", reason: error.message });
    return false;
  }
  log.add({
    what: "function",
    name,
    index,
    from,
    to: "jit",
    why,
    offset: spot.loop,
    calls: spot.calls,
    passes: spot.passes,
    compileMs: jit.figures.ms - began,
    codeBytes: jit.peek(func.instance!.valid, index)?.code.bytes.length ?? 0,
    worker: made !== undefined,
    cached: made === undefined && jit.figures.functions === functions,
  });
  return true;
}
