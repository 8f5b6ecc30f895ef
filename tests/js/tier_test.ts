import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Engine, type Imports, type Instance, Suspending, Trap } from "../../mod.ts";
import { innerModule } from "../../src/api/module.ts";
import { runDeno } from "../run_deno.ts";

function load(source: string, imports: Imports = {}, engine = new Engine({ tier: "js" })): Instance {
  return engine.instantiate(engine.compile(source), imports);
}

/** A loop in a callee of a loop, with all kinds of values among locals and operands. */
const NESTED = `(module (import "h" "at" (func $at (param i32)))
  (memory 1) (global $g (mut i64) (i64.const 7)) (tag $t (param i64 f32))
  (func $inner (param $n i32) (param $f f32) (result i64 f64) (local $s i64) (local $d f64) (local $v v128) (local $e externref)
    (local.set $v (i32x4.splat (local.get $n)))
    (i64.const 0x123456789)
    (loop $l (param i64) (result i64)
      (call $at (local.get $n))
      (i64.add (i64.extend_i32_u (local.get $n)))
      (local.set $d (f64.add (local.get $d) (f64.promote_f32 (local.get $f))))
      (local.set $v (i32x4.add (local.get $v) (local.get $v)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $l (local.get $n)))
    (local.set $s)
    (i64.add (local.get $s) (i64.extend_i32_s (i32x4.extract_lane 2 (local.get $v))))
    (local.get $d))
  (func (export "outer") (param $n i32) (result f64) (local $sum f64)
    (loop $l
      (block $caught (result i64 f32)
        (try_table (catch $t $caught)
          (call $inner (local.get $n) (f32.const 0.25))
          (local.set $sum (f64.add (local.get $sum)))
          (throw $t (f32.const 1.5)))
        (unreachable))
      (f64.promote_f32)
      (local.set $sum (f64.add (local.get $sum)))
      (global.set $g (i64.add (global.get $g)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $l (local.get $n)))
    (f64.add (local.get $sum) (f64.convert_i64_s (global.get $g)))))`;

function outer(options: ConstructorParameters<typeof Engine>[0], at: (n: number) => void = () => {}): unknown {
  return load(NESTED, { h: { at } }, new Engine(options)).exports.outer(9);
}

Deno.test("frames that are left at any place go on in the interpreter with all their values", () => {
  const expected = outer({ tier: "interp" });
  assertEquals(outer({ tier: "js" }), expected);
  for (let seed = 0; seed < 20; seed++) assertEquals(outer({ tier: "js", tierZeal: seed }), expected, `seed ${seed}`);
  assertEquals(outer({ tier: "js", tierZeal: true }), expected);
});

Deno.test("a function that changes its tier while it runs goes on in the interpreter", () => {
  const expected = outer({ tier: "interp" });
  for (let call = 1; call < 40; call += 3) {
    const engine = new Engine({ tier: "js" });
    let calls = 0;
    const instance: Instance = load(NESTED, {
      h: {
        at() {
          if (++calls === call) { for (const f of instance.functions) if (!f.isHost) f.tier = "interp"; }
        },
      },
    }, engine);
    assertEquals(instance.exports.outer(9), expected, `at call ${call}`);
    assert(engine.tierEvents.some((e) => e.what === "frame" && e.from === "js" && e.to === "interp"));
  }
});

Deno.test("frames wait for a promise, and go on with what it gives", async () => {
  const at = new Suspending((n: number) => Promise.resolve(n));
  const instance = load(
    `(module (import "h" "at" (func $at (param i32) (result i32)))
      (func $twice (param i32) (result i32) (i32.add (call $at (local.get 0)) (call $at (i32.mul (local.get 0) (i32.const 10)))))
      (func (export "f") (param i32) (result i32) (i32.add (call $twice (local.get 0)) (call $twice (i32.const 100)))))`,
    { h: { at } },
  );
  assertEquals(await instance.func("f").callAsync(3), 33 + 1100);
});

Deno.test("an execution stops in a loop and goes on", () => {
  const engine = new Engine({ tier: "js", fuel: 1_000_000 });
  const instance = load(
    `(module (func (export "sum") (param i32) (result i64) (local i64)
      (loop $l (local.set 1 (i64.add (local.get 1) (i64.extend_i32_u (local.get 0))))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get 1)))`,
    {},
    engine,
  );
  const execution = instance.func("sum").start(1000);
  let slices = 0;
  let step = execution.resume({ fuel: 100 });
  for (; !step.done; step = execution.resume({ fuel: 100 })) slices++;
  assert(slices >= 9 && slices <= 11, `${slices} slices`);
  assertEquals(step.done && step.value, 500500n);
});

