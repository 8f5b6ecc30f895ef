// What sharing_test.ts and the stress cases run in Workers with one code and one memory.

import { Engine, type EngineOptions } from "../../mod.ts";
import type { Answer, Order } from "./sharing_worker.ts";

/** Counts primes below `limit`, as long as numbers below `until` are left: Workers take some from a counter at 0 and add what they find at 8. Beside that: objects, calls through a table, exceptions and traps. */
export const SHARED_TEXT = `(module
  (memory (import "m" "m") 1 16 shared)
  (rec (type $list (sub (struct (field $next (ref null $list))))) (type $item (sub $list (struct (field (ref null $list)) (field $n i32)))))
  (type $number (func (param i32) (result i32)))
  (tag $odd (param i32))
  (table funcref (elem $isPrime $half))
  (func $isPrime (param $n i32) (result i32) (local $d i32)
    (if (i32.lt_u (local.get $n) (i32.const 2)) (then (return (i32.const 0))))
    (local.set $d (i32.const 2))
    (loop $next
      (if (i32.gt_u (i32.mul (local.get $d) (local.get $d)) (local.get $n)) (then (return (i32.const 1))))
      (if (i32.eqz (i32.rem_u (local.get $n) (local.get $d))) (then (return (i32.const 0))))
      (local.set $d (i32.add (local.get $d) (i32.const 1)))
      (br $next))
    (unreachable))
  (func $half (param i32) (result i32)
    (if (i32.and (local.get 0) (i32.const 1)) (then (throw $odd (local.get 0))))
    (i32.shr_u (local.get 0) (i32.const 1)))
  (func $work (export "work") (param $step i32) (param $until i32) (param $limit i32) (local $i i32) (local $end i32) (local $found i32)
    (loop $chunk
      (if (i32.ge_u (i32.atomic.load (i32.const 0)) (local.get $until)) (then (return)))
      (local.set $end (i32.add (local.get $step)
        (local.tee $i (i32.atomic.rmw.add (i32.const 0) (local.get $step)))))
      (if (i32.ge_u (local.get $i) (local.get $limit)) (then (return)))
      (local.set $found (i32.const 0))
      (loop $n
        (local.set $found (i32.add (local.get $found)
          (call_indirect (type $number) (local.get $i) (i32.const 0))))
        (br_if $n (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $end))))
      (drop (i32.atomic.rmw.add (i32.const 8) (local.get $found)))
      (br $chunk)))
  (func (export "objects") (param $n i32) (result i32) (local $l (ref null $list)) (local $sum i32)
    (loop $more
      (local.set $l (struct.new $item (local.get $l) (block $caught (result i32)
        (try_table (catch $odd $caught) (return_call $end (call_indirect (type $number) (local.get $n) (i32.const 1)) (local.get $n)
          (struct.new $item (local.get $l) (i32.const 1)))) (unreachable))))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (unreachable))
  (func $end (param i32 i32 (ref $list)) (result i32)
    (i32.add (i32.add (local.get 0) (local.get 1)) (struct.get $item $n (ref.cast (ref $item) (local.get 2)))))
  (func $inner (param i32) (result i32) (i32.load (i32.add (local.get 0) (i32.const 0x7fff0000))))
  (func (export "load") (param i32) (result i32) (i32.add (i32.const 1) (call $inner (local.get 0))))
  (func (export "divide") (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 0)))
  (func $deep (export "deep") (param i32) (result i32) (i32.add (i32.const 1) (call $deep (local.get 0))))
  (func (export "unreachable") (param i32) (unreachable))
  (func (export "throw") (param i32) (throw $odd (local.get 0))))`;

/** How many primes there are below `limit`. */
export function primesBelow(limit: number): number {
  let count = 0;
  for (let n = 2; n < limit; n++) {
    let d = 2;
    while (d * d <= n && n % d !== 0) d++;
    if (d * d > n) count++;
  }
  return count;
}

/** Gives a Worker its order; `close` ends it. */
export function startSharing(order: Order): { answer: Promise<Answer>; close: () => void } {
  const worker = new Worker(new URL("sharing_worker.ts", import.meta.url), { type: "module" });
  const answer = new Promise<Answer>((resolve, reject) => {
    worker.onmessage = (e) => resolve(e.data);
    worker.onerror = (e) => {
      e.preventDefault();
      reject(new Error(e.message));
    };
    worker.postMessage(order);
  });
  return { answer, close: () => worker.terminate() };
}

/** Counts primes in so many Workers with one code and one memory; gives how many they found, and their answers. */
export async function countInWorkers(options: EngineOptions, workers: number, limit: number, traps: number) {
  const engine = new Engine({ ...options, features: { threads: true } });
  const module = engine.compile(SHARED_TEXT), shared = engine.share(module);
  const memory = engine.memory({ minimum: 1, maximum: 16, shared: true });
  const all = Array.from({ length: workers }, (_, types) =>
    startSharing({
      module: shared,
      memory: memory.share(),
      options: { ...options, features: { threads: true } },
      types,
      limit,
      traps,
    }));
  try {
    const answers = await Promise.all(all.map((w) => w.answer));
    return { engine, module, answers, found: memory.get("i32", 8) };
  } finally {
    for (const { close } of all) close();
  }
}
