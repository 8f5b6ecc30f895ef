// Counters in every tier: the same counts as an independent one by single steps, with traps, exceptions, recursion and tail calls; switching them on and off while code runs.

import { assert, assertEquals } from "@std/assert";
import type { EngineOptions } from "../../src/engine/config.ts";
import { Context } from "../../src/engine/context.ts";
import type { CountRequest } from "../../src/engine/counting.ts";
import { assemble } from "../../src/engine/pipeline.ts";
import { type InterpreterTier, Thread } from "../../src/interp/thread.ts";
import { STOPPED } from "../../src/interp/run.ts";

import type { WasmInstance } from "../../src/runtime/instance.ts";
import type { WasmFunc } from "../../src/runtime/func.ts";
import type { RunStatus } from "../../src/runtime/tier.ts";
import { isConditional } from "../../src/validate/count_plan.ts";
import { Trap } from "../../src/wasm/errors.ts";
import { BR_TABLE, opInfo } from "../../src/wasm/opcodes.ts";
import { BytecodeReader } from "../../src/bytecode/reader.ts";
import { generateModule } from "../jit/generate.ts";
import { testNative } from "../skip.ts";
import { ENGINES } from "../debug/tiers.ts";

const FEATURES = { threads: true, "wide-arithmetic": true, "custom-page-sizes": true };
function hostFor(context: Context) {
  return (_: unknown, valid: WasmInstance["valid"], i: number) =>
    context.store.addHostFunc(
      valid.module.canonical[valid.module.funcs[i].typeIndex],
      ((a: number, b: bigint) => BigInt.asIntN(64, BigInt(b ?? 0n) * 3n + BigInt(a ?? 0))) as never,
      "host",
    );
}

function load(options: EngineOptions, bytes: Uint8Array): { context: Context; instance: WasmInstance } {
  const context = new Context({ features: FEATURES, ...options });
  const valid = context.compile(bytes);
  const host = hostFor(context);
  let imported = 0;
  const instance = context.instantiate(valid, (i) => host(i, valid, imported++));
  return { context, instance };
}

/** Counts instructions by their offsets from now on, step by step. */
function countSteps(context: Context): Map<number, number> {
  const counts = new Map<number, number>();
  class SteppedThread extends Thread {
    override run(): RunStatus {
      for (;;) {
        counts.set(this.offset, (counts.get(this.offset) ?? 0) + 1);
        const status = this.step();
        if (status !== STOPPED) return status;
      }
    }
  }
  context.store.interp.newThread = () => new SteppedThread(context.store, context.store.interp as InterpreterTier);
  return counts;
}

function run(context: Context, instance: WasmInstance, name: string, args: readonly unknown[]): unknown {
  try {
    return context.caller.call(instance.exports.get(name) as WasmFunc, args);
  } catch (e) {
    if (e instanceof Trap) return e.kind;
    return String(e);
  }
}

function ownFunctions({ module, funcs }: WasmInstance): WasmFunc[] {
  return funcs.slice(module.importedFuncs);
}

function countAll(context: Context, instance: WasmInstance): CountRequest[] {
  return ownFunctions(instance).map((f) =>
    context.counting.start(instance.valid, f.index, { entry: true, branches: true, instructions: true })
  );
}

/** Counts by offset, those of 0 left out. */
function countsOf(requests: CountRequest[]): [number, number][] {
  return requests.flatMap((r) => r.instructions()).filter((i) => i.count !== 0).map((i) => [i.offset, i.count]);
}

type Calls = readonly (readonly [string, readonly unknown[]])[];

function check(bytes: Uint8Array, calls: Calls, what: string): void {
  const oracle = load({ tier: "interp" }, bytes);
  const plain = calls.map(([name, args]) => run(oracle.context, oracle.instance, name, args));
  const stepped = load({ tier: "interp" }, bytes);
  const steps = countSteps(stepped.context);
  for (const [name, args] of calls) run(stepped.context, stepped.instance, name, args);
  const expected = [...steps].sort((a, b) => a[0] - b[0]);
  let branches: unknown;
  for (const [tier, options] of Object.entries(ENGINES)) {
    const { context, instance } = load(options, bytes);
    const requests = countAll(context, instance);
    const results = calls.map(([name, args]) => run(context, instance, name, args));
    assertEquals(results, plain, `${what}, ${tier}: results`);
    assertEquals(countsOf(requests), expected, `${what}, ${tier}: counts`);
    const edges = requests.flatMap((r) => r.branches());
    branches ??= edges;
    assertEquals(edges, branches, `${what}, ${tier}: branches`);
    for (const { offset, counts } of edges) {
      const r = new BytecodeReader(bytes, offset), code = r.next();
      assert(isConditional(code) || code === BR_TABLE, opInfo(code)?.name);
      const sum = counts.reduce((a, b) => a + b, 0);
      assertEquals(sum, steps.get(offset) ?? 0, `${what}, ${tier}: edges of ${r.info.name} at ${offset}`);
    }
  }
}

Deno.test("random programs are counted in every tier as single steps count them", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const bytes = generateModule(seed, 1, { is64: false, shared: false, pageSizeLog2: 16, more: true });
    check(bytes, [["run", [1, 2n, 1.5, -2.25]], ["run", [-1, -(1n << 63n), NaN, 1e18]]], `seed ${seed}`);
  }
});

