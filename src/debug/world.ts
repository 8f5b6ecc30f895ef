// All that a program can change but for its stacks: memories, globals, tables, the heap, dropped segments. Takes a store, gives images of it that share the pages
// which did not change from one to the next, and puts them back.

import type { HeapImage } from "../gc/heap.ts";
import type { WasmGlobal } from "../runtime/global.ts";
import type { SegmentImage, WasmInstance } from "../runtime/instance.ts";
import type { WasmMemory } from "../runtime/memory.ts";
import type { Store } from "../runtime/store.ts";
import type { WasmTable } from "../runtime/table.ts";
import { Right } from "../wasm/rights.ts";

/** Bytes that an image keeps or shares as a whole. */
const PAGE = 1 << 14;

/** Bytes at some moment. */
export interface PagedBytes {
  readonly length: number;
  readonly pages: readonly Uint8Array[];
}

/** A store at some moment. */
export interface World {
  readonly memories: ReadonlyMap<WasmMemory, PagedBytes>;
  readonly globals: ReadonlyMap<WasmGlobal, readonly [low: bigint, high: bigint]>;
  readonly tables: ReadonlyMap<WasmTable, Int32Array>;
  readonly segments: ReadonlyMap<WasmInstance, SegmentImage>;
  readonly heap: { readonly image: HeapImage; readonly bytes: PagedBytes } | undefined;
  /** Bytes that it does not share with the one before it. */
  readonly ownBytes: number;
}

/** Whether two runs of bytes of the same length are equal. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  const whole = a.length & ~3;
  const x = new Int32Array(a.buffer, a.byteOffset, whole >> 2), y = new Int32Array(b.buffer, b.byteOffset, whole >> 2);
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
  for (let i = whole; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Copies bytes, which begin at a multiple of 4, but for pages that are as they were. */
export function capturePages(u8: Uint8Array, length: number, before: PagedBytes | undefined): PagedBytes {
  const pages: Uint8Array[] = [];
  for (let at = 0, i = 0; at < length; at += PAGE, i++) {
    const page = u8.subarray(at, Math.min(at + PAGE, length)), old = before?.pages[i];
    pages.push(old !== undefined && old.length === page.length && equal(page, old) ? old : page.slice());
  }
  return { length, pages };
}
function restorePages(u8: Uint8Array, { pages }: PagedBytes): void {
  let at = 0;
  for (const page of pages) {
    u8.set(page, at);
    at += page.length;
  }
}
function ownBytes(bytes: PagedBytes, before: PagedBytes | undefined): number {
  return bytes.pages.reduce((sum, page, i) => page === before?.pages[i] ? sum : sum + page.length, 0);
}

/** Bytes of pages that an image does not share with another. */
export function ownBytesOf({ memories, heap }: World, before: World | undefined): number {
  let bytes = heap === undefined ? 0 : ownBytes(heap.bytes, before?.heap?.bytes);
  for (const [memory, image] of memories) bytes += ownBytes(image, before?.memories.get(memory));
  return bytes;
}

/** What is in use of a store's instances: each once. */
export function partsOf(store: Store) {
  const memories = new Set<WasmMemory>(), globals = new Set<WasmGlobal>(), tables = new Set<WasmTable>();
  const instances: WasmInstance[] = [];
  for (const instance of store.instances) {
    if (instance.freed) continue;
    instances.push(instance);
    for (const m of instance.memories) if (!m.disposed) memories.add(m);
    for (const g of instance.globals) if (g.type.mutable && !g.disposed) globals.add(g);
    for (const t of instance.tables) if (!t.disposed) tables.add(t);
  }
  return { memories, globals, tables, instances };
}

/** All bytes of a memory, also where its rights forbid it. */
export function withBytes<T>(memory: WasmMemory, use: (u8: Uint8Array) => T): T {
  const { byteLength } = memory;
  let result: T | undefined;
  if (memory.protection === undefined || byteLength === 0) return use(memory.u8);
  memory.access(0, byteLength, Right.NONE, ({ u8 }) => result = use(u8), true);
  return result as T;
}

/** The store as it is now. What did not change since `before` is shared with that. */
export function captureWorld(store: Store, before: World | undefined): World {
  const { memories, globals, tables, instances } = partsOf(store);
  let own = 0;
  const paged = new Map<WasmMemory, PagedBytes>();
  for (const memory of memories) {
    const old = before?.memories.get(memory);
    const image = withBytes(memory, (u8) => capturePages(u8, memory.byteLength, old));
    own += ownBytes(image, old);
    paged.set(memory, image);
  }
  const heap = store.heapInUse;
  let heapPart: World["heap"];
  if (heap !== undefined) {
    const image = heap.image(), bytes = capturePages(heap.u8, image.end, before?.heap?.bytes);
    own += ownBytes(bytes, before?.heap?.bytes) + image.lines.length + 4 * image.filled.length;
    heapPart = { image, bytes };
  }
  const elements = new Map([...tables].map((t) => {
    const now = t.slice(0, t.length), old = before?.tables.get(t);
    if (old !== undefined && old.length === now.length && now.every((x, i) => x === old[i])) return [t, old];
    own += now.byteLength;
    return [t, now.slice()];
  }));
  return {
    memories: paged,
    globals: new Map([...globals].map((g) => [g, [g.bits, g.high]])),
    tables: elements,
    segments: new Map(instances.map((i) => [i, i.segments()])),
    heap: heapPart,
    ownBytes: own,
  };
}

/** Makes the store what it was. */
export function restoreWorld(store: Store, world: World): void {
  for (const [memory, image] of world.memories) {
    if (memory.disposed || !memory.setLength(image.length)) continue;
    withBytes(memory, (u8) => restorePages(u8, image));
  }
  for (const [global, [low, high]] of world.globals) {
    if (global.disposed) continue;
    global.bits = low;
    global.high = high;
  }
  for (const [table, refs] of world.tables) if (!table.disposed) table.restore(refs);
  for (const [instance, image] of world.segments) if (!instance.freed) instance.restoreSegments(image);
  const { heap } = world;
  if (heap === undefined) return;
  const target = store.heap;
  restorePages(target.u8, heap.bytes);
  target.restore(heap.image);
}

/** Whether two images, of which one was made with the other before it, are of the same. */
export function sameWorld(a: World, b: World): boolean {
  const samePages = (x: PagedBytes | undefined, y: PagedBytes | undefined) =>
    x?.length === y?.length && (x === undefined || x.pages.every((page, i) => page === y!.pages[i]));
  for (const [memory, bytes] of a.memories) if (!samePages(bytes, b.memories.get(memory))) return false;
  for (const [global, [low, high]] of a.globals) {
    const other = b.globals.get(global);
    if (other?.[0] !== low || other[1] !== high) return false;
  }
  for (const [table, refs] of a.tables) if (b.tables.get(table) !== refs) return false;
  return samePages(a.heap?.bytes, b.heap?.bytes) && a.heap?.image.end === b.heap?.image.end;
}
