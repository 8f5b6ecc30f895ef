// What must not bring the process down, and must give back what it took. Each case takes a tier and a scale: tests run them small, scripts/stress.ts large.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Engine, type EngineOptions, type Func, type Instance, Suspending, type TierName, Trap } from "../../mod.ts";
import { startNative } from "../../src/abi/native.ts";
import { randomNumbers } from "../security/tiers.ts";
import { MEMORY_CASES } from "./memory_cases.ts";
import { WORKER_CASES } from "./worker_cases.ts";

/** A case: `scale` 1 takes about a second. */
export interface StressCase {
  readonly name: string;
  run(tier: TierName, scale: number): void | Promise<void>;
}

const TEXT = `(module
  (import "host" "call" (func $call (param i32) (result i32)))
  (memory (export "memory") 1 64)
  (table (export "table") 4 externref)
  (func $deep (export "deep") (param i32) (result i32)
    (i32.add (i32.const 1) (call $deep (i32.add (local.get 0) (i32.const 1)))))
  (func (export "deepF64") (param f64 i64) (result f64)
    (f64.add (local.get 0) (call 2 (f64.add (local.get 0) (f64.const 1)) (local.get 1))))
  (func (export "trap") (param i32) (result i32)
    (block $a (block $b (block $c (block $d (br_table $a $b $c $d (local.get 0)))
      (return (i32.div_s (i32.const 1) (i32.const 0))))
      (return (i32.load (i32.const -8))))
      (return (i32.trunc_f32_s (f32.const nan))))
    (unreachable))
  (func (export "host") (param i32) (result i32) (i32.add (local.get 0) (call $call (local.get 0))))
  (func (export "keep") (param i32 i32) (result i32) (local i64 f64 i32)
    (local.set 2 (i64.const 0x1122334455667788))
    (local.set 3 (f64.const 2.5))
    (i32.store (local.get 0) (i32.const 77))
    (local.set 4 (call $call (local.get 1)))
    (i32.store offset=4 (local.get 0) (local.get 4))
    (i32.add (i32.load (local.get 0))
      (i32.add (i32.wrap_i64 (local.get 2)) (i32.trunc_f64_s (local.get 3)))))
  (func (export "spin") (loop (br 0)))
  (func (export "store") (param i32 externref) (table.set (local.get 0) (local.get 1))))`;

// Loops and recursion that throw, catch and allocate, with calls of the host in between.
const MOVING = `(module
  (import "host" "call" (func $call (param i32) (result i32)))
  (type $node (struct (field (ref null $node)) (field i32)))
  (tag $odd (param i32))
  (func $check (param i32)
    (if (i32.and (call $call (local.get 0)) (i32.const 1)) (then (throw $odd (local.get 0)))))
  (func $list (param $n i32) (result (ref null $node)) (local $l (ref null $node))
    (loop $more
      (local.set $l (struct.new $node (local.get $l) (call $call (local.get $n))))
      (br_if $more (i32.ge_s (local.tee $n (i32.sub (local.get $n) (i32.const 1))) (i32.const 0))))
    (local.get $l))
  (func $sum (param $l (ref null $node)) (result i32) (local $s i32) (local $v v128)
    (block $end
      (loop $next
        (br_if $end (ref.is_null (local.get $l)))
        (local.set $v (i32x4.add (local.get $v) (i32x4.splat (struct.get $node 1 (local.get $l)))))
        (local.set $s (i32.add (local.get $s) (call $call (i32.const 2))))
        (local.set $l (struct.get $node 0 (local.get $l)))
        (br $next)))
    (i32.add (local.get $s) (i32x4.extract_lane 3 (local.get $v))))
  (func $tree (export "run") (param $n i32) (result i32) (local $i i32) (local $s i32) (local $f f64)
    (local.set $i (i32.const 3))
    (loop $l
      (block $done
        (block $caught (result i32)
          (try_table (catch $odd $caught) (call $check (i32.add (local.get $n) (local.get $i))))
          (br $done))
        (local.set $s (i32.add (local.get $s) (i32.mul (i32.const 1000)))))
      (local.set $f (f64.add (local.get $f) (f64.const 0.25)))
      (local.set $s (i32.add (local.get $s) (call $sum (call $list (local.get $n)))))
      (if (local.get $n) (then (local.set $s (i32.add (local.get $s) (i32.shr_u (call $tree (i32.shr_u (local.get $n) (i32.const 1))) (i32.const 1))))))
      (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (i32.add (local.get $s) (i32.trunc_f64_s (local.get $f)))))`;

