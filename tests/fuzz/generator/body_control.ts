// Structured control: blocks with parameters and results, bounded loops, branches of all kinds, deep nests, and code that nobody reaches. Takes a body, writes instructions.

import * as op from "../../../src/wasm/opcodes.ts";
import { I32, isDefaultable, isRef, type ValType } from "../../../src/wasm/types.ts";
import type { Body } from "./body.ts";
import { throwing } from "./body_exceptions.ts";
import { plainRow } from "./body_numeric.ts";
import { ALL_PLAIN } from "./rows.ts";

/** A value that control makes. */
export function controlExpression(body: Body, t: ValType, depth: number): void | boolean {
  const { c, b } = body;
  const kinds: [number, () => void | boolean][] = [
    [3, () => blockOf(body, [t], depth)],
    [2, () => {
      body.expression(I32, depth - 1);
      branches(body, [t], depth);
    }],
    [2, () => {
      body.expression(t, depth - 1);
      body.expression(t, depth - 1);
      body.expression(I32, depth - 1);
      if (!isRef(t) && c.oneIn(2)) return body.op(op.SELECT);
      body.op(op.SELECT_T);
      body.w.u32(1);
      body.w.valType(t);
    }],
    [2, () => {
      const local = body.writable(t);
      if (local < 0 || !b.types.below(body.locals[local], t)) return false;
      body.expression(t, depth - 1);
      body.indexed(op.LOCAL_TEE, local);
    }],
    [1, () => {
      const types = [t, ...b.types.values(c.below(4))];
      blockOf(body, types, depth);
      body.keep(types, 0);
    }],
    [1, () => {
      const found = body.labels.flatMap((l, i) =>
        l.types.length === 1 && b.types.makeable(l.types[0]) && b.types.below(l.types[0], t) ? [i] : []
      );
      if (found.length === 0) return false;
      const at = c.pick(found);
      body.expression(body.labels[at].types[0], depth - 1);
      body.expression(I32, depth - 1);
      body.indexed(op.BR_IF, body.labels.length - 1 - at);
    }],
  ];
  return c.weighted(kinds)();
}

/** A block or loop that gives values. */
function blockOf(body: Body, results: readonly ValType[], depth: number): void {
  const { c, b } = body;
  const params = c.oneIn(2) ? b.types.values(c.below(4)) : [];
  body.expressions(params, depth - 1);
  const loops = !body.leaf && c.oneIn(3);
  body.block(loops ? op.LOOP : op.BLOCK, params, results, () => {
    for (let i = params.length - 1; i >= 0; i--) body.consume(params[i]);
    if (loops) body.burn();
    body.statements(3, depth - 1);
    if (loops && c.oneIn(2)) {
      body.expressions(params, depth - 1);
      body.expression(I32, depth - 1);
      body.indexed(op.BR_IF, 0);
      for (let i = params.length - 1; i >= 0; i--) body.consume(params[i]);
    }
    finish(body, results, depth - 1);
  });
}
/** The two arms of an `if` whose condition is on the stack. */
function branches(body: Body, results: readonly ValType[], depth: number): void {
  body.block(op.IF, [], results, () => {
    body.statements(2, depth - 1);
    finish(body, results, depth - 1);
    if (results.length === 0 && body.c.oneIn(2)) return;
    body.op(op.ELSE);
    body.statements(2, depth - 1);
    finish(body, results, depth - 1);
  });
}
/** Leaves values at the end of a block, or leaves it in another way. */
export function finish(body: Body, results: readonly ValType[], depth: number): void {
  const { b } = body;
  if (body.c.oneIn(12)) {
    leave(body, depth);
    dead(body);
    // Some of what the block gives, its last values, may be there.
    const given = body.c.below(results.length + 1);
    const last = results.slice(results.length - given);
    return last.every((t) => b.types.makeable(t)) ? body.expressions(last, 0) : undefined;
  }
  body.expressions(results, depth);
}

