// Typed host functions, fallbacks for what is missing, and instances linked by name, in every tier.

import { assert, assertEquals, assertInstanceOf, assertStringIncludes, assertThrows } from "@std/assert";
import {
  constant,
  Engine,
  Exception,
  fn,
  Linker,
  LinkError,
  MissingImport,
  promising,
  suspendingFn,
  Wasi,
} from "../../mod.ts";
import { testInTiers } from "../security/tiers.ts";

const module = (imports: string, body: string) => `(module ${imports} ${body})`;

testInTiers("a typed host function takes and gives values of its types", ({ load }) => {
  const seen: unknown[] = [];
  const { exports } = load(
    module(
      `(import "m" "f" (func $f (param i32 i64 f32 f64 externref) (result i64 f64)))`,
      `(func (export "run") (param externref) (result i64 f64)
        (call $f (i32.const 1) (i64.const -2) (f32.const 1.5) (f64.const 2.5) (local.get 0)))`,
    ),
    {
      m: {
        f: fn(["i32", "i64", "f32", "f64", "externref"], ["i64", "f64"], (a, b, c, d, e) => {
          seen.push(a, b, c, d, e);
          return [b * 2n, a + c + d] as const;
        }),
      },
    },
  );
  assertEquals(exports.run("x"), [-4n, 5]);
  assertEquals(seen, [1, -2n, 1.5, 2.5, "x"]);
});

testInTiers(
  "an import of another type than the host function's is a LinkError, whatever values would do",
  ({ load }) => {
    const add = fn(["i32", "i32"], ["i32"], (a, b) => a + b);
    const of = (type: string) => module(`(import "m" "add" ${type})`, "");
    load(of("(func (param i32 i32) (result i32))"), { m: { add } });
    for (const type of ["(func (param i32 i64) (result i32))", "(func (param i32 i32))", "(memory 1)"]) {
      const error = assertThrows(() => load(of(type), { m: { add } }), LinkError);
      assertStringIncludes(error.message, `import "m" "add"`);
    }
  },
);

Deno.test("fn() is checked by TypeScript, and refuses types that are none", () => {
  // @ts-expect-error An i64 is a bigint.
  fn(["i64"], ["i64"], (a: number) => BigInt(a));
  // @ts-expect-error The result is a number.
  fn([], ["f64"], () => 1n);
  // @ts-expect-error Two results are a list.
  fn([], ["i32", "i32"], () => 1);
  // @ts-expect-error There is no such type.
  assertThrows(() => fn(["i16"], [], () => {}), TypeError, "there is no value type i16");
});

testInTiers("a suspending host function parks the promising call", async ({ load }) => {
  const { exports } = load(
    module(
      `(import "m" "later" (func $later (param i32) (result i32)))`,
      `(func (export "run") (result i32) (i32.add (i32.const 1) (call $later (i32.const 20))))`,
    ),
    { m: { later: suspendingFn(["i32"], ["i32"], (x) => Promise.resolve(2 * x)) } },
  );
  assertEquals(await promising(exports.run)(), 41);
});

const WANTS = module(
  `(import "env" "a" (func $a (param i32 i64)))
   (import "env" "b" (func $b (param f64) (result i64)))
   (import "other" "c" (func $c (param externref) (result i32 externref)))`,
  `(func (export "a") (call $a (i32.const 1) (i64.const 2)))
   (func (export "b") (result i64) (i64.add (i64.const 5) (call $b (f64.const -0))))
   (func (export "c") (param externref) (result i32 externref) (call $c (local.get 0)))
   (func (export "caught") (try_table (catch_all 0) (call $a (i32.const 1) (i64.const 2))))`,
);

testInTiers("missing functions are traced, and give zeros and nulls", ({ engine }) => {
  const lines: string[] = [];
  const linker = new Linker(engine, { fallback: "trace", log: (line) => lines.push(line) });
  const { exports } = linker.instantiate(engine.compile(WANTS));
  assertEquals([exports.a(), exports.b(), exports.c("x")], [undefined, 5n, [0, null]]);
  assertEquals(lines, ["env.a(1, 2)", "env.b(-0) => 0", `other.c("x") => 0, null`]);
});