const CONTROL = `(module
  (tag $e (param i32))
  (type $s (struct (field i32)))
  (func $recurse (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1))
      (else (i32.mul (local.get 0) (call $recurse (i32.sub (local.get 0) (i32.const 1)))))))
  (func (export "factorial") (param i32) (result i32) (call $recurse (local.get 0)))
  (func $deep (export "deep") (call $deep))
  (func (export "first") (param i32) (result i32)
    (local.get 0)
    (loop (param i32) (result i32) (br_if 0 (i32.eqz (i32.eqz (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      ) (return)))
  (func (export "table") (param i32) (result i32)
    (block (block (block (br_table 0 1 2 0 1 2 (local.get 0)))
      (return (i32.const 10))) (return (i32.const 20)))
    (i32.const 30))
  (func (export "leave") (param i32) (block (br_table 0 1 0 (local.get 0))) (nop))
  (func (export "trap") (param i32) (result i32)
    (i32.add (i32.const 1) (i32.div_s (i32.const 10) (local.get 0))))
  (func $thrower (param i32) (if (local.get 0) (then (throw $e (local.get 0)))))
  (func (export "catch") (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $e $h) (call $thrower (local.get 0)) (nop))
      (i32.const -1)))
  (func (export "out") (param i32) (call $thrower (local.get 0)) (nop) (nop))
  (func $even (param i32) (result i32) (if (result i32) (local.get 0)
    (then (return_call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
  (func $odd (param i32) (result i32) (if (result i32) (local.get 0)
    (then (return_call $even (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0))))
  (func (export "even") (param i32) (result i32) (call $even (local.get 0)))
  (func $tail (param i32) (result i32) (return_call $even (local.get 0)))
  (func (export "tail") (param i32) (result i32) (call $tail (local.get 0)))
  (func (export "casts") (param i32) (result i32) (local $r anyref)
    (if (local.get 0) (then (local.set $r (struct.new $s (local.get 0)))))
    (block $null (block $cast (result (ref $s))
      (br_on_cast $cast anyref (ref $s) (br_on_null $null (local.get $r)))
      (return (i32.const 3)))
      (return (struct.get $s 0)))
    (block $n (result (ref any)) (br_on_non_null $n (local.get $r)) (return (i32.const 4)))
    (drop) (i32.const 5))
  (func (export "blocks") (param i32) (result i32)
    (block (block (block (block (br_if 3 (local.get 0)) (br_if 0 (local.get 0))))))
    (loop (loop (br_if 1 (local.tee 0 (i32.shr_u (local.get 0) (i32.const 1))))))
    (local.get 0)))`;

Deno.test("control of every kind is counted in every tier as single steps count it", () => {
  const calls: Calls = [
    ["factorial", [6]],
    ["first", [5]],
    ...[0, 1, 2, 3, 4, 5, 6, -1].map((n) => ["table", [n]] as const),
    ...[0, 1, 2].map((n) => ["leave", [n]] as const),
    ["trap", [2]],
    ["trap", [0]],
    ["catch", [0]],
    ["catch", [7]],
    ["out", [7]],
    ["out", [0]],
    ["even", [7]],
    ["tail", [4]],
    ["casts", [0]],
    ["casts", [9]],
    ["blocks", [77]],
  ];
  check(assemble(CONTROL), calls, "control");
});

Deno.test("a call stack that is exhausted is counted, too", () => {
  for (const [tier, options] of Object.entries(ENGINES)) {
    const { context, instance } = load(options, assemble(CONTROL));
    const [request] = countAll(context, instance).filter((r) =>
      instance.funcs[r.index] === instance.exports.get("deep")
    );
    assertEquals(run(context, instance, "deep", []), "call-stack-exhausted", tier);
    assert(request.calls > 1000, `${tier}: ${request.calls}`);
    assertEquals(request.instructions().map((i) => i.count), [request.calls, 0], tier);
  }
});

testNative(
  "without counters the code is the same bytes as before, and with them it goes on there at a safepoint",
  () => {
    const { context, instance } = load({ tier: "jit" }, assemble(CONTROL));
    const { valid } = instance;
    const func = ownFunctions(instance)[0];
    const jit = context.jit!;
    assertEquals(run(context, instance, "factorial", [5]), 120);
    const before = jit.installed(valid, func.index);
    const request = context.counting.start(valid, func.index, { branches: true });
    assert(jit.installed(valid, func.index).start !== before.start);
    assertEquals(run(context, instance, "factorial", [5]), 120);
    assertEquals(request.branches().map((b) => b.counts), [[1, 5]]);
    request.stop();
    assertEquals(jit.installed(valid, func.index), before);
    assertEquals(jit.compile(valid, func.index).bytes, before.code.bytes);
    assertEquals(run(context, instance, "factorial", [5]), 120);
  },
);

Deno.test("counting begins and ends while the function runs", () => {
  const text = `(module (import "h" "f" (func $f (param i32)))
    (func (export "run") (param i32) (result i32) (local i32)
      (loop
        (call $f (local.get 1))
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (br_if 0 (i32.lt_s (local.get 1) (local.get 0))))
      (local.get 1)))`;
  for (const [tier, options] of Object.entries(ENGINES)) {
    const context = new Context({ ...options });
    const valid = context.compile(assemble(text));
    let request: CountRequest | undefined;
    const seen: number[][] = [];
    const { store } = context;
    const host = (n: number) => {
      if (n === 10) request = context.counting.start(valid, 1, { branches: true, instructions: true });
      if (n === 30) {
        seen.push(...request!.branches().map((b) => [...b.counts]));
        request!.stop();
      }
    };
    const instance = context.instantiate(
      valid,
      () => store.addHostFunc(valid.module.canonical[0], host as never, "f"),
    );
    assertEquals(run(context, instance, "run", [50]), 50, tier);
    assertEquals(seen, [[20, 0]], tier);
  }
});
