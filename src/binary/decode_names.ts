// The name section (appendix "Custom Sections"): fills Module.names. As a custom section it can never make a module malformed:
// what is broken in it ends its reading and leaves the names read so far.

import { ByteReader } from "../bytecode/byte_reader.ts";
import { CompileError } from "../wasm/errors.ts";
import type { Module, Names } from "../wasm/module.ts";

/** Reads the custom section `name` of `module`, if there is one after all known sections or anywhere else, into `module.names`. */
export function decodeNames(module: Module): void {
  const section = module.customs.find((c) => c.name === "name");
  if (section === undefined) return;
  try {
    subsections(new ByteReader(module.bytes, section.start, section.end), module.names);
  } catch (e) {
    if (!(e instanceof CompileError)) throw e;
  }
}

function subsections(r: ByteReader, names: Names): void {
  const sectionEnd = r.end;
  while (r.pos < sectionEnd) {
    const id = r.u8();
    const size = r.u32();
    const start = r.skip(size);
    r.pos = start;
    r.end = start + size;
    subsection(id, r, names);
    r.pos = start + size;
    r.end = sectionEnd;
  }
}

function subsection(id: number, r: ByteReader, names: Names): void {
  switch (id) {
    case 0:
      names.module = r.name();
      return;
    case 1:
      return nameMap(r, names.funcs);
    case 2:
      return indirectMap(r, names.locals);
    case 3:
      return indirectMap(r, names.labels);
    case 4:
      return nameMap(r, names.types);
    case 5:
      return nameMap(r, names.tables);
    case 6:
      return nameMap(r, names.memories);
    case 7:
      return nameMap(r, names.globals);
    case 8:
      return nameMap(r, names.elems);
    case 9:
      return nameMap(r, names.datas);
    case 10:
      return indirectMap(r, names.fields);
    case 11:
      return nameMap(r, names.tags);
  }
}

function nameMap(r: ByteReader, into: Map<number, string>): void {
  for (let n = r.u32(); n > 0; n--) {
    const index = r.u32();
    into.set(index, r.name());
  }
}

function indirectMap(r: ByteReader, into: Map<number, Map<number, string>>): void {
  for (let n = r.u32(); n > 0; n--) {
    const index = r.u32();
    const inner = new Map<number, string>();
    nameMap(r, inner);
    into.set(index, inner);
  }
}
