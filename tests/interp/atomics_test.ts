import { assert, assertEquals, assertThrows } from "@std/assert";
import { Engine, type Memory, type TierName, Trap } from "../../mod.ts";
import { canRunNative } from "../../src/platform/permissions.ts";
import { assembleText } from "../../src/text/parser.ts";
import { ATOMIC, Imm, INSTRUCTIONS, type OpInfo } from "../../src/wasm/opcodes.ts";
import type { AtomicsTask } from "./atomics_worker.ts";

const TYPES: Record<string, string> = { a: "i32", i: "i32", l: "i64" };
/** Those that neither wait nor wake. */
const ACCESSES = INSTRUCTIONS.filter((o) => o.properties & ATOMIC && o.imm === Imm.MEMORY_ACCESS && o.code > 0xfe003);

const TIERS: readonly TierName[] = canRunNative() ? ["interp", "jit"] : ["interp"];

function makeEngine(tier: TierName): Engine {
  return new Engine({ tier, features: { threads: true } });
}

function signature({ signature }: OpInfo): { params: string[]; results: string[] } {
  const [params, results] = signature.split(":").map((letters) => [...letters].map((l) => TYPES[l]));
  return { params, results };
}

/** A function for an instruction, exported under its name. */
function wrapper(o: OpInfo): string {
  const { params, results } = signature(o);
  const operands = params.map((_, i) => `(local.get ${i})`).join(" ");
  const list = (word: string, types: string[]) => types.length === 0 ? "" : `(${word} ${types.join(" ")})`;
  return `(func (export "${o.name}") ${list("param", params)} ${list("result", results)}
    (${o.name} offset=8 ${operands}))`;
}

function randomValue(type: string, next: () => number): number | bigint {
  const low = next() | 0;
  if (type === "i32") return low % 3 === 0 ? low & 0xff : low;
  return BigInt.asIntN(64, BigInt(low) << BigInt(next() & 63) ^ BigInt(next() | 0));
}

/** Pseudo-random 32-bit numbers (xorshift). */
function numbers(seed: number): () => number {
  return () => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return seed >>> 0;
  };
}

