// The public Engine: compiles modules, makes instances, collects.

import type { EngineOptions, TierChoice } from "../engine/config.ts";
import { assemble, decode, link, start, validate } from "../engine/pipeline.ts";
import type { GcReport } from "../gc/report.ts";
import type { Finalizer } from "../gc/handles.ts";
import type { HeapFigures } from "../gc/heap.ts";
import type { CompileFigures } from "../engine/native_tier.ts";
import { GLOBAL_BYTES } from "../abi/vmctx.ts";
import { nativeUnavailable } from "../platform/permissions.ts";
import type { SharedBytes } from "../platform/shared_memory.ts";
import type { WasmFunc } from "../runtime/func.ts";
import { WasmGlobal } from "../runtime/global.ts";
import type { Extern, WasmInstance } from "../runtime/instance.ts";
import { WasmMemory } from "../runtime/memory.ts";
import { WasmTable } from "../runtime/table.ts";
import { WasmTag } from "../runtime/tag.ts";
import type { TierName } from "../runtime/tier.ts";
import { toRef, writeSlot } from "../runtime/values.ts";
import { LinkError } from "../wasm/errors.ts";
import { PAGE_BYTES } from "../wasm/limits.ts";
import { ExternKind, type Import, type Module as WasmModule } from "../wasm/module.ts";
import {
  EXTERNREF,
  F32,
  F64,
  FUNCREF,
  Heap,
  I32,
  I64,
  type MemoryType,
  refType,
  TYPES,
  type ValType,
} from "../wasm/types.ts";
import { Context, resolveTier } from "./context.ts";
import { Func } from "./func.ts";
import { Global } from "./global.ts";
import { Instance } from "./instance.ts";
import { Memory, type SharedMemory } from "./memory.ts";
import { Module } from "./module.ts";
import { Table } from "./table.ts";
import { Tag } from "./tag.ts";

/** Imports by module and name: functions, and Memory, Table, Global and Tag objects of the same engine; numbers and bigints for immutable globals. */
export type Imports = Record<string, Record<string, unknown>>;

const TYPES_BY_NAME: Record<string, ValType> = {
  i32: I32,
  i64: I64,
  f32: F32,
  f64: F64,
  funcref: FUNCREF,
  externref: EXTERNREF,
  anyref: refType(Heap.ANY, true),
  eqref: refType(Heap.EQ, true),
  i31ref: refType(Heap.I31, true),
  structref: refType(Heap.STRUCT, true),
  arrayref: refType(Heap.ARRAY, true),
};
/** Types of references that tables made here can hold. */
export type ElementType = "funcref" | "externref" | "anyref" | "eqref" | "i31ref" | "structref" | "arrayref";

/** What `engine.memory()` takes. Sizes in pages. */
export interface MemoryOptions {
  readonly minimum: number;
  /** Default: none. */
  readonly maximum?: number;
  /** Whether Workers can share it; default no. */
  readonly shared?: boolean;
  /** Bytes of a page: 65536, or 1; default 65536. */
  readonly pageSize?: 1 | 65536;
  /** The type of its addresses; default `i32`. */
  readonly address?: "i32" | "i64";
}

