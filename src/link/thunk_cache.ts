// Entry and exit thunks, one of each per signature, made when first asked for: up to a limit those of an isolate, which stay, beyond it those of an engine.
// Takes signatures, gives addresses.

import { signatureKey, type SlotKind } from "../abi/signature.ts";
import { entryThunk, exitThunk } from "../abi/x64/thunks.ts";
import type { CodeBudget, CodeSpace, ModuleCode } from "./install.ts";

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
  #bytes = 0;

  /**
   * `owner` is what {@link CodeSpace.lookup} gives for addresses in thunks. What is not known to `shared`, and is beyond the bytes that it may have, is made here,
   * at the cost of `budget`.
   */
  constructor(
    space: CodeSpace<Owner>,
    readonly owner: Owner,
    readonly limit = Infinity,
    readonly shared?: ThunkCache<Owner>,
    budget?: CodeBudget,
  ) {
    this.#code = space.newModule(budget);
  }

  /** The machine code of the thunks that were made here. */
  get code(): ModuleCode<Owner> {
    return this.#code;
  }
  /** Bytes of it. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The thunk for `STACK.thunk`. Throws ResourceError when executable memory is exhausted. */
  entry(
    params: readonly SlotKind[],
    results: readonly SlotKind[],
    key: string = signatureKey(params, results),
  ): InstalledThunk {
    const { shared } = this;
    const isThere = shared !== undefined && (shared.#hasRoom || shared.#entries.has(key));
    return (isThere ? shared : this).#find("entry", key, params, results);
  }

  /** The thunk for `RECORD.entry` of a function that is not machine code. Throws ResourceError when executable memory is exhausted. */
  exit(
    params: readonly SlotKind[],
    results: readonly SlotKind[],
    key: string = signatureKey(params, results),
  ): InstalledThunk {
    const { shared } = this;
    const isThere = shared !== undefined && (shared.#hasRoom || shared.#exits.has(key));
    return (isThere ? shared : this).#find("exit", key, params, results);
  }

  get #hasRoom(): boolean {
    return this.#bytes < this.limit;
  }

  #find(
    kind: "entry" | "exit",
    key: string,
    params: readonly SlotKind[],
    results: readonly SlotKind[],
  ): InstalledThunk {
    const known = kind === "entry" ? this.#entries : this.#exits;
    let thunk = known.get(key);
    if (thunk === undefined) {
      const code = (kind === "entry" ? entryThunk : exitThunk)(params, results);
      const { entry, start } = this.#code.install(code, this.owner);
      this.#bytes += code.bytes.length;
      known.set(key, thunk = { entry, back: start + code.back, frameSize: code.frameSize });
    }
    return thunk;
  }
}
