import { assertEquals, assertThrows } from "@std/assert";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { CompileError } from "../../src/wasm/errors.ts";
import { ExternKind } from "../../src/wasm/module.ts";
import { I32, I64 } from "../../src/wasm/types.ts";
import { v8Error } from "../fuzz/verdict.ts";
import { builtInSeeds } from "../fuzz/seeds.ts";

const HEADER = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** Decodes the bytes behind a header, which must fail; gives offset and message. */
function fault(...bytes: number[]): [number, string] {
  const module = Uint8Array.from([...HEADER, ...bytes]);
  const e = assertThrows(() => decodeModule(module), CompileError);
  assertEquals(v8Error(module) === undefined, false, "V8 accepts it");
  return [e.offset, e.message.replace(/ \(at byte offset .*/, "")];
}

Deno.test("decodeModule() rejects a header that is cut or wrong", () => {
  const of = (bytes: number[]) => assertThrows(() => decodeModule(Uint8Array.from(bytes)), CompileError).offset;
  assertEquals([0, 1, 3, 4, 7].map((n) => of(HEADER.slice(0, n))), [0, 1, 3, 4, 7]);
  assertEquals(of([1, ...HEADER.slice(1)]), 0);
  assertEquals(of([...HEADER.slice(0, 4), 2, 0, 0, 0]), 4);
});

Deno.test("decodeModule() names the offset of a section that ends early, is too long, or stands in the wrong place", () => {
  assertEquals(fault(1, 5, 1, 0x60, 0, 0), [9, "length out of bounds"]);
  assertEquals(fault(1, 3, 1, 0x60, 0, 0), [13, "unexpected end of section or function"]);
  assertEquals(fault(1, 5, 1, 0x60, 0, 0, 0), [14, "section size mismatch (type section)"]);
  assertEquals(fault(3, 1, 0, 1, 1, 0), [11, "unexpected content after last section (type section)"]);
  assertEquals(fault(1, 1, 0, 1, 1, 0), [11, "unexpected content after last section (type section)"]);
  assertEquals(fault(77, 0), [8, "malformed section id"]);
});

Deno.test("decodeModule() names the offset of a number that is too long or too large", () => {
  assertEquals(fault(1, 0x81, 0x80, 0x80, 0x80, 0x80, 0x00, 0), [9, "integer representation too long"]);
  assertEquals(fault(1, 0x81, 0x80, 0x80, 0x80, 0x10, 0), [9, "integer too large"]);
  assertEquals(fault(5, 8, 1, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0), [12, "integer representation too long"]);
});

Deno.test("decodeModule() names the offset of a name that is not UTF-8", () => {
  assertEquals(fault(0, 3, 2, 0xc3, 0x28), [11, "malformed UTF-8 encoding"]);
  assertEquals(fault(2, 6, 1, 0, 1, 0xff, 3, 0x7f), [13, "malformed UTF-8 encoding"]);
});

Deno.test("decodeModule() reads every section", () => {
  const sections = builtInSeeds().find((s) => s.name === "sections")!;
  const m = decodeModule(sections.bytes);
  assertEquals(m.types.map((t) => t.type.kind === "func" ? t.type.params.length : -1), [0, 3]);
  assertEquals(m.typeOffsets, [11, 14]);
  assertEquals(m.imports.map((i) => [i.module, i.name, i.kind, i.index]), [
    ["env", "callback", ExternKind.FUNC, 0],
    ["env", "table", ExternKind.TABLE, 0],
    ["env", "base", ExternKind.GLOBAL, 0],
    ["env", "größe", ExternKind.GLOBAL, 1],
    ["", "", ExternKind.MEMORY, 0],
  ]);
  const counts = [m.importedFuncs, m.funcs.length, m.tables.length, m.memories.length, m.globals.length];
  assertEquals(counts, [1, 3, 3, 1, 8]);
  assertEquals([m.globals[0].type.type, m.globals[2].type.type], [I32, I64]);
  assertEquals(m.exports.map((e) => e.name), ["f", "", "mem", "g"]);
  assertEquals(m.start, 1);
  assertEquals(m.elems.map((e) => [e.mode, e.table, e.funcs?.length ?? e.exprs?.length]), [
    ["active", 1, 3],
    ["active", 0, 1],
    ["passive", 0, 1],
    ["declarative", 0, 0],
    ["passive", 0, 2],
    ["declarative", 0, 1],
  ]);
  assertEquals(m.dataCount, 2);
  assertEquals([...m.datas].map((d) => [d.mode, d.end - d.start]), [["active", 5], ["passive", 0]]);
  assertEquals(m.customs.map((c) => c.name), ["note", "name"]);
  assertEquals([m.names.module, m.names.funcs.get(1), m.names.locals.get(2)?.get(1)], ["sections", "empty", "y"]);
});

Deno.test("a function's locals are its parameters and its groups in order", () => {
  const type = [1, 7, 1, 0x60, 2, 0x7f, 0x7e, 1, 0x7c];
  const body = [10, 9, 1, 7, 2, 2, 0x7f, 0, 0x7d, 0x00, 0x0b];
  const module = Uint8Array.from([...HEADER, ...type, 3, 2, 1, 0, ...body]);
  const [f] = decodeModule(module).funcs;
  assertEquals(f.body?.locals, [I32, I64, I32, I32]);
  assertEquals(f.body?.localCount, 4);
});

Deno.test("a broken name section leaves the module as it is, with the names read so far", () => {
  const name = [0, 12, 4, 0x6e, 0x61, 0x6d, 0x65, 0, 2, 1, 0x6d, 1, 5, 1];
  assertEquals(decodeModule(Uint8Array.from([...HEADER, ...name])).names.module, "m");
});
