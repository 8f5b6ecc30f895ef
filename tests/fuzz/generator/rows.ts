// The instruction table as the generator needs it: the rows with a signature, by what they give and take. Rows without one have generators by name, elsewhere;
// a test counts which instructions are never made.

import { ATOMIC, Imm, INSTRUCTIONS, type OpInfo } from "../../../src/wasm/opcodes.ts";
import { F32, F64, I32, I64, V128, type ValType } from "../../../src/wasm/types.ts";

/** An instruction on numbers and vectors. */
export interface Row {
  readonly info: OpInfo;
  /** Operands; that of memory accesses is without the address. */
  readonly operands: readonly ValType[];
  readonly results: readonly ValType[];
  /** Whether the bits of a float among its operands can be seen in a result that is none: they must then be the same everywhere. */
  readonly exact: boolean;
  /** Whether the lanes of its result may be NaNs of any bits: the float type of the lanes. */
  readonly nanLanes: ValType | undefined;
}

const LETTERS: Record<string, ValType> = { i: I32, l: I64, f: F32, d: F64, v: V128 };
const NAN_LANES =
  /^(f32x4|f64x2)\.(ceil|floor|trunc|nearest|sqrt|add|sub|mul|div|min|max|demote_f64x2_zero|promote_low_f32x4)$/;

function rowOf(info: OpInfo): Row {
  const [operands, results] = info.signature.split(":").map((s) =>
    [...s].filter((l) => l !== "a").map((l) => LETTERS[l])
  );
  const isFloat = (t: ValType) => t === F32 || t === F64;
  const lanes = NAN_LANES.exec(info.name);
  return {
    info,
    operands,
    results,
    exact: operands.some(isFloat) &&
      (info.name.includes("reinterpret") || info.name.includes("copysign") || info.imm === Imm.MEMORY_ACCESS ||
        results[0] === V128),
    nanLanes: lanes === null ? undefined : lanes[1] === "f32x4" ? F32 : F64,
  };
}

const SIGNED = INSTRUCTIONS.filter((info) => /^[ilfdva]+:|^:[ilfdv]/.test(info.signature));
const rows = (accept: (info: OpInfo) => boolean): Row[] => SIGNED.filter(accept).map(rowOf);
const isAccess = (info: OpInfo) => info.imm === Imm.MEMORY_ACCESS || info.imm === Imm.MEMORY_LANE;
const plain = rows((i) =>
  (i.imm === Imm.NONE || i.imm === Imm.LANE || i.imm === Imm.SHUFFLE) && i.feature !== "wide-arithmetic" &&
  i.feature !== "relaxed-simd"
);
const byResult = (list: readonly Row[]): ReadonlyMap<ValType, readonly Row[]> =>
  new Map([I32, I64, F32, F64, V128].map((t) => [t, list.filter((r) => r.results[0] === t)]));

/** Instructions without memory that give one value of a type. */
export const PLAIN: ReadonlyMap<ValType, readonly Row[]> = byResult(plain);
/** Those that trap, vectors of all lanes and so on, for code that nobody reaches. */
export const ALL_PLAIN: readonly Row[] = plain;
/** Instructions of wide arithmetic, which V8 has not. */
export const WIDE: readonly Row[] = rows((i) => i.feature === "wide-arithmetic");
/** Instructions whose results may differ between machines. */
export const RELAXED: readonly Row[] = rows((i) => i.feature === "relaxed-simd");
/** Loads by result, and stores. */
export const LOADS: ReadonlyMap<ValType, readonly Row[]> = byResult(
  rows((i) => isAccess(i) && !(i.properties & ATOMIC)),
);
export const STORES: readonly Row[] = rows((i) => isAccess(i) && !(i.properties & ATOMIC) && i.signature.endsWith(":"));
/** Atomic accesses that give something, by result, and those that do not. Waiting is among them. */
export const ATOMIC_LOADS: ReadonlyMap<ValType, readonly Row[]> = byResult(
  rows((i) => isAccess(i) && (i.properties & ATOMIC) !== 0),
);
export const ATOMIC_STORES: readonly Row[] = rows((i) =>
  isAccess(i) && (i.properties & ATOMIC) !== 0 && i.signature.endsWith(":")
);
