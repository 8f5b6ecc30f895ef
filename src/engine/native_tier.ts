// Tier `jit` as the runtime sees it: compiles functions when first called, installs their code, and tells what a trap was.

import { type Native, readAddress, startNative } from "../abi/native.ts";
import { STACK, STATE } from "../abi/vmctx.ts";
import { stepCode } from "../abi/x64/step.ts";
import { decodeAccess } from "../asm/x64/decode_access.ts";
import type { Code, Safepoint } from "../asm/code.ts";
import { Exit } from "../abi/exits.ts";
import {
  type CodeBudget,
  type CodeLocation,
  CodeSpace,
  type Installed,
  type ModuleCode,
  type Resolve,
} from "../link/install.ts";
import {
  framesAtCall,
  framesAtHelper,
  framesAtTrap,
  type NativeFrame,
  readTrap,
  sourceOffsetAt,
  trapSiteAt,
} from "../link/backtrace.ts";
import { SharedModule } from "../link/shared_module.ts";
import type { CacheFigures } from "../base/lru_cache.ts";
import { ResourceError } from "../wasm/errors.ts";
import { ThunkCache } from "../link/thunk_cache.ts";
import type { DebuggerList } from "../platform/debugger_list.ts";
import { PerfMap } from "../platform/perf_map.ts";
import type { CodeToken } from "../platform/shared_code.ts";
import type { NativeStack } from "../platform/stacks.ts";
import type { FunctionCounters } from "../runtime/counters.ts";
import type { WasmFunc } from "../runtime/func.ts";
import type {
  CallSite,
  LoopPlace,
  NativeFault,
  NativeLocation,
  NativeTier,
  Parked,
  ThunkPlace,
} from "../runtime/tier.ts";
import { BugError } from "../base/bug.ts";
import type { CountPlan } from "../validate/count_plan.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import { TrapCode } from "../wasm/traps.ts";
import { refusal } from "../jit/compilable.ts";
import type { CodeOptions, JitCompiler } from "../jit/compile_function.ts";
import { COUNTERS } from "../jit/macro_assembler.ts";
import type { CodeCache } from "./code_cache.ts";
import type { Layout } from "../jit/context.ts";
import { compiler } from "./pipeline.ts";

/** Whose code it is: a function of a module, or a thunk. */
export interface CodeOwner {
  readonly index: number;
}
const THUNK: CodeOwner = { index: -1 };

/** The machine code of a module: what goes when the module does. */
interface HeldCode {
  /** Its own. */
  readonly own: ModuleCode<CodeOwner>;
  /** What it shares with other Workers, if it does. */
  shared: SharedModule<CodeOwner> | undefined;
}

function freeCode({ own, shared }: HeldCode): void {
  own.free();
  shared?.free();
}

interface CompiledModule {
  readonly valid: ValidModule;
  /** Undefined while it compiles, and after it failed: then its state is of no use. */
  compiler: JitCompiler | undefined;
  readonly held: HeldCode;
  readonly functions: Map<number, Installed<CodeOwner>>;
  /** Code that counts, by the counters. */
  readonly counted: Map<FunctionCounters, Installed<CodeOwner>>;
  /** Of code that had a frame taken back. */
  readonly safepoints: Map<Code, { readonly isComplete: boolean; readonly points: ReadonlyMap<number, Safepoint> }>;
  /** Copies of single instructions, by their addresses. */
  readonly steps: Map<number, number>;
  /** When code was asked of it last, by the tier's clock. */
  used: number;
}

/** Code that another Worker shared. */
export type FoundCode = SharedModule<CodeOwner>;

/** Figures of a compilation. */
export interface CompileFigures {
  /** Functions compiled. */
  functions: number;
  /** Milliseconds it took. */
  ms: number;
  /** Bytes of Wasm read. */
  wasmBytes: number;
  /** Bytes of machine code made. */
  codeBytes: number;
  /** Functions whose code came from a cache; not among the others. */
  cached: number;
}

/** Bytes. */
const LONGEST_INSTRUCTION = 15;

/** When less than this is left of executable memory, the code of modules without instances goes. */
const SCARCE_BYTES = 32 * 1024 * 1024;

