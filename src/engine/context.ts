// An engine's inner side: its store, tiers and callers, and what it takes to make and start instances. The public classes above (api/, js_api/) share it and do not show it;
// they set what stands in JavaScript for functions and exceptions (`store.exporter`, `store.exceptions`).

import { giveBackOfEnded } from "../platform/isolates.ts";
import { canRunNative, nativeUnavailable } from "../platform/permissions.ts";
import { FastTier } from "../fast/tier.ts";
import { InterpreterSteps } from "../interp/single.ts";
import { InterpreterTier } from "../interp/thread.ts";
import { JavaScriptTier, jsUnavailable } from "../js/tier.ts";
import { CodeCache } from "./code_cache.ts";
import { bestTier, configure, type EngineConfig, type EngineOptions, hasLadder, type TierChoice } from "./config.ts";
import { type FoundCode, JitTier } from "./native_tier.ts";
import { Counting } from "./counting.ts";
import { DiskCache } from "./disk_cache.ts";
import { StreamCompiler } from "./stream_compiler.ts";
import { MAX_TIER_EVENTS, type TierCause, TierLog } from "./tier_log.ts";
import { LivePolicy, raise } from "./tier_policy.ts";
import { Layouts } from "./layout.ts";
import { Monitoring } from "./monitoring.ts";
import { RegisterZeal, Zeal } from "./zeal.ts";
import { CodeBudget } from "../link/install.ts";
import { GLOBAL_BYTES } from "../abi/vmctx.ts";
import type { CodeToken } from "../platform/shared_code.ts";
import type { SharedBytes } from "../platform/shared_memory.ts";
import { Caller } from "../runtime/call.ts";
import { collect, collectAcross } from "../runtime/collect.ts";
import { Mode, type WasmFunc } from "../runtime/func.ts";
import { WasmGlobal } from "../runtime/global.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import type { Resolver } from "../runtime/instantiate.ts";
import { WasmMemory } from "../runtime/memory.ts";
import { Meter } from "../runtime/meter.ts";
import { PROTECTED, Store } from "../runtime/store.ts";
import { WasmTable } from "../runtime/table.ts";
import { type TierName, TIERS } from "../runtime/tier.ts";
import { toRef, writeSlot } from "../runtime/values.ts";
import type { GcReport } from "../gc/report.ts";
import type { BodyFacts } from "../validate/side_table.ts";
import type { ProgressListener, ValidModule } from "../validate/validate_module.ts";
import { CompileError, ResourceError } from "../wasm/errors.ts";
import type { Module } from "../wasm/module.ts";
import type { MemoryType, TableType, ValType } from "../wasm/types.ts";
import { decode, link, start, validate } from "./pipeline.ts";

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

/** What a function is kept in `interp` for. */
export type HoldCause = "breakpoint" | "probe" | "protection" | "count";

/** A function that somebody needs in `interp`, and where it goes when nobody does any more. */
interface Hold {
  holders: number;
  tier: TierName;
  live: boolean;
}

/** A module as it travels to another Worker with `postMessage`, to be given to `engine.moduleFrom()` there. */
export interface SharedModule {
  /** Its bytes, in shared memory. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** By which its machine code is found as long as somebody holds the module: plain data, of use in this process alone. */
  readonly code?: CodeToken;
}

/** The inner side of an engine. */
export class Context {
  readonly config: EngineConfig;
  readonly store: Store;
  readonly caller: Caller;
  readonly fast: FastTier;
  readonly jit: JitTier | undefined;
  readonly tierLog: TierLog = new TierLog();
  /** What is kept on disk between runs, and of code in memory. */
  readonly disk: DiskCache | undefined;
  readonly codeCache: CodeCache | undefined;
  /** What machine code is laid out by. */
  readonly layouts: Layouts;
  /** What moves functions in `auto`; undefined where they stay as they are set. */
  live: LivePolicy | undefined;
  readonly #pinned = new WeakMap<WasmFunc, TierName>();
  readonly #held = new WeakMap<WasmFunc, Hold>();
  /** What ends the holds of functions whose memories have rights. */
  readonly #protected = new WeakMap<WasmFunc, () => void>();
  #counting: Counting | undefined;
  #disposals = 0;
  /** Why modules that were shared have no shared code here. */
  readonly #unshared = new WeakMap<ValidModule, string>();

