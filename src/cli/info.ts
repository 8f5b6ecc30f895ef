// `strata info`: what a module imports, exports and holds, as text or JSON.

import { innerModule, type Module } from "../api/module.ts";
import { SECTION_NAMES } from "../binary/decode_module.ts";
import { ByteReader } from "../bytecode/byte_reader.ts";
import { compileModule } from "./compile.ts";
import { ExitCode } from "./exit.ts";
import type { FeatureChange } from "./features.ts";
import { columns, count, visible } from "./repl/print.ts";
import { externText } from "../api/type_text.ts";

interface Section {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

/** Options of the command. */
export interface InfoOptions {
  readonly json?: boolean;
  readonly features?: FeatureChange;
}

/** What is counted, where the word is not the key without its s. */
const WORDS: Readonly<Record<string, [one: string, many?: string]>> = {
  memories: ["memory", "memories"],
  elementSegments: ["element segment"],
  dataSegments: ["data segment"],
};

/** Shows a module. */
export async function showInfo(spec: string, options: InfoOptions): Promise<ExitCode> {
  const { module } = await compileModule(spec, options.features);
  if (options.json) console.log(JSON.stringify(toJson(module)));
  else console.log(visible(toText(spec, module)));
  return ExitCode.OK;
}

/** The sections of a valid module, with the bytes of their contents. */
function sections(bytes: Uint8Array): Section[] {
  const r = new ByteReader(bytes, 8);
  const found: Section[] = [];
  while (r.pos < bytes.length) {
    const id = r.u8();
    const size = r.u32();
    const offset = r.pos;
    const name = id === 0 ? `custom "${r.name()}"` : SECTION_NAMES[id];
    found.push({ name, offset, bytes: size });
    r.pos = offset + size;
  }
  return found;
}

function countsOf(module: Module) {
  const m = innerModule(module).module;
  return {
    types: m.types.length,
    functions: m.funcs.length - m.importedFuncs,
    tables: m.tables.length - m.importedTables,
    memories: m.memories.length - m.importedMemories,
    globals: m.globals.length - m.importedGlobals,
    elementSegments: m.elems.length,
    dataSegments: m.datas.length,
  };
}

function toJson(module: Module) {
  return {
    name: module.name ?? null,
    bytes: module.byteLength,
    defined: countsOf(module),
    start: innerModule(module).module.start ?? null,
    sections: sections(module.bytes),
    imports: module.imports,
    exports: module.exports,
  };
}

function toText(spec: string, module: Module): string {
  const counts = countsOf(module);
  const { start } = innerModule(module).module;
  const defined = Object.entries(counts).filter(([, n]) => n > 0)
    .map(([key, n]) => count(n, ...(WORDS[key] ?? [key.slice(0, -1)])));
  const lines = [
    `${spec}: ${module.name === undefined ? "module" : `module $${module.name}`}, ${module.byteLength} bytes`,
    `defines  ${defined.join(", ") || "nothing"}`,
  ];
  if (start !== undefined) lines.push(`start    ${module.functionNames[start]}`);
  const list = (title: string, rows: string[][]) => {
    if (rows.length === 0) lines.push(`${title}  none`);
    else lines.push(title, columns(rows));
  };
  list("sections", sections(module.bytes).map((s) => [s.name, `at 0x${s.offset.toString(16)}`, `${s.bytes} bytes`]));
  list("imports", module.imports.map((i) => [i.module, i.name, externText(i.type)]));
  list("exports", module.exports.map((e) => [e.name, externText(e.type)]));
  return lines.join("\n");
}