/** Bytes of thunks that all engines of an isolate have in common: those of some 10,000 signatures as programs have them. */
const SHARED_THUNK_BYTES = 1024 * 1024;

/** Return addresses that are remembered: more than most programs throw through. */
const MAX_SITES = 10_000;

// Code is kept per isolate, not per store: executable memory and its range belong to the isolate.
let space: CodeSpace<CodeOwner> | undefined;
let thunks: ThunkCache<CodeOwner> | undefined;
let perfMap: PerfMap | undefined;
let debuggerList: DebuggerList | undefined;

/**
 * Frees the code of modules that neither a Module nor an instance holds any more, or whose engine is gone. Runs when no call is under way, so that no
 * stack has a pc in it.
 */
const FORGOTTEN = new FinalizationRegistry<HeldCode>(freeCode);

/** The one-pass compiler with what installs its code. Instances of one module share the code. */
export class JitTier implements NativeTier {
  readonly name = "jit";
  readonly native: Native = startNative();
  /** Gives the modules that have instances; set by the engine. */
  modulesInUse: () => Iterable<ValidModule> = () => this.#all();
  /** What its modules may take of executable memory. */
  budget: CodeBudget | undefined = undefined;
  /** Where code is looked for before it is made; set by the engine. */
  cache: CodeCache | undefined = undefined;
  readonly figures: CompileFigures = { functions: 0, ms: 0, wasmBytes: 0, codeBytes: 0, cached: 0 };
  readonly #modules = new WeakMap<ValidModule, CompiledModule>();
  /** All of `#modules`, without keeping them. */
  readonly #compiled = new Set<WeakRef<CompiledModule>>();
  /** Functions that are counted. */
  readonly #counted = new WeakMap<ValidModule, Map<number, FunctionCounters>>();
  /** Which way the branches of a function usually go; set by the engine. */
  layoutOf: (valid: ValidModule, index: number) => Layout | undefined = () => undefined;
  /** Of code that was laid out by it. */
  readonly #layouts = new WeakMap<Code, Layout>();
  /** Of code that counts. */
  readonly #plans = new WeakMap<Code, CountPlan>();
  /** Addresses of code that its function does not run any more. */
  readonly #replaced = new Set<number>();
  readonly #space = space ??= new CodeSpace<CodeOwner>(this.native.memory);
  readonly #sharedThunks = thunks ??= new ThunkCache<CodeOwner>(this.#space, THUNK, SHARED_THUNK_BYTES);
  #ownThunks: ThunkCache<CodeOwner> | undefined;

  /** Takes the code of a module away from those who run it, unless a frame is in it: false then. Set by the engine. */
  vacate: (valid: ValidModule) => boolean = () => false;
  #clock = 0;
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  /** Takes what its code is to be able to do beyond running. */
  constructor(readonly options: CodeOptions = {}) {}

  refusal(func: WasmFunc): string | undefined {
    return refusal(func.instance!.valid, func.index, this.native.cpu);
  }

  entryOf(func: WasmFunc): number {
    return this.installed(func.instance!.valid, func.index).entry;
  }

  /** The installed code of a function, the one that counts if it is counted; compiles it first if need be. */
  installed(valid: ValidModule, index: number): Installed<CodeOwner> {
    const compiled = this.#module(valid);
    compiled.used = ++this.#clock;
    if (compiled.functions.has(index)) this.#hits++;
    else this.#misses++;
    const counters = this.#counted.get(valid)?.get(index);
    if (counters !== undefined) {
      return compiled.counted.get(counters) ?? this.#installCounted(compiled, index, counters);
    }
    return this.#known(compiled, index) ?? this.#install(compiled, index, this.compile(valid, index));
  }