testInTiers("missing functions trap when they are called, and no handler catches that", ({ engine }) => {
  const { exports } = new Linker(engine, { fallback: "trap" }).instantiate(engine.compile(WANTS));
  for (const name of ["a", "caught"]) {
    const error = assertThrows(() => exports[name](), MissingImport);
    assertEquals([error.module, error.field], ["env", "a"]);
    assertEquals(error.message, `import "env" "a" is missing: func (param i32 i64), called with (1, 2)`);
  }
});

testInTiers(
  "what is defined goes before fallbacks, and those of a module name before the one for all",
  ({ engine }) => {
    const calls: unknown[] = [];
    const linker = new Linker(engine, { fallback: "trap" })
      .define({ env: { a: fn(["i32", "i64"], [], (...args) => void calls.push(args)) } })
      .fallback("other", ({ name }) => () => [7, name]);
    const { exports } = linker.instantiate(engine.compile(WANTS));
    exports.a();
    assertEquals([calls, exports.c(null)], [[[1, 2n]], [7, "c"]]);
    assertThrows(() => exports.b(), MissingImport);
  },
);

Deno.test("a traced function whose result has no zero says so", () => {
  const engine = new Engine({ tier: "interp" });
  const source = module(
    `(import "m" "f" (func $f (result (ref extern))))`,
    `(func (export "run") (drop (call $f)))`,
  );
  const { exports } = new Linker(engine, { fallback: "trace", log: () => {} }).instantiate(engine.compile(source));
  const error = assertThrows(() => exports.run(), MissingImport);
  assertStringIncludes(error.message, "there is no zero for its results");
});

Deno.test("all that is missing is listed at once, what is no function under a fallback too", () => {
  const engine = new Engine({ tier: "interp" });
  const wants = engine.compile(
    module(`(import "m" "f" (func (param i32))) (import "m" "g" (global i64)) (import "n" "mem" (memory 1 2))`, ""),
  );
  const error = assertThrows(() => new Linker(engine).instantiate(wants), LinkError);
  assertEquals(
    error.message,
    "3 imports are missing:\n  m.f: func (param i32)\n  m.g: global i64\n  n.mem: memory 1 2",
  );
  assertThrows(() => new Linker(engine, { fallback: "trace" }).instantiate(wants), LinkError, "2 imports are missing");
});

testInTiers("instances are made in the order that their imports ask for", ({ engine }) => {
  const compile = (imports: string, body: string) => engine.compile(module(imports, body));
  const modules = {
    top: compile(
      `(import "left" "f" (func $l (result i32))) (import "right" "f" (func $r (result i32)))`,
      `(func (export "run") (result i32) (i32.add (call $l) (call $r)))`,
    ),
    left: compile(
      `(import "base" "memory" (memory 1))`,
      `(func (export "f") (result i32) (i32.load (i32.const 0)))`,
    ),
    right: compile(
      `(import "base" "memory" (memory 1)) (import "base" "bump" (global $g (mut i32)))`,
      `(func (export "f") (result i32) (global.set $g (i32.const 9)) (i32.load (i32.const 4)))`,
    ),
    base: compile(
      "",
      `(memory (export "memory") 1) (data (i32.const 0) "\\14\\00\\00\\00\\16") (global (export "bump") (mut i32) (i32.const 0))`,
    ),
  };
  const made = new Linker(engine).addAll(modules);
  assertEquals([made.top.exports.run(), Object.keys(made)], [42, ["base", "left", "right", "top"]]);
});

Deno.test("modules that import from each other are refused before any is made", () => {
  const engine = new Engine({ tier: "interp" });
  const linker = new Linker(engine);
  const from = (name: string) => engine.compile(module(`(import "${name}" "f" (func))`, `(func (export "f"))`));
  const a = engine.compile(module(`(func (export "g"))`, ""));
  const error = assertThrows(() => linker.addAll({ a, b: from("c"), c: from("d"), d: from("b") }), LinkError);
  assertStringIncludes(error.message, "b → c → d → b");
  assertThrows(() => linker.addAll({ self: from("self") }), LinkError, "self → self");
  linker.add("a", a);
  assertThrows(() => linker.add("a", a), TypeError, `"a" already`);
  assertThrows(() => linker.define({ a: { g: () => {} } }), TypeError, `"a" "g" is defined already`);
});

