// The limits of an engine: each is reached, gives its error, and the engine goes on working.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { CompileError, Engine, ResourceError } from "../../mod.ts";
import { testInTiers } from "../security/tiers.ts";
import { testNative } from "../skip.ts";

const MANY = 3000;
/** A module whose functions take more than 64 KiB of machine code together. */
const BIG = `(module ${
  Array.from({ length: MANY }, (_, i) => `(func (export "f${i}") (result i32) (i32.const ${i}))`).join("")
})`;

testInTiers("maxInstances: one more is an error, and there is room again once some are disposed of", (m) => {
  const engine = m.another({ maxInstances: 3 });
  const module = engine.compile(`(module (func (export "f") (result i32) (i32.const 5)))`);
  const made = [1, 2, 3].map(() => engine.instantiate(module));
  assertThrows(() => engine.instantiate(module), ResourceError, "3 instances; the engine's limit is 3 (maxInstances)");
  assertEquals(made.map((i) => i.exports.f()), [5, 5, 5]);
  made[1].dispose();
  assertEquals(engine.instantiate(module).exports.f(), 5);
  assertThrows(() => engine.instantiate(module), ResourceError);
});

testInTiers("maxTableEntries: larger tables are an error, and growing beyond gives -1", (m) => {
  const engine = m.another({ maxTableEntries: 10 });
  const { exports } = engine.load(`(module (table 4 funcref)
    (func (export "grow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))) (func (export "size") (result i32) (table.size)))`);
  assertEquals([exports.grow(7), exports.grow(6), exports.grow(1), exports.size()], [-1, 4, -1, 10]);
  const message = "a table of 11 entries; the limit is 10 (maxTableEntries)";
  assertThrows(() => engine.load(`(module (table 11 funcref))`), ResourceError, message);
  assertThrows(() => engine.table({ element: "externref", minimum: 11 }), ResourceError, message);
  assertEquals(engine.table({ element: "externref", minimum: 10 }).length, 10);
  assertEquals(exports.size(), 10);
});

testInTiers("maxModuleBytes and maxFunctions: larger modules are errors", (m) => {
  const engine = m.another({ maxModuleBytes: 100, maxFunctions: 3 });
  const functions = (n: number) => `(module ${`(func)`.repeat(n)} (func (export "f") (result i32) (i32.const 1)))`;
  assertEquals(engine.load(functions(2)).exports.f(), 1);
  assertThrows(() => engine.compile(functions(3)), CompileError, "4 functions; the engine's limit is 3 (maxFunctions)");
  assertThrows(
    () => engine.compile(`(module (memory 1) (data "${"x".repeat(100)}"))`),
    CompileError,
    "bytes; the engine's limit is 100 (maxModuleBytes)",
  );
  assertEquals(engine.load(functions(1)).exports.f(), 1);
});

testNative("maxCodeBytes: a function whose code finds no room cannot be called, all others can", () => {
  const engine = new Engine({ tier: "jit", maxCodeBytes: 65536 });
  const { exports, functions } = engine.load(BIG);
  let compiled = 0;
  assertThrows(
    () => {
      for (; compiled < MANY; compiled++) assertEquals(exports[`f${compiled}`](), compiled);
    },
    ResourceError,
    "machine code would take 131072 bytes; the engine's limit is 65536 (maxCodeBytes)",
  );
  assert(compiled > 100);
  for (let i = 0; i < compiled; i++) assertEquals(exports[`f${i}`](), i);
  assertThrows(() => exports[`f${compiled}`](), ResourceError);
  functions[compiled].tier = "interp";
  assertEquals(exports[`f${compiled}`](), compiled);
  // Another engine has its own.
  assertEquals(new Engine({ tier: "jit" }).load(BIG).exports[`f${compiled}`](), compiled);
});

testNative(
  "maxCodeBytes: a call from Wasm ends with the error, and code of modules without instances makes room",
  () => {
    const engine = new Engine({ tier: "jit", maxCodeBytes: 65536 });
    {
      using first = engine.load(`(module (func (export "f")))`);
      first.exports.f();
    }
    engine.gc();
    const second = engine.load(
      `(module (func $g (result i32) (i32.const 3)) (func (export "f") (result i32) (call $g)))`,
    );
    assertEquals(second.exports.f(), 3);
    const third = engine.load(
      `(module (import "m" "f" (func $f (result i32))) (func $g (result i32) (i32.add (call $f) (i32.const 1)))
    (func (export "f") (result i32) (call $g)))`,
      { m: { f: second.exports.f } },
    );
    for (let i = 0; i < 2; i++) assertThrows(() => third.exports.f(), ResourceError, "(maxCodeBytes)");
    assertEquals(second.exports.f(), 3);
    for (const f of third.functions) if (!f.isHost) f.tier = "interp";
  },
);

Deno.test("limits that make no sense are refused", () => {
  for (
    const options of [
      { maxInstances: -1 },
      { maxTableEntries: 1.5 },
      { maxCodeBytes: 2 ** 40 },
      { maxFunctions: NaN },
      { maxMemoryBytes: NaN },
      { maxTotalMemoryBytes: -1 },
      { stackBytes: 1 },
    ]
  ) {
    assertThrows(() => new Engine({ tier: "interp", ...options }), RangeError, Object.keys(options)[0]);
  }
});

Deno.test("compile() refuses what is neither bytes nor text, a promise of them too", () => {
  const engine = new Engine({ tier: "interp" });
  for (const source of [5, undefined, Promise.resolve(new Uint8Array()), {}]) {
    assertThrows(() => engine.compile(source as never), TypeError, "compiled from a Uint8Array");
  }
});

Deno.test("an option that an engine does not have is a TypeError, with the one that may be meant", () => {
  const message = (options: object) => assertThrows(() => new Engine(options), TypeError).message;
  assertEquals(message({ teir: "jit" }), `an engine has no option "teir"; did you mean "tier"?`);
  assertEquals(message({ colour: "red" }), `an engine has no option "colour"`);
});
