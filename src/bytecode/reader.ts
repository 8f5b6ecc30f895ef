// The operator cursor: walks over the instructions of a function body or constant expression and presents each with its immediates in fields.
// Consumed by validator, JIT, printer and disassembler. It knows the binary format of instructions and nothing of types on the stack.

import { LIMITS } from "../wasm/limits.ts";
import { MALFORMED } from "../wasm/messages.ts";
import { END, I32_CONST, Imm, INSTRUCTIONS, isPrefix, type OpInfo, opInfo } from "../wasm/opcodes.ts";
import { type HeapType, refType, type ValType } from "../wasm/types.ts";
import { ByteReader } from "./byte_reader.ts";

/** `blockIndex` of a block type that is written as a value type or empty. */
export const NO_TYPE_INDEX = -1;

/** By kind of immediates: 1 for a single index. */
const ONE_INDEX = new Uint8Array(64);
for (
  const imm of [
    Imm.LABEL,
    Imm.TYPE,
    Imm.TAG,
    Imm.FUNC,
    Imm.LOCAL,
    Imm.GLOBAL,
    Imm.TABLE,
    Imm.MEMORY,
    Imm.DATA,
    Imm.ELEM,
  ]
) ONE_INDEX[imm] = 1;

/** How the immediates of an instruction are passed over; STOP where they are not. */
const Pass = { STOP: 0, NOTHING: 1, NUMBER: 2, MEMORY_ACCESS: 3, BYTES4: 4, BYTES8: 8 } as const;

function passOver(imm: Imm): number {
  if (ONE_INDEX[imm] === 1) return Pass.NUMBER;
  switch (imm) {
    case Imm.NONE:
      return Pass.NOTHING;
    case Imm.I32:
    case Imm.I64:
      return Pass.NUMBER;
    case Imm.MEMORY_ACCESS:
      return Pass.MEMORY_ACCESS;
    case Imm.F32:
      return Pass.BYTES4;
    case Imm.F64:
      return Pass.BYTES8;
  }
  return Pass.STOP;
}

/** Where the constant expression at `at` ends that is an `i32.const` of at most four bytes; -1 if it is another, or `limit` comes before its end. */
export function constantEnd(bytes: Uint8Array, at: number, limit: number): number {
  if (limit - at < 3 || bytes[at] !== I32_CONST) return -1;
  const last = Math.min(at + 5, limit - 1);
  for (let pos = at + 1; pos < last; pos++) {
    if (bytes[pos] < 0x80) return bytes[pos + 1] === END ? pos + 2 : -1;
  }
  return -1;
}

/** For `nextBut()`: instructions to pass over, as far as they have opcodes of one byte and usual immediates. */
export function passTable(isPassed: (info: OpInfo) => boolean): Uint8Array {
  const table = new Uint8Array(256);
  for (const info of INSTRUCTIONS) if (info.code < 256 && isPassed(info)) table[info.code] = passOver(info.imm);
  return table;
}

/**
 * One instruction at a time. After `next()`: `op`, `info`, `at` (offset of its opcode), `pos` (offset behind it), and those of the immediate fields that its
 * row's kind of immediates names. Fields keep stale values otherwise; arrays are reused by the following `next()`.
 */
export class BytecodeReader extends ByteReader {
  op = 0;
  info!: OpInfo;
  at = 0;
  /** First index: function, type, local, global, table, memory, label, segment. */
  index = 0;
  /** Second index: table of call_indirect and table.init, source of copies, memory of memory.init. */
  index2 = 0;
  /** log2 of the alignment, and the constant offset, of a memory access (exact below 2^53). */
  align = 0;
  offset = 0;
  /** The three lowest bits of that offset, which are exact however large it is. */
  offsetLow = 0;
  /** Low and high 32 bits of a constant. */
  lo = 0;
  hi = 0;
  /** Block type: a type index or NO_TYPE_INDEX; in the second case its only result, or 0 for none. */
  blockIndex = NO_TYPE_INDEX;
  blockResult: ValType = 0;
  /** Targets of br_table; the last is the default. */
  labels: number[] = [];
  /** Types of a typed select. */
  types: ValType[] = [];
  heap: HeapType = 0;
  /** Second heap type and flags of a cast branch: bit 0, the operand may be null; bit 1, the target may. */
  heap2: HeapType = 0;
  flags = 0;
  /** Lane index. */
  lane = 0;
  /** Offset of the sixteen bytes of a v128 constant or a shuffle. */
  immediateAt = 0;
  /** Clauses of try_table: kind, tag (or -1) and label of each. */
  catches: { kind: number; tag: number; label: number }[] = [];

