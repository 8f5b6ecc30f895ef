// The store (specification 4.2): everything that instances share. Holds functions with their records, the arena, host references, and the tiers that run code.

import { BugError } from "../base/bug.ts";
import { ensureStack } from "../base/js_stack.ts";
import { RECORD, RECORD_BYTES } from "../abi/vmctx.ts";
import { HostHandles } from "../gc/handles.ts";
import { DEFAULT_HEAP_OPTIONS, GcHeap, type HeapOptions, type Pause } from "../gc/heap.ts";
import { INTERRUPT, InterruptBit } from "../platform/interrupt.ts";
import { NativeRegion } from "../platform/native_memory.ts";
import { canRunNative } from "../platform/permissions.ts";
import { ResourceError } from "../wasm/errors.ts";
import { LIMITS } from "../wasm/limits.ts";
import type { TrapCode } from "../wasm/traps.ts";
import type { Activation } from "./activation.ts";
import type { StoreDebugger } from "./debugging.ts";
import { Activations } from "./activations.ts";
import { Arena, type Blocks } from "./arena.ts";
import { Exceptions } from "./exception.ts";
import { collectUnasked } from "./collect.ts";
import { BoundObjects } from "./bind.ts";
import { GcObjects } from "./gc_objects.ts";
import { type HostFunction, Mode, signatureOf, WasmFunc } from "./func.ts";
import { WasmTag } from "./tag.ts";
import type { Extern, WasmInstance } from "./instance.ts";
import type { WasmGlobal } from "./global.ts";
import type { JsTier } from "./js_tier.ts";
import type { WasmMemory } from "./memory.ts";
import type { Meter } from "./meter.ts";
import { type MemoryLimits, MemoryManager, NO_MEMORY_LIMITS } from "./memory_manager.ts";
import type { WasmTable } from "./table.ts";
import {
  type HotSpot,
  type InterpTier,
  isNative,
  type NativeTier,
  type Stop,
  type TierName,
  type TierPolicy,
} from "./tier.ts";

/** Function records that address space is reserved for. */
const MAX_FUNCTIONS = 1 << 24;
/** Type id of records that are free: no function has it, so that a reference left behind fails the check of every indirect call. */
const NO_TYPE = -1;
/** A zeroed vmctx for host functions, so that a record's vmctx is never null. */
const HOST_VMCTX_BYTES = 64;

/** Why a function is interpreted that is to run as JavaScript. */
export const PROTECTED = "a memory has protected or watched places";

/** Calls that may be parked at once. Each may have a native stack, of which an isolate has no more than platform/stacks.ts says. */
export const DEFAULT_MAX_PARKED = 5000;

/** What the host may make by itself. */
export type HostExtern = WasmTable | WasmMemory | WasmGlobal;

function notCalled(): never {
  throw new BugError("a bound function was called as if it were the host's");
}

interface ForgottenExtern {
  readonly reference: WeakRef<HostExtern>;
  readonly blocks: Blocks;
}

/** How much a store may hold. */
export interface StoreLimits {
  readonly instances: number;
  readonly tableEntries: number;
}

