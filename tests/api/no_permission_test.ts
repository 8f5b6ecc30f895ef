// The library in a process that may do nothing, and in one that may use FFI only.

import { assertEquals } from "@std/assert";
import { runDeno } from "../run_deno.ts";
import { testNative } from "../skip.ts";

const MODULE = new URL("../../mod.ts", import.meta.url).href;

const PROGRAM = `
import { Engine, Trap } from ${JSON.stringify(MODULE)};
const message = (f) => { try { f(); return "no error"; } catch (e) { return e.message; } };
const engine = new Engine();
const instance = engine.load(\`(module
  (import "env" "twice" (func $twice (param i64) (result i64)))
  (memory (export "memory") 1 4)
  (table (export "things") 2 externref)
  (func (export "put") (param externref) (table.set (i32.const 0) (local.get 0)))
  (func (export "sum") (param $n i32) (result i64) (local $s i64)
    (loop $l
      (local.set $s (i64.add (local.get $s) (call $twice (i64.extend_i32_u (local.get $n)))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))
  (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $deep (export "deep") (call $deep))
  (func (export "last") (result i32) (i32.load8_u (i32.const 0x1ffff))))\`, { env: { twice: (x) => 2n * x } });
const { sum, divide, deep, last, put } = instance.exports;
const outside = message(() => last());
instance.memory("memory").grow(1);
put({});
put(null);
const freed = engine.gc().freed;
const sumFunc = instance.func("sum");
const before = sumFunc.tier;
console.log(JSON.stringify({
  tier: before,
  sum: String(sum(1000)),
  traps: [outside, message(() => divide(1, 0)), message(() => deep())],
  last: last(),
  freed,
  text: instance.module.toText().includes("i32.div_s"),
  compiles: sumFunc.compile().bytes.length > 0,
  wasm: String(await sumFunc.disassemble("interp")).includes("call $twice"),
  unavailable: Engine.nativeUnavailable ?? null,
  engine: message(() => new Engine({ tier: "jit" })),
  move: message(() => { sumFunc.tier = "jit"; }),
  auto: message(() => { sumFunc.tier = "auto"; }),
  after: sumFunc.tier,
}));
`;

async function report(...permissions: string[]): Promise<Record<string, unknown>> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/program.js`, PROGRAM);
    const args = ["run", "--no-prompt", "--no-config", "--no-check", ...permissions, `${folder}/program.js`];
    const { code, out, err } = await runDeno(args);
    assertEquals([code, err], [0, ""]);
    return JSON.parse(out);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const COMMON = {
  sum: "1001000",
  traps: ["out of bounds memory access", "integer divide by zero", "call stack exhausted"],
  last: 0,
  freed: 1,
  text: true,
  compiles: true,
  wasm: true,
  auto: "no error",
};

Deno.test("without any permission the library compiles, runs, traps, grows, collects and dumps; tier jit says what it needs", async () => {
  const refused = "tier jit cannot run here: native code needs --allow-ffi";
  assertEquals(await report(), {
    ...COMMON,
    tier: "interp",
    unavailable: "native code needs --allow-ffi",
    engine: refused,
    move: refused,
    after: "js",
  });
});

testNative("with --allow-ffi and nothing else the library runs machine code", async () => {
  const allowed = { unavailable: null, engine: "no error", move: "no error" };
  assertEquals(await report("--allow-ffi"), { ...COMMON, ...allowed, tier: "interp", after: "jit" });
});
