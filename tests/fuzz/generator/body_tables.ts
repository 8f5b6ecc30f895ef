// Tables of all types of references. Takes a body, writes instructions.

import * as op from "../../../src/wasm/opcodes.ts";
import { I32, I64, isRef, type TableType, type ValType } from "../../../src/wasm/types.ts";
import type { Body } from "./body.ts";

/** Writes an index that has `room` entries behind it, as a rule. */
function index(body: Body, t: TableType, depth: number, room = 0): void {
  const { c } = body;
  if (c.oneIn(12)) body.expression(t.is64 ? I64 : I32, depth - 1);
  else body.address(c.below(Math.max(1, Number(t.min) - room)), t.is64);
}
function length(body: Body, is64: boolean): void {
  const { c } = body;
  body.address(c.oneIn(30) ? c.pick([9, 100, 0xffffffff]) : c.below(4), is64);
}

/** An entry of a table, its size, or what growing gives. False if no table fits. */
export function tableValue(body: Body, t: ValType, depth: number): boolean {
  const { c, b } = body;
  const fit = b.tables.flatMap(({ type }, i) =>
    isRef(t) ? b.types.below(type.element, t) ? [i] : [] : (type.is64 ? I64 : I32) === t ? [i] : []
  );
  if (fit.length === 0) return false;
  const table = c.pick(fit), { type } = b.tables[table];
  if (isRef(t)) {
    index(body, type, depth);
    body.indexed(op.TABLE_GET, table);
  } else if (c.oneIn(2)) {
    body.expression(type.element, depth - 1);
    body.address(c.pick([0, 1, 2, 5, 1000]), type.is64);
    body.indexed(op.TABLE_GROW, table);
  } else body.indexed(op.TABLE_SIZE, table);
  return true;
}

/** A change of a table. */
export function tableStatement(body: Body, depth: number): void {
  const { c, b } = body;
  const table = c.below(b.tables.length), { type } = b.tables[table];
  switch (c.below(5)) {
    case 0:
      index(body, type, depth);
      body.expression(type.element, depth - 1);
      return body.indexed(op.TABLE_SET, table);
    case 1:
      index(body, type, depth, 3);
      body.expression(type.element, depth - 1);
      length(body, type.is64);
      return body.indexed(op.TABLE_FILL, table);
    case 2: {
      const fit = b.tables.flatMap((t, i) => b.types.below(t.type.element, type.element) ? [i] : []);
      const from = c.pick(fit), source = b.tables[from].type;
      index(body, type, depth, 3);
      index(body, source, depth, 3);
      length(body, type.is64 && source.is64);
      body.indexed(op.TABLE_COPY, table);
      return body.w.u32(from);
    }
    case 3: {
      const fit = b.elems.flatMap((e, i) => b.types.below(e.type, type.element) ? [i] : []);
      if (fit.length === 0) return;
      const elem = c.pick(fit);
      index(body, type, depth, 3);
      body.i32(c.below(Math.max(1, b.elems[elem].length)));
      body.i32(c.oneIn(30) ? c.below(10) : c.below(Math.min(2, b.elems[elem].length + 1)));
      body.indexed(op.TABLE_INIT, elem);
      return body.w.u32(table);
    }
    default:
      return body.indexed(op.ELEM_DROP, c.below(b.elems.length));
  }
}
