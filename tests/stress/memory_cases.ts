// Stress cases of linear memories: rights that change while programs run, shared memories in Workers, thousands of instances that take from the pool.

import { assert, assertEquals } from "@std/assert";
import { Engine, type MemoryRights, type TierName, Trap } from "../../mod.ts";
import type { StressCase } from "./cases.ts";

const PAGE = 65536;
const FEATURES = { threads: true };
const TEXT = `(module (memory (export "m") 1 8)
  (func (export "load8") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "load64") (param i32) (result i64) (i64.load (local.get 0)))
  (func (export "store8") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "store32") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func (export "or") (param i32 i32) (result i32) (i32.atomic.rmw8.or_u (local.get 0) (local.get 1)))
  (func (export "fill") (param i32 i32) (memory.fill (local.get 0) (i32.const 5) (local.get 1)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`;

function random(seed: number): (n: number) => number {
  return (n) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 1) % n;
}

function kind(f: () => unknown): unknown {
  try {
    return f();
  } catch (error) {
    if (error instanceof Trap) return error.kind;
    throw error;
  }
}

/** A memory and a model of it, which must agree whatever is done. */
function randomRights(tier: TierName, steps: number, seed: number): void {
  const next = random(seed);
  const instance = new Engine({ tier, features: FEATURES }).load(TEXT), { exports } = instance;
  const memory = instance.memory("m");
  memory.allow({ shrink: true });
  let bytes = new Uint8Array(PAGE);
  const rights = new Uint8Array(8 * PAGE).fill(3);
  const watched = new Uint8Array(8 * PAGE);
  let seen = 0;
  let watch: Disposable | undefined;
  for (let step = 0; step < steps; step++) {
    const at = next(4) === 0 ? 4096 * next(16) - next(9) + 4 : next(bytes.length), size = next(20);
    const may = (n: number, needs: number): unknown => {
      if (at < 0 || at + n > bytes.length) return "memory-out-of-bounds";
      for (let i = at; i < at + n; i++) if ((rights[i] & needs) !== needs) return "memory-protection";
      if (watched.subarray(at, at + n).some((w) => (w & needs) !== 0)) seen--;
      return undefined;
    };
    switch (next(10)) {
      case 0: {
        const start = Math.max(0, at), size = next(3) === 0 ? next(3 * 4096) : next(40);
        const end = Math.min(8 * PAGE, start + 1 + size);
        const bits = next(4);
        memory.protect(start, end, { read: (bits & 1) !== 0, write: (bits & 2) !== 0 } satisfies MemoryRights);
        rights.fill(bits, start, end);
        break;
      }
      case 1:
        if (next(4) === 0) {
          memory.unprotect();
          rights.fill(3);
        }
        if (next(3) === 0) {
          watch?.[Symbol.dispose]();
          watched.fill(0);
          const start = Math.max(0, at), end = Math.min(8 * PAGE, start + 1 + next(200)), bits = 1 + next(3);
          watch = memory.watch(start, end, { read: (bits & 1) !== 0, write: (bits & 2) !== 0 }, () => seen++);
          watched.fill(bits, start, end);
        }
        break;
      case 2: {
        if (next(6) !== 0) break;
        const pages = bytes.length / PAGE;
        const after = 1 + next(8);
        if (after > pages) assertEquals(exports.grow(after - pages), pages);
        else assertEquals(memory.shrink(pages - after), pages);
        const changed = new Uint8Array(after * PAGE);
        changed.set(bytes.subarray(0, after * PAGE));
        bytes = changed;
        break;
      }
      case 3:
      case 4:
        assertEquals(kind(() => exports.load8(at)), may(1, 1) ?? bytes[at]);
        break;
      case 5: {
        const expected = may(8, 1) ?? new DataView(bytes.buffer).getBigInt64(at, true);
        assertEquals(kind(() => exports.load64(at)), expected);
        break;
      }
      case 6:
      case 7: {
        const expected = may(4, 2);
        assertEquals(kind(() => exports.store32(at, step)), expected);
        if (expected === undefined) new DataView(bytes.buffer).setInt32(at, step, true);
        break;
      }
      case 8: {
        const expected = may(1, 3) ?? bytes[at];
        // One access, whichever of its two halves is watched.
        assertEquals(kind(() => exports.or(at, 0x40)), expected);
        if (typeof expected === "number") bytes[at] |= 0x40;
        break;
      }
      default: {
        if (at < 0 || at + size > bytes.length) break;
        const expected = size === 0 ? undefined : may(size, 2);
        assertEquals(kind(() => exports.fill(at, size)), expected);
        if (expected === undefined) bytes.fill(5, at, at + size);
      }
    }
  }
  watch?.[Symbol.dispose]();
  memory.unprotect();
  assertEquals(memory.read(0, bytes.length), bytes);
  assertEquals(seen, 0, "each watched access is reported once");
  instance.dispose();
}

