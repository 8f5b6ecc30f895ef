// Writes minimal ELF64 files: a shared object (ET_DYN) that a dynamic loader opens, with code, data and exported symbols, but no relocations; and a file that
// holds nothing but the name and place of code in memory, for debuggers. Takes machine code and symbol places; gives the bytes of the file.

import { BugError } from "../base/bug.ts";

/** Machine numbers of the ELF header (`e_machine`). */
export const ElfMachine = { X86_64: 62, AARCH64: 183 } as const;
/** A machine number of the ELF header. */
export type ElfMachine = (typeof ElfMachine)[keyof typeof ElfMachine];

/** An exported symbol of a shared object. */
export interface SharedSymbol {
  readonly name: string;
  /** Offset in the code, or in the data for a symbol of data. */
  readonly offset: number;
  readonly size: number;
  readonly section: "code" | "data";
}

/** What a shared object is made of. */
export interface SharedObject {
  readonly machine: ElfMachine;
  /** Name under which the loader finds the object once it is loaded. */
  readonly soname: string;
  readonly code: Uint8Array;
  /** Distance from the start of the code to the start of the data, so that code can address it: a multiple of {@link SEGMENT_ALIGN}. */
  readonly dataDistance: number;
  /** Bytes of writable data. */
  readonly dataBytes: number;
  /** What the data begins with; the rest is zero. */
  readonly data?: Uint8Array;
  readonly symbols: readonly SharedSymbol[];
}

/** Segments start at multiples of this: the largest page size of the supported machines. */
export const SEGMENT_ALIGN = 65536;

const HEADER_BYTES = 64;
const SECTION_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const SYMBOL_BYTES = 24;
const DYNAMIC_BYTES = 16;
const DYNAMIC_ENTRIES = 8;

const ET = { EXEC: 2, DYN: 3 } as const;
const SHT = { PROGBITS: 1, SYMTAB: 2, STRTAB: 3, HASH: 5, DYNAMIC: 6, NOBITS: 8, DYNSYM: 11 } as const;
const SHF = { WRITE: 1, ALLOC: 2, EXECINSTR: 4 } as const;
const PT = { LOAD: 1, DYNAMIC: 2, GNU_STACK: 0x6474e551 } as const;
const DT = { NULL: 0, HASH: 4, STRTAB: 5, SYMTAB: 6, STRSZ: 10, SYMENT: 11, SONAME: 14, FLAGS_1: 0x6ffffffb } as const;
/** The loader never unmaps the object, even when everybody has closed it. */
const DF_1_NODELETE = 8;
const STB_GLOBAL = 1;
const STT = { OBJECT: 1, FUNC: 2 } as const;
const PF = { X: 1, W: 2, R: 4 } as const;

function alignUp(n: number, alignment: number): number {
  return Math.ceil(n / alignment) * alignment;
}

/** The System V hash of a symbol's name (gABI, "Hash Table"). */
export function elfHash(name: string): number {
  let h = 0;
  for (const byte of new TextEncoder().encode(name)) {
    h = ((h << 4) + byte) >>> 0;
    const high = h & 0xf0000000;
    h = (h ^ (high >>> 24)) & ~high;
  }
  return h >>> 0;
}

/** A string table under construction: offset 0 is the empty string. */
class StringTable {
  readonly bytes: number[] = [0];
  add(text: string): number {
    const offset = this.bytes.length;
    for (const byte of new TextEncoder().encode(text)) this.bytes.push(byte);
    this.bytes.push(0);
    return offset;
  }
}

/** A section of a file. A loader reads none of them; debuggers and profilers find symbols by them. */
interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly bytes: number;
  /** Another section that belongs to it, by index: a symbol table's strings. */
  readonly link?: number;
  /** Of a symbol table, the index of the first symbol that is not local. */
  readonly info?: number;
  readonly entryBytes?: number;
}

/** Section headers with the null section before them and the names' section behind; `offset` is where their bytes will lie in the file. */
function sectionTable(sections: readonly Section[], offset: number): { bytes: Uint8Array; count: number; at: number } {
  const names = new StringTable();
  const nameOffsets = [...sections.map((s) => s.name), ".shstrtab"].map((name) => names.add(name));
  const at = alignUp(names.bytes.length, 8);
  const count = sections.length + 2;
  const bytes = new Uint8Array(at + SECTION_HEADER_BYTES * count);
  bytes.set(names.bytes);
  const view = new DataView(bytes.buffer);
  const all: Section[] = [
    ...sections,
    { name: ".shstrtab", type: SHT.STRTAB, flags: 0, address: 0, offset, bytes: names.bytes.length },
  ];
  all.forEach((s, k) => {
    const header = at + SECTION_HEADER_BYTES * (k + 1);
    view.setUint32(header, nameOffsets[k], true);
    view.setUint32(header + 4, s.type, true);
    [s.flags, s.address, s.offset, s.bytes].forEach((value, i) =>
      view.setBigUint64(header + 8 + 8 * i, BigInt(value), true)
    );
    view.setUint32(header + 40, s.link ?? 0, true);
    view.setUint32(header + 44, s.info ?? 0, true);
    view.setBigUint64(header + 48, 1n, true);
    view.setBigUint64(header + 56, BigInt(s.entryBytes ?? 0), true);
  });
  return { bytes, count, at: offset + at };
}

