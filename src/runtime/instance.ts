// An instance of a module: its index spaces, segments and vmctx. Made by instantiate.ts; freed by the collection after it was disposed of.

import { GLOBAL_BYTES, moduleLayout, VMCTX, type VmctxLayout } from "../abi/vmctx.ts";
import { typeRows } from "../gc/type_rows.ts";
import type { ValidModule } from "../validate/validate_module.ts";
import { hasObjectTypes, type Module } from "../wasm/module.ts";
import type { WasmFunc } from "./func.ts";
import type { WasmGlobal } from "./global.ts";
import type { WasmMemory } from "./memory.ts";
import type { Store } from "./store.ts";
import type { WasmTable } from "./table.ts";
import type { WasmTag } from "./tag.ts";

/** What a module exports, or an import gives. */
export type Extern = WasmFunc | WasmTable | WasmMemory | WasmGlobal | WasmTag;

/** The segments of an instance at some moment. */
export interface SegmentImage {
  readonly elems: readonly Int32Array[];
  readonly droppedData: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);
const NO_REFS = new Int32Array(0);

/** A module instance (specification 4.2.5). Index spaces list imports first. */
export class WasmInstance {
  readonly module: Module;
  readonly funcs: WasmFunc[] = [];
  readonly tables: WasmTable[] = [];
  readonly memories: WasmMemory[] = [];
  readonly globals: WasmGlobal[] = [];
  readonly tags: WasmTag[] = [];
  readonly exports: Map<string, Extern> = new Map();
  readonly layout: VmctxLayout;
  /** Offset of the vmctx in the arena. */
  readonly vmctx: number;
  /** References of element segments; empty when dropped. */
  readonly #elems: Int32Array[] = [];
  readonly #droppedData: Uint8Array;
  /** Set by dispose(); its memory goes with the next collection that finds it unreachable. */
  disposed = false;
  /** JavaScript has nothing of it any more: set by the library above, and unset when that is no longer so. */
  forgotten = false;
  /** The collection freed it: its vmctx, and with it the cells of its globals, belong to others. */
  freed = false;
  /** Number for messages. */
  readonly id: number;
  static #count = 0;

  constructor(readonly store: Store, readonly valid: ValidModule) {
    const m = this.module = valid.module;
    this.id = WasmInstance.#count++;
    this.#droppedData = new Uint8Array(m.datas.length);
    this.layout = moduleLayout(m);
    this.vmctx = store.arena.allocate(this.layout.size);
  }

  /** Address of the vmctx; meaningless where native code cannot run. */
  get vmctxAddress(): number {
    return this.store.arena.base + this.vmctx;
  }

  /** Writes what machine code reads: called once, when all index spaces are filled. */
  writeVmctx(): void {
    const { arena } = this.store;
    const { layout: l, vmctx: at, module: m } = this;
    arena.setAddress(at + VMCTX.memory0Base, this.memories[0]?.address ?? 0);
    arena.setAddress(at + VMCTX.functionRecords, this.store.recordsAddress);
    const own = this.funcs[m.importedFuncs];
    if (own !== undefined) arena.setAddress(at + VMCTX.ownFunctions, this.store.recordAddress(own));
    arena.i32[(at + VMCTX.instance) >> 2] = this.id;
    if (hasObjectTypes(m)) {
      const { base } = this.store.heap;
      arena.setAddress(at + VMCTX.heapBase, base);
      if (base !== 0) arena.setAddress(at + VMCTX.typeRows, typeRows(m.canonical));
    }
    this.memories.forEach((x, i) => arena.setAddress(at + l.memories + 8 * i, arena.base + x.record));
    this.tables.forEach((x, i) => arena.setAddress(at + l.tables + 8 * i, arena.base + x.record));
    for (let i = 0; i < m.importedGlobals; i++) {
      arena.setAddress(at + l.importedGlobals + 8 * i, arena.base + this.globals[i].cell);
    }
    for (let i = 0; i < m.importedFuncs; i++) {
      arena.setAddress(at + l.importedFunctions + 8 * i, this.store.recordAddress(this.funcs[i]));
    }
    m.canonical.forEach((id, i) => arena.i32[((at + l.typeIds) >> 2) + i] = id);
    if (this.memories.some((x) => x.isChecked)) this.store.checkAccesses(this);
  }

  /** Tells machine code whether accesses to shared memories, whose pages others use too and so are never closed, must be checked. */
  writeChecks(): void {
    const check = this.memories.some((m) => m.type.shared && m.protection !== undefined);
    this.store.arena.i32[(this.vmctx + VMCTX.checkShared) >> 2] = check ? 1 : 0;
  }

  /** Offset in the arena of the cell of an own global. */
  ownGlobalCell(index: number): number {
    return this.vmctx + this.layout.ownGlobals + GLOBAL_BYTES * (index - this.module.importedGlobals);
  }

  /** References of an element segment; none while the instance is being made. */
  elem(index: number): Int32Array {
    return this.#elems[index] ?? NO_REFS;
  }
  /** Sets the references of a segment when the instance is made. */
  setElem(index: number, refs: Int32Array): void {
    this.#elems[index] = refs;
  }
  /** `elem.drop`. */
  dropElem(index: number): void {
    this.#elems[index] = NO_REFS;
  }
  /** All references in element segments, for the collector. */
  *elemRefs(): Iterable<Int32Array> {
    yield* this.#elems;
  }

  /** Bytes of a data segment. */
  data(index: number): Uint8Array {
    if (this.#droppedData[index] !== 0) return NO_BYTES;
    const d = this.module.datas.at(index)!;
    return this.module.bytes.subarray(d.start, d.end);
  }
  /** Which segments were dropped, to be taken up by `restoreSegments()`. */
  segments(): SegmentImage {
    return { elems: [...this.#elems], droppedData: this.#droppedData.slice() };
  }
  /** Makes them what they were. */
  restoreSegments({ elems, droppedData }: SegmentImage): void {
    elems.forEach((refs, i) => this.#elems[i] = refs);
    this.#droppedData.set(droppedData);
  }

  /** `data.drop`. */
  dropData(index: number): void {
    this.#droppedData[index] = 1;
  }
}
