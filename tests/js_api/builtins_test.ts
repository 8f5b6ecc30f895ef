import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { forEach, type Namespace, wasm } from "./namespaces.ts";

const OPTIONS = { builtins: ["js-string"], importedStringConstants: "'" };

const STRINGS = wasm(`(module (type $a (array (mut i16)))
  (import "wasm:js-string" "cast" (func $cast (param externref) (result (ref extern))))
  (import "wasm:js-string" "test" (func $test (param externref) (result i32)))
  (import "wasm:js-string" "fromCharCodeArray" (func $from (param (ref null $a) i32 i32) (result (ref extern))))
  (import "wasm:js-string" "intoCharCodeArray" (func $into (param externref (ref null $a) i32) (result i32)))
  (import "wasm:js-string" "fromCharCode" (func $fromCharCode (param i32) (result (ref extern))))
  (import "wasm:js-string" "fromCodePoint" (func $fromCodePoint (param i32) (result (ref extern))))
  (import "wasm:js-string" "charCodeAt" (func $charCodeAt (param externref i32) (result i32)))
  (import "wasm:js-string" "codePointAt" (func $codePointAt (param externref i32) (result i32)))
  (import "wasm:js-string" "length" (func $length (param externref) (result i32)))
  (import "wasm:js-string" "concat" (func $concat (param externref externref) (result (ref extern))))
  (import "wasm:js-string" "substring" (func $substring (param externref i32 i32) (result (ref extern))))
  (import "wasm:js-string" "equals" (func $equals (param externref externref) (result i32)))
  (import "wasm:js-string" "compare" (func $compare (param externref externref) (result i32)))
  (import "'" "hello, \\c3\\bc" (global $hello (ref extern)))
  (export "cast" (func $cast)) (export "test" (func $test)) (export "fromCharCode" (func $fromCharCode))
  (export "fromCodePoint" (func $fromCodePoint)) (export "charCodeAt" (func $charCodeAt)) (export "codePointAt" (func $codePointAt))
  (export "length" (func $length)) (export "concat" (func $concat)) (export "substring" (func $substring)) (export "equals" (func $equals))
  (export "compare" (func $compare)) (export "from" (func $from)) (export "into" (func $into)) (export "hello" (global $hello))
  (func (export "array") (param i32) (result (ref $a)) (array.new_default $a (local.get 0)))
  (func (export "both") (result externref) (call $concat (global.get $hello) (call $fromCharCode (i32.const 33))))
  (func (export "caught") (result i32) (block $b (try_table (catch_all $b) (drop (call $length (ref.null extern)))) (return (i32.const 0))) (i32.const 1)))`);

function strings(W: Namespace): Namespace {
  return new W.Instance(new W.Module(STRINGS, OPTIONS), {}).exports;
}

forEach("string builtins do what String does", (W) => {
  const x = strings(W);
  assertStrictEquals(x.hello.value, "hello, ü");
  assertEquals(x.both(), "hello, ü!");
  assertEquals([x.cast("a"), x.test("a"), x.test(5), x.test(null), x.test(undefined)], ["a", 1, 0, 0, 0]);
  assertEquals([x.length("añ😀"), x.length(""), x.concat("a", "b"), x.fromCharCode(0x10041)], [4, 0, "ab", "A"]);
  assertEquals([x.fromCodePoint(0x1f600), x.charCodeAt("😀", 1), x.codePointAt("😀", 0)], ["😀", 0xde00, 0x1f600]);
  assertEquals([x.fromCharCode(0xd800), x.concat("\ud83d", "\ude00")], ["\ud800", "😀"]);
  assertEquals([x.substring("abcdef", 1, 3), x.substring("abc", 2, 9), x.substring("abc", 2, 1)], ["bc", "c", ""]);
  assertEquals([x.substring("abc", 1, -1), x.substring("abc", 4, 5), x.substring("abc", 3, 3)], ["bc", "", ""]);
  assertEquals([x.equals("a", "a"), x.equals("a", "b"), x.equals(null, null), x.equals("a", null)], [1, 0, 1, 0]);
  assertEquals([x.compare("a", "b"), x.compare("b", "a"), x.compare("a", "a"), x.compare("", "a")], [-1, 1, 0, -1]);
});

