// One namespace from inside: its engine, its error classes, the hidden state of its objects, and which JavaScript object stands for what in the store.
// Objects are found again as long as anything of their instance lives in JavaScript; when nothing does, the instance is left to the collector.

import { Context } from "../engine/context.ts";
import type { EngineOptions } from "../engine/config.ts";
import { WasmException } from "../runtime/exception.ts";
import { type HostFunction, WasmFunc } from "../runtime/func.ts";
import type { WasmGlobal } from "../runtime/global.ts";
import type { Extern, WasmInstance } from "../runtime/instance.ts";
import { WasmMemory } from "../runtime/memory.ts";
import { WasmTable } from "../runtime/table.ts";
import { WasmTag } from "../runtime/tag.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import { Trap } from "../wasm/errors.ts";
import { type Callee, type ErrorClasses, errorFor, makeErrors } from "./errors.ts";
import { type InternalSlot, internalSlot } from "./webidl.ts";

/** What a Module object holds. */
export interface ModuleState {
  readonly valid: ValidModule;
  /** Names of the builtin sets that it was compiled with. */
  readonly builtins: ReadonlySet<string>;
  /** The module name that its string constants are imported from. */
  readonly stringModule: string | undefined;
}
/** What an Instance object holds. */
export interface InstanceState {
  readonly exports: object;
  readonly keeper: Keeper;
}
/** What a Memory object holds. */
export interface MemoryState {
  readonly inner: WasmMemory;
  /** The buffer that JavaScript was given last. */
  shown: ArrayBufferLike | undefined;
  /** Whether JavaScript asked for buffers that can be resized. */
  resizable: boolean;
}
/** What an Exception object holds. */
export interface ExceptionState {
  readonly inner: WasmException;
  /** The stack trace; undefined unless asked for. */
  stack: string | undefined;
}

/** The objects that stand for what an instance has, for as long as one of them lives. */
export class Keeper {
  /** By what they stand for. */
  readonly objects: Map<Extern, object> = new Map();
}

/** Prototypes of the interfaces, set by their files. */
export interface Prototypes {
  Memory: object;
  Table: object;
  Global: object;
  Tag: object;
  Exception: object;
}

