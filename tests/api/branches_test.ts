// Branch profiles: exact counts in every tier, predictions, and code that is laid out by profiles and hints.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { BranchProfile, Engine, type EngineOptions } from "../../mod.ts";
import { runDeno } from "../run_deno.ts";
import { testNative } from "../skip.ts";

/** Of n passes, every tenth takes the first arm, every hundredth leaves the block early; a table goes its ways in turn. */
const SOURCE = `(module
  (func (export "f") (param $n i32) (result i32) (local $s i32)
    (loop $l
      (if (i32.rem_u (local.get $n) (i32.const 10))
        (then (local.set $s (i32.add (local.get $s) (i32.const 1))))
        (else (local.set $s (i32.add (local.get $s) (i32.const 1000)))))
      (block $rare
        (br_if $rare (i32.rem_u (local.get $n) (i32.const 100)))
        (local.set $s (i32.mul (local.get $s) (i32.const 3))))
      (block $c (block $b (block $a
        (br_table $a $b $c (i32.rem_u (local.get $n) (i32.const 4))))
        (local.set $s (i32.xor (local.get $s) (i32.const 5))))
        (local.set $s (i32.xor (local.get $s) (i32.const 9))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s)))`;

const TIERS: EngineOptions[] = [{ tier: "interp" }, { tier: "jit" }, { tier: "auto" }];

testNative("branches are counted exactly in every tier, and predicted by where they mostly went", () => {
  for (const options of TIERS) {
    const engine = new Engine(options), instance = engine.load(SOURCE);
    const before = engine.branches.branches(instance.func("f"));
    assertEquals(before.map((b) => [b.name, b.predicted, b.by, b.confidence]), [
      ["if", false, "form", 0],
      ["br_if", false, "form", 0],
      ["br_table", 0, "form", 0],
      ["br_if", true, "form", 0],
    ]);
    engine.branches.start(instance);
    instance.exports.f(1000);
    const list = engine.branches.branches(instance.func("f"));
    assertEquals(list.map((b) => [...b.counts]), [[900, 100], [990, 10], [250, 250, 500], [999, 1]]);
    assertEquals(list.map((b) => [b.predicted, b.by]), [[true, "counts"], [true, "counts"], [2, "counts"], [
      true,
      "counts",
    ]]);
    assertEquals(list[0].accuracy, 0.9);
    assert(list[0].confidence > 0.87 && list[0].confidence < 0.9);
    const { branches, total, best, form, hints, profile } = engine.branches.accuracy();
    assertEquals([branches, total, profile], [3, 3000, undefined]);
    assertEquals([best, form, hints], [2889 / 3000, 1109 / 3000, 1109 / 3000]);
    engine.branches.stop();
    assertEquals(engine.branches.running, false);
  }
});

testNative("the history has what each look at the counters saw, and no more than 1000 observations", () => {
  const engine = new Engine(), instance = engine.load(SOURCE);
  engine.branches.start(instance);
  assertEquals(engine.branches.history(instance), []);
  instance.exports.f(10);
  const [first, ...rest] = engine.branches.history(instance);
  assertEquals([first.name, [...first.counts], rest.length], ["f", [9, 1], 3]);
  assertEquals(engine.branches.history(instance).length, 4);
  for (let i = 0; i < 400; i++) {
    instance.exports.f(3);
    engine.branches.history(instance);
  }
  const history = engine.branches.history(instance);
  assertEquals(history.length, 1000);
  assertEquals([...history.at(-1)!.counts], [2, 1]);
});

testNative("a profile is saved, merged and used by another run, also of another module with that function", () => {
  const one = new Engine({ tier: "interp" });
  const first = one.load(SOURCE);
  one.branches.start(first);
  const wanted = first.exports.f(5000);
  const saved = JSON.stringify(one.branches.profile());
  const profile = BranchProfile.from(saved);
  assertEquals(JSON.stringify(profile), saved);
  const twice = profile.merge(profile);
  const counts = (p: BranchProfile) => [...p.functions.values()].map((f) => f.branches.map((b) => [...b.counts]));
  assertEquals(counts(twice), counts(profile).map((f) => f.map((b) => b.map((n) => 2 * n))));
  assertEquals(counts(profile.merge(new BranchProfile())), counts(profile));

  const source = SOURCE.replace("(module", `(module (@custom "x" (before first) "moves all")`);
  for (const options of [{ tier: "jit" }, { tier: "auto" }, { tierZeal: true }] as EngineOptions[]) {
    const engine = new Engine({ ...options, profile }), instance = engine.load(source);
    assertEquals(instance.exports.f(5000), wanted);
    engine.branches.start(instance);
    instance.exports.f(1000);
    const { profile: share, best } = engine.branches.accuracy(instance);
    assertEquals(share, best);
  }
});