  /** The code of a function that is in place, be it by another Worker. */
  #known(compiled: CompiledModule, index: number): Installed<CodeOwner> | undefined {
    const { functions, held: { shared } } = compiled;
    const known = functions.get(index);
    if (known !== undefined || shared === undefined) return known;
    const installed = shared.install(index, { index });
    if (installed !== undefined) this.#enter(compiled, index, installed);
    return installed;
  }

  #installCounted(compiled: CompiledModule, index: number, counters: FunctionCounters): Installed<CodeOwner> {
    const code = this.compile(compiled.valid, index, counters.plan);
    this.releaseScarce();
    const installed = this.#place(compiled, code, { index }, (target) => {
      if (target !== COUNTERS) throw new BugError(`code refers to ${target}`);
      return counters.address;
    });
    this.native.notes.add(`${code.name} (jit, counted)`, installed.start, installed.end - installed.start);
    this.#replaced.delete(installed.start);
    compiled.counted.set(counters, installed);
    return installed;
  }

  count(valid: ValidModule, index: number, counters: FunctionCounters | undefined): void {
    let counted = this.#counted.get(valid);
    if (counted === undefined) this.#counted.set(valid, counted = new Map());
    const before = this.#present(valid, index);
    if (counters === undefined) counted.delete(index);
    else counted.set(index, counters);
    if (before !== undefined) this.#replaced.add(before.start);
    const now = this.#present(valid, index);
    if (now !== undefined) this.#replaced.delete(now.start);
  }

  isReplaced(start: number): boolean {
    return this.#replaced.size > 0 && this.#replaced.has(start);
  }

  /** The installed code that a function runs at present, if there is any. */
  #present(valid: ValidModule, index: number): Installed<CodeOwner> | undefined {
    const compiled = this.#modules.get(valid), counters = this.#counted.get(valid)?.get(index);
    if (compiled === undefined) return undefined;
    return counters === undefined ? this.#known(compiled, index) : compiled.counted.get(counters);
  }

  /** Installs code that was compiled elsewhere, in `ms`, as this tier would have. */
  adopt(valid: ValidModule, index: number, code: Code, ms: number): void {
    const compiled = this.#module(valid);
    if (this.#known(compiled, index) !== undefined) return;
    const layout = this.layoutOf(valid, index);
    if (layout !== undefined) this.#layouts.set(code, layout);
    this.#install(compiled, index, code);
    this.cache?.add(valid, index, code, layoutKey(layout));
    this.#count(valid, index, code, ms);
  }

  /** Installs the code of a function if it is in a cache; false if it has to be compiled. */
  restore(valid: ValidModule, index: number): boolean {
    if (this.peek(valid, index) !== undefined) return true;
    const code = this.#cached(valid, index, this.layoutOf(valid, index));
    if (code === undefined) return false;
    this.#install(this.#module(valid), index, code);
    return true;
  }

  #install(compiled: CompiledModule, index: number, code: Code): Installed<CodeOwner> {
    this.releaseScarce();
    const installed = this.#place(compiled, code, { index });
    this.#enter(compiled, index, installed);
    return installed;
  }

  #enter(compiled: CompiledModule, index: number, installed: Installed<CodeOwner>): void {
    const { code, start, end } = installed;
    this.#replaced.delete(start);
    this.native.notes.add(`${code.name} (jit)`, start, end - start);
    compiled.functions.set(index, installed);
  }

  /**
   * Puts the code of all functions of a module where other Workers can run it, too, compiled now where it is not yet; gives what they need to find it. Instances that
   * come later run it here as well. Throws ResourceError when there is no room.
   */
  share(valid: ValidModule): CodeToken {
    const { native, budget, options } = this, compiled = this.#module(valid), { held } = compiled;
    if (held.shared === undefined) {
      const codes = new Map<number, Code>(), { module } = valid;
      for (let index = module.importedFuncs; index < module.funcs.length; index++) {
        if (refusal(valid, index, native.cpu) !== undefined) continue;
        // Whoever runs it finds its safepoints by compiling, and knows no layout.
        const code = compiled.functions.get(index)?.code;
        const fits = code !== undefined && !this.#layouts.has(code);
        codes.set(index, fits ? code : this.compile(valid, index, undefined, false));
      }
      this.releaseScarce();
      held.shared = SharedModule.make(this.#space, module.bytes, JSON.stringify(options), codes, budget);
      // Frames that run now stay in what they entered.
      compiled.functions.clear();
    }
    return held.shared.token;
  }

  /** The module's bytes and code that another Worker shared, or why there are none here. Throws ResourceError when there is no room. */
  find(token: CodeToken): FoundCode | string {
    const found = SharedModule.find(this.#space, token, this.budget);
    if (found === undefined) return "its code is gone: nobody held the module any more";
    const { image } = found;
    const why = !image.fits
      ? "its code was made by another version of Strata"
      : ![this.options, { ...this.options, entersLoops: true }].some((o) => JSON.stringify(o) === image.options)
      ? "its code was made by an engine with other options"
      : undefined;
    if (why === undefined) return found;
    found.free();
    return why;
  }

  /** Takes code that {@link find} gave for that of a module. */
  take(valid: ValidModule, found: FoundCode): void {
    this.#module(valid).held.shared = found;
  }

  /** Bytes of pages that a module's code takes which Workers share; 0 if it is not shared. */
  sharedBytes(valid: ValidModule): number {
    return this.#modules.get(valid)?.held.shared?.code.byteLength ?? 0;
  }

  /** Installs code; where there is no room, the module whose code was asked for longest ago makes some. Throws ResourceError when none can. */
  #place(compiled: CompiledModule, code: Code, owner: CodeOwner, resolve?: Resolve): Installed<CodeOwner> {
    for (;;) {
      try {
        return compiled.held.own.install(code, owner, resolve);
      } catch (error) {
        if (!(error instanceof ResourceError) || !this.#evict(compiled)) throw error;
      }
    }
  }

  #evict(except: CompiledModule): boolean {
    const others = [...this.#compiled].map((r) => r.deref()).filter((c) =>
      c !== undefined && c !== except && c.held.shared === undefined && c.held.own.byteLength > 0 &&
      this.#modules.get(c.valid) === c
    ) as CompiledModule[];
    for (const { valid } of others.sort((a, b) => a.used - b.used)) {
      if (!this.vacate(valid)) continue;
      this.release(valid);
      this.#evictions++;
      return true;
    }
    return false;
  }

  /** The installed code as a cache: entries are modules, a hit is code that was there when a function asked for it. */
  get codeFigures(): CacheFigures {
    const modules = [...this.#compiled].map((r) => r.deref()).filter((c) =>
      c !== undefined && c.held.own.byteLength > 0
    );
    const { used, limit } = this.budget ?? { used: 0, limit: Infinity };
    const hits = this.#hits, misses = this.#misses, evictions = this.#evictions;
    return { entries: modules.length, bytes: used, limit, hits, misses, evictions };
  }

  #count(valid: ValidModule, index: number, code: Code, ms: number): void {
    const body = valid.module.funcs[index].body!;
    this.figures.ms += ms;
    this.figures.functions++;
    this.figures.wasmBytes += body.end - body.start;
    this.figures.codeBytes += code.bytes.length;
  }

  #module(valid: ValidModule): CompiledModule {
    let compiled = this.#modules.get(valid);
    if (compiled === undefined) {
      compiled = {
        valid,
        compiler: undefined,
        held: { own: this.#space.newModule(this.budget), shared: undefined },
        functions: new Map(),
        counted: new Map(),
        safepoints: new Map(),
        steps: new Map(),
        used: 0,
      };
      this.#modules.set(valid, compiled);
      this.#compiled.add(new WeakRef(compiled));
      FORGOTTEN.register(compiled, compiled.held, compiled);
    }
    return compiled;
  }

  *#all(): Iterable<ValidModule> {
    for (const reference of this.#compiled) {
      const compiled = reference.deref();
      if (compiled !== undefined) yield compiled.valid;
    }
  }

  /** The installed code of a function, if there is any. */
  peek(valid: ValidModule, index: number): Installed<CodeOwner> | undefined {
    const compiled = this.#modules.get(valid);
    return compiled && this.#known(compiled, index);
  }

  /** Compiles a function, with counters if there is a plan for them, without installing it; without counters, its code may come from a cache. `laysOut`: by the layout that there is for it. */
  compile(valid: ValidModule, index: number, counts?: CountPlan, laysOut = counts === undefined): Code {
    const layout = laysOut ? this.layoutOf(valid, index) : undefined;
    const known = counts === undefined ? this.#cached(valid, index, layout) : undefined;
    if (known !== undefined) return known;
    const began = performance.now();
    const compiled = this.#module(valid);
    const code = this.#withCompiler(compiled, (maker) => maker.compile(index, counts, layout));
    if (counts !== undefined) this.#plans.set(code, counts);
    this.#count(valid, index, code, performance.now() - began);
    if (layout !== undefined) this.#layouts.set(code, layout);
    if (counts === undefined) this.cache?.add(valid, index, code, layoutKey(layout));
    return code;
  }

  #cached(valid: ValidModule, index: number, layout: Layout | undefined): Code | undefined {
    const code = this.cache?.get(valid, index, layoutKey(layout));
    if (code === undefined) return undefined;
    this.figures.cached++;
    if (layout !== undefined) this.#layouts.set(code, layout);
    return code;
  }

  #withCompiler<T>(compiled: CompiledModule, use: (maker: JitCompiler) => T): T {
    const maker = compiled.compiler ?? compiler(compiled.valid, this.native.cpu, this.options);
    compiled.compiler = undefined;
    const made = use(maker);
    compiled.compiler = maker;
    return made;
  }

  /**
   * When executable memory is scarce, frees the code of modules that have no instance in this engine, as all that run have. It is made again when needed.
   * Otherwise code stays as long as its Module, for further instances.
   */
  releaseScarce(): void {
    const { budget } = this;
    const scarce = budget !== undefined && budget.limit - budget.used < Math.min(SCARCE_BYTES, budget.limit / 4);
    if (this.native.memory.available >= SCARCE_BYTES && !scarce) return;
    const used = new Set<ValidModule>(this.modulesInUse());
    for (const reference of this.#compiled) {
      const compiled = reference.deref();
      if (compiled === undefined) this.#compiled.delete(reference);
      else if (!used.has(compiled.valid)) {
        this.#compiled.delete(reference);
        this.release(compiled.valid);
      }
    }
  }

  /** Frees a module's code. No stack may be in it, and no function record may point to it. */
  release(valid: ValidModule): void {
    const compiled = this.#modules.get(valid);
    if (compiled === undefined) return;
    FORGOTTEN.unregister(compiled);
    freeCode(compiled.held);
    this.#modules.delete(valid);
  }

  nameInterpreted(func: WasmFunc): number {
    return this.native.notes.add(`${func.name} (interp)`) + 1;
  }

  /** Has a profiler told the names of all machine code of this isolate: appends them to `/tmp/perf-<pid>.map`. Throws Deno's error when that may not be written. */
  writePerfMap(): void {
    if (perfMap === undefined) this.#space.listen(perfMap = new PerfMap());
  }
  /** Has gdb told the same, by its JIT interface. */
  tellDebugger(): void {
    if (debuggerList !== undefined) return;
    this.native.memory.debuggable = true;
    this.#space.listen(debuggerList = this.native.newDebuggerList());
  }

  get #thunks(): ThunkCache<CodeOwner> {
    if (this.#ownThunks === undefined) {
      this.#ownThunks = new ThunkCache(this.#space, THUNK, Infinity, this.#sharedThunks, this.budget);
      FORGOTTEN.register(this, { own: this.#ownThunks.code, shared: undefined });
    }
    return this.#ownThunks;
  }
  exitThunk(func: WasmFunc): ThunkPlace {
    const { params, results, key } = func.signature;
    return this.#thunks.exit(params, results, key);
  }
  entryThunk(func: WasmFunc): ThunkPlace {
    const { params, results, key } = func.signature;
    return this.#thunks.entry(params, results, key);
  }

  loopEntry(func: WasmFunc, source: number): LoopPlace | undefined {
    const { start, code } = this.installed(func.instance!.valid, func.index);
    const entry = code.loopEntries.find((e) => e.source === source);
    return entry && { address: start + entry.offset, moves: entry.moves, frameSize: code.frameSize };
  }

  safepoint(func: WasmFunc, code: Code, offset: number): Safepoint | undefined {
    const { valid } = func.instance!,
      compiled = this.#module(valid),
      plan = this.#plans.get(code),
      layout = this.#layouts.get(code);
    let known = compiled.safepoints.get(code);
    if (known === undefined) {
      const { list, isComplete } = this.#withCompiler(
        compiled,
        (maker) => maker.safepoints(func.index, plan, undefined, layout),
      );
      known = { isComplete, points: new Map(list.map((s) => [s.offset, s])) };
      compiled.safepoints.set(code, known);
    }
    const point = known.points.get(offset);
    if (point !== undefined || known.isComplete) return point;
    return this.#withCompiler(compiled, (maker) => maker.safepointAt(func.index, offset, plan, layout));
  }

  trapOf(stack: NativeStack): TrapCode {
    return readTrap(stack, this.#space).trapCode;
  }
  faultOf(stack: NativeStack): NativeFault | undefined {
    const pc = readAddress(stack.i32, STACK.trapPc);
    const found = this.#space.lookup(pc);
    const site = found === undefined ? undefined : trapSiteAt(found.code, found.offset);
    if (found === undefined || site?.trapCode !== TrapCode.MEMORY_OUT_OF_BOUNDS) return undefined;
    const bytes = found.code.bytes.subarray(found.offset, found.offset + LONGEST_INSTRUCTION);
    const { length, base, index, scale, displacement, loads } = decodeAccess(bytes);
    const register = (r: number) => r < 0 ? 0n : stack.i64[(STATE.integers >> 3) + r];
    const address = Number(
      BigInt.asUintN(64, register(base) + register(index) * BigInt(scale) + BigInt(displacement)),
    );
    const fp = readAddress(stack.i32, STACK.trapFp);
    return { pc, length, address, loads, wasmOffset: site.sourceOffset, fp, bytes: bytes.subarray(0, length) };
  }
  stepOf(valid: ValidModule, fault: NativeFault): number {
    const { steps, held } = this.#module(valid);
    let entry = steps.get(fault.pc);
    if (entry === undefined) {
      entry = held.own.install(stepCode(fault.bytes, `step at offset ${fault.wasmOffset}`), THUNK).entry;
      steps.set(fault.pc, entry);
    }
    return entry;
  }
  framesAtTrap(stack: NativeStack): Iterable<NativeLocation> {
    return locations(framesAtTrap(stack, this.#space));
  }
  framesAt(stack: NativeStack, parked: Parked): Iterable<NativeLocation> {
    return locations(
      parked.exit === Exit.HELPER
        ? framesAtHelper(stack, this.#space, parked.resumeIp, parked.fp)
        : framesAtCall(stack, this.#space, parked.sp, parked.fp),
    );
  }

  readonly #sites = new Map<number, CallSite>();
  #sitesRemovals = 0;

  siteOf(returnAddress: number): CallSite | undefined {
    if (this.#sitesRemovals !== this.#space.removals || this.#sites.size > MAX_SITES) {
      this.#sites.clear();
      this.#sitesRemovals = this.#space.removals;
    }
    const known = this.#sites.get(returnAddress);
    if (known !== undefined) return known;
    // The call may be the code's last instruction.
    const found = this.locate(returnAddress - 1);
    if (found === undefined) return undefined;
    const { code, start, offset, owner } = found;
    const handler = code.landingPads.length === 0 ? -1 : undefined;
    const site = { index: owner.index, wasmOffset: sourceOffsetAt(code, offset), code, start, handler };
    this.#sites.set(returnAddress, site);
    return site;
  }

  /** The function and code offset that a pc belongs to; undefined if it is none of a Wasm function. */
  locate(pc: number): CodeLocation<CodeOwner> | undefined {
    const found = this.#space.lookup(pc);
    return found === undefined || found.owner === THUNK ? undefined : found;
  }
}

/** What keys of code say of a layout. */
function layoutKey(layout: Layout | undefined): string | undefined {
  return layout && [...layout].map(([offset, likely]) => `${offset}${likely ? "+" : "-"}`).join("");
}

function* locations(frames: Iterable<NativeFrame<CodeOwner>>): Iterable<NativeLocation> {
  for (const f of frames) {
    if (f.owner === THUNK) continue;
    const { fp, code, start, returnOffset: offset } = f;
    yield { index: f.owner.index, tier: "jit", wasmOffset: f.sourceOffset, fp, code, start, offset };
  }
}
