// Atomic loads, stores, modifications and the rest of the threads proposal. The width of an access is that of its row; narrow values come out zero-extended.

import { Helper } from "../abi/helpers.ts";
import * as op from "../wasm/opcodes.ts";
import { emitHelperCall, toSlot } from "./calls.ts";
import type { Context } from "./context.ts";
import { ARGUMENT, Arithmetic, Kind, type Register } from "./macro_assembler.ts";
import { constantPart, popAddress } from "./memory.ts";
import { type Handler, popOutside } from "./numeric.ts";

/** Loads that are not atomic, by log2 of their bytes: for 32-bit values and for 64-bit ones. */
const PLAIN_LOADS = [
  [op.I32_LOAD8_U, op.I32_LOAD16_U, op.I32_LOAD],
  [op.I64_LOAD8_U, op.I64_LOAD16_U, op.I64_LOAD32_U, op.I64_LOAD],
];

interface Access {
  readonly log2: number;
  readonly kind: Kind;
}

/** The processor does not move loads before loads or behind stores: a plain load is in order, since atomic stores are exchanges. */
function load(c: Context, { log2, kind }: Access): void {
  const { s, m, r } = c;
  const { address, offset } = popAligned(c, log2);
  const dst = c.result(kind);
  m.load(PLAIN_LOADS[kind === Kind.I64 ? 1 : 0][log2], dst, r.index, address, offset);
  s.push(kind, dst);
}

interface Place {
  readonly address: Register;
  readonly offset: number;
}

/** Pops the address, to a register that is not `except`, and checks that it is aligned. */
function popAligned(c: Context, log2: number, except: readonly Register[] = []): Place {
  const { s, r } = c, fixed = s.isConstant(0);
  // Only the lowest bits decide the alignment, and the offset's are exact however large it is.
  const rest = r.offsetLow + (fixed ? s.lowAt(0) & 7 : 0);
  const offset = constantPart(c);
  const address = fixed ? popAddress(c) : popOutside(c, except);
  c.m.checkAligned(log2, address, rest);
  return { address, offset };
}

/** Pops an operand and the address below it; the operand to a register that may be changed. */
function popChangeable(c: Context, { log2, kind }: Access): Place & { readonly value: Register } {
  const { s, m } = c;
  const popped = s.pop();
  const place = popAligned(c, log2);
  if (s.isFree(popped) && popped !== place.address) return { ...place, value: popped };
  const value = s.take(kind);
  m.move(kind, value, popped);
  return { ...place, value };
}

function store(c: Context, access: Access): void {
  const { value, address, offset } = popChangeable(c, access);
  c.m.atomicExchange(access.log2, c.r.index, address, offset, value);
}

type Modification = "add" | "sub" | "and" | "or" | "xor" | "xchg";
const LOGIC = { and: Arithmetic.AND, or: Arithmetic.OR, xor: Arithmetic.XOR };

function modify(c: Context, access: Access, operation: Modification): void {
  const { m, s, r } = c, { log2, kind } = access;
  if (operation === "and" || operation === "or" || operation === "xor") {
    const old = m.atomicRegister;
    const value = popOutside(c, [old]);
    const { address, offset } = popAligned(c, log2, [old]);
    s.vacate(old);
    m.atomicLogic(LOGIC[operation], log2, r.index, address, offset, value);
    return s.push(kind, old);
  }
  const { value, address, offset } = popChangeable(c, access);
  if (operation === "xchg") m.atomicExchange(log2, r.index, address, offset, value);
  else {
    if (operation === "sub") m.negate(kind, value);
    m.atomicAdd(log2, r.index, address, offset, value);
  }
  s.push(kind, value);
}

function compareExchange(c: Context, { log2, kind }: Access): void {
  const { m, s, r } = c, old = m.atomicRegister;
  const value = popOutside(c, [old]);
  s.popTo(old);
  const { address, offset } = popAligned(c, log2, [old]);
  m.atomicCompareExchange(log2, r.index, address, offset, value);
  s.push(kind, old);
}

const FAR = 2 ** 52;

/** memory.atomic.wait and notify. */
function wait(c: Context, id: Helper, operands: number): void {
  const { s, r } = c, moves = c.merges.moves;
  const address = s.height - operands;
  moves.storeConstant(Kind.I32, ARGUMENT, r.index, 0);
  // As far out of bounds as any larger one, and with the same lowest bits.
  const offset = r.offset > FAR ? FAR + r.offsetLow : r.offset;
  moves.storeConstant(Kind.I64, ARGUMENT + 1, offset | 0, Math.floor(offset / 2 ** 32));
  for (let k = 0; k < operands; k++) toSlot(c, address + k, ARGUMENT + 2 + k);
  emitHelperCall(c, id, address, Kind.I32);
}

/** The handlers of all atomic instructions. */
export function atomicHandlers(): [number, Handler][] {
  const handlers: [number, Handler][] = [
    [op.ATOMIC_FENCE, (c) => c.m.fence()],
    [op.MEMORY_ATOMIC_NOTIFY, (c) => wait(c, Helper.ATOMIC_NOTIFY, 2)],
    [op.MEMORY_ATOMIC_WAIT32, (c) => wait(c, Helper.ATOMIC_WAIT32, 3)],
    [op.MEMORY_ATOMIC_WAIT64, (c) => wait(c, Helper.ATOMIC_WAIT64, 3)],
  ];
  for (const { code, name, accessLog2 } of op.INSTRUCTIONS) {
    const [, type, operation] = /^(i32|i64)\.atomic\.(?:rmw\d*\.)?([a-z]+)/.exec(name) ?? [];
    if (operation === undefined) continue;
    const access = { log2: accessLog2, kind: type === "i64" ? Kind.I64 : Kind.I32 };
    if (operation === "load") handlers.push([code, (c) => load(c, access)]);
    else if (operation === "store") handlers.push([code, (c) => store(c, access)]);
    else if (operation === "cmpxchg") handlers.push([code, (c) => compareExchange(c, access)]);
    else handlers.push([code, (c) => modify(c, access, operation as Modification)]);
  }
  return handlers;
}
