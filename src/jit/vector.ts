// Vector instructions: constants and splats of constants are made at compile time, loads and stores of parts go by way of the scalar ones.
// What a machine does for each opcode is the macro assembler's affair; relaxed instructions give what their deterministic profile says.

import * as op from "../wasm/opcodes.ts";
import type { Context } from "./context.ts";
import { Kind, type Register } from "./macro_assembler.ts";
import { constantPart, popAddress } from "./memory.ts";
import type { Handler } from "./numeric.ts";

const KINDS: Record<string, Kind> = { i: Kind.I32, l: Kind.I64, f: Kind.F32, d: Kind.F64, v: Kind.V128 };
const VECTOR_BYTES = 16;

/** Bytes of a lane by the shape that an instruction's name begins with. */
const LANE_BYTES: Record<string, number> = { i8x16: 1, i16x8: 2, i32x4: 4, i64x2: 8, f32x4: 4, f64x2: 8 };

/** Handlers of the vector instructions, by opcode. */
export function vectorHandlers(): Map<number, Handler> {
  const handlers = new Map<number, Handler>([
    [op.V128_CONST, constant],
    [op.I8X16_SHUFFLE, shuffle],
    [op.V128_LOAD, load],
    [op.V128_STORE, store],
  ]);
  for (const info of op.INSTRUCTIONS) {
    const { code, name, signature } = info;
    if (code >>> 12 !== op.V128_LOAD >>> 12 || handlers.has(code)) continue;
    const [operands, result] = signature.split(":");
    const kind = KINDS[result];
    if (info.imm === op.Imm.MEMORY_ACCESS) handlers.set(code, partHandler(code));
    else if (info.imm === op.Imm.MEMORY_LANE) handlers.set(code, laneAccess(code));
    else if (info.imm === op.Imm.LANE) handlers.set(code, operands.length === 1 ? (c) => extract(c, kind) : replace);
    else if (operands === "vi") handlers.set(code, shift);
    else if (operands.length === 3) handlers.set(code, ternary);
    else if (operands.length === 2) handlers.set(code, binary);
    else if (operands === "v") handlers.set(code, (c) => unary(c, kind));
    else handlers.set(code, splatHandler(LANE_BYTES[name.slice(0, 5)]));
  }
  return handlers;
}

// Lanes

function constant(c: Context): void {
  const at = c.r.immediateAt;
  c.s.pushConstant(Kind.V128, c.m.vectorConstant(c.r.bytes.slice(at, at + VECTOR_BYTES)), 0);
}

function shuffle(c: Context): void {
  const { s, m, r } = c;
  const rhs = s.pop();
  const lhs = s.pop();
  const dst = c.resultOver(Kind.V128, lhs);
  m.shuffle(dst, lhs, rhs, r.bytes.slice(r.immediateAt, r.immediateAt + VECTOR_BYTES));
  s.push(Kind.V128, dst);
}

const SCALAR = new DataView(new ArrayBuffer(8));

/** `bytes`: of a lane. */
function splatHandler(bytes: number): Handler {
  return (c) => {
    const { s, m, r } = c;
    if (s.isConstant(0)) {
      SCALAR.setInt32(0, s.lowAt(0), true);
      SCALAR.setInt32(4, s.highAt(0), true);
      s.drop();
      const lanes = Uint8Array.from({ length: VECTOR_BYTES }, (_, i) => SCALAR.getUint8(i % bytes));
      return s.pushConstant(Kind.V128, m.vectorConstant(lanes), 0);
    }
    const src = s.pop();
    const dst = c.result(Kind.V128);
    m.vectorUnary(r.op, dst, src);
    s.push(Kind.V128, dst);
  };
}

function extract(c: Context, kind: Kind): void {
  const { s, m, r } = c;
  const src = s.pop();
  const dst = c.result(kind);
  m.extractLane(r.op, dst, src, r.lane);
  s.push(kind, dst);
}

function replace(c: Context): void {
  const { s, m, r } = c;
  const value = s.pop();
  const src = s.pop();
  const dst = c.resultOver(Kind.V128, src);
  m.replaceLane(r.op, dst, src, value, r.lane);
  s.push(Kind.V128, dst);
}

// Arithmetic

function unary(c: Context, kind: Kind): void {
  const { s, m, r } = c;
  const src = s.pop();
  const dst = kind === Kind.V128 ? c.resultOver(kind, src) : c.result(kind);
  m.vectorUnary(r.op, dst, src);
  s.push(kind, dst);
}

function binary(c: Context): void {
  const { s, m, r } = c;
  const rhs = s.pop();
  const lhs = s.pop();
  const dst = c.resultOver(Kind.V128, lhs, m.vectorCommutes(r.op) ? rhs : -1);
  m.vectorBinary(r.op, dst, lhs, rhs);
  s.push(Kind.V128, dst);
}

function ternary(c: Context): void {
  const { s, m, r } = c;
  const third = s.pop();
  const second = s.pop();
  const first = s.pop();
  const temporary = s.take(Kind.V128);
  const dst = c.resultOver(Kind.V128, first);
  m.vectorTernary(r.op, dst, first, second, third, temporary);
  s.push(Kind.V128, dst);
}

