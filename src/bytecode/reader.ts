// The operator cursor: walks over the instructions of a function body or constant expression and presents each with its immediates in fields.
// Consumed by validator, JIT, printer and disassembler. It knows the binary format of instructions and nothing of types on the stack.

import { LIMITS } from "../wasm/limits.ts";
import { MALFORMED } from "../wasm/messages.ts";
import { Imm, isPrefix, type OpInfo, opInfo } from "../wasm/opcodes.ts";
import { type HeapType, refType, type ValType } from "../wasm/types.ts";
import { ByteReader } from "./byte_reader.ts";

/** `blockIndex` of a block type that is written as a value type or empty. */
export const NO_TYPE_INDEX = -1;

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
    this.at = this.pos;
    let code = this.u8();
    if (isPrefix(code)) {
      const sub = this.u32();
      if (sub > 0xfff) this.#illegal(code);
      code = code * 0x1000 + sub;
    }
    const info = opInfo(code);
    if (info === undefined) this.#illegal(code);
    this.op = code;
    this.info = info;
    if (info.imm !== Imm.NONE) this.#immediates(info.imm);
    return code;
  }

  #illegal(code: number): never {
    this.malformed(`${MALFORMED.illegalOpcode} ${opcodeHex(code)}`, this.at);
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
      case Imm.LABEL:
      case Imm.TYPE:
      case Imm.TAG:
      case Imm.FUNC:
      case Imm.LOCAL:
      case Imm.GLOBAL:
      case Imm.TABLE:
      case Imm.MEMORY:
      case Imm.DATA:
      case Imm.ELEM:
        this.index = this.u32();
        return;
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
      case Imm.MEMORY_ACCESS:
        return this.#memarg();
      case Imm.MEMORY_LANE:
        this.#memarg();
        this.lane = this.u8();
        return;
      case Imm.I32:
        this.lo = this.s32();
        return;
      case Imm.I64: {
        const byte = this.bytes[this.pos];
        if (byte < 0x80 && this.pos < this.end) {
          this.pos++;
          this.lo = (byte << 25) >> 25;
          this.hi = this.lo >> 31;
        } else {
          const v = this.s64();
          this.lo = Number(BigInt.asIntN(32, v));
          this.hi = Number(v >> 32n);
        }
        return;
      }
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
    const byte = this.bytes[this.pos];
    this.offsetLow = byte & 7;
    if (byte < 0x80 && this.pos < this.end) {
      this.pos++;
      this.offset = byte;
    } else {
      this.offset = Number(this.u64());
    }
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
