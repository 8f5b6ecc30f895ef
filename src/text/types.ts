// Types in the text format (specification 6.4): value types, type definitions, type uses, limits. Takes a cursor, gives the types of wasm/types.ts.

import {
  F32,
  F64,
  type FieldType,
  type GlobalType,
  Heap,
  HEAP_NAMES,
  type HeapType,
  I16,
  I32,
  I64,
  I8,
  type Limits,
  type MemoryType,
  refType,
  type TableType,
  type TypeDef,
  typeName,
  V128,
  type ValType,
} from "../wasm/types.ts";
import type { Cursor } from "./cursor.ts";
import { Tok } from "./lexer.ts";
import { type Context, Space } from "./spaces.ts";

const HEAPS = new Map<string, HeapType>([...HEAP_NAMES].map(([heap, name]) => [name, heap]));
const VALUES = new Map<string, ValType>([I32, I64, F32, F64, V128].map((t) => [typeName(t), t]));
for (const heap of Object.values(Heap)) VALUES.set(typeName(refType(heap, true)), refType(heap, true));

/** The abstract heap type of a word. */
export function heapTypeOfWord(word: string): HeapType | undefined {
  return HEAPS.get(word);
}

/** A heap type. */
export function parseHeapType(c: Cursor, ctx: Context): HeapType {
  if (c.isIndex()) return ctx.types.use(c);
  const heap = c.kind() === Tok.ATOM ? HEAPS.get(c.text()) : undefined;
  if (heap === undefined) c.unexpected("a heap type");
  c.pos++;
  return heap;
}

/** A value type; undefined, with nothing taken, if none comes next. */
export function tryValType(c: Cursor, ctx: Context): ValType | undefined {
  if (c.form("ref")) {
    const nullable = c.word("null");
    const heap = parseHeapType(c, ctx);
    c.close();
    return refType(heap, nullable);
  }
  const t = c.kind() === Tok.ATOM ? VALUES.get(c.text()) : undefined;
  if (t !== undefined) c.pos++;
  return t;
}
/** A value type. */
export function parseValType(c: Cursor, ctx: Context): ValType {
  return tryValType(c, ctx) ?? c.unexpected("a value type");
}
/** A reference type. */
export function parseRefType(c: Cursor, ctx: Context): ValType {
  const at = c.pos;
  const t = tryValType(c, ctx);
  if (t === undefined || t <= V128) {
    c.pos = at;
    c.unexpected("a reference type");
  }
  return t;
}
/** Whether a reference type comes next. */
export function isRefType(c: Cursor): boolean {
  return c.isForm("ref") || (c.kind() === Tok.ATOM && (VALUES.get(c.text()) ?? 0) > V128);
}

function parseFieldType(c: Cursor, ctx: Context): FieldType {
  const mutable = c.form("mut");
  const type = c.word("i8") ? I8 : c.word("i16") ? I16 : parseValType(c, ctx);
  if (mutable) c.close();
  return { type, mutable };
}
function parseFields(c: Cursor, ctx: Context, typeIndex: number): FieldType[] {
  const fields: FieldType[] = [];
  const space = new Space("field", "field");
  while (c.form("field")) {
    if (c.kind() === Tok.ID) {
      space.bind(c);
      fields.push(parseFieldType(c, ctx));
    } else {
      while (!c.isClose()) {
        space.bind(c);
        fields.push(parseFieldType(c, ctx));
      }
    }
    c.close();
  }
  ctx.fields.set(typeIndex, space);
  if (space.names.size > 0) ctx.names.fields.set(typeIndex, space.names);
  return fields;
}

/** Parameters and results. `names` holds those of the parameters. */
export interface Signature {
  readonly params: ValType[];
  readonly results: ValType[];
  readonly names: (string | undefined)[];
}
/** `(param …)* (result …)*`; names are allowed where `named`. */
export function parseSignature(c: Cursor, ctx: Context, named: boolean): Signature {
  const signature: Signature = { params: [], results: [], names: [] };
  while (c.form("param")) {
    if (named && c.kind() === Tok.ID) {
      signature.names[signature.params.length] = c.id();
      signature.params.push(parseValType(c, ctx));
    } else {
      while (!c.isClose()) signature.params.push(parseValType(c, ctx));
    }
    c.close();
  }
  while (c.form("result")) {
    while (!c.isClose()) signature.results.push(parseValType(c, ctx));
    c.close();
  }
  if (c.isForm("param")) {
    c.pos++;
    c.unexpected("parameters before results");
  }
  return signature;
}

