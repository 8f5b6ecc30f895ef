// What sources take from outside, by name: services that are the same for all functions of a store, and those of one instance. Names with a number stand for
// what an index of the module does: `c` a function's cell, `m` a memory, `t` a table, `g` the word of a global, `e` a tag, `f` a funcref.

import { ensureStack } from "../base/js_stack.ts";
import { INTERRUPT } from "../platform/interrupt.ts";
import { refMatches } from "../runtime/cast.ts";
import { WasmException } from "../runtime/exception.ts";
import type { WasmInstance } from "../runtime/instance.ts";
import type { SingleSteps } from "../runtime/js_tier.ts";
import type { WasmMemory } from "../runtime/memory.ts";
import { OK, type Outcome } from "../runtime/outcome.ts";
import type { Store } from "../runtime/store.ts";
import type { WasmTable } from "../runtime/table.ts";
import type { WasmTag } from "../runtime/tag.ts";
import { Trap } from "../wasm/errors.ts";
import * as numeric from "../wasm/numeric.ts";
import { TrapCode } from "../wasm/traps.ts";
import { TYPES } from "../wasm/types.ts";
import type { Cell } from "./cell.ts";
import * as floats from "./floats.ts";
import * as long from "./long.ts";
import { RH } from "./long.ts";
import { type Leaver, U } from "./unwinding.ts";

const { imul } = Math;

/** Word behind the shadow frames of this isolate. */
export const SP: Int32Array = new Int32Array(1);
/** Fuel that running code has left, where it is counted. */
export const FUEL: Int32Array = new Int32Array(1);
/** A tail call that the function that just returned left to be made. */
export const TAIL: { cell: Cell | undefined; args: readonly number[] } = { cell: undefined, args: [] };

/** Where the function goes on that just returned without an end: at this offset, unless it is negative. */
export const AGAIN = { source: -1 };

/** What a name stands for. */
export type Scope = Record<string, unknown>;

function divides(b: number, trap: (code: TrapCode) => never): void {
  if (b === 0) trap(TrapCode.INTEGER_DIVIDE_BY_ZERO);
}