/** A statement that is control. */
export function controlStatement(body: Body, depth: number): void {
  const { c } = body;
  if (depth <= 0) return branchIf(body, 0);
  const kinds: [number, () => void][] = [
    [3, () => blockOf(body, [], depth)],
    [4, () => {
      body.expression(I32, depth - 1);
      branches(body, [], depth);
    }],
    [4, () => branchIf(body, depth)],
    [2, () => {
      body.expression(I32, depth - 1);
      body.block(op.IF, [], [], () => {
        leave(body, depth - 1);
        dead(body);
      });
    }],
    [2, () =>
      body.block(op.BLOCK, [], [], () => {
        body.statements(2, depth - 1);
        table(body, depth - 1);
        dead(body);
      })],
    [1, () => {
      if (c.oneIn(8)) nest(body, c.between(10, 120));
    }],
  ];
  c.weighted(kinds)();
}
function branchIf(body: Body, depth: number): void {
  const at = body.target(), { types } = body.labels[at];
  body.expressions(types, depth - 1);
  body.expression(I32, depth - 1);
  body.indexed(op.BR_IF, body.labels.length - 1 - at);
  for (let i = types.length - 1; i >= 0; i--) body.consume(types[i]);
}
/** A `br_table` among labels that take the same. */
function table(body: Body, depth: number): void {
  const { c, labels } = body;
  const { types } = labels[body.target()];
  const fit = labels.flatMap((l, i) => String(l.types) === String(types) ? [labels.length - 1 - i] : []).reverse();
  body.expressions(types, depth);
  body.expression(I32, depth);
  body.op(op.BR_TABLE);
  const count = c.oneIn(15) ? c.between(50, 400) : c.below(6);
  body.w.u32(count);
  for (let i = 0; i <= count; i++) body.w.u32(c.pick(fit));
}
/** Blocks in blocks, with branches out of the innermost. */
function nest(body: Body, levels: number): void {
  const { c } = body;
  for (let i = 0; i < levels; i++) {
    body.op(op.BLOCK);
    body.blockType([], []);
    body.labels.push({ types: [], handler: false });
  }
  body.expression(I32, 1);
  body.indexed(op.BR_IF, c.below(levels));
  body.expression(I32, 1);
  body.op(op.BR_TABLE);
  body.w.u32(levels);
  for (let i = 0; i <= levels; i++) body.w.u32(i % levels);
  for (let i = 0; i < levels; i++) {
    body.labels.pop();
    body.op(op.END);
    if (c.oneIn(16)) body.assign(0);
  }
}

/** Ends the path: what follows is not reached. */
export function leave(body: Body, depth: number): void {
  const { c, labels, b } = body;
  const kinds: [number, () => void | boolean][] = [
    [6, () => {
      const at = body.target();
      body.expressions(labels[at].types, depth - 1);
      body.indexed(op.BR, labels.length - 1 - at);
    }],
    [2, () => {
      body.expressions(body.results, depth - 1);
      body.op(op.RETURN);
    }],
    [1, () => body.op(op.UNREACHABLE)],
    [2, () => table(body, depth - 1)],
    [b.profile.exceptions === "none" ? 0 : 3, () => throwing(body, depth - 1)],
  ];
  if (c.weighted(kinds)() === false) body.op(op.UNREACHABLE);
}

/** Code that is not reached, whose operands come from nowhere (specification 3.3.9.3). Leaves nothing. */
export function dead(body: Body): void {
  const { c, b } = body;
  for (let n = c.below(4); n > 0; n--) {
    switch (c.below(5)) {
      case 0: {
        const row = c.pick(ALL_PLAIN.filter((r) => b.profile.simd || r.info.feature !== "simd"));
        const given = c.below(row.operands.length + 1);
        body.expressions(row.operands.slice(row.operands.length - given), 0);
        plainRow(body, row);
        for (const _ of row.results) body.op(op.DROP);
        break;
      }
      case 1:
        body.op(op.DROP);
        break;
      case 2:
        body.op(op.SELECT);
        body.op(op.DROP);
        break;
      case 3: {
        const at = c.below(body.labels.length), { types } = body.labels[at];
        body.indexed(op.BR_IF, body.labels.length - 1 - at);
        for (const _ of types) body.op(op.DROP);
        break;
      }
      default: {
        const set = body.locals.findIndex(isDefaultable);
        if (set >= 0) body.indexed(op.LOCAL_SET, set);
        body.statement(1);
      }
    }
  }
}