  /** Reads the next instruction and gives its code. */
  next(): number {
    const at = this.at = this.pos;
    let code = this.u8();
    let info = opInfo(code);
    if (info === undefined) {
      code = this.#prefixed(code);
      info = opInfo(code);
      if (info === undefined) this.#illegal(code, at);
    }
    this.op = code;
    this.info = info;
    const imm = info.imm;
    // The usual ones first: the switch asks for one kind after the other.
    if (imm === Imm.NONE) return code;
    if (ONE_INDEX[imm] === 1) this.index = this.u32();
    else if (imm === Imm.I32) this.lo = this.s32();
    else if (imm === Imm.MEMORY_ACCESS) this.#memarg();
    else this.#immediates(imm);
    return code;
  }

  /** Reads the next instruction that is not to be passed over, of a valid body. */
  nextBut(passed: Uint8Array): number {
    const bytes = this.bytes;
    let pos = this.pos;
    for (let how = passed[bytes[pos]]; how !== Pass.STOP; how = passed[bytes[pos]]) {
      pos++;
      if (how >= Pass.BYTES4) pos += how;
      else if (how !== Pass.NOTHING) {
        let numbers = how === Pass.NUMBER ? 1 : bytes[pos] & 64 ? 3 : 2;
        for (; numbers > 0; pos++) if (bytes[pos] < 0x80) numbers--;
      }
    }
    this.pos = pos;
    return this.next();
  }

