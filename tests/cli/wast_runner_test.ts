import { featureSet } from "../../src/wasm/features.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { type RunnerOptions, Script, WastRunner } from "../../src/cli/wast_runner.ts";
import { TextError } from "../../src/wasm/errors.ts";

function run(source: string, options: RunnerOptions = {}, features = featureSet()) {
  const { passed, failed, skipped } = new WastRunner("interp").run(new Script(source, features), options);
  const show = (n: { line: number; message: string }) => `${n.line} ${n.message}`;
  return { passed, failed: failed.map(show), skipped: skipped.map(show) };
}

const MODULE = `(module
  (global (export "g") i32 (i32.const 5))
  (func (export "id") (param f32) (result f32) (local.get 0))
  (func (export "trap") unreachable)
  (func (export "two") (result i32 i64) (i32.const 1) (i64.const 2)))\n`;

Deno.test("WastRunner.run() counts what holds", () => {
  const { passed, failed } = run(`${MODULE}
    (assert_return (get "g") (i32.const 5))
    (assert_return (invoke "id" (f32.const nan:0x200000)) (f32.const nan:0x200000))
    (assert_return (invoke "id" (f32.const nan)) (f32.const nan:canonical))
    (assert_return (invoke "two") (either (i32.const 0) (i32.const 1)) (i64.const 2))
    (assert_trap (invoke "trap") "unreachable")`);
  assertEquals([passed, failed], [6, []]);
});

Deno.test("WastRunner.run() says what does not hold, with lines", () => {
  const { passed, failed } = run(`${MODULE}(assert_return (get "g") (i32.const 6))
(assert_return (invoke "id" (f32.const nan:0x200000)) (f32.const nan:canonical))
(assert_return (invoke "id" (f32.const -nan:0x200000)) (f32.const nan:arithmetic))
(assert_return (invoke "two") (i32.const 1))
(assert_trap (invoke "trap") "integer overflow")
(assert_trap (invoke "two") "unreachable")
(assert_return (invoke "nobody"))
(assert_invalid (module) "type mismatch")
(assert_malformed (module (func (result i32))) "type mismatch")
(assert_unlinkable (module (import "a" "b" (func))) "incompatible import type")
(invoke "id" (i32.const 1))
(assert_return (invoke $other "id") (i32.const 1))`);
  assertEquals(passed, 1);
  assertEquals(failed, [
    "6 assert_return: expected 6:i32, got 5:i32",
    "7 assert_return: expected nan:canonical:f32, got nan:0x200000:f32",
    "8 assert_return: expected nan:arithmetic:f32, got -nan:0x200000:f32",
    "9 assert_return: expected 1:i32, got 1:i32 2:i64",
    '10 assert_trap: expected "integer overflow", got Trap: unreachable',
    '11 assert_trap: expected the trap "unreachable", got 1:i32 2:i64',
    '12 assert_return: there is no function "nobody"',
    '13 assert_invalid: expected "type mismatch", but the module was accepted',
    '14 assert_malformed: expected "type mismatch", got CompileError: type mismatch: end expects i32, but the stack is empty (in func[0], at 14:45, byte offset 0x18)',
    '15 assert_unlinkable: expected "incompatible import type", got LinkError: unknown import: import "a" "b"',
    "16 action: the argument is an i32, the parameter an f32",
    "17 assert_return: there is no instance of module $other",
  ]);
});

Deno.test("WastRunner.run() fails for features that are missing, or skips them with all that depends on them", () => {
  const source = `(module $v (func (export "f") (result v128) (v128.const i32x4 0 0 0 0)))
(assert_return (invoke "f") (v128.const i32x4 0 0 0 0))
(register "v")
(module (import "v" "f" (func)))
(module (func (export "f")))
(assert_return (invoke "f"))`;
  const features = featureSet({ simd: false });
  const strict = run(source, {}, features);
  assertEquals([strict.passed, strict.failed.length, strict.skipped.length], [2, 4, 0]);
  const lenient = run(source, { skipUnsupported: true }, features);
  assertEquals([lenient.passed, lenient.failed.length, lenient.skipped.length], [2, 0, 4]);
  assertEquals(run(source, { untilFailure: true }, features).failed.length, 1);
});

Deno.test("Script refuses commands that are malformed", () => {
  assertThrows(() => new Script(`(assert_retrun (invoke "f"))`), TextError, "assert_retrun");
});
