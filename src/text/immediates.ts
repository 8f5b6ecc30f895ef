// Immediates of instructions in the text format. Takes the instruction's row, reads what its kind of immediates asks for, writes opcode and immediates.

import { ByteWriter } from "../bytecode/writer.ts";
import {
  Imm,
  type OpInfo,
  opInfo,
  REF_CAST,
  REF_CAST_NULL,
  REF_NULL,
  REF_TEST,
  REF_TEST_NULL,
  SELECT,
  SELECT_T,
} from "../wasm/opcodes.ts";
import { heapOf, isNullable, type ValType } from "../wasm/types.ts";
import type { Cursor } from "./cursor.ts";
import type { Body } from "./instructions.ts";
import { Tok } from "./lexer.ts";
import { parseF32, parseF64, parseI32, parseI64, parseUnsigned } from "./numbers.ts";
import { type Context, Space } from "./spaces.ts";
import { parseHeapType, parseRefType, parseTypeUse, parseValType } from "./types.ts";
import { parseLane, parseShuffle, parseV128 } from "./vectors.ts";

/** The words of catch clauses of try_table, by their code. */
export const CATCH_WORDS: readonly string[] = ["catch", "catch_ref", "catch_all", "catch_all_ref"];
const NO_FIELDS = new Space("field", "field");

/** Where two instructions share a word, what follows tells which it is. */
function variant(c: Cursor, row: OpInfo): OpInfo {
  const nullable = () => !c.isForm("ref") || c.isWord("null", 2);
  switch (row.code) {
    case SELECT:
      return c.isForm("result") ? opInfo(SELECT_T)! : row;
    case REF_TEST:
      return nullable() ? opInfo(REF_TEST_NULL)! : row;
    case REF_CAST:
      return nullable() ? opInfo(REF_CAST_NULL)! : row;
    default:
      return row;
  }
}

/** Writes the instruction `row`, whose word was read (a block's name too), with the immediates at the cursor. */
export function parseImmediates(c: Cursor, ctx: Context, body: Body, row: OpInfo): void {
  const w = body.code;
  const info = variant(c, row);
  w.opcode(info.code);
  switch (info.imm) {
    case Imm.NONE:
      return;
    case Imm.BLOCK:
      return blockType(c, ctx, w);
    case Imm.LABEL:
      return w.u32(label(c, body));
    case Imm.LABEL_TABLE: {
      const labels = [label(c, body)];
      while (c.isIndex()) labels.push(label(c, body));
      w.u32(labels.length - 1);
      for (const l of labels) w.u32(l);
      return;
    }
    case Imm.FUNC:
      return w.u32(ctx.funcs.use(c));
    case Imm.TYPE_TABLE: {
      const table = ctx.tables.useOr(c, 0);
      const { index, signature } = parseTypeUse(c, ctx, false);
      w.u32(index ?? ctx.typeSection.functionType(signature.params, signature.results));
      return w.u32(table);
    }
    case Imm.SELECT_TYPES: {
      const types: ValType[] = [];
      while (c.form("result")) {
        while (!c.isClose()) types.push(parseValType(c, ctx));
        c.close();
      }
      w.u32(types.length);
      for (const t of types) w.valType(t);
      return;
    }
    case Imm.LOCAL:
      return w.u32(body.locals.use(c));
    case Imm.GLOBAL:
      return w.u32(ctx.globals.use(c));
    case Imm.TABLE:
      return w.u32(ctx.tables.useOr(c, 0));
    case Imm.MEMORY:
      return w.u32(ctx.memories.useOr(c, 0));
    case Imm.MEMORY_ACCESS:
      return memoryAccess(c, ctx, w, info);
    case Imm.I32:
      return w.s32(c.number(parseI32, "an i32 constant"));
    case Imm.I64:
      return w.s64(c.number(parseI64, "an i64 constant"));
    case Imm.F32:
      return w.bits32(c.number(parseF32, "an f32 constant"));
    case Imm.F64:
      return w.bits64(c.number(parseF64, "an f64 constant"));
    case Imm.HEAP_TYPE:
      return w.heapType(info.code === REF_NULL ? parseHeapType(c, ctx) : heapOf(parseRefType(c, ctx)));
    case Imm.DATA:
      ctx.usesData = true;
      return w.u32(ctx.datas.use(c));
    case Imm.DATA_MEMORY: {
      ctx.usesData = true;
      // The memory stands first, but may be left out.
      const memory = isIndex(c, 1) ? ctx.memories.use(c) : 0;
      w.u32(ctx.datas.use(c));
      return w.u32(memory);
    }
    case Imm.MEMORY_MEMORY: {
      const given = c.isIndex();
      w.u32(given ? ctx.memories.use(c) : 0);
      return w.u32(given ? ctx.memories.use(c) : 0);
    }
    case Imm.ELEM:
      return w.u32(ctx.elems.use(c));
    case Imm.ELEM_TABLE: {
      const table = isIndex(c, 1) ? ctx.tables.use(c) : 0;
      w.u32(ctx.elems.use(c));
      return w.u32(table);
    }
    case Imm.TABLE_TABLE: {
      const given = c.isIndex();
      w.u32(given ? ctx.tables.use(c) : 0);
      return w.u32(given ? ctx.tables.use(c) : 0);
    }
    case Imm.TYPE:
      return w.u32(ctx.types.use(c));
    case Imm.TYPE_FIELD: {
      const type = ctx.types.use(c);
      w.u32(type);
      return w.u32((ctx.fields.get(type) ?? NO_FIELDS).use(c));
    }
    case Imm.TYPE_COUNT:
      w.u32(ctx.types.use(c));
      return w.u32(c.u32("a number of operands"));
    case Imm.TYPE_DATA:
      ctx.usesData = true;
      w.u32(ctx.types.use(c));
      return w.u32(ctx.datas.use(c));
    case Imm.TYPE_ELEM:
      w.u32(ctx.types.use(c));
      return w.u32(ctx.elems.use(c));
    case Imm.TYPE_TYPE:
      w.u32(ctx.types.use(c));
      return w.u32(ctx.types.use(c));
    case Imm.CAST: {
      const depth = label(c, body);
      const from = parseRefType(c, ctx), to = parseRefType(c, ctx);
      w.u8((isNullable(from) ? 1 : 0) | (isNullable(to) ? 2 : 0));
      w.u32(depth);
      w.heapType(heapOf(from));
      return w.heapType(heapOf(to));
    }
    case Imm.TAG:
      return w.u32(ctx.tags.use(c));
    case Imm.TRY_TABLE:
      blockType(c, ctx, w);
      return catchClauses(c, ctx, body);
    case Imm.V128:
      return w.raw(parseV128(c));
    case Imm.SHUFFLE:
      return w.raw(parseShuffle(c));
    case Imm.LANE:
      return w.u8(parseLane(c));
    case Imm.MEMORY_LANE: {
      // A number that stands alone is the lane.
      const memory = c.kind() === Tok.ID || (c.isNat() && (isIndex(c, 1) || isAttribute(c, 1)));
      memoryAccess(c, ctx, w, info, memory);
      return w.u8(parseLane(c));
    }
    case Imm.ZERO:
      return w.u8(0);
  }
}

