// Exceptions, new (try_table, throw_ref) or old (try, catch, delegate, rethrow), as the program's profile says. Takes a body, writes instructions.

import * as op from "../../../src/wasm/opcodes.ts";
import { Heap, refType, type ValType } from "../../../src/wasm/types.ts";
import type { Body } from "./body.ts";
import { dead, finish, leave } from "./body_control.ts";

const EXN = refType(Heap.EXN, false);

function paramsOf(body: Body, tag: number): readonly ValType[] {
  return body.b.types.signature(body.b.tags[tag]).params;
}

/** Throws; false if there is nothing to throw. */
export function throwing(body: Body, depth: number): boolean {
  const { c, b, labels } = body;
  const handlers = labels.flatMap((l, i) => l.handler ? [labels.length - 1 - i] : []);
  if (handlers.length > 0 && c.oneIn(2)) {
    body.indexed(op.RETHROW, c.pick(handlers));
    return true;
  }
  if (b.profile.exceptions === "new" && c.oneIn(5)) {
    body.simple(refType(Heap.EXN, true));
    body.op(op.THROW_REF);
    return true;
  }
  const tag = c.below(b.tags.length);
  body.expressions(paramsOf(body, tag), depth);
  body.indexed(op.THROW, tag);
  return true;
}

/** A value that comes out of a `try`. */
export function exceptionExpression(body: Body, t: ValType, depth: number): void {
  const types = body.c.oneIn(4) ? [t, ...body.b.types.values(2)] : [t];
  attempt(body, types, depth);
  body.keep(types, 0);
}
/** A `try` that gives nothing. */
export function exceptionStatement(body: Body, depth: number): void {
  if (depth <= 0) return;
  attempt(body, [], depth);
}
function attempt(body: Body, results: readonly ValType[], depth: number): void {
  if (body.b.profile.exceptions === "new") tryTable(body, results, depth);
  else oldTry(body, results, depth);
}
/** What is tried: it throws more often than not. */
function tried(body: Body, results: readonly ValType[], depth: number): void {
  body.statements(3, depth - 1);
  if (body.c.oneIn(2)) return finish(body, results, depth - 1);
  throwing(body, depth - 1);
  dead(body);
}

function tryTable(body: Body, results: readonly ValType[], depth: number): void {
  const { c, w } = body;
  const kind = c.below(4), tag = c.below(body.b.tags.length);
  const payload = [...kind < 2 ? paramsOf(body, tag) : [], ...kind % 2 === 1 ? [EXN] : []];
  body.block(op.BLOCK, [], results, () => {
    body.block(op.BLOCK, [], payload, () => {
      body.op(op.TRY_TABLE);
      body.blockType([], results);
      const clauses = [...others(body), [kind, tag, 0]];
      w.u32(clauses.length);
      for (const [how, which, label] of clauses) {
        w.u8(how);
        if (how < 2) w.u32(which);
        w.u32(label);
      }
      body.labels.push({ types: results, handler: false });
      tried(body, results, depth);
      body.labels.pop();
      body.op(op.END);
      body.indexed(op.BR, 1);
    });
    if (payload.at(-1) === EXN && c.oneIn(5)) {
      body.op(op.THROW_REF);
      return dead(body);
    }
    for (let i = payload.length - 1; i >= 0; i--) body.consume(payload[i]);
    body.statements(1, depth - 1);
    body.expressions(results, depth - 1);
  });
}
/** Clauses that lead to labels further out. */
function others(body: Body): number[][] {
  const { c, b, labels } = body;
  const found: number[][] = [];
  labels.forEach(({ types }, i) => {
    const label = labels.length - 1 - i;
    const fits = (payload: readonly ValType[]) =>
      payload.length === types.length && payload.every((t, k) => b.types.below(t, types[k]));
    b.tags.forEach((_, tag) => {
      if (fits(paramsOf(body, tag))) found.push([0, tag, label]);
      if (fits([...paramsOf(body, tag), EXN])) found.push([1, tag, label]);
    });
    if (fits([])) found.push([2, 0, label]);
    if (fits([EXN])) found.push([3, 0, label]);
  });
  // What catches all comes last, lest the others never do.
  return found.length === 0
    ? []
    : Array.from({ length: c.below(3) }, () => c.pick(found)).filter(([how]) => how < 2 || c.oneIn(4));
}

function oldTry(body: Body, results: readonly ValType[], depth: number): void {
  const { c, w, b } = body;
  body.op(op.TRY);
  body.blockType([], results);
  const label = { types: results, handler: false };
  body.labels.push(label);
  tried(body, results, depth);
  if (c.oneIn(4)) {
    body.labels.pop();
    return body.indexed(op.DELEGATE, c.below(body.labels.length));
  }
  label.handler = true;
  const all = c.oneIn(2);
  for (let n = c.below(3) + (all ? 0 : 1); n > 0; n--) {
    const tag = c.below(b.tags.length), payload = paramsOf(body, tag);
    body.op(op.CATCH);
    w.u32(tag);
    for (let i = payload.length - 1; i >= 0; i--) body.consume(payload[i]);
    handler(body, results, depth);
  }
  if (all) {
    body.op(op.CATCH_ALL);
    handler(body, results, depth);
  }
  body.labels.pop();
  body.op(op.END);
}
function handler(body: Body, results: readonly ValType[], depth: number): void {
  body.statements(1, depth - 1);
  if (!body.c.oneIn(6)) return body.expressions(results, depth - 1);
  leave(body, depth - 1);
  dead(body);
}
