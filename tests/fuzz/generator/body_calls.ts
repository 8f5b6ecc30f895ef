// Calls of all kinds: direct, by table, by reference, and their tail forms. Takes a body, writes instructions.

import * as op from "../../../src/wasm/opcodes.ts";
import { Heap, heapOf, I32, I64, refType, type ValType } from "../../../src/wasm/types.ts";
import type { Body } from "./body.ts";

const DIRECT = [op.CALL, op.CALL_INDIRECT, op.CALL_REF] as const;
const TAIL = [op.RETURN_CALL, op.RETURN_CALL_INDIRECT, op.RETURN_CALL_REF] as const;

/** Calls a function of the program, whose arguments it writes first. */
function call(body: Body, func: number, codes: typeof DIRECT | typeof TAIL, depth: number): void {
  const { c, b } = body;
  const { type } = b.funcs[func];
  const tables = b.tables.flatMap((t, i) => b.types.top(heapOf(t.type.element)) === Heap.FUNC ? [i] : []);
  body.expressions(b.types.signature(type).params, depth - 1);
  const how = c.weighted([[3, 0], [tables.length > 0 ? 2 : 0, 1], [type < b.types.named ? 2 : 0, 2]]);
  if (how === 0) return body.indexed(codes[0], func);
  if (how === 2) {
    body.expression(refType(type, c.oneIn(8)), Math.min(depth - 1, 2));
    return body.indexed(codes[2], type);
  }
  const table = c.oneIn(6) ? c.pick(tables) : 0, t = b.tables[table].type;
  if (table === 0 && !c.oneIn(12)) body.address(func, t.is64);
  else if (c.oneIn(6)) body.expression(t.is64 ? I64 : I32, depth - 1);
  else body.address(c.below(Number(t.min) + 1), t.is64);
  body.indexed(codes[1], type);
  body.w.u32(table);
}
function callees(body: Body, accept: (results: readonly ValType[]) => boolean): number[] {
  const { b } = body;
  return b.funcs.flatMap((f, i) => i !== b.digest && accept(b.types.signature(f.type).results) ? [i] : []);
}

/** A call whose results have a `t` among them. False if no function has. */
export function callExpression(body: Body, t: ValType, depth: number): boolean {
  const found = callees(body, (results) => results.some((r) => body.b.types.below(r, t)));
  if (found.length === 0) return false;
  const func = body.c.pick(found), { results } = body.b.types.signature(body.b.funcs[func].type);
  call(body, func, DIRECT, depth);
  body.keep(results, results.findIndex((r) => body.b.types.below(r, t)));
  return true;
}
/** A call whose results are stored or dropped. */
export function callStatement(body: Body, depth: number): void {
  const func = body.c.pick(callees(body, () => true));
  const { results } = body.b.types.signature(body.b.funcs[func].type);
  call(body, func, DIRECT, depth);
  for (let i = results.length - 1; i >= 0; i--) body.consume(results[i]);
}
/** A call in place of the function; what it gives where no function has the right results, or it must not call. */
export function tailCall(body: Body): void {
  const { results, b } = body;
  const found = body.leaf ? [] : callees(
    body,
    (theirs) => theirs.length === results.length && theirs.every((t, i) => b.types.below(t, results[i])),
  );
  if (found.length === 0) return body.expressions(results, 2);
  call(body, body.c.pick(found), TAIL, 2);
}
