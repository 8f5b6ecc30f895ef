// The entry and exit thunks of an isolate, one of each per signature, made when first asked for and never freed.
// Takes signatures, gives addresses.

import { signatureKey, type SlotKind } from "../abi/signature.ts";
import { entryThunk, exitThunk, type Thunk } from "../abi/x64/thunks.ts";
import type { CodeSpace, ModuleCode } from "./install.ts";

/** A thunk that is in place. */
export interface InstalledThunk {
  /** Where it is entered. */
  readonly entry: number;
  /** Where what it called returns, or where it goes on when resumed. */
  readonly back: number;
  /** Bytes of its frame below the saved frame pointer. */
  readonly frameSize: number;
}

/** Thunks by the keys of their signatures, which are found out where nobody has them. */
export class ThunkCache<Owner> {
  readonly #code: ModuleCode<Owner>;
  readonly #entries = new Map<string, InstalledThunk>();
  readonly #exits = new Map<string, InstalledThunk>();

  /** `owner` is what {@link CodeSpace.lookup} gives for addresses in thunks. */
  constructor(space: CodeSpace<Owner>, readonly owner: Owner) {
    this.#code = space.newModule();
  }

  /** The thunk for `STACK.thunk`. Throws ResourceError when executable memory is exhausted. */
  entry(
    params: readonly SlotKind[],
    results: readonly SlotKind[],
    key: string = signatureKey(params, results),
  ): InstalledThunk {
    return this.#find(this.#entries, entryThunk, key, params, results);
  }

  /** The thunk for `RECORD.entry` of a function that is not machine code. Throws ResourceError when executable memory is exhausted. */
  exit(
    params: readonly SlotKind[],
    results: readonly SlotKind[],
    key: string = signatureKey(params, results),
  ): InstalledThunk {
    return this.#find(this.#exits, exitThunk, key, params, results);
  }

  #find(
    known: Map<string, InstalledThunk>,
    make: (params: readonly SlotKind[], results: readonly SlotKind[]) => Thunk,
    key: string,
    params: readonly SlotKind[],
    results: readonly SlotKind[],
  ): InstalledThunk {
    let thunk = known.get(key);
    if (thunk === undefined) {
      const code = make(params, results);
      const { entry, start } = this.#code.install(code, this.owner);
      known.set(key, thunk = { entry, back: start + code.back, frameSize: code.frameSize });
    }
    return thunk;
  }
}
