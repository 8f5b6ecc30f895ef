// What became of each Wasm instruction in register code, and where instructions may trap: found by translating once more with a listener.
// Takes what the translator does, gives it by place in the code.

import type { Emitter } from "./emitter.ts";

/**
 * How an original instruction is part of register code: an instruction of its own; an operand, or an address's sum, of one; one together with others; nothing, since it is never reached, or since
 * it does nothing at all.
 */
export type Role = "direct" | "folded" | "fused" | "dead" | "nothing";

/** An original instruction and the register instruction that it is part of. */
export interface Part {
  /** Byte offset in the module. */
  readonly offset: number;
  readonly role: Role;
  /** Word in the code where the register instruction begins; -1 if there is none. */
  readonly place: number;
}

interface Draft {
  readonly offset: number;
  role: Role;
  /** The first word of the register instruction, or the instruction that takes its result; neither: nobody did. */
  place: number;
  parent: Draft | undefined;
}

/** A place that may trap. */
export interface TrapSite {
  readonly place: number;
  /** The interpreter's pc there. */
  readonly pc: number;
}

/** Listens to a translation. */
export class Explanation {
  readonly #drafts: Draft[] = [];
  readonly #byOffset = new Map<number, Draft>();
  /** By place where the instruction begins. */
  readonly #sites = new Map<number, number>();
  #at = 0;
  #waits = false;
  readonly #used: number[] = [];

  /** The instruction at `at` is next. */
  begin(at: number): void {
    this.#at = at;
    this.#used.length = 0;
    this.#waits = false;
  }
  /** An operand from the instruction at `origin` is taken. */
  use(origin: number): void {
    if (origin !== this.#at) this.#used.push(origin);
  }
  /** The result is an operand that nothing has computed or moved yet. */
  waits(): void {
    this.#waits = true;
  }
  /** The register instruction at `place` may trap, as that which ends at `pc`. */
  trap(place: number, pc: number): void {
    this.#sites.set(place, pc);
  }
  /** The instruction is translated; the code ended at `before` when it was begun. */
  end(before: number, e: Emitter, dead: boolean): void {
    const draft: Draft = { offset: this.#at, role: "nothing", place: -1, parent: undefined };
    this.#drafts.push(draft);
    this.#byOffset.set(this.#at, draft);
    if (dead) {
      draft.role = "dead";
      return;
    }
    const place = e.latest;
    if (e.at > before && place >= before) {
      draft.role = "direct";
      draft.place = place;
    } else if (e.at !== before || (this.#used.length > 0 && !this.#waits)) {
      draft.role = "fused";
      draft.place = place;
    } else if (this.#waits) draft.role = "folded";
    for (const origin of this.#used) {
      const taken = this.#byOffset.get(origin);
      if (taken === undefined || taken.place >= 0) continue;
      taken.parent ??= draft;
    }
  }

  /** What became of each instruction, in the order of the body. */
  get parts(): Part[] {
    return this.#drafts.map((draft) => {
      let from: Draft | undefined = draft;
      while (from !== undefined && from.place < 0) from = from.parent;
      const { offset, role } = draft, place = from?.place ?? -1;
      return { offset, role: role === "folded" && place < 0 ? "nothing" : role, place };
    });
  }

  /** The places that may trap, ascending. */
  sites(): TrapSite[] {
    return [...this.#sites].map(([place, pc]) => ({ place, pc })).sort((a, b) => a.place - b.place);
  }
}
