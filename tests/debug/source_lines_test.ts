// Files and lines: of DWARF as clang makes it (tests/debug/dwarf/primes.c says how), of source maps, and of damaged ones.

import { assertEquals, assertThrows } from "@std/assert";
import { BytecodeReader } from "../../src/bytecode/reader.ts";
import { assemble, decode } from "../../src/engine/pipeline.ts";
import { hasSourceLines, sourceLine, sourceMapUrl, useSourceMap } from "../../src/debug/source_lines.ts";
import { readSourceMap } from "../../src/debug/source_map.ts";
import { CALL, I32_MUL, I32_REM_S } from "../../src/wasm/opcodes.ts";
import type { Module } from "../../src/wasm/module.ts";

function load(name: string): Uint8Array {
  return Deno.readFileSync(new URL(`dwarf/${name}`, import.meta.url));
}

/** Lines of all instructions with this opcode. */
function linesOf(module: Module, opcode: number): unknown[] {
  const lines: unknown[] = [];
  for (const { body } of module.funcs) {
    const r = new BytecodeReader(module.bytes, body!.codeStart, body!.end);
    while (r.pos < body!.end) if (r.next() === opcode) lines.push(sourceLine(module, r.at));
  }
  return lines;
}

for (const name of ["primes.wasm", "primes_v4.wasm"]) {
  Deno.test(`lines of ${name} are those of its C source`, () => {
    const module = decode(load(name));
    assertEquals(linesOf(module, CALL), [{ file: "primes.c", line: 12, column: 9 }]);
    assertEquals(linesOf(module, I32_REM_S), [{ file: "primes.c", line: 4, column: 11 }]);
    assertEquals(linesOf(module, I32_MUL), [{ file: "primes.c", line: 3, column: 21 }]);
    assertEquals(sourceLine(module, 0), undefined);
    assertEquals(sourceLine(module, module.bytes.length), undefined);
  });
}

Deno.test("damaged debug sections give fewer lines, and no error", () => {
  const bytes = load("primes.wasm");
  const sections = decode(bytes).customs.filter((c) => c.name.startsWith(".debug_line"));
  let seed = 1;
  const random = () => (seed = Math.imul(seed, 1103515245) + 12345 >>> 0) / 2 ** 32;
  for (let n = 0; n < 2000; n++) {
    const damaged = bytes.slice();
    for (let k = 0; k < 3; k++) {
      const { start, end } = sections[Math.floor(random() * sections.length)];
      damaged[start + Math.floor(random() * (end - start))] = Math.floor(random() * 256);
    }
    hasSourceLines(decode(damaged));
  }
});

/** A module whose function begins at a known offset, and its source map as `sourceMappingURL`. */
function mapped(url: string): Module {
  return decode(
    assemble(
      `(module (func (nop) (nop)) (@custom "sourceMappingURL" "\\${
        new TextEncoder().encode(url).length.toString(16).padStart(2, "0")
      }${url}"))`,
    ),
  );
}

Deno.test("a source map gives files, lines and columns by byte offset", () => {
  // Offset 24: a.ts 1:1; 25: a.ts 3:5; 26: nowhere.
  const json = `{"version":3,"sources":["a.ts"],"sourceRoot":"src/","names":[],"mappings":"wBAAA,CAEI,C"}`;
  assertEquals(readSourceMap(json), [
    { offset: 24, source: { file: "src/a.ts", line: 1, column: 1 } },
    { offset: 25, source: { file: "src/a.ts", line: 3, column: 5 } },
    { offset: 26, source: undefined },
  ]);
  const module = mapped("a.map");
  assertEquals(sourceMapUrl(module), "a.map");
  assertEquals(hasSourceLines(module), false);
  useSourceMap(module, json);
  assertEquals([23, 24, 25, 26].map((at) => sourceLine(module, at)?.line), [undefined, 1, 3, undefined]);
});

Deno.test("a source map within the module is read, and a damaged one is none", () => {
  const short = `{"version":3,"sources":["b"],"mappings":"wBACC"}`;
  const module = mapped(`data:,${encodeURIComponent(short).slice(0, 120)}`);
  assertEquals(sourceLine(module, 30), { file: "b", line: 2, column: 2 });
  assertEquals(hasSourceLines(mapped("data:;base64,%%%")), false);
  assertEquals(sourceMapUrl(decode(assemble(`(module (@custom "sourceMappingURL" "\\ff"))`))), undefined);
});

Deno.test("what is no source map is told", () => {
  const module = mapped("x");
  for (const json of ["", "{}", `{"version":2,"mappings":""}`, `{"version":3,"mappings":"!"}`, "null"]) {
    assertThrows(() => useSourceMap(module, json), SyntaxError);
  }
});