function shift(c: Context): void {
  const { s, m, r } = c;
  if (s.isConstant(0)) {
    const count = s.lowAt(0);
    s.drop();
    const src = s.pop();
    const dst = c.resultOver(Kind.V128, src);
    m.vectorShiftConstant(r.op, dst, src, count);
    return s.push(Kind.V128, dst);
  }
  const count = s.pop();
  const src = s.pop();
  const dst = c.resultOver(Kind.V128, src);
  m.vectorShift(r.op, dst, src, count);
  s.push(Kind.V128, dst);
}

// Memory

function load(c: Context): void {
  const { s, m, r } = c;
  const offset = constantPart(c);
  const address = popAddress(c);
  const dst = c.result(Kind.V128);
  m.load(r.op, dst, r.index, address, offset);
  s.push(Kind.V128, dst);
}

function store(c: Context): void {
  const { s, m, r } = c;
  const value = s.pop();
  const offset = constantPart(c);
  m.store(r.op, r.index, popAddress(c), offset, value);
}

/** By opcode: the scalar load that does a part, and what makes a vector of it; a scalar load to a float register clears the rest. */
const PARTS = new Map<number, readonly [load: number, kind: Kind, then: number]>([
  [op.V128_LOAD8X8_S, [op.F64_LOAD, Kind.F64, op.I16X8_EXTEND_LOW_I8X16_S]],
  [op.V128_LOAD8X8_U, [op.F64_LOAD, Kind.F64, op.I16X8_EXTEND_LOW_I8X16_U]],
  [op.V128_LOAD16X4_S, [op.F64_LOAD, Kind.F64, op.I32X4_EXTEND_LOW_I16X8_S]],
  [op.V128_LOAD16X4_U, [op.F64_LOAD, Kind.F64, op.I32X4_EXTEND_LOW_I16X8_U]],
  [op.V128_LOAD32X2_S, [op.F64_LOAD, Kind.F64, op.I64X2_EXTEND_LOW_I32X4_S]],
  [op.V128_LOAD32X2_U, [op.F64_LOAD, Kind.F64, op.I64X2_EXTEND_LOW_I32X4_U]],
  [op.V128_LOAD8_SPLAT, [op.I32_LOAD8_U, Kind.I32, op.I8X16_SPLAT]],
  [op.V128_LOAD16_SPLAT, [op.I32_LOAD16_U, Kind.I32, op.I16X8_SPLAT]],
  [op.V128_LOAD32_SPLAT, [op.F32_LOAD, Kind.F32, op.F32X4_SPLAT]],
  [op.V128_LOAD64_SPLAT, [op.F64_LOAD, Kind.F64, op.F64X2_SPLAT]],
  [op.V128_LOAD32_ZERO, [op.F32_LOAD, Kind.F32, op.NOP]],
  [op.V128_LOAD64_ZERO, [op.F64_LOAD, Kind.F64, op.NOP]],
]);

function partHandler(code: number): Handler {
  const [scalar, kind, then] = PARTS.get(code)!;
  return (c) => {
    const { s, m, r } = c;
    const offset = constantPart(c);
    const address = popAddress(c);
    const part = kind === Kind.I32 ? s.take(kind) : -1;
    const dst = c.result(Kind.V128);
    m.load(scalar, part < 0 ? dst : part, r.index, address, offset);
    if (then !== op.NOP) m.vectorUnary(then, dst, part < 0 ? dst : part);
    s.push(Kind.V128, dst);
  };
}

/** By opcode: the scalar access of a lane, and what replaces or extracts it. */
const LANES = new Map<number, readonly [access: number, kind: Kind, lane: number]>([
  [op.V128_LOAD8_LANE, [op.I32_LOAD8_U, Kind.I32, op.I8X16_REPLACE_LANE]],
  [op.V128_LOAD16_LANE, [op.I32_LOAD16_U, Kind.I32, op.I16X8_REPLACE_LANE]],
  [op.V128_LOAD32_LANE, [op.I32_LOAD, Kind.I32, op.I32X4_REPLACE_LANE]],
  [op.V128_LOAD64_LANE, [op.I64_LOAD, Kind.I64, op.I64X2_REPLACE_LANE]],
  [op.V128_STORE8_LANE, [op.I32_STORE8, Kind.I32, op.I8X16_EXTRACT_LANE_U]],
  [op.V128_STORE16_LANE, [op.I32_STORE16, Kind.I32, op.I16X8_EXTRACT_LANE_U]],
  [op.V128_STORE32_LANE, [op.I32_STORE, Kind.I32, op.I32X4_EXTRACT_LANE]],
  [op.V128_STORE64_LANE, [op.I64_STORE, Kind.I64, op.I64X2_EXTRACT_LANE]],
]);

function laneAccess(code: number): Handler {
  const [access, kind, laneOp] = LANES.get(code)!;
  const loads = (op.opInfo(code)!.properties & op.LOADS) !== 0;
  return (c) => {
    const { s, m, r } = c;
    const vector = s.pop();
    const offset = constantPart(c);
    const address: Register = popAddress(c);
    const part = s.take(kind);
    if (!loads) {
      m.extractLane(laneOp, part, vector, r.lane);
      return m.store(access, r.index, address, offset, part);
    }
    m.load(access, part, r.index, address, offset);
    const dst = c.resultOver(Kind.V128, vector);
    m.replaceLane(laneOp, dst, vector, part, r.lane);
    s.push(Kind.V128, dst);
  };
}