function make(engine: Engine, call: (x: number) => number): Instance {
  return engine.load(TEXT, { host: { call } });
}

/** Resident bytes after V8's own collection had its chance. */
async function resident(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((r) => setTimeout(r, 5));
  }
  return Deno.memoryUsage().rss;
}

/** All cases. */
export const CASES: readonly StressCase[] = [
  {
    name: "recursion without end is a trap, over and over",
    run(tier, scale) {
      const { exports } = make(new Engine({ tier }), (x) => x);
      for (let i = 0; i < 20 * scale; i++) {
        const error = assertThrows(() => exports.deep(0), Trap, "call stack exhausted");
        assert(error.frames.length > 100);
        assertThrows(() => exports.deepF64(1, 2n), Trap, "call stack exhausted");
        assertEquals(exports.host(20), 40);
      }
    },
  },
  {
    name: "traps of every kind leave nothing behind",
    run(tier, scale) {
      const { exports } = make(new Engine({ tier }), (x) => x);
      const messages = [
        "unreachable",
        "invalid conversion to integer",
        "out of bounds memory access",
        "integer divide by zero",
      ];
      for (let i = 0; i < 5_000 * scale; i++) {
        try {
          exports.trap(i & 3);
        } catch (error) {
          if (!(error instanceof Trap) || error.message !== messages[i & 3] || error.frames.length !== 1) throw error;
          continue;
        }
        throw new Error("no trap");
      }
    },
  },
  {
    name: "instances come and go, and their memory with them",
    async run(tier, scale) {
      const engine = new Engine({ tier });
      const module = engine.compile(TEXT);
      const round = (n: number) => {
        for (let i = 0; i < n; i++) {
          using instance = engine.instantiate(module, { host: { call: (x: number) => x } });
          assertEquals(instance.exports.host(i), 2 * i);
          assertEquals(instance.memory().buffer.byteLength, 65536);
        }
        engine.gc();
      };
      const n = 300 * scale;
      round(n);
      const sizes = [await resident()];
      // The process also holds V8's own heap, which breathes by 5 % and 16 MiB, more while it still finds its size: what is never freed shows in each round.
      const grows = (at: number) => sizes[at] >= sizes[at - 1] * 1.05 + 16 * 2 ** 20;
      do {
        round(n);
        sizes.push(await resident());
      } while (sizes.length < 5 && grows(sizes.length - 1));
      const report = engine.gc();
      assertEquals([report.instances, report.functions], [0, 0]);
      assert(!grows(sizes.length - 1), `bytes resident round by round: ${sizes.join(", ")}`);
    },
  },
  {
    name: "host functions throw, call back in, and grow the memory",
    run(tier, scale) {
      const engine = new Engine({ tier });
      let grown = 0;
      const instance: Instance = make(engine, (x) => {
        if (x === 13) throw new RangeError("unlucky");
        if (x === 14) return instance.exports.trap(3);
        if (x === 15) {
          if (instance.memory().pages < 64) grown += instance.memory().grow(1) >= 0 ? 1 : 0;
          return x;
        }
        return x > 100 ? instance.exports.host(x - 1) : x;
      });
      for (let i = 0; i < 200 * scale; i++) {
        assertThrows(() => instance.exports.host(13), RangeError, "unlucky");
        assertThrows(() => instance.exports.host(14), Trap, "integer divide by zero");
        assertEquals(
          instance.exports.host(150),
          Array.from({ length: 50 }, (_, k) => 150 - k).reduce((a, b) => a + b) + 200,
        );
        const at = 65536 - 8;
        assertEquals(instance.exports.keep(at, 15), (77 + 0x55667788 + 2) | 0);
        assertEquals(new DataView(instance.memory().buffer).getInt32(at + 4, true), 15);
        assertThrows(() => instance.exports.host(1000), Trap, "call stack exhausted");
      }
      assertEquals(grown, Math.min(63, 200 * scale));
    },
  },
  {
    name: "functions change tiers while others run",
    run(tier, scale) {
      if (tier === "interp") return;
      const engine = new Engine({ tier });
      const tiers: TierName[] = ["interp", "jit"];
      let seed = 12345;
      const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 16;
      const instance: Instance = make(engine, (x) => {
        for (const f of instance.functions) if (!f.isHost) (f as Func).tier = tiers[random() & 1];
        return x > 0 ? instance.exports.host(x - 1) : 0;
      });
      for (let i = 0; i < 50 * scale; i++) {
        assertEquals(instance.exports.host(30), 465);
        assertThrows(() => instance.exports.deep(0), Trap, "call stack exhausted");
      }
    },
  },
  {
    name: "frames move between tiers while they recurse, throw and allocate",
    run(tier, scale) {
      const make = (options: EngineOptions, call: (x: number, instance: () => Instance) => number) => {
        const engine = new Engine({ ...options, gcMinimumBytes: 1 << 16 });
        const instance: Instance = engine.load(MOVING, { host: { call: (x: number) => call(x, () => instance) } });
        return { engine, run: instance.exports.run as (n: number) => number };
      };
      const expected = Array.from({ length: 12 }, (_, n) => make({ tier: "interp" }, (x) => x).run(n));
      const jit: EngineOptions[] = [{ tier }, { tier: "auto", callThreshold: 3, loopThreshold: 3 }, { tierZeal: true }];
      for (const options of tier === "interp" ? [{ tier }] : [...jit, { tierZeal: scale }]) {
        const random = randomNumbers(scale);
        const choices = tier === "interp" ? ["interp", "auto"] as const : ["interp", "jit", "auto"] as const;
        const { engine, run } = make(options, (x, instance) => {
          const own = instance().functions.filter((f) => !f.isHost);
          if (random() % 4 === 0) own[random() % own.length].tier = choices[random() % choices.length];
          if (random() % 64 === 0) engine.gc();
          return x;
        });
        for (let i = 0; i < 20 * scale; i++) {
          const n = random() % expected.length;
          assertEquals(run(n), expected[n]);
        }
      }
    },
  },
  {
    name: "collections in the middle of calls free what is unreachable and nothing else",
    run(tier, scale) {
      const engine = new Engine({ tier });
      const finalized = new Set<unknown>();
      const instance: Instance = make(engine, (x) => {
        engine.gc();
        return x;
      });
      for (let i = 0; i < 500 * scale; i++) {
        const value = { i };
        engine.onCollected(value, (v) => finalized.add(v));
        instance.exports.store(i & 3, value);
        instance.exports.host(1);
        assertEquals(instance.table("table").get(i & 3), value);
        assert(!finalized.has(value));
      }
      assertEquals(finalized.size, 500 * scale - 4);
    },
  },
  {
    name: "half a million objects and more live and die in a heap that stays small",
    run(tier, scale) {
      const engine = new Engine({ tier, gcMinimumBytes: 1 << 20, gcMaximumBytes: 1 << 24 });
      // A ring of 4096 places holds small and large objects that refer to one another; each lives until its place is taken.
      const { exports: { churn, sum } } = engine.load(`(module
        (rec (type $cell (struct (field $n i32) (field $bytes (ref $bytes)) (field $old (mut (ref null $cell))))) (type $bytes (array (mut i8))))
        (type $ring (array (mut (ref null $cell))))
        (global $ring (ref $ring) (array.new_default $ring (i32.const 4096)))
        (func (export "churn") (param $i i32) (param $end i32) (local $at i32) (local $old (ref null $cell))
          (loop $l
            (local.set $at (i32.and (i32.mul (local.get $i) (i32.const 0x9e3779b1)) (i32.const 4095)))
            (local.set $old (array.get $ring (global.get $ring) (local.get $at)))
            (if (i32.eqz (ref.is_null (local.get $old))) (then (struct.set $cell $old (local.get $old) (ref.null $cell))))
            (array.set $ring (global.get $ring) (local.get $at)
              (struct.new $cell (local.get $i)
                (array.new_default $bytes (select (i32.const 9000) (i32.and (local.get $i) (i32.const 255)) (i32.eqz (i32.and (local.get $i) (i32.const 4095)))))
                (local.get $old)))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $end)))))
        (func (export "sum") (result i32) (local $i i32) (local $s i32)
          (loop $l
            (local.set $s (i32.add (local.get $s) (struct.get $cell $n (array.get $ring (global.get $ring) (local.get $i)))))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4096))))
          (local.get $s)))`);
      // Two objects for each step: at the scale of `deno task stress`, 10 million.
      const step = 25_000;
      for (let i = 0; i < 250_000 * scale; i += step) {
        churn(i, i + step);
        // Every place was taken by the latest of 4096 numbers in a row.
        const end = i + step, first = end - 4096;
        assertEquals(sum(), (4096 * (first + end - 1) / 2) | 0);
        if (i % (10 * step) === 0) engine.heap.verify();
      }
      const { committedBytes } = engine.heap.spaces;
      assert(committedBytes <= 1 << 24, `${committedBytes} bytes mapped`);
    },
  },
  {
    name: "thousands of parked calls are settled in any order, and stacks come back",
    async run(tier, scale) {
      const engine = new Engine({ tier });
      const pending: { resolve: (x: number) => void; reject: (e: Error) => void }[] = [];
      const call = new Suspending(() => new Promise((resolve, reject) => pending.push({ resolve, reject })));
      const instance = engine.load(TEXT, { host: { call } });
      const stacks = () => tier === "jit" ? startNative().stacks.live : 0;
      const before = stacks();
      const random = randomNumbers(5);
      for (let round = 0; round < scale; round++) {
        const running = Array.from({ length: 2000 }, (_, i) => instance.func("keep").callAsync(8 * i, i));
        assertEquals(pending.length, running.length);
        const settled = Promise.allSettled(running);
        const left = [...pending.keys()];
        while (left.length > 0) {
          const i = left.splice(random() % left.length, 1)[0];
          if (i % 7 === 0) pending[i].reject(new Error(String(i)));
          else pending[i].resolve(i);
          if (random() % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
          if (random() % 500 === 0) engine.gc();
        }
        for (const [i, result] of (await settled).entries()) {
          if (result.status === "fulfilled") assertEquals([result.value, i % 7 > 0], [77 + 0x55667788 + 2, true]);
          else assertEquals(result.reason.message, String(i));
        }
        pending.length = 0;
        // Engines of other cases may have been forgotten meanwhile.
        assert(stacks() <= before, `${stacks()} stacks in use, before ${before}`);
      }
    },
  },
  {
    name: "executions in slices of time take turns",
    run(tier, scale) {
      const engine = new Engine({ tier });
      const instance = make(engine, (x) => x);
      const spinning = Array.from({ length: 20 }, () => instance.func("spin").start());
      for (let i = 0; i < 200 * scale; i++) {
        const execution = spinning[i % spinning.length];
        assertEquals(execution.resume({ deadlineMs: 1 }), { done: false, reason: "deadline" });
        assertEquals(execution.frames().length, 1);
        assertEquals(instance.exports.host(i), 2 * i);
      }
      for (const execution of spinning) execution.cancel();
    },
  },
  {
    name: "Workers trap and recurse at the same time",
    async run(tier, scale) {
      const workers = Array.from(
        { length: 3 },
        () => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }),
      );
      try {
        const answers = await Promise.all(workers.map((w) =>
          new Promise<unknown>((resolve, reject) => {
            w.onmessage = (e) => resolve(e.data);
            w.onerror = (e) => {
              e.preventDefault();
              reject(new Error(e.message));
            };
            w.postMessage({ text: TEXT, tier, rounds: 300 * scale });
          })
        ));
        for (const answer of answers) assertEquals(answer, 300 * scale);
      } finally {
        for (const w of workers) w.terminate();
      }
    },
  },
  ...MEMORY_CASES,
  ...WORKER_CASES,
];
