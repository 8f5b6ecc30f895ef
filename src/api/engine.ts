// The public Engine: compiles modules, makes instances, collects.

import { checkFuel, type CompileMode, type EngineOptions, type TierChoice } from "../engine/config.ts";
import { assemblePlaced, withPositions } from "../engine/pipeline.ts";
import { AddressMap } from "../debug/address_map.ts";
import { ModulePlaces } from "../engine/code_places.ts";
import type { GcReport } from "../gc/report.ts";
import type { Finalizer } from "../gc/handles.ts";
import type { HeapFigures } from "../gc/heap.ts";
import type { CompileFigures } from "../engine/native_tier.ts";
import type { CacheFigures } from "../base/lru_cache.ts";
import type { DiskFigures } from "../platform/cache_folder.ts";
import { withDeadline } from "../platform/deadline.ts";
import { nativeUnavailable } from "../platform/permissions.ts";
import {
  setTranslationCacheBytes,
  translationCache,
  type TranslationFigures,
  translationFigures,
} from "../fast/code.ts";
import { setSourceCacheBytes, sourceCache } from "../js/source_cache.ts";
import { type InterpreterStackFigures, interpreterStackFigures } from "../interp/frames.ts";
import { type PoolFigures, poolFigures } from "../platform/reservations.ts";
import type { NativeStackFigures } from "../platform/stacks.ts";
import type { WasmFunc } from "../runtime/func.ts";
import type { Extern } from "../runtime/instance.ts";
import type { MemoryFigures } from "../runtime/memory_manager.ts";
import { WasmTag } from "../runtime/tag.ts";
import type { TierEvent, TierListener } from "../engine/tier_log.ts";
import { toRef } from "../runtime/values.ts";
import { LinkError, Trap } from "../wasm/errors.ts";
import { PAGE_BYTES } from "../wasm/limits.ts";
import { ExternKind, type Import, type Module as WasmModule } from "../wasm/module.ts";
import { TrapCode } from "../wasm/traps.ts";
import { EXTERNREF, F64, I64, TYPES } from "../wasm/types.ts";
import { Context, resolveTier, type SharedModule } from "../engine/context.ts";
import { BranchPredictor } from "./branches.ts";
import { EdgeRuntime } from "./edge.ts";
import { expectedBytes } from "../engine/stream_compiler.ts";
import { Exception, innerException, publicException } from "./exception.ts";
import { Func, innerFunc, publicFunc } from "./func.ts";
import { Debugger } from "./debugger.ts";
import { Global, innerGlobal, publicGlobal } from "./global.ts";
import { Heap } from "./heap.ts";
import { HostConstant, HostFunction, type HostType, type HostValue } from "./host_func.ts";
import { type Instance, publicInstance } from "./instance.ts";
import { innerMemory, Memory, publicMemory, type SharedMemory } from "./memory.ts";
import { missingText } from "./missing_imports.ts";
import { innerModule, type Module, modulePositions, publicModule } from "./module.ts";
import {
  checkAddress,
  checkLimits,
  checkMilliseconds,
  checkPageSize,
  type ElementType,
  type MemoryOptions,
  type TableOptions,
  valueType,
} from "./options.ts";
import { suspendingFunction } from "./suspending.ts";
import { wrapper } from "./wrappers.ts";
import { innerTable, publicTable, Table } from "./table.ts";
import { own } from "./keepers.ts";
import { contextOfTag, innerTag, publicTag, Tag } from "./tag.ts";

/**
 * Imports by module and name: functions, those that `fn` made, Suspending ones, and Memory, Table, Global and Tag objects of the same engine; for immutable globals also what
 * `constant` made, numbers and bigints.
 */
export type Imports = Record<string, Record<string, unknown>>;

/** Bytes that arrive piece by piece. */
export type ByteStream = Response | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** As `engine.instantiate()`, but the start function, if there is one, is left to who asked: nothing else may run before it. */
export let instantiateUnstarted: (
  engine: Engine,
  module: Module,
  imports: Imports,
) => { readonly instance: Instance; readonly start: Func | undefined };