function sameTypes(a: readonly ValType[], b: readonly ValType[]): boolean {
  return a.length === b.length && a.every((t, i) => t === b[i]);
}
/** A type use: `(type x)?` and a signature. Without `(type x)` the index is undefined, and the caller asks the type section for one. */
export function parseTypeUse(
  c: Cursor,
  ctx: Context,
  named: boolean,
): { index: number | undefined; signature: Signature } {
  const at = c.pos;
  if (!c.form("type")) return { index: undefined, signature: parseSignature(c, ctx, named) };
  const index = ctx.types.use(c);
  c.close();
  const inline = c.isForm("param") || c.isForm("result");
  const signature = parseSignature(c, ctx, named);
  const def = ctx.typeSection.defs[index];
  if (!inline) {
    if (def?.type.kind !== "func") return { index, signature };
    return { index, signature: { params: [...def.type.params], results: [...def.type.results], names: [] } };
  }
  if (def === undefined) c.fail(`unknown type ${index}`, at);
  const type = def.type;
  if (
    type.kind !== "func" || !sameTypes(type.params, signature.params) || !sameTypes(type.results, signature.results)
  ) {
    c.fail("inline function type does not match the type that is named", at);
  }
  return { index, signature };
}
/** A type use that needs an index: of functions and tags. */
export function parseIndexedTypeUse(c: Cursor, ctx: Context, named: boolean): { index: number; signature: Signature } {
  const { index, signature } = parseTypeUse(c, ctx, named);
  return { index: index ?? ctx.typeSection.functionType(signature.params, signature.results), signature };
}

/** What stands in `(type $id? …)` behind the name: a composite type or `(sub …)`. `index` is the type's own. */
export function parseTypeBody(
  c: Cursor,
  ctx: Context,
  index: number,
  group: Pick<TypeDef, "groupStart" | "groupSize" | "explicitGroup">,
): void {
  const sub = c.form("sub");
  const final = sub ? c.word("final") : true;
  const supers: number[] = [];
  if (sub) { while (c.isIndex()) supers.push(ctx.types.use(c)); }
  let type: TypeDef["type"];
  if (c.form("func")) {
    const { params, results } = parseSignature(c, ctx, true);
    type = { kind: "func", params, results };
  } else if (c.form("struct")) {
    type = { kind: "struct", fields: parseFields(c, ctx, index) };
  } else if (c.form("array")) {
    type = { kind: "array", field: parseFieldType(c, ctx) };
  } else {
    c.open("a function, structure or array type");
    c.unexpected("func, struct or array");
  }
  c.close();
  if (sub) c.close();
  ctx.typeSection.add({ final, supers, type, ...group });
}

/** The word for the type of addresses; true for `i64`. */
export function parseAddressType(c: Cursor): boolean {
  if (c.word("i64")) return true;
  c.word("i32");
  return false;
}
function parseLimits(c: Cursor, is64: boolean): Limits {
  const min = c.u64("a size");
  const max = c.isNat() ? c.u64("a size") : undefined;
  return { min, max, is64, shared: c.word("shared") };
}
/** log2 of `(pagesize n)`, or of the usual size. */
export function parsePageSize(c: Cursor): number {
  if (!c.form("pagesize")) return 16;
  const at = c.pos;
  const n = c.u32("a page size");
  if (n === 0 || (n & (n - 1)) !== 0) c.fail("invalid custom page size", at);
  c.close();
  return 31 - Math.clz32(n);
}
/** A memory type. */
export function parseMemoryType(c: Cursor): MemoryType {
  const limits = parseLimits(c, parseAddressType(c));
  return { ...limits, pageSizeLog2: parsePageSize(c) };
}
/** A table type. */
export function parseTableType(c: Cursor, ctx: Context): TableType {
  const limits = parseLimits(c, parseAddressType(c));
  return { ...limits, element: parseRefType(c, ctx) };
}
/** A global type. */
export function parseGlobalType(c: Cursor, ctx: Context): GlobalType {
  const mutable = c.form("mut");
  const type = parseValType(c, ctx);
  if (mutable) c.close();
  return { type, mutable };
}