/** What instances of one engine share. */
export class Store {
  readonly arena: Arena = new Arena();
  readonly handles: HostHandles = new HostHandles();
  /** Heap objects that JavaScript has. */
  readonly objects: GcObjects = new GcObjects(this.handles);
  /** What stands in JavaScript for bound functions. */
  readonly boundObjects: BoundObjects = new BoundObjects();
  #heap: GcHeap | undefined;
  #paused = 0;
  /** By funcref; 0 is null. */
  readonly #funcs: (WasmFunc | undefined)[] = [undefined];
  /** Free ranges of funcrefs, by their length: functions of an instance are neighbours. */
  readonly #freeRanges = new Map<number, number[]>();
  #live = 0;
  readonly #records: NativeRegion | undefined;
  #words = new Int32Array(0);
  readonly #hostVmctx: number;
  /** By id. Holds disposed ones until the collection that frees them. */
  readonly instances: Set<WasmInstance> = new Set();
  readonly #byVmctx = new Map<number, WasmInstance>();
  readonly activations: Activations;
  /** Tables, memories and globals that the host made. They live as long as the host or an instance holds them. */
  readonly hostExterns: Set<WeakRef<HostExtern>> = new Set();
  readonly #forgotten = new FinalizationRegistry<ForgottenExtern>(({ reference, blocks }) => {
    this.hostExterns.delete(reference);
    for (const { at, bytes } of blocks) this.arena.free(at, bytes);
  });
  /** Imports of instances that are being made. */
  readonly linking: Set<readonly Extern[]> = new Set();
  /** References that the host keeps alive, with how often each was added. */
  readonly hostRoots: Map<number, number> = new Map();
  /** `[0]` holds an {@link InterruptBit} while running code is to leave at its next safepoint. Shared, so that a Worker can set it. */
  readonly interrupt: Int32Array<SharedArrayBuffer> = INTERRUPT;
  /** Called at a safepoint for an {@link InterruptBit} ATTENTION, which is cleared by then, of whomever in this isolate it was. What it throws ends the activation. */
  atSafepoint: ((activation: Activation) => void) | undefined = undefined;
  /** The most instances at a time, and entries of a table; set by the engine. */
  limits: StoreLimits = { instances: Infinity, tableEntries: LIMITS.tableEntries };
  readonly exceptions: Exceptions = new Exceptions(this);
  /** Decides about tiers while code runs; undefined where they stay as they are set, and nothing is counted. Set by the engine before anything is instantiated. */
  policy: TierPolicy | undefined = undefined;
  /** Told of each frame that changed the tier, and where it goes on; `spot` is what was counted of one that entered a loop. */
  frameMoved: (func: WasmFunc, to: TierName, offset: number, spot?: HotSpot, from?: TierName) => void = () => {};
  /** Told of each instruction where a stop is set, before it runs. What it throws ends the activation, and no handler of Wasm catches it. */
  stopped: ((stop: Stop) => void) | undefined = undefined;
  /** Told whether accesses to the memories of an instance are checked from now on. */
  checksChanged: (instance: WasmInstance, check: boolean) => void = () => {};
  /** Told of each collection, while Wasm may be running: it must not call it. */
  collected: ((pause: Pause) => void) | undefined = undefined;
  /** Told of the traps of Wasm's own, before the frames go, by those who count: the function on top, and the byte offset of the instruction there. */
  trapped: ((code: TrapCode, func: WasmFunc, offset: number) => void) | undefined = undefined;
  /** How often a function was moved away from machine code: frames that it had before are to be taken back. */
  demotions = 0;
  /** Told of what runs in the interpreter, while somebody debugs. */
  debug: StoreDebugger | undefined = undefined;
  /** Runs interpreted functions; set by the engine. */
  interp!: InterpTier;
  /** Makes machine code; undefined where it cannot run. */
  native: NativeTier | undefined = undefined;
  /** Makes functions of JavaScript; undefined where code cannot be made of text. */
  js: JsTier | undefined = undefined;
  /** Gives the JavaScript function that stands for a function, always the same; set by the library above. */
  exporter: (func: WasmFunc) => unknown = () => {
    throw new BugError("nobody exports functions");
  };
  /** The function that a JavaScript value stands for. */
  funcOf: (value: unknown) => WasmFunc | undefined = () => undefined;

  /** Usable bytes of the native stacks that calls run on; undefined for what the pool gives without being asked. */
  stackBytes: number | undefined = undefined;
  /** The linear memories together. */
  readonly memories: MemoryManager;

  /**
   * Takes how deep host functions may call back in, how the heap grows, how many calls may be parked at once, the fuel there is, if it is counted,
   * and how much linear memories may take.
   */
  constructor(
    maxNesting: number,
    readonly heapOptions: HeapOptions = DEFAULT_HEAP_OPTIONS,
    maxParked: number = DEFAULT_MAX_PARKED,
    readonly meter: Meter | undefined = undefined,
    memoryLimits: MemoryLimits = NO_MEMORY_LIMITS,
  ) {
    this.memories = new MemoryManager(memoryLimits);
    this.memories.frame = () => this.activations.running.at(-1)?.frames()[0];
    this.memories.onProtection = (memory) => {
      for (const instance of this.instances) if (instance.memories.includes(memory)) this.checkAccesses(instance);
    };
    this.activations = new Activations(this, maxNesting, maxParked);
    this.#hostVmctx = this.arena.allocate(HOST_VMCTX_BYTES);
    if (canRunNative()) this.#records = new NativeRegion(MAX_FUNCTIONS * RECORD_BYTES, 1 << 16);
    this.#refresh();
  }

  #refresh(): void {
    if (this.#records !== undefined) this.#words = new Int32Array(this.#records.buffer);
  }

  /** The heap of structures and arrays. */
  get heap(): GcHeap {
    return this.#heap ??= new GcHeap(this.heapOptions, () => {
      if (this.#paused > 0) return false;
      collectUnasked(this);
      return true;
    });
  }
  /** The same, if anything asked for it before. */
  get heapInUse(): GcHeap | undefined {
    return this.#heap;
  }

  /** Makes a reference a root; gives what ends that, once. */
  addHostRoot(ref: number): () => void {
    const { hostRoots } = this;
    hostRoots.set(ref, (hostRoots.get(ref) ?? 0) + 1);
    let live = true;
    return () => {
      if (!live) return;
      live = false;
      const n = hostRoots.get(ref)! - 1;
      if (n === 0) hostRoots.delete(ref);
      else hostRoots.set(ref, n);
    };
  }

  /** Collects, unless somebody holds references where no roots are looked for. */
  collectUnlessPaused(): void {
    if (this.#paused === 0) collectUnasked(this);
  }

  /** Keeps allocations from collecting until what it gives is called, once. */
  pauseCollections(): () => void {
    this.#paused++;
    let paused = true;
    return () => {
      if (paused) this.#paused--;
      paused = false;
    };
  }

  /** Runs `f`, during which allocations do not collect: for those who hold references where no roots are looked for. */
  withoutCollection<T>(f: () => T): T {
    this.#paused++;
    try {
      return f();
    } finally {
      this.#paused--;
    }
  }

  /** Has accesses to the memories of an instance checked, if anything in them is forbidden or watched. */
  checkAccesses(instance: WasmInstance): void {
    instance.writeChecks();
    const check = instance.memories.some((m) => m.isChecked);
    this.interp.checkAccesses(instance, check);
    this.checksChanged(instance, check);
  }

  /** Address of function record 0; 0 where native code cannot run. */
  get recordsAddress(): number {
    return this.#records?.address ?? 0;
  }
  /** Functions that exist. */
  get functionCount(): number {
    return this.#live;
  }

  /** Makes sure that one more instance may be made; collects those that were disposed of first. Throws ResourceError when the limit is reached. */
  checkInstances(): void {
    const { instances: limit } = this.limits;
    if (this.instances.size < limit) return;
    if (this.#paused === 0) collectUnasked(this);
    if (this.instances.size < limit) return;
    throw new ResourceError(
      `there are ${this.instances.size} instances; the engine's limit is ${limit} (maxInstances)`,
    );
  }

  /** Adds an instance whose vmctx has its address. */
  addInstance(instance: WasmInstance): void {
    this.instances.add(instance);
    this.#byVmctx.set(instance.vmctxAddress, instance);
  }
  /** Takes note of what the host made by itself. */
  addHostExtern(x: HostExtern): void {
    const reference = new WeakRef(x);
    this.hostExterns.add(reference);
    this.#forgotten.register(x, { reference, blocks: x.blocks });
  }
  /** Whether something is of this store and still in use. */
  holds(x: Extern): boolean {
    if (x instanceof WasmFunc) return this.#funcs[x.ref] === x;
    return x instanceof WasmTag || (x.arena === this.arena && !x.disposed);
  }

  /** Whether an instance is a root of collections. */
  isInUse(instance: WasmInstance): boolean {
    return !instance.disposed && !instance.forgotten;
  }

  /** Forgets an instance and frees its vmctx. */
  removeInstance(instance: WasmInstance): void {
    instance.freed = true;
    this.instances.delete(instance);
    this.#byVmctx.delete(instance.vmctxAddress);
    this.arena.free(instance.vmctx, instance.layout.size);
  }
  /** The instance whose vmctx is at `address`. */
  instanceAt(address: number): WasmInstance | undefined {
    return this.#byVmctx.get(address);
  }

  /** The function of a funcref, which must not be null. */
  func(ref: number): WasmFunc {
    const f = this.#funcs[ref];
    if (f === undefined) throw new BugError(`funcref ${ref} does not exist`);
    return f;
  }

  /** Whether the bits are a live funcref; any bits may be asked for. */
  isFunc(ref: number): boolean {
    return this.#funcs[ref] !== undefined;
  }

  /** All functions. */
  *functions(): Iterable<WasmFunc> {
    for (const f of this.#funcs) if (f !== undefined) yield f;
  }

  /** Makes the functions of an instance; their records follow one another, as machine code expects. */
  addInstanceFuncs(instance: WasmInstance, count: number): WasmFunc[] {
    const first = this.#allocate(count);
    const { module } = instance;
    const made: WasmFunc[] = [];
    try {
      for (let i = 0; i < count; i++) {
        const index = module.importedFuncs + i;
        const typeId = module.canonical[module.funcs[index].typeIndex];
        const func = new WasmFunc(first + i, signatureOf(typeId), instance, index, undefined);
        this.#funcs[func.ref] = func;
        this.#writeRecord(func, instance.vmctxAddress);
        made.push(func);
      }
    } catch (error) {
      this.freeFuncs(first, count);
      throw error;
    }
    return made;
  }

  /** Makes a host function of canonical type `typeId`; a `suspending` one parks the calls that it is called by until its promise is settled. */
  addHostFunc(typeId: number, host: HostFunction, name: string, suspending = false): WasmFunc {
    const ref = this.#allocate(1);
    const func = new WasmFunc(ref, signatureOf(typeId), undefined, -1, host, name, suspending);
    this.#funcs[ref] = func;
    try {
      this.#writeRecord(func, this.arena.base + this.#hostVmctx);
    } catch (error) {
      this.freeFuncs(ref, 1);
      throw error;
    }
    return func;
  }

  /** Makes a function that calls `target` with the slots in `words` first; `typeId` is the type of the rest. */
  addBoundFunc(typeId: number, target: WasmFunc, words: Int32Array): WasmFunc {
    const func = this.addHostFunc(typeId, target.host ?? notCalled, `bound ${target.name}`, target.suspending);
    func.bound = { target, words };
    if (target.mode !== Mode.HOST) func.mode = Mode.BOUND;
    return func;
  }

  /** A range of `count` funcrefs. */
  #allocate(count: number): number {
    let first = this.#freeRanges.get(count)?.pop();
    if (first === undefined) {
      first = this.#funcs.length;
      this.#reserve(first + count);
      this.#funcs.length = first + count;
    }
    this.#live += count;
    return first;
  }

  #reserve(count: number): void {
    if (count > MAX_FUNCTIONS) throw new ResourceError(`more than ${MAX_FUNCTIONS} functions`);
    if (this.#records === undefined) return;
    const bytes = count * RECORD_BYTES;
    if (bytes <= this.#records.committed) return;
    this.#records.commit(Math.min(this.#records.reserved, Math.max(bytes, 2 * this.#records.committed)));
    this.#refresh();
  }

  #writeRecord(func: WasmFunc, vmctx: number): void {
    if (this.#records === undefined) return;
    const at = func.ref * RECORD_BYTES;
    this.#setAddress(at + RECORD.vmctx, vmctx);
    this.#words[(at + RECORD.typeId) >> 2] = func.typeId;
    this.#words[(at + RECORD.index) >> 2] = func.ref;
    this.#writeEntry(func);
  }

  #setAddress(at: number, address: number): void {
    this.#words[at >> 2] = address | 0;
    this.#words[(at >> 2) + 1] = (address / 2 ** 32) | 0;
  }

  /** Writes what callers in machine code enter: the compiled code, or the exit to TypeScript. */
  #writeEntry(func: WasmFunc): void {
    if (this.#records === undefined || this.native === undefined) return;
    const entry = func.mode === Mode.NATIVE && func.nativeEntry !== 0
      ? func.nativeEntry
      : this.native.exitThunk(func).entry;
    this.#setAddress(func.ref * RECORD_BYTES + RECORD.entry, entry);
  }

  /** Address of a function's record. */
  recordAddress(func: WasmFunc): number {
    return this.recordsAddress + func.ref * RECORD_BYTES;
  }

  /**
   * Moves a function to a tier, for its next call; one that the tier cannot compile goes to `interp`. `jit` compiles at the first call.
   * Throws where machine code cannot run.
   */
  setTier(func: WasmFunc, tier: TierName): void {
    if (func.mode === Mode.HOST) throw new TypeError(`${func.name} is a host function and has no tier`);
    if (func.bound !== undefined) throw new TypeError(`${func.name} runs in the tier of what it is bound to`);
    if (func.freed) throw new TypeError(`${func.name} belongs to an instance that was disposed of`);
    if (isNative(tier) ? this.native === undefined : tier === "js" && this.js === undefined) {
      throw new BugError(`tier ${tier} cannot run here`);
    }
    func.refusal = tier === "interp" ? undefined : func.held ?? this.refusal(func, tier);
    if (func.refusal !== undefined) tier = "interp";
    if (!isNative(tier) && func.nativeEntry !== 0 && func.mode === Mode.NATIVE) this.demotions++;
    if (tier !== "js" && func.mode === Mode.JS) {
      this.demotions++;
      Atomics.or(this.interrupt, 0, InterruptBit.ATTENTION);
    }
    func.tier = tier;
    func.mode = isNative(tier) ? Mode.NATIVE : tier === "js" ? Mode.JS : Mode.INTERP;
    this.interp.moved(func);
    this.#writeEntry(func);
    this.js?.changed(func);
  }

  /** Why a function cannot run in a tier; undefined if it can. */
  refusal(func: WasmFunc, tier: TierName): string | undefined {
    if (isNative(tier)) return this.native!.refusal(func);
    return tier === "js" ? this.#jsRefusal(func) : undefined;
  }

  #jsRefusal(func: WasmFunc): string | undefined {
    if (func.instance!.memories.some((m) => m.isChecked)) {
      return PROTECTED;
    }
    if (this.interp.isCounted(func)) return "its instructions or branches are counted";
    return this.js!.refusal(func);
  }

  /** Compiles a function that is to run as machine code, if that has not happened. */
  compile(func: WasmFunc): void {
    if (func.nativeEntry === 0) {
      ensureStack();
      func.nativeEntry = this.native!.entryOf(func);
      this.#writeEntry(func);
    }
  }

  /** Has the machine code of a function asked for anew at its next call, and frames in other code of it taken back at their next safepoint. */
  renewCode(func: WasmFunc): void {
    if (func.nativeEntry === 0) return;
    func.nativeEntry = 0;
    this.demotions++;
    this.#writeEntry(func);
  }

  /** The JavaScript function that stands for `func`; always the same. */
  exportFunc(func: WasmFunc): unknown {
    return this.exporter(func);
  }

  /** Forgets a range of functions that nothing can call any more: all of an instance, or one host function. */
  freeFuncs(first: number, count: number): void {
    this.#funcs.fill(undefined, first, first + count);
    this.js?.forget(first, count);
    this.#words.fill(0, (first * RECORD_BYTES) >> 2, ((first + count) * RECORD_BYTES) >> 2);
    for (let i = first; i < first + count; i++) this.#words[(i * RECORD_BYTES + RECORD.typeId) >> 2] = NO_TYPE;
    this.#live -= count;
    const ranges = this.#freeRanges.get(count) ?? [];
    ranges.push(first);
    this.#freeRanges.set(count, ranges);
  }
}