  #prefixed(byte: number): number {
    if (!isPrefix(byte)) return byte;
    const sub = this.u32();
    return sub > 0xfff ? byte : byte * 0x1000 + sub;
  }

  #illegal(code: number, at: number): never {
    this.malformed(`${MALFORMED.illegalOpcode} ${opcodeHex(code)}`, at);
  }

  #immediates(imm: Imm): void {
    switch (imm) {
      case Imm.BLOCK:
        return this.#blockType();
      case Imm.TRY_TABLE:
        this.#blockType();
        return this.#catchClauses();
      case Imm.CAST: {
        const at = this.pos;
        this.flags = this.u8();
        if (this.flags > 3) this.malformed(MALFORMED.castFlags, at);
        this.index = this.u32();
        this.heap = this.heapType();
        this.heap2 = this.heapType();
        return;
      }
      case Imm.V128:
      case Imm.SHUFFLE:
        this.immediateAt = this.skip(16);
        return;
      case Imm.LANE:
        this.lane = this.u8();
        return;
      case Imm.ZERO: {
        const at = this.pos;
        if (this.u8() !== 0) this.malformed(MALFORMED.zeroByte, at);
        return;
      }
      case Imm.TYPE_TABLE:
      case Imm.TYPE_FIELD:
      case Imm.TYPE_COUNT:
      case Imm.TYPE_DATA:
      case Imm.TYPE_ELEM:
      case Imm.TYPE_TYPE:
      case Imm.DATA_MEMORY:
      case Imm.MEMORY_MEMORY:
      case Imm.ELEM_TABLE:
      case Imm.TABLE_TABLE:
        this.index = this.u32();
        this.index2 = this.u32();
        return;
      case Imm.LABEL_TABLE: {
        const at = this.pos;
        const count = this.u32();
        if (count > LIMITS.brTableTargets) {
          this.malformed(`br_table with ${count} targets, the limit is ${LIMITS.brTableTargets}`, at);
        }
        if (count >= this.end - this.pos) this.malformed(MALFORMED.unexpectedEndOfSection, at);
        const labels = this.labels;
        labels.length = 0;
        for (let i = 0; i <= count; i++) labels.push(this.u32());
        return;
      }
      case Imm.SELECT_TYPES: {
        const count = this.u32();
        if (count > this.end - this.pos) this.malformed(MALFORMED.unexpectedEndOfSection);
        this.types.length = 0;
        for (let i = 0; i < count; i++) this.types.push(this.valType());
        return;
      }
      case Imm.MEMORY_LANE:
        this.#memarg();
        this.lane = this.u8();
        return;
      case Imm.I64:
        return this.#constant64();
      case Imm.F32:
        this.lo = this.bits32();
        return;
      case Imm.F64:
        this.lo = this.bits32();
        this.hi = this.bits32();
        return;
      case Imm.HEAP_TYPE:
        this.heap = this.heapType();
        return;
    }
  }

  /** A signed LEB128 number of 64 bits, in halves. */
  #constant64(): void {
    const { bytes, pos, end } = this;
    let lo = 0, hi = 0;
    for (let i = 0; i < 10 && pos + i < end; i++) {
      const byte = bytes[pos + i], bits = byte & 0x7f;
      if (i < 5) lo |= bits << (7 * i);
      if (i === 4) hi = bits >> 4;
      else if (i > 4) hi |= bits << (7 * i - 32);
      if (byte >= 0x80) continue;
      if (i === 9 && bits !== 0 && bits !== 0x7f) break;
      const known = 7 * (i + 1), sign = -(bits >> 6);
      if (known < 32) {
        lo |= sign << known;
        hi = sign;
      } else if (known < 64) hi |= sign << (known - 32);
      this.lo = lo;
      this.hi = hi;
      this.pos = pos + i + 1;
      return;
    }
    // Says what is wrong.
    this.s64();
  }

  #blockType(): void {
    const byte = this.bytes[this.pos];
    this.blockIndex = NO_TYPE_INDEX;
    this.blockResult = 0;
    if (this.pos < this.end && byte === 0x40) {
      this.pos++;
    } else if (this.pos < this.end && byte >= 0x40 && byte < 0x80) {
      this.blockResult = this.valType();
    } else {
      const at = this.pos;
      const index = this.s33();
      if (index < 0) this.malformed(MALFORMED.blockType, at);
      this.blockIndex = index;
    }
  }

  #memarg(): void {
    const at = this.pos;
    const flags = this.u32();
    if (flags >= 128) this.malformed(MALFORMED.memopFlags, at);
    this.align = flags & 63;
    this.index = flags & 64 ? this.u32() : 0;
    this.offsetLow = this.bytes[this.pos] & 7;
    this.offset = this.u64Number();
  }

  #catchClauses(): void {
    const at = this.pos;
    const count = this.u32();
    if (count > this.end - this.pos) this.malformed(MALFORMED.unexpectedEndOfSection, at);
    this.catches = [];
    for (let i = 0; i < count; i++) {
      const kindAt = this.pos;
      const kind = this.u8();
      if (kind > 3) this.malformed(MALFORMED.catchClause, kindAt);
      const tag = kind < 2 ? this.u32() : -1;
      this.catches.push({ kind, tag, label: this.u32() });
    }
  }

  /** The 64-bit constant as a signed bigint. */
  get bits64(): bigint {
    return (BigInt(this.hi) << 32n) | BigInt(this.lo >>> 0);
  }
  /** The nullable reference type of `ref.null`. */
  get nullType(): ValType {
    return refType(this.heap, true);
  }
}

/** An opcode as the specification writes it: `6a`, `fc 0a`. */
export function opcodeHex(code: number): string {
  const hex = (n: number) => n.toString(16).padStart(2, "0");
  return code < 0x1000 ? hex(code) : `${hex(code >>> 12)} ${hex(code & 0xfff)}`;
}
