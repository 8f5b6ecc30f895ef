import { assert, assertEquals } from "@std/assert";
import { Marker } from "../../src/gc/collector.ts";
import { DEFAULT_HEAP_OPTIONS, GcHeap, type HeapOptions, LARGE_BYTES } from "../../src/gc/heap.ts";
import { arrayBytes, HEADER_BYTES, layoutOf } from "../../src/gc/layout.ts";
import { Heap, I32, I64, I8, refType } from "../../src/wasm/types.ts";
import { array, struct } from "./types.ts";

const ANYREF = refType(Heap.ANY, true);
const PAIR = struct(I32, ANYREF, ANYREF);
const WIDE = struct(...Array.from({ length: 60 }, (_, i) => i % 2 === 0 ? ANYREF : I64));
const REFS = array(ANYREF);
const BYTES = array(I8);

/** A heap whose roots are a list, and whose collections are followed by a check. */
class Rooted {
  readonly heap: GcHeap;
  roots: number[] = [];
  collections = 0;
  check = () => {};
  last: { objects: number; bytes: number } = { objects: 0, bytes: 0 };

  constructor(options: Partial<HeapOptions> = {}) {
    this.heap = new GcHeap({ ...DEFAULT_HEAP_OPTIONS, ...options }, () => {
      this.collect();
      return true;
    });
  }

  collect(): void {
    const { heap } = this;
    const marker = new Marker(heap, () => {}, () => {});
    heap.beginCollection();
    for (const ref of this.roots) marker.mark(ref);
    marker.drain();
    heap.sweep(marker.bytes);
    this.last = marker;
    this.collections++;
    this.check();
  }

  struct(typeId: number): number {
    return this.heap.allocate(typeId, 0, layoutOf(typeId).bytes);
  }
  array(typeId: number, length: number): number {
    return this.heap.allocate(typeId, length, arrayBytes(layoutOf(typeId), length));
  }
}

Deno.test("GcHeap.allocate() gives references that are multiples of 8, not 0, to zeroed objects that do not overlap", () => {
  const h = new Rooted();
  let end = 0;
  for (let i = 0; i < 10_000; i++) {
    const ref = h.struct(PAIR);
    assert(ref > 0 && ref % 8 === 0);
    assert(ref >= end, "objects follow one another in a heap without holes");
    end = ref + layoutOf(PAIR).bytes;
    assertEquals([...h.heap.i32.subarray(ref >> 2, end >> 2)], [PAIR, 0, 0, 0, 0, 0]);
    h.heap.i32.fill(-1, (ref + HEADER_BYTES) >> 2, end >> 2);
  }
});

Deno.test("GcHeap.allocate() collects when as much was allocated as the policy says, and reuses what was freed", () => {
  const h = new Rooted({ minimumBytes: 1 << 20 });
  const bytes = layoutOf(PAIR).bytes;
  for (let i = 0; i < 10 * (1 << 20) / bytes; i++) {
    const ref = h.struct(PAIR);
    assertEquals(h.heap.i32[(ref >> 2) + 2], 0);
    h.heap.i32[(ref >> 2) + 2] = 1;
  }
  assert(h.collections >= 8 && h.collections <= 11, `${h.collections} collections`);
  assert(h.heap.usedBytes <= 2 << 20, `${h.heap.usedBytes} bytes used`);
});

Deno.test("GcHeap collects later, the more survives", () => {
  const h = new Rooted({ minimumBytes: 1 << 16 });
  for (let i = 0; i < 200_000; i++) h.roots.push(h.struct(PAIR));
  assert(h.collections < 12, `${h.collections} collections`);
  assertEquals(new Set(h.roots).size, h.roots.length);
});

Deno.test("GcHeap.allocate() gives 0 when the heap is full, and goes on after something was let go", () => {
  const h = new Rooted({ maxBytes: 1 << 20 });
  for (;;) {
    const ref = h.struct(PAIR);
    if (ref === 0) break;
    h.roots.push(ref);
  }
  assert(h.roots.length > 30_000);
  assertEquals(h.array(BYTES, 1 << 19), 0);
  assertEquals(h.array(BYTES, 2 ** 32 - 1), 0);
  h.roots = [];
  assert(h.array(BYTES, 1 << 19) > 0);
  assert(h.struct(PAIR) > 0);
});

Deno.test("GcHeap frees large arrays as a whole", () => {
  const h = new Rooted({ minimumBytes: 4 << 20 });
  h.roots = [h.array(BYTES, 300_000)];
  h.heap.u8.fill(7, h.roots[0] + HEADER_BYTES, h.roots[0] + HEADER_BYTES + 300_000);
  for (let i = 0; i < 100; i++) {
    const ref = h.array(BYTES, 1_000_000);
    assert(h.heap.u8.subarray(ref + HEADER_BYTES, ref + HEADER_BYTES + 1_000_000).every((b) => b === 0));
    h.heap.u8.fill(9, ref + HEADER_BYTES, ref + HEADER_BYTES + 1_000_000);
  }
  assert(h.heap.usedBytes < 10 << 20, `${h.heap.usedBytes} bytes used`);
  const kept = h.heap.u8.subarray(h.roots[0] + HEADER_BYTES, h.roots[0] + HEADER_BYTES + 300_000);
  assert(kept.every((b) => b === 7));
});

