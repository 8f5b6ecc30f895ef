// The public Engine: compiles modules, makes instances, collects.

import type { EngineOptions, TierChoice } from "../engine/config.ts";
import { assemble, decode, link, start, validate } from "../engine/pipeline.ts";
import type { GcReport } from "../gc/report.ts";
import type { Finalizer } from "../gc/handles.ts";
import type { HeapFigures } from "../gc/heap.ts";
import type { CompileFigures } from "../engine/native_tier.ts";
import { GLOBAL_BYTES } from "../abi/vmctx.ts";
import { nativeUnavailable } from "../platform/permissions.ts";
import { type InterpreterStackFigures, interpreterStackFigures } from "../interp/thread.ts";
import type { NativeStackFigures } from "../platform/stacks.ts";
import { type PoolFigures, poolFigures } from "../platform/reservations.ts";
import type { SharedBytes } from "../platform/shared_memory.ts";
import type { WasmFunc } from "../runtime/func.ts";
import { WasmGlobal } from "../runtime/global.ts";
import type { Extern, WasmInstance } from "../runtime/instance.ts";
import { WasmMemory } from "../runtime/memory.ts";
import type { MemoryFigures } from "../runtime/memory_manager.ts";
import { WasmTable } from "../runtime/table.ts";
import { WasmTag } from "../runtime/tag.ts";
import type { TierName } from "../runtime/tier.ts";
import { toRef, writeSlot } from "../runtime/values.ts";
import { LinkError, Trap } from "../wasm/errors.ts";
import { PAGE_BYTES } from "../wasm/limits.ts";
import { ExternKind, type Import, type Module as WasmModule } from "../wasm/module.ts";
import { TrapCode } from "../wasm/traps.ts";
import { EXTERNREF, F64, I64, type MemoryType, TYPES, type ValType } from "../wasm/types.ts";
import { Context, resolveTier } from "./context.ts";
import { Func, innerFunc, publicFunc } from "./func.ts";
import { Global, innerGlobal, publicGlobal } from "./global.ts";
import { type Instance, publicInstance } from "./instance.ts";
import { innerMemory, Memory, publicMemory, type SharedMemory } from "./memory.ts";
import { innerModule, type Module, publicModule } from "./module.ts";
import {
  checkAddress,
  checkLimits,
  checkPageSize,
  type MemoryOptions,
  type TableOptions,
  valueType,
} from "./options.ts";
import { innerTable, publicTable, Table } from "./table.ts";
import { innerTag, publicTag, Tag } from "./tag.ts";

/** Imports by module and name: functions, and Memory, Table, Global and Tag objects of the same engine; numbers and bigints for immutable globals. */
export type Imports = Record<string, Record<string, unknown>>;

/** A store with the tiers that run its code. Objects of different engines do not mix. */
export class Engine {
  readonly #context: Context;

  /** Takes options, all of which have defaults. Throws Error, with the reason, for a tier that cannot run here. */
  constructor(options: EngineOptions = {}) {
    this.#context = new Context(options);
  }

  /** The tier that functions start in. */
  get tier(): TierName {
    return this.#context.config.tier;
  }
  /** Why machine code cannot run here; undefined when it can. */
  static get nativeUnavailable(): string | undefined {
    return nativeUnavailable();
  }
  /** What the compiler of tier `jit` did so far. */
  get compileFigures(): Readonly<CompileFigures> {
    return this.#context.jit?.figures ?? { functions: 0, ms: 0, wasmBytes: 0, codeBytes: 0 };
  }

  /**
   * Decodes and validates a module (specification 5 and 3), given as bytes or in the text format (6). Bytes are copied. Throws CompileError with a byte offset,
   * TextError with line and column; a feature that is off is named.
   */
  compile(source: Uint8Array | ArrayBuffer | string): Module {
    const bytes = typeof source === "string" ? assemble(source) : new Uint8Array(source).slice();
    return this.#compile(bytes);
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
    return this.#compile(memory.read(start, end - start));
  }

