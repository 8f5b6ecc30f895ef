// What watching costs in tier `jit`: kernels without a probe, after one was detached, with counters of calls, branches and instructions, and with traced calls;
// rounds are interleaved, and each figure is the least processor time against the least of the plain runs, since other work on the machine only makes runs slower.

import process from "node:process";
import { Engine, type Instance } from "../../mod.ts";
import { type Kernel, loadKernels } from "./kernels.ts";

/** Begins to watch; gives what ends it. */
type Watch = (instance: Instance) => { [Symbol.dispose](): void };

const WAYS: Record<string, Watch> = {
  "none": () => ({ [Symbol.dispose]() {} }),
  "detached": (instance) => {
    instance.probe({ at: "instruction" }, () => {}).detach();
    instance.probe({ at: "branch" }).detach();
    return { [Symbol.dispose]() {} };
  },
  "functions counted": (instance) => instance.probe({ at: "enter" }),
  "branches counted": (instance) => watchSome(instance, "branch"),
  "instructions counted": (instance) => {
    const profiling = instance.profile({ exact: true });
    return { [Symbol.dispose]: () => void profiling.end() };
  },
  "sampled": (instance) => {
    const profiling = instance.profile();
    return { [Symbol.dispose]: () => void profiling.end() };
  },
};
/** Traced calls are slower by orders of magnitude: they are timed with this part of a kernel's work, in their own unit. */
const TRACED_CALLS = 20_000;

function watchSome(instance: Instance, at: "branch"): { [Symbol.dispose](): void } {
  try {
    return instance.probe({ at });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { [Symbol.dispose]() {} };
  }
}

const median = (list: number[]) => list.toSorted((a, b) => a - b)[list.length >> 1];

function time(engine: Engine, module: ReturnType<Engine["compile"]>, kernel: Kernel, watch: Watch): number {
  const instance = engine.instantiate(module), { run } = instance.exports;
  using _watching = watch(instance);
  // Once before, so that compiling is not measured.
  run(1);
  const began = process.cpuUsage();
  run(kernel.n);
  const { user, system } = process.cpuUsage(began);
  instance.dispose();
  return (user + system) / 1000;
}

/** Rows with a kernel's name, its plain milliseconds, and the slowdown in each way; then nanoseconds for each call that is traced. */
export async function probeCosts(rounds: number): Promise<Record<string, number | string>[]> {
  if (Engine.nativeUnavailable !== undefined) return [];
  const rows: Record<string, number | string>[] = [];
  for (const kernel of await loadKernels()) {
    const engine = new Engine({ tier: "jit" }), module = engine.compile(kernel.bytes);
    const best = new Map<string, number>();
    let plain = Infinity;
    for (let round = 0; round < rounds; round++) {
      plain = Math.min(plain, time(engine, module, kernel, WAYS.none));
      for (const [way, watch] of Object.entries(WAYS)) {
        best.set(way, Math.min(best.get(way) ?? Infinity, time(engine, module, kernel, watch)));
      }
    }
    const slower = [...best].map(([way, ms]) => [way, ms / plain]);
    rows.push({ kernel: kernel.name, ms: plain, ...Object.fromEntries(slower) });
  }
  rows.push(tracedCalls());
  return rows;
}

/** A call with its result, traced without writing it anywhere. */
function tracedCalls(): Record<string, number | string> {
  const instance = new Engine({ tier: "jit" }).load(`(module (func $f (param i32) (result i32) (local.get 0))
    (func (export "run") (param i32) (loop $l (drop (call $f (local.get 0)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`);
  const { run } = instance.exports;
  run(TRACED_CALLS);
  const times = Array.from({ length: 5 }, () => {
    using _tracing = instance.trace({ what: ["calls"], functions: "f" }, () => {});
    const began = performance.now();
    run(TRACED_CALLS);
    return performance.now() - began;
  });
  return { kernel: "a traced call and its return", ns: 1e6 * median(times) / TRACED_CALLS };
}

if (import.meta.main) {
  for (const row of await probeCosts(Number(Deno.args[0] ?? 5))) {
    console.log(Object.entries(row).map(([k, v]) => typeof v === "number" ? `${k} ${v.toFixed(2)}` : v).join("  "));
  }
}