/** The services that need no instance. `own` are those of the tier. */
export function storeScope(store: Store, steps: SingleSteps, cellOf: (ref: number) => Cell, own: Scope): Scope {
  const S = steps.words, { exceptions } = store;
  const trap = (code: TrapCode): never => {
    ensureStack();
    throw new Trap(code, store.activations.trace(false));
  };
  const divides64 = (lo: number, hi: number) => divides(lo | hi, trap);
  const truncate = (x: number, to: numeric.Truncation): number => {
    const code = numeric.truncTrap(x, to);
    if (code !== -1) trap(code);
    return Math.trunc(x);
  };
  const saturate64 = (x: number, to: "i64_s" | "i64_u"): number => {
    const value = numeric.truncSat64(x, to);
    RH[0] = Number(value >> 32n);
    return Number(BigInt.asIntN(32, value));
  };
  return {
    ...floats,
    ...long,
    RH,
    S,
    SP,
    FUEL,
    TAIL,
    U,
    INT: new Int32Array(INTERRUPT.buffer, 0, 1),
    A: store.arena,
    imul,
    clz32: Math.clz32,
    ctz32: numeric.ctz32,
    popcnt32: numeric.popcnt32,
    fround: Math.fround,
    sqrt: Math.sqrt,
    ceil: numeric.ceil,
    floor: numeric.floor,
    trunc: numeric.truncate,
    nearest: numeric.nearest,
    min: numeric.minimum,
    max: numeric.maximum,
    i64ForF32: numeric.i64ForF32,
    fromF32: floats.f32Value,
    fromF64: floats.f64Value,
    rotl: (a: number, b: number) => (a << b) | ((a >>> 1) >>> (31 - (b & 31))),
    rotr: (a: number, b: number) => (a >>> b) | ((a << 1) << (31 - (b & 31))),
    trap,
    exhausted: () => trap(TrapCode.CALL_STACK_EXHAUSTED),
    onward(me: Leaver, site: number) {
      AGAIN.source = me.sites[site - 1].source;
    },
    ...own,
    quit() {
      throw U.begin();
    },
    div_s32(a: number, b: number) {
      divides(b, trap);
      if (b === -1 && a === -0x80000000) trap(TrapCode.INTEGER_OVERFLOW);
      return (a / b) | 0;
    },
    div_u32(a: number, b: number) {
      divides(b, trap);
      return ((a >>> 0) / (b >>> 0)) | 0;
    },
    rem_s32(a: number, b: number) {
      divides(b, trap);
      return (a % b) | 0;
    },
    rem_u32(a: number, b: number) {
      divides(b, trap);
      return ((a >>> 0) % (b >>> 0)) | 0;
    },
    div_s64(a: number, ah: number, b: number, bh: number) {
      divides64(b, bh);
      if ((b & bh) === -1 && a === 0 && ah === -0x80000000) trap(TrapCode.INTEGER_OVERFLOW);
      return long.quotientSigned(a, ah, b, bh);
    },
    div_u64(a: number, ah: number, b: number, bh: number) {
      divides64(b, bh);
      return long.quotientUnsigned(a, ah, b, bh);
    },
    rem_s64(a: number, ah: number, b: number, bh: number) {
      divides64(b, bh);
      return long.restSigned(a, ah, b, bh);
    },
    rem_u64(a: number, ah: number, b: number, bh: number) {
      divides64(b, bh);
      return long.restUnsigned(a, ah, b, bh);
    },
    i32_trunc_s: (x: number) => x > -2147483649 && x < 2147483648 ? x | 0 : truncate(x, "i32_s"),
    i32_trunc_u: (x: number) => x > -1 && x < 4294967296 ? x | 0 : truncate(x, "i32_u"),
    i64_trunc_s: (x: number) => long.fromNumber(truncate(x, "i64_s")),
    i64_trunc_u: (x: number) => long.fromNumber(truncate(x, "i64_u")),
    i32_trunc_sat_s: (x: number) => numeric.truncSat32(x, "i32_s"),
    i32_trunc_sat_u: (x: number) => numeric.truncSat32(x, "i32_u"),
    i64_trunc_sat_s: (x: number) => saturate64(x, "i64_s"),
    i64_trunc_sat_u: (x: number) => saturate64(x, "i64_u"),

    copyV128(to: number, from: number) {
      S[to] = S[from];
      S[to + 1] = S[from + 1];
      S[to + 2] = S[from + 2];
      S[to + 3] = S[from + 3];
    },
    loadV128(to: number, words: Int32Array, from: number) {
      for (let i = 0; i < 4; i++) S[to + i] = words[from + i];
    },
    storeV128(words: Int32Array, to: number, from: number) {
      for (let i = 0; i < 4; i++) words[to + i] = S[from + i];
    },
    putV128(words: Int32Array, to: number, from: number) {
      for (let i = 0; i < 4; i++) words[to + i] = S[from + i];
    },

    renew: (m: WasmMemory) => void m.byteLength,
    memorySize(m: WasmMemory) {
      const { pages } = m;
      RH[0] = pages / 4294967296;
      return pages | 0;
    },
    memoryGrow(m: WasmMemory, lo: number, hi: number) {
      const pages = m.grow((hi >>> 0) * 4294967296 + (lo >>> 0));
      RH[0] = Math.floor(pages / 4294967296);
      return pages | 0;
    },
    tableGet(t: WasmTable, i: number) {
      i >>>= 0;
      if (i >= t.length) trap(TrapCode.TABLE_OUT_OF_BOUNDS);
      return t.get(i);
    },
    tableSet(t: WasmTable, i: number, ref: number) {
      i >>>= 0;
      if (i >= t.length) trap(TrapCode.TABLE_OUT_OF_BOUNDS);
      t.set(i, ref);
    },
    callee(t: WasmTable, i: number, typeId: number) {
      i >>>= 0;
      if (i >= t.length) trap(TrapCode.UNDEFINED_ELEMENT);
      const ref = t.get(i);
      if (ref === 0) trap(TrapCode.UNINITIALIZED_ELEMENT);
      const cell = cellOf(ref);
      if (cell.typeId !== typeId && !TYPES.isSubtype(cell.typeId, typeId)) trap(TrapCode.INDIRECT_CALL_TYPE_MISMATCH);
      return cell;
    },
    cellOf(ref: number) {
      if (ref === 0) trap(TrapCode.NULL_FUNCTION);
      return cellOf(ref);
    },
    refIs: (ref: number, type: number, nullable: boolean) => ref === 0 ? nullable : refMatches(store, ref, type),

    raise(tag: WasmTag, payload: readonly number[]) {
      const exception = new WasmException(tag, payload);
      exception.thrownAt = new Error();
      exceptions.thrown(exception);
      throw exception;
    },
    again(exception: WasmException) {
      exceptions.thrown(exception);
      throw exception;
    },
    caught(error: unknown) {
      if (error instanceof WasmException) return error;
      throw error;
    },
    exnRef: (exception: WasmException) => exceptions.toRef(exception),
    exnOf: (ref: number) => exceptions.ofRef(ref),
  };
}

/** What a name stands for in an instance; undefined for names of the store's. */
export function instanceName(
  name: string,
  instance: WasmInstance,
  steps: SingleSteps,
  cellOf: (ref: number) => Cell,
  trap: (code: TrapCode) => never,
): unknown {
  const index = /^[cmtgef](\d+)$/.exec(name);
  if (index !== null) {
    const i = Number(index[1]);
    switch (name[0]) {
      case "c":
        return cellOf(instance.funcs[i].ref);
      case "m":
        return instance.memories[i];
      case "t":
        return instance.tables[i];
      case "g":
        return instance.globals[i].cell >> 2;
      case "e":
        return instance.tags[i];
      default:
        return instance.funcs[i].ref;
    }
  }
  const check = (outcome: Outcome) => {
    if (outcome !== OK) trap(outcome);
  };
  switch (name) {
    case "hp":
      return instance.store.heap;
    case "runGc":
      return (sub: number, pc: number, sp: number) => check(steps.gc(instance, sub, pc, sp));
    case "runPrefixed":
      return (sub: number, pc: number, sp: number) => check(steps.prefixed(instance, sub, pc, sp));
    case "runAtomic":
      return (sub: number, pc: number, sp: number) => check(steps.atomic(instance, sub, pc, sp));
    case "runSimd":
      return (sub: number, pc: number, sp: number, m: WasmMemory | null) => check(steps.simd(instance, sub, pc, sp, m));
  }
  return undefined;
}