function writeHeader(
  out: Uint8Array,
  type: number,
  machine: ElfMachine,
  segments: number,
  sections: { count: number; at: number },
): void {
  const view = new DataView(out.buffer);
  out.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]); // 64 bits, little endian, version 1, System V
  view.setUint16(16, type, true);
  view.setUint16(18, machine, true);
  view.setUint32(20, 1, true);
  if (segments > 0) view.setBigUint64(32, BigInt(HEADER_BYTES), true);
  view.setBigUint64(40, BigInt(sections.at), true);
  view.setUint16(52, HEADER_BYTES, true);
  view.setUint16(54, PROGRAM_HEADER_BYTES, true);
  view.setUint16(56, segments, true);
  view.setUint16(58, SECTION_HEADER_BYTES, true);
  view.setUint16(60, sections.count, true);
  view.setUint16(62, sections.count - 1, true);
}

/** A file that tells a debugger the name of `bytes` bytes of machine code at `address`, which are not in it. */
export function writeSymbolFile(
  machine: ElfMachine,
  name: string,
  address: number,
  bytes: number,
): Uint8Array<ArrayBuffer> {
  const strings = new StringTable();
  const symbolName = strings.add(name);
  const symtab = HEADER_BYTES;
  const strtab = symtab + 2 * SYMBOL_BYTES;
  const headers = alignUp(strtab + strings.bytes.length, 8);
  const sections = sectionTable([
    { name: ".text", type: SHT.NOBITS, flags: SHF.ALLOC | SHF.EXECINSTR, address, offset: HEADER_BYTES, bytes },
    {
      name: ".symtab",
      type: SHT.SYMTAB,
      flags: 0,
      address: 0,
      offset: symtab,
      bytes: 2 * SYMBOL_BYTES,
      link: 3,
      info: 1,
      entryBytes: SYMBOL_BYTES,
    },
    { name: ".strtab", type: SHT.STRTAB, flags: 0, address: 0, offset: strtab, bytes: strings.bytes.length },
  ], headers);
  const out = new Uint8Array(headers + sections.bytes.length);
  const view = new DataView(out.buffer);
  writeHeader(out, ET.EXEC, machine, 0, sections);
  const symbol = symtab + SYMBOL_BYTES;
  view.setUint32(symbol, symbolName, true);
  out[symbol + 4] = (STB_GLOBAL << 4) | STT.FUNC;
  view.setUint16(symbol + 6, 1, true);
  view.setBigUint64(symbol + 8, BigInt(address), true);
  view.setBigUint64(symbol + 16, BigInt(bytes), true);
  out.set(strings.bytes, strtab);
  out.set(sections.bytes, headers);
  return out;
}

/**
 * Writes a shared object. File offsets equal addresses relative to the load base; the loader never unmaps it (DF_1_NODELETE).
 * Throws BugError when the code does not fit before the data.
 */