Deno.test("a trap names functions and offsets across tiers and hosts", () => {
  const instance: Instance = load(
    `(module (import "h" "back" (func $back))
      (func $deep (result i32) (i32.div_u (i32.const 1) (i32.const 0)))
      (func $interpreted (result i32) (call $deep))
      (func (export "again") (result i32) (call $interpreted))
      (func $middle (call $back))
      (func (export "go") (call $middle)))`,
    { h: { back: () => instance.exports.again() } },
  );
  instance.func("interpreted").tier = "interp";
  const trap = assertThrows(() => instance.exports.go(), Trap);
  assertEquals(trap.kind, "integer-divide-by-zero");
  const frames = trap.frames.map((f) => `${f.name} ${f.tier}`);
  assertEquals(frames, ["deep js", "interpreted interp", "again js", "h.back host", "middle js", "go js"]);
  const { bytes } = innerModule(instance.module).module;
  assertEquals(trap.frames.map((f) => f.offset < 0 ? 0 : bytes[f.offset]), [0x6e, 0x10, 0x10, 0, 0x10, 0x10]);
});

Deno.test("endless recursion traps, between tiers too, and leaves everything in order", () => {
  const instance = load(`(module (global $g (mut i32) (i32.const 0))
    (func $a (export "a") (result i32) (i32.add (i32.const 1) (call $b)))
    (func $b (result i32) (i32.add (i32.const 1) (call $a)))
    (func (export "fine") (result i32) (i32.const 42)))`);
  for (const tier of ["js", "interp", "fast"] as const) {
    instance.func("b").tier = tier;
    for (let n = 0; n < 3; n++) {
      assertEquals(assertThrows(() => instance.exports.a(), Trap).kind, "call-stack-exhausted", tier);
      assertEquals(instance.exports.fine(), 42);
    }
  }
});

Deno.test("signalling NaNs keep their bits: what moves them goes on in the interpreter", () => {
  const instance = load(`(module (memory 1) (data (i32.const 0) "\\01\\00\\00\\00\\00\\00\\f0\\7f\\01\\00\\a0\\7f")
    (func (export "f64") (local f64) (local.set 0 (f64.load (i32.const 0))) (f64.store (i32.const 16) (local.get 0)))
    (func (export "f32") (local f32) (local.set 0 (f32.load (i32.const 8))) (f32.store (i32.const 24) (local.get 0)))
    (func (export "quiet") (f64.store (i32.const 32) (f64.add (f64.load (i32.const 0)) (f64.const 0))))
    (func (export "at") (param i32) (result i64) (i64.load (local.get 0))))`);
  const { f64, f32, quiet, at } = instance.exports;
  f64();
  f32();
  quiet();
  assertEquals(BigInt.asUintN(64, at(16)), 0x7ff0000000000001n);
  assertEquals(BigInt.asUintN(32, at(24)), 0x7fa00001n);
  assertEquals(BigInt.asUintN(64, at(32)) & 0x7ff8000000000000n, 0x7ff8000000000000n);
});

Deno.test("references in JavaScript's variables are found by a collection", () => {
  const engine = new Engine({ tier: "js", gcZeal: true, gcVerify: true });
  const instance = load(
    `(module (type $s (struct (field (mut i32)) (field (ref null $s))))
      (func $make (param i32) (result (ref $s)) (struct.new $s (local.get 0) (ref.null $s)))
      (func (export "f") (result i32) (local $a (ref null $s))
        (local.set $a (struct.new $s (i32.const 1) (call $make (i32.const 20))))
        (i32.add (struct.get $s 0 (call $make (i32.const 300)))
          (i32.add (struct.get $s 0 (struct.get $s 1 (local.get $a))) (struct.get $s 0 (local.get $a))))))`,
    {},
    engine,
  );
  for (let i = 0; i < 5; i++) assertEquals(instance.exports.f(), 321);
});