Deno.test("WASI is defined like anything else", () => {
  const engine = new Engine({ tier: "interp" });
  using wasi = new Wasi({ stdout: () => {} });
  const program = new Linker(engine).define(wasi.imports()).instantiate(engine.compile(module(
    `(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))`,
    `(memory (export "memory") 1) (func (export "_start") (call $exit (i32.const 3)))`,
  )));
  assertEquals(wasi.start(program), 3);
  assertInstanceOf(program.exports.memory, Object);
});

testInTiers(
  "globals, tables, tags and constants are declared with types that TypeScript and linking check",
  ({ engine, load }) => {
    const count = engine.global({ type: "i64", mutable: true }, 5n);
    const table = engine.table({ element: "funcref", minimum: 1 });
    const tag = engine.tag({ parameters: ["i32", "f64"] });
    const { exports } = load(
      module(
        `(import "m" "count" (global $count (mut i64))) (import "m" "seven" (global $seven i64))
       (import "m" "table" (table 1 funcref)) (import "m" "tag" (tag $tag (param i32 f64)))`,
        `(func $f (export "f") (global.set $count (i64.add (global.get $count) (global.get $seven))))
       (func (export "set") (table.set (i32.const 0) (ref.func $f)))
       (func (export "fail") (throw $tag (i32.const 1) (f64.const 2.5)))`,
      ),
      { m: { count, table, tag, seven: constant("i64", 7n) } },
    );
    exports.set();
    table.get(0)!();
    const value: bigint = count.value;
    assertEquals(value, 12n);
    const error = assertThrows(() => exports.fail(), Exception);
    assert(error.is(tag));
    const [code, place]: [number, number] = error.payload;
    assertEquals([code, place], [1, 2.5]);
  },
);

Deno.test("types of globals, tables, tags and constants are checked", () => {
  const engine = new Engine({ tier: "interp" });
  const count = engine.global({ type: "i64", mutable: true });
  // @ts-expect-error An i64 is a bigint.
  assertThrows(() => count.value = 5, TypeError);
  // @ts-expect-error An i64 is a bigint.
  assertThrows(() => engine.global({ type: "i64" }, 5), TypeError);
  // @ts-expect-error There is no such type.
  assertThrows(() => constant("i16", 5), TypeError, "there is no value type i16");
  const tag = engine.tag({ parameters: ["i32"] });
  // @ts-expect-error It carries a number.
  assertThrows(() => new Exception(tag, [1n]), TypeError);
  // @ts-expect-error It carries one value.
  assertThrows(() => new Exception(tag, [1, 2]), TypeError);
  const wants = (type: string) => engine.compile(module(`(import "m" "x" (global ${type}))`, ""));
  const link = (type: string, x: unknown) => engine.instantiate(wants(type), { m: { x } });
  const message = (type: string, x: unknown) => assertThrows(() => link(type, x), LinkError).message;
  link("f32", constant("f32", 1.5));
  assertStringIncludes(message("f64", constant("f32", 1.5)), "expected global f64, found global f32");
  assertStringIncludes(message("(mut f32)", constant("f32", 1.5)), "expected global (mut f32), found global f32");
  // @ts-expect-error An i64 is a bigint.
  assertThrows(() => link("i64", constant("i64", 5)), TypeError);
});

Deno.test("instantiate() names all imports that are missing", () => {
  const engine = new Engine({ tier: "interp" });
  const wants = engine.compile(
    module(`(import "m" "f" (func (param i32))) (import "m" "here" (func)) (import "n" "mem" (memory 1 2))`, ""),
  );
  const error = assertThrows(() => engine.instantiate(wants, { m: { here: () => {} } }), LinkError);
  assertEquals(error.message, "unknown imports: 2 imports are missing:\n  m.f: func (param i32)\n  n.mem: memory 1 2");
  const one = assertThrows(() => engine.instantiate(wants, { m: { here: () => {}, f: () => {} } }), LinkError);
  assertEquals([one.message, one.module, one.field], [`unknown import: import "n" "mem"`, "n", "mem"]);
});