/** The inner side of a namespace. */
export class Realm {
  readonly errors: ErrorClasses = makeErrors();
  readonly prototypes: Prototypes = { Memory: {}, Table: {}, Global: {}, Tag: {}, Exception: {} };
  readonly modules: InternalSlot<ModuleState> = internalSlot("Module");
  readonly instances: InternalSlot<InstanceState> = internalSlot("Instance");
  readonly memories: InternalSlot<MemoryState> = internalSlot("Memory");
  readonly tables: InternalSlot<WasmTable> = internalSlot("Table");
  readonly globals: InternalSlot<WasmGlobal> = internalSlot("Global");
  readonly tags: InternalSlot<WasmTag> = internalSlot("Tag");
  readonly exceptions: InternalSlot<ExceptionState> = internalSlot("Exception");
  readonly suspending: InternalSlot<HostFunction> = internalSlot("Suspending");
  #context: Context | undefined;
  /** What an object of JavaScript keeps alive by its own being alive. */
  readonly #kept = new WeakMap<object, Keeper>();
  readonly #keepers = new WeakMap<WasmInstance, WeakRef<Keeper>>();
  /** The instances that own what does not say so itself. */
  readonly #owners = new WeakMap<Extern, WasmInstance>();
  /** Objects that stand for what no instance owns. */
  readonly #free = new WeakMap<Extern, WeakRef<object>>();
  /** Indices of host functions among the functions imported. */
  readonly #hostIndices = new WeakMap<WasmFunc, number>();
  /** Errors that stand for traps: Wasm does not catch them. */
  readonly #traps = new WeakSet<object>();
  readonly #abandoned = new FinalizationRegistry<WasmInstance>((instance) => {
    if (this.#keepers.get(instance)?.deref() !== undefined) return;
    instance.disposed = true;
    this.context.disposed();
  });

  /** Takes the options of the engine, which is made when something first needs it. */
  constructor(readonly options: EngineOptions) {}

  /** The engine's inner side. */
  get context(): Context {
    return this.#context ??= this.#makeContext();
  }

  #makeContext(): Context {
    const context = new Context({ ...this.options, features: { threads: true, ...this.options.features } });
    const { store } = context;
    store.exporter = (func) => this.#functionFor(func);
    store.exceptions.makeOutside = (inner) => this.exceptionFor(inner);
    store.exceptions.insideOf = (value) => this.exceptions.find(value)?.inner;
    store.exceptions.outsideError = (error) => errorFor(error, this.errors, "WebAssembly");
    store.exceptions.isTrap = (value) => typeof value === "object" && value !== null && this.#traps.has(value);
    return context;
  }

  // Errors

  /** What is thrown to JavaScript for an error of the runtime. See errorFor(). */
  outward(error: unknown, what: string, below: Callee, bytes?: Uint8Array): unknown {
    const outside = errorFor(error, this.errors, what, below, bytes);
    return error instanceof Trap ? this.asTrap(outside as object) : outside;
  }
  /** Makes Wasm not catch an error, and gives it. */
  asTrap<T extends object>(error: T): T {
    this.#traps.add(error);
    return error;
  }

  // Objects that stand for what is in the store

  /** The keeper of an instance, which stays in use while it lives. */
  keeperOf(instance: WasmInstance): Keeper {
    let keeper = this.#keepers.get(instance)?.deref();
    if (keeper === undefined) {
      keeper = new Keeper();
      this.#keepers.set(instance, new WeakRef(keeper));
      this.#abandoned.register(keeper, instance);
      instance.disposed = false;
    }
    return keeper;
  }
  /** Makes an object keep alive what another one does. */
  keepAlive(object: object, like: object): void {
    const keeper = this.#kept.get(like);
    if (keeper !== undefined) this.#kept.set(object, keeper);
  }
  /** Takes note of what an instance owns: all that was made with it and for it. */
  own(instance: WasmInstance): void {
    const { module: m, memories, tables, tags, funcs } = instance;
    for (const x of memories.slice(m.importedMemories)) this.#owners.set(x, instance);
    for (const x of tables.slice(m.importedTables)) this.#owners.set(x, instance);
    for (const x of tags.slice(m.importedTags)) this.#owners.set(x, instance);
    for (let i = 0; i < m.importedFuncs; i++) {
      const f = funcs[i];
      if (f.instance !== undefined || this.#owners.has(f)) continue;
      this.#owners.set(f, instance);
      this.#hostIndices.set(f, i);
    }
  }

  #find(x: Extern, make: () => object): object {
    const instance = x instanceof WasmFunc
      ? x.instance
      : x instanceof WasmMemory || x instanceof WasmTable || x instanceof WasmTag
      ? undefined
      : x.owner;
    const owner = instance ?? this.#owners.get(x);
    if (owner === undefined) {
      let object = this.#free.get(x)?.deref();
      if (object === undefined) this.register(x, object = make());
      return object;
    }
    const keeper = this.keeperOf(owner);
    let object = keeper.objects.get(x);
    if (object === undefined) {
      keeper.objects.set(x, object = make());
      this.#kept.set(object, keeper);
    }
    return object;
  }
  /** Takes note of the object that stands for what JavaScript made. */
  register(x: Extern, object: object): void {
    this.#free.set(x, new WeakRef(object));
  }

  /** The object that stands for something exported; always the same. */
  objectFor(x: Extern): object {
    if (x instanceof WasmFunc) return this.#functionFor(x);
    return this.#find(x, () => {
      if (x instanceof WasmMemory) {
        return this.#make("Memory", this.memories, { inner: x, shown: undefined, resizable: false });
      }
      if (x instanceof WasmTable) return this.#make("Table", this.tables, x);
      if (x instanceof WasmTag) return this.#make("Tag", this.tags, x);
      return this.#make("Global", this.globals, x);
    });
  }
  #make<T>(kind: keyof Prototypes, slot: InternalSlot<T>, state: T): object {
    const object = Object.create(this.prototypes[kind]);
    slot.set(object, state);
    return object;
  }

  /** The Exception that stands for an exception that leaves Wasm. */
  exceptionFor(inner: WasmException): object {
    return this.#make("Exception", this.exceptions, { inner, stack: undefined });
  }

  #functionFor(func: WasmFunc): object {
    return this.#find(func, () => {
      const { context } = this;
      const { caller } = context;
      const exported = (...args: unknown[]) => {
        try {
          return caller.call(func, args);
        } catch (error) {
          throw this.outward(error, "WebAssembly", exported, func.instance?.module.bytes);
        }
      };
      const index = func.index >= 0 ? func.index : this.#hostIndices.get(func) ?? 0;
      Object.defineProperty(exported, "name", { value: String(index) });
      Object.defineProperty(exported, "length", { value: func.type.params.length });
      context.standsFor(exported, func);
      return exported;
    });
  }
}