for (const tier of TIERS) {
  for (const shared of ["", " shared"]) {
    const kind = shared === "" ? "an unshared" : "a shared";
    Deno.test(`${tier}: atomic accesses of all widths do to ${kind} memory what V8's do`, () => {
      const text = `(module (memory (export "memory") 1 1${shared}) ${ACCESSES.map((o) => wrapper(o)).join("\n")})`;
      const ours = makeEngine(tier).load(text);
      const bytes = assembleText(text).slice();
      const theirs = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Record<
        string,
        CallableFunction
      >;
      const theirMemory = (theirs.memory as unknown as WebAssembly.Memory).buffer;
      const next = numbers(77);
      assertEquals(ACCESSES.length, 63);
      for (const o of ACCESSES) {
        for (let round = 0; round < 40; round++) {
          const address = (next() & 63) & ~((1 << o.accessLog2) - 1);
          const args: unknown[] = signature(o).params.map((t) => randomValue(t, next));
          args[0] = address;
          // Half of the comparisons are to succeed, also where the operand has more bits than the access.
          if (o.name.includes("cmpxchg") && round % 2 === 0) {
            const now = theirs[o.name.replace(/rmw(\d*)\.cmpxchg(_u)?/, "load$1$2")](address);
            const above = round % 4 === 0 ? 2 ** 31 : 0;
            args[1] = typeof now === "number"
              ? now | (o.accessLog2 < 2 ? above : 0)
              : now | BigInt(o.accessLog2 < 3 ? above : 0);
          }
          assertEquals(ours.exports[o.name](...args), theirs[o.name](...args), `${o.name} ${args}`);
        }
        assertEquals(new Uint8Array(ours.memory().buffer, 0, 128), new Uint8Array(theirMemory, 0, 128), o.name);
      }
    });
  }

  Deno.test(`${tier}: atomic accesses trap when they are not aligned or beyond the end`, () => {
    const { exports } = makeEngine(tier).load(`(module (memory 1 1) ${ACCESSES.map((o) => wrapper(o)).join("\n")})`);
    for (const o of ACCESSES) {
      const args = signature(o).params.slice(1).map((t) => t === "i64" ? 1n : 1);
      if (o.accessLog2 > 0) assertThrows(() => exports[o.name](4 + 1, ...args), Trap, "unaligned atomic");
      const last = 65536 - 8 - (1 << o.accessLog2);
      exports[o.name](last, ...args);
      assertThrows(() => exports[o.name](last + 8, ...args), Trap, "out of bounds memory access");
      assertThrows(() => exports[o.name](-8, ...args), Trap, "out of bounds memory access");
    }
  });

  Deno.test(`${tier}: atomic accesses reach other memories, and those with 64-bit addresses`, () => {
    const { exports } = makeEngine(tier).load(`(module
    (memory 1) (memory $b 1 1 shared) (memory $c i64 1 1 shared)
    (func (export "b") (param i32 i32) (result i32) (i32.atomic.rmw.add $b offset=300 (local.get 0) (local.get 1)))
    (func (export "c") (param i64 i32) (result i32) (i32.atomic.rmw.add $c offset=4 (local.get 0) (local.get 1)))
    (func (export "huge") (param i64) (result i32) (i32.atomic.load $c offset=9223372036854775807 (local.get 0)))
    (func (export "plain") (param i32) (result i32) (i32.load $b offset=300 (local.get 0)))
    (func (export "first") (result i32) (i32.load (i32.const 300))))`);
    assertEquals([exports.b(0, 5), exports.b(0, 6), exports.plain(0), exports.first()], [0, 5, 11, 0]);
    assertEquals([exports.c(8n, 5), exports.c(8n, 6)], [0, 5]);
    assertThrows(() => exports.c(0x1_0000_0008n, 1), Trap, "out of bounds memory access");
    assertThrows(() => exports.c(0x1_0000_0001n, 1), Trap, "unaligned atomic");
    assertThrows(() => exports.huge(1n), Trap, "out of bounds memory access");
    assertThrows(() => exports.huge(0n), Trap, "unaligned atomic");
  });

  const WAITS = (shared: string) =>
    `(module (memory 1 1${shared})
  (func (export "wait32") (param i32 i32 i64) (result i32)
    (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "wait64") (param i32 i64 i64) (result i32)
    (memory.atomic.wait64 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify (local.get 0) (local.get 1)))
  (func (export "fence") (atomic.fence)))`;

  Deno.test(`${tier}: memory.atomic.wait compares, times out, and needs a shared memory`, () => {
    const { exports } = makeEngine(tier).load(WAITS(" shared"));
    exports.fence();
    assertEquals(exports.wait32(0, 1, -1n), 1, "not equal");
    assertEquals(exports.wait64(0, 1n, -1n), 1, "not equal");
    assertEquals(exports.wait32(0, 0, 1000n), 2, "timed out");
    assertEquals(exports.wait64(8, 0n, 0n), 2, "timed out");
    assertEquals(exports.notify(0, 5), 0, "nobody waits");
    assertThrows(() => exports.wait32(2, 0, 0n), Trap, "unaligned atomic");
    assertThrows(() => exports.wait64(4, 0n, 0n), Trap, "unaligned atomic");
    assertThrows(() => exports.notify(65536, 0), Trap, "out of bounds memory access");
    const unshared = makeEngine(tier).load(WAITS("")).exports;
    assertThrows(() => unshared.wait32(0, 0, 0n), Trap, "expected shared memory");
    assertThrows(() => unshared.wait64(0, 0n, 0n), Trap, "expected shared memory");
    assertEquals(unshared.notify(0, 1), 0);
  });

  /** Runs a task in a Worker. */
  class Helper {
    readonly #worker = new Worker(new URL("./atomics_worker.ts", import.meta.url), { type: "module" });
    /** Settled when its instance exists. */
    readonly ready: Promise<void>;
    /** What its function gave. */
    readonly result: Promise<unknown>;

    constructor(task: AtomicsTask) {
      const ready = Promise.withResolvers<void>(), result = Promise.withResolvers<unknown>();
      this.ready = ready.promise;
      this.result = result.promise.finally(() => this.#worker.terminate());
      this.#worker.onmessage = ({ data }) => data === "ready" ? ready.resolve() : result.resolve(data);
      this.#worker.onerror = (event) => result.reject(new Error(event.message));
      this.#worker.postMessage(task);
    }
  }

  const COUNTER = `(module (import "host" "memory" (memory 1 500 shared))
  (func (export "count") (param i32) (result i32)
    (loop (drop (i32.atomic.rmw.add (i32.const 16) (i32.const 1)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (i32.const 0))
  (func (export "sleep") (result i32) (memory.atomic.wait32 (i32.const 32) (i32.const 0) (i64.const -1)))
  (func (export "sleepFor") (param i64) (result i32) (i32.atomic.store (i32.const 56) (i32.const 1))
    (memory.atomic.wait32 (i32.const 32) (i32.const 0) (local.get 0)))
  (func (export "wake") (result i32) (memory.atomic.notify (i32.const 32) (i32.const -1)))
  (func (export "growBy") (param i32) (result i32) (local i32)
    (loop (local.set 1 (i32.add (local.get 1) (memory.grow (i32.const 1))))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func (export "loop") (param i32) (result i32)
    (i32.atomic.store (i32.const 52) (i32.const 1))
    (loop (br_if 0 (i32.eqz (i32.atomic.load (i32.const 48)))))
    (i32.store (local.get 0) (i32.const 7))
    (i32.add (i32.load (local.get 0)) (i32.load8_u offset=1 (local.get 0)))))`;

  const sharedCounter = (): { memory: Memory; words: Int32Array; exports: Record<string, CallableFunction> } => {
    const engine = makeEngine(tier);
    const memory = engine.memory({ minimum: 1, maximum: 500, shared: true });
    const { exports } = engine.load(COUNTER, { host: { memory } });
    return { memory, words: new Int32Array(memory.buffer, 0, 100), exports };
  };

  Deno.test(`${tier}: two Workers count in one shared memory`, async () => {
    const { memory, words } = sharedCounter();
    const task = { tier, text: COUNTER, memory: memory.share(), invoke: "count", args: [100_000] };
    await Promise.all([new Helper(task).result, new Helper(task).result]);
    assertEquals(words[4], 200_000);
  });

  Deno.test(`${tier}: memory.atomic.notify wakes a Worker that waits`, async () => {
    const { memory, exports } = sharedCounter();
    const sleeper = new Helper({ tier, text: COUNTER, memory: memory.share(), invoke: "sleep", args: [] });
    await sleeper.ready;
    let woken = 0;
    while (woken === 0) {
      woken = exports.wake();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assertEquals([woken, await sleeper.result], [1, 0]);
  });

  Deno.test(`${tier}: who waits is woken by JavaScript, too, but not by a value that changes`, async () => {
    const { memory, words } = sharedCounter();
    const sleeper = new Helper({ tier, text: COUNTER, memory: memory.share(), invoke: "sleep", args: [] });
    await sleeper.ready;
    while (Atomics.notify(words, 8) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    assertEquals(await sleeper.result, 0);
    const other = { tier, text: COUNTER, memory: memory.share(), invoke: "sleepFor", args: [300_000_000n] };
    const { result } = new Helper(other);
    while (Atomics.load(words, 14) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise((resolve) => setTimeout(resolve, 10));
    Atomics.store(words, 8, 1);
    // Not equal, or timed out, in whatever order it came to that.
    assert(await result !== 0);
  });

  Deno.test(`${tier}: Workers that grow one memory at the same time each get pages of their own`, async () => {
    const { memory, exports } = sharedCounter();
    const task = { tier, text: COUNTER, memory: memory.share(), invoke: "growBy", args: [150] };
    const workers = [new Helper(task), new Helper(task)];
    const olds = [...await Promise.all(workers.map((w) => w.result)), exports.growBy(50)] as number[];
    assertEquals(memory.pages, 351);
    // The old sizes were 1 to 350, each once.
    assertEquals(olds.reduce((a, b) => a + b), 350 * 351 / 2);
    assertThrows(() => memory.grow(150), RangeError, "maximum 500");
  });

  Deno.test(`${tier}: a running Worker sees that another has made the memory grow`, async () => {
    const { memory, words } = sharedCounter();
    const worker = new Helper({ tier, text: COUNTER, memory: memory.share(), invoke: "loop", args: [65536 * 3] });
    while (Atomics.load(words, 13) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const { buffer } = memory;
    assertEquals(memory.grow(3), 1);
    assert(memory.buffer === buffer && buffer instanceof SharedArrayBuffer && buffer.byteLength === 4 * 65536);
    Atomics.store(words, 12, 1);
    assertEquals(await worker.result, 7);
    assertEquals(memory.read(65536 * 3, 1)[0], 7);
  });

  Deno.test(`${tier}: a memory made from a buffer alone follows it, and does not grow itself`, () => {
    const { memory } = sharedCounter();
    const other = makeEngine(tier).memoryFrom(memory.buffer as SharedArrayBuffer);
    assertEquals([other.pages, other.maximum, other.shared], [1, 500, true]);
    memory.grow(2);
    assertEquals([other.pages, other.byteLength], [3, 3 * 65536]);
    assertThrows(() => other.grow(1), RangeError, "cannot grow");
    assertThrows(() => makeEngine(tier).memoryFrom(new SharedArrayBuffer(7)), RangeError, "whole number of pages");
    assertThrows(() => makeEngine(tier).memoryFrom({} as never), TypeError);
    assertThrows(() => makeEngine(tier).memory({ minimum: 1, shared: true }), RangeError, "needs a maximum");
    assertThrows(() => makeEngine(tier).memory({ minimum: 1 }).share(), TypeError, "not shared");
  });
}