/** A store with the tiers that run its code. Objects of different engines do not mix. */
export class Engine {
  readonly #context: Context;

  /** Takes options, all of which have defaults. Throws Error, with the reason, for a tier that cannot run here. */
  constructor(options: EngineOptions = {}) {
    const context = this.#context = new Context(options);
    const { store } = context;
    store.exporter = (func) =>
      func.bound === undefined
        ? exportedFunc(func, context)
        : store.boundObjects.exported(func, () => exportFunc(context, func));
    store.exceptions.makeOutside = (e, frames) => publicException(e, publicTag(e.tag, context), frames);
    store.exceptions.insideOf = (value) =>
      value instanceof Exception && contextOfTag(value.tag) === context ? innerException(value) : undefined;
  }

  /** The tier that functions are in unless somebody moves them; `auto`: where the engine sees fit. */
  get tier(): TierChoice {
    return this.#context.config.tier;
  }
  /** When and where machine code is made. */
  get compileMode(): CompileMode {
    return this.#context.config.compile;
  }
  /** Why that is not what was asked for; undefined if it is. */
  get compileReason(): string | undefined {
    return this.#context.config.compileReason;
  }
  /** The latest moves of functions and frames between tiers, oldest first: 1000 are kept. */
  get tierEvents(): readonly TierEvent[] {
    return this.#context.tierLog.events;
  }
  /** How many there have been in all. */
  get tierEventCount(): number {
    return this.#context.tierLog.count;
  }
  /** Which way branches go: counts, predictions, profiles. */
  get branches(): BranchPredictor {
    return this.#branches ??= new BranchPredictor(this.#context);
  }
  #branches: BranchPredictor | undefined;
  /** How functions are moved between tiers, with a monitor of what they take. */
  get edge(): EdgeRuntime {
    return this.#edge ??= new EdgeRuntime(this.#context);
  }
  #edge: EdgeRuntime | undefined;
  /** Calls `listener` with each move from now on, while Wasm may be running; gives what ends that. */
  onTierEvent(listener: TierListener): () => void {
    return this.#context.tierLog.listen(listener);
  }
  /** Why machine code cannot run here; undefined when it can. */
  static get nativeUnavailable(): string | undefined {
    return nativeUnavailable();
  }
  /** What the compiler of tier `jit` did so far. */
  get compileFigures(): Readonly<CompileFigures> {
    return this.#context.jit?.figures ?? { functions: 0, ms: 0, wasmBytes: 0, codeBytes: 0, cached: 0 };
  }
  /** What the caches of code hold and did. */
  get caches(): EngineCaches {
    const { codeCache, disk, jit } = this.#context;
    return {
      code: jit?.codeFigures,
      functions: codeCache?.figures,
      translations: translationCache(),
      sources: sourceCache(),
      disk: disk?.figures,
    };
  }
  /** The most bytes of machine code that are kept for further modules with equal functions; a lower limit drops some at once. */
  get functionCacheBytes(): number {
    return this.#context.codeCache?.memoryLimit ?? 0;
  }
  set functionCacheBytes(bytes: number) {
    const { codeCache } = this.#context;
    if (codeCache !== undefined) codeCache.memoryLimit = bytes;
  }
  /**
   * The most bytes of register code of tier `fast` that all engines of this thread keep, default 24 MiB; a lower limit drops some at once. What was asked for longest ago goes
   * first and is translated again when called; a function that has a frame stays, and one whose code is larger runs in `interp`. Throws RangeError for what is no size.
   */
  static get translationCacheBytes(): number {
    return translationCache().limit;
  }
  static set translationCacheBytes(bytes: number) {
    setTranslationCacheBytes(bytes);
  }
  /** The most characters of JavaScript that tier `js` keeps for further instances, of all engines of this thread; default 32 Mi. Throws RangeError for what is no size. */
  static get sourceCacheBytes(): number {
    return sourceCache().limit;
  }
  static set sourceCacheBytes(bytes: number) {
    setSourceCacheBytes(bytes);
  }
  /** Writes the machine code that was made, and what validation found out about large modules, to the cache on disk, if there is one. That is done at the end of the process, too, unless it is killed. */
  saveCache(): void {
    this.#context.saveCache();
  }

