// Writes a minimal ELF64 shared object (ET_DYN): one executable segment with code, one writable segment with data, exported symbols, no relocations.
// Takes machine code and symbol places; gives the bytes of the file, which a dynamic loader opens. Relocatable objects are not written here.

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
  /** Bytes of zeroed, writable data. */
  readonly dataBytes: number;
  readonly symbols: readonly SharedSymbol[];
}

/** Segments start at multiples of this: the largest page size of the supported machines. */
export const SEGMENT_ALIGN = 65536;

const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const SYMBOL_BYTES = 24;
const DYNAMIC_BYTES = 16;
const DYNAMIC_ENTRIES = 8;

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
    this.bytes.push(...new TextEncoder().encode(text), 0);
    return offset;
  }
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

  const out = new Uint8Array(end);
  const view = new DataView(out.buffer);
  const u64 = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);

  out.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]); // 64 bits, little endian, version 1, System V
  view.setUint16(16, 3, true); // ET_DYN
  view.setUint16(18, object.machine, true);
  view.setUint32(20, 1, true);
  u64(32, HEADER_BYTES);
  view.setUint16(52, HEADER_BYTES, true);
  view.setUint16(54, PROGRAM_HEADER_BYTES, true);
  view.setUint16(56, segmentCount, true);
  view.setUint16(58, 64, true);

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
    view.setUint16(at + 6, 1, true);
    u64(at + 8, (symbol.section === "code" ? text : data) + symbol.offset);
    u64(at + 16, symbol.size);
    const bucket = buckets + 4 * (elfHash(symbol.name) % bucketCount);
    view.setUint32(chains + 4 * (k + 1), view.getUint32(bucket, true), true);
    view.setUint32(bucket, k + 1, true);
  });
  out.set(strings.bytes, strtab);
  out.set(code, text);

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
