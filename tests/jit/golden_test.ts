// Compares the code made for the modules in tests/golden/x64/jit_*.txt with what stands there, byte by byte and grouped by Wasm instruction.
// A file holds a module, a line of dashes, and the dump. After a change that is meant: deno test -A tests/jit/golden_test.ts -- --update

import { assertEquals } from "@std/assert";
import { decodeModule } from "../../src/binary/decode_module.ts";
import { BytecodeReader } from "../../src/bytecode/reader.ts";
import { JitCompiler } from "../../src/jit/compile_function.ts";
import { moduleLayout } from "../../src/abi/vmctx.ts";
import { assembleText } from "../../src/text/parser.ts";
import { validateModule } from "../../src/validate/validate_module.ts";
import { TRAPS } from "../../src/wasm/traps.ts";

const FOLDER = new URL("../golden/x64/", import.meta.url);
const CPU = { sse41: true, popcnt: true, lzcnt: true, bmi1: true, bmi2: true };
const hex = (n: number, digits: number) => n.toString(16).padStart(digits, "0");

function dump(source: string): string {
  const module = decodeModule(assembleText(source));
  const jit = new JitCompiler(validateModule(module), { cpu: CPU, layout: moduleLayout(module) });
  const lines: string[] = [];
  module.funcs.forEach((f, index) => {
    if (f.body === undefined) return;
    const names = new Map<number, string>([[f.body.start, "(enter)"]]);
    const r = new BytecodeReader(module.bytes, f.body.codeStart, f.body.end);
    while (r.pos < r.end) {
      r.next();
      names.set(r.at, r.info.name);
    }
    const code = jit.compile(index);
    lines.push(
      `${code.name}: frame ${code.frameSize}, code ${code.instructionLength}, data ${
        code.bytes.length - code.instructionLength
      }`,
    );
    const map = code.sourceMap;
    for (let i = 0; i < map.length; i += 2) {
      const end = i + 2 < map.length ? map[i + 2] : code.instructionLength;
      if (end === map[i]) continue;
      const bytes = [...code.bytes.subarray(map[i], end)].map((b) => hex(b, 2)).join(" ");
      lines.push(`  ${hex(map[i], 4)}  ${names.get(map[i + 1])!.padEnd(16)} ${bytes}`);
    }
    code.trapSites.offsets.forEach((offset, i) => {
      lines.push(
        `  trap ${hex(offset, 4)}  ${TRAPS[code.trapSites.codes[i]].name}, ${
          names.get(code.trapSites.sourceOffsets[i])
        }`,
      );
    });
  });
  return lines.join("\n") + "\n";
}

Deno.test("code is what the golden files say", () => {
  for (const entry of [...Deno.readDirSync(FOLDER)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (!entry.name.startsWith("jit_")) continue;
    const file = new URL(entry.name, FOLDER);
    const [source, expected] = Deno.readTextFileSync(file).split("----\n");
    const actual = dump(source);
    if (Deno.args.includes("--update")) Deno.writeTextFileSync(file, `${source}----\n${actual}`);
    else assertEquals(actual, expected, entry.name);
  }
});