Deno.test("tail calls take no stack, between tiers too", () => {
  const instance = load(`(module
    (func $even (export "even") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 1)))) (return_call $odd (i32.sub (local.get 0) (i32.const 1))))
    (func $odd (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 0)))) (return_call $even (i32.sub (local.get 0) (i32.const 1))))
    (func (export "call") (param i32) (result i32) (call $even (local.get 0))))`);
  for (const tier of ["js", "interp"] as const) {
    instance.func("odd").tier = tier;
    assertEquals(instance.exports.even(100_001), 0);
    assertEquals(instance.exports.call(100_000), 1);
  }
});

Deno.test("functions beyond what V8 optimises stay in the interpreter, with a reason", () => {
  const engine = new Engine({ tier: "js" });
  const adds = "(local.set 0 (i32.add (local.get 0) (i32.const 1000)))".repeat(8000);
  const instance = load(`(module (func (export "f") (param i32) (result i32) ${adds} (local.get 0)))`, {}, engine);
  assertEquals(instance.func("f").tier, "interp");
  assertStringIncludes(instance.func("f").tierReason!, "V8 optimises none");
  assertEquals(instance.exports.f(1), 8_000_001);
});

Deno.test("blocks may be nested deeper than V8's parser bears", () => {
  const depth = 2000;
  const source = `(module (func (export "f") (result i32) ${"(block (result i32) ".repeat(depth)}(i32.const 5)${
    ")".repeat(depth)
  }))`;
  const instance = load(source);
  assertEquals(instance.exports.f(), 5);
  assertStringIncludes(instance.func("f").tierReason!, "nested");
});

Deno.test("a listing shows the source under the instructions that it comes from", async () => {
  const engine = new Engine();
  const module = engine.compile(`(module (func (export "f") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1))))`);
  const listing = await engine.instantiate(module).func("f").disassemble("js"), { rows, tier } = listing;
  assertEquals(tier, "js");
  const division = rows.find((r) => r.text === "i32.div_s")!;
  assertEquals(division.machine.map((m) => m.text), ["i0=div_s32(l0,l1);"]);
  assertStringIncludes(listing.toString(), "characters of JavaScript (tier js)");
});

Deno.test("where code may not be made of text, the tier is refused by name and others serve", async () => {
  const { code, out } = await runDeno([
    "run",
    "--v8-flags=--disallow-code-generation-from-strings",
    "--allow-read",
    new URL("without_code.ts", import.meta.url).href,
  ]);
  assertEquals(code, 0);
  assertStringIncludes(out, "tier js cannot run here");
  assertStringIncludes(out, "auto gives 55");
});

Deno.test("while a memory has rights functions of JavaScript are interpreted, and go back to their tier afterwards", () => {
  const engine = new Engine({ tier: "js" });
  const instance = load(
    `(module (memory (export "m") 1)
      (func (export "get") (param i32) (result i32) (i32.load (local.get 0)))
      (func (export "other") (result i32) (i32.load (i32.const 4)))
      (func (export "still") (result i32) (i32.const 3)))`,
    {},
    engine,
  );
  const { get } = instance.exports, memory = instance.memory();
  const tiers = () => ["get", "other", "still"].map((name) => instance.func(name).tier);
  instance.func("other").tier = "interp";
  assertEquals([tiers(), get(0)], [["js", "interp", "js"], 0]);

  memory.protect(8, 16, { write: true });
  assertEquals(tiers(), ["interp", "interp", "interp"]);
  assertEquals(instance.func("get").tierReason, "a memory has protected or watched places");
  assertThrows(() => get(8), Trap, "forbidden memory access");
  // What somebody chooses meanwhile holds afterwards.
  instance.func("other").tier = "js";
  instance.func("still").tier = "interp";
  assertEquals(tiers(), ["interp", "interp", "interp"]);

  memory.unprotect();
  assertEquals([tiers(), get(8)], [["js", "js", "interp"], 0]);
  assertEquals(instance.func("get").tierReason, undefined);
  const moves = engine.tierEvents.filter(({ name }) => name === "get").map(({ from, to, why }) => [from, to, why]);
  assertEquals(moves, [["js", "interp", "protection"], ["interp", "js", "released"]]);

  // A watch does the same, and a function that is held for something else goes back when nothing needs it any more.
  const watchpoint = memory.watch(0, 4, { write: true }, () => {});
  assertEquals(tiers(), ["interp", "interp", "interp"]);
  watchpoint.remove();
  assertEquals(tiers(), ["js", "js", "interp"]);
});

