import { assert, assertEquals, assertThrows } from "@std/assert";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { Engine } from "../../src/api/engine.ts";
import { assemble } from "../../src/text/parser.ts";
import { CompileError } from "../../src/wasm/errors.ts";

const SOURCE = `(module
  (type $pair (func (param i32 i32)))
  (rec
    (type $a (struct (field (ref null $b))))
    (type $b (struct (field (ref null $a)))))
  (import "env" "log" (func $log (type $pair)))
  (memory 1)
  (global $g (mut i32)
    (i32.const 7))
  (func $f (export "f") (param $x i64) (result i32)
    (local $y f32)
    (call $log
      (i32.const 1) (i32.const 2))
    (global.get $g))
  (func $implicit (param f64))
  (data (i32.const 8) "text"))`;

Deno.test("PositionMap.at() knows the field of every entry of every section", () => {
  const { bytes, positions } = assemble(SOURCE);
  const m = decodeModule(bytes);
  const line = (offset: number) => positions.at(offset)?.line;
  assertEquals(m.typeOffsets.map(line), [2, 4, 5, 10, 15]);
  assertEquals(m.memories.map((x) => line(x.offset)), [7]);
  assertEquals(m.globals.map((x) => line(x.offset)), [8]);
  assertEquals(m.exports.map((x) => line(x.offset)), [10]);
  assertEquals([...m.datas].map((x) => line(x.offset)), [16]);
  assertEquals(m.funcs.map((x) => x.body && line(x.body.start)), [undefined, 10, 15]);
  assertEquals(line(m.funcs[1].body!.codeStart), 13);
  assertEquals(positions.at(0), undefined);
});

Deno.test("PositionMap.offsetsAt() gives what begins in a line, or the last of it before a column", () => {
  const { bytes, positions } = assemble(SOURCE);
  const { codeStart } = decodeModule(bytes).funcs[1].body!;
  assertEquals(positions.offsetsAt(13), [codeStart, codeStart + 2]);
  assertEquals(positions.offsetsAt(13, 7), [codeStart]);
  assertEquals(positions.offsetsAt(13, 25), [codeStart + 2]);
  assertEquals(positions.offsetsAt(12), [codeStart + 4]);
  assertEquals(positions.offsetsAt(11), []);
  assertEquals(positions.line(14), "    (global.get $g))");
  assertEquals(positions.lineCount, 16);
  assertThrows(() => positions.line(17), RangeError, "the text has no line 17");
});

Deno.test("at() and offsetsAt() are inverse for every instruction of a program", () => {
  const { bytes, positions } = assemble(
    Deno.readTextFileSync(new URL("../../examples/kernels/mandelbrot.wat", import.meta.url)),
  );
  const m = decodeModule(bytes);
  let instructions = 0;
  for (const { body } of m.funcs) {
    for (let offset = body?.codeStart ?? 0; offset < (body?.end ?? 0); offset++) {
      const place = positions.at(offset)!;
      const [found] = positions.offsetsAt(place.line, place.column);
      assert(found <= offset && offset - found < 16, `0x${offset.toString(16)}`);
      if (found === offset) instructions++;
    }
  }
  assert(instructions > 50);
});

Deno.test("what is invalid in a text is told with line, column and function", () => {
  const cases: [string, [number, number] | undefined, string | undefined, RegExp][] = [
    [
      `(module\n  (func $f (param i64) (result i32)\n    (i32.add (i32.const 1)\n      (local.get 0))))`,
      [3, 6],
      "f",
      /\(in f, at 3:6, byte offset 0x[0-9a-f]+\)$/,
    ],
    [`(module\n  (func (export "e")\n    i32.const 1))`, [3, 16], "e", /in e, at 3:16/],
    [`(module\n  (global i32\n    (i64.const 1)))`, [2, 4], undefined, /\(at 2:4, byte offset/],
    [`(module\n  (memory 1)\n  (memory 70000))`, [3, 4], undefined, /memory size/],
    [
      `(module\n  (func $a)\n  (export "x" (func $a))\n  (export "x" (func $a)))`,
      [4, 4],
      undefined,
      /duplicate export/,
    ],
    [`(module\n  (type (func))\n  (tag (param i32)\n  (result i32)))`, [3, 4], undefined, /tag/],
  ];
  for (const [source, place, func, message] of cases) {
    const error = assertThrows(() => new Engine().compile(source), CompileError) as CompileError;
    assertEquals([[error.line, error.column], error.func], [place, func], error.message);
    assert(message.test(error.message), error.message);
  }
  const { bytes } = assemble(cases[0][0]);
  const error = assertThrows(() => new Engine().compile(bytes), CompileError) as CompileError;
  assertEquals([error.line, error.func], [undefined, "f"]);
  assert(/\(in f, at byte offset 0x/.test(error.message), error.message);
});