testNative("what is seldom run stands behind the rest, and is found there by backtraces", async () => {
  const source = (hint: string) =>
    `(module
    (func $rare (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
    (func (export "f") (param $n i32) (result i32) (local $s i32)
      (loop $l
        (i32.eqz (i32.rem_u (local.get $n) (i32.const 7)))
        ${hint}
        if
          (local.set $s (i32.add (local.get $s) (call $rare (i32.sub (local.get $n) (i32.const 7)))))
        end
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $s)))`;
  const hinted = source(`(@metadata.code.branch_hint "\\00")`);
  const outcomes = [];
  for (const text of [source(""), hinted]) {
    const engine = new Engine({ tier: "jit" }), instance = engine.load(text), func = instance.func("f");
    const error = assertThrows(() => func.call(20)) as { frames: readonly { name: string; offset: number }[] } & Error;
    const start = (await func.disassemble("interp")).rows[0].wasmOffset;
    const { rows } = await func.disassemble("jit");
    const call = rows.findIndex((r) => r.kind !== "prologue" && r.text.startsWith("call ") && r.machine.length > 0);
    const end = rows.findIndex((r) => r.text.startsWith("br_if") && r.machine.length > 0);
    outcomes.push({
      frames: error.frames.map((f) => [f.name, f.name === "f" ? f.offset - start : 0]),
      behind: call > end,
    });
    assertEquals(error.message, "integer divide by zero");
  }
  assertEquals(outcomes[0].frames, outcomes[1].frames);
  assertEquals(outcomes.map((o) => o.behind), [false, true]);
});

Deno.test("BranchProfile.from() says what is wrong with what is no profile", () => {
  assertThrows(() => BranchProfile.from("{}"), TypeError, "no branch profile");
  assertThrows(() => BranchProfile.from("null"), TypeError, "no branch profile");
  assertThrows(() => BranchProfile.from("{"), SyntaxError);
  const data = (functions: unknown) => JSON.stringify({ strata: "branch profile", version: 1, functions });
  assertThrows(() => BranchProfile.from(data({ abc: {} })), TypeError, "64 hexadecimal digits");
  const hash = "0".repeat(64);
  assertThrows(() => BranchProfile.from(data({ [hash]: { name: "f" } })), TypeError, "a list of branches");
  const branch = (b: unknown) => data({ [hash]: { name: "f", branches: [b] } });
  assertThrows(
    () => BranchProfile.from(branch({ offset: 1, counts: [-1, 0], table: false })),
    TypeError,
    "a branch has",
  );
  assertThrows(() => BranchProfile.from(branch({ offset: 1, counts: [1], table: false })), TypeError, "instead of 2");
  assertEquals(BranchProfile.from(branch({ offset: 1, counts: [1, 2], table: false })).functions.size, 1);
});

testNative("run --profile-out counts and adds to a file, which --profile-use takes", async () => {
  const folder = await Deno.makeTempDir();
  const cli = new URL("../../cli.ts", import.meta.url).pathname;
  const kernel = new URL("../../examples/kernels/collatz.wat", import.meta.url).pathname;
  const file = `${folder}/p.json`;
  const run = (...options: string[]) =>
    runDeno(["run", "--no-check", "-A", cli, "run", ...options, "--invoke", "run", kernel, "1"]);
  for (const _ of [1, 2]) assertMatch((await run("--profile-out", file)).out, /=> 178:i64/);
  const [{ branches }] = BranchProfile.from(await Deno.readTextFile(file)).functions.values();
  assertEquals(branches[0].counts[0], 2 * 999);
  assertMatch((await run("--tier", "jit", "--profile-use", file)).out, /=> 178:i64/);
  await Deno.writeTextFile(file, "no profile");
  const wrong = await run("--profile-use", file);
  assertEquals(wrong.code, 1);
  assertMatch(wrong.err, /p\.json is no profile of branches: .*JSON/);
  await Deno.remove(folder, { recursive: true });
});

testNative("code that Workers share is laid out by nobody, so that each finds what it needs to know of it", () => {
  const source = SOURCE.replace("(module", "(module (func $x)");
  const counted = new Engine({ tier: "interp" }), first = counted.load(source);
  counted.branches.start(first);
  const wanted = first.exports.f(5000), profile = counted.branches.profile();
  const engine = new Engine({ tierZeal: true, profile });
  const module = engine.compile(source);
  assertEquals(engine.instantiate(module).exports.f(5000), wanted);
  engine.share(module);
  assertEquals(engine.instantiate(module).exports.f(5000), wanted);
});