  constructor(options: EngineOptions) {
    this.config = configure(options, resolveTier);
    this.layouts = new Layouts(this.config.profile, this.config.layoutZeal);
    const { maxNesting, heap, maxParkedCalls, fuel, memory, cache } = this.config;
    if (cache.folder !== undefined) {
      this.disk = new DiskCache({ folder: cache.folder, limit: cache.folderBytes, note: cache.note });
    }
    const meter = fuel === undefined ? undefined : new Meter(fuel);
    this.store = new Store(maxNesting, heap, maxParkedCalls, meter, memory);
    this.store.stackBytes = this.config.stackBytes;
    this.store.interp = new InterpreterTier(this.store, this.fast = new FastTier(this.store, this.config.fast));
    const { maxCodeBytes, maxInstances, maxTableEntries } = this.config.limits;
    this.store.limits = { instances: maxInstances, tableEntries: maxTableEntries };
    if (canRunNative()) {
      const entersLoops = this.config.tierZeal !== false || this.isLive;
      this.store.native = this.jit = new JitTier({ metered: this.store.meter !== undefined, entersLoops });
      this.jit.budget = new CodeBudget(maxCodeBytes);
      const { native: { cpu }, options } = this.jit;
      this.jit.layoutOf = (valid, index) => this.layouts.of(valid, index);
      this.jit.cache = this.codeCache = new CodeCache({ tier: "jit", cpu, options }, cache.functionBytes, this.disk);
    }
    this.#choosePolicy();
    const zeal = this.config.tierZeal !== false;
    this.store.frameMoved = (func, to, offset, spot, from = to === "interp" ? "jit" : "interp") => {
      // Of the millions only the first are of interest.
      if (zeal && this.tierLog.count >= MAX_TIER_EVENTS) return void this.tierLog.count++;
      const { name, index } = func;
      const why = zeal ? "zeal" : spot === undefined ? "set" : "loop";
      const { calls = 0, passes = 0 } = spot ?? {};
      this.tierLog.add({
        what: "frame",
        name,
        index,
        from,
        to,
        why,
        offset,
        calls,
        passes,
      });
    };
    this.store.checksChanged = (instance, check) => this.#holdForProtection(instance, check);
    if (this.jit !== undefined) this.jit.modulesInUse = () => [...this.store.instances].map((i) => i.valid);
    if (this.jit !== undefined) this.jit.vacate = (valid) => this.#vacate(valid);
    this.#nameCode();
    this.caller = new Caller(this.store);
    this.store.funcOf = (value) => {
      const found = exportedBy(value);
      return found?.store === this.store ? found.func : undefined;
    };
  }

  /** Tier `js`, made when it is first asked for. Throws Error with the reason where it cannot run. */
  get js(): JavaScriptTier {
    if (this.#js !== undefined) return this.#js;
    const reason = jsUnavailable();
    if (reason !== undefined) throw new Error(`tier js cannot run here: ${reason}`);
    return this.store.js = this.#js = new JavaScriptTier(this.store, new InterpreterSteps(this.store));
  }
  #js: JavaScriptTier | undefined = undefined;

  /** Has functions of a module ask for their code anew, unless a frame is in it. */
  #vacate(valid: ValidModule): boolean {
    const { store } = this, nothing = () => {};
    let runs = false;
    const use = (instance: WasmInstance | undefined) => runs ||= instance?.valid === valid;
    for (const activation of store.activations.all) activation.scan(nothing, nothing, (f) => use(f.instance), use);
    if (runs) return false;
    for (const instance of store.instances) {
      if (instance.valid !== valid) continue;
      for (const func of instance.funcs) if (func.instance === instance) store.renewCode(func);
      const { name = "", index } = { name: instance.module.names.module, index: -1 };
      this.tierLog.add({ what: "function", name, index, from: "jit", to: "jit", why: "evicted" });
    }
    return true;
  }

  /** Whether functions begin in the interpreter and go on as machine code once that is worth it, or is there. */
  get isLive(): boolean {
    const { tier, compile } = this.config;
    return compile !== "eager" && (tier === "auto" || (tier === "jit" && compile === "worker"));
  }

