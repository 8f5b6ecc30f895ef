import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Command, parseScript } from "../../src/text/script.ts";
import { v128Bytes } from "../../src/text/vectors.ts";
import { TextError } from "../../src/wasm/errors.ts";
import { F32, Heap, I32 } from "../../src/wasm/types.ts";
import { testUnless } from "../skip.ts";

function one<K extends Command["kind"]>(source: string, kind: K): Command & { kind: K } {
  const commands = parseScript(source);
  assertEquals(commands.map((c) => c.kind), [kind]);
  return commands[0] as Command & { kind: K };
}

Deno.test("parseScript() gives commands with their lines", () => {
  const commands = parseScript(`(module $m (func (export "f")))
    (module definition $d binary "\\00asm")
    (module instance $i $d)
    ((@a) module quote "(func")

    (register "m" $m) (invoke $m "f" (i32.const -1))
    (assert_return (get "g") (i64.const 1))`);
  assertEquals(commands.map((c) => [c.kind, c.line]), [
    ["module", 1],
    ["module", 2],
    ["instance", 3],
    ["module", 4],
    ["register", 6],
    ["action", 6],
    ["assert_return", 7],
  ]);
  const [text, binary, , quote, register, action] = commands;
  assert(
    text.kind === "module" && binary.kind === "module" && quote.kind === "module" && register.kind === "register" &&
      action.kind === "action",
  );
  assertEquals([text.name, text.definition, text.module.form], ["m", false, "text"]);
  assertEquals([binary.name, binary.definition, binary.module.form], ["d", true, "binary"]);
  assertEquals([...binary.module.assemble().bytes], [0, 0x61, 0x73, 0x6d]);
  assertEquals([register.as, register.instance], ["m", "m"]);
  assertEquals(action.action.args, [{ kind: "number", type: I32, bits: 0xffffffffn }]);
});

Deno.test("parseScript() leaves modules to be assembled later, with the script's lines in errors", () => {
  const command = one(`\n(assert_malformed\n (module (func\n  (foo)))\n "unknown operator")`, "assert_malformed");
  const e = assertThrows(() => command.module.assemble(), TextError) as TextError;
  assertEquals([e.line, e.column, command.message], [4, 4, "unknown operator"]);
  const quoted = one(
    `(assert_malformed (module quote "(func" "\\ff)") "malformed UTF-8 encoding")`,
    "assert_malformed",
  );
  assertThrows(() => quoted.module.assemble(), TextError, "malformed UTF-8 encoding");
});

Deno.test("a module of a script may be assembled more than once", () => {
  const { module } = one(`(module (@custom "a" "b") (func))`, "module");
  assertEquals([...module.assemble().bytes], [...module.assemble().bytes]);
  assertEquals(WebAssembly.Module.customSections(new WebAssembly.Module(module.assemble().bytes), "a").length, 1);
});

Deno.test("parseScript() takes module fields at top level as one module", () => {
  const command = one(`(func) (memory 0) (func (export "f"))`, "module");
  assertEquals([...command.module.assemble().bytes].length > 8, true);
  assertEquals(WebAssembly.Module.exports(new WebAssembly.Module(command.module.assemble().bytes)).length, 1);
});

Deno.test("parseScript() reads values and patterns of every kind", () => {
  const command = one(
    `(assert_return (invoke "f" (ref.extern 1) (ref.host 2) (ref.null func) (v128.const i8x16 -1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16))
      (f32.const nan:canonical) (v128.const f32x4 1 nan:arithmetic nan -0) (either (i32.const 1) (i32.const 2))
      (ref.null) (ref.func) (ref.func 3) (ref.struct) (ref.i31) (ref.extern) (f32.const -nan:0x1))`,
    "assert_return",
  );
  assertEquals(command.action.args.slice(0, 3), [
    { kind: "extern", value: 1 },
    { kind: "host", value: 2 },
    { kind: "null", heap: Heap.FUNC },
  ]);
  const vector = command.action.args[3];
  assert(vector.kind === "v128");
  assertEquals([...v128Bytes(vector.shape, vector.lanes.map(BigInt))], [
    255,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
    12,
    13,
    14,
    15,
    16,
  ]);
  assertEquals(command.results, [
    { kind: "nan", type: F32, nan: "canonical" },
    { kind: "v128", shape: "f32x4", lanes: [0x3f800000n, "arithmetic", 0x7fc00000n, 0x80000000n] },
    { kind: "either", patterns: [{ kind: "number", type: I32, bits: 1n }, { kind: "number", type: I32, bits: 2n }] },
    { kind: "null", heap: undefined },
    { kind: "ref", heap: Heap.FUNC, index: undefined },
    { kind: "ref", heap: Heap.FUNC, index: 3 },
    { kind: "ref", heap: Heap.STRUCT, index: undefined },
    { kind: "ref", heap: Heap.I31, index: undefined },
    { kind: "ref", heap: Heap.EXTERN, index: undefined },
    { kind: "number", type: F32, bits: 0xff800001n },
  ]);
});

Deno.test("parseScript() reads threads and traps of modules", () => {
  const thread = one(`(thread $t (shared (module $m)) (register "m" $m) (invoke "run"))`, "thread");
  assertEquals([thread.name, thread.shared, thread.commands.map((c) => c.kind)], ["t", ["m"], ["register", "action"]]);
  assertEquals(one(`(wait $t)`, "wait").thread, "t");
  const trap = one(`(assert_trap (module (func $f unreachable) (start $f)) "unreachable")`, "assert_trap");
  assert("assemble" in trap.action);
  assertEquals(
    one(`(assert_exhaustion (invoke "f") "call stack exhausted")`, "assert_exhaustion").message,
    "call stack exhausted",
  );
  one(`(assert_exception (invoke "f"))`, "assert_exception");
});

Deno.test("parseScript() says where a command is malformed", () => {
  const fails = (source: string, message: string) => {
    const e = assertThrows(() => parseScript(source), TextError) as TextError;
    assertEquals(e.message, message);
  };
  fails(`(invoke "f")\n(assert_foo)`, "unknown operator assert_foo, expected a command (at 2:2)");
  fails(`(invoke "f" (f32.const nan:canonical))`, "unexpected token: a pattern is no argument (at 1:13)");
  fails(`(assert_return (invoke "f") (v128.const i64x2 1))`, "wrong number of lane literals (at 1:48)");
  fails(`(module (func)`, `unexpected token: end of input, expected ")" (at 1:15)`);
});

const SUITE = new URL("../../../shared/spec/", import.meta.url);
function* scripts(folder: URL): Generator<URL> {
  for (const entry of Deno.readDirSync(folder)) {
    if (entry.isDirectory) yield* scripts(new URL(entry.name + "/", folder));
    else if (entry.name.endsWith(".wast")) yield new URL(entry.name, folder);
  }
}
function exists(path: URL): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

const absent = exists(SUITE) ? undefined : `there is no ${SUITE.pathname}`;

testUnless(absent, "parseScript() reads every script of the specification's test suite", () => {
  let commands = 0;
  for (const file of scripts(SUITE)) {
    try {
      commands += parseScript(Deno.readFileSync(file)).length;
    } catch (e) {
      throw new Error(file.pathname, { cause: e });
    }
  }
  assert(commands > 50000);
});
