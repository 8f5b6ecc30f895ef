// The entry and exit thunks of an isolate, one of each per signature, made when first asked for and never freed.
// Takes signatures, gives addresses.

import { signatureKey, type SlotKind } from "../abi/signature.ts";
import { entryThunk, exitThunk } from "../abi/x64/thunks.ts";
import type { Code } from "../asm/code.ts";
import type { CodeSpace, ModuleCode } from "./install.ts";

/** Thunks by signature. */
export class ThunkCache<Owner> {
  readonly #code: ModuleCode<Owner>;
  readonly #entries = new Map<string, number>();
  readonly #exits = new Map<string, number>();

  /** `owner` is what {@link CodeSpace.lookup} gives for addresses in thunks. */
  constructor(space: CodeSpace<Owner>, readonly owner: Owner) {
    this.#code = space.newModule();
  }

  /** Address for `STACK.thunk`. Throws ResourceError when executable memory is exhausted. */
  entry(params: readonly SlotKind[], results: readonly SlotKind[]): number {
    return this.#find(this.#entries, entryThunk, params, results);
  }

  /** Address for `RECORD.entry` of a function that is not machine code. Throws ResourceError when executable memory is exhausted. */
  exit(params: readonly SlotKind[], results: readonly SlotKind[]): number {
    return this.#find(this.#exits, exitThunk, params, results);
  }

  #find(
    known: Map<string, number>,
    make: (params: readonly SlotKind[], results: readonly SlotKind[]) => Code,
    params: readonly SlotKind[],
    results: readonly SlotKind[],
  ): number {
    const key = signatureKey(params, results);
    let address = known.get(key);
    if (address === undefined) {
      address = this.#code.install(make(params, results), this.owner).entry;
      known.set(key, address);
    }
    return address;
  }
}
