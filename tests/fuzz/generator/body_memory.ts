// Linear memories: accesses near all borders, atomic ones, bulk operations. Takes a body, writes instructions.

import * as op from "../../../src/wasm/opcodes.ts";
import { I32, I64, type MemoryType, V128, type ValType } from "../../../src/wasm/types.ts";
import type { Body } from "./body.ts";
import { ATOMIC_LOADS, ATOMIC_STORES, LOADS, type Row, STORES } from "./rows.ts";

/** Offsets that no memory has, for addresses of 32 and of 64 bits. */
const HUGE = [0xffffffffn, 0x80000000n, 0x7fffffffn, 0xfffffff8n];
const HUGE64 = [...HUGE, 0x100000000n, 0x1000000000000n, 0x7fffffffffffffffn, 0x8000000000000000n, 0xffffffffffffffffn]
  .concat([0xfffffffffffffff8n, 0xffffffff00000000n]);

function bytesOf(m: MemoryType): number {
  return Number(m.min) * 2 ** m.pageSizeLog2;
}
/** Writes an address for an access of `size` bytes; gives the offset that goes with it. */
function address(body: Body, m: MemoryType, size: number, depth: number): bigint {
  const { c } = body, bytes = bytesOf(m), { is64 } = m;
  const t = is64 ? I64 : I32;
  switch (c.weighted([[16, 0], [16, 1], [6, 2], [6, 3], [1, 4], [1, 5]])) {
    case 0:
      body.address(c.below(32) * size, is64);
      return 0n;
    case 1: {
      // Somewhere in the first page; for atomic accesses at a multiple of their size.
      body.expression(t, depth - 1);
      body.address(c.pick([0xff, 0xfff, 0xffff]) & -size, is64);
      body.op(is64 ? op.I64_AND : op.I32_AND);
      return BigInt(c.pick([0, 1, 4, 100]) * size);
    }
    case 2: {
      const offset = Math.min(bytes, c.pick([0, 1, 8, 65535, 65536]) * size);
      body.address(Math.max(0, bytes - size - offset + c.pick([0, 0, 0, 0, 0, 0, 0, 0, -1, 1])), is64);
      return BigInt(offset);
    }
    case 3:
      body.address(c.below(4) * size, is64);
      return BigInt(Math.max(0, bytes - c.between(1, 5) * size + c.pick([0, 0, 0, 0, 0, 0, 0, 1])));
    case 4:
      body.expression(t, depth - 1);
      return BigInt(c.below(100));
    default:
      body.expression(t, depth - 1);
      return c.pick(is64 ? HUGE64 : HUGE);
  }
}
/** Writes the instruction of an access. */
function access(body: Body, row: Row, memory: number, offset: bigint): void {
  const { w, c, b } = body, { info } = row;
  const atomic = (info.properties & op.ATOMIC) !== 0;
  body.op(info.code);
  const named = memory > 0 || c.oneIn(30);
  w.u32((atomic ? info.accessLog2 : c.below(info.accessLog2 + 1)) | (named ? 64 : 0));
  if (named) w.u32(memory);
  if (b.memories[memory].is64) w.u64(offset);
  else w.u32(Number(offset));
  if (info.imm === op.Imm.MEMORY_LANE) w.u8(c.below(16 >> info.accessLog2));
}

function perform(body: Body, row: Row, depth: number): void {
  const { c, b } = body;
  const memory = c.below(b.memories.length), m = b.memories[memory];
  const offset = address(body, m, 1 << row.info.accessLog2, depth);
  const waits = row.info.name.includes(".wait");
  row.operands.forEach((t, i) => {
    // The time to wait, in nanoseconds.
    if (waits && i === 1) body.address(c.below(1000), true);
    else if (row.exact) body.exact(t, depth - 1);
    else body.expression(t, depth - 1);
  });
  access(body, row, memory, offset);
}