export function writeSharedObject(object: SharedObject): Uint8Array<ArrayBuffer> {
  const { code, symbols, dataDistance } = object;
  if (dataDistance % SEGMENT_ALIGN !== 0 || code.length > dataDistance) {
    throw new BugError(`ELF: ${code.length} bytes of code do not fit before data at distance ${dataDistance}`);
  }
  const strings = new StringTable();
  const nameOffsets = symbols.map((s) => strings.add(s.name));
  const soname = strings.add(object.soname);
  const symbolCount = symbols.length + 1;
  const bucketCount = Math.max(1, symbols.length);

  const segmentCount = 4;
  const symtab = alignUp(HEADER_BYTES + PROGRAM_HEADER_BYTES * segmentCount, 8);
  const hash = symtab + SYMBOL_BYTES * symbolCount;
  const strtab = hash + 4 * (2 + bucketCount + symbolCount);
  const text = alignUp(strtab + strings.bytes.length, SEGMENT_ALIGN);
  const data = text + dataDistance;
  const dynamic = alignUp(data + object.dataBytes, 16);
  const end = dynamic + DYNAMIC_BYTES * DYNAMIC_ENTRIES;

  const symbolBytes = SYMBOL_BYTES * symbolCount;
  const sections = sectionTable([
    {
      name: ".dynsym",
      type: SHT.DYNSYM,
      flags: SHF.ALLOC,
      address: symtab,
      offset: symtab,
      bytes: symbolBytes,
      link: 3,
      info: 1,
      entryBytes: SYMBOL_BYTES,
    },
    {
      name: ".hash",
      type: SHT.HASH,
      flags: SHF.ALLOC,
      address: hash,
      offset: hash,
      bytes: strtab - hash,
      link: 1,
      entryBytes: 4,
    },
    {
      name: ".dynstr",
      type: SHT.STRTAB,
      flags: SHF.ALLOC,
      address: strtab,
      offset: strtab,
      bytes: strings.bytes.length,
    },
    {
      name: ".text",
      type: SHT.PROGBITS,
      flags: SHF.ALLOC | SHF.EXECINSTR,
      address: text,
      offset: text,
      bytes: code.length,
    },
    {
      name: ".data",
      type: SHT.PROGBITS,
      flags: SHF.ALLOC | SHF.WRITE,
      address: data,
      offset: data,
      bytes: object.dataBytes,
    },
    {
      name: ".dynamic",
      type: SHT.DYNAMIC,
      flags: SHF.ALLOC | SHF.WRITE,
      address: dynamic,
      offset: dynamic,
      bytes: DYNAMIC_BYTES * DYNAMIC_ENTRIES,
      link: 3,
      entryBytes: DYNAMIC_BYTES,
    },
  ], end);
  const [textSection, dataSection] = [4, 5];

  const out = new Uint8Array(end + sections.bytes.length);
  const view = new DataView(out.buffer);
  const u64 = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);

  writeHeader(out, ET.DYN, object.machine, segmentCount, sections);

  const segments: readonly (readonly [type: number, flags: number, offset: number, bytes: number, align: number])[] = [
    [PT.LOAD, PF.R | PF.X, 0, text + code.length, SEGMENT_ALIGN],
    [PT.LOAD, PF.R | PF.W, data, end - data, SEGMENT_ALIGN],
    [PT.DYNAMIC, PF.R | PF.W, dynamic, end - dynamic, 8],
    [PT.GNU_STACK, PF.R | PF.W, 0, 0, 16],
  ];
  segments.forEach(([type, flags, offset, bytes, align], k) => {
    const at = HEADER_BYTES + PROGRAM_HEADER_BYTES * k;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, flags, true);
    u64(at + 8, offset);
    u64(at + 16, offset);
    u64(at + 24, offset);
    u64(at + 32, bytes);
    u64(at + 40, bytes);
    u64(at + 48, align);
  });

  view.setUint32(hash, bucketCount, true);
  view.setUint32(hash + 4, symbolCount, true);
  const buckets = hash + 8;
  const chains = buckets + 4 * bucketCount;
  symbols.forEach((symbol, k) => {
    const at = symtab + SYMBOL_BYTES * (k + 1);
    view.setUint32(at, nameOffsets[k], true);
    out[at + 4] = (STB_GLOBAL << 4) | (symbol.section === "code" ? STT.FUNC : STT.OBJECT);
    view.setUint16(at + 6, symbol.section === "code" ? textSection : dataSection, true);
    u64(at + 8, (symbol.section === "code" ? text : data) + symbol.offset);
    u64(at + 16, symbol.size);
    const bucket = buckets + 4 * (elfHash(symbol.name) % bucketCount);
    view.setUint32(chains + 4 * (k + 1), view.getUint32(bucket, true), true);
    view.setUint32(bucket, k + 1, true);
  });
  out.set(strings.bytes, strtab);
  out.set(code, text);
  if (object.data !== undefined) out.set(object.data, data);
  out.set(sections.bytes, end);

  const entries: readonly (readonly [tag: number, value: number])[] = [
    [DT.HASH, hash],
    [DT.STRTAB, strtab],
    [DT.SYMTAB, symtab],
    [DT.STRSZ, strings.bytes.length],
    [DT.SYMENT, SYMBOL_BYTES],
    [DT.SONAME, soname],
    [DT.FLAGS_1, DF_1_NODELETE],
    [DT.NULL, 0],
  ];
  entries.forEach(([tag, value], k) => {
    u64(dynamic + DYNAMIC_BYTES * k, tag);
    u64(dynamic + DYNAMIC_BYTES * k + 8, value);
  });
  return out;
}