  #choosePolicy(): void {
    const { store, jit, config, tierLog } = this, { tier, tierZeal, compile } = config;
    const seed = tierZeal === true || tierZeal === false ? undefined : tierZeal;
    if (tierZeal !== false) store.policy = tier === "fast" ? new RegisterZeal(seed) : new Zeal(store, seed);
    else if (this.isLive) {
      // What is asked of the Worker is wanted at once in tier `jit`.
      const ladder = tier !== "jit"
        ? config.ladder
        : config.ladder.map((r) => r.tier === "jit" ? { ...r, calls: 1, passes: 1 } : r);
      if (ladder.some((r) => r.tier === "js")) void this.js;
      const { maxBodyBytes } = config;
      this.live = new LivePolicy(store, jit, tierLog, { ladder, maxBodyBytes, inWorker: compile === "worker" });
      store.policy = this.live;
    }
  }

  /** Times calls. */
  get monitoring(): Monitoring {
    if (this.#monitoring === undefined) {
      const { store, caller, jit, counting } = this;
      this.#monitoring = new Monitoring({ store, caller, jit, counting });
    }
    return this.#monitoring;
  }
  #monitoring: Monitoring | undefined;

  /** Counts functions. */
  get counting(): Counting {
    return this.#counting ??= new Counting(this.store, (func) => this.hold(func, "count"));
  }

  /** Puts a function of a new instance into the tier where it begins. */
  place(func: WasmFunc): void {
    const { store, jit } = this, { tier, compile } = this.config;
    if (tier === "js") void this.js;
    if (tier === "js" || tier === "fast") return store.setTier(func, tier);
    if (this.isLive) {
      func.live = true;
      // Where there is nothing but machine code to climb to, it is known already whether it will.
      if (this.config.ladder.every((r) => r.tier === "interp" || r.tier === "jit")) {
        func.refusal = jit?.refusal(func);
        func.live = func.refusal === undefined;
      }
    } else if (tier === "interp" || jit === undefined) return;
    else if (compile !== "eager") store.setTier(func, "jit");
    else if (jit.refusal(func) !== undefined) store.setTier(func, "jit");
    else raise(store, jit, this.tierLog, func, "eager", { loop: -1, calls: 0, passes: 0 });
  }

  /** Moves a function to a tier that somebody chose. */
  setTier(func: WasmFunc, choice: TierChoice, why: TierCause = "set"): void {
    const { store } = this, from = func.tier;
    const live = choice === "auto" && this.isLive;
    if (choice === "js") void this.js;
    // Where tiers are live, `auto` leaves it where it is, to be moved from now on.
    const hold = this.#held.get(func), wanted = live ? from : choice === "auto" ? bestTier() : choice;
    if (hold !== undefined) {
      // It goes there when nobody needs it in `interp` any more.
      if (!live) hold.tier = wanted;
      hold.live = live;
      if (wanted !== "interp") func.refusal = func.held;
    } else {
      func.live = live;
      if (!live) store.setTier(func, wanted);
      else store.interp.moved(func);
    }
    this.#pinned.delete(func);
    const { name, index, tier } = func;
    if (tier !== from) this.tierLog.add({ what: "function", name, index, from, to: tier, why });
  }

  /** Has a function stay in a tier, whatever is counted, until `setTier` or `unpin` says otherwise. */
  pin(func: WasmFunc, tier: TierName): void {
    this.setTier(func, tier, "pinned");
    this.#pinned.set(func, tier);
  }
  /** Ends that; false if it was not pinned. */
  unpin(func: WasmFunc): boolean {
    if (!this.#pinned.has(func)) return false;
    this.setTier(func, "auto", "released");
    return true;
  }
  /** Functions that are pinned. */
  get pinned(): [WasmFunc, TierName][] {
    return [...this.store.functions()].flatMap((func) => {
      const tier = this.#pinned.get(func);
      return tier === undefined ? [] : [[func, tier]];
    });
  }

  /** Keeps a function in `interp`, with frames that it has, for as long as somebody needs it there; gives what ends that, after which it goes on where it was, or where it was to go meanwhile. */
  hold(func: WasmFunc, why: HoldCause): () => void {
    const hold = this.#held.get(func) ?? this.#beginHold(func, why);
    hold.holders++;
    let holds = true;
    return () => {
      if (!holds) return;
      holds = false;
      if (--hold.holders === 0) this.#endHold(func, hold);
    };
  }

  #beginHold(func: WasmFunc, why: HoldCause): Hold {
    const { tier, live, name, index } = func, hold: Hold = { holders: 0, tier, live };
    this.#held.set(func, hold);
    func.held = why === "protection" ? PROTECTED : `it is kept in interp for a ${why}`;
    func.live = false;
    this.store.setTier(func, "interp");
    if (tier !== "interp") {
      func.refusal = func.held;
      this.tierLog.add({ what: "function", name, index, from: tier, to: "interp", why });
    }
    return hold;
  }

  #endHold(func: WasmFunc, hold: Hold): void {
    this.#held.delete(func);
    func.held = undefined;
    if (func.freed) return;
    func.live = hold.live;
    this.store.setTier(func, hold.tier);
    const { tier, name, index } = func;
    if (tier === "interp") return;
    this.tierLog.add({ what: "function", name, index, from: "interp", to: tier, why: "released" });
  }

  /** Functions of JavaScript know nothing of rights: those of an instance are held while anything in its memories is forbidden or watched. */
  #holdForProtection(instance: WasmInstance, check: boolean): void {
    for (const func of instance.funcs) {
      if (func.instance !== instance) continue;
      const release = this.#protected.get(func);
      if (check) {
        if (release === undefined && func.mode === Mode.JS) this.#protected.set(func, this.hold(func, "protection"));
      } else if (release !== undefined) {
        this.#protected.delete(func);
        release();
      } else if (func.refusal === PROTECTED) {
        // It was to go there meanwhile.
        this.store.setTier(func, "js");
        const { name, index, tier } = func;
        if (tier === "js") {
          this.tierLog.add({ what: "function", name, index, from: "interp", to: tier, why: "released" });
        }
      }
    }
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

  /** Takes note that a JavaScript function stands for a function: given back to Wasm, it is that function. */
  standsFor(exported: object, func: WasmFunc): void {
    EXPORTED.set(exported, { store: this.store, func });
  }

  /** Decodes and validates a module, whose bytes nobody else has. Throws CompileError, also where it is beyond the limits of the engine. */
  compile(bytes: Uint8Array, progress?: ProgressListener): ValidModule {
    const { features, limits: { maxModuleBytes } } = this.config;
    if (bytes.length > maxModuleBytes) throw this.#tooLong(bytes.length);
    const module = decode(bytes, features);
    this.#checkFunctions(module);
    const known = this.#known(module);
    const valid = validate(module, progress, known);
    if (known === undefined) this.disk?.addFacts(valid);
    return valid;
  }

  /** Compiles bytes that arrive piece by piece, `expected` of them as far as one knows, to what `compile()` would give. */
  compileStream(expected?: number): StreamCompiler {
    const { features, limits: { maxModuleBytes } } = this.config;
    return new StreamCompiler({
      features,
      maxBytes: maxModuleBytes,
      tooLong: (bytes) => this.#tooLong(bytes),
      check: (valid) => this.#checkFunctions(valid.module),
      compile: (bytes) => this.compile(bytes),
      mayKnow: (first) => this.disk?.mayKnow(first, features) ?? false,
      known: (module) => this.#known(module),
      keep: (valid) => this.disk?.addFacts(valid),
    }, expected);
  }

  /** What validation found out about a module in an earlier run. */
  #known({ bytes, features, funcs, importedFuncs }: Module): readonly BodyFacts[] | undefined {
    return this.disk?.facts(bytes, features, funcs.length - importedFuncs);
  }

  /** Writes to the cache on disk what is not there yet. */
  saveCache(): void {
    this.disk?.save();
    this.codeCache?.save();
  }

  #tooLong(bytes: number): CompileError {
    const { maxModuleBytes } = this.config.limits;
    return new CompileError(`a module of ${bytes} bytes; the engine's limit is ${maxModuleBytes} (maxModuleBytes)`, -1);
  }
  #checkFunctions(module: Module): void {
    const { maxFunctions } = this.config.limits;
    if (module.funcs.length <= maxFunctions) return;
    const message = `${module.funcs.length} functions; the engine's limit is ${maxFunctions} (maxFunctions)`;
    throw new CompileError(message, -1);
  }

  /** What another Worker needs to run the module, with the same machine code where this engine makes some. Throws ResourceError when there is no room for it. */
  share(valid: ValidModule): SharedModule {
    const { bytes } = valid.module, copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
    copy.set(bytes);
    const { tier } = this.config;
    const code = tier === "jit" || tier === "auto" ? this.jit?.share(valid) : undefined;
    return code === undefined ? { bytes: copy } : { bytes: copy, code };
  }

  /** The module that another Worker shared. Throws as `compile()`. */
  compileShared({ bytes, code }: SharedModule): ValidModule {
    const { jit } = this;
    let found: FoundCode | string;
    try {
      found = code === undefined
        ? "its engine makes no machine code"
        : jit?.find(code) ?? `machine code cannot run here: ${nativeUnavailable()}`;
    } catch (error) {
      if (!(error instanceof ResourceError)) throw error;
      found = error.message;
    }
    if (typeof found === "string") {
      const valid = this.compile(bytes.slice());
      this.#unshared.set(valid, found);
      return valid;
    }
    try {
      // Its own bytes, which nobody has changed meanwhile.
      const valid = this.compile(found.image.module);
      jit!.take(valid, found);
      return valid;
    } catch (error) {
      found.free();
      throw error;
    }
  }

  /** Bytes of machine code of a module that Workers share, and why there are none, if so. */
  sharing(valid: ValidModule): { readonly bytes: number; readonly reason: string | undefined } {
    const bytes = this.jit?.sharedBytes(valid) ?? 0;
    return { bytes, reason: bytes > 0 ? undefined : this.#unshared.get(valid) ?? "the module was not shared" };
  }

  /**
   * Makes an instance of a module and runs its start function. Throws LinkError, Trap, what the start function throws, ResourceError. `linked` is told of the instance
   * before any of its code runs; `failed` decides what becomes of one whose code then throws; `run` calls the start function.
   */
  instantiate(
    valid: ValidModule,
    resolve: Resolver,
    linked: (instance: WasmInstance) => void = () => {},
    failed: (instance: WasmInstance) => void = (i) => this.#abandon(i),
    run: (start: WasmFunc) => void = (f) => this.caller.call(f, []),
  ): WasmInstance {
    const { store } = this;
    let instance: WasmInstance | undefined;
    store.debug?.instantiates();
    try {
      instance = link(store, valid, resolve);
      for (const f of instance.funcs) {
        if (f.instance === instance) this.place(f);
      }
      store.debug?.instantiated(instance);
      if (this.#monitoring?.counts) this.#monitoring.countInstance(instance);
      linked(instance);
      start(instance, run);
      return instance;
    } catch (error) {
      if (instance === undefined) this.disposed();
      else failed(instance);
      throw error;
    }
  }

  /** Tables of others may hold its functions already, so it stays until a collection finds that none does. */
  #abandon(instance: WasmInstance): void {
    instance.disposed = true;
    this.disposed();
  }

  /** A global of the host's own. Throws TypeError for a value that has no conversion. */
  makeGlobal(type: ValType, mutable: boolean, value: unknown): WasmGlobal {
    const { store } = this;
    const slot = new Int32Array(2);
    writeSlot(store, slot, 0, type, value);
    const global = new WasmGlobal(store.arena, { type, mutable }, store.arena.allocate(GLOBAL_BYTES), undefined);
    global.setWords(slot);
    store.addHostExtern(global);
    return global;
  }

  /** A memory of the host's own, or one over bytes that other Workers have. Throws ResourceError when there is no room. */
  makeMemory(type: MemoryType, shared?: SharedBytes): WasmMemory {
    const memory = new WasmMemory(this.store.arena, type, shared, this.store.memories);
    this.store.addHostExtern(memory);
    return memory;
  }

  /** A table of the host's own, filled with `init`. Throws TypeError for a value that does not fit, ResourceError when there is no room. */
  makeTable(type: TableType, init: unknown): WasmTable {
    const { store } = this;
    const table = new WasmTable(store.arena, type, toRef(store, type.element, init), store.limits.tableEntries);
    store.addHostExtern(table);
    return table;
  }

  /** Collects now, also what Workers had that have ended. */
  collect(): GcReport {
    this.#disposals = 0;
    this.store.debug?.collects();
    try {
      return collect(this.store);
    } finally {
      giveBackOfEnded();
      this.jit?.releaseScarce();
    }
  }

  /** Collects so that V8 can find cycles between the two heaps. */
  collectAcross(): GcReport {
    this.#disposals = 0;
    this.store.debug?.collects();
    try {
      return collectAcross(this.store);
    } finally {
      this.jit?.releaseScarce();
    }
  }

  /** Counts a disposal; collects when there were many. */
  disposed(): void {
    if (++this.#disposals >= this.config.collectAfterDisposals) this.collect();
  }
}

/** The choice that one means here: `auto` is `interp` where there is no other tier. Throws TypeError for a name that is none, Error with the reason where the tier cannot run. */
export function resolveTier(choice: TierChoice): TierChoice {
  if (choice === "auto") return hasLadder() ? "auto" : "interp";
  if (!TIERS.includes(choice)) {
    throw new TypeError(`there is no tier "${choice}"; tiers are ${[...TIERS, "auto"].join(", ")}`);
  }
  if (choice === "js") {
    const reason = jsUnavailable();
    if (reason !== undefined) throw new Error(`tier js cannot run here: ${reason}`);
  }
  if (choice === "jit" && !canRunNative()) throw new Error(`tier jit cannot run here: ${nativeUnavailable()}`);
  return choice;
}
