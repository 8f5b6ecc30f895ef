// Immediates of instructions in the text format. Takes the instruction's row, reads what its kind of immediates asks for, writes opcode and immediates.

import type { ByteWriter } from "../bytecode/writer.ts";
import { Imm, type OpInfo, opInfo, SELECT, SELECT_T } from "../wasm/opcodes.ts";
import type { ValType } from "../wasm/types.ts";
import type { Cursor } from "./cursor.ts";
import type { Body } from "./instructions.ts";
import { Tok } from "./lexer.ts";
import { parseF32, parseF64, parseI32, parseI64, parseUnsigned } from "./numbers.ts";
import type { Context } from "./spaces.ts";
import { parseHeapType, parseTypeUse, parseValType } from "./types.ts";

/** Writes the instruction `row`, whose word was read (a block's name too), with the immediates at the cursor. */
export function parseImmediates(c: Cursor, ctx: Context, body: Body, row: OpInfo, at: number): void {
  const w = body.code;
  const info = row.code === SELECT && c.isForm("result") ? opInfo(SELECT_T)! : row;
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
      return w.heapType(parseHeapType(c, ctx));
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
    default:
      c.fail(`the immediates of ${info.name} have no text form`, at);
  }
}

/** Whether the token `ahead` is an index. */
function isIndex(c: Cursor, ahead: number): boolean {
  c.pos += ahead;
  const found = c.isIndex();
  c.pos -= ahead;
  return found;
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
function memoryAccess(c: Cursor, ctx: Context, w: ByteWriter, info: OpInfo): void {
  const memory = ctx.memories.useOr(c, 0);
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