Deno.test("GcHeap.isObject() and countTypes() know every object and nothing else", () => {
  const h = new Rooted();
  const all: number[] = [];
  for (let i = 0; i < 5000; i++) {
    all.push(
      i % 3 === 0 ? h.struct(PAIR) : i % 3 === 1 ? h.struct(WIDE) : h.array(BYTES, i % 40 === 2 ? 20_000 : i % 90),
    );
    if (i === 3000) {
      h.roots = all.filter((_, k) => k % 2 === 0);
      h.collect();
    }
  }
  const live = new Set(all.filter((ref, k) => k > 3000 || h.roots.includes(ref)));
  const { heap } = h;
  const marker = new Marker(heap, () => {}, () => {});
  heap.beginCollection();
  heap.findObjects();
  for (let ref = 0; ref < heap.u8.length; ref += 4) assertEquals(heap.isObject(ref), live.has(ref));
  for (const ref of h.roots) marker.mark(ref);
  marker.drain();
  const counts = heap.countTypes();
  assertEquals(counts.reduce((n, c) => n + c.kept, 0), h.roots.length);
  assertEquals(counts.reduce((n, c) => n + c.kept + c.freed, 0), live.size);
  heap.sweep(marker.bytes);
});

/** An object as the model has it: its number, which is in the heap too, and what it refers to. */
interface Node {
  readonly id: number;
  readonly kind: number;
  readonly to: (Node | null)[];
}

/** Changes a random graph in the heap and in a model alike, and compares after each collection. */
function playGraph(options: Partial<HeapOptions>, steps: number, seed: number): number {
  const random = (n: number) => {
    seed = Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return (seed >>> 1) % n;
  };
  const h = new Rooted(options);
  const roots: Node[] = [];
  const where = new Map<Node, number>();
  /** Word of the heap that holds reference `i` of a node. */
  const slot = (node: Node, i: number): number => {
    const ref = where.get(node)!;
    if (node.kind === 0) return (ref + layoutOf(PAIR).offsets[1 + i]) >> 2;
    if (node.kind === 1) return (ref + layoutOf(WIDE).offsets[2 * i]) >> 2;
    return ((ref + HEADER_BYTES) >> 2) + i;
  };
  /** Where a node keeps its number: large arrays are told by their last element. */
  const idWord = (node: Node): number => {
    const ref = where.get(node)!;
    if (node.kind === 0) return (ref + layoutOf(PAIR).offsets[0]) >> 2;
    if (node.kind === 1) return (ref + layoutOf(WIDE).offsets[1]) >> 2;
    return slot(node, node.to.length);
  };
  const reachable = (): Set<Node> => {
    const found = new Set<Node>(roots);
    for (const node of found) for (const to of node.to) if (to !== null) found.add(to);
    return found;
  };
  h.check = () => {
    const live = reachable();
    assertEquals(h.last.objects, live.size);
    const places = new Set<number>();
    for (const node of live) {
      // Numbers are odd: as references in arrays they are i31.
      assertEquals(h.heap.i32[idWord(node)], node.id * 2 + 1);
      node.to.forEach((to, i) => assertEquals(h.heap.i32[slot(node, i)], to === null ? 0 : where.get(to)!));
      places.add(where.get(node)!);
    }
    assertEquals(places.size, live.size);
  };
  for (let step = 0; step < steps; step++) {
    h.roots = roots.map((node) => where.get(node)!);
    const kind = random(3);
    const length = kind === 0 ? 2 : kind === 1 ? 30 : random(random(20) === 0 ? 6000 : 60);
    const node: Node = { id: step, kind, to: new Array(length).fill(null) };
    const ref = kind === 0 ? h.struct(PAIR) : kind === 1 ? h.struct(WIDE) : h.array(REFS, length + 1);
    assert(ref > 0);
    where.set(node, ref);
    h.heap.i32[idWord(node)] = node.id * 2 + 1;
    const link = (from: Node, to: Node) => {
      if (from.to.length === 0) return;
      const i = random(from.to.length);
      from.to[i] = to;
      h.heap.i32[slot(from, i)] = where.get(to)!;
    };
    const old = roots.length > 0 ? roots[random(roots.length)] : undefined;
    if (old !== undefined) {
      link(node, old);
      if (random(2) === 0) link(old, node);
    }
    if (random(3) === 0) roots.push(node);
    while (roots.length > 40 || (roots.length > 0 && random(9) === 0)) roots.splice(random(roots.length), 1);
  }
  return h.collections;
}

Deno.test("collections keep exactly what a model of a random graph can reach, and change nothing in it", () => {
  let collections = 0;
  for (let seed = 1; seed <= 8; seed++) collections += playGraph({ minimumBytes: 1 << 16 }, 5000, seed);
  assert(collections > 100, `${collections} collections`);
});

Deno.test("collections at every allocation keep exactly what a model of a random graph can reach", () => {
  const collections = playGraph({ zeal: true }, 600, 77);
  assert(collections >= 600);
});

Deno.test("GcHeap.allocate() gives large objects blocks of their own, also where a run would have room", () => {
  const h = new Rooted();
  h.struct(PAIR);
  const bytes = h.array(BYTES, LARGE_BYTES);
  assertEquals(bytes % 32768, 0);
  h.roots = [bytes];
  h.collect();
  h.heap.u8.fill(7, bytes + HEADER_BYTES, bytes + HEADER_BYTES + LARGE_BYTES);
  for (let i = 0; i < 20_000; i++) h.struct(PAIR);
  assert(h.heap.u8.subarray(bytes + HEADER_BYTES, bytes + HEADER_BYTES + LARGE_BYTES).every((b) => b === 7));
});
