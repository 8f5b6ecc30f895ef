import { assertEquals, assertThrows } from "@std/assert";
import { BugError } from "../../src/base/bug.ts";
import {
  elfHash,
  ElfMachine,
  SEGMENT_ALIGN,
  type SharedObject,
  writeSharedObject,
  writeSymbolFile,
} from "../../src/object/elf.ts";

const object: SharedObject = {
  machine: ElfMachine.AARCH64,
  soname: "libtest.so",
  code: new Uint8Array([1, 2, 3, 4]),
  dataDistance: SEGMENT_ALIGN,
  dataBytes: 100,
  symbols: [
    { name: "first", offset: 0, size: 2, section: "code" },
    { name: "second", offset: 2, size: 2, section: "code" },
    { name: "cell", offset: 8, size: 8, section: "data" },
  ],
};

/** Finds a symbol as a dynamic loader does: program headers, dynamic section, hash table. */
function find(bytes: Uint8Array, name: string): number | undefined {
  const view = new DataView(bytes.buffer);
  const u64 = (at: number) => Number(view.getBigUint64(at, true));
  let dynamic = 0;
  for (let k = 0; k < view.getUint16(56, true); k++) {
    const at = u64(32) + 56 * k;
    if (view.getUint32(at, true) === 2) dynamic = u64(at + 16);
  }
  const tags = new Map<number, number>();
  for (let at = dynamic; u64(at) !== 0; at += 16) tags.set(u64(at), u64(at + 8));
  const [hash, strings, symbols] = [4, 5, 6].map((tag) => tags.get(tag)!);
  const text = (at: number) => new TextDecoder().decode(bytes.subarray(at, bytes.indexOf(0, at)));
  assertEquals(text(strings + tags.get(14)!), "libtest.so");
  const buckets = view.getUint32(hash, true);
  let k = view.getUint32(hash + 8 + 4 * (elfHash(name) % buckets), true);
  for (; k !== 0; k = view.getUint32(hash + 8 + 4 * buckets + 4 * k, true)) {
    if (text(strings + view.getUint32(symbols + 24 * k, true)) === name) return u64(symbols + 24 * k + 8);
  }
  return undefined;
}

Deno.test("writeSharedObject() gives a file whose symbols a loader finds by their hash", () => {
  const bytes = writeSharedObject(object);
  assertEquals([...bytes.subarray(0, 5)], [0x7f, 0x45, 0x4c, 0x46, 2]);
  assertEquals(new DataView(bytes.buffer).getUint16(18, true), 183);
  const first = find(bytes, "first")!;
  assertEquals([...bytes.subarray(first, first + 4)], [1, 2, 3, 4]);
  assertEquals(find(bytes, "second"), first + 2);
  assertEquals(find(bytes, "cell"), first + SEGMENT_ALIGN + 8);
  assertEquals(find(bytes, "third"), undefined);
});

Deno.test("writeSharedObject() refuses code that reaches into the data", () => {
  assertThrows(() => writeSharedObject({ ...object, code: new Uint8Array(SEGMENT_ALIGN + 1) }), BugError);
});

Deno.test("elfHash() is the hash of the generic ABI", () => {
  assertEquals([elfHash(""), elfHash("printf"), elfHash("exit")], [0, 0x077905a6, 0x0006cf04]);
});

/** Sections by name, as [type, address, offset, bytes], from the section headers of a file. */
function sectionsOf(bytes: Uint8Array): Map<string, number[]> {
  const view = new DataView(bytes.buffer);
  const u64 = (at: number) => Number(view.getBigUint64(at, true));
  const at = u64(40), count = view.getUint16(60, true), names = u64(at + 64 * view.getUint16(62, true) + 24);
  const text = (from: number) => new TextDecoder().decode(bytes.subarray(from, bytes.indexOf(0, from)));
  return new Map(Array.from({ length: count }, (_, k) => {
    const header = at + 64 * k;
    const fields = [view.getUint32(header + 4, true), ...[16, 24, 32].map((field) => u64(header + field))];
    return [text(names + view.getUint32(header, true)), fields];
  }));
}

Deno.test("writeSharedObject() lists its sections for debuggers, and begins its data as asked", () => {
  const bytes = writeSharedObject({ ...object, data: new Uint8Array([9, 8]) });
  const sections = sectionsOf(bytes);
  assertEquals([...sections.keys()], ["", ".dynsym", ".hash", ".dynstr", ".text", ".data", ".dynamic", ".shstrtab"]);
  const [, address, offset] = sections.get(".data")!;
  assertEquals([address, [...bytes.subarray(offset, offset + 3)]], [offset, [9, 8, 0]]);
  assertEquals(sections.get(".text")![1], find(bytes, "first"));
});

Deno.test("writeSymbolFile() names code that lies elsewhere", () => {
  const bytes = writeSymbolFile(ElfMachine.X86_64, "näme", 0x7fff_0001_0000, 0x123);
  const sections = sectionsOf(bytes);
  assertEquals(sections.get(".text"), [8, 0x7fff_0001_0000, 64, 0x123]);
  const [, , symbols] = sections.get(".symtab")!, [, , strings] = sections.get(".strtab")!;
  const view = new DataView(bytes.buffer);
  const name = strings + view.getUint32(symbols + 24, true);
  assertEquals(new TextDecoder().decode(bytes.subarray(name, bytes.indexOf(0, name))), "näme");
  assertEquals([view.getBigUint64(symbols + 32, true), view.getBigUint64(symbols + 40, true)], [
    0x7fff_0001_0000n,
    0x123n,
  ]);
});