forEach("string builtins copy to and from arrays of code units", (W) => {
  const x = strings(W);
  const a = x.array(6);
  assertEquals([x.into("h\ud83dx", a, 2), x.from(a, 0, 6), x.from(a, 2, 5)], [3, "\0\0h\ud83dx\0", "h\ud83dx"]);
  assertEquals([x.from(a, 6, 6), x.into("", a, 6)], ["", 0]);
  const long = "0123456789".repeat(2000), b = x.array(long.length);
  assertEquals(x.into(long, b, 0), long.length);
  assertStrictEquals(x.from(b, 0, long.length), long);
  const outside = [() => x.from(a, 3, 7), () => x.from(a, 4, 3), () => x.from(a, -1, -1), () => x.into("ab", a, 5)];
  outside.push(() => x.into("a", a, -1), () => x.from(null, 0, 0), () => x.into("a", null, 0), () => x.into(5, a, 0));
  for (const f of outside) assertThrows(f, W.RuntimeError);
});

forEach("string builtins trap for what is no string or lies outside, and Wasm does not catch that", (W) => {
  const x = strings(W);
  for (const v of [null, undefined, 5, {}, new String("s"), Symbol()]) {
    for (const f of [x.cast, x.length, (v: unknown) => x.concat("a", v), (v: unknown) => x.concat(v, "a")]) {
      assertThrows(() => f(v), W.RuntimeError);
    }
    for (const f of [(v: unknown) => x.charCodeAt(v, 0), (v: unknown) => x.substring(v, 0, 0)]) {
      assertThrows(() => f(v), W.RuntimeError);
    }
    assertThrows(() => x.compare("a", v), W.RuntimeError);
    if (v !== null) assertThrows(() => x.equals("a", v), W.RuntimeError);
  }
  for (const f of [() => x.charCodeAt("ab", 2), () => x.codePointAt("ab", -1), () => x.fromCodePoint(0x110000)]) {
    assertThrows(f, W.RuntimeError);
  }
  assertThrows(x.caught, W.RuntimeError);
});

forEach("builtins and string constants are no imports any more, unless they are not switched on", (W) => {
  const imports = (options: unknown) => W.Module.imports(new W.Module(STRINGS, options)).length;
  assertEquals(imports(OPTIONS), 0);
  assertEquals(imports({ builtins: ["js-string"] }), 1);
  assertEquals(imports({ builtins: ["other"], importedStringConstants: "'" }), 13);
  assertEquals(imports(undefined), 14);
  assertThrows(() => new W.Instance(new W.Module(STRINGS, {}), {}), TypeError);
});

forEach("a set of builtins that is named twice is a CompileError", (W) => {
  const twice = { builtins: ["js-string", "js-string"] };
  assertEquals(W.validate(wasm("(module)"), twice), false);
  assertThrows(() => new W.Module(wasm("(module)"), twice), W.CompileError);
}, "V8 takes it");

forEach("a builtin of another type is a CompileError", async (W) => {
  const wrong = [
    `(module (import "wasm:js-string" "length" (func (param i32) (result i32))))`,
    `(module (import "'" "a" (global i32)))`,
    `(module (import "'" "a" (global (mut externref))))`,
    `(module (import "'" "a" (func)))`,
  ].map(wasm);
  for (const bytes of wrong) {
    assertThrows(() => new W.Module(bytes, OPTIONS), W.CompileError);
    assertEquals([W.validate(bytes, OPTIONS), W.validate(bytes)], [false, true]);
    const error = await W.compile(bytes, OPTIONS).catch((e: unknown) => e);
    assertStrictEquals(error.constructor, W.CompileError);
  }
  // An unknown name of the set is an import like others.
  const other = wasm(`(module (import "wasm:js-string" "none" (func)))`);
  assertEquals(W.Module.imports(new W.Module(other, OPTIONS)).length, 1);
});

forEach("instantiate() takes the options as third argument", async (W) => {
  const { instance } = await W.instantiate(STRINGS, undefined, OPTIONS);
  assertEquals(instance.exports.length("abc"), 3);
});
