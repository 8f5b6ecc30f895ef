// What linear memories cost: instances that take one from the pool, growth by a page at several sizes, rights and watched places. In microseconds, medians.

import { Engine, type TierName } from "../../mod.ts";

const PAGES = 32_768;
const TEXT = `(module (memory (export "m") 1 ${PAGES + 64})
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "loads") (param $at i32) (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))`;

const median = (list: number[]) => list.toSorted((a, b) => a - b)[list.length >> 1];

/** Microseconds of one of `n` repetitions. */
function per(n: number, body: () => void): number {
  const began = performance.now();
  body();
  return (performance.now() - began) * 1000 / n;
}

type Exports = Record<string, (...args: number[]) => number>;

/** Growth by one page, when the memory has about `pages` already. */
function growth(make: () => Exports, pages: number): number {
  return median(Array.from({ length: 7 }, () => {
    const { grow } = make();
    const rest = pages - grow(0);
    if (rest > 0) grow(rest);
    return per(50, () => {
      for (let i = 0; i < 50; i++) if (grow(1) < 0) throw new Error("the memory did not grow");
    });
  }));
}

function instances(n: number, make: () => unknown, dispose: (made: unknown[]) => void): number {
  return median(Array.from({ length: 15 }, () => {
    const made: unknown[] = [];
    const time = per(n, () => {
      for (let i = 0; i < n; i++) made.push(make());
    });
    dispose(made);
    return time;
  }));
}

/** A row per tier, and one for V8. */
export function memoryCosts(tiers: readonly TierName[]): Record<string, number | string>[] {
  const rows: Record<string, number | string>[] = tiers.map((tier) => {
    const engine = new Engine({ tier });
    const module = engine.compile(TEXT);
    const make = () => engine.instantiate(module);
    const dispose = (made: unknown[]) => {
      for (const instance of made as ReturnType<typeof make>[]) instance.dispose();
      engine.gc();
    };
    const exportsOf = () => make().exports as Exports;
    const pooled = instances(100, make, dispose);
    const kept = Array.from({ length: 300 }, make);
    const fresh = instances(100, make, () => {});
    dispose(kept);
    const instance = make(), memory = instance.memory("m"), { loads } = instance.exports;
    const n = tier === "interp" ? 20_000 : 1_000_000;
    const load = (at: number, n: number) => {
      loads(at, n);
      return median(Array.from({ length: 5 }, () => per(n, () => void loads(at, n))));
    };
    const before = load(20_000, n);
    memory.protect(4096, 4100, { read: true });
    const elsewhere = load(20_000, n);
    memory.protect(4096, 4100, {});
    const border = load(4200, 2000);
    const change = median(Array.from({ length: 9 }, () =>
      per(200, () => {
        for (let i = 0; i < 100; i++) {
          memory.protect(8192, 12288, { read: true });
          memory.protect(8192, 12288, { read: true, write: true, execute: true });
        }
      })));
    memory.unprotect();
    return {
      tier,
      "instance, pooled": pooled,
      "instance, new": fresh,
      "grow at 1": growth(exportsOf, 1),
      "at 1000": growth(exportsOf, 1000),
      [`at ${PAGES}`]: growth(exportsOf, PAGES),
      "protect a page": change,
      "load": before,
      "with a region elsewhere": elsewhere,
      "in a page with a border": border,
    };
  });
  const module = new WebAssembly.Module(new Engine({ tier: "interp" }).compile(TEXT).bytes as BufferSource);
  const make = () => new WebAssembly.Instance(module);
  const exportsOf = () => make().exports as unknown as Exports;
  rows.push({
    tier: "v8",
    "instance, new": instances(100, make, () => {}),
    "grow at 1": growth(exportsOf, 1),
    "at 1000": growth(exportsOf, 1000),
    [`at ${PAGES}`]: growth(exportsOf, PAGES),
  });
  return rows;
}
