// Profiles: counts in every tier against what the program must do, samples, and the files for other tools. The counters themselves: tests/engine/counting_test.ts.

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Engine, type EngineOptions, type Profile, writeProfile } from "../../mod.ts";
import { profileText } from "../../src/cli/profile.ts";
import { runDeno } from "../run_deno.ts";
import { ENGINES } from "./tiers.ts";

const PRIMES = new URL("dwarf/primes.wasm", import.meta.url);

function countPrimes(options: EngineOptions): { profile: Profile; json: string; lcov: string; speedscope: string } {
  const engine = new Engine(options), module = engine.compile(Deno.readFileSync(PRIMES));
  const instance = engine.instantiate(module);
  const profiling = instance.profile({ exact: true });
  assertEquals(instance.exports.count_primes(100), 25);
  const profile = profiling.end();
  assertEquals(profiling.end(), profile);
  assertThrows(() => writeProfile(profile, "cpuprofile", module, "primes"), TypeError, "made of samples");
  return {
    profile,
    json: writeProfile(profile, "json", module, "primes"),
    lcov: writeProfile(profile, "lcov", module, "primes"),
    speedscope: writeProfile(profile, "speedscope", module, "primes"),
  };
}

Deno.test("counts are the same in every tier: functions, loops, mix and coverage", () => {
  let expected: string | undefined;
  for (const [tier, options] of Object.entries(ENGINES)) {
    const { profile, lcov } = countPrimes(options);
    const { functions, loops, mix, coverage, sum, unit } = profile;
    assertEquals(functions.map((f) => [f.name, f.calls, f.source?.file, f.source?.line]), [
      ["is_prime", 100, "primes.c", 2],
      ["count_primes", 1, "primes.c", 9],
    ], tier);
    // Divisors that are tried: the loop's condition is asked once more for each prime, and the first is asked outside of the loop.
    let tried = 0;
    for (let n = 4; n < 100; n++) {
      for (let d = 2; d * d <= n; d++) {
        tried++;
        if (n % d === 0) break;
      }
    }
    const outer = loops.find((l) => l.name === "count_primes")!, inner = loops.find((l) => l.name === "is_prime")!;
    assertEquals([outer.passes, outer.source?.line, inner.source?.line], [100, 12, 3], tier);
    assert(inner.passes! <= tried && inner.passes! > tried / 2, `${inner.passes} of ${tried}`);
    assertEquals(mix.find((m) => m.opcode === "call")?.count, 100);
    assertEquals(mix.reduce((n, m) => n + m.count, 0), sum);
    assertEquals(unit, "instructions");
    assertEquals(coverage!.functions, { run: 2, of: 2 });
    assertEquals(coverage!.lines, { run: 8, of: 8 });
    expected ??= JSON.stringify([functions, loops, mix, coverage, lcov]);
    assertEquals(JSON.stringify([functions, loops, mix, coverage, lcov]), expected, tier);
  }
});

Deno.test("files for speedscope and lcov hold functions, lines and counts", () => {
  const { speedscope, lcov, json } = countPrimes({ tier: "interp" });
  const { shared: { frames }, profiles: [{ samples, weights, endValue }] } = JSON.parse(speedscope);
  assertEquals(frames[0], { name: "is_prime", file: "primes.c", line: 2 });
  assertEquals(samples, [[0], [1]]);
  assertEquals(weights[0] + weights[1], endValue);
  assertEquals(JSON.parse(json).mode, "counts");
  assertStringIncludes(lcov, "SF:primes.c\nFN:9,count_primes\nFN:2,is_prime\nFNDA:1,count_primes\nFNDA:100,is_prime\n");
  assertStringIncludes(lcov, "\nDA:12,100\n");
  assertStringIncludes(lcov, "LF:8\nLH:8\nend_of_record\n");
});

const NESTED = `(module
  (func $inner (param i32) (local i32) (loop $l
    (local.set 1 (i32.add (local.get 1) (i32.mul (local.get 0) (local.get 0))))
    (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func $outer (param i32) (loop $l (call $inner (i32.const 20000))
    (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "run") (param i32) (call $outer (local.get 0))))`;

Deno.test("samples find the function and the loop that take the time, and their callers", () => {
  for (const [tier, options] of Object.entries(ENGINES)) {
    if (tier === "zeal") continue;
    const engine = new Engine(options), module = engine.compile(NESTED), instance = engine.instantiate(module);
    const profiling = instance.profile({ interval: 0.5 });
    // For long enough that there are some samples.
    for (const until = performance.now() + 300; performance.now() < until;) instance.exports.run(100);
    const profile = profiling.end();
    const { functions, loops, tree, samples, frames } = profile;
    assert(samples.length >= 5, `${tier}: ${samples.length} samples`);
    assertEquals(functions[0].name, "inner", tier);
    assertEquals(loops[0].name, "inner", tier);
    assert(functions[0].self > profile.sum / 2, tier);
    assertEquals(tree.length, 1, tier);
    assertEquals([tree[0].name, tree[0].children[0].name], ["run", "outer"], tier);
    assert(samples.every((s) => frames[s.stack[0]].name === "run"), tier);
    const { nodes, samples: ids, timeDeltas } = JSON.parse(writeProfile(profile, "cpuprofile", module, "nested"));
    assertEquals(ids.length, samples.length);
    assertEquals(timeDeltas.length, ids.length);
    assertEquals(nodes[0].callFrame.functionName, "(root)");
    assertEquals(nodes.reduce((n: number, x: { hitCount: number }) => n + x.hitCount, 0), samples.length);
    assertThrows(() => writeProfile(profile, "lcov", module, "nested"), TypeError, "told counts");
    assertStringIncludes(profileText(profile, (_, text) => text), "samples of");
  }
});

Deno.test("an interval that cannot be is refused", () => {
  const instance = new Engine().load(NESTED);
  assertThrows(() => instance.profile({ interval: 0 }), RangeError, "0.1 to 10000");
  assertThrows(() => instance.profile({ interval: NaN }), RangeError, "0.1 to 10000");
});

Deno.test("strata profile shows tables, writes files, and says what is wrong", async () => {
  const folder = await Deno.makeTempDir();
  const profile = (...args: string[]) => runDeno(["run", "-A", "cli.ts", "profile", ...args]);
  const call = ["--invoke", "count_primes", "tests/debug/dwarf/primes.wasm", "100"];
  try {
    const shown = await profile("--exact", ...call);
    assertEquals([shown.code, shown.out], [0, "=> 25:i32\n"]);
    for (const part of ["instructions ran", "is_prime      primes.c:2", "lines           8 of 8  100.0 %"]) {
      assertStringIncludes(shown.err, part);
    }
    assertEquals((await profile("--exact", "-o", `${folder}/a.lcov`, ...call)).code, 0);
    assertStringIncludes(await Deno.readTextFile(`${folder}/a.lcov`), "FNDA:100,is_prime");
    assertEquals((await profile("-o", `${folder}/a.cpuprofile`, ...call)).code, 0);
    assert(JSON.parse(await Deno.readTextFile(`${folder}/a.cpuprofile`)).nodes.length > 0);
    const json = await profile("--exact", "--json", ...call);
    assertEquals(JSON.parse(json.err).functions[0].calls, 100);
    for (
      const [args, message] of [
        [["-o", "x.lcov"], "lcov is told counts: --exact"],
        [["--exact", "-o", "x.cpuprofile"], "made of samples"],
        [["--interval", "0"], "0.1 to 10000"],
      ] as const
    ) {
      const wrong = await profile(...args, ...call);
      assertEquals(wrong.code, 2);
      assertStringIncludes(wrong.err, message);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