/** The frames at present, by a trap of a function `boom`. */
function trace(instance: Instance): Trap["frames"] {
  return assertThrows(() => instance.exports.boom(), Trap).frames;
}

/** Fibonacci's function, which tells the host of every seventh call. */
const FIB = `(module (import "h" "at" (func $at (param i32)))
  (func (export "boom") (unreachable))
  (func $fib (export "fib") (param $n i32) (result i32)
    (if (i32.eqz (i32.rem_u (local.get $n) (i32.const 7))) (then (call $at (local.get $n))))
    (if (result i32) (i32.lt_s (local.get $n) (i32.const 2)) (then (local.get $n))
      (else (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1))) (call $fib (i32.sub (local.get $n) (i32.const 2))))))))`;

Deno.test("a function that calls itself runs in the tier that it has been given meanwhile", () => {
  const engine = new Engine({ tier: "js" });
  for (let change = 1; change < 30; change += 4) {
    let calls = 0, traces = "";
    const instance: Instance = load(FIB, {
      h: {
        at() {
          calls++;
          if (calls === change) instance.func("fib").tier = "interp";
          if (calls === change + 3) instance.func("fib").tier = "js";
          if (calls === change + 1) traces += trace(instance).map((f) => `${f.name} ${f.tier}`).join();
        },
      },
    }, engine);
    assertEquals(instance.exports.fib(12), 144);
    assertStringIncludes(traces, "fib interp");
    assertEquals(instance.func("fib").tier, "js");
    assertEquals(instance.exports.fib(13), 233);
  }
});

Deno.test("a function that calls itself is in traces as often as it runs, and can be interrupted", () => {
  const engine = new Engine({ tier: "js" });
  const { exports } = load(
    `(module (func $down (export "down") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (unreachable)))
      (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
      (func $many (export "many") (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
        (i32.add (call $many (i32.sub (local.get 0) (i32.const 1))) (call $many (i32.sub (local.get 0) (i32.const 1))))))`,
    {},
    engine,
  );
  for (let round = 0; round < 300; round++) {
    const { frames } = assertThrows(() => exports.down(9), Trap);
    assertEquals(frames.length, 10);
    assertEquals(new Set(frames.slice(1).map((f) => f.offset)).size, 1);
  }
  assertEquals(exports.many(16), 65536);
  const trap = assertThrows(() => engine.withDeadline(30, () => exports.many(60)), Trap);
  assertEquals(trap.kind, "deadline-exceeded");
});

Deno.test("host functions that take numbers get and give what the JavaScript interface says", () => {
  const seen: unknown[] = [];
  let give: unknown;
  const types = { i: "i32", l: "i64", f: "f32", d: "f64" };
  const parts = Object.entries(types).map(([name, t]) =>
    `(import "h" "${name}" (func $${name} (param ${t}) (result ${t})))
     (func (export "${name}") (param ${t}) (result ${t}) (call $${name} (local.get 0)))`
  );
  const host = (x: unknown) => {
    seen.push(x);
    return give;
  };
  const imports = parts.map((p) => p.slice(0, p.indexOf("\n"))), funcs = parts.map((p) => p.slice(p.indexOf("\n")));
  const source = `(module ${imports.join("")} ${funcs.join("")})`;
  const outcome = (tier: "js" | "interp") => {
    seen.length = 0;
    const { exports } = load(source, { h: { i: host, l: host, f: host, d: host } }, new Engine({ tier }));
    const values = [
      0,
      -1,
      2 ** 31,
      1.7,
      -0,
      NaN,
      Infinity,
      0.1,
      5n,
      -(2n ** 63n),
      2n ** 64n + 3n,
      "12",
      undefined,
      null,
    ];
    const all: unknown[] = [];
    for (const value of [...values, { valueOf: () => 77 }, { valueOf: () => 9n }, Symbol("s")]) {
      for (const name of Object.keys(types)) {
        for (const [argument, result] of [[value, name === "l" ? 4n : 4], [name === "l" ? 3n : 3, value]]) {
          give = result;
          try {
            all.push(exports[name](argument));
          } catch (error) {
            all.push((error as Error).name);
          }
        }
      }
    }
    return [all, [...seen]];
  };
  assertEquals(outcome("js"), outcome("interp"));
});