/** What `engine.table()` takes. Sizes in entries. */
export interface TableOptions {
  /** A type of references, such as `funcref`. */
  readonly element: ElementType;
  readonly minimum: number;
  /** Default: none. */
  readonly maximum?: number;
  /** The type of its indices; default `i32`. */
  readonly address?: "i32" | "i64";
}

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

  /** Decodes and validates a module, given as bytes or in the text format. Bytes are copied. Throws CompileError, TextError. */
  compile(source: Uint8Array | ArrayBuffer | string): Module {
    const bytes = typeof source === "string" ? assemble(source) : new Uint8Array(source).slice();
    return new Module(validate(decode(bytes, this.#context.config.features)));
  }

  /**
   * Makes an instance and runs its start function. Throws LinkError when an import is missing or does not fit,
   * Trap when a segment does not fit or the start function traps.
   */
  instantiate(module: Module, imports: Imports = {}): Instance {
    const { store, caller, config } = this.#context;
    let instance: WasmInstance | undefined;
    try {
      instance = link(store, module.inner, (i, m) => this.#resolve(i, m, imports));
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
    return new Instance(this.#context, module, instance);
  }

  /** Compiles and instantiates in one step. */
  load(source: Uint8Array | ArrayBuffer | string, imports: Imports = {}): Instance {
    return this.instantiate(this.compile(source), imports);
  }

  #resolve(i: Import, m: WasmModule, imports: Imports): Extern | undefined {
    const value = imports[i.module]?.[i.name];
    if (value instanceof Memory || value instanceof Table || value instanceof Global) return value.inner;
    if (value instanceof Tag) return value.inner;
    if (value instanceof Func) return value.inner;
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
    const inner = new WasmMemory(store.arena, type, shared);
    store.addHostExtern(inner);
    return Memory.of(inner);
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
    return Table.of(this.#context, inner);
  }

  /** A global of its own, to be imported; `type` as in the text format. Without a value: zero or null. */
  global(options: { type: string; mutable?: boolean }, value?: unknown): Global {
    const type = valueType(options.type);
    const initial = value ?? (type === I64 ? 0n : type <= F64 ? 0 : null);
    return Global.of(this.#context, this.#makeGlobal(type, options.mutable ?? false, initial));
  }

  /** A tag of its own, to be imported; `parameters` are types as in the text format. */
  tag(options: { readonly parameters: readonly string[] }): Tag {
    return Tag.of(this.#context, new WasmTag(TYPES.funcType(options.parameters.map(valueType), [])));
  }
  /** The tag of what JavaScript throws, to be imported by Wasm that catches it: its payload is the value, an externref. */
  get jsTag(): Tag {
    return Tag.of(this.#context, this.#context.store.exceptions.jsTag);
  }

  /** The Func behind an exported JavaScript function; undefined if it is none of this engine. */
  funcOf(exported: unknown): Func | undefined {
    const inner = this.#context.store.funcOf(exported);
    return inner === undefined ? undefined : Func.of(this.#context, inner);
  }

  /** Collects: objects and host references that Wasm cannot reach any more, and disposed instances. Gives a report. */
  gc(): GcReport {
    return this.#context.collect();
  }

  /** What collections did so far, those too that allocations asked for. */
  get gcFigures(): Readonly<HeapFigures> {
    return this.#context.store.heapInUse?.figures ?? { collections: 0, ms: 0, longestMs: 0, allocatedBytes: 0 };
  }

  /** Keeps a value alive for Wasm until the root is removed (or disposed of). */
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

  /** The tier that a choice means here. Throws Error, with the reason, where it cannot run. */
  static resolveTier(choice: TierChoice): TierName {
    return resolveTier(choice);
  }
}

/** A value that the host keeps alive for Wasm. */
export interface Root extends Disposable {
  /** The value. */
  readonly value: unknown;
  /** Ends it; a second time does nothing. */
  remove(): void;
}

function valueType(name: string): ValType {
  const t = TYPES_BY_NAME[name];
  if (t === undefined) {
    throw new TypeError(`there is no value type ${name}; known are ${Object.keys(TYPES_BY_NAME).join(", ")}`);
  }
  return t;
}

/** Whether addresses have 64 bits. */
function checkAddress(type = "i32"): boolean {
  if (type !== "i32" && type !== "i64") throw new TypeError(`addresses are i32 or i64, not ${type}`);
  return type === "i64";
}

/** log2 of a page size that a memory can have. */
function checkPageSize(bytes: number): number {
  if (bytes !== 1 && bytes !== PAGE_BYTES) throw new RangeError(`pages are of 1 or ${PAGE_BYTES} bytes, not ${bytes}`);
  return Math.log2(bytes);
}

function checkLimits(l: { minimum: number; maximum?: number }, limit: number) {
  const valid = (n: number) => Number.isInteger(n) && n >= 0 && n <= limit;
  if (!valid(l.minimum) || (l.maximum !== undefined && (!valid(l.maximum) || l.maximum < l.minimum))) {
    throw new RangeError(`limits ${l.minimum}, ${l.maximum} are not within 0 to ${limit}, minimum first`);
  }
  return { minimum: BigInt(l.minimum), maximum: l.maximum === undefined ? undefined : BigInt(l.maximum) };
}