  #compile(bytes: Uint8Array): Module {
    return publicModule(validate(decode(bytes, this.#context.config.features)));
  }

  /**
   * Makes an instance and runs its start function (specification 4.7.2). Throws LinkError when an import is missing or does not fit,
   * Trap when a segment does not fit or the start function traps, Exception when it throws, ResourceError when there is no room.
   */
  instantiate(module: Module, imports: Imports = {}): Instance {
    const { store, caller, config } = this.#context;
    let instance: WasmInstance | undefined;
    try {
      instance = link(store, innerModule(module), (i, m) => this.#resolve(i, m, imports));
      for (const f of instance.funcs) {
        if (f.instance === instance && config.tier !== "interp") store.setTier(f, config.tier);
      }
      start(instance, (f) => caller.call(f, []));
    } catch (error) {
      // Tables of others may hold its functions already, so it stays until a collection finds that none does.
      if (instance !== undefined) instance.disposed = true;
      this.#context.disposed();
      throw error;
    }
    return publicInstance(instance, module, this.#context);
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
    if (typeof value === "function") {
      if (i.kind !== ExternKind.FUNC) {
        throw new LinkError("incompatible import type (found a function)", i.module, i.name);
      }
      return this.#wrap(
        value as (...args: unknown[]) => unknown,
        m.canonical[m.funcs[i.index].typeIndex],
        `${i.module}.${i.name}`,
      );
    }
    if (i.kind === ExternKind.GLOBAL && (typeof value === "number" || typeof value === "bigint")) {
      const { type, mutable } = m.globals[i.index].type;
      const fits = (type === I64) === (typeof value === "bigint") && type <= F64;
      if (mutable || !fits) throw new LinkError(`incompatible import type (found a ${typeof value})`, i.module, i.name);
      return this.#makeGlobal(type, false, value);
    }
    if (value === undefined) return undefined;
    throw new LinkError(`incompatible import type (found ${value === null ? "null" : typeof value})`, i.module, i.name);
  }

  #wrap(value: (...args: unknown[]) => unknown, typeId: number, name: string): WasmFunc {
    const { store } = this.#context;
    return store.funcOf(value) ?? store.addHostFunc(typeId, value, name);
  }

  #makeGlobal(type: ValType, mutable: boolean, value: unknown): WasmGlobal {
    const { store } = this.#context;
    const slot = new Int32Array(2);
    writeSlot(store, slot, 0, type, value);
    const global = new WasmGlobal(store.arena, { type, mutable }, store.arena.allocate(GLOBAL_BYTES), undefined);
    global.setWords(slot);
    store.addHostExtern(global);
    return global;
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
    return this.#makeMemory({ min, max, is64, shared, pageSizeLog2 });
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
    return this.#makeMemory(type, lock === undefined ? { buffer } : { buffer, lock });
  }

  #makeMemory(type: MemoryType, shared?: SharedBytes): Memory {
    const { store } = this.#context;
    const inner = new WasmMemory(store.arena, type, shared, store.memories);
    store.addHostExtern(inner);
    return publicMemory(inner);
  }

  /** A table of its own, to be imported. Throws RangeError for sizes that make no sense, TypeError when `init` does not fit. */
  table(options: TableOptions, init: unknown = null): Table {
    const is64 = checkAddress(options.address);
    const { minimum: min, maximum: max } = checkLimits(options, is64 ? Number.MAX_SAFE_INTEGER : 2 ** 32 - 1);
    const { store } = this.#context;
    const element = valueType(options.element);
    const inner = new WasmTable(
      store.arena,
      { min, max, is64, shared: false, element },
      toRef(store, element, init),
    );
    store.addHostExtern(inner);
    return publicTable(inner, this.#context);
  }

  /** A global of its own, to be imported; `type` as in the text format. Without a value: zero or null. Throws TypeError for a type that is none, or a value that does not fit. */
  global(options: { type: string; mutable?: boolean }, value?: unknown): Global {
    const type = valueType(options.type);
    const initial = value ?? (type === I64 ? 0n : type <= F64 ? 0 : null);
    return publicGlobal(this.#makeGlobal(type, options.mutable ?? false, initial), this.#context);
  }

  /** A tag of its own, to be imported; `parameters` are types as in the text format. Throws TypeError for a type that is none. */
  tag(options: { readonly parameters: readonly string[] }): Tag {
    return publicTag(new WasmTag(TYPES.funcType(options.parameters.map(valueType), [])), this.#context);
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

  /** What collections did so far, those too that allocations asked for. */
  get gcFigures(): Readonly<HeapFigures> {
    return this.#context.store.heapInUse?.figures ?? { collections: 0, ms: 0, longestMs: 0, allocatedBytes: 0 };
  }

  /** What the memories of this engine take together and did so far. */
  get memoryFigures(): Readonly<MemoryFigures> {
    return { ...this.#context.store.memories.figures };
  }
  /** What the pool of this thread did so far, from which all engines take address space for memories with 32-bit addresses. */
  static get memoryPool(): PoolFigures {
    return poolFigures();
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
    const ref = toRef(store, EXTERNREF, value);
    const { hostRoots } = store;
    hostRoots.set(ref, (hostRoots.get(ref) ?? 0) + 1);
    let live = true;
    const remove = () => {
      if (!live) return;
      live = false;
      const n = hostRoots.get(ref)! - 1;
      if (n === 0) hostRoots.delete(ref);
      else hostRoots.set(ref, n);
    };
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

  /** Makes running code of all engines trap as interrupted at its next loop header or call; until somebody sets it back to 0. */
  get interruptWord(): Int32Array<SharedArrayBuffer> {
    return this.#context.store.interrupt;
  }

  /** The tier that a choice means here. Throws TypeError for a name that is none, Error, with the reason, where it cannot run. */
  static resolveTier(choice: TierChoice): TierName {
    return resolveTier(choice);
  }
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

/** A value that the host keeps alive for Wasm, until `remove()` or the end of its `using` block. */
export interface Root extends Disposable {
  /** The value. */
  readonly value: unknown;
  /** Ends it; a second time does nothing. */
  remove(): void;
}
