// Probes in every tier: what they are told, what they count, that the program does the same with them as without, and what happens when they throw, re-enter or detach themselves.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Engine, type EngineOptions, type Instance, type Probe, ProbeError, type ProbeEvent, Trap } from "../../mod.ts";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { featureSet } from "../../src/wasm/features.ts";
import { generateModule, random } from "../jit/generate.ts";
import { ENGINES } from "./tiers.ts";

function inTiers(test: (engine: Engine, tier: string) => void): void {
  for (const [tier, options] of Object.entries(ENGINES)) test(new Engine(options), tier);
}

const PROGRAM = `(module
  (import "host" "f" (func $host (param i32)))
  (memory (export "memory") 1)
  (func $square (param $x i32) (result i32) (i32.mul (local.get $x) (local.get $x)))
  (func (export "sum") (param $n i32) (result i32) (local $i i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (local.get $s) (call $square (local.get $i))))
      (i32.store offset=16 (i32.mul (local.get $i) (i32.const 4)) (local.get $s))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $s))
  (func (export "calls") (param i32) (result i32) (call $host (local.get 0)) (call $square (local.get 0)))
  (func (export "classify") (param i32) (result i32)
    (block (block (block (br_table 0 1 2 (local.get 0)))
      (return (i32.const 100))) (return (i32.const 200))) (i32.const 300))
  (func (export "load") (param i32) (result i64 f64 i32)
    (i64.load16_s (local.get 0)) (f64.load offset=8 (local.get 0)) (i32.load8_u (local.get 0)))
  (func (export "copy") (memory.copy (i32.const 64) (i32.const 0) (i32.const 4))
    (memory.fill (i32.const 80) (i32.const 7) (i32.const 3)))
  (func (export "vector") (param i32) (v128.store (local.get 0) (v128.const i32x4 1 2 3 4)))
  (func $down (export "down") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (return_call $down (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 42)))))`;

function load(engine: Engine, host: (n: number) => void = () => {}): Instance {
  return engine.load(PROGRAM, { host: { f: host } });
}

Deno.test("enter and exit are told with arguments, results and frames", () => {
  inTiers((engine, tier) => {
    const instance = load(engine), seen: unknown[] = [];
    instance.probe({ at: "enter", functions: "square" }, (e) => seen.push(["enter", e.name, e.args]));
    instance.probe({ at: "exit", functions: "square" }, (e) => seen.push(["exit", e.name, e.results]));
    assertEquals(instance.exports.sum(3), 5, tier);
    const expected = [0, 1, 2].flatMap((n) => [["enter", "square", [n]], ["exit", "square", [n * n]]]);
    assertEquals(seen, expected, tier);
    assertEquals(instance.func("square").tier, "interp");
    if (tier === "jit") {
      assertEquals(instance.func("sum").tier, "jit");
      assertEquals(instance.func("square").tierReason, "it is kept in interp for a probe");
    }
  });
});

Deno.test("instructions are told with operands, stack and locals", () => {
  inTiers((engine, tier) => {
    const instance = load(engine), seen: unknown[] = [];
    const probe = instance.probe({ at: "instruction", functions: "sum", opcodes: "i32.add" }, (e) => {
      seen.push([e.opcode, e.operands, e.stack, e.locals]);
    });
    assertEquals(probe.sites, 2);
    instance.exports.sum(2);
    assertEquals(seen, [
      ["i32.add", [0, 0], [0, 0], [2, 0, 0]],
      ["i32.add", [0, 1], [0, 1], [2, 0, 0]],
      ["i32.add", [0, 1], [0, 1], [2, 1, 0]],
      ["i32.add", [1, 1], [1, 1], [2, 1, 1]],
    ], tier);
    assertEquals(probe.hits, 4);
  });
});

Deno.test("branches are told with the way that they go", () => {
  inTiers((engine, tier) => {
    const instance = load(engine), seen: unknown[] = [];
    instance.probe({ at: "branch" }, (e) => seen.push([e.opcode, e.taken]));
    instance.exports.sum(2);
    for (const n of [0, 1, 7]) instance.exports.classify(n);
    instance.exports.down(1);
    const expected = [["br_if", true], ["br_if", false], ["br_table", 0], ["br_table", 1], ["br_table", 2]];
    assertEquals(seen, [...expected, ["if", true], ["if", false]], tier);
  });
});

