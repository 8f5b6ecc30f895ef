// A function instance: of a module, or a host function. Its index in the store is the funcref that Wasm holds.

import { signatureKey, type SlotKind, slotKind } from "../abi/signature.ts";
import { functionName } from "../wasm/module.ts";
import { type FuncType, I32, isRef, slotCount, TYPES, V128 } from "../wasm/types.ts";
import type { WasmInstance } from "./instance.ts";
import { isExnType, isFuncType } from "./values.ts";
import type { TierName } from "./tier.ts";

/** A host function: takes and gives JavaScript values of the function's type (see values.ts); several results as an iterable. */
export type HostFunction = (...args: unknown[]) => unknown;

/** How a function is called at present. */
export const Mode = { INTERP: 0, NATIVE: 1, HOST: 2, BOUND: 3, JS: 4 } as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

/** A function type with what calls of it need to know. */
export interface Signature {
  /** Canonical type id. */
  readonly typeId: number;
  /** Type with canonical references. */
  readonly type: FuncType;
  readonly paramSlots: number;
  readonly resultSlots: number;
  /** What parameters and results are to the native calling convention. */
  readonly params: readonly SlotKind[];
  readonly results: readonly SlotKind[];
  /** Whether a v128 or an exnref is among parameters and results: such a function and JavaScript cannot call one another. */
  readonly vectors: boolean;
  /** How many parameters there are, if these are three at most, all of type i32, and there is no result but one of type i32; otherwise -1. */
  readonly integers: number;
  /** Equal for signatures whose thunks are equal. */
  readonly key: string;
}

const SIGNATURES: (Signature | undefined)[] = [];

/** The signature of a canonical function type. */
export function signatureOf(typeId: number): Signature {
  return SIGNATURES[typeId] ??= makeSignature(typeId);
}

function makeSignature(typeId: number): Signature {
  const type = TYPES.func(typeId)!;
  const vectors = [...type.params, ...type.results].some((t) => t === V128 || isExnType(t));
  const params = type.params.map(slotKind);
  const results = type.results.map(slotKind);
  return {
    typeId,
    type,
    paramSlots: slotCount(type.params),
    resultSlots: slotCount(type.results),
    params,
    results,
    vectors,
    integers: isIntegers(type) ? params.length : -1,
    key: signatureKey(params, results),
  };
}

function isIntegers({ params, results }: FuncType): boolean {
  return params.length <= 3 && results.length <= 1 && [...params, ...results].every((t) => t === I32);
}

/** What the interpreter keeps with a function. */
export interface InterpCode {
  readonly kind: "interp";
}

/** What a function is bound to: it calls `target`, which is not bound itself, with the slots in `words` before its own arguments. */
export interface Bound {
  readonly target: WasmFunc;
  readonly words: Int32Array;
}

/** A function instance. */
export class WasmFunc {
  readonly paramSlots: number;
  readonly resultSlots: number;
  mode: Mode;
  tier: TierName = "interp";
  /** Whether the engine moves it between tiers as it sees fit. */
  live = false;
  /** Why it is interpreted though another tier was asked for. */
  refusal: string | undefined = undefined;
  /** Why it is to stay in the interpreter for a while, whoever moves it; undefined if it is not. */
  held: string | undefined = undefined;
  /** The interpreter's view of the function, made when first called. */
  interp: InterpCode | undefined = undefined;
  /** Address of compiled code, 0 before compilation. */
  nativeEntry = 0;
  /** What the stack block takes for a call of this function, once it was called (call.ts). */
  nativeCall: Int32Array | undefined = undefined;
  /** What the notes for the report of a fault take when the interpreter ran it, once it did. */
  note: number | undefined = undefined;
  /** A host function of Strata's own that takes the slots of its arguments instead: the words, and the index of the first slot. */
  raw = false;
  /** Its instance was disposed of and collected: it cannot be called any more. */
  freed = false;
  /** JavaScript cannot call it any more: it was freed, or somebody disposed of its instance. Wasm that still has it can. */
  closed = false;
  /** Set once, when a bound function is made (bind.ts). */
  bound: Bound | undefined = undefined;

  constructor(
    /** Index in the store: the funcref. */
    readonly ref: number,
    readonly signature: Signature,
    readonly instance: WasmInstance | undefined,
    /** Index in the module's function index space; -1 for a host function. */
    readonly index: number,
    /** Replaced only by one that calls it, to watch. */
    public host: HostFunction | undefined,
    readonly hostName = "",
    /** A host function whose result is a promise that the call waits for (JS Promise Integration). */
    readonly suspending = false,
  ) {
    this.paramSlots = signature.paramSlots;
    this.resultSlots = signature.resultSlots;
    this.mode = host === undefined ? Mode.INTERP : Mode.HOST;
  }

  /** Canonical type id. */
  get typeId(): number {
    return this.signature.typeId;
  }
  /** Type with canonical references. */
  get type(): FuncType {
    return this.signature.type;
  }
  /** References among the values that it is bound to, for the collector. */
  captures(visit: (ref: number, isFunc: boolean) => void): void {
    if (this.bound === undefined) return;
    const { target, words } = this.bound, { params } = target.type;
    for (let i = 0; i < words.length >> 1; i++) if (isRef(params[i])) visit(words[2 * i], isFuncType(params[i]));
  }

  /** Its name for people. */
  get name(): string {
    return this.instance === undefined ? this.hostName : functionName(this.instance.module, this.index);
  }
}
