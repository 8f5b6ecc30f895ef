// Where each parameter and result of a signature goes: the one place that decides, for thunks and for compilers.
// Takes value types, gives places; which register number n is stands in the architecture's registers.ts.

import { BugError } from "../base/bug.ts";
import { F32, F64, I32, I64, isRef, V128, type ValType } from "../wasm/types.ts";

/** What a value is to the calling convention. `ref` is a 32-bit reference. */
export type SlotKind = "i32" | "i64" | "f32" | "f64" | "ref" | "v128";

/** Place of a parameter or result: n-th integer register, n-th float register, or n-th slot of the outgoing area, where a vector takes two. */
export interface Place {
  readonly kind: SlotKind;
  readonly where: "int" | "float" | "stack";
  /** Number of the register in its list, or of the slot in the outgoing area. */
  readonly index: number;
}

/** The places of a signature. */
export interface SignaturePlaces {
  readonly params: readonly Place[];
  readonly results: readonly Place[];
  /** Slots of the outgoing area: as many as the stack parameters or the stack results take, whichever are more. */
  readonly areaSlots: number;
}

/** How many integer and float parameters go in registers. */
export const INT_PARAM_REGISTERS = 6;
export const FLOAT_PARAM_REGISTERS = 8;
const INT_RESULT_REGISTERS = 1;
const FLOAT_RESULT_REGISTERS = 1;

/** The kind of a value type. Throws BugError for those that no value has. */
export function slotKind(type: ValType): SlotKind {
  if (type === I32) return "i32";
  if (type === I64) return "i64";
  if (type === F32) return "f32";
  if (type === F64) return "f64";
  if (type === V128) return "v128";
  if (isRef(type)) return "ref";
  throw new BugError(`values of type ${type} have no place in a native call`);
}

/** How many slots a value takes where it is in no register. */
export function slotsOfKind(kind: SlotKind): number {
  return kind === "v128" ? 2 : 1;
}

function place(kinds: readonly SlotKind[], intRegisters: number, floatRegisters: number): [Place[], number] {
  let int = 0;
  let float = 0;
  let stack = 0;
  const places = kinds.map((kind): Place => {
    const isFloat = kind === "f32" || kind === "f64" || kind === "v128";
    if (isFloat && float < floatRegisters) return { kind, where: "float", index: float++ };
    if (!isFloat && int < intRegisters) return { kind, where: "int", index: int++ };
    const index = stack;
    stack += slotsOfKind(kind);
    return { kind, where: "stack", index };
  });
  return [places, stack];
}

/** The places of a signature's parameters and results. */
export function signaturePlaces(params: readonly SlotKind[], results: readonly SlotKind[]): SignaturePlaces {
  const [paramPlaces, paramSlots] = place(params, INT_PARAM_REGISTERS, FLOAT_PARAM_REGISTERS);
  const [resultPlaces, resultSlots] = place(results, INT_RESULT_REGISTERS, FLOAT_RESULT_REGISTERS);
  return { params: paramPlaces, results: resultPlaces, areaSlots: Math.max(paramSlots, resultSlots) };
}

/** A key that is equal for signatures whose thunks are equal. */
export function signatureKey(params: readonly SlotKind[], results: readonly SlotKind[]): string {
  return `${params.join(" ")}:${results.join(" ")}`;
}
