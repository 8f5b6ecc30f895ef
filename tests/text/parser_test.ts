import { assert, assertEquals, assertThrows } from "@std/assert";
import { assemble, assembleText } from "../../src/text/parser.ts";
import { TextError } from "../../src/wasm/errors.ts";

type Exports = Record<string, (...args: (number | bigint)[]) => unknown>;
function run(source: string, imports: WebAssembly.Imports = {}): Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(assembleText(source)), imports).exports as Exports;
}
function fails(source: string, message: string): void {
  const e = assertThrows(() => assembleText(source), TextError) as TextError;
  assertEquals(e.message, message);
}
/** Whether two texts assemble to the same bytes. */
function same(a: string, b: string): void {
  assertEquals([...assembleText(a, { names: false })], [...assembleText(b, { names: false })]);
}

Deno.test("assembleText() takes plain and folded instructions alike", () => {
  const { fac } = run(`(module
    (func $fac (export "fac") (param $n i64) (result i64)
      (if (result i64) (i64.eqz (local.get $n))
        (then (i64.const 1))
        (else (i64.mul (local.get $n) (call $fac (i64.sub (local.get $n) (i64.const 1))))))))`);
  assertEquals(fac(20n), 2432902008176640000n);
  same(
    `(func (param i32) (result i32) (block $l (result i32) (br_if $l (i32.const 1) (local.get 0)) (drop) (i32.const 2)))`,
    `(func (param i32) (result i32) block $l (result i32) i32.const 1 local.get 0 br_if $l drop i32.const 2 end $l)`,
  );
  same(
    `(func (if (i32.const 1) (then nop) (else unreachable)))`,
    `(func i32.const 1 if $a nop else $a unreachable end $a)`,
  );
});

Deno.test("assembleText() assembles deeply nested expressions without recursion", () => {
  const depth = 50000;
  const { f } = run(
    `(func (export "f") (result i32) ${"(i32.add (i32.const 1) ".repeat(depth)}(i32.const 0)${")".repeat(depth)})`,
  );
  assertEquals(f(), depth);
});

Deno.test("assembleText() expands inline imports, exports and segments", () => {
  const { f, g, m, t } = run(
    `(func $imported (export "g") (import "e" "g") (param i32) (result i32))
     (memory (export "m") (data "ab" "c"))
     (table (export "t") funcref (elem $imported $f))
     (func $f (export "f") (export "f2") (result i32) (call $imported (i32.load8_u offset=2 (i32.const 0))))`,
    { e: { g: (x: number) => x + 1 } },
  ) as Exports & { m: WebAssembly.Memory; t: WebAssembly.Table };
  assertEquals(f(), 100);
  assertEquals(g(1), 2);
  assertEquals(m.buffer.byteLength, 65536);
  assertEquals(t.length, 2);
});

Deno.test("assembleText() makes the types that type uses need, behind the written ones", () => {
  same(
    `(func (param i32)) (type (func (param i64))) (func (result i32) (block (param i64) (drop)) unreachable) (func (param i64))`,
    `(type (func (param i64))) (type (func (param i32))) (type (func (result i32)))
     (func (type 1)) (func (type 2) (block (type 0) (drop)) unreachable) (func (type 0))`,
  );
});

Deno.test("assembleText() takes every form of element and data segment", () => {
  const source = `(module (memory 1) (table $t 10 funcref) (table $u 10 externref)
    (func $f (table.init $t $p (i32.const 0) (i32.const 0) (i32.const 1)) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1)) (elem.drop $p) (data.drop $d)
      (table.copy (i32.const 0) (i32.const 0) (i32.const 0)) (memory.copy (i32.const 0) (i32.const 0) (i32.const 0)) (table.fill $u (i32.const 0) (ref.null extern) (i32.const 0)))
    (elem (i32.const 0) $f $f) (elem (offset (i32.const 1)) func $f) (elem (table $t) (i32.const 0) func $f) (elem declare func $f)
    (elem $p funcref (ref.func $f) (item ref.null func) (item (ref.func 0))) (elem (table $u) (i32.const 0) externref (ref.null extern)) (elem func)
    (data (i32.const 0) "a" "\\00") (data $d "x") (data (memory 0) (offset (i32.const 1))))`;
  assert(WebAssembly.validate(assembleText(source)));
});

Deno.test("assembleText() takes types, memories and tables of version 3.0", () => {
  const source = `(module
    (rec (type $node (sub (struct (field $next (mut (ref null $node))) (field i8 (mut i16))))) (type $a (array (mut f64))))
    (type $leaf (sub final $node (struct (field (mut (ref null $node))) (field i8) (field (mut i16)) (field eqref))))
    (memory i64 1 2) (memory $m2 1) (table i64 1 funcref) (tag $e (param i32)) (table 3 (ref func) (ref.func $f))
    (import "x" "y" (func $g))
    (func $f (result i32) (i32.load $m2 offset=8 (i32.const 0)) (memory.size $m2) (drop)) (global (ref null $leaf) (ref.null none)))`;
  fails(source, "import after memory (at 5:5)");
  assert(WebAssembly.validate(assembleText(source.replace(`(import "x" "y" (func $g))`, ""))));
});