Deno.test("accesses to memory are told with address, bytes and value, all or those to a range", () => {
  inTiers((engine, tier) => {
    const instance = load(engine), all: unknown[] = [], few: unknown[] = [];
    new DataView(instance.memory().buffer).setInt16(2, -2, true);
    new DataView(instance.memory().buffer).setFloat64(10, 1.5, true);
    const show = ({ accesses }: ProbeEvent) => accesses.map((a) => [a.kind, a.address, a.bytes, a.value]);
    instance.probe({ at: "memory" }, (e) => all.push(...show(e)));
    instance.probe({ at: "memory", addresses: [64, 68] }, (e) => few.push(...show(e)));
    assertEquals(instance.exports.load(2), [-2n, 1.5, 254]);
    instance.exports.copy();
    instance.exports.vector(100);
    assertEquals(all, [
      ["load", 2, 2, -2n],
      ["load", 10, 8, 1.5],
      ["load", 2, 1, 254],
      ["load", 0, 4, Uint8Array.of(0, 0, 254, 255)],
      ["store", 64, 4, undefined],
      ["store", 80, 3, 7],
      ["store", 100, 16, new Uint8Array(Int32Array.of(1, 2, 3, 4).buffer)],
    ], tier);
    assertEquals(few, [["load", 0, 4, Uint8Array.of(0, 0, 254, 255)], ["store", 64, 4, undefined]], tier);
    assertThrows(() => instance.exports.load(65530), Trap, "out of bounds memory access");
    assertEquals(all.slice(-2).map((x) => (x as unknown[])[3]), [0n, undefined], tier);
  });
});

Deno.test("without a listener a probe counts, in the tier where the function runs", () => {
  inTiers((engine, tier) => {
    const instance = load(engine), before = instance.func("sum").tier;
    const enter = instance.probe({ at: "enter", functions: ["sum", /^squ/] });
    const branch = instance.probe({ at: "branch", functions: "sum" });
    const muls = instance.probe({ at: "instruction", opcodes: "i32.mul" });
    instance.exports.sum(10);
    instance.exports.sum(5);
    // Code in JavaScript does not count: such functions are counted in interp.
    if (tier !== "live" && tier !== "js") assertEquals(instance.func("sum").tier, before);
    assertEquals(enter.counts.map((c) => [c.name, c.count]), [["square", 15], ["sum", 2]], tier);
    assertEquals(branch.counts.map((c) => [c.opcode, c.ways]), [["br_if", [13, 2]]], tier);
    assertEquals(muls.counts.map((c) => [c.name, c.count]), [["square", 15], ["sum", 15]], tier);
    assertEquals(muls.hits, 30);
    for (const probe of [enter, branch, muls]) probe.detach();
    instance.exports.sum(10);
    assertEquals([enter.hits, branch.hits, muls.hits], [17, 15, 30], tier);
  });
});

Deno.test("probes come and go while the program runs, in its host functions and in themselves", () => {
  inTiers((engine, tier) => {
    const seen: string[] = [];
    let probe: Probe | undefined;
    const instance = load(engine, (n) => {
      if (n === 1) {
        probe = instance.probe({ at: "enter", functions: "square" }, (e) => {
          seen.push(`square ${e.args}`);
          if (seen.length === 2) probe!.detach();
        });
      }
    });
    const before = instance.func("square").tier;
    for (let n = 0; n < 5; n++) assertEquals(instance.exports.calls(n), n * n, tier);
    assertEquals(seen, ["square 1", "square 2"], tier);
    if (tier !== "live") assertEquals(instance.func("square").tier, before, tier);
    probe!.detach();
  });
});

Deno.test("a probe that throws ends the call with its error, and the next call runs", () => {
  inTiers((engine, tier) => {
    const instance = engine.load(`(module
      (func $f (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
      (func (export "run") (param i32) (result i32)
        (block (try_table (catch_all 0) (return (call $f (local.get 0))))) (i32.const -1)))`);
    let angry = true;
    instance.probe({ at: "instruction", functions: 0, opcodes: "i32.add" }, () => {
      if (angry) throw new RangeError("no more");
    });
    const error = assertThrows(() => instance.exports.run(1), ProbeError, "RangeError: no more", tier);
    assert(error.cause instanceof RangeError);
    angry = false;
    assertEquals(instance.exports.run(1), 2, tier);
  });
});

Deno.test("a probe may call the program that it looks at", () => {
  inTiers((engine, tier) => {
    const instance = load(engine), seen: unknown[] = [];
    instance.probe({ at: "exit", functions: "square" }, (e) => {
      seen.push(e.results[0]);
      if ((e.results[0] as number) > 1) seen.push(`sum ${instance.exports.sum(2)}`);
    });
    assertEquals(instance.exports.calls(3), 9, tier);
    assertEquals(seen, [9, 0, 1, "sum 1"], tier);
  });
});

Deno.test("what a probe was shown cannot be read once the program has gone on", () => {
  const instance = load(new Engine());
  let kept: ProbeEvent | undefined;
  instance.probe({ at: "enter", functions: "square" }, (e) => kept = e);
  instance.exports.sum(1);
  assertThrows(() => kept!.args, Error, "the program has gone on");
  assertEquals(kept!.name, "square");
});

