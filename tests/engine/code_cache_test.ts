// What is kept between modules and between runs: that it is found again, that it is never taken for something else, and that damage is noticed.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Engine, type EngineOptions } from "../../mod.ts";
import { runDeno } from "../run_deno.ts";
import { testNative } from "../skip.ts";
import { exercise, killWriters, largeModule } from "./cache_modules.ts";

const FIB = `(module
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2))))))))`;

function inFolder(action: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    action(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function engineWith(folder: string, options: EngineOptions = {}): { engine: Engine; notes: string[] } {
  const notes: string[] = [];
  const engine = new Engine({ tier: "jit", cache: folder, onCacheNote: (note) => notes.push(note), ...options });
  return { engine, notes };
}

testNative("equal functions of two modules are compiled once", () => {
  const engine = new Engine({ tier: "jit" });
  const text = (data: string) =>
    `(module (memory 1) (data (i32.const 0) "${data}")
    (func (export "f") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "trap") (unreachable)))`;
  const first = engine.load(text("abc"));
  assertEquals([first.exports.f(0), engine.compileFigures.functions], [97, 1]);
  const second = engine.load(`(module (@custom "x" (before first) "moves all that follows") ${text("xyz").slice(8)}`);
  assertEquals([second.exports.f(0), engine.compileFigures.functions, engine.compileFigures.cached], [120, 1, 1]);
  assertEquals(engine.caches.functions?.hits, 1);
  // What is found again tells its own places.
  const offsets = [first, second].map((instance) => {
    const error = assertThrows(() => instance.exports.trap()) as { frames: readonly { offset: number }[] } & Error;
    return error.frames[0].offset - instance.module.byteLength;
  });
  assertEquals(offsets[0], offsets[1]);
});

testNative("functions whose declarations or types differ are not taken for one another", () => {
  const engine = new Engine({ tier: "jit" });
  const load = (globals: string) =>
    engine.load(`(module ${globals} (func (export "g") (result i32) (global.get 1)))`).exports.g();
  assertEquals(load("(global i32 (i32.const 1)) (global i32 (i32.const 2))"), 2);
  assertEquals(load("(global i64 (i64.const 1)) (global i32 (i32.const 3))"), 3);
  assertEquals(engine.compileFigures.functions, 2);
});

testNative("functionCacheBytes 0 keeps nothing, and a smaller limit drops what is too much", () => {
  const engine = new Engine({ tier: "jit", functionCacheBytes: 0 });
  for (const _ of [1, 2]) assertEquals(engine.load(FIB).exports.fib(10), 55);
  assertEquals([engine.compileFigures.functions, engine.caches.functions?.entries], [2, 0]);
  engine.functionCacheBytes = 100_000;
  engine.load(FIB).exports.fib(1);
  assertEquals(engine.caches.functions?.entries, 1);
  engine.functionCacheBytes = 10;
  assertEquals([engine.caches.functions?.entries, engine.caches.functions?.evictions], [0, 1]);
  assertThrows(() => engine.functionCacheBytes = -1, RangeError);
});

testNative("what one engine compiled, another finds on disk", () =>
  inFolder((folder) => {
    const { engine: first } = engineWith(folder);
    first.load(FIB).exports.fib(10);
    first.saveCache();
    const { engine: second, notes } = engineWith(folder);
    assertEquals(second.load(FIB).exports.fib(20), 6765);
    assertEquals([second.compileFigures.functions, second.compileFigures.cached, notes], [0, 1, []]);
    // Code that counts fuel is other code.
    const { engine: metered } = engineWith(folder, { fuel: 1_000_000 });
    assertEquals(metered.load(FIB).exports.fib(20), 6765);
    assertEquals(metered.compileFigures.functions, 1);
  }));

testNative("code from disk has its backtraces, loops and safepoints", () =>
  inFolder((folder) => {
    const source = `(module (func $inner (param i32) (unreachable))
      (func (export "f") (param $n i32) (loop $l
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (call $inner (local.get $n))))`;
    const framesOf = (options: EngineOptions) => {
      const { engine } = engineWith(folder, options);
      const instance = engine.load(source);
      const error = assertThrows(() => instance.exports.f(5000)) as { frames: readonly unknown[] } & Error;
      engine.saveCache();
      return { frames: error.frames, figures: engine.compileFigures, moves: engine.tierEvents.map((e) => e.what) };
    };
    for (const options of [{ tier: "jit" }, { tier: "auto" }, { tierZeal: true }] as EngineOptions[]) {
      const fresh = framesOf(options), again = framesOf(options);
      assertEquals(again.frames, fresh.frames);
      assertEquals(again.moves, fresh.moves);
      assertEquals([again.figures.functions, again.figures.cached], [
        0,
        fresh.figures.functions + fresh.figures.cached,
      ]);
    }
  }));

testNative(
  "what validation found out about a large module is found again, for that very module only",
  () =>
    inFolder((folder) => {
      const { engine } = engineWith(folder, { tier: "interp" });
      assertEquals(engine.load(largeModule(5)).exports.f(1), 16);
      assertEquals(engine.caches.disk?.writes, 0);
      engine.saveCache();
      assertEquals(engine.caches.disk?.writes, 1);
      const { engine: again, notes } = engineWith(folder, { tier: "interp" });
      assertEquals(again.load(largeModule(5)).exports.f(1), 16);
      assertEquals([again.caches.disk?.hits, again.caches.disk?.writes, notes], [1, 0, []]);
      const invalid = largeModule(5).slice();
      // The first instruction of $three becomes an addition that finds no operands.
      const at = invalid.findIndex((_, i) => invalid[i] === 0x20 && invalid[i + 2] === 0x41 && invalid[i + 3] === 3);
      assert(at > 0);
      invalid[at] = 0x6a;
      assertThrows(() => again.compile(invalid), Error, "type mismatch");
    }),
);

testNative("damaged entries are thrown away with a note, whatever the damage", () =>
  inFolder((folder) => {
    const { engine } = engineWith(folder);
    engine.load(largeModule(5)).exports.f(1);
    engine.saveCache();
    const files = [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`);
    assertEquals(files.length, 2);
    const whole = files.map((file) => Deno.readFileSync(file));
    const damages: ((bytes: Uint8Array) => Uint8Array)[] = [
      () => new Uint8Array(0),
      (b) => b.slice(0, 10),
      (b) => b.slice(0, 70),
      (b) => b.fill(0),
      (b) => b.fill(0xff, 0, 64),
      (b) => b.fill(b[80] ^ 1, 80, 81),
      (b) => b.fill(b[300] ^ 0x80, 300, 301),
    ];
    for (const damage of damages) {
      files.forEach((file, i) => Deno.writeFileSync(file, damage(whole[i].slice())));
      const { engine: next, notes } = engineWith(folder);
      assertEquals(next.load(largeModule(5)).exports.f(1), 16);
      assertEquals(next.caches.disk?.damaged, 2);
      assertMatch(notes[0], /is thrown away: it is damaged/);
      next.saveCache();
      const { engine: last, notes: none } = engineWith(folder);
      assertEquals(last.load(largeModule(5)).exports.f(1), 16);
      assertEquals([last.compileFigures.functions, none], [0, []]);
    }
  }));

testNative("the folder keeps its limit, and what was used longest ago goes", () =>
  inFolder((folder) => {
    const { engine } = engineWith(folder, { tier: "interp", cacheBytes: 200_000 });
    for (const variant of [1, 2, 4, 5]) {
      engine.compile(largeModule(variant));
      engine.saveCache();
      for (const { name } of Deno.readDirSync(folder)) {
        const path = `${folder}/${name}`, time = (Deno.statSync(path).mtime!.getTime() - 100_000) / 1000;
        Deno.utimeSync(path, time, time);
      }
    }
    const { bytes, files, evictions, limit } = engine.caches.disk!;
    assert(
      bytes <= limit && files === 2 && evictions === 2,
      `${bytes} bytes in ${files} files, ${evictions} evictions`,
    );
    const { engine: again } = engineWith(folder, { tier: "interp" });
    again.compile(largeModule(1));
    again.compile(largeModule(5));
    assertEquals([again.caches.disk?.hits, again.caches.disk?.misses], [1, 1]);
  }));

testNative("a cache that cannot be used is an error; one that cannot be written is a note", () =>
  inFolder((folder) => {
    assertThrows(() => new Engine({ cache: `${folder}/file/x`.replace("/file", "\0") }), Error, "cannot be used");
    const { engine, notes } = engineWith(`${folder}/gone`);
    Deno.removeSync(`${folder}/gone`, { recursive: true });
    engine.load(FIB).exports.fib(1);
    engine.saveCache();
    assertEquals(notes.length, 1);
    assertMatch(notes[0], /cannot be written/);
  }));

testNative("run --cache keeps code from one process to the next, which the shell shows", async () => {
  const folder = await Deno.makeTempDir();
  const cli = new URL("../../cli.ts", import.meta.url).pathname;
  const fib = new URL("../../examples/fib.wat", import.meta.url).pathname;
  const run = ["run", "--no-check", "-A", cli, "run", "--tier", "jit", "--cache", folder, "--invoke", "fib", fib, "10"];
  assertMatch((await runDeno(run)).out, /=> 55/);
  assertEquals([...Deno.readDirSync(folder)].length, 1);
  const shell = ["run", "--no-check", "-A", cli, "--json", "--tier", "auto", "--cache", folder];
  const { out } = await runDeno([...shell, "-e", `:load ${fib}`, "-e", ":tier * jit", "-e", "fib 10", "-e", ":caches"]);
  const { disk } = JSON.parse(out.trim().split("\n").at(-1)!);
  assertEquals([disk.folder, disk.damaged], [folder, 0]);
  await Deno.remove(folder, { recursive: true });
});

testNative(
  "processes that are killed while they write leave a cache that can be read, with right results",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      await killWriters(folder, 3, Math.random);
      assertEquals(exercise(folder, 7, () => {}), undefined);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