/** A load, or an atomic access, that gives a value. False if there is no memory. */
export function load(body: Body, t: ValType, depth: number): boolean {
  const { c, b } = body;
  if (b.memories.length === 0) return false;
  const atomic = b.profile.atomics && t !== V128 && c.oneIn(2) ? ATOMIC_LOADS.get(t)! : [];
  const rows = atomic.length > 0 ? atomic : LOADS.get(t)!;
  if (rows.length === 0) return false;
  perform(body, c.pick(rows), depth);
  return true;
}
/** The size of a memory, or what growing gives. */
export function memoryNumber(body: Body, t: ValType): boolean {
  const { c, b } = body;
  const fit = b.memories.flatMap((m, i) => (m.is64 ? I64 : I32) === t ? [i] : []);
  if (fit.length === 0) return false;
  const memory = c.pick(fit), m = b.memories[memory];
  if (c.oneIn(3)) {
    body.address(c.pick([0, 1, 1, 2, 65536]), m.is64);
    body.indexed(op.MEMORY_GROW, memory);
  } else body.indexed(op.MEMORY_SIZE, memory);
  return true;
}

/** A store or a bulk operation. */
export function memoryStatement(body: Body, depth: number): void {
  const { c, b } = body;
  if (b.profile.atomics && c.oneIn(20)) {
    body.op(op.ATOMIC_FENCE);
    return body.w.u8(0);
  }
  if (b.datas.length > 0 && c.oneIn(12)) return body.indexed(op.DATA_DROP, c.below(b.datas.length));
  if (b.memories.length === 0) return;
  if (!c.oneIn(4)) {
    const atomic = b.profile.atomics && c.oneIn(2);
    const rows = atomic ? ATOMIC_STORES : STORES.filter((r) => b.profile.simd || r.info.feature !== "simd");
    return perform(body, c.pick(rows), depth);
  }
  const memory = c.below(b.memories.length), m = b.memories[memory];
  switch (c.below(b.datas.length > 0 ? 3 : 2)) {
    case 0:
      place(body, m, depth);
      body.expression(I32, depth - 1);
      length(body, m.is64);
      return body.indexed(op.MEMORY_FILL, memory);
    case 1: {
      const from = c.below(b.memories.length);
      place(body, m, depth);
      place(body, b.memories[from], depth);
      length(body, m.is64 && b.memories[from].is64);
      body.indexed(op.MEMORY_COPY, memory);
      return body.w.u32(from);
    }
    default: {
      const passive = b.datas.flatMap((length, x) => length > 4 || c.oneIn(20) ? [x] : []);
      if (passive.length === 0) return;
      const data = c.pick(passive);
      place(body, m, depth);
      body.i32(c.below(3));
      body.i32(c.oneIn(20) ? c.below(50) : c.below(Math.max(1, b.datas[data] - 2)));
      body.indexed(op.MEMORY_INIT, data);
      return body.w.u32(memory);
    }
  }
}
/** Where a bulk operation begins. */
function place(body: Body, m: MemoryType, depth: number): void {
  const { c } = body, bytes = bytesOf(m);
  switch (c.weighted([[12, 0], [4, 1], [6, 2], [1, 3]])) {
    case 0:
      return body.address(c.below(1000), m.is64);
    case 1:
      return body.address(Math.max(0, bytes - c.below(300)), m.is64);
    case 2:
      body.expression(m.is64 ? I64 : I32, depth - 1);
      body.address(0x7fff, m.is64);
      return body.op(m.is64 ? op.I64_AND : op.I32_AND);
    default:
      return body.expression(m.is64 ? I64 : I32, depth - 1);
  }
}
function length(body: Body, is64: boolean): void {
  const { c } = body;
  body.address(
    c.oneIn(40) ? c.pick([65536, 65537, 0x7fffffff, 0xffffffff]) : c.pick([0, 1, 2, 7, 8, 63, 100, 300]),
    is64,
  );
}