Deno.test("a host function may throw, call back in, and make memory longer", () => {
  const engine = new Engine({ tier: "js" });
  let act = () => 0;
  const instance = load(
    `(module (import "h" "f" (func $f (result i32))) (memory (export "m") 1 9)
      (func (export "boom") (unreachable))
      (func $leaf (export "leaf") (result i32) (i32.mul (call $f) (i32.load (i32.const 65536))))
      (func (export "top") (result i32) (i32.add (call $leaf) (i32.load (i32.const 65536)))))`,
    { h: { f: () => act() } },
    engine,
  );
  const { exports } = instance;
  for (let round = 0; round < 100; round++) {
    const error = new Error("of the host");
    act = () => {
      throw error;
    };
    assertEquals(assertThrows(() => exports.top()), error);
  }
  assertThrows(() => {
    act = () => 1;
    exports.top();
  }, Trap);
  let traces = "";
  act = () => {
    instance.memory("m").grow(1);
    act = () => {
      traces = trace(instance).map((f) => f.name).join();
      return 3;
    };
    instance.memory("m").write(65536, new Uint8Array([5, 0, 0, 0]));
    return exports.top() as number;
  };
  assertEquals(exports.top(), (15 + 5) * 5 + 5);
  assertEquals(traces.split(",").filter((name) => name === "leaf").length, 2);
});

Deno.test("functions of one type are called as what they are: of hosts, and of other tiers", () => {
  for (const first of ["host", "other"]) {
    let calls = 0;
    const instance = load(
      `(module (import "h" "f" (func $host)) (global $g (export "g") (mut i32) (i32.const 0))
        (func $other (export "other") (global.set $g (i32.add (global.get $g) (i32.const 1))))
        (func (export "host") (call $host)) (func (export "callOther") (call $other)))`,
      { h: { f: () => calls++ } },
    );
    instance.func("other").tier = "interp";
    if (first === "other") instance.exports.callOther();
    instance.exports.host();
    instance.exports.callOther();
    assertEquals(calls, 1);
    assertEquals(instance.global("g").value, first === "other" ? 2 : 1);
  }
});

Deno.test("vectors in locals are results and arguments of tail calls in any order", () => {
  const source = `(module
    (func $swap (param v128 v128) (result v128 v128) (local.get 1) (local.get 0))
    (func $behind (param i32) (result i32 i32 i32 v128) (local v128)
      (i32.const -1) (i32.const -2) (i32.const -3) (local.get 1))
    (func $difference (param v128 v128) (result i32)
      (i32.sub (i32x4.extract_lane 0 (local.get 0)) (i32x4.extract_lane 3 (local.get 1))))
    (func $turned (param v128 v128) (result i32) (return_call $difference (local.get 1) (local.get 0)))
    (func (export "results") (result i32)
      (call $swap (i32x4.splat (i32.const 100)) (i32x4.splat (i32.const 7))) (call $difference))
    (func (export "one") (result i32) (local $r i32)
      (local.set $r (i32x4.extract_lane 0 (call $behind (i32.const 5)))) (drop) (drop) (drop) (local.get $r))
    (func (export "arguments") (result i32)
      (call $turned (i32x4.splat (i32.const 100)) (i32x4.splat (i32.const 7)))))`;
  const { exports } = load(source);
  assertEquals([exports.results(), exports.one(), exports.arguments()], [-93, 0, -93]);
});

Deno.test("what is no number becomes a quiet NaN in every tier, undefined too", () => {
  const source = `(module (import "h" "d" (func $d (result f64))) (global (export "g") (mut f64) (f64.const 0))
    (func (export "bits") (param f64) (result i64) (i64.reinterpret_f64 (local.get 0)))
    (func (export "given") (result i64) (i64.reinterpret_f64 (call $d)))
    (func (export "kept") (result i64) (i64.reinterpret_f64 (global.get 0))))`;
  for (const tier of ["interp", "fast", "js"] as const) {
    for (const value of [undefined, {}, "no", NaN]) {
      const { exports } = load(source, { h: { d: () => value } }, new Engine({ tier }));
      // deno-lint-ignore no-explicit-any
      (exports as any).g.value = value;
      for (const bits of [exports.bits(value), exports.given(), exports.kept()]) {
        assertEquals(BigInt.asUintN(12, (bits as bigint) >> 51n), 0xfffn, `${tier} ${String(value)}`);
      }
    }
  }
});
