// Numbers and vectors: any row of the instruction table that has a signature and no memory. Takes a body, writes instructions.

import * as op from "../../../src/wasm/opcodes.ts";
import { F32, I32, I64, V128, type ValType } from "../../../src/wasm/types.ts";
import type { Body } from "./body.ts";
import { load } from "./body_memory.ts";
import { numberConstant } from "./constant_expression.ts";
import { PLAIN, RELAXED, type Row, WIDE } from "./rows.ts";

/** How many lanes the vectors of an instruction have: the factor in its name. */
function lanesOf(name: string): number {
  return Number(/x(\d+)\./.exec(name)![1]);
}
/** Writes the opcode of a row and its immediates: lanes. */
export function plainRow(body: Body, row: Row): void {
  const { info } = row, { c, w } = body;
  body.op(info.code);
  if (info.imm === op.Imm.LANE) w.u8(c.below(lanesOf(info.name)));
  else if (info.imm === op.Imm.SHUFFLE) { for (let i = 0; i < 16; i++) w.u8(c.below(32)); }
}
function operands(body: Body, row: Row, depth: number): void {
  // The sign of a NaN counts in the second operand of copysign only.
  row.operands.forEach((t, i) =>
    row.exact && !(row.info.name.includes("copysign") && i === 0)
      ? body.exact(t, depth - 1)
      : body.expression(t, depth - 1)
  );
}

/** An instruction that gives a number or vector, without memory. */
export function plainOperation(body: Body, t: ValType, depth: number): void {
  const row = body.c.pick(PLAIN.get(t)!.filter((r) => body.b.profile.simd || r.info.feature !== "simd"));
  operands(body, row, depth);
  plainRow(body, row);
  if (row.nanLanes !== undefined) body.canonicalLanes(row.nanLanes);
}

/** Makes NaNs in lanes zero; `local` is a vector. */
export function canonicalLanes(body: Body, lanes: ValType, local: number): void {
  body.indexed(op.LOCAL_TEE, local);
  for (let i = 0; i < 2; i++) body.indexed(op.LOCAL_GET, local);
  body.op(lanes === F32 ? op.F32X4_EQ : op.F64X2_EQ);
  body.op(op.V128_AND);
  // What reads the local later must not see the NaNs either.
  body.indexed(op.LOCAL_TEE, local);
}

/** A float whose bits are the same everywhere. */
export function floatOfKnownBits(body: Body, t: ValType, depth: number): void {
  const { c } = body;
  const kinds: [number, () => void | boolean][] = [
    [1, () => false],
    [depth > 0 ? 2 : 0, () => load(body, t, depth)],
    [depth > 0 ? 1 : 0, () => {
      body.expression(t === F32 ? I32 : I64, depth - 1);
      body.op(t === F32 ? op.F32_REINTERPRET_I32 : op.F64_REINTERPRET_I64);
    }],
    [depth > 0 ? 1 : 0, () => {
      floatOfKnownBits(body, t, depth - 1);
      const narrow = [op.F32_NEG, op.F32_ABS], wide = [op.F64_NEG, op.F64_ABS];
      body.op(c.pick(t === F32 ? narrow : wide));
    }],
    [depth > 0 ? 3 : 0, () => {
      const local = body.newLocal(t);
      body.expression(t, depth);
      body.indexed(op.LOCAL_TEE, local);
      numberConstant(body.b, body.w, t);
      for (let i = 0; i < 2; i++) body.indexed(op.LOCAL_GET, local);
      body.op(t === F32 ? op.F32_EQ : op.F64_EQ);
      body.op(op.SELECT);
    }],
  ];
  if (c.weighted(kinds)() === false) {
    body.budget--;
    numberConstant(body.b, body.w, t);
  }
}

/** An instruction of wide arithmetic. */
export function wideStatement(body: Body, depth: number): void {
  const row = body.c.pick(WIDE);
  operands(body, row, depth);
  body.op(row.info.code);
  for (const t of row.results) body.consume(t);
}

/** An instruction whose result may be another elsewhere, so that nobody looks at it. */
export function relaxedStatement(body: Body, depth: number): void {
  const row = body.c.pick(RELAXED);
  operands(body, row, depth);
  body.op(row.info.code);
  if (!row.results.includes(V128)) throw new RangeError("relaxed instructions give vectors");
  body.op(op.DROP);
}