/** Whether the token `ahead` is an index. */
function isIndex(c: Cursor, ahead: number): boolean {
  c.pos += ahead;
  const found = c.isIndex();
  c.pos -= ahead;
  return found;
}

/** Whether the token `ahead` is `offset=n` or `align=n`. */
function isAttribute(c: Cursor, ahead: number): boolean {
  c.pos += ahead;
  const found = c.kind() === Tok.ATOM && /^(?:offset|align)=/.test(c.text());
  c.pos -= ahead;
  return found;
}

/** `(catch tag label)` and so on. Labels are those outside of the block. */
function catchClauses(c: Cursor, ctx: Context, body: Body): void {
  const clauses = new ByteWriter(16);
  let count = 0;
  for (;; count++) {
    const kind = CATCH_WORDS.findIndex((word) => c.isForm(word));
    if (kind < 0) break;
    c.pos += 2;
    clauses.u8(kind);
    if (kind < 2) clauses.u32(ctx.tags.use(c));
    clauses.u32(label(c, body));
    c.close();
  }
  body.code.u32(count);
  body.code.raw(clauses.slice());
}

function blockType(c: Cursor, ctx: Context, w: ByteWriter): void {
  const { index, signature: { params, results } } = parseTypeUse(c, ctx, false);
  if (index !== undefined) return w.s33(index);
  if (params.length > 0 || results.length > 1) return w.s33(ctx.typeSection.functionType(params, results));
  if (results.length === 0) return w.u8(0x40);
  w.valType(results[0]);
}

function label(c: Cursor, body: Body): number {
  if (c.kind() !== Tok.ID) return c.u32("a label");
  const at = c.pos;
  const id = c.id();
  const index = body.labels.lastIndexOf(id);
  if (index < 0) c.fail(`unknown label $${id}`, at);
  return body.labels.length - 1 - index;
}

/** `memory? offset=n? align=n?`; the alignment is the natural one if it is left out. */
function memoryAccess(c: Cursor, ctx: Context, w: ByteWriter, info: OpInfo, named = c.isIndex()): void {
  const memory = named ? ctx.memories.use(c) : 0;
  const attribute = (word: string): bigint | undefined => {
    if (c.kind() !== Tok.ATOM || !c.text().startsWith(word)) return undefined;
    return c.number((text) => parseUnsigned(text.slice(word.length), 64), word + "n", "i64 constant out of range");
  };
  const offset = attribute("offset=") ?? 0n;
  const at = c.pos;
  const align = attribute("align=");
  let alignLog2 = info.accessLog2;
  if (align !== undefined) {
    if (align === 0n || (align & (align - 1n)) !== 0n) c.fail("alignment must be a power of two", at);
    alignLog2 = align.toString(2).length - 1;
  }
  w.u32(memory === 0 ? alignLog2 : alignLog2 | 64);
  if (memory !== 0) w.u32(memory);
  w.u64(offset);
}