/** Resident bytes after V8's own collection had its chance. */
async function resident(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((r) => setTimeout(r, 5));
  }
  return Deno.memoryUsage().rss;
}

/** The cases. */
export const MEMORY_CASES: readonly StressCase[] = [
  {
    name: "rights, watchpoints, growth and shrinking at random agree with a model",
    run(tier, scale) {
      for (let seed = 1; seed <= 2 * scale; seed++) randomRights(tier, 3000, seed);
    },
  },
  {
    name: "Workers share a memory, each with rights of its own that come and go",
    async run(tier, scale) {
      const engine = new Engine({ tier, features: FEATURES });
      const memory = engine.memory({ minimum: 1, maximum: 64, shared: true });
      const rounds = 400 * scale, workers = 3;
      const url = new URL("memory_worker.ts", import.meta.url);
      const all = Array.from({ length: workers }, (_, number) =>
        new Promise<number>((resolve, reject) => {
          const worker = new Worker(url, { type: "module" });
          worker.onmessage = (e) => {
            worker.terminate();
            resolve(e.data);
          };
          worker.onerror = (e) => {
            e.preventDefault();
            worker.terminate();
            reject(new Error(e.message));
          };
          worker.postMessage({ memory: memory.share(), tier, rounds, number });
        }));
      const traps = await Promise.all(all);
      assertEquals(memory.get("i32", 0), workers * rounds);
      for (const n of traps) assertEquals(n, rounds);
    },
  },
  {
    name: "thousands of instances take memories from the pool and give them back, zeroed",
    async run(tier, scale) {
      const engine = new Engine({ tier, features: FEATURES });
      const module = engine.compile(TEXT);
      let first = 0;
      for (let round = 0; round < 4; round++) {
        for (let i = 0; i < 250 * scale; i++) {
          using instance = engine.instantiate(module);
          const { load64, store32 } = instance.exports;
          assertEquals([load64(8), load64(65528)], [0n, 0n]);
          store32(8, 1);
          store32(65532, -1);
          if (i % 16 === 0) instance.memory("m").protect(i % 8192, 8192, { read: true });
          if (i % 32 === 0) instance.exports.grow(1 + i % 7);
        }
        const many = Array.from({ length: Math.min(10_000, 100 * scale) }, () => engine.instantiate(module));
        for (const instance of many) instance.exports.store32(4, 4);
        for (const instance of many) instance.dispose();
        engine.gc();
        assertEquals([engine.memoryFigures.memories, engine.memoryFigures.committedBytes], [0, 0]);
        const now = await resident();
        // What V8 and the allocator keep has levelled off by then.
        if (round === 2) first = now;
        else if (round > 2) assert(now < first + 128 * 2 ** 20, `resident bytes grew from ${first} to ${now}`);
      }
      if (Engine.nativeUnavailable === undefined) assert(Engine.memoryPool.hits > 0);
    },
  },
];
