import { assertEquals } from "@std/assert";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { BytecodeReader } from "../../src/bytecode/reader.ts";
import { assembleText } from "../../src/text/parser.ts";
import { printInstruction } from "../../src/text/print_instruction.ts";
import { printModule, type PrintOptions } from "../../src/text/printer.ts";
import { TEXT_SEEDS } from "../fuzz/text_seeds.ts";

function print(source: string, options?: PrintOptions): string {
  return printModule(decodeModule(assembleText(source)), options);
}
/** Checks that the print of a module assembles to the same bytes, in every style. */
function roundTrip(source: string): void {
  const bytes = assembleText(source);
  for (const folded of [false, true]) {
    for (const indices of [false, true]) {
      const text = printModule(decodeModule(bytes), { folded, indices });
      assertEquals([...assembleText(text)], [...bytes], text);
    }
  }
}

const SOURCE = `(module $m
  (type $pair (func (param i32 i32) (result i32 i32)))
  (import "env" "log" (func $log (param $what i32)))
  (import "env" "base" (global $base i32))
  (memory $mem 1 2)
  (table $t 3 funcref)
  (global $counter (mut i64) (i64.const -7))
  (export "run" (func $run))
  (start $init)
  (elem $e (global.get $base) func $run $init)
  (data $d (i32.const 8) "hi\\00\\"\\ff")
  (func $init)
  (func $run (param $x i32) (param f32) (result i32)
    (local $y i32) (local i64 i64) (local $z f64)
    (local.set $y (i32.add (local.get $x) (i32.const 1)))
    (block $out
      (loop $again
        (br_if $out (i32.eqz (local.get $y)))
        (call $log (i32.load16_u offset=4 (local.get $y)))
        (br $again)))
    (if (result i32) (local.get $x)
      (then (call_indirect (type $pair) (i32.const 1) (i32.const 2) (i32.const 0)) (drop))
      (else (select (i32.const 1) (i32.const 2) (i32.const 3))))))`;

Deno.test("printModule() prints indented text with names", () => {
  assertEquals(
    print(SOURCE),
    `(module $m
  (type $pair (func (param i32 i32) (result i32 i32)))
  (type (func (param i32)))
  (type (func))
  (type (func (param i32 f32) (result i32)))
  (import "env" "log" (func $log (type 1) (param $what i32)))
  (import "env" "base" (global $base i32))
  (func $init (type 2))
  (func $run (type 3) (param $x i32) (param f32) (result i32)
    (local $y i32)
    (local i64 i64)
    (local $z f64)
    local.get $x
    i32.const 1
    i32.add
    local.set $y
    block $out
      loop $again
        local.get $y
        i32.eqz
        br_if $out
        local.get $y
        i32.load16_u offset=4
        call $log
        br $again
      end
    end
    local.get $x
    if (result i32)
      i32.const 1
      i32.const 2
      i32.const 0
      call_indirect (type $pair)
      drop
    else
      i32.const 1
      i32.const 2
      i32.const 3
      select
    end)
  (table $t 3 funcref)
  (memory $mem 1 2)
  (global $counter (mut i64) (i64.const -7))
  (export "run" (func $run))
  (start $init)
  (elem $e (global.get $base) func $run $init)
  (data $d (i32.const 8) "hi\\00\\"\\ff"))
`,
  );
  roundTrip(SOURCE);
});

Deno.test("printModule() folds operands into their instructions where the order of the code allows it", () => {
  const body = print(SOURCE, { folded: true }).split("\n").slice(8, 24).join("\n");
  assertEquals(
    body,
    `  (func $run (type 3) (param $x i32) (param f32) (result i32)
    (local $y i32)
    (local i64 i64)
    (local $z f64)
    (local.set $y (i32.add (local.get $x) (i32.const 1)))
    (block $out
      (loop $again
        (br_if $out (i32.eqz (local.get $y)))
        (call $log (i32.load16_u offset=4 (local.get $y)))
        (br $again)))
    (if (result i32)
      (local.get $x)
      (then (call_indirect (type $pair) (i32.const 1) (i32.const 2) (i32.const 0)) (drop))
      (else (select (i32.const 1) (i32.const 2) (i32.const 3)))))
  (table $t 3 funcref)
  (memory $mem 1 2)`,
  );
});