  /**
   * Decodes and validates a module (specification 5 and 3), given as bytes or in the text format (6). Bytes are copied. Throws CompileError with a byte offset, and for
   * text with its line, column and function (`place`) where it is about an instruction, TextError with line and column, TypeError for another kind of source; a feature that is off is named. `progress` is told now and then which part is done, from 0 to 1.
   */
  compile(
    source: Uint8Array | ArrayBuffer | string,
    options: { readonly progress?: (part: number) => void } = {},
  ): Module {
    // A promise of bytes would otherwise be an empty module.
    if (typeof source !== "string" && !(source instanceof Uint8Array) && !isBuffer(source)) {
      throw new TypeError("a module is compiled from a Uint8Array, an ArrayBuffer or a string of its text");
    }
    if (typeof source !== "string") {
      const copy = source instanceof Uint8Array ? new Uint8Array(source) : new Uint8Array(source).slice();
      return publicModule(this.#context.compile(copy, options.progress));
    }
    const { bytes, positions } = assemblePlaced(source);
    return publicModule(withPositions(positions, () => this.#context.compile(bytes, options.progress)), positions);
  }

  /** Where everything of a module is, in all forms that it has: instructions, text, code of each tier. Also for modules that another engine compiled. */
  addresses(module: Module): AddressMap {
    const { store, config } = this.#context;
    const options = { metered: store.meter !== undefined, fast: config.fast };
    return new AddressMap(new ModulePlaces(innerModule(module), this.#context.jit, options), modulePositions(module));
  }

  /**
   * Compiles a module in the binary format whose bytes arrive piece by piece: what is there is decoded and validated while the rest is on its way. Takes a Response (of any
   * type), a ReadableStream, or anything else that gives Uint8Arrays one by one; gives what `compile()` gives for all bytes, with the same errors. Throws TypeError for
   * another source, or a Response that tells of a failure, and what the source throws.
   *
   * ```ts
   * import { Engine } from "../../mod.ts";
   * const empty = new Response(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
   * const module = await new Engine().compileStreaming(empty);
   * ```
   */
  async compileStreaming(source: ByteStream | PromiseLike<ByteStream>): Promise<Module> {
    const stream = await source;
    if (stream instanceof Response && !stream.ok) {
      await stream.body?.cancel();
      throw new TypeError(`the response tells of a failure: ${stream.status} ${stream.statusText}`.trimEnd());
    }
    const chunks = stream instanceof Response ? stream.body ?? [] : stream;
    if (
      typeof chunks !== "object" || chunks === null || !(Symbol.asyncIterator in chunks || Symbol.iterator in chunks)
    ) {
      throw new TypeError("a module is compiled from a Response, or from a stream of Uint8Arrays");
    }
    const compiler = this.#context.compileStream(stream instanceof Response ? expectedBytes(stream) : 0);
    for await (const chunk of chunks) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError("a module is compiled from a stream of Uint8Arrays");
      compiler.push(chunk);
    }
    return publicModule(compiler.finish());
  }

  /**
   * Compiles the Wasm bytes that lie in a memory from `start` up to `end`, which must have the right to be executed, and to be read. Throws as `compile()`, RangeError
   * beyond the memory's end, and Trap (`memory-protection`) without the rights.
   */
  compileFrom(memory: Memory, start: number, end: number): Module {
    if (!memory.checkAccess(start, end, "execute")) {
      const region = memory.regions.find((r) => !r.execute && r.start < end && start < r.end)!;
      const place = `0x${start.toString(16)}, but the region 0x${region.start.toString(16)} to 0x${
        region.end.toString(16)
      }`;
      throw new Trap(TrapCode.MEMORY_PROTECTION, [], `execute of ${end - start} bytes at ${place} does not allow it`);
    }
    return publicModule(this.#context.compile(memory.read(start, end - start)));
  }

  /**
   * Makes an instance and runs its start function (specification 4.7.2). Throws LinkError when imports are missing, all of which it names, or one does not fit,
   * Trap when a segment does not fit or the start function traps, Exception when it throws, ResourceError when there is no room.
   */
  instantiate(module: Module, imports: Imports = {}): Instance {
    return this.#instantiate(module, imports);
  }
  #instantiate(module: Module, imports: Imports, run?: (start: WasmFunc) => void): Instance {
    const instance = this.#context.instantiate(
      innerModule(module),
      (i, m) => this.#resolve(i, m, imports) ?? noteMissing(module, imports),
      (made) => own(made, this.#context),
      undefined,
      run,
    );
    return publicInstance(instance, module, this.#context);
  }
  static {
    instantiateUnstarted = (engine, module, imports) => {
      let start: Func | undefined;
      const instance = engine.#instantiate(module, imports, (f) => start = publicFunc(f, engine.#context));
      return { instance, start };
    };
  }

  /**
   * What to post to another Worker, for `moduleFrom()`: there, the module's functions run the same machine code, from the same pages. It is all made now, where the
   * engine's tier makes machine code; instances of this engine that are made from now on run it, too. Hold the module until the others have it: shared code goes with the last
   * Worker whose engine has a use for it. Throws ResourceError when there is no room for the code.
   */
  share(module: Module): SharedModule {
    return this.#context.share(innerModule(module));
  }

  /**
   * The module that another Worker shared, by what `share()` gave there. Where its code cannot be had, the module is compiled as any other, and `sharing()` tells the
   * reason. Throws TypeError for anything else, CompileError as `compile()`.
   */
  moduleFrom(source: SharedModule): Module {
    const { bytes, code } = source ?? {};
    const isToken = code === undefined || (typeof code?.group === "number" && typeof code.key === "bigint");
    if (!(bytes instanceof Uint8Array) || !isToken) {
      throw new TypeError("a module comes from what engine.share() gives");
    }
    return publicModule(this.#context.compileShared(source));
  }

  /** How many bytes of machine code of a module this engine shares with other Workers, to whole pages; and why there are none, if so. */
  sharing(module: Module): { readonly bytes: number; readonly reason: string | undefined } {
    return this.#context.sharing(innerModule(module));
  }

  /** Compiles and instantiates in one step. Throws what the two throw. */
  load(source: Uint8Array | ArrayBuffer | string, imports: Imports = {}): Instance {
    return this.instantiate(this.compile(source), imports);
  }

  #resolve(i: Import, m: WasmModule, imports: Imports): Extern | undefined {
    const value = imports[i.module]?.[i.name];
    if (value instanceof Memory) return innerMemory(value);
    if (value instanceof Table) return innerTable(value);
    if (value instanceof Global) return innerGlobal(value);
    if (value instanceof Tag) return innerTag(value);
    if (value instanceof Func) return innerFunc(value);
    if (value instanceof HostFunction) {
      const typeId = TYPES.funcType(value.params.map(valueType), value.results.map(valueType));
      return this.#context.store.addHostFunc(typeId, value.call, `${i.module}.${i.name}`, value.suspending);
    }
    if (value instanceof HostConstant) return this.#context.makeGlobal(valueType(value.type), false, value.value);
    const suspending = suspendingFunction(value);
    if (typeof value === "function" || suspending !== undefined) {
      if (i.kind !== ExternKind.FUNC) {
        throw new LinkError("incompatible import type (found a function)", i.module, i.name);
      }
      return this.#wrap(
        suspending ?? value as (...args: unknown[]) => unknown,
        m.canonical[m.funcs[i.index].typeIndex],
        `${i.module}.${i.name}`,
        suspending !== undefined,
      );
    }
    if (i.kind === ExternKind.GLOBAL && (typeof value === "number" || typeof value === "bigint")) {
      const { type, mutable } = m.globals[i.index].type;
      const fits = (type === I64) === (typeof value === "bigint") && type <= F64;
      if (mutable || !fits) throw new LinkError(`incompatible import type (found a ${typeof value})`, i.module, i.name);
      return this.#context.makeGlobal(type, false, value);
    }
    if (value === undefined) return undefined;
    throw new LinkError(`incompatible import type (found ${value === null ? "null" : typeof value})`, i.module, i.name);
  }

  #wrap(value: (...args: unknown[]) => unknown, typeId: number, name: string, suspending: boolean): WasmFunc {
    const { store } = this.#context;
    if (suspending) return store.addHostFunc(typeId, value, name, true);
    return store.funcOf(value) ?? store.addHostFunc(typeId, value, name);
  }

  /**
   * A memory of its own, to be imported. A shared one needs a maximum, for which it reserves address space; `memory.share()` gives what another Worker needs of it.
   * Throws RangeError for sizes that make no sense, ResourceError when there is no room.
   */
  memory(options: MemoryOptions): Memory {
    const { pageSize = PAGE_BYTES, shared = false } = options;
    const pageSizeLog2 = checkPageSize(pageSize);
    const is64 = checkAddress(options.address);
    const limit = is64 ? Number.MAX_SAFE_INTEGER : Math.min(2 ** 32 / pageSize, 2 ** 32 - 1);
    const { minimum: min, maximum: max } = checkLimits(options, limit);
    if (shared && max === undefined) throw new RangeError("a shared memory needs a maximum");
    return publicMemory(this.#context.makeMemory({ min, max, is64, shared, pageSizeLog2 }));
  }

  /**
   * The memory that another Worker shared: takes what `memory.share()` gave there, or a SharedArrayBuffer alone, in which case the memory cannot be grown from here,
   * but is seen to grow. Its type has the present size as minimum. Throws TypeError for anything else, RangeError for a length that is no whole number of pages.
   */
  memoryFrom(source: SharedMemory | SharedArrayBuffer): Memory {
    const { buffer, lock, pageSize = PAGE_BYTES } = source instanceof SharedArrayBuffer ? { buffer: source } : source;
    if (!(buffer instanceof SharedArrayBuffer) || !(lock === undefined || lock instanceof SharedArrayBuffer)) {
      throw new TypeError("a shared memory is made from a SharedArrayBuffer, or from what memory.share() gives");
    }
    const pageSizeLog2 = checkPageSize(pageSize);
    const min = buffer.byteLength / pageSize, max = Math.floor(buffer.maxByteLength / pageSize);
    if (!Number.isInteger(min)) {
      throw new RangeError(`${buffer.byteLength} bytes are not a whole number of pages of ${pageSize} bytes`);
    }
    const type = { min: BigInt(min), max: BigInt(max), is64: false, shared: true, pageSizeLog2 };
    return publicMemory(this.#context.makeMemory(type, lock === undefined ? { buffer } : { buffer, lock }));
  }

  /** A table of its own, to be imported. Throws RangeError for sizes that make no sense, TypeError when `init` does not fit. */
  table<const T extends ElementType>(
    options: TableOptions & { readonly element: T },
    init: HostValue<T> | null = null,
  ): Table<T> {
    const is64 = checkAddress(options.address);
    const { minimum: min, maximum: max } = checkLimits(options, is64 ? Number.MAX_SAFE_INTEGER : 2 ** 32 - 1);
    const element = valueType(options.element);
    const inner = this.#context.makeTable({ min, max, is64, shared: false, element }, init);
    return publicTable(inner, this.#context) as Table<T>;
  }

  /**
   * A global of its own, to be imported; `type` as in the text format. Without a value: zero or null. Throws TypeError for a type that is none, or a value that does not fit.
   *
   * ```ts
   * import { Engine } from "../../mod.ts";
   * const engine = new Engine();
   * const count = engine.global({ type: "i64", mutable: true }, 5n);
   * const { exports } = engine.load(
   *   `(module (import "env" "count" (global $count (mut i64)))
   *     (func (export "next") (global.set $count (i64.add (global.get $count) (i64.const 1)))))`,
   *   { env: { count } },
   * );
   * exports.next();
   * console.log(count.value + 1n); // 7n: TypeScript knows that it is a bigint
   * ```
   */
  global<const T extends HostType>(
    options: { readonly type: T; readonly mutable?: boolean },
    value?: HostValue<T>,
  ): Global<T> {
    const type = valueType(options.type);
    const initial = value ?? (type === I64 ? 0n : type <= F64 ? 0 : null);
    return publicGlobal(this.#context.makeGlobal(type, options.mutable ?? false, initial), this.#context) as Global<T>;
  }

  /**
   * A tag of its own, to be imported; `parameters` are types as in the text format. Throws TypeError for a type that is none.
   *
   * ```ts
   * import { Engine, Exception } from "../../mod.ts";
   * const engine = new Engine();
   * const tag = engine.tag({ parameters: ["i32", "i64"] });
   * const { exports } = engine.load(
   *   `(module (import "env" "tag" (tag $tag (param i32 i64)))
   *     (func (export "fail") (throw $tag (i32.const 1) (i64.const 2))))`,
   *   { env: { tag } },
   * );
   * try {
   *   exports.fail();
   * } catch (error) {
   *   if (!(error instanceof Exception && error.is(tag))) throw error;
   *   const [code, place] = error.payload; // a number and a bigint, as TypeScript knows
   *   console.log(code + 1, place + 1n); // 2 3n
   * }
   * ```
   */
  tag<const P extends readonly HostType[]>(options: { readonly parameters: P }): Tag<P> {
    const type = TYPES.funcType(options.parameters.map(valueType), []);
    return publicTag(new WasmTag(type), this.#context) as Tag<P>;
  }
  /** The tag of what JavaScript throws, to be imported by Wasm that catches it: its payload is the value, an externref. */
  get jsTag(): Tag {
    return publicTag(this.#context.store.exceptions.jsTag, this.#context);
  }

  /** The Func behind an exported JavaScript function; undefined if it is none of this engine. */
  funcOf(exported: unknown): Func | undefined {
    const inner = this.#context.store.funcOf(exported);
    return inner === undefined ? undefined : publicFunc(inner, this.#context);
  }

  /** Collects: objects and host references that Wasm cannot reach any more, and disposed instances. Gives a report. */
  gc(): GcReport {
    return this.#context.collect();
  }

  /**
   * Collects together with V8, so that cycles are found which lead through both heaps, as of a host object that has an object of Wasm that refers to it. Collects, lets V8 have a turn, and
   * does so again until nothing more goes, `rounds` times at most. V8 collects when it sees fit, unless `collectJavaScript` makes it (default: `globalThis.gc`, where
   * that was exposed). Values with finalizers of `onCollected()` stay out of it.
   */
  async gcAsync(options: GcAsyncOptions = {}): Promise<GcAsyncReport> {
    const { rounds = 8, collectJavaScript = (globalThis as { gc?: () => void }).gc } = options;
    if (!Number.isInteger(rounds) || rounds < 1) {
      throw new RangeError(`rounds is a whole number from 1 on, not ${rounds}`);
    }
    const began = performance.now();
    let objectsFreed = 0, referencesFreed = 0, bytesBefore = -1;
    for (let round = 1;; round++) {
      const last = this.#context.collectAcross();
      if (bytesBefore < 0) bytesBefore = last.heap.bytesBefore;
      objectsFreed += last.heap.objectsFreed;
      referencesFreed += last.freed;
      const stable = round > 2 && last.heap.objectsFreed === 0 && last.freed === 0 && last.instancesFreed === 0;
      if (stable || round >= rounds) {
        const ms = performance.now() - began;
        return {
          rounds: round,
          ms,
          bytesBefore,
          bytesAfter: last.heap.bytesAfter,
          objectsFreed,
          referencesFreed,
          last,
        };
      }
      // What this task has looked at stays alive until it ends.
      await new Promise((resolve) => setTimeout(resolve, 0));
      await collectJavaScript?.();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  /** What lives in the heap of structures and arrays, and why. */
  get heap(): Heap {
    return this.#heap ??= new Heap(this.#context);
  }
  #heap: Heap | undefined;

  /** Breakpoints, watched places, and calls that run from stop to stop. What nobody debugs runs as if this did not exist. */
  get debugger(): Debugger {
    return this.#debugger ??= new Debugger(this.#context);
  }
  #debugger: Debugger | undefined;

  /** What collections did so far, those too that allocations asked for. */
  get gcFigures(): Readonly<HeapFigures> {
    return this.#context.store.heapInUse?.figures ?? {
      collections: 0,
      ms: 0,
      longestMs: 0,
      allocatedBytes: 0,
      pauses: [],
    };
  }

  /** What the memories of this engine take together and did so far. */
  get memoryFigures(): Readonly<MemoryFigures> {
    return { ...this.#context.store.memories.figures };
  }
  /** What the pool of this thread did so far, from which all engines take address space for memories with 32-bit addresses. */
  static get memoryPool(): PoolFigures {
    return poolFigures();
  }

  /** What all engines of this thread translated for tier `fast`, and the room that its code takes. */
  get registerCode(): TranslationFigures {
    return translationFigures();
  }

  /** The stacks that calls run on: those of machine code, of which all engines of this thread share a pool, and the interpreter's, which they share too. */
  get stacks(): StackFigures {
    const { jit, store, config } = this.#context;
    return {
      stackBytes: config.stackBytes,
      depth: store.activations.running.reduce((n, a) => n + a.frames().length, 0),
      calls: store.activations.running.length,
      native: jit?.native.stacks.figures,
      interpreter: interpreterStackFigures(),
    };
  }

  /** Keeps a value alive for Wasm until the root is removed (or disposed of). A value may have several roots. */
  addRoot(value: unknown): Root {
    const { store } = this.#context;
    const remove = store.addHostRoot(toRef(store, EXTERNREF, value));
    return { value, remove, [Symbol.dispose]: remove };
  }

  /** Calls `finalizer` with the value once a collection finds that Wasm cannot reach it. Throws TypeError for null and small integers, which are never collected, and for objects of the heap. */
  onCollected(value: unknown, finalizer: Finalizer): void {
    const { store } = this.#context;
    if (store.objects.refOf(value) !== undefined) {
      throw new TypeError("an object of the heap lives as long as its JavaScript value: use a FinalizationRegistry");
    }
    store.handles.addFinalizer(value, finalizer);
  }

  /** The fuel that is left; Infinity where it is not counted. Set it to give more. Throws TypeError where it is not counted, RangeError for what is no whole number from 0 on. */
  get fuel(): number {
    return this.#context.store.meter?.left ?? Infinity;
  }
  set fuel(fuel: number) {
    const { meter } = this.#context.store;
    if (meter === undefined) throw new TypeError("the engine does not count fuel: make it with the option `fuel`");
    meter.left = checkFuel(fuel);
  }
  /** The fuel that was taken in all: the same for the same calls, whatever the tier. 0 where it is not counted. */
  get fuelConsumed(): number {
    return this.#context.store.meter?.consumed ?? 0;
  }

  /**
   * Runs `f`. Wasm that it calls, of any engine in this thread, traps once `ms` milliseconds have passed, at its next loop head or call; asynchronous calls that
   * begin in it keep that deadline. Throws RangeError for a negative time, and what `f` throws.
   */
  withDeadline<T>(ms: number, f: () => T): T {
    return withDeadline(performance.now() + checkMilliseconds(ms), f);
  }

  /** Bit 0 of the only element makes running code of all engines trap as interrupted at its next loop header or call, until somebody clears it. Other bits belong to Strata. */
  get interruptWord(): Int32Array<SharedArrayBuffer> {
    return this.#context.store.interrupt;
  }

  /** The choice that one means here: `auto` is `interp` where machine code cannot run. Throws TypeError for a name that is none, Error, with the reason, where it cannot run. */
  static resolveTier(choice: TierChoice): TierChoice {
    return resolveTier(choice);
  }
}

/** The JavaScript function that stands for a function: the same as long as it is alive. */
const exportedFunc = wrapper((func: WasmFunc, context: Context): object => exportFunc(context, func));

/** A new one. */
function exportFunc(context: Context, func: WasmFunc): object {
  const { caller } = context;
  const exported = (...args: unknown[]) => caller.call(func, args);
  Object.defineProperty(exported, "name", { value: func.name });
  Object.defineProperty(exported, "length", { value: func.type.params.length });
  context.standsFor(exported, func);
  return exported;
}

/** What the caches of an engine hold and did. */
export interface EngineCaches {
  /**
   * Machine code that is installed, in bytes of executable memory, whose limit is `maxCodeBytes`; entries are modules: where there is no room, the code of the one goes that was
   * asked for longest ago, unless a frame is in it. Undefined where machine code cannot run.
   */
  readonly code: CacheFigures | undefined;
  /** Code of functions, kept for further modules with equal ones, in bytes of memory; undefined where machine code cannot run. */
  readonly functions: CacheFigures | undefined;
  /** Register code of tier `fast`, of all engines of this thread, in bytes; entries are functions, and a miss is a translation. */
  readonly translations: CacheFigures;
  /** JavaScript that tier `js` wrote, of all engines of this thread; bytes are characters, entries functions or loops of some that are entered there. */
  readonly sources: CacheFigures;
  /** What is kept between runs; undefined without the option `cache`. */
  readonly disk: DiskFigures | undefined;
}

/** What stacks take, how deep calls are, and how deep they were. */
export interface StackFigures {
  /** Usable bytes of this engine's native stacks. */
  readonly stackBytes: number;
  /** Wasm frames of this engine's calls that have not ended (host functions may ask). */
  readonly depth: number;
  /** Calls from JavaScript that have not ended, one within the other. */
  readonly calls: number;
  /** Native stacks of this thread; undefined where machine code cannot run. */
  readonly native: NativeStackFigures | undefined;
  /** The interpreter's stack of this thread. */
  readonly interpreter: InterpreterStackFigures;
}

/** How a collection with V8 goes. */
export interface GcAsyncOptions {
  /** How often it collects at most; default 8. */
  readonly rounds?: number;
  /** Makes V8 collect. */
  readonly collectJavaScript?: () => void | Promise<void>;
}

/** What a collection with V8 gave. */
export interface GcAsyncReport {
  /** How often it collected. */
  readonly rounds: number;
  /** Milliseconds in all, waiting included. */
  readonly ms: number;
  /** Bytes of objects before. */
  readonly bytesBefore: number;
  /** Bytes of objects after. */
  readonly bytesAfter: number;
  /** Objects that were freed. */
  readonly objectsFreed: number;
  /** Host references that were freed. */
  readonly referencesFreed: number;
  /** The report of the last collection. */
  readonly last: GcReport;
}

/** A value that the host keeps alive for Wasm, until `remove()` or the end of its `using` block. */
export interface Root extends Disposable {
  /** The value. */
  readonly value: unknown;
  /** Ends it; a second time does nothing. */
  remove(): void;
}

/** Throws a LinkError that names all missing imports, if there are several; one alone is named by whoever asked for it. */
function noteMissing(module: Module, imports: Imports): undefined {
  const missing = module.imports.filter((wanted) => imports[wanted.module]?.[wanted.name] === undefined);
  if (missing.length > 1) throw new LinkError(`unknown imports: ${missingText(missing)}`);
}

function isBuffer(source: unknown): boolean {
  return source instanceof ArrayBuffer || source instanceof SharedArrayBuffer;
}
