// The machine code of one module in pages that several Workers run: puts Code there, or finds what another Worker put there, and tells the map from pc to code of it
// function by function, as they are asked for. What an owner is only its maker knows.

import type { Code } from "../asm/code.ts";
import { BugError } from "../base/bug.ts";
import { bufferAt } from "../platform/ffi.ts";
import {
  closeSharedCode,
  type CodeToken,
  openSharedCode,
  shareCode,
  type SharedCode,
} from "../platform/shared_code.ts";
import { CodeImage, type SharedFunction, writeImage } from "./code_image.ts";
import type { CodeBudget, CodeSpace, Installed } from "./install.ts";

/** A module's shared code, as one isolate uses it. */
export class SharedModule<Owner> {
  readonly image: CodeImage;
  readonly #installed = new Set<Installed<Owner>>();

  private constructor(
    readonly space: CodeSpace<Owner>,
    readonly code: SharedCode,
    readonly budget: CodeBudget | undefined,
  ) {
    this.image = new CodeImage(code.image);
  }

  /** What others need to find it. */
  get token(): CodeToken {
    return this.code.token;
  }

  /**
   * Puts functions in place, for this isolate and others; `options` says what they can do beyond running. They must not refer to addresses. Throws ResourceError when
   * there is no room.
   */
  static make<Owner>(
    space: CodeSpace<Owner>,
    module: Uint8Array,
    options: string,
    codes: ReadonlyMap<number, Code>,
    budget: CodeBudget | undefined,
  ): SharedModule<Owner> {
    const functions: Omit<SharedFunction, "byteLength">[] = [];
    let end = 0;
    for (const [index, code] of codes) {
      if (code.relocations.length > 0) throw new BugError(`${code.name} cannot be shared: it refers to addresses`);
      const offset = Math.ceil(end / code.alignment) * code.alignment;
      functions.push({ index, offset, code });
      end = offset + code.bytes.length;
    }
    const bytes = new Uint8Array(Math.max(1, end));
    for (const { offset, code } of functions) bytes.set(code.bytes, offset);
    return SharedModule.#counted(
      space,
      shareCode(bytes, writeImage(module, options, functions), space.memory.debuggable),
      budget,
    );
  }

  /** Finds what another isolate put in place; undefined if it is gone. Throws ResourceError beyond the budget. */
  static find<Owner>(
    space: CodeSpace<Owner>,
    token: CodeToken,
    budget: CodeBudget | undefined,
  ): SharedModule<Owner> | undefined {
    const code = openSharedCode(token);
    return code && SharedModule.#counted(space, code, budget);
  }

  static #counted<Owner>(space: CodeSpace<Owner>, code: SharedCode, budget: CodeBudget | undefined) {
    try {
      budget?.take(code.byteLength);
    } catch (error) {
      closeSharedCode(code);
      throw error;
    }
    return new SharedModule(space, code, budget);
  }

  /** A function, which the map of code knows from then on; undefined if it is not among those that are shared. To be asked for once. */
  install(index: number, owner: Owner): Installed<Owner> | undefined {
    const { address } = this.code;
    const found = this.image.function(
      index,
      // A copy, which nobody keeps: a view would end the process when it is written to.
      (offset, bytes) => new Uint8Array(bufferAt(address + offset, bytes)).slice(),
    );
    if (found === undefined) return undefined;
    const { code } = found, start = address + found.offset;
    const installed = { start, end: start + found.byteLength, entry: start + code.entry, code, owner };
    this.space.add(installed);
    this.#installed.add(installed);
    return installed;
  }

  /** Ends the use of all of it. No stack may hold an address in it, no function record may point to it. */
  free(): void {
    if (this.budget !== undefined) this.budget.used -= this.code.byteLength;
    this.space.withdraw(this.#installed);
    closeSharedCode(this.code);
  }
}