Deno.test("assembleText() takes binary and quoted modules, and fields alone", () => {
  assertEquals([...assembleText(`(module $m binary "\\00asm" "\\01\\00\\00\\00")`)], [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  same(`(module quote "(func (nop" "))")`, `(module (func (nop)))`);
  same(``, `(module)`);
  same(`(func) (memory 1)`, `(module (func) (memory 1))`);
});

Deno.test("assembleText() puts the names of the text into a name section, unless told not to", () => {
  const source = `(module $m (func $f (param $a i32) (local $"b c" i64) block $l end))`;
  const section = (bytes: Uint8Array<ArrayBuffer>) => {
    const [s] = WebAssembly.Module.customSections(new WebAssembly.Module(bytes), "name");
    return s && new TextDecoder().decode(s);
  };
  assertEquals(
    section(assembleText(source)),
    "\x00\x02\x01m\x01\x04\x01\x00\x01f\x02\x0b\x01\x00\x02\x00\x01a\x01\x03b c\x03\x06\x01\x00\x01\x00\x01l",
  );
  assertEquals(section(assembleText(source, { names: false })), undefined);
});

Deno.test("assemble() says where each instruction stands in the text", () => {
  const { bytes, positions } = assemble(
    `(module\n  (func (result i32)\n    (i32.add (i32.const 1)\n      (i32.const 2))))`,
    { names: false },
  );
  const at = (opcode: number, from = 20) => bytes.indexOf(opcode, from);
  assertEquals(positions.at(at(0x41)), { line: 3, column: 15 });
  assertEquals(positions.at(at(0x41) + 1), { line: 3, column: 15 });
  assertEquals(positions.at(at(0x41) + 2), { line: 4, column: 8 });
  assertEquals(positions.at(at(0x6a)), { line: 3, column: 6 });
  assertEquals(positions.at(0), undefined);
});

Deno.test("assembleText() puts custom sections where their annotations say", () => {
  const bytes = assembleText(
    `(module (@custom "z") (@custom "a" (before first) "1" "2") (func) (@custom "m" (before code)) (@custom "l" (after func)))`,
  );
  const ids: string[] = [];
  for (let at = 8; at < bytes.length; at += 2 + bytes[at + 1]) {
    ids.push(bytes[at] === 0 ? String.fromCharCode(bytes[at + 3]) : String(bytes[at]));
  }
  assertEquals(ids, ["a", "1", "3", "l", "m", "10", "z"]);
  fails(`(func (@custom "x"))`, "misplaced @custom annotation (at 1:7)");
  fails(`(@custom "x" (before types))`, "@custom annotation: malformed section kind (at 1:22)");
  fails(`(module (func) (@name "M"))`, "misplaced @name annotation (at 1:16)");
});

Deno.test("assembleText() says what was expected, and where", () => {
  fails(`(module\n  (func (i32.const)))`, `unexpected token ")", expected an i32 constant (at 2:19)`);
  fails(`(module (func i32.foo))`, `unknown operator i32.foo, expected an instruction (at 1:15)`);
  fails(`(func (i32.const 1x))`, `unknown operator 1x, expected an i32 constant (at 1:18)`);
  fails(`(func (i32.const 1.5))`, `unexpected token "1.5", expected an i32 constant (at 1:18)`);
  fails(`(func (i32.const 0x1_0000_0000))`, `constant out of range (at 1:18)`);
  fails(`(func\n block $a\n end $b)`, `mismatching label (at 3:6)`);
  fails(`(func br $x)`, `unknown label $x (at 1:10)`);
  fails(`(func call $x)`, `unknown function $x (at 1:12)`);
  fails(`(func $f)\n(func $f)`, `duplicate func $f (at 2:7)`);
  fails(`(func (param $x i32)\n (local $x i32))`, `duplicate local $x (at 2:9)`);
  fails(`(func (i32.load align=3 (i32.const 0)))`, `alignment must be a power of two (at 1:17)`);
  fails(
    `(type $t (func)) (func (type $t) (param i32))`,
    `inline function type does not match the type that is named (at 1:24)`,
  );
  fails(
    `(type (func (result i32) (param i32)))`,
    `unexpected token "param", expected parameters before results (at 1:27)`,
  );
  fails(`(func $f) (start $f) (start $f)`, `multiple start sections (at 1:23)`);
  fails(`(module (func)`, `unexpected token: end of input, expected a module field (at 1:15)`);
  fails(`(module) (module)`, `unexpected token "(", expected the end of the text (at 1:10)`);
  fails(`(func block)`, `unexpected token ")", expected "end" (at 1:12)`);
  fails(`(func (i32.add i32.const 1))`, `unexpected token "i32.const", expected "(" or ")" (at 1:16)`);
});