Deno.test("printing and assembling again gives the same bytes", () => {
  roundTrip(`(module)`);
  roundTrip(`(module $"a b" (func $"x(y" (param $"" i32) nop) (func $"\\u{1F600}"))`.replace(`(param $"" i32)`, ""));
  roundTrip(
    `(module (func (result f32 f64 f32 i64) f32.const nan:0x1 f64.const -0x1.fffffffffffffp-1022 f32.const -0 i64.const -9223372036854775808))`,
  );
  roundTrip(
    `(module (memory 1) (func i32.const 0 (i64.load offset=18446744073709551615 align=1) drop (i32.const 1) (memory.grow) memory.size drop drop))`,
  );
  roundTrip(
    `(module (func unreachable i32.add drop) (func (param i32) (result i32) (block (param) (result i32) local.get 0 br_table 0 1 0)))`,
  );
  roundTrip(
    `(module (type (func (param i32) (result i32 i32))) (func (param i32) (local.get 0) (block (type 0) (local.get 0)) i32.add drop (i32.const 1) (loop (param i32) drop)))`,
  );
  roundTrip(
    `(module (rec (type $a (sub (struct (field $f (mut (ref null $b)))))) (type $b (array i8))) (rec (type (func))) (type (sub final $a (struct (field $g (mut (ref null $b)))))))`,
  );
  roundTrip(
    `(module (memory i64 1 5) (table i64 1 2 externref) (tag $e (param i32)) (memory $m 1) (func (drop (i32.load $m (i32.const 0))) (memory.copy $m $m (i32.const 0) (i32.const 0) (i32.const 0))))`,
  );
  roundTrip(
    `(module (memory 1) (table 1 funcref) (table $u 1 externref) (func $f (table.init $u $e (i32.const 0) (i32.const 0) (i32.const 0)) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0)) (drop (select (result i32) (i32.const 0) (i32.const 1) (i32.const 2))))
    (elem $e externref (ref.null extern)) (elem declare func $f) (elem (table $u) (offset (i32.const 0)) externref) (data $d "x") (data (i32.const 1) ""))`,
  );
});

Deno.test("modules with garbage-collected types, exceptions, vectors and 64-bit memories are the same bytes once printed", () => {
  for (const [, source] of TEXT_SEEDS) roundTrip(source);
});

Deno.test("printModule() prints the parts of try blocks and the clauses of try_table", () => {
  const source = `(module
    (tag $e (param i32))
    (func
      (try $t (do (try (do nop) (delegate $t))) (catch $e drop) (catch_all (rethrow $t))))
    (func (result i32)
      (block $b (result i32) (try_table $t (catch $e $b) (nop)) (i32.const 1))))`;
  roundTrip(source);
  assertEquals(
    print(source, { folded: true }).split("\n").slice(4).join("\n"),
    `  (func (type 1)
    (try $t
      (do
        (try
          (do (nop))
          (delegate $t)))
      (catch $e (drop))
      (catch_all (rethrow $t))))
  (func (type 2) (result i32)
    (block $b (result i32)
      (try_table $t (catch $e $b)
        (nop))
      (i32.const 1)))
  (tag $e (type 0)))
`,
  );
});

Deno.test("printModule() prefers an inner label only where it is the one that is meant", () => {
  roundTrip(`(func (block $l (block $l (br $l) (br 1))))`);
  const text = print(`(func (block $l (block $l (br $l) (br 1))))`);
  assertEquals(text.includes("br $l\n"), true);
  assertEquals(text.includes("br 1\n"), true);
});

Deno.test("printModule() makes names unique that a name section gives twice", () => {
  const bytes = assembleText(`(module (func $a) (func $b) (func (call 0) (call 1)))`);
  bytes[bytes.lastIndexOf(0x62)] = 0x61;
  const text = printModule(decodeModule(bytes));
  assertEquals(text.match(/\$\S+\b/g), ["$a", "$a#1", "$a", "$a#1"]);
  assertEquals(text.includes(`(func $a#1 (@name "a") (type 0)`), true);
  assertEquals([...assembleText(text)], [...bytes]);
});

Deno.test("printModule() prints what is nested deeply", () => {
  const depth = 3000;
  roundTrip(`(func (result i32) ${"(i32.eqz ".repeat(depth)}(i32.const 0)${")".repeat(depth)})`);
  roundTrip(`(func ${"(block ".repeat(depth)}${")".repeat(depth)})`);
});

Deno.test("printModule() keeps custom sections and their places", () => {
  roundTrip(
    `(module (@name "Mod\u00fcl") (@custom "a" (before first) "x") (@custom "b" (after code) "\\00" "\\ff") (func (@name "")) (@custom "c") (@custom "d" (before func)))`,
  );
});

Deno.test("printInstruction() gives one instruction with names resolved", () => {
  const module = decodeModule(assembleText(SOURCE));
  const { codeStart, end } = module.funcs[2].body!;
  const reader = new BytecodeReader(module.bytes, codeStart, end);
  const texts: string[] = [];
  while (texts.length < 9) {
    reader.next();
    texts.push(printInstruction(reader, module, 2));
  }
  assertEquals(texts, [
    "local.get $x",
    "i32.const 1",
    "i32.add",
    "local.set $y",
    "block",
    "loop",
    "local.get $y",
    "i32.eqz",
    "br_if 1",
  ]);
});
