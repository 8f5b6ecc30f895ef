// What became of each Wasm instruction in register code, and where instructions may trap: found by translating once more with a listener.
// Takes what the translator does, gives it by place in the code.

import type { Emitter } from "./emitter.ts";

/**
 * How an original instruction is part of register code: an instruction of its own; an operand, or an address's sum, of one; one together with others; a call in whose place the callee's body
 * stands, or any of these in such a body; nothing, since it is never reached, or since it does nothing at all.
 */
export type Role = "direct" | "folded" | "fused" | "inlined" | "dead" | "nothing";

/** A body that stands in place of a call. */
export interface InlinedBody {
  /** Index of the callee. */
  readonly index: number;
  /** Offsets of the call, and behind it. */
  readonly call: number;
  readonly end: number;
}

/** An original instruction and the register instruction that it is part of. */
export interface Part {
  /** Byte offset in the module. */
  readonly offset: number;
  readonly role: Role;
  /** Word in the code where the register instruction begins; -1 if there is none. */
  readonly place: number;
  /** Index of the function that it is of, where its body stands in place of a call. */
  readonly callee: number | undefined;
}

interface Draft {
  readonly offset: number;
  readonly callee: number | undefined;
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
  /** The body that it is in, if that stands in place of a call. */
  readonly inlined: InlinedBody | undefined;
}

/** Listens to a translation. */
export class Explanation {
  readonly #drafts: Draft[] = [];
  readonly #byOffset = new Map<number, Draft>();
  /** By place where the instruction begins. */
  readonly #sites = new Map<number, TrapSite>();
  #at = 0;
  #waits = false;
  #inlines = false;
  readonly #used: number[] = [];

  /** Listens to the translation of the instruction that the reader stands behind, in a body in place of a call or not. */
  around(
    s: { readonly e: Emitter; readonly r: { readonly at: number }; readonly dead: boolean },
    inlined: InlinedBody | undefined,
    translate: () => void,
  ): void {
    const before = s.e.at, wasDead = s.dead;
    this.begin(s.r.at, inlined);
    translate();
    this.end(before, s.e, wasDead && s.dead, inlined);
  }

  /** The instruction at `at` is next, or was interrupted by others that its translation is made of. */
  begin(at: number, _inlined?: InlinedBody): void {
    this.#at = at;
    this.#used.length = 0;
    this.#waits = this.#inlines = false;
  }
  /** An operand from the instruction at `origin` is taken. */
  use(origin: number): void {
    if (origin !== this.#at) this.#used.push(origin);
  }
  /** The result is an operand that nothing has computed or moved yet. */
  waits(): void {
    this.#waits = true;
  }
  /** It is a call in whose place the callee's body stands. */
  inlines(): void {
    this.#inlines = true;
  }
  /** The register instruction at `place` may trap, as that which ends at `pc`. */
  trap(place: number, pc: number, inlined: InlinedBody | undefined): void {
    this.#sites.set(place, { place, pc, inlined });
  }
  /** The instruction is translated; the code ended at `before` when it was begun. */
  end(before: number, e: Emitter, dead: boolean, inlined: InlinedBody | undefined): void {
    const draft: Draft = { offset: this.#at, callee: inlined?.index, role: "nothing", place: -1, parent: undefined };
    this.#drafts.push(draft);
    this.#byOffset.set(this.#at, draft);
    if (dead) {
      draft.role = "dead";
      return;
    }
    const place = e.latest;
    if (this.#inlines) {
      draft.role = "inlined";
      if (e.at > before) draft.place = before;
    } else if (e.at > before && place >= before) {
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

  /** What became of each instruction, in the order of the body; what stands in place of a call is before it. */
  get parts(): Part[] {
    return this.#drafts.map((draft) => {
      let from: Draft | undefined = draft;
      while (from !== undefined && from.place < 0) from = from.parent;
      const { offset, callee } = draft, place = from?.place ?? -1;

      const role = draft.role === "folded" && place < 0 ? "nothing" : draft.role;
      return { offset, role: callee !== undefined && place >= 0 ? "inlined" : role, place, callee };
    });
  }

  /** The places that may trap, ascending. */
  sites(): TrapSite[] {
    return [...this.#sites.values()].sort((a, b) => a.place - b.place);
  }
}
