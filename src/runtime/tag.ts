// A tag: the kind of an exception. Identity is that of the object; types are compared where modules are linked.

import { type FuncType, isRef, slotCount, TYPES } from "../wasm/types.ts";

/** A tag instance (specification 4.2.11). */
export class WasmTag {
  /** Type with canonical references; its parameters are the payload. */
  readonly type: FuncType;
  readonly payloadSlots: number;
  /** Whether the payload may hold references. */
  readonly hasReferences: boolean;

  /** Takes a canonical function type. */
  constructor(readonly typeId: number) {
    this.type = TYPES.func(typeId)!;
    this.payloadSlots = slotCount(this.type.params);
    this.hasReferences = this.type.params.some(isRef);
  }
}
