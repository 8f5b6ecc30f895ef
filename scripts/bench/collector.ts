// The collector against V8's, in one process: time of whole programs, allocation rate, a full collection of a large heap, pauses. Gives rows.
// Pauses are seen from outside, in the same way for both: one program runs in many short calls, and what a call takes beyond the median is a pause.

import v8 from "node:v8";
import vm from "node:vm";
import { Engine } from "../../mod.ts";
import { assemble } from "../../src/engine/pipeline.ts";

/** Structures of 16 bytes in trees, of 32 in lists, arrays of references. */
const PROGRAM = `(module
  (rec (type $node (struct (field $left (ref null $node)) (field $right (ref null $node)))))
  (rec (type $cell (struct (field $next (mut (ref null $cell))) (field $key i64) (field $value (mut f64)))))
  (type $cells (array (mut (ref null $cell))))
  (global $kept (mut (ref null $node)) (ref.null $node))
  (global $list (mut (ref null $cell)) (ref.null $cell))
  (global $map (mut (ref null $cells)) (ref.null $cells))
  (func $make (param $depth i32) (result (ref $node))
    (if (i32.eqz (local.get $depth)) (then (return (struct.new_default $node))))
    (struct.new $node (call $make (i32.sub (local.get $depth) (i32.const 1))) (call $make (i32.sub (local.get $depth) (i32.const 1)))))
  (func $count (param $tree (ref null $node)) (result i32)
    (if (ref.is_null (local.get $tree)) (then (return (i32.const 0))))
    (i32.add (i32.const 1) (i32.add (call $count (struct.get $node $left (local.get $tree))) (call $count (struct.get $node $right (local.get $tree))))))
  (func (export "keep") (param $depth i32) (global.set $kept (call $make (local.get $depth))))
  (func (export "drop") (global.set $kept (ref.null $node)) (global.set $list (ref.null $cell)) (global.set $map (ref.null $cells)))
  (func (export "trees") (param $depth i32) (param $times i32) (result i32) (local $n i32)
    (loop $again
      (local.set $n (i32.add (local.get $n) (call $count (call $make (local.get $depth)))))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (local.get $n))
  (func (export "garbage") (param $n i32) (result i32)
    (loop $again
      (global.set $kept (struct.new_default $node))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.const 0))
  (func (export "list") (param $n i32) (result i32) (local $cell (ref null $cell)) (local $sum f64)
    (global.set $list (ref.null $cell))
    (loop $again
      (global.set $list (struct.new $cell (global.get $list) (i64.extend_i32_u (local.get $n)) (f64.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.set $cell (global.get $list))
    (block $end (loop $walk
      (br_if $end (ref.is_null (local.get $cell)))
      (local.set $sum (f64.add (local.get $sum) (struct.get $cell $value (local.get $cell))))
      (local.set $cell (struct.get $cell $next (local.get $cell)))
      (br $walk)))
    (i32.trunc_f64_s (local.get $sum)))
  (func (export "map") (param $n i32) (result i32) (local $slots (ref null $cells)) (local $h i32) (local $i i32)
    (if (ref.is_null (global.get $map)) (then (global.set $map (array.new_default $cells (i32.const 65536)))))
    (local.set $slots (global.get $map))
    (loop $again
      (local.set $h (i32.shr_u (i32.mul (local.get $i) (i32.const 0x9e3779b1)) (i32.const 16)))
      (array.set $cells (local.get $slots) (local.get $h)
        (struct.new $cell
          (if (result (ref null $cell)) (i32.and (local.get $i) (i32.const 3))
            (then (array.get $cells (local.get $slots) (local.get $h))) (else (ref.null $cell)))
          (i64.extend_i32_u (local.get $i)) (f64.const 1)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $h)))`;

/** What was measured of one program: milliseconds, or what `unit` says. */
export interface CollectorRow {
  readonly program: string;
  readonly unit: string;
  readonly jit: number;
  readonly v8: number;
}

type Exports = Record<"keep" | "drop" | "trees" | "garbage" | "list" | "map", (...args: number[]) => number>;

const median = (list: readonly number[]) => list.toSorted((a, b) => a - b)[list.length >> 1];

/** Two sides that take turns. */
interface Sides<T> {
  readonly jit: T;
  readonly v8: T;
}

/** Runs programs and collections on both sides in turns; `rounds` each, of which the median counts. */
export function collectorRows(rounds: number): CollectorRow[] {
  v8.setFlagsFromString("--expose-gc");
  const collectV8 = vm.runInNewContext("gc") as () => void;
  const bytes = assemble(PROGRAM);
  const engine = new Engine({ tier: "jit" });
  const sides: Sides<Exports> = {
    jit: engine.load(bytes).exports as unknown as Exports,
    v8: new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource)).exports as unknown as Exports,
  };
  const collect: Sides<() => void> = { jit: () => void engine.gc(), v8: collectV8 };
  const rows: CollectorRow[] = [];
  const settle = () => {
    for (const side of ["jit", "v8"] as const) {
      sides[side].drop();
      collect[side]();
    }
  };
  const timed = (f: () => unknown) => {
    const began = performance.now();
    f();
    return performance.now() - began;
  };
  const both = (program: string, unit: string, run: (side: "jit" | "v8") => number) => {
    const times = { jit: [] as number[], v8: [] as number[] };
    for (let r = 0; r < rounds; r++) for (const side of ["jit", "v8"] as const) times[side].push(run(side));
    rows.push({ program, unit, jit: median(times.jit), v8: median(times.v8) });
    settle();
  };
  for (const side of ["jit", "v8"] as const) {
    sides[side].trees(8, 2000);
    sides[side].list(100_000);
    sides[side].map(100_000);
    sides[side].garbage(3_000_000);
  }
  settle();
  both("10 million objects that die at once", "million/s", (s) => 10_000 / timed(() => sides[s].garbage(10_000_000)));
  both("trees of depth 12, 600 times", "ms", (s) => timed(() => sides[s].trees(12, 600)));
  for (const side of ["jit", "v8"] as const) sides[side].keep(18);
  both("the same beside 8 MiB that stay", "ms", (s) => timed(() => sides[s].trees(12, 600)));
  both("a list of 2 million", "ms", (s) => timed(() => sides[s].list(2_000_000)));
  both("a hash map, 4 million inserts", "ms", (s) => timed(() => sides[s].map(4_000_000)));
  // 2^24 nodes of 16 bytes here; V8's have 12.
  for (const side of ["jit", "v8"] as const) sides[side].keep(23);
  both("full collection, 256 MiB live", "ms", (s) => timed(collect[s]));
  for (const side of ["jit", "v8"] as const) sides[side].keep(20);
  const calls: Record<"jit" | "v8", number[]> = { jit: [], v8: [] };
  for (const side of ["jit", "v8"] as const) {
    for (let i = 0; i < 4000; i++) calls[side].push(timed(() => sides[side].trees(10, 4)));
  }
  const pause = (list: number[], share: number) => {
    const sorted = list.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] - median(list);
  };
  for (const [name, share] of [["longest", 1], ["99.9th percentile", 0.999], ["99th percentile", 0.99]] as const) {
    rows.push({
      program: `pause beside 32 MiB that stay, ${name}`,
      unit: "ms",
      jit: pause(calls.jit, share),
      v8: pause(calls.v8, share),
    });
  }
  const total = (list: number[]) => list.reduce((a, b) => a + b, 0);
  rows.push({ program: "all of these calls", unit: "ms", jit: total(calls.jit), v8: total(calls.v8) });
  settle();
  return rows;
}