Deno.test("a loop that is looked at can be interrupted, and takes its fuel", () => {
  const text = `(module (func (export "forever") (loop (br 0))))`;
  for (const opcodes of ["br", "loop"]) {
    const metered = new Engine({ fuel: 1000, tier: "interp" }).load(text);
    let hits = 0;
    metered.probe({ at: "instruction", opcodes }, () => void hits++);
    assertEquals(assertThrows(() => metered.exports.forever(), Trap).kind, "fuel-exhausted");
    if (opcodes === "br") assert(hits > 900 && hits <= 1000, `${hits}`);
  }
});

Deno.test("places that mean nothing, or cannot be, are told", () => {
  const instance = load(new Engine());
  const of = (places: unknown, listener?: unknown) => () => instance.probe(places as never, listener as never);
  assertThrows(of({ at: "start" }), TypeError, `not "start"`);
  assertThrows(of({ at: "enter", functions: "nobody" }), RangeError, "no instruction is meant");
  assertThrows(of({ at: "enter", addresses: [0, 1] }, () => {}), TypeError, `at "memory"`);
  assertThrows(of({ at: "memory", addresses: [0, 1] }), TypeError, "counts instructions");
  assertThrows(of({ at: "enter" }, 5), TypeError, "told by a function");
  instance.dispose();
  assertThrows(of({ at: "enter" }), RangeError, "disposed");
});

/** What calls of a random program give, with probes attached as `attach` says. */
function observe(bytes: Uint8Array, options: EngineOptions, attach: (instance: Instance) => void): unknown[] {
  const seen: unknown[] = [], features = { threads: true, "wide-arithmetic": true };
  const instance = new Engine({ features, ...options }).load(bytes, {
    h: { 0: (a: number, b: bigint) => BigInt.asIntN(64, b * 3n + BigInt(a)) },
  });
  attach(instance);
  for (const args of [[1, 2n, 1.5, -2.25], [-1, -(1n << 63n), NaN, 1e18]]) {
    try {
      seen.push(instance.exports.run(...args));
    } catch (e) {
      if (!(e instanceof Trap)) throw e;
      seen.push([e.kind, e.frames.map((f) => f.offset)]);
    }
    let h = 0;
    for (const b of new Uint8Array((instance.exports.memory as { buffer: ArrayBuffer }).buffer)) {
      h = Math.imul(h ^ b, 0x01000193) + 1 | 0;
    }
    seen.push(h);
  }
  return seen;
}

Deno.test("random programs do with probes what they do without", () => {
  const features = featureSet({ threads: true, "wide-arithmetic": true });
  for (let seed = 1; seed <= 25; seed++) {
    const bytes = generateModule(seed, 1, { is64: false, shared: false, pageSizeLog2: 16, more: true });
    const functions = decodeModule(bytes, features).funcs.length;
    const plain = observe(bytes, { tier: "interp" }, () => {});
    for (const [tier, options] of Object.entries(ENGINES)) {
      const chance = random(seed);
      const some = () => Array.from({ length: functions }, (_, i) => i).filter(() => chance() < 0.4);
      const told = (e: ProbeEvent) => void [e.operands, e.stack, e.locals, e.taken, e.accesses];
      const with_ = observe(bytes, options, (instance) => {
        for (const at of ["enter", "exit", "instruction", "branch", "memory"] as const) {
          try {
            instance.probe({ at, functions: some() }, chance() < 0.5 ? told : undefined);
          } catch (e) {
            if (!(e instanceof RangeError)) throw e;
          }
        }
      });
      assertEquals(with_, plain, `seed ${seed}, ${tier}`);
    }
  }
});

Deno.test("a stopped call is debugged on where probes look, and they are told of each instruction once", () => {
  inTiers((engine, tier) => {
    const instance = load(engine), seen: string[] = [];
    instance.probe({ at: "enter", functions: "square" }, (e) => seen.push(`enter ${e.args}`));
    instance.probe(
      { at: "instruction", functions: "square", opcodes: "i32.mul" },
      (e) => seen.push(`mul ${e.operands}`),
    );
    const expected = [0, 1].flatMap((n) => [`enter ${n}`, `mul ${n},${n}`]);
    const debug = engine.debugger;
    debug.break(instance.func("square"));
    const stops: number[] = [];
    using call = debug.run(instance.func("sum"), 2);
    for (let { stop } = call; stop !== undefined; stop = call.continue()) {
      stops.push(call.frames[0].offset);
      call.step(2);
    }
    assertEquals(stops.length, 2, tier);
    assertEquals(seen, expected, tier);
  });
});
